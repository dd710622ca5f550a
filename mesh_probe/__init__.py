"""mesh-probe: does this cluster need a service mesh? An answer with evidence."""

__version__ = "0.1.0"

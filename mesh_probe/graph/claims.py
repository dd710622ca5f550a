"""A claim: one piece of knowledge that a client calls a server, before claims become edges."""

from mesh_probe.model import Evidence, Noun, ObservedCall, Via

INTERNET = "internet"
"""The node that stands for everybody outside the cluster."""


class Claim(Noun):
    """Who calls whom, how sure that is, and how it is known."""

    client: str
    """Node id."""
    server: str
    confidence: float
    via: Via | None = None
    protocol: str | None = None
    observed: ObservedCall | None = None
    """The metrics behind it; None when it is declared in objects."""
    evidence: tuple[Evidence, ...] = ()

"""How much a reference proves: by its form, by its place, and by how many share it."""

from mesh_probe.model import Reference
from mesh_probe.references import keys

# P(the workload calls it | a reference of this form in a key that asks for an address, in any other
# key). First estimates from reading eight public applications, not calibrated.
_BY_FORM = {
    "url": (0.97, 0.92),
    "pair": (0.95, 0.9),
    "host-port": (0.95, 0.85),
    "fqdn": (0.92, 0.75),
    "word": (0.8, 0.3),
}
_NAMED_ONLY = 0.05
"""A bare word in a key that asks for the name of something else."""

# Configuration that many share tells who could call, not who does. In the same applications about
# four in five readers of a file with two to four readers call what it names; of a file with 33
# readers, each address in it is called by one to three of them.
_SHARED_BY_FEW = 0.75
_CALLERS_OF_A_SHARED_ADDRESS = 3


def confidence(reference: Reference, shared_by: int = 1) -> float:
    """P(the workload calls what the reference names), 0 to 1.

    `shared_by` is the number of workloads that read the configuration it stands in; 1 for the
    workload's own variables and arguments.
    """
    place = keys.place(reference.key)
    asked, unasked = _BY_FORM[reference.form]
    if reference.form == "word" and place in ("name", "image", "secret"):
        base = _NAMED_ONLY
    else:
        base = asked if place == "address" else unasked
    share = min(_SHARED_BY_FEW, _CALLERS_OF_A_SHARED_ADDRESS / shared_by) if shared_by > 1 else 1.0
    return round(base * share, 4)

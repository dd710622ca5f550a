"""How much a reference proves, by its form and by its place."""

from mesh_probe.model import Reference
from mesh_probe.references import keys

# P(the workload calls it | a reference of this form in a key that asks for an address, in any other
# key). Read off public applications whose calls are known from their code; `make
# corpus` shows how well it fits them.
_BY_FORM = {
    "url": (0.98, 0.93),
    "pair": (0.97, 0.92),
    "host-port": (0.97, 0.88),
    "fqdn": (0.95, 0.75),
    "word": (0.88, 0.3),
}
_NAMED_ONLY = 0.05
"""A bare word in a key that asks for the name of something else."""


def confidence(reference: Reference, key: str | None = None) -> float:
    """P(the workload calls what the reference names), 0 to 1, where the reference is its own.

    `key` is another name that the value goes by, instead of the reference's.
    """
    place = keys.place(reference.key if key is None else key)
    asked, unasked = _BY_FORM[reference.form]
    if reference.form == "word" and place in ("name", "image", *keys.UNREAD):
        return _NAMED_ONLY
    return asked if place == "address" else unasked

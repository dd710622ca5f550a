"""Is nobody in charge of operations?

The other side of the question `ops-owner`: the same evidence, pointing the other way, so the two
can never disagree. So it is yes where every place that would show an owner could be read and none
does, as weakly as the question is no, or where people say that nobody is in charge.
"""

import math
from collections.abc import Mapping

from mesh_probe.graph import CallGraph
from mesh_probe.model import Evidence
from mesh_probe.question import Answer, Opinion, Signal
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

CERTAIN = 12.0
"""Log-odds of what people said themselves."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """The answer to `ops-owner`, turned round. Unknown stays unknown: it proves nothing."""
    owner = answers["ops-owner"]
    if owner.status == "unknown" or owner.probability is None:
        return Opinion(basis=owner.basis, reason=message("no-owner.unseen"))
    doubt = 1 - (owner.confidence or 0.0)
    weight = round(math.log((1 - doubt) / doubt), 3) if doubt > 0 else CERTAIN
    piece = Evidence(
        subject="ops-owner",
        fact=message(f"evidence.owner-{owner.status}", probability=owner.probability),
        seen_in="answers file" if owner.basis == "declared" else "answers",
        points="no" if owner.status == "yes" else "yes",
        weight=min(weight, CERTAIN),
        check=owner.evidence[0].check if owner.evidence else "mesh-probe scan --format json",
    )
    return Opinion(evidence=(piece,), basis=owner.basis)


SIGNAL = Signal("no-owner", 4, ask)

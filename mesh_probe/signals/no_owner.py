"""Is nobody in charge of operations?

The other side of the question `ops-owner`: the same evidence, pointing the other way, so the two
can never disagree: P(nobody is in charge) = 1 - P(somebody is). So it is yes where every place that
would show an owner could be read and none does, as weakly as the question is no, or where people
say that nobody is in charge.
"""

import math
from collections.abc import Mapping

from mesh_probe.graph import CallGraph
from mesh_probe.question import Answer, Opinion, Signal, point
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

CERTAIN = 12.0
"""Log-odds of what people said themselves."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """The answer to `ops-owner`, turned round, as sure as that is."""
    owner = answers["ops-owner"]
    if owner.probability is None:
        return Opinion(basis=owner.basis, reason=message("no-owner.unseen"))
    doubt = round(min(owner.probability, 1 - owner.probability), 4)
    weight = math.log((1 - doubt) / doubt) if doubt > 0 else CERTAIN
    piece = point(
        "ops-owner",
        message(f"evidence.owner-{owner.status}", probability=owner.probability),
        math.copysign(min(weight, CERTAIN), 0.5 - owner.probability),
        owner.evidence[0].check if owner.evidence else "mesh-probe scan --format json",
        "answers file" if owner.basis == "declared" else "answers",
    )
    reason = message("no-owner.unseen") if owner.status == "unknown" else None
    return Opinion(evidence=(piece,), basis=owner.basis, reason=reason)


SIGNAL = Signal("no-owner", 4, ask)

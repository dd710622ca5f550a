"""Is there hardly any experience with incidents?

That takes a history of incidents of at least `HISTORY_SECONDS`. None is read yet, so only people
can say it.
"""

from collections.abc import Mapping

from mesh_probe.graph import CallGraph
from mesh_probe.question import Answer, Measure, Opinion, Signal
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

HISTORY_SECONDS = 30 * 86_400
"""The shortest history that few incidents can be concluded from. The checklist's own figure."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """Unknown, and what to ask."""
    return Opinion(
        measure=Measure("incident-history", None, "seconds", HISTORY_SECONDS),
        reason=message("few-incidents.unseen", history=HISTORY_SECONDS),
    )


SIGNAL = Signal("few-incidents", 2, ask)

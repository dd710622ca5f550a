"""Does finding the cause of a failure take 30 minutes or more on average?

Neither objects nor call metrics hold this: Prometheus knows when alerts fired and ended, not when
somebody understood why. So the answer is asked of the team.
"""

from mesh_probe.graph import CallGraph
from mesh_probe.question import Measure, Opinion, Question
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

THRESHOLD_SECONDS = 1800
"""Mean time from the first alert to the known cause. The checklist's own figure."""


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:  # nothing seen tells
    """Unknown, and what to ask."""
    return Opinion(
        measure=Measure("time-to-cause", None, "seconds", THRESHOLD_SECONDS),
        reason=message("diagnosis-time.unseen", threshold=THRESHOLD_SECONDS),
    )


QUESTION = Question("diagnosis-time", 4, "need", ask, axis="observation")

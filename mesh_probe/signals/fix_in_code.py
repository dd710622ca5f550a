"""Is the habit strong to solve such problems in application code?

Yes takes two things: resilience settings in at least half of the application services, and releases
that follow incidents. The second cannot be seen yet, so many settings leave it open and only people
can say yes. Few settings say no: the habit has not taken hold.
"""

from collections.abc import Mapping

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence
from mesh_probe.question import Answer, Measure, Opinion, Signal
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, listed, message

RESILIENCE = frozenset({"timeout", "retry", "breaker"})

THRESHOLD = 0.5
"""Share of application workloads. The checklist's own figure."""

WIDESPREAD = 0.8
"""Log-odds of settings in at least that share: half of what the signal takes."""

RARE = 1.5
"""Log-odds against, of fewer: what is written into the code itself is not seen."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """The share of application workloads with resilience settings of their own."""
    own = [app for app in applications(snapshot, graph) if app.node.services]
    hidden = snapshot.objects.hidden(*WORKLOAD_KINDS, "ConfigMap")
    if not own:
        return Opinion(reason=message("fix-in-code.no-applications"))
    having = [app for app in own if app.has(RESILIENCE)]
    share = len(having) / len(own)
    widespread = share >= THRESHOLD
    measure = Measure("resilience-settings", round(share, 4), "ratio", THRESHOLD)
    if not widespread and hidden:
        return Opinion(measure=measure, reason=message("fix-in-code.hidden", kinds=listed(hidden)))
    piece = Evidence(
        subject=having[0].name if having else "cluster",
        fact=_counted(having, len(own)),
        seen_in="objects",
        points="yes" if widespread else "no",
        weight=WIDESPREAD if widespread else RARE,
        check=having[0].check if having else "kubectl get configmaps --all-namespaces -o yaml",
    )
    said: dict[str, Parameter] = {"having": len(having), "count": len(own)}
    return Opinion(evidence=(piece,), said=said, measure=measure, proved=False)


def _counted(having: list[Application], count: int) -> Message:
    if not having:
        return message("evidence.resilience-none", count=count)
    examples = listed(app.node.name for app in having)
    return message(
        "evidence.resilience-settings", having=len(having), count=count, examples=examples
    )


SIGNAL = Signal("fix-in-code", 5, ask)

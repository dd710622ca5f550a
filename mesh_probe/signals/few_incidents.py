"""Is there hardly any experience with incidents?

Yes takes a history of incidents: at least 30 days in which somebody evaluated alert rules, and
hardly an incident in them. Incidents that were seen say no, however short the history.
"""

from collections.abc import Mapping
from datetime import datetime

from mesh_probe.application import outlines
from mesh_probe.graph import CallGraph
from mesh_probe.incidents import incidents
from mesh_probe.model import Evidence, Objects, Outline
from mesh_probe.question import Answer, Measure, Opinion, Signal, Threshold, point, seen
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, message

HISTORY = Threshold("incident-history", 30 * 86_400, "seconds")
"""The shortest history that few incidents can be concluded from. The checklist's own figure."""

FEW = Threshold("few-incidents", 2, "incidents")
"""Incidents in the history up to which there are hardly any; our own."""

MANY = Threshold("many-incidents", 10, "incidents")
"""From so many there is experience beyond doubt: enough for a mean of their lengths."""

NONE, HARDLY_ANY = 1.5, 0.8
"""Log-odds of no incident at all, and of a few."""

SOME, PLENTY = 1.0, 2.5
"""Log-odds against, of more incidents, and of many."""

RESTARTS = 0.3
"""Log-odds against, of applications that keep restarting: things do fail here."""

RESTARTED = 5
"""Restarts of one pod from which it keeps restarting; our own."""

SLACK_SECONDS = 3600
"""What a history of thirty days may lack: a store drops its oldest blocks by the hour."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """The number of incidents in the history, as far as it reaches.

    The figure is that number; where the history is too short for it, how far that reaches.
    """
    history, wanted = snapshot.incidents, HISTORY.of(snapshot)
    found = incidents(snapshot, graph).seen
    restarts = _restarts(snapshot.objects)
    reach = history.proven_seconds if history else 0
    measure = Measure("incident-history", reach if history else None, "seconds", wanted)
    if found is None or history is None:
        reason = message("few-incidents.unseen", history=wanted)
        return Opinion(evidence=restarts, measure=measure, reason=reason, proved=False)
    rules = _rules(snapshot.objects)
    young = _youngest_reach(rules, snapshot.taken_at)
    proven = min(reach, reach if young is None else young)
    whole = proven + SLACK_SECONDS >= wanted and history.state == "read"
    few = found <= FEW.of(snapshot)
    if few and not whole:
        return Opinion(
            evidence=(_told(found, reach, 0.0), *restarts),
            measure=measure,
            reason=_short(proven, wanted, found),
            proved=False,
        )
    if few:
        weight = NONE if not found else HARDLY_ANY
    else:
        weight = -(PLENTY if found >= MANY.of(snapshot) else SOME)
    return Opinion(
        evidence=(_told(found, reach, weight), *restarts),
        said={"count": found, "history": reach},
        measure=Measure("incidents", found, "incidents", FEW.of(snapshot)),
        basis="observed",
    )


def _told(found: int, reach: int, weight: float) -> Evidence:
    fact = message("evidence.incidents-seen", count=found, history=reach)
    return point("incidents", fact, weight, "count(ALERTS_FOR_STATE)", "Prometheus")


def _short(proven: float, wanted: float, found: int) -> Message:
    return message("few-incidents.short", proven=proven, history=wanted, count=found)


def _rules(objects: Objects) -> list[Outline]:
    return outlines(objects, "PrometheusRule")


def _youngest_reach(rules: list[Outline], at: datetime) -> float | None:
    """How long the oldest alert rules are there, in seconds; None where that is not told.

    Rules made anew by every delivery look younger than they are, which only leaves it open.
    """
    made = [
        datetime.fromisoformat(str(text))
        for rule in rules
        for text in rule.values("metadata.creationTimestamp")
        if _is_time(str(text))
    ]
    return None if not made else max((at - min(made)).total_seconds(), 0.0)


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _restarts(objects: Objects) -> tuple[Evidence, ...]:
    own = {f"{w.namespace}/{w.kind}/{w.name}" for w in objects.workloads if w.role is None}
    restarting = [
        f"Pod {pod.namespace}/{pod.name}"
        for pod in objects.pods
        if (pod.restarts or 0) >= RESTARTED and f"{pod.namespace}/{pod.workload}" in own
    ]
    return seen(restarting, "restarting-pods", -RESTARTS, "kubectl get pods -A", limit=RESTARTED)


SIGNAL = Signal("few-incidents", 2, ask, thresholds=(HISTORY, FEW, MANY))

"""Does finding the cause of a failure take 30 minutes or more on average?

Prometheus knows when alerts fired and ended, not when somebody understood why: an incident's length
is what finding its cause took at most. So short incidents say no, and long ones at most a weak yes.
Few incidents say nothing: lengths are so uneven that a mean of fewer than ten means nothing
(Davidovic 2021, "Incident Metrics in SRE").
"""

import statistics
from datetime import timedelta

from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import reach_by_entry
from mesh_probe.incidents import Incident, incidents
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence
from mesh_probe.question import Measure, Opinion, Question, Threshold, graph_again, point
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, message

TIME = Threshold("diagnosis-time", 1800, "seconds")
"""Mean time from the first alert to the known cause. The checklist's own figure."""

ENOUGH = Threshold("incidents-for-a-mean", 10, "incidents")
"""Incidents from which a mean is worth printing."""

SHORT = 1.5
"""Log-odds against, of incidents that are over on average before the limit."""

LONG, VERY_LONG = 0.65, 0.9
"""Log-odds of a mean length at the limit, and of one at twice the limit or beyond."""

TRACED = 0.1
"""Log-odds against of tracing or metrics for each call, and for where there are none: both change
how long it takes, neither tells it."""

WIDE = 0.1
"""Log-odds of requests that touch so many services that a fault may sit in any of them."""

WIDE_FROM = 8
"""Services one request may touch from which that is so: more than seven (Miller 1956)."""

STATE = timedelta(days=1)
"""What fires for longer is a state that nobody looks for the cause of."""

TRACING = ("jaeger", "tempo", "opentelemetry")


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """The mean length of the incidents that are over, with what makes looking easier or harder."""
    limit, enough = TIME.of(snapshot), ENOUGH.of(snapshot)
    lengths = _lengths(incidents(snapshot, graph).episodes)
    if not lengths:
        return Opinion(
            measure=Measure("time-to-cause", None, "seconds", limit),
            reason=message("diagnosis-time.unseen", threshold=limit),
        )
    mean = statistics.fmean(lengths)
    long = mean >= limit
    told = len(lengths) >= enough
    share = min(max(mean / limit - 1, 0.0), 1.0)
    weight = LONG + (VERY_LONG - LONG) * share if long else -SHORT
    fact = _told(lengths, mean, limit)
    pieces = [point("incidents", fact, weight if told else 0.0, _CHECK, "Prometheus")]
    pieces += _circumstances(snapshot, graph, counts=told and long)
    return Opinion(
        evidence=tuple(pieces),
        said={"mean": mean, "threshold": limit, "count": len(lengths)},
        measure=Measure("time-to-cause", round(mean, 1), "seconds", limit),
        basis="observed",
        reason=None if told else message("diagnosis-time.few", count=len(lengths), enough=enough),
    )


_CHECK = "max_over_time(ALERTS_FOR_STATE[30d])"


def _lengths(found: tuple[Incident, ...]) -> list[float]:
    """In seconds, of those that are over and were no lasting state."""
    ended = [one.end_at - one.start_at for one in found if one.end_at is not None]
    return sorted(length.total_seconds() for length in ended if length < STATE)


def _told(lengths: list[float], mean: float, limit: float) -> Message:
    return message(
        "evidence.incident-lengths",
        count=len(lengths),
        mean=mean,
        median=statistics.median(lengths),
        p90=lengths[min(int(0.9 * len(lengths)), len(lengths) - 1)],
        limit=limit,
    )


def _circumstances(snapshot: Snapshot, graph: CallGraph, *, counts: bool) -> list[Evidence]:
    """They weigh only where incidents are long: short ones show that looking is quick anyway."""
    found = []
    objects, telemetry = snapshot.objects, snapshot.telemetry
    tracing = sorted({w.product for w in objects.workloads if w.product in TRACING})
    edges = [source.source for source in telemetry.sources if source.state in ("read", "partial")]
    known = [*(product for product in tracing if product), *edges]
    if known:
        fact = message("evidence.calls-traced", sources=", ".join(known))
        weight = -TRACED if counts else 0.0
        found.append(point("cluster", fact, weight, "mesh-probe doctor"))
    elif not objects.hidden(*WORKLOAD_KINDS):
        fact = message("evidence.calls-not-traced")
        found.append(point("cluster", fact, TRACED if counts else 0.0, "mesh-probe doctor"))
    reach = reach_by_entry(graph)
    widest = max(reach, key=lambda entry: (reach[entry], entry), default=None)
    if widest is not None and reach[widest] >= WIDE_FROM:
        fact = message("evidence.fault-reach", entry=widest, services=reach[widest])
        found.append(point(widest, fact, WIDE if counts else 0.0, graph_again(snapshot)))
    return found


QUESTION = Question("diagnosis-time", 4, "need", ask, axis="observation", thresholds=(TIME, ENOUGH))

"""Does finding the cause of a failure take 30 minutes or more on average?

Prometheus knows when alerts fired and ended, not when somebody understood why: from the first alert
that fired to the end of the incident is what finding its cause took at most. So short incidents say
no, and long ones at most a weak yes, the weaker the more of the calls are measured: where each call
shows its latency, whoever looks sees which one is slow, and the rest of the time goes into mending.
Few incidents say nothing: lengths are so uneven that a mean of fewer than ten means nothing
(Davidovic 2021, "Incident Metrics in SRE").
"""

import statistics
from datetime import timedelta

from msgspec.structs import replace

from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import application_services, reach_by_entry
from mesh_probe.incidents import Incident, incidents
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence
from mesh_probe.question import Measure, Opinion, Question, Threshold, graph_again, point
from mesh_probe.snapshot import Snapshot
from mesh_probe.sources import SOURCES
from mesh_probe.text import Message, message

TIME = Threshold("diagnosis-time", 1800, "seconds")
"""Mean time from the first alert to the known cause. The checklist's own figure."""

ENOUGH = Threshold("incidents-for-a-mean", 10, "incidents")
"""Incidents from which a mean is worth printing."""

SHORT = 1.5
"""Log-odds against, of incidents that are over on average before the limit."""

LONG, VERY_LONG = 0.65, 1.05
"""Log-odds of a mean length at the limit, and of one at twice the limit or beyond; our own, as are
those below. The second less `MEASURED` is just a yes: until then it stays open."""

TRACED = 0.1
"""Log-odds against of tracing or metrics for some calls, and for where there are none: both change
how long it takes, neither tells it."""

MEASURED = 0.43
"""Log-odds against, where most calls between applications are seen with their latency, or may be
by what could not be read."""

MOST, PART = 0.75, 0.5
"""Share of the known calls between applications that are most of them, and of the application
services that have to take part in them."""

WIDE = 0.1
"""Log-odds of requests that touch so many services that a fault may sit in any of them."""

WIDE_FROM = 8
"""Services one request may touch from which that is so: more than seven (Miller 1956)."""

STATE = timedelta(days=1)
"""What fires for longer is a state that nobody looks for the cause of."""

TRACING = ("jaeger", "tempo", "opentelemetry")

_AT_THE_EDGE = frozenset(source.id for source in SOURCES if source.tier == "ingress")
"""Sources that see how requests come in, and nothing behind that."""


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """The mean length of the incidents that are over, with what makes looking easier or harder."""
    limit, enough = TIME.of(snapshot), ENOUGH.of(snapshot)
    lengths = _lengths(incidents(snapshot, graph).episodes, snapshot)
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


def _lengths(found: tuple[Incident, ...], snapshot: Snapshot) -> list[float]:
    """In seconds, of those that are over and were no lasting state.

    Of one that was there when the history begins it is not known when it was first told.
    """
    history = snapshot.incidents
    since = snapshot.taken_at - timedelta(seconds=history.span_seconds if history else 0)
    ended = [
        one.end_at - (one.firing_at if one.start_at >= since else one.start_at)
        for one in found
        if one.end_at is not None
    ]
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
    looking, measured = _looking(snapshot, graph)
    found = [looking] if looking else []
    reach = reach_by_entry(graph)
    widest = max(reach, key=lambda entry: (reach[entry], entry), default=None)
    if widest is not None and reach[widest] >= WIDE_FROM:
        fact = message("evidence.fault-reach", entry=widest, services=reach[widest])
        weight = 0.0 if measured else WIDE
        found.append(point(widest, fact, weight, graph_again(snapshot)))
    return found if counts else [replace(piece, points=None, weight=0.0) for piece in found]


def _looking(snapshot: Snapshot, graph: CallGraph) -> tuple[Evidence | None, bool]:
    """How well one can see where requests lose their time, and whether of most calls perhaps."""
    objects = snapshot.objects
    edges = [graph.edges[pair] for pair in graph.applications.edges]
    timed = [edge for edge in edges if edge.latency and edge.latency.p50_seconds is not None]
    services = {node.id for node in application_services(graph)}
    partners = {node for edge in timed for node in (edge.client, edge.server)} & services
    if edges and len(timed) >= MOST * len(edges) and len(partners) >= PART * len(services):
        fact = message("evidence.calls-measured", timed=len(timed), calls=len(edges))
        return point("call graph", fact, -MEASURED, graph_again(snapshot), "call graph"), True
    behind = [s for s in snapshot.telemetry.sources if s.source not in _AT_THE_EDGE]
    if unread := sorted(s.source for s in behind if s.state in ("partial", "unreadable")):
        fact = message("evidence.calls-unread", sources=", ".join(unread))
        return point("cluster", fact, -MEASURED, "mesh-probe doctor"), True
    known = sorted({w.product for w in objects.workloads if w.product in TRACING and w.product})
    known += [source.source for source in behind if source.state == "read"]
    if known:
        fact = message("evidence.calls-traced", sources=", ".join(known))
        return point("cluster", fact, -TRACED, "mesh-probe doctor"), False
    if objects.hidden(*WORKLOAD_KINDS):
        return None, False
    fact = message("evidence.calls-not-traced")
    return point("cluster", fact, TRACED, "mesh-probe doctor"), False


QUESTION = Question("diagnosis-time", 4, "need", ask, axis="observation", thresholds=(TIME, ENOUGH))

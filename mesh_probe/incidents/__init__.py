"""Incidents out of alerts, and whose fault the calls of their times say it was.

Alerts that fire together on neighbours in the call graph are one incident. What went badly then
tells who is to blame: a callee that fails all its callers, a caller that alone fares badly, or the
way between two that are both well. Only the last is what a mesh could have helped with.
"""

from collections.abc import Sequence
from datetime import datetime

from mesh_probe.episodes import Moment
from mesh_probe.graph import CallGraph
from mesh_probe.graph.past import Alarm, Past, Then
from mesh_probe.incidents import blame
from mesh_probe.incidents.blame import ON_THE_WIRE, Blame
from mesh_probe.incidents.grouping import TOGETHER, Neighbours, grouped
from mesh_probe.model import Evidence, Noun
from mesh_probe.snapshot import Snapshot


class Incident(Noun):
    """Alerts of one cause, as far as can be told."""

    start_at: datetime
    """When the condition of the first of its alerts became true."""
    firing_at: datetime
    """When the first of them was seen to fire: before that nobody was told."""
    end_at: datetime | None
    """None where it was not over when the snapshot was taken."""
    alerts: tuple[str, ...]
    services: tuple[str, ...]
    """Ids of the nodes that the alerts are about."""
    judged: bool = False
    """Whether calls of that time were seen at all."""
    blame: Blame | None = None
    evidence: tuple[Evidence, ...] = ()


class Incidents(Noun):
    """All that were seen; None where alerts could not be read."""

    seen: int | None = None
    judged: int | None = None
    on_the_wire: int | None = None
    """Of those judged; None where none could be."""
    episodes: tuple[Incident, ...] = ()
    """By start."""
    left_out: tuple[str, ...] = ()
    """Names of alerts that are no incidents: they always fire, or nobody need act on them."""
    proven_seconds: int | None = None
    """How far back alerting rules are known to have been evaluated."""


def incidents(snapshot: Snapshot, graph: CallGraph) -> Incidents:
    """The incidents of a snapshot."""
    history = snapshot.incidents
    if history is None or history.state == "unreadable":
        return Incidents()
    if history.state == "unproven" and not history.episodes:
        return Incidents()
    past = Past(history, snapshot.objects, graph)
    near = Neighbours(graph)
    where = snapshot.telemetry.prometheus[:1]
    found = tuple(
        _incident(group, past.times, near, where)
        for group in grouped(past.alarms, near, snapshot.taken_at)
    )
    judged = [incident for incident in found if incident.judged]
    wire = [incident for incident in judged if on_the_wire(incident)]
    return Incidents(
        seen=len(found),
        judged=len(judged),
        on_the_wire=len(wire) if judged or not found else None,
        episodes=found,
        left_out=history.left_out,
        proven_seconds=history.proven_seconds,
    )


def on_the_wire(incident: Incident) -> bool:
    """Whether the cause lay between services, where a mesh could have helped."""
    return incident.blame is not None and incident.blame.kind in ON_THE_WIRE


def _incident(
    group: Sequence[Alarm], times: Sequence[Then], near: Neighbours, where: Sequence[str]
) -> Incident:
    ends = [alarm.episode.end_at for alarm in group]
    services = sorted({node for alarm in group for node in alarm.nodes})
    around = frozenset().union(*(near.of(service) for service in services))
    of_it = [time for time in times if _began_in(group, time.moment)]
    hops = [pair for pair in blame.pairs(of_it) if pair.client in around or pair.server in around]
    blamed = blame.blamed(hops)
    return Incident(
        start_at=group[0].episode.start_at,
        firing_at=min(alarm.episode.firing_at for alarm in group),
        end_at=None if None in ends else max(end for end in ends if end is not None),
        alerts=tuple(sorted({alarm.episode.alert for alarm in group})),
        services=tuple(services),
        judged=bool(services) and any(time.moment.sources for time in of_it),
        blame=Blame(blamed.kind, blamed.pair.client, blamed.pair.server) if blamed else None,
        evidence=tuple(blame.evidence(blamed, where)) if blamed else (),
    )


def _began_in(group: Sequence[Alarm], moment: Moment) -> bool:
    return any(
        moment.start_at <= alarm.episode.start_at <= moment.start_at + TOGETHER
        for alarm in group
        if alarm.nodes
    )

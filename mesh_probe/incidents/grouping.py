"""Which alerts are one incident: those that fire together on neighbours in the call graph."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from mesh_probe.graph import CallGraph, is_way_in
from mesh_probe.graph.past import Alarm

TOGETHER = timedelta(minutes=15)
"""Alerts on neighbours that are no further apart are one incident."""
HOPS = 2
"""How far apart neighbours may be."""
STANDING = timedelta(days=1)
"""An alert that fires for longer is a state, not an event: of what comes up while it fires only
what began with it is one incident with it."""


class Neighbours:
    """Who is within `HOPS` of whom, by calls in any direction."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._found: dict[str, frozenset[str]] = {}

    def of(self, node: str) -> frozenset[str]:
        """The node and its neighbours; whom only the way in joins are none."""
        if node not in self._found:
            reached, edge = {node}, {node}
            for _ in range(HOPS):
                edge = {other for each in edge for other in self._next(each)} - reached
                reached |= edge
            self._found[node] = frozenset(reached)
        return self._found[node]

    def _next(self, node: str) -> Iterable[str]:
        calls = self._graph.calls
        if node not in calls or is_way_in(self._graph.nodes[node]):
            return ()
        return (*calls.successors(node), *calls.predecessors(node))


class _Group:
    """Alarms of one incident."""

    def __init__(self, alarm: Alarm, near: Neighbours, at: datetime) -> None:
        self.alarms = [alarm]
        self.around = set(_around(alarm, near))
        self.glue_end = _glue_end(alarm, at)

    def takes(self, alarm: Alarm) -> bool:
        """Whether an alarm that begins later belongs to it."""
        if alarm.episode.start_at > self.glue_end + TOGETHER:
            return False
        return not self.around.isdisjoint(_marks(alarm))

    def join(self, other: "_Group") -> None:
        """Take in all of another."""
        self.alarms += other.alarms
        self.around |= other.around
        self.glue_end = max(self.glue_end, other.glue_end)


def _marks(alarm: Alarm) -> frozenset[str]:
    """What an alarm is about; one about nobody is about itself."""
    return frozenset(alarm.nodes or (f"alert {alarm.episode.alert}",))


def _around(alarm: Alarm, near: Neighbours) -> frozenset[str]:
    return frozenset().union(*(near.of(node) for node in alarm.nodes)) | _marks(alarm)


def _glue_end(alarm: Alarm, at: datetime) -> datetime:
    """Until when other alarms may belong to it."""
    start, end = alarm.episode.start_at, alarm.episode.end_at or at
    return start if end - start > STANDING else end


def grouped(alarms: Sequence[Alarm], near: Neighbours, at: datetime) -> list[list[Alarm]]:
    """The alarms by incident, in order of their start."""
    groups: list[_Group] = []
    closed: list[_Group] = []
    for alarm in sorted(alarms, key=lambda a: (a.episode.start_at, a.episode.alert, a.nodes)):
        fresh = _Group(alarm, near, at)
        still = alarm.episode.start_at - TOGETHER
        closed += [group for group in groups if group.glue_end < still]
        groups = [group for group in groups if group.glue_end >= still]
        for group in [group for group in groups if group.takes(alarm)]:
            fresh.join(group)
            groups.remove(group)
        groups.append(fresh)
    every = [sorted(g.alarms, key=lambda a: a.episode.start_at) for g in (*closed, *groups)]
    return sorted(every, key=lambda group: (group[0].episode.start_at, group[0].episode.alert))

"""Which times of alerts to look back at, and what to keep of the calls of such a time."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from msgspec.structs import replace

from mesh_probe.anomaly import judge, usual
from mesh_probe.episodes import CallThen, Episode
from mesh_probe.model import ObservedCall, Peer

TOGETHER_SECONDS = 900
"""Alerts that begin no further apart are looked at together."""
SHORTEST_SECONDS = 300
LONGEST_SECONDS = 3600
"""What is looked at of a time: less holds too few samples, more hides how it began."""
MOST_TIMES = 12
"""Times that are looked back at; each takes queries for all calls concerned."""
MOST_CALLS = 200
"""Calls that are kept of one time."""


class Stretch(NamedTuple):
    """A time that alerts began in."""

    start_at: datetime
    end_at: datetime
    places: tuple[Peer, ...]
    """Whom the alerts are about."""

    @property
    def seconds(self) -> int:
        """How long it is."""
        return round((self.end_at - self.start_at).total_seconds())


def stretches(episodes: Iterable[Episode], since: datetime, at: datetime) -> tuple[Stretch, ...]:
    """The times in which alerts about somebody began since a time, the latest first.

    Each is as long as its longest alert, from `SHORTEST_SECONDS` to `LONGEST_SECONDS`, and over
    before `at`.
    """
    groups: list[list[Episode]] = []
    for episode in sorted(episodes, key=lambda e: (e.start_at, e.alert, repr(e.places))):
        if not episode.places or episode.start_at < since:
            continue
        apart = timedelta(seconds=TOGETHER_SECONDS)
        if not groups or episode.start_at - groups[-1][0].start_at > apart:
            groups.append([])
        groups[-1].append(episode)
    return tuple(_stretch(group, at) for group in reversed(groups))


def _stretch(group: Sequence[Episode], at: datetime) -> Stretch:
    start_at = group[0].start_at.replace(microsecond=0)  # queries are for whole seconds
    longest = max(((e.end_at or at) - start_at).total_seconds() for e in group)
    seconds = int(min(max(longest, SHORTEST_SECONDS), LONGEST_SECONDS))
    end_at = min(start_at + timedelta(seconds=seconds), at)
    return Stretch(start_at, end_at, tuple(dict.fromkeys(p for e in group for p in e.places)))


def names_of(places: Iterable[Peer]) -> frozenset[str]:
    """Everything that a label of a metric could call the places or their namespaces by."""
    return frozenset(
        name
        for place in places
        for name in (
            place.workload,
            place.namespace,
            place.service,
            place.service_namespace,
            place.name,
            place.host,
        )
        if name
    )


def concerned(places: Iterable[Peer], calls: Iterable[ObservedCall]) -> frozenset[str]:
    """The names of places and of whom they call."""
    own = frozenset(filter(None, (p.workload or p.service or p.name for p in places)))
    called = (call.server for call in calls if own & names_of([call.client]))
    return names_of([*places, *called])


def compared(
    then: Iterable[ObservedCall], days: Iterable[Iterable[ObservedCall]], seconds: int
) -> tuple[CallThen, ...]:
    """The calls of a time beside the same of other days; only those that tell something.

    Kept are calls that went badly, worst first, and then those that share a side with one, which
    tell whose fault it was.
    """
    before: dict[Hashable, list[ObservedCall]] = defaultdict(list)
    for day in days:
        for call in day:
            if call.rate_rps:
                before[_same(call)].append(call)
    every = [CallThen(call, usual(before[_same(call)]), len(before[_same(call)])) for call in then]
    bad = [call for call in every if judge(call, seconds).badly]
    sides = {side for call in bad for side in _sides(call)}
    near = [call for call in every if not sides.isdisjoint(_sides(call)) and call not in bad]
    bad.sort(key=lambda call: (-_badness(call), repr(call)))
    return (*bad, *sorted(near, key=repr))[:MOST_CALLS]


def _same(call: ObservedCall) -> Hashable:
    return call.source, call.client, call.server, call.protocol


def _sides(call: CallThen) -> tuple[Peer, Peer]:
    """Both sides, without the Service that the server was reached by."""
    server = call.then.server
    if server.workload:
        server = replace(server, service=None, service_namespace=None)
    return call.then.client, server


def _badness(call: CallThen) -> float:
    then, before = call.then, call.usual
    grown = (then.error_ratio or 0.0) - ((before and before.error_ratio) or 0.0)
    return grown * (then.rate_rps or 0.0)

"""Alerts and the calls of their times, found among the nodes of the call graph."""

from collections.abc import Iterator
from typing import NamedTuple

from mesh_probe.episodes import CallThen, Episode, IncidentHistory, Moment
from mesh_probe.graph import CallGraph
from mesh_probe.graph.places import Places
from mesh_probe.model import Objects, Peer

_NOBODY = Peer()


class Alarm(NamedTuple):
    """An episode, and the nodes that its alert is about."""

    episode: Episode
    nodes: tuple[str, ...]


class Hop(NamedTuple):
    """A call of the past, and the nodes on its sides."""

    client: str
    server: str
    call: CallThen


class Then(NamedTuple):
    """A time in which alerts began, and the calls of it."""

    moment: Moment
    hops: tuple[Hop, ...]


class Past:
    """Looks the sides of past calls and the subjects of alerts up in the graph."""

    alarms: tuple[Alarm, ...]
    times: tuple[Then, ...]

    def __init__(self, history: IncidentHistory, objects: Objects, graph: CallGraph) -> None:
        self._graph = graph
        self._places = graph.places or Places(objects)
        self._fronts = self._places.services_of()
        self.alarms = tuple(
            Alarm(episode, tuple(sorted({n for p in episode.places for n in self._nodes(p)})))
            for episode in history.episodes
        )
        self.times = tuple(Then(moment, tuple(self._hops(moment))) for moment in history.moments)

    def _hops(self, moment: Moment) -> Iterator[Hop]:
        for call in moment.calls:
            clients = self._nodes(call.then.client, call.then.server)
            servers = self._nodes(call.then.server, call.then.client)
            if len(clients) == len(servers) == 1 and clients != servers:
                yield Hop(clients[0], servers[0], call)

    def _nodes(self, peer: Peer, other: Peer = _NOBODY) -> tuple[str, ...]:
        """The nodes that are meant: several for a Service whose workloads are told apart."""
        places = self._places.of_peer(peer, other)
        if len(places) != 1:
            return ()
        place = places[0]
        if place.outside is not None:
            return self._known(f"external:{place.outside}")
        front = self._places.front_of(place)
        if len(place.workloads) != 1 and front and (merged := self._known(f"service:{front}")):
            return merged
        return tuple(node for workload in place.workloads for node in self._of_workload(workload))

    def _of_workload(self, workload: str) -> tuple[str, ...]:
        """The workload's node, or that of the Service which stands for it."""
        fronts = (f"service:{service}" for service in self._fronts.get(workload, ()))
        return self._known(workload, *fronts)

    def _known(self, *nodes: str) -> tuple[str, ...]:
        return tuple(node for node in nodes if node in self._graph.nodes)[:1]

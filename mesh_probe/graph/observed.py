"""Claims that metrics make: each observed call, both sides found among the cluster's workloads.

Workloads behind one Service that no source tells apart become one node, the Service's. Twins, such
as a canary and what it is to replace, have to be told apart where they are called: that one of them
is known as a client says nothing of who is called. Where one source tells workloads apart and
another does not, a call of the second leads to each, and how often to which is not known.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from mesh_probe.graph.claims import INTERNET, UNNAMED, UNSEEN, Claim
from mesh_probe.graph.places import MOST_BEHIND, Place, Places
from mesh_probe.graph.shape import VARIANT
from mesh_probe.model import Evidence, Gap, ObservedCall, Peer, SourceRead, Telemetry, Via
from mesh_probe.text import Message, message

# How sure it is that the named workload is meant, by what it was named with.
_SURE = {"workload": 0.99, "service": 0.97, "address": 0.95, "name": 0.9}
_SURE_OF_ONE_IN_SEVERAL = 0.4
"""Below what counts: an edge of the wrong namespace would be worse than none."""

_MAX_NAMES = 5

_LOCAL = re.compile(r"localhost|127(\.\d+){3}|::1|0\.0\.0\.0|169\.254(\.\d+){2}|unix")
"""Addresses that lead back to the machine that calls, or to nobody's workload."""


_Sides = tuple[ObservedCall, Place, Place]


class Observed:
    """What the metrics say of calls."""

    def __init__(self, telemetry: Telemetry, places: Places) -> None:
        self._places = places
        self._queries = {read.source: _rates(read) for read in telemetry.sources}
        self._unknown: set[str] = set()
        self._ambiguous: set[str] = set()
        found = [sides for call in telemetry.calls for sides in self._sides(call)]
        self.merged = self._not_told_apart([(client, server) for _, client, server in found])
        """The Service node that stands for a workload, for those never told apart."""
        self.claims = tuple(claim for each in found for claim in self._claims(*each))

    def gaps(self) -> Iterator[Gap]:
        """Names in the metrics that nothing, or more than one thing, in the cluster has."""
        for text, names in (("unknown", self._unknown), ("ambiguous", self._ambiguous)):
            if names:
                shown = ", ".join(sorted(names)[:_MAX_NAMES])
                more = max(len(names) - _MAX_NAMES, 0)
                yield Gap(
                    subject="telemetry",
                    reason=message(
                        f"gap.{text}-names" + (".more" if more else ""), names=shown, more=more
                    ),
                    hint=message(f"hint.{text}-names"),
                )

    def _sides(self, call: ObservedCall) -> Iterator[_Sides]:
        """The call between places; one for each backend where a route is all that is known."""
        client = self._find(call.client, call.server.namespace or call.server.service_namespace)
        near = call.client.namespace
        if client is not None and len(client.workloads) == 1:
            near = client.workloads[0].partition("/")[0]
        servers: list[tuple[Place | None, float]] = [(None, 1.0)]
        if call.server.route:
            servers = list(self._places.backends_of(call.server.route, call.server.rule))
        else:
            servers = [(self._find(call.server, near), 1.0)]
        for server, share in servers:
            if server is None:
                continue
            caller = self._way_in(call.client, client, server) if call.client.gateway else client
            if caller is not None:
                rate = None if call.rate_rps is None else call.rate_rps * share
                yield replace(call, rate_rps=rate), caller, server

    def _way_in(self, peer: Peer, place: Place | None, server: Place) -> Place:
        """The route that a gateway passes requests on by, else the gateway, else the outside."""
        if peer.route:
            kind, _, name = peer.route.partition("/")
            return Place(route=f"{kind.lower()}:{name}")
        routes = self._places.routes_to(server)
        if len(routes) == 1:
            return Place(route=routes[0])
        return place if place is not None and place.workloads else Place(route=INTERNET)

    def _find(self, peer: Peer, near: str | None) -> Place | None:
        """Where one side is; None where its labels hold nothing that could be called a name."""
        if peer.host and _LOCAL.fullmatch(peer.host) and not peer.workload:
            return None
        name = peer.workload or peer.service or peer.host or peer.name
        places = self._places.of_peer(peer, Peer(namespace=near))
        if len(places) == 1:
            return places[0]
        other = peer.pod or peer.job or peer.joined or peer.api
        if places:
            self._ambiguous.add(name or other or "")
            return Place(named_by="ambiguous", name=self._full(peer, name or other or ""))
        if name is None and other is None:
            return Place()
        return self._stranger(peer, name, other or "")

    def _stranger(self, peer: Peer, name: str | None, other: str) -> Place | None:
        """What nothing in the cluster is called; None where it may be no name of a workload.

        Such are scrape jobs, APIs that nobody is known to serve, and namespaces.
        """
        if name is None or (name == peer.name and self._places.is_namespace(name)):
            if not peer.gateway:
                self._unknown.add(name or other)
            return None
        if peer.outside or "." in name or ":" in name:
            return Place(outside=name)
        self._unknown.add(name)
        return Place(name=self._full(peer, name))

    def _full(self, peer: Peer, name: str) -> str:
        namespace = (peer.service and peer.service_namespace) or peer.namespace
        return f"{namespace}/{name}" if namespace else name

    def _claims(self, call: ObservedCall, client: Place, server: Place) -> Iterator[Claim]:
        if client.outside is not None and server.outside is not None:
            # Two strangers: addresses of pods of which nothing is known, so no call of ours.
            self._unknown.update((client.outside, server.outside))
            return
        here = UNSEEN if client == Place() else self._node(client)
        theirs = self._nodes_behind(server)
        measured = call if len(theirs) == 1 else replace(call, rate_rps=None)
        for there in theirs:
            if here == there:
                continue
            yield Claim(
                client=here,
                server=there,
                confidence=min(_sure(client), _sure(server)),
                via=Via(server.service, call.server.port, call.protocol)
                if server.service
                else None,
                protocol=call.protocol,
                observed=measured,
                oriented=call.oriented
                or (server.named_by == "service" and client.named_by != "service"),
                evidence=(
                    Evidence(
                        subject=f"{here} -> {there}",
                        fact=_figures(call),
                        seen_in=call.source,
                        check=self._queries.get(call.source, ""),
                    ),
                ),
            )

    def _nodes_behind(self, server: Place) -> tuple[str, ...]:
        """The node of a server; of a Service whose workloads are told apart theirs."""
        nodes = {self.merged.get(member, member) for member in server.workloads}
        if 1 < len(nodes) <= MOST_BEHIND and self._places.front_of(server) is not None:
            return tuple(sorted(nodes))
        return (self._node(server),)

    def _node(self, place: Place) -> str:
        if place == Place():
            return UNNAMED
        if place.route is not None:
            return place.route
        if place.outside is not None:
            return f"external:{place.outside}"
        if len(place.workloads) == 1:
            return self.merged.get(place.workloads[0], place.workloads[0])
        service = self._places.front_of(place)
        return f"service:{service}" if service else f"unknown:{place.name}"

    def _not_told_apart(self, calls: Iterable[tuple[Place, Place]]) -> dict[str, str]:
        """Service node by workload, for workloads that are only ever called through that Service.

        Where they are no twins, they are not known as clients either.
        """
        calling: set[str] = set()
        called: set[str] = set()
        hidden: dict[str, set[str]] = defaultdict(set)
        for client, server in calls:
            for place, single in ((client, calling), (server, called)):
                if len(place.workloads) == 1:
                    single.update(place.workloads)
                elif (service := self._places.front_of(place)) is not None:
                    hidden[service].update(place.workloads)
        merged: dict[str, str] = {}
        for service, members in sorted(hidden.items()):
            told = called if _are_twins(members) else called | calling
            if told.isdisjoint(members):
                for member in members:
                    merged.setdefault(member, f"service:{service}")
        return merged


def _are_twins(members: Iterable[str]) -> bool:
    """Whether workloads are called alike but for an ending such as "-canary" or "-v2"."""
    return len({VARIANT.sub("", member) for member in members}) == 1


def _sure(place: Place) -> float:
    if place.named_by == "ambiguous":
        return _SURE_OF_ONE_IN_SEVERAL
    return _SURE[place.named_by]


def _rates(read: SourceRead) -> str:
    """The query that gave a source's rates, to be sent again by whoever doubts them."""
    asked = [query.promql for query in read.queries]
    return next((promql for promql in asked if "rate(" in promql), "".join(asked[:1]))


def _figures(call: ObservedCall) -> Message:
    """What was measured, in words."""
    if not call.rate_rps:
        return message("evidence.seen")
    if call.error_ratio is None:
        return message("evidence.rate", rate=call.rate_rps)
    return message("evidence.rate-and-errors", rate=call.rate_rps, errors=call.error_ratio)

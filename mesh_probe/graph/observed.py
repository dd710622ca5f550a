"""Claims that metrics make: each observed call, both sides found among the cluster's workloads.

Workloads behind one Service that no source tells apart become one node, the Service's. Where one
source tells them apart and another does not, both say what they know.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from mesh_probe.graph.claims import UNNAMED, UNSEEN, Claim
from mesh_probe.graph.places import Place, Places
from mesh_probe.model import Evidence, Gap, ObservedCall, Peer, SourceRead, Telemetry, Via
from mesh_probe.text import Message, message

# How sure it is that the named workload is meant, by what it was named with.
_SURE = {"workload": 0.99, "service": 0.97, "address": 0.95, "name": 0.9}
_SURE_OF_ONE_IN_SEVERAL = 0.4
"""Below what counts: an edge of the wrong namespace would be worse than none."""

_MAX_NAMES = 5


class Observed:
    """What the metrics say of calls."""

    def __init__(self, telemetry: Telemetry, places: Places) -> None:
        self._places = places
        self._queries = {read.source: _rates(read) for read in telemetry.sources}
        self._unknown: set[str] = set()
        self._ambiguous: set[str] = set()
        found = [
            (
                call,
                self._find(call.client, call.server),
                self._find(call.server, call.client),
            )
            for call in telemetry.calls
        ]
        self.merged = self._not_told_apart(place for _, *sides in found for place in sides)
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

    def _find(self, peer: Peer, other: Peer) -> Place:
        name = peer.workload or peer.service or peer.host or peer.name
        if name is None:
            return Place()
        places = self._places.of_peer(peer, other)
        if len(places) == 1:
            return places[0]
        namespace = (peer.service and peer.service_namespace) or peer.namespace
        full_name = f"{namespace}/{name}" if namespace else name
        if places:
            self._ambiguous.add(name)
            return Place(named_by="ambiguous", name=full_name)
        if peer.outside or "." in name or ":" in name:
            return Place(outside=name)
        self._unknown.add(name)
        return Place(name=full_name)

    def _claims(self, call: ObservedCall, client: Place, server: Place) -> Iterator[Claim]:
        here = UNSEEN if client == Place() else self._node(client)
        there = self._node(server)
        if here == there:
            return
        yield Claim(
            client=here,
            server=there,
            confidence=min(_sure(client), _sure(server)),
            via=Via(server.service, call.server.port, call.protocol) if server.service else None,
            protocol=call.protocol,
            observed=call,
            evidence=(
                Evidence(
                    subject=f"{here} -> {there}",
                    fact=_figures(call),
                    seen_in=call.source,
                    check=self._queries.get(call.source, ""),
                ),
            ),
        )

    def _node(self, place: Place) -> str:
        if place == Place():
            return UNNAMED
        if place.outside is not None:
            return f"external:{place.outside}"
        if len(place.workloads) == 1:
            return self.merged.get(place.workloads[0], place.workloads[0])
        service = self._places.front_of(place)
        return f"service:{service}" if service else f"unknown:{place.name}"

    def _not_told_apart(self, places: Iterable[Place]) -> dict[str, str]:
        """Service node by workload, for workloads that are only ever seen through that Service."""
        single: set[str] = set()
        hidden: dict[str, set[str]] = defaultdict(set)
        for place in places:
            if len(place.workloads) == 1:
                single.update(place.workloads)
            elif (service := self._places.front_of(place)) is not None:
                hidden[service].update(place.workloads)
        merged: dict[str, str] = {}
        for service, members in sorted(hidden.items()):
            if single.isdisjoint(members):
                for member in members:
                    merged.setdefault(member, f"service:{service}")
        return merged


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

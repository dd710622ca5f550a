"""Are the call paths between services hard to explain at a glance?

Yes needs two independent signs, size and shape: many services that are simply listed are no puzzle,
nor is a ring of two that everyone knows. Datastores, brokers and infrastructure are left out.

No study gives validated limits for service graphs, so each limit says where it is borrowed from.
"""

from collections.abc import Collection, Iterable

from msgspec.structs import replace

from mesh_probe.application import applications
from mesh_probe.graph import COUNTS_FROM, CallGraph
from mesh_probe.graph.shape import (
    application_services,
    cycles,
    fan_in,
    fan_out,
    hubs,
    largest_view,
    longest_chains,
    paths_by_entry,
    reach_by_entry,
)
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence, Noun
from mesh_probe.question import Measure, Opinion, Question, Threshold, graph_again, point
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message

SERVICES = Threshold("connected-services", 20, "services")
"""Services in one connected view. Above 20 nodes a drawn graph loses to a table on most tasks
(Ghoniem, Fekete, Castagliola 2004), above 50 people fail at paths (Yoghourdjian et al. 2020), above
100 in a view of at most `SPARSE` edges per service."""

SPARSE = 2.0
"""Our own."""

EDGES = Threshold("connected-calls", 40, "calls")
"""Edges in one connected view: two per node at the limits above; our own."""

REACH = Threshold("entry-reach", 7, "services")
"""Services that a request to one entry may touch: seven chunks of short-term memory (Miller 1956);
half of the requests of Meta's Fetch touch 13 (Huye, Shkuro, Sambasivan 2023)."""

CHAIN = Threshold("longest-chain", 4, "hops")
"""Hops of the longest chain: four chunks of memory (Cowan 2001). At Meta nine requests of ten stay
within 3 to 6 (Huye, Shkuro, Sambasivan 2023)."""

PATHS = Threshold("entry-paths", 10, "paths")
"""Ways from one entry down: McCabe's limits for code paths (1976), by analogy."""

FAN = Threshold("service-fan", 10, "services")
"""Callers or callees of one service: 87 of 100 services at Meta stay within 10, 95 within 20."""

SPARSE_VIEW = 5.0

HARD_FROM = {SERVICES: 2.5, EDGES: 3.0, REACH: 15 / 7, CHAIN: 1.5, PATHS: 5.0, FAN: 2.0}
"""How many times the limit is hard beyond doubt: 50 services, 120 edges, 15 in reach, 6 hops, 50
ways, 20 callers or callees. Of a sparse view it is `SPARSE_VIEW` times: 100 services."""

CLEAR, BORDERLINE, HARD = range(3)

LOG_ODDS = {CLEAR: -1.1, BORDERLINE: 0.4, HARD: 1.2}
"""For the worst size and the worst shape, one each. Chosen so that two borderline signs make a weak
yes, one sign with the other side clear never makes a yes, and two clear sides make a no."""

FEW = 4
"""Services so few that no wiring between them is hard to hold in mind (Cowan 2001)."""

KNOWN_FROM = 0.5
"""Share of services whose calls are known from which a no begins to count; our own."""

ALL_TO_ALL = 0.5
"""Share of all pairs from which declared calls are taken for a list of addresses that every service
reads. Calls between services are sparse: Alibaba's have 3.7 edges per service, Meta's 11."""

PARTLY_SEEN = 0.25
"""What is left of a no when kinds of objects could not be read: too little to be called one."""


REGISTRIES = frozenset({"registry", "consul"})
"""Products that tell a service where others are."""

DAPR_NAME = "dapr.io/app-id"
"""https://docs.dapr.io/reference/arguments-annotations-overview/"""

WORST = 3
"""Paths that are named, whatever the answer: the longest ones from different entries."""

SHOWN = 6
"""Services of a cycle or a chain that are named."""


class Criterion(Noun):
    """One thing that makes paths hard, how far it goes here, and how that is said."""

    level: int
    fact: Message
    subject: str


class Picture(Noun):
    """The user-facing graph in figures. Of ties the entry whose id sorts first is named."""

    services: int
    """In the largest part that hangs together, like `edges`."""
    edges: int
    chains: tuple[tuple[str, ...], ...]
    """The longest ones from different entries, the longest of all first."""
    rings: tuple[tuple[str, ...], ...]
    reach: int = 0
    reach_of: str = "–"
    """The entry from which most services can be reached."""
    ways: int = 0
    ways_of: str = "–"
    """The entry with the most ways down."""

    @property
    def chain(self) -> tuple[str, ...]:
        """The longest chain; empty where nothing calls anything."""
        return self.chains[0] if self.chains else ()

    @property
    def hops(self) -> int:
        """Calls of the longest chain."""
        return max(len(self.chain) - 1, 0)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs the worst sign of size and the worst sign of shape."""
    services = [node.id for node in application_services(graph)]
    hidden = snapshot.objects.hidden("Service", *WORKLOAD_KINDS, "ConfigMap")
    complete = snapshot.objects.saw("Service") and not hidden
    unaddressed = _unaddressed(snapshot, graph)
    blind = [node for node in services if _is_blind(graph, node, unaddressed)]
    picture = _look(graph)
    few = complete and len(services) <= FEW
    if few:
        evidence = [_few(len(services))]
    elif len(blind) == len(services):
        return Opinion(reason=message("path-complexity.no-calls", services=len(services)))
    elif _is_address_list(graph):
        return Opinion(reason=message("path-complexity.address-list", services=len(services)))
    else:
        known = 1 - len(blind) / len(services)
        seen = max(known - KNOWN_FROM, 0.0) / (1 - KNOWN_FROM)
        seen *= 1.0 if complete else PARTLY_SEEN
        evidence = _weigh(picture, graph, seen, snapshot)
    evidence += _worst(picture, graph_again(snapshot))
    if blind:
        fact = message("evidence.blind-services", count=len(blind), examples=listed(blind))
        check = graph_again(snapshot, "--focus", blind[0])
        evidence.append(Evidence("call graph", fact, "call graph", check=check))
    return Opinion(
        evidence=tuple(evidence),
        said={
            "services": len(services),
            "reach": picture.reach,
            "ways": picture.ways,
            "hops": picture.hops,
            "chain": _drawn(picture.chain, " → "),
            "cycles": len(picture.rings),
        },
        measure=Measure("longest-chain", picture.hops, "hops", CHAIN.of(snapshot)),
        basis="observed",
        reason=message("path-complexity.few", services=len(services)) if few else None,
    )


def _look(graph: CallGraph) -> Picture:
    """Only what stands behind a Service is an entry for users: no worker and no load generator."""

    def fronted(node: str) -> bool:
        return bool(graph.nodes[node].services)

    services, edges = largest_view(graph)
    reach = {entry: n for entry, n in sorted(reach_by_entry(graph).items()) if fronted(entry)}
    ways = {entry: n for entry, n in sorted(paths_by_entry(graph).items()) if fronted(entry)}
    picture = Picture(
        services=services,
        edges=edges,
        chains=longest_chains(graph, WORST, filter(fronted, graph.applications)),
        rings=cycles(graph),
    )
    if reach:
        widest = max(reach, key=lambda entry: reach[entry])
        picture = replace(picture, reach=reach[widest], reach_of=widest)
    if ways:
        busiest = max(ways, key=lambda entry: ways[entry])
        picture = replace(picture, ways=ways[busiest], ways_of=busiest)
    return picture


def _few(services: int) -> Evidence:
    fact = message("evidence.few-services", services=services, limit=FEW)
    weight = -2 * LOG_ODDS[CLEAR]
    return Evidence("Services", fact, "objects", "no", weight, "kubectl get services -A")


def _is_address_list(graph: CallGraph) -> bool:
    """Whether nearly everything seems to call everything, and nothing of it was observed."""
    services = [node for node, calls in graph.applications.degree if calls]
    declared = [pair for pair in graph.applications.edges if not graph.edges[pair].observed]
    pairs = len(services) * (len(services) - 1)
    return len(services) > FEW and len(declared) >= ALL_TO_ALL * pairs


def _weigh(picture: Picture, graph: CallGraph, seen: float, snapshot: Snapshot) -> list[Evidence]:
    """The worst sign of each side with its weight, and the other signs that stand out.

    `seen` is the part of the picture that is there: what is missing can only add to it, so it
    weakens a no and leaves a yes as it is.
    """
    sides = (
        _size_signs(picture, snapshot),
        (*_shape_signs(picture, snapshot), *_node_signs(graph, snapshot)),
    )
    worst = [max(side, key=lambda sign: sign.level) for side in sides]
    total = sum(LOG_ODDS[sign.level] for sign in worst)
    share = seen if total < 0 else 1.0
    return [
        _evidence(sign, LOG_ODDS[sign.level] * share if sign in worst else 0.0, snapshot)
        for side in sides
        for sign in side
        if sign in worst or sign.level > CLEAR
    ]


def _size_signs(seen: Picture, snapshot: Snapshot) -> tuple[Criterion, ...]:
    sparse = seen.edges <= SPARSE * seen.services
    hard = SPARSE_VIEW if sparse else HARD_FROM[SERVICES]
    view = _level(seen.services, SERVICES.of(snapshot), hard)
    return (
        Criterion(
            max(view, _beyond(seen.edges, EDGES, snapshot)),
            message(
                "evidence.connected-view",
                services=seen.services,
                edges=seen.edges,
                limit=SERVICES.of(snapshot),
            ),
            "call graph",
        ),
        Criterion(
            _beyond(seen.reach, REACH, snapshot),
            message(
                "evidence.entry-reach",
                entry=seen.reach_of,
                services=seen.reach,
                limit=REACH.of(snapshot),
            ),
            seen.reach_of,
        ),
    )


def _shape_signs(seen: Picture, snapshot: Snapshot) -> tuple[Criterion, ...]:
    drawn, limit = _drawn(seen.chain, " → "), CHAIN.of(snapshot)
    chain = message("evidence.longest-chain", hops=seen.hops, chain=drawn, limit=limit)
    limit = PATHS.of(snapshot)
    ways = message("evidence.entry-paths", entry=seen.ways_of, paths=seen.ways, limit=limit)
    signs = (
        Criterion(_beyond(seen.hops, CHAIN, snapshot), chain, "call graph"),
        Criterion(_beyond(seen.ways, PATHS, snapshot), ways, seen.ways_of),
    )
    if not seen.rings:
        return signs
    pair = len(seen.rings) == 1 and len(seen.rings[0]) == 2  # noqa: PLR2004  # one pair
    largest = _drawn(seen.rings[0], " ⇄ ")
    rings = message("evidence.cycles", count=len(seen.rings), largest=largest)
    return (*signs, Criterion(BORDERLINE if pair else HARD, rings, seen.rings[0][0]))


def _node_signs(graph: CallGraph, snapshot: Snapshot) -> tuple[Criterion, ...]:
    """The busiest hub and the service with the most callers or callees, where they stand out."""
    signs = []
    limit = FAN.of(snapshot)
    for hub in hubs(graph, int(limit))[:1]:
        fact = message(
            "evidence.hub", service=hub.id, callers=hub.fan_in, callees=hub.fan_out, limit=limit
        )
        signs.append(Criterion(_beyond(min(hub.fan_in, hub.fan_out), FAN, snapshot), fact, hub.id))
    busiest = _busiest(fan_in(graph).items(), fan_out(graph).items())
    if busiest is not None and busiest[0] > limit:
        fact = message("evidence.fan", service=busiest[1], calls=busiest[0], limit=limit)
        signs.append(Criterion(_beyond(busiest[0], FAN, snapshot), fact, busiest[1]))
    return tuple(signs)


def _worst(picture: Picture, check: str) -> list[Evidence]:
    """The longest paths, by name; the longest of all is among the signs already."""
    told = (
        message("evidence.worst-path", chain=_drawn(c, " → "), hops=len(c) - 1)
        for c in picture.chains[1:]
        if len(c) > 2  # noqa: PLR2004  # one call is no path
    )
    return [point("call graph", fact, 0.0, check, "call graph") for fact in told]


def _drawn(nodes: tuple[str, ...], arrow: str) -> str:
    shown = nodes if len(nodes) <= SHOWN else (*nodes[: SHOWN - 1], "…", nodes[-1])
    return arrow.join(shown) or "–"


def _busiest(*fans: Iterable[tuple[str, int]]) -> tuple[int, str] | None:
    return max(((count, node) for fan in fans for node, count in fan), default=None)


def _beyond(figure: int, limit: Threshold, snapshot: Snapshot) -> int:
    return _level(figure, limit.of(snapshot), HARD_FROM[limit])


def _level(figure: int, limit: float, hard: float) -> int:
    return (figure > limit) + (figure > round(limit * hard, 6))


def _unaddressed(snapshot: Snapshot, graph: CallGraph) -> set[str]:
    """Workloads that find others by a registry or a sidecar: their objects hold no addresses."""
    asking = {
        client
        for (client, server), edge in graph.edges.items()
        if graph.nodes[server].product in REGISTRIES and edge.confidence >= COUNTS_FROM
    }
    own = applications(snapshot, graph)
    return asking | {app.node.id for app in own if DAPR_NAME in app.workload.annotations}


def _is_blind(graph: CallGraph, node: str, unaddressed: Collection[str]) -> bool:
    """Whether nothing is known of whom a service calls or who in the cluster calls it.

    A way in from outside does not count: it says nothing of the calls behind it. Nor do the store
    and the registry of a service that needs no address to call others.
    """
    if node in unaddressed:
        callers = graph.applications.predecessors(node)
        called = any(graph.edges[caller, node].observed for caller in callers)
        return not called and not graph.applications.out_degree(node)
    callers = graph.calls.predecessors(node)
    from_outside = all(graph.nodes[caller].role == "external" for caller in callers)
    return from_outside and not graph.calls.out_degree(node)


def _evidence(sign: Criterion, weight: float, snapshot: Snapshot) -> Evidence:
    return point(sign.subject, sign.fact, round(weight, 3), graph_again(snapshot), "call graph")


QUESTION = Question(
    "path-complexity", 2, "need", ask, axis="observation", thresholds=tuple(HARD_FROM)
)

"""Are the call paths between services hard to explain at a glance?

Yes needs two independent signs, size and shape: many services that are simply listed are no puzzle,
nor is a ring of two that everyone knows. One gateway in front of many services is size alone: that
many can be reached and that it calls so many is the same fact. Datastores, brokers and
infrastructure are left out.

No study gives validated limits for service graphs, so each limit says where it is borrowed from.
"""

import math
from collections.abc import Collection, Iterator

from mesh_probe.application import applications
from mesh_probe.graph import COUNTS_FROM, CallGraph
from mesh_probe.graph.picture import Picture, is_address_list, look
from mesh_probe.graph.shape import application_services, fan_in, fan_out, hubs
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

CLEAR, BORDERLINE, HARD = -1.1, (0.1, 0.45), 1.2
"""Log-odds of the worst size and the worst shape, one each; of what is borderline, right above the
limit and right below hard. Two borderline signs leave it open, or make a weak yes where both are
nearly hard; one with the other side clear is a no; a hard one with the other side clear is open."""

SHORT, FLAT = 3, 0.75
"""Calls of the longest chain up to which a request can be told in one breath, if no three services
form a ring: four services (Cowan 2001). And the log-odds against of that, where the signs would not
say no; our own: a gateway in front of any number of leaves is a no, two borderline signs stay open.
"""

ONE_PAIR = 0.1
"""Strain of one ring of two services, and no other: borderline, and soon known to everyone."""

FEW = 4
"""Services so few that no wiring between them is hard to hold in mind (Cowan 2001)."""

KNOWN_FROM = 0.5
"""Share of services whose calls are known from which a no begins to count; our own."""

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

    strain: float
    """0 is clear, 1 hard beyond doubt; what lies between is borderline."""
    fact: Message
    subject: str


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs the worst sign of size and the worst sign of shape."""
    services = [node.id for node in application_services(graph)]
    hidden = snapshot.objects.hidden("Service", *WORKLOAD_KINDS, "ConfigMap")
    complete = snapshot.objects.saw("Service") and not hidden
    unaddressed = _unaddressed(snapshot, graph)
    blind = [node for node in services if _is_blind(graph, node, unaddressed)]
    picture = look(graph, WORST)
    few = complete and len(services) <= FEW
    if few:
        evidence = [_few(len(services))]
    elif len(blind) == len(services):
        return Opinion(reason=message("path-complexity.no-calls", services=len(services)))
    elif is_address_list(graph, FEW):
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
        reason=_at_a_glance(len(services)) if few else None,
    )


def _at_a_glance(services: int) -> Message:
    kind = "few" if services else "none"
    return message(f"path-complexity.{kind}", services=services)


def _few(services: int) -> Evidence:
    fact = message("evidence.few-services", services=services, limit=FEW)
    return point("Services", fact, 2 * CLEAR, "kubectl get services -A")


def _weigh(picture: Picture, graph: CallGraph, seen: float, snapshot: Snapshot) -> list[Evidence]:
    """The worst sign of each side with its weight, and the other signs that stand out.

    `seen` is the part of the picture that is there: what is missing can only add to it, so it
    weakens a no and leaves a yes as it is.
    """
    chain = _chain_sign(picture, snapshot)
    sides = (
        _size_signs(picture, snapshot),
        (chain, *_shape_signs(picture, graph, snapshot)),
    )
    worst = [max(side, key=lambda sign: sign.strain) for side in sides]
    weights = {sign: _log_odds(sign.strain) for sign in worst}
    short = picture.hops <= SHORT and (not picture.rings or picture.has_one_pair)
    if short and math.fsum(weights.values()) > 0:
        weights[chain] = weights.get(chain, 0.0) - FLAT
    share = seen if math.fsum(weights.values()) < 0 else 1.0
    weighed = [
        point(sign.subject, sign.fact, weights.get(sign, 0.0) * share, again, "call graph")
        for again in (graph_again(snapshot),)
        for side in sides
        for sign in side
        if sign in weights or sign.strain
    ]
    return [*weighed, *_fan(graph, snapshot)]


def _log_odds(strain: float) -> float:
    if not strain:
        return CLEAR
    near, far = BORDERLINE
    return near + (far - near) * strain if strain < 1 else HARD


def _size_signs(seen: Picture, snapshot: Snapshot) -> tuple[Criterion, ...]:
    sparse = seen.edges <= SPARSE * seen.services
    hard = SPARSE_VIEW if sparse else HARD_FROM[SERVICES]
    limit = SERVICES.of(snapshot)
    view = message("evidence.connected-view", services=seen.services, edges=seen.edges, limit=limit)
    services = _strain(seen.services, limit, hard)
    reach = message(
        "evidence.entry-reach",
        entry=seen.reach_of,
        services=seen.reach,
        limit=REACH.of(snapshot),
    )
    return (
        Criterion(max(services, _beyond(seen.edges, EDGES, snapshot)), view, "call graph"),
        Criterion(_beyond(seen.reach, REACH, snapshot), reach, seen.reach_of),
    )


def _chain_sign(seen: Picture, snapshot: Snapshot) -> Criterion:
    drawn, limit = _drawn(seen.chain, " → "), CHAIN.of(snapshot)
    fact = message("evidence.longest-chain", hops=seen.hops, chain=drawn, limit=limit)
    return Criterion(_beyond(seen.hops, CHAIN, snapshot), fact, "call graph")


def _shape_signs(seen: Picture, graph: CallGraph, snapshot: Snapshot) -> Iterator[Criterion]:
    """What else than the chain is hard to follow, where it is there."""
    if seen.is_tangled:
        limit = PATHS.of(snapshot)
        fact = message(
            "evidence.entry-paths",
            entry=seen.ways_of,
            paths=seen.ways,
            services=seen.ways_reach,
            limit=limit,
        )
        yield Criterion(_beyond(seen.ways, PATHS, snapshot), fact, seen.ways_of)
    if seen.rings:
        largest = _drawn(seen.rings[0], " ⇄ ")
        fact = message("evidence.cycles", count=len(seen.rings), largest=largest)
        yield Criterion(ONE_PAIR if seen.has_one_pair else 1.0, fact, seen.rings[0][0])
    limit = FAN.of(snapshot)
    for hub in hubs(graph, int(limit))[:1]:
        fact = message(
            "evidence.hub", service=hub.id, callers=hub.fan_in, callees=hub.fan_out, limit=limit
        )
        yield Criterion(_beyond(min(hub.fan_in, hub.fan_out), FAN, snapshot), fact, hub.id)


def _fan(graph: CallGraph, snapshot: Snapshot) -> list[Evidence]:
    """The service with the most callers or callees; it adds to what can be reached, no more."""
    fans = (*fan_in(graph).items(), *fan_out(graph).items())
    calls, node = max(((count, node) for node, count in fans), default=(0, ""))
    if calls <= FAN.of(snapshot):
        return []
    fact = message("evidence.fan", service=node, calls=calls, limit=FAN.of(snapshot))
    return [point(node, fact, 0.0, graph_again(snapshot, "--focus", node), "call graph")]


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


def _beyond(figure: int, limit: Threshold, snapshot: Snapshot) -> float:
    return _strain(figure, limit.of(snapshot), HARD_FROM[limit])


def _strain(figure: int, limit: float, hard: float) -> float:
    """How far a figure is on its way from the limit to the first one that is hard."""
    first_hard = math.floor(round(limit * hard, 6)) + 1
    return min(max((figure - limit) / (first_hard - limit), 0.0), 1.0)


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


QUESTION = Question(
    "path-complexity", 2, "need", ask, axis="observation", thresholds=tuple(HARD_FROM)
)

"""Synthetic call graphs: which services there are, who calls whom, how many pods each has.

The shapes follow what was published of large systems: long tails of fan-in, fan-out and replicas,
many leaves, and chains that stay short however many services there are. Figures without another
source are drawn from the analyses of Meta's services (Huye, Shkuro, Sambasivan, USENIX ATC 2023)
and Alibaba's (Luo et al., SoCC 2021; Winchester et al., arXiv 2504.13141).
"""

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Literal

Role = Literal["entry", "middle", "leaf"]
Sort = Literal["app", "cache", "database", "broker"]

ENTRY_SHARE = 0.13
MIDDLE_SHARE = 0.48
"""The rest are leaves: 13, 48 and 39 % of Alibaba's services."""

LEAF_SHARES: dict[Sort, float] = {"broker": 0.03, "database": 0.40, "cache": 0.35}
"""The rest are leaves that run an application's own code. Own judgement."""

EDGE_SHARES: dict[Sort, float] = {"app": 0.55, "cache": 0.30, "database": 0.10, "broker": 0.05}
"""By what is called; between Alibaba's calls and ordinary shops."""

EDGES_PER_SERVICE = ((10, 1.5), (25, 2.0), (150, 2.5), (1000, 3.7))
"""By number of services; in between by its logarithm, and the same beyond."""

CHAIN_WEIGHTS = (0.15, 0.25, 0.25, 0.17, 0.10, 0.05, 0.02, 0.007, 0.003)
"""Of 1 to 9 calls from an entry to the deepest leaf: the median is 3, the 90th percentile 5."""

BACK_EDGE_SHARE = 0.015
"""Edges against the direction of the others, which close cycles."""

FAN_OUT_SIGMA = 0.9
FAN_IN_TAIL = 0.7
"""Exponent of the Pareto distribution of what a callee draws before anyone calls it."""
MOST_TICKETS = 5_000
REPLICA_MEDIAN = 2.5
REPLICA_SIGMA = 1.0
"""Lognormal: the 90th percentile is 9 replicas."""
SMALL = 400
"""Up to here no service calls more than a third of all."""
TRIES = 30

_WORDS = tuple(
    """
    account address alert audit basket billing booking campaign cart catalog checkout claim contract
    coupon courier credit customer delivery device discount document dispute event export feed fleet
    forecast fraud geo identity import inventory invoice ledger listing loyalty media message notice
    offer order partner payment payout plan policy price product profile promo quote rating receipt
    refund report return review risk route search session shipment signal stock store subscription
    supplier survey tariff tax ticket trip vendor voucher wallet
    """.split()  # noqa: SIM905  # readable by line
)
_ENDINGS: dict[Sort, Sequence[str]] = {
    "app": ("api", "service", "worker", "gateway", "engine", "adapter"),
    "cache": ("redis", "memcached"),
    "database": ("postgres", "mysql", "mongodb"),
    "broker": ("kafka", "rabbitmq"),
}


@dataclass
class Node:
    """A service and what runs behind it."""

    name: str
    namespace: str
    role: Role
    sort: Sort
    product: str
    """The last part of its name: "api", "postgres"."""
    height: int
    """Calls on the longest chain below it, cycles aside."""
    replicas: int = 1
    calls: list["Node"] = field(default_factory=list)


def topology(services: int, pods: int, seed: int) -> tuple[Node, ...]:
    """A call graph of so many services, with so many pods behind them where that is possible."""
    rng = Random(f"{services} {pods} {seed}")
    nodes = _nodes(services, rng)
    _connect(nodes, rng)
    _close_cycles(nodes, rng)
    _replicate(nodes, pods, rng)
    return nodes


def edge_count(services: int) -> int:
    """How many edges a graph of so many services is to have."""
    (low, few), *steps = EDGES_PER_SERVICE
    for high, many in steps:
        if services <= high:
            share = max(0.0, math.log(services / low) / math.log(high / low))
            return round(services * (few + share * (many - few)))
        low, few = high, many
    return round(services * few)


def _nodes(services: int, rng: Random) -> tuple[Node, ...]:
    entries = max(1, round(services * ENTRY_SHARE))
    middles = max(1, round(services * MIDDLE_SHARE))
    leaves = max(1, services - entries - middles)
    sorts: list[Sort] = []
    for sort, share in LEAF_SHARES.items():
        sorts += [sort] * max(1, round(leaves * share))
    leaf_sorts: list[Sort] = (sorts + ["app"] * leaves)[:leaves]
    middle_heights = _heights(middles, rng)
    top = max(middle_heights) + 1
    entry_heights = [top, *(min(top, _chain(rng)) for _ in range(entries - 1))]
    heights = [(height, "entry") for height in entry_heights]
    described: list[tuple[Role, Sort, int]] = [
        *(("entry", "app", height) for height, _ in heights),
        *(("middle", "app", height) for height in middle_heights),
        *(("leaf", sort, 0) for sort in leaf_sorts),
    ]
    teams = max(2, services // 20)
    found = []
    for number, (role, sort, height) in enumerate(described):
        product = rng.choice(_ENDINGS[sort])
        name = f"{rng.choice(_WORDS)}-{product}-{number}"
        # Some teams own much more than others.
        team = int(teams * rng.random() ** 1.5)
        found.append(Node(name, f"team-{team:03}", role, sort, product, height))
    return tuple(found)


def _chain(rng: Random) -> int:
    return rng.choices(range(1, len(CHAIN_WEIGHTS) + 1), CHAIN_WEIGHTS)[0]


def _heights(count: int, rng: Random) -> list[int]:
    """Heights of the middle services, without a gap, so that every chain can be as long."""
    drawn = [max(1, _chain(rng) - 1) for _ in range(count)]
    ranks = {height: rank for rank, height in enumerate(sorted(set(drawn)), start=1)}
    return [ranks[height] for height in drawn]


class _Urn:
    """Callees of one sort, to be drawn by preferential attachment: each draw adds a ticket."""

    def __init__(self, nodes: Iterable[Node], rng: Random) -> None:
        self._rng = rng
        self.nodes = sorted(nodes, key=lambda node: node.height)
        self._heights = [node.height for node in self.nodes]
        self._tickets = [
            node
            for node in self.nodes
            for _ in range(min(MOST_TICKETS, int(rng.paretovariate(FAN_IN_TAIL))))
        ]

    def draw(self, below: int, called: set[str]) -> Node | None:
        """A callee lower than `below` that is not called yet; None when none was found."""
        for attempt in range(TRIES):
            if attempt < TRIES // 2 and self._tickets:
                node = self._rng.choice(self._tickets)
            else:
                end = bisect_left(self._heights, below)
                if not end:
                    return None
                node = self.nodes[self._rng.randrange(end)]
            if node.height < below and node.name not in called:
                return node
        return None

    def chosen(self, node: Node) -> None:
        self._tickets.append(node)


def _connect(nodes: Sequence[Node], rng: Random) -> None:
    callers = [node for node in nodes if node.role != "leaf"]
    callees = [node for node in nodes if node.role != "entry"]
    urns = {sort: _Urn((n for n in callees if n.sort == sort), rng) for sort in EDGE_SHARES}
    called: dict[str, set[str]] = {node.name: set() for node in callers}
    counts = dict.fromkeys(EDGE_SHARES, 0)

    def call(client: Node, server: Node) -> None:
        client.calls.append(server)
        called[client.name].add(server.name)
        urns[server.sort].chosen(server)
        counts[server.sort] += 1

    by_height: dict[int, list[Node]] = {}
    for node in callees:
        by_height.setdefault(node.height, []).append(node)
    for caller in callers:
        # One callee just below makes the chain as long as its height says.
        call(caller, rng.choice(by_height[caller.height - 1]))

    edges = edge_count(len(nodes))
    fan_outs = _fan_outs(len(callers), edges, len(nodes), rng)
    slots = [c for c, count in zip(callers, fan_outs, strict=True) for _ in range(count)]
    slots.sort(key=lambda caller: -caller.height)
    depths = [-caller.height for caller in slots]
    reached = {server.name for client in callers for server in client.calls}
    for node in callees:
        if node.name not in reached:
            # Somebody calls every service that is no entry.
            call(slots[rng.randrange(bisect_left(depths, -node.height))], node)

    wanted = [max(0.0, share * edges - counts[sort]) for sort, share in EDGE_SHARES.items()]
    left = [
        client
        for client, count in zip(callers, fan_outs, strict=True)
        for _ in range(count - len(client.calls))
    ]
    rng.shuffle(left)
    for client in left[: max(0, round(edges * (1 - BACK_EDGE_SHARE)) - sum(counts.values()))]:
        first = rng.choices(list(EDGE_SHARES), wanted if any(wanted) else None)[0]
        for sort in (first, *EDGE_SHARES):
            server = urns[sort].draw(client.height, called[client.name])
            if server is not None:
                call(client, server)
                break


def _fan_outs(callers: int, edges: int, services: int, rng: Random) -> list[int]:
    """A long tail of fan-outs that add up to about the number of edges."""
    drawn = [rng.lognormvariate(0, FAN_OUT_SIGMA) for _ in range(callers)]
    scale = edges * (1 - BACK_EDGE_SHARE) / sum(drawn)
    most = max(1, services // 3) if services <= SMALL else services
    return [min(most, max(1, round(weight * scale))) for weight in drawn]


def _close_cycles(nodes: Sequence[Node], rng: Random) -> None:
    """Let some services be called back by what they call, directly or one call further."""
    middles = [node for node in nodes if node.role == "middle"]
    for _ in range(round(edge_count(len(nodes)) * BACK_EDGE_SHARE)):
        first = rng.choice(middles)
        below = first
        for _ in range(rng.choice((1, 2))):
            lower = [n for n in below.calls if n.role == "middle" and n.height < below.height]
            below = rng.choice(lower) if lower else below
        if below is not first and first not in below.calls:
            below.calls.append(first)


def _replicate(nodes: Sequence[Node], pods: int, rng: Random) -> None:
    """Share the pods among the services, at least one each."""
    weights = [rng.lognormvariate(math.log(REPLICA_MEDIAN), REPLICA_SIGMA) for _ in nodes]
    spare = max(0, pods - len(nodes))
    scale = spare / sum(weights)
    given = 0
    passed = 0.0
    for node, weight in zip(nodes, weights, strict=True):
        # Rounding the running sum keeps the total exact.
        passed += weight * scale
        node.replicas = 1 + round(passed) - given
        given = round(passed)

"""Where the time of a request goes: each edge's own share, slow paths, and their critical hop.

The client-side time of an edge contains everything that its server waits for. Its *own share* is
what is left after taking away the server's waiting: the sum, over the calls that the server makes
for one request, of their client-side medians. Along a path the own shares add up to its median. A
p99 does not add up, so a path's is a band: at least the largest single share, at most their sum.
"""

from collections.abc import Mapping
from itertools import pairwise

import networkx as nx

from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import acyclic, entries
from mesh_probe.model import Edge, Noun

MAX_PATHS = 3


class Share(Noun):
    """An edge's own time: on the wire and in its server, without waiting for further calls."""

    p50_seconds: float
    p99_seconds: float | None


class SlowPath(Noun):
    """A way through the graph from an entry, and where its time goes."""

    nodes: tuple[str, ...]
    p50_seconds: float
    p99_low_seconds: float | None
    p99_high_seconds: float | None
    critical_client: str
    critical_server: str
    critical_share: float
    """Part of the path's median that the critical hop takes, 0 to 1."""
    missing: int = 0
    """Hops of the path that nobody measures; their time is in no figure."""


def own_shares(graph: CallGraph) -> dict[tuple[str, str], Share]:
    """The own share of every edge whose latency was measured.

    The calls a server makes for one request are the ratio of its outgoing to its incoming rate;
    where rates are missing, one call of each is assumed. Calls that it makes at the same time are
    counted as if one after another, so a share may be too small, never too large.
    """
    shares: dict[tuple[str, str], Share] = {}
    for pair in graph.calls.edges:
        edge = graph.edges[pair]
        median = _p50(edge)
        if median is None:
            continue
        waiting = _waiting(graph, edge.server)
        p99 = edge.latency.p99_seconds if edge.latency else None
        own = max(median - waiting, 0.0)
        shares[pair] = Share(own, None if p99 is None else max(p99 - waiting, own))
    return shares


def slowest_paths(graph: CallGraph, count: int = MAX_PATHS) -> tuple[SlowPath, ...]:
    """The slowest way down from each entry by median, slowest first; one for each critical hop.

    It starts with the call from outside where one was measured. One pass over the graph without its
    cycle-closing edges; unmeasured hops add no time.
    """
    shares = own_shares(graph)
    dag = acyclic(graph.calls, entries(graph))
    time: dict[str, float] = {}
    slowest_callee: dict[str, str] = {}
    for node in reversed(list(nx.topological_sort(dag))):
        time[node] = 0.0
        for callee in sorted(dag.successors(node)):
            through = _median(shares, (node, callee)) + time[callee]
            if node not in slowest_callee or through > time[node]:
                time[node], slowest_callee[node] = through, callee
    paths = []
    for entry in entries(graph):
        chain = [*_from_outside(graph, entry, shares), entry]
        while chain[-1] in slowest_callee:
            chain.append(slowest_callee[chain[-1]])
        if path := _describe(tuple(chain), shares):
            paths.append(path)
    paths.sort(key=lambda path: (-path.p50_seconds, path.nodes))
    by_hop: dict[tuple[str, str], SlowPath] = {}
    for path in paths:
        by_hop.setdefault((path.critical_client, path.critical_server), path)
    return tuple(by_hop.values())[:count]


def _from_outside(
    graph: CallGraph, entry: str, shares: Mapping[tuple[str, str], Share]
) -> tuple[str, ...]:
    """The client outside whose calls to the entry were measured to be slowest, or nothing."""
    callers = [
        caller
        for caller in graph.calls.predecessors(entry)
        if graph.nodes[caller].role == "external" and (caller, entry) in shares
    ]
    return tuple(sorted(callers, key=lambda c: (-_median(shares, (c, entry)), c))[:1])


def _describe(chain: tuple[str, ...], shares: Mapping[tuple[str, str], Share]) -> SlowPath | None:
    hops = list(pairwise(chain))
    measured = [hop for hop in hops if hop in shares]
    total = sum(shares[hop].p50_seconds for hop in measured)
    if total <= 0:
        return None
    critical = max(measured, key=lambda hop: shares[hop].p50_seconds)
    tails = [p99 for hop in measured if (p99 := shares[hop].p99_seconds) is not None]
    complete = len(tails) == len(hops)
    return SlowPath(
        nodes=chain,
        p50_seconds=total,
        p99_low_seconds=max(*tails, total) if tails else None,
        p99_high_seconds=max(sum(tails), total) if complete else None,
        critical_client=critical[0],
        critical_server=critical[1],
        critical_share=shares[critical].p50_seconds / total,
        missing=len(hops) - len(measured),
    )


def _median(shares: Mapping[tuple[str, str], Share], pair: tuple[str, str]) -> float:
    return shares[pair].p50_seconds if pair in shares else 0.0


def _p50(edge: Edge) -> float | None:
    return edge.latency.p50_seconds if edge.latency else None


def _waiting(graph: CallGraph, server: str) -> float:
    """Median time that a server waits for its own calls, per request that it serves."""
    served = sum(
        graph.edges[client, server].rate_rps or 0.0 for client in graph.calls.predecessors(server)
    )
    waiting = 0.0
    for callee in graph.calls.successors(server):
        edge = graph.edges[server, callee]
        median = _p50(edge)
        if median is None:
            continue
        calls = edge.rate_rps / served if served and edge.rate_rps is not None else 1.0
        waiting += calls * median
    return waiting

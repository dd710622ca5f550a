"""Where the time of a request goes: each edge's own share, slow paths, and their critical hop.

The client-side time of an edge contains everything that its server waits for. Its *own share* is
what is left after taking away the server's waiting: the sum, over the calls that the server makes
for one request, of their client-side medians. Along a path the own shares, each as often as its
call is made for one request, add up to its median. A p99 does not add up, so a path's is a band:
at least the largest single share, at most the sum of all.
"""

from itertools import pairwise

import networkx as nx

from mesh_probe.graph import CallGraph, counts, is_way_in
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


class _Times:
    """The times of one graph's calls, looked up once."""

    def __init__(self, graph: CallGraph) -> None:
        self._graph = graph
        self._served: dict[str, float | None] = {}
        for edge in graph.edges.values():
            if edge.observed and counts(edge):
                before, rate = self._served.get(edge.server, 0.0), edge.rate_rps
                if before is None or rate is None:
                    self._served[edge.server] = None
                else:
                    self._served[edge.server] = before + rate
        self.shares = {
            pair: share
            for pair, edge in graph.edges.items()
            if counts(edge) and (share := self._share(edge)) is not None
        }

    def calls_per_request(self, client: str, server: str) -> float:
        """How often a service calls another for one request that it serves.

        The ratio of the rates; 1 where one of them is not known, and for whom nobody calls.
        """
        served, rate = self._served.get(client), self._graph.edges[client, server].rate_rps
        return rate / served if served and rate is not None else 1.0

    def _share(self, edge: Edge) -> Share | None:
        median = _median(edge)
        if median is None or edge.latency is None:
            return None
        waiting = 0.0
        if edge.server in self._graph.calls:
            for callee in self._graph.calls.successors(edge.server):
                waits = _median(self._graph.edges[edge.server, callee])
                waiting += self.calls_per_request(edge.server, callee) * (waits or 0.0)
        own, p99 = max(median - waiting, 0.0), edge.latency.p99_seconds
        return Share(own, None if p99 is None else max(p99 - waiting, own))

    def repeats(self, client: str, server: str) -> float:
        """How often a call is made on a path that takes it: at least once."""
        return max(self.calls_per_request(client, server), 1.0)

    def own(self, client: str, server: str) -> float:
        """The own median of an edge; 0 where it was not measured."""
        share = self.shares.get((client, server))
        return share.p50_seconds if share else 0.0


def own_shares(graph: CallGraph) -> dict[tuple[str, str], Share]:
    """The own share of every edge whose latency was measured.

    The calls a server makes for one request are the ratio of its outgoing to its incoming rate;
    where a rate is missing, one call of each is assumed. Calls that it makes at the same time are
    counted as if one after another, so a share may be too small, never too large.
    """
    return _Times(graph).shares


def slowest_paths(graph: CallGraph, count: int = MAX_PATHS) -> tuple[SlowPath, ...]:
    """The slowest way down from each entry by median, slowest first; one for each critical hop.

    It starts with the call from outside where one was measured. One pass over the graph without its
    cycle-closing edges; unmeasured hops add no time.
    """
    times = _Times(graph)
    dag = acyclic(graph.calls, entries(graph))
    below: dict[str, float] = {}
    slowest_callee: dict[str, str] = {}
    for node in reversed(list(nx.topological_sort(dag))):
        below[node] = 0.0
        for callee in sorted(dag.successors(node)):
            through = times.repeats(node, callee) * (times.own(node, callee) + below[callee])
            if node not in slowest_callee or through > below[node]:
                below[node], slowest_callee[node] = through, callee
    paths = []
    for entry in entries(graph):
        chain = [*_from_outside(graph, entry, times), entry]
        while chain[-1] in slowest_callee:
            chain.append(slowest_callee[chain[-1]])
        if path := _describe(tuple(chain), entry, times):
            paths.append(path)
    paths.sort(key=lambda path: (-path.p50_seconds, path.nodes))
    by_hop: dict[tuple[str, str], SlowPath] = {}
    for path in paths:
        by_hop.setdefault((path.critical_client, path.critical_server), path)
    return tuple(by_hop.values())[:count]


def _from_outside(graph: CallGraph, entry: str, times: _Times) -> tuple[str, ...]:
    """The client outside, or the gateway, whose calls were measured to be slowest; or nothing."""
    callers = [
        client
        for client, server in times.shares
        if server == entry and is_way_in(graph.nodes[client])
    ]
    return tuple(sorted(callers, key=lambda caller: (-times.own(caller, entry), caller))[:1])


def _describe(chain: tuple[str, ...], entry: str, times: _Times) -> SlowPath | None:
    hops = list(pairwise(chain))
    measured = [hop for hop in hops if hop in times.shares]
    often, repeats = 1.0, {}
    for client, server in hops:
        # What is outside calls an entry once for each request; only then it multiplies.
        often *= 1.0 if server == entry else times.repeats(client, server)
        repeats[client, server] = often
    own = {hop: repeats[hop] * times.shares[hop].p50_seconds for hop in measured}
    total = sum(own.values())
    if total <= 0:
        return None
    critical = max(measured, key=lambda hop: own[hop])
    tails = {hop: p99 for hop in measured if (p99 := times.shares[hop].p99_seconds) is not None}
    complete = len(tails) == len(hops)
    high = sum(repeats[hop] * p99 for hop, p99 in tails.items())
    return SlowPath(
        nodes=chain,
        p50_seconds=total,
        p99_low_seconds=max(*tails.values(), total) if tails else None,
        p99_high_seconds=max(high, total) if complete else None,
        critical_client=critical[0],
        critical_server=critical[1],
        critical_share=own[critical] / total,
        missing=len(hops) - len(measured),
    )


def _median(edge: Edge) -> float | None:
    return edge.latency.p50_seconds if edge.latency else None

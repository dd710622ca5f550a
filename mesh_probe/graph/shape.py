"""Named questions about the shape of a call graph.

All are linear or nearly so: nothing walks every path. Where the graph has cycles, chains and paths
are measured after leaving out the edges that close them (`acyclic`), and the cycles are reported
apart.

Limits and their sources are with the rules that use them.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx

from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.model import Node, Noun

if TYPE_CHECKING:
    from mesh_probe.graph import Digraph


VARIANT = re.compile(r"-(canary|stable|primary|preview|baseline|blue|green|v\d+)$")

MOST_ROUNDS = 12
"""Steps along calls in which two nodes are told apart by what is there."""


class Hub(Noun):
    """A service that many call and that calls many."""

    id: str
    fan_in: int
    fan_out: int


def application_services(graph: CallGraph) -> tuple[Node, ...]:
    """Application workloads behind at least one Service.

    Variants of one service count once: workloads behind the very same Services, and those whose
    names differ only in an ending such as "-canary" or "-v2". A Service in front of many that also
    have their own, such as one for all metrics ports, joins nothing. The variant with the most
    calls stands for all, of equals the one whose id sorts first.
    """
    alike: nx.Graph[str] = nx.Graph()
    for node in graph.nodes.values():
        if node.role in APPLICATION_ROLES and node.services:
            names = (" ".join(node.services), f"{node.namespace}/{VARIANT.sub('', node.name)}")
            alike.add_edges_from((f"node:{node.id}", f"name:{name}") for name in names)
    groups = (
        [item.removeprefix("node:") for item in group if item.startswith("node:")]
        for group in nx.connected_components(alike)
    )
    chosen = (min(group, key=lambda node: _busiest_first(graph, node)) for group in groups)
    return tuple(graph.nodes[node] for node in sorted(chosen))


def _busiest_first(graph: CallGraph, node: str) -> tuple[int, int, str]:
    return -graph.applications.degree[node], -graph.calls.degree[node], node


def entries(graph: CallGraph) -> tuple[str, ...]:
    """Application services that are reached from outside, or that nobody calls but that call."""
    return tuple(node.id for node in graph.nodes.values() if node.role == "entry")


def acyclic(digraph: "Digraph", starts: Iterable[str]) -> "Digraph":
    """The graph without the edges that lead back to a node of the way they were reached on.

    Depth first from `starts`, then from whatever is left, in an order that the calls give and not
    the names: a graph whose nodes are called otherwise loses the same edges.
    """
    kept: Digraph = nx.DiGraph()
    kept.add_nodes_from(digraph)
    if nx.is_directed_acyclic_graph(digraph):
        kept.add_edges_from(digraph.edges)
        return kept
    starts = [start for start in starts if start in digraph]
    rank = _by_wiring(digraph, starts)
    done: set[str] = set()
    for start in [*sorted(starts, key=rank.__getitem__), *sorted(digraph, key=rank.__getitem__)]:
        if start in done:
            continue
        on_the_way = {start}
        stack = [(start, iter(sorted(digraph.successors(start), key=rank.__getitem__)))]
        while stack:
            node, following = stack[-1]
            step = next(following, None)
            if step is None:
                stack.pop()
                on_the_way.discard(node)
                done.add(node)
            elif step not in on_the_way:
                kept.add_edge(node, step)
                if step not in done:
                    on_the_way.add(step)
                    further = sorted(digraph.successors(step), key=rank.__getitem__)
                    stack.append((step, iter(further)))
    return kept


def _by_wiring(digraph: "Digraph", starts: Iterable[str]) -> dict[str, int]:
    """Each node's place in an order of how they are wired; ids decide only between twins.

    Colour refinement: what differs in its callers or callees gets another rank, again and again. Of
    twins in rings one is taken out, which tells apart what is wired to it.
    """
    first = set(starts)
    rank = _refined(digraph, {node: int(node not in first) for node in digraph})
    rings = [ring for ring in nx.strongly_connected_components(digraph) if len(ring) > 1]
    for _ in range(MOST_ROUNDS):
        members = Counter(rank.values())
        twins = [(rank[node], node) for ring in rings for node in ring if members[rank[node]] > 1]
        if not twins:
            break
        rank = _refined(digraph, {**rank, min(twins)[1]: -1})
    ordered = sorted(digraph, key=lambda node: (rank[node], node))
    return {node: place for place, node in enumerate(ordered)}


def _refined(digraph: "Digraph", rank: Mapping[str, int]) -> Mapping[str, int]:
    for _ in range(MOST_ROUNDS):
        wiring = {
            node: (
                rank[node],
                tuple(sorted(rank[caller] for caller in digraph.pred[node])),
                tuple(sorted(rank[callee] for callee in digraph.succ[node])),
            )
            for node in digraph
        }
        places = {wired: place for place, wired in enumerate(sorted(set(wiring.values())))}
        if len(places) == len(set(rank.values())):
            break
        rank = {node: places[wired] for node, wired in wiring.items()}
    return rank


def longest_chain(graph: CallGraph, starts: Iterable[str] | None = None) -> tuple[str, ...]:
    """The longest chain of application services that call one another, as ids.

    It begins at one of `starts`, or anywhere. Its length in hops is one less. Empty when nothing
    there calls anything.
    """
    return next(iter(longest_chains(graph, 1, starts)), ())


def longest_chains(
    graph: CallGraph, at_most: int, starts: Iterable[str] | None = None
) -> tuple[tuple[str, ...], ...]:
    """The longest chain from each of `starts`, or from anywhere; of these the longest few.

    One that is the end of another is left out.
    """
    dag = acyclic(graph.applications, entries(graph))
    hops: dict[str, int] = {}
    following: dict[str, str] = {}
    for node in reversed(list(nx.topological_sort(dag))):
        hops[node] = 0
        for callee in sorted(dag.successors(node)):
            if hops[callee] >= hops[node]:
                hops[node], following[node] = hops[callee] + 1, callee
    chains: list[tuple[str, ...]] = []
    walked: set[str] = set()
    for start in sorted(dag if starts is None else starts, key=lambda node: (-hops[node], node)):
        if len(chains) == at_most or not hops[start]:
            break
        if start in walked:
            continue
        chain = [start]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        walked.update(chain)
        chains.append(tuple(chain))
    return tuple(chains)


def costliest_chain(
    graph: CallGraph, factors: Mapping[tuple[str, str], float]
) -> tuple[float, tuple[str, ...]]:
    """The chain of calls with the largest product of its calls' factors, and that product.

    A call without a factor has 1. It ends where nothing is multiplied any more; of several chains
    of one product the one whose ids sort first is given.
    """
    dag = acyclic(graph.applications, entries(graph))
    product: dict[str, float] = {}
    following: dict[str, str] = {}
    for node in reversed(list(nx.topological_sort(dag))):
        product[node] = 1.0
        for callee in sorted(dag.successors(node)):
            through = factors.get((node, callee), 1.0) * product[callee]
            if through > product[node]:
                product[node], following[node] = through, callee
    chain = [min(product, key=lambda node: (-product[node], node))] if product else []
    while chain and chain[-1] in following:
        chain.append(following[chain[-1]])
    return (product[chain[0]], tuple(chain)) if len(chain) > 1 else (1.0, ())


def paths_by_entry(graph: CallGraph) -> dict[str, int]:
    """For each entry the number of different ways down to a service that calls no other."""
    dag = acyclic(graph.applications, entries(graph))
    ways: dict[str, int] = {}
    for node in reversed(list(nx.topological_sort(dag))):
        ways[node] = sum(ways[callee] for callee in dag.successors(node)) or 1
    return {entry: ways[entry] for entry in entries(graph) if dag.out_degree(entry)}


def entry_to_leaf_paths(graph: CallGraph) -> int:
    """The number of different ways from all entries down; exact, however large."""
    return sum(paths_by_entry(graph).values())


def cycles(graph: CallGraph) -> tuple[tuple[str, ...], ...]:
    """Groups of services that all call one another, directly or through others; largest first.

    These are the strongly connected components, each walked along its calls from the id that sorts
    first; a service that calls itself is not one.
    """
    rings = [
        tuple(nx.dfs_preorder_nodes(graph.applications.subgraph(group), min(group)))
        for group in nx.strongly_connected_components(graph.applications)
        if len(group) > 1
    ]
    return tuple(sorted(rings, key=lambda ring: (-len(ring), ring)))


def fan_in(graph: CallGraph) -> dict[str, int]:
    """How many application services call each (AIS in the literature)."""
    return {node: len(graph.applications.pred[node]) for node in graph.applications}


def fan_out(graph: CallGraph) -> dict[str, int]:
    """How many application services each one calls (ADS in the literature)."""
    return {node: len(graph.applications.succ[node]) for node in graph.applications}


def hubs(graph: CallGraph, more_than: int) -> tuple[Hub, ...]:
    """Services with both more callers and more callees than a limit, the busiest first."""
    callers, callees = fan_in(graph), fan_out(graph)
    found = [
        Hub(node, callers[node], callees[node])
        for node in graph.applications
        if min(callers[node], callees[node]) > more_than
    ]
    return tuple(sorted(found, key=lambda hub: (-(hub.fan_in + hub.fan_out), hub.id)))


def reach_by_entry(graph: CallGraph) -> dict[str, int]:
    """For each entry, how many application services a request may touch, itself included.

    One pass over the condensation with bit sets: the set of a node is the union of its callees'.
    """
    condensed = nx.condensation(graph.applications)
    bit = {node: 1 << position for position, node in enumerate(graph.applications)}
    reached: dict[int, int] = {}
    for group in reversed(list(nx.topological_sort(condensed))):
        touched = 0
        for member in condensed.nodes[group]["members"]:
            touched |= bit[member]
        for callee in condensed.successors(group):
            touched |= reached[callee]
        reached[group] = touched
    group_of = condensed.graph["mapping"]
    return {entry: reached[group_of[entry]].bit_count() for entry in entries(graph)}


def largest_view(graph: CallGraph) -> tuple[int, int]:
    """Services and edges of the largest part of the application graph that hangs together."""
    views = (
        graph.applications.subgraph(view)
        for view in nx.weakly_connected_components(graph.applications)
    )
    sizes = ((view.number_of_nodes(), view.number_of_edges()) for view in views)
    return max(sizes, default=(0, 0))


def cross_namespace_ratio(graph: CallGraph) -> float | None:
    """The part of calls between application services that cross namespaces; None without calls."""
    pairs = list(graph.applications.edges)
    if not pairs:
        return None
    home = {node: graph.nodes[node].namespace for node in graph.applications}
    return sum(home[client] != home[server] for client, server in pairs) / len(pairs)


def near(graph: CallGraph, node: str, depth: int) -> CallGraph:
    """The part of the graph within so many calls of a node, up and down."""
    whole: Digraph = nx.DiGraph(list(graph.edges))
    whole.add_node(node)
    around = set(nx.ego_graph(whole, node, radius=depth, undirected=True))
    return _part(graph, around, graph.edges)


def path_between(graph: CallGraph, client: str, server: str) -> CallGraph | None:
    """A shortest chain of calls from one node to another; None when there is none."""
    if not (client in graph.calls and server in graph.calls):
        return None
    try:
        chain: list[str] = nx.shortest_path(graph.calls, client, server)
    except nx.NetworkXNoPath:
        return None
    return _part(graph, set(chain), pairwise(chain))


def _part(graph: CallGraph, nodes: set[str], pairs: Iterable[tuple[str, str]]) -> CallGraph:
    return CallGraph(
        (graph.nodes[node] for node in nodes),
        (graph.edges[pair] for pair in pairs if nodes.issuperset(pair)),
    )

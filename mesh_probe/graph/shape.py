"""Named questions about the shape of a call graph.

All are linear or nearly so: nothing walks every path. Where the graph has cycles, chains and paths
are measured after leaving out the edges that close them (`acyclic`), and the cycles are reported
apart.

Limits and their sources are with the rules that use them.
"""

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING

import networkx as nx

from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.model import Node, Noun

if TYPE_CHECKING:
    from mesh_probe.graph import Digraph


_VARIANT = re.compile(r"-(canary|stable|primary|preview|baseline|blue|green|v\d+)$")


class Hub(Noun):
    """A service that many call and that calls many."""

    id: str
    fan_in: int
    fan_out: int


def application_services(graph: CallGraph) -> tuple[Node, ...]:
    """Application workloads behind at least one Service.

    Variants of one service count once, under the id that sorts first: workloads that share a
    Service, and those whose names differ only in an ending such as "-canary" or "-v2".
    """
    taken: set[str] = set()
    counted: list[Node] = []
    for node in graph.nodes.values():
        if node.role not in APPLICATION_ROLES or not node.services:
            continue
        names = {*node.services, f"{node.namespace}/{_VARIANT.sub('', node.name)}"}
        if taken.isdisjoint(names):
            counted.append(node)
        taken |= names
    return tuple(counted)


def entries(graph: CallGraph) -> tuple[str, ...]:
    """Application services that are reached from outside, or that nobody calls but that call."""
    return tuple(node.id for node in graph.nodes.values() if node.role == "entry")


def acyclic(digraph: "Digraph", starts: Iterable[str]) -> "Digraph":
    """The graph without the edges that lead back to a node of the way they were reached on.

    Depth first from `starts`, then from whatever is left, in the order of ids: the same graph
    always loses the same edges.
    """
    done: set[str] = set()
    kept: Digraph = nx.DiGraph()
    kept.add_nodes_from(digraph)
    for start in [*starts, *digraph]:
        if start in done or start not in digraph:
            continue
        on_the_way = {start}
        stack = [(start, iter(sorted(digraph.successors(start))))]
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
                    stack.append((step, iter(sorted(digraph.successors(step)))))
    return kept


def longest_chain(graph: CallGraph) -> tuple[str, ...]:
    """The longest chain of application services that call one another, as ids.

    Its length in hops is one less. Empty when nothing calls anything.
    """
    dag = acyclic(graph.applications, entries(graph))
    chain: list[str] = nx.dag_longest_path(dag) if dag.number_of_edges() else []
    return tuple(chain)


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

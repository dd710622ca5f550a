from itertools import combinations, pairwise

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import (
    Hub,
    acyclic,
    application_services,
    costliest_chain,
    cross_namespace_ratio,
    cycles,
    entries,
    entry_to_leaf_paths,
    hubs,
    longest_chain,
    longest_chains,
    near,
    path_between,
    paths_by_entry,
    reach_by_entry,
)
from mesh_probe.model import Edge, Node
from tests.graph.shop import graph_of

DIAMOND = graph_of("web cart", "web user", "cart db", "user db", "db disk")


NAMED = st.sampled_from([f"n{i}" for i in range(7)])


def random_graphs() -> st.SearchStrategy[CallGraph]:
    names = [f"n{i}" for i in range(7)]
    pair = st.tuples(st.sampled_from(names), st.sampled_from(names))
    pairs = st.sets(pair.filter(lambda p: p[0] != p[1]), min_size=1, max_size=16)
    return pairs.map(lambda chosen: graph_of(*(f"{a} {b}" for a, b in sorted(chosen))))


def test_the_longest_chain_is_named_hop_by_hop() -> None:
    assert longest_chain(DIAMOND) == ("web", "cart", "db", "disk")


def test_paths_are_counted_without_walking_them() -> None:
    layers = [
        f"{a} {b}"
        for i in range(60)
        for a in (f"a{i}", f"b{i}")
        for b in (f"a{i + 1}", f"b{i + 1}")
    ]
    graph = graph_of("web a0", "web b0", *layers)

    assert entry_to_leaf_paths(DIAMOND) == 2
    assert entry_to_leaf_paths(graph) == 2**61


def test_a_cycle_is_reported_and_does_not_hide_the_chain() -> None:
    graph = graph_of("web cart", "cart price", "price cart", "price stock")

    assert cycles(graph) == (("cart", "price"),)
    assert longest_chain(graph) == ("web", "cart", "price", "stock")
    assert paths_by_entry(graph) == {"web": 1}


def test_a_graph_without_calls_has_no_chain() -> None:
    graph = CallGraph([Node("a", "a", "Deployment", "isolated")], [])

    assert longest_chain(graph) == ()
    assert cycles(graph) == ()
    assert cross_namespace_ratio(graph) is None


def test_a_hub_has_many_callers_and_many_callees() -> None:
    graph = graph_of("a hub", "b hub", "c hub", "hub x", "hub y", "hub z", "a x", "b x")

    assert hubs(graph, more_than=2) == (Hub("hub", 3, 3),)
    assert hubs(graph, more_than=3) == ()


def test_variants_of_one_service_count_once() -> None:
    nodes = [
        Node("shop/web-blue", "web-blue", "Deployment", "entry", "shop", services=("shop/web",)),
        Node("shop/web-green", "web-green", "Deployment", "entry", "shop", services=("shop/web",)),
        Node("shop/db", "db", "StatefulSet", "datastore", "shop", services=("shop/db",)),
        Node("shop/job", "job", "CronJob", "entry", "shop"),
        Node("shop/pay", "pay", "Deployment", "leaf", "shop", services=("shop/pay",)),
        Node("shop/pay-v2", "pay-v2", "Deployment", "leaf", "shop", services=("shop/pay-v2",)),
    ]
    counted = application_services(CallGraph(nodes, []))

    assert [node.id for node in counted] == ["shop/pay", "shop/web-blue"]


def test_a_service_in_front_of_everything_joins_nothing() -> None:
    nodes = [
        Node(f"shop/{n}", n, "Deployment", "leaf", "shop", services=(f"shop/{n}", "shop/metrics"))
        for n in ("cart", "pay", "user")
    ]

    assert len(application_services(CallGraph(nodes, []))) == 3


def test_calls_that_leave_the_namespace_are_a_share_of_all() -> None:
    nodes = [Node(n, n, "Deployment", "middle", n[0]) for n in ("a1", "a2", "b1")]
    graph = CallGraph(nodes, [Edge("a1", "a2", 0.9), Edge("a1", "b1", 0.9)])

    assert cross_namespace_ratio(graph) == 0.5


def test_an_edge_that_is_unlikely_counts_nowhere() -> None:
    nodes = [Node(n, n, "Deployment", "entry", "shop") for n in ("a", "b")]
    graph = CallGraph(nodes, [Edge("a", "b", 0.4)])

    assert list(graph.edges) == [("a", "b")]
    assert longest_chain(graph) == ()


def test_near_a_node_are_its_callers_and_callees() -> None:
    part = near(DIAMOND, "cart", 1)

    assert list(part.nodes) == ["cart", "db", "web"]
    assert list(part.edges) == [("cart", "db"), ("web", "cart")]


def test_a_path_between_two_nodes_is_a_shortest_one() -> None:
    part = path_between(DIAMOND, "web", "disk")

    assert part is not None
    assert len(part.edges) == 3
    assert path_between(DIAMOND, "disk", "web") is None


def reached(digraph: "nx.DiGraph[str]", graph: CallGraph) -> set[str]:
    return {node for entry in entries(graph) for node in nx.descendants(digraph, entry)}


@given(random_graphs())
def test_without_closing_edges_there_is_no_cycle_and_entries_still_reach_everything(
    graph: CallGraph,
) -> None:
    dag = acyclic(graph.applications, entries(graph))

    assert nx.is_directed_acyclic_graph(dag)
    assert reached(dag, graph) == reached(graph.applications, graph)


@given(random_graphs())
def test_reach_counts_what_a_walk_would_find(graph: CallGraph) -> None:
    walked = {e: len(nx.descendants(graph.applications, e)) + 1 for e in entries(graph)}

    assert reach_by_entry(graph) == walked


@given(random_graphs())
def test_two_services_are_in_one_cycle_when_each_reaches_the_other(graph: CallGraph) -> None:
    together = {frozenset(pair) for ring in cycles(graph) for pair in combinations(ring, 2)}
    reach = {node: nx.descendants(graph.applications, node) for node in graph.applications}

    assert together == {
        frozenset((a, b))
        for a, b in combinations(graph.applications, 2)
        if b in reach[a] and a in reach[b]
    }


@given(random_graphs(), st.permutations([f"n{i}" for i in range(7)]))
def test_what_services_are_called_changes_no_figure(graph: CallGraph, names: list[str]) -> None:
    other = dict(zip([f"n{i}" for i in range(7)], names, strict=True))
    renamed = graph_of(*(f"{other[a]} {other[b]}" for a, b in graph.edges))

    assert entry_to_leaf_paths(renamed) == entry_to_leaf_paths(graph)
    assert len(longest_chain(renamed)) == len(longest_chain(graph))
    assert [len(ring) for ring in cycles(renamed)] == [len(ring) for ring in cycles(graph)]


def test_the_longest_chain_can_be_asked_from_some_services_only() -> None:
    graph = graph_of("job web", "web cart", "cart db", "shop cart")

    assert longest_chain(graph) == ("job", "web", "cart", "db")
    assert longest_chain(graph, ["shop", "web"]) == ("shop", "cart", "db")
    assert longest_chain(graph, ["db"]) == ()


def test_the_longest_chains_begin_apart_and_none_is_the_end_of_another() -> None:
    graph = graph_of("job web", "web cart", "cart db", "shop cart", "mail queue")

    assert longest_chains(graph, 5) == (
        ("job", "web", "cart", "db"),
        ("shop", "cart", "db"),
        ("mail", "queue"),
    )
    assert longest_chains(graph, 1) == (longest_chain(graph),)
    assert longest_chains(graph_of(), 3) == ()


def test_the_costliest_chain_has_the_largest_product_of_its_calls() -> None:
    graph = graph_of("web cart", "web user", "cart db", "user db")

    factors = {("web", "cart"): 3, ("web", "user"): 2, ("user", "db"): 2}

    assert costliest_chain(graph, factors) == (4, ("web", "user", "db"))
    assert costliest_chain(graph, {("web", "cart"): 3}) == (3, ("web", "cart"))
    assert costliest_chain(graph, {}) == (1, ())
    assert costliest_chain(graph_of(), factors) == (1, ())


@given(
    random_graphs(),
    st.dictionaries(st.tuples(NAMED, NAMED), st.integers(1, 4)),
)
def test_the_product_of_the_costliest_chain_is_that_of_its_nodes(
    graph: CallGraph, factors: dict[tuple[str, str], int]
) -> None:
    product, chain = costliest_chain(graph, factors)

    told = 1
    for pair in pairwise(chain):
        told *= factors.get(pair, 1)
    assert product == told
    assert all(pair in graph.edges for pair in pairwise(chain))


def test_the_variant_with_the_most_calls_stands_for_all() -> None:
    nodes = [
        Node(f"shop/{name}", name, "Deployment", "middle", "shop", services=("shop/web",))
        for name in ("web-blue", "web-green", "db")
    ]
    graph = CallGraph(nodes[:2], [Edge("shop/web-green", "shop/web-green", 0.9)])

    assert [node.id for node in application_services(graph)] == ["shop/web-green"]

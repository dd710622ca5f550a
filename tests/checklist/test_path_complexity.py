import itertools

import pytest
from msgspec.structs import replace

from mesh_probe.checklist.path_complexity import QUESTION
from mesh_probe.graph import CallGraph
from mesh_probe.graph.build import build
from mesh_probe.model import Backend, Container, Edge, Node, Route, Workload
from tests.builders import app, apps, asked, calls, cluster, facts, graph_of

FLAT = [("web", f"leaf-{number:02}") for number in range(6)]
WIDE = [("web", f"leaf-{number:02}") for number in range(10)]
LAYERS = [
    (f"l{layer}-{a}", f"l{layer + 1}-{b}") for layer in range(5) for a in range(4) for b in range(4)
]


def judged(pairs: list[tuple[str, str]], *hidden: str) -> str:
    return asked(QUESTION, cluster(hidden=hidden), graph_of(pairs)).status


def test_a_star_of_seven_is_easy() -> None:
    assert judged(FLAT) == "no"


def test_size_without_shape_is_no_puzzle() -> None:
    assert judged(WIDE) == "no"


def test_layers_that_all_call_the_next_are_hard() -> None:
    answer = asked(QUESTION, cluster(), graph_of(LAYERS))

    assert answer.status == "yes"
    assert answer.because.parameters["hops"] == 5
    assert ("entry-paths", "yes") in facts(answer)


CHAIN = [("web", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")]


def test_two_signs_right_above_their_limits_leave_it_open() -> None:
    answer = asked(QUESTION, cluster(), graph_of([*CHAIN, ("web", "f"), ("web", "g")]))

    assert answer.status == "unknown"
    assert facts(answer) == [("longest-chain", "yes"), ("entry-reach", "yes")]


def test_two_signs_that_are_nearly_hard_are_a_weak_yes() -> None:
    wide = [("web", f"leaf-{n}") for n in range(6)]
    answer = asked(QUESTION, cluster(), graph_of([*CHAIN, ("e", "f"), *wide]))

    assert answer.status == "yes"
    assert answer.confidence is not None
    assert answer.confidence < 0.75
    assert facts(answer) == [("longest-chain", "yes"), ("entry-reach", "yes")]


@pytest.mark.parametrize("leaves", [8, 13, 30, 150])
def test_a_gateway_and_its_leaves_are_one_fact_however_many(leaves: int) -> None:
    star = [("gateway", f"leaf-{number:03}") for number in range(leaves)]

    answer = asked(QUESTION, cluster(), graph_of(star))

    assert answer.status == "no"
    assert "entry-paths" not in dict(facts(answer))
    assert dict(facts(answer)).get("fan") is None


def test_leaves_that_share_services_do_not_make_short_ways_hard() -> None:
    star = [("gateway", f"leaf-{number:02}") for number in range(11)]
    shared = [(f"leaf-{number:02}", f"shared-{n}") for number in range(11) for n in range(2)]

    answer = asked(QUESTION, cluster(), graph_of([*star, *shared]))

    assert answer.status == "unknown"
    assert facts(answer) == [
        ("longest-chain", "no"),
        ("entry-reach", "yes"),
        ("entry-paths", "yes"),
        ("fan", None),
    ]


def test_many_short_ways_through_many_services_are_hard() -> None:
    star = [("gateway", f"leaf-{number:02}") for number in range(20)]
    shared = [(f"leaf-{number:02}", f"shared-{n}") for number in range(20) for n in range(5)]

    assert judged([*star, *shared]) == "yes"


def test_a_ring_takes_the_shortness_from_short_ways() -> None:
    star = [("gateway", f"leaf-{number:02}") for number in range(13)]
    ring = [("leaf-00", "leaf-01"), ("leaf-01", "leaf-00")]

    assert judged([*star, *ring]) == "unknown"


def test_a_cycle_in_a_small_graph_is_left_open() -> None:
    ring = [("web", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("web", "d")]

    assert judged(ring) == "unknown"


def test_no_known_calls_say_nothing() -> None:
    answer = asked(QUESTION, cluster(*apps(12)))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "path-complexity.no-calls"


@pytest.mark.parametrize("kind", ["Ingress", "HTTPRoute", "GRPCRoute", "VirtualService", "Route"])
def test_a_way_in_alone_says_nothing_of_the_calls_behind_it(kind: str) -> None:
    ways = [
        Route(
            kind,
            "shop",
            f"r{n}",
            gateways=("shop/gw",),
            backends=(Backend("shop", f"app-{n}", 80),),
        )
        for n in range(8)
    ]

    answer = asked(QUESTION, cluster(*apps(8), *ways))

    assert answer.because.id == "path-complexity.no-calls"


def test_services_that_ask_a_registry_where_others_are_show_no_calls() -> None:
    registry = app(
        "eureka", containers=(Container("main", "registry.example/team/eureka-server:1"),)
    )
    clients = [app(f"app-{n}", references=(calls("eureka"), calls("db"))) for n in range(8)]
    store = app("db", containers=(Container("main", "postgres:17"),))
    cards = cluster(*registry, *store, *itertools.chain.from_iterable(clients))
    seen = build(cards)

    assert asked(QUESTION, cards).because.id == "path-complexity.no-calls"

    observed = Edge("shop/app-0", "shop/app-1", 0.9, observed=True)
    known = CallGraph(seen.nodes.values(), (*seen.edges.values(), observed))

    told = {
        piece.fact.id: piece.fact.parameters for piece in asked(QUESTION, cards, known).evidence
    }
    assert told["evidence.blind-services"]["count"] == 6


def test_services_that_call_through_a_sidecar_show_no_calls() -> None:
    named = [app(f"app-{n}", annotations={"dapr.io/app-id": f"app-{n}"}) for n in range(8)]
    told = [
        replace(thing, references=(calls("db"),)) if isinstance(thing, Workload) else thing
        for thing in itertools.chain.from_iterable(named)
    ]
    store = app("db", containers=(Container("main", "postgres:17"),))

    answer = asked(QUESTION, cluster(*told, *store))

    assert answer.because.id == "path-complexity.no-calls"


def test_calls_of_the_internet_say_nothing_either() -> None:
    nodes = [
        Node(f"shop/s{n}", f"s{n}", "Deployment", "entry", "shop", services=(f"shop/s{n}",))
        for n in range(6)
    ]
    outside = Node("internet", "internet", "Internet", "external")
    edges = [Edge(outside.id, node.id, 1.0, observed=True) for node in nodes]

    answer = asked(QUESTION, cluster(), CallGraph([*nodes, outside], edges))

    assert answer.because.id == "path-complexity.no-calls"


def test_services_without_known_calls_weaken_a_no() -> None:
    sure = asked(QUESTION, cluster(), graph_of(FLAT))
    doubtful = asked(QUESTION, cluster(), graph_of(FLAT, ["x", "y", "z"]))
    lost = asked(QUESTION, cluster(), graph_of(FLAT, [f"x{n}" for n in range(30)]))

    assert (sure.status, doubtful.status, lost.status) == ("no", "no", "unknown")
    assert (sure.confidence or 0) > (doubtful.confidence or 0)
    assert ("blind-services", None) in facts(doubtful)


def test_calls_of_less_than_half_of_the_services_say_nothing() -> None:
    answer = asked(QUESTION, cluster(), graph_of(FLAT, [f"x{n}" for n in range(8)]))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "path-complexity.unknown"


def test_everything_calling_everything_is_a_list_of_addresses() -> None:
    names = [f"s{n}" for n in range(12)]
    pairs = [(client, server) for client in names for server in names if client != server]
    declared = graph_of(pairs)
    observed = CallGraph(
        declared.nodes.values(),
        (replace(edge, observed=True) for edge in declared.edges.values()),
    )

    assert asked(QUESTION, cluster(), declared).because.id == "path-complexity.address-list"
    assert asked(QUESTION, cluster(), observed).status == "yes"


@pytest.mark.parametrize("kind", ["Deployment", "ConfigMap", "Service"])
def test_a_hidden_kind_leaves_no_no(kind: str) -> None:
    assert judged(FLAT, kind) == "unknown"


def test_a_hidden_kind_leaves_a_yes() -> None:
    assert judged(LAYERS, "ConfigMap") == "yes"


def test_four_services_are_clear_however_they_call() -> None:
    answer = asked(QUESTION, cluster(*apps(4)))

    assert answer.status == "no"
    assert facts(answer) == [("few-services", "no"), ("blind-services", None)]


def test_an_empty_cluster_has_no_paths() -> None:
    assert asked(QUESTION, cluster()).status == "no"

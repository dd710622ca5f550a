import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.graph import CallGraph
from mesh_probe.graph.latency import own_shares, slowest_paths
from mesh_probe.model import Edge, Node, Role
from tests.graph.shop import measured


def graph(*edges: Edge, **roles: Role) -> CallGraph:
    called = {edge.server for edge in edges}
    names = sorted({name for edge in edges for name in (edge.client, edge.server)})
    return CallGraph(
        [
            Node(n, n, "Deployment", roles.get(n, "middle" if n in called else "entry"))
            for n in names
        ],
        edges,
    )


def test_an_edge_owns_what_its_server_does_not_spend_waiting() -> None:
    shares = own_shares(
        graph(measured("web", "cart", 0.100, 0.300), measured("cart", "db", 0.080, 0.200))
    )

    assert shares["web", "cart"].p50_seconds == pytest.approx(0.020)
    assert shares["web", "cart"].p99_seconds == pytest.approx(0.220)
    assert shares["cart", "db"].p50_seconds == pytest.approx(0.080)


def test_a_server_that_calls_twice_for_each_request_waits_twice() -> None:
    shares = own_shares(
        graph(measured("web", "cart", 0.100, rate=5), measured("cart", "db", 0.030, rate=10))
    )

    assert shares["web", "cart"].p50_seconds == pytest.approx(0.040)


def test_many_small_calls_for_one_request_are_the_critical_hop() -> None:
    (path,) = slowest_paths(
        graph(measured("web", "cart", 0.120, 0.200, rate=1), measured("cart", "db", 0.010, rate=10))
    )

    assert path.p50_seconds == pytest.approx(0.120)
    assert (path.critical_client, path.critical_server) == ("cart", "db")
    assert path.critical_share == pytest.approx(100 / 120)


def test_requests_through_a_gateway_count_as_served() -> None:
    gateway = Node(
        "gateway", "gateway", "Deployment", "infrastructure", product="ingress-controller"
    )
    batch = Node("batch", "batch", "CronJob", "middle")
    web = Node("web", "web", "Deployment", "entry")
    edges = [
        measured("gateway", "web", 0.300, rate=10),
        measured("batch", "web", 0.300, rate=1),
        measured("web", "db", 0.100, rate=11),
    ]
    whole = CallGraph([gateway, batch, web, Node("db", "db", "StatefulSet", "datastore")], edges)

    assert own_shares(whole)["batch", "web"].p50_seconds == pytest.approx(0.2)
    assert slowest_paths(whole)[0].nodes == ("gateway", "web", "db")


def test_waiting_for_calls_made_at_the_same_time_never_gives_less_than_nothing() -> None:
    shares = own_shares(
        graph(
            measured("web", "cart", 0.050),
            measured("cart", "db", 0.040),
            measured("cart", "price", 0.040),
        )
    )

    assert shares["web", "cart"].p50_seconds == 0


def test_the_slowest_path_names_its_critical_hop() -> None:
    paths = slowest_paths(
        graph(
            measured("web", "cart", 0.100, 0.300),
            measured("cart", "db", 0.080, 0.200),
            measured("web", "user", 0.010, 0.020),
        )
    )

    (path,) = paths
    assert path.nodes == ("web", "cart", "db")
    assert (path.critical_client, path.critical_server) == ("cart", "db")
    assert path.critical_share == pytest.approx(0.8)
    assert path.p50_seconds == pytest.approx(0.100)
    assert path.p99_low_seconds == pytest.approx(0.220)
    assert path.p99_high_seconds == pytest.approx(0.420)
    assert path.missing == 0


def test_a_path_begins_outside_where_that_was_measured() -> None:
    paths = slowest_paths(
        graph(
            measured("internet", "web", 0.200),
            measured("web", "cart", 0.100),
            internet="external",
            web="entry",
        )
    )

    assert [path.nodes for path in paths] == [("internet", "web", "cart")]
    assert paths[0].critical_client == "internet"


def test_unmeasured_hops_are_counted_and_leave_the_upper_end_open() -> None:
    paths = slowest_paths(graph(measured("web", "cart", 0.1, 0.2), Edge("cart", "db", 0.9)))

    assert paths[0].nodes == ("web", "cart", "db")
    assert paths[0].missing == 1
    assert paths[0].p99_high_seconds is None


def test_without_measured_latency_there_is_no_slow_path() -> None:
    assert slowest_paths(graph(Edge("web", "cart", 0.9))) == ()


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=6))
def test_own_shares_along_a_chain_add_up_to_what_the_first_caller_waits(own: list[float]) -> None:
    names = [f"n{i}" for i in range(len(own) + 1)]
    waits = [sum(own[i:]) for i in range(len(own))]
    edges = [measured(names[i], names[i + 1], waits[i]) for i in range(len(own))]

    (path,) = slowest_paths(graph(*edges))

    assert path.p50_seconds == pytest.approx(waits[0])
    assert path.critical_share == pytest.approx(max(own) / waits[0])

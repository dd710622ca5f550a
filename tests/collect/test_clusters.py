"""One store, several clusters, in every store that runs here."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from mesh_probe.collect.clusters import Narrowed, of_our_cluster
from mesh_probe.collect.past import read_past
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import read_telemetry
from mesh_probe.model import Gap, KubeNode, Objects, Telemetry
from mesh_probe.source import Window
from mesh_probe.text import message
from tests.prometheus.alerts import Fired, Flat
from tests.prometheus.edges import graph_edge, istio_edge
from tests.prometheus.faults import Reply, faulty
from tests.prometheus.history import AT, Lines
from tests.prometheus.stores import STORES, holding

WINDOW = Window(3600, 86_400)


@dataclass(frozen=True)
class In:
    """Series as a cluster's Prometheus sends them on."""

    cluster: str
    series: Lines

    def lines(self) -> Iterator[str]:
        for line in self.series.lines():
            yield line.replace("{", f'{{cluster="{self.cluster}",', 1)


def of_cluster(cluster: str, per_second: float) -> list[Lines]:
    memory = {"namespace": "shop", "pod": "cart-0", "container": "main"}
    owner = {"namespace": "shop", "pod": "cart-0", "owner_kind": "StatefulSet"}
    series: list[Lines] = [
        Flat("up", {"job": "node"}, 1, 3),
        Flat("kube_node_info", {"node": f"{cluster}-node-1"}, 1, 3),
        Flat("container_memory_working_set_bytes", memory, per_second, 3),
        Flat("kube_pod_owner", {**owner, "owner_name": "cart"}, 1, 3),
        *istio_edge("shop/web", "shop/cart", per_second),
        *graph_edge("web", "mail", per_second),
        Fired(f"Alert-{cluster}", 1.5, 1, {"namespace": "shop", "service": "cart"}),
    ]
    return [In(cluster, each) for each in series]


CENTRAL = [*of_cluster("prod", 10.0), *of_cluster("test", 99.0)]


@pytest.fixture(scope="module", params=STORES)
def central(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with holding(request.param, tmp_path_factory.mktemp("central"), CENTRAL) as url:
        yield url


def objects(*nodes: str) -> Objects:
    return Objects(nodes=tuple(KubeNode(name) for name in nodes))


def narrow(url: str, *nodes: str, context: str | None = None) -> Narrowed:
    return of_our_cluster([Prometheus(url)], objects(*nodes), context, AT, time.monotonic() + 60)


def telemetry(found: Narrowed) -> Telemetry:
    return read_telemetry(
        found.servers, WINDOW, AT, deadline=time.monotonic() + 60, progress=lambda _: None
    ).telemetry


def rates(found: Narrowed) -> set[float]:
    return {round(call.rate_rps or 0) for call in telemetry(found).calls}


def test_of_several_clusters_only_the_one_with_our_nodes_is_read(central: str) -> None:
    found = narrow(central, "prod-node-1", "prod-node-2", context="test")

    assert found.gaps == ()
    assert rates(found) == {10}


@pytest.mark.parametrize(
    "context", ["test", "admin@test", "arn:aws:eks:eu:1:cluster/test", "gke_project_zone_test"]
)
def test_without_known_nodes_the_name_of_the_context_tells(central: str, context: str) -> None:
    assert rates(narrow(central, "node-x", context=context)) == {99}


def test_alerts_and_usage_are_those_of_our_cluster_too(central: str) -> None:
    found = narrow(central, "prod-node-1")
    past = read_past(
        found.servers,
        telemetry(found),
        Objects(),
        WINDOW,
        AT,
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )

    assert past.history is not None
    assert [episode.alert for episode in past.history.episodes] == ["Alert-prod"]
    assert [used.memory_bytes for used in past.usage] == [10.0]
    assert all(moment.sources for moment in past.history.moments)


def test_a_store_of_which_nothing_tells_our_cluster_is_not_read(central: str) -> None:
    found = narrow(central, "node-x", context="staging")

    assert found == Narrowed(
        (),
        (
            Gap(
                "Prometheus",
                message("gap.clusters", server=central, label="cluster", names="prod, test"),
                message("hint.clusters", label="cluster", name="prod"),
            ),
        ),
    )


def test_nodes_of_two_of_its_clusters_tell_nothing(central: str) -> None:
    assert len(narrow(central, "prod-node-1", "test-node-1").gaps) == 1


def test_an_address_may_name_the_cluster_where_the_store_can_do_that(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with holding("victoria-metrics", tmp_path_factory.mktemp("extra"), CENTRAL) as url:
        found = narrow(f"{url}/?extra_label=cluster=test", "node-x")

        assert found.gaps == ()
        assert rates(found) == {99}


@pytest.mark.parametrize(
    "series",
    [
        [Flat("up", {"job": "a"}, 1, 1)],
        [In("prod", Flat("up", {"job": "a"}, 1, 1))],
        [In(f"kafka-{n}", Flat("up", {"job": "kafka"}, 1, 1)) for n in range(2)],
    ],
    ids=["none", "one", "of an exporter"],
)
@pytest.mark.parametrize("store", STORES)
def test_a_label_that_is_not_on_everything_is_no_cluster(
    store: str, series: list[Lines], tmp_path_factory: pytest.TempPathFactory
) -> None:
    every = [*series, *istio_edge("shop/web", "shop/cart", 10.0)]
    if len(series) > 1:
        every.append(Flat("up", {"job": "node"}, 1, 1))
    with holding(store, tmp_path_factory.mktemp("label"), every) as url:
        found = narrow(url)

        assert found.gaps == ()
        assert rates(found) == {10}


@dataclass(frozen=True)
class From:
    """Series as one copy, or one shard, of a Prometheus sends them on."""

    replica: str
    series: Lines

    def lines(self) -> Iterator[str]:
        for line in self.series.lines():
            yield line.replace("{", f'{{prometheus_replica="{self.replica}",', 1)


@pytest.mark.parametrize("store", STORES)
def test_copies_of_a_prometheus_count_once(
    store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    edge = istio_edge("shop/web", "shop/cart", 10.0)
    one, other = (Flat("up", {"job": "a", "instance": name}, 1, 1) for name in ("x", "y"))
    each: list[Lines] = [*edge, one]
    both = [From(replica, series) for replica in ("p-0", "p-1") for series in each]
    with holding(store, tmp_path_factory.mktemp("copies"), [*both, From("p-1", other)]) as url:
        found = narrow(url)

        assert found.gaps == ()
        assert rates(found) == {10}


@pytest.mark.parametrize("store", STORES)
def test_shards_of_a_prometheus_are_read_together(
    store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def of_shard(name: str) -> list[Lines]:
        target = Flat("up", {"job": name, "instance": name}, 1, 1)
        return [target, *istio_edge(f"shop/{name}", "shop/cart", 10.0)]

    shards = [From(f"p-shard-{name}", each) for name in ("a", "b") for each in of_shard(name)]
    with holding(store, tmp_path_factory.mktemp("shards"), shards) as url:
        assert len(telemetry(narrow(url)).calls) == 2


def test_copies_are_joined_in_each_of_several_clusters(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def of_copy(rate: float) -> list[Lines]:
        target = Flat("up", {"job": "a", "instance": "x"}, 1, 1)
        return [target, *istio_edge("shop/web", "shop/cart", rate)]

    series = [
        In(cluster, From(replica, each))
        for cluster, rate in (("prod", 10.0), ("test", 99.0))
        for replica in ("p-0", "p-1")
        for each in of_copy(rate)
    ]
    with holding("victoria-metrics", tmp_path_factory.mktemp("both"), series) as url:
        assert rates(narrow(url, context="prod")) == {10}


def test_a_server_that_does_not_answer_is_left_to_others_to_tell_of() -> None:
    with faulty(Reply(b"no", 401)) as server:
        found = narrow(server.url)

    assert len(found.servers) == 1
    assert found.gaps == ()

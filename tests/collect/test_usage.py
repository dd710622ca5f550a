"""What workloads use, out of every store that runs here."""

import time
from collections.abc import Iterator

import pytest

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.usage import UsageRead, read_usage
from mesh_probe.model import Gap, Namespace, Objects, Pod, Usage, Workload
from mesh_probe.source import Window
from mesh_probe.text import message
from tests.prometheus.alerts import Flat
from tests.prometheus.faults import Reply, faulty
from tests.prometheus.history import AT, Lines, Series
from tests.prometheus.stores import STORES, holding

WINDOW = Window(3600, 86_400)
MIB = float(2**20)


def container(
    pod: str, name: str, cores: float, mebibytes: float, *, namespace: str = "shop", **more: str
) -> list[Lines]:
    """What the kubelet says of a container."""
    labels = {"namespace": namespace, "pod": pod, "container": name, **more}
    return [
        Series("container_cpu_usage_seconds_total", labels, cores),
        Flat("container_memory_working_set_bytes", labels, mebibytes * MIB, 2),
    ]


def restarted(pod: str, before: int, now: int, **labels: str) -> list[Lines]:
    """A container's count a day and more ago, and since."""
    of = {"namespace": "shop", "pod": pod, "container": "main", **labels}
    name = "kube_pod_container_status_restarts_total"
    return [Flat(name, of, before, 25, 23, 240), Flat(name, of, now, 22.9, 0, 240)]


PODS: list[Lines] = [
    *container("web-6d4cf56db6-x7k2p", "main", 0.25, 100),
    *container("web-6d4cf56db6-x7k2p", "istio-proxy", 0.05, 50),
    *container("web-6d4cf56db6-x7k2p", "POD", 1.0, 1000),
    *container("web-6d4cf56db6-x7k2p", "", 1.3, 1150),
    *container("web-6d4cf56db6-m9qzr", "main", 0.1, 100, node="a"),
    *container("web-6d4cf56db6-m9qzr", "main", 0.1, 100, node="b"),
    *container("db-0", "main", 0.5, 512),
    *container("gone-7b8c9d-abcde", "main", 0.2, 64),
    *container("elsewhere-1", "main", 1.0, 1, namespace="other"),
    *restarted("web-6d4cf56db6-x7k2p", 2, 5),
    *restarted("db-0", 7, 1),
    Flat(
        "kube_pod_owner",
        {
            "namespace": "shop",
            "pod": "gone-7b8c9d-abcde",
            "owner_kind": "ReplicaSet",
            "owner_name": "gone-7b8c9d",
        },
        1,
        2,
    ),
    Flat(
        "kube_replicaset_owner",
        {
            "namespace": "shop",
            "replicaset": "gone-7b8c9d",
            "owner_kind": "Rollout",
            "owner_name": "gone",
        },
        1,
        2,
    ),
]
OBJECTS = Objects(
    namespaces=(Namespace("shop"),),
    workloads=(Workload("Deployment", "shop", "web"), Workload("StatefulSet", "shop", "db")),
    pods=(
        Pod("shop", "db-0", "StatefulSet/db"),
        Pod("shop", "web-6d4cf56db6-m9qzr", "Deployment/web"),
        Pod("shop", "web-6d4cf56db6-x7k2p", "Deployment/web"),
    ),
)


def read(*urls: str, objects: Objects = OBJECTS) -> UsageRead:
    servers = [Prometheus(url) for url in urls]
    return read_usage(servers, objects, WINDOW, AT, deadline=time.monotonic() + 60)


def rounded(found: UsageRead) -> list[Usage]:
    return [
        Usage(
            each.namespace,
            each.workload,
            each.pods,
            None if each.cpu_cores is None else round(each.cpu_cores, 3),
            each.memory_bytes,
            each.restarts_count,
        )
        for each in found.usage
    ]


@pytest.fixture(scope="module", params=STORES)
def pods(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with holding(request.param, tmp_path_factory.mktemp("pods"), PODS) as url:
        yield url


def test_usage_is_summed_over_the_pods_of_a_workload(pods: str) -> None:
    found = read(pods)

    assert rounded(found) == [
        Usage("shop", "Deployment/web", 2, 0.4, 250 * MIB, 3),
        Usage("shop", "Rollout/gone", 1, 0.2, 64 * MIB, None),
        Usage("shop", "StatefulSet/db", 1, 0.5, 512 * MIB, 1),
    ]
    assert found.gaps == ()


def test_two_copies_of_a_store_count_once(pods: str) -> None:
    assert read(pods, pods) == read(pods)


def test_without_objects_every_pod_with_an_owner_counts(pods: str) -> None:
    assert [each.workload for each in read(pods, objects=Objects()).usage] == ["Rollout/gone"]


@pytest.mark.parametrize("store", STORES)
def test_old_and_renamed_labels_are_understood(
    store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    exporter = {"namespace": "monitoring", "pod": "ksm-0", "container": "ksm"}
    old = {"namespace": "shop", "pod_name": "db-0"}
    counter = "kube_pod_container_status_restarts_total"
    own = {"exported_namespace": "shop", "exported_pod": "db-0", "exported_container": "main"}
    series: list[Lines] = [
        Series("container_cpu_usage_seconds_total", {**old, "container_name": "main"}, 0.5),
        Series("container_cpu_usage_seconds_total", {**old, "container_name": "POD"}, 9.0),
        Flat("container_memory_working_set_bytes", {**old, "container_name": "main"}, MIB, 2),
        Flat("container_memory_working_set_bytes", old, 9 * MIB, 2),
        Flat(counter, {**exporter, **own}, 1, 25, 0, 240),
    ]
    with holding(store, tmp_path_factory.mktemp("old"), series) as url:
        found = read(url)

    assert rounded(found) == [Usage("shop", "StatefulSet/db", 1, 0.5, MIB, 0)]


@pytest.mark.parametrize("store", STORES)
def test_what_nobody_scrapes_is_a_gap_and_no_zero(
    store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with holding(store, tmp_path_factory.mktemp("none"), [Flat("up", {}, 1, 2)]) as url:
        found = read(url)

    assert found == UsageRead(
        (),
        (
            Gap("usage", message("gap.usage-unmeasured"), message("hint.usage-unmeasured")),
            Gap("usage", message("gap.restarts-uncounted"), message("hint.restarts-uncounted")),
        ),
    )


def test_a_refused_query_is_a_gap_and_no_zero() -> None:
    refusal = {"status": "error", "errorType": "execution", "error": "no such function"}
    with faulty(Reply(refusal, 422)) as server:
        found = read(server.url)

    assert found.usage == ()
    assert [gap.reason.id for gap in found.gaps] == ["gap.prometheus-refused"]

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh_probe.collect.find_prometheus import (
    Attempt,
    Candidate,
    Found,
    candidates,
    find,
    not_found,
)
from mesh_probe.collect.kube import connect
from mesh_probe.model import Endpoint, EndpointSlice, Gap, Objects, Service, ServicePort
from mesh_probe.text import message
from tests.kube.server import KubeServer
from tests.prometheus.faults import Reply, faulty, vector

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEB = (ServicePort(9090, "web"),)
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}


def service(
    name: str,
    namespace: str = "monitoring",
    ports: tuple[ServicePort, ...] = WEB,
    **more: object,
) -> Service:
    return Service(namespace, name, ports=ports, **more)  # type: ignore[arg-type]


def found(*services: Service) -> list[str]:
    return [candidate.name for candidate in candidates(Objects(services=services))]


@pytest.mark.parametrize(
    ("labels", "place"),
    [
        ({**PROMETHEUS, "app.kubernetes.io/component": "server"}, "monitoring/x:9090"),
        ({**PROMETHEUS, "app.kubernetes.io/component": "prometheus"}, "monitoring/x:9090"),
        ({"app": "kube-prometheus-stack-prometheus"}, "monitoring/x:9090"),
        ({"app": "prometheus-operator-prometheus"}, "monitoring/x:9090"),
        ({"app": "prometheus", "component": "server"}, "monitoring/x:9090"),
        ({"component": "prometheus", "linkerd.io/extension": "viz"}, "monitoring/x:9090"),
        ({"app.kubernetes.io/name": "thanos-query"}, "monitoring/x:9090"),
        ({"app.kubernetes.io/name": "vmsingle"}, "monitoring/x:9090"),
        (
            {"app.kubernetes.io/name": "mimir", "app.kubernetes.io/component": "query-frontend"},
            "monitoring/x:9090/prometheus",
        ),
        ({"app": "vmselect"}, "monitoring/x:9090/select/0/prometheus"),
    ],
)
def test_labels_tell_a_prometheus(labels: dict[str, str], place: str) -> None:
    assert found(service("x", labels=labels)) == [place]


@pytest.mark.parametrize(
    "name",
    [
        "prometheus",
        "prometheus-server",
        "prometheus-k8s",
        "kube-prometheus-stack-prometheus",
        "prometheus-operator-prometheus",
        "prometheus-operated",
        "thanos-query",
        "thanos-querier",
        "mimir-query-frontend",
        "vmsingle-main",
        "vmselect-main",
    ],
)
def test_a_name_tells_a_prometheus(name: str) -> None:
    assert len(found(service(name))) == 1


@pytest.mark.parametrize(
    "name",
    [
        "alertmanager",
        "alertmanager-operated",
        "prometheus-alertmanager",
        "kube-prometheus-stack-alertmanager",
        "grafana",
        "kube-prometheus-stack-grafana",
        "prometheus-operator",
        "kube-prometheus-stack-operator",
        "prometheus-node-exporter",
        "prometheus-prometheus-node-exporter",
        "prometheus-pushgateway",
        "prometheus-prometheus-pushgateway",
        "prometheus-adapter",
        "prometheus-kube-state-metrics",
        "kube-prometheus-stack-coredns",
        "kube-prometheus-stack-kube-etcd",
        "thanos-store",
        "thanos-ruler-operated",
        "vmagent-main",
        "vmstorage-main",
        "mimir-ingester",
        "web",
    ],
)
def test_what_is_deployed_beside_a_prometheus_is_none(name: str) -> None:
    assert found(service(name)) == []


def test_of_several_ports_the_one_for_queries_is_taken() -> None:
    ports = (
        ServicePort(10901, "grpc"),
        ServicePort(8080, "reloader-web"),
        ServicePort(80, "http", 9090),
    )

    assert found(service("prometheus", ports=ports)) == ["monitoring/prometheus:80"]


def test_a_service_with_no_port_for_queries_is_none() -> None:
    assert found(service("thanos-query", ports=(ServicePort(10901, "grpc"),))) == []


def test_a_port_with_tls_is_asked_with_tls() -> None:
    ports = (ServicePort(9091, "web"),)

    assert candidates(Objects(services=(service("thanos-querier", ports=ports),))) == (
        Candidate("monitoring", "thanos-querier", 9091, 7, scheme="https"),
    )


def test_labels_count_more_than_names_and_headless_services_less() -> None:
    labels = {**PROMETHEUS, "app.kubernetes.io/component": "prometheus"}

    assert found(
        service("prometheus-operated", "b", cluster_ips=("None",)),
        service("prometheus", "c"),
        service("metrics", "d", labels=labels),
        service("prometheus-k8s", "e", labels=labels),
    ) == [
        "e/prometheus-k8s:9090",
        "d/metrics:9090",
        "c/prometheus:9090",
        "b/prometheus-operated:9090",
    ]


def test_services_in_front_of_the_same_pods_are_asked_once() -> None:
    objects = Objects(
        services=(service("prometheus-k8s"), service("prometheus-operated", cluster_ips=("None",))),
        endpoint_slices=tuple(
            EndpointSlice("monitoring", f"{name}-x", name, (Endpoint("10.1.0.1"),))
            for name in ("prometheus-k8s", "prometheus-operated")
        ),
    )

    assert [candidate.name for candidate in candidates(objects)] == [
        "monitoring/prometheus-k8s:9090"
    ]


def search(folder: Path, kube: KubeServer, *services: Service, **headers: str) -> Found:
    cluster = connect(None, str(kube.kubeconfig(folder)))
    return find(
        Objects(services=services),
        cluster,
        headers=headers,
        at=AT,
        deadline=time.monotonic() + 60,
    )


def test_a_prometheus_is_reached_through_the_api_server(tmp_path: Path) -> None:
    with faulty(Reply(vector(({}, "1")))) as prometheus, KubeServer() as kube:
        kube.forward("monitoring", "prometheus:9090", prometheus.url)
        got = search(tmp_path, kube, service("prometheus"))

    url = f"{kube.url}/api/v1/namespaces/monitoring/services/prometheus:9090/proxy"
    assert [server.name for server in got.servers] == [url]
    assert got.attempts == (
        Attempt(
            "monitoring/prometheus:9090",
            "service-proxy",
            True,
            message("label.prometheus-answers", server=url),
        ),
    )
    assert prometheus.asked[0].params["query"] == "vector(1)"


def test_all_that_answer_are_kept_and_all_that_was_tried_is_told(tmp_path: Path) -> None:
    with faulty(Reply(vector(({}, "1")))) as prometheus, KubeServer() as kube:
        kube.forward("monitoring", "prometheus:9090", prometheus.url)
        kube.forward("linkerd-viz", "prometheus:9090", prometheus.url)
        got = search(
            tmp_path,
            kube,
            service("prometheus"),
            service("prometheus", "istio-system"),
            service("prometheus", "linkerd-viz"),
        )

    assert len(got.servers) == 2
    assert [(a.target, a.answered, a.result.id) for a in got.attempts] == [
        ("istio-system/prometheus:9090", False, "gap.prometheus-not-one"),
        ("linkerd-viz/prometheus:9090", True, "label.prometheus-answers"),
        ("monitoring/prometheus:9090", True, "label.prometheus-answers"),
    ]


def test_what_answers_but_is_none_is_not_taken(tmp_path: Path) -> None:
    with faulty(Reply(b"<html>Hello</html>")) as page, KubeServer() as kube:
        kube.forward("monitoring", "prometheus:9090", page.url)
        got = search(tmp_path, kube, service("prometheus"))

    assert got.servers == ()
    assert not_found(got.attempts) == Gap(
        "Prometheus",
        message(
            "gap.prometheus-not-found",
            count=1,
            target="monitoring/prometheus:9090",
            how="service-proxy",
        ),
        message("hint.prometheus-given"),
    )


def test_a_cluster_without_a_candidate_says_so(tmp_path: Path) -> None:
    with KubeServer() as kube:
        got = search(tmp_path, kube, service("web"))

    assert not_found(got.attempts).reason == message("gap.prometheus-no-candidate")


def test_inside_the_cluster_a_service_is_asked_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An HTTP proxy stands in for the cluster's DNS: it gets the whole address."""
    with faulty(Reply(vector(({}, "1")))) as prometheus, KubeServer() as kube:
        monkeypatch.setenv("http_proxy", prometheus.url)
        cluster = connect(None, str(kube.kubeconfig(tmp_path)))
        cluster.context = None
        got = find(
            Objects(services=(service("vmselect-main", "metrics"),)),
            cluster,
            headers={"X-Scope-OrgID": "team"},
            at=AT,
            deadline=time.monotonic() + 60,
        )

    assert [attempt.how for attempt in got.attempts] == ["cluster"]
    assert got.servers[0].name == "http://vmselect-main.metrics.svc:9090/select/0/prometheus"
    assert prometheus.asked[0].headers["Host"] == "vmselect-main.metrics.svc:9090"
    assert prometheus.asked[0].headers["X-Scope-OrgID"] == "team"


def test_inside_the_cluster_the_api_server_is_the_second_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a network policy keeps us out."""
    with (
        faulty(Reply(b"blocked", 403)) as blocked,
        faulty(Reply(vector(({}, "1")))) as prometheus,
        KubeServer() as kube,
    ):
        monkeypatch.setenv("http_proxy", blocked.url)
        kube.forward("monitoring", "prometheus:9090", prometheus.url)
        cluster = connect(None, str(kube.kubeconfig(tmp_path)))
        cluster.context = None
        got = find(
            Objects(services=(service("prometheus"),)),
            cluster,
            headers={},
            at=AT,
            deadline=time.monotonic() + 60,
        )

    assert [(attempt.how, attempt.answered) for attempt in got.attempts] == [
        ("cluster", False),
        ("service-proxy", True),
    ]
    assert (len(got.servers), got.queries) == (1, 1)

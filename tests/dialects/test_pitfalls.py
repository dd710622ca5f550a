"""What misleads in the metrics of each source: one case for each, on a real Prometheus."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import read_telemetry
from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.build import build
from mesh_probe.model import Backend, Namespace, Objects, Route, Service, Workload
from mesh_probe.snapshot import Snapshot
from mesh_probe.source import Window
from mesh_probe.sources import SOURCES
from tests.dialects import writers
from tests.dialects.series import Counter, backfill, day
from tests.dialects.truth import CART, PRICES, WEB, objects
from tests.prometheus.server import running

WINDOW = Window(900, 1800)
NEVER_COMPACT = ("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h")

Rates = Mapping[tuple[str, str], float | None]


@dataclass(frozen=True)
class Case:
    """Series that mislead, and what they mean."""

    name: str
    series: Sequence[Counter]
    edges: Rates = field(default_factory=dict)
    """Edges that count, with their rates."""
    errors: Mapping[tuple[str, str], float] = field(default_factory=dict)
    hints: Sequence[str] = ()
    """Ids of the advice given, in order of sources."""
    states: Mapping[str, str] = field(default_factory=dict)
    """Of sources that are not absent, where that is what the case is about."""
    change: Callable[[Objects], Objects] | None = None


def labels(text: str) -> dict[str, str]:
    """Labels from "a=b c=d"."""
    return dict(pair.split("=", 1) for pair in text.split())


def counter(name: str, text: str, per_second: float = 2.0) -> Counter:
    return Counter(name, labels(text), per_second)


WEB_POD = f"namespace=shop pod={WEB.pods[0][0]}"
LINKERD = f"direction=outbound {WEB_POD} deployment=web classification=success tls=true"
TO_CART = "dst_namespace=shop dst_deployment=cart dst_service=cart"
HTTP = "http_client_request_duration_seconds_count"
OTEL_STATUS = "http_response_status_code"
WEB_TO_CART, CART_TO_PRICES = ("shop/web", "shop/cart"), ("shop/cart", "stock/prices")


def two_backends(found: Objects) -> Objects:
    route = Route(
        "HTTPRoute",
        "shop",
        "split",
        backends=(
            Backend("shop", "cart", 80, weight=3, rule=1),
            Backend("stock", "price-list", 80, weight=1, rule=1),
            Backend("data", "ledger", 80, rule=0),
        ),
    )
    return replace(found, routes=(route,))


def twins(found: Objects) -> Objects:
    """A second namespace whose Service joins to the same text as another."""
    more = Workload("Deployment", "shop-web", "front", labels={"app": "front"})
    service = Service("shop-web", "front", selector={"app": "front"}, cluster_ips=("10.96.0.9",))
    return replace(
        found,
        namespaces=(*found.namespaces, Namespace("shop-web")),
        workloads=(*found.workloads, more),
        services=(*found.services, service),
    )


def without_pods(found: Objects) -> Objects:
    return replace(found, pods=())


CASES = (
    Case(
        "linkerd: a host outside is named by its authority",
        [counter("response_total", f"{LINKERD} authority=api.pay.example:443")],
        {("shop/web", "external:api.pay.example"): 2.0},
    ),
    Case(
        "linkerd: a call that found no endpoint belongs to its Service's workload",
        [
            counter("response_total", f"{LINKERD} {TO_CART}", 9.0),
            counter(
                "response_total",
                f"direction=outbound {WEB_POD} deployment=web classification=failure "
                "authority=cart.shop.svc.cluster.local:80",
                1.0,
            ),
        ],
        {WEB_TO_CART: 10.0},
        errors={WEB_TO_CART: 0.1},
    ),
    Case(
        "linkerd: without relabelling nobody knows the client",
        [counter("response_total", f"direction=outbound classification=success {TO_CART}")],
        hints=["hint.linkerd-relabelling"],
    ),
    Case(
        "linkerd: the proxies are not scraped",
        [counter("proxy_build_info", "version=2.14.0")],
        hints=["hint.linkerd-proxies"],
        states={"linkerd": "silent"},
    ),
    Case(
        "linkerd: a metric of that name of another program is none of Linkerd's",
        [counter("response_total", "job=other code=200")],
        states={},
    ),
    Case(
        "a pod that is not known any more is known by how pods are named",
        [
            counter(
                "response_total",
                f"direction=outbound classification=success namespace=shop pod={pod} {TO_CART}",
            )
            for pod in ("web-7f6c5d4b89-q8w2r", "web-5d8f9c7b64-2x7kq")
        ],
        {WEB_TO_CART: 4.0},
        change=without_pods,
    ),
    Case(
        "hubble: without context labels no call can be told",
        [counter("hubble_http_requests_total", "method=GET reporter=client status=200")],
        hints=["hint.hubble-context"],
    ),
    Case(
        "hubble: one side alone is no call",
        [counter("hubble_tcp_flags_total", "flag=SYN source=shop/web")],
        hints=["hint.hubble-no-l7", "hint.hubble-context"],
    ),
    Case(
        "hubble: only that it is on shows",
        [counter("hubble_lost_events_total", "source=perf_event_ring_buffer")],
        hints=["hint.hubble-metrics"],
        states={"hubble": "silent"},
    ),
    Case(
        "hubble: flows count replies, and the Service side is called",
        [
            counter("hubble_flows_processed_total", "source=shop/job destination=stock/prices"),
            counter("hubble_flows_processed_total", "source=stock/prices destination=shop/job"),
        ],
        {("shop/job", "stock/prices"): None},
        hints=["hint.hubble-no-l7"],
        change=lambda found: replace(
            found, workloads=(*found.workloads, Workload("Job", "shop", "job"))
        ),
    ),
    Case(
        "hubble: the world calls, and machines do not",
        [
            counter(
                "hubble_tcp_flags_total", "flag=SYN source=reserved:world destination=shop/web"
            ),
            counter("hubble_tcp_flags_total", "flag=SYN source=reserved:host destination=shop/web"),
            counter(
                "hubble_tcp_flags_total",
                "flag=SYN source=shop/web destination=reserved:kube-apiserver",
            ),
        ],
        {("internet", "shop/web"): None},
        hints=["hint.hubble-no-l7"],
    ),
    Case(
        "hubble: addresses of which nobody knows whose they are make no nodes",
        [counter("hubble_tcp_flags_total", "flag=SYN source=10.9.9.9 destination=10.8.8.8")],
        hints=["hint.hubble-no-l7"],
    ),
    Case(
        "hubble: a context of namespaces names no workload",
        [counter("hubble_tcp_flags_total", "flag=SYN source=shop destination=stock")],
        hints=["hint.hubble-no-l7"],
    ),
    Case(
        "span metrics without a peer dimension tell of no calls",
        [
            counter(
                "traces_span_metrics_calls_total",
                "service_name=web span_kind=SPAN_KIND_CLIENT status_code=STATUS_CODE_UNSET",
            )
        ],
        hints=["hint.span-metrics-dimensions"],
    ),
    Case(
        "a calls_total of another program is no span metric",
        [counter("calls_total", "method=get")],
        states={},
    ),
    Case(
        "otel: client metrics without server.address",
        [counter(HTTP, f"{WEB_POD} job=pods {OTEL_STATUS}=200")],
        hints=["hint.otel-server-address"],
    ),
    Case(
        "otel: servers alone do not tell their clients",
        [counter("http_server_request_duration_seconds_count", f"{WEB_POD} job=pods")],
        hints=["hint.otel-only-servers"],
        states={"otel-client": "silent"},
    ),
    Case(
        "otel: a 4xx is the client's doing, a lost connection is not",
        [
            counter(HTTP, f"{WEB_POD} server_address=cart {OTEL_STATUS}=200", 7.0),
            counter(HTTP, f"{WEB_POD} server_address=cart {OTEL_STATUS}=404 error_type=404", 2.0),
            counter(HTTP, f"{WEB_POD} server_address=cart error_type=ConnectError", 1.0),
        ],
        {WEB_TO_CART: 10.0},
        errors={WEB_TO_CART: 0.1},
    ),
    Case(
        "otel: a bare host is seen from the caller's namespace",
        [counter(HTTP, f"{WEB_POD} server_address=cart server_port=80 {OTEL_STATUS}=200")],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "otel: two series of target_info for one target are no trouble",
        [
            counter(HTTP, f"job=x instance=i server_address=cart.shop {OTEL_STATUS}=200"),
            counter(
                "target_info",
                "job=x instance=i k8s_namespace_name=shop k8s_deployment_name=web k8s_pod_name=a",
                0.0,
            ),
            counter(
                "target_info",
                "job=x instance=i k8s_namespace_name=shop k8s_deployment_name=web k8s_pod_name=b",
                0.0,
            ),
        ],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "otel: what a Collector passes on is not the Collector's",
        [
            counter(
                HTTP,
                "exported_job=web exported_instance=i namespace=otel pod=collector-0 job=collector "
                f"server_address=cart.shop {OTEL_STATUS}=200",
            )
        ],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "otel: a scrape job is no program",
        [counter(HTTP, f"job=kubernetes-pods server_address=cart.shop {OTEL_STATUS}=200")],
    ),
    Case(
        "otel: calls to oneself and to this machine are none",
        [
            counter(HTTP, f"{WEB_POD} server_address=localhost {OTEL_STATUS}=200"),
            counter(HTTP, f"{WEB_POD} server_address=127.0.0.1 {OTEL_STATUS}=200"),
            counter(HTTP, f"{WEB_POD} server_address=web-front.shop {OTEL_STATUS}=200"),
        ],
    ),
    Case(
        "grpc: an API that two workloads serve is ambiguous",
        [
            counter("grpc_client_handled_total", f"{WEB_POD} grpc_service=shop.Any grpc_code=OK"),
            *(
                counter(
                    "grpc_server_started_total",
                    f"namespace={app.namespace} pod={app.pods[0][0]} grpc_service=shop.Any",
                )
                for app in (CART, PRICES)
            ),
        ],
    ),
    Case(
        "grpc: an API that nobody is known to serve makes no node",
        [counter("grpc_client_handled_total", f"{WEB_POD} grpc_service=x.Y grpc_code=OK")],
    ),
    Case(
        "coroot: a pod that is gone had its address; a host outside has a name",
        [
            counter(
                "container_http_requests_total",
                "app_id=/k8s/shop/web destination=10.96.0.2:80 actual_destination=10.244.9.9:80 "
                "status=2xx",
            ),
            counter(
                "container_http_requests_total",
                "app_id=/k8s/shop/web destination=93.184.216.34:443 "
                "actual_destination=93.184.216.34:443 status=2xx",
            ),
            counter(
                "kube_pod_info",
                "namespace=shop pod=cart-66b7c9d5f8-00000 pod_ip=10.244.9.9 host_ip=192.168.0.1",
            ),
            counter("ip_to_fqdn", "ip=93.184.216.34 fqdn=example.com"),
        ],
        {WEB_TO_CART: 2.0, ("shop/web", "external:example.com"): 2.0},
    ),
    Case(
        "caretta: outside and machines",
        [
            counter(
                "caretta_links_observed",
                "role=1 client_name=web client_namespace=shop client_kind=Deployment "
                "server_name=api.pay.example server_namespace=external server_kind=external",
            ),
            counter(
                "caretta_links_observed",
                "role=2 client_name=1.2.3.4 client_namespace=external client_kind=external "
                "server_name=web server_namespace=shop server_kind=Deployment",
            ),
            counter(
                "caretta_links_observed",
                "role=1 client_name=web client_namespace=shop client_kind=Deployment "
                "server_name=node-1 server_namespace=node server_kind=node",
            ),
        ],
        {
            ("shop/web", "external:api.pay.example"): None,
            ("external:1.2.3.4", "shop/web"): None,
        },
    ),
    Case(
        "obi: an owner without a name is outside, a response is no call",
        [
            counter(
                "obi_network_flow_bytes_total",
                "direction=request k8s_src_namespace=shop k8s_src_owner_name=web "
                "dst_address=93.184.216.34",
            ),
            counter(
                "obi_network_flow_bytes_total",
                "direction=response k8s_dst_namespace=shop k8s_dst_owner_name=web "
                "src_address=93.184.216.34",
            ),
        ],
        {("shop/web", "external:93.184.216.34"): None},
    ),
    Case(
        "obi: without Kubernetes' names there are no calls",
        [counter("obi_network_flow_bytes_total", "direction=request obi_ip=1.2.3.4")],
        hints=["hint.ebpf-network"],
    ),
    Case(
        "retina: the local context names one side",
        [
            counter(
                "networkobservability_adv_forward_bytes",
                "direction=egress source_namespace=shop source_workload=web",
            )
        ],
        hints=["hint.retina-context"],
    ),
    Case(
        "retina: basic mode has no pods",
        [counter("networkobservability_forward_bytes", "direction=egress instance=node-1")],
        hints=["hint.retina-basic"],
        states={"retina": "silent"},
    ),
    Case(
        "kong: its counters are off",
        [counter("kong_nginx_connections_total", "state=active")],
        hints=["hint.kong-metrics"],
        states={"kong": "silent"},
    ),
    Case(
        "traefik: its services are not named",
        [counter("traefik_entrypoint_requests_total", "entrypoint=web code=200")],
        hints=["hint.traefik-services"],
        states={"traefik": "silent"},
    ),
    Case(
        "traefik: a name that two Services have is ambiguous",
        [
            counter(
                "traefik_service_requests_total",
                "service=shop-web-front-8080@kubernetes code=200",
            )
        ],
        change=twins,
    ),
    Case(
        "traefik: without a route that leads there, the outside calls",
        [
            counter(
                "traefik_service_requests_total",
                "service=shop-cart-8080@kubernetescrd code=200",
            )
        ],
        {("internet", "shop/cart"): 2.0},
    ),
    Case(
        "spring: without buckets there are no quantiles",
        [
            counter(
                "http_client_requests_seconds_count",
                f"{WEB_POD} client_name=cart.shop status=200",
            )
        ],
        {WEB_TO_CART: 2.0},
        hints=["hint.micrometer-histogram"],
    ),
    Case(
        "envoy gateway: a rule of two backends shares its calls by their weights",
        [
            counter(
                "envoy_cluster_upstream_rq_xx",
                "envoy_cluster_name=httproute/shop/split/rule/1 envoy_response_code_class=2",
                8.0,
            )
        ],
        {("httproute:shop/split", "shop/cart"): 6.0, ("httproute:shop/split", "stock/prices"): 2.0},
        change=two_backends,
    ),
    Case(
        "dapr: the source of a response is the callee",
        [
            counter(
                "dapr_runtime_service_invocation_res_recv_total",
                f"{WEB_POD} app_id=web src_app_id=cart status=200",
            )
        ],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "coroot: where nobody knows the pod any more, what was dialled tells the Service",
        [
            counter(
                "container_http_requests_total",
                "app_id=/k8s/shop/web destination=10.96.0.2:80 actual_destination=10.244.9.9:80 "
                "status=2xx",
            )
        ],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "otel: owners of pods are called name.namespace by programs that read addresses",
        [counter(HTTP, f"{WEB_POD} server_address=prices.stock {OTEL_STATUS}=200")],
        {("shop/web", "stock/prices"): 2.0},
    ),
    Case(
        "otel: a program that is scraped and sends its metrics, too, counts once",
        [
            counter(HTTP, f"{WEB_POD} job=pods server_address=cart.shop {OTEL_STATUS}=200", 5.0),
            counter(
                HTTP, f"job=shop/web instance=i server_address=cart.shop {OTEL_STATUS}=200", 5.0
            ),
        ],
        {WEB_TO_CART: 5.0},
    ),
    Case(
        "span metrics: a prefix of one's own is known by the histogram beside",
        [
            counter(
                f"acme_{name}",
                "service_name=web span_kind=SPAN_KIND_CLIENT peer_service=cart",
                2.0,
            )
            for name in ("calls_total", "duration_milliseconds_count")
        ]
        + [counter("other_calls_total", "service_name=web span_kind=SPAN_KIND_CLIENT")],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "service graph: one histogram for both sides, as old Collectors have it",
        [
            counter("traces_service_graph_request_total", "client=web server=cart failed=false"),
            counter(
                "traces_service_graph_request_duration_seconds_bucket",
                "client=web server=cart le=0.1",
                0.0,
            ),
            counter(
                "traces_service_graph_request_duration_seconds_bucket",
                "client=web server=cart le=+Inf",
            ),
        ],
        {WEB_TO_CART: 2.0},
    ),
    Case(
        "several versions of a metric at once are not added up",
        [
            counter(HTTP, f"{WEB_POD} server_address=cart {OTEL_STATUS}=200", 5.0),
            counter(
                "http_client_duration_milliseconds_count",
                f"{WEB_POD} net_peer_name=cart http_status_code=200",
                5.0,
            ),
        ],
        {WEB_TO_CART: 5.0},
    ),
)


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    data = tmp_path_factory.mktemp("pitfalls")
    backfill(data, [case.series for case in CASES])
    with running(data, *NEVER_COMPACT) as url:
        yield Prometheus(url)


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_a_pitfall_is_known(prometheus: Prometheus, number: int) -> None:
    case = CASES[number]
    found = read_telemetry(
        [prometheus],
        WINDOW,
        day(number),
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )
    found_objects = case.change(objects()) if case.change else objects()
    snapshot = Snapshot(day(number), "0", objects=found_objects, telemetry=found.telemetry)
    edges = {
        pair: edge
        for pair, edge in build(snapshot).edges.items()
        if edge.observed and edge.confidence >= COUNTS_FROM
    }

    assert {pair: edge.rate_rps for pair, edge in edges.items()} == {
        pair: rate if rate is None else pytest.approx(rate, rel=0.02)
        for pair, rate in case.edges.items()
    }
    assert {pair: edges[pair].error_ratio for pair in case.errors} == pytest.approx(case.errors)
    hints = [gap.hint.id for gap in found.gaps if gap.hint and gap.subject != "call metrics"]
    assert hints == list(case.hints)
    if case.states or (not case.edges and not case.hints):
        states = {r.source: r.state for r in found.telemetry.sources if r.state != "absent"}
        assert set(case.states.items()) <= set(states.items())


def test_every_dialect_is_of_a_source() -> None:
    assert {dialect.source for dialect in writers.DIALECTS} == {source.id for source in SOURCES}

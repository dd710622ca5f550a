import pytest
from msgspec import structs

from mesh_probe.graph import CallGraph
from mesh_probe.graph.build import build
from mesh_probe.graph.latency import slowest_paths
from mesh_probe.graph.places import MOST_BEHIND
from mesh_probe.graph.shape import fan_out, longest_chain, reach_by_entry
from mesh_probe.model import (
    Backend,
    ConfigMap,
    ConfigUse,
    Container,
    Evidence,
    Latency,
    ObservedCall,
    Peer,
    Query,
    Reference,
    Route,
    Service,
    ServicePort,
    SourceRead,
    Telemetry,
    Via,
    Workload,
)
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message
from tests.graph.shop import NOW, cluster, service, url, workload


def snapshot(*parts: object, calls: tuple[ObservedCall, ...] = ()) -> Snapshot:
    sources = tuple(dict.fromkeys(call.source for call in calls))
    return Snapshot(
        taken_at=NOW,
        tool_version="1",
        objects=cluster(*parts),
        telemetry=Telemetry(
            sources=tuple(
                SourceRead(s, "read", (Query("requests", f"sum({s})"),)) for s in sources
            ),
            calls=calls,
        ),
    )


def call(client: Peer, server: Peer, rate: float | None = 1.0, **figures: object) -> ObservedCall:
    given = {"source": "istio", "rate_rps": rate} | figures
    return ObservedCall(client=client, server=server, **given)  # type: ignore[arg-type]


def peer(name: str) -> Peer:
    return Peer(workload=name, namespace="shop")


def test_a_url_in_a_variable_is_a_declared_call() -> None:
    graph = build(
        snapshot(workload("web", url("cart", "CART_URL")), workload("cart"), service("cart"))
    )

    edge = graph.edges["shop/web", "shop/cart"]
    assert (edge.declared, edge.observed) == (True, False)
    assert [(via.service, via.port) for via in edge.via] == [("shop/cart", 80)]
    assert edge.evidence == (
        Evidence(
            subject="Deployment shop/web",
            fact=message("evidence.reference", key="CART_URL", host="cart:80"),
            seen_in="env",
            check="kubectl get deployment web -n shop -o yaml",
        ),
    )
    assert [(n.id, n.role) for n in graph.nodes.values()] == [
        ("shop/cart", "leaf"),
        ("shop/web", "entry"),
    ]


def test_an_observed_call_joins_the_declared_one() -> None:
    graph = build(
        snapshot(
            workload("web", url("cart")),
            workload("cart"),
            service("cart"),
            calls=(call(peer("web"), peer("cart"), 12.5, error_ratio=0.02, mtls=True),),
        )
    )

    edge = graph.edges["shop/web", "shop/cart"]
    assert (edge.declared, edge.observed, edge.sources) == (True, True, ("istio",))
    assert (edge.rate_rps, edge.error_ratio, edge.mtls) == (12.5, 0.02, True)
    assert edge.confidence == 0.99
    assert [piece.seen_in for piece in edge.evidence] == ["istio", "env"]


def test_the_best_source_gives_the_figures_and_none_are_added_up() -> None:
    seen = (
        call(peer("web"), peer("cart"), 10.0, client_latency=Latency(p50_seconds=0.1)),
        call(peer("web"), peer("cart"), 3.0, source="service-graph", sampled=True),
    )
    graph = build(snapshot(workload("web"), workload("cart"), calls=seen))

    edge = graph.edges["shop/web", "shop/cart"]
    assert edge.sources == ("istio", "service-graph")
    assert (edge.rate_rps, edge.sampled) == (10.0, None)


def test_parts_of_an_edge_that_one_source_counts_apart_are_added_up() -> None:
    seen = (
        call(
            peer("web"),
            Peer(workload="cart", namespace="shop", service="cart"),
            30,
            error_ratio=0.0,
        ),
        call(
            peer("web"), Peer(workload="cart", namespace="shop", service="old"), 10, error_ratio=0.2
        ),
    )
    graph = build(snapshot(workload("web"), workload("cart"), service("cart"), calls=seen))

    edge = graph.edges["shop/web", "shop/cart"]
    assert (edge.rate_rps, edge.error_ratio) == (40, 0.05)


def test_versions_that_no_metric_tells_apart_are_one_node() -> None:
    by_name = call(Peer(name="web"), Peer(name="cart"), source="service-graph")
    graph = build(
        snapshot(
            workload("web", url("cart")),
            workload("cart-v1", url("db"), version="v1"),
            workload("cart-v2", version="v2"),
            workload("db", image="postgres:16"),
            service("cart"),
            service("db"),
            calls=(by_name,),
        )
    )

    assert list(graph.nodes) == ["service:shop/cart", "shop/db", "shop/web"]
    assert list(graph.edges) == [
        ("service:shop/cart", "shop/db"),
        ("shop/web", "service:shop/cart"),
    ]
    assert graph.edges["shop/web", "service:shop/cart"].declared


def test_versions_that_a_metric_tells_apart_stay_apart() -> None:
    seen = (call(peer("web"), peer("cart-v1"), 9.0), call(peer("web"), peer("cart-v2"), 1.0))
    graph = build(
        snapshot(
            workload("web", url("cart")),
            workload("cart-v1", version="v1"),
            workload("cart-v2", version="v2"),
            service("cart"),
            calls=seen,
        )
    )

    assert {pair: edge.rate_rps for pair, edge in graph.edges.items()} == {
        ("shop/web", "shop/cart-v1"): 9.0,
        ("shop/web", "shop/cart-v2"): 1.0,
    }
    assert all(edge.declared for edge in graph.edges.values())


def canary(*seen: ObservedCall, twin: str = "cart-canary") -> CallGraph:
    """A cart and a twin behind one Service, of which one calls the database."""
    return build(
        snapshot(
            workload("web", url("cart")),
            workload("cart", url("db"), version="v1"),
            structs.replace(workload(twin, url("db")), labels={"app": "cart"}),
            workload("db"),
            service("cart"),
            service("db"),
            calls=seen,
        )
    )


def to_service(name: str) -> Peer:
    return Peer(namespace="shop", service=name)


def test_a_twin_that_only_calls_by_its_own_name_is_one_with_the_other() -> None:
    """Who a request to a Service came to is not known by that one of them calls on."""
    into = call(peer("web"), to_service("cart"), 4.0, client_latency=Latency(p50_seconds=0.3))
    on = call(peer("cart"), to_service("db"), 8.0, client_latency=Latency(p50_seconds=0.1))

    graph = canary(into, on)

    assert {p: (e.declared, e.observed, e.rate_rps) for p, e in graph.edges.items()} == {
        ("shop/web", "service:shop/cart"): (True, True, 4.0),
        ("service:shop/cart", "shop/db"): (True, True, 8.0),
    }
    assert not graph.findings
    assert longest_chain(graph) == ("shop/web", "service:shop/cart", "shop/db")
    assert reach_by_entry(graph) == {"shop/web": 3}
    assert fan_out(graph)["shop/web"] == 1
    (path,) = slowest_paths(graph)
    assert path.nodes == ("shop/web", "service:shop/cart", "shop/db")
    assert path.missing == 0


def test_workloads_of_one_service_that_are_no_twins_stay_apart() -> None:
    into = call(peer("web"), to_service("cart"), 4.0)
    on = call(peer("cart"), to_service("db"), 8.0)

    graph = canary(into, on, twin="wishes")

    assert {p: (e.declared, e.observed, e.rate_rps) for p, e in graph.edges.items()} == {
        ("shop/web", "shop/cart"): (True, True, None),
        ("shop/web", "shop/wishes"): (True, True, None),
        ("shop/cart", "shop/db"): (True, True, 8.0),
        ("shop/wishes", "shop/db"): (True, False, None),
    }
    assert not [f for f in graph.findings if f.id == "seen-not-declared"]
    assert longest_chain(graph) == ("shop/web", "shop/cart", "shop/db")
    assert reach_by_entry(graph) == {"shop/web": 4}


def test_a_source_that_tells_twins_apart_beats_one_that_knows_only_their_service() -> None:
    apart = (call(peer("web"), peer("cart"), 3.0), call(peer("web"), peer("cart-canary"), 1.0))
    together = call(peer("web"), to_service("cart"), 4.0, source="service-graph")

    graph = canary(*apart, together)

    rates = {pair: edge.rate_rps for pair, edge in graph.edges.items() if edge.observed}
    assert rates == {("shop/web", "shop/cart"): 3.0, ("shop/web", "shop/cart-canary"): 1.0}


def test_a_config_map_speaks_for_the_workload_that_reads_the_key() -> None:
    config = ConfigMap(
        "shop",
        "settings",
        references=(
            Reference("cart", "cart_url", "cart_url", "url", 80, "http"),
            Reference("user", "user_url", "user_url", "url", 80, "http"),
        ),
    )
    reader = workload("web", config=(ConfigUse("settings", "env", "cart_url", "CART"),))
    graph = build(
        snapshot(
            reader, config, workload("cart"), workload("user"), service("cart"), service("user")
        )
    )

    assert list(graph.edges) == [("shop/web", "shop/cart")]


def test_datastores_and_fittings_are_told_from_applications() -> None:
    graph = build(
        snapshot(
            workload("web", url("db"), url("queue")),
            workload("db", image="docker.io/library/postgres:16-alpine"),
            workload("queue", image="rabbitmq:3-management"),
            workload("collector", image="otel/opentelemetry-collector-contrib:0.100.0"),
            service("db"),
            service("queue"),
        )
    )

    assert {n.name: (n.role, n.product) for n in graph.nodes.values()} == {
        "web": ("entry", None),
        "db": ("datastore", "postgres"),
        "queue": ("broker", "rabbitmq"),
        "collector": ("infrastructure", "opentelemetry"),
    }
    assert "shop/collector" not in graph.calls


def test_an_ingress_leads_from_the_internet_to_an_entry() -> None:
    route = Route("Ingress", "shop", "front", ("shop.example",), (), (Backend("shop", "web", 80),))
    graph = build(snapshot(workload("web"), service("web"), route))

    assert list(graph.edges) == [
        ("ingress:shop/front", "shop/web"),
        ("internet", "ingress:shop/front"),
    ]
    assert graph.nodes["shop/web"].role == "entry"
    assert graph.nodes["ingress:shop/front"].kind == "Ingress"


@pytest.mark.parametrize("host", ["api.stripe.example", "192.0.2.7", "2001:db8::7"])
def test_a_host_outside_is_a_node_of_its_own(host: str) -> None:
    graph = build(snapshot(workload("web", url(host))))

    assert graph.nodes[f"external:{host}"].role == "external"


def test_a_name_that_nothing_has_is_a_gap_and_no_workload() -> None:
    graph = build(snapshot(workload("web"), calls=(call(peer("web"), Peer(name="ghost")),)))

    assert graph.nodes["unknown:ghost"].kind == "Unknown"
    assert [gap.reason for gap in graph.gaps] == [
        message("gap.unknown-names", names="ghost", more=0)
    ]


def test_a_name_that_two_namespaces_have_is_ambiguous() -> None:
    twin = workload("cart")
    other = type(twin)("Deployment", "blog", "cart", labels={"app": "cart"})
    graph = build(
        snapshot(workload("web"), twin, other, calls=(call(Peer(name="web"), Peer(name="cart")),))
    )

    assert graph.edges["shop/web", "unknown:cart"].confidence == 0.4
    assert not graph.calls.edges
    assert graph.gaps[0].reason.id == "gap.ambiguous-names"


def test_a_reference_to_a_service_that_does_not_exist_is_a_finding() -> None:
    gone = Reference("basket", "BASKET_URL", "env", "url", 80, "http")
    graph = build(snapshot(workload("web", gone), service("web")))

    assert [(f.id, f.subject) for f in graph.findings] == [
        ("unknown-service", "Deployment shop/web")
    ]


def test_calls_declared_but_not_seen_and_seen_but_not_declared_are_findings() -> None:
    seen = (call(peer("web"), peer("user")), call(peer("user"), peer("cart")))
    graph = build(
        snapshot(
            workload("web", url("cart")),
            workload("cart"),
            workload("user"),
            service("cart"),
            service("user"),
            calls=seen,
        )
    )

    assert [(f.id, f.subject) for f in graph.findings] == [
        ("declared-not-seen", "shop/web -> shop/cart"),
        ("seen-not-declared", "shop/web -> shop/user"),
    ]


def test_who_times_its_own_calls_would_show_those_to_a_server_that_nobody_calls() -> None:
    own = call(peer("web"), peer("user"), client_latency=Latency(p50_seconds=0.1), protocol="http")
    parts = (workload("web", url("cart"), url("user")), workload("cart"), workload("user"))
    both = (*parts, service("cart"), service("user"))
    graph = build(snapshot(*both, calls=(own,)))
    as_server = structs.replace(own, client_latency=None, server_latency=own.client_latency)
    nameless = call(peer("web"), Peer(name="ghost"))

    assert [(f.id, f.subject) for f in graph.findings] == [
        ("declared-not-seen", "shop/web -> shop/cart")
    ]
    assert build(snapshot(*both, calls=(as_server,))).findings == ()
    vague = build(snapshot(*both, calls=(own, nameless))).findings
    assert [f.subject for f in vague if f.id == "declared-not-seen"] == []


def test_the_one_caller_that_declares_nothing_stands_out_among_those_that_do() -> None:
    names = ("a", "b", "c")
    declaring = [workload(name, url("user")) for name in names]
    parts = (*declaring, workload("user"), workload("cart"), service("user"), service("cart"))
    seen = tuple(call(peer(name), peer("user")) for name in names)
    odd = call(peer("user"), peer("cart"))

    assert [(f.id, f.subject) for f in build(snapshot(*parts, calls=(*seen, odd))).findings] == [
        ("seen-not-declared", "shop/user -> shop/cart")
    ]
    assert build(snapshot(*parts, calls=(seen[0], odd))).findings == ()


def test_of_failing_calls_only_the_last_of_a_chain_is_a_finding() -> None:
    seen = (
        call(peer("web"), peer("cart"), 5.0, error_ratio=0.06),
        call(peer("cart"), peer("db"), 5.0, error_ratio=0.07),
        call(peer("web"), peer("user"), 0.001, error_ratio=0.5),
    )
    graph = build(
        snapshot(workload("web"), workload("cart"), workload("db"), workload("user"), calls=seen)
    )

    (finding,) = graph.findings
    assert (finding.id, finding.subject) == ("failing-calls", "shop/cart -> shop/db")
    assert finding.text == message("finding.failing-calls", errors=0.07, rate=5.0)


@pytest.mark.parametrize(
    ("errors", "severity"), [(0.009, None), (0.01, "warning"), (0.05, "warning"), (0.06, "error")]
)
def test_failing_calls_are_as_grave_as_they_burn_a_budget(
    errors: float, severity: str | None
) -> None:
    seen = (call(peer("cart"), peer("db"), 50.0, error_ratio=errors),)
    graph = build(snapshot(workload("cart"), workload("db"), calls=seen))

    assert [f.severity for f in graph.findings] == ([severity] if severity else [])


def test_a_server_that_fails_several_clients_is_one_finding() -> None:
    seen = (
        call(peer("web"), peer("db"), 30.0, error_ratio=0.02),
        call(peer("cart"), peer("db"), 10.0, error_ratio=0.1),
        call(peer("user"), peer("db"), 10.0, error_ratio=0.0),
    )
    parts = [workload(name) for name in ("web", "cart", "user", "db")]

    (finding,) = build(snapshot(*parts, calls=seen)).findings

    assert (finding.id, finding.subject) == ("failing-calls", "shop/db")
    assert finding.severity == "warning"
    assert finding.text == message(
        "finding.failing-server",
        errors=0.04,
        rate=40.0,
        count=2,
        clients="shop/cart, shop/web",
    )


def test_traces_sent_to_a_collector_make_no_service_an_entry() -> None:
    otlp = url("collector", "OTEL_EXPORTER_OTLP_ENDPOINT")
    collector = workload("collector", image="otel/opentelemetry-collector:1")
    graph = build(snapshot(workload("web", otlp), collector, service("web"), service("collector")))

    assert graph.nodes["shop/web"].role == "isolated"


def test_a_database_that_only_traces_name_is_outside_not_the_internet() -> None:
    seen = call(peer("web"), Peer(name="ordersdb", outside=True), protocol="db")
    graph = build(snapshot(workload("web"), calls=(seen,)))

    assert list(graph.edges) == [("shop/web", "external:ordersdb")]


def test_a_database_named_in_traces_is_found_in_the_cluster() -> None:
    seen = call(peer("web"), Peer(name="ordersdb", outside=True), protocol="db")
    database = workload("ordersdb", image="postgres:16")
    graph = build(snapshot(workload("web"), database, calls=(seen,)))

    assert list(graph.edges) == [("shop/web", "shop/ordersdb")]


def test_two_kinds_of_one_name_are_two_nodes() -> None:
    web = workload("web")
    job = type(web)("CronJob", "shop", "web")
    graph = build(snapshot(job, web))

    assert {n.id: n.kind for n in graph.nodes.values()} == {
        "shop/web": "Deployment",
        "shop/web~cronjob": "CronJob",
    }


def test_a_list_of_addresses_that_many_workloads_have_a_copy_of_proves_little() -> None:
    hosts = tuple("abcdefgh")
    addresses = tuple(Reference(h, f"all.json:{h}", "all.json", "host-port", 80) for h in hosts)
    copies = [ConfigMap("shop", f"{h}-config", references=addresses) for h in hosts]
    readers = [workload(h, config=(ConfigUse(f"{h}-config", "file"),)) for h in hosts]
    graph = build(snapshot(*readers, *copies, *(service(h) for h in hosts)))

    assert not any(edge.declared for edge in graph.edges.values())
    assert len(graph.edges) == 56


GATEWAYS = [
    Workload("Deployment", "edge", "nginx", product="ingress-controller", role="infrastructure"),
    Workload("Deployment", "istio-system", "in", product="istio", role="infrastructure"),
    Workload(
        "Deployment",
        "istio-ingress",
        "in",
        containers=(Container("istio-proxy", "auto"),),
        role="infrastructure",
    ),
]


@pytest.mark.parametrize("gateway", GATEWAYS, ids=lambda gateway: gateway.namespace)
def test_a_service_that_only_a_gateway_calls_is_an_entry(gateway: Workload) -> None:
    seen = call(Peer(gateway.name, gateway.namespace), peer("web"))
    given = snapshot(workload("web"), calls=(seen,))
    objects = structs.replace(given.objects, workloads=(*given.objects.workloads, gateway))
    graph = build(structs.replace(given, objects=objects))

    node = graph.nodes[f"{gateway.namespace}/{gateway.name}"]
    assert (node.role, node.product) == ("infrastructure", "ingress-controller")
    assert graph.nodes["shop/web"].role == "entry"


def test_a_service_that_only_its_watchers_call_is_isolated() -> None:
    watcher = Workload("Deployment", "monitoring", "prometheus")
    seen = call(Peer("prometheus", "monitoring"), peer("web"))
    for parts in ((workload("web"), watcher), (workload("web"),)):
        graph = build(snapshot(*parts, calls=(seen,)))

        assert {node.id: node.role for node in graph.nodes.values()} == {
            "monitoring/prometheus": "infrastructure",
            "shop/web": "isolated",
        }


def test_a_gateway_that_was_not_read_is_no_application() -> None:
    seen = call(Peer("istio-ingressgateway", "istio-system"), peer("web"))
    graph = build(snapshot(workload("web"), calls=(seen,)))

    gateway = graph.nodes["istio-system/istio-ingressgateway"]
    assert (gateway.role, gateway.product) == ("infrastructure", "ingress-controller")
    assert graph.nodes["shop/web"].role == "entry"


def test_a_service_of_addresses_outside_is_external() -> None:
    legacy = Service("shop", "legacy", ports=(ServicePort(5432),))
    graph = build(snapshot(workload("web", url("legacy")), legacy))

    assert graph.nodes["service:shop/legacy"].role == "external"


@pytest.mark.parametrize(("second", "together"), [(1, 10), (None, None)])
def test_workloads_in_one_node_have_their_replicas_together(
    second: int | None, together: int | None
) -> None:
    twins = (
        workload("cart-v1", version="v1", replicas=9),
        workload("cart-v2", version="v2", replicas=second),
    )
    seen = call(Peer(name="web"), Peer(name="cart"), source="service-graph")
    graph = build(snapshot(workload("web"), *twins, service("cart"), calls=(seen,)))

    assert graph.nodes["service:shop/cart"].replicas == together


def test_a_route_to_an_alias_leads_to_what_it_stands_for() -> None:
    alias = Service("edge", "web", external_name="web.shop.svc.cluster.local", type="ExternalName")
    route = Route("Ingress", "edge", "front", backends=(Backend("edge", "web", 80),))
    graph = build(snapshot(workload("web"), service("web"), alias, route))

    assert ("ingress:edge/front", "shop/web") in graph.edges


def test_names_that_nothing_has_stay_apart_by_their_namespaces() -> None:
    seen = tuple(
        call(peer("web"), Peer(service="x", service_namespace=home)) for home in ("blog", "pay")
    )
    graph = build(snapshot(workload("web"), calls=seen))

    assert list(graph.edges) == [("shop/web", "unknown:blog/x"), ("shop/web", "unknown:pay/x")]


def test_a_client_without_a_name_is_the_internet_only_where_that_gets_in() -> None:
    route = Route("Ingress", "shop", "front", backends=(Backend("shop", "web", 80),))
    nobody = Peer(outside=True)
    seen = (call(nobody, peer("web")), call(nobody, peer("cart")))
    graph = build(snapshot(workload("web"), service("web"), route, workload("cart"), calls=seen))

    assert {pair for pair, edge in graph.edges.items() if edge.observed} == {
        ("internet", "shop/web"),
        ("unknown:unseen-client", "shop/cart"),
    }
    assert graph.edges["internet", "shop/web"].evidence[0].subject == "internet -> shop/web"
    assert {name: graph.nodes[f"shop/{name}"].role for name in ("web", "cart")} == {
        "web": "entry",
        "cart": "leaf",
    }


def test_no_way_leads_through_what_has_no_name() -> None:
    nobody = Peer(outside=True)
    seen = (call(nobody, peer("web")), call(peer("cart"), nobody))
    graph = build(snapshot(workload("web"), workload("cart"), calls=seen))

    assert list(graph.edges) == [
        ("shop/cart", "external:unknown"),
        ("unknown:unseen-client", "shop/web"),
    ]


def test_figures_that_the_best_source_lacks_come_from_the_next() -> None:
    times = Latency(p50_seconds=0.2)
    traces = {"source": "service-graph", "sampled": True}
    seen = (
        call(peer("web"), peer("cart"), None, mtls=True),
        call(peer("web"), peer("cart"), 7.0, error_ratio=0.1, client_latency=times, **traces),
        call(peer("web"), peer("user"), 5.0, error_ratio=0.0),
        call(peer("web"), peer("user"), 7.0, error_ratio=0.1, client_latency=times, **traces),
    )
    graph = build(snapshot(workload("web"), workload("cart"), workload("user"), calls=seen))

    assert {
        edge.server: (edge.rate_rps, edge.error_ratio, edge.sampled, edge.latency, edge.mtls)
        for edge in graph.edges.values()
    } == {
        "shop/cart": (7.0, 0.1, True, times, True),
        "shop/user": (5.0, 0.0, None, times, None),
    }


def test_services_before_the_same_workloads_are_one_node() -> None:
    twins = (workload("cart-v1", version="v1"), workload("cart-v2", version="v2"))
    fronts = (service("cart"), service("cart-headless", "cart", cluster_ips=("None",)))
    seen = tuple(
        call(peer(client), Peer(service=front.name, service_namespace="shop"))
        for client, front in zip(("web", "user"), fronts, strict=True)
    )
    graph = build(snapshot(workload("web"), workload("user"), *twins, *fronts, calls=seen))

    assert list(graph.edges) == [
        ("shop/user", "service:shop/cart"),
        ("shop/web", "service:shop/cart"),
    ]


def test_a_workload_that_reads_a_config_map_in_two_ways_is_one_reader() -> None:
    gone = Reference("gone", "CART_URL", "CART_URL", "url", 80, "http", False)
    config = ConfigMap("shop", "settings", ("CART_URL",), (gone,))
    uses = (ConfigUse("settings", "file"), ConfigUse("settings", "env", "CART_URL", "CART_URL"))
    graph = build(snapshot(workload("web", config=uses), config, service("web")))

    assert [finding.id for finding in graph.findings] == ["unknown-service"]


@pytest.mark.parametrize(
    ("kind", "gateways", "leads_in"),
    [
        ("HTTPRoute", ("service:shop/web",), False),
        ("HTTPRoute", ("service:shop/web", "edge/gateway"), True),
        ("VirtualService", ("mesh",), False),
        ("VirtualService", (), False),
        ("VirtualService", ("mesh", "edge/gateway"), True),
    ],
)
def test_only_a_route_of_a_gateway_leads_in(
    kind: str, gateways: tuple[str, ...], leads_in: bool
) -> None:
    route = Route(kind, "shop", "web", gateways=gateways, backends=(Backend("shop", "web", 80),))
    graph = build(snapshot(workload("web"), service("web"), route))

    assert graph.nodes["shop/web"].role == ("entry" if leads_in else "isolated")


def test_a_backend_without_weight_gets_no_calls() -> None:
    backends = (Backend("shop", "blue", 80, 100), Backend("shop", "green", 80, 0))
    route = Route("HTTPRoute", "shop", "front", gateways=("edge/gateway",), backends=backends)
    apps = (workload("blue"), service("blue"), workload("green"), service("green"))
    graph = build(snapshot(*apps, route))

    assert list(graph.edges) == [
        ("httproute:shop/front", "shop/blue"),
        ("internet", "httproute:shop/front"),
    ]


def test_what_is_spoken_to_in_a_database_protocol_is_a_datastore() -> None:
    address = Reference("accounts", "DB_URL", "env", "url", 5432, "postgresql", None)
    graph = build(snapshot(workload("web", address), workload("accounts"), service("accounts")))

    assert graph.nodes["shop/accounts"].role == "datastore"


def test_a_service_without_known_workloads_may_show_to_be_a_broker() -> None:
    broker = Service("shop", "nats", selector={"app": "x"}, product="nats")
    facade = Service("shop", "nats-facade", selector={"app": "y"})

    graph = build(
        snapshot(workload("web", url("nats"), url("nats-facade", "FACADE_URL")), broker, facade)
    )

    found = {node.id: (node.product, node.role) for node in graph.nodes.values()}
    assert found["service:shop/nats"] == ("nats", "broker")
    assert found["service:shop/nats-facade"] == (None, "leaf")


def test_the_service_of_very_many_databases_is_one() -> None:
    behind = range(MOST_BEHIND + 1)
    shards = [workload(f"shards-{i}", image="mongo:7", version=str(i)) for i in behind]

    graph = build(snapshot(*shards, workload("web", url("shards")), service("shards")))

    assert graph.nodes["service:shop/shards"].role == "datastore"


def test_two_mentions_of_one_port_are_one_way_that_names_the_protocol() -> None:
    plain = Reference("db", "DB_ADDR", "env", "host-port", 5432)
    full = Reference("db", "DB_URL", "env", "url", 5432, "postgres", None)
    parts = (workload("db", image="postgres:16"), service("db"))
    ways = {
        build(snapshot(workload("web", *order), *parts)).edges["shop/web", "shop/db"].via
        for order in ((plain, full), (full, plain))
    }

    assert ways == {(Via("shop/db", 5432, "postgres"),)}


def test_a_command_that_shows_evidence_is_safe_to_paste() -> None:
    graph = build(snapshot(workload("$(id)", url("cart")), workload("cart"), service("cart")))

    (edge,) = graph.edges.values()
    assert edge.evidence[0].check == "kubectl get deployment '$(id)' -n shop -o yaml"


@pytest.mark.parametrize(
    ("behind", "servers"), [(MOST_BEHIND, MOST_BEHIND), (MOST_BEHIND + 1, 1), (200, 1)]
)
def test_calls_to_a_service_of_very_many_workloads_lead_to_the_service(
    behind: int, servers: int
) -> None:
    """Each client times each of them would be more edges than anything can hold."""
    members = [workload(f"shards-{i}", version=str(i)) for i in range(behind)]
    clients = [workload(f"client-{i}", url("shards")) for i in range(3)]

    graph = build(snapshot(*members, *clients, service("shards")))

    assert len(graph.edges) == 3 * servers
    assert (("shop/client-0", "service:shop/shards") in graph.edges) == (servers == 1)


def test_the_clients_time_and_the_servers_are_told_apart() -> None:
    waits, works = Latency(0.1, 0.2, 0.3, 0.4), Latency(0.05, 0.1, 0.2, 0.3)
    web, cart, db = Peer("web", "shop"), Peer("cart", "shop"), Peer("db", "shop")
    calls = (
        ObservedCall("istio", web, cart, rate_rps=1.0, client_latency=waits, server_latency=works),
        ObservedCall("istio", cart, db, rate_rps=1.0, server_latency=works),
    )

    edges = build(Snapshot(NOW, "0", telemetry=Telemetry(calls=calls))).edges

    seen = {pair: (e.latency, e.latency_side, e.server_latency) for pair, e in edges.items()}
    assert seen == {
        ("shop/web", "shop/cart"): (waits, "client", works),
        ("shop/cart", "shop/db"): (works, "server", works),
    }


def test_parts_of_an_edge_are_joined_by_their_buckets() -> None:
    """Two pods of one workload, of which one is slow."""
    fast = Latency(0.1, bounds=(0.1, 0.2, 0.4), counts=(50.0, 0.0, 0.0, 0.0))
    slow = Latency(0.3, bounds=(0.1, 0.2, 0.4), counts=(0.0, 0.0, 50.0, 0.0))
    cart = Peer("cart", "shop")
    calls = tuple(
        ObservedCall("x", Peer(pod=pod, namespace="shop"), cart, rate_rps=1.0, client_latency=part)
        for pod, part in (("web-5d8f9c7b64-2x7kq", fast), ("web-5d8f9c7b64-9wzrl", slow))
    )

    edges = build(Snapshot(NOW, "0", telemetry=Telemetry(calls=calls))).edges

    (edge,) = edges.values()
    assert (edge.client, edge.server, edge.rate_rps) == ("shop/web", "shop/cart", 2.0)
    assert edge.latency is not None
    assert edge.latency.p50_seconds == 0.1
    assert edge.latency.p99_seconds == pytest.approx(0.396)

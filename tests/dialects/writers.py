"""Every source in each of its forms, and how much of the truth each tells."""

from collections.abc import Mapping

from tests.dialects.dialect import (
    COLLECTOR_MS,
    GO_MS,
    ISTIO_MS,
    KONG_MS,
    LINKERD_MS,
    OTEL_S,
    POLICY_MS,
    SECONDS,
    TEMPO_MS,
    TRAEFIK_MS,
    Dialect,
)
from tests.dialects.entries import contour, envoy_gateway, haproxy, kong, nginx, traefik
from tests.dialects.kernel import (
    app_context,
    caretta,
    coroot,
    dns_context,
    flows,
    hubble,
    identity_context,
    ip_context,
    labels_context,
    name_context,
    netobserv,
    pod_context,
    pods_context,
    retina,
    workload_context,
)
from tests.dialects.meshes import (
    consul,
    consul_old,
    dapr,
    envoy,
    istio,
    kuma,
    linkerd,
    linkerd_policy,
    osm,
)
from tests.dialects.programs import (
    grpc_go,
    grpc_otel,
    micrometer,
    otel_db,
    otel_http,
    otel_rpc,
    service_graph,
    span_metrics,
    target_info,
)
from tests.dialects.truth import ENTRIES, GATEWAY_ENTRIES, Call

TEMPO_SPANS = ("traces_spanmetrics_calls_total", "traces_spanmetrics_latency", SECONDS)
NEW_SPANS = ("traces_span_metrics_calls_total", "traces_span_metrics_duration_milliseconds", 1.0)
OLD_SPANS = ("calls_total", "duration_seconds", SECONDS)


def by_address(call: Call) -> Mapping[str, str]:
    return {"server_address": f"{call.server.service}.{call.server.namespace}"}


def by_peer_service(call: Call) -> Mapping[str, str]:
    return {"peer_service": call.server.otel_name}


DIALECTS: tuple[Dialect, ...] = (
    Dialect("istio", "istio", istio(), ISTIO_MS),
    Dialect("istio-in-seconds", "istio", istio(unit="seconds"), ISTIO_MS),
    Dialect("istio-ambient", "istio", istio(ambient=True), ISTIO_MS),
    Dialect("linkerd", "linkerd", linkerd(), LINKERD_MS),
    Dialect("linkerd-policy", "linkerd-policy", linkerd_policy(), POLICY_MS),
    Dialect("consul", "consul", consul(), ISTIO_MS),
    Dialect("consul-before-1.9", "consul", consul_old(), ISTIO_MS),
    Dialect("kuma", "kuma", kuma(new=True), ISTIO_MS),
    Dialect("kuma-before-resources", "kuma", kuma(new=False), ISTIO_MS),
    Dialect("envoy", "envoy", envoy(), ISTIO_MS),
    Dialect("osm", "osm", osm(), ISTIO_MS),
    Dialect("dapr", "dapr", dapr(), ISTIO_MS),
    *(
        Dialect(f"hubble-{name}", "hubble", hubble(context), GO_MS)
        for name, context in (
            ("workload", workload_context),
            ("pod", pod_context),
            ("labels", labels_context),
            ("pods", pods_context),
            ("identity", identity_context),
            ("ip", ip_context),
            ("dns", dns_context),
            ("name", name_context),
            ("app", app_context),
        )
    ),
    Dialect("hubble-v1", "hubble", hubble(labels_context, version=1), GO_MS),
    Dialect("coroot", "coroot", coroot(app_id=True), GO_MS),
    Dialect("coroot-by-container", "coroot", coroot(app_id=False), GO_MS),
    Dialect("otel-scraped", "otel-client", otel_http(), OTEL_S),
    Dialect("otel-old-scraped", "otel-client", otel_http(old=True), OTEL_S),
    Dialect("otel-otlp", "otel-client", [*otel_http(scrape=False), *target_info()], OTEL_S),
    Dialect("otel-otlp-bare", "otel-client", otel_http(scrape=False), OTEL_S),
    Dialect("otel-promoted", "otel-client", otel_http(scrape=False, k8s=True), OTEL_S),
    Dialect("otel-both-names", "otel-client", [*otel_http(), *otel_http(old=True)], OTEL_S),
    Dialect("otel-rpc", "otel-client", otel_rpc(new=True), OTEL_S),
    Dialect("otel-rpc-old", "otel-client", otel_rpc(new=False), OTEL_S),
    Dialect("otel-db", "otel-client", otel_db(), OTEL_S),
    Dialect("grpc-interceptor", "grpc", grpc_go(), GO_MS),
    Dialect("grpc-otel", "grpc", grpc_otel(), GO_MS),
    Dialect("micrometer", "micrometer", micrometer(boot=3, buckets=True), GO_MS),
    Dialect("micrometer-boot-2", "micrometer", micrometer(boot=2, buckets=False)),
    Dialect("tempo", "service-graph", service_graph("tempo"), TEMPO_MS, sampled=True),
    Dialect("collector", "service-graph", service_graph("collector"), COLLECTOR_MS, sampled=True),
    Dialect(
        "collector-prefixed",
        "service-graph",
        service_graph("collector", "otel_"),
        COLLECTOR_MS,
        sampled=True,
    ),
    Dialect("obi-graph", "service-graph", service_graph("obi"), OTEL_S),
    Dialect("otterize", "service-graph", service_graph("otterize"), rates=False, sampled=True),
    Dialect(
        "spans-tempo",
        "span-metrics",
        span_metrics(TEMPO_SPANS, "service", by_peer_service),
        COLLECTOR_MS,
        sampled=True,
    ),
    Dialect(
        "spans-new",
        "span-metrics",
        span_metrics(NEW_SPANS, "service_name", by_address),
        COLLECTOR_MS,
        sampled=True,
    ),
    Dialect(
        "spans-old",
        "span-metrics",
        span_metrics(OLD_SPANS, "service_name", by_address),
        COLLECTOR_MS,
        sampled=True,
    ),
    Dialect("ingress-nginx", "ingress-nginx", nginx(honored=False), GO_MS, truth=ENTRIES),
    Dialect("ingress-nginx-honored", "ingress-nginx", nginx(honored=True), GO_MS, truth=ENTRIES),
    *(
        Dialect(f"traefik-{provider}", "traefik", traefik(provider), TRAEFIK_MS, truth=ENTRIES)
        for provider in ("kubernetes", "kubernetescrd", "kubernetesgateway")
    ),
    Dialect("haproxy", "haproxy", haproxy(tech=True), truth=ENTRIES),
    Dialect("haproxy-ingress", "haproxy", haproxy(tech=False), truth=ENTRIES),
    Dialect("kong", "kong", kong(old=False), KONG_MS, truth=ENTRIES),
    Dialect("kong-2", "kong", kong(old=True), KONG_MS, truth=ENTRIES),
    Dialect("contour", "contour", contour(), ISTIO_MS, truth=ENTRIES),
    Dialect("envoy-gateway", "envoy-gateway", envoy_gateway(), ISTIO_MS, truth=GATEWAY_ENTRIES),
    Dialect("obi-network", "ebpf-network", flows("obi", kinds=True, directed=True), rates=False),
    Dialect(
        "beyla-network",
        "ebpf-network",
        flows("beyla", kinds=False, directed=False),
        rates=False,
        unsure=frozenset({("shop/web", "shop/cart"), ("shop/cart", "shop/web")}),
    ),
    Dialect("caretta", "caretta", caretta(), rates=False),
    Dialect("retina", "retina", retina(), rates=False),
    Dialect("netobserv", "netobserv", netobserv(), rates=False, sampled=True),
)

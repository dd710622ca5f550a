"""What comes into the shop from outside, as ingress controllers write it."""

from collections.abc import Callable, Mapping, Sequence

from tests.dialects.dialect import GO_MS, ISTIO_MS, KONG_MS, SECONDS, TRAEFIK_MS, statuses
from tests.dialects.series import Counter, histogram
from tests.dialects.truth import ENTRIES, Entry, Spread


def entries(  # noqa: PLR0917  # as many as a metric has
    name: str,
    times: str,
    labels: Callable[[Entry], Mapping[str, str]],
    codes: tuple[Mapping[str, str], Mapping[str, str]],
    bounds_ms: Sequence[float],
    unit_ms: float = SECONDS,
) -> list[Counter]:
    found: list[Counter] = []
    for entry in ENTRIES:
        found += statuses(name, labels(entry), entry, entry.rate_rps, *codes, reset=True)
        if times:
            found += histogram(
                times, labels(entry), entry.rate_rps, entry.waited, bounds_ms, unit_ms=unit_ms
            )
    return found


def nginx(*, honored: bool) -> list[Counter]:
    stem = "nginx_ingress_controller"

    def labels(entry: Entry) -> Mapping[str, str]:
        own = {"namespace": entry.namespace, "service": entry.server.service}
        if not honored:
            own = {
                "exported_namespace": entry.namespace,
                "exported_service": entry.server.service,
                "namespace": "ingress-nginx",
                "service": "ingress-nginx-controller-metrics",
            }
        return {**own, "ingress": entry.ingress, "canary": "", "host": "shop.example", "path": "/"}

    unmatched = {"ingress": "-", "service": "-", "namespace": "-", "status": "404"}
    return [
        *entries(
            f"{stem}_requests",
            f"{stem}_request_duration_seconds",
            labels,
            ({"status": "200"}, {"status": "502"}),
            GO_MS,
        ),
        Counter(f"{stem}_requests", unmatched, 0.5),
    ]


def traefik(provider: str) -> list[Counter]:
    def labels(entry: Entry) -> Mapping[str, str]:
        app = entry.server
        name = f"{app.namespace}-{app.service}-{app.port}@{provider}"
        if provider == "kubernetesgateway":
            name = (
                f"httproute-{entry.namespace}-{entry.ingress}-gw-infra-main-ep-web-0-1a2b3c-svc-"
                f"{app.namespace}-{app.service}-0@{provider}"
            )
        return {
            "exported_service": name,
            "service": "traefik",
            "namespace": "traefik",
            "method": "GET",
            "protocol": "http",
        }

    own = {"exported_service": "api@internal", "code": "200"}
    return [
        *entries(
            "traefik_service_requests_total",
            "traefik_service_request_duration_seconds",
            labels,
            ({"code": "200"}, {"code": "502"}),
            TRAEFIK_MS,
        ),
        Counter("traefik_service_requests_total", own, 0.5),
    ]


def haproxy(*, tech: bool) -> list[Counter]:
    def labels(entry: Entry) -> Mapping[str, str]:
        app = entry.server
        middle = "_svc_" if tech else "_"
        return {
            "proxy": f"{app.namespace}{middle}{app.service}_{app.port}",
            "namespace": "haproxy-controller",
        }

    return entries(
        "haproxy_backend_http_responses_total", "", labels, ({"code": "2xx"}, {"code": "5xx"}), ()
    )


def kong(*, old: bool) -> list[Counter]:
    def labels(entry: Entry) -> Mapping[str, str]:
        app = entry.server
        return {
            "exported_service": f"{app.namespace}.{app.service}.{app.port}",
            "service": "kong-proxy",
            "namespace": "kong",
            "workspace": "default",
        }

    if not old:
        return entries(
            "kong_http_requests_total",
            "kong_request_latency_ms",
            labels,
            ({"code": "200"}, {"code": "503"}),
            KONG_MS,
            1.0,
        )
    counted = entries("kong_http_status", "", labels, ({"code": "200"}, {"code": "503"}), ())
    times = [
        each
        for entry in ENTRIES
        for kind, spread in (("request", entry.waited), ("kong", Spread(0, 2)))
        for each in histogram(
            "kong_latency",
            {**labels(entry), "type": kind},
            entry.rate_rps,
            spread,
            KONG_MS,
            unit_ms=1.0,
        )
    ]
    return [*counted, *times]


def contour() -> list[Counter]:
    def labels(entry: Entry) -> Mapping[str, str]:
        app = entry.server
        return {
            "envoy_cluster_name": f"{app.namespace}_{app.service}_{app.port}",
            "namespace": "projectcontour",
            "pod": "envoy-x2x4z",
        }

    return entries(
        "envoy_cluster_upstream_rq_xx",
        "envoy_cluster_upstream_rq_time",
        labels,
        ({"envoy_response_code_class": "2"}, {"envoy_response_code_class": "5"}),
        ISTIO_MS,
        1.0,
    )


def envoy_gateway() -> list[Counter]:
    def labels(entry: Entry) -> Mapping[str, str]:
        return {
            "envoy_cluster_name": f"httproute/{entry.namespace}/{entry.ingress}/rule/0",
            "namespace": "envoy-gateway-system",
            "pod": "envoy-infra-main-7d8f9c6b54-p9x2k",
        }

    return entries(
        "envoy_cluster_upstream_rq_xx",
        "envoy_cluster_upstream_rq_time",
        labels,
        ({"envoy_response_code_class": "2"}, {"envoy_response_code_class": "5"}),
        ISTIO_MS,
        1.0,
    )

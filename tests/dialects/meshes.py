"""The shop's calls as the proxies of meshes write them."""

from collections.abc import Callable, Mapping

from tests.dialects.dialect import (
    ISTIO_MS,
    LINKERD_MS,
    POLICY_MS,
    SECONDS,
    scraped,
    shares,
    statuses,
)
from tests.dialects.series import Counter, histogram
from tests.dialects.truth import CALLS, Call


def istio(*, unit: str = "milliseconds", ambient: bool = False) -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        client, server = call.client, call.server
        labels = {
            "source_workload": client.name,
            "source_workload_namespace": client.namespace,
            "source_canonical_service": client.name,
            "source_canonical_revision": "latest",
            "destination_workload": server.name,
            "destination_workload_namespace": server.namespace,
            "destination_canonical_service": server.name,
            "destination_service": server.host,
            "destination_service_name": server.service,
            "destination_service_namespace": server.namespace,
            "request_protocol": "http",
            "response_flags": "-",
        }
        # In ambient mode ztunnel reports the connection below the waypoint's requests.
        observers = (
            (("waypoint", "none", call.waited),)
            if ambient
            else (("source", "unknown", call.waited), ("destination", "mutual_tls", call.worked))
        )
        for reporter, policy, spread in observers:
            seen = {**labels, "reporter": reporter, "connection_security_policy": policy}
            found += statuses(
                "istio_requests_total",
                seen,
                call,
                call.rate_rps,
                {"response_code": "200"},
                {"response_code": "503"},
                reset=reporter == "source",
            )
            found += histogram(
                f"istio_request_duration_{unit}",
                seen,
                call.rate_rps,
                spread,
                ISTIO_MS,
                unit_ms=SECONDS if unit == "seconds" else 1.0,
            )
        if ambient:
            seen = {**labels, "request_protocol": "tcp", "app": "ztunnel"}
            found += [
                Counter(
                    "istio_tcp_connections_opened_total",
                    {**seen, "reporter": reporter, "connection_security_policy": "mutual_tls"},
                    0.1,
                )
                for reporter in ("source", "destination")
            ]
    return found


def linkerd() -> list[Counter]:
    kinds = {"Deployment": "deployment", "StatefulSet": "statefulset"}
    found: list[Counter] = []
    for call in CALLS:
        server = call.server
        for pod, _, rate, reset in shares(call):
            labels = {
                "direction": "outbound",
                "namespace": call.client.namespace,
                "pod": pod,
                kinds[call.client.kind]: call.client.name,
                "job": "linkerd-proxy",
                "authority": f"{server.host}:{server.port}",
                "dst_namespace": server.namespace,
                f"dst_{kinds[server.kind]}": server.name,
                "dst_service": server.service,
                "tls": "true",
            }
            found += statuses(
                "response_total",
                labels,
                call,
                rate,
                {"classification": "success", "status_code": "200"},
                {"classification": "failure", "status_code": "503"},
                reset=reset,
            )
            found += histogram(
                "response_latency_ms",
                labels,
                rate,
                call.waited,
                LINKERD_MS,
                unit_ms=1.0,
                reset=reset,
            )
        inbound = {
            "direction": "inbound",
            "namespace": server.namespace,
            "pod": server.pods[0][0],
            kinds[server.kind]: server.name,
            "tls": "true",
            "client_id": "web.shop",
            "classification": "success",
        }
        found.append(Counter("response_total", inbound, call.rate_rps))
    # Somebody else's metric of this name.
    found.append(Counter("response_total", {"job": "other", "code": "200"}, 3.0))
    return found


def linkerd_policy() -> list[Counter]:
    found: list[Counter] = []
    stem = "outbound_http_route_backend_response"
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            labels = {
                "namespace": call.client.namespace,
                "pod": pod,
                "deployment": call.client.name,
                "parent_kind": "Service",
                "route_kind": "default",
                "route_name": "default",
                "backend_kind": "Service",
                "backend_namespace": call.server.namespace,
                "backend_name": call.server.service,
                "backend_port": str(call.server.port),
            }
            found += statuses(
                f"{stem}_statuses_total",
                labels,
                call,
                rate,
                {"http_status": "200"},
                {"error": "REQUEST_TIMEOUT"},
                reset=reset,
            )
            found += histogram(
                f"{stem}_duration_seconds", labels, rate, call.waited, POLICY_MS, reset=reset
            )
    return found


def envoy_clusters(
    client: Callable[[Call, str], Mapping[str, str]], server: Callable[[Call], Mapping[str, str]]
) -> list[Counter]:
    """Envoy's own statistics, with some program's labels for both sides."""
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            labels = {**client(call, pod), **server(call)}
            found += statuses(
                "envoy_cluster_upstream_rq_xx",
                labels,
                call,
                rate,
                {"envoy_response_code_class": "2"},
                {"envoy_response_code_class": "5"},
                reset=reset,
            )
            found += histogram(
                "envoy_cluster_upstream_rq_time",
                labels,
                rate,
                call.waited,
                ISTIO_MS,
                unit_ms=1.0,
                reset=reset,
            )
    return found


def consul() -> list[Counter]:
    found = envoy_clusters(
        lambda call, pod: {
            **scraped(call, pod),
            "local_cluster": call.client.name,
            "consul_source_service": call.client.name,
            "consul_source_namespace": "default",
            "consul_source_datacenter": "dc1",
        },
        lambda call: {
            "consul_destination_service": call.server.name,
            "consul_destination_namespace": "default",
            "consul_destination_datacenter": "dc1",
            "consul_service": call.server.name,
            "envoy_cluster_name": call.server.name,
        },
    )
    own = {
        "local_cluster": "web",
        "envoy_cluster_name": "local_app",
        "namespace": "shop",
        "pod": "web-5d8f9c7b64-2x7kq",
        "envoy_response_code_class": "2",
    }
    return [*found, Counter("envoy_cluster_upstream_rq_xx", own, 9.0)]


def consul_old() -> list[Counter]:
    return envoy_clusters(
        lambda call, pod: {**scraped(call, pod), "local_cluster": call.client.name},
        lambda call: {"consul_service": call.server.name, "consul_datacenter": "dc1"},
    )


def kuma(*, new: bool) -> list[Counter]:
    def client(call: Call, pod: str) -> Mapping[str, str]:
        app = call.client
        if new:
            return {"mesh": "default", "namespace": app.namespace, "kuma_workload": app.name}
        return {
            "mesh": "default",
            "kuma_io_service": f"{app.service}_{app.namespace}_svc_{app.port}",
        }

    def server(call: Call) -> Mapping[str, str]:
        app = call.server
        if new:
            name = f"kri_msvc_default_zone-1_{app.namespace}_{app.service}_{app.port}"
        else:
            name = f"{app.service}_{app.namespace}_svc_{app.port}"
        return {"envoy_cluster_name": name}

    found = [
        Counter(each.name, {**each.labels, "instance": str(n)}, each.per_second, each.reset)
        for n, each in enumerate(envoy_clusters(client, server))
    ]
    own = {"mesh": "default", "namespace": "shop", "kuma_workload": "web"}
    return [
        *found,
        *(
            Counter(
                "envoy_cluster_upstream_rq_xx",
                {**own, "envoy_cluster_name": name, "envoy_response_code_class": "2"},
                5.0,
            )
            for name in ("localhost_8080", "kuma_metrics_hijacker", "self_inbound", "system_ads")
        ),
    ]


def envoy() -> list[Counter]:
    found = envoy_clusters(
        scraped,
        lambda call: {
            "envoy_cluster_name": f"outbound|{call.server.port}||{call.server.host}"
            if call.server.name == "cart"
            else call.server.name
        },
    )
    own = [
        Counter(
            "envoy_cluster_upstream_rq_xx",
            {
                "namespace": "shop",
                "pod": "web-5d8f9c7b64-2x7kq",
                "envoy_cluster_name": name,
                "envoy_response_code_class": "2",
            },
            5.0,
        )
        for name in ("xds_cluster", "admin", "local_service", "prometheus_stats", "zipkin")
    ]
    return [*found, *own]


def osm() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        labels = {
            "source_namespace": call.client.namespace,
            "source_kind": call.client.kind,
            "source_name": call.client.name,
            "source_pod": call.client.pods[0][0],
            "destination_namespace": call.server.namespace,
            "destination_kind": call.server.kind,
            "destination_name": call.server.name,
            "destination_pod": call.server.pods[0][0],
        }
        found += statuses(
            "osm_request_total",
            labels,
            call,
            call.rate_rps,
            {"response_code": "200"},
            {"response_code": "503"},
        )
        found += histogram(
            "osm_request_duration_ms", labels, call.rate_rps, call.waited, ISTIO_MS, unit_ms=1.0
        )
    return found


def dapr() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            own = {"namespace": call.client.namespace, "pod": pod, "app_id": call.client.name}
            answered = {**own, "src_app_id": call.server.name, "type": "unary"}
            found += statuses(
                "dapr_runtime_service_invocation_res_recv_total",
                answered,
                call,
                rate,
                {"status": "0"},
                {"status": "14"},
                reset=reset,
            )
            found += histogram(
                "dapr_runtime_service_invocation_res_recv_latency_ms",
                answered,
                rate,
                call.waited,
                ISTIO_MS,
                unit_ms=1.0,
                reset=reset,
            )
            found.append(
                Counter(
                    "dapr_runtime_service_invocation_req_sent_total",
                    {**own, "dst_app_id": call.server.name},
                    rate,
                    reset,
                )
            )
    return found

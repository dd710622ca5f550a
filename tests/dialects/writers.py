"""The shop's calls as each source writes them: both reporters, placeholders, old and new names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests.dialects.series import Counter, histogram
from tests.dialects.truth import APPS, CALLS, ENTRIES, GATEWAY_ENTRIES, App, Call, Entry, Spread

SECONDS = 1000.0
OTEL_S = (5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)
ISTIO_MS = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000)
LINKERD_MS = (1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000)
POLICY_MS = (25, 50, 100, 250, 500, 1000, 10000)
GO_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
TEMPO_MS = (100, 200, 400, 800, 1600, 3200, 6400, 12800)
COLLECTOR_MS = (2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10000, 15000)
TRAEFIK_MS = (100, 300, 1200, 5000)
KONG_MS = (25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10000, 30000, 60000)

Side = Literal["client", "server"]


@dataclass(frozen=True)
class Dialect:
    """One source in one of its forms, and how much of the truth it tells."""

    name: str
    source: str
    series: Sequence[Counter]
    bounds_ms: Sequence[float] = ()
    """Of its histograms; without any it tells no times."""
    side: Side = "client"
    """Whose times those of an edge are."""
    rates: bool = True
    errors: bool = True
    truth: Sequence[Call | Entry] = CALLS
    sampled: bool = False
    hosts: Mapping[str, str] = field(default_factory=dict)


def statuses(  # noqa: PLR0917  # as many as a series has
    name: str,
    labels: Mapping[str, str],
    call: Call | Entry,
    rate: float,
    good: Mapping[str, str],
    bad: Mapping[str, str],
    *,
    reset: bool = False,
) -> Iterator[Counter]:
    """The counter's series of good and of bad calls; without a failure there are no bad ones."""
    yield Counter(name, {**labels, **good}, rate * (1 - call.error_ratio), reset)
    if call.error_ratio:
        yield Counter(name, {**labels, **bad}, rate * call.error_ratio, reset)


def shares(call: Call) -> Iterator[tuple[str, str, float, bool]]:
    """Name and address of each pod of the client, its part of the calls, whether it restarted."""
    pods = call.client.pods
    for number, (pod, ip) in enumerate(pods):
        part = 1.0 if len(pods) == 1 else (0.25, 0.75)[number]
        yield pod, ip, call.rate_rps * part, number == 1


# --- meshes ---------------------------------------------------------------------------------------


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


def scraped(call: Call, pod: str) -> dict[str, str]:
    """What Kubernetes service discovery puts on the series of a pod."""
    return {
        "namespace": call.client.namespace,
        "pod": pod,
        "job": "kubernetes-pods",
        "instance": f"{pod}:9090",
        "container": "main",
    }


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


# --- the network and the kernel -------------------------------------------------------------------


def hubble(
    context: Callable[[App, str], Mapping[str, str]], *, version: int = 2, strangers: bool = True
) -> list[Counter]:
    """`context` gives a side's labels from its app and its name, "source" or "destination"."""
    found: list[Counter] = []
    for call in CALLS:
        forth = {**context(call.client, "source"), **context(call.server, "destination")}
        back = {**context(call.server, "source"), **context(call.client, "destination")}
        agent = {"namespace": "kube-system", "pod": "cilium-x7f2k", "job": "hubble"}
        for reporter, spread in (("client", call.waited), ("server", call.worked)):
            labels = {**agent, "method": "GET", "protocol": "HTTP/1.1", "reporter": reporter}
            if version == 2:
                found += statuses(
                    "hubble_http_requests_total",
                    {**labels, **forth},
                    call,
                    call.rate_rps,
                    {"status": "200"},
                    {"status": "500"},
                )
                answered = forth
            else:
                found.append(
                    Counter("hubble_http_requests_total", {**labels, **forth}, call.rate_rps)
                )
                found += statuses(
                    "hubble_http_responses_total",
                    {**labels, **back},
                    call,
                    call.rate_rps,
                    {"status": "200"},
                    {"status": "500"},
                )
                answered = back
            found += histogram(
                "hubble_http_request_duration_seconds",
                {**labels, **answered},
                call.rate_rps,
                spread,
                GO_MS,
            )
        found.append(Counter("hubble_tcp_flags_total", {**agent, "flag": "SYN", **forth}, 0.5))
        found.append(Counter("hubble_tcp_flags_total", {**agent, "flag": "SYN-ACK", **back}, 0.5))
        found += [
            Counter(
                "hubble_flows_processed_total",
                {**agent, "verdict": "FORWARDED", "type": "Trace", **way},
                3.0,
            )
            for way in (forth, back)
        ]
    if strangers:
        web = CALLS[0].client
        for identity in ("reserved:host", "reserved:kube-apiserver", "reserved:remote-node"):
            labels = {"flag": "SYN", "source": identity, **context(web, "destination")}
            found.append(Counter("hubble_tcp_flags_total", labels, 0.2))
    return found


def workload_context(app: App, side: str) -> dict[str, str]:
    return {side: f"{app.namespace}/{app.name}"}


def pod_context(app: App, side: str) -> dict[str, str]:
    return {side: f"{app.namespace}/{app.pods[0][0]}"}


def labels_context(app: App, side: str) -> dict[str, str]:
    return {
        f"{side}_namespace": app.namespace,
        f"{side}_workload": app.name,
        f"{side}_workload_kind": app.kind,
    }


def pods_context(app: App, side: str) -> dict[str, str]:
    return {f"{side}_namespace": app.namespace, f"{side}_pod": app.pods[0][0]}


def identity_context(app: App, side: str) -> dict[str, str]:
    return {
        side: f"k8s:app={app.name},k8s:io.cilium.k8s.policy.cluster=default,"
        f"k8s:io.kubernetes.pod.namespace={app.namespace}"
    }


def ip_context(app: App, side: str) -> dict[str, str]:
    return {side: app.pods[0][1]}


def dns_context(app: App, side: str) -> dict[str, str]:
    return {side: app.host if side == "destination" else f"{app.namespace}/{app.name}"}


def name_context(app: App, side: str) -> dict[str, str]:
    return {side: app.name}


def app_context(app: App, side: str) -> dict[str, str]:
    return {f"{side}_namespace": app.namespace, f"{side}_app": app.name}


def coroot(*, app_id: bool) -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            for number, (_, ip) in enumerate(call.server.pods):
                part = rate / len(call.server.pods)
                labels = {
                    "container_id": f"/k8s/{call.client.namespace}/{pod}/main",
                    "destination": f"{call.server.cluster_ip}:{call.server.port}",
                    "actual_destination": f"{ip}:{call.server.port}",
                    "job": "coroot-node-agent",
                    "instance": f"node-{number}",
                }
                if app_id:
                    labels["app_id"] = f"/k8s/{call.client.namespace}/{call.client.name}"
                stem = "http_requests" if call.server.port != 5432 else "postgres_queries"
                bad = "5xx" if call.server.port != 5432 else "failed"
                good = "2xx" if call.server.port != 5432 else "ok"
                found += statuses(
                    f"container_{stem}_total",
                    labels,
                    call,
                    part,
                    {"status": good},
                    {"status": bad},
                    reset=reset,
                )
                found += histogram(
                    f"container_{stem}_duration_seconds_total",
                    labels,
                    part,
                    call.waited,
                    GO_MS,
                    reset=reset,
                )
                found.append(Counter("container_net_tcp_successful_connects_total", labels, 0.1))
    own = {
        "container_id": "/k8s/shop/web-5d8f9c7b64-2x7kq/main",
        "destination": "127.0.0.1:15000",
        "actual_destination": "127.0.0.1:15000",
        "status": "2xx",
    }
    return [
        *found,
        Counter("container_http_requests_total", own, 1.0),
        Counter("node_agent_info", {"version": "1.26.0"}, 0.0),
    ]


def caretta() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        labels = {
            "client_name": call.client.name,
            "client_namespace": call.client.namespace,
            "client_kind": call.client.kind,
            "link_id": call.client.id,
            "server_port": str(call.server.port),
            "server_namespace": call.server.namespace,
        }
        found.append(
            Counter(
                "caretta_links_observed",
                {
                    **labels,
                    "role": "1",
                    "server_kind": "Service",
                    "server_name": call.server.service,
                },
                1500.0,
            )
        )
        found.append(
            Counter(
                "caretta_links_observed",
                {
                    **labels,
                    "role": "2",
                    "server_kind": call.server.kind,
                    "server_name": call.server.name,
                },
                1500.0,
            )
        )
    probe = {
        "client_name": "node-1",
        "client_namespace": "node",
        "client_kind": "node",
        "server_name": "web",
        "server_namespace": "shop",
        "server_kind": "Deployment",
        "role": "2",
    }
    return [*found, Counter("caretta_links_observed", probe, 10.0)]


def flows(product: str, *, kinds: bool, directed: bool) -> list[Counter]:
    """Bytes between owners; the side that is called may be named as its Service."""
    found: list[Counter] = []
    for call in CALLS:
        sides = {
            "k8s_src_namespace": call.client.namespace,
            "k8s_src_owner_name": call.client.name,
            "k8s_dst_namespace": call.server.namespace,
            "k8s_dst_owner_name": call.server.service,
        }
        back = {
            "k8s_src_namespace": call.server.namespace,
            "k8s_src_owner_name": call.server.service,
            "k8s_dst_namespace": call.client.namespace,
            "k8s_dst_owner_name": call.client.name,
        }
        if kinds:
            sides |= {"k8s_src_owner_type": call.client.kind, "k8s_dst_owner_type": "Service"}
            back |= {"k8s_src_owner_type": "Service", "k8s_dst_owner_type": call.client.kind}
        for way, direction in ((sides, "request"), (back, "response")):
            labels = {**way, "direction": direction} if directed else way
            found.append(Counter(f"{product}_network_flow_bytes_total", labels, 900.0))
    return found


def retina() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        forth, back = (
            {
                f"{side}_{part}": value
                for side, app in (("source", a), ("destination", b))
                for part, value in (
                    ("ip", app.pods[0][1]),
                    ("namespace", app.namespace),
                    ("pod", app.pods[0][0]),
                    ("workload", app.name),
                )
            }
            for a, b in ((call.client, call.server), (call.server, call.client))
        )
        found.append(
            Counter("networkobservability_adv_tcpflags_count", {"flag": "SYN", **forth}, 1.0)
        )
        found.append(
            Counter("networkobservability_adv_tcpflags_count", {"flag": "SYNACK", **back}, 1.0)
        )
        found += [
            Counter(
                "networkobservability_adv_forward_bytes", {"direction": direction, **way}, 800.0
            )
            for way in (forth, back)
            for direction in ("egress", "ingress")
        ]
    return found


def netobserv() -> list[Counter]:
    def way(a: App, b: App, b_name: str, b_kind: str) -> dict[str, str]:
        return {
            "SrcK8S_Namespace": a.namespace,
            "SrcK8S_OwnerName": a.name,
            "SrcK8S_OwnerType": a.kind,
            "DstK8S_Namespace": b.namespace,
            "DstK8S_OwnerName": b_name,
            "DstK8S_OwnerType": b_kind,
            "K8S_FlowLayer": "app",
        }

    return [
        Counter(f"netobserv_workload_{end}_bytes_total", labels, 700.0)
        for call in CALLS
        for end in ("egress", "ingress")
        for labels in [way(call.client, call.server, call.server.service, "Service")]
    ]


# --- programs and their traces --------------------------------------------------------------------


def otel_http(*, old: bool = False, scrape: bool = True, k8s: bool = False) -> list[Counter]:
    """By an application's own endpoint, by OTLP with `target_info`, or with promoted attributes."""
    name = "http_client_duration_milliseconds" if old else "http_client_request_duration_seconds"
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            app = call.client
            labels = scraped(call, pod) if scrape else {"job": app.otel_name, "instance": pod}
            if k8s:
                labels |= {
                    "k8s_namespace_name": app.namespace,
                    f"k8s_{app.kind.lower()}_name": app.name,
                }
            host = f"{call.server.service}.{call.server.namespace}"
            labels |= (
                {"net_peer_name": host, "net_peer_port": str(call.server.port)}
                if old
                else {"server_address": host, "server_port": str(call.server.port)}
            )
            status = "http_status_code" if old else "http_response_status_code"
            for codes, ratio in (
                ({status: "200"}, 1 - call.error_ratio),
                ({status: "503", "error_type": "503"}, call.error_ratio),
            ):
                if ratio:
                    found += histogram(
                        name,
                        {**labels, **codes},
                        rate * ratio,
                        call.waited,
                        OTEL_S,
                        unit_ms=1.0 if old else SECONDS,
                        reset=reset,
                    )
    return found


def target_info() -> list[Counter]:
    return [
        Counter(
            "target_info",
            {
                "job": app.otel_name,
                "instance": pod,
                "k8s_namespace_name": app.namespace,
                f"k8s_{app.kind.lower()}_name": app.name,
                "k8s_pod_name": pod,
            },
            0.0,
        )
        for app in APPS
        for pod, _ in app.pods
    ]


def otel_rpc(*, new: bool) -> list[Counter]:
    name = "rpc_client_call_duration_seconds" if new else "rpc_client_duration_milliseconds"
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            api = f"{call.server.namespace}.{call.server.name.title()}"
            labels = {**scraped(call, pod)}
            if new:
                labels |= {
                    "rpc_system_name": "grpc",
                    "rpc_method": f"{api}/Get",
                    "server_address": call.server.host,
                }
            else:
                labels |= {"rpc_system": "grpc", "rpc_service": api, "rpc_method": "Get"}
            status = "rpc_status_code" if new else "rpc_grpc_status_code"
            for code, ratio in (
                ("OK" if new else "0", 1 - call.error_ratio),
                ("UNAVAILABLE" if new else "14", call.error_ratio),
            ):
                if ratio:
                    found += histogram(
                        name,
                        {**labels, status: code},
                        rate * ratio,
                        call.waited,
                        OTEL_S,
                        unit_ms=SECONDS if new else 1.0,
                        reset=reset,
                    )
    if not new:
        found += [
            Counter(
                "rpc_server_duration_milliseconds_count",
                {
                    "namespace": app.namespace,
                    "pod": pod,
                    "job": "kubernetes-pods",
                    "rpc_service": f"{app.namespace}.{app.name.title()}",
                    "rpc_method": "Get",
                },
                5.0,
            )
            for app in APPS
            for pod, _ in app.pods
        ]
    return found


def otel_db() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            labels = {
                **scraped(call, pod),
                "db_system_name": "postgresql",
                "server_address": f"{call.server.service}.{call.server.namespace}.svc",
            }
            for codes, ratio in (
                ({}, 1 - call.error_ratio),
                ({"error_type": "timeout"}, call.error_ratio),
            ):
                if ratio:
                    found += histogram(
                        "db_client_operation_duration_seconds",
                        {**labels, **codes},
                        rate * ratio,
                        call.waited,
                        OTEL_S,
                        reset=reset,
                    )
    return found


def grpc_go() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        api = f"{call.server.namespace}.{call.server.name.title()}"
        for pod, _, rate, reset in shares(call):
            labels = {
                **scraped(call, pod),
                "grpc_service": api,
                "grpc_method": "Get",
                "grpc_type": "unary",
            }
            found += statuses(
                "grpc_client_handled_total",
                labels,
                call,
                rate,
                {"grpc_code": "OK"},
                {"grpc_code": "Unavailable"},
                reset=reset,
            )
            found += histogram(
                "grpc_client_handling_seconds", labels, rate, call.waited, GO_MS, reset=reset
            )
        found += [
            Counter(
                "grpc_server_started_total",
                {"namespace": call.server.namespace, "pod": pod, "grpc_service": api},
                5.0,
            )
            for pod, _ in call.server.pods
        ]
    health = {
        "namespace": "shop",
        "pod": "web-5d8f9c7b64-2x7kq",
        "grpc_method": "Check",
        "grpc_service": "grpc.health.v1.Health",
        "grpc_code": "OK",
    }
    return [*found, Counter("grpc_client_handled_total", health, 1.0)]


def grpc_otel() -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        target = f"dns:///{call.server.service}.{call.server.namespace}:{call.server.port}"
        for pod, _, rate, reset in shares(call):
            labels = {**scraped(call, pod), "grpc_target": target, "grpc_method": "Get"}
            for code, ratio in (("OK", 1 - call.error_ratio), ("UNAVAILABLE", call.error_ratio)):
                if ratio:
                    for kind, times in (("call", 1.0), ("attempt", 1.5)):
                        found += histogram(
                            f"grpc_client_{kind}_duration_seconds",
                            {**labels, "grpc_status": code},
                            rate * ratio * times,
                            call.waited,
                            GO_MS,
                            reset=reset,
                        )
    return found


def micrometer(*, boot: int, buckets: bool) -> list[Counter]:
    found: list[Counter] = []
    for call in CALLS:
        for pod, _, rate, reset in shares(call):
            label = "client_name" if boot > 2 else "clientName"
            labels = {
                **scraped(call, pod),
                label: f"{call.server.service}.{call.server.namespace}",
                "method": "GET",
                "uri": "none",
            }
            for status, ratio in (("200", 1 - call.error_ratio), ("IO_ERROR", call.error_ratio)):
                if ratio and buckets:
                    found += histogram(
                        "http_client_requests_seconds",
                        {**labels, "status": status},
                        rate * ratio,
                        call.waited,
                        GO_MS,
                        reset=reset,
                    )
                elif ratio:
                    found.append(
                        Counter(
                            "http_client_requests_seconds_count",
                            {**labels, "status": status},
                            rate * ratio,
                            reset,
                        )
                    )
    return found


def service_graph(
    emitter: Literal["tempo", "collector", "obi", "otterize"], prefix: str = ""
) -> list[Counter]:
    stem = f"{prefix}traces_service_graph_request"
    bounds = {"tempo": TEMPO_MS, "collector": COLLECTOR_MS, "obi": OTEL_S, "otterize": ()}[emitter]
    found: list[Counter] = []
    for call in CALLS:
        labels = {"client": call.client.otel_name, "server": call.server.otel_name}
        if emitter == "obi":
            labels |= {
                "source": "obi",
                "client_k8s_namespace_name": call.client.namespace,
                "server_k8s_namespace_name": call.server.namespace,
            }
        if emitter == "collector":
            found += statuses(
                f"{stem}_total",
                labels,
                call,
                call.rate_rps,
                {"failed": "false"},
                {"failed": "true"},
            )
        else:
            found.append(Counter(f"{stem}_total", labels, call.rate_rps, reset=True))
        if emitter == "otterize":
            continue
        if call.error_ratio:
            failed = {**labels, "failed": "true"} if emitter == "collector" else labels
            found.append(Counter(f"{stem}_failed_total", failed, call.rate_rps * call.error_ratio))
        for side, spread in (("client", call.waited), ("server", call.worked)):
            found += histogram(f"{stem}_{side}_seconds", labels, call.rate_rps, spread, bounds)
    return found


def span_metrics(
    names: tuple[str, str, float], service: str, peer: Callable[[Call], Mapping[str, str]]
) -> list[Counter]:
    calls_name, times_name, unit_ms = names
    found: list[Counter] = []
    for call in CALLS:
        labels = {
            service: call.client.otel_name,
            "span_kind": "SPAN_KIND_CLIENT",
            "span_name": "GET",
            **peer(call),
        }
        inside = {
            service: call.server.otel_name,
            "span_kind": "SPAN_KIND_SERVER",
            "span_name": "GET",
            "status_code": "STATUS_CODE_UNSET",
        }
        found.append(Counter(calls_name, inside, call.rate_rps))
        for code, ratio in (
            ("STATUS_CODE_UNSET", 1 - call.error_ratio),
            ("STATUS_CODE_ERROR", call.error_ratio),
        ):
            if ratio:
                coded = {**labels, "status_code": code}
                found.append(Counter(calls_name, coded, call.rate_rps * ratio))
                found += histogram(
                    times_name,
                    coded,
                    call.rate_rps * ratio,
                    call.waited,
                    COLLECTOR_MS,
                    unit_ms=unit_ms,
                )
    return found


# --- from outside ---------------------------------------------------------------------------------


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
    *(
        Dialect(name, "ebpf-network", flows(product, kinds=kinds, directed=directed), rates=False)
        for name, product, kinds, directed in (
            ("obi-network", "obi", True, True),
            ("beyla-network", "beyla", False, False),
        )
    ),
    Dialect("caretta", "caretta", caretta(), rates=False),
    Dialect("retina", "retina", retina(), rates=False),
    Dialect("netobserv", "netobserv", netobserv(), rates=False, sampled=True),
)

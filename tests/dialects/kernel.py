"""The shop's calls as the network and the kernel see them."""

from collections.abc import Callable, Mapping

from tests.dialects.dialect import GO_MS, shares, statuses
from tests.dialects.series import Counter, histogram
from tests.dialects.truth import CALLS, App


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

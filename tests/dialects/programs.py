"""The shop's calls as programs and their traces tell them."""

from collections.abc import Callable, Mapping
from typing import Literal

from tests.dialects.dialect import (
    COLLECTOR_MS,
    GO_MS,
    OTEL_S,
    SECONDS,
    TEMPO_MS,
    scraped,
    shares,
    statuses,
)
from tests.dialects.series import Counter, histogram
from tests.dialects.truth import APPS, CALLS, Call


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

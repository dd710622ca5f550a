"""Calls as Istio and the service-graph emitters would have counted them."""

import math
from collections.abc import Mapping

from tests.prometheus.history import Series, histogram

EVEN = {5.0: 0.0, 10.0: 5.0, 20.0: 4.0, 50.0: 1.0}
"""Milliseconds: half of the calls take 5 to 10, four tenths up to 20, a tenth up to 50."""


def istio_edge(
    client: str,
    server: str,
    per_second: float,
    *,
    error_ratio: float = 0.0,
    milliseconds: Mapping[float, float] = EVEN,
    **when: float,
) -> list[Series]:
    """What the sidecars of two workloads "namespace/name" report.

    The server's Service has its name.
    """
    (client_namespace, client_name), (server_namespace, server_name) = (
        each.split("/") for each in (client, server)
    )
    labels = {
        "source_workload": client_name,
        "source_workload_namespace": client_namespace,
        "source_canonical_service": client_name,
        "destination_workload": server_name,
        "destination_workload_namespace": server_namespace,
        "destination_canonical_service": server_name,
        "destination_service": f"{server_name}.{server_namespace}.svc.cluster.local",
        "destination_service_name": server_name,
        "destination_service_namespace": server_namespace,
        "request_protocol": "http",
    }
    series: list[Series] = []
    for reporter, policy in (("source", "unknown"), ("destination", "mutual_tls")):
        seen = {**labels, "reporter": reporter, "connection_security_policy": policy}
        for code, share in (("200", 1 - error_ratio), ("503", error_ratio)):
            if share:
                series.append(
                    Series(
                        "istio_requests_total",
                        {**seen, "response_code": code},
                        per_second * share,
                        **when,
                    )
                )
        series += histogram(
            "istio_request_duration_milliseconds", seen, per_second, milliseconds, **when
        )
    return series


def graph_edge(
    client: str,
    server: str,
    per_second: float,
    *,
    error_ratio: float = 0.0,
    milliseconds: Mapping[float, float] = EVEN,
    prefix: str = "",
    labels: Mapping[str, str] | None = None,
    **when: float,
) -> list[Series]:
    """What a service-graph emitter has of an edge; the client waits as long as the server works."""
    stem = f"{prefix}traces_service_graph_request"
    names = {"client": client, "server": server, **(labels or {})}
    seconds = {bound / 1000: share for bound, share in milliseconds.items() if bound != math.inf}
    series = [Series(f"{stem}_total", names, per_second, **when)]
    if error_ratio:
        series.append(Series(f"{stem}_failed_total", names, per_second * error_ratio, **when))
    for side in ("client", "server"):
        series += histogram(f"{stem}_{side}_seconds", names, per_second, seconds, **when)
    return series

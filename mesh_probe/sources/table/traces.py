"""Metrics made of spans that name the other side."""

from mesh_probe.source import Source
from mesh_probe.sources.row import Row, Side
from mesh_probe.sources.rows.reading import source_of
from mesh_probe.sources.statuses import SPAN_FAILED

_PEERS = (
    "server_address",
    "net_peer_name",
    "net_sock_peer_addr",
    "http_host",
    "network_peer_address",
)
_RESOURCES = tuple(
    f"k8s_{owner}_name" for owner in ("deployment", "statefulset", "daemonset", "cronjob", "job")
)

_SPAN_METRICS = Row(
    source="span-metrics",
    tier="spans",
    requests="(.+_|)calls(_total)?",
    durations="(.+_|)(latency|duration(_milliseconds|_seconds)?)",
    beside=True,
    lone=".*traces_(spanmetrics|span_metrics)_",
    generic=True,
    sampled=True,
    only={"span_kind": "SPAN_KIND_CLIENT|SPAN_KIND_PRODUCER|client|CLIENT"},
    client=Side(
        workload=_RESOURCES,
        namespace=("k8s_namespace_name", "service_namespace"),
        pod="k8s_pod_name",
        name=("service_name", "service", "exported_service"),
    ),
    server=Side(
        name="peer_service",
        host=_PEERS,
        port=("server_port", "net_peer_port"),
        api="rpc_service",
    ),
    status={"status_code": SPAN_FAILED},
    protocol_label=("db_system", "db_system_name", "messaging_system", "rpc_system"),
    split_by="service_name",
    hint="hint.span-metrics-dimensions",
)
"""https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/spanmetricsconnector
https://grafana.com/docs/tempo/latest/metrics-from-traces/span-metrics/
Only a dimension that names the other side makes them tell of calls."""

SPANS: tuple[Source, ...] = (source_of([_SPAN_METRICS]),)

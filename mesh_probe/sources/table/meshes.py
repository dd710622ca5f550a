"""Meshes whose proxies are regular: Linkerd, Consul, Kuma, Open Service Mesh, Dapr, plain Envoy."""

from mesh_probe.source import Source
from mesh_probe.sources.row import Encryption, Row, Side, Symptom, replaced
from mesh_probe.sources.rows.reading import source_of
from mesh_probe.sources.statuses import GRPC_CODE_FAILED, GRPC_NAME_FAILED, HTTP_FAILED

_OWNERS = ("deployment", "statefulset", "daemonset", "k8s_job", "cronjob", "replicaset")

# The proxy does not know its own workload: relabelling copies it from the pod's labels.
# https://linkerd.io/2/tasks/exporting-metrics/
_LINKERD_CLIENT = Side(
    workload=(*_OWNERS, "replicationcontroller"), namespace="namespace", pod="pod"
)

_LINKERD = Row(
    source="linkerd",
    tier="mesh",
    requests="response_total",
    durations="response_latency_ms",
    generic=True,
    only={"direction": "outbound"},
    client=_LINKERD_CLIENT,
    server=Side(
        workload=(*(f"dst_{owner}" for owner in _OWNERS), "dst_replicationcontroller"),
        namespace="dst_namespace",
        pod="dst_pod",
        service="dst_service",
        host="authority",
    ),
    status={"classification": "failure"},
    protocol="http",
    encryption=Encryption("tls", encrypted="true", plain="disabled|no_identity|loopback"),
    hint="hint.linkerd-relabelling",
)
"""https://linkerd.io/2/reference/proxy-metrics/ . The route metrics have no client of their own."""


def _linkerd_policy(protocol: str) -> Row:
    stem = f"outbound_{protocol}_route_backend_response"
    return Row(
        source="linkerd-policy",
        part=protocol,
        tier="mesh",
        requests=f"{stem}_statuses_total",
        durations=f"{stem}_duration_seconds",
        client=_LINKERD_CLIENT,
        server=Side(
            service="backend_name", service_namespace="backend_namespace", port="backend_port"
        ),
        status={"http_status": HTTP_FAILED, "grpc_status": GRPC_NAME_FAILED, "error": ".+"},
        protocol=protocol,
        hint="hint.linkerd-relabelling",
    )


_ENVOY = Row(
    source="envoy",
    tier="mesh",
    generic=True,
    requests="envoy_cluster_upstream_rq_xx",
    durations="envoy_cluster_upstream_rq_time",
    unit="ms",
    client=Side(scraped=True),
    server=Side(),
    status={"envoy_response_code_class": "5"},
    protocol="http",
)
"""https://www.envoyproxy.io/docs/envoy/latest/configuration/upstream/cluster_manager/cluster_stats
Only its clusters that lead away from it are calls."""

_OWN_CLUSTERS = (
    r"xds.*|sds.*|admin.*|local.*|self_.*|system_.*|prometheus.*|zipkin.*|jaeger.*|kuma_.*|agent|"
    r"access_log.*|ads_.*|outbound_passthrough.*|inbound.*|PassthroughCluster|BlackHoleCluster|"
    r"InboundPassthroughCluster.*|probe_.*|original-destination|meshtrace.*|tracing.*|_kuma_.*|ads"
)
_OF_ISTIO = r"outbound\|(?P<port>\d+)\|[^|]*\|(?P<host>.+)"
_OF_CONTOUR = r"(?P<namespace>[^_/|]+)_(?P<service>[^_/|]+)_(?P<port>\d+)"
_OF_ROUTE = (
    r"(?P<route_kind>httproute|grpcroute|tcproute|tlsroute|udproute)/(?P<namespace>[^/]+)/"
    r"(?P<route>[^/]+)/rule/"
)
_SHARED = r"service/(?P<namespace>[^/]+)/(?P<service>[^/]+)/(?P<port>\d+)(/.*)?"
_NOT_RAW = f"{_OWN_CLUSTERS}|[^_/|]+_[^_/|]+_[0-9]+|(http|grpc|tcp|tls|udp)route/.+|service/.+"

_CONSUL = replaced(
    _ENVOY,
    source="consul",
    only={"consul_destination_service": ".+"},
    client=Side(
        name=("consul_source_service", "local_cluster"),
        namespace=("namespace", "consul_source_namespace"),
        pod="pod",
    ),
    server=Side(name="consul_destination_service", namespace="consul_destination_namespace"),
)
"""https://developer.hashicorp.com/consul/docs/connect/observability . Consul's namespace is none of
Kubernetes unless it is mirrored, so it only helps where a workload of that name is in one."""

_CONSUL_OLD = replaced(
    _CONSUL,
    part="before 1.9",
    only={"consul_service": ".+"},
    never={"consul_destination_service": ".+"},
    client=Side(name="local_cluster", pod="pod", namespace="namespace"),
    server=Side(name="consul_service", namespace="consul_namespace"),
)

_KUMA_SERVICE = r"(?P<service>[^_]+)_(?P<namespace>[^_]+)_svc(_(?P<port>\d+))?"
_KUMA = replaced(
    _ENVOY,
    source="kuma",
    only={"mesh": ".+"},
    never={"envoy_cluster_name": f"localhost_.*|{_OWN_CLUSTERS}"},
    client=Side(
        workload="kuma_workload",
        namespace=("k8s_kuma_io_namespace", "namespace"),
        pod="pod",
        patterns={
            "kuma_io_service": (_KUMA_SERVICE, "(?P<name>.+)"),
            "kuma_io_services": f",?{_KUMA_SERVICE}(,.*)?",
        },
    ),
    server=Side(
        patterns={
            "envoy_cluster_name": (
                r"kri_m?svc_[^_]*_[^_]*_(?P<namespace>[^_]*)_(?P<service>[^_]+)_(?P<port>\d*).*",
                r"kri_extsvc_[^_]*_[^_]*_[^_]*_(?P<name>[^_]+)_.*",
                r"[^_]+_(?P<service>[^_]+)_(?P<namespace>[^_]+)_[^_]+_msvc_(?P<port>\d+)",
                _KUMA_SERVICE,
                "(?P<name>[^_]+)",
            )
        }
    ),
)
"""https://kuma.io/docs/latest/explore/observability/ . Cluster names are those of resources
(`kri_msvc_mesh_zone_namespace_name_port`) or `service_namespace_svc_port`."""

_OSM = Row(
    source="osm",
    tier="mesh",
    requests="osm_request_total",
    durations="osm_request_duration_ms",
    client=Side(
        workload="source_name",
        kind="source_kind",
        namespace="source_namespace",
        pod="source_pod",
    ),
    server=Side(
        workload="destination_name",
        kind="destination_kind",
        namespace="destination_namespace",
        pod="destination_pod",
    ),
    status={"response_code": HTTP_FAILED},
    protocol="http",
    hint="hint.osm-relabelling",
)
"""Its labels are made by the relabelling of its own Prometheus:
openservicemesh/osm charts/osm/templates/prometheus-configmap.yaml"""

_DAPR = Row(
    source="dapr",
    tier="mesh",
    requests="dapr_runtime_service_invocation_res_recv_total",
    durations="dapr_runtime_service_invocation_res_recv_latency_ms",
    client=Side(name="app_id", namespace=("exported_namespace", "namespace"), pod="pod"),
    server=Side(name="src_app_id", namespace="namespace"),
    status={"status": rf"5\d\d|{GRPC_CODE_FAILED}|{GRPC_NAME_FAILED}"},
    hint="hint.dapr",
)
"""The "source" of a received response is who sent it, so the callee:
dapr/dapr pkg/diagnostics/service_monitoring.go"""

_DAPR_SENT = replaced(
    _DAPR,
    part="sent",
    counts="connections",
    requests="dapr_runtime_service_invocation_req_sent_total",
    durations=(),
    server=Side(name="dst_app_id", namespace="namespace"),
    status={},
)

MESHES: tuple[Source, ...] = (
    source_of(
        [_LINKERD],
        symptoms=[
            Symptom("control_response_total|proxy_build_info", "response_total", "linkerd-proxies")
        ],
        build="proxy_build_info",
    ),
    source_of([_linkerd_policy("http"), _linkerd_policy("grpc")]),
    source_of([_CONSUL, _CONSUL_OLD]),
    source_of([_KUMA]),
    source_of([_OSM]),
    source_of(
        [_DAPR, _DAPR_SENT],
        symptoms=[
            Symptom(
                "dapr_runtime_(component_loaded|actor_timers|mtls_init_total)|dapr_http_server_.*",
                "dapr_runtime_service_invocation_.*",
                "dapr-invocation",
            )
        ],
    ),
    source_of(
        [
            replaced(
                _ENVOY,
                never={
                    "envoy_cluster_name": _NOT_RAW,
                    "consul_destination_service": ".+",
                    "consul_service": ".+",
                    "mesh": ".+",
                },
                server=Side(
                    patterns={
                        "envoy_cluster_name": (
                            _OF_ISTIO,
                            r"(?P<host>[^/|_]+\.[^/|_]+)",
                            "(?P<name>.+)",
                        )
                    }
                ),
            )
        ],
        symptoms=[Symptom("envoy_server_live", "envoy_cluster_upstream_rq_xx", "envoy-clusters")],
        build="",
    ),
)

GATEWAYS: tuple[Source, ...] = (
    source_of(
        [
            replaced(
                _ENVOY,
                source="contour",
                tier="ingress",
                only={"envoy_cluster_name": "[^_/|]+_[^_/|]+_[0-9]+"},
                never={"mesh": ".+", "consul_destination_service": ".+"},
                client=Side(scraped=True, gateway=True),
                server=Side(patterns={"envoy_cluster_name": _OF_CONTOUR}),
            )
        ]
    ),
    source_of(
        [
            replaced(
                _ENVOY,
                source="envoy-gateway",
                tier="ingress",
                only={"envoy_cluster_name": "(http|grpc|tcp|tls|udp)route/.+|service/.+"},
                client=Side(
                    patterns={"envoy_cluster_name": f"{_OF_ROUTE}.+"}, scraped=True, gateway=True
                ),
                server=Side(
                    patterns={
                        "envoy_cluster_name": (
                            rf"{_OF_ROUTE}(?P<rule>\d+)(/backend/(?P<backend>\d+))?",
                            _SHARED,
                        )
                    }
                ),
            )
        ]
    ),
)

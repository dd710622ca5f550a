"""Ingress controllers: from outside to a Service."""

from mesh_probe.source import Source
from mesh_probe.sources.row import Row, Side, Symptom, replaced
from mesh_probe.sources.rows.reading import source_of
from mesh_probe.sources.statuses import HTTP_FAILED

_NAMESPACE = ("exported_namespace", "namespace")
_SERVICE = ("exported_service", "service")
"""Where scraping kept its own labels, the controller's were renamed."""

_CONTROLLER = Side(scraped=True, gateway=True)

_NGINX = Row(
    source="ingress-nginx",
    tier="ingress",
    requests="nginx_ingress_controller_requests",
    durations="nginx_ingress_controller_request_duration_seconds",
    never={"ingress": "-?", "exported_service": "-"},
    client=Side(patterns={"ingress": "(?P<route>.+)"}, namespace=_NAMESPACE, gateway=True),
    server=Side(service=_SERVICE, service_namespace=_NAMESPACE),
    status={"status": HTTP_FAILED},
    protocol="http",
    split_by="ingress",
)
"""https://kubernetes.github.io/ingress-nginx/user-guide/monitoring/ . Seconds, whatever its HELP
text says."""

_JOINED = r"(?P<joined>.+)@(kubernetes|kubernetescrd|kubernetesgateway)"
_TRAEFIK = Row(
    source="traefik",
    tier="ingress",
    requests="traefik_service_requests_total",
    durations="traefik_service_request_duration_seconds",
    client=_CONTROLLER,
    server=Side(
        patterns=dict.fromkeys(_SERVICE, (r".*-svc-(?P<joined>.+)-\d+@kubernetesgateway", _JOINED))
    ),
    never={"service": ".+@internal", "exported_service": ".+@internal"},
    status={"code": HTTP_FAILED},
    protocol="http",
    split_by="service",
)
"""https://doc.traefik.io/traefik/reference/install-configuration/observability/metrics/ . The names
of its services join namespace, Service and port with dashes that each may hold itself."""

_HAPROXY = Row(
    source="haproxy",
    tier="ingress",
    requests="haproxy_backend_http_responses_total",
    client=_CONTROLLER,
    server=Side(
        patterns=dict.fromkeys(
            ("proxy", "exported_proxy", "backend"),
            (
                r"(?P<namespace>[^_]+)(_[^_]+)?_svc_(?P<service>[^_]+)_(?P<port>[^_]+)",
                r"(?P<namespace>[^_]+)_(?P<service>[^_]+)_(?P<port>[^_]+)",
            ),
        )
    ),
    never={"proxy": "_.*|stats|healthz|default-.*|haproxy-.*|https?|ssl"},
    status={"code": HTTP_FAILED},
    protocol="http",
    split_by="proxy",
)
"""haproxytech/kubernetes-ingress names backends namespace_svc_service_port, jcmoraisjr's
namespace_service_port. Its times are means, which say nothing of quantiles."""

_KONG_NAMES = (
    r"(?P<namespace>[^.]+)\.(?P<service>[^.]+)\.(pnum-|pname-)?(?P<port>[^.]+)",
    r"(?P<route_kind>httproute|grpcroute)\.(?P<namespace>[^.]+)\.(?P<route>[^.]+)\.(?P<rule>\d+)",
    r"(httproute|grpcroute)\.(?P<namespace>[^.]+)\.svc\.[^.]+\.(?P<service>[^.]+)(\..+)?",
)
_KONG = Row(
    source="kong",
    tier="ingress",
    requests="kong_http_requests_total",
    durations="kong_request_latency_ms",
    unit="ms",
    client=_CONTROLLER,
    server=Side(patterns=dict.fromkeys(_SERVICE, _KONG_NAMES)),
    status={"code": HTTP_FAILED},
    protocol="http",
    split_by="service",
)
"""https://developer.konghq.com/plugins/prometheus/ . The controller names its services
namespace.service.port."""

_KONG_2 = replaced(
    _KONG,
    part="before 3.0",
    requests="kong_http_status",
    durations="kong_latency",
    only={"type": "|request"},
)

INGRESS: tuple[Source, ...] = (
    source_of([_NGINX], build="nginx_ingress_controller_build_info"),
    source_of(
        [_TRAEFIK],
        symptoms=[
            Symptom(
                "traefik_(entrypoint|router)_requests_total|traefik_config_reloads_total",
                "traefik_service_requests_total",
                "traefik-services",
            )
        ],
    ),
    source_of([_HAPROXY], build="haproxy_process_build_info"),
    source_of(
        [_KONG, _KONG_2],
        symptoms=[
            Symptom(
                "kong_(nginx_.+|datastore_reachable|node_info|memory_.+)",
                "kong_http_requests_total|kong_http_status",
                "kong-metrics",
            )
        ],
        build="kong_node_info",
    ),
)

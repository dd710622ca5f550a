"""What programs say of the calls that they make: OpenTelemetry, gRPC, Micrometer."""

from mesh_probe.source import Source
from mesh_probe.sources.row import Row, Side, Symptom, replaced
from mesh_probe.sources.rows.reading import source_of
from mesh_probe.sources.statuses import (
    ERROR_TYPE_FAILED,
    GRPC_CODE_FAILED,
    GRPC_NAME_FAILED,
    HTTP_FAILED,
)

_PROGRAM = Side(scraped=True)
_UNIT = r"([._](seconds|milliseconds|ms))?"
"""Whoever stores OTLP metrics may add the unit to the name or not:
https://prometheus.io/docs/guides/opentelemetry/"""

_HTTP = Row(
    source="otel-client",
    part="http",
    tier="client",
    durations=(
        rf"http[._]client[._]request[._]duration{_UNIT}",
        rf"http[._]client[._]duration{_UNIT}",
    ),
    client=_PROGRAM,
    addresses=True,
    server=Side(
        host=("server.address", "net.peer.name", "http.host"),
        port=("server.port", "net.peer.port"),
    ),
    status={
        "http.response.status_code": HTTP_FAILED,
        "http.status_code": HTTP_FAILED,
        "error.type": ERROR_TYPE_FAILED,
    },
    protocol="http",
    hint="hint.otel-server-address",
)
"""https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#http-client . The server's metrics
do not know the client, so only those of clients show calls."""

_RPC = Row(
    source="otel-client",
    part="rpc",
    tier="client",
    durations=(rf"rpc[._]client[._](call[._])?duration{_UNIT}",),
    client=_PROGRAM,
    addresses=True,
    server=Side(
        host=("server.address", "net.peer.name"),
        port=("server.port", "net.peer.port"),
        api=("rpc.service",),
        patterns={"rpc.method": r"(?P<api>.+)/[^/]+"},
    ),
    offers=(rf"rpc[._]server[._](call[._])?duration{_UNIT}(_count)?",),
    status={
        "rpc.grpc.status_code": f"{GRPC_CODE_FAILED}|{GRPC_NAME_FAILED}",
        "rpc.status_code": f"{GRPC_CODE_FAILED}|{GRPC_NAME_FAILED}",
        "rpc.response.status_code": f"{GRPC_CODE_FAILED}|{GRPC_NAME_FAILED}",
    },
    protocol="grpc",
    hint="hint.otel-server-address",
)
"""https://opentelemetry.io/docs/specs/semconv/rpc/rpc-metrics/"""

_DB = Row(
    source="otel-client",
    part="db",
    tier="client",
    durations=(rf"db[._]client[._]operation[._]duration{_UNIT}",),
    client=_PROGRAM,
    addresses=True,
    server=Side(
        host=("server.address", "net.peer.name"),
        port=("server.port", "net.peer.port"),
    ),
    status={"error.type": ".+"},
    only_failures_have_status=True,
    protocol_label=("db.system.name", "db.system"),
    hint="hint.otel-server-address",
)
"""https://opentelemetry.io/docs/specs/semconv/database/database-metrics/"""

_MESSAGING = replaced(
    _DB,
    part="messaging",
    durations=(rf"messaging[._]client[._]operation[._]duration{_UNIT}",),
    status={"error.type": ".+"},
    protocol_label="messaging.system",
)

_GRPC_OTEL = Row(
    source="grpc",
    part="otel",
    tier="client",
    durations=(rf"grpc[._]client[._]call[._]duration{_UNIT}",),
    client=_PROGRAM,
    addresses=True,
    server=Side(host="grpc.target"),
    status={"grpc.status": GRPC_NAME_FAILED},
    protocol="grpc",
)
"""https://github.com/grpc/proposal/blob/master/A66-otel-stats.md . Calls, not attempts: those
count retries."""

_GRPC_ATTEMPTS = replaced(
    _GRPC_OTEL,
    part="attempts",
    durations=(rf"grpc[._]client[._]attempt[._]duration{_UNIT}",),
    unless=rf"grpc[._]client[._]call[._]duration{_UNIT}(_count|_bucket)?",
)

_GRPC_GO = Row(
    source="grpc",
    part="interceptor",
    tier="client",
    requests="grpc_client_handled_total",
    durations="grpc_client_handling_seconds",
    client=_PROGRAM,
    addresses=True,
    server=Side(api="grpc_service"),
    offers="grpc_server_(started|handled)_total",
    status={
        "grpc_code": GRPC_NAME_FAILED,
        "code": GRPC_NAME_FAILED,
        "statusCode": GRPC_NAME_FAILED,
    },
    protocol="grpc",
    split_by="grpc_service",
    hint="hint.grpc-interceptor",
)
"""https://github.com/grpc-ecosystem/go-grpc-middleware/tree/main/providers/prometheus . No target:
who serves the API is whoever has metrics of serving it."""

_GRPC_JAVA = replaced(
    _GRPC_GO,
    part="java",
    requests="grpc_client_completed_total",
    durations="grpc_client_completed_latency_seconds",
    offers="grpc_server_(started|handled)_total",
)
"""https://github.com/grpc-ecosystem/java-grpc-prometheus"""

_MICROMETER = Row(
    source="micrometer",
    tier="client",
    durations="http_client_requests_seconds",
    client=Side(
        name=("application", "app_name"),
        namespace=("kubernetes_namespace", "namespace"),
        pod=("kubernetes_pod_name", "pod"),
        job="job",
        scraped=True,
    ),
    server=Side(host=("client_name", "clientName")),
    status={"status": HTTP_FAILED},
    protocol="http",
    hint="hint.micrometer",
)
"""https://docs.spring.io/spring-framework/reference/integration/observability.html"""

CLIENTS: tuple[Source, ...] = (
    source_of(
        [_HTTP, _RPC, _DB, _MESSAGING],
        symptoms=[
            Symptom(
                r"http[._]server[._](request[._])?duration.*|rpc[._]server[._].*duration.*",
                r"(http|rpc|db)[._]client[._].*duration.*|traces_service_graph_.*",
                "otel-only-servers",
            )
        ],
    ),
    source_of(
        [_GRPC_OTEL, _GRPC_ATTEMPTS, _GRPC_GO, _GRPC_JAVA],
        symptoms=[
            Symptom("grpc_server_(started|handled)_total", "grpc_client_.+", "grpc-only-servers")
        ],
    ),
    source_of(
        [_MICROMETER],
        symptoms=[
            Symptom(
                "http_client_requests_seconds_count",
                "http_client_requests_seconds(_bucket)?",
                "micrometer-histogram",
            ),
            Symptom(
                "http_server_requests_seconds_count",
                "http_client_requests_seconds_count|traces_service_graph_.*",
                "micrometer-only-servers",
            ),
        ],
    ),
)

"""What the network and the kernel see: Coroot, Caretta, Beyla and OBI, Retina, NetObserv."""

from mesh_probe.source import Source
from mesh_probe.sources.row import Reporter, Row, Side, Symptom, replaced
from mesh_probe.sources.rows.reading import source_of
from mesh_probe.sources.statuses import GRPC_NAME_FAILED

_COROOT_CLIENT = Side(
    patterns={
        "app_id": (
            r"/k8s/(?P<namespace>[^/]+)/(?P<workload>[^/]+)",
            r"/k8s-(?P<kind>cronjob)/(?P<namespace>[^/]+)/(?P<workload>[^/]+)",
        ),
        "container_id": (
            r"/k8s/(?P<namespace>[^/]+)/(?P<pod>[^/]+)/[^/]+",
            r"/k8s-(?P<kind>cronjob)/(?P<namespace>[^/]+)/(?P<workload>[^/]+)/[^/]+",
        ),
    }
)
_COROOT_SERVER = Side(host=("actual_destination", "destination"), dialled="destination")
"""After and before the address of a Service was translated; the former is empty outside."""

_COROOT = Row(
    source="coroot",
    part="http",
    tier="kernel",
    requests="container_http_requests_total",
    durations="container_http_requests_duration_seconds_total",
    client=_COROOT_CLIENT,
    server=_COROOT_SERVER,
    status={"status": f"5xx|failed|servfail|{GRPC_NAME_FAILED}"},
    protocol="http",
    addresses=True,
    split_by="app_id",
    hint="hint.coroot",
)
"""https://docs.coroot.com/metrics/node-agent"""


def _coroot(protocol: str, counter: str, timed: bool = True) -> Row:
    stem = f"container_{protocol}_{counter}"
    return replaced(
        _COROOT,
        part=protocol,
        requests=f"{stem}_total",
        durations=f"{stem}_duration_seconds_total" if timed else (),
        protocol=protocol,
    )


_COROOT_QUERIES = (
    *("postgres", "mysql", "redis", "memcached", "mongo", "cassandra", "clickhouse"),
    *("foundationdb",),
)
_COROOT_REQUESTS = ("kafka", "zookeeper", "dubbo", "dubbo2")

_COROOT_ROWS = (
    _COROOT,
    *(_coroot(protocol, "queries") for protocol in _COROOT_QUERIES),
    *(_coroot(protocol, "requests") for protocol in _COROOT_REQUESTS),
    *(_coroot(protocol, "messages", timed=False) for protocol in ("rabbitmq", "nats")),
    replaced(
        _COROOT,
        part="tcp",
        counts="connections",
        requests="container_net_tcp_successful_connects_total",
        durations=(),
        status={},
        protocol="tcp",
    ),
)

_PEER_FIELDS = {"client": "client", "server": "server"}

_CARETTA = Row(
    source="caretta",
    tier="connections",
    counts="connections",
    requests="caretta_links_observed",
    never={"client_kind": "(?i)node", "server_kind": "(?i)node"},
    reporter=Reporter("role", client="1", server="2"),
    client=Side(workload="client_name", kind="client_kind", namespace="client_namespace"),
    server=Side(
        workload="server_name",
        kind="server_kind",
        namespace="server_namespace",
        port="server_port",
    ),
)
"""groundcover-com/caretta pkg/caretta: bytes since its start, by the agents of both sides. Links
with the machines themselves (probes of kubelets) are no calls of applications."""


def _network(product: str) -> Row:
    def side(name: str) -> Side:
        return Side(
            workload=f"k8s.{name}.owner.name",
            kind=f"k8s.{name}.owner.type",
            namespace=f"k8s.{name}.namespace",
            pod=(),
            host=(f"{name}.address",),
            absent="outside",
        )

    return Row(
        source="ebpf-network",
        part=product,
        tier="connections",
        counts="connections",
        requests=rf"{product}[._]network[._]flow[._]bytes(_total)?",
        never={
            "direction": "response",
            "k8s.src.owner.type": "(?i)node",
            "k8s.dst.owner.type": "(?i)node",
        },
        client=side("src"),
        server=side("dst"),
        reporter=Reporter("direction", client="request", unlabelled="unknown"),
        split_by="k8s.dst.namespace",
        hint="hint.ebpf-network",
    )


_RETINA = Row(
    source="retina",
    part="syn",
    tier="connections",
    counts="connections",
    requests="networkobservability_adv_tcpflags_count",
    only={"flag": "SYN"},
    client=Side(
        workload=("source_workload", "source_workload_name"),
        kind="source_workload_kind",
        namespace="source_namespace",
        pod=("source_pod", "source_podname"),
        host="source_ip",
    ),
    server=Side(
        workload=("destination_workload", "destination_workload_name"),
        kind="destination_workload_kind",
        namespace="destination_namespace",
        pod=("destination_pod", "destination_podname"),
        host="destination_ip",
    ),
    hint="hint.retina-context",
)
"""https://retina.sh/docs/Metrics/modes . Only the remote context names both sides."""

_NETOBSERV = Row(
    source="netobserv",
    tier="connections",
    counts="connections",
    requests="netobserv_workload_(egress|ingress)_bytes_total|netobserv_workload_flows_total",
    oriented=False,
    sampled=True,
    never={"SrcK8S_OwnerType": "Node", "DstK8S_OwnerType": "Node"},
    client=Side(
        workload="SrcK8S_OwnerName",
        kind=("SrcK8S_OwnerType", "SrcK8S_Type"),
        namespace="SrcK8S_Namespace",
        absent="outside",
    ),
    server=Side(
        workload="DstK8S_OwnerName",
        kind=("DstK8S_OwnerType", "DstK8S_Type"),
        namespace="DstK8S_Namespace",
        absent="outside",
    ),
)
"""The labels are those of other people's queries against Network Observability; not verified."""

KERNEL: tuple[Source, ...] = (
    source_of(
        _COROOT_ROWS,
        symptoms=[Symptom("node_agent_info", "container_(http|net_tcp)_.+", "coroot-containers")],
        build="node_agent_info",
    ),
)

CONNECTIONS: tuple[Source, ...] = (
    source_of(
        [
            replaced(
                _network(p),
                oriented=False,
                part=f"{p} undirected",
                reporter=None,
                never={**_network(p).never, "direction": ".+"},
            )
            for p in ("obi", "beyla")
        ]
        + [
            replaced(_network(p), reporter=None, only={"direction": "request"})
            for p in ("obi", "beyla")
        ],
        build="(beyla|obi)(_internal)?_build_info",
    ),
    source_of([_CARETTA]),
    source_of(
        [
            _RETINA,
            replaced(
                _RETINA,
                part="bytes",
                requests="networkobservability_adv_forward_(bytes|count)",
                only={},
                oriented=False,
            ),
        ],
        symptoms=[
            Symptom(
                "networkobservability_forward_(bytes|count)",
                "networkobservability_adv_.+",
                "retina-basic",
            )
        ],
    ),
    source_of([_NETOBSERV]),
)

"""Ports: which protocol is spoken on them, and which a mesh needs for itself."""

from collections.abc import Iterator, Mapping

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import (
    STORES,
    Front,
    callers,
    candidates,
    fronts,
)
from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import ServicePort, Workload
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter, listed

_SELECTION = "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/"
_REQUIREMENTS = "https://istio.io/latest/docs/ops/deployment/application-requirements/"
_DETECTION = "https://linkerd.io/2/features/protocol-detection/"
_REDIRECTS = "https://linkerd.io/2/reference/iptables/"

_ISTIO_PROTOCOLS = frozenset(
    {"tcp", "udp", "grpc", "grpc-web", "http", "http_proxy", "http2", "https", "tls", "mongo"}
    | {"redis", "mysql", "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"}
)
"""What Istio reads of a port's name or appProtocol (pkg/config/protocol/instance.go)."""

_TAKEN_FOR_TCP = frozenset({25, 53, 3306, 27017})
"""Ports that Istio takes for TCP where nothing is told (pkg/config/kube/conversion.go)."""

_WATCHED = frozenset(
    {"metrics", "http-metrics", "prometheus", "prom", "monitoring", "health", "healthz", "probe"}
    | {"admin", "management", "debug", "pprof"}
)
"""Names of ports that are for watching, which other services have no business with."""

_ISTIO_PORTS = frozenset({15000, 15001, 15002, 15004, 15006, 15008, 15020, 15021, 15053, 15090})
_LINKERD_PORTS = frozenset({4140, 4143, 4190, 4191})
"""Ports of the proxies (linkerd/linkerd2 charts/linkerd-control-plane/values.yaml)."""


def _untold(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    called_by = callers(graph)
    for front in fronts(snapshot, candidates(snapshot, graph)):
        ports = [
            str(port.port)
            for port in front.service.ports
            if port.protocol == "TCP" and not _is_told(port) and port.name not in _WATCHED
        ]
        if ports:
            yield _hit(front, called_by, ports=listed(ports))


def _is_told(port: ServicePort) -> bool:
    """Whether Istio knows the protocol of a port without looking at what goes through it."""
    written = (port.app_protocol or port.name or "").lower()
    return (
        written in _ISTIO_PROTOCOLS
        or written.startswith("grpc-web")
        or written.partition("-")[0] in _ISTIO_PROTOCOLS
        or port.port in _TAKEN_FOR_TCP
    )


def _datagrams(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    called_by = callers(graph)
    own = candidates(snapshot, graph, APPLICATION_ROLES | STORES)
    for front in fronts(snapshot, own):
        streams = {port.port for port in front.service.ports if port.protocol == "TCP"}
        ports = [
            f"{port.port}/{port.protocol}"
            for port in front.service.ports
            if port.protocol != "TCP" and port.port not in streams
        ]
        if ports:
            yield _hit(front, called_by, ports=listed(ports))


def _istio_ports(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _taken(snapshot, graph, _ISTIO_PORTS)


def _linkerd_ports(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _taken(snapshot, graph, _LINKERD_PORTS)


def _taken(snapshot: Snapshot, graph: CallGraph, reserved: frozenset[int]) -> Iterator[Hit]:
    for candidate in candidates(snapshot, graph, APPLICATION_ROLES | STORES):
        if ports := sorted(_listens_on(candidate.workload) & reserved):
            yield Hit(
                candidate.subject,
                {"ports": listed(map(str, ports))},
                (candidate.node.id,),
                candidate.check,
            )


def _listens_on(workload: Workload) -> set[int]:
    return {port.port for container in workload.containers for port in container.ports}


def _hit(front: Front, called_by: Mapping[str, tuple[str, ...]], ports: str) -> Hit:
    clients = {client for node in front.nodes for client in called_by.get(node, ())}
    said: dict[str, Parameter] = {"ports": ports, "clients": listed(sorted(clients)) or None}
    return Hit(front.subject, said, front.nodes, front.check)


CHECKS: tuple[Check, ...] = (
    Check(
        "istio-port-taken",
        "error",
        ("istio-sidecar",),
        _REQUIREMENTS,
        _istio_ports,
        WORKLOAD_KINDS,
    ),
    Check(
        "linkerd-port-taken",
        "error",
        ("linkerd",),
        _REDIRECTS,
        _linkerd_ports,
        WORKLOAD_KINDS,
    ),
    Check("port-not-tcp", "warning", MODES, _SELECTION, _datagrams, ("Service",)),
    Check(
        "port-protocol-untold",
        "info",
        ("istio-sidecar", "istio-ambient"),
        _SELECTION,
        _untold,
        ("Service",),
    ),
)

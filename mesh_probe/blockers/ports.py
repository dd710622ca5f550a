"""Ports: which ones a mesh needs for itself, and which it does not see at all."""

from collections.abc import Iterator

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import EVERY, callers, candidates, fronts
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Workload
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_SELECTION = "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/"
_REQUIREMENTS = "https://istio.io/latest/docs/ops/deployment/application-requirements/"

_ISTIO_PORTS = frozenset({15000, 15001, 15002, 15004, 15006, 15008, 15020, 15021, 15053, 15090})
_AMBIENT_PORTS = frozenset({15001, 15006, 15008})
_LINKERD_PORTS = frozenset({4140, 4143, 4190, 4191})
"""Ports of the proxies (linkerd/linkerd2 charts/linkerd-control-plane/values.yaml)."""


def _istio_ports(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _taken(snapshot, graph, _ISTIO_PORTS)


def _ambient_ports(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _taken(snapshot, graph, _AMBIENT_PORTS)


def _linkerd_ports(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _taken(snapshot, graph, _LINKERD_PORTS)


def _taken(snapshot: Snapshot, graph: CallGraph, reserved: frozenset[int]) -> Iterator[Hit]:
    for candidate in candidates(snapshot, graph, EVERY):
        if candidate.workload.host_network:
            continue  # no proxy gets into it
        if ports := sorted(_listens_on(candidate.workload) & reserved):
            yield candidate.hit(ports=listed(map(str, ports)))


def _listens_on(workload: Workload) -> set[int]:
    return {port.port for container in workload.containers for port in container.ports}


def _datagrams(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    if all(port.protocol == "TCP" for s in snapshot.objects.services for port in s.ports):
        return
    for front in fronts(snapshot, candidates(snapshot, graph, EVERY)):
        # A port that is there for TCP too is DNS or HTTP/3, whose clients fall back to it.
        streams = {port.port for port in front.service.ports if port.protocol == "TCP"}
        ports = [
            f"{port.port}/{port.protocol}"
            for port in front.service.ports
            if port.protocol != "TCP" and port.port not in streams
        ]
        if ports:
            yield front.hit(
                ports=listed(ports), clients=listed(callers(graph, front.nodes)) or None
            )


_KINDS = ("Service", *WORKLOAD_KINDS)

CHECKS: tuple[Check, ...] = (
    Check(
        "istio-port-taken",
        "error",
        ("istio-sidecar",),
        f"{_REQUIREMENTS}#ports-used-by-istio",
        _istio_ports,
        WORKLOAD_KINDS,
    ),
    Check(
        "ambient-port-taken",
        "error",
        ("istio-ambient",),
        "https://github.com/istio/istio/blob/master/architecture/ambient/ztunnel.md",
        _ambient_ports,
        WORKLOAD_KINDS,
    ),
    Check(
        "linkerd-port-taken",
        "error",
        ("linkerd",),
        "https://linkerd.io/2/reference/iptables/",
        _linkerd_ports,
        WORKLOAD_KINDS,
    ),
    Check("port-not-tcp", "warning", MODES, _SELECTION, _datagrams, _KINDS),
)

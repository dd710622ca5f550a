"""Protocols: what is spoken on a port, and whether a mesh is told so."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Literal

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import (
    EVERY,
    WATCHED,
    Candidate,
    Front,
    callers,
    candidates,
    fronts,
)
from mesh_probe.graph import APPLICATION_ROLES, COUNTS_FROM, CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Service, ServicePort
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_SELECTION = "https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/"
_REQUIREMENTS = "https://istio.io/latest/docs/ops/deployment/application-requirements/"
_DETECTION = "https://linkerd.io/2/features/protocol-detection/"

Family = Literal["http", "tls", "tcp", "udp"]

_FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("http", "http2", "http_proxy", "grpc", "grpc-web"), "http"),
    **dict.fromkeys(("kubernetes.io/h2c", "kubernetes.io/ws"), "http"),
    **dict.fromkeys(("https", "tls", "kubernetes.io/wss"), "tls"),
    **dict.fromkeys(("tcp", "mongo", "redis", "mysql"), "tcp"),
    "udp": "udp",
}
"""What Istio reads of a port's name or appProtocol (pkg/config/protocol/instance.go)."""

_TAKEN_FOR_TCP = frozenset({25, 53, 3306, 27017})
"""Ports that Istio takes for TCP where nothing is told (pkg/config/kube/conversion.go)."""

_TLS_PROTOCOLS = frozenset({"https", "tls", "grpcs", "wss"})
_HTTPS_PORT = 443

_OPAQUE_PORTS = frozenset({25, 587, 3306, 4444, 5432, 6379, 9300, 11211})
"""Ports that Linkerd does not look into unless told otherwise (linkerd/linkerd2
charts/linkerd-control-plane/values.yaml)."""

_OPAQUE = "config.linkerd.io/opaque-ports"

_MANY_PORTS = 1_000

_SERVER_FIRST_PORTS = frozenset({21, 25, 110, 143, 587, 3306, 4222, 6222})
"""FTP, SMTP, POP3, IMAP, MySQL, NATS: the server speaks first, and who waits for the client's first
bytes waits in vain."""

_SERVER_FIRST = frozenset({"mysql", "mariadb"})
"""Products that speak first on all of their ports but those for watching. NATS does so on two."""

_IDLE = frozenset({"memcached"})
"""Products whose clients open connections ahead of need."""


def _untold(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    for front in fronts(snapshot, candidates(snapshot, graph)):
        ports = [
            port
            for port in front.service.ports
            if _family(port) is None and port.name not in WATCHED and not _is_server_first(port)
        ]
        if ports:
            yield _hit(front, ports, graph)


def _family(port: ServicePort) -> Family | None:
    """The protocol of a port as Istio knows it without looking at what goes through it."""
    if port.protocol != "TCP":
        return "udp"
    written = (port.app_protocol or port.name or "").lower()
    if written.startswith("grpc-web"):
        return "http"
    known = _FAMILIES.get(written) or _FAMILIES.get(written.partition("-")[0])
    return known or ("tcp" if port.port in _TAKEN_FOR_TCP else None)


def _server_first_untold(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    for front in fronts(snapshot, candidates(snapshot, graph, EVERY)):
        ports = [port for port in _waited_for(front) if _family(port) is None]
        if ports:
            yield _hit(front, ports, graph)


def _not_opaque(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    of_namespace = {n.name: n.annotations.get(_OPAQUE) for n in snapshot.objects.namespaces}
    for front in fronts(snapshot, candidates(snapshot, graph, EVERY)):
        ports = [
            port
            for port in _waited_for(front, _SERVER_FIRST | _IDLE)
            if port.app_protocol is None
            and not _is_opaque(port, front, of_namespace.get(front.service.namespace))
        ]
        if ports:
            yield _hit(front, ports, graph)


def _waited_for(front: Front, products: frozenset[str] = _SERVER_FIRST) -> list[ServicePort]:
    """Ports of a Service on which the client may send nothing at first."""
    speaks_first = not products.isdisjoint([one.workload.product for one in front.behind])
    return [
        port
        for port in front.service.ports
        if (speaks_first or _is_server_first(port))
        and port.protocol == "TCP"
        and port.name not in WATCHED
    ]


def _is_server_first(port: ServicePort) -> bool:
    return port.port in _SERVER_FIRST_PORTS or port.target in _SERVER_FIRST_PORTS


def _is_opaque(port: ServicePort, front: Front, of_namespace: str | None) -> bool:
    """What is annotated replaces Linkerd's own list, the nearest annotation first."""
    annotated = front.service.annotations.get(_OPAQUE) or next(
        (a for one in front.behind if (a := one.workload.annotations.get(_OPAQUE))), of_namespace
    )
    return port.port in (_OPAQUE_PORTS if annotated is None else _ports_in(annotated))


def _ports_in(annotation: str) -> frozenset[int]:
    """The ports of "4222,6222-6224"."""
    found: set[int] = set()
    for part in annotation.split(","):
        first, _, last = part.strip().partition("-")
        if first.isdigit() and (last or first).isdigit():
            low, high = int(first), int(last or first)
            found.update(range(low, min(high, low + _MANY_PORTS) + 1))
    return frozenset(found)


def _own_tls(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Ports that other applications call so, and all of those that offer nothing else."""
    called = _called_with_tls(graph)
    for front in fronts(snapshot, candidates(snapshot, graph)):
        ports = [port for port in front.service.ports if port.name not in WATCHED]
        nothing_else = all(_family(port) == "tls" for port in ports)
        by = called.get(f"{front.service.namespace}/{front.service.name}", {})
        if not by and not nothing_else:
            continue
        clients: set[str] = set()
        encrypted = []
        for port in ports:
            # An address without port is called at the port of its scheme.
            names = {port.port, port.name, None if port.port == _HTTPS_PORT else port.port}
            callers_of_port = {client for name in names for client in by.get(name, ())}
            if callers_of_port or nothing_else:
                encrypted.append(port)
                clients |= callers_of_port
        if encrypted:
            yield front.hit(ports=_numbers(encrypted), clients=listed(sorted(clients)) or None)


def _called_with_tls(graph: CallGraph) -> Mapping[str, Mapping[int | str | None, set[str]]]:
    """By Service and port the applications that call it with TLS."""
    found: dict[str, dict[int | str | None, set[str]]] = defaultdict(lambda: defaultdict(set))
    for (client, _), edge in graph.edges.items():
        if edge.confidence >= COUNTS_FROM and graph.nodes[client].role in APPLICATION_ROLES:
            for via in edge.via:
                if via.protocol in _TLS_PROTOCOLS:
                    found[via.service][via.port].add(client)
    return found


def _clashing(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    services = {f"{s.namespace}/{s.name}": s for s in snapshot.objects.services}
    for candidate in candidates(snapshot, graph, EVERY):
        if len(candidate.node.services) > 1:
            before = [services[name] for name in candidate.node.services if name in services]
            yield from _clashes(candidate, before)


def _clashes(candidate: Candidate, services: list[Service]) -> Iterator[Hit]:
    """The first port of a workload that its Services tell different protocols of."""
    named = {p.name: p.port for c in candidate.workload.containers for p in c.ports if p.name}
    told: dict[int, list[tuple[str, Family]]] = defaultdict(list)
    for service in services:
        for port in service.ports:
            target = port.port if port.target is None else port.target
            number = named.get(target) if isinstance(target, str) else target
            family = _family(port)
            if number is not None and family not in (None, "udp"):
                told[number].append((service.name, family))
    for number, tellers in sorted(told.items()):
        for (one, family), (other, another) in pairwise(tellers):
            if family != another and one != other:
                yield candidate.hit(port=number, services=f"{one}, {other}")
                return


def _aliases(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Only where applications are: nobody else's proxy would see these ports."""
    homes = {candidate.workload.namespace for candidate in candidates(snapshot, graph)}
    for service in snapshot.objects.services:
        if service.type == "ExternalName" and service.namespace in homes:
            ports = [p for p in service.ports if _family(p) is None or p.name == "tcp"]
            if ports:
                yield Front(service, ()).hit(ports=_numbers(ports))


def _hit(front: Front, ports: list[ServicePort], graph: CallGraph) -> Hit:
    clients = callers(graph, front.nodes)
    return front.hit(ports=_numbers(ports), clients=listed(clients) or None)


def _numbers(ports: list[ServicePort]) -> str:
    return listed(str(port.port) for port in ports)


_KINDS = ("Service", *WORKLOAD_KINDS)

CHECKS: tuple[Check, ...] = (
    Check(
        "server-first-untold",
        "error",
        ("istio-sidecar",),
        f"{_REQUIREMENTS}#server-first-protocols",
        _server_first_untold,
        _KINDS,
    ),
    Check("server-first-not-opaque", "warning", ("linkerd",), _DETECTION, _not_opaque, _KINDS),
    Check("port-clash", "warning", ("istio-sidecar",), _REQUIREMENTS, _clashing, _KINDS),
    Check("own-tls", "warning", MODES, _DETECTION, _own_tls, _KINDS),
    Check(
        "external-name-port",
        "warning",
        ("istio-sidecar",),
        "https://istio.io/latest/docs/reference/config/analysis/ist0150/",
        _aliases,
        ("Service",),
    ),
    Check(
        "port-protocol-untold",
        "info",
        ("istio-sidecar", "istio-ambient"),
        _SELECTION,
        _untold,
        _KINDS,
    ),
)

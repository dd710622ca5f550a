"""Reach: what is called past the Services that a mesh routes by, and what has no name in it."""

from collections.abc import Iterator, Mapping

from mesh_probe.blocker import CLUSTER, MODES, Check, Hit
from mesh_probe.blockers.candidates import (
    EVERY,
    WATCHED,
    callers,
    candidates,
    fronts,
)
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.mesh import BATCH
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_ROUTING = "https://istio.io/latest/docs/ops/configuration/traffic-management/traffic-routing/"
_REQUIREMENTS = "https://istio.io/latest/docs/ops/deployment/application-requirements/"

_VERSION_LABELS = ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
_NAME_LABELS = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
"""Where Istio reads both, the first that is there (the requirements' page)."""

_MEMBERS = 2

_UNTOLD_FROM = 0.1
"""Share of the workloads from which it is worth a word that they do not tell; our own."""


def _headless(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Before applications that are called: nobody shifts the traffic of a database."""
    for front in fronts(snapshot, candidates(snapshot, graph)):
        if "None" not in front.service.cluster_ips:
            continue
        clients = callers(graph, front.nodes)
        # A Service beside it that has an address is what clients of all pods would call.
        beside = {name for one in front.behind for name in one.node.services}
        if clients and len(beside) == 1:
            yield front.hit(clients=listed(clients))


def _nameless(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Of what listens and is called: a worker that only calls others needs no Service."""
    for candidate in candidates(snapshot, graph):
        workload = candidate.workload
        if candidate.node.services or workload.kind in BATCH:
            continue
        clients = callers(graph, (candidate.node.id,))
        if not clients:
            continue
        ports = dict.fromkeys(
            str(port.port)
            for container in workload.containers
            if not container.init
            for port in container.ports
            if port.name not in WATCHED
        )
        if ports:
            yield candidate.hit(ports=listed(ports), clients=listed(clients))


def _peer_ports(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Ports on which members of a StatefulSet may find each other, and no Service leads to.

    A client's sidecar knows of such a port nothing and passes calls on as they are.
    """
    services = {f"{s.namespace}/{s.name}": s for s in snapshot.objects.services}
    for candidate in candidates(snapshot, graph, EVERY):
        workload = candidate.workload
        if workload.kind != "StatefulSet" or (workload.replicas or 0) < _MEMBERS:
            continue
        fronts_of = [services[name] for name in candidate.node.services if name in services]
        offered = {
            port.port if port.target is None else port.target
            for service in fronts_of
            for port in service.ports
        }
        ports = dict.fromkeys(
            str(port.port)
            for container in workload.containers
            if not container.init
            for port in container.ports
            if port.protocol == "TCP" and port.name not in WATCHED
            if offered.isdisjoint((port.port, port.name))
        )
        if fronts_of and ports:
            yield candidate.hit(ports=listed(ports))


def _unlabelled(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """One for all: it is fixed in a chart or a base, not workload by workload."""
    own = [c for c in candidates(snapshot, graph) if c.workload.kind not in BATCH]
    without = [
        candidate
        for candidate in own
        if not (
            _has(candidate.workload.labels, _NAME_LABELS)
            and _has(candidate.workload.labels, _VERSION_LABELS)
        )
    ]
    if own and len(without) >= _UNTOLD_FROM * len(own):
        yield Hit(
            CLUSTER,
            {
                "share": len(without) / len(own),
                "count": len(without),
                "examples": listed(candidate.subject for candidate in without),
            },
            (),
            "kubectl get pods --all-namespaces --show-labels",
        )


def _has(labels: Mapping[str, str], any_of: tuple[str, ...]) -> bool:
    return any(labels.get(label) for label in any_of)


CHECKS: tuple[Check, ...] = (
    Check(
        "peer-port-without-service",
        "warning",
        ("istio-sidecar",),
        f"{_REQUIREMENTS}#outbound-traffic",
        _peer_ports,
        ("Service", *WORKLOAD_KINDS),
    ),
    Check("headless-service", "info", MODES, _ROUTING, _headless, ("Service", *WORKLOAD_KINDS)),
    Check(
        "no-service",
        "info",
        MODES,
        f"{_REQUIREMENTS}#outbound-traffic",
        _nameless,
        ("Service", *WORKLOAD_KINDS),
    ),
    Check(
        "labels-untold",
        "info",
        ("istio-sidecar", "istio-ambient"),
        f"{_REQUIREMENTS}#pod-requirements",
        _unlabelled,
        WORKLOAD_KINDS,
    ),
)

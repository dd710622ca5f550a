"""Reach: what is called past the Services that a mesh routes by, and what has no name in it."""

from collections.abc import Iterator, Mapping

from mesh_probe.blocker import CLUSTER, MODES, Check, Hit
from mesh_probe.blockers.candidates import WATCHED, callers, candidates, fronts
from mesh_probe.graph import GATEWAYS, CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.mesh import BATCH
from mesh_probe.products import MESH_PRODUCTS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_ROUTING = "https://istio.io/latest/docs/ops/configuration/traffic-management/traffic-routing/"
_REQUIREMENTS = "https://istio.io/latest/docs/ops/deployment/application-requirements/"

_VERSION_LABELS = ("service.istio.io/canonical-revision", "app.kubernetes.io/version", "version")
_NAME_LABELS = ("service.istio.io/canonical-name", "app.kubernetes.io/name", "app")
"""Where Istio reads both, the first that is there (the requirements' page)."""

_UNTOLD_FROM = 0.1
"""Share of the workloads from which it is worth a word that they do not tell; our own."""


def _headless(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Before applications that are called: nobody shifts the traffic of a database."""
    called_by = callers(graph)
    for front in fronts(snapshot, candidates(snapshot, graph)):
        clients = {client for node in front.nodes for client in called_by.get(node, ())}
        # A Service beside it that has an address is what clients of all pods would call.
        beside = {name for one in front.behind for name in one.node.services}
        if clients and "None" in front.service.cluster_ips and len(beside) == 1:
            yield front.hit(clients=listed(sorted(clients)))


def _nameless(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Of what listens and is called: a worker that only calls others needs no Service."""
    called_by = callers(graph)
    for candidate in candidates(snapshot, graph):
        workload = candidate.workload
        ports = {
            str(port.port): None
            for container in workload.containers
            if not container.init
            for port in container.ports
            if port.name not in WATCHED
        }
        clients = called_by.get(candidate.node.id)
        if ports and clients and not candidate.node.services and workload.kind not in BATCH:
            yield candidate.hit(ports=listed(ports), clients=listed(clients))


def _gateways(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Ingress controllers that no mesh has taken in, where there are applications behind them."""
    if not candidates(snapshot, graph):
        return
    calling = {client for client, _ in graph.edges}
    for candidate in candidates(snapshot, graph, {"infrastructure"}):
        is_gateway = candidate.node.product in GATEWAYS
        if is_gateway and candidate.workload.product not in MESH_PRODUCTS:
            # What was not seen to call has its routes call in its place: whose, no route tells.
            nodes = (candidate.node.id,) if candidate.node.id in calling else ()
            yield Hit(candidate.subject, {}, nodes, candidate.check)


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
        "gateway-outside",
        "info",
        MODES,
        "https://linkerd.io/2/tasks/using-ingress/",
        _gateways,
        WORKLOAD_KINDS,
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

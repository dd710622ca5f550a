"""Outside: who calls in from where no mesh is, and is refused once only its own are let in."""

from collections import defaultdict
from collections.abc import Iterator
from shlex import quote

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import Candidate, candidates, fronts, nodes_of
from mesh_probe.graph import GATEWAYS, CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Outline
from mesh_probe.products import MESH_PRODUCTS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_OPEN_TYPES = ("NodePort", "LoadBalancer")
_MONITORS = ("ServiceMonitor", "PodMonitor")


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


def _open(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Services of applications that are open to the outside without any gateway."""
    for front in fronts(snapshot, candidates(snapshot, graph)):
        if front.service.type in _OPEN_TYPES:
            yield front.hit(type=front.service.type)


def _scraped(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Namespaces of which Prometheus fetches metrics as its operator's monitors say.

    What annotations of pods ask for is no matter: Istio's agent answers that without encryption.
    """
    by_home: dict[str, list[str]] = defaultdict(list)
    for outline in snapshot.objects.outlines:
        if outline.kind in _MONITORS:
            for home in _watched(outline):
                by_home[home].append(outline.name)
    at_home: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates(snapshot, graph) if by_home else ():
        at_home[candidate.workload.namespace].append(candidate)
    for home in sorted(by_home.keys() & at_home.keys()):
        yield Hit(
            called("Namespace", None, home),
            {"count": len(by_home[home]), "examples": listed(by_home[home])},
            nodes_of(at_home[home]),
            f"kubectl -n {quote(home)} get servicemonitors,podmonitors",
        )


def _watched(monitor: Outline) -> set[str]:
    """The namespaces that it names, else its own; one for all of them is mostly for exporters."""
    named = {str(name) for name in monitor.values("spec.namespaceSelector.matchNames[]")}
    return named or {monitor.namespace or ""}


CHECKS: tuple[Check, ...] = (
    Check(
        "gateway-outside",
        "info",
        MODES,
        "https://linkerd.io/2/tasks/using-ingress/",
        _gateways,
        WORKLOAD_KINDS,
    ),
    Check(
        "open-service",
        "info",
        MODES,
        "https://istio.io/latest/docs/concepts/security/#permissive-mode",
        _open,
        ("Service", *WORKLOAD_KINDS),
    ),
    Check(
        "scraped-from-outside",
        "info",
        ("istio-sidecar", "istio-ambient"),
        "https://istio.io/latest/docs/ops/integrations/prometheus/#tls-settings",
        _scraped,
        (*_MONITORS, *WORKLOAD_KINDS),
    ),
)

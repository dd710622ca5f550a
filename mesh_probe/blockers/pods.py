"""Pods: what in their templates keeps a mesh out."""

from collections.abc import Iterator

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import EVERY, callers, candidates
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_ISTIO_USER = 1337
_LINKERD_USER = 2102
"""charts/linkerd-control-plane/values.yaml of linkerd/linkerd2"""


def _on_host_network(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    for candidate in candidates(snapshot, graph, EVERY):
        if candidate.workload.host_network:
            clients = callers(graph, (candidate.node.id,))
            yield candidate.hit(clients=listed(clients) or None)


def _as_istio(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _runs_as(snapshot, graph, _ISTIO_USER)


def _as_linkerd(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _runs_as(snapshot, graph, _LINKERD_USER)


def _runs_as(snapshot: Snapshot, graph: CallGraph, user: int) -> Iterator[Hit]:
    """Not of init containers: there it is the documented way past a proxy that does not run yet."""
    for candidate in candidates(snapshot, graph, EVERY):
        containers = candidate.workload.containers
        if found := [c.name for c in containers if c.run_as_user == user and not c.init]:
            yield candidate.hit(containers=listed(found))


CHECKS: tuple[Check, ...] = (
    # istio/istio pkg/kube/inject/inject.go and cni/pkg/util; linkerd/linkerd2 pkg/inject/report.go
    Check(
        "host-network",
        "error",
        MODES,
        "https://istio.io/latest/docs/ops/common-problems/injection/",
        _on_host_network,
        WORKLOAD_KINDS,
    ),
    Check(
        "istio-user-taken",
        "error",
        ("istio-sidecar",),
        "https://istio.io/latest/docs/reference/config/analysis/ist0144/",
        _as_istio,
        WORKLOAD_KINDS,
    ),
    Check(
        "linkerd-user-taken",
        "warning",
        ("linkerd",),
        "https://linkerd.io/2/features/cni/#allowing-initcontainer-networking",
        _as_linkerd,
        WORKLOAD_KINDS,
    ),
)

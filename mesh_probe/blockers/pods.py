"""Pods: what in their templates keeps a mesh out."""

from collections.abc import Iterator

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import STORES, callers, candidates
from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed


def _on_host_network(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    called_by = callers(graph)
    for candidate in candidates(snapshot, graph, APPLICATION_ROLES | STORES):
        if candidate.workload.host_network:
            clients = called_by.get(candidate.node.id, ())
            yield Hit(
                candidate.subject,
                {"clients": listed(clients) or None},
                (candidate.node.id,),
                candidate.check,
            )


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
)

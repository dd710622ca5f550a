"""What a mesh would have to take in: workloads, and the Services in front of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from mesh_probe.application import in_graph
from mesh_probe.blocker import Hit
from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.kinds import called, command
from mesh_probe.mesh import carries_proxy
from mesh_probe.model import Node, Noun, Service, Workload
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter

STORES = frozenset({"datastore", "broker"})
EVERY = APPLICATION_ROLES | STORES
"""Roles of applications, and of what these keep data and messages in."""

WATCHED = frozenset(
    {"metrics", "http-metrics", "prometheus", "prom", "monitoring", "exporter", "health"}
    | {"healthz", "probe", "admin", "management", "debug", "pprof"}
)
"""Names of ports that are for watching, which other services have no business with."""


class Candidate(Noun):
    """A workload that no mesh has taken in."""

    workload: Workload
    node: Node

    def hit(self, **said: Parameter) -> Hit:
        """That it is in the way."""
        return Hit(self.subject, said, (self.node.id,), self.check)

    @property
    def subject(self) -> str:
        """As reports call it: "Deployment shop/cart"."""
        return called(self.workload.kind, self.workload.namespace, self.workload.name)

    @property
    def check(self) -> str:
        """The command that shows it."""
        return command(self.workload.kind, self.workload.namespace, self.workload.name)


class Front(Noun):
    """A Service with the candidates behind it."""

    service: Service
    behind: tuple[Candidate, ...]

    @property
    def subject(self) -> str:
        """As reports call it: "Service shop/cart"."""
        return called("Service", self.service.namespace, self.service.name)

    @property
    def check(self) -> str:
        """The command that shows it."""
        return command("Service", self.service.namespace, self.service.name)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Nodes of the graph that it leads to."""
        return nodes_of(self.behind)

    def hit(self, **said: Parameter) -> Hit:
        """That it is in the way."""
        return Hit(self.subject, said, self.nodes, self.check)


def nodes_of(found: Iterable[Candidate]) -> tuple[str, ...]:
    """Ids of the nodes of some candidates, each once."""
    return tuple(dict.fromkeys(candidate.node.id for candidate in found))


def candidates(
    snapshot: Snapshot, graph: CallGraph, roles: Collection[str] = APPLICATION_ROLES
) -> tuple[Candidate, ...]:
    """Those of some roles, in the order of the snapshot: the applications, unless others are named.

    What is in a mesh, as its template or all of its pods that could be seen tell, is left out.
    """
    found = [
        Candidate(workload, node)
        for workload, node in in_graph(snapshot, graph)
        if node.role in roles
        if len(workload.containers) == 1 or not carries_proxy(workload)  # else a gateway
    ]
    if inside := _inside(snapshot):
        found = [
            candidate
            for candidate in found
            if (w := candidate.workload) and (w.namespace, f"{w.kind}/{w.name}") not in inside
        ]
    return tuple(found)


def fronts(snapshot: Snapshot, behind: Iterable[Candidate]) -> Iterator[Front]:
    """The Services in front of some candidates, in the order of the snapshot."""
    by_service: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in behind:
        for name in candidate.node.services:
            by_service[name].append(candidate)
    for service in snapshot.objects.services:
        found = by_service.get(f"{service.namespace}/{service.name}")
        if found:
            yield Front(service, tuple(found))


def callers(graph: CallGraph, nodes: Iterable[str]) -> tuple[str, ...]:
    """Ids of what calls any of some nodes, other than the cluster's own fittings."""
    found = {
        client for node in nodes if node in graph.calls for client in graph.calls.predecessors(node)
    }
    return tuple(sorted(found))


def _inside(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Namespace and "Kind/name" of the workloads of which every pod is in a mesh."""
    pods = snapshot.objects.pods
    inside = {(pod.namespace, pod.workload) for pod in pods if pod.mesh and pod.workload}
    if not inside:
        return set()
    return inside - {(pod.namespace, pod.workload) for pod in pods if not pod.mesh and pod.workload}

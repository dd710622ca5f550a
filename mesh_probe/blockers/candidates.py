"""What a mesh would have to take in: workloads, and the Services in front of them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from mesh_probe.application import in_graph
from mesh_probe.blocker import Hit
from mesh_probe.graph import APPLICATION_ROLES, COUNTS_FROM, CallGraph
from mesh_probe.kinds import called, command
from mesh_probe.mesh import carries_proxy
from mesh_probe.model import Node, Noun, Service, Workload
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter, listed

EVERY = APPLICATION_ROLES | {"datastore", "broker"}
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
        if node.role in roles and not carries_proxy(workload)
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


def callers(graph: CallGraph) -> Mapping[str, tuple[str, ...]]:
    """For each node that is called the ids of those that call it."""
    found: dict[str, list[str]] = defaultdict(list)
    for (client, server), edge in graph.edges.items():
        if edge.confidence >= COUNTS_FROM:
            found[server].append(client)
    return {server: tuple(sorted(clients)) for server, clients in found.items()}


def clients_of(front: Front, called_by: Mapping[str, tuple[str, ...]]) -> str | None:
    """The first few of those that call what is behind a Service; None where none are known."""
    clients = {client for node in front.nodes for client in called_by.get(node, ())}
    return listed(sorted(clients)) or None


def _inside(snapshot: Snapshot) -> set[tuple[str, str]]:
    """Namespace and "Kind/name" of the workloads of which every pod is in a mesh."""
    pods = snapshot.objects.pods
    inside = {(pod.namespace, pod.workload) for pod in pods if pod.mesh and pod.workload}
    if not inside:
        return set()
    return inside - {(pod.namespace, pod.workload) for pod in pods if not pod.mesh and pod.workload}

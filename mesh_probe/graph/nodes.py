"""The nodes of a call graph: what they are, and the part that each plays in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.claims import INTERNET
from mesh_probe.graph.declared import ROUTE_KINDS, route_id
from mesh_probe.graph.places import Places
from mesh_probe.model import Edge, Node, Role
from mesh_probe.snapshot import Snapshot

_OUTSIDE_PREFIXES = frozenset({"external", *(kind.lower() for kind in ROUTE_KINDS)})

Neighbours = Mapping[str, set[str]]


def nodes_of(
    snapshot: Snapshot, places: Places, merged: Mapping[str, str], edges: Iterable[Edge]
) -> dict[str, Node]:
    """A node for every workload, and for everything else that calls or is called."""
    edges = list(edges)
    fittings = {node_id for node_id, w in places.workload_of.items() if w.role == "infrastructure"}
    callers, callees = _neighbours(edges, fittings)
    fronts = places.services_of()
    nodes: dict[str, Node] = {}
    for workload_id, workload in places.workload_of.items():
        node_id = merged.get(workload_id, workload_id)
        if node_id in nodes:
            continue
        nodes[node_id] = Node(
            id=node_id,
            name=workload.name if node_id == workload_id else node_id.rpartition("/")[2],
            kind=workload.kind if node_id == workload_id else "Service",
            role=workload.role or _application_role(callers[node_id], callees[node_id]),
            namespace=workload.namespace,
            product=workload.product,
            services=fronts.get(workload_id, ()),
            replicas=workload.replicas,
        )
    routes = {route_id(route): route for route in snapshot.objects.routes}
    mentioned = {node_id for edge in edges for node_id in (edge.client, edge.server)}
    for node_id in sorted(mentioned - nodes.keys()):
        if (route := routes.get(node_id)) is not None:
            nodes[node_id] = Node(node_id, route.name, route.kind, "external", route.namespace)
        else:
            nodes[node_id] = _stranger(node_id, callers[node_id], callees[node_id])
    return nodes


def _neighbours(edges: Iterable[Edge], fittings: set[str]) -> tuple[Neighbours, Neighbours]:
    """Who calls and is called by whom; that a service is watched or sends traces is no call."""
    callers: dict[str, set[str]] = defaultdict(set)
    callees: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.confidence >= COUNTS_FROM and fittings.isdisjoint((edge.client, edge.server)):
            callers[edge.server].add(edge.client)
            callees[edge.client].add(edge.server)
    return callers, callees


def _application_role(callers: set[str], callees: set[str]) -> Role:
    if any(_is_outside(caller) for caller in callers) or (callees and not callers):
        return "entry"
    if callers:
        return "middle" if callees else "leaf"
    return "isolated"


def _is_outside(node_id: str) -> bool:
    return node_id == INTERNET or node_id.partition(":")[0] in _OUTSIDE_PREFIXES


def _stranger(node_id: str, callers: set[str], callees: set[str]) -> Node:
    """Something that is no workload among the objects: outside, a bare Service, or only a name."""
    kind, _, name = node_id.partition(":")
    namespace, _, last = name.rpartition("/")
    if node_id == INTERNET:
        return Node(node_id, INTERNET, "Internet", "external")
    if kind == "external":
        return Node(node_id, name, "External", "external")
    role = _application_role(callers, callees)
    if kind == "service":
        return Node(node_id, last, "Service", role, namespace, services=(name,))
    return Node(node_id, last, "Unknown", role, namespace or None)

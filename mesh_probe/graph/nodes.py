"""The nodes of a call graph: what they are, and the part that each plays in it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from mesh_probe.graph import COUNTS_FROM, counts
from mesh_probe.graph.claims import INTERNET, UNSEEN, route_id
from mesh_probe.graph.declared import ROUTE_KINDS
from mesh_probe.graph.places import Places
from mesh_probe.model import Edge, Node, Role, Workload
from mesh_probe.products import MESH_PRODUCTS, ROLE_OF, recognised
from mesh_probe.snapshot import Snapshot

_OUTSIDE_PREFIXES = frozenset({"external", *(kind.lower() for kind in ROUTE_KINDS)})

GATEWAY = "ingress-controller"
"""The product of every node that requests from outside come through."""

_GATEWAY_NAMESPACES = re.compile(r"istio-(system|ingress)|ingress-.*")

# A server that is spoken to in these protocols keeps data or messages, however its image is called.
# Schemes of addresses, and OpenTelemetry's names of database and messaging systems.
_DATASTORE_PROTOCOLS = frozenset(
    {"postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongo", "redis", "rediss"}
    | {"memcached", "cassandra", "sqlserver", "oracle", "clickhouse", "elasticsearch"}
    | {"opensearch", "couchbase", "neo4j", "bolt"}
)
_BROKER_PROTOCOLS = frozenset({"amqp", "amqps", "kafka", "nats", "mqtt", "pulsar"})

Neighbours = Mapping[str, set[str]]


def nodes_of(
    snapshot: Snapshot, places: Places, merged: Mapping[str, str], edges: Iterable[Edge]
) -> dict[str, Node]:
    """A node for every workload, and for everything else that calls or is called.

    What people want left out of every count is infrastructure: there, and counted nowhere.
    """
    edges = list(edges)
    members = _members(places, merged)
    workload_of = {node_id: places.workload_of[ids[0]] for node_id, ids in members.items()}
    fittings = _fittings(workload_of, edges)
    gateways = _gateways(workload_of, fittings, edges)
    callers, callees = _neighbours(edges, fittings, gateways)
    spoken_to = _spoken_to(edges)
    fronts = places.services_of()
    left_out = frozenset(snapshot.left_out)
    nodes: dict[str, Node] = {}
    for node_id, workload_ids in members.items():
        workload = workload_of[node_id]
        alone = node_id == workload_ids[0]
        services = tuple(sorted({name for w in workload_ids for name in fronts.get(w, ())}))
        known_as = {workload.namespace, f"{workload.namespace}/{workload.name}", *services}
        nodes[node_id] = Node(
            id=node_id,
            name=workload.name if alone else node_id.rpartition("/")[2],
            kind=workload.kind if alone else "Service",
            role="infrastructure"
            if known_as & left_out
            else workload.role
            or spoken_to.get(node_id)
            or _application_role(callers[node_id], callees[node_id]),
            namespace=workload.namespace,
            product=GATEWAY if node_id in gateways else workload.product,
            services=services,
            replicas=_sum(places.workload_of[w].replicas for w in workload_ids),
        )
    routes = {route_id(route): route for route in snapshot.objects.routes}
    mentioned = {node_id for edge in edges for node_id in _ends(edge)}
    for node_id in sorted(mentioned - nodes.keys()):
        if (route := routes.get(node_id)) is not None:
            nodes[node_id] = Node(node_id, route.name, route.kind, "external", route.namespace)
        elif node_id in fittings:
            nodes[node_id] = _unread_fitting(node_id, gateways)
        elif node_id.startswith("service:"):
            role = spoken_to.get(node_id) or _application_role(callers[node_id], callees[node_id])
            nodes[node_id] = _bare_service(node_id, role, places)
        else:
            nodes[node_id] = _stranger(node_id, callers[node_id], callees[node_id])
    return nodes


def reached_from_outside(
    places: Places, merged: Mapping[str, str], edges: Iterable[Edge]
) -> frozenset[str]:
    """The nodes that a route, an open Service or a gateway leads to from outside."""
    edges = list(edges)
    workload_of = {n: places.workload_of[ids[0]] for n, ids in _members(places, merged).items()}
    gateways = _gateways(workload_of, _fittings(workload_of, edges), edges)
    return frozenset(
        edge.server
        for edge in edges
        if edge.confidence >= COUNTS_FROM and (edge.client in gateways or _is_outside(edge.client))
    )


def _members(places: Places, merged: Mapping[str, str]) -> Mapping[str, list[str]]:
    """The workloads of each node that has any."""
    members: dict[str, list[str]] = defaultdict(list)
    for workload_id in places.workload_of:
        members[merged.get(workload_id, workload_id)].append(workload_id)
    return members


def _fittings(workload_of: Mapping[str, Workload], edges: Iterable[Edge]) -> frozenset[str]:
    """The nodes that belong to the cluster and to no application.

    Of a workload that was not read its namespace tells.
    """
    known = {node_id for node_id, w in workload_of.items() if w.role == "infrastructure"}
    for node_id in {node_id for edge in edges for node_id in _ends(edge)} - workload_of.keys():
        namespace, _, name = node_id.partition("/")
        unread = Workload("Pod", namespace, name)
        if ":" not in node_id and recognised(unread).role == "infrastructure":
            known.add(node_id)
    return frozenset(known)


def _gateways(
    workload_of: Mapping[str, Workload], fittings: frozenset[str], edges: Iterable[Edge]
) -> frozenset[str]:
    """The fittings that requests from outside come through: ingress controllers and gateways.

    Of a mesh only gateways call what is no fitting themselves, so a seen call shows them; of a
    workload that was not read its namespace shows where it belongs.
    """
    found = {node_id for node_id, workload in workload_of.items() if workload.product == GATEWAY}
    for edge in edges:
        if edge.observed and edge.server not in fittings:
            workload, namespace = workload_of.get(edge.client), edge.client.partition("/")[0]
            if _is_of_mesh(workload) if workload else _GATEWAY_NAMESPACES.fullmatch(namespace):
                found.add(edge.client)
    return frozenset(found & fittings)


def _is_of_mesh(workload: Workload) -> bool:
    """Whether it runs a mesh's own programs; a gateway's image may only read "auto".

    https://istio.io/latest/docs/setup/additional-setup/gateway/
    """
    own = [container for container in workload.containers if not container.init]
    only_proxies = bool(own) and all(container.name == "istio-proxy" for container in own)
    return workload.product in MESH_PRODUCTS or only_proxies


def _ends(edge: Edge) -> tuple[str, str]:
    return edge.client, edge.server


def _sum(replicas: Iterable[int | None]) -> int | None:
    """All together; None where one is not known."""
    total = 0
    for count in replicas:
        if count is None:
            return None
        total += count
    return total


def _neighbours(
    edges: Iterable[Edge], fittings: frozenset[str], gateways: frozenset[str]
) -> tuple[Neighbours, Neighbours]:
    """Who calls and is called by whom; that a service is watched or sends traces is no call.

    All gateways are one caller, the internet.
    """
    callers: dict[str, set[str]] = defaultdict(set)
    callees: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.server in fittings or not counts(edge):
            continue
        if edge.client in gateways:
            callers[edge.server].add(INTERNET)
        elif edge.client not in fittings:
            callers[edge.server].add(edge.client)
            callees[edge.client].add(edge.server)
    return callers, callees


def _spoken_to(edges: Iterable[Edge]) -> Mapping[str, Role]:
    """The part of each server that clients speak a datastore's or a broker's protocol to."""
    found: dict[str, Role] = {}
    for edge in edges:
        if edge.confidence >= COUNTS_FROM:
            for protocol in (edge.protocol, *(via.protocol for via in edge.via)):
                scheme = (protocol or "").removeprefix("jdbc:").partition("+")[0]
                if scheme in _DATASTORE_PROTOCOLS:
                    found[edge.server] = "datastore"
                elif scheme in _BROKER_PROTOCOLS:
                    found[edge.server] = "broker"
    return found


def _application_role(callers: set[str], callees: set[str]) -> Role:
    """The part of an application; a client that no metric names is no proof of a way in."""
    if any(_is_outside(caller) for caller in callers) or (callees and callers <= {UNSEEN}):
        return "entry"
    if callers:
        return "middle" if callees else "leaf"
    return "isolated"


def _is_outside(node_id: str) -> bool:
    return node_id == INTERNET or node_id.partition(":")[0] in _OUTSIDE_PREFIXES


def _unread_fitting(node_id: str, gateways: frozenset[str]) -> Node:
    namespace, _, name = node_id.partition("/")
    product = GATEWAY if node_id in gateways else None
    return Node(node_id, name, "Unknown", "infrastructure", namespace, product)


def _bare_service(node_id: str, role: Role, places: Places) -> Node:
    """A Service that stands for its workloads, or of which none is known; it may lead outside."""
    name = node_id.removeprefix("service:")
    namespace, _, last = name.rpartition("/")
    service = places.service(namespace, last)
    behind = places.behind(service) if service else ()
    product: str | None = None
    if places.is_outside(name):
        role = "external"
    elif service is not None and not behind and service.product in ROLE_OF:
        product, role = service.product, ROLE_OF[service.product]
    elif behind and all(places.workload_of[member].role for member in behind):
        role = places.workload_of[behind[0]].role or role
    return Node(node_id, last, "Service", role, namespace, product, services=(name,))


def _stranger(node_id: str, callers: set[str], callees: set[str]) -> Node:
    """Something that is neither workload nor Service: outside, or only a name."""
    kind, _, name = node_id.partition(":")
    namespace, _, last = name.rpartition("/")
    if node_id == INTERNET:
        return Node(node_id, INTERNET, "Internet", "external")
    if node_id == UNSEEN:
        return Node(node_id, name, "Unknown", "external")
    if kind == "external":
        return Node(node_id, name, "External", "external")
    role = _application_role(callers, callees)
    return Node(node_id, last, "Unknown", role, namespace or None)

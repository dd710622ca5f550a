"""From a snapshot to its call graph: claims become edges, nodes get roles, disagreements show."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mesh_probe.graph import APPLICATION_ROLES, COUNTS_FROM, CallGraph
from mesh_probe.graph.claims import INTERNET, Claim
from mesh_probe.graph.declared import ROUTE_KINDS, claims, dead_references, mentions, route_id
from mesh_probe.graph.observed import Observed
from mesh_probe.graph.places import Places
from mesh_probe.graph.products import is_fitting, product_of
from mesh_probe.model import Edge, Evidence, Finding, Node, ObservedCall, Role, Via
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

_OUTSIDE_PREFIXES = frozenset({"external", *(kind.lower() for kind in ROUTE_KINDS)})

_MAX_EVIDENCE = 5
"""Pieces of evidence that an edge keeps, the strongest first."""


def build(snapshot: Snapshot) -> CallGraph:
    """The call graph of a snapshot."""
    places = Places(snapshot.objects)
    observed = Observed(snapshot.telemetry, places)
    mentioned = mentions(snapshot.objects, places)
    merged = observed.merged
    by_pair: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in (*observed.claims, *claims(snapshot.objects, places, mentioned)):
        pair = merged.get(claim.client, claim.client), merged.get(claim.server, claim.server)
        if pair[0] != pair[1]:
            by_pair[pair].append(claim)
    ranks = {read.source: rank for rank, read in enumerate(snapshot.telemetry.sources)}
    edges = [_join(pair, of_pair, ranks) for pair, of_pair in by_pair.items()]
    nodes = _nodes(snapshot, places, merged, edges)
    findings = [*_disagreements(nodes, edges)]
    if snapshot.objects.saw("Service"):
        findings += dead_references(mentioned)
    return CallGraph(nodes.values(), edges, findings, observed.gaps())


def _join(pair: tuple[str, str], of_pair: Sequence[Claim], ranks: Mapping[str, int]) -> Edge:
    """One edge from all claims about a pair. The best source gives the figures; none are added."""
    strongest = sorted(of_pair, key=lambda c: (-c.confidence, c.observed is None))
    calls: dict[str, list[ObservedCall]] = defaultdict(list)
    for claim in of_pair:
        if claim.observed is not None:
            calls[claim.observed.source].append(claim.observed)
    sources = sorted(calls, key=lambda source: (ranks.get(source, len(ranks)), source))
    figures = _figures(calls[sources[0]]) if sources else None
    declared = [c.confidence for c in of_pair if c.observed is None]
    protocols = [c.protocol for c in strongest if c.protocol]
    latency = (figures.client_latency or figures.server_latency) if figures else None
    return Edge(
        client=pair[0],
        server=pair[1],
        confidence=strongest[0].confidence,
        declared=max(declared, default=0.0) >= COUNTS_FROM,
        observed=bool(calls),
        via=_vias(of_pair),
        protocol=figures.protocol if figures and figures.protocol else next(iter(protocols), None),
        sampled=figures.sampled if figures else None,
        rate_rps=figures.rate_rps if figures else None,
        error_ratio=figures.error_ratio if figures else None,
        latency=latency,
        mtls=figures.mtls if figures else None,
        sources=tuple(sources),
        evidence=_evidence(strongest),
    )


def _figures(calls: Sequence[ObservedCall]) -> ObservedCall:
    """What one source says of a pair, where it counts it in parts (by Service, by version).

    Rates add up and error ratios are weighted by them; quantiles cannot be joined, so those of the
    busiest part are taken.
    """
    busiest = max(calls, key=lambda call: call.rate_rps or 0.0)
    if len(calls) == 1:
        return busiest
    rated = [call for call in calls if call.rate_rps is not None]
    rate = sum(call.rate_rps or 0.0 for call in rated) if rated else None
    known = [call for call in rated if call.error_ratio is not None and call.rate_rps]
    weight = sum(call.rate_rps or 0.0 for call in known)
    errors = sum((call.error_ratio or 0.0) * (call.rate_rps or 0.0) for call in known)
    encrypted = {call.mtls for call in calls}
    return ObservedCall(
        source=busiest.source,
        client=busiest.client,
        server=busiest.server,
        protocol=busiest.protocol,
        rate_rps=rate,
        error_ratio=errors / weight if weight else busiest.error_ratio,
        client_latency=busiest.client_latency,
        server_latency=busiest.server_latency,
        mtls=encrypted.pop() if len(encrypted) == 1 else None,
        sampled=busiest.sampled,
    )


def _vias(of_pair: Iterable[Claim]) -> tuple[Via, ...]:
    """The Services and ports gone through; of one Service a claim with a port hides one without."""
    vias = {claim.via for claim in of_pair if claim.via is not None}
    with_port = {via.service for via in vias if via.port is not None}
    kept = {
        (v.service, v.port): v for v in vias if v.port is not None or v.service not in with_port
    }
    return tuple(sorted(kept.values(), key=lambda via: (via.service, str(via.port))))


def _evidence(strongest: Iterable[Claim]) -> tuple[Evidence, ...]:
    kept: list[Evidence] = []
    for claim in strongest:
        kept += [piece for piece in claim.evidence if piece not in kept]
    return tuple(kept[:_MAX_EVIDENCE])


def _nodes(
    snapshot: Snapshot, places: Places, merged: Mapping[str, str], edges: Iterable[Edge]
) -> dict[str, Node]:
    """A node for every workload, and for everything else that calls or is called."""
    callers, callees = _neighbours(edges)
    fronts = places.services_of()
    nodes: dict[str, Node] = {}
    for workload_id, workload in places.workload_of.items():
        node_id = merged.get(workload_id, workload_id)
        product = product_of(workload)
        if node_id in nodes:
            continue
        if is_fitting(workload):
            role: Role = "infrastructure"
        elif product is not None:
            role = product.role
        else:
            role = _application_role(callers[node_id], callees[node_id])
        nodes[node_id] = Node(
            id=node_id,
            name=workload.name if node_id == workload_id else node_id.rpartition("/")[2],
            kind=workload.kind if node_id == workload_id else "Service",
            role=role,
            namespace=workload.namespace,
            product=product.name if product else None,
            services=fronts.get(workload_id, ()),
            replicas=workload.replicas,
        )
    routes = {route_id(route): route for route in snapshot.objects.routes}
    for node_id in sorted({*callers, *callees} - nodes.keys()):
        if node_id in routes:
            route = routes[node_id]
            nodes[node_id] = Node(node_id, route.name, route.kind, "external", route.namespace)
        else:
            nodes[node_id] = _stranger(node_id, callers[node_id], callees[node_id])
    return nodes


def _neighbours(edges: Iterable[Edge]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    callers: dict[str, set[str]] = defaultdict(set)
    callees: dict[str, set[str]] = defaultdict(set)
    for edge in edges:
        if edge.confidence >= COUNTS_FROM:
            callers[edge.server].add(edge.client)
            callees[edge.client].add(edge.server)
    return callers, callees


def _application_role(callers: set[str], callees: set[str]) -> Role:
    if any(_outside(caller) for caller in callers) or (callees and not callers):
        return "entry"
    if callers:
        return "middle" if callees else "leaf"
    return "isolated"


def _outside(node_id: str) -> bool:
    return node_id == INTERNET or node_id.partition(":")[0] in _OUTSIDE_PREFIXES


def _stranger(node_id: str, callers: set[str], callees: set[str]) -> Node:
    """Something that is no workload among the objects: outside, a bare Service, or only a name."""
    kind, _, name = node_id.rpartition(":")
    namespace, _, last = name.rpartition("/")
    if node_id == INTERNET:
        return Node(node_id, INTERNET, "Internet", "external")
    if kind == "external":
        return Node(node_id, name, "External", "external")
    role = _application_role(callers, callees)
    services = (name,) if kind == "service" else ()
    return Node(
        node_id,
        last,
        "Service" if services else "Unknown",
        role,
        namespace or None,
        services=services,
    )


def _disagreements(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> Iterator[Finding]:
    """Calls that are declared but not seen, or seen but declared nowhere, between applications.

    A declared call counts as not seen only where the metrics see its client call and its server
    being called; a call counts as undeclared only where its client declares others.
    """
    edges = list(edges)
    seen_clients = {edge.client for edge in edges if edge.observed}
    seen_servers = {edge.server for edge in edges if edge.observed}
    declaring = {edge.client for edge in edges if edge.declared}
    for edge in edges:
        if not {nodes[edge.client].role, nodes[edge.server].role} <= APPLICATION_ROLES:
            continue
        if edge.declared and not edge.observed:
            if edge.client in seen_clients and edge.server in seen_servers:
                yield _disagreement("declared-not-seen", edge)
        elif edge.observed and not edge.declared and edge.client in declaring:
            yield _disagreement("seen-not-declared", edge)


def _disagreement(finding_id: str, edge: Edge) -> Finding:
    return Finding(
        id=finding_id,
        severity="info",
        subject=f"{edge.client} -> {edge.server}",
        text=message(f"finding.{finding_id}", client=edge.client, server=edge.server),
        evidence=edge.evidence,
    )

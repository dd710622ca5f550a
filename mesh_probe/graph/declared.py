"""Claims that the cluster's objects make: references in manifests, and routes from outside."""

from collections.abc import Iterable, Iterator, Mapping
from shlex import quote

from mesh_probe.graph.claims import INTERNET, Claim, route_id
from mesh_probe.graph.mentions import Mention
from mesh_probe.graph.places import Places, nodes_at
from mesh_probe.graph.policies import HINT, allowed
from mesh_probe.kinds import called
from mesh_probe.model import Evidence, Objects, Reference, Route, Service, Via, Workload
from mesh_probe.text import message

ROUTE_KINDS = ("Ingress", "HTTPRoute", "GRPCRoute", "Route", "VirtualService")

# How sure it is that a route or an open Service is used: it exists for nothing else.
ROUTE_CONFIDENCE = 0.95
OPEN_SERVICE_CONFIDENCE = 0.8

_OPEN_TYPES = ("LoadBalancer", "NodePort")


def claims(objects: Objects, places: Places, mentioned: Iterable[Mention]) -> Iterator[Claim]:
    """What the objects claim: calls to what is mentioned, and ways in from outside."""
    let_in = allowed(objects, places)
    for mention in mentioned:
        yield from _from_mention(mention, let_in)
    for (client, server), evidence in let_in.items():
        yield Claim(client, server, HINT, evidence=(evidence,))
    for route in objects.routes:
        if _is_way_in(route):
            yield from _from_route(route, places)
    for service in objects.services:
        if service.type in _OPEN_TYPES:
            yield from _from_open_service(service, places)


def _from_mention(mention: Mention, let_in: Mapping[tuple[str, str], Evidence]) -> Iterator[Claim]:
    if mention.place is None:
        return
    reference, service = mention.reference, mention.place.service
    via = Via(service, reference.port, reference.scheme) if service else None
    for server in nodes_at(mention.place):
        if server != mention.client:
            yield Claim(
                client=mention.client,
                server=server,
                confidence=_backed(mention, server, let_in),
                via=via,
                protocol=reference.scheme,
                evidence=(evidence_of(mention),),
                probe=reference.about == "probe",
            )


def _backed(mention: Mention, server: str, let_in: Mapping[tuple[str, str], Evidence]) -> float:
    """How sure a mention is where a policy lets its caller in, and where none does."""
    if (mention.client, server) not in let_in:
        return mention.confidence
    return round(1 - (1 - mention.confidence) * (1 - HINT), 4)


def _from_route(route: Route, places: Places) -> Iterator[Claim]:
    node = route_id(route)
    evidence = Evidence(
        subject=called(route.kind, route.namespace, route.name),
        fact=message("evidence.route", hosts=", ".join(route.hosts) or "*"),
        seen_in="objects",
        check=_show(route.kind, route.namespace, route.name),
    )
    yield Claim(INTERNET, node, ROUTE_CONFIDENCE, evidence=(evidence,))
    for backend in route.backends:
        if backend.weight == 0:
            continue
        place = places.of_service(backend.namespace, backend.service)
        via = Via(f"{backend.namespace}/{backend.service}", backend.port)
        for server in nodes_at(place) if place else ():
            yield Claim(node, server, ROUTE_CONFIDENCE, via, evidence=(evidence,))


def _from_open_service(service: Service, places: Places) -> Iterator[Claim]:
    evidence = Evidence(
        subject=f"Service {service.namespace}/{service.name}",
        fact=message("evidence.open-service", type=service.type),
        seen_in="objects",
        check=_show("Service", service.namespace, service.name),
    )
    port = service.ports[0].port if len(service.ports) == 1 else None
    via = Via(f"{service.namespace}/{service.name}", port)
    for server in places.behind(service):
        yield Claim(INTERNET, server, OPEN_SERVICE_CONFIDENCE, via, evidence=(evidence,))


def _is_way_in(route: Route) -> bool:
    """Whether a gateway takes it up, and it does not only shape calls inside a mesh.

    Such are VirtualServices without gateways, and routes that are attached to a Service:
    https://gateway-api.sigs.k8s.io/mesh/
    """
    if not route.gateways:
        return route.kind != "VirtualService"
    return any(g != "mesh" and not g.startswith("service:") for g in route.gateways)


def evidence_of(mention: Mention) -> Evidence:
    """What shows that a workload names a host."""
    workload = mention.workload
    kind = "probe" if mention.reference.about == "probe" else "reference"
    return Evidence(
        subject=subject_of(workload),
        fact=message(
            f"evidence.{kind}", key=mention.reference.key, host=address_of(mention.reference)
        ),
        seen_in=mention.seen_in,
        check=_show(workload.kind, workload.namespace, workload.name),
    )


def _show(kind: str, namespace: str, name: str) -> str:
    return f"kubectl get {quote(kind.lower())} {quote(name)} -n {quote(namespace)} -o yaml"


def address_of(reference: Reference) -> str:
    """The host and, where it is given, the port."""
    return reference.host if reference.port is None else f"{reference.host}:{reference.port}"


def subject_of(workload: Workload) -> str:
    """How reports call a workload."""
    return called(workload.kind, workload.namespace, workload.name)

"""Is the team at home with Kubernetes networking?

Skill shows in practice: each practice found counts a little for, each that is plainly missing a
little against. Together they stay hints, and never become sure.
"""

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import KINDS, WORKLOAD_KINDS
from mesh_probe.model import Evidence, Objects, Service
from mesh_probe.question import Measure, Opinion, Question, Sign, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, message

MOST = 0.5
"""Share from which a practice counts as kept."""

POLICIES = 0.4
PROBES = 0.3
MODERN_ROUTES = 0.4
NETWORK_RESOURCES = 0.4
BUDGETS = 0.2
NAMED_PORTS = 0.2
TLS_AT_THE_EDGE = 0.2
"""Log-odds of each practice, and against when it is missing where it would be expected. Our own:
what takes knowledge of networking counts more than what every chart brings."""

NETWORK_GROUPS = (
    "gateway.networking.k8s.io",
    "networking.istio.io",
    "security.istio.io",
    "policy.linkerd.io",
    "linkerd.io",
    "cilium.io",
)

NETWORK_KINDS = tuple(sorted({kind.name for kind in KINDS if kind.group in NETWORK_GROUPS}))


SIGNS = (
    Sign(
        ("evidence.namespaces-with-policies",),
        ("NetworkPolicy", "CiliumNetworkPolicy", *WORKLOAD_KINDS),
        yes=POLICIES,
        no=POLICIES,
    ),
    Sign(("evidence.readiness-probes",), (*WORKLOAD_KINDS, "Service"), yes=PROBES, no=PROBES),
    Sign(
        ("evidence.disruption-budgets",),
        ("PodDisruptionBudget", *WORKLOAD_KINDS),
        yes=BUDGETS,
        no=BUDGETS,
    ),
    Sign(("evidence.named-ports",), (*WORKLOAD_KINDS, "Service"), yes=NAMED_PORTS, no=NAMED_PORTS),
    Sign(
        ("evidence.tls-at-the-edge",),
        ("Ingress", "Route"),
        yes=TLS_AT_THE_EDGE,
        no=TLS_AT_THE_EDGE,
    ),
    Sign(("evidence.gateway-api",), ("HTTPRoute", "GRPCRoute"), yes=MODERN_ROUTES),
    Sign(("evidence.network-resources",), (*NETWORK_KINDS, *WORKLOAD_KINDS), yes=NETWORK_RESOURCES),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """One piece of evidence per practice that could be looked at."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    if not own:
        return Opinion(reason=message("network-skills.unseen"))
    pieces = (
        _policies(objects, own),
        _probes(own),
        _budgets(objects, own),
        _named_ports(objects, own),
        _tls(objects),
        _modern_routes(objects),
        _resources(objects, own),
    )
    evidence = tuple(piece for piece in pieces if piece)
    kept = sum(piece.points == "yes" for piece in evidence)
    return Opinion(
        evidence=evidence,
        said={"kept": kept, "looked_at": len(evidence)},
        measure=Measure("practices-kept", kept, "practices", None),
        reason=None if evidence else message("network-skills.unseen"),
        unread=unread(objects, SIGNS),
    )


def _share(part: int, whole: int, fact: Message, weight: float, check: str) -> Evidence:
    """A practice that is kept where it should be, or not."""
    kept = part >= MOST * whole
    return Evidence("cluster", fact, "objects", "yes" if kept else "no", weight, check)


def _policies(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    namespaces = {app.workload.namespace for app in own}
    policies = [o for o in objects.outlines if o.kind in ("NetworkPolicy", "CiliumNetworkPolicy")]
    covered = namespaces & {policy.namespace for policy in policies}
    if not (covered or objects.saw("NetworkPolicy")):
        return None
    fact = message(
        "evidence.namespaces-with-policies", covered=len(covered), namespaces=len(namespaces)
    )
    check = "kubectl get networkpolicies --all-namespaces"
    return _share(len(covered), len(namespaces), fact, POLICIES, check)


def _probes(own: tuple[Application, ...]) -> Evidence | None:
    served = [app for app in own if app.node.services]
    probed = [
        app
        for app in served
        if any(c.readiness_probe is not None for c in app.workload.containers if not c.init)
    ]
    if not served:
        return None
    fact = message("evidence.readiness-probes", probed=len(probed), count=len(served))
    check = (
        "kubectl get deployments --all-namespaces -o custom-columns="
        "NAME:.metadata.name,READINESS:.spec.template.spec.containers[*].readinessProbe"
    )
    return _share(len(probed), len(served), fact, PROBES, check)


def _budgets(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    namespaces = {app.workload.namespace for app in own}
    budgets = [
        o for o in objects.outlines if o.kind == "PodDisruptionBudget" and o.namespace in namespaces
    ]
    if not (budgets or objects.saw("PodDisruptionBudget")):
        return None
    fact = message("evidence.disruption-budgets", count=len(budgets))
    check = "kubectl get poddisruptionbudgets --all-namespaces"
    return _share(len(budgets), 1, fact, BUDGETS, check)


def _named_ports(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    names = {service for app in own for service in app.node.services}
    services = [s for s in objects.services if f"{s.namespace}/{s.name}" in names and s.ports]
    named = [service for service in services if _says_protocol(service)]
    if not services:
        return None
    fact = message("evidence.named-ports", named=len(named), count=len(services))
    check = (
        "kubectl get services --all-namespaces -o custom-columns="
        "NAME:.metadata.name,PORTS:.spec.ports[*].name,PROTOCOLS:.spec.ports[*].appProtocol"
    )
    return _share(len(named), len(services), fact, NAMED_PORTS, check)


def _says_protocol(service: Service) -> bool:
    return all(port.name or port.app_protocol for port in service.ports)


def _tls(objects: Objects) -> Evidence | None:
    ways_in = [route for route in objects.routes if route.kind in ("Ingress", "Route")]
    secured = [route for route in ways_in if route.tls]
    if not ways_in:
        return None
    fact = message("evidence.tls-at-the-edge", secured=len(secured), count=len(ways_in))
    check = "kubectl get ingresses --all-namespaces"
    return _share(len(secured), len(ways_in), fact, TLS_AT_THE_EDGE, check)


def _modern_routes(objects: Objects) -> Evidence | None:
    """Gateway API in use. Not using it is no lack of skill, so its absence says nothing."""
    routes = [r for r in objects.routes if r.kind in ("HTTPRoute", "GRPCRoute")]
    if not routes:
        return None
    fact = message("evidence.gateway-api", count=len(routes))
    check = "kubectl get httproutes.gateway.networking.k8s.io --all-namespaces"
    return _share(1, 1, fact, MODERN_ROUTES, check)


def _resources(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    """Objects that only somebody writes who knows how the network is made here.

    Those in namespaces without applications came with the installation.
    """
    places = {None, *(app.workload.namespace for app in own)}
    written = [o for o in objects.outlines if o.group in NETWORK_GROUPS and o.namespace in places]
    if not written:
        return None
    kinds = sorted({o.kind for o in written})
    fact = message("evidence.network-resources", count=len(written), kinds=", ".join(kinds))
    check = f"kubectl get {','.join(kind.lower() for kind in kinds)} --all-namespaces"
    return _share(1, 1, fact, NETWORK_RESOURCES, check)


QUESTION = Question("network-skills", 9, "readiness", ask)

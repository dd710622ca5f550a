"""Is the team at home with Kubernetes networking?

Skill shows in practice: each practice counts a little for where it is kept in most places and a
little against where it is not, and by how many places that is: half of them tell half as much as
all. Together they stay hints, and never become sure.
"""

from collections.abc import Iterable, Sequence

from mesh_probe.application import Application, applications, around, outlines, selecting
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import KINDS, WORKLOAD_KINDS
from mesh_probe.model import Evidence, Objects, Outline, Service
from mesh_probe.question import Measure, Opinion, Question, Sign, Threshold, point, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter, message

MOST = Threshold("practice-share", 0.5, "ratio")
"""Share of the places from which a practice counts as kept; our own."""

POLICIES = 0.4
PROBES = 0.3
MODERN_ROUTES = 0.4
NETWORK_RESOURCES = 0.4
BUDGETS = 0.2
NAMED_PORTS = 0.2
PROTOCOLS = 0.2
TLS_AT_THE_EDGE = 0.2
SPREAD = 0.2
"""Log-odds of each practice kept everywhere, and against when it is missing everywhere where it
would be expected. Our own: what takes knowledge of networking counts more than what every chart
brings along."""

NETWORK_GROUPS = (
    "gateway.networking.k8s.io",
    "networking.istio.io",
    "security.istio.io",
    "policy.linkerd.io",
    "linkerd.io",
    "cilium.io",
)

NETWORK_KINDS = tuple(sorted({kind.name for kind in KINDS if kind.group in NETWORK_GROUPS}))

_SECURED, _INSIDE = ("HTTPS", "TLS"), "HBONE"
"""Protocols of listeners; the last is that of waypoints."""

_CALLER_POLICIES = ("NetworkPolicy", "CiliumNetworkPolicy", "AuthorizationPolicy")
"""A mesh's own say who may call whom as well."""

SIGNS = (
    Sign(
        ("evidence.applications-with-policies",),
        (*_CALLER_POLICIES, *WORKLOAD_KINDS),
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
    Sign(("evidence.port-protocols",), (*WORKLOAD_KINDS, "Service"), yes=PROTOCOLS),
    Sign(("evidence.spread-pods",), WORKLOAD_KINDS, yes=SPREAD, no=SPREAD),
    Sign(
        ("evidence.tls-at-the-edge",),
        ("Ingress", "Route", "Gateway"),
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
    most = MOST.of(snapshot)
    services = _services(objects, own)
    evidence = (
        *_policies(objects, own, most),
        *_probes(own, most),
        *_budgets(objects, own, most),
        *_named_ports(services, most),
        *_protocols(services),
        *_spread(own, most),
        *_tls(objects, most),
        *_modern_routes(objects),
        *_resources(objects, own),
    )
    kept = sum(piece.points == "yes" for piece in evidence)
    return Opinion(
        evidence=evidence,
        said={"kept": kept, "looked_at": len(evidence)},
        measure=Measure("practices-kept", kept, "practices", None),
        reason=None if evidence else message("network-skills.unseen"),
        unread=unread(objects, SIGNS),
    )


def _share(
    practice: str, part: int, whole: int, weight: float, check: str, **said: Parameter
) -> tuple[Evidence, ...]:
    """A practice, in how many of the places it is kept, and what that weighs."""
    if not whole:
        return ()
    share = round(part / whole, 4)
    fact = message(f"evidence.{practice}", part=part, whole=whole, share=share, **said)
    return (point("cluster", fact, weight, check),)


def _signed(part: int, whole: int, weight: float, most: float) -> float:
    """For by the share where it is kept, against by the share where it is not."""
    if not whole:
        return 0.0
    return weight * part / whole if part >= most * whole else weight * (part / whole - 1)


def _about(own: Iterable[Application], found: Iterable[Outline]) -> set[str]:
    """The names of those of the applications that any of the objects selects."""
    selected = selecting(own)
    return {app.name for outline in found for app in selected(outline)}


def _services(objects: Objects, own: tuple[Application, ...]) -> list[Service]:
    fronts = {service for app in own for service in app.node.services}
    return [s for s in objects.services if f"{s.namespace}/{s.name}" in fronts and s.ports]


def _policies(objects: Objects, own: tuple[Application, ...], most: float) -> tuple[Evidence, ...]:
    policies = around(own, outlines(objects, *_CALLER_POLICIES))
    if not (policies or objects.saw("NetworkPolicy")):
        return ()
    part, whole = len(_about(own, policies)), len(own)
    check = "kubectl get networkpolicies --all-namespaces"
    weight = _signed(part, whole, POLICIES, most)
    return _share("applications-with-policies", part, whole, weight, check)


def _probes(own: tuple[Application, ...], most: float) -> tuple[Evidence, ...]:
    served = [app for app in own if app.node.services]
    probed = [
        app
        for app in served
        if any(c.readiness_probe is not None for c in app.workload.containers if not c.init)
    ]
    check = (
        "kubectl get deployments --all-namespaces -o custom-columns="
        "NAME:.metadata.name,READINESS:.spec.template.spec.containers[*].readinessProbe"
    )
    part, whole = len(probed), len(served)
    return _share("readiness-probes", part, whole, _signed(part, whole, PROBES, most), check)


def _budgets(objects: Objects, own: tuple[Application, ...], most: float) -> tuple[Evidence, ...]:
    """How many of the applications that run more than once have budgets."""
    repeated = [app for app in own if (app.workload.replicas or 0) > 1] or own
    budgets = around(own, outlines(objects, "PodDisruptionBudget"))
    if not (budgets or objects.saw("PodDisruptionBudget")):
        return ()
    part, whole = len(_about(repeated, budgets)), len(repeated)
    check = "kubectl get poddisruptionbudgets --all-namespaces"
    weight = _signed(part, whole, BUDGETS, most)
    return _share("disruption-budgets", part, whole, weight, check, count=len(budgets))


def _named_ports(services: Sequence[Service], most: float) -> tuple[Evidence, ...]:
    named = [s for s in services if all(port.name or port.app_protocol for port in s.ports)]
    check = (
        "kubectl get services --all-namespaces -o custom-columns="
        "NAME:.metadata.name,PORTS:.spec.ports[*].name,PROTOCOLS:.spec.ports[*].appProtocol"
    )
    part, whole = len(named), len(services)
    return _share("named-ports", part, whole, _signed(part, whole, NAMED_PORTS, most), check)


def _protocols(services: Sequence[Service]) -> tuple[Evidence, ...]:
    """Whoever writes appProtocol knows who reads it. Hardly anyone does, so its lack says nothing.

    https://kubernetes.io/docs/concepts/services-networking/service/#application-protocol
    """
    telling = [s for s in services if any(port.app_protocol for port in s.ports)]
    check = (
        "kubectl get services --all-namespaces -o custom-columns="
        "NAME:.metadata.name,PROTOCOLS:.spec.ports[*].appProtocol"
    )
    if not telling:
        return ()
    return _share("port-protocols", len(telling), len(services), PROTOCOLS, check)


def _spread(own: tuple[Application, ...], most: float) -> tuple[Evidence, ...]:
    """Topology spread or anti-affinity, where something runs more than once."""
    repeated = [app for app in own if (app.workload.replicas or 0) > 1 and app.node.services]
    spread = [app for app in repeated if app.workload.spread]
    check = (
        "kubectl get deployments --all-namespaces -o custom-columns="
        "NAME:.metadata.name,SPREAD:.spec.template.spec.topologySpreadConstraints[*].topologyKey"
    )
    part, whole = len(spread), len(repeated)
    return _share("spread-pods", part, whole, _signed(part, whole, SPREAD, most), check)


def _tls(objects: Objects, most: float) -> tuple[Evidence, ...]:
    """Of Ingresses and of gateways, except those that only serve a mesh inside."""
    secured = [route.tls for route in objects.routes if route.kind in ("Ingress", "Route")]
    for gateway in outlines(objects, "Gateway"):
        protocols = {
            str(value)
            for path in ("spec.listeners[].protocol", "spec.servers[].port.protocol")
            for value in gateway.values(path)
        }
        if protocols - {_INSIDE}:
            secured.append(not protocols.isdisjoint(_SECURED))
    part, whole = sum(secured), len(secured)
    check = "kubectl get ingresses,gateways --all-namespaces"
    weight = _signed(part, whole, TLS_AT_THE_EDGE, most)
    return _share("tls-at-the-edge", part, whole, weight, check)


def _modern_routes(objects: Objects) -> tuple[Evidence, ...]:
    """Gateway API in use. Not using it is no lack of skill, so its absence says nothing."""
    routes = [r for r in objects.routes if r.kind in ("HTTPRoute", "GRPCRoute")]
    ways_in = [r for r in objects.routes if r.kind in ("Ingress", "Route")]
    if not routes:
        return ()
    check = "kubectl get httproutes.gateway.networking.k8s.io --all-namespaces"
    part, whole = len(routes), len(routes) + len(ways_in)
    return _share("gateway-api", part, whole, MODERN_ROUTES, check)


def _resources(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Objects that only somebody writes who knows how the network is made here.

    Those in namespaces without applications came with the installation.
    """
    places = {None, *(app.workload.namespace for app in own)}
    written = [o for o in objects.outlines if o.group in NETWORK_GROUPS and o.namespace in places]
    if not written:
        return ()
    kinds = sorted({o.kind for o in written})
    fact = message("evidence.network-resources", count=len(written), kinds=", ".join(kinds))
    check = f"kubectl get {','.join(kind.lower() for kind in kinds)} --all-namespaces"
    return (point("cluster", fact, NETWORK_RESOURCES, check),)


QUESTION = Question("network-skills", 9, "readiness", ask, thresholds=(MOST,))

"""Is mTLS or authentication between internal services required?

A requirement is in no object; what is there are its traces: policies that enforce it, duties and
tenants that namespaces are labelled with, certificates for names that only exist inside, identities
and tokens that services check of each other. Calls that a proxy encrypts by default are no trace of
it, for nobody asked; few services have little to prove to each other. Calls in the clear, and
nothing that asks for more, show that nothing enforces it today, which is a weak sign against it.
"""

from collections.abc import Callable, Iterable

from mesh_probe.application import (
    FEW,
    addresses,
    applications,
    few_services,
    service_count,
    silence,
)
from mesh_probe.checklist.internal_auth import asked, done
from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import application_services
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.mesh import meshes
from mesh_probe.model import Evidence, Objects, Status
from mesh_probe.question import Opinion, Question, Sign, Threshold, point, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, message

SEVERAL = Threshold("auth-applications", 3, "workloads")
"""Applications, or encrypted calls, from which repeating counts; our own."""

NOTHING = 0.3
"""Log-odds against, where every sign could be read and none is there."""

FEW_SERVICES, LONE_SERVICES = 0.2, 1.0
"""Log-odds against, of few services, and of at most `LONE`, whatever else there is: these know each
other without proof."""

LONE = 2

_ASKING = frozenset(
    f"evidence.{fact}"
    for fact in ("strict-mtls", "caller-policies", "duties", "internal-certificates", "identities")
)
"""Facts beside which encryption by a proxy is wanted, and not only there."""

_UNASKED = frozenset(
    f"evidence.{fact}" for fact in ("network-policies", "mtls-calls", "mtls-unasked", "dapr-calls")
)
"""Facts that are there without anybody asking services for proof."""

_EVERY = (*done.REQUIRING, *asked.NETWORK_POLICIES, "Service", *done.SET_IN)
"""Kinds that may not be hidden before their silence says something."""

_FEW = "evidence.few-to-authenticate"

_SAID_BY = {
    "strict-mtls": "policies",
    "caller-policies": "policies",
    "callers-named": "policies",
    "network-policies": "policies",
    "internal-certificates": "encrypted",
    "internal-addresses": "encrypted",
    "tls-ports": "encrypted",
    "mtls-calls": "encrypted",
    "dapr-calls": "encrypted",
    "identities": "checked",
    "auth-sidecars": "checked",
    "auth-settings": "checked",
    "duties": "duties",
    "tenants": "tenants",
}
"""Which text gives the reason of a yes, by the strongest of the facts."""


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs what asks for authentication, and what is done of it, against what does without."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    several = SEVERAL.of(snapshot)
    encrypted, plain = addresses(objects, own)
    meshed = _meshed(objects, graph)
    plain = {pair: app for pair, app in plain.items() if not meshed(*pair)}
    written = (
        *asked.strict(objects, own),
        *asked.caller_policies(objects),
        *asked.duties(objects, own),
        *asked.tenants(objects, own),
        *asked.network_policies(objects, own),
        *done.certificates(objects, own),
        *done.identities(objects, own),
        *done.by_address(encrypted, plain),
        *done.tls_ports(objects, own),
        *done.sidecars(own, several),
        *done.settings(own, several),
    )
    is_asked = any(piece.fact.id in _ASKING for piece in written)
    evidence = (
        *written,
        *done.by_telemetry(snapshot, graph, several, is_asked=is_asked),
        *done.by_dapr(objects, own, several, is_asked=is_asked),
    )
    absence = _absence(snapshot, graph, evidence)
    said: dict[str, Parameter] = {"encrypted": len(encrypted), "plain": len(plain)}
    return Opinion(
        evidence=(*evidence, *absence),
        said=said,
        reason=None if evidence else _silence(objects, absence),
        reasons=_reasons((*evidence, *absence), said),
        unread=unread(objects, (*asked.ASKING, *done.DONE, *_against(snapshot, graph))),
    )


def _silence(objects: Objects, absence: Iterable[Evidence]) -> Message:
    return silence("internal-auth", () if objects.hidden(*_EVERY) else absence)


def _meshed(objects: Objects, graph: CallGraph) -> Callable[[str, str], bool]:
    """What tells whether a mesh encrypts calls: it was seen to, or both ends are in it."""
    members = [frozenset(mesh.inside or ()) for mesh in meshes(objects)]

    def meshed(client: str, server: str) -> bool:
        edge = graph.edges.get((client, server))
        if edge is not None and edge.mtls is not None:
            return edge.mtls
        ends = {client.partition("~")[0], server.partition("~")[0]}
        return any(ends <= inside for inside in members)

    return meshed


def _reasons(evidence: Iterable[Evidence], said: dict[str, Parameter]) -> dict[Status, Message]:
    """What to say for each status, by the strongest piece that points to it."""
    ordered = sorted(evidence, key=lambda piece: -piece.weight)
    reasons: dict[Status, Message] = {}
    for_it = next((piece.fact for piece in ordered if piece.points == "yes"), None)
    against = next((piece.fact for piece in ordered if piece.points == "no"), None)
    if for_it:
        by = _SAID_BY[for_it.id.removeprefix("evidence.")]
        reasons["yes"] = message(f"internal-auth.yes.{by}", **for_it.parameters)
    if against and against.id == _FEW:
        weak = message("internal-auth.no.few", **against.parameters)
        reasons["no"] = weak if for_it else silence("internal-auth", ordered)
    elif against and not said["plain"]:
        is_unasked = any(piece.fact.id == "evidence.mtls-unasked" for piece in ordered)
        reasons["no"] = message(f"internal-auth.no.{'unasked' if is_unasked else 'seen'}")
    if for_it and all(p.fact.id in _UNASKED for p in ordered if p.points == "yes"):
        reasons["unknown"] = message("internal-auth.unknown.unasked")
    return reasons


def _absence(
    snapshot: Snapshot, graph: CallGraph, found: Iterable[Evidence]
) -> tuple[Evidence, ...]:
    """What speaks against it: few services, and that nothing asks for it where it would show."""
    objects = snapshot.objects
    nothing = all(piece.points != "yes" or piece.fact.id in _UNASKED for piece in found)
    services = service_count(graph)
    weight = FEW_SERVICES if services > LONE else LONE_SERVICES
    few = few_services(snapshot, graph, "few-to-authenticate", -weight, silent=nothing)
    read = all(objects.saw(kind) for kind in (*done.REQUIRING, "NetworkPolicy"))
    if not (nothing and services and read) or objects.hidden(*_EVERY):
        return few
    check = "kubectl get networkpolicies,configmaps,namespaces --all-namespaces --show-labels"
    return (*few, point("cluster", message("evidence.no-auth-traces"), -NOTHING, check))


def _against(snapshot: Snapshot, graph: CallGraph) -> Iterable[Sign]:
    """What more of the objects may show to speak against it.

    Hidden services add to those that are seen, except copies of one system: these have one name.
    """
    adding = (*WORKLOAD_KINDS, "Service")
    if snapshot.objects.hidden(*adding):
        least = len({node.name for node in application_services(graph)})
        few = FEW.of(snapshot)
        limits = ((LONE, LONE_SERVICES), (few, FEW_SERVICES), (2 * few - 1, FEW_SERVICES / 2))
        yield Sign((_FEW,), adding, no=next((w for limit, w in limits if least <= limit), None))
    yield Sign(("evidence.no-auth-traces",), _EVERY, no=NOTHING)


QUESTION = Question("internal-auth", 5, "need", ask, axis="security", thresholds=(SEVERAL, FEW))

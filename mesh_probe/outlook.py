"""The outcome in words: which case it is, what is there already, and what to be able to say next.

Nothing here decides anything; it tells what the verdict means in this cluster.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.mesh import Mesh
from mesh_probe.model import Noun, Status
from mesh_probe.outcome import NEEDS, OWNER, count
from mesh_probe.question import NO_UPTO, YES_FROM, Answer, Axis, Question
from mesh_probe.scores import SKILLS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message
from mesh_probe.verdict import Verdict

Advice = Literal["keep", "finish", "remove"]

WHOLE_FROM = 0.9
"""Part of the application workloads from which a mesh counts as all the way in; our own. A few
workloads stay outside for good reasons: the network of the host, server-first protocols."""

MOST_FROM = 0.5
"""Part from which the rest is what is left to do, and not the mesh."""

_ROLLING = ("Deployment", "StatefulSet", "DaemonSet", "Rollout")
"""Argo Rollouts' controller rolls and rolls back as those of Kubernetes do."""
_WAYS_IN = ("Ingress", "HTTPRoute", "GRPCRoute", "Route")
_PROXIES_A_CALL = 2


class Given(Noun):
    """Something plain Kubernetes gives, and how much of it is used here."""

    id: str
    count: int | None
    """None where the kind could not be seen."""
    whole: int | None
    """Of how many; None where there is no whole."""
    said: Message


class Lack(Noun):
    """Something plain Kubernetes lacks, and whether the answers ask for it."""

    axis: Axis
    asked: Status
    said: Message


class Point(Noun):
    """Something to be able to say before deciding, ticked where the scan can say it."""

    id: str
    ticked: bool
    said: Message


class Installed(Noun):
    """A mesh that is there, and what to do with it."""

    mesh: Mesh
    advice: Advice
    said: Message


class Outlook(Noun):
    """The outcome in words."""

    case: Message | None = None
    quadrant: Message | None = None
    gives: tuple[Given, ...] = ()
    """Where fewer questions than the threshold are yes, and there are applications to give it to;
    else plain Kubernetes is not the topic."""
    lacks: tuple[Lack, ...] = ()
    misconceptions: tuple[Message, ...] = ()
    to_say: tuple[Point, ...] = ()


def look_out(
    snapshot: Snapshot,
    graph: CallGraph,
    questions: Sequence[Question],
    answers: Mapping[str, Answer],
    verdict: Verdict,
    *,
    hops: int,
    meshes: Sequence[Mesh],
) -> Outlook:
    """Everything that is said of the outcome; `hops` are the calls of the longest chain."""
    own = applications(snapshot, graph)
    plain = verdict.yes < verdict.threshold
    return Outlook(
        case=_case(verdict, there=bool(meshes)),
        quadrant=_quadrant(verdict, there=bool(meshes)),
        gives=tuple(_gives(snapshot, own)) if plain and own else (),
        lacks=tuple(_lacks(questions, answers)) if plain else (),
        misconceptions=tuple(_misconceptions(verdict, answers, hops, meshes)),
        to_say=tuple(_to_say(snapshot, graph, own, answers, verdict)),
    )


def advise(meshes: Iterable[Mesh], verdict: Verdict) -> tuple[Installed, ...]:
    """What to do with the meshes that are there, the one with most in it first."""
    told = []
    for mesh in meshes:
        advice, why = _advice(mesh, verdict)
        said = message(
            f"mesh.{advice}.{why}{_how_far(mesh, advice)}",
            mesh=_called(mesh),
            members=len(mesh.inside or ()),
            count=mesh.workloads,
            rest=mesh.workloads - len(mesh.inside or ()),
            yes=verdict.yes,
            threshold=verdict.threshold,
            unknown=verdict.unknown,
            probability=_unneeded(verdict),
        )
        told.append(Installed(mesh, advice, said))
    return tuple(sorted(told, key=lambda t: (-len(t.mesh.inside or ()), t.mesh.name, t.mesh.mode)))


def _how_far(mesh: Mesh, advice: Advice) -> str:
    """How the text ends that fits how much is in it."""
    if mesh.inside is None:
        return ".unclear"
    if advice != "finish":
        return ""
    if not mesh.inside:
        return ".none"
    return ".most" if (mesh.coverage_ratio or 0.0) >= MOST_FROM else ""


def _advice(mesh: Mesh, verdict: Verdict) -> tuple[Advice, str]:
    """Keep or finish where the need is there, or may be; remove where it likely is not.

    A signal against adopting a mesh does not take away the need for one that is there: then what
    the signal is about comes first, and nothing more is put into the mesh.
    """
    if verdict.yes + verdict.unknown < verdict.threshold:
        likely = _unneeded(verdict) >= YES_FROM
        return ("remove", verdict.outcome) if likely else ("keep", "leaning")
    if verdict.outcome == "not-now":
        return "keep", "first"
    coverage = mesh.coverage_ratio
    whole = coverage is None or coverage >= WHOLE_FROM or verdict.outcome == "undecided"
    return "keep" if whole else "finish", verdict.outcome


def _unneeded(verdict: Verdict) -> float:
    """P(fewer yes than the threshold), signals aside."""
    return min(math.fsum(verdict.yes_distribution[: verdict.threshold]), 1.0)


def _called(mesh: Mesh) -> str:
    names = {"istio": "Istio", "linkerd": "Linkerd", "cilium": "Cilium", "consul": "Consul"}
    others = {"kuma": "Kuma", "osm": "Open Service Mesh"}
    return " ".join(filter(None, ((names | others)[mesh.name], mesh.version, f"({mesh.mode})")))


def _case(verdict: Verdict, *, there: bool) -> Message:
    """Which case it is; `there` is whether there is a mesh already."""
    told: dict[str, int] = {
        "yes": verdict.yes,
        "unknown": verdict.unknown,
        "threshold": verdict.threshold,
        "most": verdict.yes + verdict.unknown,
    }
    if verdict.outcome == "not-now":
        most = verdict.yes + verdict.unknown
        missed = "missed" if most < verdict.threshold else "open"
        reached = "reached" if verdict.yes >= verdict.threshold else missed
        return message(f"case.not-now.{reached}", **told)
    if verdict.outcome == "kubernetes-is-enough":
        return message(f"case.enough.{'open' if verdict.unknown else 'known'}", **told)
    if verdict.outcome == "undecided":
        return message("case.undecided", **told)
    if there:
        return message("case.consider.there", **told)
    little = verdict.quadrant in ("stay", "rest")
    sort = "prepare" if verdict.quadrant == "prepare" else "little-need" if little else "pilot"
    return message(f"case.consider.{sort}", **told)


def _quadrant(verdict: Verdict, *, there: bool) -> Message:
    """Where the scores lie, and what to do next where the outcome is of one mind with them.

    That is for those who have no mesh yet; a pilot only for those who should consider one.
    """
    lies = verdict.quadrant
    if lies == "prepare":
        agreed = verdict.outcome != "kubernetes-is-enough"
    else:
        agreed = (lies == "pilot") == (verdict.outcome == "consider")
    bare = "" if lies == "open" or (agreed and not there) else ".bare"
    told = {"need": verdict.need.value, "readiness": verdict.readiness.value}
    return message(f"quadrant.{lies}{bare}", **told)


def _gives(snapshot: Snapshot, own: Sequence[Application]) -> Iterable[Given]:
    """What is used of plain Kubernetes, each found and counted."""
    objects = snapshot.objects
    services = {service for app in own for service in app.node.services}
    rolling = [app for app in own if app.workload.kind in _ROLLING]
    served = [app for app in own if app.node.services]
    probed = [
        app
        for app in served
        if any(c.readiness_probe is not None for c in app.workload.containers if not c.init)
    ]
    scalers = [o for o in objects.outlines if o.kind == "HorizontalPodAutoscaler"]
    ways_in = [route for route in objects.routes if route.kind in _WAYS_IN]
    configured = [app for app in own if app.workload.config]

    def given(name: str, kinds: tuple[str, ...], found: int, whole: int | None = None) -> Given:
        hidden = not found and objects.hidden(*kinds)
        if hidden:
            return Given(name, None, whole, message("gives.unseen", kinds=listed(hidden)))
        if not found:
            return Given(name, 0, whole, message(f"gives.{name}.none"))
        return Given(name, found, whole, message(f"gives.{name}", count=found, whole=whole))

    yield given("balancing", ("Service",), len(services))
    yield given("rollouts", _ROLLING, len(rolling), len(own))
    yield given("scaling", ("HorizontalPodAutoscaler",), len(scalers))
    yield given("routing", ("Ingress",), len(ways_in))
    yield given("configuration", ("ConfigMap",), len(configured), len(own))
    if served:
        yield given("probes", _ROLLING, len(probed), len(served))


def _lacks(questions: Sequence[Question], answers: Mapping[str, Answer]) -> Iterable[Lack]:
    axes: tuple[Axis, ...] = ("traffic", "observation", "security")
    for axis in axes:
        statuses = {answers[q.id].status for q in questions if q.axis == axis}
        asked: Status = "yes" if "yes" in statuses else "unknown" if "unknown" in statuses else "no"
        yield Lack(axis, asked, message(f"lacks.{axis}.{asked}"))


def _misconceptions(
    verdict: Verdict, answers: Mapping[str, Answer], hops: int, meshes: Sequence[Mesh]
) -> Iterable[Message]:
    """Those of the three that this cluster could fall for."""
    if hops:
        yield message("misconception.faster", hops=hops, proxies=hops * _PROXIES_A_CALL)
    if verdict.yes < verdict.threshold:
        yield message("misconception.everyone", yes=verdict.yes, threshold=verdict.threshold)
    owner = answers[OWNER].status
    if meshes:
        yield message("misconception.done.installed")
    elif owner != "yes":
        yield message(f"misconception.done.{owner}")


def _to_say(
    snapshot: Snapshot,
    graph: CallGraph,
    own: Sequence[Application],
    answers: Mapping[str, Answer],
    verdict: Verdict,
) -> Iterable[Point]:
    calls = graph.applications.number_of_edges()
    services = graph.applications.number_of_nodes()
    yield _point("network", bool(calls), calls=calls, services=services)
    yield Point("pain", *_pain(verdict))
    needs = [answers[need] for need in NEEDS]
    unknown = count(needs, "unknown")
    yield _point("problem", not unknown, yes=count(needs, "yes"), needs=len(needs), unknown=unknown)
    owner, skills = answers[OWNER].status, answers[SKILLS].status
    if "no" in (owner, skills):
        yield Point("people", True, message("to-say.people.no"))
    else:
        yield _point("people", owner == skills == "yes")
    policy = answers["central-policy"].status
    yield Point("outside-code", policy != "unknown", message(f"to-say.outside-code.{policy}"))
    pods = sum(app.workload.replicas or 0 for app in own)
    yield _point("simplicity", bool(pods), pods=pods, workloads=len(own))
    routes = sorted({r.kind for r in snapshot.objects.routes if r.kind in _WAYS_IN})
    if routes:
        yield Point(
            "alternatives", False, message("to-say.alternatives.some", found=listed(routes))
        )
    else:
        yield _point("alternatives", False)


def _pain(verdict: Verdict) -> tuple[bool, Message]:
    worst = max(verdict.axes, key=lambda axis: verdict.axes[axis])
    if verdict.axes[worst] >= YES_FROM:
        return True, message(f"to-say.pain.{worst}")
    if verdict.axes[worst] <= NO_UPTO:
        return True, message("to-say.pain.none")
    return False, message("to-say.pain.open")


def _point(name: str, ticked: bool, **told: int) -> Point:
    return Point(name, ticked, message(f"to-say.{name}.{'known' if ticked else 'open'}", **told))

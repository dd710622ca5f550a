"""Is the only reason that others use one?

Yes takes two things: all seven needs are no, and a wish for a mesh can be seen nevertheless. One
need that is yes is a reason of its own, and the signal is gone. It is never surer than that all
seven are no.
"""

import math
from collections.abc import Mapping

from mesh_probe.graph import CallGraph
from mesh_probe.kinds import called
from mesh_probe.model import Evidence, Objects
from mesh_probe.outcome import NEEDS, WISH_SEEN, none_needed
from mesh_probe.question import Answer, Opinion, Signal
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

WISH = 2.0
"""Log-odds of a mesh installed or asked for where no need can be seen."""

NO_WISH = 2.0
"""Log-odds against, where nothing asks for a mesh and everything could be read."""

MOST = 6.0
"""No sum of needs proves more than this, in log-odds."""

MESH_GROUPS = (
    "istio.io",
    "linkerd.io",
    "consul.hashicorp.com",
    "kuma.io",
    "openservicemesh.io",
    "appmesh.k8s.aws",
    "traefik.mesh.io",
)
"""How the names of the meshes' own resource definitions end."""

INJECTION = {
    "istio-injection": ("enabled",),
    "istio.io/dataplane-mode": ("ambient",),
    "sidecar.istio.io/inject": ("true",),
    "linkerd.io/inject": ("enabled", "ingress"),
    "consul.hashicorp.com/connect-inject": ("true",),
    "kuma.io/sidecar-injection": ("enabled", "true"),
}
"""Labels and annotations, and the values of them, that put a pod into a mesh."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """A visible wish without a visible need."""
    objects = snapshot.objects
    needs = [answers[need] for need in NEEDS]
    present = [answer for answer in needs if answer.status == "yes"]
    wishes = _wishes(objects)
    readable = objects.saw("CustomResourceDefinition") and objects.saw("Namespace")
    against = (_no_wish(),) if readable and not wishes else ()
    told = (_wish(wishes, 0.0),) if wishes else ()
    if present:
        evidence = (_needs(needs, present), *against, *told)
        return Opinion(evidence=evidence, said={"needs": len(present)})
    open_needs = sum(answer.status == "unknown" for answer in needs)
    if against:
        return Opinion(evidence=against, reason=message("hype.no-wish"))
    if open_needs:
        return Opinion(evidence=told, reason=message("hype.open-needs", count=open_needs))
    if wishes:
        doubt = _doubt(needs)
        return Opinion(
            evidence=(_wish(wishes, WISH), *doubt),
            said={"wishes": listed(wishes)},
            reason=message("hype.doubted", probability=none_needed(needs)) if doubt else None,
        )
    if objects.not_given("CustomResourceDefinition"):
        return Opinion(reason=message("hype.not-given"))
    return Opinion(reason=message("hype.unseen"))


def _needs(needs: list[Answer], present: list[Answer]) -> Evidence:
    """Against the signal, as sure as it is that one of the needs is there."""
    none = none_needed(needs)
    weight = min(-_log_odds(none), MOST) if none > 0 else MOST
    return Evidence(
        subject=", ".join(answer.id for answer in present),
        fact=message("evidence.needs-present", count=len(present)),
        seen_in="answers",
        points="no",
        weight=round(weight, 3),
        check=_check(present),
    )


def _doubt(needs: list[Answer]) -> tuple[Evidence, ...]:
    """What a wish weighs too much where it is less sure than the wish that all needs are no."""
    none = none_needed(needs)
    if none == 1 or _log_odds(none) >= WISH:
        return ()
    return (
        Evidence(
            subject="cluster",
            fact=message("evidence.needs-doubted", probability=none),
            seen_in="answers",
            points="no",
            weight=round(WISH - _log_odds(none), 4),
            check=_check(needs),
        ),
    )


def _check(needs: list[Answer]) -> str:
    """How to see what the strongest evidence of the first of the needs is."""
    checks = (piece.check for need in needs for piece in need.evidence if piece.check)
    return next(checks, "mesh-probe scan --format json")


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _wishes(objects: Objects) -> list[str]:
    """What asks for a mesh: its resource definitions, and marks that put pods into one."""
    definitions = [
        f"CustomResourceDefinition {o.name}"
        for o in objects.outlines
        if o.kind == "CustomResourceDefinition" and _is_of_mesh(o.name)
    ]
    marked = [
        f"Namespace {namespace.name}"
        for namespace in objects.namespaces
        if _asks_for_mesh({**namespace.annotations, **namespace.labels})
    ]
    marked += [
        called(workload.kind, workload.namespace, workload.name)
        for workload in objects.workloads
        if _asks_for_mesh({**workload.annotations, **workload.labels})
    ]
    return [*definitions, *marked]


def _is_of_mesh(definition: str) -> bool:
    group = definition.partition(".")[2]
    return any(group == mesh or group.endswith(f".{mesh}") for mesh in MESH_GROUPS)


def _asks_for_mesh(marks: Mapping[str, str]) -> bool:
    revision = bool(marks.get("istio.io/rev"))
    return revision or any(marks.get(key) in values for key, values in INJECTION.items())


def _wish(wishes: list[str], weight: float) -> Evidence:
    return Evidence(
        subject=wishes[0],
        fact=message(WISH_SEEN, count=len(wishes), examples=listed(wishes)),
        seen_in="objects",
        points="yes" if weight else None,
        weight=weight,
        check="kubectl get customresourcedefinitions,namespaces --show-labels",
    )


def _no_wish() -> Evidence:
    return Evidence(
        subject="cluster",
        fact=message("evidence.no-mesh-wish"),
        seen_in="objects",
        points="no",
        weight=NO_WISH,
        check="kubectl get customresourcedefinitions,namespaces --show-labels",
    )


SIGNAL = Signal("hype", 1, ask)

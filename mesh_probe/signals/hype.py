"""Is the only reason that others use one?

Yes takes two things: all seven needs are no, and a wish for a mesh can be seen nevertheless. One
need that is yes is a reason of its own, and the signal is gone.
"""

import math
from collections.abc import Mapping

from mesh_probe.graph import CallGraph
from mesh_probe.model import Evidence, Objects
from mesh_probe.question import Answer, Opinion, Signal
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

NEEDS = (
    "service-count",
    "path-complexity",
    "rollout-in-code",
    "diagnosis-time",
    "internal-auth",
    "sla-spread",
    "central-policy",
)

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


def ask(
    snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]
) -> Opinion:  # the questions have looked
    """A visible wish without a visible need."""
    objects = snapshot.objects
    needs = [answers[need] for need in NEEDS]
    present = [answer.id for answer in needs if answer.status == "yes"]
    wishes = _wishes(objects)
    readable = objects.saw("CustomResourceDefinition") and objects.saw("Namespace")
    against = (_no_wish(),) if readable and not wishes else ()
    if present:
        return Opinion(evidence=(_needs(needs, present), *against), said={"needs": len(present)})
    open_needs = sum(answer.status == "unknown" for answer in needs)
    if against:
        return Opinion(evidence=against, reason=message("hype.no-wish"))
    if open_needs:
        return Opinion(reason=message("hype.open-needs", count=open_needs))
    if wishes:
        return Opinion(evidence=(_wish(wishes),), said={"wishes": listed(wishes)})
    return Opinion(reason=message("hype.unseen"))


def _needs(needs: list[Answer], present: list[str]) -> Evidence:
    """Against the signal, as sure as it is that one of the known needs is there."""
    known = [need for need in needs if need.status != "unknown"]
    none = math.prod(1 - (need.probability or 0.0) for need in known)
    weight = min(math.log((1 - none) / none), MOST) if none > 0 else MOST
    return Evidence(
        subject=", ".join(present),
        fact=message("evidence.needs-present", count=len(present)),
        seen_in="answers",
        points="no",
        weight=round(weight, 3),
        check=f"mesh-probe explain {present[0]}",
    )


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
        f"{workload.kind} {workload.namespace}/{workload.name}"
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


def _wish(wishes: list[str]) -> Evidence:
    return Evidence(
        subject=wishes[0],
        fact=message("evidence.mesh-wish", count=len(wishes), examples=listed(wishes)),
        seen_in="objects",
        points="yes",
        weight=WISH,
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

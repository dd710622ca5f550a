"""Is the only reason that others use one?

Yes takes two things: all seven needs are no, and a wish for a mesh can be seen nevertheless. One
need that is yes is a reason of its own, and the signal is gone. It is never surer than the least
sure of the seven.
"""

import math
from collections.abc import Mapping

from mesh_probe.application import names, outlines
from mesh_probe.graph import CallGraph
from mesh_probe.mesh import asked_for, defines_mesh, meshes
from mesh_probe.model import Evidence, Objects
from mesh_probe.outcome import NEEDS, WISH_SEEN, none_needed
from mesh_probe.question import Answer, Opinion, Signal, point, seen
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

WISH = 2.0
"""Log-odds of a mesh installed or asked for where no need can be seen."""

NO_WISH = 2.0
"""Log-odds against, where nothing asks for a mesh and everything could be read."""

MOST = 6.0
"""No sum of needs proves more than this, in log-odds."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """A visible wish without a visible need."""
    objects = snapshot.objects
    needs = [answers[need] for need in NEEDS]
    present = [answer for answer in needs if answer.status == "yes"]
    wishes = _wishes(objects)
    readable = objects.saw("CustomResourceDefinition") and objects.saw("Namespace")
    against = _no_wish() if readable and not wishes else ()
    told = _wish(wishes, 0.0)
    if present:
        evidence = (_needs(needs, present), *against, *told)
        return Opinion(evidence=evidence, said={"needs": len(present)})
    open_needs = sum(answer.status == "unknown" for answer in needs)
    if against:
        return Opinion(evidence=against, reason=message("hype.no-wish"))
    if open_needs:
        return Opinion(evidence=told, reason=message("hype.open-needs", count=open_needs))
    if wishes:
        return Opinion(
            evidence=(*_wish(wishes, WISH), *_doubt(needs)), said={"wishes": listed(wishes)}
        )
    if objects.not_given("CustomResourceDefinition"):
        return Opinion(reason=message("hype.not-given"))
    return Opinion(reason=message("hype.unseen"))


def _needs(needs: list[Answer], present: list[Answer]) -> Evidence:
    """Against the signal, as sure as it is that one of the needs is there."""
    none = none_needed(needs)
    weight = min(-_log_odds(none), MOST) if none > 0 else MOST
    subject = ", ".join(answer.id for answer in present)
    fact = message("evidence.needs-present", count=len(present))
    return point(subject, fact, -weight, _check(present), "answers")


def _doubt(needs: list[Answer]) -> tuple[Evidence, ...]:
    """What a wish weighs too much where it is less sure than the wish that all needs are no."""
    none = none_needed(needs)
    if none == 1 or _log_odds(none) >= WISH:
        return ()
    fact = message("evidence.needs-doubted", probability=none)
    return (point("cluster", fact, _log_odds(none) - WISH, _check(needs), "answers"),)


def _check(needs: list[Answer]) -> str:
    """How to see what the strongest evidence of the first of the needs is."""
    checks = (piece.check for need in needs for piece in need.evidence if piece.check)
    return next(checks, "mesh-probe scan --format json")


def _log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def _wishes(objects: Objects) -> list[str]:
    """What asks for a mesh: one that is installed, its definitions, marks that put pods into it."""
    installed = [piece.subject for mesh in meshes(objects) for piece in mesh.evidence[:1]]
    definitions = [
        f"CustomResourceDefinition {o.name}"
        for o in outlines(objects, "CustomResourceDefinition")
        if defines_mesh(o.name)
    ]
    marked = [
        f"Namespace {namespace.name}"
        for namespace in objects.namespaces
        if asked_for({**namespace.annotations, **namespace.labels})
    ]
    marked += names(w for w in objects.workloads if asked_for({**w.annotations, **w.labels}))
    return list(dict.fromkeys([*installed, *marked, *definitions]))


def _wish(wishes: list[str], weight: float) -> tuple[Evidence, ...]:
    return seen(wishes, WISH_SEEN.removeprefix("evidence."), weight, _SHOW)


def _no_wish() -> tuple[Evidence, ...]:
    return seen(["cluster"], "no-mesh-wish", -NO_WISH, _SHOW)


_SHOW = "kubectl get customresourcedefinitions,namespaces --show-labels"

SIGNAL = Signal("hype", 1, ask)

"""The phrases in which formats for people tell what stands in the way of a mesh."""

from collections.abc import Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import CLUSTER, MODES, UNSEEN, Mode, Sort, Standing
from mesh_probe.scores import BLOCKERS
from mesh_probe.text import Message, Wording, listed, message

MOST_SUBJECTS = 3
"""Objects that are named of those that stand in the way for one reason."""

ALL_READY = 100


def fares(standing: Standing) -> Message:
    """How much is in the way of one kind of mesh."""
    return message(
        "label.fares" if standing.workloads else "label.fares.bare",
        errors=standing.errors,
        warnings=standing.warnings,
        infos=standing.infos,
        free=standing.free,
        workloads=standing.workloads,
    )


def none_found(assessment: Assessment) -> Message:
    """What finding nothing in the way is worth."""
    if any(gap.reason.id == UNSEEN for gap in assessment.gaps):
        return message("label.no-blockers.hidden")
    nobody = all(standing.workloads == 0 for standing in assessment.standings)
    return message("label.no-blockers.nobody" if nobody else "label.no-blockers")


def counts_ready(assessment: Assessment, wording: Wording) -> Message | None:
    """How the part of readiness is reckoned that blockers have; None where there is no sum."""
    part = next((p for p in assessment.verdict.readiness.parts if p.id == BLOCKERS), None)
    best = max(assessment.standings, key=lambda s: s.ready_percent or 0, default=None)
    if part is None or best is None or not best.workloads:
        return None
    if not part.known:
        return message("label.ready.hidden", value=part.value)
    if part.value == ALL_READY:
        return None
    return message(
        "label.ready",
        mode=wording.text(f"label.{best.mode}"),
        free=best.free,
        careful=best.careful,
        workloads=best.workloads,
        value=part.value,
    )


def mode_names(modes: Sequence[Mode], wording: Wording) -> str:
    """Kinds of meshes in a row."""
    if set(modes) == set(MODES):
        return wording.text("label.every-mode")
    return ", ".join(wording.text(f"label.{mode}") for mode in modes)


def standing_there(sort: Sort, wording: Wording) -> str:
    """How many objects are in the way for one reason, of what meshes, and the first of them."""
    named = sort.subjects[: sort.counted] or sort.subjects
    told = listed(named, MOST_SUBJECTS)
    modes = mode_names(sort.mesh_modes, wording)
    form = "label.stand" if sort.traffic_share is None else "label.stand.traffic"
    if named == (CLUSTER,):
        form, told = "label.stand.cluster", wording.say(sort.text)
    said = wording.text(
        form, count=len(named), share=sort.traffic_share, modes=modes, subjects=told
    )
    if not sort.ignored or not sort.counted:
        return said
    return wording.text("label.and-ignored", said=said, count=sort.ignored)


def severity_of(sort: Sort, wording: Wording) -> str:
    """What a reason to stand in the way means, in a word; that it is ignored where all of it is."""
    return wording.text(f"label.blocks.{sort.severity if sort.counted else 'ignored'}")

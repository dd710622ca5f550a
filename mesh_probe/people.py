"""What people said, and what it changes before anything is judged.

Declared answers win over the rules, until the day they expire; the day is that of the snapshot.
What people want left out is treated as a fitting of the cluster, which no rule counts; an owner
they name stands where an owner label would. Blockers that they ignore are listed and count nowhere.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from msgspec.structs import replace

from mesh_probe.blocker import Blocker
from mesh_probe.model import Declaration, Finding, Ignore, Objects, Status, Workload
from mesh_probe.outcome import NO_OWNER
from mesh_probe.outcome import OWNER as IN_CHARGE
from mesh_probe.question import Answer
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

OWNER = "owner"
"""The annotation that a declared owner is kept in, one of those that rules read."""

_OPPOSITE: Mapping[Status, Status] = {"yes": "no", "no": "yes"}

_SURE = 0.8
"""Confidence from which evidence that contradicts people is a warning; our own."""


def settled(snapshot: Snapshot) -> Snapshot:
    """The snapshot as people want it judged."""
    if not (snapshot.left_out or snapshot.owners):
        return snapshot
    left_out = _left_out(snapshot.objects, snapshot.left_out)
    workloads = (_settled(w, left_out, snapshot.owners) for w in snapshot.objects.workloads)
    return replace(snapshot, objects=replace(snapshot.objects, workloads=tuple(workloads)))


def current(snapshot: Snapshot) -> tuple[Declaration, ...]:
    """The declarations that count on the day of the snapshot."""
    return tuple(said for said in snapshot.declared if not _is_over(said.expires_on, snapshot))


def ignored(snapshot: Snapshot) -> tuple[Ignore, ...]:
    """What people ignore on the day of the snapshot."""
    return tuple(each for each in snapshot.ignored if not _is_over(each.until, snapshot))


def findings(
    snapshot: Snapshot, by_rule: Iterable[Answer], blockers: Sequence[Blocker]
) -> tuple[Finding, ...]:
    """Declarations that expired, that evidence contradicts, or that are about nothing."""
    rules = {answer.id: answer for answer in by_rule}
    found = []
    for said in snapshot.declared:
        if _is_over(said.expires_on, snapshot):
            found.append(_of_expired(said))
        elif (rule := rules.get(said.id)) and rule.status == _OPPOSITE.get(said.status):
            found.append(_contradicted(said, rule))
    return (
        *found,
        *_of_both_sides(current(snapshot)),
        *_of_nothing(snapshot),
        *_of_ignored(snapshot, blockers),
    )


def _settled(workload: Workload, left_out: set[str], owners: Mapping[str, str]) -> Workload:
    name = f"{workload.namespace}/{workload.name}"
    owner = owners.get(name) or owners.get(workload.namespace)
    if owner:
        workload = replace(workload, annotations={**workload.annotations, OWNER: owner})
    aside = name in left_out or workload.namespace in left_out
    return replace(workload, role="infrastructure") if aside else workload


def _left_out(objects: Objects, names: Sequence[str]) -> set[str]:
    """The workloads of these names, and those behind the Services of these names."""
    wanted = set(names)
    behind = [
        service
        for service in objects.services
        if service.selector and f"{service.namespace}/{service.name}" in wanted
    ]
    return wanted | {
        f"{workload.namespace}/{workload.name}"
        for workload in objects.workloads
        for service in behind
        if workload.namespace == service.namespace
        and service.selector.items() <= workload.labels.items()
    }


def _is_over(last_day: date | None, snapshot: Snapshot) -> bool:
    return last_day is not None and last_day < snapshot.taken_at.date()


def _of_expired(said: Declaration) -> Finding:
    return Finding(
        id="declared-expired",
        severity="warning",
        subject=said.id,
        text=message("finding.declared-expired", answer=said.status, expired=str(said.expires_on)),
    )


def _contradicted(said: Declaration, rule: Answer) -> Finding:
    sure = rule.confidence or 0.0
    against = tuple(piece for piece in rule.evidence if piece.points == rule.status)
    return Finding(
        id="declared-contradicted",
        severity="warning" if sure >= _SURE else "info",
        subject=said.id,
        text=message(
            "finding.declared-contradicted", answer=said.status, seen=rule.status, sure=sure
        ),
        evidence=against,
    )


def _of_both_sides(said: Iterable[Declaration]) -> Iterable[Finding]:
    """Somebody in charge, and nobody in charge: the question and the signal are one variable."""
    statuses = {declared.id: declared.status for declared in said}
    status = statuses.get(IN_CHARGE)
    if status in _OPPOSITE and status == statuses.get(NO_OWNER):
        text = message("finding.declared-both-sides", other=NO_OWNER, answer=status)
        yield Finding("declared-both-sides", "warning", IN_CHARGE, text)


def _of_nothing(snapshot: Snapshot) -> Iterable[Finding]:
    """Names that people gave and that the cluster does not know."""
    objects = snapshot.objects
    known = {f"{w.namespace}/{w.name}" for w in objects.workloads}
    known |= {f"{service.namespace}/{service.name}" for service in objects.services}
    namespaces = {n.name for n in objects.namespaces} | {w.namespace for w in objects.workloads}
    for name in sorted({*snapshot.left_out, *snapshot.owners} - known - namespaces):
        yield Finding(
            id="declared-unknown-name",
            severity="info",
            subject=name,
            text=message("finding.declared-unknown-name"),
        )


def _of_ignored(snapshot: Snapshot, blockers: Sequence[Blocker]) -> Iterator[Finding]:
    """What is ignored no longer, and what nothing that was found is like."""
    for each in snapshot.ignored:
        if _is_over(each.until, snapshot):
            text = message("finding.ignored-expired", expired=str(each.until))
            yield Finding("ignored-expired", "warning", each.about, text)
        elif not any(each.covers(blocker.id, blocker.subject) for blocker in blockers):
            yield Finding("ignored-nothing", "info", each.about, message("finding.ignored-nothing"))

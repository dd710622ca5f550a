"""A decision record on one page, ready to paste where a team keeps its decisions.

What people decide stays blank: the decision itself, and who signs it.
"""

from collections.abc import Iterator

from mesh_probe.assessment import Assessment
from mesh_probe.blocking import fares, none_found
from mesh_probe.format import covered, incidents_in_short, measured
from mesh_probe.headline import headline, outcome_label, position, worst_pain
from mesh_probe.model import Status
from mesh_probe.question import Answer
from mesh_probe.sheet import Section, Sheet, Table
from mesh_probe.text import Message, Wording, message

SCHEMA = "mesh-probe/record/v1"

SIGNATURES = 3
"""Blank lines for them."""

_BLANK = "……………………"


def sheet(assessment: Assessment, wording: Wording) -> Sheet:
    """Question, facts, outcome, what is open and whom to ask, what would change it, signatures."""
    cluster = assessment.cluster.context or wording.text("label.cluster-unnamed")
    day = f"{assessment.generated_at:%Y-%m-%d}"
    return Sheet(
        title=message("record.title", cluster=cluster, day=day),
        lead=(message("record.question"),),
        sections=(
            Section("record.outcome", items=tuple(_outcome(assessment))),
            Section("record.facts", items=tuple(_facts(assessment, wording))),
            Section("record.open", table=_open(assessment, wording)),
            Section("record.would-change", table=_changes(assessment, wording)),
            Section("record.decision", items=tuple(_choices(assessment))),
            Section("record.signatures", table=_signatures()),
        ),
        record={"schema": SCHEMA, "day": day, "outcome": assessment.verdict.outcome},
    )


def _choices(assessment: Assessment) -> Iterator[Message]:
    """What there is to decide, with a mesh already there or without."""
    if assessment.cluster.mesh:
        yield from (message(f"record.choice.{name}") for name in ("keep", "finish", "remove"))
    else:
        yield from (message(f"record.choice.{name}") for name in ("pilot", "stay"))
    yield message("record.choice.later")


def _outcome(assessment: Assessment) -> Iterator[Message]:
    yield headline(assessment)
    yield from position(assessment)
    yield worst_pain(assessment.verdict)
    if quadrant := assessment.outlook.quadrant:
        yield quadrant


def _facts(assessment: Assessment, wording: Wording) -> Iterator[Message]:
    """The answers by status, each with its figure, what is in the way, the mesh that is there."""
    for status in _STATUSES:
        told = [_named(a, wording) for a in assessment.answers if a.status == status]
        if told:
            yield message(f"record.fact.{status}", answers="; ".join(told))
    signals = [_named(s, wording) for s in assessment.signals if s.status == "yes"]
    yield message(
        "record.fact.signals" if signals else "record.fact.no-signals", signals="; ".join(signals)
    )
    yield incidents_in_short(assessment)
    if not assessment.blockers and assessment.standings:
        yield none_found(assessment)
    for standing in assessment.standings if assessment.blockers else ():
        mode = wording.text(f"label.{standing.mode}")
        yield message("record.fact.way", mode=mode, fares=wording.say(fares(standing)))
    for installed in assessment.cluster.mesh:
        mesh = installed.mesh
        yield message("record.fact.mesh", mesh=mesh.name, mode=mesh.mode, coverage=covered(mesh))


_STATUSES: tuple[Status, ...] = ("yes", "no", "unknown")


def _named(answer: Answer, wording: Wording) -> str:
    title = wording.text(f"label.{answer.id}")
    figure = measured(answer.measure, wording)
    said = wording.text(f"label.{answer.basis}") if answer.basis in ("declared", "assumed") else ""
    more = ", ".join(filter(None, (figure, said)))
    return f"{title} ({more})" if more else title


def _open(assessment: Assessment, wording: Wording) -> Table:
    rows = (
        (wording.text(f"label.{answer.id}"), wording.say(answer.to_settle))
        for answer in (*assessment.answers, *assessment.signals)
        if answer.status == "unknown"
    )
    return Table(("label.settles", "record.whom"), tuple(rows))


def _changes(assessment: Assessment, wording: Wording) -> Table:
    changes = (
        (f"label.{swing.id}", outcome_label(swing.would_become, assessment))
        for swing in assessment.verdict.swing
    )
    rows = ((wording.text(rule), wording.text(outcome)) for rule, outcome in changes)
    return Table(("record.if", "record.then"), tuple(rows))


def _signatures() -> Table:
    head = ("record.name", "record.role", "record.date")
    return Table(head, ((_BLANK, _BLANK, _BLANK),) * SIGNATURES)

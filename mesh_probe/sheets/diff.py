"""What changed, laid out."""

from collections.abc import Iterable
from itertools import groupby

from mesh_probe.blocker import Blocker
from mesh_probe.diff import Diff, Shift, Side, Turn
from mesh_probe.format import SEVERITIES, amount, measured, moment, way, worst_first
from mesh_probe.model import Finding, Gap
from mesh_probe.question import Measure
from mesh_probe.sheet import Changes, Recorded, Section, Sheet, Table
from mesh_probe.text import Message, Wording, duration, message, percent, rate

SCHEMA = "mesh-probe/diff/v1"

_COLUMNS = ("label.change", "label.what")


def sheet(diff: Diff, wording: Wording) -> Sheet:
    """The difference for people and for programs."""
    return Sheet(
        title=message("heading.diff", old=moment(diff.old.taken_at), new=moment(diff.new.taken_at)),
        lead=(_upshot(diff, wording), *diff.cautions),
        sections=(
            Section("heading.diff-sides", table=_sides(diff, wording)),
            Section("heading.questions", table=_turns(diff.answers, wording)),
            Section("heading.signals", table=_turns(diff.signals, wording)),
            Section(
                "heading.diff-findings",
                table=_table(
                    wording,
                    ("new", (_found(f, wording) for f in worst_first(diff.findings_new))),
                    ("gone", (_found(f, wording) for f in worst_first(diff.findings_gone))),
                ),
            ),
            Section(
                "heading.blockers",
                table=_table(
                    wording,
                    ("new", (_blocked(b, wording) for b in _gravest_first(diff.blockers_new))),
                    ("gone", (_blocked(b, wording) for b in _gravest_first(diff.blockers_gone))),
                ),
            ),
            Section(
                "heading.graph",
                table=_table(
                    wording,
                    ("new", diff.nodes_new),
                    ("gone", diff.nodes_gone),
                    ("new", map(way, diff.calls_new)),
                    ("gone", map(way, diff.calls_gone)),
                ),
            ),
            Section("heading.diff-figures", table=_shifts(diff.figures, wording)),
            Section(
                "heading.gaps",
                table=_table(
                    wording,
                    ("new", (_gap(gap, wording) for gap in diff.gaps_new)),
                    ("gone", (_gap(gap, wording) for gap in diff.gaps_gone)),
                ),
            ),
        ),
        record=_record(diff),
        changes=Changes(
            diff.nodes_new,
            diff.nodes_gone,
            diff.calls_new,
            diff.calls_gone,
            tuple(dict.fromkeys((shift.client, shift.server) for shift in diff.figures)),
        ),
    )


def _upshot(diff: Diff, wording: Wording) -> Message:
    if diff.empty:
        return message("diff.nothing")
    old, new = (wording.text(f"label.{side.outcome}") for side in (diff.old, diff.new))
    if old == new:
        return message("diff.same-outcome", outcome=new)
    return message("diff.outcome", old=old, new=new)


def _sides(diff: Diff, wording: Wording) -> Table:
    def share(ratio: float | None) -> str:
        return "–" if ratio is None else percent(ratio)

    def chance(side: Side) -> str:
        return share(side.probability)

    rows = [
        (name, show(diff.old), show(diff.new))
        for name, show in (
            ("outcome-is", lambda side: wording.text(f"label.{side.outcome}")),
            ("likely", chance),
            ("yes", lambda side: str(side.yes)),
            ("unknown", lambda side: str(side.unknown)),
            ("need", lambda side: str(side.need)),
            ("readiness", lambda side: str(side.readiness)),
            ("services", lambda side: amount(side.services)),
            ("calls", lambda side: amount(side.edges)),
        )
    ]
    old, new = diff.old, diff.new
    if (old.blockers, new.blockers) != (0, 0):
        rows.append(("blockers", amount(old.blockers), amount(new.blockers)))
    if (old.in_mesh_ratio, new.in_mesh_ratio) != (0, 0):
        rows.append(("in-mesh", share(old.in_mesh_ratio), share(new.in_mesh_ratio)))
    if (old.mtls_ratio, new.mtls_ratio) != (None, None):
        rows.append(("mtls-calls", share(old.mtls_ratio), share(new.mtls_ratio)))
    return Table(
        ("label.figure", "label.old", "label.new"),
        tuple((wording.text(f"label.{name}"), *shown) for name, *shown in rows),
    )


def _turns(turns: Iterable[Turn], wording: Wording) -> Table:
    def side(status: str, probability: float | None) -> str:
        sure = "–" if probability is None else percent(probability)
        return wording.text("label.status-likely", status=wording.text(f"label.{status}"), p=sure)

    return Table(
        ("label.title-question", "label.old", "label.new", "label.reason"),
        tuple(
            (
                wording.text(f"label.{turn.id}"),
                side(turn.old, turn.old_probability),
                side(turn.new, turn.new_probability),
                " ".join(filter(None, (wording.say(turn.because), _moved(turn, wording)))),
            )
            for turn in turns
        ),
    )


def _moved(turn: Turn, wording: Wording) -> str:
    """The figure before and after, where both were measured and differ."""
    old, new = (measured(measure, wording) for measure in (turn.old_measure, turn.new_measure))
    return wording.text("label.moved", old=old, new=new) if old and new and old != new else ""


def _table(wording: Wording, *groups: tuple[str, Iterable[str]]) -> Table:
    return Table(
        _COLUMNS,
        tuple((wording.text(f"label.{change}"), what) for change, all_ in groups for what in all_),
    )


def _found(finding: Finding, wording: Wording) -> str:
    severity = wording.text(f"label.{finding.severity}")
    return f"{severity}: {finding.subject}: {wording.say(finding.text)}"


def _gravest_first(blockers: Iterable[Blocker]) -> list[Blocker]:
    return sorted(blockers, key=lambda b: (SEVERITIES.index(b.severity), b.id, b.subject))


def _blocked(blocker: Blocker, wording: Wording) -> str:
    meaning = "ignored" if blocker.ignored else blocker.severity
    said = f"{blocker.subject}: {wording.say(blocker.text)}"
    return f"{wording.text(f'label.blocks.{meaning}')}: {said}"


def _gap(gap: Gap, wording: Wording) -> str:
    return f"{gap.subject}: {wording.say(gap.reason)}"


def _shifts(shifts: Iterable[Shift], wording: Wording) -> Table:
    def shown(figure: str, value: float) -> str:
        if figure == "rate_rps":
            return rate(value)
        return percent(value) if figure == "error_ratio" else duration(value, wording.language)

    rows = []
    for call, moved in groupby(shifts, key=lambda shift: (shift.client, shift.server)):
        rows += [
            (
                wording.text(f"label.figure.{shift.figure.replace('_', '-')}"),
                shown(shift.figure, shift.old),
                shown(shift.figure, shift.new),
                way(call),
            )
            for shift in moved
        ]
    return Table(
        ("label.figure", "label.old", "label.new", "label.call"), tuple(rows), right=(1, 2)
    )


def _record(diff: Diff) -> dict[str, Recorded]:
    return {
        "schema": SCHEMA,
        "old": _side(diff.old),
        "new": _side(diff.new),
        "changed": not diff.empty,
        "cautions": diff.cautions,
        "answers": [_turn(turn) for turn in diff.answers],
        "signals": [_turn(turn) for turn in diff.signals],
        "nodes": {"new": diff.nodes_new, "gone": diff.nodes_gone},
        "calls": {"new": _calls(diff.calls_new), "gone": _calls(diff.calls_gone)},
        "figures": [
            {
                "client": shift.client,
                "server": shift.server,
                "figure": shift.figure,
                "old": shift.old,
                "new": shift.new,
            }
            for shift in diff.figures
        ],
        "findings": {
            "new": [_finding(finding) for finding in diff.findings_new],
            "gone": [_finding(finding) for finding in diff.findings_gone],
        },
        "blockers": {
            "new": [_blocker(blocker) for blocker in diff.blockers_new],
            "gone": [_blocker(blocker) for blocker in diff.blockers_gone],
        },
        "gaps": {
            "new": [{"subject": gap.subject, "reason": gap.reason} for gap in diff.gaps_new],
            "gone": [{"subject": gap.subject, "reason": gap.reason} for gap in diff.gaps_gone],
        },
    }


def _side(side: Side) -> dict[str, Recorded]:
    return {
        "taken_at": side.taken_at,
        "tool_version": side.tool_version,
        "context": side.context,
        "window_seconds": side.window_seconds,
        "outcome": side.outcome,
        "probability": side.probability,
        "yes": side.yes,
        "unknown": side.unknown,
        "scores": {"need": side.need, "readiness": side.readiness},
        "services": side.services,
        "edges": side.edges,
        "blockers": side.blockers,
        "in_mesh_ratio": side.in_mesh_ratio,
        "mtls_ratio": side.mtls_ratio,
    }


def _turn(turn: Turn) -> dict[str, Recorded]:
    return {
        "id": turn.id,
        "number": turn.number,
        "old": _answer(turn.old, turn.old_probability, turn.old_basis, turn.old_measure),
        "new": _answer(turn.new, turn.new_probability, turn.new_basis, turn.new_measure),
        "because": turn.because,
    }


def _answer(
    status: str, probability: float | None, basis: str, measure: Measure | None
) -> dict[str, Recorded]:
    return {
        "status": status,
        "probability": probability,
        "basis": basis,
        "value": None if measure is None else measure.value,
    }


def _calls(pairs: Iterable[tuple[str, str]]) -> list[Recorded]:
    return [{"client": client, "server": server} for client, server in pairs]


def _finding(finding: Finding) -> dict[str, Recorded]:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "subject": finding.subject,
        "text": finding.text,
    }


def _blocker(blocker: Blocker) -> dict[str, Recorded]:
    return {
        "id": blocker.id,
        "severity": blocker.severity,
        "mesh_modes": blocker.mesh_modes,
        "subject": blocker.subject,
        "text": blocker.text,
        "remedy": blocker.remedy,
        "ignored": blocker.ignored,
    }

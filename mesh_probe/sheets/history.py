"""The trend, laid out."""

from collections.abc import Iterable

from mesh_probe.format import moment, row, way
from mesh_probe.history import History, PathTrend, Step
from mesh_probe.sheet import Curve, Recorded, Section, Sheet, Table
from mesh_probe.summary import Found, Summary
from mesh_probe.text import Message, Wording, duration, message, percent

SCHEMA = "mesh-probe/history/v1"

MOST_POINTS = 40
"""Points that are listed for people, the last ones; programs get all."""

_BARS = "▁▂▃▄▅▆▇█"
_OUTCOMES = ("consider", "kubernetes-is-enough", "not-now")


def sheet(history: History, wording: Wording) -> Sheet:
    """The trend for people and for programs."""
    return Sheet(
        title=message("heading.history", count=len(history.points)),
        lead=tuple(_lead(history, wording)),
        sections=(
            Section("heading.curves", table=_curves(history.points, wording)),
            Section("heading.points", table=_points(history.points[-MOST_POINTS:], wording)),
            Section("heading.steps", table=_steps(history.steps[-MOST_POINTS:], wording)),
            Section("heading.slowest", table=_paths(history.paths, wording)),
            Section(
                "heading.gaps",
                table=Table(
                    ("label.subject", "label.reason"),
                    tuple((gap.subject, wording.say(gap.reason)) for gap in history.unread),
                ),
            ),
        ),
        record=_record(history),
        curves=_drawn(history.points, wording),
    )


def _lead(history: History, wording: Wording) -> Iterable[Message]:
    if not history.points:
        yield message("history.none")
        return
    first, last = history.points[0], history.points[-1]
    yield message(
        "history.span",
        first=moment(first.taken_at),
        last=moment(last.taken_at),
        outcome=wording.text(f"label.{last.outcome}"),
    )
    contexts = {point.context for point in history.points}
    if len(contexts) > 1:
        yield message("caution.many-contexts", names=row(sorted(c or "–" for c in contexts)))
    if len(history.points) > MOST_POINTS:
        yield message("history.last", count=MOST_POINTS)


def _curves(points: tuple[Summary, ...], wording: Wording) -> Table:
    """One line a figure: its curve, and where it began and ended."""
    if len(points) < 2:  # noqa: PLR2004  # a point is no curve
        return Table((), ())
    named: list[tuple[str, list[float | None], bool]] = [
        ("yes", [point.yes for point in points], False),
        ("unknown", [point.unknown for point in points], False),
        *(
            (outcome, [point.outcomes.get(outcome) for point in points], True)
            for outcome in _OUTCOMES
        ),
        ("services", [point.services for point in points], False),
        ("calls", [point.edges for point in points], False),
        ("findings", [point.findings_count for point in points], False),
        ("blockers", [point.blockers_count for point in points], False),
    ]
    rows = []
    for name, values, ratio in named:
        known = [value for value in values if value is not None]
        if not known:
            continue
        first, last = (percent(v) if ratio else f"{v:,}" for v in (known[0], known[-1]))
        label = wording.text("label.p-of", outcome=wording.text(f"label.{name}")) if ratio else ""
        rows.append(
            (
                label or wording.text(f"label.{name}"),
                first,
                last,
                _curve(values[-MOST_POINTS:], 1.0 if ratio else max(known)),
            )
        )
    return Table(
        ("label.figure", "label.first", "label.last", "label.curve"), tuple(rows), right=(1, 2)
    )


def _curve(values: Iterable[float | None], highest: float) -> str:
    """A bar for each value, from nothing to the highest; a dot where there is none."""
    top = len(_BARS) - 1
    return "".join(
        "·" if value is None else _BARS[round(value / highest * top) if highest else 0]
        for value in values
    )


def _drawn(points: tuple[Summary, ...], wording: Wording) -> tuple[Curve, ...]:
    """The figures that are worth a curve of their own."""
    if len(points) < 2:  # noqa: PLR2004  # a point is no curve
        return ()
    times = tuple(moment(point.taken_at) for point in points)
    worst = [_worst(point) for point in points]
    counts: dict[str, list[int | None]] = {
        "label.yes": [point.yes for point in points],
        "label.calls": [point.edges for point in points],
        "label.findings": [point.findings_count for point in points],
        "label.blockers": [point.blockers_count for point in points],
    }
    curves = [
        Curve(
            name,
            tuple(values),
            tuple("–" if value is None else f"{value:,}" for value in values),
            times,
        )
        for name, values in counts.items()
        if any(value is not None for value in values)
    ]
    if any(value is not None for value in worst):
        said = ("–" if value is None else duration(value, wording.language) for value in worst)
        curves.insert(2, Curve("label.worst-p99", tuple(worst), tuple(said), times))
    return tuple(curves)


def _worst(point: Summary) -> float | None:
    """The largest p99 of its slowest paths."""
    known = (path.p99_high_seconds for path in point.slowest)
    return max((value for value in known if value is not None), default=None)


def _points(points: Iterable[Summary], wording: Wording) -> Table:
    def worst(point: Summary) -> str:
        slowest = _worst(point)
        return "–" if slowest is None else duration(slowest, wording.language)

    return Table(
        (
            "label.taken",
            *("label.yes", "label.unknown", "label.services", "label.calls"),
            *("label.worst-p99", "label.findings", "label.blockers"),
            *("label.likely", "label.outcome-is"),
        ),
        tuple(
            (
                moment(point.taken_at),
                *map(str, (point.yes, point.unknown, point.services, point.edges)),
                worst(point),
                str(point.findings_count),
                "–" if point.blockers_count is None else str(point.blockers_count),
                "–" if point.probability is None else percent(point.probability),
                wording.text(f"label.{point.outcome}"),
            )
            for point in points
        ),
        right=(1, 2, 3, 4, 5, 6, 7, 8),
    )


def _steps(steps: Iterable[Step], wording: Wording) -> Table:
    rows = [
        (moment(step.at), wording.say(said)) for step in steps for said in happened(step, wording)
    ]
    return Table(("label.taken", "label.what"), tuple(rows))


def happened(step: Step, wording: Wording) -> list[Message]:
    """What a step changed, most telling first."""
    said = []
    if step.old_outcome != step.new_outcome:
        old, new = (wording.text(f"label.{o}") for o in (step.old_outcome, step.new_outcome))
        said.append(message("diff.outcome", old=old, new=new))
    said += [
        message(
            "diff.answer",
            title=wording.text(f"label.{change.id}"),
            old=wording.text(f"label.{change.old}"),
            new=wording.text(f"label.{change.new}"),
        )
        for change in step.answers
    ]
    for change, found in (("new", step.findings_new), ("gone", step.findings_gone)):
        if found:
            said.append(
                message(
                    f"diff.findings-{change}",
                    count=len(found),
                    names=row(f"{one.id} ({one.subject})" for one in found),
                )
            )
    if step.findings_changed and not (step.findings_new or step.findings_gone):
        said.append(message("diff.findings-others"))
    return said


def _paths(paths: Iterable[PathTrend], wording: Wording) -> Table:
    rows = []
    for path in paths:
        known = [value for value in path.p99_seconds if value is not None]
        if not known:
            continue
        first, last, worst = (
            duration(value, wording.language) for value in (known[0], known[-1], max(known))
        )
        curve = _curve(path.p99_seconds[-MOST_POINTS:], max(known))
        rows.append((first, last, worst, f"{curve} {way(path.nodes)}"))
    return Table(
        ("label.first", "label.last", "label.worst", "label.path"), tuple(rows), right=(0, 1, 2)
    )


def _record(history: History) -> dict[str, Recorded]:
    return {
        "schema": SCHEMA,
        "points": [_point(point) for point in history.points],
        "steps": [
            {
                "at": step.at,
                "outcome": {"old": step.old_outcome, "new": step.new_outcome},
                "answers": [{"id": c.id, "old": c.old, "new": c.new} for c in step.answers],
                "findings": {
                    "changed": step.findings_changed,
                    "new": [_found(found) for found in step.findings_new],
                    "gone": [_found(found) for found in step.findings_gone],
                },
            }
            for step in history.steps
        ],
        "paths": [
            {"path": path.nodes, "p99_seconds": list(path.p99_seconds)} for path in history.paths
        ],
        "unread": [{"subject": gap.subject, "reason": gap.reason} for gap in history.unread],
    }


def _point(point: Summary) -> dict[str, Recorded]:
    return {
        "taken_at": point.taken_at,
        "tool_version": point.tool_version,
        "context": point.context,
        "outcome": point.outcome,
        "probability": point.probability,
        "outcomes": point.outcomes,
        "yes": point.yes,
        "no": point.no,
        "unknown": point.unknown,
        "answers": point.answers,
        "scores": {"need": point.need, "readiness": point.readiness},
        "services": point.services,
        "edges": point.edges,
        "slowest": [
            {
                "path": path.nodes,
                "p50_seconds": path.p50_seconds,
                "p99_seconds": {"low": path.p99_low_seconds, "high": path.p99_high_seconds},
            }
            for path in point.slowest
        ],
        "findings": point.finding_counts,
        "blockers": point.blocker_counts,
        "gaps": point.gaps,
    }


def _found(found: Found) -> dict[str, Recorded]:
    return {"id": found.id, "subject": found.subject, "severity": found.severity}

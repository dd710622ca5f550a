"""Terminal: the report for a screen of 80 columns and more. It does not list all evidence."""

import re
from collections.abc import Callable, Iterable, Iterator

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import sorts
from mesh_probe.blocking import counts_ready, fares, none_found, severity_of, standing_there
from mesh_probe.format import (
    Format,
    Look,
    about_incidents,
    alike,
    blamed_first,
    cause,
    cluster_lines,
    covered,
    critical_hop,
    lasted,
    measured,
    moment,
    p99_band,
    row,
    shape,
    sum_in_words,
    sureness,
    telling,
    way,
    worst_first,
)
from mesh_probe.formats.terminal.page import MOST_LISTED, Line, Page
from mesh_probe.headline import headline, odds, outcome_label, position, reasons, worst_pain
from mesh_probe.question import Answer
from mesh_probe.sheet import Sheet, Table
from mesh_probe.text import Wording, duration, named, percent
from mesh_probe.text.visible import visible

MOST_SORTS = 3
"""Reasons to stand in the way of a mesh, each with what to do: the gravest."""

LEAST_SORTS = 2
"""As many also where they are no more than worth knowing."""

BAR_LENGTH = 10

OUTCOME_COLORS = {"not-now": "red", "consider": "cyan", "undecided": "yellow"}
ANSWER_COLORS = {"yes": "cyan", "unknown": "yellow"}
SIGNAL_COLORS = {"yes": "red", "unknown": "yellow"}
SEVERITY_COLORS = {"error": "red", "warning": "yellow"}


def report(assessment: Assessment, wording: Wording, look: Look) -> str:
    """The verdict, why, and what it rests on."""
    page = Page(wording, look)
    parts: tuple[Callable[[Assessment, Page], list[str]], ...] = (
        _verdict, _why, _pains, _scores, _swing, _mesh, _plain_kubernetes, _questions, _signals,
        _blockers, _graph, _slowest, _incidents, _findings, _misconceptions, _to_say, _gaps, _scope,
    )  # fmt: skip
    text = "\n".join(line for part in parts for line in part(assessment, page))
    return re.sub(r" +$", "", text, flags=re.MULTILINE).rstrip("\n") + "\n"


def _verdict(assessment: Assessment, page: Page) -> list[str]:
    verdict = assessment.verdict
    color = OUTCOME_COLORS.get(verdict.outcome, "green")
    lines = page.wrap(Line(page.say(headline(assessment)), color=color, bold=True))
    lines += page.wrap(*(Line(page.say(said)) for said in position(assessment)))
    if likely := odds(verdict):
        lines += page.wrap(Line(page.say(likely)))
    return [*lines, ""]


def _why(assessment: Assessment, page: Page) -> list[str]:
    why = [[Line(page.say(reason))] for reason in reasons(assessment.verdict)]
    return page.section(page.text("heading.why"), page.bullets(why))


def _pains(assessment: Assessment, page: Page) -> list[str]:
    verdict = assessment.verdict
    pains = page.table(
        (
            ([Line(page.text(f"label.{axis}")), Line(percent(pain))], [_bar(pain)])
            for axis, pain in verdict.axes.items()
        ),
        right=[1],
    )
    said = page.wrap(Line(page.say(worst_pain(verdict))), width=page.width - 2)
    return page.section(page.text("heading.pains"), [*pains, *said])


def _scores(assessment: Assessment, page: Page) -> list[str]:
    verdict, outlook = assessment.verdict, assessment.outlook
    scores = page.table(
        (
            [Line(page.text(f"label.{name}")), Line(str(score.value))],
            [Line(visible(sum_in_words(score, page.wording)), dim=True)],
        )
        for name, score in (("need", verdict.need), ("readiness", verdict.readiness))
    )
    said = [Line(page.say(outlook.quadrant))] if outlook.quadrant else []
    return page.section(
        page.text("heading.scores"), [*scores, *page.wrap(*said, width=page.width - 2)]
    )


def _bar(part: float) -> Line:
    full = round(part * BAR_LENGTH)
    return Line("█" * full + "░" * (BAR_LENGTH - full))


def _swing(assessment: Assessment, page: Page) -> list[str]:
    swings = assessment.verdict.swing
    lines = []
    for outcome in dict.fromkeys(swing.would_become for swing in swings[:MOST_LISTED]):
        lines.append(
            page.text("label.would-become", outcome=page.text(outcome_label(outcome, assessment)))
        )
        lines += page.bullets(
            (Line(page.text(f"label.{swing.id}")), Line(page.say(swing.settle), dim=True))
            for swing in swings[:MOST_LISTED]
            if swing.would_become == outcome
        )
    return page.section(page.text("heading.swing"), page.cut(lines, len(swings)))


def _mesh(assessment: Assessment, page: Page) -> list[str]:
    rows = (
        (
            [
                Line(installed.mesh.name, bold=True),
                Line(installed.mesh.mode),
                Line(covered(installed.mesh)),
                Line(page.text(f"label.{installed.advice}")),
            ],
            [Line(page.say(piece.fact)) for piece in installed.mesh.evidence],
        )
        for installed in assessment.cluster.mesh
    )
    return page.section(page.text("heading.mesh"), page.table(rows, right=[2]))


def _plain_kubernetes(assessment: Assessment, page: Page) -> list[str]:
    outlook = assessment.outlook
    gives = page.bullets([Line(page.say(given.said))] for given in outlook.gives)
    lacks = page.bullets([Line(page.say(lack.said))] for lack in outlook.lacks)
    return [
        *page.section(page.text("heading.gives"), gives),
        *page.section(page.text("heading.lacks"), lacks),
    ]


def _misconceptions(assessment: Assessment, page: Page) -> list[str]:
    items = ([Line(page.say(said))] for said in assessment.outlook.misconceptions)
    return page.section(page.text("heading.misconceptions"), page.bullets(items))


def _to_say(assessment: Assessment, page: Page) -> list[str]:
    lines = []
    for point in assessment.outlook.to_say:
        mark = "[x]" if point.ticked else "[ ]"
        wrapped = page.wrap(Line(page.say(point.said)), width=page.width - 6)
        lines += [f"{'   ' if n else mark} {line}" for n, line in enumerate(wrapped)]
    return page.section(page.text("heading.to-say"), lines)


def _questions(assessment: Assessment, page: Page) -> list[str]:
    lines = _answers(assessment.answers, page, "label.question", ANSWER_COLORS)
    return page.section(page.text("heading.questions"), lines)


def _signals(assessment: Assessment, page: Page) -> list[str]:
    lines = _answers(assessment.signals, page, "label.signal", SIGNAL_COLORS)
    return page.section(page.text("heading.signals"), lines)


def _answers(answers: Iterable[Answer], page: Page, what: str, colors: dict[str, str]) -> list[str]:
    head = [Line(page.text(f"label.{name}"), dim=True) for name in ("number", "answer", "sure")]
    rows: list[tuple[list[Line], list[Line]]] = [(head, [Line(page.text(what), dim=True)])]
    for answer in answers:
        title = page.text(f"label.{answer.id}")
        figure = visible(measured(answer.measure, page.wording))
        rows.append(
            (
                [
                    Line(str(answer.number), dim=True),
                    Line(page.text(f"label.{answer.status}"), color=colors.get(answer.status)),
                    Line(sureness(answer, page.wording)),
                ],
                [
                    Line(f"{title} ({figure})" if figure else title, bold=True),
                    Line(page.say(answer.because)),
                    *(Line(f"· {page.say(piece.fact)}", dim=True) for piece in telling(answer)),
                ],
            )
        )
    return page.table(rows, right=[0, 2])


def _blockers(assessment: Assessment, page: Page) -> list[str]:
    if not assessment.standings:
        return []
    found = sorts(assessment.blockers, assessment.graph)
    grave = sum(sort.counted > 0 and sort.severity != "info" for sort in found)
    shown = max(LEAST_SORTS, min(grave, MOST_SORTS))
    nothing = [] if found else [Line(page.say(none_found(assessment)))]
    lines = page.table(
        ([Line(page.text(f"label.{standing.mode}"))], [Line(page.say(fares(standing)))])
        for standing in (assessment.standings if found else ())
    )
    ready = counts_ready(assessment, page.wording)
    said = [*nothing, *([Line(page.say(ready), dim=True)] if ready else [])]
    lines += page.wrap(*said, width=page.width - 2)
    lines += page.table(
        (
            [
                Line(
                    severity_of(sort, page.wording),
                    color=SEVERITY_COLORS.get(sort.severity) if sort.counted else None,
                )
            ],
            [
                Line(f"{page.say(sort.title)} ({sort.id})", bold=True),
                Line(visible(standing_there(sort, page.wording))),
                Line(page.say(sort.remedy), dim=True),
            ],
        )
        for sort in found[:shown]
    )
    if rest := found[shown:]:
        ignored = sum(not sort.counted for sort in rest)
        more = "label.more-blockers.ignored" if ignored else "label.more-blockers"
        said = [Line(page.text(more, count=len(rest), ignored=ignored))]
        lines += page.wrap(*said, width=page.width - 2)
    return page.section(page.text("heading.blockers"), lines)


def _graph(assessment: Assessment, page: Page) -> list[str]:
    items = ([Line(page.say(item))] for item in shape(assessment))
    return page.section(page.text("heading.graph"), page.bullets(items))


def _slowest(assessment: Assessment, page: Page) -> list[str]:
    slowest = assessment.paths.slowest
    if not slowest:
        return []
    head = (
        [Line(page.text("label.p50"), dim=True), Line(page.text("label.p99"), dim=True)],
        [Line(page.text("label.path-and-hop"), dim=True)],
    )
    rows = (
        (
            [
                Line(duration(path.p50_seconds, page.wording.language)),
                Line(p99_band(path, page.wording)),
            ],
            [Line(visible(way(path.nodes)), bold=True), Line(page.say(critical_hop(path)))],
        )
        for path in slowest
    )
    return page.section(page.text("heading.slowest"), page.table([head, *rows], right=[0]))


def _incidents(assessment: Assessment, page: Page) -> list[str]:
    found = blamed_first(assessment.incidents.episodes)
    rows = (
        (
            [
                Line(moment(incident.start_at)),
                Line(lasted(incident, page.wording)),
            ],
            [
                Line(visible(row(incident.alerts)), bold=True),
                Line(page.say(cause(incident))),
                *(Line(f"· {page.say(piece.fact)}", dim=True) for piece in incident.evidence),
            ],
        )
        for incident in found[:MOST_LISTED]
    )
    told = (Line(page.say(message)) for message in about_incidents(assessment))
    said = page.wrap(*told, width=page.width - 2)
    lines = [*said, *page.table(rows, right=[1])]
    return page.section(page.text("heading.incidents"), page.cut(lines, len(found)))


def _findings(assessment: Assessment, page: Page) -> list[str]:
    found = worst_first(assessment.findings)
    rows = (
        (
            [Line(page.text(f"label.{f.severity}"), color=SEVERITY_COLORS.get(f.severity))],
            [Line(_with_subject(f.subject, page.say(f.text)))],
        )
        for f in found[:MOST_LISTED]
    )
    return page.section(page.text("heading.findings"), page.cut(page.table(rows), len(found)))


def _with_subject(subject: str, said: str) -> str:
    """What is said of a subject, after its name where the words do not have it."""
    shown = visible(named(subject))
    known = all(word in said for word in shown.split() if word != "->")
    return said if known else f"{shown}: {said}"


def _gaps(assessment: Assessment, page: Page) -> list[str]:
    gaps = alike(assessment.gaps, page.wording)
    items = [
        (
            Line(visible(f"{subjects}: {reason}")),
            *([Line(visible(hint), dim=True)] if hint else []),
        )
        for subjects, reason, hint in gaps[:MOST_LISTED]
    ]
    lines = page.bullets(items) or page.wrap(Line(page.text("label.no-gaps")))
    return page.section(page.text("heading.gaps"), page.cut(lines, len(gaps)))


def _scope(assessment: Assessment, page: Page) -> list[str]:
    lines = [Line(visible(line), dim=True) for line in cluster_lines(assessment, page.wording)]
    return page.wrap(*lines, Line(page.text("label.all-evidence"), dim=True))


def sheet(sheet: Sheet, wording: Wording, look: Look) -> str:
    """A title, what must be said first, and the sections that hold anything."""
    page = Page(wording, look)
    lines = page.wrap(Line(page.say(sheet.title), bold=True))
    for said in sheet.lead:
        lines += page.wrap(Line(page.say(said)))
    lines.append("")
    for section in sheet.sections:
        under = page.bullets([Line(page.say(item))] for item in section.items)
        if section.table is not None and section.table.rows:
            under += page.table(_rows(section.table, page), right=section.table.right)
        lines += page.section(page.text(section.heading), under)
    return re.sub(r" +$", "", "\n".join(lines), flags=re.MULTILINE).rstrip("\n") + "\n"


def _rows(table: Table, page: Page) -> Iterator[tuple[list[Line], list[Line]]]:
    *heads, last = (Line(page.text(name), dim=True) for name in table.head)
    yield heads, [last]
    for cells in table.rows:
        *short, long = (Line(visible(cell)) for cell in cells)
        yield short, [long]


FORMAT = Format("terminal", report=report, sheet=sheet)

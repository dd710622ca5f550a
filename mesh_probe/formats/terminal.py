"""Terminal: the report for a screen of 80 columns and more. It does not list all evidence."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import click
import wcwidth
from tabulate import tabulate

from mesh_probe.assessment import Assessment
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
    headline,
    lasted,
    measured,
    moment,
    odds,
    p99_band,
    position,
    reasons,
    row,
    shape,
    sum_in_words,
    sureness,
    telling,
    way,
    worst_first,
    worst_pain,
)
from mesh_probe.model import Noun
from mesh_probe.question import Answer
from mesh_probe.sheet import Sheet, Table
from mesh_probe.text import Message, Parameter, Wording, duration, percent
from mesh_probe.text.visible import visible

MOST_LISTED = 10
"""Findings, gaps and the like; the JSON report has all of them."""

NARROWEST = 24
"""Columns that a text gets at least, however narrow the screen."""

WIDEST = 120
"""Columns that are used at most: longer lines are hard to read."""

BAR_LENGTH = 10

OUTCOME_COLORS = {"not-now": "red", "consider": "cyan", "undecided": "yellow"}
ANSWER_COLORS = {"yes": "cyan", "unknown": "yellow"}
SIGNAL_COLORS = {"yes": "red", "unknown": "yellow"}
SEVERITY_COLORS = {"error": "red", "warning": "yellow"}


class _Line(Noun):
    """A text that is wrapped and then styled."""

    text: str
    color: str | None = None
    bold: bool = False
    dim: bool = False


class _Page:
    """Puts a report into words, lines and colours."""

    def __init__(self, wording: Wording, look: Look) -> None:
        self.wording = wording
        self.width = min(look.width, WIDEST)
        self._color = look.color

    def say(self, said: Message) -> str:
        """A message, with nothing in it that could harm the screen."""
        return visible(self.wording.say(said))

    def text(self, text_id: str, /, **parameters: Parameter) -> str:
        """The same for a fixed text."""
        return self.say(Message(text_id, parameters))

    def wrap(self, *texts: _Line, width: int | None = None) -> list[str]:
        """Lines of at most this width."""
        columns = max(width or self.width, NARROWEST)
        return [
            self.style(line, text)
            for text in texts
            for line in wcwidth.wrap(text.text, columns, break_on_hyphens=False)
        ]

    def style(self, words: str, how: _Line) -> str:
        """Words in the colours of a line; as they are where there are no colours."""
        if not self._color or not (how.color or how.bold or how.dim):
            return words
        return click.style(words, fg=how.color, bold=how.bold or None, dim=how.dim or None)

    def section(self, heading: str, lines: Iterable[str]) -> list[str]:
        """A heading and what is under it; nothing when there is nothing."""
        under = [f"  {line}".rstrip() for line in lines]
        return [self.style(heading, _Line("", bold=True)), *under, ""] if under else []

    def bullets(self, items: Iterable[Sequence[_Line]]) -> list[str]:
        """Items with a dash before the first line of each."""
        lines = []
        for item in items:
            wrapped = self.wrap(*item, width=self.width - 4)
            lines += [f"{'  ' if n else '- '}{line}" for n, line in enumerate(wrapped)]
        return lines

    def table(
        self, rows: Iterable[tuple[Sequence[_Line], Sequence[_Line]]], right: Sequence[int] = ()
    ) -> list[str]:
        """Rows of short cells and, as the last column, a text that takes the rest of the width."""
        listed = list(rows)
        if not listed:
            return []
        columns = range(len(listed[0][0]))
        taken = sum(max(wcwidth.width(short[n].text) for short, _ in listed) + 2 for n in columns)
        cells = [
            [
                *(self.style(cell.text, cell) for cell in short),
                "\n".join(self.wrap(*long, width=self.width - 2 - taken)),
            ]
            for short, long in listed
        ]
        align = ["right" if n in right else "left" for n in columns]
        plain = tabulate(cells, tablefmt="plain", disable_numparse=True, colalign=[*align, "left"])
        return plain.split("\n")

    def cut(self, lines: Sequence[str], total: int) -> list[str]:
        """The lines, and how many entries of the total are not among them."""
        more = total - MOST_LISTED
        return [*lines, self.text("label.more", count=more)] if more > 0 else list(lines)


def report(assessment: Assessment, wording: Wording, look: Look) -> str:
    """The verdict, why, and what it rests on."""
    page = _Page(wording, look)
    parts: tuple[Callable[[Assessment, _Page], list[str]], ...] = (
        _verdict, _why, _pains, _scores, _swing, _mesh, _plain_kubernetes, _questions, _signals,
        _graph, _slowest, _incidents, _findings, _misconceptions, _to_say, _gaps, _scope,
    )  # fmt: skip
    text = "\n".join(line for part in parts for line in part(assessment, page))
    return re.sub(r" +$", "", text, flags=re.MULTILINE).rstrip("\n") + "\n"


def _verdict(assessment: Assessment, page: _Page) -> list[str]:
    verdict = assessment.verdict
    color = OUTCOME_COLORS.get(verdict.outcome, "green")
    lines = page.wrap(_Line(page.say(headline(assessment)), color=color, bold=True))
    lines += page.wrap(*(_Line(page.say(said)) for said in position(assessment)))
    if likely := odds(verdict):
        lines += page.wrap(_Line(page.say(likely)))
    return [*lines, ""]


def _why(assessment: Assessment, page: _Page) -> list[str]:
    why = [[_Line(page.say(reason))] for reason in reasons(assessment.verdict)]
    return page.section(page.text("heading.why"), page.bullets(why))


def _pains(assessment: Assessment, page: _Page) -> list[str]:
    verdict = assessment.verdict
    pains = page.table(
        (
            ([_Line(page.text(f"label.{axis}")), _Line(percent(pain))], [_bar(pain)])
            for axis, pain in verdict.axes.items()
        ),
        right=[1],
    )
    said = page.wrap(_Line(page.say(worst_pain(verdict))), width=page.width - 2)
    return page.section(page.text("heading.pains"), [*pains, *said])


def _scores(assessment: Assessment, page: _Page) -> list[str]:
    verdict, outlook = assessment.verdict, assessment.outlook
    scores = page.table(
        (
            [_Line(page.text(f"label.{name}")), _Line(str(score.value))],
            [_Line(visible(sum_in_words(score, page.wording)), dim=True)],
        )
        for name, score in (("need", verdict.need), ("readiness", verdict.readiness))
    )
    said = [_Line(page.say(outlook.quadrant))] if outlook.quadrant else []
    return page.section(
        page.text("heading.scores"), [*scores, *page.wrap(*said, width=page.width - 2)]
    )


def _bar(part: float) -> _Line:
    full = round(part * BAR_LENGTH)
    return _Line("█" * full + "░" * (BAR_LENGTH - full))


def _swing(assessment: Assessment, page: _Page) -> list[str]:
    swings = assessment.verdict.swing
    lines = []
    for outcome in dict.fromkeys(swing.would_become for swing in swings[:MOST_LISTED]):
        lines.append(page.text("label.would-become", outcome=page.text(f"label.{outcome}")))
        lines += page.bullets(
            (_Line(page.text(f"label.{swing.id}")), _Line(page.say(swing.settle), dim=True))
            for swing in swings[:MOST_LISTED]
            if swing.would_become == outcome
        )
    return page.section(page.text("heading.swing"), page.cut(lines, len(swings)))


def _mesh(assessment: Assessment, page: _Page) -> list[str]:
    rows = (
        (
            [
                _Line(installed.mesh.name, bold=True),
                _Line(installed.mesh.mode),
                _Line(covered(installed.mesh)),
                _Line(page.text(f"label.{installed.advice}")),
            ],
            [_Line(page.say(piece.fact)) for piece in installed.mesh.evidence],
        )
        for installed in assessment.cluster.mesh
    )
    return page.section(page.text("heading.mesh"), page.table(rows, right=[2]))


def _plain_kubernetes(assessment: Assessment, page: _Page) -> list[str]:
    outlook = assessment.outlook
    gives = page.bullets([_Line(page.say(given.said))] for given in outlook.gives)
    lacks = page.bullets([_Line(page.say(lack.said))] for lack in outlook.lacks)
    return [
        *page.section(page.text("heading.gives"), gives),
        *page.section(page.text("heading.lacks"), lacks),
    ]


def _misconceptions(assessment: Assessment, page: _Page) -> list[str]:
    items = ([_Line(page.say(said))] for said in assessment.outlook.misconceptions)
    return page.section(page.text("heading.misconceptions"), page.bullets(items))


def _to_say(assessment: Assessment, page: _Page) -> list[str]:
    lines = []
    for point in assessment.outlook.to_say:
        mark = "[x]" if point.ticked else "[ ]"
        wrapped = page.wrap(_Line(page.say(point.said)), width=page.width - 6)
        lines += [f"{'   ' if n else mark} {line}" for n, line in enumerate(wrapped)]
    return page.section(page.text("heading.to-say"), lines)


def _questions(assessment: Assessment, page: _Page) -> list[str]:
    lines = _answers(assessment.answers, page, "label.question", ANSWER_COLORS)
    return page.section(page.text("heading.questions"), lines)


def _signals(assessment: Assessment, page: _Page) -> list[str]:
    lines = _answers(assessment.signals, page, "label.signal", SIGNAL_COLORS)
    return page.section(page.text("heading.signals"), lines)


def _answers(
    answers: Iterable[Answer], page: _Page, what: str, colors: dict[str, str]
) -> list[str]:
    head = [_Line(page.text(f"label.{name}"), dim=True) for name in ("number", "answer", "sure")]
    rows: list[tuple[list[_Line], list[_Line]]] = [(head, [_Line(page.text(what), dim=True)])]
    for answer in answers:
        title = page.text(f"label.{answer.id}")
        figure = visible(measured(answer.measure, page.wording))
        rows.append(
            (
                [
                    _Line(str(answer.number), dim=True),
                    _Line(page.text(f"label.{answer.status}"), color=colors.get(answer.status)),
                    _Line(sureness(answer, page.wording)),
                ],
                [
                    _Line(f"{title} ({figure})" if figure else title, bold=True),
                    _Line(page.say(answer.because)),
                    *(_Line(f"· {page.say(piece.fact)}", dim=True) for piece in telling(answer)),
                ],
            )
        )
    return page.table(rows, right=[0, 2])


def _graph(assessment: Assessment, page: _Page) -> list[str]:
    items = ([_Line(page.say(item))] for item in shape(assessment))
    return page.section(page.text("heading.graph"), page.bullets(items))


def _slowest(assessment: Assessment, page: _Page) -> list[str]:
    slowest = assessment.paths.slowest
    if not slowest:
        return []
    head = (
        [_Line(page.text("label.p50"), dim=True), _Line(page.text("label.p99"), dim=True)],
        [_Line(page.text("label.path-and-hop"), dim=True)],
    )
    rows = (
        (
            [
                _Line(duration(path.p50_seconds, page.wording.language)),
                _Line(p99_band(path, page.wording)),
            ],
            [_Line(visible(way(path.nodes)), bold=True), _Line(page.say(critical_hop(path)))],
        )
        for path in slowest
    )
    return page.section(page.text("heading.slowest"), page.table([head, *rows], right=[0]))


def _incidents(assessment: Assessment, page: _Page) -> list[str]:
    found = blamed_first(assessment.incidents.episodes)
    rows = (
        (
            [
                _Line(moment(incident.start_at)),
                _Line(lasted(incident, page.wording)),
            ],
            [
                _Line(visible(row(incident.alerts)), bold=True),
                _Line(page.say(cause(incident))),
                *(_Line(f"· {page.say(piece.fact)}", dim=True) for piece in incident.evidence),
            ],
        )
        for incident in found[:MOST_LISTED]
    )
    told = (_Line(page.say(message)) for message in about_incidents(assessment))
    said = page.wrap(*told, width=page.width - 2)
    lines = [*said, *page.table(rows, right=[1])]
    return page.section(page.text("heading.incidents"), page.cut(lines, len(found)))


def _findings(assessment: Assessment, page: _Page) -> list[str]:
    found = worst_first(assessment.findings)
    rows = (
        (
            [_Line(page.text(f"label.{f.severity}"), color=SEVERITY_COLORS.get(f.severity))],
            [_Line(_with_subject(f.subject, page.say(f.text)))],
        )
        for f in found[:MOST_LISTED]
    )
    return page.section(page.text("heading.findings"), page.cut(page.table(rows), len(found)))


def _with_subject(subject: str, said: str) -> str:
    """What is said of a subject, after its name where the words do not have it."""
    known = all(word in said for word in visible(subject).split() if word != "->")
    return said if known else f"{visible(subject)}: {said}"


def _gaps(assessment: Assessment, page: _Page) -> list[str]:
    gaps = alike(assessment.gaps, page.wording)
    items = [
        (
            _Line(visible(f"{subjects}: {reason}")),
            *([_Line(visible(hint), dim=True)] if hint else []),
        )
        for subjects, reason, hint in gaps[:MOST_LISTED]
    ]
    lines = page.bullets(items) or page.wrap(_Line(page.text("label.no-gaps")))
    return page.section(page.text("heading.gaps"), page.cut(lines, len(gaps)))


def _scope(assessment: Assessment, page: _Page) -> list[str]:
    lines = [_Line(visible(line), dim=True) for line in cluster_lines(assessment, page.wording)]
    return page.wrap(*lines, _Line(page.text("label.all-evidence"), dim=True))


def sheet(sheet: Sheet, wording: Wording, look: Look) -> str:
    """A title, what must be said first, and the sections that hold anything."""
    page = _Page(wording, look)
    lines = page.wrap(_Line(page.say(sheet.title), bold=True))
    for said in sheet.lead:
        lines += page.wrap(_Line(page.say(said)))
    lines.append("")
    for section in sheet.sections:
        under = page.bullets([_Line(page.say(item))] for item in section.items)
        if section.table is not None and section.table.rows:
            under += page.table(_rows(section.table, page), right=section.table.right)
        lines += page.section(page.text(section.heading), under)
    return re.sub(r" +$", "", "\n".join(lines), flags=re.MULTILINE).rstrip("\n") + "\n"


def _rows(table: Table, page: _Page) -> Iterator[tuple[list[_Line], list[_Line]]]:
    *heads, last = (_Line(page.text(name), dim=True) for name in table.head)
    yield heads, [last]
    for cells in table.rows:
        *short, long = (_Line(visible(cell)) for cell in cells)
        yield short, [long]


FORMAT = Format("terminal", report=report, sheet=sheet)

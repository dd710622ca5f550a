"""Markdown: the report for a git host, with the evidence folded away and the graph drawn."""

from collections.abc import Callable, Iterable, Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.drawing.mermaid import flowchart, is_small
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
    strongest_first,
    sum_in_words,
    sureness,
    way,
    worst_first,
)
from mesh_probe.formats.markdown.blockers import blockers
from mesh_probe.formats.markdown.obtained import obtained
from mesh_probe.formats.markdown.words import MOST_ROWS, Words
from mesh_probe.headline import headline, odds, outcome_label, position, reasons, worst_pain
from mesh_probe.model import Evidence
from mesh_probe.question import Answer
from mesh_probe.sheet import Sheet
from mesh_probe.text import Message, Wording, duration, named, percent
from mesh_probe.text.markup import code, plain, table

MOST_EVIDENCE = 20
"""Pieces of evidence per answer; the JSON report has all."""


def report(assessment: Assessment, wording: Wording, _look: Look) -> str:
    """The whole report; all evidence of the answers is in it up to `MOST_EVIDENCE`."""
    parts: tuple[Callable[[Assessment, Words], list[str]], ...] = (
        _verdict, _why, _pains, _swing, _mesh, _plain_kubernetes, _questions, _signals,
        blockers, _graph, _slowest, _incidents, _findings, _misconceptions, _to_say, _gaps,
        obtained, _about,
    )  # fmt: skip
    words = Words(wording)
    blocks = [block for part in parts for block in part(assessment, words)]
    return "\n\n".join(blocks) + "\n"


def _verdict(assessment: Assessment, words: Words) -> list[str]:
    likely = odds(assessment.verdict)
    cluster, window, _ = cluster_lines(assessment, words.wording)
    return [
        f"# {words.text('heading.title')}",
        f"**{words.say(headline(assessment))}**",
        *(words.say(said) for said in position(assessment)),
        *([words.say(likely)] if likely else []),
        f"{plain(cluster)}\\\n{plain(window)}",
    ]


def _why(assessment: Assessment, words: Words) -> list[str]:
    why = [f"- {words.say(reason)}" for reason in reasons(assessment.verdict)]
    return [words.heading("why"), "\n".join(why)] if why else []


def _pains(assessment: Assessment, words: Words) -> list[str]:
    verdict, quadrant = assessment.verdict, assessment.outlook.quadrant
    pains = [[words.text(f"label.{axis}"), percent(pain)] for axis, pain in verdict.axes.items()]
    scores = [
        [words.text(f"label.{name}"), str(score.value), plain(sum_in_words(score, words.wording))]
        for name, score in (("need", verdict.need), ("readiness", verdict.readiness))
    ]
    return [
        words.heading("pains"),
        table(words.heads("pain", "how-much"), pains),
        words.say(worst_pain(verdict)),
        words.heading("scores"),
        table(words.heads("score", "value", "arithmetic"), scores),
        *([words.say(quadrant)] if quadrant else []),
    ]


def _swing(assessment: Assessment, words: Words) -> list[str]:
    rows = [
        [
            words.text(f"label.{swing.id}"),
            words.text(outcome_label(swing.would_become, assessment)),
            words.say(swing.settle),
        ]
        for swing in assessment.verdict.swing
    ]
    if not rows:
        return []
    return [words.heading("swing"), table(words.heads("settles", "outcome", "settle"), rows)]


def _mesh(assessment: Assessment, words: Words) -> list[str]:
    rows = [
        [
            plain(mesh.name),
            plain(mesh.version or ""),
            plain(mesh.mode),
            covered(mesh),
            words.text(f"label.{advice}"),
        ]
        for mesh, advice in ((i.mesh, i.advice) for i in assessment.cluster.mesh)
    ]
    if not rows:
        return []
    head = words.heads("mesh-name", "version", "mode", "coverage", "advice")
    evidence = [piece for installed in assessment.cluster.mesh for piece in installed.mesh.evidence]
    return [words.heading("mesh"), table(head, rows), _evidence("heading.mesh", evidence, words)]


def _plain_kubernetes(assessment: Assessment, words: Words) -> list[str]:
    outlook = assessment.outlook
    return [
        *_list("gives", (given.said for given in outlook.gives), words),
        *_list("lacks", (lack.said for lack in outlook.lacks), words),
    ]


def _misconceptions(assessment: Assessment, words: Words) -> list[str]:
    return _list("misconceptions", assessment.outlook.misconceptions, words)


def _list(heading: str, items: Iterable[Message], words: Words) -> list[str]:
    lines = [f"- {words.say(item)}" for item in items]
    return [words.heading(heading), "\n".join(lines)] if lines else []


def _to_say(assessment: Assessment, words: Words) -> list[str]:
    lines = [
        f"- [{'x' if point.ticked else ' '}] {words.say(point.said)}"
        for point in assessment.outlook.to_say
    ]
    return [words.heading("to-say"), "\n".join(lines)] if lines else []


def _questions(assessment: Assessment, words: Words) -> list[str]:
    return [words.heading("questions"), *_answers(assessment.answers, "title-question", words)]


def _signals(assessment: Assessment, words: Words) -> list[str]:
    return [words.heading("signals"), *_answers(assessment.signals, "title-signal", words)]


def _answers(answers: Sequence[Answer], title: str, words: Words) -> list[str]:
    rows = [
        [
            str(answer.number),
            words.text(f"label.{answer.id}"),
            f"**{words.text(f'label.{answer.status}')}**",
            sureness(answer, words.wording),
            plain(measured(answer.measure, words.wording)),
            words.say(answer.because),
        ]
        for answer in answers
    ]
    head = words.heads("number", title, "answer", "sure", "figure", "reason")
    return [
        table(head, rows),
        *(
            _evidence(f"label.{answer.id}", answer.evidence, words)
            for answer in answers
            if answer.evidence
        ),
    ]


def _evidence(title: str, evidence: Iterable[Evidence], words: Words) -> str:
    pieces = strongest_first(evidence)
    rows = [
        [
            code(named(piece.subject)),
            words.say(piece.fact),
            words.text(f"label.{piece.points}") if piece.points else "",
            f"{piece.weight:.3g}",
            plain(piece.seen_in),
            code(piece.check),
        ]
        for piece in pieces[:MOST_EVIDENCE]
    ]
    head = words.heads("subject", "fact", "points", "weight", "seen-in", "check")
    said = words.wording.text("label.evidence", title=words.wording.text(title), count=len(pieces))
    return words.folded(said, head, rows, len(pieces))


def _graph(assessment: Assessment, words: Words) -> list[str]:
    graph = assessment.graph
    items = "\n".join(f"- {words.say(item)}" for item in shape(assessment))
    drawn = is_small(graph)
    return [
        words.heading("graph"),
        items,
        *([f"```mermaid\n{flowchart(graph)}\n```", words.text("label.legend")] if drawn else []),
    ]


def _slowest(assessment: Assessment, words: Words) -> list[str]:
    rows = [
        [
            code(way(path.nodes)),
            duration(path.p50_seconds, words.wording.language),
            plain(p99_band(path, words.wording)),
            words.say(critical_hop(path)),
        ]
        for path in assessment.paths.slowest
    ]
    if not rows:
        return []
    head = words.heads("path", "p50", "p99", "critical-hop")
    return [words.heading("slowest"), table(head, rows)]


def _incidents(assessment: Assessment, words: Words) -> list[str]:
    found = blamed_first(assessment.incidents.episodes)
    rows = [
        [
            moment(incident.start_at),
            lasted(incident, words.wording),
            plain(row(incident.alerts)),
            plain(row(incident.services)),
            words.say(cause(incident)),
        ]
        for incident in found[:MOST_ROWS]
    ]
    head = words.heads("began", "lasted", "alerts", "services", "cause")
    evidence = [piece for incident in found[:MOST_ROWS] for piece in incident.evidence]
    return [
        words.heading("incidents"),
        *(words.say(message) for message in about_incidents(assessment)),
        *([table(head, rows)] if rows else []),
        *words.more(len(found) - MOST_ROWS),
        *([_evidence("heading.incidents", evidence, words)] if evidence else []),
    ]


def _findings(assessment: Assessment, words: Words) -> list[str]:
    found = worst_first(assessment.findings)
    rows = [
        [words.text(f"label.{f.severity}"), code(named(f.subject)), words.say(f.text)]
        for f in found
    ]
    if not rows:
        return []
    evidence = [piece for finding in found for piece in finding.evidence]
    return [
        words.heading("findings"),
        table(words.heads("severity", "subject", "finding"), rows),
        *words.more(len(found) - MOST_ROWS),
        *([_evidence("heading.findings", evidence, words)] if evidence else []),
    ]


def _gaps(assessment: Assessment, words: Words) -> list[str]:
    gaps = alike(assessment.gaps, words.wording)
    rows = [[code(subjects), plain(reason), plain(hint)] for subjects, reason, hint in gaps]
    if not rows:
        return [words.heading("gaps"), words.text("label.no-gaps")]
    return [
        words.heading("gaps"),
        table(words.heads("subject", "reason", "remedy"), rows[:MOST_ROWS]),
        *words.more(len(rows) - MOST_ROWS),
    ]


def _about(assessment: Assessment, words: Words) -> list[str]:
    *_, load = cluster_lines(assessment, words.wording)
    return [words.heading("about"), plain(load), words.text("label.again")]


def sheet(sheet: Sheet, wording: Wording, _look: Look) -> str:
    """A title, what must be said first, and the sections that hold anything."""
    words = Words(wording)
    blocks = [f"# {words.say(sheet.title)}", *(words.say(said) for said in sheet.lead)]
    for section in sheet.sections:
        under = ["\n".join(f"- {words.say(item)}" for item in section.items)]
        if section.table is not None and section.table.rows:
            head = [words.text(name) for name in section.table.head]
            under.append(table(head, ([*map(plain, row)] for row in section.table.rows)))
        if any(under):
            blocks += [f"## {words.text(section.heading)}", *filter(None, under)]
    return "\n\n".join(blocks) + "\n"


FORMAT = Format("markdown", report=report, sheet=sheet)

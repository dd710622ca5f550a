"""The nine questions and the five signals, each with the evidence that unfolds."""

from collections.abc import Iterable

from mesh_probe.assessment import Assessment
from mesh_probe.format import measured, sureness
from mesh_probe.formats.html.markup import Markup, tag
from mesh_probe.formats.html.origin import Places, places
from mesh_probe.formats.html.parts import evidence, section, status
from mesh_probe.formats.html.words import Words
from mesh_probe.question import Answer


def questions(assessment: Assessment, words: Words) -> Markup:
    """The nine."""
    return section(
        "questions",
        words.text("heading.questions"),
        _list(assessment.answers, words, places(assessment.read), signal=False),
    )


def signals(assessment: Assessment, words: Words) -> Markup:
    """The five."""
    return section(
        "signals",
        words.text("heading.signals"),
        _list(assessment.signals, words, places(assessment.read), signal=True),
    )


def _list(answers: Iterable[Answer], words: Words, known: Places, *, signal: bool) -> Markup:
    rows = [_answer(answer, words, known, signal=signal) for answer in answers]
    return tag("ol", rows, class_="answers")


def _answer(answer: Answer, words: Words, known: Places, *, signal: bool) -> Markup:
    figure = words.both(lambda wording: measured(answer.measure, wording))
    head = (
        tag("span", str(answer.number), class_="number"),
        status(answer.status, words, signal=signal),
        tag("h3", words.text(f"label.{answer.id}")),
        tag("span", figure, class_="figure"),
        tag(
            "span",
            words.both(lambda wording: sureness(answer, wording)),
            class_="sure",
        ),
    )
    pieces = evidence(answer.evidence, words, known)
    because = tag("p", words.say(answer.because), class_="because")
    unfold = pieces and tag(
        "details",
        tag("summary", words.text("page.evidence", count=len(answer.evidence))),
        pieces,
    )
    anchor = f"answer-{answer.id}"
    return tag("li", tag("div", head, class_="head"), because, unfold, id=anchor)

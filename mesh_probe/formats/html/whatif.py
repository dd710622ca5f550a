"""The switches of "what if": any answer can be taken as another, and the page says the rest."""

from collections.abc import Iterable, Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.parts import meter, status
from mesh_probe.formats.html.parts import section as part
from mesh_probe.formats.html.summary import chart
from mesh_probe.formats.html.words import Words
from mesh_probe.model import Status
from mesh_probe.question import Answer
from mesh_probe.text import percent

CHOICES: tuple[Status, ...] = ("yes", "no", "unknown")


def section(assessment: Assessment, words: Words) -> Markup:
    """Switches and what follows from them."""
    return part(
        "what-if",
        words.text("page.nav-if"),
        tag("p", words.text("page.if-lead"), class_="muted"),
        tag(
            "div",
            tag(
                "div",
                _switches("heading.questions", assessment.answers, words),
                _switches("heading.signals", assessment.signals, words, signal=True),
                class_="switches",
            ),
            tag("div", _result(assessment, words), class_="result card"),
            class_="if",
        ),
        class_="needs-script",
    )


def _switches(
    title: str, answers: Iterable[Answer], words: Words, *, signal: bool = False
) -> Markup:
    return tag(
        "fieldset",
        tag("legend", words.text(title)),
        tag("ul", [_switch(answer, words, signal=signal) for answer in answers]),
    )


def _switch(answer: Answer, words: Words, *, signal: bool) -> Markup:
    name = f"switch-{answer.id}"
    options = [tag("option", words.text("page.as-found"), value="")]
    options += [tag("option", words.text(f"label.{choice}"), value=choice) for choice in CHOICES]
    return tag(
        "li",
        status(answer.status, words, signal=signal),
        tag("label", words.text(f"label.{answer.id}"), for_=name),
        tag("select", options, id=name, data_switch=answer.id),
    )


def _result(assessment: Assessment, words: Words) -> Sequence[Child]:
    verdict = assessment.verdict
    scores = [
        tag(
            "div",
            tag("dt", words.text(f"label.{name}")),
            tag(
                "dd",
                tag("span", str(score.value), id=f"if-{name}", class_="score"),
                tag("span", id=f"if-{name}-sum", class_="arithmetic"),
            ),
        )
        for name, score in (("need", verdict.need), ("readiness", verdict.readiness))
    ]
    pains = [
        tag(
            "div",
            tag("dt", words.text(f"label.{axis}")),
            tag(
                "dd",
                meter(pain, f"pain-{axis}", f"if-{axis}-bar"),
                tag("span", percent(pain), id=f"if-{axis}", class_="figure"),
            ),
        )
        for axis, pain in verdict.axes.items()
    ]
    return (
        tag(
            "div",
            tag("p", id="if-same", class_="muted"),
            tag("p", id="if-outcome"),
            role="status",
        ),
        chart(verdict.yes_distribution, verdict.threshold, words, "if"),
        tag("dl", pains, class_="meters"),
        tag("dl", scores, class_="scores"),
        tag("button", words.text("page.if-reset"), type="button", id="if-reset"),
    )

"""The first screen: what a manager has to know."""

from collections.abc import Iterable, Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.format import alike, cluster_counts, incidents_in_short, moment, sum_in_words
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.parts import card, meter, status
from mesh_probe.formats.html.words import Words
from mesh_probe.headline import headline, odds, outcome_label, position, reasons, worst_pain
from mesh_probe.text import message, percent
from mesh_probe.verdict import Verdict

MOST_SWINGS, MOST_GAPS = 6, 3
"""On the first screen."""

BAR_WIDTH, TALLEST, FLOOR = 26, 96, 112
"""Of the distribution, in the pixels of its drawing."""

LEAST_SHOWN = 0.005
"""Probability from which a bar has a figure."""


def section(assessment: Assessment, words: Words) -> Markup:
    """The verdict and what it rests on."""
    verdict = assessment.verdict
    likely = odds(verdict)
    head = tag(
        "div",
        tag("p", words.text("heading.title"), class_="eyebrow"),
        tag("h1", words.say(headline(assessment)), id="summary-heading"),
        [tag("p", words.say(said), class_="odds") for said in position(assessment)],
        tag("p", words.say(likely), class_="odds") if likely else None,
        _scope(assessment, words),
        class_=f"verdict outcome-{verdict.outcome}",
    )
    columns = (
        (_distribution(verdict, words), _swing(assessment, words)),
        (_pains(verdict, words), _why(assessment, words)),
        (_signals(assessment, words), _incidents(assessment, words), _gaps(assessment, words)),
    )
    return tag(
        "section",
        head,
        tag("div", [tag("div", cards) for cards in columns], class_="cards"),
        id="summary",
        aria_labelledby="summary-heading",
    )


def _scope(assessment: Assessment, words: Words) -> Markup:
    """Cluster, date and window, and how much could not be seen."""
    cluster = assessment.cluster
    name = " ".join(filter(None, (cluster.context, cluster.server_version)))
    seen = words.both(lambda wording: ", ".join(cluster_counts(cluster, wording)))
    facts = (
        ("heading.cluster", name or words.text("label.cluster-unnamed")),
        ("page.seen", seen),
        ("page.date", tag("time", moment(assessment.generated_at))),
        ("page.window", words.text("page.window-of", seconds=assessment.window_seconds)),
        (
            "page.nav-gaps",
            tag("a", words.text("page.gap-count", count=len(assessment.gaps)), href="#gaps"),
        ),
    )
    return tag(
        "dl",
        [tag("div", tag("dt", words.text(name)), tag("dd", said)) for name, said in facts],
        class_="scope",
    )


def _distribution(verdict: Verdict, words: Words) -> Markup:
    enough = sum(verdict.yes_distribution[verdict.threshold :])
    return card(
        words.text("page.distribution-heading"),
        chart(verdict.yes_distribution, verdict.threshold, words),
        tag(
            "p",
            words.text("page.distribution", threshold=verdict.threshold, probability=enough),
            class_="muted",
        ),
    )


def chart(
    distribution: Sequence[float], threshold: int, words: Words, prefix: str | None = None
) -> Markup:
    """The probability of each count of yes, and the line from which it is enough.

    With a prefix the bars have ids, so that the page can change them.
    """
    most = max(distribution)
    bars: list[Child] = []
    for yes, chance in enumerate(distribution):
        x, tall = 8 + yes * (BAR_WIDTH + 6), round(chance / most * TALLEST, 1)
        bars += [
            tag(
                "rect",
                class_="enough" if yes >= threshold else "short",
                x=x,
                y=FLOOR - tall,
                width=BAR_WIDTH,
                height=tall,
                rx=2,
                id=f"{prefix}-bar-{yes}" if prefix else None,
            ),
            tag(
                "text",
                percent(chance) if chance >= LEAST_SHOWN else "",
                x=x + BAR_WIDTH / 2,
                y=FLOOR - tall - 6,
                class_="figure",
                id=f"{prefix}-percent-{yes}" if prefix else None,
            ),
            tag("text", str(yes), x=x + BAR_WIDTH / 2, y=FLOOR + 16, class_="count"),
        ]
    line = 8 + threshold * (BAR_WIDTH + 6) - 3
    said, number = words.attribute_of(
        "page.distribution", threshold=threshold, probability=sum(distribution[threshold:])
    )
    return tag(
        "svg",
        bars,
        tag("line", class_="floor", x1=4, x2=326, y1=FLOOR, y2=FLOOR),
        tag("line", class_="threshold", x1=line, x2=line, y1=2, y2=FLOOR + 20),
        class_="distribution",
        viewBox="0 -14 330 148",
        role="img",
        aria_label=said,
        data_m_label=None if prefix else number,
        id=f"{prefix}-chart" if prefix else None,
    )


def _pains(verdict: Verdict, words: Words) -> Markup:
    rows = [
        tag(
            "div",
            tag("dt", words.text(f"label.{axis}")),
            tag("dd", meter(pain, f"pain-{axis}"), tag("span", percent(pain), class_="figure")),
        )
        for axis, pain in verdict.axes.items()
    ]
    found = {"need": verdict.need, "readiness": verdict.readiness}
    sums = {
        name: words.these({lang: sum_in_words(score, w) for lang, w in words.wordings.items()})
        for name, score in found.items()
    }
    scores = [
        tag(
            "div",
            tag("dt", words.text(f"label.{name}")),
            tag(
                "dd",
                tag("span", str(score.value), class_="score"),
                tag("span", sums[name], class_="arithmetic"),
            ),
        )
        for name, score in found.items()
    ]
    return card(
        words.text("heading.pains"),
        tag("p", words.say(worst_pain(verdict)), class_="muted"),
        tag("dl", rows, class_="meters"),
        tag("h3", words.text("heading.scores")),
        tag("dl", scores, class_="scores"),
    )


def _signals(assessment: Assessment, words: Words) -> Markup:
    rows = [
        tag(
            "li",
            status(signal.status, words, signal=True),
            tag("span", words.text(f"label.{signal.id}")),
        )
        for signal in assessment.signals
    ]
    forbidding = sum(signal.status == "yes" for signal in assessment.signals)
    said = words.text("page.signals-found", count=forbidding, all=len(assessment.signals))
    return card(
        words.text("heading.signals"),
        tag("p", said, class_="muted"),
        tag("ul", rows, class_="marks"),
    )


def _incidents(assessment: Assessment, words: Words) -> Markup:
    """How many of the incidents a mesh could have touched."""
    found = assessment.incidents
    figure = None
    if found.on_the_wire is not None and found.seen:
        figure = tag(
            "p",
            tag("span", f"{found.on_the_wire:,}", class_="score"),
            words.text("page.of-incidents", judged=found.judged),
        )
    more = tag("p", tag("a", words.text("page.incidents-more"), href="#incidents"))
    return card(
        words.text("heading.incidents"),
        figure,
        tag("p", words.say(incidents_in_short(assessment)), class_="muted"),
        more if found.episodes else None,
    )


def _why(assessment: Assessment, words: Words) -> Markup | None:
    why = [tag("li", words.say(reason)) for reason in reasons(assessment.verdict)]
    return card(words.text("heading.why"), tag("ul", why)) if why else None


def _swing(assessment: Assessment, words: Words) -> Markup | None:
    verdict = assessment.verdict
    if not verdict.swing:
        return None
    groups = []
    for outcome in dict.fromkeys(swing.would_become for swing in verdict.swing[:MOST_SWINGS]):
        groups += [
            tag(
                "h3",
                words.these(_towards(outcome_label(outcome, assessment), words)),
            ),
            tag("ul", _settling(verdict, outcome, words), class_="swings"),
        ]
    more = len(verdict.swing) - MOST_SWINGS
    return card(
        words.text("heading.swing"),
        groups,
        tag("p", words.text("page.swing-more", count=more), class_="muted") if more > 0 else None,
    )


def _towards(label: str, words: Words) -> dict[str, str]:
    name = message(label)
    return {
        language: wording.text("label.would-become", outcome=wording.say(name))
        for language, wording in words.wordings.items()
    }


def _settling(verdict: Verdict, outcome: str, words: Words) -> Iterable[Markup]:
    return [
        tag(
            "li",
            tag("strong", words.text(f"label.{swing.id}")),
            tag("span", words.say(swing.settle), class_="muted"),
        )
        for swing in verdict.swing[:MOST_SWINGS]
        if swing.would_become == outcome
    ]


def _gaps(assessment: Assessment, words: Words) -> Markup:
    gaps = alike(assessment.gaps, words.wording)
    if not gaps:
        return card(words.text("heading.gaps"), tag("p", words.text("label.no-gaps")))
    every = {
        language: alike(assessment.gaps, wording) for language, wording in words.wordings.items()
    }
    rows = [
        tag("li", words.these({lang: ": ".join(gaps_[n][:2]) for lang, gaps_ in every.items()}))
        for n in range(min(MOST_GAPS, len(gaps)))
    ]
    more = len(gaps) - MOST_GAPS
    link = tag("a", words.text("page.gaps-more", count=more), href="#gaps") if more > 0 else None
    return card(words.text("heading.gaps"), tag("ul", rows), tag("p", link) if link else None)

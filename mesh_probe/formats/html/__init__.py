"""HTML: the report, and what diff, history and fleet print, as one page each without a network.

The report's page is its text as it stands, readable without scripts and on paper, and a script that
draws the graph and answers "what if". Every part is in a file of its own beside this one:
`page.html`, `style/`, `script/`.
"""

from mesh_probe.assessment import Assessment
from mesh_probe.format import Format, Look
from mesh_probe.formats.html import (
    answers,
    below,
    blockers,
    explorer,
    obtained,
    outlook,
    summary,
    whatif,
)
from mesh_probe.formats.html.data import data
from mesh_probe.formats.html.frame import bar, page
from mesh_probe.formats.html.markup import Markup, joined, tag
from mesh_probe.formats.html.sheet import sheet
from mesh_probe.formats.html.words import Words
from mesh_probe.text import LANGUAGES, Wording

SCRIPTS = (
    "words", "dom", "graph", "places", "picture", "obtained", "panel", "tables", "explore",
    "blockers", "whatif", "frame", "page",
)  # fmt: skip
"""Parts of the script, in the order they need one another."""

LANGUAGE_NAMES = {"en": "English", "ko": "한국어"}


def report(assessment: Assessment, wording: Wording, _look: Look) -> str:
    """The whole page, in the language asked for; the reader can switch to the others."""
    words = Words(wording)
    name = assessment.cluster.context
    title = " · ".join(filter(None, (wording.text("heading.title"), name)))
    body = _body(assessment, words)
    return page(words, title, body, SCRIPTS, data(assessment, words))


def _body(assessment: Assessment, words: Words) -> Markup:
    sections = [
        ("summary", "page.nav-summary", summary.section(assessment, words)),
        ("graph", "heading.graph", explorer.section(assessment, words)),
        ("outlook", "page.nav-outlook", outlook.section(assessment, words)),
        ("what-if", "page.nav-if", whatif.section(assessment, words)),
        ("questions", "heading.questions", answers.questions(assessment, words)),
        ("signals", "page.nav-signals", answers.signals(assessment, words)),
        ("blockers", "page.nav-blockers", blockers.section(assessment, words)),
        ("paths", "page.nav-paths", below.paths(assessment, words)),
        ("incidents", "heading.incidents", below.incidents(assessment, words)),
        ("findings", "page.nav-findings", below.findings(assessment, words)),
        ("gaps", "page.nav-gaps", below.gaps(assessment, words)),
        ("obtained", "page.nav-obtained", obtained.section(assessment, words)),
        ("about", "page.nav-about", below.about(assessment, words)),
    ]
    there = [(anchor, title, made) for anchor, title, made in sections if made]
    links = [tag("a", words.text(title), href=f"#{anchor}") for anchor, title, _ in there]
    return joined(
        (
            tag("a", words.text("page.skip"), class_="skip", href="#summary"),
            bar(words, _languages(words)),
            tag("nav", links, class_="sections", **words.labelled("page.sections")),
            tag("main", [made for _, _, made in there]),
        )
    )


def _languages(words: Words) -> Markup:
    buttons = [
        tag(
            "button",
            LANGUAGE_NAMES[language],
            type="button",
            data_language=language,
            lang=language,
            aria_pressed="true" if language == words.wording.language else "false",
        )
        for language in LANGUAGES
    ]
    return tag("div", buttons, class_="switch", role="group", **words.labelled("page.language"))


FORMAT = Format("html", report=report, sheet=sheet)

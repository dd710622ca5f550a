"""HTML: the report as one page that needs no network and no server.

The page is its text as it stands, readable without scripts and on paper, and a script that draws
the graph and answers "what if". A policy inside the file allows its own script and style and
nothing else. Every part is in a file of its own beside this one: `page.html`, `style.css`,
`script/`.
"""

import base64
import hashlib
import string
from importlib import resources

from mesh_probe.assessment import Assessment
from mesh_probe.format import Format, Look
from mesh_probe.formats.html import answers, below, explorer, outlook, summary, whatif
from mesh_probe.formats.html.data import data
from mesh_probe.formats.html.markup import Markup, escaped, joined, tag
from mesh_probe.formats.html.words import Words
from mesh_probe.text import LANGUAGES, Wording

SCRIPTS = (
    "words", "dom", "graph", "places", "picture", "panel", "tables", "explore", "whatif", "page",
)  # fmt: skip
"""Parts of the script, in the order they need one another."""

LANGUAGE_NAMES = {"en": "English", "ko": "한국어"}


def report(assessment: Assessment, wording: Wording, _look: Look) -> str:
    """The whole page, in the language asked for; the reader can switch to the others."""
    words = Words(wording)
    style = _file("style.css")
    script = f'"use strict";(() => {{\n{"".join(_file(f"script/{s}.js") for s in SCRIPTS)}}})();'
    body = _body(assessment, words)
    page = string.Template(_file("page.html")).substitute(
        language=wording.language,
        policy=_policy(script, style),
        version=escaped(assessment.tool_version),
        title=escaped(_title(assessment, wording)),
        style=style,
        body=body,
        data=data(assessment, words),
        script=script,
    )
    return "\n".join(line.rstrip() for line in page.splitlines()) + "\n"


def _title(assessment: Assessment, wording: Wording) -> str:
    name = assessment.cluster.context
    return " · ".join(filter(None, (wording.text("heading.title"), name)))


def _policy(script: str, style: str) -> str:
    """Only the inline parts whose hashes these are; no network, forms, frames or base address."""
    allowed = {"script-src": script, "style-src": style}
    hashes = [f"{name} 'sha256-{_hash(text)}'" for name, text in allowed.items()]
    return "; ".join(["default-src 'none'", *hashes, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _file(name: str) -> str:
    """A part of the page, without trailing spaces, as it then stands in the page."""
    text = resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def _body(assessment: Assessment, words: Words) -> Markup:
    sections = [
        ("summary", "page.nav-summary", summary.section(assessment, words)),
        ("graph", "heading.graph", explorer.section(assessment, words)),
        ("outlook", "page.nav-outlook", outlook.section(assessment, words)),
        ("what-if", "page.nav-if", whatif.section(assessment, words)),
        ("questions", "heading.questions", answers.questions(assessment, words)),
        ("signals", "page.nav-signals", answers.signals(assessment, words)),
        ("paths", "page.nav-paths", below.paths(assessment, words)),
        ("incidents", "heading.incidents", below.incidents(assessment, words)),
        ("findings", "page.nav-findings", below.findings(assessment, words)),
        ("gaps", "page.nav-gaps", below.gaps(assessment, words)),
        ("about", "page.nav-about", below.about(assessment, words)),
    ]
    there = [(anchor, title, made) for anchor, title, made in sections if made]
    links = [tag("a", words.text(title), href=f"#{anchor}") for anchor, title, _ in there]
    said, number = words.attribute_of("page.sections")
    return joined(
        (
            tag("a", words.text("page.skip"), class_="skip", href="#summary"),
            _bar(words),
            tag("nav", links, class_="sections", aria_label=said, data_m_label=number),
            tag("main", [made for _, _, made in there]),
        )
    )


def _bar(words: Words) -> Markup:
    """What stands above the report: its name and the switches of the page."""
    languages = [
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
    said, number = words.attribute_of("page.language")
    return tag(
        "header",
        tag("a", "mesh-probe", class_="brand", href="#summary"),
        tag("div", languages, class_="switch", role="group", aria_label=said, data_m_label=number),
        tag("button", words.text("page.dark"), type="button", id="theme", aria_pressed="false"),
        tag("button", words.text("page.print"), type="button", id="print"),
        class_="bar",
    )


FORMAT = Format("html", report=report)

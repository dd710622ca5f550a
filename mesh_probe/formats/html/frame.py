"""The frame of every page: one file that holds its own style and script, and allows no others."""

import base64
import hashlib
import string
from collections.abc import Sequence
from importlib import resources

from mesh_probe.formats.html.markup import Child, Markup, escaped, tag
from mesh_probe.formats.html.words import Words

STYLES = ("base", "summary", "graph", "below", "narrow", "paper")
"""Parts of the style; a later one overrules the earlier."""


def page(
    words: Words, title: str, body: Markup, scripts: Sequence[str], data: str | None = None
) -> str:
    """A whole page from its body, the parts of its script by name, and the data they work on."""
    style = "".join(_file(f"style/{name}.css") for name in STYLES)
    script = f'"use strict";(() => {{\n{"".join(_file(f"script/{s}.js") for s in scripts)}}})();'
    held = f'<script type="application/json" id="data">{data}</script>\n' if data else ""
    text = string.Template(_file("page.html")).substitute(
        language=words.wording.language,
        policy=_policy(script, style),
        title=escaped(title),
        style=style,
        body=body,
        data=held,
        script=script,
    )
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def bar(words: Words, *switches: Child) -> Markup:
    """What stands above a page: its name and the switches of the page."""
    return tag(
        "header",
        tag("a", "mesh-probe", class_="brand", href="#summary"),
        switches,
        tag("button", words.text("page.dark"), type="button", id="theme", aria_pressed="false"),
        tag("button", words.text("page.print"), type="button", id="print"),
        class_="bar",
    )


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

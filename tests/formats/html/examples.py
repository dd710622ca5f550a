"""Makes examples/reports: `python -m tests.formats.html.examples`.

Pages and pictures of the bundled example, and screenshots of pages of three sizes. Browsers and
fonts differ, so of a screenshot not its own bytes are kept in `screenshots.json` but those of the
page it shows: whether it is current can be told without a browser.
"""

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from playwright.sync_api import sync_playwright

from mesh_probe.assessment import Assessment, assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats import GRAPH_FORMATS, REPORT_FORMATS
from mesh_probe.text import LANGUAGES, Wording
from tests.formats.html.clusters import sized
from tests.formats.html.conftest import CHROMIUM

FOLDER = Path(__file__).parents[3] / "examples" / "reports"

SHOTS = {
    "demo-light.png": ("demo", "en", 1400, 1000, False, "summary"),
    "demo-dark.ko.png": ("demo", "ko", 1400, 1000, True, "summary"),
    "demo-graph.png": ("demo", "en", 1400, 1100, False, "graph"),
    "demo-what-if.png": ("demo", "en", 1400, 1000, False, "what-if"),
    "demo-narrow.png": ("demo", "en", 360, 1400, False, "summary"),
    "demo-narrow-dark.ko.png": ("demo", "ko", 360, 1400, True, "graph"),
    "200-services.png": ("200", "en", 1400, 1100, False, "graph"),
    "2000-services-dark.png": ("2000", "en", 1400, 1300, True, "graph"),
}
"""What each shows: page, language, width and height in pixels, whether dark, section."""


def files() -> dict[str, str]:
    """The texts in the folder by name."""
    demo = _assessment("demo")
    made = {f"demo.{lang}.html": page("demo", lang) for lang in LANGUAGES}
    made["demo.md"] = REPORT_FORMATS["markdown"](demo, Wording("en"), Look())
    made |= {
        f"demo.{name}": GRAPH_FORMATS[name](demo.graph, Wording("en"))
        for name in ("svg", "dot", "mermaid", "graphml")
    }
    made["screenshots.json"] = json.dumps(shown(), indent=2) + "\n"
    return made


def shown() -> dict[str, str]:
    """The page of each screenshot, as a hash."""
    return {
        name: hashlib.sha256(page(which, language).encode()).hexdigest()
        for name, (which, language, *_) in SHOTS.items()
    }


@cache
def page(which: str, language: str) -> str:
    """The page of the bundled example, or of a cluster of so many services."""
    return REPORT_FORMATS["html"](_assessment(which), Wording(language), Look())


@cache
def _assessment(which: str) -> Assessment:
    return assess(demo_snapshot()) if which == "demo" else sized(int(which))


def take(names: Iterable[str]) -> None:
    """Screenshots of these names."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for name in names:
            which, language, width, height, dark, section = SHOTS[name]
            opened = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
            )
            opened.set_content(page(which, language))
            opened.wait_for_selector("html[data-ready]")
            if section != "summary":
                opened.evaluate("id => document.getElementById(id).scrollIntoView()", section)
            opened.screenshot(path=FOLDER / name)
            opened.close()
        browser.close()


def main() -> None:
    """Write everything."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    take(SHOTS)


if __name__ == "__main__":
    main()

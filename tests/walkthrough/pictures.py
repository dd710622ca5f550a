"""The pictures of the walkthrough, each made by a command that stands in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.cli.test_scan import run
from tests.walkthrough.screen import picture

FOLDER = Path(__file__).parents[2] / "docs/walkthrough"
LANGUAGES = ("en", "ko")
REPORT = {"verdict": slice(0, 3), "questions": slice(5, 6), "paths": slice(7, 9)}
"""Sections of the demo's report, counted from the top."""
WHOLE = {
    "explain": ["explain", "internal-auth", "shop.json.gz"],
    "diff": ["diff", "monday.json.gz", "tuesday.json.gz"],
}
GRAPH = ["graph", "shop.json.gz", "--focus", "ordering/checkout", "--depth", "1", "--format", "svg"]
PAGE = "page"
WIDTH, HEIGHT = 1100, 760


def lay_out(folder: Path) -> None:
    """What the commands want in the folder that they run in: two days of the live shop."""
    for day in ("monday", "tuesday"):
        shutil.copy(FOLDER / f"{day}.json.gz", folder)


def drawn(folder: Path) -> Iterator[tuple[str, str]]:
    """Name and content of every picture, from commands run in a folder that is laid out."""
    said("demo", "--save", str(folder / "shop.json.gz"))
    for language in LANGUAGES:
        color = ("--lang", language, "--color", "always")
        sections = said("demo", *color).split("\n\n")
        for name, part in REPORT.items():
            yield f"{name}.{language}.svg", picture("\n\n".join(sections[part]))
        for name, (command, *arguments) in WHOLE.items():
            files = [str(folder / a) if a.endswith(".gz") else a for a in arguments]
            yield f"{name}.{language}.svg", picture(said(command, *files, *color))
    files = [str(folder / a) if a.endswith(".gz") else a for a in GRAPH]
    yield "graph.svg", said(*files)


def photographed(folder: Path) -> bytes:
    """The top of the page, in a browser; no two browsers draw the same bytes."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # only to renew them

    page = folder / "page.html"
    said("demo", "--format", "html", "--output", str(page))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        try:
            view = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
            view.goto(page.as_uri())
            return view.screenshot()
        finally:
            browser.close()


def said(*arguments: str) -> str:
    """What a command prints."""
    result = run(*arguments)
    assert result.exit_code == 0, result.stderr
    return result.stdout

"""Pages in a real browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from mesh_probe.assessment import Assessment
from mesh_probe.format import Look
from mesh_probe.formats.html import report
from mesh_probe.text import Wording
from tests.formats.examples import ExampleWording

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

Opener = Callable[..., Page]
PageOpener = Callable[..., Page]

AXE = Axe()


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA and its own good practice."""
    found = AXE.run(page).response["violations"]
    return [f"{v['id']}: {node['html'][:160]}" for v in found for node in v["nodes"]]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; a test run without it is told, and one that must be whole fails."""
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("chromium is not on PATH")
        pytest.skip("chromium is not on PATH")
    with sync_playwright() as playwright:
        # The sandbox needs rights that a container's root does not have.
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_text(browser: Browser, tmp_path: Path) -> Iterator[PageOpener]:
    """Opens a page from disk; in the end nothing may have gone wrong in it."""
    complaints: list[str] = []
    pages: list[Page] = []

    def opened(text: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        file = tmp_path / f"page-{len(pages)}.html"
        file.write_text(text, encoding="utf-8")
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        pages.append(page)

        def console(said: ConsoleMessage) -> None:
            complaints.append(f"{said.type}: {said.text}")

        def requested(request: Request) -> None:
            if request.url != file.as_uri():
                complaints.append(f"asked for {request.url}")

        page.on("console", console)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))
        page.on("request", requested)
        page.goto(file.as_uri())
        return page

    yield opened
    for page in pages:
        page.close()
    assert complaints == []


@pytest.fixture
def open_page(open_text: PageOpener) -> Opener:
    """Opens an assessment's page."""

    def opened(
        assessment: Assessment,
        language: str = "en",
        *,
        wording: Wording | None = None,
        **screen: int,
    ) -> Page:
        words = wording or ExampleWording(language)
        page = open_text(report(assessment, words, Look()), **screen)
        page.wait_for_selector("html[data-ready]")
        return page

    return opened

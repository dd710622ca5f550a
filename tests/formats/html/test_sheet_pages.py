"""Diff, history and fleet as pages, in a real Chromium."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from mesh_probe.format import Look
from mesh_probe.formats.html.sheet import sheet as written
from mesh_probe.sheet import Changes, Curve, Sheet
from mesh_probe.text import LANGUAGES, Wording, message
from tests.formats.examples import HOSTILE_NAMES, ExampleWording
from tests.formats.html.conftest import PageOpener, violations
from tests.sheets.test_sheets import a_diff, a_fleet, a_history, a_hostile_diff, no_history

TIMES = ("Monday", "Tuesday", "Wednesday", "Thursday")


def curve(*values: float | None) -> Curve:
    return Curve("label.yes", values, tuple(map(str, values)), TIMES[: len(values)])


def with_curves(_wording: Wording) -> Sheet:
    """A figure that nobody knows at times."""
    curves = (curve(1.0, None, 3.0, 2.0), curve(0.0, 0.0), curve(None, 4.0))
    return Sheet(message("heading.curves"), (), (), {}, curves=curves)


def hostile_changes(_wording: Wording) -> Sheet:
    pairs = [(f"{a}/x", f"n/{b}") for a, b in pairwise(HOSTILE_NAMES)]
    changes = Changes((), (), tuple(pairs[:5]), tuple(pairs[5:9]), tuple(pairs[9:]))
    return Sheet(message("heading.curves"), (), (), {}, changes=changes)


SHEETS: dict[str, Callable[[Wording], Sheet]] = {
    "diff": a_diff,
    "hostile diff": a_hostile_diff,
    "history": a_history,
    "no history": no_history,
    "fleet": a_fleet,
    "curves": with_curves,
    "hostile changes": hostile_changes,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_opens_as_a_page_that_anyone_can_use(
    open_text: PageOpener, name: str, language: str
) -> None:
    wording = ExampleWording(language)
    page = open_text(written(SHEETS[name](wording), wording, Look()), width=360)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []

    page.click("#theme")

    assert violations(page) == []


def test_what_came_and_went_is_drawn(open_text: PageOpener) -> None:
    changes = Changes(
        nodes_new=("shop/new",),
        nodes_gone=("shop/old",),
        calls_new=(("shop/web", "shop/new"),),
        calls_gone=(("shop/web", "shop/old"),),
        calls_moved=(("shop/web", "pay/ledger"),),
    )
    drawn = Sheet(message("heading.curves"), (), (), {}, changes=changes)
    page = open_text(written(drawn, Wording("en"), Look()))

    for kind in ("new", "gone", "moved"):
        expect(page.locator(f".line.change-{kind}")).to_have_count(1)
    expect(page.locator(".cell.change-new .name")).to_have_text("new")
    expect(page.locator(".cell.change-gone .name")).to_have_text("old")
    expect(page.locator(".cell")).to_have_count(4)


def test_a_curve_is_broken_where_there_is_no_figure(open_text: PageOpener) -> None:
    page = open_text(written(with_curves(Wording("en")), Wording("en"), Look()))
    first = page.locator(".curve").first

    expect(first.locator(".trend")).to_have_count(2)
    expect(first.locator(".point")).to_have_count(3)
    assert first.get_attribute("aria-label") == "yes: 1.0 → 2.0"


def test_a_history_is_drawn(open_text: PageOpener) -> None:
    wording = Wording("en")
    page = open_text(written(a_history(wording), wording, Look()))

    assert page.locator(".curve").count() >= 3

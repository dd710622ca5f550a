"""What stands in the way of a mesh, as people read it in a real Chromium."""

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from mesh_probe.blocker import Check
from mesh_probe.blockers import CHECKS
from mesh_probe.format import Look
from mesh_probe.formats.html import report
from mesh_probe.formats.html.blockers import MOST_OBJECTS
from mesh_probe.text import LANGUAGES
from tests.formats.examples import EXAMPLES, ExampleWording, hostile, rich
from tests.formats.html.conftest import Opener, violations
from tests.formats.in_the_way import blocker

ROWS = "#blockers tbody tr:not([hidden])"


def reasons(page: Page) -> list[str]:
    return page.locator(f"{ROWS} summary").all_inner_texts()


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('#blockers details').forEach(d => { d.open = true })")


def test_the_gravest_reason_comes_first(open_page: Opener) -> None:
    page = open_page(rich())

    assert reasons(page) == [
        "Pods that run as the proxy's user",
        "A cluster that is too old",
        "Ports with odd names",
    ]
    expect(page.locator("#blockers th[aria-sort=descending]")).to_contain_text("severity")


def test_each_kind_of_mesh_says_how_it_would_fare(open_page: Opener) -> None:
    page = open_page(rich())
    cards = page.locator("#blockers .cards > div")

    expect(cards).to_have_count(3)
    expect(cards.nth(0)).to_contain_text("Istio sidecar")
    expect(cards.nth(0)).to_contain_text("1 block, 5 need care")
    expect(cards.nth(1)).to_contain_text("0 block, 5 need care")


def test_reasons_are_filtered_by_mode_and_severity(open_page: Opener) -> None:
    page = open_page(rich())
    page.select_option("#blockers-mode", "linkerd")

    assert reasons(page) == ["Pods that run as the proxy's user", "A cluster that is too old"]
    expect(page.locator("#blockers-shown")).to_have_text("2 of 3 reasons")

    page.select_option("#blockers-severity", "warning")

    assert reasons(page) == ["A cluster that is too old"]

    page.select_option("#blockers-mode", "")

    assert reasons(page) == ["A cluster that is too old", "Ports with odd names"]


def test_reasons_are_sorted_by_the_share_of_the_calls(open_page: Opener) -> None:
    page = open_page(rich())
    page.focus("#blockers .sort >> nth=2")
    page.keyboard.press("Enter")

    assert reasons(page)[0] == "A cluster that is too old"
    expect(page.locator("#blockers th[aria-sort=descending]")).to_contain_text("of the calls")

    page.keyboard.press("Enter")

    assert reasons(page)[0] == "Pods that run as the proxy's user"
    expect(page.locator("#blockers th[aria-sort=ascending]")).to_contain_text("of the calls")


def test_a_reason_unfolds_to_its_remedy_reference_and_objects(open_page: Opener) -> None:
    page = open_page(rich())
    row = page.locator(ROWS).nth(0)
    row.locator("summary").click()
    link = row.locator("a")

    expect(row).to_contain_text("Run it as another user.")
    expect(link).to_have_attribute("href", "https://docs.example/example-user")
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(row).to_contain_text("Its pods run as user 1337.")

    ports = page.locator(ROWS).nth(2)
    ports.locator("summary").click()

    expect(ports.locator(".findings > li").last).to_contain_text("ignored")


def test_an_object_is_shown_in_the_graph(open_page: Opener) -> None:
    page = open_page(rich())
    unfold(page)
    page.locator("#blockers [data-node='shop/cart']").first.click()

    expect(page.locator("#panel h3")).to_have_text("cart")
    expect(page.locator('[data-cell="shop/cart"]')).to_be_focused()


def test_the_panel_of_a_service_tells_what_is_in_its_way(open_page: Opener) -> None:
    page = open_page(rich())
    told = page.locator("#panel .marks li")
    page.locator('[data-cell="shop/cart"]').click()

    expect(told).to_have_text(
        ["blocksPods that run as the proxy's user", "needs carePorts with odd names"]
    )

    page.locator('[data-cell="shop/promotions"]').click()

    expect(page.locator("#panel h3")).to_have_text("promotions")
    expect(told).to_have_count(0)


def test_the_reasons_change_their_language(open_page: Opener) -> None:
    page = open_page(rich())
    page.select_option("#blockers-mode", "linkerd")
    page.click('[data-language="ko"]')

    expect(page.locator("#blockers-shown")).to_have_text("이유 3개 중 2개")
    assert reasons(page)[0] == "프록시의 사용자로 실행되는 파드"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["rich", "hostile"])
def test_unfolded_they_are_narrow_and_usable_by_all(
    open_page: Opener, name: str, language: str
) -> None:
    page = open_page(EXAMPLES[name](), language, width=360, height=740)
    unfold(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []

    page.click("#theme")

    assert violations(page) == []


def test_hostile_subjects_stay_text(open_page: Opener) -> None:
    page = open_page(hostile())
    unfold(page)

    assert page.locator("#blockers :is(script, img, b, iframe)").count() == 0


def test_many_objects_of_a_reason_are_cut_and_said_so() -> None:
    many = tuple(
        blocker("example-user", "error", f"Deployment shop/app-{number}", user="1337")
        for number in range(MOST_OBJECTS + 7)
    )
    page = report(replace(rich(), blockers=many), ExampleWording("en"), Look())

    assert page.count('class="subject">Deployment shop/app-') == MOST_OBJECTS
    assert "and 7 more" in page


def test_where_nothing_was_looked_for_there_is_no_such_part() -> None:
    page = report(replace(rich(), blockers=(), standings=()), ExampleWording("en"), Look())

    assert 'href="#blockers"' not in page


def test_nothing_in_the_way_is_said(open_page: Opener) -> None:
    page = open_page(replace(rich(), blockers=()))

    expect(page.locator("#blockers p")).to_have_text("Nothing was found in the way of a mesh.")
    expect(page.locator("#blockers table")).to_have_count(0)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_every_reference_can_be_followed_safely(check: Check) -> None:
    assert check.reference.startswith("https://")

"""The page as people use it, in a real Chromium."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mesh_probe.assessment import Assessment, assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats.html import report
from mesh_probe.text import LANGUAGES
from tests.formats.examples import EXAMPLES, ExampleWording, hostile, rich
from tests.formats.html.clusters import sized
from tests.formats.html.conftest import Opener, violations

NARROW = 360


@pytest.fixture(scope="module")
def demo() -> Assessment:
    return assess(demo_snapshot())


def choose(page: Page, box: str, name: str) -> None:
    """Type a name and take what is offered first."""
    page.fill(f"#{box}", name)
    page.press(f"#{box}", "Enter")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_opens_without_a_complaint(
    open_page: Opener, name: str, language: str
) -> None:
    page = open_page(EXAMPLES[name](), language)

    expect(page.locator("h1")).to_be_visible()


def test_a_small_graph_opens_service_by_service(open_page: Opener, demo: Assessment) -> None:
    page = open_page(demo)

    expect(page.locator(".cell")).to_have_count(demo.graph.calls.number_of_nodes() - alone(demo))
    expect(page.locator(".line")).to_have_count(demo.graph.calls.number_of_edges())
    expect(page.locator(".folded")).to_have_count(0)


def alone(assessment: Assessment) -> int:
    return sum(degree == 0 for _, degree in assessment.graph.calls.degree)


@pytest.mark.parametrize("services", [200, 2000])
def test_a_large_graph_opens_folded(open_page: Opener, services: int) -> None:
    page = open_page(sized(services))

    expect(page.locator(".folded").first).to_be_visible()
    assert page.locator(".cell").count() <= 36
    assert page.locator(".frame").count() == 0


def test_a_namespace_unfolds_and_folds_again(open_page: Opener) -> None:
    page = open_page(sized(200))
    folded = page.locator(".cell").count()
    page.click('[data-cell="namespace:team-003"]')

    expect(page.locator('[data-frame="team-003"]')).to_be_visible()
    expect(page.locator('[data-cell="namespace:team-003"]')).to_have_count(0)
    assert page.locator(".cell").count() > folded

    page.click('[data-frame="team-003"]')

    expect(page.locator('[data-cell="namespace:team-003"]')).to_be_focused()
    expect(page.locator(".cell")).to_have_count(folded)


@pytest.mark.parametrize("width", [1280, NARROW])
@pytest.mark.parametrize("services", [200, 2000])
def test_what_is_unfolded_can_be_read(open_page: Opener, services: int, width: int) -> None:
    page = open_page(sized(services), width=width)
    scale = "document.querySelector('.picture').getScreenCTM().a"

    assert page.evaluate(scale) > 0.7

    page.locator('[data-cell="namespace:team-003"]').dispatch_event("click")

    assert page.evaluate(scale) > 0.7
    expect(page.locator('[data-frame="team-003"]')).to_be_focused()
    expect(page.locator('[data-frame="team-003"]')).to_be_in_viewport()

    page.click("#zoom-fit")
    view = page.get_attribute(".picture", "viewBox")

    assert view is not None
    assert view.startswith("-14 -14 ")


def test_all_namespaces_fold_and_unfold(open_page: Opener, demo: Assessment) -> None:
    page = open_page(demo)
    cells = page.locator(".cell").count()
    page.click("#fold-all")

    assert page.locator(".folded").count() > 1
    assert page.locator(".cell").count() < cells
    expect(page.locator("#fold-all")).to_be_disabled()

    page.click("#open-all")

    expect(page.locator(".cell")).to_have_count(cells)


def test_a_service_is_found_by_a_part_of_its_name(open_page: Opener) -> None:
    page = open_page(sized(200))
    node = sized(200).paths.entries[3]
    page.fill("#search", node.partition("/")[2][:-1])

    expect(page.locator("#found li").first).to_be_visible()

    choose(page, "search", node)

    expect(page.locator(f'[data-cell="{node}"]')).to_be_focused()
    expect(page.locator("#panel")).to_contain_text(node.partition("/")[2])


def test_the_search_is_used_with_the_keyboard(open_page: Opener) -> None:
    page = open_page(rich())
    page.fill("#search", "p")
    page.press("#search", "ArrowDown")
    page.press("#search", "ArrowDown")
    second = page.locator("#found li").nth(1)

    expect(second).to_have_attribute("aria-selected", "true")

    chosen = second.inner_text()
    page.press("#search", "Enter")

    expect(page.locator("#search")).to_have_value(chosen)
    expect(page.locator("#found")).to_be_hidden()

    page.fill("#search", "p")
    page.press("#search", "Escape")

    expect(page.locator("#found")).to_be_hidden()


def test_a_service_is_shown_with_what_is_so_many_calls_away(open_page: Opener) -> None:
    page = open_page(rich())
    choose(page, "search", "shop/pricing")
    page.click("#panel-focus")

    near = {"shop/cart", "shop/pricing", "shop/promotions"}
    assert shown(page) == near

    page.select_option("#hops", "2")

    assert shown(page) == near | {"shop/web", "shop/cart-db"}
    expect(page.locator("#note")).to_contain_text("5 services within 2 calls of shop/pricing")

    page.click("#clear")

    assert len(shown(page)) == 9


def shown(page: Page) -> set[str]:
    return set(page.eval_on_selector_all(".cell", "cells => cells.map(c => c.dataset.cell)"))


def test_infrastructure_is_hidden_until_asked_for(open_page: Opener) -> None:
    page = open_page(rich())

    assert "ops/agent" not in shown(page)

    page.check("#everything")

    assert "ops/agent" in shown(page)


def test_calls_are_coloured_by_errors_or_by_latency(open_page: Opener) -> None:
    page = open_page(rich())
    tones = "lines => lines.map(line => [...line.classList].find(c => c.startsWith('tone-')))"
    by_errors = page.eval_on_selector_all(".line", tones)
    page.select_option("#by", "latency")
    by_latency = page.eval_on_selector_all(".line", tones)

    assert set(by_errors) == {"tone-2", "tone-unknown"}
    assert set(by_latency) == {"tone-0", "tone-1", "tone-2", "tone-3", "tone-unknown"}
    expect(page.locator(".scale-errors")).to_be_hidden()
    expect(page.locator(".scale-latency")).to_be_visible()


def test_calls_that_were_only_declared_are_dashed(open_page: Opener) -> None:
    page = open_page(rich())

    expect(page.locator(".line .drawn[stroke-dasharray]")).to_have_count(1)
    expect(page.locator(".line.declared")).to_have_count(1)


def test_pointing_at_a_call_tells_how_sure_it_is(open_page: Opener) -> None:
    page = open_page(rich())
    page.locator(".line.declared .hit").dispatch_event("pointerenter")

    expect(page.locator(".tip")).to_contain_text("checkout → ledger")
    expect(page.locator(".tip")).to_contain_text("80% sure")


def test_a_call_shows_its_figures_and_its_evidence(open_page: Opener) -> None:
    page = open_page(rich())
    page.locator(".line .hit").first.dispatch_event("click")

    expect(page.locator("#panel h3")).to_contain_text("→")
    expect(page.locator("#panel .evidence")).to_contain_text("istio")
    expect(page.locator("#panel .command").first).to_contain_text("istio_requests_total")

    page.click("#panel-close")

    expect(page.locator("#panel")).to_be_hidden()


def test_slow_paths_chains_and_rings_are_highlighted_from_a_list(open_page: Opener) -> None:
    page = open_page(rich())
    ways = page.locator("#ways button")

    expect(ways).to_have_count(4)

    ways.first.click()

    expect(ways.first).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".cell.lit")).to_have_count(5)
    expect(page.locator(".line.tone-lit")).to_have_count(4)

    ways.last.click()

    expect(page.locator(".cell.lit")).to_have_count(2)
    expect(page.locator(".line.tone-lit")).to_have_count(2)

    ways.last.click()

    expect(page.locator(".dim")).to_have_count(0)


def test_a_way_through_a_large_graph_is_shown_by_itself(open_page: Opener) -> None:
    assessment = sized(2000)
    page = open_page(assessment)
    page.click(f"#way-{len(assessment.paths.slowest)}")

    assert shown(page) == set(assessment.paths.longest_chain)


def test_the_way_between_two_services_is_found(open_page: Opener) -> None:
    page = open_page(rich())
    page.click("#between button")

    expect(page.locator("#between-said")).to_have_text("Choose two services first.")

    choose(page, "from", "shop/web")
    choose(page, "to", "shop/promotions")
    page.click("#between button")

    expect(page.locator("#between-said")).to_contain_text("3 calls")
    expect(page.locator(".cell.lit")).to_have_count(4)

    choose(page, "from", "shop/promotions")
    choose(page, "to", "shop/web")
    page.click("#between button")

    expect(page.locator("#between-said")).to_contain_text("No chain of calls")


def test_the_matrix_has_the_calls_of_the_picture(open_page: Opener) -> None:
    page = open_page(rich())
    lines = page.locator(".line").count()
    page.click("#tab-matrix")

    expect(page.locator(".spot")).to_have_count(lines)

    page.locator(".spot").first.click()

    expect(page.locator("#panel h3")).to_contain_text("→")


def test_the_matrix_of_a_folded_graph_has_all_calls(open_page: Opener) -> None:
    assessment = sized(200)
    page = open_page(assessment)
    page.click("#tab-matrix")
    home = {node.id: node.namespace or node.id for node in assessment.graph.nodes.values()}
    pairs = {(home[client], home[server]) for client, server in assessment.graph.calls.edges}

    expect(page.locator(".spot")).to_have_count(len(pairs))


def test_the_service_in_focus_stands_out(open_page: Opener) -> None:
    page = open_page(sized(200))
    choose(page, "search", sized(200).paths.entries[3])
    page.click("#panel-focus")

    expect(page.locator(".cell.lit")).to_have_count(1)
    expect(page.locator(".dim")).to_have_count(0)


def test_the_table_has_all_calls_and_is_filtered_and_sorted(open_page: Opener) -> None:
    page = open_page(sized(200))
    page.click("#tab-table")
    rows = page.locator("#table tbody tr")

    expect(rows).to_have_count(100)

    page.click("#more-rows")

    calls = sized(200).graph.calls.number_of_edges()
    expect(rows).to_have_count(min(calls, 600))

    page.fill("#filter", "team-003/")
    count = rows.count()

    assert 0 < count < 600
    assert all("team-003/" in text for text in rows.all_inner_texts())

    head = page.locator("#table .sort").nth(5)
    head.click()

    expect(page.locator("#table th[aria-sort=descending]")).to_contain_text("p99")

    page.locator("#table .sort").nth(5).click()

    expect(page.locator("#table th[aria-sort=ascending]")).to_contain_text("p99")

    page.locator("#table .link").first.click()

    expect(page.locator("#panel h3")).to_contain_text("→")


def test_views_are_changed_with_the_keyboard(open_page: Opener) -> None:
    page = open_page(rich())
    page.focus("#tab-picture")
    page.keyboard.press("ArrowRight")

    expect(page.locator("#tab-matrix")).to_be_focused()
    expect(page.locator(".matrix")).to_be_visible()

    page.keyboard.press("ArrowLeft")

    expect(page.locator(".picture")).to_be_visible()


def test_the_picture_is_walked_and_opened_with_the_keyboard(open_page: Opener) -> None:
    page = open_page(rich())
    page.focus('[data-cell="internet"]')
    page.keyboard.press("ArrowRight")

    expect(page.locator('[data-cell="shop/web"]')).to_be_focused()

    page.keyboard.press("Enter")

    expect(page.locator("#panel h3")).to_have_text("web")


OVERFLOWING = """[...document.querySelectorAll('.cell, .frame-head')].flatMap(group => {
  const frame = group.matches('.frame-head') && group.previousSibling;
  const room = (frame || group.querySelector('.box')).getBBox();
  return [...group.querySelectorAll('text')].filter(text => {
    const { x, width } = text.getBBox();
    return x + width > room.x + room.width;
  }).map(text => text.textContent);
})"""


@pytest.mark.parametrize("name", ["hostile", "demo", "20", "200"])
def test_every_name_fits_in_its_box(open_page: Opener, demo: Assessment, name: str) -> None:
    found = demo if name == "demo" else hostile() if name == "hostile" else sized(int(name))
    page = open_page(found)

    assert page.locator(".cell text").count() > 10
    assert page.evaluate(OVERFLOWING) == []


def test_the_picture_is_zoomed_and_moved(open_page: Opener) -> None:
    page = open_page(rich())
    whole = page.get_attribute(".picture", "viewBox")
    page.click("#zoom-in")
    near = page.get_attribute(".picture", "viewBox")

    assert near != whole

    box = page.locator(".picture").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 12)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + box["height"] - 60, steps=4)
    page.mouse.up()

    assert page.get_attribute(".picture", "viewBox") != near

    page.click("#zoom-fit")

    assert page.get_attribute(".picture", "viewBox") == whole

    page.click("#zoom-out")

    assert page.get_attribute(".picture", "viewBox") != whole


def test_the_language_is_switched_on_the_page(open_page: Opener) -> None:
    page = open_page(rich(), "en")
    english = page.inner_text("main")
    page.click('[data-language="ko"]')

    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("#graph-heading")).to_have_text("호출 그래프")

    korean = page.inner_text("main")
    page.click('[data-language="en"]')

    assert korean != english
    assert page.inner_text("main") == english


@pytest.mark.parametrize("name", ["rich", "undecided", "empty"])
def test_switched_to_korean_the_page_reads_as_one_made_in_korean(
    open_page: Opener, name: str
) -> None:
    switched = open_page(EXAMPLES[name](), "en")
    switched.click('[data-language="ko"]')
    made = open_page(EXAMPLES[name](), "ko")

    assert switched.inner_text("main") == made.inner_text("main")


def test_dark_follows_the_system_and_is_switched(open_page: Opener) -> None:
    page = open_page(rich(), dark=True)
    ground = "getComputedStyle(document.body).backgroundColor"
    night = page.evaluate(ground)

    expect(page.locator("#theme")).to_have_attribute("aria-pressed", "true")

    page.click("#theme")

    assert page.evaluate(ground) != night


def test_on_paper_everything_is_unfolded_and_controls_are_gone(open_page: Opener) -> None:
    page = open_page(rich())
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    expect(page.locator("main details:not([open])")).to_have_count(0)
    expect(page.locator(".bar")).to_be_hidden()
    expect(page.locator("#what-if")).to_be_hidden()
    assert page.pdf(format="A4").startswith(b"%PDF")

    page.evaluate("dispatchEvent(new Event('afterprint'))")

    assert page.locator("main details:not([open])").count() > 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["demo", "rich", "hostile"])
def test_nothing_is_wider_than_a_small_phone(
    open_page: Opener, demo: Assessment, name: str, language: str
) -> None:
    assessment = demo if name == "demo" else EXAMPLES[name]()
    page = open_page(assessment, language, width=NARROW, height=740)

    for tab in ("picture", "matrix", "table"):
        page.click(f"#tab-{tab}")
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, NARROW])
def test_axe_finds_nothing(open_page: Opener, demo: Assessment, width: int, *, dark: bool) -> None:
    page = open_page(demo, width=width, dark=dark)

    assert violations(page) == []

    choose(page, "search", "storefront/web")

    assert violations(page) == []

    page.click("#tab-matrix")

    assert violations(page) == []

    page.click("#tab-table")
    page.click('[data-language="ko"]')
    page.select_option("#switch-ops-owner", "no")

    assert violations(page) == []


@pytest.mark.parametrize("name", ["hostile", "empty", "undecided"])
def test_axe_finds_nothing_in_odd_reports(open_page: Opener, name: str) -> None:
    assert violations(open_page(EXAMPLES[name](), "ko")) == []


def test_hostile_names_make_no_elements(open_page: Opener) -> None:
    page = open_page(hostile())
    for tab in ("table", "matrix", "picture"):
        page.click(f"#tab-{tab}")
    page.locator(".cell").first.click()
    kinds = page.evaluate("[...new Set([...document.querySelectorAll('*')].map(e => e.tagName))]")

    assert {"IMG", "IFRAME", "OBJECT", "EMBED", "LINK", "BASE"}.isdisjoint(kinds)
    assert page.locator("script").count() == 2
    assert page.locator("[onclick], [onload], [onerror], [style*=url]").count() == 0


def test_the_policy_refuses_scripts_that_are_not_the_page_s_own(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "page.html"
    text = report(rich(), ExampleWording("en"), Look())
    file.write_text(text.replace("</main>", "</main><script>window.ran = true</script>"), "utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")

    assert page.evaluate("window.ran === undefined")

    page.close()

"""How each figure was obtained, as people read it in a real Chromium."""

import re

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from mesh_probe.assessment import Assessment, Read, assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats.html import report
from mesh_probe.formats.html.obtained import MOST_QUERIES
from mesh_probe.kinds import KINDS
from mesh_probe.model import KindRead, Query, SourceRead
from mesh_probe.text import LANGUAGES
from tests.formats.examples import EXAMPLES, ExampleWording, hostile, rich
from tests.formats.html.conftest import Opener, violations


@pytest.fixture(scope="module")
def demo() -> Assessment:
    return assess(demo_snapshot())


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('#obtained details').forEach(d => { d.open = true })")


def test_it_opens_folded(open_page: Opener) -> None:
    page = open_page(rich())

    expect(page.locator("#obtained details")).to_have_count(6)
    expect(page.locator("#obtained details[open]")).to_have_count(0)


def test_each_source_has_its_queries_as_they_were_sent(open_page: Opener) -> None:
    assessment = rich()
    page = open_page(assessment)
    unfold(page)
    istio, *_ = assessment.read.sources
    under = page.locator("#read-source-0")

    assert under.locator(".query").all_inner_texts() == [q.promql for q in istio.queries]
    expect(under.locator("li").nth(0)).to_contain_text("9 series")
    expect(under.locator("li").nth(1)).to_contain_text("0 series")
    expect(under.locator("li").nth(2)).to_contain_text("no answer")
    expect(page.locator("#obtained")).to_contain_text("Looked for and not there: kuma, osm")


def test_each_kind_has_its_count_and_how_far_it_was_seen(open_page: Opener) -> None:
    page = open_page(rich())
    unfold(page)
    rows = page.locator("#read-objects tbody tr").all_inner_texts()

    assert [row.split("\t")[:3] for row in rows] == [
        ["Secretive example.org", "–", "unreadable"],
        ["ConfigMap", "≥ 12", "in part"],
        ["Deployment apps", "18", "readable"],
        ["Gateway networking.istio.io", "0", "readable"],
    ]
    expect(page.locator("#read-objects")).to_contain_text("kubectl get deployments.apps -A")
    expect(page.locator("#read-objects")).to_contain_text("Not in the files that were given: Node")


def test_a_kind_that_an_older_snapshot_knows_nothing_of_is_no_kind_that_was_seen(
    open_page: Opener,
) -> None:
    every = tuple(KindRead(kind.name, kind.group, "read", 1) for kind in KINDS)
    page = open_page(replace(rich(), read=Read(kinds=every)))

    expect(page.locator("#obtained .badge").first).to_have_text("all could be seen")

    page = open_page(replace(rich(), read=Read(kinds=every[1:])))
    unfold(page)

    expect(page.locator("#obtained .badge").first).to_have_text("1 kind not or only partly seen")
    expect(page.locator("#read-objects")).to_contain_text("snapshot was taken: Namespace")


def test_a_link_from_a_figure_unfolds_where_it_comes_from(open_page: Opener) -> None:
    page = open_page(rich())
    page.locator("#paths p a").first.click()

    expect(page.locator("#read-source-0")).to_be_visible()
    expect(page.locator("#read-objects")).to_be_hidden()

    page.locator("#answer-service-count summary").click()
    page.locator("#answer-service-count .evidence a").first.click()

    expect(page.locator("#read-objects")).to_be_in_viewport()


def test_the_panel_of_a_call_links_to_its_source(open_page: Opener) -> None:
    page = open_page(rich())
    page.click("#tab-table")
    page.locator("#table .link").first.click()
    page.locator("#panel .evidence a", has_text="istio").first.click()

    expect(page.locator("#read-source-0")).to_be_in_viewport()


def test_every_link_leads_somewhere(open_page: Opener, demo: Assessment) -> None:
    page = open_page(demo)
    lost = page.evaluate(
        """[...document.querySelectorAll('a[href^="#"]')]
        .map(a => a.hash.slice(1)).filter(id => !document.getElementById(id))"""
    )

    assert lost == []
    assert page.locator("#rests tbody tr").count() >= 15


def test_a_query_is_taken_along(open_page: Opener) -> None:
    page = open_page(rich())
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    unfold(page)
    page.locator("#read-source-0 [data-copy]").nth(1).click()

    expect(page.locator("#copied")).to_have_text("Copied")
    expect(page.locator("#read-source-0 [data-copy]").nth(1)).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").endswith("offset 21600s))")


def test_where_the_clipboard_is_shut_the_query_is_selected(open_page: Opener) -> None:
    page = open_page(rich())
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    unfold(page)
    page.locator("#read-source-0 [data-copy]").first.click()

    expect(page.locator("#copied")).to_have_text("Selected")
    assert page.evaluate("getSelection().toString()").endswith("[21600s]))")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["rich", "hostile", "demo"])
def test_unfolded_it_is_narrow_and_usable_by_all(
    open_page: Opener, demo: Assessment, name: str, language: str
) -> None:
    page = open_page(demo if name == "demo" else EXAMPLES[name](), language, width=360, height=740)
    unfold(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []

    page.click("#theme")

    assert violations(page) == []


def test_hostile_queries_stay_text(open_page: Opener) -> None:
    page = open_page(hostile())
    unfold(page)

    assert page.locator("#obtained :is(script, img, b, iframe)").count() == 0
    expect(page.locator("#obtained .query", has_text="<script>").first).to_be_visible()


def test_many_queries_are_cut_and_said_so() -> None:
    queries = tuple(Query("seen", f"x offset {number}s", 1) for number in range(MOST_QUERIES + 5))
    read = Read(sources=(SourceRead("istio", "read", queries),))
    page = report(replace(rich(), read=read), ExampleWording("en"), Look())

    assert page.count('class="query"') == MOST_QUERIES
    assert "and 5 more" in page


def test_where_nothing_was_read_there_is_no_such_part() -> None:
    page = report(EXAMPLES["empty"](), ExampleWording("en"), Look())

    assert 'id="obtained"' not in page
    assert not re.search('href="#(obtained|read)', page)

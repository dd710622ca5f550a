"""What holds of a page without looking at it in a browser."""

import base64
import hashlib
import os
import re
import subprocess
import sys

import pytest

from mesh_probe.assessment import Assessment
from mesh_probe.format import Look
from mesh_probe.formats.html import report
from mesh_probe.formats.html.markup import joined, tag
from mesh_probe.text import Wording
from tests.formats.examples import EXAMPLES, ExampleWording, rich
from tests.formats.html.clusters import sized

MEGABYTE = 1_000_000


def written(assessment: Assessment, language: str = "en") -> str:
    return report(assessment, ExampleWording(language), Look())


@pytest.mark.parametrize(("services", "most"), [(20, 0.5), (200, 2), (2000, 6)])
def test_a_page_stays_small(services: int, most: float) -> None:
    assert len(written(sized(services)).encode()) < most * MEGABYTE


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_page_loads_nothing_and_links_elsewhere_only_for_reading_on(name: str) -> None:
    page = written(EXAMPLES[name]())
    places = re.findall(r'<(\w+)[^>]* (?:src|href|action|poster)="([^"]*)"([^>]*)', page)
    elsewhere = {(tag, rest) for tag, place, rest in places if place[0] != "#"}

    assert elsewhere <= {("a", ' rel="noopener noreferrer" target="_blank"')}
    assert all(place.startswith(("#", "https://")) for _, place, _ in places)
    assert not re.search(r"@import|url\((?!#)", page)


def test_the_policy_allows_the_page_s_own_script_and_style_only() -> None:
    page = written(rich())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert policy and script and style

    assert policy[1] == "; ".join(
        (
            "default-src 'none'",
            f"script-src 'sha256-{digest(script[1])}'",
            f"style-src 'sha256-{digest(style[1])}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@pytest.mark.parametrize("name", EXAMPLES)
def test_no_name_ends_the_script_or_begins_an_element(name: str) -> None:
    page = written(EXAMPLES[name]())

    assert page.count("</script>") == 2
    assert "<script>alert" not in page
    data = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert data is not None
    assert not set("<>&") & set(data[1])


def test_a_page_is_the_same_in_every_process() -> None:
    program = (
        "import sys; from tests.formats.html.test_report import written;"
        "from tests.formats.examples import rich; sys.stdout.buffer.write(written(rich()).encode())"
    )
    pages = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "HOME": f"/nowhere/{seed}"},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert pages == {written(rich()).encode()}


def test_what_is_not_there_is_left_out() -> None:
    page = written(EXAMPLES["empty"]())
    anchors = set(re.findall(r'<section id="([^"]+)"|<section[^>]* id="([^"]+)"', page))
    sections = {first or second for first, second in anchors}

    assert {"summary", "questions", "signals", "gaps", "about"} <= sections
    assert sections.isdisjoint({"paths", "findings", "incidents"})


def test_korean_pages_say_so() -> None:
    assert '<html lang="ko">' in report(rich(), ExampleWording("ko"), Look())
    assert "서비스" in report(rich(), Wording("ko"), Look())


@pytest.mark.parametrize("text", ['"><b>', "a & b", "x' onload='y", "\u202eevil"])
def test_texts_become_no_markup(text: str) -> None:
    made = tag("p", text, title=text)

    assert not re.search(r"<(?!/?p[ >])", made)
    assert made.count('"') == 2
    assert "\u202e" not in made


def test_markup_is_put_together_as_it_is() -> None:
    inner = tag("b", "1 < 2")

    assert joined((inner, None, "<", [inner])) == f"{inner}&lt;{inner}"
    assert tag("input", id="x", hidden=True, lang=None, checked=False) == '<input id="x" hidden/>'

import re

import pytest

from mesh_probe.assessment import assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats import SHEET_FORMATS
from mesh_probe.model import Container, Workload
from mesh_probe.sheets.record import SIGNATURES, sheet
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Wording
from tests.builders import NOON, app, cluster
from tests.cli.test_scan import run
from tests.formats.examples import ExampleWording, rich

SHOP = demo_snapshot()


def page(snapshot: Snapshot = SHOP, language: str = "en") -> str:
    wording = Wording(language)
    return SHEET_FORMATS["markdown"](sheet(assess(snapshot), wording), wording, Look())


def test_the_parts_of_a_record_are_all_there() -> None:
    assert re.findall(r"^## (.+)$", page(), re.MULTILINE) == [
        "Outcome of the scan",
        "Facts",
        "What is open, and whom to ask",
        "What would change our mind",
        "Decision (mark one)",
        "Signatures",
    ]


def test_every_answer_is_among_the_facts_and_every_unknown_one_is_open() -> None:
    assessment = assess(SHOP)
    text = page()
    headings = ("## Facts", "## What is open")
    facts, still_open = (text.partition(h)[2].partition("\n## ")[0] for h in headings)

    for answer in assessment.answers:
        title = Wording("en").text(f"label.{answer.id}")
        assert title in facts
        assert (title in still_open) == (answer.status == "unknown")


def test_it_fits_on_a_page_and_leaves_signatures_blank() -> None:
    text = page()

    assert len(text.splitlines()) < 60
    assert len(re.findall(r"^\| …", text, re.MULTILINE)) == SIGNATURES


@pytest.mark.parametrize("language", LANGUAGES)
def test_even_nothing_gives_a_record(language: str) -> None:
    assert page(Snapshot(taken_at=NOON, tool_version="0"), language).startswith("# ")


@pytest.mark.parametrize("name", ["markdown", "terminal"])
def test_a_report_ends_in_it_when_asked(name: str) -> None:
    plain = run("demo", "--format", name)
    recorded = run("demo", "--format", name, "--record")

    assert recorded.stdout.startswith(plain.stdout)
    assert "Signatures" in recorded.stdout.removeprefix(plain.stdout)


def test_programs_have_no_use_for_it() -> None:
    result = run("demo", "--format", "json", "--record")

    assert (result.exit_code, result.stdout) == (2, "")


def test_what_is_in_the_way_is_a_fact_by_kind_of_mesh() -> None:
    wording = ExampleWording("en")
    blocked = SHEET_FORMATS["markdown"](sheet(rich(), wording), wording, Look())
    nothing = page(Snapshot(taken_at=NOON, tool_version="0"))

    assert (
        "- In the way of Linkerd: 1 block, 1 need care, 0 to know; 5 of 6 workloads free.\n"
    ) in blocked
    assert "- Nothing was found in the way of a mesh, but not all could be looked at.\n" in nothing


def test_with_a_mesh_there_the_decision_is_about_that_mesh() -> None:
    istiod = Workload(
        "Deployment", "istio-system", "istiod", containers=(Container("main", "istio/pilot:1.27"),)
    )

    decision = page(cluster(*app("web"), istiod)).partition("## Decision")[2]

    assert "( ) remove it" in decision
    assert "pilot" not in decision
    assert "( ) a pilot" in page().partition("## Decision")[2]

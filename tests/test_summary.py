"""What remains of an assessment."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.errors import FileError
from mesh_probe.model import Finding
from mesh_probe.summary import MOST_FINDINGS, dumps, loads, summarize
from mesh_probe.text import message
from tests.formats.examples import EXAMPLES, rich
from tests.formats.in_the_way import blocker


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_summary_survives_storing(name: str) -> None:
    summary = summarize(EXAMPLES[name]())

    assert loads(dumps(summary), "x") == summary


def test_it_has_the_figures_of_the_assessment() -> None:
    assessment = rich()

    summary = summarize(assessment)

    assert (summary.outcome, summary.yes) == (assessment.verdict.outcome, assessment.verdict.yes)
    assert summary.answers["service-count"] == assessment.answers[0].status
    assert len(summary.answers) == 14
    assert summary.findings_count == len(assessment.findings)
    assert [path.nodes for path in summary.slowest] == [p.nodes for p in assessment.paths.slowest]


@given(st.permutations(range(5)))
def test_the_order_of_findings_does_not_matter(order: list[int]) -> None:
    findings = [Finding(f"f-{n}", "warning", "shop/web", message("x")) for n in order]
    base = rich()

    one = summarize(msgspec.structs.replace(base, findings=tuple(findings)))
    other = summarize(msgspec.structs.replace(base, findings=tuple(sorted(findings, key=str))))

    assert one == other


def test_many_findings_are_counted_and_the_worst_are_named() -> None:
    findings = [Finding("small", "info", f"shop/{n}", message("x")) for n in range(5000)]
    findings.append(Finding("large", "error", "shop/web", message("x")))
    many = msgspec.structs.replace(rich(), findings=tuple(findings))
    less = msgspec.structs.replace(many, findings=tuple(findings[1:]))

    summary = summarize(many)

    assert summary.finding_counts == {"error": 1, "info": 5000}
    assert len(summary.findings) == MOST_FINDINGS
    assert summary.findings[0].id == "large"
    assert summary.findings_digest != summarize(less).findings_digest


def test_what_is_no_summary_is_refused_by_name() -> None:
    with pytest.raises(FileError) as error:
        loads(b'{"schema": "other"}', "announced.json")

    assert error.value.said.parameters["file"] == "announced.json"


def test_blockers_are_counted_by_severity_without_those_that_are_ignored() -> None:
    summary = summarize(rich())

    assert summary.blocker_counts == {"error": 1, "warning": 5}
    assert summary.blockers_count == 6


def test_blockers_to_know_of_and_those_nobody_looked_for_are_apart() -> None:
    to_know = blocker("example-port", "info", "Service a/b", port="80", name="b")
    known = summarize(msgspec.structs.replace(rich(), blockers=(to_know,)))
    older = loads(dumps(known).replace(b'"blocker_counts"', b'"of_another_version"'), "x")

    assert (known.blocker_counts, known.blockers_count) == ({"info": 1}, 0)
    assert (older.blocker_counts, older.blockers_count) == (None, None)

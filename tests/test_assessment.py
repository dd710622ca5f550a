import msgspec
import pytest

from mesh_probe.assessment import Assessment, assess
from mesh_probe.checklist import QUESTIONS
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats import REPORT_FORMATS
from mesh_probe.model import Declaration, Status
from mesh_probe.pseudonyms import hide
from mesh_probe.scores import Part
from mesh_probe.signals import SIGNALS
from mesh_probe.snapshot import Snapshot, dumps, loads
from mesh_probe.text import LANGUAGES, Wording
from tests.builders import app, apps, cluster

SHOP = demo_snapshot()


def report(snapshot: Snapshot, name: str = "json", language: str = "en") -> str:
    return REPORT_FORMATS[name](assess(snapshot), Wording(language), Look())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORT_FORMATS)
def test_the_same_snapshot_gives_the_same_bytes(name: str, language: str) -> None:
    again = loads(dumps(SHOP), "again")

    assert report(SHOP, name, language) == report(again, name, language)


def test_the_order_in_which_calls_were_read_never_matters() -> None:
    telemetry = msgspec.structs.replace(SHOP.telemetry, calls=SHOP.telemetry.calls[::-1])

    assert report(msgspec.structs.replace(SHOP, telemetry=telemetry)) == report(SHOP)


def test_an_assumption_beats_a_declaration_which_beats_the_evidence() -> None:
    declared = msgspec.structs.replace(SHOP, declared=(Declaration("service-count", "no", "why"),))

    by_evidence = assess(SHOP).answers[0]
    by_declaration = assess(declared).answers[0]
    by_assumption = assess(declared, assumed={"service-count": "unknown"}).answers[0]

    assert (by_evidence.status, by_evidence.basis) == ("yes", "observed")
    assert (by_declaration.status, by_declaration.basis) == ("no", "declared")
    assert (by_assumption.status, by_assumption.basis) == ("unknown", "assumed")


def test_what_is_assumed_is_reckoned_with_everywhere_and_marked() -> None:
    needs: dict[str, Status] = {q.id: "yes" for q in QUESTIONS if q.decides == "need"}
    quiet: dict[str, Status] = {signal.id: "no" for signal in SIGNALS}

    changed = assess(SHOP, assumed=needs | quiet)

    verdict = changed.verdict
    assert (verdict.need.value, verdict.axes) == (100, dict.fromkeys(verdict.axes, 1.0))
    assert (verdict.yes >= 7, verdict.outcome) == (True, "consider")
    assert verdict.probability == 1.0
    assert changed.outlook.to_say != assess(SHOP).outlook.to_say
    assert {a.id for a in changed.answers if a.basis == "assumed"} == set(needs)
    assert "What if: this report assumes answers (service-count" in REPORT_FORMATS["terminal"](
        changed, Wording("en"), Look(width=200)
    )


def test_a_declaration_for_a_question_of_a_later_version_is_passed_over() -> None:
    declared = msgspec.structs.replace(SHOP, declared=(Declaration("from-the-future", "yes"),))

    assert report(declared) == report(SHOP)


def test_an_empty_cluster_can_be_judged() -> None:
    empty = Snapshot(taken_at=SHOP.taken_at, tool_version="1")

    assessment = assess(empty)

    assert {answer.status for answer in assessment.answers} == {"unknown"}
    assert assessment.verdict.outcome == "undecided"


def test_kinds_that_hide_blockers_are_gaps_and_keep_readiness_at_half() -> None:
    things = (*apps(2), *app("web", host_network=True))
    seen, hidden = (
        assess(cluster(*things, hidden=kinds)) for kinds in ((), ("StatefulSet", "Job"))
    )

    def unblocked(assessment: Assessment) -> Part:
        return next(p for p in assessment.verdict.readiness.parts if p.id == "blockers")

    def gaps(assessment: Assessment) -> list[str]:
        return [gap.subject for gap in assessment.gaps if gap.reason.id == "gap.blockers"]

    assert gaps(seen) == []
    assert gaps(hidden) == ["Job", "StatefulSet"]
    assert unblocked(seen).known
    assert unblocked(hidden).value == min(unblocked(seen).value, 50)


def test_what_is_in_the_way_is_judged_by_traffic_and_is_the_same_under_pseudonyms() -> None:
    seen, hidden = assess(SHOP), assess(hide(SHOP, b"0" * 32))

    def told(assessment: Assessment) -> list[tuple[object, ...]]:
        return sorted(
            (b.id, b.severity, b.mesh_modes, b.traffic_share or 0.0, len(b.nodes))
            for b in assessment.blockers
        )

    assert told(seen) == told(hidden)
    assert seen.standings == hidden.standings
    assert seen.blockers

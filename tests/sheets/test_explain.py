import json
import math
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.assessment import Assessment, assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats import SHEET_FORMATS
from mesh_probe.model import Declaration, Edge, Evidence
from mesh_probe.question import Answer, Question, Signal, status_of
from mesh_probe.rules import RULES
from mesh_probe.sheet import Sheet
from mesh_probe.sheets.explain import edge_sheet, rule_sheet
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Wording, catalogue, message

SHOP = demo_snapshot()
SEEN = assess(SHOP)
ENGLISH = Wording("en")


def rule(rule_id: str) -> Question | Signal:
    return next(rule for rule in RULES if rule.id == rule_id)


def explained(rule_id: str, assessment: Assessment = SEEN, snapshot: Snapshot = SHOP) -> Sheet:
    return rule_sheet(rule(rule_id), assessment, snapshot, ENGLISH)


def words(sheet: Sheet, language: str = "en", name: str = "terminal") -> str:
    return SHEET_FORMATS[name](sheet, Wording(language), Look())


def record(sheet: Sheet) -> Any:
    return json.loads(words(sheet, name="json"))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule_id", [rule.id for rule in RULES])
def test_every_rule_has_words_for_itself(rule_id: str, language: str) -> None:
    wording = Wording(language)
    page = words(rule_sheet(rule(rule_id), SEEN, SHOP, wording), language)

    assert catalogue(language)[f"rule.{rule_id}"].split()[0] in page
    for threshold in rule(rule_id).thresholds:
        assert f"threshold.{threshold.id}" in catalogue(language)
        assert f"threshold.{threshold.id}.origin" in catalogue(language)
        assert threshold.id in page


@pytest.mark.parametrize("rule_id", [rule.id for rule in RULES])
def test_all_evidence_of_an_answer_is_there_on_its_side(rule_id: str) -> None:
    answer = next(a for a in (*SEEN.answers, *SEEN.signals) if a.id == rule_id)
    sections = {s.heading: s.table.rows for s in explained(rule_id).sections if s.table}

    for heading, side in (("evidence-yes", "yes"), ("evidence-no", "no"), ("evidence-open", None)):
        expected = sum(piece.points == side for piece in answer.evidence)
        assert len(sections[f"heading.{heading}"]) == expected
    assert len(record(explained(rule_id))["evidence"]) == len(answer.evidence)


def test_the_printed_sum_is_the_answers_likelihood() -> None:
    for answer in SEEN.answers:
        if answer.probability is not None:
            both = record(explained(answer.id))["sum"]
            assert 1 / (1 + math.exp(both["no"] - both["yes"])) == pytest.approx(
                answer.probability, abs=1e-3
            )


def made(yes: float, no: float) -> Answer:
    probability = round(1 / (1 + math.exp(no - yes)), 4)
    fact = message("evidence.no-mesh-wish")
    evidence = (
        Evidence("x", fact, "objects", "yes", yes),
        Evidence("x", fact, "objects", "no", no),
    )
    status = status_of(probability)
    because = message("service-count.unseen")
    return Answer(
        "internal-auth", 5, status, probability, None, "inferred", because, evidence=evidence
    )


weights = st.floats(0, 6).map(lambda weight: round(weight, 3))


@given(weights, weights)
def test_so_much_more_evidence_does_turn_the_answer(yes: float, no: float) -> None:
    answers = [made(yes, no) if a.id == "internal-auth" else a for a in SEEN.answers]
    seen = msgspec.structs.replace(SEEN, answers=tuple(answers), by_rule=())

    (changes,) = (
        s.items for s in explained("internal-auth", seen).sections if s.heading.endswith("change")
    )

    turns = {said.id: said.parameters["weight"] for said in changes if "turn" in said.id}
    for turn, weight in turns.items():
        assert isinstance(weight, float)
        more = weight + 0.001
        turned = made(yes + more, no) if turn.endswith("yes") else made(yes, no + more)
        assert f"explain.turn.{turned.status}" == turn
    assert len(turns) == (2 if made(yes, no).status == "unknown" else 1)


def test_beside_what_people_say_stands_what_the_rule_says() -> None:
    days = (date(2026, 1, 2), date(2027, 1, 2))
    declared = (Declaration("service-count", "no", "we counted", "Ann", *days),)
    snapshot = msgspec.structs.replace(SHOP, declared=declared)
    sheet = explained("service-count", assess(snapshot), snapshot)

    page = words(sheet)

    assert "Answer: no, declared by people." in page
    assert "Declared by Ann: we counted" in page
    assert "Said on 2026-01-02." in page
    assert "Used up to 2027-01-02." in page
    assert 'The rule alone says "yes"' in page
    assert record(sheet)["declared"] == {
        "status": "no",
        "who": "Ann",
        "note": "we counted",
        "said_on": "2026-01-02",
        "expires_on": "2027-01-02",
    }
    assert record(sheet)["status"] == "no"
    assert record(sheet)["evidence"]


def test_a_threshold_of_ones_own_is_marked() -> None:
    (threshold, *_) = rule("internal-auth").thresholds
    own = msgspec.structs.replace(SHOP, thresholds={threshold.id: 7.0})
    sheet = explained("internal-auth", SEEN, own)

    assert record(sheet)["thresholds"][0]["own"] is True
    assert record(sheet)["thresholds"][0]["value"] == 7
    assert "set by yourselves" in words(sheet)


def edge(**known: Any) -> Edge:
    return next(
        e
        for e in SEEN.graph.edges.values()
        if all(getattr(e, name) == value for name, value in known.items())
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_edge_tells_how_it_is_known_and_what_would_change_it(language: str) -> None:
    both = edge(declared=True, observed=True)
    sheet = edge_sheet(both, SEEN, Wording(language))

    assert sheet.lead[0].id == "explain.edge.both"
    assert record(sheet)["client"] == both.client
    assert len(record(sheet)["evidence"]) == len(both.evidence) > 0
    assert both.sources[0] in words(sheet, language)


def test_an_edge_that_metrics_do_not_show_has_that_against_it() -> None:
    unseen = edge(declared=True, observed=False)
    sheet = edge_sheet(unseen, SEEN, ENGLISH)

    assert sheet.lead[0].id == "explain.edge.declared"
    assert [said["id"] for said in record(sheet)["would_change"]] == ["explain.edge.see"]


def test_a_command_that_several_pieces_share_is_printed_once() -> None:
    asked = ("--context", "prod", "--prometheus", "http://prometheus:9090")
    snapshot = msgspec.structs.replace(SHOP, asked=asked)
    page = words(explained("path-complexity", assess(snapshot), snapshot), name="markdown")
    long = "mesh-probe graph --context prod --prometheus http://prometheus:9090"

    assert page.count(long) == 1
    assert page.count('"mesh-probe graph ..." stands for: ') == 1
    assert page.count("mesh-probe graph ...") > 2
    kept = record(explained("path-complexity", assess(snapshot), snapshot))["evidence"]
    assert sum(piece["check"].startswith(long) for piece in kept) > 1


def test_a_short_command_is_printed_where_it_is_needed() -> None:
    snapshot = msgspec.structs.replace(SHOP, asked=())
    page = words(explained("path-complexity", assess(snapshot), snapshot))

    assert "stands for" not in page
    assert "mesh-probe graph FILE" in page

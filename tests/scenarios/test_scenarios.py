"""Whole clusters with the answers known beforehand: `fixtures/scenarios/expected.csv`."""

import csv
from pathlib import Path

import pytest

from mesh_probe.assessment import Assessment, assess
from mesh_probe.checklist import QUESTIONS
from mesh_probe.pseudonyms import hide
from mesh_probe.signals import SIGNALS
from tests.scenarios import meshes, ordinary, platforms, shops, small

EXPECTED = Path(__file__).parents[2] / "fixtures" / "scenarios" / "expected.csv"

SCENARIOS = {
    made.__name__.replace("_", "-"): made
    for made in (
        small.start_up_of_three,
        small.monolith_with_workers,
        shops.shop_of_fifteen,
        shops.bank_of_sixty,
        platforms.data_platform,
        meshes.istio_sidecars,
        meshes.istio_ambient,
        meshes.linkerd,
        shops.no_prometheus,
        small.no_rights,
        small.nothing_deployed,
        platforms.multi_tenant_platform,
        small.everybody_has_istio,
        shops.fixed_in_code,
        small.never_an_incident,
        small.declared_by_people,
        ordinary.stages_in_one_cluster,
        ordinary.event_driven,
        ordinary.insurer_of_thirty_five,
        ordinary.gateway_and_leaves,
        ordinary.copies_for_customers,
    )
}


def expected() -> dict[str, dict[str, str]]:
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        return {row.pop("scenario"): row for row in csv.DictReader(file)}


def told(assessment: Assessment) -> dict[str, str]:
    answers = (*assessment.answers, *assessment.signals)
    statuses = {answer.id: str(answer.status) for answer in answers}
    return statuses | {"outcome": assessment.verdict.outcome}


def test_each_scenario_has_an_expectation_for_each_rule() -> None:
    rules = [*(rule.id for rule in QUESTIONS), *(rule.id for rule in SIGNALS), "outcome"]

    assert list(expected()) == list(SCENARIOS)
    assert {name: list(row) for name, row in expected().items()} == dict.fromkeys(SCENARIOS, rules)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_whole_cluster_is_judged_as_a_platform_engineer_would(name: str) -> None:
    assert told(assess(SCENARIOS[name]())) == expected()[name]


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_whole_cluster_without_its_names_is_judged_alike(name: str) -> None:
    snapshot = SCENARIOS[name]()
    open_, hidden = (assess(one) for one in (snapshot, hide(snapshot, b"k" * 32)))

    assert told(hidden) == told(open_)
    assert hidden.verdict.outcomes == open_.verdict.outcomes

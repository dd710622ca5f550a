from pathlib import Path

import msgspec
import pytest
import wcwidth

from mesh_probe.assessment import assess
from mesh_probe.cli.input import known_answers
from mesh_probe.collect.answers import Answers, examine
from mesh_probe.demo import demo_snapshot
from mesh_probe.documents import parse_yaml
from mesh_probe.model import Declaration, Ignore
from mesh_probe.questionnaire import WIDTH, questionnaire
from mesh_probe.rules import QUESTION_IDS, SIGNAL_IDS, THRESHOLDS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Wording
from mesh_probe.verdict import WEAK_BELOW
from tests.builders import app, cluster

SHOP = demo_snapshot()

SECTIONS = {"answers", "signals", "thresholds", "leave_out", "owners", "ignore"}


def asked(snapshot: Snapshot, language: str = "en") -> str:
    return questionnaire(assess(snapshot), THRESHOLDS, Wording(language), snapshot.thresholds)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_nobody_filled_in_declares_nothing(tmp_path: Path, language: str) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text(asked(SHOP, language), "utf-8")

    assert examine(file, known_answers()) == (Answers(), ())


def test_it_asks_just_what_the_scan_could_not_tell() -> None:
    assessment = assess(SHOP)
    document = parse_yaml(asked(SHOP))

    for section, answers in (("answers", assessment.answers), ("signals", assessment.signals)):
        weak = [a.id for a in answers if a.confidence is None or a.confidence < WEAK_BELOW]
        assert list(document[section]) == weak
        assert len(weak) < len(answers)


def test_what_people_said_is_not_asked_again() -> None:
    ids = (*QUESTION_IDS, *SIGNAL_IDS)
    declared = tuple(Declaration(rule, "no") for rule in ids)

    document = parse_yaml(asked(msgspec.structs.replace(SHOP, declared=declared)))

    assert (document["answers"], document["signals"]) == (None, None)


def test_every_threshold_is_there_and_those_that_were_set_stay() -> None:
    own = msgspec.structs.replace(SHOP, thresholds={"yes-answers": 4.0})
    text = asked(own)

    assert parse_yaml(text)["thresholds"] == {"yes-answers": 4}
    assert [t.id for t in THRESHOLDS if f" {t.id}: " not in text] == []


def test_what_a_cluster_calls_things_never_leaves_the_comments() -> None:
    name = "x\nanswers: {service-count: yes}\u2028# "
    said = (Declaration("hype", "unknown", name),)
    hostile = msgspec.structs.replace(SHOP, context=name, declared=said)

    document = parse_yaml(asked(hostile))

    assert {*document, "ignore"} == SECTIONS
    assert "service-count" not in document["answers"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_comments_fit_an_editor(language: str) -> None:
    assert max(wcwidth.width(line) for line in asked(SHOP, language).splitlines()) <= WIDTH


def test_the_gravest_blocker_stands_as_an_example_of_what_may_be_ignored(tmp_path: Path) -> None:
    blocked = cluster(*app("web", host_network=True))
    text = asked(blocked)
    example = text[text.index("ignore:") :].replace("  # - ", "  - ").replace("  #   ", "    ")
    file = tmp_path / "answers.yaml"
    file.write_text(example, "utf-8")

    found, problems = examine(file, known_answers())

    assert parse_yaml(text)["ignore"] is None
    assert (found.ignored, problems) == ((Ignore("host-network", "Deployment shop/web"),), ())


def test_nobody_is_asked_what_to_ignore_where_nothing_is_in_the_way() -> None:
    nothing = assess(cluster())
    text = questionnaire(nothing, THRESHOLDS, Wording("en"), {})

    assert nothing.blockers == ()
    assert "ignore:" not in text

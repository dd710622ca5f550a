"""Everything the program can say of a cluster exists in both languages."""

import re
from collections.abc import Iterator
from itertools import product
from typing import get_args

import msgspec
import pytest

from mesh_probe.assessment import Assessment, assess
from mesh_probe.blocker import MODES, Check, Severity
from mesh_probe.blockers import CHECKS
from mesh_probe.demo import demo_snapshot
from mesh_probe.format import Look
from mesh_probe.formats import REPORT_FORMATS, SHEET_FORMATS
from mesh_probe.mesh import NAMES, Mesh
from mesh_probe.model import Declaration, Ignore, Status
from mesh_probe.outlook import advise
from mesh_probe.question import Axis
from mesh_probe.rules import QUESTION_IDS, RULES, SIGNAL_IDS, THRESHOLDS
from mesh_probe.scores import Quadrant
from mesh_probe.sheets import blocker, explain, record
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Message, Wording, catalogue
from tests.builders import NOON, app, apps, cluster

HANGUL = re.compile("[가-힣]")
SHOP = demo_snapshot()


class Strict(Wording):
    """Refuses what it has no words for, which in a report would show as an id."""

    def say(self, said: Message) -> str:
        assert said.id in catalogue(self.language), said.id
        return super().say(said)


def needed() -> Iterator[str]:
    """Texts whose ids are put together from what rules, scores and meshes are called."""
    for rule_id in (*QUESTION_IDS, *SIGNAL_IDS):
        yield from (f"label.{rule_id}", f"rule.{rule_id}", f"{rule_id}.settle")
    yield from (f"verdict.veto.{signal}" for signal in SIGNAL_IDS)
    yield from (f"label.short.{question}" for question in QUESTION_IDS)
    for threshold in THRESHOLDS:
        yield from (f"threshold.{threshold.id}", f"threshold.{threshold.id}.origin")
    yield "label.short.blockers"
    for check in CHECKS:
        yield from (f"blocker.{check.id}{part}" for part in ("", ".title", ".remedy"))
    yield from (f"label.{mode}" for mode in MODES)
    for meaning in (*get_args(Severity), "ignored"):
        yield f"label.blocks.{meaning}"
    yield from (f"explain.blocker.{severity}" for severity in get_args(Severity))
    lies = get_args(Quadrant)
    yield from (f"quadrant.{quadrant}" for quadrant in lies)
    yield from (f"quadrant.{quadrant}.bare" for quadrant in lies if quadrant != "open")
    yield from (f"lacks.{a}.{s}" for a, s in product(get_args(Axis), get_args(Status)))
    yield from (f"to-say.pain.{axis}" for axis in get_args(Axis))
    yield from (f"verdict.pain.{axis}" for axis in get_args(Axis))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text_id", sorted(set(needed())))
def test_what_is_named_by_its_parts_has_words(text_id: str, language: str) -> None:
    assert text_id in catalogue(language)


@pytest.mark.parametrize("text_id", sorted(catalogue("en")))
def test_a_sentence_is_korean_where_it_says_so(text_id: str) -> None:
    english = re.sub(r"\{[^}]*\}|--\S+|[A-Z]\w+|\S*[./_=]\S*", "", catalogue("en")[text_id])
    words = re.findall(r"[a-z]{2,}", english)

    assert len(words) < 3 or HANGUL.search(catalogue("ko")[text_id])


@pytest.mark.parametrize("other", ["인시던트", "쿠버네티스", "서비스메시", "써킷", "어플리케이션"])
def test_a_thing_has_one_name_in_korean(other: str) -> None:
    """An incident is "장애", the platform "Kubernetes", as in the headings."""
    assert [text_id for text_id, text in catalogue("ko").items() if other in text] == []


def assumed(yes: int, unknown: int, signals: Status) -> dict[str, Status]:
    said: dict[str, Status] = dict.fromkeys(QUESTION_IDS, "no")
    said |= dict.fromkeys(QUESTION_IDS[:yes], "yes")
    said |= dict.fromkeys(QUESTION_IDS[yes : yes + unknown], "unknown")
    return said | dict.fromkeys(SIGNAL_IDS, signals)


def assessments() -> Iterator[Assessment]:
    """Each outcome, with and without applications, metrics, rights and declared answers."""
    nothing = Snapshot(taken_at=NOON, tool_version="0")
    hidden = cluster(*app("web"), hidden=("Ingress", "Namespace", "CustomResourceDefinition"))
    said = tuple(
        Declaration(rule.id, "no", "why", expires_on=NOON.date().replace(year=year))
        for rule, year in zip(RULES, (2020, 2030) * len(RULES), strict=False)
    )
    told = msgspec.structs.replace(SHOP, declared=said, left_out=("gone",), owners={"a/b": "c"})
    blocked = cluster(*apps(2), *app("web", host_network=True), hidden=("StatefulSet",))
    ignored = (Ignore("host-network"), Ignore("gone"), Ignore("x", until=NOON.date().min))
    lived_with = msgspec.structs.replace(blocked, ignored=ignored)
    for snapshot in (SHOP, nothing, hidden, cluster(*apps(12)), told, blocked, lived_with):
        yield assess(snapshot)
    quiet: tuple[Status, ...] = ("no", "yes")
    for yes, unknown, signals in product((0, 4, 5, 9), (0, 2, 9), quiet):
        if yes + unknown <= len(QUESTION_IDS):
            yield assess(cluster(*app("web")), assumed=assumed(yes, unknown, signals))


ASSESSMENTS = tuple(assessments())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORT_FORMATS)
@pytest.mark.parametrize("number", range(len(ASSESSMENTS)))
def test_no_report_says_what_there_are_no_words_for(number: int, name: str, language: str) -> None:
    wording = Strict(language)

    assert REPORT_FORMATS[name](ASSESSMENTS[number], wording, Look())
    assert SHEET_FORMATS["markdown"](record.sheet(ASSESSMENTS[number], wording), wording, Look())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_no_explanation_of_a_blocker_says_what_there_are_no_words_for(
    check: Check, language: str
) -> None:
    wording = Strict(language)
    for assessment in ASSESSMENTS:
        sheet = blocker.sheet(check, assessment, SHOP, wording)
        assert all(SHEET_FORMATS[name](sheet, wording, Look()) for name in SHEET_FORMATS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule_id", [rule.id for rule in RULES])
def test_no_explanation_says_what_there_are_no_words_for(rule_id: str, language: str) -> None:
    wording = Strict(language)
    rule = next(rule for rule in RULES if rule.id == rule_id)
    for assessment in ASSESSMENTS:
        sheet = explain.rule_sheet(rule, assessment, SHOP, wording)
        assert all(SHEET_FORMATS[name](sheet, wording, Look()) for name in SHEET_FORMATS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("inside", [None, (), ("shop/a",), ("shop/a", "shop/b")])
def test_every_advice_about_a_mesh_has_words(
    inside: tuple[str, ...] | None, name: str, language: str
) -> None:
    mesh = Mesh(name, "sidecar", "1.0", 2, inside)  # type: ignore[arg-type]
    for assessment in ASSESSMENTS:
        (installed,) = advise((mesh,), assessment.verdict)
        assert Strict(language).say(installed.said)

import re
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mesh_probe
from mesh_probe.format import measured
from mesh_probe.question import Measure
from mesh_probe.text import (
    LANGUAGES,
    Wording,
    catalogue,
    duration,
    message,
    named,
    percent,
    plural,
    rate,
)

PACKAGE = Path(mesh_probe.__file__).parent
LITERAL_ID = re.compile(r'(?:message|text)\(\s*(f?)"([a-z0-9.{}_-]+)"')


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def ids_in_code() -> list[tuple[str, str]]:
    """Every text id in the code as a regular expression, with the file it stands in."""
    found = []
    for file in sorted(PACKAGE.rglob("*.py")):
        for formatted, text_id in LITERAL_ID.findall(file.read_text("utf-8")):
            pattern = re.escape(text_id)
            if formatted:
                pattern = re.sub(r"\\\{.*?\\\}", "[a-z0-9.-]+", pattern)
            found.append((pattern, str(file.relative_to(PACKAGE))))
    return found


def test_every_language_has_the_same_texts() -> None:
    assert {language: set(catalogue(language)) for language in LANGUAGES} == {
        language: set(catalogue("en")) for language in LANGUAGES
    }


@pytest.mark.parametrize("text_id", sorted(catalogue("en")))
def test_a_text_says_the_same_things_in_every_language(text_id: str) -> None:
    said = {language: placeholders(catalogue(language)[text_id]) for language in LANGUAGES}

    assert set(map(frozenset, said.values())) == {frozenset(said["en"])}


@pytest.mark.parametrize(("pattern", "file"), ids_in_code())
def test_every_message_in_the_code_has_words(pattern: str, file: str) -> None:
    assert any(re.fullmatch(pattern, text_id) for text_id in catalogue("en")), file


def test_a_message_is_put_into_words_with_its_units() -> None:
    said = message("evidence.rate-and-errors", rate=12.3, errors=0.021)

    assert Wording("en").say(said) == "12.3/s measured, 2.1% of them errors"
    assert Wording("ko").say(said) == "호출 12.3/s, 오류율 2.1% 측정"


def test_a_missing_figure_is_a_dash() -> None:
    assert Wording("en").say(message("evidence.rate", rate=None)) == "– measured"


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0, "0 ms"),
        (0.0042, "4.2 ms"),
        (0.2504, "250 ms"),
        (0.9999, "1 s"),
        (1.5, "1.5 s"),
        (90, "1.5 min"),
        (5400, "1.5 h"),
        (259_200, "3 d"),
    ],
)
def test_durations_are_shown_in_the_unit_people_use(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_durations_are_named_in_their_language() -> None:
    seconds = (0.0042, 12.5, 90, 7200, 259_200)
    korean = ["4.2ms", "12.5초", "1.5분", "2시간", "3일"]

    assert [duration(each, "ko") for each in seconds] == korean
    assert list(map(duration, seconds)) == ["4.2 ms", "12.5 s", "1.5 min", "2 h", "3 d"]


@pytest.mark.parametrize(
    ("ratio", "shown"),
    [
        (0, "0%"),
        (0.004, "0.4%"),
        (0.0213, "2.1%"),
        (0.5, "50%"),
        (0.9949, "99%"),
        (0.9951, ">99%"),
        (1, "100%"),
    ],
)
def test_ratios_are_shown_as_per_cent(ratio: float, shown: str) -> None:
    assert percent(ratio) == shown


@pytest.mark.parametrize(
    ("per_second", "shown"),
    [(0, "0/s"), (0.031, "1.86/min"), (0.0002, "0.72/h"), (4.26, "4.26/s"), (120.4, "120/s")],
)
def test_rates_are_shown_in_the_unit_that_fits(per_second: float, shown: str) -> None:
    assert rate(per_second) == shown


@given(st.floats(0, 1e9))
def test_a_duration_always_has_a_unit(seconds: float) -> None:
    assert re.fullmatch(r"[0-9.]+ (ms|s|min|h|d)", duration(seconds))


def test_equal_messages_are_one_in_a_set() -> None:
    assert len({message("x", a=1, b="2"), message("x", b="2", a=1), message("x", a=2)}) == 2


@pytest.mark.parametrize(("value", "words"), [(1, "1 workload"), (0, "0 workloads")])
def test_one_of_a_unit_is_singular(value: int, words: str) -> None:
    measure = Measure("x", value, "workloads", None)

    assert measured(measure, Wording("en")) == words


def test_a_count_that_is_written_out_has_its_plural() -> None:
    assert [plural(count) for count in ("1", "2", "1,000", 1.0, 0)] == ["", "s", "s", "", "s"]


def test_terms_are_said_in_the_language_and_others_as_they_are() -> None:
    said = message("evidence.code-branches", count=1, kinds="share, header, else", examples="a:1")

    assert "요청이나 사용자의 비율, 요청 헤더, else" in Wording("ko").say(said)


@pytest.mark.parametrize(("answer", "said"), [("yes", "'예'는"), ("no", "'아니요'는")])
def test_a_particle_fits_what_stands_in_quotes(answer: str, said: str) -> None:
    expired = message("finding.declared-expired", answer=answer, expired="2026-03-13")

    assert said in Wording("ko").say(expired)


@pytest.mark.parametrize(
    ("ids", "people_read"),
    [
        ("service:shop/cart", "shop/cart"),
        ("shop/web -> service:shop/cart", "shop/web -> shop/cart"),
        ("shop/web, service:shop/cart, service:bank/till-2", "shop/web, shop/cart, bank/till-2"),
        ("(service:shop/cart)", "(shop/cart)"),
        ("external:bank.example", "external:bank.example"),
        ("service:jmx:rmi:///jndi/rmi://cart:1/x", "service:jmx:rmi:///jndi/rmi://cart:1/x"),
        ("my-service:shop/cart", "my-service:shop/cart"),
        ("http://service:80/cart", "http://service:80/cart"),
        ("registry/service:shop/cart", "registry/service:shop/cart"),
        ("the service: shop/cart", "the service: shop/cart"),
    ],
)
def test_the_node_of_a_service_is_called_as_the_service_is(ids: str, people_read: str) -> None:
    assert named(ids) == people_read
    said = Wording("en").text("finding.never-called", name=ids)
    assert said == Wording("en").text("finding.never-called", name=people_read)

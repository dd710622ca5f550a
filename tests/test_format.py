import re
from pathlib import Path

import pytest

import mesh_probe
from mesh_probe.format import amount, measured, p99_band, row, way
from mesh_probe.graph.latency import SlowPath
from mesh_probe.question import Measure
from mesh_probe.text import LANGUAGES, Wording, catalogue

PACKAGE = Path(mesh_probe.__file__).parent
UNIT = re.compile(r'Measure\(\s*"[^"]+",[^"]*"([a-z-]+)"')


@pytest.mark.parametrize(
    ("nodes", "said"),
    [
        ((), ""),
        (("shop/web",), "shop/web"),
        (("shop/web", "shop/cart", "pay/api", "pay/db"), "shop/web -> cart -> pay/api -> db"),
        (
            ("internet", "shop/web", "external:x", "shop/a"),
            "internet -> shop/web -> external:x -> shop/a",
        ),
        (("service:a/x", "a/x", "a/y"), "service:a/x -> a/x -> y"),
    ],
)
def test_a_path_names_a_namespace_where_it_changes(nodes: tuple[str, ...], said: str) -> None:
    assert way(nodes) == said


def test_the_middle_of_a_long_path_is_left_out_and_counted() -> None:
    said = way(f"a/{number}" for number in range(100))

    assert said == (
        "a/0 -> 1 -> 2 -> 3 -> 4 -> 5 -> ... 88 ... -> 94 -> 95 -> 96 -> 97 -> 98 -> 99"
    )


def test_names_that_are_left_out_are_counted() -> None:
    assert row("abc") == "a, b, c"
    assert row("abcdefghij") == "a, b, c, d, e, f, g, h, +2"


def test_a_count_is_readable_however_large() -> None:
    counts = (0, 12_345, 3**40, 3**90_000)

    assert [amount(count) for count in counts] == ["0", "12,345", "~10^19", "~10^42941"]


@pytest.mark.parametrize(
    ("measure", "en", "ko"),
    [
        (None, "", ""),
        (Measure("x", None, "seconds", 60), "", ""),
        (Measure("x", 12, "services", 10), "12 services, threshold 10", "서비스 12개, 기준 10"),
        (Measure("x", 0.125, "ratio", 0.5), "12%, threshold 50%", "12%, 기준 50%"),
        (Measure("x", 90, "seconds", None), "1.5 min", "1.5분"),
        (Measure("x", 2.345, "widgets", None), "2.35 widgets", "2.35 widgets"),
        (Measure("x", 12_345.6, "widgets", None), "12,346 widgets", "12,346 widgets"),
    ],
)
def test_a_figure_stands_beside_its_threshold(measure: Measure | None, en: str, ko: str) -> None:
    assert measured(measure, Wording("en")) == en
    assert measured(measure, Wording("ko")) == ko


def units_in_code() -> set[str]:
    files = [*PACKAGE.glob("checklist/*.py"), *PACKAGE.glob("signals/*.py")]
    return {unit for file in files for unit in UNIT.findall(file.read_text("utf-8"))}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_unit_of_the_rules_has_a_name(language: str) -> None:
    named = {unit for unit in units_in_code() if f"label.unit.{unit}" in catalogue(language)}

    assert units_in_code() >= {"services", "hops", "seconds"}
    assert units_in_code() - named == {"ratio", "seconds"}


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [(None, None, "–"), (0.1, None, "–"), (0.1, 0.1, "100 ms"), (0.1, 2.5, "100 ms to 2.5 s")],
)
def test_a_p99_is_a_band(low: float | None, high: float | None, shown: str) -> None:
    path = SlowPath(("a", "b"), 0.1, low, high, "a", "b", 1.0)

    assert p99_band(path, Wording("en")) == shown

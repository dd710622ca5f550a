import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import replace

import mesh_probe
from mesh_probe.assessment import assess
from mesh_probe.format import (
    Look,
    about_incidents,
    amount,
    blamed_first,
    cause,
    incidents_in_short,
    lasted,
    measured,
    p99_band,
    row,
    shape,
    way,
)
from mesh_probe.formats import REPORT_FORMATS, SHEET_FORMATS
from mesh_probe.graph.latency import SlowPath
from mesh_probe.headline import ruling
from mesh_probe.incidents import Incidents
from mesh_probe.outcome import Outcome
from mesh_probe.question import Measure
from mesh_probe.sheets import record
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Wording, catalogue
from tests.builders import app, calls, cluster
from tests.formats.examples import incidents, rich
from tests.scenarios.meshes import istio_ambient, istio_sidecars, linkerd

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
        (("a/x", "service:a/y", "service:b/z"), "a/x -> y -> b/z"),
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


def of_incidents(found: Incidents, seen_seconds: int | None = 30 * 86_400) -> str:
    assessment = replace(rich(), incidents=found, incidents_seen_seconds=seen_seconds)
    return Wording("en").say(incidents_in_short(assessment))


def test_no_history_is_told_from_no_incident() -> None:
    assert of_incidents(Incidents(), None).startswith("No history of alerts could be read")
    assert of_incidents(Incidents(0, 0, 0)) == "No incident was seen in the last 30 d."


def ruled(outcome: Outcome, probability: float | None, **others: float) -> str:
    assessment = rich()
    verdict = replace(
        assessment.verdict, outcome=outcome, probability=probability, outcomes=dict(others)
    )
    return Wording("en").say(ruling(replace(assessment, verdict=verdict)))


def test_what_is_less_likely_than_not_is_said_so_openly() -> None:
    open_signals = ruled("kubernetes-is-enough", 0.28, undecided=0.41)

    assert open_signals.startswith("By what is answered so far, plain Kubernetes is enough: ")
    assert open_signals.endswith("(28% likely; 41% hangs on signals that are still unknown).")
    assert ruled("kubernetes-is-enough", 0.35).endswith("a mesh pays from 5 (35% likely).")
    assert ruled("kubernetes-is-enough", 0.5).startswith("Plain Kubernetes is enough: ")
    assert ruled("undecided", None, undecided=0.6).startswith("Undecided: ")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", [o for o in get_args(Outcome) if o != "undecided"])
def test_every_outcome_can_be_unlikely(outcome: Outcome, language: str) -> None:
    ids = {f"heading.{outcome}{part}" for part in ("", ".open", ".so-far")}

    assert ids <= catalogue(language).keys()


LOOKED_INTO = "Of 19 incidents seen in the last 30 d, the calls of"
HELPED = "where a mesh could have helped"


@pytest.mark.parametrize(
    ("seen", "judged", "wire", "said"),
    [
        (
            *(19, 6, 2),
            f"{LOOKED_INTO} 6 could be looked into, and 2 of these lay between services, {HELPED};"
            " of the other 13 it is not known.",
        ),
        (
            *(19, 2, 0),
            f"{LOOKED_INTO} 2 could be looked into, and none of these showed a cause between"
            " services; of the other 17 it is not known.",
        ),
        (
            *(19, 1, 1),
            f"{LOOKED_INTO} one could be looked into, and it lay between services, {HELPED};"
            " of the other 18 it is not known.",
        ),
        (
            *(19, 1, 0),
            f"{LOOKED_INTO} one could be looked into, and showed no cause between services;"
            " of the other 18 it is not known.",
        ),
        (
            *(2, 2, 1),
            "The calls of all 2 incidents seen in the last 30 d could be looked into, and 1 of"
            f" these lay between services, {HELPED}.",
        ),
        (
            *(3, 3, 0),
            "The calls of all 3 incidents seen in the last 30 d could be looked into, and none of"
            " these showed a cause between services.",
        ),
        (1, 1, 1, f"The one incident seen in the last 30 d lay between services, {HELPED}."),
        (
            *(1, 1, 0),
            "The calls of the one incident seen in the last 30 d could be looked into, and showed"
            " no cause between services.",
        ),
    ],
)
def test_of_incidents_that_nobody_looked_into_nothing_is_said(
    seen: int, judged: int, wire: int, said: str
) -> None:
    assert of_incidents(Incidents(seen, judged, wire)) == said


def test_incidents_whose_calls_nobody_saw_are_not_said_to_lie_elsewhere() -> None:
    assert "nobody can say whether they were between services" in of_incidents(
        Incidents(7, 0, None)
    )


def test_incidents_between_services_are_listed_first_then_the_latest() -> None:
    kinds = [(i.blame and i.blame.kind, i.judged) for i in blamed_first(incidents().episodes)]

    assert kinds == [
        ("wire-latency", True),
        ("wire-errors", True),
        ("caller", True),
        ("callee", True),
        (None, True),
        (None, False),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_cause_has_its_words(language: str) -> None:
    wording = Wording(language)
    said = {wording.say(cause(incident)) for incident in incidents().episodes}

    assert len(said) == len(incidents().episodes)
    assert not any("label.blame" in words for words in said)


def test_an_incident_that_is_not_over_has_no_length() -> None:
    *_, going = incidents().episodes

    assert lasted(going, Wording("en")) == "not over"
    assert lasted(incidents().episodes[0], Wording("en")) == "42 min"


def test_what_the_count_of_incidents_rests_on_is_said() -> None:
    wording = Wording("en")

    assert [wording.say(said) for said in about_incidents(rich())][1:] == [
        "Alerting rules are known to have been evaluated for the last 20 d; what came before proves"
        " nothing.",
        "Left out, as they always fire or nobody need act on them: InfoInhibitor, Watchdog.",
    ]


@pytest.mark.parametrize("scenario", [istio_sidecars, istio_ambient, linkerd])
def test_where_a_mesh_is_there_nothing_is_said_to_be_worth_considering(
    scenario: Callable[[], Snapshot],
) -> None:
    assessment, wording = assess(scenario()), Wording("en")
    sheet = SHEET_FORMATS["markdown"](record.sheet(assessment, wording), wording, Look())
    reports = [REPORT_FORMATS[f](assessment, wording, Look()) for f in ("terminal", "markdown")]

    assert not [text for text in (sheet, *reports) if "considering" in text]
    assert assessment.verdict.outcome in ("consider", "undecided")


def test_a_chain_that_begins_behind_no_service_says_so() -> None:
    load = app("load", references=(calls("web"),))[:1]
    web = app("web", references=(calls("cart"),))
    snapshot = cluster(*load, *web, *app("cart"))
    said = [Wording("en").say(part) for part in shape(assess(snapshot))]
    without = cluster(*web, *app("cart"))

    assert said[1] == (
        "Longest chain, 2 calls, the first of them by shop/load, which is behind no Service, so"
        " that no user's request begins there: shop/load -> web -> cart"
    )
    assert Wording("en").say(shape(assess(without))[1]) == "Longest chain, 1 call: shop/web -> cart"

"""What the page's script works out by itself is what the program says."""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page

from mesh_probe.assessment import Assessment, assess
from mesh_probe.checklist import QUESTIONS
from mesh_probe.demo import demo_snapshot
from mesh_probe.drawing.looks import flow, width
from mesh_probe.formats.html.words import Words
from mesh_probe.headline import ruling
from mesh_probe.model import Declaration, Pod, Status
from mesh_probe.signals import SIGNALS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Message, Wording, duration, percent, rate, size
from mesh_probe.text.visible import visible
from mesh_probe.verdict import Verdict
from tests.builders import app, apps, calls, cluster, definition
from tests.formats.html.conftest import Opener

IDS = [*(question.id for question in QUESTIONS), *(signal.id for signal in SIGNALS)]
STATUSES: tuple[Status, ...] = ("yes", "no", "unknown")


def wished() -> Snapshot:
    """Few services, and somebody who wants a mesh all the same."""
    return cluster(*apps(2), definition("virtualservices.networking.istio.io"))


def plain() -> Snapshot:
    """A small shop without any wish."""
    return cluster(*apps(3), *app("web", references=(calls("app-0"), calls("app-1"))))


SNAPSHOTS = {"demo": demo_snapshot, "wished": wished, "plain": plain}


def assumptions(count: int) -> list[dict[str, Status]]:
    """All answers one by one, and some together."""
    rng = Random(7)
    single: list[dict[str, Status]] = [{rule: status} for rule in IDS for status in STATUSES]
    several: list[dict[str, Status]] = [
        {rule: rng.choice(STATUSES) for rule in rng.sample(IDS, rng.randint(2, 12))}
        for _ in range(count)
    ]
    needs: list[dict[str, Status]] = [dict.fromkeys(IDS[:7], status) for status in STATUSES]
    return [{}, *single, *needs, *several]


def told(verdict: Verdict) -> dict[str, Any]:
    return {
        "outcome": verdict.outcome,
        "yes": verdict.yes,
        "no": verdict.no,
        "unknown": verdict.unknown,
        "probability": verdict.probability,
        "distribution": list(verdict.yes_distribution),
        "outcomes": verdict.outcomes,
        "axes": dict(verdict.axes),
        "need": verdict.need.value,
        "readiness": verdict.readiness.value,
    }


VERDICTS = """changes => changes.map(each => {
  const v = meshProbe.verdictIf(each);
  const { outcome, yes, no, unknown, probability, distribution, outcomes, axes } = v;
  return { outcome, yes, no, unknown, probability, distribution, outcomes, axes,
    need: v.need.value, readiness: v.readiness.value };
})"""


@pytest.mark.parametrize("declared", [False, True], ids=["seen", "declared"])
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_switches_give_what_assume_gives(open_page: Opener, name: str, *, declared: bool) -> None:
    snapshot = SNAPSHOTS[name]()
    if declared:
        said = (Declaration("no-owner", "no"), Declaration("sla-spread", "yes", "two tiers"))
        snapshot = replaced(snapshot, said)
    page = open_page(assess(snapshot), wording=Wording("en"))
    cases = assumptions(60)
    found = page.evaluate(VERDICTS, cases)

    for case, verdict in zip(cases, found, strict=True):
        assert verdict == approximately(told(assess(snapshot, assumed=case).verdict)), case


def replaced(snapshot: Snapshot, said: tuple[Declaration, ...]) -> Snapshot:
    return msgspec.structs.replace(snapshot, declared=said)


def approximately(figures: dict[str, Any]) -> dict[str, Any]:
    """Equal up to the digits that the program rounds to."""
    return {
        key: pytest.approx(value, abs=1e-4) if key in ("distribution", "axes") else value
        for key, value in figures.items()
    }


def meshed() -> Snapshot:
    """Applications in Linkerd."""
    shop = cluster(*apps(12))
    pods = tuple(
        Pod(w.namespace, f"{w.name}-1", workload=f"{w.kind}/{w.name}", mesh="linkerd/sidecar")
        for w in shop.objects.workloads
    )
    objects = msgspec.structs.replace(shop.objects, pods=pods)
    return msgspec.structs.replace(shop, objects=objects)


@pytest.mark.parametrize("name", ["demo", "meshed"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_switches_word_the_outcome_as_a_report_does(
    open_page: Opener, name: str, language: str
) -> None:
    snapshot = {**SNAPSHOTS, "meshed": meshed}[name]()
    wording = Wording(language)
    page = open_page(assess(snapshot), wording=wording)

    for rule in IDS:
        for status in STATUSES:
            page.select_option(f"#switch-{rule}", status)
            said = wording.say(ruling(assess(snapshot, assumed={rule: status})))
            assert page.text_content("#if-outcome") == visible(said), (rule, status)
        page.click("#if-reset")


def test_switching_an_answer_shows_the_new_outcome(open_page: Opener) -> None:
    snapshot = demo_snapshot()
    page = open_page(assess(snapshot), wording=Wording("en"))
    before = page.inner_text("#if-outcome")
    page.select_option("#switch-no-owner", "yes")

    assert page.inner_text("#if-outcome") != before
    assert "Not now" in page.inner_text("#if-outcome")
    assert page.locator("#if-outcome.outcome-not-now").count() == 1
    assert "it was" in page.inner_text("#if-same")

    page.click("#if-reset")

    assert page.inner_text("#if-outcome") == before
    assert page.locator(".switches .changed").count() == 0


def figures() -> list[float]:
    rng = Random(3)
    drawn = [10 ** rng.uniform(-6, 6) for _ in range(3000)]
    return [0.0, 0.5, 1.0, 2.5, 0.125, 1.125, 0.0625, 99.5, 100.5, 99.95, 0.9995, 59.95, *drawn]


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_written_alike(open_page: Opener, language: str) -> None:
    page = open_page(assess(plain()), language, wording=Wording(language))
    numbers = figures()
    ratios = [number for number in numbers if number <= 1]

    assert written(page, "duration", numbers) == [duration(n, language) for n in numbers]
    assert written(page, "rate", numbers) == [rate(n) for n in numbers]
    assert written(page, "size", numbers) == [size(n) for n in numbers]
    assert written(page, "percent", ratios) == [percent(n) for n in ratios]


def written(page: Page, unit: str, numbers: Sequence[float]) -> list[str]:
    found: list[str] = page.evaluate(
        "([unit, numbers]) => numbers.map(meshProbe[unit])", [unit, numbers]
    )
    return found


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_is_said_alike(open_page: Opener, language: str) -> None:
    assessment = assess(demo_snapshot())
    wording = Wording(language)
    page = open_page(assessment, language, wording=wording)
    said = messages(assessment)
    packed, shapes = pack(said, wording)
    found = page.evaluate(
        """([packed, shapes]) => packed.map(([shape, ...values]) => {
          if (shape < 0) return values[meshProbe.languages.indexOf(document.documentElement.lang)];
          const [id, names] = shapes[shape];
          return meshProbe.text(id, Object.fromEntries(names.map((n, i) => [n, values[i]])));
        })""",
        [packed, shapes],
    )

    assert found == [wording.say(message).replace(" -> ", " → ") for message in said]


def messages(assessment: Assessment) -> list[Message]:
    answers = (*assessment.answers, *assessment.signals)
    pieces = [piece for answer in answers for piece in answer.evidence]
    pieces += [piece for edge in assessment.graph.edges.values() for piece in edge.evidence]
    return [
        *(answer.because for answer in answers),
        *(piece.fact for piece in pieces),
        *(finding.text for finding in assessment.findings),
    ]


def pack(said: Sequence[Message], wording: Wording) -> tuple[list[Any], list[Any]]:
    words = Words(wording)
    packed = [words.pack(message) for message in said]
    return packed, [[text_id, names] for text_id, names in words.shapes]


def test_what_lines_carry_is_summed_alike(open_page: Opener) -> None:
    assessment = assess(demo_snapshot())
    page = open_page(assessment, wording=Wording("en"))
    found = page.evaluate(
        """() => meshProbe.scene().lines.map(line => {
          const { calls, observed, rateRps, error, p99 } = meshProbe.flow(line.edges);
          return [line.edges.map(e => [meshProbe.nodes[e.client].id, meshProbe.nodes[e.server].id]),
                  [calls, observed, rateRps, error, p99], meshProbe.width(rateRps)];
        })"""
    )

    assert len(found) == assessment.graph.calls.number_of_edges()
    for pairs, carried, wide in found:
        expected = flow([assessment.graph.edges[client, server] for client, server in pairs])
        assert carried == [
            expected.calls,
            expected.observed,
            near(expected.rate_rps),
            near(expected.error_ratio),
            near(expected.p99_seconds),
        ]
        assert wide == width(expected.rate_rps)


def near(figure: float | None) -> Any:
    """Equal up to the digits that the page carries."""
    return None if figure is None else pytest.approx(figure, rel=1e-4)

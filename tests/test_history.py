"""The trend over many."""

import random

import pytest

from mesh_probe.history import PathTrend, StatusChange, step, trend
from mesh_probe.summary import Summary, summarize
from tests.formats.examples import EXAMPLES
from tests.past import judged, seen


def month() -> list[Summary]:
    """Thirty days in which a service joins every second day, and the way to `cart` slows down."""
    return [
        summarize(
            judged(
                number,
                *("web", "cart", *(f"app-{n}" for n in range(number // 2))),
                observed=[seen("web", "cart", p50=0.01 * (1 + number))],
            )
        )
        for number in range(30)
    ]


def test_a_month_of_daily_runs_gives_the_trend() -> None:
    points = month()

    history = trend(points)

    assert [point.services for point in history.points] == [2 + n // 2 for n in range(30)]
    turned = [change for s in history.steps for change in s.answers]
    assert StatusChange("service-count", "no", "yes") in turned
    (path,) = history.paths
    assert path.p99_seconds == pytest.approx([0.1 * (1 + n) for n in range(30)])


def test_the_order_of_reading_does_not_matter() -> None:
    points = month()
    mixed = list(points)
    random.Random(7).shuffle(mixed)

    assert trend(mixed) == trend(points)


def test_a_repeated_run_counts_once() -> None:
    points = month()[:3]

    assert trend([*points, *points]).points == tuple(points)


def test_nothing_is_no_trend() -> None:
    assert trend([]).points == ()
    assert trend([]).paths == ()


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_noteworthy_happened_between_equals(name: str) -> None:
    summary = summarize(EXAMPLES[name]())

    found = step(summary, summary)

    assert not found.noteworthy
    assert found.answers == ()


def test_a_new_finding_is_noteworthy_and_a_new_service_is_not() -> None:
    before = summarize(judged(0))
    more = summarize(judged(1, "web", "cart", "stock"))
    broken = summarize(judged(1, wants="nowhere.shop.svc.cluster.local"))

    assert not step(before, more).noteworthy
    assert step(before, broken).noteworthy
    assert [found.id for found in step(before, broken).findings_new] == ["unknown-service"]
    assert step(broken, before).findings_gone == step(before, broken).findings_new


def test_a_path_that_was_not_among_the_slowest_has_no_figure_then() -> None:
    points = [
        summarize(judged(0)),
        summarize(judged(1, observed=[seen("web", "cart")])),
    ]

    assert trend(points).paths == (PathTrend(("shop/web", "shop/cart"), (None, 0.1)),)

"""The trend over many."""

import random

import msgspec
import pytest

from mesh_probe.history import PathTrend, StatusChange, step, trend
from mesh_probe.sheets.history import sheet
from mesh_probe.summary import Summary, summarize
from mesh_probe.text import Wording
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


def test_blockers_have_a_trend_from_where_they_are_known() -> None:
    first, *others = (summarize(judged(number)) for number in range(4))
    counts: tuple[dict[str, int], ...] = ({"error": 4, "info": 9}, {"warning": 2}, {})
    points = [
        msgspec.structs.replace(first, blocker_counts=None),
        *(
            msgspec.structs.replace(point, blocker_counts=count)
            for point, count in zip(others, counts, strict=True)
        ),
    ]
    laid_out = sheet(trend(points), Wording("en"))
    curves, listed = (section.table for section in laid_out.sections[:2])

    assert curves is not None
    assert ("blockers", "4", "0", "·█▅▁") in curves.rows
    assert listed is not None
    assert [row[listed.head.index("label.blockers")] for row in listed.rows] == ["–", "4", "2", "0"]
    (curve,) = (curve for curve in laid_out.curves if curve.name == "label.blockers")
    assert (curve.values, curve.shown) == ((None, 4, 2, 0), ("–", "4", "2", "0"))


def test_a_history_of_before_there_were_blockers_draws_none() -> None:
    points = [
        msgspec.structs.replace(summarize(judged(number)), blocker_counts=None)
        for number in range(2)
    ]
    laid_out = sheet(trend(points), Wording("en"))

    assert "label.blockers" not in [curve.name for curve in laid_out.curves]

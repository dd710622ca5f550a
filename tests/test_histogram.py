import math
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.histogram import QUANTILES, asks, bucket_sums, join, latency, quantile
from mesh_probe.model import Latency
from mesh_probe.source import Window, folded
from tests.prometheus.history import AT, Series, backfill
from tests.prometheus.server import running
from tests.sources.figures import rounded

TEMPO = {0.1: 10.0, 0.2: 10.0, 0.4: 10.0, math.inf: 10.0}

BUCKETS = st.dictionaries(
    st.integers(1, 10**6).map(lambda thousandths: thousandths / 1000),
    st.floats(0.0, 1e6),
    min_size=1,
    max_size=8,
).flatmap(
    lambda shares: st.floats(0.0, 1e6).map(lambda rest: cumulative({**shares, math.inf: rest}))
)


def cumulative(shares: Mapping[float, float]) -> dict[float, float]:
    """Buckets from what falls between each bound and the one before."""
    total = 0.0
    buckets = {}
    for bound in sorted(shares):
        total += shares[bound]
        buckets[bound] = total
    return buckets


def test_a_quantile_is_interpolated_in_its_bucket() -> None:
    assert quantile(0.5, {1.0: 0.0, 2.0: 10.0, math.inf: 10.0}) == 1.5


def test_a_quantile_in_the_first_bucket_is_interpolated_from_zero() -> None:
    assert quantile(0.5, TEMPO) == 0.05


def test_a_quantile_beyond_the_last_bound_is_that_bound() -> None:
    assert quantile(0.99, {1.0: 5.0, 2.0: 6.0, math.inf: 10.0}) == 2.0


def test_a_first_bound_that_is_not_above_zero_is_the_quantile() -> None:
    assert quantile(0.5, {-1.0: 10.0, 1.0: 10.0, math.inf: 10.0}) == -1.0


@pytest.mark.parametrize(
    "buckets", [{}, {math.inf: 5.0}, {1.0: 5.0, 2.0: 5.0}, {1.0: 0.0, math.inf: 0.0}]
)
def test_without_observations_or_the_last_bucket_there_is_no_quantile(
    buckets: dict[float, float],
) -> None:
    assert (quantile(0.5, buckets), latency(buckets)) == (None, None)


def test_a_bucket_below_its_predecessor_is_lifted() -> None:
    assert quantile(0.5, {1.0: 10.0, 2.0: 9.0, math.inf: 10.0}) == 0.5


def test_quantiles_that_the_first_bucket_hides_are_at_most_its_bound() -> None:
    """Tempo's first bucket ends at 100 ms: interpolation would print 50 ms for any fast edge."""
    assert rounded(latency(TEMPO)) == Latency(0.1, 0.1, 0.1, 0.1, "low")


def test_quantiles_beyond_the_last_bound_are_at_least_that() -> None:
    assert rounded(latency({1.0: 0.0, 2.0: 9.0, math.inf: 10.0})) == Latency(
        1.555556, 2.0, 2.0, 2.0, "high"
    )


def test_quantiles_within_the_bounds_are_not_censored() -> None:
    found = latency({1.0: 0.0, 2.0: 10.0, math.inf: 10.0}, unit_seconds=0.5)

    assert found == Latency(0.75, 0.95, 0.975, 0.995, bounds=(0.5, 1.0), counts=(0.0, 10.0, 0.0))


def test_bounds_are_numbers_however_they_are_written() -> None:
    """Prometheus 3 writes 1.0 for what 2 wrote as 1."""
    rows = folded(({"le": le}, 2.0) for le in ("1", "1.0", "+Inf", "much"))

    assert bucket_sums(rows, lambda _: "all") == {"all": {1.0: 4.0, math.inf: 2.0}}


def test_ranges_of_victoria_metrics_become_buckets() -> None:
    rows = folded(
        [
            ({"vmrange": "1.000e-01...1.136e-01"}, 4.0),
            ({"vmrange": "2.000e-01...4.000e-01"}, 6.0),
        ]
    )

    assert bucket_sums(rows, lambda _: "all") == {
        "all": {0.1: 0.0, 0.1136: 4.0, 0.2: 4.0, 0.4: 10.0, math.inf: 10.0}
    }


def test_a_histogram_that_is_not_there_is_not_asked_for() -> None:
    assert asks("x_seconds", frozenset({"x_total"}), ("a",), Window(60, 60), "a") == ()


def test_a_native_histogram_is_asked_for_once_and_whole() -> None:
    asked = asks("x_seconds", frozenset({"x_seconds"}), ("a",), Window(60, 60), "a")

    assert [(ask.purpose, ask.promql, ask.buckets) for ask in asked] == [
        ("x_seconds", "sum by (a) (rate(x_seconds{$split}[60s]))", True)
    ]


def test_parts_of_an_edge_are_joined_by_their_buckets() -> None:
    whole = {0.1: 10.0, 0.2: 50.0, 0.4: 80.0, 0.8: 100.0, math.inf: 101.0}
    fast = {0.1: 10.0, 0.2: 50.0, 0.4: 50.0, 0.8: 50.0, math.inf: 50.0}
    slow = {0.1: 0.0, 0.2: 0.0, 0.4: 30.0, 0.8: 50.0, math.inf: 51.0}

    joined = join([found for found in (latency(fast), latency(slow)) if found])

    assert rounded(joined) == rounded(latency(whole))


def test_parts_whose_bounds_differ_are_joined_evenly() -> None:
    coarse, fine = (
        latency({1.0: 10.0, math.inf: 10.0}),
        latency({0.5: 0.0, 1.0: 10.0, math.inf: 10.0}),
    )
    assert coarse is not None
    assert fine is not None

    joined = join([coarse, fine])

    assert joined is not None
    assert joined.counts == (5.0, 15.0, 0.0)


def test_without_buckets_nothing_is_joined() -> None:
    assert join([Latency(1.0), Latency(2.0)]) is None


@given(BUCKETS)
def test_a_single_part_joined_is_itself(buckets: dict[float, float]) -> None:
    found = latency(buckets)
    if found is None:
        return
    again = join([found])

    assert again is not None
    assert again.p50_seconds == pytest.approx(found.p50_seconds, rel=1e-3)
    assert again.p99_seconds == pytest.approx(found.p99_seconds, rel=1e-3)


@given(BUCKETS)
def test_quantiles_grow(buckets: dict[float, float]) -> None:
    found = [quantile(q, buckets) for q in QUANTILES]
    known = [value for value in found if value is not None]

    assert known == sorted(known)


@pytest.fixture(scope="module")
def many_histograms() -> list[dict[float, float]]:
    """Shapes that meet every branch of the rule: empty, one-sided, gaps, everything beyond."""
    bounds = (0.005, 0.1, 1.0, 12.8)
    shares: list[tuple[float, ...]] = [
        (0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0),
        (0, 0, 0, 0, 1),
        (0, 1, 0, 0, 0),
        (5, 3, 1, 0.5, 0.5),
        (0, 0, 9, 0, 1),
        (1, 0, 0, 9, 0),
        (50, 40, 5, 4, 1),
        (0.25, 0.25, 0.25, 0.125, 0.125),
    ]
    return [cumulative(dict(zip((*bounds, math.inf), each, strict=True))) for each in shares]


def test_prometheus_itself_gives_the_same_quantiles(
    tmp_path: Path, many_histograms: list[dict[float, float]]
) -> None:
    backfill(
        tmp_path,
        [
            Series("x_bucket", {"n": str(n), "le": "+Inf" if le == math.inf else str(le)}, rate)
            for n, buckets in enumerate(many_histograms)
            for le, rate in buckets.items()
        ],
    )
    expected: dict[tuple[int, float], float] = {}
    sums: dict[int, Mapping[float, float]] = {}
    with running(tmp_path) as url:
        prometheus = Prometheus(url)
        until = time.monotonic() + 60
        rates = "sum by (n, le) (rate(x_bucket[1h]))"
        sums |= bucket_sums(
            prometheus.query(rates, AT, until, fold_buckets=True).samples,
            lambda labels: int(labels["n"]),
        )
        for q in QUANTILES:
            promql = f"histogram_quantile({q}, {rates})"
            for row in prometheus.query(promql, AT, until).samples:
                expected[int(row.labels["n"]), q] = row.value

    ours = {
        (n, q): value
        for n, buckets in sums.items()
        for q in QUANTILES
        if (value := quantile(q, buckets)) is not None
    }
    assert len(sums) == len(many_histograms)
    assert ours == pytest.approx(expected)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.anomaly import Judged, judge, usual
from mesh_probe.episodes import CallThen
from mesh_probe.model import Latency, ObservedCall, Peer

HOUR = 3600.0


def call(
    rate_rps: float | None = 10.0,
    error_ratio: float | None = None,
    p99_seconds: float | None = None,
    served_seconds: float | None = None,
) -> ObservedCall:
    return ObservedCall(
        "istio",
        Peer("web", "shop"),
        Peer("cart", "shop"),
        rate_rps=rate_rps,
        error_ratio=error_ratio,
        client_latency=None if p99_seconds is None else Latency(p99_seconds=p99_seconds),
        server_latency=None if served_seconds is None else Latency(p99_seconds=served_seconds),
    )


def judged(then: ObservedCall, before: ObservedCall | None, seconds: float = HOUR) -> Judged:
    return judge(CallThen(then, before, 0 if before is None else 7), seconds)


@pytest.mark.parametrize(
    ("then", "before", "bad"),
    [
        (0.05, 0.001, True),
        (0.05, 0.0, True),
        (0.05, 0.03, False),  # not three times as many
        (0.009, 0.001, False),  # less than a point more
        (1.0, 0.0, True),
        (0.001, 0.05, False),
        (1.0, 1.0, False),
    ],
)
def test_errors_that_grew_several_times_are_bad(then: float, before: float, bad: bool) -> None:
    assert judged(call(error_ratio=then), call(error_ratio=before)).errors is bad


def test_a_handful_of_errors_is_no_sign() -> None:
    """Nine errors among a hundred calls are below what a ratio can be trusted at."""
    assert judged(call(0.1, 0.09), call(0.1, 0.0), 1000).errors is False


def test_too_few_calls_are_not_judged() -> None:
    assert judged(call(0.01, 1.0), call(0.01, 0.0)) == Judged()


def test_a_call_that_was_never_seen_before_is_not_judged() -> None:
    assert judged(call(error_ratio=1.0), None) == Judged()


@pytest.mark.parametrize(
    ("then", "before", "bad"),
    [(0.5, 0.1, True), (0.15, 0.1, False), (0.03, 0.012, False), (0.1, 0.5, False)],
)
def test_a_tail_that_is_twice_as_long_and_felt_is_bad(
    then: float, before: float, bad: bool
) -> None:
    assert judged(call(p99_seconds=then), call(p99_seconds=before)).slow is bad


def test_both_sides_of_a_call_are_judged_apart() -> None:
    found = judged(call(10.0, 0.0, 2.0, 0.1), call(10.0, 0.0, 0.2, 0.1))

    assert found == Judged(errors=False, slow=True, server_slow=False)
    assert found.badly
    assert found.known


def test_beyond_the_last_bucket_nobody_knows_how_slow_it_was() -> None:
    cut = Latency(p99_seconds=10.0, censored="high")
    before = ObservedCall("istio", Peer(), Peer(), rate_rps=10.0, client_latency=cut)

    assert judged(call(p99_seconds=10.0), before).slow is None


def test_the_p95_is_compared_where_the_p99_is_missing() -> None:
    def p95(seconds: float) -> ObservedCall:
        latency = Latency(p95_seconds=seconds)
        return ObservedCall("x", Peer(), Peer(), rate_rps=10.0, client_latency=latency)

    assert judged(p95(1.0), p95(0.1)).slow is True


def test_what_nobody_measured_is_unknown() -> None:
    assert judged(call(), call()) == Judged()
    assert not judged(call(), call()).known


def test_usual_is_the_median_of_the_days_that_have_a_figure() -> None:
    days = [call(10.0, 0.0, 0.1), call(30.0, 0.5, None), call(20.0, None, 0.3)]

    assert usual(days) == call(20.0, 0.25, 0.2)
    assert usual([]) is None


def test_one_bad_day_does_not_change_what_is_usual() -> None:
    assert usual([call(error_ratio=ratio) for ratio in (0.0, 0.01, 0.9)]) == call(error_ratio=0.01)


@given(st.floats(0, 1), st.floats(0.1, 1000), st.floats(0.001, 10))
def test_nothing_is_worse_than_itself(errors: float, rate_rps: float, seconds: float) -> None:
    same = call(rate_rps, errors, seconds, seconds)

    assert not judged(same, same).badly


@given(st.floats(0, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_more_errors_are_never_better(before: float, one: float, other: float) -> None:
    less, more = sorted((one, other))

    assert judged(call(error_ratio=less), call(error_ratio=before)).errors in (
        False,
        judged(call(error_ratio=more), call(error_ratio=before)).errors,
    )

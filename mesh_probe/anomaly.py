"""Whether a call went badly, measured by how it goes on other days.

The rules are our own: an error ratio or a tail that is several times the usual one, by more than
noise could make it. What there were too few calls of is not judged.
"""

import math
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

from msgspec.structs import replace

from mesh_probe.episodes import CallThen
from mesh_probe.model import Latency, ObservedCall

FEWEST_CALLS = 100
FEWEST_ERRORS = 10
"""Calls, and failed ones, in the time that is judged."""

ERRORS_TIMES = 3.0
ERRORS_ABOVE = 0.01
"""Share of all calls by which the ratio must have grown at least."""
SURE_FROM = 3.0
"""Standard deviations that two proportions must be apart."""

LATENCY_TIMES = 2.0
LATENCY_ABOVE_SECONDS = 0.02


class Judged(NamedTuple):
    """What went badly; None where it cannot be told."""

    errors: bool | None = None
    """As the client sees it, or whoever counts."""
    server_errors: bool | None = None
    """As the server's side counts them."""
    wire_errors: bool | None = None
    """Calls that failed on the way."""
    slow: bool | None = None
    """As the client waits."""
    server_slow: bool | None = None
    """As the server works."""

    @property
    def badly(self) -> bool:
        """Whether anything of it did."""
        return any(self)

    @property
    def known(self) -> bool:
        """Whether anything of it can be told."""
        return any(part is not None for part in self)


def judge(call: CallThen, seconds: float) -> Judged:
    """How a call went over some seconds, beside the usual."""
    then, usual = call.then, call.usual
    if usual is None or then.rate_rps is None or then.rate_rps * seconds < FEWEST_CALLS:
        return Judged()
    now = then.rate_rps * seconds
    before = (usual.rate_rps or 0.0) * seconds * call.usual_days
    return Judged(
        errors=_grown(then.error_ratio, usual.error_ratio, now, before),
        server_errors=_grown(then.server_error_ratio, usual.server_error_ratio, now, before),
        wire_errors=_grown(then.wire_error_ratio, usual.wire_error_ratio, now, before),
        slow=_slower(then.client_latency, usual.client_latency),
        server_slow=_slower(then.server_latency, usual.server_latency),
    )


def _grown(then: float | None, usual: float | None, now: float, before: float) -> bool | None:
    """Whether errors are several times as frequent as usual, and not by chance."""
    if then is None or usual is None or not before:
        return None
    if then * now < FEWEST_ERRORS or then < ERRORS_TIMES * usual or then - usual < ERRORS_ABOVE:
        return False
    pooled = (then * now + usual * before) / (now + before)
    deviation = math.sqrt(pooled * (1 - pooled) * (1 / now + 1 / before))
    return deviation == 0 or (then - usual) / deviation > SURE_FROM


def _slower(then: Latency | None, usual: Latency | None) -> bool | None:
    """Whether the tail is several times as long as usual.

    Where both lie beyond the last bucket nobody knows.
    """
    if then is None or usual is None or usual.censored == "high":
        return None
    now, before = tail(then, usual)
    if now is None or before is None:
        return None
    return now > LATENCY_TIMES * before and now - before > LATENCY_ABOVE_SECONDS


def tail(then: Latency, usual: Latency) -> tuple[float | None, float | None]:
    """The p99 of both, or the p95 where that is not known of both."""
    if then.p99_seconds is None or usual.p99_seconds is None:
        return then.p95_seconds, usual.p95_seconds
    return then.p99_seconds, usual.p99_seconds


def usual(days: Sequence[ObservedCall]) -> ObservedCall | None:
    """How a call goes on most of some days: each figure's median over the days that have it."""
    if not days:
        return None
    return replace(
        days[0],
        rate_rps=_median([day.rate_rps for day in days]),
        error_ratio=_median([day.error_ratio for day in days]),
        server_error_ratio=_median([day.server_error_ratio for day in days]),
        wire_error_ratio=_median([day.wire_error_ratio for day in days]),
        client_latency=_latency([day.client_latency for day in days]),
        server_latency=_latency([day.server_latency for day in days]),
    )


def _median(figures: Sequence[float | None]) -> float | None:
    known = [figure for figure in figures if figure is not None]
    return median(known) if known else None


def _latency(days: Sequence[Latency | None]) -> Latency | None:
    known = [day for day in days if day is not None]
    if not known:
        return None
    return Latency(
        p50_seconds=_median([day.p50_seconds for day in known]),
        p90_seconds=_median([day.p90_seconds for day in known]),
        p95_seconds=_median([day.p95_seconds for day in known]),
        p99_seconds=_median([day.p99_seconds for day in known]),
        censored="high" if any(day.censored == "high" for day in known) else None,
    )

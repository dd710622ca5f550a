"""Latency from Prometheus histograms, in each of the forms that they are stored in.

The buckets are fetched once and all quantiles are computed here by Prometheus's own rule: asking
for each quantile would make it read the same buckets every time. They stay with the quantiles, so
that parts of one edge (pods, Services, versions) can be joined when it is known that they are one.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import Literal, TypeVar

from mesh_probe.model import Latency
from mesh_probe.source import Ask, Sample, Window, rate_by, size_by

QUANTILES = (0.5, 0.9, 0.95, 0.99)

Buckets = Mapping[float, float]
"""Observations per second (or their number) at or below each upper bound; the last is infinite."""


def quantile(q: float, buckets: Buckets) -> float | None:
    """The quantile as `histogram_quantile` gives it; None where that is NaN.

    https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
    """
    bounds = sorted(buckets)
    if len(bounds) < 2 or bounds[-1] != math.inf:  # noqa: PLR2004  # one bucket says nothing
        return None
    counts: list[float] = []
    for bound in bounds:
        # Scrapes and sums of floats can leave a bucket below its predecessor.
        counts.append(max(buckets[bound], counts[-1] if counts else 0.0))
    if counts[-1] <= 0:
        return None
    rank = q * counts[-1]
    at = next(i for i, count in enumerate(counts) if count >= rank or i == len(counts) - 1)
    if bounds[at] == math.inf:
        return bounds[-2]
    if at == 0 and bounds[0] <= 0:
        return bounds[0]
    low, below = (bounds[at - 1], counts[at - 1]) if at else (0.0, 0.0)
    return low + (bounds[at] - low) * (rank - below) / (counts[at] - below)


def latency(buckets: Buckets, unit_seconds: float = 1.0) -> Latency | None:
    """The quantiles in seconds, and whether the outermost buckets hide them.

    Where p50 lies in the first bucket, interpolating from 0 would print half of a bound that may be
    far too coarse (Tempo's first bucket ends at 100 ms), so every quantile in there is the bound.
    """
    found = [quantile(q, buckets) for q in QUANTILES]
    p50, p90, p95, p99 = found
    if p50 is None or p90 is None or p95 is None or p99 is None:
        return None
    finite = sorted(bound for bound in buckets if bound != math.inf)
    hidden: Literal["low", "high"] | None = None
    if p50 < finite[0] or math.isclose(p50, finite[0]):
        hidden = "low"
    if _overflows(0.99, buckets):
        hidden = "high"
    p50, p90, p95, p99 = (max(value, finite[0]) * unit_seconds for value in (p50, p90, p95, p99))
    bounds, counts = _kept(buckets)
    kept = tuple(float(f"{bound * unit_seconds:.12g}") for bound in bounds)
    return Latency(p50, p90, p95, p99, hidden, kept, counts)


def _kept(buckets: Buckets) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The finite bounds and what falls into each bucket, without the empty ones at both ends."""
    finite = sorted(bound for bound in buckets if bound != math.inf)
    below, counts = 0.0, []
    for bound in (*finite, math.inf):
        counts.append(float(f"{max(buckets[bound] - below, 0.0):.6g}"))
        below = max(below, buckets[bound])
    filled = [at for at, count in enumerate(counts) if count]
    first, last = max(filled[0] - 1, 0), min(filled[-1], len(finite) - 1)
    return tuple(finite[first : last + 1]), (*counts[first : last + 1], counts[-1])


def join(parts: Sequence[Latency]) -> Latency | None:
    """The latency of several parts of one edge together; None where their buckets were not kept.

    Where one part has a bound inside another's bucket, that bucket is taken to be filled evenly.
    """
    if not parts or not all(part.bounds for part in parts):
        return None
    bounds = sorted({bound for part in parts for bound in part.bounds})
    joined = {bound: math.fsum(_below(bound, part) for part in parts) for bound in bounds}
    joined[math.inf] = math.fsum(count for part in parts for count in part.counts)
    return latency(joined)


def _below(bound: float, part: Latency) -> float:
    """Observations of a part at or below a bound, which need not be one of its own."""
    low, below = 0.0, 0.0
    for upper, count in zip(part.bounds, part.counts, strict=False):
        if bound < upper:
            return below + count * max(bound - low, 0.0) / (upper - low)
        low, below = upper, below + count
    return below


def _overflows(q: float, buckets: Buckets) -> bool:
    finite = [count for bound, count in buckets.items() if bound != math.inf]
    return max(finite) < q * buckets[math.inf]


_BUCKETS_OF_A_HISTOGRAM = 20
"""Istio's and the clients' default bucket lists have 11 to 20 bounds."""

Key = TypeVar("Key", bound=Hashable)


def asks(
    metric: str,
    names: frozenset[str],
    labels: Sequence[str],
    window: Window,
    split_by: str,
    *,
    matchers: str = "",
) -> tuple[Ask, ...]:
    """The query for a histogram in the form that the names show, with its name as their purpose.

    None if it is not there. A native one brings its buckets, and its count, in one row.
    """
    size = sizes(metric, names, split_by, window, matchers)
    if f"{metric}_bucket" in names:
        # VictoriaMetrics keeps native histograms as buckets with `vmrange` in place of `le`.
        promql = rate_by(("le", "vmrange", *labels), f"{metric}_bucket", window, matchers)
        return (Ask(metric, promql, split_by, size, buckets=True),)
    if metric in names:
        promql = rate_by(labels, metric, window, matchers)
        return (Ask(metric, promql, split_by, size, buckets=True),)
    return ()


def sizes(
    metric: str, names: frozenset[str], split_by: str, window: Window, matchers: str = ""
) -> str:
    """The query for how many series a histogram has by a label."""
    counter = f"{metric}_count" if f"{metric}_bucket" in names else metric
    return size_by(split_by, counter, window, _BUCKETS_OF_A_HISTOGRAM, matchers)


def latencies(
    answers: Mapping[str, Sequence[Sample]],
    metric: str,
    key: Callable[[Mapping[str, str]], Key | None],
    unit_seconds: float = 1.0,
) -> dict[Key, Latency]:
    """Latency by a key of the rows' labels, from the answers to `asks`.

    Buckets of rows with the same key are added up.
    """
    sums = bucket_sums(answers.get(metric, ()), key)
    return {group: found for group, of in sums.items() if (found := latency(of, unit_seconds))}


def bucket_sums(
    samples: Iterable[Sample], key: Callable[[Mapping[str, str]], Key | None]
) -> dict[Key, Buckets]:
    """The buckets of folded samples, cumulative, added up by a key; where it is None, left out."""
    cumulative: dict[Key, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    ranges: dict[Key, list[tuple[float, float, float]]] = defaultdict(list)
    for sample in samples:
        group = key(sample.labels)
        if group is None:
            continue
        for bound, value in (sample.buckets or {}).items():
            match [_number(text) for text in bound.split("...")]:
                case [float(low), float(high)]:
                    ranges[group].append((max(low, 0.0), high, value))
                case [float(upper)]:
                    cumulative[group][upper].append(value)
    # `fsum` because a sum must not depend on the order in which a server sends its rows.
    classic: dict[Key, Buckets] = {
        group: {bound: math.fsum(counts) for bound, counts in bounds.items()}
        for group, bounds in cumulative.items()
    }
    return {group: _accumulate(found) for group, found in ranges.items()} | classic


def _accumulate(ranges: Iterable[tuple[float, float, float]]) -> Buckets:
    """Cumulative buckets from counts between two bounds, as VictoriaMetrics keeps them.

    https://docs.victoriametrics.com/victoriametrics/keyconcepts/#histogram
    """
    edges: dict[float, list[float]] = defaultdict(list)
    for low, high, count in ranges:
        edges[low].append(0.0)
        edges[high].append(count)
    edges[math.inf].append(0.0)
    buckets: dict[float, float] = {}
    counts: list[float] = []
    for bound in sorted(edges):
        counts.extend(edges[bound])
        buckets[bound] = math.fsum(counts)
    return buckets


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def largest_bound(samples: Iterable[Sample]) -> float:
    """The largest finite upper bound of folded samples; 0 without any."""
    bounds = {bound for sample in samples for bound in sample.buckets or ()}
    numbers = (_number(bound) or 0.0 for bound in bounds)
    return max((number for number in numbers if number != math.inf), default=0.0)

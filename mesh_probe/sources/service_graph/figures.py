"""Figures of edges from the metrics of one name prefix: rate, errors, latency."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mesh_probe import histogram
from mesh_probe.model import Gap, Latency, ObservedCall
from mesh_probe.source import Sample
from mesh_probe.sources.service_graph.pairs import EITHER, SIDES, Pair, by_pair, pair_of
from mesh_probe.text import message

_PROTOCOLS = {"database": "db", "messaging_system": "messaging"}
_SAME_RATE = 0.1
"""Two rates that differ by less than this share are the same one, counted twice."""
_FEWEST_TO_JUDGE = 3
"""Edges that it takes to say that a Collector has swapped the two sides of its latency."""
_MILLISECONDS_FROM = 1000.0
"""No emitter's seconds go so far, and the Collector's milliseconds end at 15000."""


class Family(NamedTuple):
    """What the metrics of one name prefix say."""

    calls: list[tuple[Pair, ObservedCall]]
    gaps: list[Gap]


def family_of(stem: str, answers: Mapping[str, Sequence[Sample]]) -> Family:
    """The calls of the metrics whose names begin with a stem."""
    totals = by_pair(answers.get(f"{stem}total", ()))
    failed = by_pair(answers[f"{stem}failed_total"]) if f"{stem}failed_total" in answers else None
    latencies = {side: _latencies(f"{stem}{side}_seconds", answers) for side in (*SIDES, EITHER)}
    swapped = _swapped(latencies, [pair for pair, rows in totals.items() if _collectors(rows)])

    calls: list[tuple[Pair, ObservedCall]] = []
    seen = by_pair(row for end in ("seen", "relations") for row in answers.get(f"{stem}{end}", ()))
    for pair in totals | seen:
        failures = None if failed is None else _sum(failed.get(pair, ()))
        rate_rps, error_ratio = _rate(totals[pair], failures) if pair in totals else (None, None)
        client, server = reversed(SIDES) if swapped and not pair.kernel else SIDES
        sides = _sides(pair)
        calls.append(
            (
                pair,
                ObservedCall(
                    source="service-graph",
                    client=pair.client,
                    server=pair.server,
                    protocol=_PROTOCOLS.get(pair.connection),
                    rate_rps=rate_rps,
                    error_ratio=error_ratio,
                    client_latency=latencies[client].get(pair, latencies[EITHER].get(pair))
                    if "client" in sides
                    else None,
                    server_latency=latencies[server].get(pair) if "server" in sides else None,
                    sampled=not pair.kernel,
                ),
            )
        )
    return Family(calls, [_swapped_gap()] if swapped else [])


def _sum(rows: Iterable[Sample]) -> float:
    return math.fsum(row.value for row in rows)


def _rate(rows: Sequence[Sample], failures: float | None) -> tuple[float, float | None]:
    """Calls per second and their error ratio.

    Collectors before April 2024 put the count of all calls on both values of the label `failed`:
    https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/32018
    """
    bad, good = (
        _sum(row for row in rows if row.labels.get("failed") == value)
        for value in ("true", "false")
    )
    unlabelled = _sum(row for row in rows if "failed" not in row.labels)
    twice = (
        failures is not None
        and bad > 0
        and math.isclose(bad, good, rel_tol=_SAME_RATE)
        and failures < bad / 2
    )
    rate_rps = max(unlabelled, max(bad, good) if twice else bad + good)
    if failures is None or rate_rps <= 0:
        return rate_rps, None
    return rate_rps, min(1.0, failures / rate_rps)


def _sides(pair: Pair) -> Sequence[str]:
    """Which of its two histograms tell an edge's latency.

    Emitters that pair spans record 0 seconds for a side that they did not see.
    """
    if pair.kernel:
        return SIDES
    if pair.connection == "messaging_system":
        return ()
    if pair.connection == "database" or pair.virtual == "server":
        return ("client",)
    return ("server",) if pair.virtual == "client" else SIDES


def _latencies(metric: str, answers: Mapping[str, Sequence[Sample]]) -> Mapping[Pair, Latency]:
    longest = histogram.largest_bound(answers.get(metric, ()))
    # A Collector's feature gate keeps milliseconds under the name of seconds.
    unit_seconds = 0.001 if longest >= _MILLISECONDS_FROM else 1.0
    return histogram.latencies(answers, metric, pair_of, unit_seconds)


def _swapped(latencies: Mapping[str, Mapping[Pair, Latency]], collector: Iterable[Pair]) -> bool:
    """Whether clients seem to wait for less time than their servers work.

    Collectors before the summer of 2024 swapped the two, and no label shows it:
    https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/32689
    """
    medians = [
        (latencies["client"][pair].p50_seconds or 0.0, latencies["server"][pair].p50_seconds or 0.0)
        for pair in collector
        if not pair.connection
        and not pair.virtual
        and not pair.kernel
        and all(pair in latencies[side] for side in SIDES)
    ]
    earlier = sum(client < server for client, server in medians)
    return len(medians) >= _FEWEST_TO_JUDGE and earlier > len(medians) / 2


def _collectors(rows: Iterable[Sample]) -> bool:
    return any("failed" in row.labels for row in rows)


def _swapped_gap() -> Gap:
    return Gap(
        "service-graph",
        message("gap.service-graph-swapped"),
        message("hint.service-graph-swapped"),
    )

"""Istio's standard metrics, from sidecars, gateways, waypoints and ztunnels.

https://istio.io/latest/docs/reference/config/metrics/

A request is reported by each proxy that it passes, so the `reporter` label decides: the client's
proxy sees failures that never reach the server, a waypoint comes next, the server's proxy last.
Only the server's proxy and ztunnel know whether the connection was encrypted.
"""

from collections.abc import Mapping, Sequence

from mesh_probe import histogram
from mesh_probe.model import Gap
from mesh_probe.source import Ask, Reading, Sample, Source, Window, presence, rate_by, size_by
from mesh_probe.sources.istio.figures import (
    CODES,
    DURATIONS,
    FLAGS,
    POLICY,
    REPORTERS,
    counted,
    encrypted,
    latencies_of,
    uncounted,
)
from mesh_probe.sources.istio.peers import LABELS, Row, at_home, homes_of, pair_of, place_of, row_of
from mesh_probe.text import message

_REQUESTS = "istio_requests_total"
_CONNECTIONS = "istio_tcp_connections_opened_total"
_SPLIT_BY = "destination_workload_namespace"


def _asks(names: frozenset[str], window: Window) -> Sequence[Ask]:
    asks: list[Ask] = []
    if _REQUESTS in names:
        asks += _rate("requests", (*LABELS, *CODES, FLAGS, POLICY), _REQUESTS, window)
        asks += presence("requests-seen", LABELS, _REQUESTS, window, _SPLIT_BY)
    for metric in DURATIONS:
        asks += histogram.asks(metric, names, LABELS, window, _SPLIT_BY)
    if _CONNECTIONS in names:
        asks += _rate("connections", (*LABELS, POLICY), _CONNECTIONS, window)
        asks += presence("connections-seen", (*LABELS, POLICY), _CONNECTIONS, window, _SPLIT_BY)
    return asks


def _rate(purpose: str, labels: Sequence[str], metric: str, window: Window) -> tuple[Ask]:
    sizes = size_by(_SPLIT_BY, metric, window)
    return (Ask(purpose, rate_by(labels, metric, window), _SPLIT_BY, sizes),)


def _read(answers: Mapping[str, Sequence[Sample]]) -> Reading:
    """Requests with rates and latency; connections, and calls seen before the window, without.

    A call whose counter stood still in the window has a rate of 0. One that had no two samples in
    the window has none: nothing was measured.
    """
    unnamed = 0
    rows: dict[str, list[Row]] = {}
    for purpose in ("requests", "requests-seen", "connections", "connections-seen"):
        found = [row_of(s.labels, s.value) for s in answers.get(purpose, ())]
        unnamed += found.count(None)
        rows[purpose] = [row for row in found if row]
    homes = homes_of([row for found in rows.values() for row in found])
    rows = {purpose: [at_home(row, homes) for row in found] for purpose, found in rows.items()}
    # Presence says nothing of the window; without a reporter nobody knows what is counted twice.
    requests = [row for row in rows["requests"] if row.reporter in REPORTERS]
    twice = [row for row in rows["requests"] if row.reporter not in REPORTERS]
    seen, connections_seen = (
        [row._replace(value=0.0) for row in found]
        for found in ([*rows["requests-seen"], *twice], rows["connections-seen"])
    )
    connections = [*rows["connections"], *connections_seen]

    mtls = encrypted([*requests, *connections])
    calls = counted(requests, latencies_of(answers, homes), mtls)
    there = {(call.client, place_of(call.server)) for call in calls}
    calls += uncounted([row for row in seen if pair_of(row) not in there], mtls)
    # Where requests are seen, ztunnel's connections are the same calls one layer below.
    there = {(call.client, place_of(call.server)) for call in calls}
    calls += uncounted([row for row in connections if pair_of(row) not in there], mtls, "tcp")
    return Reading(
        calls=tuple(sorted(calls, key=repr)),
        gaps=(_unnamed_gap(unnamed),) if unnamed else (),
        moved=any(row.value > 0 for row in (*rows["requests"], *rows["connections"])),
    )


def _unnamed_gap(rows: int) -> Gap:
    return Gap(
        "istio",
        message("gap.istio-labels-missing", rows=rows),
        message("hint.istio-labels-missing"),
    )


SOURCE = Source(
    id="istio",
    metrics=(
        _REQUESTS,
        "istio_request_duration_(milli)?seconds(_bucket)?",
        _CONNECTIONS,
    ),
    tier="mesh",
    asks=_asks,
    read=_read,
)

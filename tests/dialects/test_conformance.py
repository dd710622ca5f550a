"""Every source tells the shop's calls, and no other, on a real Prometheus."""

import bisect
import time
from collections.abc import Iterator, Mapping, Sequence

import pytest

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import TelemetryRead, read_telemetry
from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.build import build
from mesh_probe.model import Edge
from mesh_probe.snapshot import Snapshot
from mesh_probe.source import Window
from tests.dialects.dialect import Dialect
from tests.dialects.series import backfill, day
from tests.dialects.truth import CALLS, ENTRIES, GATEWAY_ENTRIES, Call, Entry, objects
from tests.dialects.writers import DIALECTS
from tests.prometheus.server import running

WINDOW = Window(900, 1800)
NEVER_COMPACT = ("--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h")
WITHIN = 0.02

FIRST_OF_EACH = {
    dialect.source: dialect for dialect in reversed(DIALECTS) if dialect.truth != GATEWAY_ENTRIES
}
TOGETHER = [series for dialect in FIRST_OF_EACH.values() for series in dialect.series]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    data = tmp_path_factory.mktemp("dialects")
    backfill(data, [*(dialect.series for dialect in DIALECTS), TOGETHER])
    with running(data, *NEVER_COMPACT) as url:
        yield Prometheus(url)


def read(prometheus: Prometheus, number: int) -> TelemetryRead:
    return read_telemetry(
        [prometheus],
        WINDOW,
        day(number),
        deadline=time.monotonic() + 120,
        progress=lambda _: None,
    )


def edges_of(
    found: TelemetryRead, number: int, entries: Sequence[Entry] = ENTRIES
) -> Mapping[tuple[str, str], Edge]:
    snapshot = Snapshot(
        taken_at=day(number),
        tool_version="0",
        window_seconds=WINDOW.rate_seconds,
        lookback_seconds=WINDOW.lookback_seconds,
        objects=objects(entries),
        telemetry=found.telemetry,
    )
    return {pair: edge for pair, edge in build(snapshot).edges.items() if edge.observed}


def in_bucket(seconds: float | None, truth_ms: float, bounds_ms: Sequence[float]) -> bool:
    """Whether a quantile is in the bucket that the true one falls into."""
    at = bisect.bisect_left(bounds_ms, truth_ms)
    low = bounds_ms[at - 1] if at else 0.0
    high = bounds_ms[at] if at < len(bounds_ms) else bounds_ms[-1]
    return (
        seconds is not None and low <= seconds * 1000 * 1.0001 and seconds * 1000 <= high * 1.0001
    )


@pytest.mark.parametrize("number", range(len(DIALECTS)), ids=[d.name for d in DIALECTS])
def test_a_source_tells_every_edge_and_no_other(prometheus: Prometheus, number: int) -> None:
    dialect = DIALECTS[number]
    found = read(prometheus, number)
    entries = [each for each in dialect.truth if isinstance(each, Entry)]
    edges = edges_of(found, number, entries or ENTRIES)

    states = {r.source: r.state for r in found.telemetry.sources if r.state != "absent"}
    assert states == {dialect.source: "read"}, found.gaps
    told = [call for call in dialect.truth if call.pair not in dialect.unsure]
    assert set(edges) == {call.pair for call in told} | dialect.unsure
    assert all(edges[pair].confidence < COUNTS_FROM for pair in dialect.unsure)
    for call in told:
        check(edges[call.pair], dialect, call)


def check(edge: Edge, dialect: Dialect, call: Call | Entry) -> None:
    """The edge's figures are those of the truth, as far as the dialect tells them."""
    assert edge.sources == (dialect.source,)
    assert edge.confidence >= COUNTS_FROM
    if not dialect.rates:
        assert edge.rate_rps is None
        return
    assert edge.rate_rps == pytest.approx(call.rate_rps, rel=WITHIN)
    assert edge.error_ratio == pytest.approx(call.error_ratio, rel=WITHIN, abs=1e-9)
    assert edge.sampled is dialect.sampled
    if not dialect.bounds_ms:
        assert edge.latency is None
        return
    latency = edge.latency
    assert latency is not None
    for q, seconds in (
        (0.5, latency.p50_seconds),
        (0.95, latency.p95_seconds),
        (0.99, latency.p99_seconds),
    ):
        assert in_bucket(seconds, call.waited.quantile_ms(q), dialect.bounds_ms), (q, latency)


def test_all_sources_at_once_give_one_graph(prometheus: Prometheus) -> None:
    number = len(DIALECTS)
    found = read(prometheus, number)
    edges = edges_of(found, number)

    states = {r.source: r.state for r in found.telemetry.sources if r.state != "absent"}
    assert states == dict.fromkeys(FIRST_OF_EACH, "read")
    assert sorted(edges) == sorted(call.pair for call in (*CALLS, *ENTRIES))
    for call in CALLS:
        edge = edges[call.pair]
        assert edge.rate_rps == pytest.approx(call.rate_rps, rel=WITHIN)
        assert edge.error_ratio == pytest.approx(call.error_ratio, rel=WITHIN, abs=1e-9)
        assert edge.sources[0] == "istio"
        assert edge.sampled is False
        assert len(edge.sources) == len([d for d in FIRST_OF_EACH.values() if d.truth is CALLS])
    for entry in ENTRIES:
        assert edges[entry.pair].rate_rps == pytest.approx(entry.rate_rps, rel=WITHIN)

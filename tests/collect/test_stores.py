"""One history, one reading, whichever store keeps it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import TelemetryRead, read_telemetry
from mesh_probe.model import Latency, ObservedCall, Peer
from mesh_probe.source import Window
from tests.prometheus.edges import graph_edge, istio_edge
from tests.prometheus.history import AT, HOUR, Lines, Series
from tests.prometheus.stores import STORES, holding
from tests.sources.figures import rounded

SHOP: list[Lines] = [
    *istio_edge("shop/web", "shop/cart", 10.0, error_ratio=0.1),
    *istio_edge("shop/cart", "stock/prices", 4.0),
    *istio_edge("shop/web", "shop/old", 1.0, from_hours=20, to_hours=7),
    *graph_edge("web", "mail", 2.0, error_ratio=0.25),
    *graph_edge("jobs", "mail", 0.0),
]


def read(url: str, at: datetime = AT) -> TelemetryRead:
    return read_telemetry(
        [Prometheus(url)],
        Window(3600, 86_400),
        at,
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )


def figures(found: TelemetryRead) -> list[ObservedCall]:
    """With figures to compare, and without how a histogram's parts are kept."""

    def plain(latency: Latency | None) -> Latency | None:
        return rounded(latency and replace(latency, bounds=(), counts=()))

    return [
        replace(
            call,
            rate_rps=None if call.rate_rps is None else round(call.rate_rps, 6),
            error_ratio=None if call.error_ratio is None else round(call.error_ratio, 6),
            server_error_ratio=None
            if call.server_error_ratio is None
            else round(call.server_error_ratio, 6),
            client_latency=plain(call.client_latency),
            server_latency=plain(call.server_latency),
        )
        for call in found.telemetry.calls
    ]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelemetryRead]:
    with holding("prometheus", tmp_path_factory.mktemp("reference"), SHOP) as url:
        yield read(url)


@pytest.mark.parametrize("store", STORES)
def test_calls_and_figures_do_not_hang_on_the_store(
    store: str, reference: TelemetryRead, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with holding(store, tmp_path_factory.mktemp(store), SHOP) as url:
        found = read(url)

    assert figures(found) == figures(reference)
    assert {(r.source, r.state) for r in found.telemetry.sources} == {
        (r.source, r.state) for r in reference.telemetry.sources
    }
    assert [gap.reason.id for gap in found.gaps] == [gap.reason.id for gap in reference.gaps]
    assert len(found.telemetry.calls) == 5


def test_ranges_of_values_in_place_of_bounds_give_the_same_latency(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """VictoriaMetrics keeps its own and OpenTelemetry's histograms so."""
    stem = "traces_service_graph_request"
    names = {"client": "web", "server": "cart"}
    series: list[Lines] = [
        Series(f"{stem}_total", names, 10.0),
        *(
            Series(f"{stem}_{side}_seconds_bucket", {**names, "vmrange": bounds}, rate)
            for side in ("client", "server")
            for bounds, rate in (("1.000e-02...1.136e-02", 5.0), ("1.896e-01...2.154e-01", 5.0))
        ),
        *(Series(f"{stem}_{side}_seconds_count", names, 10.0) for side in ("client", "server")),
    ]
    with holding("victoria-metrics", tmp_path_factory.mktemp("vmrange"), series) as url:
        (call,) = figures(read(url))

    assert (call.client, call.server) == (Peer(name="web"), Peer(name="cart"))
    assert call.rate_rps == 10.0
    assert call.client_latency is not None
    assert call.client_latency.p50_seconds == pytest.approx(0.01136, abs=0.0005)
    assert call.client_latency.p99_seconds == pytest.approx(0.2149, abs=0.0005)


def test_the_newest_samples_being_hidden_changes_no_rate(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """VictoriaMetrics answers as of half a minute ago."""
    now = datetime.now(UTC).replace(microsecond=0)
    behind = (AT - now).total_seconds() / HOUR
    edges: list[Lines] = [
        *istio_edge("shop/web", "shop/cart", 10.0, from_hours=behind + 2, to_hours=behind)
    ]
    with holding("victoria-metrics", tmp_path_factory.mktemp("now"), edges) as url:
        (call,) = read(url, now).telemetry.calls

    assert call.rate_rps == pytest.approx(10.0, rel=0.02)

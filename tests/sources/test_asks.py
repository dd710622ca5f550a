import time
from collections.abc import Iterator

import pytest

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.source import Ask, Source, Window
from mesh_probe.sources import SOURCES
from tests.prometheus.history import AT
from tests.prometheus.server import running

STEM = "x_traces_service_graph_request_"
NAMES = {
    "istio": (
        "istio_requests_total",
        "istio_tcp_connections_opened_total",
        "istio_request_duration_milliseconds_bucket",
        "istio_request_duration_seconds",
    ),
    "service-graph": (
        "traces_service_graph_request_total",
        f"{STEM}total",
        f"{STEM}failed_total",
        f"{STEM}server_seconds_bucket",
        f"{STEM}client_seconds",
    ),
}
WINDOW = Window(3600, 86_400)


def asks(source: Source) -> list[Ask]:
    return list(source.asks(frozenset(NAMES[source.id]), WINDOW))


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running(tmp_path_factory.mktemp("empty")) as url:
        yield Prometheus(url)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_every_query_is_one_that_prometheus_understands(
    source: Source, prometheus: Prometheus
) -> None:
    until = time.monotonic() + 60
    for ask in asks(source):
        for promql in (ask.whole(), ask.part(["a", "", 'b"\\.*|'])):
            assert prometheus.query(promql, AT, until).rows == 0
        assert ask.sizes is not None
        assert prometheus.query(ask.sizes, AT, until).rows == 0


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_the_number_of_queries_is_bounded(source: Source) -> None:
    """Whatever is there, a source asks a handful of questions, never one for each call."""
    assert len(asks(source)) <= 20


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_a_source_that_is_not_there_asks_nothing_and_reads_nothing(source: Source) -> None:
    assert list(source.asks(frozenset(), WINDOW)) == []
    assert source.read({}).calls == ()


def test_ids_are_unique_and_the_mesh_goes_first() -> None:
    assert [source.id for source in SOURCES] == ["istio", "service-graph"]

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping

import pytest

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.source import Ask, Source, Window
from mesh_probe.sources import SOURCES
from tests.dialects.writers import DIALECTS
from tests.prometheus.history import AT
from tests.prometheus.server import running


def _names() -> Mapping[str, frozenset[str]]:
    """The metrics of each source that the dialects write, of all versions at once."""
    found: dict[str, set[str]] = defaultdict(set)
    for dialect in DIALECTS:
        for name in {each.name for each in dialect.series}:
            found[dialect.source].add(name)
    return {source: frozenset(names) for source, names in found.items()}


NAMES = _names()
WINDOW = Window(3600, 86_400)


def asks(source: Source) -> list[Ask]:
    return list(source.asks(NAMES[source.id], WINDOW))


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
        if ask.sizes is not None:
            assert prometheus.query(ask.sizes, AT, until).rows == 0


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_the_number_of_queries_is_bounded(source: Source) -> None:
    """Whatever is there, a source asks a handful of questions, never one for each call."""
    assert 0 < len(asks(source)) <= 40


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_a_source_that_is_not_there_asks_nothing_and_reads_nothing(source: Source) -> None:
    assert list(source.asks(frozenset(), WINDOW)) == []
    assert source.read({}).calls == ()


def test_ids_are_unique_and_the_mesh_goes_first() -> None:
    ids = [source.id for source in SOURCES]

    assert len(ids) == len(set(ids))
    assert ids[0] == "istio"

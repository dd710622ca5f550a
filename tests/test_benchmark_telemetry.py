"""The benchmark of telemetry runs to its end. Nothing is timed."""

import pytest
from click.testing import CliRunner

from benchmarks.telemetry import SOURCES, main
from tests.prometheus.server import need_prometheus


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_edge_of_the_benchmark_is_read_with_all_its_figures(source: str) -> None:
    need_prometheus()

    result = CliRunner().invoke(main, ["--edges", "20", "--runs", "1", "--source", source])

    assert result.exit_code == 0
    assert "20 calls, 20 with rate, errors and times, gaps: []" in result.output

"""The same history in every store that speaks PromQL and runs here."""

import os
import shutil
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.prometheus.history import Lines, backfill
from tests.prometheus.server import listening, running

GIVEN = os.environ.get("PROMETHEUS_BIN", "")
STORES = ("prometheus", *(["prometheus-given"] if GIVEN else []), "victoria-metrics")
"""Prometheus as installed; another one, if PROMETHEUS_BIN names it; VictoriaMetrics."""


@contextmanager
def holding(store: str, data: Path, series: Sequence[Lines], *flags: str) -> Iterator[str]:
    """The address of a store of this kind that holds the series, until the block ends."""
    if store == "victoria-metrics":
        with _victoria(data, series, flags) as url:
            yield url
        return
    backfill(data, series)
    program = GIVEN if store == "prometheus-given" else "prometheus"
    with running(data, *flags, program=program) as url:
        yield url


@contextmanager
def _victoria(data: Path, series: Sequence[Lines], flags: Sequence[str]) -> Iterator[str]:
    if not shutil.which("victoria-metrics"):
        said = "victoria-metrics is not installed: apt-get install victoria-metrics"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)

    def command(port: int) -> list[str]:
        return [
            "victoria-metrics",
            f"-storageDataPath={data}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=100y",
            "-memory.allowedBytes=256MB",
            *flags,
        ]

    with listening(command, "/health") as url:
        text = "\n".join(_milliseconds(line) for each in series for line in each.lines())
        request = urllib.request.Request(
            f"{url}/api/v1/import/prometheus", text.encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=60):
            pass
        with urllib.request.urlopen(f"{url}/internal/force_flush", timeout=60):
            pass
        yield url


def _milliseconds(line: str) -> str:
    """A line with its time as the import wants it: the text format without `# EOF`."""
    sample, _, time = line.rpartition(" ")
    return f"{sample} {int(float(time) * 1000)}"

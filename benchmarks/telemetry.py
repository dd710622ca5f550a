"""Measures how long the calls of one source take to be read: `python -m benchmarks.telemetry`.

    python -m benchmarks.telemetry --edges 5000 --source istio --runs 3

A real Prometheus is filled with what two proxies report of every edge: 26 series, of which 20 are
buckets. Each run asks it for rates, errors and quantiles of all edges, as a scan does.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from benchmarks.prometheus import running
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import read_telemetry
from mesh_probe.source import Window

AT = datetime(2026, 3, 2, 12, 50, tzinfo=UTC)
STEP_SECONDS = 60
HISTORY = timedelta(minutes=16)
WINDOW = Window(600, 900)
NAMESPACES = 40
BOUNDS_MS = (1, 5, 10, 25, 50, 100, 250, 500, 1000)
CALLS_PER_SECOND = 5.0
ERRORS = 0.02

Labels = Mapping[str, str]


def istio(edge: int, reporter: str) -> Labels:
    """What the sidecars of an edge's two workloads write."""
    client, server = f"client-{edge % 700}", f"server-{edge}"
    home, away = f"ns-{edge % NAMESPACES}", f"ns-{edge // 7 % NAMESPACES}"
    return {
        "reporter": reporter,
        "source_workload": client,
        "source_workload_namespace": home,
        "source_canonical_service": client,
        "destination_workload": server,
        "destination_workload_namespace": away,
        "destination_canonical_service": server,
        "destination_service": f"{server}.{away}.svc.cluster.local",
        "destination_service_name": server,
        "destination_service_namespace": away,
        "request_protocol": "http",
        "connection_security_policy": "mutual_tls" if reporter == "destination" else "unknown",
    }


def hubble(edge: int, reporter: str) -> Labels:
    """What the agents on an edge's two machines write."""
    home, away = f"ns-{edge % NAMESPACES}", f"ns-{edge // 7 % NAMESPACES}"
    return {
        "reporter": "client" if reporter == "source" else "server",
        "source_namespace": home,
        "source_workload": f"client-{edge % 700}",
        "destination_namespace": away,
        "destination_workload": f"server-{edge}",
        "method": "GET",
    }


Writer = Callable[[int, str], Labels]
SOURCES: Mapping[str, tuple[Writer, str, str, str, float]] = {
    "istio": (
        *(istio, "istio_requests_total", "response_code"),
        *("istio_request_duration_milliseconds", 1.0),
    ),
    "hubble": (
        *(hubble, "hubble_http_requests_total", "status"),
        *("hubble_http_request_duration_seconds", 1000.0),
    ),
}


def lines(source: str, edges: int) -> Iterator[str]:
    """The history in the OpenMetrics text format."""
    write, counter, code, times, unit_ms = SOURCES[source]
    begin = int((AT - HISTORY).timestamp())
    moments = range(begin, int(AT.timestamp()) + 1, STEP_SECONDS)
    for edge in range(edges):
        for reporter in ("source", "destination"):
            labels = write(edge, reporter)
            for value, share in (("200", 1 - ERRORS), ("503", ERRORS)):
                yield from _series(counter, {**labels, code: value}, share, moments)
            for number, bound in enumerate(BOUNDS_MS):
                share = (number + 1) / len(BOUNDS_MS)
                le = {**labels, "le": f"{bound / unit_ms:g}"}
                yield from _series(f"{times}_bucket", le, share, moments)
            yield from _series(f"{times}_bucket", {**labels, "le": "+Inf"}, 1.0, moments)
            yield from _series(f"{times}_count", labels, 1.0, moments)
    yield "# EOF"


def _series(name: str, labels: Labels, share: float, moments: Iterable[int]) -> Iterator[str]:
    told = ",".join(f'{label}="{value}"' for label, value in labels.items())
    start = name + "{" + told + "}"
    for number, moment in enumerate(moments):
        yield f"{start} {number * STEP_SECONDS * CALLS_PER_SECOND * share:.3f} {moment}"


def backfill(data: Path, source: str, edges: int) -> None:
    """Write the history as blocks of a server that is not running."""
    text = data / "history.om"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines(source, edges))
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q"]
    subprocess.run([*command, str(text), str(data)], check=True, capture_output=True)
    text.unlink()


def measure(url: str) -> dict[str, Any]:
    """Seconds, queries, bytes and calls of one reading of everything."""
    server = Prometheus(url)
    started, worked = time.perf_counter(), time.process_time()
    deadline = time.monotonic() + 600
    found = read_telemetry([server], WINDOW, AT, deadline=deadline, progress=lambda _: None)
    seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    calls = found.telemetry.calls
    whole = [c for c in calls if c.rate_rps and c.error_ratio is not None and c.client_latency]
    return {
        "seconds": seconds,
        "cpu_seconds": cpu,
        "queries": server.queries,
        "bytes": server.bytes,
        "calls": len(calls),
        "whole": len(whole),
        "gaps": [gap.reason.id for gap in found.gaps],
    }


@click.command()
@click.option("--edges", default=5000, show_default=True)
@click.option("--source", type=click.Choice(list(SOURCES)), default="istio", show_default=True)
@click.option("--runs", default=3, show_default=True)
def main(edges: int, source: str, runs: int) -> None:
    """Fill a Prometheus and read it several times."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        started = time.perf_counter()
        backfill(data, source, edges)
        print(
            f"{edges} edges of {source}, {edges * 26} series, written in "
            f"{time.perf_counter() - started:.0f} s",
            file=sys.stderr,
        )
        with running(data) as url:
            for number in range(runs):
                found = measure(url)
                print(
                    f"run {number + 1}: {found['seconds']:.2f} s ({found['cpu_seconds']:.2f} s of "
                    f"them ours), {found['queries']} queries, "
                    f"{found['bytes'] / 1e6:.1f} MB, {found['calls']} calls, "
                    f"{found['whole']} with rate, errors and times, gaps: {found['gaps']}"
                )


if __name__ == "__main__":
    main()

"""Measures a scan beside a plain fetch of the same pages and other ways to read the same kinds.

    make bench
    python -m benchmarks --sizes 10,2000,10000/100000 --runs 5 --json figures.json
    KUBEBUILDER_ASSETS=… python -m benchmarks --real --sizes 2000

Every run is a fresh process, and the ways take turns, so that a noisy neighbour hits all of them.
The ways:

plain    the pages that a scan asks for, over the same kind of connection, nothing done to them
collect  the reading half of a scan: those pages to a snapshot
scan     a whole scan, as a user starts it, to a JSON report
typed    the `kubernetes` client's own lists of the kinds that every cluster serves
kubectl  `kubectl get -o json` of these kinds
"""

import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import click
import msgspec

from benchmarks.measure import Run, typical
from benchmarks.report import (
    HEAVY,
    Report,
    Size,
    growth,
    lines_of_growth,
    lines_of_help,
    lines_of_size,
    ratios,
)
from benchmarks.ways import Server, help_imports, help_seconds, measure

DEFAULT_SIZES = "10,200,2000"
LARGE = 5000
"""From here on there are more pods per service, and the slow ways are left out."""
PODS_PER_SERVICE = 5
PODS_PER_SERVICE_WHEN_LARGE = 10
HELP_RUNS = 9


class Sizes(click.ParamType[tuple[tuple[int, int], ...]]):
    """Clusters as SERVICES or SERVICES/PODS, with commas between."""

    name = "sizes"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[int, int], ...]:
        """Services and pods of each."""
        found = []
        for part in str(value).split(","):
            services, slash, pods = part.partition("/")
            if not services.isdecimal() or not (pods.isdecimal() or not slash):
                self.fail(f"{part!r} is not SERVICES or SERVICES/PODS", param, ctx)
            count = int(services)
            each = PODS_PER_SERVICE_WHEN_LARGE if count >= LARGE else PODS_PER_SERVICE
            found.append((count, int(pods) if pods else count * each))
        return tuple(found)


@click.command()
@click.option("--sizes", type=Sizes(), default=DEFAULT_SIZES, show_default=True)
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="Of each way.")
@click.option("--seed", default=0, show_default=True, help="For another cluster of the same size.")
@click.option("--fast-only", is_flag=True, help="Leave out typed lists and kubectl at all sizes.")
@click.option("--real", is_flag=True, help="Ask the API server that KUBEBUILDER_ASSETS names.")
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path))
def main(
    *,
    sizes: tuple[tuple[int, int], ...],
    runs: int,
    seed: int,
    fast_only: bool,
    real: bool,
    json_file: Path | None,
) -> None:
    """Measure a scan beside other ways to read the same cluster."""
    cores, python = os.cpu_count(), platform.python_version()
    server = "a real API server" if real else "prepared bytes"
    click.echo(f"{cores} cores, Python {python}, {server}, median of {runs}")
    found = []
    for services, pods in sizes:
        slow = services < LARGE and not fast_only
        each = _measured(services, pods, seed, runs, real=real, slow=slow)
        ways = {way: typical(taken) for way, taken in each.items()}
        found.append(Size(services, pods, ways, each, ratios(services, ways)))
        click.echo("\n".join(lines_of_size(found[-1])))
    report = Report(
        cores=cores,
        python=python,
        real_server=real,
        runs=runs,
        sizes=found,
        growth=growth(found),
        help_seconds=help_seconds(HELP_RUNS),
        help_imports=sorted(HEAVY & help_imports()),
    )
    for step in report.growth:
        click.echo("\n".join(lines_of_growth(step)))
    click.echo("\n".join(lines_of_help(report)))
    if json_file:
        json_file.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


def _measured(
    services: int, pods: int, seed: int, runs: int, *, real: bool, slow: bool
) -> dict[str, list[Run]]:
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), real=real)
        with server.holding(services, pods, seed):
            return measure(server, runs, slow=slow)


if __name__ == "__main__":
    main()

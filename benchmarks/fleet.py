"""Measures a fleet report over many saved snapshots: its memory must not grow with their number.

    python -m benchmarks.fleet --clusters 500

The clusters are synthetic, of 20 to 400 services each; one snapshot lies in a folder for each, as
scheduled runs leave them. The whole fleet is also read in shards, and their reports merged.
"""

import sys
import tempfile
from pathlib import Path

import click

from benchmarks.measure import Run, run

FLEET = [sys.executable, "-m", "mesh_probe", "fleet"]
SHARDS = 4


def report(*arguments: str, output: Path) -> Run:
    """What a fleet report took."""
    figures, _ = run([*FLEET, *arguments, "--format", "json", "--output", str(output)])
    return figures


def line(name: str, figures: Run) -> str:
    """Figures for people."""
    peak = figures.peak_bytes / 2**20
    return f"{name:28} {figures.wall_seconds:8.1f} {figures.cpu_seconds:8.1f} {peak:10.0f}"


@click.command()
@click.option("--clusters", type=click.IntRange(10), default=500, show_default=True)
def main(clusters: int) -> None:
    """Measure fleet reports on more and more clusters, whole and in shards."""
    with tempfile.TemporaryDirectory() as folder:
        whole, out = Path(folder) / "whole", Path(folder) / "out"
        whole.mkdir()
        out.mkdir()
        # In a process of its own: no program measures smaller than the one that started it.
        made = [sys.executable, "-m", "benchmarks.fleet_snapshots", str(whole), str(clusters)]
        _, said = run(made)
        click.echo(f"{clusters} clusters, {int(said) / 1e6:.1f} MB of snapshots")
        click.echo(f"{'':28} {'wall s':>8} {'CPU s':>8} {'peak MiB':>10}")
        for count in (clusters // 10, clusters // 3, clusters):
            part = [str(whole / f"cluster-{number:04}") for number in range(count)]
            places = [str(whole)] if count == clusters else part
            click.echo(line(f"{count} clusters", report(*places, output=out / f"{count}.json")))
        shards = [out / f"shard-{index}.json" for index in range(SHARDS)]
        for index, shard in enumerate(shards):
            figures = report(str(whole), "--shard", f"{index}/{SHARDS}", output=shard)
            click.echo(line(f"shard {index} of {SHARDS}", figures))
        merged = report(*map(str, shards), output=out / "merged.json")
        click.echo(line(f"{SHARDS} shards merged", merged))
        same = (out / "merged.json").read_bytes() == (out / f"{clusters}.json").read_bytes()
        click.echo(f"the merged report is the report on the whole: {'yes' if same else 'NO'}")


if __name__ == "__main__":
    main()

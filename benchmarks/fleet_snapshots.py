"""Writes the snapshots of a synthetic fleet: FOLDER CLUSTERS. Prints how many bytes they are."""

import json
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

from benchmarks.clusters import cluster
from mesh_probe.collect import Target, collect
from mesh_probe.deliver.store import snapshot_name
from mesh_probe.snapshot import dumps

TAKEN = datetime(2026, 3, 1, 6, tzinfo=UTC)
SIZES = (20, 20, 20, 40, 40, 40, 80, 80, 150, 400)
"""Services of the clusters, in turn."""
PODS_PER_SERVICE = 5


def snapshot(number: int, scratch: Path) -> bytes:
    """The snapshot of a synthetic cluster, compressed."""
    services = SIZES[number % len(SIZES)]
    documents = list(cluster(services, services * PODS_PER_SERVICE, seed=number))
    scratch.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}))
    target = Target(manifests=(str(scratch),), prometheus=("none",))
    at = TAKEN + timedelta(minutes=number)
    found = collect(target, now=at, progress=lambda _: None, stdin=BytesIO())
    return dumps(found.snapshot, compress=True)


def prepare(folder: Path, clusters: int) -> int:
    """Write the snapshots; how many bytes they are."""
    size = 0
    with tempfile.TemporaryDirectory() as scratch:
        for number in range(clusters):
            data = snapshot(number, Path(scratch) / "cluster.json")
            place = folder / f"cluster-{number:04}"
            place.mkdir()
            (place / snapshot_name(TAKEN + timedelta(minutes=number))).write_bytes(data)
            size += len(data)
    return size


if __name__ == "__main__":
    print(prepare(Path(sys.argv[1]), int(sys.argv[2])))

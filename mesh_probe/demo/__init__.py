"""The bundled example: a made-up shop, scanned once and kept, so that a report needs no cluster.

`fixtures/demo-shop` holds what it was made from; `make demo-snapshot` makes it again.
"""

from importlib import resources

from mesh_probe.snapshot import Snapshot, loads

FILE = "snapshot.json.gz"


def demo_snapshot() -> Snapshot:
    """The snapshot of the made-up shop."""
    return loads(resources.files(__package__).joinpath(FILE).read_bytes(), FILE)

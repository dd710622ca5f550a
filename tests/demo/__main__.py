"""Make the bundled example again: `python -m tests.demo`."""

from mesh_probe.snapshot import dumps
from tests.demo.maker import BUNDLED, make

BUNDLED.write_bytes(dumps(make(), compress=True))

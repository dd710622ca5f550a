"""Makes the bundled example: a real scan of a shop whose manifests and calls are made up.

The manifests are read as any manifests are, the calls come out of a real Prometheus.
"""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from mesh_probe import demo
from mesh_probe.collect import Target, collect
from mesh_probe.episodes import IncidentHistory
from mesh_probe.model import Telemetry
from mesh_probe.snapshot import Snapshot
from tests.demo.metrics import history
from tests.demo.past import past, usage
from tests.demo.pods import running_pods
from tests.demo.truth import MANIFESTS, manifests, truth
from tests.prometheus.history import AT, backfill
from tests.prometheus.server import running

BUNDLED = Path(demo.__file__).with_name(demo.FILE)

CONTEXT = "demo"
PROMETHEUS = "http://prometheus.monitoring:9090"
"""What the shop's Prometheus would be called; the real one had a port of loopback."""


def make() -> Snapshot:
    """Scan the shop as it was at `AT`."""
    with tempfile.TemporaryDirectory() as folder:
        data, pods = Path(folder, "prometheus"), Path(folder, "pods.json")
        known, own = truth(), list(running_pods(manifests()))
        backfill(data, [*history(known), *past(known), *usage(own)])
        pods.write_text(json.dumps(own), encoding="utf-8")
        with running(data) as url:
            target = Target(manifests=(str(MANIFESTS), str(pods)), prometheus=(url,))
            scan = collect(target, now=AT, progress=lambda _: None, stdin=io.BytesIO())
    snapshot = scan.snapshot
    telemetry = msgspec.convert(_rounded(msgspec.to_builtins(snapshot.telemetry)), Telemetry)
    incidents = msgspec.convert(_rounded(msgspec.to_builtins(snapshot.incidents)), IncidentHistory)
    return msgspec.structs.replace(
        snapshot,
        context=CONTEXT,
        server_version=snapshot.objects.nodes[0].kubelet_version,
        telemetry=msgspec.structs.replace(telemetry, prometheus=(PROMETHEUS,)),
        incidents=incidents,
        asked=(),
    )


def _rounded(value: Any) -> Any:
    """With six digits of every figure: releases of Prometheus differ in the last of sixteen."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case list() | tuple():
            return [_rounded(item) for item in value]
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case _:
            return value

"""Makes the bundled example: a real scan of a shop whose manifests and calls are made up.

The objects come from an API server that serves them, the calls out of a real Prometheus.
"""

import io
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from mesh_probe import demo
from mesh_probe.collect import Target, collect
from mesh_probe.episodes import IncidentHistory
from mesh_probe.kinds import KINDS
from mesh_probe.model import Telemetry
from mesh_probe.snapshot import Snapshot
from tests.demo.metrics import history
from tests.demo.past import past, usage
from tests.demo.pods import running_pods
from tests.demo.truth import manifests, truth
from tests.kube import KubeServer
from tests.kube.shapes import BUILT_IN
from tests.prometheus.history import AT, backfill
from tests.prometheus.server import running

BUNDLED = Path(demo.__file__).with_name(demo.FILE)

CONTEXT = "demo"
PROMETHEUS = "http://prometheus.monitoring:9090"
"""What the shop's Prometheus would be called; the real one had a port of loopback."""


def make() -> Snapshot:
    """Scan the shop as it was at `AT`."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder, "prometheus")
        known, own = truth(), list(running_pods(manifests()))
        backfill(data, [*history(known), *past(known), *usage(own)])
        with running(data) as url, KubeServer([*definitions(), *manifests(), *own]) as server:
            target = Target(kubeconfig=str(server.kubeconfig(Path(folder))), prometheus=(url,))
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


def definitions() -> list[dict[str, Any]]:
    """The CustomResourceDefinitions of the add-ons whose objects the shop has."""
    plurals = {(kind.group, kind.name): kind.plural for kind in KINDS}
    built_in = {(resource.group, resource.kind) for resource in BUILT_IN}
    found = {(document["apiVersion"], document["kind"]) for document in manifests()}
    return [
        _definition(group, version, kind, plurals[group, kind])
        for api_version, kind in sorted(found)
        for group, _, version in (api_version.rpartition("/"),)
        if (group, kind) not in built_in
    ]


def _definition(group: str, version: str, kind: str, plural: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": kind, "plural": plural},
            "scope": "Namespaced",
            "versions": [{"name": version, "served": True, "storage": True}],
        },
    }


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

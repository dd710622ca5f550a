"""Makes the bundled example from the truth in fixtures/demo-shop: a real scan of a made-up shop.

The calls become the metrics that an OpenTelemetry Collector would have left behind (its connector
`servicegraph`), in a real Prometheus; the manifests, and the pods that they would have become, are
read as any manifests are. https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/servicegraphconnector
"""

import dataclasses
import hashlib
import io
import itertools
import json
import math
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import msgspec
import yaml

from mesh_probe import demo
from mesh_probe.collect import Target, collect
from mesh_probe.model import Telemetry
from mesh_probe.snapshot import Snapshot
from tests.prometheus.history import AT, Series, backfill, histogram
from tests.prometheus.server import running

BUNDLED = Path(demo.__file__).with_name(demo.FILE)
SHOP = Path(__file__).parents[2] / "fixtures" / "demo-shop"

CONTEXT = "demo"
PROMETHEUS = "http://prometheus.monitoring:9090"
"""What the shop's Prometheus would be called; the real one had a port of loopback."""

BOUNDS_MS = (
    *(1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300),
    *(400, 600, 800, 1200, 2000, 3000, 5000, 10_000),
)
"""Of the latency histograms, as the shop's Collector is set up in its ConfigMap."""

STEM = "traces_service_graph_request"
USER = "user"
WIRE_SECONDS = 0.001
"""A server works for so much less than its client waits."""
RECORDED_HOURS = 1.2
"""A little more than the window, so that no rate is extrapolated."""

RESTARTS = {"tax": 4, "inventory": 2, "search-canary": 1}
"""Of each pod of these."""


class Call(NamedTuple):
    """A line of calls.yaml."""

    client: str
    server: str
    rate_rps: float
    error_ratio: float
    p50_ms: float
    p99_ms: float


class Earlier(NamedTuple):
    """Calls that had ended before the window began."""

    client: str
    server: str
    rate_rps: float
    from_hours: float
    to_hours: float


class Truth(NamedTuple):
    """All of calls.yaml: the calls of the last hour, those of earlier, and those never made."""

    calls: list[Call]
    earlier: list[Earlier]
    declared_only: list[tuple[str, str]]


def truth() -> Truth:
    """What the shop is made of besides its manifests."""
    said = yaml.safe_load((SHOP / "calls.yaml").read_text("utf-8"))
    return Truth(
        [Call(*line) for line in said["calls"]],
        [Earlier(*line) for line in said["earlier"]],
        [(client, server) for client, server in said["declared-only"]],
    )


def make() -> Snapshot:
    """Scan the shop as it was at `AT`."""
    with tempfile.TemporaryDirectory() as folder:
        data, pods = Path(folder, "prometheus"), Path(folder, "pods.json")
        backfill(data, list(_history(truth())))
        pods.write_text(json.dumps(list(_running(_manifests()))), encoding="utf-8")
        with running(data) as url:
            target = Target(manifests=(str(SHOP / "manifests"), str(pods)), prometheus=(url,))
            scan = collect(target, now=AT, progress=lambda _: None, stdin=io.BytesIO())
    snapshot = scan.snapshot
    telemetry = msgspec.convert(_rounded(msgspec.to_builtins(snapshot.telemetry)), Telemetry)
    return msgspec.structs.replace(
        snapshot,
        context=CONTEXT,
        server_version=snapshot.objects.nodes[0].kubelet_version,
        telemetry=msgspec.structs.replace(telemetry, prometheus=(PROMETHEUS,)),
    )


def _rounded(value: Any) -> Any:
    """With six digits of every figure: releases of Prometheus differ in the last of sixteen."""
    match value:
        case float():
            return float(f"{value:.6g}")
        case list():
            return [_rounded(item) for item in value]
        case dict():
            return {key: _rounded(item) for key, item in value.items()}
        case _:
            return value


# --- calls to metrics -----------------------------------------------------------------------------


def _history(known: Truth) -> Iterator[Series]:
    for call in known.calls:
        yield from _recorded(call)
    for client, server, rate_rps, start, end in known.earlier:
        labels = {**_labels(client, server), "failed": "false"}
        yield Series(f"{STEM}_total", labels, rate_rps, start, end)


def _recorded(call: Call) -> Iterator[Series]:
    for failed, share in (("false", 1 - call.error_ratio), ("true", call.error_ratio)):
        rate_rps = call.rate_rps * share
        if not rate_rps:
            continue
        labels = {**_labels(call.client, call.server), "failed": failed}
        yield Series(f"{STEM}_total", labels, rate_rps, RECORDED_HOURS)
        if failed == "true":
            yield Series(f"{STEM}_failed_total", labels, rate_rps, RECORDED_HOURS)
        for side, counts in _latencies(call).items():
            for series in histogram(f"{STEM}_{side}_seconds", labels, rate_rps, counts):
                yield dataclasses.replace(series, from_hours=RECORDED_HOURS)


def _labels(client: str, server: str) -> dict[str, str]:
    """As the connector writes them: one that sends no spans is a virtual node."""
    labels = {"job": "otel-collector"}
    for side, name in (("client", client), ("server", server)):
        namespace, slash, own_name = name.rpartition("/")
        labels[side] = own_name
        if slash:
            labels[f"{side}_k8s_namespace_name"] = namespace
        else:
            labels["connection_type"] = "virtual_node"
    return labels


def _latencies(call: Call) -> dict[str, Mapping[float, float]]:
    """Shares of the calls by bucket and side; the connector counts a side it did not see as 0 s."""
    unseen = {BOUNDS_MS[0] / 1000: 1.0}
    return {
        "client": unseen if call.client == USER else _buckets(call, 0.0),
        "server": _buckets(call, WIRE_SECONDS) if "/" in call.server else unseen,
    }


def _buckets(call: Call, less_seconds: float) -> Mapping[float, float]:
    """A lognormal distribution with the call's p50 and p99, cut into the Collector's buckets."""
    p50, p99 = (ms / 1000 - less_seconds for ms in (call.p50_ms, call.p99_ms))
    spread = math.log(p99 / p50) / NormalDist().inv_cdf(0.99)
    logs = NormalDist(math.log(p50), spread)
    bounds = [ms / 1000 for ms in BOUNDS_MS]
    below = [0.0, *(logs.cdf(math.log(bound)) for bound in bounds), 1.0]
    shares = [high - low for low, high in itertools.pairwise(below)]
    return dict(zip([*bounds, math.inf], shares, strict=True))


# --- manifests to pods ----------------------------------------------------------------------------


def _manifests() -> Iterator[dict[str, Any]]:
    for file in sorted((SHOP / "manifests").rglob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text("utf-8"))


def _running(documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The ReplicaSets and pods that a cluster would have made of the controllers."""
    known = list(documents)
    nodes = [d["metadata"]["name"] for d in known if d["kind"] == "Node"]
    place = itertools.count(2)
    for controller in known:
        kind, meta, spec = controller["kind"], controller["metadata"], controller.get("spec", {})
        name, owner = meta["name"], (kind, meta["name"])
        if kind == "Deployment":
            owner = ("ReplicaSet", f"{name}-{_letters(name, 10)}")
            yield _owned("apps/v1", *owner, meta["namespace"], (kind, name))
            suffixes = [_letters(f"{name} {n}", 5) for n in range(spec["replicas"])]
            pods = [f"{owner[1]}-{suffix}" for suffix in suffixes]
        elif kind == "StatefulSet":
            pods = [f"{name}-{n}" for n in range(spec["replicas"])]
        elif kind == "DaemonSet":
            pods = [f"{name}-{_letters(f'{name} {node}', 5)}" for node in nodes]
        else:
            continue
        for pod in pods:
            number = next(place)
            yield {
                **_owned("v1", "Pod", pod, meta["namespace"], owner),
                "spec": {**spec["template"]["spec"], "nodeName": nodes[number % len(nodes)]},
                "status": {
                    "phase": "Running",
                    "podIP": f"10.42.{number % len(nodes)}.{number}",
                    "containerStatuses": [
                        {
                            "name": name,
                            "ready": True,
                            "restartCount": RESTARTS.get(name, 0),
                            "state": {"running": {}},
                        }
                    ],
                },
            }


def _owned(
    api_version: str, kind: str, name: str, namespace: str, owner: tuple[str, str]
) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "controller": True}
    meta = {"name": name, "namespace": namespace, "ownerReferences": [reference]}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta}


def _letters(seed: str, count: int) -> str:
    """Letters and digits as Kubernetes puts them behind names; the same for the same seed."""
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in digest[:count])

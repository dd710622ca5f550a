"""From the shop's calls to the metrics that its OpenTelemetry Collector would have left behind.

These are those of the connector `servicegraph`:
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/servicegraphconnector
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Mapping
from statistics import NormalDist

from tests.demo.truth import USER, Call, Truth
from tests.prometheus.history import Series, histogram

STEM = "traces_service_graph_request"

BOUNDS_MS = (
    *(1, 2, 5, 10, 15, 20, 30, 50, 75, 100, 150, 200, 300),
    *(400, 600, 800, 1200, 2000, 3000, 5000, 10_000),
)
"""Of the latency histograms, as the Collector is set up in its ConfigMap."""

WIRE_SECONDS = 0.001
"""A server works for so much less than its client waits."""

RECORDED_HOURS = 1.2
"""A little more than the window, so that no rate is extrapolated."""


def history(known: Truth) -> Iterator[Series]:
    """The series of all calls."""
    for call in known.calls:
        yield from recorded(call)
    for client, server, rate_rps, start, end in known.earlier:
        labels = {**_labels(client, server), "failed": "false"}
        yield Series(f"{STEM}_total", labels, rate_rps, start, end)


def recorded(call: Call) -> Iterator[Series]:
    """The series of a call."""
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

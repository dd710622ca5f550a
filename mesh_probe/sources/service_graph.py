"""Service-graph metrics: pairs of client and server, made from traces or seen by eBPF.

Five programs emit them under one name, with different labels and flaws:

    Grafana Tempo's metrics-generator       from traces
    OpenTelemetry Collector, `servicegraph` from traces; a label `failed` on all series
    Grafana Alloy                           as the Collector
    Grafana Beyla, OpenTelemetry eBPF (OBI) in the kernel, so no sampling; a label `source`
    Otterize network mapper                 counts reports of a relation, not calls

https://grafana.com/docs/tempo/latest/metrics-from-traces/service_graphs/
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/servicegraphconnector
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mesh_probe import histogram
from mesh_probe.model import Gap, Latency, ObservedCall, Peer
from mesh_probe.source import Ask, Reading, Sample, Source, Window, presence, rate_by, size_by
from mesh_probe.text import message

_STEM = "traces_service_graph_request_"
_NAME = re.compile(rf"((?:.+_)?{_STEM}).+")
"""Exporters may put a namespace before the name."""

_KINDS = ("deployment", "statefulset", "daemonset", "cronjob", "job")
_SIDES = ("client", "server")
_PEERS = (
    *_SIDES,
    "connection_type",
    "virtual_node",
    "source",
    *(f"{side}_service_namespace" for side in _SIDES),
    *(f"{side}_k8s_namespace_name" for side in _SIDES),
    *(f"{side}_k8s_{kind}_name" for side in _SIDES for kind in _KINDS),
)
_SPLIT_BY = "server"

_KERNEL = frozenset({"beyla", "obi"})
_USER = "user"
"""The client of a call whose first span is the server's."""
_UNKNOWN = "unknown"
_PROTOCOLS = {"database": "db", "messaging_system": "messaging"}

_SAME_RATE = 0.1
"""Two rates that differ by less than this share are the same one, counted twice."""
_FEWEST_TO_JUDGE = 3
"""Edges that it takes to say that a Collector has swapped the two sides of its latency."""
_MILLISECONDS_FROM = 1000.0
"""No emitter's seconds go so far, and the Collector's milliseconds end at 15000."""
_HOST = re.compile(r"([^:/]+\.[^:/]+)(?::(\d{1,5}))?")


class _Pair(NamedTuple):
    """Who calls whom, as one series tells it."""

    client: Peer
    server: Peer
    connection: str
    """"", "virtual_node", "database" or "messaging_system"."""
    virtual: str | None
    """The side that is not instrumented: "client", "server"."""
    kernel: bool
    names: tuple[str, str]


def _asks(names: frozenset[str], window: Window) -> Sequence[Ask]:
    asks: list[Ask] = []
    for stem in sorted({found[1] for name in names if (found := _NAME.fullmatch(name))}):
        total = f"{stem}total"
        if total not in names:
            continue
        asks += presence(f"{stem}seen", _PEERS, total, window, _SPLIT_BY)
        if not any(name.startswith(stem) and name != total for name in names):
            continue  # Otterize's: it counts no calls
        rates, sizes = (
            rate_by((*_PEERS, "failed"), total, window),
            size_by(_SPLIT_BY, total, window),
        )
        asks.append(Ask(total, rates, _SPLIT_BY, sizes))
        # Asked for even if the name is unknown: before the first failure there is no such series.
        failed = f"{stem}failed_total"
        rates = rate_by(_PEERS, failed, window)
        asks.append(Ask(failed, rates, _SPLIT_BY, sizes, all_or_nothing=True))
        for side in _SIDES:
            asks += histogram.asks(f"{stem}{side}_seconds", names, _PEERS, window, _SPLIT_BY)
    return asks


def _read(answers: Mapping[str, Sequence[Sample]]) -> Reading:
    """The calls of all emitters, each edge from the most exact of those that see it.

    A call whose counter stood still in the window has a rate of 0. One that had no two samples in
    the window, or that is only reported and not counted, has none.
    """
    stems = sorted({found[1] for purpose in answers if (found := _NAME.fullmatch(purpose))})
    gaps: list[Gap] = []
    emitted: dict[tuple[str, str], dict[tuple[bool, str], list[ObservedCall]]] = {}
    for stem in stems:
        family = _family(stem, answers)
        gaps += family.gaps
        for pair, call in family.calls:
            emitters = emitted.setdefault(pair.names, {})
            emitters.setdefault((pair.kernel, stem), []).append(call)
    calls = [call for emitters in emitted.values() for call in _most_exact(emitters)]
    return Reading(
        calls=tuple(sorted(calls, key=repr)),
        gaps=tuple({repr(gap): gap for gap in gaps}.values()),
        moved=any(call.rate_rps for call in calls),
    )


def _most_exact(emitters: Mapping[tuple[bool, str], list[ObservedCall]]) -> list[ObservedCall]:
    """What the kernel saw before what was sampled; of equals the one that saw more."""

    def exactness(emitter: tuple[bool, str]) -> tuple[bool, bool, float, str]:
        kernel, stem = emitter
        rates = [call.rate_rps for call in emitters[emitter] if call.rate_rps is not None]
        return bool(rates), kernel, math.fsum(rates), stem

    return emitters[max(emitters, key=exactness)]


SOURCE = Source(
    id="service-graph",
    metrics=(
        rf"(.+_)?{_STEM}(failed_)?total",
        rf"(.+_)?{_STEM}(client|server|duration)_seconds(_bucket)?",
    ),
    asks=_asks,
    read=_read,
)


class _Family(NamedTuple):
    """What the metrics of one name prefix say."""

    calls: list[tuple[_Pair, ObservedCall]]
    gaps: list[Gap]


def _family(stem: str, answers: Mapping[str, Sequence[Sample]]) -> _Family:
    totals = _by_pair(answers.get(f"{stem}total", ()))
    failed = _by_pair(answers[f"{stem}failed_total"]) if f"{stem}failed_total" in answers else None
    latencies = {side: _latencies(f"{stem}{side}_seconds", answers) for side in _SIDES}
    gaps = []
    collector = {
        pair for pair, rows in totals.items() if any("failed" in row.labels for row in rows)
    }
    if _swapped(latencies, collector):
        gaps.append(
            Gap(
                "service-graph",
                message("gap.service-graph-swapped"),
                message("hint.service-graph-swapped"),
            )
        )
        latencies = {"client": latencies["server"], "server": latencies["client"]}

    calls: list[tuple[_Pair, ObservedCall]] = []
    for pair in totals | _by_pair(answers.get(f"{stem}seen", ())):
        failures = None if failed is None else _sum(failed.get(pair, ()))
        rate_rps, error_ratio = _rate(totals[pair], failures) if pair in totals else (None, None)
        client_latency, server_latency = (
            latencies[side].get(pair) if side in _sides(pair) else None for side in _SIDES
        )
        calls.append(
            (
                pair,
                ObservedCall(
                    source="service-graph",
                    client=pair.client,
                    server=pair.server,
                    protocol=_PROTOCOLS.get(pair.connection),
                    rate_rps=rate_rps,
                    error_ratio=error_ratio,
                    client_latency=client_latency,
                    server_latency=server_latency,
                    sampled=not pair.kernel,
                ),
            )
        )
    return _Family(calls, gaps)


# The labels.


def _pair(labels: Mapping[str, str]) -> _Pair | None:
    client, server = labels.get("client", ""), labels.get("server", "")
    if not client or not server:
        return None
    connection = labels.get("connection_type", "")
    kernel = labels.get("source") in _KERNEL
    virtual: str | None = None
    # Old Beyla calls every edge virtual: https://github.com/grafana/beyla/issues/920
    if not kernel:
        virtual = labels.get("virtual_node")
        if not virtual and client == _USER:
            virtual = "client"
        elif not virtual and connection:
            virtual = "server"
    return _Pair(
        _peer(labels, "client", virtual == "client"),
        _peer(labels, "server", virtual == "server"),
        connection,
        virtual,
        kernel,
        (client, server),
    )


def _peer(labels: Mapping[str, str], side: str, virtual: bool) -> Peer:
    name = labels[side]
    if name == _UNKNOWN or (side == "client" and name == _USER):
        return Peer(outside=True)
    host = _HOST.fullmatch(name) if virtual else None
    if host:
        return Peer(host=host[1], port=int(host[2]) if host[2] else None, outside=True)
    workloads = (labels.get(f"{side}_k8s_{kind}_name") for kind in _KINDS)
    return Peer(
        workload=next((workload for workload in workloads if workload), None),
        # OpenTelemetry's service.namespace is the Kubernetes one where nobody set another.
        namespace=labels.get(f"{side}_k8s_namespace_name")
        or labels.get(f"{side}_service_namespace"),
        name=name,
        outside=virtual,
    )


def _by_pair(samples: Iterable[Sample]) -> dict[_Pair, list[Sample]]:
    rows: dict[_Pair, list[Sample]] = defaultdict(list)
    for sample in samples:
        pair = _pair(sample.labels)
        if pair:
            rows[pair].append(sample)
    return rows


# The figures.


def _sum(rows: Iterable[Sample]) -> float:
    return math.fsum(row.value for row in rows)


def _rate(rows: Sequence[Sample], failures: float | None) -> tuple[float, float | None]:
    """Calls per second and their error ratio.

    Collectors before April 2024 put the count of all calls on both values of the label `failed`:
    https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/32018
    """
    bad, good = (
        _sum(row for row in rows if row.labels.get("failed") == value)
        for value in ("true", "false")
    )
    unlabelled = _sum(row for row in rows if "failed" not in row.labels)
    twice = (
        failures is not None
        and bad > 0
        and math.isclose(bad, good, rel_tol=_SAME_RATE)
        and failures < bad / 2
    )
    rate_rps = max(unlabelled, max(bad, good) if twice else bad + good)
    if failures is None or rate_rps <= 0:
        return rate_rps, None
    return rate_rps, min(1.0, failures / rate_rps)


def _sides(pair: _Pair) -> Sequence[str]:
    """Which of its two histograms tell an edge's latency.

    Emitters that pair spans record 0 seconds for a side that they did not see.
    """
    if pair.kernel:
        return _SIDES
    if pair.connection == "messaging_system":
        return ()
    if pair.connection == "database" or pair.virtual == "server":
        return ("client",)
    return ("server",) if pair.virtual == "client" else _SIDES


def _latencies(metric: str, answers: Mapping[str, Sequence[Sample]]) -> Mapping[_Pair, Latency]:
    bounds = (float(row.labels.get("le", "inf")) for row in answers.get(metric, ()))
    longest = max((bound for bound in bounds if bound != math.inf), default=0.0)
    # A Collector's feature gate keeps milliseconds under the name of seconds.
    unit_seconds = 0.001 if longest >= _MILLISECONDS_FROM else 1.0
    return histogram.latencies(answers, metric, _pair, unit_seconds)


def _swapped(latencies: Mapping[str, Mapping[_Pair, Latency]], collector: Iterable[_Pair]) -> bool:
    """Whether clients seem to wait for less time than their servers work.

    Collectors before the summer of 2024 swapped the two, and no label shows it:
    https://github.com/open-telemetry/opentelemetry-collector-contrib/issues/32689
    """
    medians = [
        (latencies["client"][pair].p50_seconds or 0.0, latencies["server"][pair].p50_seconds or 0.0)
        for pair in collector
        if not pair.connection
        and not pair.virtual
        and all(pair in latencies[side] for side in _SIDES)
    ]
    earlier = sum(client < server for client, server in medians)
    return len(medians) >= _FEWEST_TO_JUDGE and earlier > len(medians) / 2

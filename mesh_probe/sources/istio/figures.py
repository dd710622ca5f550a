"""Figures of calls from the rows of several proxies: rate, errors, latency, encryption."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mesh_probe import histogram
from mesh_probe.model import Latency, ObservedCall, Peer
from mesh_probe.source import Sample
from mesh_probe.sources.istio.peers import Homes, Row, at_home, pair_of, row_of

POLICY = "connection_security_policy"
CODES = ("response_code", "grpc_response_status")
# Mixer, up to Istio 1.4, measured in seconds:
# https://istio.io/v1.4/docs/reference/config/policy-and-telemetry/metrics
DURATIONS = {
    "istio_request_duration_milliseconds": 0.001,
    "istio_request_duration_seconds": 1.0,
}

REPORTERS = ("source", "waypoint", "destination")
"""Whose figures are taken for rates and errors, best first."""

_GRPC_ERRORS = frozenset({"2", "4", "12", "13", "14", "15"})
"""Server-side errors among the gRPC codes, as OpenTelemetry lists them.

https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
"""
_NO_RESPONSE = frozenset({"0", "000", "-"})
FLAGS = "response_flags"
_LOST = frozenset({"UF", "UH", "UO", "UT", "CONNECT", "TLS_FAILURE", "H2_HANDSHAKE_FAILURE"})
"""Why a call failed on its way: no connection, no healthy server, overflow, timeout; the last three
are ztunnel's.

https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage
"""

LatencyKey = tuple[Peer, Peer, str | None, str]
Latencies = Mapping[LatencyKey, Latency]
Encrypted = Mapping[tuple[Peer, Peer], bool]


def latencies_of(answers: Mapping[str, Sequence[Sample]], homes: Homes) -> Latencies:
    """Latency by client, server, protocol and reporter."""

    def key(labels: Mapping[str, str]) -> LatencyKey | None:
        row = row_of(labels, 0.0)
        if row is None:
            return None
        row = at_home(row, homes)
        return row.client, row.place, row.protocol, row.reporter

    found: dict[LatencyKey, Latency] = {}
    for metric, unit_seconds in reversed(DURATIONS.items()):
        found |= histogram.latencies(answers, metric, key, unit_seconds)
    return found


def counted(rows: Iterable[Row], latencies: Latencies, mtls: Encrypted) -> list[ObservedCall]:
    """Calls with their figures: of each edge those of the one proxy that sees most of it."""
    calls: list[ObservedCall] = []
    for (client, place), found in _by_pair(rows).items():
        ways: dict[tuple[Peer, str | None], list[Row]] = defaultdict(list)
        for row in _best_reported(found):
            ways[row.server, row.protocol].append(row)
        for (server, protocol), same in ways.items():
            by_client = (
                latencies.get((client, place, protocol, reporter)) for reporter in REPORTERS[:2]
            )
            calls.append(
                ObservedCall(
                    source="istio",
                    client=client,
                    server=server,
                    protocol=protocol,
                    rate_rps=math.fsum(row.value for row in same),
                    error_ratio=_error_ratio(same),
                    client_latency=next((found for found in by_client if found), None),
                    server_latency=latencies.get((client, place, protocol, "destination")),
                    mtls=mtls.get((client, place)),
                    sampled=False,
                    server_error_ratio=_at_server(found, same),
                    wire_error_ratio=_lost_ratio(same),
                )
            )
    return calls


def _at_server(rows: Iterable[Row], counted_from: Sequence[Row]) -> float | None:
    """The errors of the same calls as the server's proxy counts them.

    None where that is the proxy whose figures are taken, or nothing came to it.
    """
    if counted_from[0].reporter == "destination":
        return None
    protocol = counted_from[0].protocol
    return _error_ratio(
        [row for row in rows if row.reporter == "destination" and row.protocol == protocol]
    )


def _lost_ratio(rows: Sequence[Row]) -> float | None:
    """The share of calls that never came to an answer of the server."""
    total = math.fsum(row.value for row in rows)
    if total <= 0 or not any(FLAGS in row.labels for row in rows):
        return None
    lost = (row.value for row in rows if _LOST & {*row.labels.get(FLAGS, "").split(",")})
    return min(1.0, math.fsum(lost) / total)


def uncounted(
    rows: Iterable[Row], mtls: Encrypted, protocol: str | None = None
) -> list[ObservedCall]:
    """Calls that are only known to be there."""
    calls: list[ObservedCall] = []
    for pair, found in _by_pair(rows).items():
        ways = {(row.server, protocol or row.protocol) for row in _best_reported(found)}
        calls += [
            ObservedCall("istio", pair[0], server, used, mtls=mtls.get(pair), sampled=False)
            for server, used in ways
        ]
    return calls


def encrypted(rows: Iterable[Row]) -> Encrypted:
    """Whether all connections of an edge are encrypted; what moves counts before what does not.

    A sidecar does not know it of connections that it opens, and says so; a waypoint is in between.
    """
    knowing = (
        row
        for row in rows
        if row.reporter != "waypoint" and row.labels.get(POLICY) in ("mutual_tls", "none")
    )
    found: dict[tuple[Peer, Peer], bool] = {}
    for pair, same in _by_pair(knowing).items():
        moving = [row for row in same if row.value > 0] or same
        found[pair] = all(row.labels[POLICY] == "mutual_tls" for row in moving)
    return found


def _by_pair(rows: Iterable[Row]) -> Mapping[tuple[Peer, Peer], list[Row]]:
    pairs: dict[tuple[Peer, Peer], list[Row]] = defaultdict(list)
    for row in rows:
        pairs[pair_of(row)].append(row)
    return pairs


def _best_reported(rows: Sequence[Row]) -> list[Row]:
    """The rows of the one proxy whose figures are taken."""
    reporters = {row.reporter for row in rows if row.value > 0} or {row.reporter for row in rows}
    best = min(
        reporters, key=lambda r: (REPORTERS.index(r) if r in REPORTERS else len(REPORTERS), r)
    )
    return [row for row in rows if row.reporter == best]


def _error_ratio(rows: Sequence[Row]) -> float | None:
    total = math.fsum(row.value for row in rows)
    if total <= 0 or not any(code in row.labels for row in rows for code in CODES):
        return None
    return min(1.0, math.fsum(row.value for row in rows if _failed(row.labels)) / total)


def _failed(labels: Mapping[str, str]) -> bool:
    """Whether the call failed on the server's side or on its way; a 4xx is the client's doing."""
    code = labels.get("response_code", "")
    if code.startswith("5") or code in _NO_RESPONSE:
        return True
    return labels.get("grpc_response_status", "") in _GRPC_ERRORS

"""Cilium's Hubble: flows as its agents see them, named as the agents were told to name them.

https://docs.cilium.io/en/stable/observability/metrics/#context-options

`sourceContext` and `destinationContext` make labels `source` and `destination` that hold one of
many things; `labelsContext` makes a label for each. Without either no call can be told.
"""

from collections.abc import Mapping

from mesh_probe.model import Peer
from mesh_probe.sources.row import Reporter, Row, Side, Symptom, replaced
from mesh_probe.sources.rows.peers import NOBODY, Labels, made
from mesh_probe.sources.rows.reading import Peers, source_of
from mesh_probe.sources.statuses import HTTP_FAILED

_PARTS = ("ip", "namespace", "pod", "workload", "workload_kind", "app")
_SOURCE, _DESTINATION = (
    Side(name=side, host=tuple(f"{side}_{part}" for part in _PARTS))
    for side in ("source", "destination")
)
"""Only which labels there are: they are read by `_peer`."""

_RESERVED = frozenset({"world", "world-ipv4", "world-ipv6", "remote-node", "kube-apiserver"})
_NAMESPACE_KEYS = ("io.kubernetes.pod.namespace", "k8s.io.kubernetes.pod.namespace")
_NAME_KEYS = ("app.kubernetes.io/name", "k8s-app", "app", "app.kubernetes.io/instance", "name")

_HTTP = Row(
    source="hubble",
    part="httpV2",
    tier="network",
    requests="hubble_http_requests_total",
    durations="hubble_http_request_duration_seconds",
    unless="hubble_http_responses_total",
    client=_SOURCE,
    server=_DESTINATION,
    reporter=Reporter("reporter", client="client", server=("server", "unknown")),
    status={"status": HTTP_FAILED},
    protocol="http",
    addresses=True,
    split_by="destination",
    hint="hint.hubble-context",
)
_HTTP_V1 = replaced(
    _HTTP,
    part="http",
    requests="hubble_http_responses_total",
    needs="hubble_http_responses_total",
    unless="",
)
"""Made of the flows of responses, whose source is the server: cilium/cilium
pkg/hubble/metrics/http/handler.go"""

_ROWS = (
    _HTTP,
    _HTTP_V1,
    replaced(
        _HTTP,
        part="http requests",
        counts="connections",
        requests="hubble_http_requests_total",
        durations=(),
        needs="hubble_http_responses_total",
        unless="",
        status={},
    ),
    replaced(
        _HTTP,
        part="kafka",
        requests="hubble_kafka_requests_total",
        durations="hubble_kafka_request_duration_seconds",
        unless="",
        status={},
        protocol="kafka",
    ),
    replaced(
        _HTTP,
        part="tcp",
        counts="connections",
        requests="hubble_tcp_flags_total",
        durations=(),
        only={"flag": "SYN"},
        unless="",
        reporter=None,
        status={},
        protocol="tcp",
    ),
    replaced(
        _HTTP,
        part="flow",
        counts="connections",
        requests="hubble_flows_processed_total",
        durations=(),
        never={"verdict": "DROPPED|ERROR"},
        unless="hubble_tcp_flags_total",
        reporter=None,
        status={},
        protocol=None,
        oriented=False,
    ),
)
"""SYN tells who opens a connection; processed flows count replies, too."""


def _sides(labels: Labels) -> tuple[Peer | None, Peer | None]:
    return _peer(labels, "source"), _peer(labels, "destination")


def _swapped(labels: Labels) -> tuple[Peer | None, Peer | None]:
    server, client = _sides(labels)
    return client, server


def _peer(labels: Labels, side: str) -> Peer | None:
    """One side of a flow; None where nothing, or no workload, is named."""
    told = {
        part: value
        for part in _PARTS
        if not NOBODY.fullmatch(value := labels.get(f"{side}_{part}", ""))
    }
    if any(part in told for part in ("pod", "workload", "app")):
        _, _, pod = told.get("pod", "").rpartition("/")
        return made(
            {
                field: value
                for field, value in (
                    ("workload", told.get("workload")),
                    ("kind", told.get("workload_kind")),
                    ("namespace", told.get("namespace") or told.get("pod", "").partition("/")[0]),
                    ("pod", pod),
                    ("name", told.get("app")),
                    ("host", told.get("ip")),
                )
                if value
            }
        )
    named = _named(labels.get(side, ""), told.get("namespace"))
    if named is None and "ip" in told and not labels.get(side, "").startswith("reserved:"):
        return Peer(host=told["ip"])
    return named


def _named(text: str, namespace: str | None) -> Peer | None:
    """What one of the context options put into `source` or `destination`."""
    if "reserved:" in text or text in _RESERVED:
        identities = {each.removeprefix("reserved:") for each in text.split(",")}
        # The machines themselves, and the API server, are nobody's workloads.
        world = all(each.startswith("world") for each in identities)
        return Peer(outside=True) if world else None
    if "=" in text or text.startswith("k8s:"):
        return _of_identity(dict(each.partition("=")[::2] for each in text.split(",")))
    first = text.partition(",")[0]
    if NOBODY.fullmatch(first):
        return None
    home, slash, name = first.partition("/")
    if slash:
        return Peer(namespace=home, pod=name)
    if "." in first or ":" in first:
        return Peer(host=first.rstrip("."))  # an address or a DNS name
    return Peer(name=first, pod=first, namespace=namespace)


def _of_identity(labels: Mapping[str, str]) -> Peer | None:
    plain = {key.removeprefix("k8s:"): value for key, value in labels.items()}
    namespace = next((plain[key] for key in _NAMESPACE_KEYS if key in plain), None)
    name = next((plain[key] for key in _NAME_KEYS if key in plain), None)
    return Peer(name=name, namespace=namespace) if name else None


_PEERS: Mapping[str, Peers] = {row.part: _sides for row in _ROWS} | {_HTTP_V1.part: _swapped}

SOURCE = source_of(
    _ROWS,
    peers=_PEERS,
    symptoms=[
        Symptom(
            "hubble_lost_events_total",
            "hubble_(http_requests|tcp_flags|flows_processed)_total",
            "hubble-metrics",
        ),
        Symptom(
            "hubble_(tcp_flags|flows_processed)_total", "hubble_http_requests_total", "hubble-no-l7"
        ),
    ],
    build="cilium_version",
)

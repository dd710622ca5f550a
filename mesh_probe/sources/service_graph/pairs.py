"""The labels of service-graph metrics: who calls whom, and how much of it was seen."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mesh_probe.model import Peer
from mesh_probe.source import Sample

_KINDS = ("deployment", "statefulset", "daemonset", "cronjob", "job")
SIDES = ("client", "server")
EITHER = "duration"
"""What old Collectors, or new ones by a feature gate, have in place of two sides: the longer time.

open-telemetry/opentelemetry-collector-contrib issue 18743
"""
LABELS = (
    *SIDES,
    "connection_type",
    "virtual_node",
    "source",
    *(f"{side}_service_namespace" for side in SIDES),
    *(f"{side}_k8s_namespace_name" for side in SIDES),
    *(f"{side}_k8s_{kind}_name" for side in SIDES for kind in _KINDS),
)

_KERNEL = frozenset({"beyla", "obi"})
_USER = "user"
"""The client of a call whose first span is the server's."""
_UNKNOWN = "unknown"
_SERVER_UNSEEN = frozenset({"virtual_node", "database", "messaging_system"})
"""Connection types whose server has no instrumentation of its own."""
_HOST = re.compile(r"([^:/]+\.[^:/]+)(?::(\d{1,5}))?")


class Pair(NamedTuple):
    """Who calls whom, as one series tells it."""

    client: Peer
    server: Peer
    connection: str
    """"", "virtual_node", "database" or "messaging_system"."""
    virtual: str | None
    """The side that is not instrumented: "client", "server"."""
    kernel: bool
    names: tuple[str, str]


def pair_of(labels: Mapping[str, str]) -> Pair | None:
    """What the labels say; None where they name no client or no server."""
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
        elif not virtual and connection in _SERVER_UNSEEN:
            virtual = "server"
    return Pair(
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


def by_pair(samples: Iterable[Sample]) -> dict[Pair, list[Sample]]:
    """The rows of each pair; those that name none are left out."""
    rows: dict[Pair, list[Sample]] = defaultdict(list)
    for sample in samples:
        pair = pair_of(sample.labels)
        if pair:
            rows[pair].append(sample)
    return rows

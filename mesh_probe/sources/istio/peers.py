"""Istio's labels: who called whom, as one proxy reports it.

Which labels there are and what stands in them when a proxy does not know:
https://istio.io/latest/docs/reference/config/metrics/
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mesh_probe.model import Peer

LABELS = (
    "reporter",
    "source_workload_namespace",
    "source_workload",
    "source_canonical_service",
    "destination_workload_namespace",
    "destination_workload",
    "destination_canonical_service",
    "destination_service_namespace",
    "destination_service_name",
    "destination_service",
    "request_protocol",
)
"""What every query groups by."""

_EGRESS = frozenset({"PassthroughCluster", "BlackHoleCluster"})
"""Services that stand for every host that the mesh has no entry for (the second: blocked)."""
_INBOUND = frozenset(
    {
        "InboundPassthroughCluster",
        "InboundPassthroughClusterIpv4",
        "InboundPassthroughClusterIpv6",
    }
)
"""Services that stand for a port that no Service declares."""
_NOBODY = frozenset({"", "unknown", "-"}) | _EGRESS | _INBOUND

_CLUSTER_HOST = re.compile(r"([^.]+)\.([^.]+)\.svc(\..+)?")
_PORT = re.compile(r"(.+[^:]):(\d{1,5})")


class Row(NamedTuple):
    """One sample, its labels understood."""

    client: Peer
    server: Peer
    place: Peer
    """The server without its service: what all reporters of a call agree on."""
    protocol: str | None
    reporter: str
    labels: Mapping[str, str]
    value: float


def _known(labels: Mapping[str, str], label: str) -> str | None:
    value = labels.get(label, "")
    return None if value in _NOBODY else value


def row_of(labels: Mapping[str, str], value: float) -> Row | None:
    """The sample with its peers; None where the labels that name them were removed."""
    client, server = _client(labels), _server(labels)
    if client is None or server is None:
        return None
    reporter = labels.get("reporter", "")
    protocol = _known(labels, "request_protocol")
    return Row(client, server, place_of(server), protocol, reporter, labels, value)


def _client(labels: Mapping[str, str]) -> Peer | None:
    workload = _known(labels, "source_workload")
    namespace = _known(labels, "source_workload_namespace")
    name = _known(labels, "source_canonical_service")
    if workload and namespace:
        return Peer(workload=workload, namespace=namespace)
    if name and namespace:
        return Peer(name=name, namespace=namespace)
    if labels.get("source_workload") == "unknown" and not namespace:
        return Peer(outside=True)
    return None


def _server(labels: Mapping[str, str]) -> Peer | None:
    workload = _known(labels, "destination_workload")
    namespace = _known(labels, "destination_workload_namespace")
    if workload and namespace:
        service, service_namespace = _service(labels)
        return Peer(workload, namespace, service, service_namespace)
    name = _known(labels, "destination_canonical_service")
    if name and namespace:
        return Peer(name=name, namespace=namespace)
    return _unreached(labels)


def _unreached(labels: Mapping[str, str]) -> Peer | None:
    """The server of a call that no known workload answered, by the host that was asked for."""
    host, port = _host(labels)
    if labels.get("destination_service_name") in _EGRESS:
        return Peer(host=host, port=port, outside=True)
    service, namespace = _service(labels)
    if service:
        return Peer(service=service, service_namespace=namespace)
    return Peer(host=host, port=port) if host else None


def _service(labels: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The Service and its namespace, if that is what the labels hold.

    A proxy that was told no host puts the canonical name or an address there.
    """
    host, _ = _host(labels)
    if host:
        found = _CLUSTER_HOST.fullmatch(host)
        return (found[1], found[2]) if found else (None, None)
    name = _known(labels, "destination_service_name")
    namespace = _known(labels, "destination_service_namespace")
    if name and namespace and "." not in name and ":" not in name:
        return name, namespace
    return None, None


def _host(labels: Mapping[str, str]) -> tuple[str | None, int | None]:
    host = _known(labels, "destination_service") or _known(labels, "destination_service_name")
    if host is None or (labels.get("destination_service") is None and "." not in host):
        return None, None
    with_port = _PORT.fullmatch(host)
    if with_port and (":" not in with_port[1] or with_port[1].startswith("[")):
        return with_port[1].strip("[]"), int(with_port[2])
    return host.strip("[]"), None


def place_of(server: Peer) -> Peer:
    """The server without the Service that it was reached by, if its workload is known."""
    if server.workload:
        return Peer(workload=server.workload, namespace=server.namespace)
    return server


def pair_of(row: Row) -> tuple[Peer, Peer]:
    """The edge that a row belongs to."""
    return row.client, row.place


Homes = Mapping[tuple[Peer, Peer], Peer]


def homes_of(rows: Iterable[Row]) -> Homes:
    """The workload that a client reaches by a Service, where there is only one, by both.

    A request that failed on its way names only the Service; it belongs to the same edge.
    """
    places: dict[tuple[Peer, Peer], set[Peer]] = defaultdict(set)
    for row in rows:
        if row.server.workload and row.server.service:
            service = Peer(
                service=row.server.service, service_namespace=row.server.service_namespace
            )
            places[row.client, service].add(row.place)
    return {key: next(iter(found)) for key, found in places.items() if len(found) == 1}


def at_home(row: Row, homes: Homes) -> Row:
    """The row, with the workload that its client reaches by the Service it names."""
    place = homes.get((row.client, row.server))
    if place is None:
        return row
    server = Peer(place.workload, place.namespace, row.server.service, row.server.service_namespace)
    return row._replace(server=server, place=place)

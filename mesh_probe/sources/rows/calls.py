"""From counted rows to calls: of several observers and versions of a metric the best is taken."""

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mesh_probe import histogram
from mesh_probe.model import Latency, ObservedCall, Peer
from mesh_probe.sources.row import Row, words
from mesh_probe.sources.rows.peers import Labels, plain

Pair = tuple[Peer, Peer]
Latencies = Mapping[tuple[Peer, Peer, str | None, str], Latency]
"""Latency by client, server, protocol and observer."""


class Counted(NamedTuple):
    """A row of an answer with the call that it is about."""

    client: Peer
    server: Peer
    place: Peer
    """The server without its Service: what all observers of a call agree on."""
    protocol: str | None
    reporter: str
    labels: Labels
    value: float

    @property
    def pair(self) -> tuple[Peer, Peer]:
        """The edge that it belongs to."""
        return self.client, self.place


class Part(NamedTuple):
    """What the answers to one row's queries say."""

    row: Row
    rates: Mapping[str, list[Counted]]
    """By metric."""
    seen: list[Counted]
    failed: list[Counted] | None
    latencies: Latencies
    unnamed: int
    """Rows that do not tell both sides."""

    def counted(self) -> list[Counted]:
        """All rows that tell both sides, whether they are in the window or before it."""
        return [*self.seen, *all_of(self.rates)]


def calls_of(part: Part, homes: "Homes") -> list[ObservedCall]:
    """What a row's answers say: calls with their figures, and those that are only known to be."""
    row = part.row
    rates = {m: [_at_home(c, homes) for c in found] for m, found in part.rates.items()}
    seen = [_at_home(c, homes)._replace(value=0.0) for c in part.seen]
    latencies: dict[tuple[Peer, Peer, str | None, str], list[Latency]] = defaultdict(list)
    for (client, server, protocol, reporter), latency in part.latencies.items():
        home = homes.get((client, server))
        place = home or place_of(server)
        latencies[client, place, protocol, reporter].append(latency)
    times = {
        key: found[0] if len(found) == 1 else histogram.join(found) or found[0]
        for key, found in latencies.items()
    }
    known = (*_observing(row), "") if row.reporter is None else _observing(row)
    requests = [c for c in _busiest(rates) if c.reporter in known]
    # Without an observer nobody knows what is counted twice.
    twice = [c for c in all_of(rates) if c.reporter not in known]
    encrypted = _encrypted(row, [*all_of(rates), *seen])
    failed = None if part.failed is None else [_at_home(c, homes) for c in part.failed]
    calls: list[ObservedCall] = []
    if row.counts == "requests":
        calls += _rated(row, requests, failed, times, encrypted)
    else:
        seen += requests
    there = {(call.client, place_of(call.server)) for call in calls}
    rest = [c for c in (*seen, *twice) if c.pair not in there]
    return [*calls, *_unrated(row, rest, encrypted)]


def _rated(
    row: Row,
    rows: Iterable[Counted],
    failed: Sequence[Counted] | None,
    times: Latencies,
    encrypted: Mapping[tuple[Peer, Peer], bool],
) -> Iterable[ObservedCall]:
    failures = None if failed is None else _by_pair(failed)
    at_client, at_server = _reporters(row)
    for (client, place), of_pair in _by_pair(rows).items():
        ways: dict[tuple[Peer, str | None], list[Counted]] = defaultdict(list)
        best = _best_reported(row, of_pair)
        for each in best:
            ways[each.server, each.protocol].append(each)
        for (server, protocol), same in ways.items():
            lost = None
            if failures is not None:
                lost = _best_reported(row, failures.get((client, place), []))
            by_client = (times.get((client, place, protocol, r)) for r in at_client)
            by_server = (times.get((client, place, protocol, r)) for r in at_server)
            served = [
                each
                for each in of_pair
                if each.reporter in at_server
                and each.reporter != same[0].reporter
                and each.protocol == protocol
            ]
            yield ObservedCall(
                source=row.source,
                client=client,
                server=server,
                protocol=protocol,
                rate_rps=_sum(same),
                error_ratio=_error_ratio(row, same, lost, _sum(best)),
                client_latency=next((found for found in by_client if found), None),
                server_latency=next((found for found in by_server if found), None),
                mtls=encrypted.get((client, place)),
                sampled=row.sampled,
                oriented=row.oriented,
                server_error_ratio=_error_ratio(row, served, None, 0.0),
            )


def _unrated(
    row: Row, rows: Iterable[Counted], encrypted: Mapping[tuple[Peer, Peer], bool]
) -> Iterable[ObservedCall]:
    """Calls that are only known to be there."""
    protocol = "tcp" if row.counts == "connections" and not row.protocol_label else None
    for pair, of_pair in _by_pair(rows).items():
        best = _best_reported(row, of_pair)
        for server, used in {(c.server, row.protocol or protocol or c.protocol) for c in best}:
            yield ObservedCall(
                source=row.source,
                client=pair[0],
                server=server,
                protocol=used,
                mtls=encrypted.get(pair),
                sampled=row.sampled,
                oriented=row.oriented,
            )


def _reporters(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The observers at the client and at the server, best first."""
    if row.reporter is None:
        return (("",), ()) if row.view == "client" else ((), ("",))
    client, server = words(row.reporter.client), words(row.reporter.server)
    return ((*client, "") if row.reporter.unlabelled == "client" else client), server


def _observing(row: Row) -> tuple[str, ...]:
    client, server = _reporters(row)
    return (*client, *server)


def _best_reported(row: Row, rows: Sequence[Counted]) -> list[Counted]:
    """The rows of the one observer whose figures are taken; what moves goes before what does not.

    A client that lost its proxy leaves its old counters behind.
    """
    order = _observing(row)
    reporters = {c.reporter for c in rows if c.value > 0} or {c.reporter for c in rows}
    if not reporters:
        return []
    best = min(reporters, key=lambda r: (order.index(r) if r in order else len(order), r))
    return [c for c in rows if c.reporter == best]


def _busiest(rates: Mapping[str, list[Counted]]) -> list[Counted]:
    """Of each edge the rows of the version of the metric that counts most."""
    if len(rates) <= 1:
        return all_of(rates)
    totals: dict[tuple[Peer, Peer], dict[str, float]] = defaultdict(dict)
    for metric, rows in rates.items():
        for pair, of_pair in _by_pair(rows).items():
            totals[pair][metric] = _sum(of_pair)
    chosen = {pair: max(found, key=lambda m: (found[m], m)) for pair, found in totals.items()}
    return [c for metric, rows in rates.items() for c in rows if chosen[c.pair] == metric]


def all_of(rates: Mapping[str, list[Counted]]) -> list[Counted]:
    """The rows of all versions of a metric."""
    return [c for rows in rates.values() for c in rows]


def _by_pair(rows: Iterable[Counted]) -> Mapping[tuple[Peer, Peer], list[Counted]]:
    pairs: dict[tuple[Peer, Peer], list[Counted]] = defaultdict(list)
    for each in rows:
        pairs[each.pair].append(each)
    return pairs


def _sum(rows: Iterable[Counted]) -> float:
    return math.fsum(c.value for c in rows)


def _error_ratio(
    row: Row, rows: Sequence[Counted], failed: Sequence[Counted] | None, of_all: float
) -> float | None:
    """The part of the calls that failed; None where nothing tells."""
    if failed is not None:
        return min(1.0, _sum(failed) / of_all) if of_all > 0 else None
    total = _sum(rows)
    labels = {plain(label): re.compile(pattern) for label, pattern in row.status.items()}
    told = row.only_failures_have_status or any(label in c.labels for c in rows for label in labels)
    if total <= 0 or not told:
        return None
    bad = (
        c.value
        for c in rows
        if any(p.fullmatch(c.labels[label]) for label, p in labels.items() if label in c.labels)
    )
    return min(1.0, math.fsum(bad) / total)


def _encrypted(row: Row, rows: Iterable[Counted]) -> Mapping[tuple[Peer, Peer], bool]:
    """Whether all connections of an edge are encrypted; what moves counts before what does not."""
    told = row.encryption
    if told is None:
        return {}
    label, yes, no = plain(told.label), re.compile(told.encrypted), re.compile(told.plain)
    knowing = (
        c
        for c in rows
        if c.reporter not in words(told.never_from)
        and (value := c.labels.get(label)) is not None
        and (yes.fullmatch(value) or no.fullmatch(value))
    )
    found: dict[tuple[Peer, Peer], bool] = {}
    for pair, same in _by_pair(knowing).items():
        moving = [c for c in same if c.value > 0] or same
        found[pair] = all(yes.fullmatch(c.labels[label]) for c in moving)
    return found


def place_of(server: Peer) -> Peer:
    """The server without the Service that it was reached by, if its workload is known."""
    if server.workload:
        return Peer(workload=server.workload, namespace=server.namespace, kind=server.kind)
    return server


Homes = Mapping[tuple[Peer, Peer], Peer]


def homes_of(rows: Iterable[Counted]) -> Homes:
    """The workload that a client reaches by a Service, where there is only one, by both.

    A request that failed on its way names only the Service; it belongs to the same edge.
    """
    places: dict[tuple[Peer, Peer], set[Peer]] = defaultdict(set)
    for each in rows:
        server = each.server
        if server.workload and server.service:
            service = Peer(service=server.service, service_namespace=server.service_namespace)
            places[each.client, service].add(each.place)
    return {key: next(iter(found)) for key, found in places.items() if len(found) == 1}


def _at_home(row: Counted, homes: Homes) -> Counted:
    """The row, with the workload that its client reaches by the Service it names."""
    named = Peer(service=row.server.service, service_namespace=row.server.service_namespace)
    place = homes.get((row.client, named)) if not row.server.workload else None
    if place is None:
        return row
    server = Peer(
        place.workload,
        place.namespace,
        row.server.service,
        row.server.service_namespace,
        kind=place.kind,
    )
    return row._replace(server=server, place=place)

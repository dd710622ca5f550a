"""A telemetry source from rows of the table: which queries they need, and how answers are read.

Of several observers of one call, and of several versions of one metric, the best gives the figures;
nothing is counted twice.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from mesh_probe import histogram
from mesh_probe.model import Gap, Latency, ObservedCall, Offer, Peer
from mesh_probe.source import (
    SPLIT,
    Ask,
    Reading,
    Sample,
    Source,
    Window,
    grouping,
    presence,
    quoted,
    rate_by,
    series,
    size_by,
)
from mesh_probe.sources.peers import SCRAPED_LABELS, first, labels_of, plain, reader, scraped_peer
from mesh_probe.sources.row import Row, Symptom, any_of, words
from mesh_probe.text import message

Labels = Mapping[str, str]
Answers = Mapping[str, Sequence[Sample]]
Peers = Callable[[Labels], tuple[Peer | None, Peer | None]]

_SEEN, _FAILED, _SERVED = " seen", " failed", " served"
"""Ends of purposes: what was there in the look-back, what failed, who serves."""
_TARGET_INFO = "target_info"
_TARGETS = re.compile("(traces_)?target_info")
_IDENTITY = ("job", "instance")
_WORD = re.compile(r"[^\W_]+")
_SEES_STRANGERS = frozenset({"network", "connections"})
"""Tiers that see what no workload is part of, so that some series name one side only."""
_UNCLEAR_FROM = 20.0
"""Bounds without a unit in the name end below this in seconds; in milliseconds far above."""


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


def source_of(
    rows: Sequence[Row],
    *,
    symptoms: Sequence[Symptom] = (),
    build: str = "",
    peers: Mapping[str, Peers] | None = None,
) -> Source:
    """The source that rows describe, all of which have its id.

    `build` is a metric whose labels tell the program's version. `peers` reads the sides of a part's
    series where no row could say how.
    """
    of_part = {row.part: (peers or {}).get(row.part) or reader(row) for row in rows}
    also = [name for row in rows for name in (row.needs, row.unless, *words(row.offers)) if name]
    also += [name for row in rows for name in words(row.failures)]
    also += [_histogram(name) for row in rows for name in words(row.durations)]
    also += [name for symptom in symptoms for name in (symptom.there, symptom.missing)]
    if any(side.scraped for row in rows for side in (row.client, row.server)):
        also.append(_TARGETS.pattern)
    return Source(
        id=rows[0].source,
        metrics=tuple(dict.fromkeys(name for row in rows for name in _names_of(row))),
        asks=partial(_asks, tuple(rows)),
        read=partial(_read, tuple(rows), of_part),
        tier=rows[0].tier,
        also=tuple(dict.fromkeys(also)),
        notes=partial(_notes, rows[0].source, tuple(symptoms)),
        generic=any(row.generic for row in rows),
        build=build,
        words=frozenset(word for row in rows for word in _vocabulary(row)),
    )


def _vocabulary(row: Row) -> Iterable[str]:
    """The words of the names and values that a row's queries hold."""
    texts = [row.part, *labels_of(row), *row.status, *words(row.requests), *words(row.durations)]
    texts += [*words(row.failures), *words(row.offers), _split_by(row)]
    texts += [text for given in (row.only, row.never) for pair in given.items() for text in pair]
    texts += [row.encryption.label] if row.encryption else []
    texts += [_SEEN, _FAILED, _SERVED, _TARGET_INFO]
    return (word for text in texts for word in _WORD.findall(text))


def _names_of(row: Row) -> tuple[str, ...]:
    if row.requests:
        return words(row.requests)
    return tuple(_histogram(name) for name in words(row.durations))


def _histogram(name: str) -> str:
    return f"(?:{name})(?:_bucket|_count)?"


def _notes(source: str, symptoms: Sequence[Symptom], names: frozenset[str]) -> tuple[Gap, ...]:
    return tuple(
        Gap(source, message(f"gap.{symptom.text}"), message(f"hint.{symptom.text}"))
        for symptom in symptoms
        if any_of(symptom.there, names) and not any_of(symptom.missing, names)
    )


# --- asking -----------------------------------------------------------------------------------


def _asks(rows: Sequence[Row], names: frozenset[str], window: Window) -> Sequence[Ask]:
    asks: list[Ask] = []
    for row in rows:
        if row.applies(names):
            asks += _asks_of(row, names, window)
    if asks and any(side.scraped for row in rows for side in (row.client, row.server)):
        asks += _target_info(names, window)
    return asks


def _asks_of(row: Row, names: frozenset[str], window: Window) -> Iterable[Ask]:
    prefix = f"{row.part} " if row.part else ""
    counters = _found(words(row.requests), names)
    base = "|".join(f"(?:{name})" for name in words(row.durations))
    suffixed = re.compile(f"({base})(_bucket|_count)?")
    histograms = {fit[1] for name in names if base and (fit := suffixed.fullmatch(name))}
    if not counters and not row.requests:
        counters = [f"{name}_count" for name in sorted(histograms) if f"{name}_count" in names]
    if row.requests and not counters:
        return
    for metric in counters:
        yield from _counter_asks(row, prefix, metric, window)
        for failures in _found(words(row.failures), names):
            spell = _spelling(failures)
            labels = [spell(label) for label in labels_of(row)]
            promql = rate_by(labels, failures, window, _matchers(row, spell))
            yield Ask(f"{prefix}{failures}{_FAILED}", promql, all_or_nothing=True)
    if row.counts == "requests":
        for metric in sorted(histograms):
            spell = _spelling(f"{metric}_bucket" if f"{metric}_bucket" in names else metric)
            labels = [spell(label) for label in labels_of(row)]
            asked = histogram.asks(
                metric, names, labels, window, spell(_split_by(row)), _matchers(row, spell)
            )
            for ask in asked:
                yield _renamed(ask, f"{prefix}{ask.purpose}")
            if not row.requests and f"{metric}_count" not in names and metric in names:
                yield from _seen(row, prefix, metric, window)
    for metric in _found(words(row.offers), names):
        spell = _spelling(metric)
        wanted = (*SCRAPED_LABELS, *words(row.server.api), *row.server.patterns)
        by = grouping(spell(label) for label in wanted)
        selector = series(metric).replace(SPLIT, "")
        promql = f"group by ({by}) (last_over_time({selector}{window.spans()[0]}))"
        yield Ask(f"{prefix}{metric}{_SERVED}", promql)


def _counter_asks(row: Row, prefix: str, metric: str, window: Window) -> Iterable[Ask]:
    spell = _spelling(metric)
    split_by, matchers = spell(_split_by(row)), _matchers(row, spell)
    encryption = (row.encryption.label,) if row.encryption else ()
    labels = tuple(dict.fromkeys((*labels_of(row), *row.status, *encryption)))
    promql = rate_by([spell(label) for label in labels], metric, window, matchers)
    sizes = size_by(split_by, metric, window, matchers=matchers)
    yield Ask(f"{prefix}{metric}", promql, split_by, sizes)
    yield from _seen(row, prefix, metric, window)


def _seen(row: Row, prefix: str, metric: str, window: Window) -> Iterable[Ask]:
    spell = _spelling(metric)
    encryption = (row.encryption.label,) if row.encryption and row.counts != "requests" else ()
    labels = [spell(label) for label in (*labels_of(row), *encryption)]
    purpose = f"{prefix}{metric}{_SEEN}"
    matchers = _matchers(row, spell)
    return presence(purpose, labels, metric, window, spell(_split_by(row)), matchers)


def _split_by(row: Row) -> str:
    return row.split_by or next(iter((*row.server.labels(), *row.client.labels())), "namespace")


def _target_info(names: frozenset[str], window: Window) -> Iterable[Ask]:
    for metric in sorted(name for name in names if _TARGETS.fullmatch(name)):
        labels = ", ".join(dict.fromkeys((*map(plain, SCRAPED_LABELS), "exported_instance")))
        promql = f"group by ({labels}) (last_over_time({metric}{window.spans()[0]}))"
        yield Ask(_TARGET_INFO, promql)


def _matchers(row: Row, spell: Callable[[str], str]) -> str:
    """The row's conditions, each followed by a comma."""
    told = [(label, "=~", values) for label, values in row.only.items()]
    told += [(label, "!~", values) for label, values in row.never.items()]
    return "".join(f"{_name(spell(label))}{op}{quoted(values)}," for label, op, values in told)


def _name(label: str) -> str:
    return quoted(label) if "." in label else label


def _spelling(metric: str) -> Callable[[str], str]:
    """How labels are written on a metric's series: with dots only where its own name has some."""
    return str if "." in metric else plain


def _found(patterns: Iterable[str], names: frozenset[str]) -> list[str]:
    pattern = re.compile("|".join(f"(?:{each})" for each in patterns))
    return sorted(name for name in names if pattern.pattern and pattern.fullmatch(name))


def _renamed(ask: Ask, purpose: str) -> Ask:
    return Ask(purpose, ask.promql, ask.split_by, ask.sizes, buckets=ask.buckets)


# --- reading ----------------------------------------------------------------------------------


class _Part(NamedTuple):
    """What the answers to one row's queries say."""

    row: Row
    rates: Mapping[str, list[Counted]]
    """By metric."""
    seen: list[Counted]
    failed: list[Counted] | None
    latencies: "Latencies"
    unnamed: int
    """Rows that do not tell both sides."""


Latencies = Mapping[tuple[Peer, Peer, str | None, str], Latency]


def _read(rows: Sequence[Row], peers: Mapping[str, Peers], answers: Answers) -> Reading:
    """Requests with rates and latency; connections, and calls seen before the window, without.

    A call whose counter stood still in the window has a rate of 0. One that had no two samples in
    the window has none: nothing was measured.
    """
    targets = _targets(answers.get(_TARGET_INFO, ()))
    plainly = {purpose: [_spelled(s) for s in samples] for purpose, samples in answers.items()}
    parts = [_part(row, peers[row.part], plainly, targets) for row in rows]
    homes = _homes(c for part in parts for c in (*part.seen, *_all_of(part.rates)))
    calls: list[ObservedCall] = []
    gaps: list[Gap] = []
    moved, details = False, []
    told_apart = [part for part in parts if part.rates or part.seen or part.unnamed]
    for part in sorted(told_apart, key=lambda part: part.row.counts != "requests"):
        found = _calls_of(part, homes)
        there = {(call.client, place_of(call.server)) for call in calls}
        if part.row.counts != "requests":
            # Where requests are seen, connections are the same calls one layer below.
            found = [c for c in found if (c.client, place_of(c.server)) not in there]
        calls += found
        moved = moved or any(c.value > 0 for c in _all_of(part.rates))
        named = bool(part.seen or _all_of(part.rates))
        if part.unnamed:
            moved = True
            if not named or part.row.tier not in _SEES_STRANGERS:
                gaps.append(_unnamed(part))
        if part.row.part:
            details.append(part.row.part)
    return Reading(
        calls=tuple(sorted(calls, key=repr)),
        gaps=tuple(dict.fromkeys(gaps)),
        moved=moved,
        offers=tuple(_offers(rows, plainly, targets)),
        details=tuple(dict.fromkeys(details)),
    )


def _part(row: Row, peers: Peers, answers: Answers, targets: "Targets") -> _Part:
    prefix = f"{row.part} " if row.part else ""
    counters = words(row.requests) or tuple(f"(?:{name})_count" for name in words(row.durations))
    bases = words(row.durations)
    unnamed: dict[str, int] = {}
    cache: dict[tuple[str, ...], tuple[Peer | None, Peer | None]] = {}
    labels_used = tuple(plain(label) for label in (*labels_of(row), *_IDENTITY))

    def counted(labels: Labels, value: float) -> Counted | None:
        key = tuple(labels.get(label, "") for label in labels_used)
        found = cache.get(key)
        if found is None:
            found = cache[key] = peers(_with_target(labels, targets))
        client, server = found
        if client is None or server is None or client == server == Peer(outside=True):
            return None
        reporter = labels.get(plain(row.reporter.label), "") if row.reporter else ""
        protocol = row.protocol or first(labels, row.protocol_label)
        protocol = protocol.lower() if protocol else None
        return Counted(client, server, place_of(server), protocol, reporter, labels, value)

    def rows_of(patterns: Iterable[str], end: str) -> dict[str, list[Counted]]:
        by_metric: dict[str, list[Counted]] = {}
        for purpose, metric in _purposes(answers, prefix, patterns, end):
            found = [counted(s.labels, s.value) for s in answers[purpose]]
            unnamed[end] = unnamed.get(end, 0) + found.count(None)
            by_metric[metric] = [each for each in found if each]
        return by_metric

    rates = rows_of(counters, "")
    if not row.requests:
        native = rows_of(bases, "")  # of a native histogram, whose count is its value
        rates |= {m: found for m, found in native.items() if any(c.value for c in found)}
    seen = [c for found in rows_of((*counters, *bases), _SEEN).values() for c in found]
    failed = rows_of(words(row.failures), _FAILED)
    times: dict[tuple[Peer, Peer, str | None, str], list[Latency]] = defaultdict(list)

    def key(labels: Labels) -> tuple[Peer, Peer, str | None, str] | None:
        each = counted(labels, 0.0)
        return each and (each.client, each.server, each.protocol, each.reporter)

    for purpose, metric in _purposes(answers, prefix, bases, ""):
        unit = _unit_seconds(row, metric, answers[purpose])
        of_metric = histogram.latencies({metric: answers[purpose]}, metric, key, unit)
        for group, latency in of_metric.items():
            times[group].append(latency)
    best = {group: max(found, key=_observations) for group, found in times.items()}
    return _Part(
        row,
        rates,
        seen,
        [c for found in failed.values() for c in found] if failed else None,
        best,
        max(unnamed.get("", 0), unnamed.get(_SEEN, 0)),
    )


def _observations(latency: Latency) -> float:
    return math.fsum(latency.counts)


def _purposes(
    answers: Answers, prefix: str, patterns: Iterable[str], end: str
) -> Iterable[tuple[str, str]]:
    pattern = re.compile("|".join(f"(?:{each})" for each in patterns))
    for purpose in sorted(answers):
        metric = purpose.removeprefix(prefix).removesuffix(end)
        if purpose == f"{prefix}{metric}{end}" and pattern.pattern and pattern.fullmatch(metric):
            yield purpose, metric


def _calls_of(part: _Part, homes: "Homes") -> list[ObservedCall]:
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
    twice = [c for c in _all_of(rates) if c.reporter not in known]
    encrypted = _encrypted(row, [*_all_of(rates), *seen])
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
        return _all_of(rates)
    totals: dict[tuple[Peer, Peer], dict[str, float]] = defaultdict(dict)
    for metric, rows in rates.items():
        for pair, of_pair in _by_pair(rows).items():
            totals[pair][metric] = _sum(of_pair)
    chosen = {pair: max(found, key=lambda m: (found[m], m)) for pair, found in totals.items()}
    return [c for metric, rows in rates.items() for c in rows if chosen[c.pair] == metric]


def _all_of(rates: Mapping[str, list[Counted]]) -> list[Counted]:
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


# --- where calls lead ---------------------------------------------------------------------------


def place_of(server: Peer) -> Peer:
    """The server without the Service that it was reached by, if its workload is known."""
    if server.workload:
        return Peer(workload=server.workload, namespace=server.namespace, kind=server.kind)
    return server


Homes = Mapping[tuple[Peer, Peer], Peer]


def _homes(rows: Iterable[Counted]) -> Homes:
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


# --- who the scraped program is -------------------------------------------------------------------

Targets = Mapping[tuple[str, str], Labels]
"""What `target_info` adds, by job and instance; several that agree are one."""


def _targets(rows: Iterable[Sample]) -> Targets:
    """Several series of one target (rolling updates) count only for what they agree on."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for sample in rows:
        labels = {label: value for label, value in sample.labels.items() if value}
        prefix = "exported_" if "exported_job" in labels else ""
        key = labels.get(f"{prefix}job", ""), labels.get(f"{prefix}instance", "")
        about = {
            label: value
            for label, value in labels.items()
            if label.startswith("k8s_") or label in ("service_name", "service_namespace")
        }
        before = found.get(key)
        found[key] = (
            about
            if before is None
            else {label: v for label, v in about.items() if before.get(label) == v}
        )
    return found


def _with_target(labels: Labels, targets: Targets) -> Labels:
    if not targets:
        return labels
    prefix = "exported_" if labels.get("exported_job") else ""
    found = targets.get((labels.get(f"{prefix}job", ""), labels.get(f"{prefix}instance", "")))
    return {**found, **labels} if found else labels


def _offers(rows: Iterable[Row], answers: Answers, targets: Targets) -> Iterable[Offer]:
    found: set[Offer] = set()
    for row in rows:
        prefix = f"{row.part} " if row.part else ""
        for purpose, _ in _purposes(answers, prefix, words(row.offers), _SERVED):
            for sample in answers[purpose]:
                served = reader(row)(sample.labels)[1]
                api = served.api if served else None
                server = scraped_peer(_with_target(sample.labels, targets))
                if api and server:
                    found.add(Offer(api, server))
    return sorted(found, key=repr)


# --- odds and ends of series ----------------------------------------------------------------------


def _spelled(sample: Sample) -> Sample:
    """The sample with labels as Prometheus writes them where they may not have dots."""
    if not any("." in label for label in sample.labels):
        return sample
    labels = {plain(label): value for label, value in sample.labels.items()}
    return Sample(labels, sample.value, sample.buckets)


def _unit_seconds(row: Row, metric: str, samples: Iterable[Sample]) -> float:
    unit = row.unit
    if unit is None:
        if re.search(r"(_|\.)(ms|milliseconds)(_total)?$", metric):
            unit = "ms"
        elif re.search(r"(_|\.)seconds(_total)?$", metric):
            unit = "s"
        else:
            unit = "ms" if histogram.largest_bound(samples) > _UNCLEAR_FROM else "s"
    return 0.001 if unit == "ms" else 1.0


def _unnamed(part: _Part) -> Gap:
    row = part.row
    named = len(part.seen) + sum(map(len, part.rates.values()))
    reason = message("gap.series-unnamed", rows=part.unnamed, total=part.unnamed + named)
    hint = message(row.hint or "hint.series-unnamed")
    return Gap(row.source, reason, hint)

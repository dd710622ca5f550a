"""A telemetry source from rows of the table: how the answers to its queries are read."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from mesh_probe import histogram
from mesh_probe.model import Gap, Latency, ObservedCall, Peer
from mesh_probe.source import Reading, Sample, Source
from mesh_probe.sources.row import Row, Symptom, any_of, words
from mesh_probe.sources.rows.asking import (
    FAILED,
    FQDN,
    POD_INFO,
    SEEN,
    TARGETS,
    Answers,
    asks,
    histogram_names,
    names_of,
    purposes,
    vocabulary,
)
from mesh_probe.sources.rows.calls import Counted, Part, all_of, calls_of, homes_of, place_of
from mesh_probe.sources.rows.peers import Labels, first, labels_of, plain, reader
from mesh_probe.sources.rows.targets import Known, known_from, offers
from mesh_probe.text import message

Peers = Callable[[Labels], tuple[Peer | None, Peer | None]]

_IDENTITY = ("job", "instance")
_SEES_STRANGERS = frozenset({"network", "connections"})
"""Tiers that see what no workload is part of, so that some series name one side only."""
_UNCLEAR_FROM = 20.0
"""Bounds without a unit in the name end below this in seconds; in milliseconds far above."""


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
    also += [
        # Of a name that many end with the buckets would be too many, even to look up.
        f"(?:{name})_count" if row.beside else histogram_names(name)
        for row in rows
        for name in words(row.durations)
    ]
    also += [name for symptom in symptoms for name in (symptom.there, symptom.missing)]
    if any(side.scraped for row in rows for side in (row.client, row.server)):
        also.append(TARGETS)
    if any(row.addresses for row in rows):
        also += [POD_INFO, FQDN]
    return Source(
        id=rows[0].source,
        metrics=tuple(dict.fromkeys(name for row in rows for name in names_of(row))),
        asks=partial(asks, tuple(rows)),
        read=partial(_read, tuple(rows), of_part),
        tier=rows[0].tier,
        also=tuple(dict.fromkeys(also)),
        notes=partial(_notes, rows[0].source, tuple(symptoms)),
        generic=any(row.generic for row in rows),
        build=build,
        words=frozenset(word for row in rows for word in vocabulary(row)),
    )


def _read(rows: Sequence[Row], peers: Mapping[str, Peers], answers: Answers) -> Reading:
    """Requests with rates and latency; connections, and calls seen before the window, without.

    A call whose counter stood still in the window has a rate of 0. One that had no two samples in
    the window has none: nothing was measured.
    """
    known = known_from(answers)
    plainly = {purpose: [_spelled(s) for s in samples] for purpose, samples in answers.items()}
    parts = [_part(row, peers[row.part], plainly, known) for row in rows]
    homes = homes_of(c for part in parts for c in part.counted())
    calls: list[ObservedCall] = []
    for part in sorted(parts, key=lambda part: part.row.counts != "requests"):
        found = calls_of(part, homes)
        if part.row.counts != "requests":
            # Where requests are seen, connections are the same calls one layer below.
            there = {(call.client, place_of(call.server)) for call in calls}
            found = [c for c in found if (c.client, place_of(c.server)) not in there]
        calls += found
    return Reading(
        calls=tuple(sorted(calls, key=repr)),
        gaps=tuple(dict.fromkeys(gap for part in parts for gap in _unnamed(part))),
        moved=any(part.unnamed or any(c.value > 0 for c in all_of(part.rates)) for part in parts),
        offers=tuple(offers(rows, plainly, known)),
        details=tuple(part.row.part for part in parts if part.row.part and part.counted()),
    )


def _part(row: Row, peers: Peers, answers: Answers, known: Known) -> Part:
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
            client, server = peers(known.with_target(labels))
            found = cache[key] = known.named(client), known.named(server)
        client, server = found
        if client is None or server is None or client == server == Peer(outside=True):
            return None
        reporter = labels.get(plain(row.reporter.label), "") if row.reporter else ""
        protocol = row.protocol or first(labels, row.protocol_label)
        protocol = protocol.lower() if protocol else None
        return Counted(client, server, place_of(server), protocol, reporter, labels, value)

    def rows_of(patterns: Iterable[str], end: str) -> dict[str, list[Counted]]:
        by_metric: dict[str, list[Counted]] = {}
        for purpose, metric in purposes(answers, prefix, patterns, end):
            found = [counted(s.labels, s.value) for s in answers[purpose]]
            unnamed[end] = unnamed.get(end, 0) + found.count(None)
            by_metric[metric] = [each for each in found if each]
        return by_metric

    rates = rows_of(counters, "")
    if not row.requests:
        native = rows_of(bases, "")  # of a native histogram, whose count is its value
        rates |= {m: found for m, found in native.items() if any(c.value for c in found)}
    seen = [c for found in rows_of((*counters, *bases), SEEN).values() for c in found]
    failed = rows_of(words(row.failures), FAILED)
    times: dict[tuple[Peer, Peer, str | None, str], list[Latency]] = defaultdict(list)

    def key(labels: Labels) -> tuple[Peer, Peer, str | None, str] | None:
        each = counted(labels, 0.0)
        return each and (each.client, each.server, each.protocol, each.reporter)

    for purpose, metric in purposes(answers, prefix, bases, ""):
        unit = _unit_seconds(row, metric, answers[purpose])
        of_metric = histogram.latencies({metric: answers[purpose]}, metric, key, unit)
        for group, latency in of_metric.items():
            times[group].append(latency)
    best = {group: max(found, key=_observations) for group, found in times.items()}
    return Part(
        row,
        rates,
        seen,
        [c for found in failed.values() for c in found] if failed else None,
        best,
        max(unnamed.get("", 0), unnamed.get(SEEN, 0)),
    )


def _observations(latency: Latency) -> float:
    return math.fsum(latency.counts)


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


def _unnamed(part: Part) -> Iterable[Gap]:
    """That some series do not tell both sides, where that is not to be expected."""
    row, named = part.row, len(part.counted())
    if part.unnamed and not (named and row.tier in _SEES_STRANGERS):
        reason = message("gap.series-unnamed", rows=part.unnamed, total=part.unnamed + named)
        yield Gap(row.source, reason, message(row.hint or "hint.series-unnamed"))


def _notes(source: str, symptoms: Sequence[Symptom], names: frozenset[str]) -> tuple[Gap, ...]:
    return tuple(
        Gap(source, message(f"gap.{symptom.text}"), message(f"hint.{symptom.text}"))
        for symptom in symptoms
        if any_of(symptom.there, names) and not any_of(symptom.missing, names)
    )

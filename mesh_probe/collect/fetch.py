"""One ask of a telemetry source, sent as one query or, where that is too much, as several."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from mesh_probe.collect.prometheus import Answer, Prometheus
from mesh_probe.collect.query_error import QueryError, TooExpensive
from mesh_probe.model import Query
from mesh_probe.source import Ask, Sample

MOST_SERIES = 20_000
"""Series that one query for buckets may read.

Measured on Prometheus 2.42: parts of this size cost the server no more in sum than all at once. An
answer of as many rows takes some 60 MB here while it is read.
"""
_MOST_VALUES = 100
_MOST_CHARACTERS = 4_000
"""Of a matcher: proxies in front of a server often stop at addresses of 8 kB."""
_MOST_FAILURES = 8
"""Queries that may fail before the rest of an ask is given up, to spare the server."""

_log = logging.getLogger(__name__)

Part = tuple[str, ...]
"""The values of the splitting label that a query is narrowed to; empty: all of them."""


class Fetched(NamedTuple):
    """What came back for an ask."""

    samples: tuple[Sample, ...]
    queries: tuple[Query, ...]
    warnings: tuple[str, ...] = ()
    histograms: int = 0
    """Rows that were native histograms and could not be used."""
    lost: Part = ()
    """The values of the splitting label that nothing is known of."""
    lost_by: str | None = None
    """That label."""
    failure: QueryError | None = None
    """Why they were lost."""


def fetch(server: Prometheus, ask: Ask, at: datetime, until: float) -> Fetched:
    """Send an ask, in parts if need be. Raises: QueryError when there is no answer to use."""
    answers: list[Answer] = []
    queries: list[Query] = []
    lost: list[str] = []
    failures: list[QueryError] = []
    ask, parts = _first_parts(server, ask, at, until)
    while parts:
        part = parts.pop(0)
        promql = ask.part(part) if part else ask.whole()
        try:
            answer = server.query(promql, at, until, fold_buckets=ask.buckets)
        except QueryError as err:
            queries.append(Query(ask.purpose, promql))
            failures.append(err)
            goes_on = isinstance(err, TooExpensive) and len(failures) < _MOST_FAILURES
            ask, smaller = _smaller(server, ask, part, at, until) if goes_on else (ask, [])
            parts = smaller + parts
            if not smaller:
                lost += part
            if not goes_on:
                lost += [value for rest in parts for value in rest]
                break
        else:
            _log.debug("%s: %d series of %s", server.name, answer.rows, promql)
            queries.append(Query(ask.purpose, promql, answer.rows))
            answers.append(answer)
    if failures and (not answers or (lost and ask.all_or_nothing)):
        raise failures[-1]
    return Fetched(
        samples=tuple(sample for answer in answers for sample in answer.samples),
        queries=tuple(queries),
        warnings=tuple(dict.fromkeys(said for answer in answers for said in answer.warnings)),
        histograms=sum(answer.histograms for answer in answers),
        lost=tuple(lost),
        lost_by=ask.split_by if lost else None,
        failure=failures[-1] if lost else None,
    )


def _first_parts(
    server: Prometheus, ask: Ask, at: datetime, until: float
) -> tuple[Ask, list[Part]]:
    if not ask.buckets:
        return ask, [()]
    ask, sizes = _splitting(server, ask, at, until)
    return ask, [()] if sum(sizes.values()) <= MOST_SERIES else _packed(sizes)


def _smaller(
    server: Prometheus, ask: Ask, part: Part, at: datetime, until: float
) -> tuple[Ask, list[Part]]:
    """Parts that together are the part which was too large; none if it cannot be split."""
    if not part:
        ask, sizes = _splitting(server, ask, at, until)
        packed = _packed(sizes)
        if len(packed) > 1:
            return ask, packed
        part = packed[0] if packed else ()
    middle = len(part) // 2
    return ask, [part[:middle], part[middle:]] if middle else []


def _splitting(
    server: Prometheus, ask: Ask, at: datetime, until: float
) -> tuple[Ask, Mapping[str, float]]:
    """The ask with the first label that tells its series apart, and how many there are by it."""
    sizes = _sizes(server, ask, at, until)
    if len(sizes) == 1 and sum(sizes.values()) > MOST_SERIES:
        for other in ask.split_otherwise():
            found = _sizes(server, other, at, until)
            if len(found) > 1:
                return other, found
    return ask, sizes


def _sizes(server: Prometheus, ask: Ask, at: datetime, until: float) -> Mapping[str, float]:
    """Series by value of the splitting label; empty where that cannot be told."""
    if not ask.sizes or not ask.split_by:
        return {}
    try:
        answer = server.query(ask.sizes, at, until)
    except QueryError:
        return {}
    return {row.labels.get(ask.split_by, ""): row.value for row in answer.samples}


def _packed(sizes: Mapping[str, float]) -> list[Part]:
    """Parts of bounded size; a single value that is larger has a part of its own."""
    parts: list[list[str]] = []
    series, characters = 0.0, 0
    for value in sorted(sizes):
        series, characters = series + sizes[value], characters + len(value)
        full = series > MOST_SERIES or characters > _MOST_CHARACTERS
        if not parts or full or len(parts[-1]) == _MOST_VALUES:
            parts.append([])
            series, characters = sizes[value], len(value)
        parts[-1].append(value)
    return [tuple(part) for part in parts]

"""From Prometheus servers to the calls that the telemetry sources see in them."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple, TypeVar

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.fetch import Fetched, fetch
from mesh_probe.collect.prometheus import AT_ONCE, Prometheus
from mesh_probe.collect.query_error import QueryError, Unusable
from mesh_probe.model import Gap, ObservedCall, Offer, Query, SourceRead, Telemetry
from mesh_probe.source import Ask, Reading, Sample, Source, Window, name_selector
from mesh_probe.sources import SOURCES
from mesh_probe.text import Message, message

T = TypeVar("T")

_MOMENTS = 4
"""When to look for metric names where a server has no index to ask for a span of time."""
State = Literal["read", "partial", "silent", "absent", "unreadable"]
_STATES: tuple[State, ...] = ("read", "partial", "silent", "unreadable", "absent")
"""What several servers say of one source comes down to the first of these."""
_LONGEST_LIST = 5
_HISTORY = "history"
_BUILD = "version"
_VERSION_LABELS = ("version", "tag", "release")
"""What programs call the version of theirs on their metrics of it."""


class TelemetryRead(NamedTuple):
    """What the servers had, and what it cost them."""

    telemetry: Telemetry
    gaps: tuple[Gap, ...]
    queries: int
    bytes: int


Answers = list[tuple[Ask, Fetched | QueryError]]


class _Found(NamedTuple):
    """What one server has of one source."""

    read: SourceRead
    reading: Reading = Reading()
    gaps: tuple[Gap, ...] = ()


class _Run(NamedTuple):
    """What to ask for, until when, and who has stopped answering."""

    window: Window
    at: datetime
    deadline: float
    gone: dict[str, Unusable]

    def all(self, jobs: Sequence[Callable[[], T]]) -> list[T | QueryError]:
        return at_once(jobs, AT_ONCE, self.deadline)

    def fetch(self, server: Prometheus, asks: Iterable[Ask]) -> Answers:
        """What a server says to asks of one purpose, sent one after the other.

        A server that has stopped answering is left alone.
        """
        answers: Answers = []
        known: set[tuple[tuple[str, str], ...]] = set()
        for ask in asks:
            try:
                if server.name in self.gone:
                    raise self.gone[server.name]
                got = fetch(server, ask, self.at, self.deadline)
            except QueryError as err:
                if isinstance(err, Unusable):
                    self.gone[server.name] = err
                answers.append((ask, err))
                continue
            if ask.presence:
                fresh = {tuple(row.labels.items()): row for row in got.samples}
                got = got._replace(samples=tuple(fresh[key] for key in fresh if key not in known))
                known |= fresh.keys()
            answers.append((ask, got))
        return answers


def read_telemetry(
    servers: Sequence[Prometheus],
    window: Window,
    at: datetime,
    *,
    deadline: float,
    progress: Callable[[Message], None],
    sources: Sequence[Source] = SOURCES,
) -> TelemetryRead:
    """Read all sources from all servers, as of the aware time `at`.

    Nothing is asked after `deadline` on the monotonic clock. Nothing is raised: what cannot be read
    is a gap.
    """
    run = _Run(window, at, deadline, {})
    gaps: list[Gap] = []

    progress(message("progress.prometheus"))
    names: dict[Prometheus, frozenset[str]] = {}
    probes = run.all([partial(_names, server, sources, run) for server in servers])
    for server, found in zip(servers, probes, strict=True):
        if isinstance(found, QueryError):
            gaps.append(found.gap("Prometheus"))
        else:
            names[server] = found

    jobs: dict[tuple[Prometheus, str, str], list[Ask]] = defaultdict(list)
    for server, known in names.items():
        for source in sources:
            there = _of(source, known)
            if there:
                asks = source.asks(there | _of(source, known, also=True), window)
                for ask in (*asks, *_builds(source, known), *_history(there, window)):
                    jobs[server, source.id, ask.purpose].append(ask)
    progress(message("progress.telemetry", queries=sum(map(len, jobs.values()))))
    results = run.all([partial(run.fetch, server, asks) for (server, _, _), asks in jobs.items()])
    answered: dict[tuple[Prometheus, str], Answers] = defaultdict(list)
    for ((server, source_id, _), asks), result in zip(jobs.items(), results, strict=True):
        if isinstance(result, QueryError):
            answered[server, source_id] += [(ask, result) for ask in asks]
        else:
            answered[server, source_id] += result

    reads: list[SourceRead] = []
    calls: list[ObservedCall] = []
    offers: set[Offer] = set()
    for source in sources:
        founds = [
            _found(source, server, known, answered.pop((server, source.id), []))
            for server, known in names.items()
        ]
        reads.append(_joined_read(source, founds, complete=len(names) == len(servers)))
        calls += _joined_calls(founds)
        offers.update(offer for found in founds for offer in found.reading.offers)
        gaps += [gap for found in founds for gap in found.gaps]
    if reads and names and all(read.state == "absent" for read in reads):
        wanted = ", ".join(source.id for source in sources)
        gaps.append(
            Gap(
                "call metrics",
                message("gap.no-call-metrics", sources=wanted),
                message("hint.no-call-metrics"),
            )
        )
    return TelemetryRead(
        Telemetry(
            tuple(server.name for server in names),
            tuple(reads),
            tuple(calls),
            tuple(sorted(offers, key=repr)),
        ),
        tuple(dict.fromkeys(gaps)),
        sum(server.queries for server in servers),
        sum(server.bytes for server in servers),
    )


def _names(server: Prometheus, sources: Iterable[Source], run: _Run) -> frozenset[str]:
    """The sources' metrics that a server knows in the look-back. Raises: QueryError."""
    server.prove(run.at, run.deadline)
    pattern = "|".join(
        dict.fromkeys(
            name
            for source in sources
            for name in (*source.metrics, *source.also, source.build)
            if name
        )
    )
    start = run.at - timedelta(seconds=run.window.lookback_seconds)
    try:
        return server.metric_names(pattern, start, run.at, run.deadline)
    except QueryError:
        step = run.window.lookback_seconds // _MOMENTS
        moments = (f" offset {step * n}s" if n else "" for n in range(_MOMENTS + 1))
        selector = name_selector(pattern)
        promql = " or ".join(f"group by (__name__) ({selector}{moment})" for moment in moments)
        rows = server.query(promql, run.at, run.deadline).samples
        return frozenset(row.labels.get("__name__", "") for row in rows)


def _of(source: Source, names: Iterable[str], *, also: bool = False) -> frozenset[str]:
    """Those of the names by which the source is there, or those it wants to know of as well."""
    pattern = re.compile("|".join(source.also if also else source.metrics))
    return frozenset(name for name in names if pattern.pattern and pattern.fullmatch(name))


def _builds(source: Source, names: frozenset[str]) -> Iterable[Ask]:
    """Which versions of the program there are."""
    if source.build and any(re.fullmatch(source.build, name) for name in names):
        by = ", ".join(_VERSION_LABELS)
        yield Ask(_BUILD, f"group by ({by}) ({name_selector(source.build)})")


def _history(names: frozenset[str], window: Window) -> Iterable[Ask]:
    """Whether anything was counted at the beginning of the window.

    A rate is taken over the whole window, also where the counters have not been there for so long.
    """
    counters = sorted(name for name in names if name.endswith(("_total", "_count")))
    if counters:
        selector = name_selector("|".join(counters))
        yield Ask(_HISTORY, f"group({selector} offset {window.rate_seconds}s)")


def _found(
    source: Source,
    server: Prometheus,
    names: frozenset[str],
    answers: Answers,
) -> _Found:
    """What a source makes of a server's answers, and everything that is missing from them."""
    queries: list[Query] = []
    samples: dict[str, list[Sample]] = {}
    gaps: list[Gap] = []
    for ask, answer in answers:
        if isinstance(answer, QueryError):
            queries.append(Query(ask.purpose, ask.whole()))
            gaps.append(answer.gap(source.id))
        else:
            queries += answer.queries
            samples.setdefault(ask.purpose, []).extend(answer.samples)
            gaps += _shortcomings(source, server, ask, answer)
    history = samples.pop(_HISTORY, None)
    builds = samples.pop(_BUILD, [])
    reading = source.read(samples)
    notes = source.notes(names)
    state = _state(source, bool(_of(source, names)), answers, reading)
    if state == "absent" and notes:
        state = "silent"
    gaps += notes
    if reading.moved and history == []:
        gaps.append(
            Gap(
                source.id,
                message("gap.history-short", server=server.name),
                message("hint.history-short"),
            )
        )
    if state == "absent":
        gaps = []
    if state == "silent" and not notes:
        gaps.append(
            Gap(
                source.id,
                message("gap.source-silent", server=server.name),
                message("hint.source-silent"),
            )
        )
    read = SourceRead(source.id, state, tuple(queries), _details(builds, reading))
    return _Found(read, reading, (*gaps, *reading.gaps))


def _details(builds: Iterable[Sample], reading: Reading) -> tuple[str, ...]:
    """The versions and the forms of a source that were found."""
    versions = {
        version.removeprefix("v")
        for build in builds
        for version in [next((build.labels[v] for v in _VERSION_LABELS if v in build.labels), "")]
        if version
    }
    return (*sorted(versions)[:_LONGEST_LIST], *reading.details)


def _state(source: Source, there: bool, answers: Answers, reading: Reading) -> State:
    moved = reading.moved
    failed = any(isinstance(answer, QueryError) for _, answer in answers)
    if not there or (source.generic and not failed and not reading.calls and not moved):
        return "absent"
    if all(isinstance(answer, QueryError) for _, answer in answers):
        return "unreadable"
    if any(isinstance(answer, QueryError) or answer.lost for _, answer in answers):
        return "partial"
    return "read" if moved else "silent"


def _shortcomings(source: Source, server: Prometheus, ask: Ask, answer: Fetched) -> Iterable[Gap]:
    for said in answer.warnings:
        yield Gap(
            source.id,
            message("gap.prometheus-warning", server=server.name, detail=said),
            message("hint.prometheus-warning"),
        )
    if answer.histograms:
        yield Gap(
            source.id,
            message("gap.native-histogram", server=server.name, purpose=ask.purpose),
            message("hint.native-histogram"),
        )
    if answer.failure:
        shown = ", ".join(value or '""' for value in sorted(answer.lost)[:_LONGEST_LIST])
        yield Gap(
            source.id,
            message(
                "gap.query-partial",
                purpose=ask.purpose,
                label=answer.lost_by,
                count=len(answer.lost),
                values=shown,
            ),
            answer.failure.hint,
        )


def _joined_read(source: Source, founds: Sequence[_Found], *, complete: bool) -> SourceRead:
    """How far a source could be read from all servers together."""
    states = {found.read.state for found in founds}
    state: State = next((state for state in _STATES if state in states), "unreadable")
    if state == "absent" and not complete:
        state = "unreadable"
    return SourceRead(
        source.id,
        state,
        tuple(query for found in founds for query in found.read.queries),
        tuple(dict.fromkeys(detail for found in founds for detail in found.read.details)),
    )


def _joined_calls(founds: Iterable[_Found]) -> Iterable[ObservedCall]:
    """Each call from the server that sees most of this source; from others what that one lacks.

    Servers may be copies of one another, so their figures are not added up.
    """

    def counted(found: _Found) -> float:
        return sum(call.rate_rps is not None for call in found.reading.calls)

    calls: dict[tuple[object, ...], ObservedCall] = {}
    for found in sorted(founds, key=counted, reverse=True):
        own = {(c.client, c.server, c.protocol): c for c in found.reading.calls}
        calls = own | calls
    return sorted(calls.values(), key=repr)

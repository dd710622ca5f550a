"""How calls went while alerts began, read from the same source as the calls of the window."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.prometheus import AT_ONCE, Answer, Prometheus
from mesh_probe.collect.query_error import QueryError
from mesh_probe.episodes import IncidentHistory, Moment
from mesh_probe.model import Gap, ObservedCall, Query, Telemetry
from mesh_probe.source import Ask, Sample, Source, Window, name_selector
from mesh_probe.sources import SOURCES
from mesh_probe.sources.alert_times import (
    MOST_TIMES,
    Stretch,
    compared,
    concerned,
    stretches,
)
from mesh_probe.text import Message, message

DAYS = 7
"""Days before, at whose same hour it is seen how calls usually go."""
MOST_SERIES = 2_500
"""Series that a query may read at each of its times; more are narrowed to whom alerts are about."""

_SUBJECT = "incidents"
_BEFORE = timedelta(seconds=600)
"""How long before the alerts began nothing was wrong yet, it is hoped."""

_Samples = dict[str, list[Sample]]


class MomentsRead(NamedTuple):
    """The times that were looked back at, and what could not be seen of them."""

    moments: tuple[Moment, ...] = ()
    gaps: tuple[Gap, ...] = ()


def read_moments(
    servers: Sequence[Prometheus],
    history: IncidentHistory,
    telemetry: Telemetry,
    at: datetime,
    *,
    deadline: float,
    progress: Callable[[Message], None],
    sources: Sequence[Source] = SOURCES,
) -> MomentsRead:
    """The calls of the times in which alerts began, beside how they usually go.

    Nothing is asked after `deadline` on the monotonic clock. Nothing is raised.
    """
    every = stretches(history.episodes, at - timedelta(seconds=history.span_seconds), at)
    chosen = every[:MOST_TIMES]
    if not chosen:
        return MomentsRead()
    gaps: list[Gap] = []
    if len(every) > len(chosen):
        gaps.append(Gap(_SUBJECT, message("gap.times-many", seen=len(every), read=len(chosen))))
    source = _best(sources, telemetry)
    if source is None:
        gaps.append(Gap(_SUBJECT, message("gap.times-no-calls"), message("hint.times-no-calls")))
        return MomentsRead(gaps=tuple(gaps))
    progress(message("progress.incident-calls", count=len(chosen)))
    span = (chosen[-1].start_at - timedelta(days=DAYS), at)
    readers = [_Reader(server, source, telemetry.calls, deadline) for server in servers]
    tries = at_once([partial(reader.find_names, *span) for reader in readers], AT_ONCE, deadline)
    gaps += [error.gap(_SUBJECT) for error in tries if error is not None]
    readers = [reader for reader, error in zip(readers, tries, strict=True) if error is None]
    jobs = [partial(reader.read, stretch) for stretch in chosen for reader in readers]
    moments: list[Moment] = []
    for result in at_once(jobs, AT_ONCE, deadline):
        if isinstance(result, QueryError):
            gaps.append(result.gap(_SUBJECT))
        else:
            moments.append(result)
    return MomentsRead(
        _joined(moments),
        tuple(dict.fromkeys([*gaps, *(gap for reader in readers for gap in reader.gaps)])),
    )


def _best(sources: Sequence[Source], telemetry: Telemetry) -> Source | None:
    """The source that counts the most calls; of equals the one that goes first."""
    counted = Counter(call.source for call in telemetry.calls if call.rate_rps is not None)
    usable = [source for source in sources if counted[source.id]]
    return max(usable, key=lambda source: counted[source.id], default=None)


def _joined(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Of several servers, which may be copies, the one that tells most of a time."""
    best: dict[datetime, Moment] = {}
    for moment in moments:
        before = best.get(moment.start_at)
        if before is None or (len(moment.sources), len(moment.calls)) > (
            len(before.sources),
            len(before.calls),
        ):
            best[moment.start_at] = moment
    return tuple(best[start] for start in sorted(best))


class _Reader:
    """Reads one source from one server at any time."""

    def __init__(
        self,
        server: Prometheus,
        source: Source,
        calls: Sequence[ObservedCall],
        deadline: float,
    ) -> None:
        self._server = server
        self._source = source
        self._calls = calls
        self._deadline = deadline
        self._names: frozenset[str] = frozenset()
        self.gaps: list[Gap] = []

    def find_names(self, start: datetime, end: datetime) -> None:
        """Find out which of the source's metrics there are. Raises: QueryError."""
        pattern = "|".join((*self._source.metrics, *self._source.also))
        try:
            self._names = self._server.metric_names(pattern, start, end, self._deadline)
        except QueryError:
            promql = f"group by (__name__) ({name_selector(pattern)})"
            rows = self._server.query(promql, end, self._deadline).samples
            self._names = frozenset(row.labels.get("__name__", "") for row in rows)

    def read(self, stretch: Stretch) -> Moment:
        """The calls of a time beside those of the same hour before. Raises: QueryError."""
        times = (stretch.end_at, *_days(stretch), stretch.start_at - _BEFORE)
        answers: dict[datetime, _Samples] = {time: {} for time in times}
        wanted = concerned(stretch.places, self._calls)
        queries: list[Query] = []
        failure: QueryError | None = None
        for ask in self._source.asks(self._names, Window(stretch.seconds, stretch.seconds)):
            if ask.presence:
                continue
            try:
                queries += self._ask(ask, stretch, wanted, answers)
            except QueryError as err:
                failure = err
                self.gaps.append(err.gap(_SUBJECT))
        calls, *days = (self._source.read(found).calls for found in answers.values())
        if failure and not calls:
            raise failure
        return Moment(
            stretch.start_at,
            stretch.end_at,
            tuple(sorted(compared(calls, days, stretch.seconds), key=repr)),
            tuple(sorted({call.source for call in calls if call.rate_rps})),
            tuple(queries),
        )

    def _ask(
        self,
        ask: Ask,
        stretch: Stretch,
        wanted: frozenset[str],
        answers: dict[datetime, _Samples],
    ) -> Sequence[Query]:
        """Add the rows of one query to the answers of each time. Raises: QueryError."""
        promql = self._narrowed(ask, wanted, stretch.end_at)
        if promql is None:
            self.gaps.append(Gap(_SUBJECT, message("gap.times-large", purpose=ask.purpose)))
            return ()
        sent, samples = 0, partial(self._samples, promql, ask)
        days, before = samples(_days(stretch)), samples([stretch.start_at - _BEFORE])
        for time, answer in (days | before).items():
            answers[time].setdefault(ask.purpose, []).extend(answer.samples)
            sent = max(sent, answer.rows)
        return (Query(ask.purpose, promql, sent),)

    def _samples(self, promql: str, ask: Ask, times: Sequence[datetime]) -> dict[datetime, Answer]:
        """The answers at equally distant times. Raises: QueryError."""
        answers = self._server.query_at(promql, times, self._deadline, fold_buckets=ask.buckets)
        return dict(zip(times, answers, strict=True))

    def _narrowed(self, ask: Ask, wanted: frozenset[str], at: datetime) -> str | None:
        """The query, for whom the alerts are about where there is too much else.

        None where it is too large even so. Raises: QueryError.
        """
        if not ask.sizes or not ask.split_by:
            return ask.whole()
        rows = self._server.query(ask.sizes, at, self._deadline).samples
        sizes = {row.labels.get(ask.split_by, ""): row.value for row in rows}
        if sum(sizes.values()) <= MOST_SERIES:
            return ask.whole()
        chosen = sorted(wanted & sizes.keys())
        if chosen and sum(sizes[value] for value in chosen) <= MOST_SERIES:
            return ask.part(chosen)
        return None


def _days(stretch: Stretch) -> list[datetime]:
    """The time that is asked about and the same hour of the days before it, earliest first."""
    return [stretch.end_at - timedelta(days=day) for day in range(DAYS, -1, -1)]

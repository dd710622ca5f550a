"""From Prometheus servers to the alerts that fired, as far back as they can tell."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Literal, NamedTuple

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.prometheus import AT_ONCE, Prometheus
from mesh_probe.collect.query_error import QueryError, TooExpensive
from mesh_probe.episodes import Episode, IncidentHistory
from mesh_probe.model import Gap, Query
from mesh_probe.source import quoted, re2_escape
from mesh_probe.sources import alerts
from mesh_probe.sources.alerts import Firing, Rule
from mesh_probe.text import message

LONGEST_SECONDS = 30 * 86_400
SUBJECT = "incidents"

_STEPS = (300, 900, 1800, 3600)
"""Seconds between points, finest first: the finest needs 8,641 of the 11,000 points that
Prometheus gives of a series, and is as long as it looks back for a sample."""
_MOST_POINTS = 1_000_000
_POINTS_AT_ONCE = 100_000
_SHORTEST_PART = timedelta(days=1)
_MOST_FAILURES = 4
_DAY = 86_400
_HOUR = 3600

_SIGNS_OF_LIFE = "up|ALERTS"
_SIGNS_OF_RULES = "ALERTS|(cortex_)?prometheus_rule_group_rules"
_BUILDS = (
    "prometheus_build_info|thanos_build_info|mimir_build_info|cortex_build_info|vm_app_version"
)
"""Metrics of programs that evaluate rules, and so of the jobs that they are scraped as."""


class AlertsRead(NamedTuple):
    """What the servers know of alerts."""

    history: IncidentHistory
    gaps: tuple[Gap, ...]


class _Server:
    """One server, what was asked of it, and what it cannot do."""

    def __init__(self, server: Prometheus, at: datetime, deadline: float) -> None:
        self.server = server
        self.at = at
        self.deadline = deadline
        self.queries: list[Query] = []
        self.gaps: list[Gap] = []

    def instant(self, purpose: str, promql: str) -> list[dict[str, str]]:
        """The labels of the rows. Raises: QueryError."""
        answer = self.server.query(promql, self.at, self.deadline)
        self.queries.append(Query(purpose, promql, answer.rows))
        return [row.labels for row in answer.samples]


class _Found(NamedTuple):
    """What one server knows."""

    state: Literal["read", "partial", "unreadable"]
    episodes: tuple[Episode, ...] = ()
    span_seconds: int = 0
    proven_seconds: int = 0
    resolution_seconds: int = 0
    rules_count: int | None = None
    left_out: tuple[str, ...] = ()
    queries: tuple[Query, ...] = ()
    gaps: tuple[Gap, ...] = ()


def read_alerts(servers: Sequence[Prometheus], at: datetime, *, deadline: float) -> AlertsRead:
    """The alerts of at most `LONGEST_SECONDS` before the aware time `at`.

    Nothing is asked after `deadline` on the monotonic clock. Nothing is raised.
    """
    jobs = [partial(_read, _Server(server, at, deadline)) for server in servers]
    results = at_once(jobs, AT_ONCE, deadline)
    founds = [
        _Found("unreadable", gaps=(result.gap(SUBJECT),))
        if isinstance(result, QueryError)
        else result
        for result in results
    ]
    readable = [found for found in founds if found.state != "unreadable"]
    proven = max((found.proven_seconds for found in readable), default=0)
    gaps = [gap for found in founds for gap in found.gaps]
    state: Literal["read", "partial", "unproven", "unreadable"] = "read"
    if not readable:
        state = "unreadable"
    elif not proven:
        state = "unproven"
        gaps.append(Gap(SUBJECT, message("gap.alerts-unproven"), message("hint.alerts-unproven")))
    elif any(found.state != "read" for found in founds):
        state = "partial"
    rules = [found.rules_count for found in readable if found.rules_count is not None]
    history = IncidentHistory(
        state,
        span_seconds=max((found.span_seconds for found in readable), default=0),
        proven_seconds=proven,
        resolution_seconds=max((found.resolution_seconds for found in readable), default=0),
        rules_count=max(rules, default=None),
        left_out=tuple(sorted({name for found in readable for name in found.left_out})),
        episodes=alerts.merged(episode for found in readable for episode in found.episodes),
        queries=tuple(query for found in founds for query in found.queries),
    )
    return AlertsRead(history, tuple(dict.fromkeys(gaps)))


def _read(asked: _Server) -> _Found:
    """Everything one server knows. Raises: QueryError when it is nothing."""
    rules = _rules(asked)
    life = _reach(asked, "store reach", _SIGNS_OF_LIFE)
    evaluated = _reach(asked, "rules reach", _SIGNS_OF_RULES if rules else "ALERTS")
    hourly = _hourly_points(asked)
    step = next((s for s in _STEPS if hourly * _HOUR / s <= _MOST_POINTS), _STEPS[-1])
    found, complete = _firing(asked, step, hourly * _HOUR / step)
    if alerts.torn(found):
        found = alerts.mended(found, _restarts(asked, step), step)
    first = min((run.first for run in found), default=asked.at.timestamp())
    seen = min(round(asked.at.timestamp() - first), LONGEST_SECONDS)
    hidden = asked.instant("alerts left out", alerts.left_out(_DAY))
    return _Found(
        "read" if complete else "partial",
        alerts.episodes(found, rules, asked.at, step),
        span_seconds=max(life, evaluated, seen),
        proven_seconds=max(evaluated, seen, step if rules else 0),
        resolution_seconds=step,
        rules_count=len(rules) or None,
        left_out=tuple(labels["alertname"] for labels in hidden if "alertname" in labels),
        queries=tuple(asked.queries),
        gaps=tuple(asked.gaps),
    )


def _rules(asked: _Server) -> tuple[Rule, ...]:
    """The rules where the server knows any; what only stores does not."""
    try:
        return asked.server.alerting_rules(asked.deadline)
    except QueryError:
        return ()


def _reach(asked: _Server, purpose: str, names: str) -> int:
    """How many seconds ago some metrics were there already: whole days, or hours below one.

    One sample is looked at for each of them, not what lies in between. Raises: QueryError.
    """
    for unit, count in ((_DAY, LONGEST_SECONDS // _DAY), (_HOUR, _DAY // _HOUR - 1)):
        terms = (
            f'label_replace(group({{__name__=~"{names}"}}offset {back}s),"back","{back}","","")'
            for back in (number * unit for number in range(1, count + 1))
        )
        found = [labels.get("back", "") for labels in asked.instant(purpose, " or ".join(terms))]
        if found:
            return max((int(back) for back in found if back.isdigit()), default=0)
    return 0


def _span(asked: _Server, step: int) -> tuple[datetime, datetime]:
    """What is looked back at. VictoriaMetrics moves times that are no multiples of the step."""
    end = datetime.fromtimestamp(asked.at.timestamp() // step * step, UTC)
    return end - timedelta(seconds=LONGEST_SECONDS), end


def _hourly_points(asked: _Server) -> float:
    """How many points there are of all alerts, one an hour. Raises: QueryError."""
    promql = f"count({alerts.FIRING_NOW})"
    start, end = _span(asked, _HOUR)
    answer = asked.server.query_range(promql, start, end, _HOUR, asked.deadline)
    asked.queries.append(Query("alerts size", promql, len(answer.lines)))
    return sum(value for line in answer.lines for _, value in line.points)


def _firing(asked: _Server, step: int, points: float) -> tuple[list[Firing], bool]:
    """What fired, read in parts of bounded size, and whether all of it could be read.

    Raises: QueryError when none of it could.
    """
    promql = alerts.firing(step)
    parts = list(_parts(*_span(asked, step), step, int(points // _POINTS_AT_ONCE) + 1))
    runs: list[Firing] = []
    failures: list[QueryError] = []
    lost = timedelta()
    read = 0
    while parts:
        start, end = parts.pop(0)
        try:
            answer = asked.server.query_range(promql, start, end, step, asked.deadline)
        except QueryError as err:
            failures.append(err)
            smaller = isinstance(err, TooExpensive) and end - start > _SHORTEST_PART
            if smaller and len(failures) < _MOST_FAILURES:
                parts = [*_parts(start, end, step, 2), *parts]
                continue
            lost += end - start
            if len(failures) >= _MOST_FAILURES or not isinstance(err, TooExpensive):
                lost += sum((end - start for start, end in parts), timedelta())
                break
            continue
        read += 1
        runs += [
            run for line in answer.lines for run in alerts.runs(line.labels, line.points, step)
        ]
        asked.queries.append(Query("alerts", promql, len(answer.lines)))
        asked.gaps += [
            Gap(
                SUBJECT,
                message("gap.prometheus-warning", server=asked.server.name, detail=said),
                message("hint.prometheus-warning"),
            )
            for said in answer.warnings
        ]
    if failures and not read:
        raise failures[-1]
    if lost:
        asked.gaps.append(failures[-1].gap(SUBJECT))
        asked.gaps.append(Gap(SUBJECT, message("gap.alerts-partial", seconds=lost.total_seconds())))
    return alerts.joined(runs, step), not lost


def _parts(
    start: datetime, end: datetime, step: int, count: int
) -> Iterator[tuple[datetime, datetime]]:
    """A time in parts that begin a step after the one before, the last ending at `end`."""
    steps = round((end - start).total_seconds()) // step
    each = max(-(-steps // count), 1)
    for first in range(0, steps + 1, each + 1):
        last = min(first + each, steps)
        yield (
            end - timedelta(seconds=(steps - first) * step),
            end - timedelta(seconds=(steps - last) * step),
        )


def _restarts(asked: _Server, step: int) -> list[float]:
    """When programs that evaluate rules were started, in Unix seconds. Raises: QueryError."""
    builds = asked.instant("rule evaluators", f'group by (job) ({{__name__=~"{_BUILDS}"}})')
    jobs = sorted({labels["job"] for labels in builds if "job" in labels})
    if not jobs:
        return []
    chosen = quoted("|".join(re2_escape(job) for job in jobs))
    promql = f"max by (job, instance) (process_start_time_seconds{{job=~{chosen}}})"
    start, end = _span(asked, step)
    answer = asked.server.query_range(promql, start, end, step, asked.deadline)
    asked.queries.append(Query("restarts", promql, len(answer.lines)))
    return sorted({value for line in answer.lines for _, value in line.points})

"""Alerts that fired, from what the evaluation of alerting rules leaves in a store.

At each evaluation an active alert gets a sample of `ALERTS`, with its state, and one of
`ALERTS_FOR_STATE`, whose value is the time its condition became true: one value, one episode. Both
end with the alert. Prometheus, Thanos Ruler, Mimir's ruler and vmalert write them alike:
https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from msgspec.structs import replace

from mesh_probe.episodes import Episode
from mesh_probe.model import Peer
from mesh_probe.source import quoted
from mesh_probe.sources.alert_places import LABELS, places

ALWAYS = ("Watchdog", "InfoInhibitor", "DeadMansSwitch", "DeadMansSnitch")
"""Alerts that fire all the time to show that alerting works, or to silence others."""
HARMLESS = ("none", "info")
"""Severities that nobody need act on."""

OUTAGE_SECONDS = 3600
"""Prometheus takes an alert up again after a restart if it was away for no longer than this
(`--rules.alert.for-outage-tolerance`)."""

_UNTOLD = 1.0
"""The value where only `ALERTS` is in the store: somebody left the start of alerts out."""
_FEWEST_STEPS_APART = 2


_Key = tuple[tuple[str, str], ...]


class Rule(NamedTuple):
    """An alerting rule, as far as episodes depend on it."""

    alert: str
    keep_firing_seconds: float = 0.0
    """How long it goes on firing when its condition is no longer true."""


class Firing(NamedTuple):
    """One alert firing without a change of its start."""

    labels: Mapping[str, str]
    started: float
    """Unix seconds: `ALERTS_FOR_STATE`, or `first` where that is not in the store."""
    first: float
    """Unix seconds of the first and the last step at which it fired."""
    last: float


def _any(words: Iterable[str]) -> str:
    return quoted("|".join(words))


_CHOSEN = f"alertname!~{_any(ALWAYS)},severity!~{_any(HARMLESS)}"
_BY = ", ".join(("alertname", "severity", *LABELS))

FIRING_NOW = f'max by ({_BY}) (ALERTS{{alertstate="firing",{_CHOSEN}}})'
"""The query for what fires at one moment."""


def firing(step_seconds: int) -> str:
    """The query for what fires, to be sent as a range: starts of alerts, or 1 where not known.

    Each step looks at all samples since the one before, so that no short alert falls between two.
    """
    # Before its version 3 Prometheus took in both ends of a range: a sample would be in two steps.
    span = f"[{step_seconds * 1000 - 1}ms]"
    now = f'max by ({_BY}) (max_over_time(ALERTS{{alertstate="firing",{_CHOSEN}}}{span}))'
    since = f"max by ({_BY}) (last_over_time(ALERTS_FOR_STATE{{{_CHOSEN}}}{span}))"
    return f"({since} and {now}) or {now}"


def left_out(lookback_seconds: int) -> str:
    """The query for the names of alerts that `firing` leaves out."""
    span = f"[{lookback_seconds}s]"
    return (
        f"group by (alertname) (last_over_time(ALERTS{{alertname=~{_any(ALWAYS)}}}{span})"
        f" or last_over_time(ALERTS{{severity=~{_any(HARMLESS)}}}{span}))"
    )


def runs(
    labels: Mapping[str, str], points: Sequence[tuple[float, float]], step_seconds: int
) -> list[Firing]:
    """The points of one series of `firing`, joined to runs of one start."""
    found: dict[float, tuple[float, float]] = {}
    ended: list[Firing] = []
    for at, value in points:
        first, last = found.get(value, (at, at))
        if value == _UNTOLD and at - last > _FEWEST_STEPS_APART * step_seconds:
            ended.append(Firing(labels, first, first, last))
            first = at
        found[value] = first, at
    return ended + [
        Firing(labels, first if value == _UNTOLD else value, first, last)
        for value, (first, last) in found.items()
    ]


def joined(parts: Iterable[Firing], step_seconds: int) -> list[Firing]:
    """Runs that were read in parts of the span: the same alert since the same time is one run.

    Without a known start a run goes on in the next part if no step is missing between them.
    """
    whole: dict[tuple[_Key, float], Firing] = {}
    latest: dict[_Key, Firing] = {}
    for part in sorted(parts, key=lambda run: (run.first, run.started)):
        alert = _key(part.labels)
        before = whole.get((alert, part.started), latest.get(alert))
        if before is not None and (
            before.started == part.started or _goes_on(before, part, step_seconds)
        ):
            run = before._replace(last=max(before.last, part.last))
        else:
            run = part
        whole[alert, run.started] = latest[alert] = run
    return list(whole.values())


def _goes_on(before: Firing, after: Firing, step_seconds: int) -> bool:
    untold = before.started == before.first and after.started == after.first
    return untold and after.first - before.last <= _FEWEST_STEPS_APART * step_seconds


def _key(labels: Mapping[str, str]) -> _Key:
    return tuple(sorted(labels.items()))


def torn(found: Iterable[Firing]) -> bool:
    """Whether any alert fired again so soon that a restart may have torn one episode in two."""
    return any(_soon(before, after) for before, after in _successive(found))


def _successive(found: Iterable[Firing]) -> Iterable[tuple[Firing, Firing]]:
    by_alert: dict[_Key, list[Firing]] = defaultdict(list)
    for run in sorted(found, key=lambda run: run.first):
        by_alert[_key(run.labels)].append(run)
    for same in by_alert.values():
        yield from pairwise(same)


def _soon(before: Firing, after: Firing) -> bool:
    return 0 < after.first - before.last <= OUTAGE_SECONDS


def mended(found: Iterable[Firing], restarts: Iterable[float], step_seconds: int) -> list[Firing]:
    """Episodes that a restart of Prometheus tore are one again.

    After a restart a rule that waits for less than ten minutes begins with a new start, though
    nothing was over. https://github.com/prometheus/prometheus/blob/main/rules/group.go
    """
    times = sorted(restarts)
    whole: dict[_Key, list[Firing]] = defaultdict(list)
    for run in sorted(found, key=lambda run: run.first):
        same = whole[_key(run.labels)]
        before = same[-1] if same else None
        if (
            before is not None
            and _soon(before, run)
            and any(before.last - step_seconds <= time <= run.first for time in times)
        ):
            same[-1] = before._replace(last=run.last)
        else:
            same.append(run)
    return [run for same in whole.values() for run in same]


def episodes(
    found: Iterable[Firing], rules: Iterable[Rule], at: datetime, step_seconds: int
) -> tuple[Episode, ...]:
    """The episodes in order of their start, as seen at a time.

    What a rule adds to the end of its alerts is taken off again.
    """
    tails: dict[str, float] = {}
    for rule in rules:
        tails[rule.alert] = max(rule.keep_firing_seconds, tails.get(rule.alert, 0.0))
    fresh: list[Episode] = []
    for run in found:
        alert = run.labels.get("alertname", "")
        goes_on = at.timestamp() - run.last < step_seconds
        last = max(run.last - tails.get(alert, 0.0), run.first)
        fresh.append(
            Episode(
                alert,
                _time(min(run.started, run.first)),
                _time(run.first),
                None if goes_on else _time(last),
                run.labels.get("severity"),
                places(run.labels),
            )
        )
    return merged(fresh)


def merged(found: Iterable[Episode]) -> tuple[Episode, ...]:
    """Episodes in order of their start; those of one alert about the same at one time are one."""
    alike: dict[tuple[str, str | None, tuple[Peer, ...]], list[Episode]] = defaultdict(list)
    for episode in sorted(found, key=_order):
        same = alike[episode.alert, episode.severity, episode.places]
        if same and (same[-1].end_at is None or same[-1].end_at >= episode.start_at):
            same[-1] = _together(same[-1], episode)
        else:
            same.append(episode)
    return tuple(sorted((episode for same in alike.values() for episode in same), key=_order))


def _order(episode: Episode) -> tuple[datetime, datetime, str, str]:
    return episode.start_at, episode.firing_at, episode.alert, repr(episode.places)


def _together(one: Episode, other: Episode) -> Episode:
    ends = (one.end_at, other.end_at)
    end_at = None if None in ends else max(end for end in ends if end is not None)
    return replace(one, firing_at=min(one.firing_at, other.firing_at), end_at=end_at)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)

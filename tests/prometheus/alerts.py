"""Alerts as the evaluation of their rules would have left them in a store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tests.prometheus.history import AT, HOUR

EVERY_SECONDS = 60
"""Between two evaluations."""


@dataclass(frozen=True)
class Fired:
    """An alert that was active for a time and fired for the rest of it; hours before `AT`."""

    alert: str
    from_hours: float
    """When its condition became true."""
    to_hours: float = 0.0
    """Its last evaluation."""
    labels: Mapping[str, str] = field(default_factory=dict)
    waits_seconds: int = 120
    """For which the rule waits before the alert fires."""
    silent: tuple[tuple[float, float], ...] = ()
    """From and to when nobody evaluated: Prometheus was away."""
    started_hours: float | None = None
    """The start that is on record where it is not the true one."""
    with_start: bool = True
    """Whether `ALERTS_FOR_STATE` is in the store."""

    def lines(self) -> Iterable[str]:
        """Both series in the OpenMetrics text format, in order of metric and time."""
        own = {"alertname": self.alert, "severity": "critical", **self.labels}
        began = self.from_hours if self.started_hours is None else self.started_hours
        start = int(AT.timestamp() - began * HOUR)
        first = int(AT.timestamp() - self.from_hours * HOUR)
        last = int(AT.timestamp() - self.to_hours * HOUR)
        times = [
            at
            for at in range(first, last + 1, EVERY_SECONDS)
            if not any(away <= (AT.timestamp() - at) / HOUR <= since for since, away in self.silent)
        ]
        for state in ("pending", "firing"):
            for at in times:
                if (at - first >= self.waits_seconds) == (state == "firing"):
                    yield f"{_series('ALERTS', {**own, 'alertstate': state})} 1 {at}"
        for at in times if self.with_start else ():
            yield f"{_series('ALERTS_FOR_STATE', own)} {start} {at}"


def _series(name: str, labels: Mapping[str, str]) -> str:
    inside = ",".join(f'{key}="{text}"' for key, text in sorted(labels.items()))
    return f"{name}{{{inside}}}"


@dataclass(frozen=True)
class Flat:
    """A gauge that keeps one value."""

    name: str
    labels: Mapping[str, str]
    value: float
    from_hours: float
    to_hours: float = 0.0
    every_seconds: int = 60

    def lines(self) -> Iterable[str]:
        """The series in the OpenMetrics text format."""
        first = int(AT.timestamp() - self.from_hours * HOUR)
        last = int(AT.timestamp() - self.to_hours * HOUR)
        for at in range(first, last + 1, self.every_seconds):
            yield f"{_series(self.name, self.labels)} {self.value!r} {at}"

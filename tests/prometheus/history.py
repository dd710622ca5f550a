"""Made-up history for a real Prometheus: counters and histograms that grow at known rates."""

import math
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from tests.prometheus.server import need_prometheus

AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When all tests of made-up history ask."""
STEP_SECONDS = 60
HOUR = 3600


@dataclass(frozen=True)
class Series:
    """A counter that grows steadily, or stands still at a value."""

    name: str
    labels: Mapping[str, str]
    per_second: float
    from_hours: float = 2
    """How long before `AT` its first sample is."""
    to_hours: float = 0
    """How long before `AT` its last sample is."""
    at_first: float = field(default=0.0)

    def lines(self) -> Iterable[str]:
        """The series in the OpenMetrics text format."""
        labels = ",".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()))
        first = int(AT.timestamp() - self.from_hours * HOUR)
        last = int(AT.timestamp() - self.to_hours * HOUR)
        for at in range(first, last + 1, STEP_SECONDS):
            value = self.at_first + (at - first) * self.per_second
            yield f"{self.name}{{{labels}}} {value!r} {at}"


def histogram(
    name: str,
    labels: Mapping[str, str],
    per_second: float,
    counts: Mapping[float, float],
    **when: float,
) -> list[Series]:
    """A classic histogram whose observations fall into buckets in the given shares."""
    total = math.fsum(counts.values())
    series = []
    below = 0.0
    for bound in sorted({*counts, math.inf}):
        below += counts.get(bound, 0.0)
        le = "+Inf" if bound == math.inf else repr(bound)
        rate = per_second * below / total
        series.append(Series(f"{name}_bucket", {**labels, "le": le}, rate, **when))
    series.append(Series(f"{name}_count", labels, per_second, **when))
    return series


class Lines(Protocol):
    """Anything that has samples in the OpenMetrics text format."""

    def lines(self) -> Iterable[str]: ...


def backfill(data: Path, series: Sequence[Lines]) -> None:
    """Write the history into the data folder of a server that is not running yet."""
    need_prometheus()
    data.mkdir(parents=True, exist_ok=True)
    text = data / "history.om"
    lines = [line for each in series for line in each.lines()]
    text.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
    subprocess.run(
        ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", text, data],
        check=True,
        capture_output=True,
    )
    text.unlink()

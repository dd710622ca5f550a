"""Counters and histograms of programs, written as Prometheus would have scraped them."""

import math
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.dialects.truth import Call, Entry, Spread
from tests.prometheus.server import need_prometheus

AT = datetime(2026, 3, 2, 12, 50, tzinfo=UTC)
"""Each dialect has a day of its own before this one, at this time, in one block of two hours."""
STEP_SECONDS = 30
HISTORY_SECONDS = 2640

Labels = Mapping[str, str]


@dataclass(frozen=True)
class Counter:
    """A counter that grows steadily and may have been reset."""

    name: str
    labels: Labels
    per_second: float
    reset: bool = False
    """Its program was started again seven minutes before the end."""

    def lines(self, at: datetime) -> Iterable[str]:
        """In the OpenMetrics text format."""
        labels = ",".join(f'{key}="{value}"' for key, value in sorted(self.labels.items()))
        end = int(at.timestamp())
        begin, again = end - HISTORY_SECONDS, end - 420  # right after a scrape
        for moment in range(begin, end + 1, STEP_SECONDS):
            since = again if self.reset and moment > again else begin - 1000
            yield f"{self.name}{{{labels}}} {(moment - since) * self.per_second:.10g} {moment}"


def histogram(
    name: str,
    labels: Labels,
    per_second: float,
    spread: Spread,
    bounds_ms: Sequence[float],
    *,
    unit_ms: float = 1000.0,
    reset: bool = False,
    count: bool = True,
) -> list[Counter]:
    """A classic histogram; `unit_ms` is how many milliseconds its unit has."""
    found = [
        Counter(
            f"{name}_bucket",
            {**labels, "le": f"{bound / unit_ms:g}" if bound != math.inf else "+Inf"},
            per_second * (1.0 if bound == math.inf else spread.below(bound)),
            reset,
        )
        for bound in (*bounds_ms, math.inf)
    ]
    if count:
        found.append(Counter(f"{name}_count", labels, per_second, reset))
    return found


def coded(
    name: str, labels: Labels, call: Call | Entry, codes: Mapping[str, str], per_second: float
) -> list[Counter]:
    """A counter by some label: `codes` are its value for good calls and for bad ones."""
    (label, good), *_ = codes.items()
    bad = codes["bad"]
    found = [Counter(name, {**labels, label: good}, per_second * (1 - call.error_ratio))]
    if call.error_ratio:
        found.append(Counter(name, {**labels, label: bad}, per_second * call.error_ratio))
    return found


def _once(counters: Iterable[Counter]) -> Iterable[Counter]:
    """Those of one name and equal labels as one, as their program would count them."""
    found: dict[object, Counter] = {}
    for each in counters:
        key = (each.name, frozenset(each.labels.items()))
        before = found.get(key)
        found[key] = (
            replace(each, per_second=each.per_second + before.per_second) if before else each
        )
    return found.values()


def day(number: int) -> datetime:
    """When to ask for what was written as that number."""
    return AT - timedelta(days=number + 1)


def backfill(data: Path, dialects: Sequence[Sequence[Counter]]) -> None:
    """Write each dialect as a block of its own day."""
    need_prometheus()
    data.mkdir(parents=True, exist_ok=True)

    def write(number: int) -> None:
        at = day(number)
        text = data / f"{number}.om"
        lines = [line for each in _once(dialects[number]) for line in each.lines(at)]
        text.write_text("\n".join([*lines, "# EOF", ""]), encoding="utf-8")
        subprocess.run(
            ["promtool", "tsdb", "create-blocks-from", "openmetrics", "-q", text, data],
            check=True,
            capture_output=True,
        )
        text.unlink()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, range(len(dialects))))

"""Figures as a table, the ratios that are aimed at, and how a scan grows."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import msgspec
from tabulate import tabulate

from benchmarks.measure import Run

MIB = 1024 * 1024

HELP_SECONDS = 0.15
HEAVY = frozenset({"kubernetes", "networkx", "requests"})
"""Packages that help does without."""


class Ratio(msgspec.Struct, frozen=True):
    """A figure of one way to read, over the same figure of another, or alone."""

    way: str
    figure: str
    over: str | None
    most: float
    """The aim, at the size that it is set for."""
    value: float | None = None


AIMS: Mapping[int, tuple[Ratio, ...]] = {
    2000: (
        Ratio("collect", "wall_seconds", "plain", 1.5),
        Ratio("collect", "wall_seconds", "typed", 0.1),
        Ratio("collect", "cpu_seconds", "typed", 0.1),
        Ratio("collect", "wall_seconds", "kubectl", 0.2),
        Ratio("collect", "peak_bytes", None, 250 * MIB),
    ),
    10_000: (
        Ratio("scan", "peak_bytes", None, 1024 * MIB),
        Ratio("collect", "wall_seconds", "plain", 1.5),
    ),
}
"""By number of services."""


class Size(msgspec.Struct, frozen=True):
    """What was measured at one size."""

    services: int
    pods: int
    ways: dict[str, Run]
    """Medians."""
    each: dict[str, list[Run]]
    ratios: list[Ratio]


class Growth(msgspec.Struct, frozen=True):
    """By how much the figures of a scan grow from one size to the next."""

    from_services: int
    to_services: int
    services: float
    pods: float
    bytes: float | None
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: float


class Report(msgspec.Struct, frozen=True):
    """Everything that was measured."""

    cores: int | None
    python: str
    real_server: bool
    runs: int
    sizes: list[Size]
    growth: list[Growth]
    help_seconds: float
    help_imports: list[str]
    """Those of `HEAVY`; there should be none."""


def ratios(services: int, ways: Mapping[str, Run]) -> list[Ratio]:
    """The ratios that can be told, of the aims that are nearest in size."""
    nearest = min(AIMS, key=lambda size: abs(size - services))
    found = []
    for aim in AIMS[nearest]:
        if aim.way in ways and (aim.over is None or aim.over in ways):
            below = getattr(ways[aim.over], aim.figure) if aim.over else 1
            value = getattr(ways[aim.way], aim.figure) / below
            found.append(msgspec.structs.replace(aim, value=value))
    return found


def growth(sizes: Sequence[Size]) -> list[Growth]:
    """From each size to the next."""
    found = []
    for small, large in pairwise(sizes):
        before, after = small.ways["scan"], large.ways["scan"]
        found.append(
            Growth(
                small.services,
                large.services,
                large.services / small.services,
                large.pods / small.pods,
                after.bytes / before.bytes if after.bytes and before.bytes else None,
                after.wall_seconds / before.wall_seconds,
                after.cpu_seconds / before.cpu_seconds,
                after.peak_bytes / before.peak_bytes,
            )
        )
    return found


def lines_of_size(size: Size) -> Iterator[str]:
    """A table, and the ratios below it."""
    yield f"\n{size.services} services, {size.pods} pods\n"
    headers = ("way", "wall s", "CPU s", "peak MiB", "requests", "MB")
    rows = [(way, *_cells(figures)) for way, figures in size.ways.items()]
    align = ("left", *["right"] * (len(headers) - 1))
    yield tabulate(rows, headers, disable_numparse=True, colalign=align)
    yield ""
    yield from (_ratio(ratio, judged=size.services in AIMS) for ratio in size.ratios)


def lines_of_growth(step: Growth) -> Iterator[str]:
    """One step."""
    size = f", {step.bytes:.1f} times the bytes" if step.bytes else ""
    yield f"\nA scan of {step.to_services} services beside one of {step.from_services}:"
    yield f"  {step.services:.1f} times the services, {step.pods:.1f} times the pods{size}"
    yield (
        f"  {step.wall_seconds:.1f} times the wall time, {step.cpu_seconds:.1f} times the CPU, "
        f"{step.peak_bytes:.1f} times the memory"
    )


def lines_of_help(report: Report) -> Iterator[str]:
    """What help costs."""
    verdict = _verdict(report.help_seconds <= HELP_SECONDS)
    yield (
        f"\n--help takes {report.help_seconds:.3f} s more than an empty program "
        f"(at most {HELP_SECONDS}: {verdict})"
    )
    found = ", ".join(report.help_imports) or "none"
    yield f"  of {', '.join(sorted(HEAVY))} it imports {found}"


def _cells(figures: Run) -> Iterator[str]:
    yield f"{figures.wall_seconds:.2f}"
    yield f"{figures.cpu_seconds:.2f}"
    yield f"{figures.peak_bytes / MIB:.0f}"
    yield "-" if figures.requests is None else str(figures.requests)
    yield "-" if figures.bytes is None else f"{figures.bytes / 1e6:.1f}"


def _ratio(ratio: Ratio, *, judged: bool) -> str:
    value = ratio.value or 0
    name = f"{ratio.figure.replace('_', ' ')} of {ratio.way}"
    if ratio.over:
        text, aim = f"{name} over {ratio.over}: {value:.3f}", f"{ratio.most:g}"
    else:
        text, aim = f"{name}: {value / MIB:.0f} MiB", f"{ratio.most / MIB:.0f} MiB"
    return f"{text} (at most {aim}: {_verdict(value <= ratio.most)})" if judged else text


def _verdict(met: bool) -> str:
    return "met" if met else "MISSED"

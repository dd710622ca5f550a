"""Widths, colours and shapes of what is drawn, the same in every format.

Colours are told apart by lightness too, keep 3:1 against both backgrounds where they carry meaning
(WCAG 2.2, 1.4.11), and are never the only sign: figures stand in the tables and beside the lines.
"""

import math
from collections.abc import Sequence
from itertools import pairwise

from mesh_probe.model import Edge, Noun
from mesh_probe.text.visible import visible

THINNEST, THICKEST = 1.3, 7.0
"""Pixels."""
WIDTH_PER_DECADE = 1.6
"""Pixels for ten times the calls."""

ERROR_BANDS = (0.001, 0.01, 0.05)
"""Error ratios from which a call is coloured more strongly; the last is what people are woken for
(own judgement: an objective of 99.9 % is broken from the first on)."""

LATENCY_BANDS_SECONDS = (0.05, 0.2, 1.0)
"""p99 from which a call is coloured more strongly: noticed, slow, and beyond what people wait for
without losing their thought (Nielsen, Usability Engineering, 1993)."""

TONES = ("#5f7f9e", "#8f7a1b", "#c46a00", "#c3271b")
"""Colours of the bands on a light ground, from calm to alarming."""

UNKNOWN_TONE = "#858f99"
"""Where nobody measured."""

DASH = "6 4"
"""Of a call that is declared and was not seen."""


WIDE_FROM = "\u1100"
"""Letters of Korean and the like begin here; they take two places."""


class Flow(Noun):
    """What is known of the calls along a line: of one edge, or of all between two folded groups."""

    calls: int
    observed: bool
    rate_rps: float | None
    error_ratio: float | None
    """Of the calls whose errors are counted."""
    p99_seconds: float | None
    """Of the slowest."""


def flow(edges: list[Edge]) -> Flow:
    """What is known of some edges together."""
    rates = [edge.rate_rps for edge in edges if edge.rate_rps is not None]
    counted = [
        (edge.rate_rps, edge.error_ratio)
        for edge in edges
        if edge.rate_rps is not None and edge.error_ratio is not None
    ]
    total = sum(rate for rate, _ in counted)
    slowest = [
        edge.latency.p99_seconds
        for edge in edges
        if edge.latency and edge.latency.p99_seconds is not None
    ]
    return Flow(
        calls=len(edges),
        observed=any(edge.observed for edge in edges),
        rate_rps=sum(rates) if rates else None,
        error_ratio=sum(r * e for r, e in counted) / total if total else _largest(edges),
        p99_seconds=max(slowest, default=None),
    )


def _largest(edges: list[Edge]) -> float | None:
    """The largest error ratio, where no rate tells how much each counts."""
    return max((e.error_ratio for e in edges if e.error_ratio is not None), default=None)


def width(rate_rps: float | None) -> float:
    """Pixels of a line; the thinnest where nobody counted."""
    if rate_rps is None:
        return THINNEST
    wide = THINNEST + WIDTH_PER_DECADE * math.log10(1 + rate_rps)
    return round(min(wide, THICKEST), 1)


def band(figure: float | None, limits: tuple[float, ...]) -> int | None:
    """How many of the limits a figure reaches; None where it is not known."""
    return None if figure is None else sum(figure >= limit for limit in limits)


def band_names(limits: Sequence[str]) -> list[str]:
    """What the bands between limits in words are called in a legend."""
    between = [f"{low} – {high}" for low, high in pairwise(limits)]
    return [f"< {limits[0]}", *between, f"≥ {limits[-1]}"]


def shortened(name: str, most: int) -> str:
    """A name cut in its middle, so that it fits in so many places."""
    letters = visible(name)
    if _places(letters) <= most:
        return letters
    head, tail = "", ""
    while _places(head + tail) < most - 2:
        if len(head) <= len(tail):
            head += letters[len(head)]
        else:
            tail = letters[-1 - len(tail)] + tail
    return f"{head}…{tail}"


def frame_places(width: float) -> int:
    """How many letters of a namespace's name a frame of so many pixels has room for."""
    return int((width - 24) / 8)


def _places(text: str) -> int:
    return sum(2 if letter >= WIDE_FROM else 1 for letter in text)

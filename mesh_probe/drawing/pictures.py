"""Which boxes and lines a picture of the call graph has, and where they stand.

Up to `MOST_BOXES` services with `MOST_CALLS` calls are drawn one by one, in frames by namespace. A
larger graph is drawn folded: one box for each namespace, and a picture of the inside of each, to be
opened one by one. What is still too much is joined in one box for the rest; nothing is left out in
silence.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from mesh_probe.drawing.engine import Arranged, Box, dot
from mesh_probe.graph import CallGraph
from mesh_probe.model import Noun

MOST_BOXES = 60
"""Boxes that can be told apart in one picture; above, pictures are folded."""

MOST_CALLS = 240
"""Lines of a picture of services; of more nobody follows one, and to place them takes long."""

MOST_GROUPS = 36
"""Boxes of a folded picture: each stands for so much that lines run everywhere."""

LINES_PER_BOX = 2.5
"""Lines of a picture, by its boxes: more cross one another too often to be followed. Of more, the
strongest of each box are drawn and then the strongest of all."""

LEAVES_PER_RANK = 8
"""Boxes with a single line that stand side by side; more are put further away in turns."""

SERVICE_SIZE, GROUP_SIZE = (160.0, 42.0), (176.0, 50.0)
"""Width and height of a box, in pixels."""

GRID_GAP = 14.0
GRID_ROWS = 6

REST = "rest"
"""Id of the box for what is too much."""


class Cell(Noun):
    """A box of a picture: a service by its id, or all services of a folded namespace."""

    id: str
    folded: bool
    box: Box
    members: tuple[str, ...]
    """Node ids; the id itself for a service."""


class Frame(Noun):
    """The border round the services of a namespace."""

    namespace: str
    box: Box


class Stroke(Noun):
    """A line between two boxes, by their positions, and the calls it stands for."""

    client: int
    server: int
    pairs: tuple[tuple[str, str], ...]
    points: tuple[tuple[float, float], ...]


class Picture(Noun):
    """One picture."""

    width: float
    height: float
    cells: tuple[Cell, ...]
    frames: tuple[Frame, ...]
    strokes: tuple[Stroke, ...]
    left_out: int = 0
    """Lines that are not drawn, because there are stronger ones."""


class Pictures(Noun):
    """All pictures of a graph."""

    whole: Picture | None
    """Service by service; None where there are too many, or too many calls."""
    folded: Picture
    inside: dict[str, Picture]
    """By namespace: its services and the calls between them."""
    alone: tuple[str, ...]
    """Nodes without a call, which are in no picture."""


def pictures(graph: CallGraph) -> tuple[Pictures, Pictures]:
    """The pictures of the calls that count, and of all that is known.

    Only the latter have infrastructure, and calls that are not sure enough to count.
    """
    drawn, every = _drawn(graph, everything=False), _drawn(graph, everything=True)
    usual = _pictures(graph, *drawn)
    return usual, usual if every == drawn else _pictures(graph, *every)


def first_picture(graph: CallGraph) -> Picture:
    """The picture to show where there is room for one only."""
    pairs, _ = _drawn(graph, everything=False)
    drawn = _touched(pairs)
    groups = _groups(graph, drawn)
    if _can_be_read(drawn, pairs):
        return _whole(drawn, pairs, groups)
    return _folded(pairs, groups)


def _pictures(
    graph: CallGraph, pairs: Sequence[tuple[str, str]], alone: tuple[str, ...]
) -> Pictures:
    drawn = _touched(pairs)
    groups = _groups(graph, drawn)
    return Pictures(
        whole=_whole(drawn, pairs, groups) if _can_be_read(drawn, pairs) else None,
        folded=_folded(pairs, groups),
        inside={
            namespace: _inside(members, pairs)
            for namespace, members in groups.items()
            if namespace and len(members) > 1
        },
        alone=alone,
    )


def _can_be_read(drawn: Sequence[str], pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether all services and calls fit into one picture."""
    return len(drawn) <= MOST_BOXES and len(pairs) <= MOST_CALLS


def _touched(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return sorted({node for pair in pairs for node in pair})


def _drawn(graph: CallGraph, *, everything: bool) -> tuple[list[tuple[str, str]], tuple[str, ...]]:
    """The calls to draw, and the nodes that none of them touches."""
    pairs = sorted(graph.edges if everything else graph.calls.edges)
    known = [pair for pair in pairs if graph.nodes.keys() >= set(pair)]
    touched = set(_touched(known))
    nodes = graph.nodes if everything else graph.calls.nodes
    return known, tuple(sorted(node for node in nodes if node not in touched))


def _groups(graph: CallGraph, drawn: Iterable[str]) -> dict[str, list[str]]:
    """Services by namespace; what is in none, such as hosts outside, is a group of its own."""
    groups: dict[str, list[str]] = defaultdict(list)
    for node in drawn:
        groups[graph.nodes[node].namespace or ""].append(node)
    return dict(sorted(groups.items()))


def _whole(
    drawn: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    groups: Mapping[str, Sequence[str]],
) -> Picture:
    position = {node: place for place, node in enumerate(drawn)}
    framed = [namespace for namespace in groups if namespace]
    arranged = dot().arrange(
        [SERVICE_SIZE] * len(drawn),
        [(position[client], position[server]) for client, server in pairs],
        [[position[node] for node in groups[namespace]] for namespace in framed],
    )
    cells = [Cell(node, False, box, (node,)) for node, box in _zip(drawn, arranged)]
    frames = zip(framed, arranged.groups, strict=True)
    strokes = [
        Stroke(position[pair[0]], position[pair[1]], (pair,), line.points)
        for pair, line in zip(pairs, arranged.lines, strict=True)
    ]
    return Picture(
        arranged.width,
        arranged.height,
        tuple(cells),
        tuple(Frame(namespace, box) for namespace, box in frames),
        tuple(strokes),
    )


def _folded(pairs: Sequence[tuple[str, str]], groups: Mapping[str, Sequence[str]]) -> Picture:
    """One box for each namespace, and for each host outside while they are few."""
    boxes: dict[str, tuple[str, ...]] = {}
    for namespace, members in groups.items():
        if namespace and len(members) > 1:
            boxes[f"namespace:{namespace}"] = tuple(members)
        else:
            boxes |= {node: (node,) for node in members}
    return _cells(boxes, pairs, MOST_GROUPS)


def _inside(members: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Picture:
    among = set(members)
    within = [pair for pair in pairs if among.issuperset(pair)]
    return _cells({node: (node,) for node in members}, within, MOST_BOXES)


def _cells(
    boxes: Mapping[str, tuple[str, ...]], pairs: Sequence[tuple[str, str]], most: int
) -> Picture:
    """A picture of boxes that each stand for some nodes; too many are joined, and lines chosen."""
    boxes = _joined(boxes, pairs, most)
    ids = list(boxes)
    position = {node: place for place, cell in enumerate(ids) for node in boxes[cell]}
    between: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)
    for client, server in pairs:
        if position[client] != position[server] or len(boxes[ids[position[client]]]) == 1:
            between[position[client], position[server]].append((client, server))
    rest_at = ids.index(REST) if REST in boxes else None
    chosen = _strongest({pair: calls for pair, calls in between.items() if rest_at not in pair})
    touched = sorted({place for pair in chosen for place in pair})
    moved = {place: number for number, place in enumerate(touched)}
    sizes = [_size(len(boxes[ids[place]])) for place in range(len(ids))]
    arranged = dot().arrange(
        [sizes[place] for place in touched],
        [(moved[client], moved[server]) for client, server in chosen],
        weights={
            (moved[client], moved[server]): min(len(between[client, server]), 10)
            for client, server in chosen
        },
        lengths=_staggered([(moved[client], moved[server]) for client, server in chosen]),
    )
    places = {place: arranged.boxes[moved[place]] for place in touched}
    apart = [place for place in range(len(ids)) if place not in places]
    places |= _grid(apart, sizes, arranged)
    cells = [
        Cell(cell, cell not in boxes[cell], places[place], boxes[cell])
        for place, cell in enumerate(ids)
    ]
    strokes = [
        Stroke(*pair, tuple(between[pair]), line.points)
        for pair, line in zip(chosen, arranged.lines, strict=True)
    ]
    return Picture(
        max((box.x + box.width for box in places.values()), default=0.0),
        max([arranged.height, *(box.y + box.height for box in places.values())]),
        tuple(cells),
        (),
        tuple(strokes),
        left_out=len(between) - len(chosen),
    )


def _joined(
    boxes: Mapping[str, tuple[str, ...]], pairs: Sequence[tuple[str, str]], most: int
) -> dict[str, tuple[str, ...]]:
    """The boxes with most calls, and the others in one."""
    if len(boxes) <= most:
        return dict(boxes)
    degree = Counter(node for pair in pairs for node in pair)
    busiest = sorted(boxes, key=lambda cell: (-sum(degree[n] for n in boxes[cell]), cell))
    kept = set(busiest[: most - 1])
    rest = tuple(node for cell in boxes if cell not in kept for node in boxes[cell])
    return {cell: boxes[cell] for cell in boxes if cell in kept} | {REST: rest}


def _strongest(
    between: Mapping[tuple[int, int], Sequence[tuple[str, str]]],
) -> list[tuple[int, int]]:
    """The lines to draw: of each box the strongest in and out, then the strongest of all."""
    ranked = sorted(between, key=lambda pair: (-len(between[pair]), pair))
    most = int(LINES_PER_BOX * len({place for pair in between for place in pair}))
    if len(ranked) <= most:
        return sorted(ranked)
    clients: set[int] = set()
    servers: set[int] = set()
    first: list[tuple[int, int]] = []
    others: list[tuple[int, int]] = []
    for pair in ranked:
        best = pair[0] not in clients or pair[1] not in servers
        (first if best else others).append(pair)
        clients.add(pair[0])
        servers.add(pair[1])
    return sorted([*first, *others][:most])


def _staggered(pairs: Sequence[tuple[int, int]]) -> dict[tuple[int, int], int]:
    """How many ranks lines span where many boxes hang on one by a single line.

    All in one rank would be a picture that is many times as high as wide.
    """
    degree = Counter(place for pair in pairs for place in set(pair))
    hanging: dict[tuple[int, bool], list[tuple[int, int]]] = defaultdict(list)
    for client, server in pairs:
        if degree[server] == 1:
            hanging[client, True].append((client, server))
        elif degree[client] == 1:
            hanging[server, False].append((client, server))
    return {
        pair: 1 + number % -(-len(leaves) // LEAVES_PER_RANK)
        for leaves in hanging.values()
        for number, pair in enumerate(leaves)
    }


def _grid(
    apart: Sequence[int], sizes: Sequence[tuple[float, float]], arranged: Arranged
) -> dict[int, Box]:
    """Boxes without a line, in rows under the others."""
    top = arranged.height + GRID_GAP if arranged.boxes else 0.0
    columns = max(-(-len(apart) // GRID_ROWS), min(len(apart), _fitting(arranged.width)), 1)
    places = {}
    for number, place in enumerate(apart):
        row, column = divmod(number, columns)
        width, height = sizes[place]
        x = column * (GROUP_SIZE[0] + GRID_GAP)
        places[place] = Box(x, round(top + row * (GROUP_SIZE[1] + GRID_GAP), 1), width, height)
    return places


def _fitting(width: float) -> int:
    return int(width // (GROUP_SIZE[0] + GRID_GAP))


def _size(members: int) -> tuple[float, float]:
    return SERVICE_SIZE if members == 1 else GROUP_SIZE


def _zip(drawn: Sequence[str], arranged: Arranged) -> Iterable[tuple[str, Box]]:
    return zip(drawn, arranged.boxes, strict=True)

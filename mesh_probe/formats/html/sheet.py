"""What diff, history and fleet print, as a page: tables, and what a drawing shows better."""

from collections.abc import Sequence
from itertools import groupby

from mesh_probe.drawing.engine import Box, path_of
from mesh_probe.drawing.looks import frame_places, shortened
from mesh_probe.drawing.pictures import Cell, Picture, Stroke, first_picture
from mesh_probe.format import Look
from mesh_probe.formats.html.frame import bar, page
from mesh_probe.formats.html.markup import Markup, joined, tag
from mesh_probe.formats.html.words import Words, arrows
from mesh_probe.graph import CallGraph
from mesh_probe.model import Edge, Node
from mesh_probe.sheet import Changes, Curve, Section, Sheet, Table
from mesh_probe.text import Wording

WIDTH, HEIGHT, EDGE = 520, 120, 14
"""Of a curve's drawing, and the room round it."""

NAME_PLACES = 18
KINDS = ("new", "gone", "moved")


def sheet(sheet: Sheet, wording: Wording, _look: Look) -> str:
    """The page, in the language asked for only: the tables of a sheet are in words already."""
    words = Words(wording)
    title = wording.say(sheet.title)
    head = tag(
        "div",
        tag("h1", title, id="summary-heading"),
        [tag("p", arrows(wording.say(said)), class_="odds") for said in sheet.lead],
        class_="verdict",
    )
    parts = [
        _curves(sheet.curves, words),
        _changes(sheet.changes, words) if sheet.changes else None,
        *(_section(number, section, words) for number, section in enumerate(sheet.sections)),
    ]
    summary = tag("section", head, id="summary", aria_labelledby="summary-heading")
    body = joined((bar(words), tag("main", summary, [part for part in parts if part])))
    return page(words, title, body, ("frame",))


def _section(number: int, section: Section, words: Words) -> Markup | None:
    table = section.table if section.table and section.table.rows else None
    if not (section.items or table):
        return None
    title = words.wording.text(section.heading)
    items = [tag("li", arrows(words.wording.say(item))) for item in section.items]
    return tag(
        "section",
        tag("h2", title),
        tag("ul", items, class_="shape") if items else None,
        _table(table, title, words) if table else None,
        id=f"part-{number}",
    )


def _table(table: Table, title: str, words: Words) -> Markup:
    head = [
        tag(
            "th",
            words.wording.text(name),
            scope="col",
            class_="figure" if place in table.right else None,
        )
        for place, name in enumerate(table.head)
    ]
    rows = [
        tag(
            "tr",
            [
                tag("td", arrows(cell), class_="figure" if place in table.right else None)
                for place, cell in enumerate(row)
            ],
        )
        for row in table.rows
    ]
    return tag(
        "div",
        tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), class_="calls"),
        class_="scroll card",
        tabindex="0",
        role="region",
        aria_label=title,
    )


def _curves(curves: Sequence[Curve], words: Words) -> Markup | None:
    made = [_curve(curve, words) for curve in curves]
    if not made:
        return None
    return tag("div", made, class_="cards two")


def _curve(curve: Curve, words: Words) -> Markup:
    """A line through the points, broken where there is no figure."""
    title = words.wording.text(curve.name)
    known = [(place, value) for place, value in enumerate(curve.values) if value is not None]
    highest = max(value for _, value in known) or 1.0
    step = (WIDTH - 2 * EDGE) / max(len(curve.values) - 1, 1)

    def at(place: int, value: float) -> tuple[float, float]:
        return round(EDGE + place * step, 1), round(EDGE + (1 - value / highest) * HEIGHT, 1)

    lines = []
    for _, run in groupby(enumerate(known), key=lambda item: item[1][0] - item[0]):
        points = " L".join("{},{}".format(*at(*point)) for _, point in run)
        lines.append(tag("path", d=f"M{points}", class_="trend"))
    dots = [
        tag(
            "circle",
            tag("title", f"{curve.times[place]}: {curve.shown[place]}"),
            cx=at(place, value)[0],
            cy=at(place, value)[1],
            r=3.5,
            class_="point",
        )
        for place, value in known
    ]
    (first, _), (last, _) = known[0], known[-1]
    top, _ = max(known, key=lambda point: point[1])
    said = f"{title}: {curve.shown[first]} → {curve.shown[last]}"
    floor = HEIGHT + EDGE
    drawing = tag(
        "svg",
        tag("line", class_="floor", x1=EDGE, x2=WIDTH - EDGE, y1=floor, y2=floor),
        tag("line", class_="floor", x1=EDGE, x2=WIDTH - EDGE, y1=EDGE, y2=EDGE),
        tag("text", curve.shown[top], x=WIDTH - EDGE, y=EDGE - 4, class_="top"),
        lines,
        dots,
        class_="curve",
        viewBox=f"0 0 {WIDTH} {HEIGHT + 2 * EDGE}",
        role="img",
        aria_label=said,
    )
    ends = tag(
        "p",
        f"{curve.times[0]} – {curve.times[-1]}",
        class_="muted",
    )
    return tag(
        "div",
        tag("h2", title, " ", tag("span", curve.shown[last], class_="score")),
        drawing,
        ends,
        class_="card",
    )


def _changes(changes: Changes, words: Words) -> Markup | None:
    """The calls that came, went or changed, and the services they are between."""
    calls = {
        pair: kind
        for kind, pairs in (
            ("moved", changes.calls_moved),
            ("gone", changes.calls_gone),
            ("new", changes.calls_new),
        )
        for pair in pairs
    }
    if not calls:
        return None
    ends = {node for pair in calls for node in pair}
    graph = CallGraph(
        map(_node, sorted(ends)), (Edge(client, server, 1.0) for client, server in calls)
    )
    picture = first_picture(graph)
    nodes = dict.fromkeys(changes.nodes_gone, "gone") | dict.fromkeys(changes.nodes_new, "new")
    title = words.wording.text("heading.graph")
    drawing = tag(
        "svg",
        tag("defs", [_arrow(kind) for kind in KINDS]),
        [_frame(frame.namespace, frame.box) for frame in picture.frames],
        [_stroke(stroke, picture, calls) for stroke in picture.strokes],
        [_cell(cell, nodes, words) for cell in picture.cells],
        class_="picture changes",
        viewBox=f"-12 -12 {picture.width + 24:g} {picture.height + 24:g}",
        role="img",
        aria_label=title,
    )
    keys = [
        tag(
            "li",
            tag(
                "svg",
                tag("line", x1=1, x2=29, y1=6, y2=6),
                class_=f"key change-{kind}",
                viewBox="0 0 30 12",
                aria_hidden="true",
            ),
            words.wording.text(f"page.change-{kind}"),
        )
        for kind in KINDS
    ]
    return tag(
        "section",
        tag("h2", title),
        tag("div", drawing, tag("div", tag("ul", keys), class_="legend"), class_="stage"),
        id="changes",
    )


def _node(node: str) -> Node:
    namespace, slash, name = node.rpartition("/")
    home = namespace if slash and ":" not in namespace else None
    return Node(node, name if home else node, "", "middle", home)


def _arrow(kind: str) -> Markup:
    return tag(
        "marker",
        tag("path", d="M0,0L8,4L0,8z"),
        id=f"arrow-{kind}",
        class_=f"arrow change-{kind}",
        viewBox="0 0 8 8",
        refX=7,
        refY=4,
        markerWidth=9,
        markerHeight=9,
        markerUnits="userSpaceOnUse",
        orient="auto",
    )


def _stroke(stroke: Stroke, picture: Picture, calls: dict[tuple[str, str], str]) -> Markup:
    kinds = {calls[pair] for pair in stroke.pairs}
    kind = kinds.pop() if len(kinds) == 1 else "moved"
    ends = f"{picture.cells[stroke.client].id} → {picture.cells[stroke.server].id}"
    return tag(
        "g",
        tag("title", ends),
        tag("path", d=path_of(stroke.points), class_="drawn", marker_end=f"url(#arrow-{kind})"),
        class_=f"line change-{kind}",
    )


def _frame(namespace: str, box: Box) -> Markup:
    name = shortened(namespace, frame_places(box.width))
    return tag(
        "g",
        tag("title", namespace),
        tag("rect", class_="frame", x=box.x, y=box.y, width=box.width, height=box.height, rx=10),
        tag("text", name, x=box.x + 12, y=box.y + 17, class_="frame-name"),
    )


def _cell(cell: Cell, nodes: dict[str, str], words: Words) -> Markup:
    box = cell.box
    kinds = {nodes.get(member, "") for member in cell.members}
    kind = kinds.pop() if len(kinds) == 1 else ""
    name = _node(cell.id).name if not cell.folded else cell.id.removeprefix("namespace:")
    note = words.wording.text(f"page.change-{kind}") if kind else ""
    if cell.folded:
        note = words.wording.text("page.services", count=len(cell.members))
    return tag(
        "g",
        tag("title", cell.id),
        tag("rect", class_="box", width=box.width, height=box.height, rx=9),
        tag("text", shortened(name, NAME_PLACES), x=14, y=box.height / 2 - 3, class_="name"),
        tag("text", note, x=14, y=box.height / 2 + 12, class_="subtitle"),
        class_=f"cell change-{kind}" if kind else "cell",
        transform=f"translate({box.x:g} {box.y:g})",
    )

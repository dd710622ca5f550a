"""SVG: the call graph as a picture that needs no browser to be made."""

import html
from collections.abc import Iterable

from mesh_probe.drawing.engine import Box, path_of
from mesh_probe.drawing.looks import (
    DASH,
    ERROR_BANDS,
    TONES,
    UNKNOWN_TONE,
    Flow,
    band,
    band_names,
    flow,
    frame_places,
    shortened,
    width,
)
from mesh_probe.drawing.pictures import REST, Cell, Picture, Stroke, first_picture
from mesh_probe.format import Format
from mesh_probe.graph import CallGraph
from mesh_probe.text import Wording, duration, percent, rate
from mesh_probe.text.visible import visible

MARGIN, LEGEND = 16, 34
"""Pixels round the picture, and for the legend under it."""

BORDERS = {"entry": "#1857c0", "datastore": "#7a4a12", "broker": "#76307c", "external": "#4d5a66"}
BORDER, INK, MUTED, FRAME, GROUND, CARD = (
    "#7b8794", "#17212b", "#536170", "#d5dce4", "#f4f6f8", "#ffffff",
)  # fmt: skip
NAME_PLACES, NOTE_PLACES = 17, 22
"""Letters of a box's name and of the line under it; wide ones take two places."""

FONT = "system-ui, 'Segoe UI', Roboto, 'Malgun Gothic', 'Noto Sans CJK KR', sans-serif"


def graph(calls: CallGraph, wording: Wording) -> str:
    """The first picture of the page: service by service, or folded by namespace."""
    picture = first_picture(calls)
    wide = max(picture.width, 640) + 2 * MARGIN
    tall = picture.height + 2 * MARGIN + LEGEND
    title = wording.text("page.svg", boxes=len(picture.cells), lines=len(picture.strokes))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{-MARGIN} {-MARGIN} {wide:g} {tall:g}" '
        f'width="{wide:g}" height="{tall:g}" role="img" aria-label="{_escaped(title)}" '
        f'font-family="{FONT}">',
        f"<title>{_escaped(title)}</title>",
        "<defs>",
        *(_arrow(number, color) for number, color in enumerate((*TONES, UNKNOWN_TONE))),
        "</defs>",
        f'<rect x="{-MARGIN}" y="{-MARGIN}" width="100%" height="100%" fill="{CARD}"/>',
    ]
    for frame in picture.frames:
        lines += _frame(frame.namespace, frame.box)
    lines += [_stroke(stroke, picture, calls, wording) for stroke in picture.strokes]
    lines += [_cell(cell, calls, wording) for cell in picture.cells]
    lines += [*_legend(picture, wording), "</svg>"]
    return "\n".join(lines) + "\n"


def _arrow(number: int, color: str) -> str:
    return (
        f'<marker id="a{number}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" '
        f'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,0L8,4L0,8z" fill="{color}"/></marker>'
    )


def _frame(namespace: str, box: Box) -> Iterable[str]:
    yield (
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="10" '
        f'fill="{GROUND}" stroke="{FRAME}"/>'
    )
    places = frame_places(box.width)
    yield _text(box.x + 12, box.y + 17, namespace, size=12, color=MUTED, bold=True, places=places)


def _stroke(stroke: Stroke, picture: Picture, calls: CallGraph, wording: Wording) -> str:
    found = flow([calls.edges[pair] for pair in stroke.pairs])
    tone = band(found.error_ratio, ERROR_BANDS)
    number = len(TONES) if tone is None else tone
    color = UNKNOWN_TONE if tone is None else TONES[tone]
    dash = "" if found.observed else f' stroke-dasharray="{DASH}"'
    ends = " → ".join(
        _name(picture.cells[place], calls, wording) for place in (stroke.client, stroke.server)
    )
    told = ", ".join([ends, *_figures(found, wording)])
    return (
        f'<path d="{path_of(stroke.points)}" fill="none" stroke="{color}" '
        f'stroke-width="{width(found.rate_rps):g}"{dash} marker-end="url(#a{number})" '
        f'stroke-opacity="0.85"><title>{_escaped(told)}</title></path>'
    )


def _figures(found: Flow, wording: Wording) -> list[str]:
    figures = []
    if found.rate_rps is not None:
        figures.append(rate(found.rate_rps))
    if found.error_ratio is not None:
        figures.append(wording.text("page.errors", errors=found.error_ratio))
    if found.p99_seconds is not None:
        figures.append(f"p99 {duration(found.p99_seconds, wording.language)}")
    return figures


def _cell(cell: Cell, calls: CallGraph, wording: Wording) -> str:
    box, node = cell.box, calls.nodes.get(cell.id)
    role = node.role if node else None
    name = _name(cell, calls, wording)
    round_, dash = box.height / 2 if role == "entry" else 9, ""
    if role in ("external", "infrastructure"):
        dash = ' stroke-dasharray="5 3"'
    note = wording.text("page.services", count=len(cell.members))
    if cell.id == REST:
        homes = {calls.nodes[member].namespace for member in cell.members}
        note = wording.text("page.rest-in", count=len(homes))
    if node:
        note = node.product or wording.text(f"page.role.{node.role}")
    shadow = ""
    if cell.folded:
        shadow = (
            f'<rect x="{box.x + 5:g}" y="{box.y + 5:g}" width="{box.width:g}" '
            f'height="{box.height:g}" rx="9" fill="{CARD}" stroke="{BORDER}"/>'
        )
    middle = box.y + box.height / 2
    return (
        f"<g><title>{_escaped(node.id if node else name)}</title>{shadow}"
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" '
        f'rx="{round_:g}" fill="{CARD}" stroke="{BORDERS.get(role or "", BORDER)}" '
        f'stroke-width="1.3"{dash}/>'
        + _text(box.x + 16, middle - 3, name, size=12, color=INK, bold=True, places=NAME_PLACES)
        + _text(box.x + 16, middle + 12, note, size=10.5, color=MUTED, places=NOTE_PLACES)
        + "</g>"
    )


def _name(cell: Cell, calls: CallGraph, wording: Wording) -> str:
    if cell.id == REST:
        return wording.text("page.rest", count=len(cell.members))
    node = calls.nodes.get(cell.id)
    return node.name if node else cell.id.removeprefix("namespace:")


def _legend(picture: Picture, wording: Wording) -> Iterable[str]:
    limits = [percent(limit) for limit in ERROR_BANDS]
    names = [*band_names(limits), wording.text("page.tone-unknown")]
    y = picture.height + MARGIN + LEGEND / 2 - 4
    yield _text(0, y, wording.text("page.legend-errors"), size=11, color=MUTED)
    for number, (name, color) in enumerate(zip(names, (*TONES, UNKNOWN_TONE), strict=True)):
        x = 60 + number * 100
        yield f'<path d="M{x},{y - 4:g}h24" stroke="{color}" stroke-width="3"/>'
        yield _text(x + 30, y, name, size=11, color=MUTED)
    dashed = f'stroke="{UNKNOWN_TONE}" stroke-width="2" stroke-dasharray="{DASH}"'
    yield f'<path d="M0,{y + 16:g}h24" {dashed}/>'
    declared = wording.text("page.legend-declared")
    left_out = [wording.text("page.svg-left-out", count=picture.left_out)] * bool(picture.left_out)
    yield _text(30, y + 20, " · ".join([declared, *left_out]), size=11, color=MUTED)


def _text(
    x: float,
    y: float,
    said: str,
    *,
    size: float,
    color: str,
    bold: bool = False,
    places: int = 400,
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{color}"{weight}>'
        f"{_escaped(shortened(said, places))}</text>"
    )


def _escaped(text: str) -> str:
    """A text as XML, which has no character for a broken half of another."""
    return html.escape(visible(text))


FORMAT = Format("svg", graph=graph)

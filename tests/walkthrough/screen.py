"""A picture of what a terminal shows, as SVG."""

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from wcwidth import wcswidth, wcwidth

CELL, LINE, MARGIN = 7.5, 18, 14
SIZE, WIDE_SIZE = 12.5, 14.5
"""Of the letters, so that they fill one cell and two."""
SGR = re.compile(r"\x1b\[([\d;]*)m")
COLORS = {"31": "#b3261e", "32": "#1a7f37", "33": "#8a6100", "36": "#0b6e8a"}
BOLD, FAINT, PLAIN = "1", "2", ("0", "")
WIDE = 2


def picture(text: str, columns: int = 100) -> str:
    """Each word, and in it each run of characters of one width, stands where a terminal puts it."""
    lines = text.rstrip("\n").split("\n")
    width, height = int(columns * CELL + 2 * MARGIN), len(lines) * LINE + 2 * MARGIN
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="ui-monospace,Menlo,Consolas,monospace" '
        f'font-size="{SIZE}">',
        f'<rect width="{width}" height="{height}" rx="6" fill="#f6f8fa"/>',
        '<g fill="#1f2328">',
    ]
    styles: frozenset[str] = frozenset()
    for row, line in enumerate(lines):
        y, x = MARGIN + row * LINE + 13, float(MARGIN)
        for run, styles in _styled(line, styles):  # noqa: B020  # a style goes on after the line
            for (is_space, cells), characters in groupby(run, key=_kind):
                part = "".join(characters)
                length = wcswidth(part) * CELL
                if not is_space:
                    size = f' font-size="{WIDE_SIZE}"' if cells == WIDE else ""
                    drawn.append(
                        f'<text x="{x:g}" y="{y}" textLength="{length:g}"{size}{_look(styles)}>'
                        f"{escape(part)}</text>"
                    )
                x += length
    return "\n".join([*drawn, "</g>", "</svg>", ""])


def _kind(character: str) -> tuple[bool, int]:
    return character == " ", wcwidth(character)


def _styled(line: str, styles: frozenset[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for index, part in enumerate(SGR.split(line)):
        if index % 2 == 0:
            yield part, styles
            continue
        for code in part.split(";"):
            styles = frozenset() if code in PLAIN else styles | {code}


def _look(styles: frozenset[str]) -> str:
    look = ' font-weight="bold"' if BOLD in styles else ""
    look += ' opacity="0.65"' if FAINT in styles else ""
    color = next((COLORS[code] for code in sorted(styles) if code in COLORS), None)
    return look + (f' fill="{color}"' if color else "")

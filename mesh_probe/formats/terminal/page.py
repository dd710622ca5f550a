"""A screen of text: lines, sections, bullets and tables, in colours where the screen has them."""

from collections.abc import Iterable, Sequence

import click
import wcwidth
from tabulate import tabulate

from mesh_probe.format import Look
from mesh_probe.model import Noun
from mesh_probe.text import Message, Parameter, Wording
from mesh_probe.text.visible import visible

MOST_LISTED = 10
"""Findings, gaps and the like; the JSON report has all of them."""

NARROWEST = 24
"""Columns that a text gets at least, however narrow the screen."""

WIDEST = 120
"""Columns that are used at most: longer lines are hard to read."""


class Line(Noun):
    """A text that is wrapped and then styled."""

    text: str
    color: str | None = None
    bold: bool = False
    dim: bool = False


class Page:
    """Puts a report into words, lines and colours."""

    def __init__(self, wording: Wording, look: Look) -> None:
        self.wording = wording
        self.width = min(look.width, WIDEST)
        self._color = look.color

    def say(self, said: Message) -> str:
        """A message, with nothing in it that could harm the screen."""
        return visible(self.wording.say(said))

    def text(self, text_id: str, /, **parameters: Parameter) -> str:
        """The same for a fixed text."""
        return self.say(Message(text_id, parameters))

    def wrap(self, *texts: Line, width: int | None = None) -> list[str]:
        """Lines of at most this width."""
        columns = max(width or self.width, NARROWEST)
        return [
            self.style(line, text)
            for text in texts
            for line in wcwidth.wrap(text.text, columns, break_on_hyphens=False)
        ]

    def style(self, words: str, how: Line) -> str:
        """Words in the colours of a line; as they are where there are no colours."""
        if not self._color or not (how.color or how.bold or how.dim):
            return words
        return click.style(words, fg=how.color, bold=how.bold or None, dim=how.dim or None)

    def section(self, heading: str, lines: Iterable[str]) -> list[str]:
        """A heading and what is under it; nothing when there is nothing."""
        under = [f"  {line}".rstrip() for line in lines]
        return [self.style(heading, Line("", bold=True)), *under, ""] if under else []

    def bullets(self, items: Iterable[Sequence[Line]]) -> list[str]:
        """Items with a dash before the first line of each."""
        lines = []
        for item in items:
            wrapped = self.wrap(*item, width=self.width - 4)
            lines += [f"{'  ' if n else '- '}{line}" for n, line in enumerate(wrapped)]
        return lines

    def table(
        self, rows: Iterable[tuple[Sequence[Line], Sequence[Line]]], right: Sequence[int] = ()
    ) -> list[str]:
        """Rows of short cells and, as the last column, a text that takes the rest of the width."""
        listed = list(rows)
        if not listed:
            return []
        columns = range(len(listed[0][0]))
        taken = sum(max(wcwidth.width(short[n].text) for short, _ in listed) + 2 for n in columns)
        cells = [
            [
                *(self.style(cell.text, cell) for cell in short),
                "\n".join(self.wrap(*long, width=self.width - 2 - taken)),
            ]
            for short, long in listed
        ]
        align = ["right" if n in right else "left" for n in columns]
        plain = tabulate(cells, tablefmt="plain", disable_numparse=True, colalign=[*align, "left"])
        return plain.split("\n")

    def cut(self, lines: Sequence[str], total: int) -> list[str]:
        """The lines, and how many entries of the total are not among them."""
        more = total - MOST_LISTED
        return [*lines, self.text("label.more", count=more)] if more > 0 else list(lines)

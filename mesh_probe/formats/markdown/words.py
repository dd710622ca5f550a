"""A report's words and tables, in a form that Markdown leaves alone."""

import html
from collections.abc import Sequence

from mesh_probe.text import Message, Parameter, Wording
from mesh_probe.text.markup import plain, table

MOST_ROWS = 50
"""Of findings, gaps and the like; the JSON report has all."""


class Words:
    """Puts messages into words that Markdown leaves alone."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording

    def say(self, said: Message | None) -> str:
        """A message, or nothing."""
        return plain(self.wording.say(said)) if said else ""

    def text(self, text_id: str, /, **parameters: Parameter) -> str:
        """A fixed text."""
        return self.say(Message(text_id, parameters))

    def heading(self, name: str) -> str:
        """The heading of a section."""
        return f"## {self.text(f'heading.{name}')}"

    def more(self, count: int) -> list[str]:
        """That so many are not listed, if any."""
        return [self.text("label.more", count=count)] if count > 0 else []

    def heads(self, *names: str) -> list[str]:
        """The heads of a table's columns."""
        return [self.text(f"label.{name}") for name in names]

    def folded(
        self, title: str, head: Sequence[str], rows: Sequence[Sequence[str]], count: int
    ) -> str:
        """A table that is folded away behind its title; `count` are the rows there are in all."""
        return "\n\n".join(
            [
                f"<details>\n<summary>{html.escape(title)}</summary>",
                table(head, rows),
                *self.more(count - len(rows)),
                "</details>",
            ]
        )

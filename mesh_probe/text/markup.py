"""Text that meets a Markdown page: nothing that comes from a cluster is read as markup."""

import re
from collections.abc import Iterable, Sequence

from mesh_probe.text.visible import visible

# What Markdown would read as markup inside a line. An underscore within a word is none, nor is a
# tilde between spaces.
_MARKUP = re.compile(r"[\\`*{}\[\]<&|$]|(?<!\w)_|_(?!\w)|~(?=\S)|(?<=\S)~")

# What would begin a list, heading, quotation or rule where a line begins.
_BEGINNING = re.compile(r"^\d+(?=[.)](\s|$))|^(?=[-+#=>])")


def plain(text: str) -> str:
    """A text that is shown as it is: nothing in it is markup, and it stays on one line."""
    escaped = _MARKUP.sub(lambda found: f"\\{found[0]}", visible(text).strip())
    return _BEGINNING.sub(lambda found: f"{found[0]}\\", escaped)


def code(text: str) -> str:
    """A name or command in the type of a machine's; never a mention or a link."""
    shown = visible(text).strip()
    if not shown:
        return ""
    if "`" not in shown and "|" not in shown:
        return f"`{shown}`"
    # Neither can be escaped in a code span, so a tag is used, and what could be markup in it
    # becomes a character reference.
    return f"<code>{references(shown, '&#{};')}</code>"


def references(text: str, pattern: str) -> str:
    """The text with all that could be markup as character references of this pattern."""
    return "".join(
        c if c.isalnum() or c in " -./:=," else pattern.format(ord(c)) for c in visible(text)
    )


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells that are already escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)

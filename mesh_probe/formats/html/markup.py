"""Markup that is safe by how it is made: every text is escaped, only tags made here are not."""

import html
from collections.abc import Iterable

from mesh_probe.text.visible import visible

EMPTY = frozenset({"input", "rect", "line"})
"""Elements without an end; in SVG they have to say so."""


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child = str | Markup | None | Iterable["Child"]


def tag(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Markup:
    """An element; `class_` and `aria_label` are written "class" and "aria-label".

    An attribute that is None or False is left out, one that is True stands without a value.
    """
    opened = name + "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{escaped(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in EMPTY:
        return Markup(f"<{opened}/>")
    return Markup(f"<{opened}>{joined(children)}</{name}>")


def joined(children: Child) -> Markup:
    """Children one after the other."""
    if children is None:
        return Markup("")
    if isinstance(children, Markup):
        return children
    if isinstance(children, str):
        return Markup(escaped(children))
    return Markup("".join(joined(child) for child in children))


def escaped(value: str | float) -> str:
    """A text that no reader takes for markup, with what hides in it spelt out."""
    return html.escape(visible(value if isinstance(value, str) else f"{value:g}"))

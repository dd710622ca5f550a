"""Pieces that several sections of the page are made of."""

from collections.abc import Container, Iterable, Sequence

from mesh_probe.format import strongest_first
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.origin import Places, origin
from mesh_probe.formats.html.words import Words, arrows
from mesh_probe.model import Evidence, Status
from mesh_probe.text import Message

MOST_EVIDENCE = 100
"""Pieces of evidence under one heading; the JSON report has all."""


def section(anchor: str, title: Markup, *children: Child, class_: str | None = None) -> Markup:
    """A section with its heading."""
    heading = tag("h2", title, id=f"{anchor}-heading")
    return tag(
        "section",
        heading,
        *children,
        id=anchor,
        class_=class_,
        aria_labelledby=f"{anchor}-heading",
    )


def card(title: Markup, *children: Child, level: int = 2) -> Markup:
    """A box with its heading, which is of level 2 on the first screen."""
    return tag("div", tag(f"h{level}", title), *children, class_="card")


def fold(anchor: str, head: Sequence[Child], *under: Child) -> Markup:
    """A part that unfolds; a link to it unfolds it, too."""
    return tag(
        "details",
        tag("summary", head),
        tag("div", *under, id=anchor, class_="under"),
        class_="group",
    )


def listed(
    title: Message,
    heads: Iterable[str],
    rows: Iterable[Markup],
    words: Words,
    *,
    right: Container[int] = (),
) -> Markup:
    """A table that scrolls by itself where it is wider than the page.

    `right` are the numbers of the columns that hold figures.
    """
    said, number = words.attribute(title)
    head = [
        tag("th", words.text(name), scope="col", class_="figure" if place in right else None)
        for place, name in enumerate(heads)
    ]
    return tag(
        "div",
        tag(
            "table",
            tag("thead", tag("tr", head)),
            tag("tbody", rows),
            class_="calls",
        ),
        class_="scroll",
        tabindex="0",
        role="region",
        aria_label=said,
        data_m_label=number,
    )


def status(found: Status, words: Words, *, signal: bool = False) -> Markup:
    """Yes, no or unknown as a mark; a signal that is yes forbids."""
    kind = f"signal-{found}" if signal else found
    return tag("span", words.text(f"label.{found}"), class_=f"mark mark-{kind}")


def evidence(pieces: Iterable[Evidence], words: Words, known: Places) -> Markup | None:
    """Evidence with where it was seen and how to check it again; None when there is none."""
    found = strongest_first(pieces)
    if not found:
        return None
    more = len(found) - MOST_EVIDENCE
    return tag(
        "ul",
        [tag("li", _piece(piece, words, known)) for piece in found[:MOST_EVIDENCE]],
        tag("li", words.text("label.more", count=more), class_="muted") if more > 0 else None,
        class_="evidence",
    )


def _piece(piece: Evidence, words: Words, known: Places) -> Sequence[Child]:
    points = None
    if piece.points:
        weight = words.text("page.points", weight=f"{piece.weight:.3g}")
        points = tag(
            "span",
            words.text(f"label.{piece.points}"),
            " ",
            weight,
            class_=f"points points-{piece.points}",
        )
    return (
        points,
        tag("span", arrows(piece.subject), class_="subject"),
        " ",
        words.say(piece.fact),
        tag("span", " (", origin(piece.seen_in, known, words), ")", class_="muted"),
        tag("code", piece.check, class_="command") if piece.check else None,
    )


def meter(part: float, class_: str = "", id_: str | None = None) -> Markup:
    """A bar that is as long as a part of 0 to 1; its figure stands beside it."""
    wide = round(max(0.0, min(part, 1.0)) * 200, 1)
    return tag(
        "svg",
        tag("rect", class_="track", width=200, height=10),
        tag("rect", class_="full", width=wide, height=10, id=id_),
        class_=f"meter {class_}".strip(),
        viewBox="0 0 200 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )

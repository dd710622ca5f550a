"""Where a figure comes from, with a link to how that was read."""

from collections.abc import Iterable, Mapping, Sequence

from mesh_probe.assessment import Read
from mesh_probe.formats.html.markup import Child, Markup, escaped, tag
from mesh_probe.formats.html.words import Words
from mesh_probe.text import catalogue

OBJECTS, INCIDENTS, SECTION = "read-objects", "read-incidents", "obtained"

Places = Mapping[str, str | None]
"""Ids on the page by what evidence was seen in; "" is for all that is not named."""

_BESIDES: Places = {
    "call graph": "graph",
    "answers": "questions",
    "Prometheus": SECTION,
    "telemetry": SECTION,
    "incidents": INCIDENTS,
    "answers file": None,
    "code": None,
}
"""What evidence is seen in besides telemetry sources and objects."""


def places(read: Read) -> Places:
    """Where the page tells how each origin was read."""
    if not (read.kinds or read.sources):
        return {"": None}
    sources = {
        source.source: source_anchor(number)
        for number, source in enumerate(read.sources)
        if source.state != "absent"
    }
    return {"": OBJECTS if read.kinds else None, **_BESIDES, **sources}


def source_anchor(number: int) -> str:
    """The id of a telemetry source, by its number among those that were looked for."""
    return f"read-source-{number}"


def origin(seen_in: str, known: Places, words: Words) -> Markup:
    """What evidence was seen in: a source, the cluster's objects, or what was made of them."""
    anchor = known.get(seen_in, known[""])
    worded = f"page.in.{seen_in.replace(' ', '-')}"
    name = words.text(worded) if worded in catalogue("en") else Markup(escaped(seen_in))
    return tag("a", name, href=f"#{anchor}") if anchor else name


def origins(seen_in: Iterable[str], known: Places, words: Words) -> Sequence[Child]:
    """Several of them in a row, each once."""
    row: list[Child] = []
    for name in dict.fromkeys(seen_in):
        row += [", "] * bool(row) + [origin(name, known, words)]
    return row

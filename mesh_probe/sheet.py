"""What diff, history and fleet print: sections for people, and a record for programs.

A format writes any sheet, so that a new one is at once there in all formats.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from mesh_probe.model import Noun
from mesh_probe.text import Message

Recorded = (
    str
    | int
    | float
    | bool
    | None
    | datetime
    | Message
    | Sequence["Recorded"]
    | Mapping[str, "Recorded"]
)
"""A value of a record. Formats write a message as its id, its parameters and its words."""


class Table(Noun):
    """Rows of short cells and, last, a text that may be long. Nothing is escaped yet."""

    head: tuple[str, ...]
    """Ids of texts, one a column."""
    rows: tuple[tuple[str, ...], ...]
    right: tuple[int, ...] = ()
    """Columns that are aligned to the right: figures."""


class Section(Noun):
    """A heading, with sentences and a table under it. Without either it is left out."""

    heading: str
    """Id of a text."""
    items: tuple[Message, ...] = ()
    table: Table | None = None


class Curve(Noun):
    """A figure over time, for formats that can draw it."""

    name: str
    """Id of a text."""
    values: tuple[float | None, ...]
    shown: tuple[str, ...]
    """Each value in words."""
    times: tuple[str, ...]


class Changes(Noun):
    """What came and went in the call graph, for formats that can draw it."""

    nodes_new: tuple[str, ...] = ()
    nodes_gone: tuple[str, ...] = ()
    calls_new: tuple[tuple[str, str], ...] = ()
    calls_gone: tuple[tuple[str, str], ...] = ()
    calls_moved: tuple[tuple[str, str], ...] = ()
    """Calls whose figures are others than they were."""


class Sheet(NamedTuple):
    """A result in both shapes."""

    title: Message
    lead: tuple[Message, ...]
    """What must be said before anything else: the upshot, then what to be careful with."""
    sections: tuple[Section, ...]
    record: Mapping[str, Recorded]
    """The JSON document, with its schema."""
    curves: tuple[Curve, ...] = ()
    changes: Changes | None = None

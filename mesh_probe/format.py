"""What a report format is: a function from an assessment to text."""

from collections.abc import Callable

from mesh_probe.assessment import Assessment
from mesh_probe.graph import CallGraph
from mesh_probe.model import Noun
from mesh_probe.text import Wording


class Look(Noun):
    """What the reader's screen can show."""

    color: bool = False
    width: int = 100
    """Columns."""


class Format(Noun):
    """A way to write a report, or a part of the call graph, or both."""

    name: str
    report: Callable[[Assessment, Wording, Look], str] | None = None
    graph: Callable[[CallGraph, Wording], str] | None = None

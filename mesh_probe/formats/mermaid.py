"""Mermaid: the call graph as text that git hosts and wikis draw."""

from mesh_probe.drawing.mermaid import flowchart
from mesh_probe.format import Format
from mesh_probe.graph import CallGraph
from mesh_probe.text import Wording


def graph(calls: CallGraph, _wording: Wording) -> str:
    """The calls that count, folded by namespace where there are too many to read."""
    return f"{flowchart(calls)}\n"


FORMAT = Format("mermaid", graph=graph)

"""DOT: the whole call graph for Graphviz and whatever else reads it."""

from mesh_probe.drawing.looks import ERROR_BANDS, TONES, UNKNOWN_TONE, band, width
from mesh_probe.format import Format
from mesh_probe.graph import CallGraph
from mesh_probe.model import Edge, Node
from mesh_probe.text import Wording, duration, rate
from mesh_probe.text.visible import visible

SHAPES = {"datastore": "cylinder", "broker": "box3d", "external": "ellipse", "entry": "box"}


def graph(calls: CallGraph, wording: Wording) -> str:
    """All nodes and edges, one cluster for each namespace; what does not count is dotted."""
    lines = [
        "digraph calls {",
        '  rankdir="LR"',
        '  node [shape="box", style="rounded", fontname="sans-serif"]',
        '  edge [fontname="sans-serif", fontsize="10"]',
    ]
    namespaces = sorted({node.namespace for node in calls.nodes.values() if node.namespace})
    for number, namespace in enumerate(namespaces):
        lines += [
            f"  subgraph cluster_{number} {{",
            f"    label={_quoted(namespace)}",
            '    style="rounded"',
            *(f"  {_node(n)}" for n in calls.nodes.values() if n.namespace == namespace),
            "  }",
        ]
    lines += [_node(node) for node in calls.nodes.values() if not node.namespace]
    counted = set(calls.calls.edges)
    lines += [
        _edge(edge, wording, counts=pair in counted)
        for pair, edge in calls.edges.items()
        if calls.nodes.keys() >= set(pair)
    ]
    return "\n".join([*lines, "}"]) + "\n"


def _node(node: Node) -> str:
    shape = SHAPES.get(node.role, "box")
    told = {"label": node.name, "shape": shape, "tooltip": f"{node.id} ({node.kind})"}
    if node.role == "infrastructure":
        told["style"] = "dashed"
    return f"  {_quoted(node.id)} [{_attributes(told)}]"


def _edge(edge: Edge, wording: Wording, *, counts: bool) -> str:
    tone = band(edge.error_ratio, ERROR_BANDS)
    told = {
        "color": UNKNOWN_TONE if tone is None else TONES[tone],
        "penwidth": f"{width(edge.rate_rps):g}",
        "tooltip": ", ".join(_figures(edge, wording)) or f"{edge.confidence:.2g}",
    }
    if edge.rate_rps is not None:
        told["label"] = rate(edge.rate_rps)
    if not edge.observed:
        told["style"] = "dashed"
    if not counts:
        told["style"] = "dotted"
        told["constraint"] = "false"
    return f"  {_quoted(edge.client)} -> {_quoted(edge.server)} [{_attributes(told)}]"


def _figures(edge: Edge, wording: Wording) -> list[str]:
    figures = []
    if edge.error_ratio is not None:
        figures.append(wording.text("page.errors", errors=edge.error_ratio))
    if edge.latency and edge.latency.p99_seconds is not None:
        figures.append(f"p99 {duration(edge.latency.p99_seconds, wording.language)}")
    return figures


def _attributes(told: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in told.items())


def _quoted(text: str) -> str:
    r"""A string of DOT. A backslash is doubled: in labels `\N` would be the node's name."""
    escaped = visible(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


FORMAT = Format("dot", graph=graph)

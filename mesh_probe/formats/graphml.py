"""GraphML: the whole call graph with all its figures, for yEd, Gephi, igraph and the like.

http://graphml.graphdrawing.org/specification.html
"""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape, quoteattr

from mesh_probe.format import Format
from mesh_probe.graph import CallGraph
from mesh_probe.model import Edge, Latency, Node
from mesh_probe.text import Wording
from mesh_probe.text.visible import visible

Value = str | float | bool | int | None

NODE_KEYS = {
    "name": "string",
    "namespace": "string",
    "kind": "string",
    "role": "string",
    "product": "string",
    "services": "string",
    "replicas": "int",
}
EDGE_KEYS = {
    "declared": "boolean",
    "observed": "boolean",
    "confidence": "double",
    "protocol": "string",
    "rate_rps": "double",
    "error_ratio": "double",
    "p50_seconds": "double",
    "p90_seconds": "double",
    "p95_seconds": "double",
    "p99_seconds": "double",
    "mtls": "boolean",
    "sampled": "boolean",
    "sources": "string",
}


def graph(calls: CallGraph, _wording: Wording) -> str:
    """All nodes and edges. What is not known is left out, as GraphML has no null."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        *_keys("node", "n", NODE_KEYS),
        *_keys("edge", "e", EDGE_KEYS),
        '<graph id="calls" edgedefault="directed">',
    ]
    for node in calls.nodes.values():
        lines += [
            f"<node id={_attribute(node.id)}>",
            *_data("n", NODE_KEYS, _of_node(node)),
            "</node>",
        ]
    for number, (pair, edge) in enumerate(calls.edges.items()):
        if not calls.nodes.keys() >= set(pair):
            continue
        ends = f"source={_attribute(edge.client)} target={_attribute(edge.server)}"
        lines += [
            f'<edge id="e{number}" {ends}>',
            *_data("e", EDGE_KEYS, _of_edge(edge)),
            "</edge>",
        ]
    return "\n".join([*lines, "</graph>", "</graphml>"]) + "\n"


def _keys(what: str, prefix: str, keys: Mapping[str, str]) -> Iterable[str]:
    for name, kind in keys.items():
        yield (f'<key id="{prefix}_{name}" for="{what}" attr.name="{name}" attr.type="{kind}"/>')


def _of_node(node: Node) -> dict[str, Value]:
    return {
        "name": node.name,
        "namespace": node.namespace,
        "kind": node.kind,
        "role": node.role,
        "product": node.product,
        "services": ", ".join(sorted(node.services)) or None,
        "replicas": node.replicas,
    }


def _of_edge(edge: Edge) -> dict[str, Value]:
    latency = edge.latency or Latency()
    return {
        "declared": edge.declared,
        "observed": edge.observed,
        "confidence": edge.confidence,
        "protocol": edge.protocol,
        "rate_rps": edge.rate_rps,
        "error_ratio": edge.error_ratio,
        "p50_seconds": latency.p50_seconds,
        "p90_seconds": latency.p90_seconds,
        "p95_seconds": latency.p95_seconds,
        "p99_seconds": latency.p99_seconds,
        "mtls": edge.mtls,
        "sampled": edge.sampled,
        "sources": ", ".join(edge.sources) or None,
    }


def _data(prefix: str, keys: Mapping[str, str], values: Mapping[str, Value]) -> Iterable[str]:
    for name in keys:
        value = values[name]
        if value is not None:
            yield f'<data key="{prefix}_{name}">{_written(value)}</data>'


def _written(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else escape(visible(str(value)))


def _attribute(text: str) -> str:
    return quoteattr(visible(text))


FORMAT = Format("graphml", graph=graph)

"""The call graph as Mermaid text, which git hosts and wikis draw.

https://mermaid.js.org/syntax/flowchart.html
"""

from collections import Counter

from mesh_probe.graph import CallGraph
from mesh_probe.model import Node
from mesh_probe.text import rate
from mesh_probe.text.markup import references

MOST_NODES, MOST_EDGES = 60, 100
"""Of a graph that is drawn service by service; more cannot be read."""

MOST_LINES = 400
"""Of a folded graph: Mermaid draws nothing from 500 on (`maxEdges`)."""

SHAPES = {
    "entry": ("([", "])"),
    "datastore": ("[(", ")]"),
    "broker": ("[[", "]]"),
    "external": ("{{", "}}"),
}


def is_small(graph: CallGraph) -> bool:
    """Whether all calls that count can be drawn and read."""
    nodes, edges = graph.calls.number_of_nodes(), graph.calls.number_of_edges()
    return 0 < edges <= MOST_EDGES and nodes <= MOST_NODES


def flowchart(graph: CallGraph) -> str:
    """The calls that count; one box for each namespace, and folded into it where there are many."""
    small = graph.calls.number_of_edges() == 0 or is_small(graph)
    return _whole(graph) if small else _folded(graph)


def _whole(graph: CallGraph) -> str:
    nodes = [graph.nodes[node] for node in graph.nodes if node in graph.calls]
    names = {node.id: f"n{position}" for position, node in enumerate(nodes)}
    lines = ["flowchart LR"]
    for number, namespace in enumerate(sorted({n.namespace or "" for n in nodes})):
        inside = [n for n in nodes if (n.namespace or "") == namespace]
        boxes = [_box(node, names[node.id], whole=not namespace) for node in inside]
        if namespace:
            lines.append(f"  subgraph s{number}[{_label(namespace)}]")
            lines += [f"  {box}" for box in boxes]
            lines.append("  end")
        else:
            lines += boxes
    for pair in graph.calls.edges:
        edge = graph.edges[pair]
        line = "-->" if edge.observed else "-.->"
        speed = f'|"{rate(edge.rate_rps)}"|' if edge.rate_rps is not None else ""
        lines.append(f"  {names[edge.client]} {line}{speed} {names[edge.server]}")
    return "\n".join(lines)


def _folded(graph: CallGraph) -> str:
    """One box for each namespace, and how many calls lead from one to another."""
    home = {node: graph.nodes[node].namespace or node for node in graph.calls}
    groups = {group: f"n{number}" for number, group in enumerate(sorted(set(home.values())))}
    members = Counter(home.values())
    between = Counter(
        (home[client], home[server])
        for client, server in graph.calls.edges
        if home[client] != home[server]
    )
    strongest = sorted(between, key=lambda pair: (-between[pair], pair))[:MOST_LINES]
    boxes = [
        f"  {name}[{_label(f'{group} ({members[group]})' if members[group] > 1 else group)}]"
        for group, name in groups.items()
    ]
    lines = [
        f'  {groups[client]} -->|"{between[client, server]}"| {groups[server]}'
        for client, server in sorted(strongest)
    ]
    return "\n".join(["flowchart LR", *boxes, *lines])


def _box(node: Node, name: str, *, whole: bool) -> str:
    opening, closing = SHAPES.get(node.role, ("[", "]"))
    return f"  {name}{opening}{_label(node.id if whole else node.name)}{closing}"


def _label(text: str) -> str:
    # Mermaid writes character references with "#" where HTML has "&#".
    return f'"{references(text, "#{};")}"'

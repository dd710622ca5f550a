"""The call graph: who calls whom, joined from what is declared and what is observed.

`build` makes it from a snapshot, `shape` and `latency` hold the named questions that are asked of
it. networkx is used in this folder only.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import networkx as nx

from mesh_probe.model import Edge, Finding, Gap, Node

if TYPE_CHECKING:
    from mesh_probe.graph.places import Places

    Digraph = nx.DiGraph[str]

COUNTS_FROM = 0.5
"""An edge of less confidence is listed, but no question is asked of it."""

APPLICATION_ROLES = frozenset({"entry", "middle", "leaf", "isolated"})
"""Roles of the services that a team writes; the others are what these use or what watches them."""


GATEWAYS = frozenset({"ingress-controller"})
"""Products whose calls come from outside, though they run in the cluster."""


def counts(edge: Edge) -> bool:
    """Whether questions are asked of an edge: it is likely there, and requests go that way."""
    return edge.confidence >= COUNTS_FROM and not edge.probe


def is_way_in(node: Node) -> bool:
    """Whether requests from outside come through a node: the internet, a route, a gateway."""
    return node.role == "external" or node.product in GATEWAYS


class CallGraph:
    """Nodes by id, edges by (client, server), and what joining them brought to light."""

    nodes: Mapping[str, Node]
    edges: Mapping[tuple[str, str], Edge]
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    calls: "Digraph"
    """The edges that count, between nodes that are not infrastructure."""
    places: "Places | None"
    """Where names lead; None for a graph that was not built from a snapshot."""
    applications: "Digraph"
    """The same between application services only: no datastores, brokers or outside hosts."""

    def __init__(
        self,
        nodes: Iterable[Node],
        edges: Iterable[Edge],
        findings: Iterable[Finding] = (),
        gaps: Iterable[Gap] = (),
        places: "Places | None" = None,
    ) -> None:
        self.places = places
        self.nodes = {node.id: node for node in sorted(nodes, key=lambda n: n.id)}
        self.edges = {
            (edge.client, edge.server): edge
            for edge in sorted(edges, key=lambda e: (e.client, e.server))
        }
        self.gaps = tuple(gaps)
        self.findings = tuple(sorted(findings, key=lambda f: (f.id, f.subject)))
        self.calls = self._digraph(
            {n.id for n in self.nodes.values() if n.role != "infrastructure"}
        )
        self.applications = self._digraph(
            {n.id for n in self.nodes.values() if n.role in APPLICATION_ROLES}
        )

    def _digraph(self, among: set[str]) -> "Digraph":
        digraph: Digraph = nx.DiGraph()
        digraph.add_nodes_from(node for node in self.nodes if node in among)
        digraph.add_edges_from(
            pair for pair, edge in self.edges.items() if counts(edge) and among.issuperset(pair)
        )
        nx.freeze(digraph)
        return digraph

"""Services of which no call is known, in or out: what may hide their calls, and what would help."""

from collections.abc import Iterable, Iterator, Mapping

from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.claims import NAMELESS
from mesh_probe.graph.declared import ROUTE_KINDS, subject_of
from mesh_probe.model import Edge, Gap, Node, Workload
from mesh_probe.text import message

_WAYS_IN = frozenset(kind.lower() for kind in ROUTE_KINDS)


def blind_spots(
    nodes: Mapping[str, Node],
    edges: Iterable[Edge],
    workload_of: Mapping[str, Workload],
    *,
    measured: bool,
) -> Iterator[Gap]:
    """A gap for each workload that neither calls nor is called, as far as is known, by node id.

    That requests from outside arrive at it does not say whom it calls. `measured` says whether any
    metrics of calls were there; then the calls of these are not among them.
    """
    known: set[str] = set()
    suspected: set[str] = set()
    for edge in edges:
        if not (_is_way_in(edge.client) or _is_way_in(edge.server)):
            (known if edge.confidence >= COUNTS_FROM else suspected).update(
                (edge.client, edge.server)
            )
    hint = message("hint.blind-measured" if measured else "hint.blind")
    for node_id, node in nodes.items():
        workload = workload_of.get(node_id)
        if workload is None or node.role == "infrastructure" or node_id in known:
            continue
        if node_id in suspected:
            reason = message("gap.blind-weak")
        elif workload.secrets:
            reason = message("gap.blind-secrets")
        else:
            reason = message("gap.blind-code")
        yield Gap(subject_of(workload), reason, hint)


def _is_way_in(node_id: str) -> bool:
    return node_id in NAMELESS or node_id.partition(":")[0] in _WAYS_IN

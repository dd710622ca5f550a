"""Ids of workloads, what one may be called by the name of a pod, and short names for a row."""

import re
from collections import Counter
from collections.abc import Iterable

from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Node, Workload

# Of two workloads of one name the first of these keeps the plain id.
_KIND_ORDER = (*WORKLOAD_KINDS, "ReplicaSet", "Pod")


MOST_NAMESAKES = 3
"""Nodes of one name up to which each is named, with its namespace; of more the name is counted."""


def short_names(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Names that tell nodes apart in a row: "cart", "bank/cart" beside another, or "cart ×6"."""
    nodes = list(nodes)
    count = Counter(node.name for node in nodes)
    names = []
    for node in nodes:
        if count[node.name] > MOST_NAMESAKES:
            names.append(f"{node.name} ×{count[node.name]}")
        elif count[node.name] > 1 and node.namespace:
            names.append(f"{node.namespace}/{node.name}")
        else:
            names.append(node.name)
    return tuple(dict.fromkeys(names))


def stems_of(pod: str) -> tuple[str, ...]:
    """What a pod's workload may be called, from the longest: controllers append to their names.

    A Deployment's pod is name-hash-suffix, a CronJob's name-minute-suffix, others' name-suffix.
    """
    last = pod.rpartition("-")
    if not re.fullmatch(r"\d+|[a-z0-9]{5}", last[2]) or not last[0]:
        return ()
    second = last[0].rpartition("-")
    if re.fullmatch(r"[0-9a-f]{7,10}|[bcdf-hj-np-tv-z0-9]{7,10}", second[2]) and second[0]:
        return last[0], second[0]
    return (last[0],)


def ids_of(workloads: Iterable[Workload]) -> dict[tuple[str, str, str], str]:
    """Node ids by kind, namespace and name."""
    ids: dict[tuple[str, str, str], str] = {}
    taken: set[str] = set()
    for workload in sorted(workloads, key=_precedence):
        plain = f"{workload.namespace}/{workload.name}"
        node_id = plain if plain not in taken else f"{plain}~{workload.kind.lower()}"
        taken.add(node_id)
        ids[workload.kind, workload.namespace, workload.name] = node_id
    return ids


def _precedence(workload: Workload) -> tuple[int, str, str]:
    known = workload.kind in _KIND_ORDER
    rank = _KIND_ORDER.index(workload.kind) if known else len(_KIND_ORDER)
    return rank, workload.namespace, workload.name

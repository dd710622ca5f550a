"""Servers that hold the series of several clusters, or of copies of one Prometheus.

A central store tells them apart by labels that each Prometheus puts on everything it sends on.
Mixed, workloads of one name in two clusters would be one, and copies would count everything twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.prometheus import AT_ONCE, Prometheus
from mesh_probe.collect.query_error import QueryError
from mesh_probe.model import Gap, Objects
from mesh_probe.text import listed, message

LABELS = ("cluster", "cluster_name", "k8s_cluster", "k8s_cluster_name")
"""Labels that clusters are told apart by, the usual one first."""

REPLICA_LABELS = ("prometheus_replica", "__replica__", "replica")
"""Labels that copies of a Prometheus are told apart by, where the store does not join them."""

_UP = '{__name__="up"}'
"""What there is of every target."""


class Narrowed(NamedTuple):
    """Servers that answer for one cluster, and what is said of the others."""

    servers: tuple[Prometheus, ...]
    gaps: tuple[Gap, ...]


def of_our_cluster(
    servers: Sequence[Prometheus],
    objects: Objects,
    context: str | None,
    at: datetime,
    deadline: float,
) -> Narrowed:
    """Each server narrowed to our cluster where it holds several.

    Ours is the one whose metrics name our nodes, or that is called like the context. A server of
    which that cannot be told is not read at all. Nothing is raised.
    """
    jobs = [partial(_values, server, at, deadline) for server in servers]
    kept: list[Prometheus] = []
    gaps: list[Gap] = []
    for server, values in zip(servers, at_once(jobs, AT_ONCE, deadline), strict=True):
        if isinstance(values, QueryError):
            kept.append(server)  # what is wrong with it is told by whoever asks it for calls
            continue
        if values is None:
            kept.append(server)
            _read_one_copy(server, at, deadline)
            continue
        label, names = values
        ours = _by_nodes(server, label, objects, at, deadline) or _by_context(names, context)
        if ours is None:
            shown = listed(sorted(names))
            gaps.append(
                Gap(
                    "Prometheus",
                    message("gap.clusters", server=server.name, label=label, names=shown),
                    message("hint.clusters", label=label, name=min(names)),
                )
            )
        else:
            server.only(label, ours)
            kept.append(server)
            _read_one_copy(server, at, deadline)
    return Narrowed(tuple(kept), tuple(gaps))


def _read_one_copy(server: Prometheus, at: datetime, deadline: float) -> None:
    """Narrow a server to the copy that watches most, if targets are watched by several copies.

    Shards of a Prometheus have such a label, too, but each target is in one of them.
    """
    try:
        found = _values(server, at, deadline, REPLICA_LABELS)
        if found is None:
            return
        label, _ = found
        each = f"group by (job, instance, {label}) ({_UP})"
        copies = server.query(f"max(count by (job, instance) ({each}))", at, deadline).samples
        if not copies or copies[0].value <= 1:
            return
        sizes = server.query(f"count by ({label}) ({_UP})", at, deadline).samples
    except QueryError:
        return
    largest = max(row.value for row in sizes)
    server.only(label, min(row.labels[label] for row in sizes if row.value == largest))


def _values(
    server: Prometheus, at: datetime, deadline: float, labels: Sequence[str] = LABELS
) -> tuple[str, frozenset[str]] | None:
    """The label that all targets have, with several values; None without. Raises: QueryError."""
    rows = server.query(f"group by ({', '.join(labels)}) ({_UP})", at, deadline).samples
    for label in labels:
        found = {row.labels.get(label, "") for row in rows}
        # Some exporters have such a label of their own, but then not every target has it.
        if len(found) > 1 and "" not in found:
            return label, frozenset(found)
    return None


def _by_nodes(
    server: Prometheus, label: str, objects: Objects, at: datetime, deadline: float
) -> str | None:
    """The value whose nodes are ours; None where that is none or several."""
    ours = {node.name for node in objects.nodes}
    if not ours:
        return None
    promql = f'group by ({label}, node) ({{__name__="kube_node_info"}})'
    try:
        rows = server.query(promql, at, deadline).samples
    except QueryError:
        return None
    shared: dict[str, int] = defaultdict(int)
    for row in rows:
        shared[row.labels.get(label, "")] += row.labels.get("node") in ours
    return _only([value for value, count in shared.items() if count])


def _by_context(names: Iterable[str], context: str | None) -> str | None:
    """The value that the context is called by, or ends in: "arn:aws:eks:…:cluster/prod"."""
    words = (context or "").replace("/", " ").replace("@", " ").replace("_", " ").split()
    return _only([name for name in names if name == context or name == (words or [""])[-1]])


def _only(values: Sequence[str]) -> str | None:
    return values[0] if len(values) == 1 else None

"""The whole pure pipeline: a snapshot in, an assessment out."""

from collections.abc import Mapping
from datetime import datetime

from mesh_probe.graph import CallGraph
from mesh_probe.model import Finding, Gap, Load, Noun, Status
from mesh_probe.question import Answer
from mesh_probe.snapshot import Snapshot
from mesh_probe.verdict import Verdict


class Hub(Noun):
    """A service that many call and that calls many."""

    id: str
    fan_in: int
    fan_out: int


class SlowPath(Noun):
    """A way through the graph from an entry, and where its time goes."""

    nodes: tuple[str, ...]
    p50_seconds: float
    p99_low_seconds: float | None
    p99_high_seconds: float | None
    critical_client: str
    critical_server: str
    critical_share: float
    """Part of the path's median that the critical hop takes, 0 to 1."""


class Paths(Noun):
    """What can be said of the ways through the graph without walking all of them."""

    entries: tuple[str, ...] = ()
    entry_to_leaf_paths: int = 0
    longest_chain: tuple[str, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    hubs: tuple[Hub, ...] = ()
    slowest: tuple[SlowPath, ...] = ()
    cross_namespace_ratio: float | None = None


class Mesh(Noun):
    """A mesh that is already there."""

    name: str
    version: str | None
    mode: str
    coverage_ratio: float | None
    advice: str


class Cluster(Noun):
    """The cluster in figures."""

    context: str | None
    server_version: str | None
    nodes: int
    namespaces: int
    workloads: int
    services: int
    pods: int
    mesh: tuple[Mesh, ...] = ()


class Assessment:
    """Everything a report says."""

    generated_at: datetime
    tool_version: str
    cluster: Cluster
    window_start_at: datetime
    window_end_at: datetime
    window_seconds: int
    verdict: Verdict
    answers: tuple[Answer, ...]
    signals: tuple[Answer, ...]
    graph: CallGraph
    paths: Paths
    findings: tuple[Finding, ...]
    gaps: tuple[Gap, ...]
    load: Load | None


def assess(
    snapshot: Snapshot, *, assumed: Mapping[str, Status] | None = None, load: Load | None = None
) -> Assessment:
    """Judge a snapshot. `assumed` answers win over all others and are marked so."""
    raise NotImplementedError

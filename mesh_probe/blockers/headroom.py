"""Headroom: whether what proxies reserve fits on the machines and into the namespaces' bounds."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from mesh_probe.blocker import CLUSTER, Check, Hit
from mesh_probe.blockers.candidates import EVERY, Candidate, candidates, nodes_of
from mesh_probe.graph import CallGraph
from mesh_probe.inventory.quantity import parse
from mesh_probe.kinds import WORKLOAD_KINDS, called, command
from mesh_probe.mesh import BATCH
from mesh_probe.model import Noun, Outline, Workload
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_MIB = 2**20


class _Reserve(Noun):
    """What a program asks the scheduler for, and what it may use at most."""

    cpu_cores: float
    memory_bytes: int
    cpu_limit_cores: float = 0.0
    memory_limit_bytes: int = 0


# istio/istio manifests/charts: istio-control/istio-discovery, ztunnel and istio-cni, values.yaml
_SIDECAR = _Reserve(0.1, 128 * _MIB, 2.0, 1024 * _MIB)
_ON_EACH_MACHINE = _Reserve(0.2 + 0.1, (512 + 100) * _MIB)
"""ztunnel and the network plugin of ambient mode."""

_CPU = ("requests.cpu", "cpu")
_MEMORY = ("requests.memory", "memory")


def _sidecars_too_many(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    pods = sum(_pods(candidate) for candidate in candidates(snapshot, graph, EVERY))
    return _beyond_machines(snapshot, _SIDECAR, pods)


def _agents_too_many(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    if not candidates(snapshot, graph, EVERY):
        return iter(())
    return _beyond_machines(snapshot, _ON_EACH_MACHINE, len(snapshot.objects.nodes))


def _pods(candidate: Candidate) -> int:
    """How many proxies it would get; what ends by itself does not stay."""
    workload = candidate.workload
    if workload.host_network or workload.kind in BATCH:
        return 0
    return workload.replicas or 0


def _beyond_machines(snapshot: Snapshot, each: _Reserve, count: int) -> Iterator[Hit]:
    """Where all machines told what they have, and all that is reserved leaves less than wanted."""
    nodes = snapshot.objects.nodes
    cores = [node.cpu_cores for node in nodes if node.cpu_cores is not None]
    sizes = [node.memory_bytes for node in nodes if node.memory_bytes is not None]
    if not nodes or not count or len(cores) < len(nodes) or len(sizes) < len(nodes):
        return
    cpu = sum(cores) - sum(_cpu(w) * (w.replicas or 0) for w in snapshot.objects.workloads)
    memory = sum(sizes) - sum(_memory(w) * (w.replicas or 0) for w in snapshot.objects.workloads)
    wanted_cpu, wanted_memory = each.cpu_cores * count, each.memory_bytes * count
    if wanted_cpu > cpu or wanted_memory > memory:
        yield Hit(
            CLUSTER,
            {
                "count": count,
                "cpu": round(wanted_cpu, 1),
                "memory": wanted_memory,
                "free_cpu": round(max(cpu, 0.0), 1),
                "free_memory": max(memory, 0),
            },
            (),
            "kubectl describe nodes",
        )


def _cpu(workload: Workload) -> float:
    return sum(c.cpu_request_cores or 0.0 for c in workload.containers if not c.init)


def _memory(workload: Workload) -> int:
    return sum(c.memory_request_bytes or 0 for c in workload.containers if not c.init)


def _beyond_quota(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    quotas = _quotas(snapshot)
    if not quotas:
        return
    at_home = _at_home(snapshot, graph)
    used = _used(snapshot.objects.workloads, {q.namespace or "" for q in quotas})
    for quota in quotas:
        home = quota.namespace or ""
        found = at_home.get(home, [])
        pods = sum(_pods(candidate) for candidate in found)
        if not pods:
            continue
        over = []
        for resource, hard in _hard(quota).items():
            each = _OF_SIDECAR.get(resource)
            total = used[home].get(resource, 0.0) + (each or 0.0) * pods
            if each is not None and total > hard:
                over.append(f"{resource} {_amount(resource, total)} > {_amount(resource, hard)}")
        if over:
            yield Hit(
                called("ResourceQuota", home, quota.name),
                {"over": listed(over, len(over)), "pods": pods},
                nodes_of(found),
                command("ResourceQuota", home, quota.name),
            )


_OF_SIDECAR: Mapping[str, float] = {
    **dict.fromkeys(_CPU, _SIDECAR.cpu_cores),
    **dict.fromkeys(_MEMORY, float(_SIDECAR.memory_bytes)),
    "limits.cpu": _SIDECAR.cpu_limit_cores,
    "limits.memory": float(_SIDECAR.memory_limit_bytes),
}
"""What one more sidecar adds to each resource of a quota."""


def _unasked(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Quotas on what Linkerd's proxy does not ask for: its pods are refused, unless defaults help.

    https://kubernetes.io/docs/concepts/policy/resource-quotas/
    """
    quotas = _quotas(snapshot)
    at_home = _at_home(snapshot, graph) if quotas else {}
    defaults = _defaults(snapshot)
    for quota in quotas:
        home = quota.namespace or ""
        found = at_home.get(home, [])
        missing = sorted((_OF_SIDECAR.keys() & _hard(quota).keys()) - defaults[home])
        if found and missing:
            yield Hit(
                called("ResourceQuota", home, quota.name),
                {"resources": listed(missing, len(missing))},
                nodes_of(found),
                command("ResourceQuota", home, quota.name),
            )


def _beyond_limit(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    at_home: Mapping[str, list[Candidate]] | None = None
    for outline in snapshot.objects.outlines:
        if outline.kind != "LimitRange":
            continue
        over = [
            f"{resource} {_amount(resource, own)} > {_amount(resource, most)}"
            for resource, own in _LIMITS.items()
            if (most := _most(outline, resource)) is not None and own > most
        ]
        if over:
            at_home = _at_home(snapshot, graph) if at_home is None else at_home
            home = outline.namespace or ""
            if found := at_home.get(home):
                yield Hit(
                    called("LimitRange", home, outline.name),
                    {"over": listed(over)},
                    nodes_of(found),
                    command("LimitRange", home, outline.name),
                )


_LIMITS = {"cpu": _SIDECAR.cpu_limit_cores, "memory": float(_SIDECAR.memory_limit_bytes)}


def _most(limits: Outline, resource: str) -> float | None:
    """The most that one container may have."""
    values = {fact.path: fact.value for fact in limits.facts}
    found = [
        parse(values[f"{item}.max.{resource}"])
        for path, kind in values.items()
        if path.endswith(".type") and kind == "Container"
        if f"{(item := path.removesuffix('.type'))}.max.{resource}" in values
    ]
    return min((most for most in found if most is not None), default=None)


def _quotas(snapshot: Snapshot) -> list[Outline]:
    """Those for all pods of a namespace."""
    return [
        outline
        for outline in snapshot.objects.outlines
        if outline.kind == "ResourceQuota"
        and not any(fact.path.startswith("spec.scope") for fact in outline.facts)
    ]


def _hard(quota: Outline) -> dict[str, float]:
    prefix = "spec.hard."
    return {
        fact.path.removeprefix(prefix): amount
        for fact in quota.facts
        if fact.path.startswith(prefix)
        if not isinstance(fact.value, bool) and (amount := parse(fact.value)) is not None
    }


def _defaults(snapshot: Snapshot) -> dict[str, set[str]]:
    """By namespace the resources of quotas that a container gets without asking."""
    found: dict[str, set[str]] = defaultdict(set)
    for outline in snapshot.objects.outlines:
        if outline.kind == "LimitRange":
            for fact in outline.facts:
                way, _, resource = fact.path.partition("].")[2].partition(".")
                if way in ("default", "defaultRequest"):  # a limit alone is a request, too
                    found[outline.namespace or ""] |= {resource, f"requests.{resource}"}
                if way == "default":
                    found[outline.namespace or ""].add(f"limits.{resource}")
    return found


def _at_home(snapshot: Snapshot, graph: CallGraph) -> dict[str, list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates(snapshot, graph, EVERY):
        found[candidate.workload.namespace].append(candidate)
    return found


def _used(workloads: Iterable[Workload], homes: set[str]) -> dict[str, dict[str, float]]:
    """By namespace what its pods are set to use now, of each resource that a quota may bound."""
    used: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for workload in workloads:
        if workload.namespace not in homes:
            continue
        of_home, pods = used[workload.namespace], workload.replicas or 0
        for container in workload.containers:
            if container.init:
                continue
            for resource in _CPU:
                of_home[resource] += pods * (container.cpu_request_cores or 0.0)
            for resource in _MEMORY:
                of_home[resource] += pods * (container.memory_request_bytes or 0)
            of_home["limits.cpu"] += pods * (container.cpu_limit_cores or 0.0)
            of_home["limits.memory"] += pods * (container.memory_limit_bytes or 0)
    return used


def _amount(resource: str, value: float) -> str:
    """Cores, or bytes in the unit that quotas are written in."""
    return f"{value / _MIB:.0f}Mi" if "memory" in resource else f"{value:.4g}"


_RESOURCES = "https://istio.io/latest/docs/ops/deployment/performance-and-scalability/"
_QUOTAS = "https://kubernetes.io/docs/concepts/policy/resource-quotas/"

CHECKS: tuple[Check, ...] = (
    Check(
        "no-room-for-sidecars",
        "warning",
        ("istio-sidecar",),
        _RESOURCES,
        _sidecars_too_many,
        ("Node", *WORKLOAD_KINDS),
    ),
    Check(
        "no-room-for-ambient",
        "warning",
        ("istio-ambient",),
        _RESOURCES,
        _agents_too_many,
        ("Node", *WORKLOAD_KINDS),
    ),
    Check(
        "quota-exceeded",
        "error",
        ("istio-sidecar",),
        _QUOTAS,
        _beyond_quota,
        ("ResourceQuota", *WORKLOAD_KINDS),
    ),
    Check(
        "quota-needs-requests",
        "error",
        ("linkerd",),
        _QUOTAS,
        _unasked,
        ("ResourceQuota", "LimitRange", *WORKLOAD_KINDS),
    ),
    Check(
        "limit-exceeded",
        "error",
        ("istio-sidecar",),
        "https://kubernetes.io/docs/concepts/policy/limit-range/",
        _beyond_limit,
        ("LimitRange", *WORKLOAD_KINDS),
    ),
)

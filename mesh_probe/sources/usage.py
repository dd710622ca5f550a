"""What workloads use and how often they are started again.

CPU and memory are measured by the kubelet's cAdvisor, restarts and owners are counted by
kube-state-metrics:
https://github.com/google/cadvisor/blob/master/docs/storage/prometheus.md
https://github.com/kubernetes/kube-state-metrics/blob/main/docs/metrics/workload/pod-metrics.md
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from mesh_probe.model import Objects, Usage
from mesh_probe.source import SPLIT, Ask, Sample, Window

CPU, MEMORY, RESTARTS, RESTARTS_BEFORE = "cpu", "memory", "restarts", "restarts before"
POD_OWNERS, SET_OWNERS, JOB_OWNERS = "pod owners", "replica set owners", "job owners"

Pod = tuple[str, str]
"""Namespace and name."""

# Before Kubernetes 1.16 cAdvisor said pod_name and container_name:
# https://github.com/kubernetes/enhancements/issues/1206
_CONTAINERS = (("pod", "container"), ("pod_name", "container_name"))
_REPLICA_SET = re.compile(r"(.+)-[a-z0-9]{1,10}")
_OF_JOB = re.compile(r"(.+)-\d{8,10}")
_NOBODY = ("", "<none>")


def asks(window: Window) -> tuple[Ask, ...]:
    """The queries for figures of pods; of copies of a series one counts."""
    return (
        _of_containers(
            CPU, f"rate(container_cpu_usage_seconds_total{{%s}}[{window.rate_seconds}s])"
        ),
        _of_containers(MEMORY, "container_memory_working_set_bytes{%s}"),
        _restarts(RESTARTS, ""),
        _restarts(RESTARTS_BEFORE, f" offset {window.lookback_seconds}s"),
    )


def _of_containers(purpose: str, figure: str) -> Ask:
    """Of all containers of a pod, without the sandbox and the sums over them."""
    generations = []
    for pod, container in _CONTAINERS:
        chosen = figure % f'{container}!="",{container}!="POD",{SPLIT}'
        each = f"max by (namespace, {pod}, {container}) ({chosen})"
        generations.append(f"sum by (namespace, {pod}) ({each})")
    return Ask(purpose, " or ".join(generations), split_by="namespace", sizes=_PODS)


def _restarts(purpose: str, offset: str) -> Ask:
    pods = "namespace, exported_namespace, pod, exported_pod"
    each = f"max by ({pods}, container, exported_container)"
    counter = f"kube_pod_container_status_restarts_total{{{SPLIT}}}{offset}"
    return Ask(purpose, f"sum by ({pods}) ({each} ({counter}))", "namespace", _PODS)


_PODS = "count by (namespace) (container_memory_working_set_bytes{})"


def owner_asks(window: Window) -> tuple[Ask, ...]:
    """The queries for who owns pods, also those that are gone."""

    def owners(purpose: str, metric: str, *labels: str) -> Ask:
        both = [f"{prefix}{label}" for label in labels for prefix in ("", "exported_")]
        by = ", ".join([*both, "owner_kind", "owner_name"])
        span = f"{metric}{{{SPLIT}}}[{window.rate_seconds}s]"
        return Ask(purpose, f"group by ({by}) (last_over_time({span}))", "namespace", _PODS)

    return (
        owners(POD_OWNERS, "kube_pod_owner", "namespace", "pod"),
        owners(SET_OWNERS, "kube_replicaset_owner", "namespace", "replicaset"),
        owners(JOB_OWNERS, "kube_job_owner", "namespace", "job_name"),
    )


def pods_of(objects: Objects) -> dict[Pod, str]:
    """The workloads, "Kind/name", of the pods that are there."""
    return {(p.namespace, p.name): p.workload for p in objects.pods if p.workload}


def owned(answers: Mapping[str, Sequence[Sample]]) -> dict[Pod, str]:
    """The workloads of pods as the answers to `owner_asks` tell them.

    Without the owner of a ReplicaSet or a Job, its name tells the Deployment's or CronJob's.
    """
    above: dict[tuple[str, str, str], str] = {}
    for purpose, kind, label in (
        (SET_OWNERS, "ReplicaSet", "replicaset"),
        (JOB_OWNERS, "Job", "job_name"),
    ):
        for row in answers.get(purpose, ()):
            namespace, name = _own(row.labels, "namespace"), _own(row.labels, label)
            owner = f"{row.labels.get('owner_kind')}/{row.labels.get('owner_name')}"
            unowned = row.labels.get("owner_name", "") in _NOBODY
            above[namespace, kind, name] = f"{kind}/{name}" if unowned else owner
    found: dict[Pod, str] = {}
    for row in answers.get(POD_OWNERS, ()):
        namespace, pod = _own(row.labels, "namespace"), _own(row.labels, "pod")
        kind, name = row.labels.get("owner_kind", ""), row.labels.get("owner_name", "")
        if name in _NOBODY:
            found[namespace, pod] = f"Pod/{pod}"
        else:
            found[namespace, pod] = above.get((namespace, kind, name)) or _by_name(kind, name)
    return found


def _by_name(kind: str, name: str) -> str:
    if kind == "ReplicaSet" and (named := _REPLICA_SET.fullmatch(name)):
        return f"Deployment/{named[1]}"
    if kind == "Job" and (named := _OF_JOB.fullmatch(name)):
        return f"CronJob/{named[1]}"
    return f"{kind}/{name}"


def _own(labels: Mapping[str, str], label: str) -> str:
    """What is counted, not the exporter that counts it."""
    return labels.get(f"exported_{label}") or labels.get(label) or ""


def by_pod(rows: Iterable[Sample]) -> dict[Pod, float]:
    """The figures by pod."""
    found: dict[Pod, float] = {}
    for row in rows:
        name = _own(row.labels, "pod") or row.labels.get("pod_name", "")
        if name:
            found[_own(row.labels, "namespace"), name] = row.value
    return found


def usage(
    answers: Mapping[str, Sequence[Sample]], workload_of: Callable[[Pod], str | None]
) -> tuple[Usage, ...]:
    """The figures by workload; a figure of which no row came is missing, not zero."""
    cpu, memory = by_pod(answers.get(CPU, ())), by_pod(answers.get(MEMORY, ()))
    now, before = by_pod(answers.get(RESTARTS, ())), by_pod(answers.get(RESTARTS_BEFORE, ()))
    restarts = {
        # A StatefulSet's new pod has the name of the old one and counts anew.
        pod: count - before.get(pod, 0.0) if count >= before.get(pod, 0.0) else count
        for pod, count in now.items()
        if RESTARTS_BEFORE in answers
    }
    pods: dict[tuple[str, str], list[Pod]] = defaultdict(list)
    for pod in sorted({*cpu, *memory, *restarts}):
        workload = workload_of(pod)
        if workload is not None:
            pods[pod[0], workload].append(pod)
    found = []
    for (namespace, workload), members in sorted(pods.items()):
        restarted = _sum(restarts, members)
        found.append(
            Usage(
                namespace,
                workload,
                pods=sum(pod in memory for pod in members) or None,
                cpu_cores=_sum(cpu, members),
                memory_bytes=_sum(memory, members),
                restarts_count=None if restarted is None else round(restarted),
            )
        )
    return tuple(found)


def _sum(figures: Mapping[Pod, float], pods: Iterable[Pod]) -> float | None:
    known = [figures[pod] for pod in pods if pod in figures]
    return math.fsum(known) if known else None

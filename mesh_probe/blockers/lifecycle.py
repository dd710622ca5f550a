"""Lifecycle: pods that end, that need the network before a proxy runs, or that are restarted."""

from collections.abc import Iterator

from mesh_probe.blocker import CLUSTER, SIDECARS, Check, Hit
from mesh_probe.blockers.candidates import STORES, Candidate, callers, candidates
from mesh_probe.blockers.ground import has_mesh_plugin, oldest
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.mesh import BATCH
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter, listed

_NATIVE_FROM = 29
"""Native sidecars are on unless switched off, as beta.
https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/"""

_STABLE_FROM = 33
"""They are stable, and Istio makes its proxies so by itself (pkg/kube/inject/webhook.go)."""

_NATIVE = "https://linkerd.io/2/features/native-sidecars/"


def _never_end(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    version = oldest(snapshot)
    if version is not None and version < _NATIVE_FROM:
        yield from (job.hit(version=f"1.{version}") for job in _jobs(snapshot, graph))


def _end_by_switch(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    version = oldest(snapshot)
    if version is not None and _NATIVE_FROM <= version < _STABLE_FROM:
        yield from (job.hit(version=f"1.{version}") for job in _jobs(snapshot, graph))


def _jobs(snapshot: Snapshot, graph: CallGraph) -> Iterator[Candidate]:
    return (c for c in candidates(snapshot, graph) if c.workload.kind in BATCH)


def _before_proxy(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Of init containers that call something in the cluster, as their variables and arguments say.

    Calls out of the cluster pass by a proxy that is not there yet, unless a network plugin already
    leads them to it.
    """
    version = oldest(snapshot)
    if graph.places is None or version is None or version >= _STABLE_FROM:
        return
    everywhere = has_mesh_plugin(snapshot.objects)
    for candidate in candidates(snapshot, graph):
        hosts = []
        for reference in candidate.workload.references:
            if reference.found_in.startswith("init-") and reference.form != "word":
                home = candidate.workload.namespace
                place, _ = graph.places.of_host(reference.host, reference.port, home)
                if place is not None and (everywhere or place.outside is None):
                    hosts.append(reference.host)
        if hosts:
            yield candidate.hit(hosts=listed(dict.fromkeys(hosts)))


def _starting(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """One for all: applications that keep data or messages elsewhere mostly connect as they start.

    Linkerd's proxy holds them back by itself.
    """
    version = oldest(snapshot)
    if version is None or version >= _STABLE_FROM:
        return
    stores = {node.id for node in graph.nodes.values() if node.role in STORES}
    callers_of_stores = set(callers(graph, stores))
    found = [
        candidate
        for candidate in candidates(snapshot, graph)
        if candidate.node.id in callers_of_stores and candidate.workload.kind not in BATCH
    ]
    if found:
        said: dict[str, Parameter] = {
            "count": len(found),
            "examples": listed(candidate.subject for candidate in found),
            "version": f"1.{version}",
        }
        yield Hit(CLUSTER, said, (), "kubectl get nodes -o wide")


def _not_ready(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Of what is called: a pod without probe counts as ready as soon as it runs."""
    for candidate in candidates(snapshot, graph):
        if not candidate.node.services or candidate.workload.kind in BATCH:
            continue
        own = [container for container in candidate.workload.containers if not container.init]
        if any(container.readiness_probe for container in own):
            continue
        if clients := callers(graph, (candidate.node.id,)):
            yield candidate.hit(clients=listed(clients))


CHECKS: tuple[Check, ...] = (
    Check("job-never-ends", "error", SIDECARS, _NATIVE, _never_end, ("Node", "Job", "CronJob")),
    Check(
        "job-ends-by-switch",
        "warning",
        ("istio-sidecar",),
        "https://istio.io/latest/blog/2023/native-sidecars/",
        _end_by_switch,
        ("Node", "Job", "CronJob"),
    ),
    Check(
        "init-before-proxy",
        "warning",
        ("istio-sidecar",),
        "https://istio.io/latest/docs/setup/additional-setup/cni/#compatibility-with-application-init-containers",
        _before_proxy,
        ("Node", *WORKLOAD_KINDS),
    ),
    Check(
        "starts-beside-proxy",
        "info",
        ("istio-sidecar",),
        "https://istio.io/latest/docs/ops/common-problems/injection/",
        _starting,
        ("Node", *WORKLOAD_KINDS),
    ),
    Check(
        "no-readiness-probe",
        "warning",
        SIDECARS,
        "https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/",
        _not_ready,
        WORKLOAD_KINDS,
    ),
)

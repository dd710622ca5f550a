"""Whom an alert is about, by its labels."""

from collections.abc import Callable, Iterable, Mapping

from mesh_probe.model import Peer

_SCRAPED = ("namespace", "pod", "service", "job")
"""Labels that a scrape gives to all series; what is scraped then has its own as `exported_…`."""
_WORKLOADS = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "cronjob": "CronJob",
    "job_name": "Job",
}
"""kube-state-metrics' labels and the kinds that they name:
https://github.com/kubernetes/kube-state-metrics/tree/main/docs/metrics/workload"""
_NAMES = ("service_name", "app_kubernetes_io_name", "app", "application")
_SIDES = ("source", "destination")

LABELS = (
    *_SCRAPED,
    *(f"exported_{label}" for label in _SCRAPED),
    *_WORKLOADS,
    "workload",
    *(f"{side}_workload{part}" for side in _SIDES for part in ("", "_namespace")),
    "destination_service_name",
    "destination_service_namespace",
    "client",
    "server",
    *_NAMES,
)
"""Labels that may name somebody. What tells replicas of a server apart is not among them."""

_Named = Callable[[Mapping[str, str], str | None], Iterable[Peer]]


def places(labels: Mapping[str, str]) -> tuple[Peer, ...]:
    """Whom an alert is about; the most exact of its labels count. An alert on a call: both sides.

    Alerts of kube-state-metrics carry the Service and the job of kube-state-metrics itself, so a
    workload or a pod goes before them.
    """
    own = dict(labels)
    own |= {name: text for name in _SCRAPED if (text := labels.get(f"exported_{name}"))}
    namespace = own.get("namespace") or None
    for named in _BY_EXACTNESS:
        found = tuple(named(own, namespace))
        if found:
            return found
    return ()


def _sides(labels: Mapping[str, str], namespace: str | None) -> Iterable[Peer]:
    """The client and the server, where they are named as a mesh or a service graph names them."""
    for side in _SIDES:
        workload = labels.get(f"{side}_workload")
        if workload and workload != "unknown":
            home = labels.get(f"{side}_workload_namespace") or namespace
            yield Peer(workload=workload, namespace=home)
    service = labels.get("destination_service_name")
    if service and not labels.get("destination_workload"):
        home = labels.get("destination_service_namespace") or namespace
        yield Peer(service=service, service_namespace=home)
    for side in ("client", "server"):
        if labels.get(side):
            yield Peer(name=labels[side])


def _workload(labels: Mapping[str, str], namespace: str | None) -> Iterable[Peer]:
    for label, kind in _WORKLOADS.items():
        if labels.get(label):
            yield Peer(workload=labels[label], namespace=namespace, kind=kind)
            return
    if labels.get("workload"):
        yield Peer(workload=labels["workload"], namespace=namespace)


def _pod(labels: Mapping[str, str], namespace: str | None) -> Iterable[Peer]:
    if labels.get("pod"):
        yield Peer(namespace=namespace, pod=labels["pod"])


def _service(labels: Mapping[str, str], namespace: str | None) -> Iterable[Peer]:
    if labels.get("service") and namespace:
        yield Peer(service=labels["service"], service_namespace=namespace)


def _name(labels: Mapping[str, str], namespace: str | None) -> Iterable[Peer]:
    for label in (*_NAMES, "service"):
        if labels.get(label):
            yield Peer(name=labels[label], namespace=namespace)
            return


def _job(labels: Mapping[str, str], namespace: str | None) -> Iterable[Peer]:
    if labels.get("job"):
        yield Peer(namespace=namespace, job=labels["job"])


_BY_EXACTNESS: tuple[_Named, ...] = (_sides, _workload, _pod, _service, _name, _job)

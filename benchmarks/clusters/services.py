"""A service of the topology: its Service, its controller, their pods and what belongs to them."""

from collections.abc import Iterable, Iterator, Sequence

from benchmarks.clusters.objects import CHANGED, Json, Scribe, binding, owner
from benchmarks.clusters.pods import pods
from benchmarks.clusters.templates import (
    config_name,
    labels_of,
    port_of,
    selector_of,
    template,
    written,
)
from benchmarks.clusters.topology import Node

OLD_REPLICA_SETS = 3
SERVICE_NETWORK = 96
SLICE_SIZE = 100
"""Endpoints in one EndpointSlice."""

AUTOSCALED_SHARE = 0.4
BUDGETED_SHARE = 0.5
MONITORED_SHARE = 0.3
BOUND_SHARE = 0.2
NIGHTLY_SHARE = 0.1


def service(scribe: Scribe, node: Node, machines: int) -> Iterator[Json]:
    """All objects of a service."""
    said = written(node, scribe.rng)
    form = template(node, said.variables)
    yield from identity(scribe, node, said.config)
    stateful = node.sort in ("database", "broker")
    top = _controller(scribe, node, form, stateful=stateful)
    yield top
    if stateful:
        names = [f"{node.name}-{number}" for number in range(node.replicas)]
        runner = top
    else:
        sets = list(_replica_sets(scribe, node, form, owner(top)))
        yield from sets
        runner = sets[0]
        names = [f"{runner['metadata']['name']}-{mark}" for mark in _marks(scribe, node.replicas)]
    places = [(name, scribe.rng.randrange(machines)) for name in names]
    running = list(pods(scribe, node, form, owner(runner), places))
    yield from running
    yield from _endpoint_slices(scribe, node, running)
    if node.role == "entry":
        yield from _ingress(scribe, node)
    yield from _helpers(scribe, node, top)
    if node.sort == "app" and scribe.rng.random() < NIGHTLY_SHARE:
        yield from _nightly(scribe, node, form)


def identity(scribe: Scribe, node: Node, config: dict[str, str]) -> Iterator[Json]:
    """Service, ConfigMap and ServiceAccount."""
    name, home = node.name, node.namespace
    ports = [
        {"name": port, "port": number, "targetPort": port, "protocol": "TCP"}
        for port, number in (("main", port_of(node)), ("metrics", 9090))
    ]
    address = scribe.address(SERVICE_NETWORK)
    spec = {
        "clusterIP": address,
        "clusterIPs": [address],
        "internalTrafficPolicy": "Cluster",
        "ipFamilies": ["IPv4"],
        "ipFamilyPolicy": "SingleStack",
        "ports": ports,
        "selector": selector_of(node),
        "sessionAffinity": "None",
        "type": "ClusterIP",
    }
    labels = labels_of(node)
    notes = {"meta.helm.sh/release-name": name, "meta.helm.sh/release-namespace": home}
    given: Json = {"labels": labels, "annotations": notes}
    yield scribe.object(
        "v1", "Service", name, home, **given, spec=spec, status={"loadBalancer": {}}
    )
    yield scribe.object("v1", "ConfigMap", config_name(node), home, **given, data=config)
    yield scribe.object("v1", "ServiceAccount", name, home, **given)


def _controller(scribe: Scribe, node: Node, form: Json, *, stateful: bool) -> Json:
    own = {"serviceName": node.name} if stateful else {"strategy": {"type": "RollingUpdate"}}
    spec = {
        "replicas": node.replicas,
        "revisionHistoryLimit": OLD_REPLICA_SETS,
        "selector": {"matchLabels": selector_of(node)},
        "template": form,
        **own,
    }
    counts = ("availableReplicas", "readyReplicas", "replicas", "updatedReplicas")
    return scribe.object(
        "apps/v1",
        "StatefulSet" if stateful else "Deployment",
        node.name,
        node.namespace,
        labels=labels_of(node),
        annotations={"deployment.kubernetes.io/revision": "4"},
        spec=spec,
        status={**dict.fromkeys(counts, node.replicas), "observedGeneration": 4},
    )


def _replica_sets(scribe: Scribe, node: Node, form: Json, parent: Json) -> Iterator[Json]:
    """The current one first, then those of earlier releases."""
    managed = None
    for age in range(1 + OLD_REPLICA_SETS):
        replicas = 0 if age else node.replicas
        mark = f"{scribe.rng.getrandbits(32):08x}{age:02}"
        selector = {**selector_of(node), "pod-template-hash": mark}
        made = scribe.object(
            "apps/v1",
            "ReplicaSet",
            f"{node.name}-{mark}",
            node.namespace,
            managed=managed,
            labels={**labels_of(node), "pod-template-hash": mark},
            ownerReferences=[parent],
            spec={
                "replicas": replicas,
                "selector": {"matchLabels": selector},
                "template": {
                    **form,
                    "metadata": {
                        **form["metadata"],
                        "labels": {**form["metadata"]["labels"], "pod-template-hash": mark},
                    },
                },
            },
            status={"observedGeneration": 1, "replicas": replicas},
        )
        managed = made["metadata"]["managedFields"]
        yield made


def _marks(scribe: Scribe, count: int) -> Iterable[str]:
    """Different endings for the names of pods."""
    marks: dict[str, None] = {}
    while len(marks) < count:
        marks[f"{scribe.rng.getrandbits(20):05x}"] = None
    return marks


def _endpoint_slices(scribe: Scribe, node: Node, running: Sequence[Json]) -> Iterator[Json]:
    parent = {"apiVersion": "v1", "kind": "Service", "name": node.name, "controller": True}
    for start in range(0, len(running), SLICE_SIZE):
        endpoints = [
            {
                "addresses": [pod["status"]["podIP"]],
                "conditions": {"ready": True, "serving": True, "terminating": False},
                "nodeName": pod["spec"]["nodeName"],
                "targetRef": {
                    "kind": "Pod",
                    "namespace": node.namespace,
                    "name": pod["metadata"]["name"],
                    "uid": pod["metadata"]["uid"],
                },
                "zone": "eu-north-1a",
            }
            for pod in running[start : start + SLICE_SIZE]
        ]
        yield scribe.object(
            "discovery.k8s.io/v1",
            "EndpointSlice",
            f"{node.name}-{scribe.rng.getrandbits(20):05x}",
            node.namespace,
            labels={**labels_of(node), "kubernetes.io/service-name": node.name},
            ownerReferences=[{**parent, "uid": "c0ffee00-0000-4000-8000-000000000000"}],
            addressType="IPv4",
            endpoints=endpoints,
            ports=[{"name": "main", "port": port_of(node), "protocol": "TCP"}],
        )


def _ingress(scribe: Scribe, node: Node) -> Iterator[Json]:
    name, home = node.name, node.namespace
    host = f"{name}.example.com"
    target = {"name": name, "port": {"name": "main"}}
    path = {"path": "/", "pathType": "Prefix", "backend": {"service": target}}
    spec: Json = {
        "ingressClassName": "nginx",
        "rules": [{"host": host, "http": {"paths": [path]}}],
        "tls": [{"hosts": [host], "secretName": f"{name}-tls"}],
    }
    notes = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "30"}
    api = "networking.k8s.io/v1"
    yield scribe.object(api, "Ingress", name, home, annotations=notes, spec=spec)
    issuer = {"kind": "ClusterIssuer", "name": "public"}
    spec = {"dnsNames": [host], "issuerRef": issuer, "secretName": f"{name}-tls"}
    yield scribe.object("cert-manager.io/v1", "Certificate", name, home, spec=spec)


def _helpers(scribe: Scribe, node: Node, top: Json) -> Iterator[Json]:
    """What only some services have."""
    name, home = node.name, node.namespace
    if node.sort == "app" and scribe.rng.random() < AUTOSCALED_SHARE:
        target = {"apiVersion": "apps/v1", "kind": top["kind"], "name": name}
        spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": node.replicas * 3}
        yield scribe.object("autoscaling/v2", "HorizontalPodAutoscaler", name, home, spec=spec)
    if node.replicas > 1 and scribe.rng.random() < BUDGETED_SHARE:
        spec = {"maxUnavailable": 1, "selector": {"matchLabels": selector_of(node)}}
        yield scribe.object("policy/v1", "PodDisruptionBudget", name, home, spec=spec)
    if scribe.rng.random() < MONITORED_SHARE:
        endpoints = [{"port": "metrics", "interval": "30s"}]
        spec = {"selector": {"matchLabels": selector_of(node)}, "endpoints": endpoints}
        yield scribe.object("monitoring.coreos.com/v1", "ServiceMonitor", name, home, spec=spec)
    if scribe.rng.random() < BOUND_SHARE:
        yield binding(scribe, name, home)


def _nightly(scribe: Scribe, node: Node, form: Json) -> Iterator[Json]:
    """A CronJob, and its last Job; the Service does not lead to its pods."""
    name = f"{node.name}-nightly"
    labels = {**labels_of(node), "app.kubernetes.io/name": name}
    once = {
        "metadata": {**form["metadata"], "labels": labels},
        "spec": {**form["spec"], "restartPolicy": "OnFailure"},
    }
    spec: Json = {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": once}}}
    job = scribe.object("batch/v1", "CronJob", name, node.namespace, spec=spec)
    yield job
    yield scribe.object(
        "batch/v1",
        "Job",
        f"{name}-29410740",
        node.namespace,
        ownerReferences=[owner(job)],
        spec={"template": once},
        status={"succeeded": 1, "completionTime": CHANGED, "startTime": CHANGED},
    )

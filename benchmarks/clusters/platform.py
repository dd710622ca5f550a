"""What a cluster has beside its services: machines, namespaces, agents, the control plane."""

from collections.abc import Iterator

from benchmarks.clusters.objects import Json, Scribe, binding, condition, owner
from benchmarks.clusters.pods import machine_name, pods
from benchmarks.clusters.services import identity
from benchmarks.clusters.templates import selector_of, template
from benchmarks.clusters.topology import Node

AGENTS = ("cni", "log-shipper", "metrics-agent", "kube-proxy")
"""DaemonSets: a pod on every machine."""
CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
CONTROL_PLANE_MACHINES = 3
SYSTEM = "kube-system"

ADD_ONS = (
    ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
    ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
    ("cert-manager.io", "v1", "Certificate", "certificates"),
)

_CERTIFICATE = "-----BEGIN CERTIFICATE-----\n" + "MIIC" * 250 + "\n-----END CERTIFICATE-----\n"


def pod_count(machines: int) -> int:
    """Pods that are there before any service has one."""
    return machines * len(AGENTS) + CONTROL_PLANE_MACHINES * len(CONTROL_PLANE)


def cluster_wide(scribe: Scribe, machines: int) -> Iterator[Json]:
    """Objects without a namespace."""
    for number in range(machines):
        yield _machine(scribe, number)
    for name, value in (("business", 1000), ("batch", 10)):
        yield scribe.object("scheduling.k8s.io/v1", "PriorityClass", name, value=value)
    spec = {"controller": "k8s.io/ingress-nginx"}
    yield scribe.object("networking.k8s.io/v1", "IngressClass", "nginx", spec=spec)
    for group, version, kind, plural in ADD_ONS:
        yield _definition(scribe, group, version, kind, plural)
    for name in ("cert-manager-webhook", "pod-defaults"):
        yield _webhook(scribe, name)
    for number in range(20):
        yield binding(scribe, f"operator-{number}", None)


def team(scribe: Scribe, name: str) -> Iterator[Json]:
    """A team's namespace with its rules and limits."""
    yield from _namespace(scribe, name)
    yield binding(scribe, "developers", name)
    policy = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}
    yield scribe.object("networking.k8s.io/v1", "NetworkPolicy", "default", name, spec=policy)
    hard = {"limits.cpu": "2000", "limits.memory": "4000Gi", "pods": "2000"}
    yield scribe.object("v1", "ResourceQuota", "team", name, spec={"hard": hard})
    default = {"cpu": "500m", "memory": "256Mi"}
    limits = [{"type": "Container", "default": default, "defaultRequest": default}]
    yield scribe.object("v1", "LimitRange", "defaults", name, spec={"limits": limits})
    rule = {
        "alert": "HighErrorRatio",
        "expr": 'sum(rate(http_requests_total{code=~"5.."}[5m])) > 1',
        "for": "10m",
        "labels": {"severity": "page"},
    }
    spec = {"groups": [{"name": "slo", "rules": [rule]}]}
    yield scribe.object("monitoring.coreos.com/v1", "PrometheusRule", "slo", name, spec=spec)


def system(scribe: Scribe, machines: int) -> Iterator[Json]:
    """The agents on every machine, and the control plane's own pods, which nothing controls."""
    yield from _namespace(scribe, SYSTEM)
    for name in AGENTS:
        agent = Node(name, SYSTEM, "leaf", "app", "agent", 0)
        form = template(agent, ())
        spec = {"selector": {"matchLabels": selector_of(agent)}, "template": form}
        counts = ("currentNumberScheduled", "desiredNumberScheduled", "numberReady")
        status = {**dict.fromkeys(counts, machines), "numberMisscheduled": 0}
        yield from identity(scribe, agent, {})
        top = scribe.object("apps/v1", "DaemonSet", name, SYSTEM, spec=spec, status=status)
        yield top
        places = [(f"{name}-{number:05}", number) for number in range(machines)]
        yield from pods(scribe, agent, form, owner(top), places)
    for name in CONTROL_PLANE:
        part = Node(name, SYSTEM, "leaf", "app", "agent", 0)
        yield from identity(scribe, part, {})
        for number in range(CONTROL_PLANE_MACHINES):
            machine = machine_name(number)
            runner = {"apiVersion": "v1", "kind": "Node", "name": machine, "controller": True}
            runner["uid"] = "c0ffee00-0000-4000-8000-000000000001"
            places = [(f"{name}-{machine}", number)]
            yield from pods(scribe, part, template(part, ()), runner, places)


def _machine(scribe: Scribe, number: int) -> Json:
    name = machine_name(number)
    labels = {
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "m6i.4xlarge",
        "topology.kubernetes.io/region": "eu-north-1",
        "topology.kubernetes.io/zone": f"eu-north-1{'abc'[number % 3]}",
    }
    if number < CONTROL_PLANE_MACHINES:
        labels["node-role.kubernetes.io/control-plane"] = ""
    amounts = {"cpu": "15890m", "memory": "61691620Ki", "pods": "110"}
    address = f"172.16.{number // 250}.{number % 250}"
    images = [
        {"names": [f"registry.example.com/base/image-{place}:1.0"], "sizeBytes": 10**8 + place}
        for place in range(30)
    ]
    status = {
        "allocatable": amounts,
        "capacity": {**amounts, "cpu": "16"},
        "addresses": [{"type": "InternalIP", "address": address}],
        "conditions": [
            condition("MemoryPressure", "False"),
            condition("DiskPressure", "False"),
            condition("Ready", "True"),
        ],
        "images": images,
        "nodeInfo": {
            "architecture": "amd64",
            "bootID": "c0ffee00-0000-4000-8000-000000000002",
            "containerRuntimeVersion": "containerd://2.1.0",
            "kernelVersion": "6.8.0",
            "kubeProxyVersion": "",
            "kubeletVersion": "v1.34.2",
            "machineID": "c0ffee000000400080000000000000002",
            "operatingSystem": "linux",
            "osImage": "Debian GNU/Linux 12",
            "systemUUID": "c0ffee00-0000-4000-8000-000000000002",
        },
    }
    spec = {"podCIDR": f"10.{number // 250}.{number % 250}.0/24"}
    return scribe.object("v1", "Node", name, labels=labels, spec=spec, status=status)


def _definition(scribe: Scribe, group: str, version: str, kind: str, plural: str) -> Json:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True}
    names = {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"}
    spec = {
        "group": group,
        "scope": "Namespaced",
        "names": names,
        "versions": [{**served, "schema": {"openAPIV3Schema": schema}}],
    }
    api = "apiextensions.k8s.io/v1"
    return scribe.object(api, "CustomResourceDefinition", f"{plural}.{group}", spec=spec)


def _webhook(scribe: Scribe, name: str) -> Json:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"]}
    webhook = {
        "name": f"{name}.example.com",
        "admissionReviewVersions": ["v1"],
        "clientConfig": {"service": {"namespace": SYSTEM, "name": name, "port": 443}},
        "failurePolicy": "Ignore",
        "namespaceSelector": {"matchLabels": {"example.com/defaults": name}},
        "rules": [{**rule, "resources": ["pods"]}],
        "sideEffects": "None",
    }
    api = "admissionregistration.k8s.io/v1"
    return scribe.object(api, "MutatingWebhookConfiguration", name, webhooks=[webhook])


def _namespace(scribe: Scribe, name: str) -> Iterator[Json]:
    labels = {
        "kubernetes.io/metadata.name": name,
        "pod-security.kubernetes.io/enforce": "privileged" if name == SYSTEM else "baseline",
        "team": name,
    }
    spec = {"finalizers": ["kubernetes"]}
    status = {"phase": "Active"}
    yield scribe.object("v1", "Namespace", name, labels=labels, spec=spec, status=status)
    data = {"ca.crt": _CERTIFICATE}
    yield scribe.object("v1", "ConfigMap", "kube-root-ca.crt", name, data=data)
    yield scribe.object("v1", "ServiceAccount", "default", name)

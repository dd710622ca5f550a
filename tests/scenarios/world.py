"""Builds whole clusters as the API describes them, and reads them through the real inventory."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mesh_probe.episodes import Episode, IncidentHistory
from mesh_probe.inventory import Inventory, kind_of
from mesh_probe.kinds import KINDS
from mesh_probe.model import (
    Declaration,
    Gap,
    Latency,
    ObservedCall,
    Peer,
    SourceRead,
    Telemetry,
)
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

Doc = dict[str, Any]

NOW = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

PROMETHEUS = "http://prometheus.monitoring:9090"


def snapshot(
    docs: Iterable[Doc],
    *,
    telemetry: Telemetry | None = None,
    incidents: IncidentHistory | None = None,
    hidden: Iterable[str] = (),
    declared: Mapping[str, Any] | None = None,
) -> Snapshot:
    """What a scan of a cluster with these objects would have kept.

    Kinds of add-ons of which there is no object are not served. Prometheus was looked for.
    """
    hidden = frozenset(hidden)
    docs = [doc for doc in docs if doc["kind"] not in hidden]
    there = {kind_of(doc) for doc in docs}
    inventory = Inventory()
    for kind in sorted(KINDS, key=lambda k: 99 if k.stage is None else k.stage):
        for doc in docs:
            if kind_of(doc) is kind:
                inventory.add(doc, "scenario")
        absent = kind.optional and kind not in there
        state = "unreadable" if kind.name in hidden else "not-served" if absent else "read"
        inventory.mark(kind, state)  # type: ignore[arg-type]
    gaps = list(inventory.gaps)
    if telemetry is None:
        gaps.append(Gap("Prometheus", message("gap.prometheus-no-candidate")))
    return Snapshot(
        taken_at=NOW,
        tool_version="0",
        context="scenario",
        objects=inventory.objects(),
        telemetry=telemetry or Telemetry(),
        incidents=incidents,
        declared=tuple(Declaration(rule, status) for rule, status in (declared or {}).items()),
        gaps=tuple(gaps),
    )


def thing(
    api_version: str,
    kind: str,
    name: str,
    namespace: str | None = None,
    *,
    labels: Mapping[str, str] | None = None,
    annotations: Mapping[str, str] | None = None,
    **body: Any,
) -> Doc:
    """Any object; `body` are its parts beside the metadata."""
    meta: Doc = {"name": name, "labels": dict(labels or {})}
    if annotations:
        meta["annotations"] = dict(annotations)
    if namespace is not None:
        meta["namespace"] = namespace
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, **body}


def namespace(name: str, **labels: str) -> Doc:
    """A namespace; "_" in the key of a label stands for "-"."""
    own = {key.replace("_", "-"): value for key, value in labels.items()}
    return thing("v1", "Namespace", name, labels={"kubernetes.io/metadata.name": name, **own})


def workload(
    home: str,
    name: str,
    *,
    kind: str = "Deployment",
    image: str | None = None,
    replicas: int = 2,
    env: Mapping[str, str] | None = None,
    secret_env: Mapping[str, str] | None = None,
    env_from: Sequence[str] = (),
    files: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    pod_labels: Mapping[str, str] | None = None,
    pod_annotations: Mapping[str, str] | None = None,
    port: int | None = 8080,
    probe: bool = True,
    priority: str | None = None,
    spread: bool = False,
    sidecars: Mapping[str, str] | None = None,
    app: str | None = None,
    account: str | None = None,
    created_at: str = "2025-10-01T09:00:00Z",
) -> Doc:
    """A controller with its pod template. `secret_env`: variable to "secret/key"."""
    variables: list[Doc] = [{"name": k, "value": v} for k, v in (env or {}).items()]
    for variable, ref in (secret_env or {}).items():
        secret, _, key = ref.partition("/")
        from_secret = {"secretKeyRef": {"name": secret, "key": key}}
        variables.append({"name": variable, "valueFrom": from_secret})
    main: Doc = {
        "name": name,
        "image": image or f"registry.example.com/{home}/{name}:1.4.2",
        "env": variables,
        "envFrom": [{"configMapRef": {"name": config}} for config in env_from],
        "resources": {"requests": {"cpu": "100m", "memory": "256Mi"}},
    }
    if port:
        main["ports"] = [{"containerPort": port, "name": "http"}]
    if probe and port:
        main["readinessProbe"] = {"httpGet": {"path": "/healthz", "port": port}}
    beside = [{"name": k, "image": v} for k, v in (sidecars or {}).items()]
    spec: Doc = {"containers": [main, *beside]}
    if files:
        spec["volumes"] = [{"name": f, "configMap": {"name": f}} for f in files]
    if priority:
        spec["priorityClassName"] = priority
    if account:
        spec["serviceAccountName"] = account
    if spread:
        spec["topologySpreadConstraints"] = [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
            }
        ]
    own = {"app": app or name, **(pod_labels or {})}
    template: Doc = {"metadata": {"labels": own, "annotations": dict(pod_annotations or {})}}
    template["spec"] = spec
    group = {"CronJob": "batch/v1", "Job": "batch/v1", "Rollout": "argoproj.io/v1alpha1"}
    doc = thing(group.get(kind, "apps/v1"), kind, name, home, labels={"app": own["app"]})
    doc["metadata"]["labels"].update(labels or {})
    doc["metadata"]["creationTimestamp"] = created_at
    if kind == "CronJob":
        doc["spec"] = {"schedule": "*/10 * * * *", "jobTemplate": {"spec": {"template": template}}}
    else:
        doc["spec"] = {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": own["app"]}},
            "template": template,
        }
    return doc


def service(
    home: str,
    name: str,
    *,
    app: str | None = None,
    port: int = 80,
    port_name: str | None = "http",
    headless: bool = False,
    app_protocol: str | None = None,
    **spec: Any,
) -> Doc:
    """A Service in front of the pods that are labelled `app`."""
    offered: Doc = {"port": port, "targetPort": 8080}
    if port_name:
        offered["name"] = port_name
    if app_protocol:
        offered["appProtocol"] = app_protocol
    if headless:
        spec["clusterIP"] = "None"
    doc = thing("v1", "Service", name, home)
    doc["spec"] = {"selector": {"app": app or name}, "ports": [offered], **spec}
    return doc


def app(home: str, name: str, *, port_name: str | None = "http", **more: Any) -> list[Doc]:
    """A workload and the Service of its name in front of it."""
    return [workload(home, name, **more), service(home, name, port_name=port_name)]


def stateful(home: str, name: str, image: str, port: int, *, replicas: int = 1) -> list[Doc]:
    """A database or broker with its Service."""
    return [
        workload(
            home,
            name,
            kind="StatefulSet",
            image=image,
            port=port,
            replicas=replicas,
            probe=False,
        ),
        service(home, name, port=port, port_name=None),
    ]


def config_map(home: str, name: str, **data: str) -> Doc:
    """A ConfigMap; "__" in the name of a key stands for "."."""
    return thing(
        "v1", "ConfigMap", name, home, data={k.replace("__", "."): v for k, v in data.items()}
    )


def ingress(
    home: str,
    name: str,
    to: str,
    *,
    tls: bool = True,
    ingress_class: str = "nginx",
    annotations: Mapping[str, str] | None = None,
) -> Doc:
    """An Ingress that sends one host to one Service."""
    host = f"{name}.example.com"
    backend = {"service": {"name": to, "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    spec: Doc = {
        "ingressClassName": ingress_class,
        "rules": [{"host": host, "http": {"paths": [path]}}],
    }
    if tls:
        spec["tls"] = [{"hosts": [host], "secretName": f"{name}-tls"}]
    doc = thing("networking.k8s.io/v1", "Ingress", name, home, annotations=annotations)
    doc["spec"] = spec
    return doc


def http_route(home: str, name: str, gateway: str, **weights: int) -> Doc:
    """An HTTPRoute that shares requests out; "_" in the name of a Service stands for "-"."""
    backends = [
        {"name": name.replace("_", "-"), "port": 80, "weight": weight}
        for name, weight in weights.items()
    ]
    rule = {"backendRefs": backends, "timeouts": {"request": "5s"}}
    doc = thing("gateway.networking.k8s.io/v1", "HTTPRoute", name, home)
    doc["spec"] = {"parentRefs": [{"name": gateway}], "rules": [rule]}
    return doc


def virtual_service(home: str, name: str, **weights: int) -> Doc:
    """An Istio VirtualService with a timeout, retries and a weighted split over subsets."""
    routes = [
        {"destination": {"host": name, "subset": subset}, "weight": weight}
        for subset, weight in weights.items()
    ]
    doc = thing("networking.istio.io/v1", "VirtualService", name, home)
    http = {"route": routes, "timeout": "3s", "retries": {"attempts": 2, "perTryTimeout": "1s"}}
    doc["spec"] = {"hosts": [name], "http": [http]}
    return doc


def default_deny(home: str) -> Doc:
    """A NetworkPolicy that lets nobody in."""
    doc = thing("networking.k8s.io/v1", "NetworkPolicy", "default-deny", home)
    doc["spec"] = {"podSelector": {}, "policyTypes": ["Ingress"]}
    return doc


def allow(home: str, server: str, client: str) -> Doc:
    """A NetworkPolicy that names who may call."""
    doc = thing("networking.k8s.io/v1", "NetworkPolicy", f"{server}-from-{client}", home)
    doc["spec"] = {
        "podSelector": {"matchLabels": {"app": server}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": {"matchLabels": {"app": client}}}]}],
    }
    return doc


def budget(home: str, name: str, **spec: Any) -> Doc:
    """A PodDisruptionBudget."""
    selector = {"matchLabels": {"app": name}}
    return thing(
        "policy/v1", "PodDisruptionBudget", name, home, spec={"selector": selector, **spec}
    )


def priority_class(name: str, value: int) -> Doc:
    """A PriorityClass."""
    return thing("scheduling.k8s.io/v1", "PriorityClass", name, value=value)


def sloth(home: str, name: str, objective: float) -> Doc:
    """An SLO as Sloth has it."""
    slos = [{"name": "requests", "objective": objective}]
    doc = thing("sloth.slok.dev/v1", "PrometheusServiceLevel", name, home)
    doc["spec"] = {"service": name, "slos": slos}
    return doc


def binding(home: str | None, name: str, group: str, role: str = "edit") -> Doc:
    """Rights of a group of people."""
    kind = "ClusterRoleBinding" if home is None else "RoleBinding"
    doc = thing("rbac.authorization.k8s.io/v1", kind, name, home)
    doc["subjects"] = [{"kind": "Group", "name": group}]
    doc["roleRef"] = {"kind": "ClusterRole", "name": role}
    return doc


def alert_rules(
    home: str, name: str, *alerts: str, created_at: str = "2025-06-01T09:00:00Z"
) -> Doc:
    """A PrometheusRule."""
    rules = [{"alert": alert, "for": "5m", "labels": {"severity": "critical"}} for alert in alerts]
    doc = thing("monitoring.coreos.com/v1", "PrometheusRule", name, home)
    doc["metadata"]["creationTimestamp"] = created_at
    doc["spec"] = {"groups": [{"name": name, "rules": rules}]}
    return doc


def on_call(home: str, name: str = "on-call") -> Doc:
    """Alerts that go to PagerDuty."""
    key = {"name": "pagerduty", "key": "routing-key"}
    receiver = {"name": "pagerduty", "pagerdutyConfigs": [{"routingKey": key}]}
    doc = thing("monitoring.coreos.com/v1alpha1", "AlertmanagerConfig", name, home)
    doc["spec"] = {"receivers": [receiver], "route": {"receiver": "pagerduty"}}
    return doc


def monitor(home: str, name: str) -> Doc:
    """A ServiceMonitor for the Service of its name."""
    doc = thing("monitoring.coreos.com/v1", "ServiceMonitor", name, home)
    doc["spec"] = {
        "selector": {"matchLabels": {"app": name}},
        "endpoints": [{"port": "http", "interval": "30s"}],
    }
    return doc


def certificate(home: str, name: str, *hosts: str) -> Doc:
    """A cert-manager Certificate."""
    doc = thing("cert-manager.io/v1", "Certificate", name, home)
    issuer = {"kind": "ClusterIssuer", "name": "internal-ca"}
    doc["spec"] = {"dnsNames": list(hosts), "secretName": f"{name}-tls", "issuerRef": issuer}
    return doc


def definition(name: str) -> Doc:
    """A CustomResourceDefinition."""
    return thing("apiextensions.k8s.io/v1", "CustomResourceDefinition", name)


def releases(home: str, name: str, *times: str) -> list[Doc]:
    """The ReplicaSets that a Deployment's releases left behind."""
    docs = []
    for number, at in enumerate(times, 1):
        doc = thing("apps/v1", "ReplicaSet", f"{name}-{number:08x}", home)
        owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "controller": True}
        doc["metadata"]["ownerReferences"] = [owner]
        doc["metadata"]["creationTimestamp"] = at
        docs.append(doc)
    return docs


# What installers bring along.


def bare_cluster() -> list[Doc]:
    """What every new cluster has."""
    system = "kube-system"
    dns = "registry.k8s.io/coredns/coredns:v1.12.0"
    proxy = "registry.k8s.io/kube-proxy:v1.33.1"
    return [
        namespace("default"),
        namespace(system),
        namespace("kube-public"),
        *(thing("v1", "Node", f"node-{n}", status={"allocatable": {"cpu": "4"}}) for n in range(3)),
        thing("v1", "Service", "kubernetes", "default", spec={"ports": [{"port": 443}]}),
        workload(system, "coredns", image=dns, port=53),
        service(system, "kube-dns", app="coredns", port=53, port_name="dns"),
        workload(system, "kube-proxy", kind="DaemonSet", image=proxy, port=None),
        binding(None, "cluster-admin", "system:masters", "cluster-admin"),
        binding(None, "kubeadm:get-nodes", "system:bootstrappers:kubeadm:default-node-token"),
        priority_class("system-cluster-critical", 2_000_000_000),
        thing("networking.k8s.io/v1", "IngressClass", "nginx", spec={"controller": "nginx"}),
    ]


def ingress_nginx() -> list[Doc]:
    """The usual ingress controller."""
    image = "registry.k8s.io/ingress-nginx/controller:v1.12.1"
    home = "ingress-nginx"
    return [
        namespace(home),
        workload(home, "ingress-nginx-controller", image=image),
        service(home, "ingress-nginx-controller", type="LoadBalancer"),
    ]


def cert_manager() -> list[Doc]:
    """cert-manager."""
    image = "quay.io/jetstack/cert-manager-controller:v1.17.1"
    return [
        namespace("cert-manager"),
        workload("cert-manager", "cert-manager", image=image),
        definition("certificates.cert-manager.io"),
    ]


def monitoring(*, logs: bool = True, traces: bool = False) -> list[Doc]:
    """A kube-prometheus stack, and on request Loki and Tempo."""
    home = "monitoring"
    images = {
        "grafana": "docker.io/grafana/grafana:11.5.2",
        "alertmanager": "quay.io/prometheus/alertmanager:v0.28.1",
        "kube-state-metrics": "registry.k8s.io/kube-state-metrics/kube-state-metrics:v2.15.0",
        "prometheus-operator": "quay.io/prometheus-operator/prometheus-operator:v0.81.0",
    }
    if logs:
        images["loki"] = "docker.io/grafana/loki:3.4.2"
    if traces:
        images["tempo"] = "docker.io/grafana/tempo:2.7.1"
    shipper = "docker.io/grafana/promtail:3.4.2"
    exporter = "quay.io/prometheus/node-exporter:v1.9.0"
    return [
        namespace(home),
        *stateful(home, "prometheus", "quay.io/prometheus/prometheus:v3.2.1", 9090),
        *(doc for name, image in images.items() for doc in app(home, name, image=image)),
        workload(home, "node-exporter", kind="DaemonSet", image=exporter),
        *([workload(home, "promtail", kind="DaemonSet", image=shipper)] if logs else []),
        alert_rules(home, "kube-prometheus", "KubePodCrashLooping", "KubeNodeNotReady"),
        monitor(home, "kube-state-metrics"),
        definition("prometheusrules.monitoring.coreos.com"),
    ]


def argo_cd() -> list[Doc]:
    """Argo CD."""
    image = "quay.io/argoproj/argocd:v2.14.5"
    return [
        namespace("argocd"),
        *app("argocd", "argocd-server", image=image),
        workload("argocd", "argocd-application-controller", kind="StatefulSet", image=image),
        definition("applications.argoproj.io"),
        definition("appprojects.argoproj.io"),
    ]


def istio(*, ambient: bool = False) -> list[Doc]:
    """Istio's control plane and definitions."""
    home = "istio-system"
    gateway = "docker.io/istio/proxyv2:1.26.0"
    ztunnel = "docker.io/istio/ztunnel:1.26.0"
    return [
        namespace(home),
        *app(home, "istiod", image="docker.io/istio/pilot:1.26.0"),
        workload(home, "istio-ingressgateway", image=gateway),
        service(home, "istio-ingressgateway", type="LoadBalancer"),
        *([workload(home, "ztunnel", kind="DaemonSet", image=ztunnel)] if ambient else []),
        *(
            definition(f"{plural}.{group}.istio.io")
            for plural, group in (
                ("virtualservices", "networking"),
                ("destinationrules", "networking"),
                ("peerauthentications", "security"),
                ("authorizationpolicies", "security"),
            )
        ),
    ]


def history(*episodes: Episode, days: int = 30) -> IncidentHistory:
    """The alerts of some days in which rules were evaluated all the time."""
    return IncidentHistory(
        state="read",
        span_seconds=days * 86_400,
        proven_seconds=days * 86_400,
        resolution_seconds=60,
        rules_count=12,
        episodes=tuple(sorted(episodes, key=lambda episode: (episode.start_at, episode.alert))),
    )


def alarm(about: str, at: str, minutes: int) -> Episode:
    """An alert about a workload, "namespace/name", from a time of this year on."""
    start = datetime.fromisoformat(f"2026-{at}:00+00:00")
    return Episode(
        alert=f"{about.partition('/')[2]}-errors",
        start_at=start,
        firing_at=start + timedelta(minutes=5),
        end_at=start + timedelta(minutes=minutes),
        severity="critical",
        places=(_peer(about),),
    )


def telemetry(source: str, calls: Iterable[ObservedCall] = ()) -> Telemetry:
    """What one telemetry source tells, out of a Prometheus that answered."""
    return Telemetry(
        prometheus=(PROMETHEUS,), sources=(SourceRead(source, "read"),), calls=tuple(calls)
    )


def call(
    client: str,
    server: str,
    *,
    source: str = "service-graph",
    rps: float = 5.0,
    errors: float = 0.001,
    p99: float = 0.2,
    mtls: bool | None = None,
    protocol: str = "http",
) -> ObservedCall:
    """Calls between two workloads, each "namespace/name"; a client "internet" is outside."""
    ways = [Peer(outside=True) if end == "internet" else _peer(end) for end in (client, server)]
    return ObservedCall(
        source=source,
        client=ways[0],
        server=ways[1],
        protocol=protocol,
        rate_rps=rps,
        error_ratio=errors,
        client_latency=Latency(p99 / 5, p99 / 2, p99 / 1.5, p99),
        mtls=mtls,
    )


def _peer(end: str) -> Peer:
    home, _, name = end.partition("/")
    return Peer(workload=name, namespace=home)

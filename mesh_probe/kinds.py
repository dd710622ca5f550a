"""The kinds that are read, in the order they are needed, and what is kept of each.

One row is one kind: adding a row makes the collector list it, the inventory keep the fields named
in `keep`, and the reports know whether it could be seen. Versions are not in the table: the API
server says which ones it serves.

Namespaces and Services come first, and ConfigMaps before what runs pods, because strings become
references while these are at hand. Secrets are not here, and never will be.
"""

from shlex import quote
from typing import Literal

from mesh_probe.model import KindRead, Noun


class Kind(Noun):
    """A kind of object: where it is served, and what is kept."""

    name: str
    group: str
    """API group; "" for the core group."""
    plural: str
    namespaced: bool = True
    form: Literal["full", "metadata", "table"] = "full"
    """What is asked for: a "table" row has the metadata, address, node and state of a pod."""
    stage: int | None = None
    """Kinds of a later stage wait for those of the earlier ones; None waits for none."""
    keep: tuple[str, ...] = ()
    """Paths kept of an `Outline`: "spec.rules[].alert"; of objects in a list, "spec.rules[]", that
    they are there. Empty: the inventory knows the kind."""
    optional: bool = False
    """Served by an add-on: its absence is no gap."""


def _outline(name: str, group: str, plural: str, *keep: str, namespaced: bool = True) -> Kind:
    return Kind(name, group, plural, namespaced, keep=keep)


def _addon(name: str, group: str, plural: str, *keep: str, namespaced: bool = True) -> Kind:
    return Kind(name, group, plural, namespaced, keep=keep, optional=True)


KINDS: tuple[Kind, ...] = (
    Kind("Namespace", "", "namespaces", namespaced=False, stage=0),
    Kind("Service", "", "services", stage=0),
    Kind("ConfigMap", "", "configmaps", stage=1),
    Kind("Node", "", "nodes", namespaced=False),
    Kind("Deployment", "apps", "deployments", stage=2),
    Kind("StatefulSet", "apps", "statefulsets", stage=2),
    Kind("DaemonSet", "apps", "daemonsets", stage=2),
    Kind("ReplicaSet", "apps", "replicasets", form="metadata"),
    Kind("ReplicationController", "", "replicationcontrollers", stage=2),
    Kind("Job", "batch", "jobs", stage=2),
    Kind("CronJob", "batch", "cronjobs", stage=2),
    Kind("Rollout", "argoproj.io", "rollouts", stage=2, optional=True),
    Kind("EndpointSlice", "discovery.k8s.io", "endpointslices"),
    Kind("Pod", "", "pods", form="table"),
    Kind("Ingress", "networking.k8s.io", "ingresses"),
    Kind("HTTPRoute", "gateway.networking.k8s.io", "httproutes", optional=True),
    Kind("GRPCRoute", "gateway.networking.k8s.io", "grpcroutes", optional=True),
    Kind("Route", "route.openshift.io", "routes", optional=True),
    Kind("VirtualService", "networking.istio.io", "virtualservices", optional=True),
    _outline(
        "IngressClass", "networking.k8s.io", "ingressclasses", "spec.controller", namespaced=False
    ),
    _outline(
        "NetworkPolicy",
        "networking.k8s.io",
        "networkpolicies",
        "spec.policyTypes[]",
        "spec.podSelector.matchLabels.*",
        "spec.podSelector.matchExpressions[].key",
        "spec.ingress[]",
        "spec.ingress[].from[]",
        "spec.ingress[].from[].podSelector.matchLabels.*",
        "spec.ingress[].from[].namespaceSelector.matchLabels.*",
        "spec.ingress[].ports[]",
        "spec.ingress[].ports[].port",
        "spec.ingress[].ports[].endPort",
        "spec.egress[]",
        "spec.egress[].to[]",
        "spec.egress[].ports[]",
        "spec.egress[].ports[].port",
        "spec.egress[].ports[].endPort",
    ),
    _outline(
        "HorizontalPodAutoscaler",
        "autoscaling",
        "horizontalpodautoscalers",
        "spec.scaleTargetRef.kind",
        "spec.scaleTargetRef.name",
        "spec.minReplicas",
        "spec.maxReplicas",
    ),
    _outline(
        "PodDisruptionBudget",
        "policy",
        "poddisruptionbudgets",
        "spec.minAvailable",
        "spec.maxUnavailable",
        "spec.selector.matchLabels.*",
    ),
    _outline(
        "PriorityClass",
        "scheduling.k8s.io",
        "priorityclasses",
        "value",
        "globalDefault",
        namespaced=False,
    ),
    _outline(
        "ResourceQuota",
        "",
        "resourcequotas",
        "spec.hard.*",
        "spec.scopes[]",
        "spec.scopeSelector.matchExpressions[].scopeName",
    ),
    _outline(
        "LimitRange",
        "",
        "limitranges",
        "spec.limits[].type",
        "spec.limits[].default.*",
        "spec.limits[].defaultRequest.*",
        "spec.limits[].max.*",
    ),
    _outline("ServiceAccount", "", "serviceaccounts", "automountServiceAccountToken"),
    _outline(
        "RoleBinding",
        "rbac.authorization.k8s.io",
        "rolebindings",
        "roleRef.kind",
        "roleRef.name",
        "subjects[].kind",
        "subjects[].name",
        "subjects[].namespace",
    ),
    _outline(
        "ClusterRoleBinding",
        "rbac.authorization.k8s.io",
        "clusterrolebindings",
        "roleRef.kind",
        "roleRef.name",
        "subjects[].kind",
        "subjects[].name",
        "subjects[].namespace",
        namespaced=False,
    ),
    _outline(
        "MutatingWebhookConfiguration",
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "webhooks[].name",
        "webhooks[].failurePolicy",
        "webhooks[].rules[].resources[]",
        "webhooks[].clientConfig.service.namespace",
        "webhooks[].clientConfig.service.name",
        namespaced=False,
    ),
    Kind(
        "CustomResourceDefinition",
        "apiextensions.k8s.io",
        "customresourcedefinitions",
        namespaced=False,
        form="metadata",
    ),
    _addon(
        "Gateway",
        "gateway.networking.k8s.io",
        "gateways",
        "spec.gatewayClassName",
        "spec.listeners[].port",
        "spec.listeners[].protocol",
    ),
    _addon(
        "Canary",
        "flagger.app",
        "canaries",
        "spec.targetRef.kind",
        "spec.targetRef.name",
        "spec.analysis.maxWeight",
        "spec.analysis.stepWeight",
    ),
    _addon(
        "PrometheusRule",
        "monitoring.coreos.com",
        "prometheusrules",
        "metadata.creationTimestamp",
        "spec.groups[].rules[].alert",
        "spec.groups[].rules[].for",
        "spec.groups[].rules[].labels.severity",
    ),
    _addon(
        "ServiceMonitor",
        "monitoring.coreos.com",
        "servicemonitors",
        "spec.selector.matchLabels.*",
        "spec.selector.matchExpressions[].key",
        "spec.namespaceSelector.any",
        "spec.namespaceSelector.matchNames[]",
        "spec.endpoints[].port",
        "spec.endpoints[].interval",
    ),
    _addon(
        "PodMonitor",
        "monitoring.coreos.com",
        "podmonitors",
        "spec.selector.matchLabels.*",
        "spec.selector.matchExpressions[].key",
        "spec.namespaceSelector.any",
        "spec.namespaceSelector.matchNames[]",
    ),
    _addon(
        "AlertmanagerConfig",
        "monitoring.coreos.com",
        "alertmanagerconfigs",
        "spec.receivers[].name",
        "spec.receivers[].pagerdutyConfigs[].routingKey.name",
        "spec.receivers[].pagerdutyConfigs[].serviceKey.name",
        "spec.receivers[].opsgenieConfigs[].apiKey.name",
        "spec.receivers[].victoropsConfigs[].apiKey.name",
    ),
    _addon("Provider", "notification.toolkit.fluxcd.io", "providers", "spec.type"),
    _addon(
        "PrometheusServiceLevel",
        "sloth.slok.dev",
        "prometheusservicelevels",
        "spec.service",
        "spec.slos[].name",
        "spec.slos[].objective",
    ),
    _addon(
        "ServiceLevelObjective", "pyrra.dev", "servicelevelobjectives", "spec.target", "spec.window"
    ),
    _addon(
        "SLO",
        "openslo.com",
        "slos",
        "spec.service",
        "spec.objectives[].target",
        "spec.objectives[].targetPercent",
        "spec.timeWindow[].duration",
    ),
    _addon(
        "Certificate",
        "cert-manager.io",
        "certificates",
        "spec.dnsNames[]",
        "spec.issuerRef.kind",
        "spec.issuerRef.name",
        "spec.usages[]",
    ),
    _addon(
        "DestinationRule",
        "networking.istio.io",
        "destinationrules",
        "spec.host",
        "spec.trafficPolicy.tls.mode",
        "spec.trafficPolicy.outlierDetection.*",
        "spec.trafficPolicy.connectionPool.*.*",
    ),
    _addon("Gateway", "networking.istio.io", "gateways", "spec.servers[].port.protocol"),
    _addon("ServiceEntry", "networking.istio.io", "serviceentries", "spec.hosts[]"),
    _addon("PeerAuthentication", "security.istio.io", "peerauthentications", "spec.mtls.mode"),
    _addon("AuthorizationPolicy", "security.istio.io", "authorizationpolicies", "spec.action"),
    _addon(
        "ServiceProfile",
        "linkerd.io",
        "serviceprofiles",
        "spec.routes[].timeout",
        "spec.routes[].isRetryable",
        "spec.retryBudget.retryRatio",
    ),
    _addon("Server", "policy.linkerd.io", "servers", "spec.port", "spec.proxyProtocol"),
    _addon(
        "AuthorizationPolicy", "policy.linkerd.io", "authorizationpolicies", "spec.targetRef.name"
    ),
    _addon(
        "CiliumNetworkPolicy",
        "cilium.io",
        "ciliumnetworkpolicies",
        "spec.endpointSelector.matchLabels.*",
        "specs[].endpointSelector.matchLabels.*",
    ),
    _addon(
        "CiliumClusterwideNetworkPolicy",
        "cilium.io",
        "ciliumclusterwidenetworkpolicies",
        "spec.endpointSelector.matchLabels.*",
        "specs[].endpointSelector.matchLabels.*",
        namespaced=False,
    ),
)

WORKLOAD_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Rollout",
    "CronJob",
    "Job",
    "ReplicationController",
)
"""Kinds that run pods and are read in full: where one of them is hidden, applications may be."""


def called(kind: str, namespace: str | None, name: str) -> str:
    """How reports call an object: "Deployment shop/cart", "PriorityClass high"."""
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}"


def command(kind: str, namespace: str, name: str) -> str:
    """The command that shows an object; safe to paste, whatever its name holds."""
    return f"kubectl -n {quote(namespace)} get {kind.lower()} {quote(name)} -o yaml"


def counted(kind: KindRead) -> str:
    """How many objects of a kind there are; of what was seen in part at least so many."""
    if kind.state in ("unreadable", "not-given"):
        return "–"
    return f"≥ {kind.count:,}" if kind.state == "partial" else f"{kind.count:,}"

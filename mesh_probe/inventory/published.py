"""The published lists: labels and annotations that are kept of an object. No others are.

Labels that a selector uses are kept as well, wherever a selector was seen that uses them.
"""

from collections.abc import Mapping

COMPLIANCE = frozenset(
    {
        "compliance",
        "compliance-scope",
        "cardholder-data",
        "confidentiality",
        "data-classification",
        "data-sensitivity",
        "fedramp",
        "gdpr",
        "hipaa",
        "iso27001",
        "pci",
        "pci-dss",
        "pci-scope",
        "phi",
        "pii",
        "regulated",
        "security-level",
        "soc2",
        "sox",
    }
)
"""Duties to protect what is handled."""

FLUX_TENANT = "toolkit.fluxcd.io/tenant"
"""The team that Flux lets deliver to a namespace.
https://fluxcd.io/flux/cmd/flux_create_tenant/"""

TENANTS = frozenset({"customer", "customer-id", "tenant", "tenant-id", "tenant-name", FLUX_TENANT})
"""For whom something runs."""

CRITICALITY = frozenset(
    {
        "business-critical",
        "criticality",
        "importance",
        "service-level",
        "service-tier",
        "sla",
        "slo",
    }
)
"""How much depends on something."""

OWNERS = frozenset({"contact", "maintainer", "owned-by", "owner", "owning-team", "squad", "team"})

OWN = COMPLIANCE | TENANTS | CRITICALITY | OWNERS
"""Labels that people invent, kept without the domain that they put before: "acme.example/owner"."""

LABELS = frozenset(
    {
        # what an object is part of, and whose it is
        "app",
        "k8s-app",
        "version",
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "app.kubernetes.io/version",
        "app.kubernetes.io/component",
        "app.kubernetes.io/part-of",
        "app.kubernetes.io/managed-by",
        "service.istio.io/canonical-name",
        "service.istio.io/canonical-revision",
        "tags.datadoghq.com/service",
        *OWN,
        # in or out of a mesh
        "istio-injection",
        "istio.io/rev",
        "istio.io/dataplane-mode",
        "istio.io/use-waypoint",
        "sidecar.istio.io/inject",
        "security.istio.io/tlsMode",
        "linkerd.io/control-plane-ns",
        "kuma.io/sidecar-injection",
        "openservicemesh.io/monitored-by",
        # what a namespace lets pods do
        "kubernetes.io/metadata.name",
        "pod-security.kubernetes.io/enforce",
        "pod-security.kubernetes.io/audit",
        "pod-security.kubernetes.io/warn",
        # machines
        "kubernetes.io/arch",
        "kubernetes.io/os",
        "node.kubernetes.io/instance-type",
        "node-role.kubernetes.io/control-plane",
        "topology.kubernetes.io/region",
        "topology.kubernetes.io/zone",
    }
)

ANNOTATIONS = frozenset(
    {
        # in or out of a mesh
        "sidecar.istio.io/inject",
        "sidecar.istio.io/rewriteAppHTTPProbers",
        "sidecar.istio.io/proxyCPU",
        "sidecar.istio.io/proxyCPULimit",
        "sidecar.istio.io/proxyMemory",
        "sidecar.istio.io/proxyMemoryLimit",
        "ambient.istio.io/redirection",
        "traffic.sidecar.istio.io/includeInboundPorts",
        "traffic.sidecar.istio.io/excludeInboundPorts",
        "traffic.sidecar.istio.io/includeOutboundPorts",
        "traffic.sidecar.istio.io/excludeOutboundPorts",
        "traffic.sidecar.istio.io/includeOutboundIPRanges",
        "traffic.sidecar.istio.io/excludeOutboundIPRanges",
        "linkerd.io/inject",
        "config.linkerd.io/default-inbound-policy",
        "config.linkerd.io/opaque-ports",
        "config.linkerd.io/skip-inbound-ports",
        "config.linkerd.io/skip-outbound-ports",
        "config.linkerd.io/proxy-cpu-request",
        "config.linkerd.io/proxy-memory-request",
        "consul.hashicorp.com/connect-inject",
        "kuma.io/sidecar-injection",
        "kuma.io/mesh",
        "dapr.io/enabled",
        "dapr.io/app-id",
        "dapr.io/app-port",
        # whose definitions of the Gateway API are installed
        "gateway.networking.k8s.io/bundle-version",
        "gateway.networking.k8s.io/channel",
        # telemetry
        "prometheus.io/scrape",
        "prometheus.io/port",
        "prometheus.io/scheme",
        "resource.opentelemetry.io/service.name",
        "resource.opentelemetry.io/service.namespace",
        "instrumentation.opentelemetry.io/inject-dotnet",
        "instrumentation.opentelemetry.io/inject-go",
        "instrumentation.opentelemetry.io/inject-java",
        "instrumentation.opentelemetry.io/inject-nodejs",
        "instrumentation.opentelemetry.io/inject-python",
        "instrumentation.opentelemetry.io/inject-sdk",
        # canaries, timeouts, retries, limits and TLS of ingress controllers
        "kubernetes.io/ingress.class",
        "nginx.ingress.kubernetes.io/canary",
        "nginx.ingress.kubernetes.io/canary-weight",
        "nginx.ingress.kubernetes.io/canary-by-header",
        "nginx.ingress.kubernetes.io/proxy-connect-timeout",
        "nginx.ingress.kubernetes.io/proxy-read-timeout",
        "nginx.ingress.kubernetes.io/proxy-send-timeout",
        "nginx.ingress.kubernetes.io/proxy-next-upstream",
        "nginx.ingress.kubernetes.io/proxy-next-upstream-timeout",
        "nginx.ingress.kubernetes.io/proxy-next-upstream-tries",
        "nginx.ingress.kubernetes.io/limit-connections",
        "nginx.ingress.kubernetes.io/limit-rps",
        "nginx.ingress.kubernetes.io/limit-rpm",
        "nginx.ingress.kubernetes.io/backend-protocol",
        "nginx.ingress.kubernetes.io/ssl-redirect",
        "nginx.ingress.kubernetes.io/force-ssl-redirect",
        "nginx.ingress.kubernetes.io/ssl-passthrough",
        "nginx.ingress.kubernetes.io/auth-type",
        "nginx.ingress.kubernetes.io/auth-tls-verify-client",
        "nginx.ingress.kubernetes.io/affinity",
        "haproxy.router.openshift.io/timeout",
        "haproxy.router.openshift.io/rate-limit-connections",
        # haproxytech/kubernetes-ingress: documentation/annotations.md
        "haproxy.org/timeout-server",
        "haproxy.org/timeout-check",
        "haproxy.org/rate-limit-requests",
        "haproxy.org/rate-limit-period",
        "haproxy.org/pod-maxconn",
        "haproxy.org/ssl-redirect",
        "haproxy.org/ssl-passthrough",
        "haproxy.org/server-ssl",
        "haproxy.org/auth-type",
        # https://haproxy-ingress.github.io/docs/configuration/keys/
        "haproxy-ingress.github.io/timeout-connect",
        "haproxy-ingress.github.io/timeout-server",
        "haproxy-ingress.github.io/limit-connections",
        "haproxy-ingress.github.io/limit-rps",
        "haproxy-ingress.github.io/maxconn-server",
        "haproxy-ingress.github.io/ssl-redirect",
        "haproxy-ingress.github.io/backend-protocol",
        "traefik.ingress.kubernetes.io/router.tls",
        "alb.ingress.kubernetes.io/backend-protocol",
        "alb.ingress.kubernetes.io/scheme",
        "konghq.com/connect-timeout",
        "konghq.com/read-timeout",
        "konghq.com/write-timeout",
        "konghq.com/retries",
        # releases and owners
        "deployment.kubernetes.io/revision",
        "a8r.io/owner",
        "owner",
        "team",
    }
)


def labels(given: Mapping[str, str | None] | None, selected_by: frozenset[str]) -> dict[str, str]:
    """The labels that are kept: published ones and those that selectors use."""
    if not given:
        return {}
    kept = {}
    for key, value in sorted(given.items()):
        if key in LABELS or key in selected_by:
            kept[key] = value or ""
        elif (own := key.rpartition("/")[2]) in OWN:
            kept[own] = value or ""
    return kept


def annotations(*given: Mapping[str, str | None] | None) -> dict[str, str]:
    """The published annotations; of the same one in several places the last counts."""
    kept = {
        key: value or ""
        for some in given
        if some
        for key, value in some.items()
        if key in ANNOTATIONS
    }
    return dict(sorted(kept.items())) if kept else {}

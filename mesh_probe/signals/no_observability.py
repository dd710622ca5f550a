"""Are monitoring and logging still undecided?

A veto, so it takes proof: every place where monitoring shows could be looked at, and there is
nothing anywhere. One thing found is enough to say that a decision was made.
"""

from collections.abc import Mapping
from shlex import quote

from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Evidence, Objects, Telemetry
from mesh_probe.question import Answer, Opinion, Signal
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

PROMETHEUS = 3.0
"""Log-odds against, of a Prometheus that answered our queries."""

WORKLOADS = 1.5
"""Log-odds against, of workloads that collect metrics, logs or traces."""

MONITORS = 1.0
"""Log-odds against, of ServiceMonitors or alert rules: somebody chose what to watch."""

SCRAPED = 0.5
"""Log-odds against, of pods that ask to be scraped; charts do so unasked."""

NOTHING = 1.5
"""Log-odds for, when all of it could be looked at and is not there. What a hosted service sees from
outside the cluster would not show."""

PRODUCTS = frozenset(
    {
        "prometheus",
        "exporter",
        "kube-state-metrics",
        "victoria-metrics",
        "grafana",
        "opentelemetry",
        "jaeger",
        "logging",
        "agent",
    }
)
"""Those of `products` that collect or show metrics, logs or traces."""

SEARCHED_IN_VAIN = "gap.prometheus-no-candidate"
"""The gap that a search for Prometheus leaves when nothing in the cluster looks like one."""

PROBES = (
    "Namespace",
    *WORKLOAD_KINDS,
    "ServiceMonitor",
    "PrometheusRule",
)
"""Kinds that must be readable before their silence says anything."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """Whatever watches the cluster speaks against; nothing at all, fully looked at, for it."""
    objects = snapshot.objects
    pieces = (
        _prometheus(snapshot.telemetry),
        _workloads(objects),
        _monitors(objects),
        _scraped(objects),
    )
    evidence = [piece for piece in pieces if piece]
    unread = [kind for kind in PROBES if not objects.saw(kind)]
    if not any(gap.reason.id == SEARCHED_IN_VAIN for gap in snapshot.gaps):
        unread.append("Prometheus")
    if evidence:
        return Opinion(evidence=tuple(evidence), said={"found": len(evidence)})
    if unread:
        return Opinion(reason=message("no-observability.unread", kinds=listed(unread)))
    if not any(node.role in APPLICATION_ROLES for node in graph.nodes.values()):
        return Opinion(reason=message("no-observability.empty"))
    return Opinion(evidence=(_nothing(),), said={"found": 0})


def _prometheus(telemetry: Telemetry) -> Evidence | None:
    if not telemetry.prometheus:
        return None
    return Evidence(
        subject=telemetry.prometheus[0],
        fact=message("evidence.prometheus-answered", servers=listed(telemetry.prometheus)),
        seen_in="Prometheus",
        points="no",
        weight=PROMETHEUS,
        check="count(up)",
    )


def _workloads(objects: Objects) -> Evidence | None:
    found = [workload for workload in objects.workloads if workload.product in PRODUCTS]
    if not found:
        return None
    first = found[0]
    return Evidence(
        subject=called(first.kind, first.namespace, first.name),
        fact=message(
            "evidence.monitoring-workloads",
            count=len(found),
            products=listed(sorted({str(w.product) for w in found}), 4),
        ),
        seen_in="objects",
        points="no",
        weight=WORKLOADS,
        check=f"kubectl -n {quote(first.namespace)} get {first.kind.lower()} {quote(first.name)}",
    )


def _monitors(objects: Objects) -> Evidence | None:
    monitors = [o for o in objects.outlines if o.kind in ("ServiceMonitor", "PrometheusRule")]
    if not monitors:
        return None
    return Evidence(
        subject=called(monitors[0].kind, monitors[0].namespace, monitors[0].name),
        fact=message("evidence.monitors", count=len(monitors)),
        seen_in="objects",
        points="no",
        weight=MONITORS,
        check="kubectl get servicemonitors,prometheusrules --all-namespaces",
    )


def _scraped(objects: Objects) -> Evidence | None:
    scraped = [
        called(w.kind, w.namespace, w.name)
        for w in objects.workloads
        if w.annotations.get("prometheus.io/scrape") == "true"
    ]
    if not scraped:
        return None
    return Evidence(
        subject=scraped[0],
        fact=message("evidence.scrape-annotations", count=len(scraped)),
        seen_in="objects",
        points="no",
        weight=SCRAPED,
        check="kubectl get pods --all-namespaces -o yaml | grep -c prometheus.io/scrape",
    )


def _nothing() -> Evidence:
    return Evidence(
        subject="cluster",
        fact=message("evidence.no-monitoring"),
        seen_in="objects",
        points="yes",
        weight=NOTHING,
        check="kubectl get deployments,statefulsets,daemonsets --all-namespaces -o wide",
    )


SIGNAL = Signal("no-observability", 3, ask)

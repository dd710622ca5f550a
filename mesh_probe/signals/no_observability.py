"""Are monitoring and logging still undecided?

A veto, so it takes proof: every place where monitoring shows could be looked at, and there is
nothing anywhere. What is there is told by its use: metrics, logs, traces, alerts, dashboards, and a
service elsewhere that applications report to. Each use says that a decision was made.
"""

from collections.abc import Mapping

from mesh_probe.application import Application, applications, around, names, outlines
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence, Objects, Telemetry, Workload
from mesh_probe.question import Answer, Measure, Opinion, Signal, seen
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

PROMETHEUS = 3.0
"""Log-odds against, of a Prometheus that answered our queries."""

USE = 1.2
"""Log-odds against, of workloads that serve one use; each further use adds `ONE_MORE`."""

ONE_MORE = 0.4

MONITORS = 1.0
"""Log-odds against, of ServiceMonitors or alert rules: somebody chose what to watch."""

REPORTS = 1.0
"""Log-odds against, of applications that report to a service for errors, metrics or traces."""

SCRAPED = 0.5
"""Log-odds against, of pods that ask to be scraped; charts do so unasked."""

NOTHING = 1.5
"""Log-odds for, when all of it could be looked at and is not there. What a hosted service sees from
outside the cluster would not show."""

USES = {
    "metrics": ("prometheus", "victoria-metrics", "exporter", "kube-state-metrics", "agent"),
    "logs": ("logging", "loki", "agent"),
    "traces": ("jaeger", "tempo", "opentelemetry"),
    "alerts": ("alertmanager",),
    "dashboards": ("grafana",),
}
"""By use, those of `products` that serve it. An agent of a vendor takes both metrics and logs."""

PRODUCTS = frozenset(product for products in USES.values() for product in products)

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
    own = applications(snapshot, graph)
    used = _used(objects)
    evidence = (
        *_prometheus(snapshot.telemetry),
        *_workloads(used),
        *_monitors(objects, own),
        *_reports(own),
        *_scraped(objects),
    )
    uses = Measure("monitoring-uses", len(used), "uses", None)
    unread = [kind for kind in PROBES if not objects.saw(kind)]
    not_given = objects.not_given(*unread)
    if not any(gap.reason.id == SEARCHED_IN_VAIN for gap in snapshot.gaps):
        unread.append("Prometheus")
    if evidence:
        missing = [use for use in USES if use not in used]
        said = {"uses": listed(used, len(USES)) or "–", "missing": listed(missing, 5) or "–"}
        return Opinion(evidence=evidence, said={**said}, measure=uses)
    if not_given:
        return Opinion(reason=message("no-observability.not-given", kinds=listed(unread)))
    if unread:
        return Opinion(reason=message("no-observability.unread", kinds=listed(unread)))
    if not own:
        return Opinion(reason=message("no-observability.empty"))
    nothing = seen(
        ["cluster"],
        "no-monitoring",
        NOTHING,
        "kubectl get deployments,statefulsets,daemonsets --all-namespaces -o wide",
    )
    return Opinion(evidence=nothing, measure=uses)


def _used(objects: Objects) -> dict[str, list[Workload]]:
    """By use the workloads that serve it, of those uses that any does."""
    found: dict[str, list[Workload]] = {}
    for use, products in USES.items():
        serving = [workload for workload in objects.workloads if workload.product in products]
        if serving:
            found[use] = serving
    return found


def _prometheus(telemetry: Telemetry) -> tuple[Evidence, ...]:
    servers = listed(telemetry.prometheus)
    return seen(
        telemetry.prometheus,
        "prometheus-answered",
        -PROMETHEUS,
        "count(up)",
        seen_in="Prometheus",
        servers=servers,
    )


def _workloads(used: Mapping[str, list[Workload]]) -> tuple[Evidence, ...]:
    found = dict.fromkeys(name for serving in used.values() for name in names(serving))
    products = sorted({str(w.product) for serving in used.values() for w in serving})
    return seen(
        tuple(found),
        "monitoring-workloads",
        -(USE + ONE_MORE * (len(used) - 1)),
        "kubectl get deployments,statefulsets,daemonsets --all-namespaces -o wide",
        uses=listed(used, len(USES)),
        products=listed(products, 4),
    )


def _monitors(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Monitors and alert rules, and in how many of the applications' namespaces there are any."""
    monitors = outlines(objects, "ServiceMonitor", "PrometheusRule")
    return seen(
        names(monitors),
        "monitors",
        -MONITORS,
        "kubectl get servicemonitors,prometheusrules --all-namespaces",
        covered=len({outline.namespace for outline in around(own, monitors)}),
        namespaces=len({app.workload.namespace for app in own}),
    )


def _reports(own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    reporting = [app for app in own if app.has({"telemetry"})]
    return seen(
        [app.name for app in reporting],
        "reporting-applications",
        -REPORTS,
        reporting[0].check if reporting else "",
        having=len(reporting),
        all=len(own),
        key=next((s.key for app in reporting for s in app.has({"telemetry"})), ""),
    )


def _scraped(objects: Objects) -> tuple[Evidence, ...]:
    scraped = [w for w in objects.workloads if w.annotations.get("prometheus.io/scrape") == "true"]
    check = "kubectl get pods --all-namespaces -o yaml | grep -c prometheus.io/scrape"
    return seen(names(scraped), "scrape-annotations", -SCRAPED, check)


SIGNAL = Signal("no-observability", 3, ask)

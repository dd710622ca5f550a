"""Are monitoring and logging still undecided?

A veto, so it takes proof: every place where monitoring shows could be looked at, and there is
nothing anywhere. What is there is told by its use: metrics, logs, traces, alerts, dashboards, and a
service elsewhere that applications report to. Each use says that a decision was made, and how much
of the applications it covers is told beside it.
"""

from collections.abc import Iterable, Iterator, Mapping

from mesh_probe.application import Application, applications, around, names, outlines
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence, Objects, Telemetry, Workload
from mesh_probe.question import Answer, Measure, Opinion, Signal, point, seen
from mesh_probe.references import keys
from mesh_probe.signals.no_observability.coverage import LOG_PRODUCTS, Coverage, coverages
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message

PROMETHEUS = 3.0
"""Log-odds against, of a Prometheus that answered our queries."""

USE = 1.2
"""Log-odds against, of workloads that serve one use; each further use adds `ONE_MORE`."""

ONE_MORE = 0.4

MONITORS = 1.0
"""Log-odds against, of monitors or alert rules: somebody chose what to watch."""

REPORTS = 1.0
"""Log-odds against, of applications that report to a service for errors, metrics or traces."""

SCRAPED = 0.5
"""Log-odds against, of pods that ask to be scraped; charts do so unasked."""

NOTHING = 1.5
"""Log-odds for, when all of it could be looked at and is not there. What a hosted service sees from
outside the cluster would not show."""

USES = {
    "metrics": ("prometheus", "victoria-metrics", "exporter", "kube-state-metrics", "agent"),
    "logs": LOG_PRODUCTS,
    "traces": ("jaeger", "tempo", "opentelemetry"),
    "alerts": ("alertmanager",),
    "dashboards": ("grafana",),
}
"""By use, those of `products` that serve it. An agent of a vendor takes both metrics and logs."""

PRODUCTS = frozenset(product for products in USES.values() for product in products)

MONITOR_KINDS = ("ServiceMonitor", "PodMonitor")

SEARCHED_IN_VAIN = "gap.prometheus-no-candidate"
"""The gap that a search for Prometheus leaves when nothing in the cluster looks like one."""

_SHOW = {
    "metrics": "kubectl get servicemonitors,podmonitors,services --all-namespaces --show-labels",
    "logs": "kubectl get daemonsets --all-namespaces -o wide",
    "traces": "kubectl get deployments --all-namespaces -o yaml | grep -E 'OTEL_|inject-'",
}
"""How to look again at what covers whom."""

PROBES = (
    "Namespace",
    *WORKLOAD_KINDS,
    *MONITOR_KINDS,
    "PrometheusRule",
)
"""Kinds that must be readable before their silence says anything."""


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """Whatever watches the cluster speaks against; nothing at all, fully looked at, for it."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    serving = _serving(objects)
    evidence = (
        *_prometheus(snapshot.telemetry),
        *_workloads(serving),
        *_monitors(objects, own),
        *_reports(own),
        *_scraped(objects),
    )
    covered = coverages(snapshot, graph, own)
    there = [use for use in USES if use in serving or use in _told(snapshot, covered)]
    uses = Measure("monitoring-uses", len(there), "uses", None)
    unread = [kind for kind in PROBES if not objects.saw(kind)]
    not_given = objects.not_given(*unread)
    if not any(gap.reason.id == SEARCHED_IN_VAIN for gap in snapshot.gaps):
        unread.append("Prometheus")
    if evidence:
        return Opinion(
            evidence=(*evidence, *_covered(covered, own)),
            measure=uses,
            reason=_reason(there, covered, len(own)),
        )
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


def _told(snapshot: Snapshot, covered: Iterable[Coverage]) -> set[str]:
    """The uses that something else tells of than the workloads that serve them."""
    told = {coverage.use for coverage in covered if coverage.covered}
    if snapshot.telemetry.prometheus or outlines(snapshot.objects, *MONITOR_KINDS):
        told.add("metrics")
    history = snapshot.incidents
    if (history and history.rules_count) or outlines(snapshot.objects, "PrometheusRule"):
        told.add("alerts")
    return told


def _reason(there: list[str], covered: Iterable[Coverage], count: int) -> Message:
    missing = [use for use in USES if use not in there]
    if not there:
        return message("no-observability.elsewhere")
    told = {coverage.use: len(coverage.covered) for coverage in covered}
    uses = listed(there, len(USES))
    if not missing:
        return message("no-observability.all", uses=uses, all=count, **told)
    not_seen = listed(missing, len(USES))
    return message("no-observability.no", uses=uses, missing=not_seen, all=count, **told)


def _covered(covered: Iterable[Coverage], own: tuple[Application, ...]) -> Iterator[Evidence]:
    """How many applications each use covers: a picture of it that weighs nothing."""
    for coverage in covered if own else ():
        fact = message(
            "evidence.covered" if coverage.covered else "evidence.covered-none",
            use=coverage.use,
            having=len(coverage.covered),
            all=len(own),
            ways=listed(coverage.ways, len(coverage.ways)),
        )
        yield point("cluster", fact, 0.0, _SHOW[coverage.use])


def _serving(objects: Objects) -> dict[str, list[Workload]]:
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


def _workloads(serving: Mapping[str, list[Workload]]) -> tuple[Evidence, ...]:
    found = dict.fromkeys(name for those in serving.values() for name in names(those))
    products = sorted({str(w.product) for those in serving.values() for w in those})
    return seen(
        tuple(found),
        "monitoring-workloads",
        -(USE + ONE_MORE * (len(serving) - 1)),
        "kubectl get deployments,statefulsets,daemonsets --all-namespaces -o wide",
        uses=listed(serving, len(USES)),
        products=listed(products, 4),
    )


def _monitors(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Monitors and alert rules, and in how many of the applications' namespaces there are any."""
    monitors = outlines(objects, *MONITOR_KINDS, "PrometheusRule")
    return seen(
        names(monitors),
        "monitors",
        -MONITORS,
        "kubectl get servicemonitors,podmonitors,prometheusrules --all-namespaces",
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
        key=_telling(s.key for app in reporting for s in app.has({"telemetry"})),
    )


def _telling(named: Iterable[str]) -> str:
    """A key that says where it goes, before those that say how."""
    return min(named, key=lambda key: keys.place(key) != "address", default="")


def _scraped(objects: Objects) -> tuple[Evidence, ...]:
    scraped = [w for w in objects.workloads if w.annotations.get("prometheus.io/scrape") == "true"]
    check = "kubectl get pods --all-namespaces -o yaml | grep -c prometheus.io/scrape"
    return seen(names(scraped), "scrape-annotations", -SCRAPED, check)


SIGNAL = Signal("no-observability", 3, ask)

"""How many of the applications' workloads metrics, logs and traces cover, and by what that is told.

What is not seen here may be covered all the same: each figure is a lower bound. Of alerts and
dashboards no object says which workloads they are about.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from mesh_probe.application import Application
from mesh_probe.graph import CallGraph
from mesh_probe.model import Noun, Objects, Outline, Service
from mesh_probe.products import by_image
from mesh_probe.snapshot import Snapshot

LOG_PRODUCTS = ("logging", "loki", "agent")

TRACED = frozenset({"jaeger", "tempo", "service-graph", "span-metrics"})
"""Telemetry sources whose calls are made of traces."""

_SCRAPE = "prometheus.io/scrape"
_INJECT = "instrumentation.opentelemetry.io/inject-"
"""https://opentelemetry.io/docs/platforms/kubernetes/operator/automatic/#add-annotations-to-existing-deployments"""

_REPORTED: Mapping[str, re.Pattern[str]] = {
    "metrics": re.compile(r"otel.*metrics|otlp_metrics", re.IGNORECASE),
    "logs": re.compile(r"otel.*logs|otlp_logs|loggly|papertrail|logtail|logdna", re.IGNORECASE),
    "traces": re.compile(
        r"otel(?!.*(?:metrics|logs))|otlp(?!_(?:metrics|logs))|jaeger|zipkin|honeycomb|datadog|dd_"
        r"|new_?relic|dynatrace|appdynamics|instana|elastic_?apm|applicationinsights",
        re.IGNORECASE,
    ),
}
"""Settings that say where what is written goes; https://opentelemetry.io/docs/specs/otel/protocol/exporter/
has those of OpenTelemetry. Hosted monitoring that is known for errors alone is not among them."""


class Coverage(Noun):
    """The applications of which something is collected."""

    use: str
    covered: tuple[str, ...]
    """Their names, sorted."""
    ways: tuple[str, ...]
    """By what it is told, as `label.coverage.…` calls it."""


def coverages(
    snapshot: Snapshot, graph: CallGraph, own: tuple[Application, ...]
) -> tuple[Coverage, ...]:
    """Of metrics, logs and traces, each with what it covers."""
    objects = snapshot.objects
    seen, traced = _in_calls(graph)
    used = {(usage.namespace, usage.workload) for usage in snapshot.telemetry.usage}
    monitored = _monitored(objects)
    reported = {
        use: [app for app in own if any(keys.search(s.key) for s in app.has({"telemetry"}))]
        for use, keys in _REPORTED.items()
    }
    return (
        _coverage(
            "metrics",
            monitors=[app for app in own if _is_monitored(app, monitored)],
            scraping=_scraped(objects, own),
            usage=[app for app in own if (app.workload.namespace, _kind_and_name(app)) in used],
            calls=[app for app in own if app.node.id in seen],
            settings=reported["metrics"],
        ),
        _coverage(
            "logs",
            agents=own if _has_log_agent(objects) else (),
            sidecars=[app for app in own if _has_log_sidecar(app)],
            settings=reported["logs"],
        ),
        _coverage(
            "traces",
            traced=[app for app in own if app.node.id in traced],
            instrumentation=_instrumented(objects, own),
            settings=reported["traces"],
        ),
    )


def _coverage(use: str, **by_way: Iterable[Application]) -> Coverage:
    told = {way: {app.name for app in apps} for way, apps in by_way.items()}
    return Coverage(
        use,
        covered=tuple(sorted(set[str]().union(*told.values()))),
        ways=tuple(way for way, apps in told.items() if apps),
    )


def _kind_and_name(app: Application) -> str:
    return f"{app.workload.kind}/{app.workload.name}"


def _in_calls(graph: CallGraph) -> tuple[set[str], set[str]]:
    """The nodes at both ends of calls that metrics tell of, and of those that traces do."""
    metrics, traces = set[str](), set[str]()
    for pair, edge in graph.edges.items():
        if not TRACED.isdisjoint(edge.sources):
            traces.update(pair)
        if not TRACED.issuperset(edge.sources):
            metrics.update(pair)
    return metrics, traces


_Wanted = Mapping[str | None, list[dict[str, str]]]
"""The labels that monitors ask for, by the namespace they look in; None for all."""


class _Selection(Noun):
    """What monitors select."""

    services: frozenset[str]
    """"namespace/name"."""
    pods: _Wanted


def _monitored(objects: Objects) -> _Selection:
    wanted = _wanted(objects, "ServiceMonitor")
    return _Selection(
        frozenset(
            f"{service.namespace}/{service.name}"
            for service in objects.services
            if _is_wanted(service.namespace, service.labels, wanted)
        ),
        _wanted(objects, "PodMonitor"),
    )


def _wanted(objects: Objects, kind: str) -> dict[str | None, list[dict[str, str]]]:
    """What the monitors of a kind ask for.

    One with expressions is left out: what they compare with is not kept.
    """
    wanted: dict[str | None, list[dict[str, str]]] = defaultdict(list)
    for monitor in objects.outlines:
        if monitor.kind != kind or monitor.values("spec.selector.matchExpressions[].key"):
            continue
        named = monitor.values("spec.namespaceSelector.matchNames[]")
        homes: set[str | None] = {str(name) for name in named} or {monitor.namespace}
        for home in {None} if any(monitor.values("spec.namespaceSelector.any")) else homes:
            wanted[home].append(_labels(monitor))
    return dict(wanted)


def _labels(monitor: Outline) -> dict[str, str]:
    start = "spec.selector.matchLabels."
    return {
        fact.path.removeprefix(start): str(fact.value)
        for fact in monitor.facts
        if fact.path.startswith(start)
    }


def _is_wanted(namespace: str, labels: Mapping[str, str], wanted: _Wanted) -> bool:
    return any(
        asked.items() <= labels.items()
        for home in (None, namespace)
        for asked in wanted.get(home, ())
    )


def _is_monitored(app: Application, selection: _Selection) -> bool:
    workload = app.workload
    return not selection.services.isdisjoint(app.node.services) or _is_wanted(
        workload.namespace, workload.labels, selection.pods
    )


def _scraped(objects: Objects, own: Iterable[Application]) -> list[Application]:
    """Those whose pods, or whose Services, ask to be scraped."""
    asking = {f"{s.namespace}/{s.name}" for s in objects.services if _asks_for_scraping(s)}
    return [
        app
        for app in own
        if app.workload.annotations.get(_SCRAPE) == "true"
        or not asking.isdisjoint(app.node.services)
    ]


def _asks_for_scraping(service: Service) -> bool:
    return service.annotations.get(_SCRAPE) == "true"


def _has_log_agent(objects: Objects) -> bool:
    """Whether an agent runs on the nodes, where the logs of all pods are."""
    return any(
        workload.kind == "DaemonSet" and workload.product in LOG_PRODUCTS
        for workload in objects.workloads
    )


def _has_log_sidecar(app: Application) -> bool:
    found = (by_image(container.image) for container in app.workload.containers)
    return any(product and product.name in LOG_PRODUCTS for product in found)


def _instrumented(objects: Objects, own: Iterable[Application]) -> list[Application]:
    """Those into which OpenTelemetry's operator puts an agent; a pod's own word goes first."""
    by_namespace = {namespace.name: namespace.annotations for namespace in objects.namespaces}
    return [
        app
        for app in own
        if any(
            key.startswith(_INJECT) and value not in ("", "false")
            for key, value in (
                by_namespace.get(app.workload.namespace, {}) | app.workload.annotations
            ).items()
        )
    ]

"""Must different services be run to different SLAs?

Agreements are on paper. What shows in a cluster is whether anything treats one service differently
from another: objectives, priorities, labels, disruption budgets, timeouts of routes, and how far
entry points differ that lean on the same services.
"""

from collections.abc import Callable, Iterable, Sequence

from mesh_probe.application import (
    FEW,
    Application,
    applications,
    around,
    few_services,
    names,
    outlines,
    silence,
)
from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import application_services
from mesh_probe.inventory.published import CRITICALITY
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Edge, Evidence, Objects, Status
from mesh_probe.question import (
    Measure,
    Opinion,
    Question,
    Sign,
    Threshold,
    graph_again,
    point,
    seen,
    unread,
)
from mesh_probe.references.durations import seconds
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message

SPREAD = Threshold("entry-spread", 10, "times")
"""Ratio of the slowest to the fastest p99 of entry points, or of their error ratios; our own."""

DIFFERENT_OBJECTIVES = 2.0
"""Log-odds of SLO objects whose objectives differ: exactly what is asked, written down."""

ONE_OBJECTIVE = 0.8
"""Log-odds against, of several SLO objects that all have the same objective."""

PRIORITIES_OF_ALL, PRIORITIES = 1.0, 0.5
"""Log-odds of two priority classes or more, over nearly all applications (`NEARLY_ALL`), or over
some of them. Who is evicted from a full machine is no agreement with anybody; but a rank for every
service is an order that somebody made."""

NEARLY_ALL = 0.9
"""Share from which nearly all are; our own."""

ONE_PRIORITY = 0.3
"""Log-odds of one priority class that some applications have and others lack."""

RANKS, ONE_RANK = 1.0, 0.3
"""Log-odds of labels that rank services by how much depends on them: several ranks, or one that
some applications have and others lack."""

BUDGETS = 0.4
"""Log-odds of disruption budgets that differ: charts bring different ones along."""

ROUTE_TIMEOUTS = 0.3
"""Log-odds of routes that wait `WAITS` times longer than others."""

WAITS = 3.0

ENTRY_SPREAD = 0.4
"""Log-odds of entry points over shared services whose p99 differ by `SPREAD`."""

ERROR_SPREAD = 0.3
"""The same of their error ratios, from `LEAST_ERRORS` up."""

LEAST_ERRORS = 0.001

NOTHING = 0.4
"""Log-odds against, when everything could be read and nothing treats services differently."""

FEW_SERVICES = 0.8
"""Log-odds against, of few services or none."""

SLO_PATHS = {
    ("PrometheusServiceLevel", "sloth.slok.dev"): ("spec.slos[].objective",),
    ("ServiceLevelObjective", "pyrra.dev"): ("spec.target",),
    ("SLO", "openslo.com"): ("spec.objectives[].target", "spec.objectives[].targetPercent"),
}
"""Where each SLO kind keeps its objective. Sloth and Pyrra write per cent, OpenSLO and Nobl9 either
a ratio or per cent."""

_ROUTES = ("Ingress", "HTTPRoute", "GRPCRoute", "Route", "VirtualService")

_TIMEOUT_ANNOTATIONS = {
    "nginx.ingress.kubernetes.io/proxy-read-timeout": "s",
    "haproxy.router.openshift.io/timeout": "",
    "konghq.com/read-timeout": "ms",
    "haproxy.org/timeout-server": "ms",
    "haproxy-ingress.github.io/timeout-server": "ms",
}
"""With the unit of a figure that has none."""

_TELLING = (*WORKLOAD_KINDS, "PodDisruptionBudget", *(kind for kind, _ in SLO_PATHS))
"""Kinds that have to be seen before their silence says something."""

SIGNS = (
    Sign(
        ("evidence.objectives",),
        tuple(kind for kind, _ in SLO_PATHS),
        yes=DIFFERENT_OBJECTIVES,
        no=ONE_OBJECTIVE,
    ),
    Sign(("evidence.priority-classes",), WORKLOAD_KINDS, yes=PRIORITIES_OF_ALL),
    Sign(("evidence.ranks",), ("Namespace", *WORKLOAD_KINDS), yes=RANKS),
    Sign(("evidence.budgets-differ",), ("PodDisruptionBudget", *WORKLOAD_KINDS), yes=BUDGETS),
    Sign(("evidence.route-timeouts",), _ROUTES, yes=ROUTE_TIMEOUTS),
    Sign(("evidence.entry-spread",), (*WORKLOAD_KINDS, "Service"), yes=ENTRY_SPREAD),
    Sign(("evidence.error-spread",), (*WORKLOAD_KINDS, "Service"), yes=ERROR_SPREAD),
    Sign(("evidence.few-to-tell-apart",), (*WORKLOAD_KINDS, "Service"), no=FEW_SERVICES),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs what treats services differently; its absence counts a little where it was visible."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    spread = SPREAD.of(snapshot)
    objectives = _objectives(objects)
    again = graph_again(snapshot, "--format", "json")
    evidence = (
        *_by_objectives(objectives, objects),
        *_by_priority(own),
        *_by_rank(objects, own),
        *_by_budget(objects, own),
        *_by_route(objects),
        *_spread(graph, "entry-spread", ENTRY_SPREAD, _p99, spread, check=again),
        *_spread(graph, "error-spread", ERROR_SPREAD, _errors, spread, check=again),
    )
    absence = _absence(snapshot, graph, nothing=not evidence)
    return Opinion(
        evidence=(*evidence, *absence),
        said={"objectives": listed(f"{value:g}%" for value in objectives)},
        measure=Measure("different-objectives", len(objectives), "objectives", 2)
        if objectives
        else None,
        reason=None if evidence else silence("sla-spread", absence, _unseen(absence, objects, own)),
        reasons=_reasons(evidence),
        unread=unread(objects, SIGNS),
    )


def _reasons(evidence: Sequence[Evidence]) -> dict[Status, Message]:
    """What to say where objectives or ranks tell it."""
    reasons: dict[Status, Message] = {}
    for piece in sorted(evidence, key=lambda piece: piece.weight):
        kind = piece.fact.id.removeprefix("evidence.")
        if kind in ("objectives", "ranks") and piece.points:
            reasons[piece.points] = message(
                f"sla-spread.{piece.points}.{kind}", **piece.fact.parameters
            )
    return reasons


def _objectives(objects: Objects) -> tuple[float, ...]:
    """The different objectives of all SLO objects in per cent, ascending."""
    found = set()
    for outline in objects.outlines:
        paths = SLO_PATHS.get((outline.kind, outline.group), ())
        for value in (value for path in paths for value in outline.values(path)):
            percent = _percent(value)
            if percent is not None:
                found.add(percent)
    return tuple(sorted(found))


def _percent(value: str | float | bool) -> float | None:
    try:
        figure = float(value)
    except ValueError:
        return None
    return round(figure * 100 if figure <= 1 else figure, 6)


def _by_objectives(objectives: tuple[float, ...], objects: Objects) -> tuple[Evidence, ...]:
    slos = [o for o in objects.outlines if (o.kind, o.group) in SLO_PATHS]
    differ = len(objectives) > 1
    if not objectives or not (differ or len(slos) > 1):
        return ()
    kinds = ",".join(sorted({f"{o.kind.lower()}s.{o.group}" for o in slos}))
    return seen(
        names(slos),
        "objectives",
        DIFFERENT_OBJECTIVES if differ else -ONE_OBJECTIVE,
        f"kubectl get {kinds} --all-namespaces",
        values=listed(f"{value:g}%" for value in objectives),
    )


def _by_priority(own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    classes = sorted({app.workload.priority_class for app in own if app.workload.priority_class})
    having = [app for app in own if app.workload.priority_class]
    if not classes or (len(classes) == 1 and len(having) == len(own)):
        return ()
    weight = PRIORITIES_OF_ALL if len(having) >= NEARLY_ALL * len(own) else PRIORITIES
    return seen(
        [app.name for app in having],
        "priority-classes",
        weight if len(classes) > 1 else ONE_PRIORITY,
        "kubectl get deployments,statefulsets --all-namespaces"
        " -o custom-columns=NAME:.metadata.name,CLASS:.spec.template.spec.priorityClassName",
        having=len(having),
        all=len(own),
        classes=listed(classes),
    )


def _by_rank(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    of_namespace = {namespace.name: namespace.labels for namespace in objects.namespaces}
    ranks = {
        app.name: (key, labels[key].lower())
        for app in own
        for labels in (of_namespace.get(app.workload.namespace, {}), app.workload.labels)
        for key in sorted(CRITICALITY & labels.keys())
        if labels[key]
    }
    differ = len(set(ranks.values())) > 1
    if not ranks or (not differ and len(ranks) == len(own)):
        return ()
    return seen(
        tuple(ranks),
        "ranks",
        RANKS if differ else ONE_RANK,
        "kubectl get deployments,namespaces --all-namespaces --show-labels",
        all=len(own),
        labels=listed(sorted({key for key, _ in ranks.values()})),
        ranks=listed(sorted({rank for _, rank in ranks.values()})),
    )


def _by_budget(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    budgets = around(own, outlines(objects, "PodDisruptionBudget"))
    rules = {
        tuple(
            str(v) for v in (*b.values("spec.minAvailable"), "/", *b.values("spec.maxUnavailable"))
        )
        for b in budgets
    }
    check = "kubectl get poddisruptionbudgets --all-namespaces"
    if len(rules) < 2:  # noqa: PLR2004  # two differ
        return ()
    return seen(names(budgets), "budgets-differ", BUDGETS, check, rules=len(rules))


def _by_route(objects: Objects) -> tuple[Evidence, ...]:
    waits: dict[str, float] = {}
    for name, route in zip(names(objects.routes), objects.routes, strict=True):
        told = [
            seconds(s.key, s.value)
            for s in route.settings
            if s.subject == "timeout" and route.kind in _ROUTES
        ]
        told += [
            seconds("", f"{value}{unit}" if value.isdecimal() else value)
            for key, unit in _TIMEOUT_ANNOTATIONS.items()
            if (value := route.annotations.get(key, ""))
        ]
        if known := [wait for wait in told if wait]:
            waits[name] = max(known)
    if not waits or max(waits.values()) < WAITS * min(waits.values()):
        return ()
    longest = max(waits, key=lambda name: waits[name])
    return seen(
        (longest, *sorted(waits.keys() - {longest})),
        "route-timeouts",
        ROUTE_TIMEOUTS,
        "kubectl get ingresses --all-namespaces -o yaml",
        shortest=min(waits.values()),
        longest=waits[longest],
    )


def _p99(edge: Edge) -> float | None:
    return edge.latency.p99_seconds if edge.latency else None


def _errors(edge: Edge) -> float | None:
    return None if edge.error_ratio is None else max(edge.error_ratio, LEAST_ERRORS)


def _spread(
    graph: CallGraph,
    fact: str,
    weight: float,
    figure: Callable[[Edge], float | None],
    limit: float,
    *,
    check: str,
) -> tuple[Evidence, ...]:
    """Entries that share a callee and whose figures, as clients see them, differ widely."""
    worst: dict[str, float] = {}
    for (client, server), edge in graph.edges.items():
        node = graph.nodes.get(server)
        told = figure(edge)
        outside = client not in graph.applications
        if node is not None and node.role == "entry" and outside and told:
            worst[server] = max(told, worst.get(server, 0.0))
    pair = _widest(sorted(worst), worst, graph, limit)
    if pair is None:
        return ()
    high, low = pair
    said = message(
        f"evidence.{fact}", slow=high, slow_p99=worst[high], fast=low, fast_p99=worst[low]
    )
    return (point(high, said, weight, check, "telemetry"),)


def _widest(
    entries: Iterable[str], figures: dict[str, float], graph: CallGraph, limit: float
) -> tuple[str, str] | None:
    """The worst and the best entry over one shared callee, where they differ enough."""
    callers: dict[str, list[str]] = {}
    for entry in entries:
        for callee in graph.applications.successors(entry):
            callers.setdefault(callee, []).append(entry)
    pairs = [
        (max(sharing, key=lambda e: figures[e]), min(sharing, key=lambda e: figures[e]))
        for sharing in callers.values()
    ]
    wide = [(high, low) for high, low in pairs if figures[high] >= limit * figures[low]]
    return max(wide, key=lambda pair: (figures[pair[0]] / figures[pair[1]], pair), default=None)


def _absence(snapshot: Snapshot, graph: CallGraph, *, nothing: bool) -> tuple[Evidence, ...]:
    """What speaks against it: few services, and nothing that treats any of them differently."""
    objects = snapshot.objects
    few = few_services(snapshot, graph, "few-to-tell-apart", -FEW_SERVICES, silent=nothing)
    evidence = list(few)
    if nothing and application_services(graph) and all(objects.saw(kind) for kind in _TELLING):
        check = "kubectl get poddisruptionbudgets,priorityclasses --all-namespaces"
        evidence.append(point("cluster", message("evidence.all-alike"), -NOTHING, check))
    return tuple(evidence)


def _unseen(
    absence: tuple[Evidence, ...], objects: Objects, own: tuple[Application, ...]
) -> Message:
    if not own:
        return message("sla-spread.empty")
    if absence:
        return message("sla-spread.silent")
    missing = [kind for kind in _TELLING if not objects.saw(kind)]
    given = not objects.not_given(*missing)
    return message("sla-spread.unseen" if given else "sla-spread.not-given")


QUESTION = Question("sla-spread", 6, "need", ask, axis="traffic", thresholds=(SPREAD, FEW))

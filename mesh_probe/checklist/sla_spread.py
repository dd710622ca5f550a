"""Must different services be run to different SLAs?

Agreements are on paper. What shows in a cluster is whether anything treats one service differently
from another: objectives, priorities, disruption budgets, and how far entry points differ that lean
on the same services.
"""

from collections.abc import Iterable

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import application_services
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Evidence, Objects, Outline
from mesh_probe.question import Measure, Opinion, Question, Sign, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message

DIFFERENT_OBJECTIVES = 2.0
"""Log-odds of SLO objects whose objectives differ: exactly what is asked, written down."""

ONE_OBJECTIVE = 0.8
"""Log-odds against, of several SLO objects that all have the same objective."""

PRIORITIES = 1.0
"""Log-odds of applications in two priority classes or more."""

ONE_PRIORITY = 0.4
"""Log-odds of one priority class that some applications have and others lack."""

BUDGETS = 0.4
"""Log-odds of disruption budgets that differ: charts bring different ones along."""

ENTRY_SPREAD = 0.4
"""Log-odds of entry points over shared services whose p99 differ `SPREAD` times."""

SPREAD = 10.0
"""Ratio of the slowest to the fastest p99 of entry points; our own."""

NOTHING = 0.4
"""Log-odds against, when everything could be read and nothing treats services differently."""

FEW = 5
"""Application services up to which there is little to tell apart: a typical team without a mesh."""

FEW_SERVICES = 0.8
"""Log-odds against, of so few services."""

SLO_PATHS = {
    ("PrometheusServiceLevel", "sloth.slok.dev"): ("spec.slos[].objective",),
    ("ServiceLevelObjective", "pyrra.dev"): ("spec.target",),
    ("SLO", "openslo.com"): ("spec.objectives[].target", "spec.objectives[].targetPercent"),
}
"""Where each SLO kind keeps its objective. Sloth and Pyrra write per cent, OpenSLO either a
ratio or per cent."""

_TELLING = (*WORKLOAD_KINDS, "PodDisruptionBudget", *(kind for kind, _ in SLO_PATHS))
"""Kinds that have to be seen before their silence says something."""


SIGNS = (
    Sign(
        ("evidence.objectives",),
        tuple(kind for kind, _ in SLO_PATHS),
        yes=DIFFERENT_OBJECTIVES,
        no=ONE_OBJECTIVE,
    ),
    Sign(("evidence.priority-classes",), WORKLOAD_KINDS, yes=PRIORITIES),
    Sign(("evidence.budgets-differ",), ("PodDisruptionBudget", *WORKLOAD_KINDS), yes=BUDGETS),
    Sign(("evidence.entry-spread",), (*WORKLOAD_KINDS, "Service"), yes=ENTRY_SPREAD),
    Sign(("evidence.few-to-tell-apart",), (*WORKLOAD_KINDS, "Service"), no=FEW_SERVICES),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs what treats services differently; its absence counts a little where it was visible."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    if not own:
        return Opinion(reason=message("sla-spread.empty"))
    objectives = _objectives(objects)
    signs = (
        _by_objectives(objectives, objects),
        _by_priority(own),
        _by_budget(objects, own),
        _by_entries(graph),
    )
    evidence = [piece for piece in signs if piece]
    if not evidence and _all_read(objects):
        evidence.append(_nothing())
    services = len(application_services(graph))
    if (
        services
        and services <= FEW
        and objects.saw("Service")
        and not objects.hidden(*WORKLOAD_KINDS)
    ):
        evidence.append(_few(services))
    return Opinion(
        evidence=tuple(evidence),
        said={"objectives": listed(f"{value:g}%" for value in objectives)},
        measure=Measure("different-objectives", len(objectives), "objectives", 2)
        if objectives
        else None,
        reason=None if evidence else _unseen(objects),
        unread=unread(objects, SIGNS),
    )


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


def _slos(objects: Objects) -> list[Outline]:
    return [o for o in objects.outlines if (o.kind, o.group) in SLO_PATHS]


def _by_objectives(objectives: tuple[float, ...], objects: Objects) -> Evidence | None:
    slos = _slos(objects)
    differ = len(objectives) > 1
    if not objectives or not (differ or len(slos) > 1):
        return None
    kinds = ",".join(sorted({f"{o.kind.lower()}s.{o.group}" for o in slos}))
    values = listed(f"{value:g}%" for value in objectives)
    return Evidence(
        subject=called(slos[0].kind, slos[0].namespace, slos[0].name),
        fact=message("evidence.objectives", count=len(slos), values=values),
        seen_in="objects",
        points="yes" if differ else "no",
        weight=DIFFERENT_OBJECTIVES if differ else ONE_OBJECTIVE,
        check=f"kubectl get {kinds} --all-namespaces",
    )


def _by_priority(own: tuple[Application, ...]) -> Evidence | None:
    classes = sorted({app.workload.priority_class for app in own if app.workload.priority_class})
    having = [app for app in own if app.workload.priority_class]
    if not classes or (len(classes) == 1 and len(having) == len(own)):
        return None
    return Evidence(
        subject=having[0].name,
        fact=message(
            "evidence.priority-classes",
            having=len(having),
            count=len(own),
            classes=listed(classes),
        ),
        seen_in="objects",
        points="yes",
        weight=PRIORITIES if len(classes) > 1 else ONE_PRIORITY,
        check="kubectl get deployments,statefulsets --all-namespaces"
        " -o custom-columns=NAME:.metadata.name,CLASS:.spec.template.spec.priorityClassName",
    )


def _by_budget(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    namespaces = {app.workload.namespace for app in own}
    budgets = [
        o for o in objects.outlines if o.kind == "PodDisruptionBudget" and o.namespace in namespaces
    ]
    rules = {
        tuple(
            str(v) for v in (*b.values("spec.minAvailable"), "/", *b.values("spec.maxUnavailable"))
        )
        for b in budgets
    }
    if len(rules) < 2:  # noqa: PLR2004  # two differ
        return None
    return Evidence(
        subject=f"PodDisruptionBudget {budgets[0].namespace}/{budgets[0].name}",
        fact=message("evidence.budgets-differ", count=len(budgets), rules=len(rules)),
        seen_in="objects",
        points="yes",
        weight=BUDGETS,
        check="kubectl get poddisruptionbudgets --all-namespaces",
    )


def _by_entries(graph: CallGraph) -> Evidence | None:
    """Entries that share a callee and whose p99, as clients wait for it, differ widely."""
    slowest: dict[str, float] = {}
    for (client, server), edge in graph.edges.items():
        node = graph.nodes.get(server)
        p99 = edge.latency.p99_seconds if edge.latency else None
        outside = client not in graph.applications
        if node is not None and node.role == "entry" and outside and p99:
            slowest[server] = max(p99, slowest.get(server, 0.0))
    pair = _widest(sorted(slowest), slowest, graph)
    if pair is None:
        return None
    slow, fast = pair
    return Evidence(
        subject=slow,
        fact=message(
            "evidence.entry-spread",
            slow=slow,
            slow_p99=slowest[slow],
            fast=fast,
            fast_p99=slowest[fast],
        ),
        seen_in="telemetry",
        points="yes",
        weight=ENTRY_SPREAD,
        check="mesh-probe graph --format json",
    )


def _widest(
    entries: Iterable[str], p99: dict[str, float], graph: CallGraph
) -> tuple[str, str] | None:
    """The slowest and the fastest entry over one shared callee, where they differ enough."""
    callers: dict[str, list[str]] = {}
    for entry in entries:
        for callee in graph.applications.successors(entry):
            callers.setdefault(callee, []).append(entry)
    pairs = [
        (max(sharing, key=lambda e: p99[e]), min(sharing, key=lambda e: p99[e]))
        for sharing in callers.values()
    ]
    wide = [(slow, fast) for slow, fast in pairs if p99[slow] >= SPREAD * p99[fast]]
    return max(wide, key=lambda pair: (p99[pair[0]] / p99[pair[1]], pair), default=None)


def _all_read(objects: Objects) -> bool:
    return all(objects.saw(kind) for kind in _TELLING)


def _unseen(objects: Objects) -> Message:
    missing = [kind for kind in _TELLING if not objects.saw(kind)]
    if objects.not_given(*missing):
        return message("sla-spread.not-given")
    return message("sla-spread.unseen")


def _nothing() -> Evidence:
    return Evidence(
        subject="cluster",
        fact=message("evidence.all-alike"),
        seen_in="objects",
        points="no",
        weight=NOTHING,
        check="kubectl get poddisruptionbudgets,priorityclasses --all-namespaces",
    )


def _few(services: int) -> Evidence:
    fact = message("evidence.few-to-tell-apart", services=services)
    return Evidence("Services", fact, "objects", "no", FEW_SERVICES, "kubectl get services -A")


QUESTION = Question("sla-spread", 6, "need", ask, axis="traffic")

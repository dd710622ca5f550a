"""Small clusters and graphs to judge, made of real model objects."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mesh_probe.graph import CallGraph
from mesh_probe.graph.build import build
from mesh_probe.kinds import KINDS
from mesh_probe.model import (
    ConfigMap,
    Container,
    Edge,
    Fact,
    Gap,
    KindRead,
    Namespace,
    Node,
    Objects,
    Outline,
    Reference,
    Role,
    Route,
    Service,
    ServicePort,
    Setting,
    Telemetry,
    Workload,
)
from mesh_probe.products import recognised
from mesh_probe.question import Answer, Question, conclude
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

NO_PROMETHEUS = Gap("Prometheus", message("gap.prometheus-no-candidate"))

Thing = Workload | Service | ConfigMap | Route | Namespace | Outline


def cluster(
    *things: Thing,
    hidden: Sequence[str] = (),
    partial: Sequence[str] = (),
    telemetry: Telemetry | None = None,
    gaps: Sequence[Gap] = (NO_PROMETHEUS,),
) -> Snapshot:
    """A snapshot of these objects, with every kind read except the hidden and the partial ones.

    Prometheus was looked for and not found, unless `gaps` or `telemetry` says otherwise.
    """

    def state(kind: str) -> Any:
        return "unreadable" if kind in hidden else "partial" if kind in partial else "read"

    def those(kind: type) -> Any:
        return tuple(thing for thing in things if isinstance(thing, kind))

    return Snapshot(
        taken_at=NOON,
        tool_version="0",
        objects=Objects(
            namespaces=those(Namespace),
            services=those(Service),
            workloads=tuple(recognised(workload) for workload in those(Workload)),
            config_maps=those(ConfigMap),
            routes=those(Route),
            outlines=those(Outline),
            kinds=tuple(KindRead(kind.name, kind.group, state(kind.name)) for kind in KINDS),
        ),
        telemetry=telemetry or Telemetry(),
        gaps=tuple(gaps),
    )


def apps(count: int, namespace: str = "shop") -> list[Thing]:
    """That many applications, "app-0" and on, each behind a Service."""
    return [thing for number in range(count) for thing in app(f"app-{number}", namespace)]


def app(name: str, namespace: str = "shop", service: str | None = None, **more: Any) -> list[Thing]:
    """An application and the Service in front of it; `more` are fields of the workload."""
    front = service or name
    labels = {"app": front, **more.pop("labels", {})}
    more.setdefault("containers", (Container("main", f"registry.example/team/{name}:1"),))
    return [
        Workload("Deployment", namespace, name, labels=labels, **more),
        Service(namespace, front, selector={"app": front}, ports=(ServicePort(80, target=8080),)),
    ]


def setting(subject: Any, key: str, value: str | float | bool) -> Setting:
    """A setting in the environment."""
    return Setting(key, value, "env", subject)


def calls(host: str, *, tls: bool | None = False) -> Reference:
    """A URL in the environment."""
    scheme = {True: "https", False: "http", None: None}[tls]
    key = f"{host.partition('.')[0].upper()}_URL"
    return Reference(host, key, "env", "url", 80, scheme, tls)


def outline(
    kind: str,
    name: str,
    kept: Mapping[str, str | float | bool] | None = None,
    *,
    namespace: str | None = "shop",
    group: str | None = None,
) -> Outline:
    """An object kept in outline; `kept` are its values by path."""
    known = next((k.group for k in KINDS if k.name == kind), "")
    facts = tuple(Fact(path, value) for path, value in (kept or {}).items())
    return Outline(kind, known if group is None else group, namespace, name, facts=facts)


def definition(name: str) -> Outline:
    """A CustomResourceDefinition."""
    return outline("CustomResourceDefinition", name, namespace=None)


def graph_of(pairs: Sequence[tuple[str, str]], alone: Sequence[str] = ()) -> CallGraph:
    """A graph of applications by name; whoever nobody calls is an entry."""
    called = {server for _, server in pairs}
    callers = {client for client, _ in pairs}
    names = sorted({*called, *callers, *alone})

    def role(name: str) -> Role:
        if name in alone:
            return "isolated"
        return "entry" if name not in called else "middle" if name in callers else "leaf"

    return CallGraph(
        (
            Node(f"shop/{n}", n, "Deployment", role(n), "shop", services=(f"shop/{n}",))
            for n in names
        ),
        (Edge(f"shop/{c}", f"shop/{s}", 0.9, declared=True) for c, s in pairs),
    )


def asked(question: Question, snapshot: Snapshot, graph: CallGraph | None = None) -> Answer:
    """The answer to one question, on the graph of the snapshot itself unless one is given."""
    return conclude(question, question.ask(snapshot, graph or build(snapshot)))


def facts(answer: Answer) -> list[tuple[str, str | None]]:
    """The ids of an answer's evidence and the way each points."""
    return [(piece.fact.id.removeprefix("evidence."), piece.points) for piece in answer.evidence]

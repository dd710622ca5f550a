"""Small graphs and clusters to ask questions of."""

from datetime import UTC, datetime

from mesh_probe.graph import CallGraph
from mesh_probe.model import (
    ConfigMap,
    Container,
    Edge,
    KindRead,
    Latency,
    Node,
    Objects,
    Reference,
    Role,
    Route,
    Service,
    ServicePort,
    Workload,
)
from mesh_probe.products import recognised

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)


def graph_of(*calls: str, roles: dict[str, Role] | None = None) -> CallGraph:
    """A graph from "web cart" pairs; a node nobody calls is an entry, all are in namespace shop."""
    pairs = [call.split() for call in calls]
    called = {server for _, server in pairs}
    names = sorted({name for pair in pairs for name in pair})
    default: dict[str, Role] = {n: "middle" if n in called else "entry" for n in names}
    chosen = default | (roles or {})
    return CallGraph(
        [
            Node(name, name, "Deployment", chosen[name], "shop", services=(f"shop/{name}",))
            for name in names
        ],
        [Edge(client, server, 0.9, declared=True) for client, server in pairs],
    )


def measured(
    client: str, server: str, p50: float, p99: float | None = None, rate: float = 1.0
) -> Edge:
    """An edge with a client-side latency."""
    return Edge(
        client,
        server,
        0.99,
        observed=True,
        rate_rps=rate,
        latency=Latency(p50_seconds=p50, p99_seconds=p99),
    )


def workload(
    name: str, *references: Reference, image: str | None = None, version: str = "", **more: object
) -> Workload:
    """A Deployment in namespace shop, labelled app=<name without version>."""
    app = name.removesuffix(f"-{version}") if version else name
    return Workload(
        "Deployment",
        "shop",
        name,
        labels={"app": app},
        references=references,
        containers=(Container("main", image or f"registry.example/{app}:1"),),
        **more,  # type: ignore[arg-type]
    )


def service(name: str, app: str | None = None, **more: object) -> Service:
    """A Service of namespace shop for the workloads labelled app=<app>."""
    return Service(
        "shop",
        name,
        selector={"app": app or name},
        ports=(ServicePort(80, "http"),),
        **more,  # type: ignore[arg-type]
    )


def url(host: str, key: str = "URL") -> Reference:
    """A reference as an environment variable holds it."""
    return Reference(host, key, "env", "url", 80, "http", False)


def cluster(*parts: object) -> Objects:
    """Objects of a cluster in which everything could be read."""
    return Objects(
        config_maps=tuple(part for part in parts if isinstance(part, ConfigMap)),
        routes=tuple(part for part in parts if isinstance(part, Route)),
        workloads=tuple(recognised(part) for part in parts if isinstance(part, Workload)),
        services=tuple(part for part in parts if isinstance(part, Service)),
        kinds=(KindRead("Service", "", "read"), KindRead("Deployment", "apps", "read")),
    )

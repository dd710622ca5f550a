"""Clusters of any size with calls that were seen, to write pages about."""

from functools import cache
from random import Random

from benchmarks.clusters.topology import Node, topology
from mesh_probe.assessment import Assessment, assess
from mesh_probe.kinds import KINDS
from mesh_probe.model import (
    Container,
    KindRead,
    Latency,
    Namespace,
    Objects,
    ObservedCall,
    Peer,
    Query,
    Reference,
    Service,
    ServicePort,
    SourceRead,
    Telemetry,
    Workload,
)
from mesh_probe.products import recognised
from mesh_probe.snapshot import Snapshot
from mesh_probe.source import Window
from mesh_probe.sources import istio
from tests.builders import NOON

DECLARED_ONLY, OBSERVED_ONLY = 0.12, 0.1
"""Parts of the calls."""


@cache
def sized(services: int) -> Assessment:
    """What is said of a cluster of so many services."""
    return assess(snapshot(services))


def snapshot(services: int) -> Snapshot:
    """A cluster of so many services, in the shapes that `benchmarks.clusters` draws."""
    rng = Random(services)
    nodes = topology(services, services * 5, seed=7)
    load = _load(nodes, rng)
    workloads, calls = [], []
    for node in nodes:
        references = []
        for server in node.calls:
            luck = rng.random()
            if luck >= OBSERVED_ONLY:
                host = f"{server.name}.{server.namespace}"
                references.append(
                    Reference(host, f"{server.name}_URL", "env", "url", 80, "http", False)
                )
            if luck <= 1 - DECLARED_ONLY:
                calls.append(_call(node, server, load, rng))
        if node.role == "entry":
            calls.append(_from_outside(node, load, rng))
        workloads.append(_workload(node, tuple(references)))
    return Snapshot(
        taken_at=NOON,
        tool_version="0.1.0",
        context=f"made-up-{services}",
        server_version="v1.33.4",
        objects=Objects(
            namespaces=tuple(Namespace(name) for name in sorted({n.namespace for n in nodes})),
            services=tuple(
                Service(
                    node.namespace,
                    node.name,
                    selector={"app": node.name},
                    ports=(ServicePort(80, target=8080),),
                )
                for node in sorted(nodes, key=lambda n: (n.namespace, n.name))
            ),
            workloads=tuple(sorted(workloads, key=lambda w: (w.namespace, w.name))),
            kinds=tuple(
                KindRead(kind.name, kind.group, "read", len(nodes) if kind.stage else 0)
                for kind in KINDS
            ),
        ),
        telemetry=Telemetry(
            prometheus=("http://prometheus.monitoring:9090",),
            sources=(SourceRead("istio", "read", _queries(nodes)),),
            calls=tuple(calls),
        ),
    )


def _queries(nodes: tuple[Node, ...]) -> tuple[Query, ...]:
    """As they are sent: those for buckets in as many parts as there are namespaces."""
    names = frozenset({"istio_requests_total", "istio_request_duration_milliseconds_bucket"})
    asks = istio.SOURCE.asks(names, Window(rate_seconds=3600, lookback_seconds=86_400))
    namespaces = sorted({node.namespace for node in nodes})
    return tuple(
        Query(ask.purpose, promql, len(nodes))
        for ask in asks
        for promql in (
            [ask.part([namespace]) for namespace in namespaces] if ask.buckets else [ask.whole()]
        )
    )


def _workload(node: Node, references: tuple[Reference, ...]) -> Workload:
    image = node.product if node.sort != "app" else f"registry.example/team/{node.name}"
    return recognised(
        Workload(
            "Deployment",
            node.namespace,
            node.name,
            labels={"app": node.name},
            replicas=node.replicas,
            containers=(Container("main", f"{image}:1"),),
            references=references,
        )
    )


def _load(nodes: tuple[Node, ...], rng: Random) -> dict[str, float]:
    """Requests per second that each service gets."""
    load = {n.name: rng.lognormvariate(2.5, 1.3) for n in nodes if n.role == "entry"}
    for node in sorted(nodes, key=lambda n: -n.height):
        for server in node.calls:
            load[server.name] = load.get(server.name, 0.0) + load.get(node.name, 0.1) * 0.4
    return load


def _call(client: Node, server: Node, load: dict[str, float], rng: Random) -> ObservedCall:
    return ObservedCall(
        source="istio",
        client=Peer(workload=client.name, namespace=client.namespace),
        server=Peer(workload=server.name, namespace=server.namespace),
        protocol="http",
        rate_rps=load.get(client.name, 0.1) * 0.4,
        error_ratio=rng.choice((0.0, 0.0, 0.0, 0.0004, 0.002, 0.02, 0.08)),
        client_latency=_latency(server, rng),
        mtls=False,
    )


def _from_outside(node: Node, load: dict[str, float], rng: Random) -> ObservedCall:
    return ObservedCall(
        source="istio",
        client=Peer(outside=True),
        server=Peer(workload=node.name, namespace=node.namespace),
        protocol="http",
        rate_rps=load[node.name],
        error_ratio=0.0005,
        client_latency=_latency(node, rng),
    )


def _latency(server: Node, rng: Random) -> Latency:
    p50 = 0.004 * (1 + server.height) * rng.lognormvariate(0, 0.8)
    return Latency(p50, p50 * 2.2, p50 * 3, p50 * 6)

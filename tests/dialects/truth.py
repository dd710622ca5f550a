"""A small shop whose calls are known: what every source, in its own dialect, has to tell."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from mesh_probe.model import (
    Backend,
    Container,
    KindRead,
    Namespace,
    Objects,
    Pod,
    Route,
    Service,
    ServicePort,
    Workload,
)
from mesh_probe.products import recognised


@dataclass(frozen=True)
class App:
    """A workload, its pods, and the Service in front of it."""

    namespace: str
    name: str
    service: str
    cluster_ip: str
    pods: tuple[tuple[str, str], ...]
    """Name and address."""
    kind: str = "Deployment"
    called: str = ""
    """The name that it gives itself in traces; "" for its own."""
    port: int = 8080
    image: str = "registry.example/app:1"

    @property
    def id(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def otel_name(self) -> str:
        return self.called or self.name

    @property
    def host(self) -> str:
        return f"{self.service}.{self.namespace}.svc.cluster.local"


WEB = App(
    "shop",
    "web",
    "web-front",
    "10.96.0.1",
    (("web-5d8f9c7b64-2x7kq", "10.244.0.1"), ("web-5d8f9c7b64-9wzrl", "10.244.1.1")),
)
CART = App(
    "shop",
    "cart",
    "cart",
    "10.96.0.2",
    (("cart-66b7c9d5f8-hj4tm", "10.244.0.2"), ("cart-66b7c9d5f8-zq8vp", "10.244.1.2")),
)
PRICES = App(
    "stock",
    "prices",
    "price-list",
    "10.96.0.3",
    (("prices-7c4d8f6b9d-k2m5x", "10.244.0.3"),),
    called="pricing",
)
DB = App(
    "data",
    "ledger",
    "ledger",
    "10.96.0.4",
    (("ledger-0", "10.244.0.4"), ("ledger-1", "10.244.1.4")),
    kind="StatefulSet",
    port=5432,
    image="postgres:16",
)
APPS = (WEB, CART, PRICES, DB)


@dataclass(frozen=True)
class Spread:
    """Times that are spread evenly between two bounds."""

    low_ms: float
    high_ms: float

    def below(self, ms: float) -> float:
        """The share of calls that take at most so long."""
        return min(max((ms - self.low_ms) / (self.high_ms - self.low_ms), 0.0), 1.0)

    def quantile_ms(self, q: float) -> float:
        return self.low_ms + q * (self.high_ms - self.low_ms)


@dataclass(frozen=True)
class Call:
    """An edge of the shop."""

    client: App
    server: App
    rate_rps: float
    error_ratio: float
    waited: Spread
    """As the client sees it."""
    worked: Spread
    """As the server sees it."""

    @property
    def pair(self) -> tuple[str, str]:
        return self.client.id, self.server.id


CALLS = (
    Call(WEB, CART, 10.0, 0.1, Spread(10, 90), Spread(5, 45)),
    Call(WEB, PRICES, 4.0, 0.0, Spread(120, 900), Spread(100, 800)),
    Call(CART, PRICES, 2.5, 0.04, Spread(30, 240), Spread(20, 200)),
    Call(CART, DB, 20.0, 0.0, Spread(2, 8), Spread(1, 4)),
    Call(PRICES, DB, 1.0, 0.25, Spread(300, 2400), Spread(200, 2000)),
)


@dataclass(frozen=True)
class Entry:
    """Requests from outside through an Ingress."""

    ingress: str
    namespace: str
    server: App
    rate_rps: float
    error_ratio: float
    waited: Spread
    kind: str = "Ingress"

    @property
    def pair(self) -> tuple[str, str]:
        return f"{self.kind.lower()}:{self.namespace}/{self.ingress}", self.server.id


ENTRIES = (
    Entry("front", "shop", WEB, 6.0, 0.05, Spread(40, 600)),
    Entry("partner-api", "stock", PRICES, 1.5, 0.0, Spread(100, 900)),
)


GATEWAY_ENTRIES = tuple(replace(entry, kind="HTTPRoute") for entry in ENTRIES)
"""The same through the Gateway API."""


def objects(entries: Iterable[Entry] = ENTRIES, apps: Iterable[App] = APPS) -> Objects:
    """The shop's objects, as a cluster has them."""
    apps = tuple(apps)
    return Objects(
        namespaces=tuple(Namespace(name) for name in ("data", "shop", "stock")),
        services=tuple(
            Service(
                app.namespace,
                app.service,
                selector={"app": app.name},
                cluster_ips=(app.cluster_ip,),
                ports=(ServicePort(app.port, "main"),),
            )
            for app in apps
        ),
        workloads=tuple(
            recognised(
                Workload(
                    app.kind,
                    app.namespace,
                    app.name,
                    labels={"app": app.name},
                    containers=(Container("main", app.image),),
                    service_name=app.called or None,
                )
            )
            for app in apps
        ),
        pods=tuple(
            Pod(app.namespace, name, f"{app.kind}/{app.name}", ip=ip, status="Running")
            for app in apps
            for name, ip in app.pods
        ),
        routes=tuple(
            Route(
                entry.kind,
                entry.namespace,
                entry.ingress,
                gateways=("nginx",),
                backends=(
                    Backend(entry.server.namespace, entry.server.service, entry.server.port),
                ),
            )
            for entry in entries
        ),
        kinds=tuple(
            KindRead(kind, group, "read")
            for kind, group in (("Namespace", ""), ("Service", ""), ("Deployment", "apps"))
        ),
    )

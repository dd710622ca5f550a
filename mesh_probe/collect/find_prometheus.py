"""Finding Prometheus, and what speaks its language, among the Services of a cluster."""

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Literal, NamedTuple

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.kube import Cluster
from mesh_probe.collect.prometheus import AT_ONCE, Prometheus
from mesh_probe.collect.query_error import QueryError
from mesh_probe.model import Gap, Noun, Objects, Service, ServicePort
from mesh_probe.text import Message, message

_MOST_CANDIDATES = 8
_TRY_SECONDS = 5.0

_BY_LABELS = 8
_BY_NAME = 4
_BY_PORT = 2
_BY_PORT_NAME = 1
_HEADLESS = -1


How = Literal["address", "cluster", "service-proxy"]


class Candidate(Noun):
    """A Service that looks like a Prometheus."""

    namespace: str
    service: str
    port: int
    score: int
    """How much it looks like one; only its order means anything."""
    path: str = ""
    """Where its API begins."""
    scheme: Literal["http", "https"] = "http"
    headers: dict[str, str] = {}
    """What it wants to hear besides what the user says."""

    @property
    def name(self) -> str:
        """How people are told of it."""
        return f"{self.namespace}/{self.service}:{self.port}{self.path}"


class Attempt(Noun):
    """One try to reach a Prometheus, and how it ended."""

    target: str
    """The Service or the address that was tried."""
    how: How
    """By an address that was given, from inside the cluster, through the API server."""
    answered: bool
    result: Message


class Found(NamedTuple):
    """The servers that answer, best first, and all that was tried."""

    servers: tuple[Prometheus, ...]
    attempts: tuple[Attempt, ...]
    queries: int = 0
    """Requests to what turned out not to be one; the servers count their own."""
    bytes: int = 0


class _Product(NamedTuple):
    """How the Services of a product can be told; each set of labels is enough."""

    labels: tuple[Mapping[str, str], ...]
    names: str
    path: str = ""
    headers: Mapping[str, str] = {}


# Labels as the products' charts and operators set them, and as other tools look for them:
# https://github.com/robusta-dev/krr/tree/main/robusta_krr/core/integrations/prometheus
_NAME, _COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"
_PRODUCTS = (
    _Product(
        labels=(
            {_NAME: "prometheus", _COMPONENT: "server"},
            {_NAME: "prometheus", _COMPONENT: "prometheus"},
            {"app": "kube-prometheus-stack-prometheus"},
            {"app": "prometheus-operator-prometheus"},
            {"app": "rancher-monitoring-prometheus"},
            {"app": "prometheus", "component": "server"},
            {"app": "prometheus-server"},
            {"app": "prometheus-prometheus"},
            {"app": "stack-prometheus"},
            {"operated-prometheus": "true"},
            {"component": "prometheus", "linkerd.io/extension": "viz"},
        ),
        names=r"(.+-)?prometheus(-server|-k8s|-operated)?",
    ),
    _Product(
        labels=(
            {_NAME: "thanos", _COMPONENT: "query"},
            {_NAME: "thanos-query"},
            {"app": "thanos-query"},
            {"app": "thanos-querier"},
        ),
        names=r"(.+-)?thanos-quer(y|ier)",
    ),
    _Product(
        labels=({_NAME: "mimir", _COMPONENT: "query-frontend"},),
        names=r"(.+-)?mimir-query-frontend",
        path="/prometheus",
        # The name of the only tenant where nobody set up others.
        headers={"X-Scope-OrgID": "anonymous"},
    ),
    _Product(
        labels=({_NAME: "vmsingle"}, {_NAME: "victoria-metrics-single"}),
        names=r"(vmsingle(-.+)?|(.+-)?victoria-metrics(-single)?(-server)?)",
    ),
    _Product(
        labels=({_NAME: "vmselect"}, {_COMPONENT: "vmselect"}, {"app": "vmselect"}),
        names=r"(vmselect(-.+)?|(.+-)?vmselect)",
        path="/select/0/prometheus",
    ),
)

_OTHERS = re.compile(
    r"(.+-)?(alertmanager|grafana|operator|exporter|pushgateway|adapter|kube-state-metrics"
    r"|vmagent|vmalert|vminsert|vmstorage|thanos-(store|compactor?|rule|ruler|sidecar|receive))"
    r"(-operated|-headless|-main|-server)?"
)
"""What is deployed beside Prometheus, with its name in theirs, and answers no queries."""

PORTS = (9090, 9009, 10902, 8428, 8429, 8481, 9091)
_SECURE_PORTS = (443, 9091)
"""9091 is OpenShift's thanos-querier."""
_PORT_NAMES = ("web", "http-web", "http", "http-query", "http-metrics", "server", "admin", "https")


def candidates(objects: Objects) -> tuple[Candidate, ...]:
    """Services that look like a Prometheus, best first, one for each set of pods."""
    found = [
        (candidate, service)
        for service in objects.services
        if (candidate := _candidate(service)) is not None
    ]
    found.sort(key=lambda pair: (-pair[0].score, pair[0].namespace, pair[0].service))
    seen: set[object] = set()
    best: list[Candidate] = []
    for candidate, service in found:
        behind = _behind(service, objects)
        if behind not in seen:
            best.append(candidate)
            seen.add(behind)
    return tuple(best[:_MOST_CANDIDATES])


def find(
    objects: Objects,
    cluster: Cluster,
    *,
    headers: Mapping[str, str],
    verify: bool | str = True,
    at: datetime,
    deadline: float,
) -> Found:
    """Try the candidates, from inside the cluster or through the API server. Never raises.

    The API server takes the Authorization header for itself; all others reach the Prometheus.
    """

    def directly(place: Candidate) -> Prometheus:
        return Prometheus(
            f"{place.scheme}://{place.service}.{place.namespace}.svc:{place.port}{place.path}",
            headers=lambda: {**place.headers, **headers},
            verify=verify,
        )

    def by_proxy(place: Candidate) -> Prometheus:
        access = cluster.http_access()
        url = cluster.proxy_url(place.namespace, place.service, place.port, place.scheme)
        return Prometheus(
            url + place.path,
            headers=lambda: {**place.headers, **headers, **access.headers()},
            verify=access.verify,
            cert=access.cert,
            proxy=access.proxy,
            server_name=access.server_name,
        )

    inside: Sequence[_Way] = (("cluster", directly),)
    proxy: Sequence[_Way] = (("service-proxy", by_proxy),)
    ways = (*inside, *proxy) if cluster.context is None else proxy
    places = candidates(objects)
    tries = [partial(_try, place, ways, at, deadline) for place in places]
    results = at_once(tries, AT_ONCE, deadline)
    servers: list[Prometheus] = []
    attempts: list[Attempt] = []
    for place, result in zip(places, results, strict=True):
        if isinstance(result, QueryError):
            attempts.append(Attempt(place.name, ways[0][0], False, result.reason))
        else:
            servers += result.servers
            attempts += result.attempts
    tried = [result for result in results if not isinstance(result, QueryError)]
    return Found(
        tuple(servers),
        tuple(attempts),
        sum(each.queries for each in tried),
        sum(each.bytes for each in tried),
    )


def not_found(attempts: Sequence[Attempt]) -> Gap:
    """The gap that is left when none of the attempts reached a Prometheus."""
    if not attempts:
        return Gap(
            "Prometheus", message("gap.prometheus-no-candidate"), message("hint.prometheus-given")
        )
    best = attempts[0]
    return Gap(
        "Prometheus",
        message("gap.prometheus-not-found", count=len(attempts), target=best.target, how=best.how),
        message("hint.prometheus-given"),
    )


_Way = tuple[How, Callable[[Candidate], Prometheus]]


def _try(place: Candidate, ways: Iterable[_Way], at: datetime, until: float) -> Found:
    """The first way on which a candidate answers."""
    attempts: list[Attempt] = []
    in_vain: list[Prometheus] = []
    found: tuple[Prometheus, ...] = ()
    for how, reach in ways:
        server = reach(place)
        try:
            server.prove(at, min(until, time.monotonic() + _TRY_SECONDS))
        except QueryError as err:
            attempts.append(Attempt(place.name, how, False, err.reason))
            in_vain.append(server)
        else:
            answered = message("label.prometheus-answers", server=server.name)
            attempts.append(Attempt(place.name, how, True, answered))
            found = (server,)
            break
    return Found(
        found,
        tuple(attempts),
        sum(server.queries for server in in_vain),
        sum(server.bytes for server in in_vain),
    )


def _candidate(service: Service) -> Candidate | None:
    if service.type == "ExternalName":
        return None
    for product in _PRODUCTS:
        labelled = any(labels.items() <= service.labels.items() for labels in product.labels)
        named = re.fullmatch(product.names, service.name) is not None
        if not labelled and (not named or _OTHERS.fullmatch(service.name)):
            continue
        port = max(service.ports, key=_points, default=None)
        if port is None or not _points(port):
            continue
        headless = service.cluster_ips == ("None",)
        score = _BY_LABELS * labelled + _BY_NAME * named + _points(port) + _HEADLESS * headless
        secure = port.name == "https" or port.app_protocol == "https" or port.port in _SECURE_PORTS
        return Candidate(
            service.namespace,
            service.name,
            port.port,
            score,
            product.path,
            "https" if secure else "http",
            dict(product.headers),
        )
    return None


def _points(port: ServicePort) -> int:
    """How much a port looks like the one that answers queries; 0 where it cannot be."""
    if port.protocol != "TCP":
        return 0
    number = port.port in PORTS or port.target in PORTS
    return _BY_PORT * number + _BY_PORT_NAME * (port.name in (None, *_PORT_NAMES))


def _behind(service: Service, objects: Objects) -> object:
    """What tells two Services apart that are in front of the same pods; they need asking once."""
    addresses = frozenset(
        endpoint.address
        for part in objects.endpoint_slices
        if part.namespace == service.namespace and part.service == service.name
        for endpoint in part.endpoints
    )
    selector = frozenset(service.selector.items())
    return addresses or (service.namespace, selector or service.name)

"""From the labels of a series to the two sides of a call, as a row of the table reads them."""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache

from mesh_probe.model import Peer
from mesh_probe.sources.row import NAMING, Row, Side, Words, words

Labels = Mapping[str, str]
"""With underscores in the names where programs write dots."""

NOBODY = re.compile(r"|unknown|-|none|None|<none>|unknown_service(:.*)?")
"""What programs write where they know nothing."""

_KIND_LABEL = re.compile(
    r"(?:.*_)?(deployment|statefulset|daemonset|replicaset|cronjob|job|replicationcontroller)"
    r"(?:_name)?"
)
_KINDS = {
    kind.lower(): kind
    for kind in (
        *("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob", "Job", "Rollout"),
        *("ReplicationController", "Service", "Pod", "Node"),
    )
}
_ROUTE_KINDS = {"httproute": "HTTPRoute", "grpcroute": "GRPCRoute"}
_OUTSIDE_KINDS = frozenset({"external", "world", "internet"})

_RESOLVERS = frozenset(
    {"dns", "xds", "passthrough", "kubernetes", "consul", "ipv4", "ipv6", "etcd"}
)
"""gRPC's, whose targets look like URLs: https://grpc.github.io/grpc/core/md_doc_naming.html"""
_PORT = re.compile(r"(.*[^:]|\[.*\]):(\d{1,5})")

_OWNERS = ("deployment", "statefulset", "daemonset", "cronjob", "job", "replicaset")
_RESOURCE = Side(
    workload=(*(f"k8s.{owner}.name" for owner in _OWNERS), "k8s.owner.name"),
    kind="k8s.kind",
    namespace="k8s.namespace.name",
    pod="k8s.pod.name",
    name=("service.name",),
    port=(),
)
"""OpenTelemetry's resource attributes: https://opentelemetry.io/docs/specs/semconv/resource/k8s/"""
_TARGET = Side(namespace="namespace", pod=("pod", "kubernetes_pod_name", "pod_name"), job="job")
"""What scraping adds."""
SCRAPED_LABELS = (
    *_RESOURCE.labels(),
    "service.namespace",
    *("exported_namespace", "exported_pod", "exported_job", "exported_instance"),
    *_TARGET.labels(),
    *("kubernetes_namespace", "instance"),
)


def plain(label: str) -> str:
    """The label as Prometheus writes it where it may not have dots."""
    return label.replace(".", "_")


def reader(row: Row) -> Callable[[Labels], tuple[Peer | None, Peer | None]]:
    """How the labels of the row's series tell its sides; None for one that they do not tell."""
    client, server = _Side(row.client), _Side(row.server)
    return lambda labels: (client.peer(labels), server.peer(labels))


class _Side:
    """A side of a row, made ready to be read from many series."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._fields = {
            field: tuple(plain(label) for label in words(getattr(side, field)))
            for field in NAMING
            if getattr(side, field)
        }
        self._patterns = [
            (plain(label), tuple(re.compile(pattern) for pattern in words(patterns)))
            for label, patterns in side.patterns.items()
        ]
        self._nobody = re.compile(side.nobody) if side.nobody else None
        self._outside = re.compile(side.outside) if side.outside else None

    def peer(self, labels: Labels) -> Peer | None:
        found = self._told(labels)
        if found is not None:
            return found
        if self._side.scraped:
            scraped = scraped_peer(labels)
            if scraped is not None and self._side.gateway:
                return Peer(pod=scraped.pod, namespace=scraped.namespace, gateway=True)
            if scraped is not None:
                return scraped
        if self._side.gateway:
            return Peer(gateway=True, outside=True)
        return Peer(outside=True) if self._side.absent == "outside" else None

    def _told(self, labels: Labels) -> Peer | None:
        told: dict[str, str] = {}
        for field, of_field in self._fields.items():
            for label in of_field:
                value = labels.get(label, "")
                if self._outside and value and self._outside.fullmatch(value):
                    return Peer(outside=True)
                if not self._says_nothing(value):
                    told[field] = value
                    if field == "workload" and (kind := _KIND_LABEL.fullmatch(label)):
                        told.setdefault("kind", kind[1])
                    break
        for label, patterns in self._patterns:
            value = labels.get(label, "")
            if self._outside and value and self._outside.fullmatch(value):
                return Peer(outside=True)
            fits = (pattern.fullmatch(value) for pattern in patterns if value)
            if match := next((fit for fit in fits if fit), None):
                given = {k: v for k, v in match.groupdict().items() if not self._says_nothing(v)}
                told = {**given, **told}
        return made(told, gateway=self._side.gateway)

    def _says_nothing(self, value: str | None) -> bool:
        if value is None or NOBODY.fullmatch(value):
            return True
        return self._nobody is not None and self._nobody.fullmatch(value) is not None


def made(told: Mapping[str, str], *, gateway: bool = False) -> Peer | None:
    """A peer of what labels tell, by field; None where that names nobody."""
    kind, workload, service = told.get("kind"), told.get("workload"), told.get("service")
    pod, host, port = told.get("pod"), None, told.get("port")
    if kind is not None and workload is not None:
        if kind.lower() in _OUTSIDE_KINDS:
            host, port = address_of(workload)
            return Peer(host=host, port=_number(port), outside=True)
        match _KINDS.get(kind.lower()):
            case "Service":
                workload, service = None, service or workload
            case "Pod":
                workload, pod = None, pod or workload
            case "Node":
                return None
    if "host" in told:
        host, found = address_of(told["host"])
        port = port or found
    name, job = told.get("name"), told.get("job")
    namespace = told.get("namespace")
    if job and "/" in job:
        home, _, job = job.partition("/")
        namespace = namespace or home
    if host and "." not in host and ":" not in host:
        # Resolvers that know Kubernetes write the name of a Service or of an owner alone.
        name = name or host
    route = told.get("route")
    if route and namespace:
        route_kind = told.get("route_kind", "Ingress")
        route = f"{_ROUTE_KINDS.get(route_kind, route_kind)}/{namespace}/{route}"
    known = (workload, pod, service, host, name, job, told.get("joined"), told.get("api"), route)
    if not any(known):
        return None
    return Peer(
        workload=workload,
        namespace=namespace,
        service=service,
        service_namespace=told.get("service_namespace") or (namespace if service else None),
        name=name,
        host=host,
        port=_number(port),
        dialled=address_of(told["dialled"])[0] if host and "dialled" in told else None,
        kind=_KINDS.get((kind or "").lower()) if workload else None,
        pod=pod,
        job=job,
        joined=told.get("joined"),
        route=route,
        rule=_number(told.get("rule")),
        api=told.get("api"),
        gateway=gateway,
    )


_of_resource, _of_target = _Side(_RESOURCE), _Side(_TARGET)


def scraped_peer(labels: Labels) -> Peer | None:
    """The program that a series is about, by what scraping and OpenTelemetry say of it.

    Where labels were renamed to `exported_…`, the plain ones are those of an exporter in between.
    https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config
    """
    resource = _of_resource.peer(labels)
    own_namespace = labels.get("k8s_namespace_name") or labels.get("service_namespace")
    exported = {
        label.removeprefix("exported_"): value
        for label, value in labels.items()
        if label.startswith("exported_") and value
    }
    if resource is not None and (resource.workload or resource.pod or resource.name):
        return Peer(
            workload=resource.workload,
            namespace=own_namespace,
            name=resource.name,
            kind=resource.kind,
            pod=resource.pod,
        )
    if "job" in exported or "pod" in exported:
        return _of_target.peer(exported)
    target = dict(labels)
    if "kubernetes_namespace" in labels:
        target.setdefault("namespace", labels["kubernetes_namespace"])
    return _of_target.peer(target)


@cache
def address_of(text: str) -> tuple[str | None, str | None]:
    """Host and port of a host, an address, a URL or a gRPC target."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "unix":
        return None, None
    if colon and scheme in _RESOLVERS:
        # "dns:///host:port", "dns://resolver/host:port", "dns:host:port"
        text = rest.partition("//")[2].partition("/")[2] if rest.startswith("//") else rest
    elif "://" in text:
        text = text.partition("://")[2].partition("/")[0].rpartition("@")[2]
    text = text.partition("/")[0].partition(",")[0].strip()
    if (with_port := _PORT.fullmatch(text)) and (":" not in with_port[1] or text[0] == "["):
        return with_port[1].strip("[]").rstrip(".") or None, with_port[2]
    return text.strip("[]").rstrip(".") or None, None


def _number(text: str | None) -> int | None:
    return int(text) if (text and text.isdecimal() and int(text) > 0) or text == "0" else None


def labels_of(row: Row) -> tuple[str, ...]:
    """All labels that a row's queries group by, but for those of single figures."""
    sides = (row.client, row.server)
    found: list[str] = [label for side in sides for label in side.labels()]
    if any(side.scraped for side in sides):
        found += SCRAPED_LABELS
    if row.reporter:
        found.append(row.reporter.label)
    found += words(row.protocol_label)
    return tuple(dict.fromkeys(found))


def first(labels: Labels, given: Words | Iterable[str]) -> str | None:
    """The value of the first of some labels that has one."""
    names = words(given) if isinstance(given, str | tuple) else given
    return next((value for name in names if (value := labels.get(plain(name)))), None)

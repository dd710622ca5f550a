"""The nouns: what a cluster, its metrics and its call graph are made of, as far as we keep them.

All are frozen. A missing value is `None`, never 0 or "". Every number's unit is in its name.
Sequences are tuples in a stable order, so that equal input gives equal bytes.
"""

import re
from datetime import date, datetime
from typing import Annotated, Literal, dataclass_transform

import msgspec

from mesh_probe.text import Message

_INDEX = re.compile(r"\[\d+\]")
_SUBJECT_ENDS = re.compile(r"[ /]")


@dataclass_transform(frozen_default=True)
class Noun(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A frozen record. It holds no cycles, so the garbage collector need not look at it."""


Figure = Annotated[float, msgspec.Meta(ge=0)]
"""A measured figure; a saved one below zero is refused."""

Count = Annotated[int, msgspec.Meta(ge=0)]


class Gap(Noun):
    """Something we looked for and could not see."""

    subject: str
    """What is missing: a kind ("NetworkPolicy"), a source ("istio"), a file, "Prometheus"."""
    reason: Message
    hint: Message | None = None


class Evidence(Noun):
    """A fact that can be checked again."""

    subject: str
    """The object or edge it is about: "Deployment shop/cart", "shop/web -> shop/cart"."""
    fact: Message
    seen_in: str
    """Where it was seen: "objects", "istio", "answers file"."""
    points: Literal["yes", "no"] | None = None
    """Which way it points; None where it only shows how something is known."""
    weight: float = 0.0
    """How much it counts, in natural log-odds (see `question.conclude`)."""
    check: str = ""
    """A command or query that shows it again."""


class Finding(Noun):
    """Something worth fixing whether or not a mesh is adopted."""

    id: str
    severity: Literal["info", "warning", "error"]
    subject: str
    text: Message
    evidence: tuple[Evidence, ...] = ()


class Reference(Noun):
    """A host that a string in a manifest names. User info, path and query are never kept."""

    host: str
    key: str
    """The variable, flag or key path it was the value of; "" when there is none."""
    found_in: str
    """"env", "args", "command", or the data key of the ConfigMap."""
    form: Literal["url", "host-port", "pair", "fqdn", "word"]
    """How it was written; a bare word proves much less than a URL."""
    port: int | str | None = None
    scheme: str | None = None
    tls: bool | None = None
    """Whether encryption is asked for; None where the string does not say."""
    about: Literal["store", "sink", "probe"] | None = None
    """What its name says that the host is: a store or broker, or a "sink", which every service of
    a system reports to, registers at or is configured from. Found for shared ConfigMaps only.
    "probe": it is only asked whether it is well, as status pages do; so said its path or key."""
    owners: tuple[str, ...] = ()
    """Names of the workloads that it is for, where names in a shared ConfigMap tell."""


class Setting(Noun):
    """A number, duration, percentage or switch whose key is on the published list of settings."""

    key: str
    value: str | float | bool
    found_in: str
    subject: Literal[
        "timeout",
        "retry",
        "breaker",
        "limit",
        "flag",
        "canary",
        "auth",
        "tls",
        "telemetry",
        "network",
    ]
    """What it is about. "auth", "flag" and "telemetry" may also tell no more than that their key is
    there, and are True then; "auth" also that a key names a program inside that signs tokens."""


class Namespace(Noun):
    """A namespace with the labels and annotations that are on the published lists."""

    name: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class KubeNode(Noun):
    """A machine of the cluster; `Node` is a node of the call graph."""

    name: str
    kubelet_version: str | None = None
    cpu_cores: float | None = None
    memory_bytes: int | None = None
    labels: dict[str, str] = {}


class ServicePort(Noun):
    """A port that a Service offers."""

    port: int
    name: str | None = None
    target: int | str | None = None
    protocol: str = "TCP"
    app_protocol: str | None = None
    node_port: int | None = None


class Service(Noun):
    """A stable name in front of workloads."""

    namespace: str
    name: str
    type: str = "ClusterIP"
    selector: dict[str, str] = {}
    cluster_ips: tuple[str, ...] = ()
    """Addresses; ("None",) for a headless Service, as the API writes it."""
    external_name: str | None = None
    ports: tuple[ServicePort, ...] = ()
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    product: str | None = None
    """What its own name and ports show to be behind it: "nats"; its workloads may know better."""


class Endpoint(Noun):
    """One address behind a Service."""

    address: str
    ready: bool | None = None
    pod: str | None = None


class EndpointSlice(Noun):
    """Addresses behind a Service, as the cluster last knew them."""

    namespace: str
    name: str
    service: str | None
    endpoints: tuple[Endpoint, ...] = ()


class ContainerPort(Noun):
    """A port that a container says it listens on."""

    port: int
    name: str | None = None
    protocol: str = "TCP"


class Container(Noun):
    """A container of a workload's pods."""

    name: str
    image: str | None = None
    init: bool = False
    ports: tuple[ContainerPort, ...] = ()
    cpu_request_cores: float | None = None
    memory_request_bytes: int | None = None
    cpu_limit_cores: float | None = None
    memory_limit_bytes: int | None = None
    readiness_probe: str | None = None
    """"http", "tcp", "exec" or "grpc"; None when there is none."""
    liveness_probe: str | None = None
    run_as_user: int | None = None
    """The user id that it or its pod is given; None where the image tells."""


class ConfigUse(Noun):
    """A workload reads a ConfigMap of its namespace."""

    config_map: str
    how: Literal["env", "envFrom", "file", "api"]
    """"api": the program asks the API server for it, if it is there (Spring Cloud Kubernetes)."""
    key: str | None = None
    """The data key it reads; None for all of them."""
    variable: str | None = None
    """The environment variable that the key becomes."""


Purpose = Literal["datastore", "broker", "infrastructure"]
"""What a workload is for that is no application of the team."""


class Workload(Noun):
    """A controller that runs pods, or a bare pod."""

    kind: str
    """Deployment, StatefulSet, DaemonSet, Job, CronJob, Rollout, ReplicaSet,
    ReplicationController or Pod; the latter three only where nothing owns them."""
    namespace: str
    name: str
    labels: dict[str, str] = {}
    """Labels of its pods: those that Services select by and those on the published list."""
    annotations: dict[str, str] = {}
    """Of the controller and its pods, published list only."""
    replicas: Count | None = None
    containers: tuple[Container, ...] = ()
    references: tuple[Reference, ...] = ()
    settings: tuple[Setting, ...] = ()
    config: tuple[ConfigUse, ...] = ()
    secrets: tuple[str, ...] = ()
    """Names of Secrets it reads, "name" or "name/key"; their contents are never asked for."""
    service_account: str | None = None
    priority_class: str | None = None
    host_network: bool = False
    spread: bool = False
    """Its pods are kept apart: topology spread constraints or anti-affinity."""
    service_name: str | None = None
    """The name it gives itself in telemetry, where its objects say so (OTEL_SERVICE_NAME)."""
    product: str | None = None
    """What it runs where its images tell: "postgres", "kafka"."""
    role: Purpose | None = None
    """What it is for where its images or its namespace tell; None for an application."""
    is_front: bool = False
    """It is called what people's requests arrive at: a gateway, a frontend."""
    released_at: tuple[datetime, ...] = ()
    """When its versions were made, as far as the cluster remembers; oldest first."""


class Pod(Noun):
    """A running pod. What it runs is in its workload."""

    namespace: str
    name: str
    workload: str | None = None
    """"Kind/name" of the workload at the top of its owners, in the same namespace."""
    ip: str | None = None
    node: str | None = None
    status: str | None = None
    ready: bool | None = None
    restarts: int | None = None
    mesh: str | None = None
    """The mesh that took it in and how, "istio/sidecar"; None where it is in none."""


class ConfigMap(Noun):
    """The keys of a ConfigMap and what of its values may be kept."""

    namespace: str
    name: str
    keys: tuple[str, ...] = ()
    """Data keys and, after a colon, key paths inside them: "application.yml:cart.url"."""
    references: tuple[Reference, ...] = ()
    settings: tuple[Setting, ...] = ()


class Backend(Noun):
    """A Service that a route sends requests to."""

    namespace: str
    service: str
    port: int | str | None = None
    weight: int | None = None
    """Its share of its rule's requests, relative to the others; None where shares are not given."""
    path: str | None = None
    rule: int = 0
    """Which of the route's rules it belongs to; one request is shared out within one rule only."""


class Route(Noun):
    """A way in or a rule on the way: Ingress, HTTPRoute, GRPCRoute, Route, VirtualService."""

    kind: str
    namespace: str
    name: str
    hosts: tuple[str, ...] = ()
    gateways: tuple[str, ...] = ()
    """The ingress class, or the gateways it is attached to."""
    backends: tuple[Backend, ...] = ()
    tls: bool = False
    annotations: dict[str, str] = {}
    settings: tuple[Setting, ...] = ()


class Fact(Noun):
    """One value of an object that is kept in outline: its path and what stands there."""

    path: str
    value: str | float | bool


class Outline(Noun):
    """An object of which only the fields listed in `kinds.KINDS` are kept."""

    kind: str
    group: str
    namespace: str | None
    name: str
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    facts: tuple[Fact, ...] = ()

    def values(self, path: str) -> tuple[str | float | bool, ...]:
        """Everything kept under a path as `kinds.KINDS` writes it: "spec.slos[].objective"."""
        return tuple(fact.value for fact in self.facts if _INDEX.sub("[]", fact.path) == path)


class KindRead(Noun):
    """How far a kind could be seen, so that "there are none" and "we do not know" stay apart."""

    kind: str
    group: str
    state: Literal["read", "partial", "not-served", "unreadable", "not-given"]
    """"partial": pages or namespaces are missing. "not-given": absent from the manifest files."""
    count: int = 0


class Objects(Noun):
    """Everything kept of a cluster's objects, each list sorted by namespace and name."""

    namespaces: tuple[Namespace, ...] = ()
    nodes: tuple[KubeNode, ...] = ()
    services: tuple[Service, ...] = ()
    endpoint_slices: tuple[EndpointSlice, ...] = ()
    workloads: tuple[Workload, ...] = ()
    pods: tuple[Pod, ...] = ()
    config_maps: tuple[ConfigMap, ...] = ()
    routes: tuple[Route, ...] = ()
    outlines: tuple[Outline, ...] = ()
    kinds: tuple[KindRead, ...] = ()

    def saw(self, kind: str, group: str | None = None) -> bool:
        """Whether all objects of a kind could be seen; a kind that is not served has none."""
        states = [k.state for k in self.kinds if k.kind == kind and group in (None, k.group)]
        return bool(states) and all(state in ("read", "not-served") for state in states)

    def hidden(self, *kinds: str) -> tuple[str, ...]:
        """Those of the kinds of which some objects may exist that were not seen.

        Kinds that are absent from given manifests are not hidden: the files hold none.
        """
        states = {kind: [k.state for k in self.kinds if k.kind == kind] for kind in kinds}
        return tuple(
            kind
            for kind, found in states.items()
            if not found or "unreadable" in found or "partial" in found
        )

    def not_given(self, *kinds: str) -> bool:
        """Whether none of the kinds is among the manifests that were read in place of a cluster."""
        states = {k.state for k in self.kinds if k.kind in kinds}
        return states == {"not-given"}


class Build(Noun):
    """A folder of a source tree that an image is built from."""

    folder: str
    """Below the tree, with "/"; "" for the tree itself."""
    image: str
    """The image, or the name that Docker Compose gives the service."""


class Library(Noun):
    """A library that a package list of a source tree takes in."""

    file: str
    name: str
    purpose: Literal["flag", "resilience"]


class KeyUse(Noun):
    """A place in code that names a variable in which a ConfigMap has an address."""

    key: str
    found_in: str
    """"path:line"."""


BranchKind = Literal["share", "header", "version", "setting"]


class Branch(Noun):
    """A place in code that itself decides who gets a new version."""

    found_in: str
    """"path:line"."""
    kind: BranchKind
    """By what: a share of requests or users, a request's header, the versions that instances
    registered, or a setting for a share; `references.branches` lists what is taken for each."""


class CodeTree(Noun):
    """A source tree, or the unpacked files of an image: what it names, and what is built from it.

    No line of code is kept.
    """

    name: str
    """Of the folder that was given."""
    file_count: int = 0
    """Files that were read."""
    projects: tuple[str, ...] = ()
    """Folders in which a program of its own is built."""
    builds: tuple[Build, ...] = ()
    libraries: tuple[Library, ...] = ()
    references: tuple[Reference, ...] = ()
    """To known Services; `found_in` is "path:line" or "path"."""
    keys: tuple[KeyUse, ...] = ()
    branches: tuple[Branch, ...] = ()
    """The first of each kind in a file."""


class Peer(Noun):
    """One side of a call as a telemetry source names it, before it is resolved to the cluster."""

    workload: str | None = None
    namespace: str | None = None
    """Namespace of the workload, or of `name`."""
    service: str | None = None
    service_namespace: str | None = None
    name: str | None = None
    """A name that the program gave itself (OpenTelemetry's service.name)."""
    host: str | None = None
    """A DNS name or address, without port."""
    port: int | None = None
    dialled: str | None = None
    """The address that the client asked for, where `host` is what it was translated to."""
    outside: bool = False
    """The source itself says that it is not in the cluster, or not instrumented."""
    kind: str | None = None
    """The kind of the workload, where it is told."""
    pod: str | None = None
    """Name of the pod; a source that does not tell pods from workloads may mean one of these."""
    job: str | None = None
    """The scrape job or OTLP's `job`: a name of the program only if something is called so."""
    joined: str | None = None
    """"namespace-service-port", whose parts may hold dashes themselves."""
    route: str | None = None
    """"Kind/namespace/name" of the route that it is."""
    rule: int | None = None
    """Of a route that is the server: which of its rules, for the backends of that rule."""
    api: str | None = None
    """A gRPC service, for the workload that offers it (`Telemetry.offers`)."""
    gateway: bool = False
    """It passes on requests from outside: the route that leads to the server stands for it."""


class Latency(Noun):
    """Quantiles of a call's duration."""

    p50_seconds: Figure | None = None
    p90_seconds: Figure | None = None
    p95_seconds: Figure | None = None
    p99_seconds: Figure | None = None
    censored: Literal["low", "high"] | None = None
    """"low": p50 lies in the first bucket and is at most this; "high": p99 lies beyond the last
    finite one and is at least this."""
    bounds: tuple[float, ...] = ()
    """Upper bounds in seconds of the buckets that these were read from, if they are kept: parts of
    one edge are joined by them."""
    counts: tuple[Figure, ...] = ()
    """Observations per second in each bucket, and last those above all bounds."""


class ObservedCall(Noun):
    """Calls between two peers in the window, as one telemetry source reports them."""

    source: str
    client: Peer
    server: Peer
    protocol: str | None = None
    rate_rps: Figure | None = None
    """None where the source saw the edge but cannot count requests."""
    error_ratio: Figure | None = None
    client_latency: Latency | None = None
    """As the client waits for it."""
    server_latency: Latency | None = None
    """As the server works on it."""
    mtls: bool | None = None
    sampled: bool | None = None
    """The figures come from sampled traces and are lower bounds."""
    oriented: bool = True
    """False where replies are reported like calls, so that who calls whom is not told."""
    server_error_ratio: Figure | None = None
    """Of the calls that reached the server those that it failed, as the server's side counts them.
    None where the sides are not told apart."""
    wire_error_ratio: Figure | None = None
    """Of all calls those that failed on the way: no connection, no healthy server, overflow,
    timeout. None where reasons are not told."""


class Offer(Noun):
    """A program that serves a gRPC service, as its own metrics tell."""

    api: str
    server: Peer


class Query(Noun):
    """A query as it was sent, and the number of series that came back."""

    purpose: str
    promql: str
    series_count: int | None = None


class SourceRead(Noun):
    """How far a telemetry source could be read."""

    source: str
    state: Literal["read", "partial", "silent", "absent", "unreadable"]
    """"partial": some of its queries failed. "silent": its metrics are known in the look-back, but
    nothing moved in the window."""
    queries: tuple[Query, ...] = ()
    details: tuple[str, ...] = ()
    """Versions and forms that were found: "1.22.3", "v1"."""


class Usage(Noun):
    """What the pods of a workload used, summed over them."""

    namespace: str
    workload: str
    """"Kind/name", as in `Pod`."""
    pods: Count | None = None
    """Pods whose usage is in the figures."""
    cpu_cores: Figure | None = None
    """Mean over the window."""
    memory_bytes: Figure | None = None
    """Working set: the mean over the window."""
    restarts_count: Count | None = None
    """Restarts of containers in the look-back."""


class Telemetry(Noun):
    """Everything kept of the metrics."""

    prometheus: tuple[str, ...] = ()
    """The servers that answered, without credentials."""
    sources: tuple[SourceRead, ...] = ()
    calls: tuple[ObservedCall, ...] = ()
    offers: tuple[Offer, ...] = ()
    """Who serves which gRPC services, for clients whose metrics name nothing else."""
    usage: tuple[Usage, ...] = ()
    """By namespace and workload; empty where neither kube-state-metrics nor cAdvisor is there."""


Status = Literal["yes", "no", "unknown"]


class Declaration(Noun):
    """An answer that people gave for a question or a signal, with their reason."""

    id: str
    status: Status
    note: str = ""
    who: str = ""
    """Who said it."""
    said_on: date | None = None
    expires_on: date | None = None
    """The last day it counts; judged by the day the snapshot was taken."""


class Ignore(Noun):
    """Blockers that people chose to live with: they stay listed, and count nowhere."""

    blocker: str
    """The id of the check."""
    subject: str | None = None
    """The object as reports call it; "*" stands for a whole part of it: "Deployment lab/*". None
    for all objects."""
    note: str = ""
    who: str = ""
    """Who chose so."""
    until: date | None = None
    """The last day it counts; judged by the day the snapshot was taken."""

    @property
    def about(self) -> str:
        """The check, and the object where it is about one."""
        return f"{self.blocker} {self.subject}" if self.subject else self.blocker

    def covers(self, blocker: str, subject: str) -> bool:
        """Whether it is about what a check found on an object."""
        if blocker != self.blocker or self.subject in (None, subject):
            return blocker == self.blocker
        wanted, parts = (_SUBJECT_ENDS.split(name) for name in (self.subject, subject))
        pairs = zip(wanted, parts, strict=False)
        return len(wanted) == len(parts) and all(want in ("*", part) for want, part in pairs)


Role = Literal[
    "entry", "middle", "leaf", "isolated", "datastore", "broker", "external", "infrastructure"
]


class Node(Noun):
    """A workload, or something that calls or is called and is not one."""

    id: str
    """"namespace/name"; "namespace/name~kind" for a second kind of that name; "service:ns/name",
    "ingress:ns/name", "external:host", "internet", "unknown:ns/name", "unknown:unseen-client"."""
    name: str
    kind: str
    role: Role
    namespace: str | None = None
    product: str | None = None
    """What it runs where that is known by its image: "postgres", "kafka"."""
    services: tuple[str, ...] = ()
    """Services in front of it, "namespace/name"."""
    replicas: int | None = None


class Via(Noun):
    """The Service and port that calls go through."""

    service: str
    port: int | str | None = None
    protocol: str | None = None


class Edge(Noun):
    """Calls from a client node to a server node; one per pair."""

    client: str
    server: str
    confidence: float
    """P(the client does call the server). Below 0.5 it is listed, but counts nowhere."""
    declared: bool = False
    observed: bool = False
    via: tuple[Via, ...] = ()
    protocol: str | None = None
    sampled: bool | None = None
    rate_rps: float | None = None
    error_ratio: float | None = None
    latency: Latency | None = None
    """As the client waits for it; the server's own time where no client-side figure is there."""
    latency_side: Literal["client", "server"] | None = None
    """Which of the two it is."""
    server_latency: Latency | None = None
    """As the server works on it; what is missing to the client's is spent on the wire."""
    mtls: bool | None = None
    probe: bool = False
    """As far as is known its client only asks whether its server is well, as status pages do: it is
    listed, and no question takes it for a way that requests go."""
    sources: tuple[str, ...] = ()
    """Telemetry sources that saw it, best first; each figure is of the first that tells it."""
    evidence: tuple[Evidence, ...] = ()


class Load(Noun):
    """What a scan cost the cluster."""

    requests: int = 0
    bytes: int = 0
    prometheus_queries: int = 0
    seconds: float = 0.0

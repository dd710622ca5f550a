"""The workloads that a team writes, each with what its objects set for it.

Rules look at these rather than at all workloads: what an operator sets for its own controllers says
nothing of how the team's services are run.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from mesh_probe.graph import APPLICATION_ROLES, COUNTS_FROM, CallGraph
from mesh_probe.graph.mentions import mentions
from mesh_probe.graph.places import Places
from mesh_probe.graph.shape import application_services
from mesh_probe.kinds import WORKLOAD_KINDS, called, command
from mesh_probe.model import (
    ConfigMap,
    ConfigUse,
    Evidence,
    Node,
    Noun,
    Objects,
    Outline,
    Route,
    Service,
    Setting,
    Workload,
)
from mesh_probe.question import Threshold, point
from mesh_probe.references import settings
from mesh_probe.references.durations import UNITS, seconds
from mesh_probe.references.keys import words
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, message

FEW = Threshold("few-services", 5, "services")
"""Application services up to which a team keeps them in line by hand: the typical team without a
mesh has three to five people and at most five services."""


_FEW_SUBJECT = "Services"

COPIES = 0.5
"""Share of the names that recur over namespaces, from which these are copies of one system; our
own."""

SHARED_BY = 3
"""Applications that read one ConfigMap, from which what it sets is a default for all rather than a
setting of each: one service and its worker are two; our own."""

MOST_ATTEMPTS = 10
"""More are not taken for attempts of one call: such figures are for jobs and for connecting."""

_OF_CALLS = frozenset({"client", "feign", "grpc", "http", "request", "timelimiter", "upstream"})
"""Words of a key that sets how calls to other services go."""

_ANY_CALL = (
    _OF_CALLS
    | UNITS
    | {"4", "all", "application", "attempt", "attempts", "cloud", "count", "default", "duration"}
    | {"enabled", "instances", "j", "limit", "max", "num", "number", "out", "properties", "read"}
    | {"resilience", "response", "retries", "retry", "retrying", "spring", "time", "timeout"}
    | {"timeouts", "total", "tries", "wait", "yaml", "yml"}
)
"""Words of a key that name no server."""

_ELSEWHERE = frozenset(
    {"amqp", "batch", "boot", "cache", "consumer", "cookie", "cron", "datasource", "db", "drain"}
    | {"election", "flush", "grace", "graceful", "health", "heartbeat", "hikari", "jdbc", "job"}
    | {"jwt", "kafka", "lease", "lock", "mysql", "oauth", "poll", "postgres", "probe"}
    | {"producer", "rabbit", "rabbitmq", "redis", "session", "shutdown", "startup", "token"}
    | {"transaction", "ttl"}
)
"""Words of a key that sets how something else goes than calls between services."""

_NOT_AN_ANSWER = _ELSEWHERE | {
    "connect",
    "connection",
    "idle",
    "keepalive",
    "pool",
    "server",
    "socket",
}
"""Those of a key that does not set how long an answer may take or how often a call is tried."""


KEY_WORDS = _ANY_CALL | _NOT_AN_ANSWER
"""Words of keys by which it is told what they are about."""


class Application(Noun):
    """A workload of the team's own."""

    node: Node
    workload: Workload
    settings: tuple[Setting, ...] = ()
    """Set in the workload itself or in the parts of ConfigMaps that it reads."""
    read: tuple[tuple[str, Setting], ...] = ()
    """Those of a ConfigMap, with its name."""

    @property
    def name(self) -> str:
        """As reports call it: kind, namespace and name."""
        return called(self.workload.kind, self.workload.namespace, self.workload.name)

    @property
    def check(self) -> str:
        """The command that shows it."""
        return command(self.workload.kind, self.workload.namespace, self.workload.name)

    def has(self, subjects: Collection[str]) -> tuple[Setting, ...]:
        """Its settings about any of the subjects."""
        return tuple(setting for setting in self.settings if setting.subject in subjects)

    def policies(self, subjects: Collection[str]) -> tuple[Setting, ...]:
        """Its settings about any of the subjects that may be about calls between services."""
        return tuple(s for s in self.has(subjects) if _ELSEWHERE.isdisjoint(words(s.key)))

    def places(self, subjects: Collection[str]) -> Mapping[str, tuple[Setting, ...]]:
        """The same by where they are written: as reports call its ConfigMaps, and itself."""
        found: dict[str, list[Setting]] = defaultdict(list)
        policies = set(self.policies(subjects))
        for place, setting in (
            *((self.name, setting) for setting in self.workload.settings),
            *((called("ConfigMap", self.workload.namespace, name), s) for name, s in self.read),
        ):
            if setting in policies:
                found[place].append(setting)
        return {place: tuple(written) for place, written in found.items()}

    def attempts(self, server: str) -> int:
        """How often it tries a call to a server, as its settings say; 1 where they do not."""
        tries = [1]
        for setting in self.has({"retry"}):
            figure, said = setting.value, words(setting.key)
            if not isinstance(figure, float) or not 1 <= figure <= MOST_ATTEMPTS:
                continue
            if _is_about(said, server) and {"backoff", *UNITS}.isdisjoint(said):
                tries.append(int(figure) + ("attempts" not in said))
        return max(tries)

    def waits(self, server: str) -> Iterator[tuple[Setting, float]]:
        """How long it waits for a server, in seconds, with the settings that say so.

        A key that names nobody has to be about calls at all.
        """
        for setting in self.has({"timeout"}):
            said = words(setting.key)
            wait = seconds(setting.key, setting.value)
            if (
                wait
                and _is_about(said, server)
                and (set(said) - _ANY_CALL or not _OF_CALLS.isdisjoint(said))
            ):
                yield setting, wait


def _is_about(said: Sequence[str], server: str) -> bool:
    """Whether a key is about calls to a server: it names it, or nobody in particular."""
    if not _NOT_AN_ANSWER.isdisjoint(said):
        return False
    named = tuple(word for word in said if word not in _ANY_CALL)
    return named in ((), words(server.rpartition("/")[2]))


class Place(Noun):
    """A workload or a ConfigMap that sets something, for whoever reads it."""

    name: str
    readers: tuple[Application, ...]
    settings: tuple[Setting, ...]
    """As the first of them has them."""

    @property
    def is_shared(self) -> bool:
        """Whether it is set there once for many."""
        return len(self.readers) >= SHARED_BY

    @property
    def whose(self) -> tuple[str, ...]:
        """Names of the applications: copies in other namespaces are the same."""
        return tuple(sorted({app.node.name for app in self.readers}))


def places(own: Iterable[Application], subjects: Collection[str]) -> tuple[Place, ...]:
    """Where settings about any of the subjects are written that may be about calls, by name."""
    readers: dict[str, list[tuple[Application, tuple[Setting, ...]]]] = defaultdict(list)
    for app in own:
        for place, written in app.places(subjects).items():
            readers[place].append((app, written))
    for read in readers.values():
        read.sort(key=lambda one: (one[0].node.id, one[0].name))
    return tuple(
        Place(name, tuple(app for app, _ in read), read[0][1])
        for name, read in sorted(readers.items())
    )


def in_graph(snapshot: Snapshot, graph: CallGraph) -> Iterator[tuple[Workload, Node]]:
    """All workloads that have a node of the graph, with it, in the order of the snapshot."""
    ids = graph.places.id_of if graph.places else {}
    merged: dict[str, list[tuple[Service, Node]]] | None = None
    for workload in snapshot.objects.workloads:
        known = ids.get((workload.kind, workload.namespace, workload.name), "")
        node = graph.nodes.get(known)
        if node is None:
            merged = _merged(snapshot.objects.services, graph) if merged is None else merged
            node = _node(workload, graph, merged)
        if node is not None:
            yield workload, node


def applications(snapshot: Snapshot, graph: CallGraph) -> tuple[Application, ...]:
    """All of them, in the order of the snapshot's workloads."""
    maps = {(m.namespace, m.name): m for m in snapshot.objects.config_maps}
    found = []
    for workload, node in in_graph(snapshot, graph):
        if node.role not in APPLICATION_ROLES:
            continue
        read = [
            (config_map.name, setting)
            for use in workload.config
            if (config_map := maps.get((workload.namespace, use.config_map)))
            for setting in _read(use, config_map)
        ]
        unique = dict.fromkeys([*workload.settings, *(setting for _, setting in read)])
        found.append(Application(node, workload, tuple(unique), tuple(read)))
    return tuple(found)


def distinct(services: Sequence[Node]) -> Sequence[Node]:
    """One of each name where most names recur over namespaces: stages, or a copy per customer."""
    by_name: dict[str, list[Node]] = defaultdict(list)
    for node in services:
        by_name[node.name].append(node)
    recurring = [name for name, nodes in by_name.items() if len({n.namespace for n in nodes}) > 1]
    if len(recurring) <= COPIES * len(by_name):
        return services
    return [nodes[0] for nodes in by_name.values()]


def service_count(graph: CallGraph) -> int:
    """How many application services there are, copies counted once."""
    return len(distinct(application_services(graph)))


def few_services(
    snapshot: Snapshot, graph: CallGraph, fact: str, log_odds: float, *, silent: bool = True
) -> tuple[Evidence, ...]:
    """That there are few application services, where none could be hidden; no evidence otherwise.

    Where all else is silent it also says so, at half the weight, below twice the limit: what is
    neither few nor many.
    """
    objects, few = snapshot.objects, FEW.of(snapshot)
    services = service_count(graph)
    limit, weight = (few, log_odds) if services <= few else (2 * few - 1, log_odds / 2)
    if services > (limit if silent else few):
        return ()
    if not objects.saw("Service") or objects.hidden(*WORKLOAD_KINDS):
        return ()
    said = message(f"evidence.{fact}", services=services, limit=limit)
    return (point(_FEW_SUBJECT, said, weight, "kubectl get services --all-namespaces"),)


def silence(rule_id: str, absence: Iterable[Evidence], otherwise: Message | None = None) -> Message:
    """Why a rule that saw no sign says what it says: few services, or that nothing was seen."""
    few = next((piece for piece in absence if piece.subject == _FEW_SUBJECT), None)
    if few:
        kind = "few" if few.fact.parameters["services"] else "none"
        return message(f"{rule_id}.{kind}", **few.fact.parameters)
    return otherwise or message(f"{rule_id}.unseen")


Pairs = Mapping[tuple[str, str], Application]
"""Clients by the ids of client and server."""


def addresses(objects: Objects, own: Iterable[Application]) -> tuple[Pairs, Pairs]:
    """The applications that call others by an address with TLS, and by one without.

    One entry per client and server, wherever and however often the address stands; addresses that
    do not say, and those of others than applications, are left out.
    """
    places = Places(objects)
    by_id = {
        places.id_of[app.workload.kind, app.workload.namespace, app.workload.name]: app
        for app in own
    }
    calls: dict[bool, dict[tuple[str, str], Application]] = {True: {}, False: {}}
    for mention in mentions(objects, places):
        tls, client = mention.reference.tls, mention.client
        if tls is None or mention.place is None or client not in by_id:
            continue
        if mention.confidence >= COUNTS_FROM and mention.reference.about != "probe":
            for server in by_id.keys() & set(mention.place.workloads) - {client}:
                calls[tls][client, server] = by_id[client]
    return calls[True], calls[False]


def names(found: Iterable[Outline | Route | Workload]) -> list[str]:
    """What reports call each: kind, namespace and name."""
    return [called(one.kind, one.namespace, one.name) for one in found]


def outlines(objects: Objects, *kinds: str, groups: Collection[str] = ()) -> list[Outline]:
    """The objects kept in outline of some kinds, and of some API groups where these are given."""
    return [o for o in objects.outlines if o.kind in kinds and (not groups or o.group in groups)]


def around(own: Iterable[Application], found: Iterable[Outline]) -> list[Outline]:
    """Those of the objects that are in a namespace with applications of the team."""
    homes = {app.workload.namespace for app in own}
    return [outline for outline in found if outline.namespace in homes]


_POD_LABELS = {
    "NetworkPolicy": re.compile(r"spec\.podSelector\.matchLabels\.(.+)"),
    # Cilium writes where a label is from before it: "k8s:app".
    "CiliumNetworkPolicy": re.compile(
        r"(?:spec|specs\[0\])\.endpointSelector\.matchLabels\.(?:\w+:)?(.+)"
    ),
    "PodDisruptionBudget": re.compile(r"spec\.selector\.matchLabels\.(.+)"),
}
"""Where objects name the labels of the pods that they are about; of other kinds, a mesh's policies,
that is not read: they count for all of their namespace, as an empty selector does."""


def selecting(own: Iterable[Application]) -> Callable[[Outline], Sequence[Application]]:
    """What tells those of the applications that an object is about."""
    homes: dict[str | None, list[Application]] = defaultdict(list)
    labelled: dict[tuple[str | None, str, str], list[Application]] = defaultdict(list)
    for app in own:
        homes[app.workload.namespace].append(app)
        for key, value in app.workload.labels.items():
            labelled[app.workload.namespace, key, value].append(app)

    def selected(outline: Outline) -> Sequence[Application]:
        path = _POD_LABELS.get(outline.kind)
        found = [(path.fullmatch(fact.path), fact.value) for fact in outline.facts] if path else []
        wanted = {match[1]: str(value) for match, value in found if match}
        some = [labelled.get((outline.namespace, key, wanted[key]), []) for key in wanted]
        among = min(some, key=len) if some else homes.get(outline.namespace, [])
        return [app for app in among if wanted.items() <= app.workload.labels.items()]

    return selected


def _merged(services: Iterable[Service], graph: CallGraph) -> dict[str, list[tuple[Service, Node]]]:
    """By namespace: the Services of which one node stands for all workloads behind them."""
    merged: dict[str, list[tuple[Service, Node]]] = defaultdict(list)
    for service in services:
        node = graph.nodes.get(f"service:{service.namespace}/{service.name}")
        if node is not None and service.selector:
            merged[service.namespace].append((service, node))
    return merged


def _node(
    workload: Workload, graph: CallGraph, merged: Mapping[str, list[tuple[Service, Node]]]
) -> Node | None:
    plain = f"{workload.namespace}/{workload.name}"
    for node_id in (f"{plain}~{workload.kind.lower()}", plain):
        node = graph.nodes.get(node_id)
        if node is not None and node.kind == workload.kind:
            return node
    for service, node in merged.get(workload.namespace, ()):
        if service.selector.items() <= workload.labels.items():
            return node
    return None


def _read(use: ConfigUse, config_map: ConfigMap) -> tuple[Setting, ...]:
    """Its settings, and the keys in it that tell something by being there."""
    keys = [key for key in config_map.keys if use.key in (None, key.partition(":")[0])]
    by_key = [settings.present(key.rpartition(":")[2], key.partition(":")[0]) for key in keys]
    written = [s for s in config_map.settings if use.key in (None, s.found_in)]
    return (*written, *(setting for setting in by_key if setting))

"""How likely each reader of shared configuration calls what it names.

A file that many workloads read says who could call. What tells the readers apart: whose an address
is by its name or its section, what kind of thing it leads to, and whether a reader stands in the
list itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from mesh_probe.graph.places import Place
from mesh_probe.model import Noun, Reference, Workload

# P(a reader calls what is named | what is known of the two). First read off sixteen public
# applications whose calls are known from their code, then checked against them in three bins.
OWN = 0.97
"""The reader is the one that the address is for, by its file, its section or its name."""
SINK = 0.95
"""Every service reports to it, registers at it or is configured from it."""
ONLY_STORE = 0.9
"""A store or broker, and the file names no other of that product."""
ONE_OF_STORES = 0.35
"""One of several of that product, and no name says whose."""
ONLY_OUTSIDER = 0.9
"""The one reader that is not in the list that the others are in: a gateway, a frontend."""
FRONT = 0.85
"""A reader that is called a gateway or a frontend."""
FEW_OUTSIDERS = 0.7
ONLY_APPLICATION = 0.6
"""The file names one other service only."""
MEMBER = 0.4
CALLS_OF_A_MEMBER = 1.5
"""Services that one service of a list calls of all the others in it."""

FEW = 3

# Ports of stores and brokers as they are registered or as their makers ship them.
# https://www.iana.org/assignments/service-names-port-numbers
STORE_PORTS: Mapping[int, str] = {
    **dict.fromkeys((27017, 27018, 27019), "mongodb"),
    **dict.fromkeys((6379, 26379), "redis"),
    **dict.fromkeys((5432, 6432), "postgres"),
    **dict.fromkeys((3306, 33060), "mysql"),
    **dict.fromkeys((5672, 5671), "rabbitmq"),
    **dict.fromkeys((9092, 9093, 9094), "kafka"),
    **dict.fromkeys((9200, 9300), "elasticsearch"),
    **{11211: "memcached", 9042: "cassandra", 1433: "sqlserver", 1521: "oracle", 4222: "nats"},
    **{5984: "couchdb", 7687: "neo4j", 26257: "cockroachdb", 61616: "activemq", 1883: "mosquitto"},
}
SINK_PRODUCTS = frozenset(
    {"opentelemetry", "jaeger", "logging", "agent", "grafana", "prometheus", "victoria-metrics"}
    | {"consul", "vault", "zookeeper"}
)
"""Products of `products` that every service of a system reports to, registers at or asks."""

STORE_SCHEMES = frozenset(
    {"postgres", "postgresql", "mysql", "mariadb", "mongodb", "mongo", "redis", "rediss"}
    | {"memcached", "cassandra", "sqlserver", "oracle", "clickhouse", "elasticsearch", "couchbase"}
    | {"amqp", "amqps", "kafka", "nats", "mqtt", "pulsar", "neo4j", "bolt"}
)


Server = str | tuple[str, ...] | None
"""Node ids of the workloads that an entry leads to, or what it is called by."""


class Reader(Noun):
    """A workload that reads a text, and which part of it."""

    client: str
    workload: Workload
    keys: frozenset[str] | None = None
    """The data keys it reads; None for all of them."""
    named: frozenset[str] = frozenset()
    """The data keys that its arguments name."""


class Entry(Noun):
    """A reference of a text and where it leads for all who read it."""

    reference: Reference
    place: Place | None
    problem: str | None
    is_own_route: bool = False
    """It names a route into the cluster by the name that this has on the internet."""

    @property
    def data_key(self) -> str:
        """The key of the ConfigMap that it stands under."""
        return self.reference.key.partition(":")[0]


class _Fact(Noun):
    """What is known of an entry besides who reads it."""

    entry: Entry
    server: Server
    product: str | None
    """The product where it is no application, "store" where that is all that is known."""
    is_sink: bool
    owners: frozenset[str]
    """Names of those readers that it is for."""


class Text:
    """One text that several workloads read, and what it names."""

    def __init__(
        self,
        readers: Sequence[Reader],
        entries: Iterable[Entry],
        workload_of: Mapping[str, Workload],
    ) -> None:
        # A store or a collector is given the addresses of a system as its siblings are.
        calling = [reader for reader in readers if _calls(reader.workload)]
        self.readers = tuple(calling or readers)
        self._given_to_all = 0 < len(calling) < len(readers)
        """Whether it is handed out without looking at who needs it."""
        names = {reader.workload.name for reader in self.readers}
        self._facts = tuple(_fact(entry, workload_of, names) for entry in entries)
        self._listed: set[Server] = set()
        """The servers that are neither stores nor sinks."""
        stores: dict[str, set[Server]] = defaultdict(set)
        for fact in self._facts:
            if fact.product is not None:
                stores[fact.product].add(fact.server)
            elif not fact.is_sink and fact.entry.reference.about != "probe":
                self._listed.add(fact.server)
        self._stores = {product: len(servers) for product, servers in stores.items()}
        self._owned = {fact.product for fact in self._facts if fact.owners}
        clients = {reader.client for reader in self.readers}
        self._members = {c for c in clients if (c,) in self._listed}
        self._outsiders = len(clients) - len(self._members)

    def shares(self, reader: Reader) -> Iterator[tuple[Entry, float]]:
        """What a reader reads, and how likely it is to call what is named there, 0 to 1.

        What is another reader's is left out.
        """
        alone = len(self.readers) == 1
        for fact in self._facts:
            data_key = fact.entry.data_key
            if reader.keys is not None and data_key not in reader.keys:
                continue
            if alone or data_key in reader.named:
                yield fact.entry, 1.0
            elif reader.workload.name in fact.owners:
                yield fact.entry, OWN
            elif not fact.owners or self._stores == {fact.product: 1}:
                yield fact.entry, self._share(reader, fact)

    def _share(self, reader: Reader, fact: _Fact) -> float:
        if fact.is_sink:
            return SINK
        if fact.product is not None:
            count = self._stores[fact.product]
            only = self._stores == {fact.product: 1} or fact.product not in self._owned
            return ONLY_STORE if only and count == 1 else ONE_OF_STORES / count
        return self._among_applications(reader)

    def _among_applications(self, reader: Reader) -> float:
        others = len(self._listed - {(reader.client,)})
        one_of_many = min(MEMBER, CALLS_OF_A_MEMBER / max(others, 1))
        if self._given_to_all:
            return one_of_many
        if reader.workload.is_front:
            return FRONT
        if reader.client in self._members:
            return one_of_many
        if self._outsiders == 1:
            return ONLY_OUTSIDER
        if self._outsiders <= FEW:
            return FEW_OUTSIDERS
        return ONLY_APPLICATION if others == 1 else one_of_many


def _fact(entry: Entry, workload_of: Mapping[str, Workload], names: set[str]) -> _Fact:
    place, reference = entry.place, entry.reference
    behind = workload_of.get(place.workloads[0]) if place and place.workloads else None
    role = behind.role if behind else None
    product = behind.product if behind and role is not None else None
    is_sink = reference.about == "sink" or product in SINK_PRODUCTS
    return _Fact(
        entry,
        _server(entry),
        None if is_sink else product or _product_by_address(reference),
        is_sink,
        frozenset(names.intersection(reference.owners)),
    )


def _product_by_address(reference: Reference) -> str | None:
    scheme = (reference.scheme or "").removeprefix("jdbc:").partition("+")[0]
    if scheme in STORE_SCHEMES:
        return scheme
    by_port = STORE_PORTS.get(reference.port) if isinstance(reference.port, int) else None
    return by_port or ("store" if reference.about == "store" else None)


def _server(entry: Entry) -> Server:
    """What an entry leads to, one for all members of a cluster of servers."""
    if entry.place is None:
        return entry.reference.host
    if entry.place.workloads:
        return entry.place.workloads
    return entry.place.service or entry.place.outside


def _calls(workload: Workload) -> bool:
    """Whether it is an application by what it runs and by the ports that it serves."""
    ports = {port.port for container in workload.containers for port in container.ports}
    return workload.role is None and ports.isdisjoint(STORE_PORTS)

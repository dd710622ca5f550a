"""What workloads are for: by their images, else as datastores and brokers in images of one's own.

Of an image that nobody publishes, two marks are asked for: what the workload is called, and a port
that the product is known for. One alone is often an application's: "orders-mysql" may be the
version of a service that asks MySQL, and 5432 a port that somebody liked. What is missed counts as
an application, and can be seen in the report.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from msgspec.structs import replace

from mesh_probe.model import Noun, Purpose, Service, ServicePort, Workload
from mesh_probe.products import Product, main_containers, recognised


class _Marks(Noun):
    """What a product's workloads are called, and the ports that it is known for."""

    product: str
    role: Purpose
    words: str
    """A pattern for the last word of the name."""
    ports: frozenset[int]
    port_names: str


def _marks(product: str, role: Purpose, words: str, *ports: int, named: str = "") -> _Marks:
    return _Marks(product, role, words, frozenset(ports), named or words)


_STORE = r"[a-z0-9]*(db|database)"
_CACHE = r"cache"
_QUEUE = r"broker|queue|mq"
"""Words that name no product; asked only with ports that little else listens on."""

# Each product's own default ports, as its documentation gives them; most are registered at
# https://www.iana.org/assignments/service-names-port-numbers/. OpAMP's is that of opamp-go.
_KNOWN = (
    _marks("mysql", "datastore", rf"mysql(d|db)?|{_STORE}", 3306, named=r"mysql"),
    _marks("mariadb", "datastore", r"mariadb", 3306, named=r"mariadb|mysql"),
    _marks(
        "postgres",
        "datastore",
        rf"postgres(ql|db)?|pgsql|pg|{_STORE}",
        5432,
        named=r"postgres(ql)?|pgsql",
    ),
    _marks("mongodb", "datastore", rf"mongo(d|db)?|{_STORE}", 27017, named=r"mongo(db)?"),
    _marks("redis", "datastore", rf"redis|valkey|{_CACHE}", 6379, named=r"redis|valkey"),
    _marks("memcached", "datastore", rf"memcached?|{_CACHE}", 11211, named=r"memcached?"),
    _marks("elasticsearch", "datastore", r"elasticsearch|opensearch|elastic", 9200, 9300),
    _marks("cassandra", "datastore", rf"cassandra|scylla|{_STORE}", 9042, named=r"cql"),
    _marks("clickhouse", "datastore", r"clickhouse", 8123, 9440),
    _marks("neo4j", "datastore", rf"neo4j|{_STORE}", 7687, named=r"bolt|neo4j"),
    _marks("influxdb", "datastore", r"influx(db)?", 8086),
    _marks("sqlserver", "datastore", rf"mssql|sqlserver|{_STORE}", 1433, named=r"mssql|sqlserver"),
    _marks("oracle", "datastore", rf"oracle|{_STORE}", 1521, named=r"oracle(-?db)?"),
    _marks("zookeeper", "datastore", r"zookeeper|zk", 2181, named=r"zookeeper|zk"),
    _marks("etcd", "datastore", r"etcd", 2379),
    _marks("kafka", "broker", r"kafka", 9092, 9093),
    _marks("rabbitmq", "broker", rf"rabbit(mq)?|{_QUEUE}", 5672, 5671, named=r"amqps?|rabbitmq"),
    _marks("activemq", "broker", rf"activemq|artemis|{_QUEUE}", 61616, named=r"openwire|artemis"),
    _marks("nats", "broker", rf"nats|{_QUEUE}", 4222, named=r"nats"),
    _marks("mosquitto", "broker", rf"mqtt|mosquitto|{_QUEUE}", 1883, 8883, named=r"mqtts?"),
    _marks("opentelemetry", "infrastructure", r"opamp|opamp-server", 4320, named=r"opamp"),
)

_COPIES = (
    r"v?\d+|master|primary|leader|replicas?|slave|secondary|follower|standby|server|cache|store"
)
"""Endings of names that tell several of one product apart."""


def _called(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?:.+-)?(?:{words})(?:-(?:{_COPIES}))*")


_NAMES = [_called(marks.words) for marks in _KNOWN]
_ANY_NAME = _called("|".join(marks.words for marks in _KNOWN))
_PORT_NAMES = [re.compile(rf"(?:tcp-)?(?:{marks.port_names})(?:-.*)?") for marks in _KNOWN]

_SPEAKS_OTHERWISE = re.compile(r"(https?|http2|h2c|grpc|web|api|rest|metrics|health|admin)(-.*)?")
"""Names of ports whose number means nothing."""

Port = tuple[int | str, str | None]
"""Number, or the name that a container gives it, and the port's own name."""


class Purposes:
    """Tells what workloads run and are for, with the Services in front of them at hand."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._services: Mapping[str, list[Service]] = defaultdict(list)
        for service in services:
            if service.selector:
                self._services[service.namespace].append(service)

    def recognised(self, workload: Workload) -> Workload:
        """The workload with its product and role, if it has any."""
        workload = recognised(workload)
        if workload.product is not None or workload.role is not None:
            return workload
        names = {workload.name, workload.labels.get("app.kubernetes.io/name", workload.name)}
        found = _by_marks(names, _own_ports(workload), self._offered(workload))
        return replace(workload, product=found.name, role=found.role) if found else workload

    def _offered(self, workload: Workload) -> Iterator[Port]:
        """The ports of the Services in front of it."""
        for service in self._services.get(workload.namespace, ()):
            if service.selector.items() <= workload.labels.items():
                yield from _ports_of(service.ports)


def of_service(name: str, ports: Iterable[ServicePort]) -> str | None:
    """The product that a Service's name and ports show to be behind it."""
    found = _by_marks({name}, _ports_of(ports))
    return found.name if found else None


def _by_marks(names: set[str], *ports: Iterator[Port]) -> Product | None:
    """The product whose both marks are there; the later of the ports only where none before is."""
    called = sorted({place for name in names for place in _called_like(name)})
    if not called:
        return None  # as of most
    for known in map(set, ports):
        for place in called:
            if any(_is_known_by(place, *port) for port in known):
                return Product(_KNOWN[place].product, _KNOWN[place].role)
    return None


@lru_cache(maxsize=16_384)
def _called_like(name: str) -> tuple[int, ...]:
    """The places of the products whose workloads are called so."""
    if not _ANY_NAME.fullmatch(name):
        return ()
    return tuple(place for place, pattern in enumerate(_NAMES) if pattern.fullmatch(name))


def _ports_of(ports: Iterable[ServicePort]) -> Iterator[Port]:
    for port in ports:
        yield port.port, port.name
        if port.target is not None:
            yield port.target, port.name


def _own_ports(workload: Workload) -> Iterator[Port]:
    for container in main_containers(workload):
        for port in container.ports:
            yield port.port, port.name


def _is_known_by(place: int, number: int | str, name: str | None) -> bool:
    if name is not None and _SPEAKS_OTHERWISE.fullmatch(name):
        return False
    spoken = (name, number if isinstance(number, str) else None)
    return number in _KNOWN[place].ports or any(
        text is not None and _PORT_NAMES[place].fullmatch(text) for text in spoken
    )

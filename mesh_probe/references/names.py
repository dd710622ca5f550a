"""What a name is about: "cast-list-service" and "CAST_LIST_ADDR" are about the same.

Teams call what belongs together alike: the database of `orders` is `orders-db`, its cache
`orders-redis` or `redis-orders`, its variables begin with `ORDERS_`. What is left of a name without
the words for its kind is its subject.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from posixpath import commonprefix

from mesh_probe.references import keys


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STORES = _set("""
    mongodb mongo mongod redis valkey keydb memcached memcache memc mysql mariadb postgres
    postgresql pg psql cassandra scylla elasticsearch opensearch couchdb couchbase dynamodb influxdb
    clickhouse neo4j mssql sqlserver oracle cockroachdb sql db database datastore cache minio s3
""")
"""Words for what keeps data."""

BROKERS = _set("""
    rabbitmq rabbit kafka nats activemq artemis pulsar mosquitto mqtt redpanda amqp broker
""")

SINKS = _set("""
    jaeger zipkin otel otlp opentelemetry otelcol collector tempo skywalking oap wavefront statsd
    graphite fluentd fluentbit fluent logstash loki graylog gelf seq pushgateway apm newrelic
    datadog signoz sentry consul eureka nacos apollo zookeeper etcd vault unleash flagd flipt
    configserver
""")
"""Words for what every service of a system reports to, registers at or is configured from."""

SINK_PAIRS = frozenset({("config", "server"), ("discovery", "server"), ("service", "registry")})

_KINDS = (
    STORES
    | BROKERS
    | _set("""
    service services svc server srv api app application apps backend deployment deploy statefulset
    sts microservice ms container pod cluster main primary master leader headless replica replicas
    standalone queue mq config configuration properties settings client
""")
)
_ADDRESS = _set("""
    addr address addresses host hostname hosts url uri urls uris endpoint endpoints port ports dsn
    connection string connectionstring base server servers bootstrap brokers broker target http
    https grpc jdbc spring datasource data rest
""")
_GLUED = re.compile(r"(?<=\w{3})(?:service|svc|server|api|db)$")
_VERSION = re.compile(r"v|\d+")
SHORTEST_STEM = 5
_ENDINGS = frozenset(
    {"", "e", "d", "ed", "er", "or", "ing", "ion", "ation", "ment", "y", "ie", "al", "ance"}
)

Subject = tuple[str, ...]
"""Words in singular, in their order; () where a name only says of what kind it is."""


@lru_cache(maxsize=65_536)
def subject(name: str) -> Subject:
    """What a workload, a Service or a file is about."""
    return _without(keys.words(name), _KINDS)


@lru_cache(maxsize=16_384)
def key_subject(key: str) -> Subject:
    """What the key of an address is about: "ReserveMongoAddress" is about "reserve"."""
    return _without(keys.words(key), _KINDS | _ADDRESS)


def joined(words: Subject) -> str:
    """The words as one, so that "user-timeline" and "usertimeline" are the same."""
    return "".join(words)


def alike(one: Subject, other: Subject) -> bool:
    """Whether two subjects are forms of the same words: "reserve" and "reservation"."""
    return bool(one) and len(one) == len(other) and all(map(_same_stem, one, other))


def common(names: Iterable[str]) -> frozenset[str]:
    """Words that all names have: a release, a team, an environment. Of one name there are none."""
    found = [frozenset(subject(name)) for name in names]
    return frozenset.intersection(*found) if len(found) > 1 else frozenset()


def is_about(name: str, listed: frozenset[str]) -> bool:
    """Whether a word of the name is one of these."""
    return not listed.isdisjoint(keys.words(name))


def is_sink(name: str) -> bool:
    """Whether a name is one of what all services of a system report to or are configured from."""
    said = keys.words(name)
    return not SINKS.isdisjoint(said) or not SINK_PAIRS.isdisjoint(pairwise(said))


def _without(said: tuple[str, ...], dropped: frozenset[str]) -> Subject:
    kept = (_GLUED.sub("", word) for word in said if word not in dropped)
    return tuple(_singular(word) for word in kept if word and not _VERSION.fullmatch(word))


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word  # noqa: PLR2004


def _same_stem(one: str, other: str) -> bool:
    same = len(commonprefix((one, other)))
    return one == other or (same >= SHORTEST_STEM and {one[same:], other[same:]} <= _ENDINGS)

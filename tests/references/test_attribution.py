"""Whose the addresses of a shared ConfigMap are, on a made-up cinema."""

import pytest

from mesh_probe.model import ConfigMap, ConfigUse, Reference, Workload
from mesh_probe.references.attribution import attribute, is_front

READS = (ConfigUse("all", "file"),)
TEAM = ("cine-seats", "cine-orders-service", "cine-reservation", "cine-gateway", "cine-seats-redis")


def owners(key: str, host: str, port: int | None = None) -> tuple[str, ...]:
    reference = Reference(host, key, "x", "host-port", port)
    workloads = [Workload("Deployment", "cine", name, config=READS) for name in TEAM]
    (found,) = attribute(workloads, [ConfigMap("cine", "all", references=(reference,))])
    return found.references[0].owners


@pytest.mark.parametrize(
    ("key", "host", "owner"),
    [
        ("a.json:redis", "cine-seats-redis", "cine-seats"),
        ("SEATS_REDIS_URL", "shared-redis", "cine-seats"),
        ("RESERVE_DB", "reserve-db", "cine-reservation"),
        ("orders.properties:payment.url", "payment", "cine-orders-service"),
        ("app.yml:orders.payment.url", "payment", "cine-orders-service"),
        ("app.yml:spring.cloud.gateway.routes[].uri", "payment", "cine-gateway"),
        ("ORDERS_PAYMENT_URL", "payment", "cine-orders-service"),
    ],
)
def test_file_section_and_name_tell_whose_an_address_is(key: str, host: str, owner: str) -> None:
    assert owners(key, host) == (owner,)


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("ORDERS_URL", "cine-orders-service"),
        ("app.json:orders-service.addr", "cine-orders-service"),
        ("app.yml:payment.url", "payment"),
        ("DB_HOST", "db"),
        ("CACHE", "redis"),
    ],
)
def test_the_name_of_what_is_called_says_nothing_of_who_calls(key: str, host: str) -> None:
    assert owners(key, host) == ()


def test_a_store_on_its_port_is_told_by_its_key_whatever_it_is_called() -> None:
    assert owners("ORDERS_DB", "10.0.0.7", 5432) == ("cine-orders-service",)
    assert owners("ORDERS_DB", "elsewhere", 5432) == ("cine-orders-service",)


def test_what_a_host_is_about_is_kept() -> None:
    hosts = ("jaeger", "orders-mongodb", "orders")
    references = tuple(Reference(host, "X", "X", "host-port", 1) for host in hosts)

    (found,) = attribute([], [ConfigMap("cine", "all", references=references)])

    assert [r.about for r in found.references] == ["sink", "store", None]


def test_what_one_workload_reads_for_itself_is_left_as_it_is() -> None:
    config_map = ConfigMap("cine", "all", references=(Reference("orders-db", "X", "X", "word"),))
    reader = Workload("Deployment", "cine", "orders", config=READS)

    assert attribute([reader], [config_map]) == (config_map,)


@pytest.mark.parametrize(
    ("name", "front"),
    [("api-gateway", True), ("front-end", True), ("web-bff", True), ("orders", False)],
)
def test_a_front_is_known_by_its_name(name: str, front: bool) -> None:
    assert is_front(name) is front

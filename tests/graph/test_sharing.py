"""Who of its readers calls what shared configuration names, on a made-up cinema."""

from collections.abc import Iterable

from msgspec.structs import replace

from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.build import build
from mesh_probe.model import (
    ConfigMap,
    ConfigUse,
    Container,
    ContainerPort,
    Reference,
    Service,
    Workload,
)
from mesh_probe.pseudonyms import hide
from mesh_probe.references.attribution import attribute, is_front
from mesh_probe.snapshot import Snapshot
from tests.graph.shop import NOW, cluster, service, workload

ALL = ConfigUse("all", "file")
VARIABLES = ConfigUse("all", "envFrom")


def address(host: str, key: str = "", port: int = 80) -> Reference:
    key = key or f"all.json:{host}.addr"
    return Reference(host, key, key.partition(":")[0], "host-port", port)


def file(*references: Reference, name: str = "all") -> ConfigMap:
    return ConfigMap("shop", name, references=references)


def declared(
    workloads: Iterable[Workload], config_maps: Iterable[ConfigMap], *more: Service
) -> set[tuple[str, str]]:
    """The edges that count, without their namespace."""
    return {pair for pair, known in likely(workloads, config_maps, *more).items() if known}


def likely(
    workloads: Iterable[Workload], config_maps: Iterable[ConfigMap], *more: Service
) -> dict[tuple[str, str], bool]:
    known = [replace(w, is_front=is_front(w.name)) for w in workloads]
    services = (*(service(w.name) for w in known), *more)
    objects = cluster(*known, *services)
    parts = (*known, *services, *attribute(objects.workloads, config_maps))
    graph = build(Snapshot(taken_at=NOW, tool_version="1", objects=cluster(*parts)))
    return {
        (edge.client.removeprefix("shop/"), edge.server.removeprefix("shop/")): (
            edge.confidence >= COUNTS_FROM and edge.declared
        )
        for edge in graph.edges.values()
    }


TEAMS = ("seats", "films", "orders", "tickets", "prices", "halls")
STORES = tuple(f"{name}-redis" for name in TEAMS)
LIST = file(*(address(name) for name in TEAMS), *(address(s, port=6379) for s in STORES))


def test_of_a_file_that_all_read_each_calls_the_store_that_is_called_after_it() -> None:
    readers = [workload(name, config=(ALL,)) for name in TEAMS]
    stores = [workload(name, image="redis:7", config=(ALL,)) for name in STORES]

    assert declared([*readers, *stores], [LIST]) == {(n, f"{n}-redis") for n in TEAMS}


def test_a_file_whose_only_address_is_its_readers_own_tells_no_call_of_that_one() -> None:
    readers = [
        workload(name, config=(VARIABLES,)) for name in ("seats", "films", "orders", "halls")
    ]
    own = replace(file(), references=(address("seats", "LOGIN_URL"),))

    assert likely(readers, [own]) == {
        (name, "seats"): True for name in ("films", "orders", "halls")
    }


def test_copies_of_a_file_are_one_file() -> None:
    readers = [workload(name, config=(ConfigUse(name, "file"),)) for name in TEAMS]
    stores = [workload(name, image="redis:7") for name in STORES]
    copies = [file(*LIST.references, name=name) for name in TEAMS]

    assert declared([*readers, *stores], copies) == {(n, f"{n}-redis") for n in TEAMS}


def test_what_every_service_reports_to_is_called_by_all_but_the_stores() -> None:
    tracing = address("jaeger-agent", "tracing.yml:host", 6831)
    readers = [workload(name, config=(ALL,)) for name in TEAMS]
    unknown = Container("x", "registry.example/x:1", ports=(ContainerPort(6379),))
    stores = [
        workload("seats-redis", image="redis:7", config=(ALL,)),
        Workload("Deployment", "shop", "films-db", containers=(unknown,), config=(ALL,)),
        workload("jaeger-agent", image="jaegertracing/jaeger-agent:1", config=(ALL,)),
    ]

    assert declared([*readers, *stores], [file(tracing)]) == {(n, "jaeger-agent") for n in TEAMS}


def test_the_only_database_of_a_file_is_called_by_all_its_readers() -> None:
    database = address("films-db", "DB_HOST", 5432)
    readers = [workload(name, config=(VARIABLES,)) for name in TEAMS]
    store = workload("films-db", image="postgres:16", config=(VARIABLES,))

    assert declared([*readers, store], [file(database)]) == {(n, "films-db") for n in TEAMS}


def test_the_reader_that_is_not_in_the_list_is_the_one_that_calls_it() -> None:
    listed = file(*(address(name, f"{name.upper()}_ADDR") for name in TEAMS))
    readers = [workload(name, config=(VARIABLES,)) for name in ("till", *TEAMS[:2])]
    others = [workload(name) for name in TEAMS[2:]]

    assert declared([*readers, *others], [listed]) == {("till", name) for name in TEAMS}


def test_a_file_that_even_stores_are_given_makes_nobody_an_outsider() -> None:
    readers = [workload(name, config=(ALL,)) for name in ("gateway", *TEAMS)]
    stores = [workload(name, image="redis:7", config=(ALL,)) for name in STORES]

    found = declared([*readers, *stores], [LIST])

    assert not {server for client, server in found if client == "gateway"}


def test_a_gateway_calls_what_is_listed_though_it_is_listed_itself() -> None:
    names = ("api-gateway", *TEAMS)
    readers = [workload(name, config=(ALL,)) for name in names]

    found = declared(readers, [file(*(address(name) for name in names))])

    assert found == {("api-gateway", name) for name in TEAMS}


def test_a_section_belongs_to_the_workload_that_it_is_called_after() -> None:
    readers = [workload(name, config=(ALL,)) for name in ("orders", "tickets")]
    parts = (address("prices", "app.yml:orders.prices"), address("halls", "app.yml:tickets.halls"))

    found = declared([*readers, workload("prices"), workload("halls")], [file(*parts)])

    assert found == {("orders", "prices"), ("tickets", "halls")}


def test_a_file_that_the_arguments_name_is_the_reader_s_own() -> None:
    named = ConfigUse("all", "file", "b.yml")
    first = [workload("x", config=(ALL, named)), workload("y", config=(ALL,))]
    parts = [address(name, f"b.yml:{name}") for name in TEAMS]

    found = declared([*first, *map(workload, TEAMS)], [file(*parts)])

    assert {client for client, _ in found} >= {"x"}
    assert {server for client, server in found if client == "x"} == set(TEAMS)


def test_a_variable_taken_key_by_key_is_the_reader_s_own() -> None:
    parts = [address(name, f"{name.upper()}_ADDR") for name in TEAMS]
    one = ConfigUse("all", "env", "HALLS_ADDR", "X")
    readers = [workload(f"r{n}", config=(one,)) for n in range(9)]

    found = declared([*readers, *map(workload, TEAMS)], [file(*parts)])

    assert found == {(f"r{n}", "halls") for n in range(9)}


def test_the_variable_that_a_key_becomes_may_be_what_asks_for_an_address() -> None:
    word = file(Reference("halls", "place", "place", "word"))
    plain, asking = (
        workload(name, config=(ConfigUse("all", "env", "place", variable),))
        for name, variable in (("x", "X"), ("y", "HALLS_HOST"))
    )

    assert declared([plain, asking, workload("halls")], [word]) == {("y", "halls")}


def test_pairs_that_are_next_to_impossible_are_not_listed() -> None:
    names = [f"s{letter}{n}" for letter in "abcdef" for n in range(10)]
    readers = [workload(name, config=(ALL,)) for name in names]

    assert likely(readers, [file(*(address(name) for name in names))]) == {}


def test_a_config_map_of_spring_s_that_nobody_mounts_is_read_through_the_api() -> None:
    own = ConfigMap("shop", "orders", references=(address("prices", "application.yml:prices.url"),))
    asks = workload("orders", config=(ConfigUse("orders", "api"),))

    assert declared([asks, workload("prices")], [own]) == {("orders", "prices")}


def test_a_config_map_of_spring_s_under_another_name_is_read_by_all_spring_programs() -> None:
    routes = address("prices", "application.yml:spring.cloud.gateway.routes[].uri")
    common = ConfigMap("shop", "common", ("application.yml",), (routes,))
    spring = [workload(n, config=(ConfigUse(n, "api"),)) for n in ("gateway", "orders")]

    found = declared([*spring, workload("prices"), workload("other")], [common])

    assert found == {("gateway", "prices")}


def test_dapr_s_names_lead_to_the_workloads_that_have_them() -> None:
    here = Reference("films", "URL", "env", "url", scheme="dapr")
    there = Reference("halls.elsewhere", "URL", "env", "url", scheme="dapr")
    servers = [
        replace(workload("films-v2"), annotations={"dapr.io/app-id": "films"}),
        replace(workload("h"), namespace="elsewhere", annotations={"dapr.io/app-id": "halls"}),
    ]

    found = declared([workload("till", here, there), *servers], [])

    assert found == {("till", "films-v2"), ("till", "elsewhere/h")}


def test_hidden_names_are_judged_alike() -> None:
    readers = [workload(name, config=(ALL,)) for name in ("api-gateway", *TEAMS)]
    stores = [workload(name, image="redis:7", config=(ALL,)) for name in STORES]
    known = [replace(w, is_front=is_front(w.name)) for w in (*readers, *stores)]
    objects = cluster(*known, *(service(w.name) for w in known), *attribute(known, [LIST]))
    given = Snapshot(taken_at=NOW, tool_version="1", objects=objects)

    plain, hidden = (
        sorted(edge.confidence for edge in build(snapshot).edges.values())
        for snapshot in (given, hide(given, b"k" * 32))
    )

    assert plain == hidden

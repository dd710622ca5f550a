import msgspec
import pytest

from mesh_probe.application import addresses, applications, few_services
from mesh_probe.graph.build import build
from mesh_probe.model import ConfigMap, ConfigUse, ObservedCall, Peer, SourceRead, Telemetry
from tests.builders import app, apps, calls, cluster, setting


def test_workloads_that_one_node_stands_for_are_applications_each() -> None:
    flag = (setting("flag", "FEATURE_CART", True),)
    twins = [
        *app("web-v1", service="web", labels={"version": "v1"}, settings=flag),
        app("web-v2", service="web", labels={"version": "v2"})[0],
    ]
    call = ObservedCall("service-graph", Peer(name="cart"), Peer(name="web"), rate_rps=1.0)
    seen = Telemetry(("http://prometheus:9090",), (SourceRead("service-graph", "read"),), (call,))
    snapshot = cluster(*twins, *app("cart"), telemetry=seen)
    graph = build(snapshot)

    found = {one.workload.name: one.node.id for one in applications(snapshot, graph)}

    assert found == {
        "web-v1": "service:shop/web",
        "web-v2": "service:shop/web",
        "cart": "shop/cart",
    }


def test_settings_are_those_of_the_parts_of_config_maps_that_are_read() -> None:
    config = ConfigMap(
        "shop",
        "web",
        keys=("a.yml:jwt.issuer", "b.yml:unleash.url"),
        settings=(msgspec.structs.replace(setting("timeout", "timeout", "5s"), found_in="a.yml"),),
    )
    snapshot = cluster(*app("web", config=(ConfigUse("web", "file", "a.yml"),)), config)

    (web,) = applications(snapshot, build(snapshot))

    assert [(s.subject, s.key) for s in web.settings] == [
        ("timeout", "timeout"),
        ("auth", "jwt.issuer"),
    ]


def test_addresses_count_once_for_each_pair_of_applications() -> None:
    twice = (calls("cart"), calls("cart.shop.svc"), calls("stock", tls=True), calls("nowhere"))
    snapshot = cluster(*app("web", references=twice), *app("cart"), *app("stock"))

    encrypted, plain = addresses(snapshot.objects, applications(snapshot, build(snapshot)))

    assert (list(encrypted), list(plain)) == (
        [("shop/web", "shop/stock")],
        [("shop/web", "shop/cart")],
    )


@pytest.mark.parametrize(
    ("services", "silent", "weight"),
    [
        (0, True, 0.8),
        (5, False, 0.8),
        (6, True, 0.4),
        (9, True, 0.4),
        (9, False, None),
        (10, True, None),
    ],
)
def test_few_services_weigh_by_how_few_they_are(
    services: int, silent: bool, weight: float | None
) -> None:
    snapshot = cluster(*apps(services))

    found = few_services(snapshot, build(snapshot), "few-to-control", -0.8, silent=silent)

    assert [(piece.points, piece.weight) for piece in found] == (
        [] if weight is None else [("no", weight)]
    )


@pytest.mark.parametrize("kind", ["Service", "DaemonSet"])
def test_few_services_are_not_told_where_some_may_be_hidden(kind: str) -> None:
    snapshot = cluster(*apps(3), hidden=[kind])

    assert few_services(snapshot, build(snapshot), "few-to-control", -0.8) == ()


@pytest.mark.parametrize(
    ("key", "server", "attempts"),
    [
        ("HTTP_CLIENT_RETRIES", "shop/cart", 4),
        ("resilience4j.retry.instances.all.maxAttempts", "shop/cart", 3),
        ("CART_RETRIES", "shop/cart", 4),
        ("CART_RETRIES", "shop/user-cart", 1),
        ("USER_CART_RETRIES", "shop/user-cart", 4),
        ("PAYWISE_RETRIES", "shop/cart", 1),
        ("REDIS_RETRIES", "shop/cart", 1),
        ("RETRY_BACKOFF_MS", "shop/cart", 1),
    ],
)
def test_retries_are_those_of_the_server_that_their_key_names(
    key: str, server: str, attempts: int
) -> None:
    snapshot = cluster(*app("web", settings=(setting("retry", key, 3.0),)))
    (web,) = applications(snapshot, build(snapshot))

    assert web.attempts(server) == attempts

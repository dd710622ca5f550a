from typing import Any

import pytest

from mesh_probe.checklist.central_policy import QUESTION
from mesh_probe.graph import CallGraph
from mesh_probe.model import ConfigMap, ConfigUse, Edge, Latency, Node, Route
from tests.builders import Thing, app, apps, asked, cluster, facts, outline, setting


def waiting(name: str, value: str, key: str = "CART_TIMEOUT") -> list[Thing]:
    return app(name, settings=(setting("timeout", key, value),))


def three(*values: str) -> list[Thing]:
    return [t for name, value in zip("abc", values, strict=True) for t in waiting(name, value)]


def test_timeouts_that_disagree_are_a_reason() -> None:
    answer = asked(QUESTION, cluster(*three("1s", "5s", "30s"), *apps(6)))

    assert answer.status == "yes"
    assert answer.evidence[0].fact.id == "evidence.policy-timeout"
    assert answer.evidence[0].fact.parameters == {
        "count": 3,
        "examples": "a, b, c",
        "key": "CART_TIMEOUT",
        "different": 3,
        "values": "1s, 5s, 30s",
    }


@pytest.mark.parametrize(
    ("key", "given", "values"),
    [
        ("CART_TIMEOUT_MS", (15000.0, 1000.0, 90_000.0), "1 s, 15 s, 1.5 min"),
        ("CART_TIMEOUT", (15000.0, 1000.0, 2_000_000.0), "1000, 15000, 2000000"),
        ("CART_TIMEOUT", ("1m", "500ms", "30s"), "500ms, 30s, 1m"),
        ("CART_TIMEOUT", ("10s", "unset", "2s"), "2s, 10s, unset"),
    ],
)
def test_values_are_listed_by_size_with_the_unit_of_their_key(
    key: str, given: tuple[Any, ...], values: str
) -> None:
    those = [
        thing
        for name, value in zip("abc", given, strict=True)
        for thing in app(name, settings=(setting("timeout", key, value),))
    ]

    answer = asked(QUESTION, cluster(*those, *apps(6)))

    assert answer.evidence[0].fact.parameters["values"] == values


def test_the_same_timeout_everywhere_is_a_weaker_one() -> None:
    answer = asked(QUESTION, cluster(*three("5s", "5s", "5s"), *apps(6)))

    assert answer.status == "unknown"
    assert (answer.probability or 0) > 0.5


def test_two_applications_are_no_pattern() -> None:
    answer = asked(QUESTION, cluster(*three("1s", "5s", "9s")[:4], *apps(9)))

    assert answer.because.id == "central-policy.unseen"


def test_unlike_timeouts_do_not_disagree() -> None:
    unlike = [
        *waiting("a", "30s", "CHECKOUT_TIMEOUT"),
        *waiting("b", "5s", "HTTP_CONNECT_TIMEOUT"),
        *waiting("c", "60s", "IDLE_TIMEOUT"),
    ]

    answer = asked(QUESTION, cluster(*unlike, *apps(6)))

    assert (answer.status, facts(answer)) == ("unknown", [("policy-timeout-repeated", "yes")])
    assert answer.evidence[0].fact.parameters == {"count": 3, "examples": "a, b, c"}


@pytest.mark.parametrize(
    "key", ["SESSION_TIMEOUT", "DB_TIMEOUT", "GRACEFUL_SHUTDOWN_TIMEOUT", "KAFKA_CONSUMER_TIMEOUT"]
)
def test_timeouts_of_other_things_than_calls_are_no_policy(key: str) -> None:
    three_of_it = [t for n in range(3) for t in waiting(f"w-{n}", f"{n + 1}s", key)]

    answer = asked(QUESTION, cluster(*three_of_it, *apps(9)))

    assert facts(answer) == [("no-policy-traces", "no")]


def test_two_values_in_one_application_are_no_disagreement() -> None:
    both = (setting("timeout", "A_READ_TIMEOUT", "1s"), setting("timeout", "B_READ_TIMEOUT", "1m"))
    others = [*waiting("b", "5s", "IDLE_TIMEOUT"), *waiting("c", "5s", "UPSTREAM_TIMEOUT")]

    answer = asked(QUESTION, cluster(*app("a", settings=both), *others, *apps(6)))

    assert facts(answer) == [("policy-timeout-repeated", "yes")]


@pytest.mark.parametrize(
    ("one", "other", "disagree"),
    [
        ("HTTP_CLIENT_TIMEOUT", "application.yml:client-timeout", True),
        ("HTTP_TIMEOUT_MS", "http.timeout.ms", True),
        ("HTTP_TIMEOUT_MS", "HTTP_TIMEOUT_SECONDS", False),
        ("SESSION_TIMEOUT", "CLIENT_TIMEOUT", False),
    ],
)
def test_keys_are_alike_by_their_last_words(one: str, other: str, *, disagree: bool) -> None:
    three = [*waiting("a", "1s", one), *waiting("b", "2s", other), *waiting("c", "3s", "TIMEOUT")]

    answer = asked(QUESTION, cluster(*three, *apps(6)))

    assert (answer.evidence[0].fact.id == "evidence.policy-timeout") == disagree


def reading(name: str, config_map: str, **more: Any) -> list[Thing]:
    return app(name, config=(ConfigUse(config_map, "envFrom"),), **more)


def defaults(name: str, value: str = "2s", namespace: str = "shop") -> ConfigMap:
    return ConfigMap(namespace, name, settings=(setting("timeout", "HTTP_CLIENT_TIMEOUT", value),))


def test_one_config_map_that_all_read_is_one_place_already() -> None:
    many = [t for n in range(12) for t in reading(f"r-{n}", "client-defaults")]

    answer = asked(QUESTION, cluster(*many, defaults("client-defaults")))

    assert (answer.status, facts(answer)) == ("no", [("policy-shared", "no")])
    assert answer.because.id == "central-policy.shared"
    assert answer.because.parameters == {
        "count": 12,
        "places": "ConfigMap shop/client-defaults",
        "subjects": "timeout",
    }
    assert answer.evidence[0].check == "kubectl -n shop get configmap client-defaults -o yaml"
    assert answer.measure is not None
    assert answer.measure.value == 0


def test_two_keys_of_one_config_map_do_not_disagree() -> None:
    both = ConfigMap(
        "shop",
        "defaults",
        settings=(
            setting("timeout", "ORDERS_CLIENT_TIMEOUT", "2s"),
            setting("timeout", "SEARCH_CLIENT_TIMEOUT", "9s"),
        ),
    )
    many = [t for n in range(12) for t in reading(f"r-{n}", "defaults")]

    assert facts(asked(QUESTION, cluster(*many, both))) == [("policy-shared", "no")]


def test_a_config_map_of_each_service_is_scattered() -> None:
    each = [
        t
        for n, wait in enumerate(("1s", "5s", "30s"))
        for t in (*reading(f"r-{n}", f"r-{n}-config"), defaults(f"r-{n}-config", wait))
    ]

    answer = asked(QUESTION, cluster(*each, *apps(8)))

    assert (answer.status, facts(answer)) == ("yes", [("policy-timeout", "yes")])


def test_a_service_and_its_worker_that_read_one_config_map_are_one() -> None:
    pairs = [
        t
        for n in range(2)
        for t in (
            *reading(f"r-{n}", f"r-{n}-config"),
            *reading(f"r-{n}-worker", f"r-{n}-config"),
            defaults(f"r-{n}-config", f"{n}s"),
        )
    ]

    answer = asked(QUESTION, cluster(*pairs, *apps(8)))

    assert (answer.evidence, answer.because.id) == ((), "central-policy.unseen")


def test_exceptions_from_the_default_in_several_services_are_scattered_again() -> None:
    many = [t for n in range(8) for t in reading(f"r-{n}", "defaults")]
    own = [
        t
        for n, wait in enumerate(("1s", "5s", "30s"))
        for t in reading(
            f"o-{n}", "defaults", settings=(setting("timeout", "HTTP_CLIENT_TIMEOUT", wait),)
        )
    ]

    answer = asked(QUESTION, cluster(*many, *own, defaults("defaults")))

    assert (answer.status, facts(answer)) == (
        "yes",
        [("policy-timeout", "yes"), ("policy-shared", None)],
    )
    assert answer.because.parameters["setting"] == 3


def test_stages_that_each_have_their_defaults_have_one_place_each() -> None:
    stages = [
        t
        for stage, wait in (("dev", "9s"), ("test", "5s"), ("prod", "2s"))
        for t in (
            *(
                t
                for n in range(10)
                for t in app(f"r-{n}", stage, config=(ConfigUse("defaults", "envFrom"),))
            ),
            defaults("defaults", wait, stage),
        )
    ]

    answer = asked(QUESTION, cluster(*stages))

    assert (answer.status, facts(answer)) == ("no", [("policy-shared", "no")])


def test_a_default_of_each_of_several_teams_is_not_one_place() -> None:
    teams = [
        t
        for team in range(3)
        for t in (
            *(t for n in range(4) for t in reading(f"r-{team}-{n}", f"team-{team}")),
            defaults(f"team-{team}"),
        )
    ]

    answer = asked(QUESTION, cluster(*teams))

    assert (answer.status, facts(answer)) == ("unknown", [("policy-shared", None)])


def test_one_place_is_no_no_where_other_places_may_be_hidden() -> None:
    many = [t for n in range(12) for t in reading(f"r-{n}", "defaults")]

    answer = asked(QUESTION, cluster(*many, defaults("defaults"), partial=["ConfigMap"]))

    assert answer.status == "unknown"


def test_what_is_hidden_may_have_spoken_for_it() -> None:
    few = [t for n in range(7) for t in reading(f"r-{n}", "defaults")]
    routes = [Route("Ingress", "shop", name, gateways=(name,)) for name in ("nginx", "traefik")]

    whole = asked(QUESTION, cluster(*few, defaults("defaults"), *routes))
    partly = asked(QUESTION, cluster(*few, defaults("defaults"), hidden=["Ingress"]))

    assert (whole.status, partly.status) == ("unknown", "unknown")


def test_what_a_mesh_holds_is_told_as_such() -> None:
    rules = [outline("DestinationRule", name) for name in ("cart", "stock", "web")]
    routes = [
        Route("HTTPRoute", "shop", name, settings=(setting("timeout", "request", "9s"),))
        for name in ("cart", "stock", "web")
    ]

    in_mesh = asked(QUESTION, cluster(*apps(12), *rules))
    in_routes = asked(QUESTION, cluster(*apps(12), *routes))
    beside = asked(QUESTION, cluster(*apps(12), *rules, *three("1s", "5s", "30s")))

    assert (in_mesh.status, in_mesh.because.id) == ("yes", "central-policy.in-mesh")
    assert in_mesh.to_settle.id == "central-policy.settle-mesh"
    assert (in_routes.status, in_routes.because.id) == ("yes", "central-policy.in-routes")
    assert (beside.status, beside.because.id) == ("yes", "central-policy.yes")


def test_policies_in_routes_of_several_services_are_a_reason() -> None:
    rules = [outline("DestinationRule", name) for name in ("cart", "stock", "web")]

    answer = asked(QUESTION, cluster(*apps(8), *rules))

    assert answer.status == "yes"
    assert answer.evidence[0].fact.parameters["count"] == 3
    assert answer.evidence[0].check == "kubectl -n shop get destinationrule cart -o yaml"


def test_one_policy_in_a_route_is_only_a_hint() -> None:
    waits = Route("HTTPRoute", "shop", "web", settings=(setting("timeout", "request", "9s"),))

    answer = asked(QUESTION, cluster(*apps(8), waits))

    assert (answer.status, facts(answer)) == ("unknown", [("policy-in-routes", "yes")])


@pytest.mark.parametrize("kind", ["Ingress", "Route"])
def test_annotations_of_an_ingress_are_no_policy_between_services(kind: str) -> None:
    waits = {
        "nginx.ingress.kubernetes.io/proxy-read-timeout": "9",
        "haproxy.router.openshift.io/timeout": "9s",
    }
    routes = [Route(kind, "shop", f"web-{n}", annotations=waits) for n in range(4)]

    assert facts(asked(QUESTION, cluster(*apps(10), *routes))) == [("no-policy-traces", "no")]


def test_two_ingress_classes_with_policies_of_their_own_are_a_stronger_hint() -> None:
    waits = {
        "nginx": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "9"},
        "kong": {"konghq.com/retries": "3"},
    }
    routes = [Route("Ingress", "shop", n, gateways=(n,), annotations=a) for n, a in waits.items()]

    answer = asked(QUESTION, cluster(*apps(8), *routes))

    assert (answer.status, facts(answer)) == ("unknown", [("contrary-classes", "yes")])


def retrying(name: str, value: float, key: str = "HTTP_RETRIES") -> list[Thing]:
    return app(name, settings=(setting("retry", key, value),))


def graph_with(p99: float) -> CallGraph:
    """A calls b, b calls c; one answer in a hundred of b takes so long."""
    names = ("a", "b", "c")
    nodes = [Node(f"shop/{n}", n, "Deployment", "middle", "shop") for n in names]
    edges = [
        Edge(f"shop/{c}", f"shop/{s}", 1.0, latency=Latency(p99_seconds=p99))
        for c, s in (("a", "b"), ("b", "c"))
    ]
    return CallGraph(nodes, edges)


@pytest.mark.parametrize(
    ("settings", "multiply"),
    [
        ((2.0, 2.0), True),
        ((2.0, 1.0), False),
        ((8.0, 0.0), False),  # one service alone multiplies nothing
        ((9.0, 50.0), False),  # the second is no number of attempts
    ],
)
def test_retries_of_several_services_of_one_path_multiply(
    settings: tuple[float, float], *, multiply: bool
) -> None:
    two = [*retrying("a", settings[0]), *retrying("b", settings[1]), *app("c"), *apps(8)]

    found = dict(facts(asked(QUESTION, cluster(*two), graph_with(0.1))))

    assert ("retries-multiply" in found) == multiply


@pytest.mark.parametrize(
    ("key", "multiply"),
    [("B_CLIENT_RETRIES", True), ("PAYWISE_RETRIES", False), ("REDIS_RETRIES", False)],
)
def test_retries_of_one_server_count_for_calls_to_it_only(key: str, *, multiply: bool) -> None:
    two = [*retrying("a", 2.0, key), *retrying("b", 2.0), *app("c"), *apps(8)]

    found = dict(facts(asked(QUESTION, cluster(*two), graph_with(0.1))))

    assert ("retries-multiply" in found) == multiply


def test_attempts_count_the_first_call_and_times_are_none() -> None:
    two = [*retrying("a", 3.0, "MAX_ATTEMPTS"), *retrying("b", 3.0, "RETRY_BACKOFF_MS"), *app("c")]

    assert "retries-multiply" not in dict(facts(asked(QUESTION, cluster(*two), graph_with(0.1))))


@pytest.mark.parametrize(
    ("key", "value", "cuts"),
    [
        ("HTTP_CLIENT_TIMEOUT", "500ms", True),
        ("HTTP_CLIENT_TIMEOUT_MS", 500.0, True),
        ("HTTP_CLIENT_TIMEOUT", "5s", False),
        ("HTTP_CLIENT_TIMEOUT", 500.0, False),
        ("DB_CLIENT_TIMEOUT", "500ms", False),
        ("STARTUP_TIMEOUT", "500ms", False),
        ("B_TIMEOUT", "500ms", True),
        ("TIMEOUT", "500ms", False),  # of anything
    ],
)
def test_a_caller_that_waits_less_long_than_answers_take(
    key: str, value: str | float, *, cuts: bool
) -> None:
    caller = app("a", settings=(setting("timeout", key, value),))
    snapshot = cluster(*caller, *app("b"), *app("c"), *apps(8))

    answer = asked(QUESTION, snapshot, graph_with(2.0))

    assert ("timeout-cuts-off" in dict(facts(answer))) == cuts


def test_two_ingress_classes_are_a_hint() -> None:
    routes = [Route("Ingress", "shop", name, gateways=(name,)) for name in ("nginx", "traefik")]

    answer = asked(QUESTION, cluster(*apps(8), *routes))

    assert (answer.status, facts(answer)) == ("unknown", [("ingress-classes", "yes")])


def test_few_services_leave_little_to_control() -> None:
    answer = asked(QUESTION, cluster(*apps(4)))

    assert answer.status == "no"
    assert facts(answer) == [("few-to-control", "no"), ("no-policy-traces", "no")]
    assert answer.because.id == "central-policy.few"


def test_few_seen_are_not_few_when_services_are_hidden() -> None:
    assert asked(QUESTION, cluster(*apps(4), partial=["Service"])).evidence == ()


def test_nothing_seen_is_unknown_for_it_may_be_in_code() -> None:
    answer = asked(QUESTION, cluster(*apps(10)))

    assert (answer.status, answer.because.id) == ("unknown", "central-policy.unseen")

import pytest

from mesh_probe.checklist.central_policy import QUESTION
from mesh_probe.model import Route
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
        "values": "1s, 30s, 5s",
    }


def test_the_same_timeout_everywhere_is_a_weaker_one() -> None:
    answer = asked(QUESTION, cluster(*three("5s", "5s", "5s"), *apps(6)))

    assert answer.status == "unknown"
    assert (answer.probability or 0) > 0.5


def test_two_applications_are_no_pattern() -> None:
    answer = asked(QUESTION, cluster(*three("1s", "5s", "9s")[:4], *apps(6)))

    assert answer.because.id == "central-policy.unseen"


def test_unlike_timeouts_do_not_disagree() -> None:
    unlike = [
        *waiting("a", "30m", "SESSION_TIMEOUT"),
        *waiting("b", "5s", "DB_CONNECT_TIMEOUT"),
        *waiting("c", "60s", "GRACEFUL_SHUTDOWN_TIMEOUT"),
    ]

    answer = asked(QUESTION, cluster(*unlike, *apps(6)))

    assert (answer.status, facts(answer)) == ("unknown", [("policy-timeout-repeated", "yes")])
    assert answer.evidence[0].fact.parameters == {"count": 3, "examples": "a, b, c"}


def test_two_values_in_one_application_are_no_disagreement() -> None:
    both = (setting("timeout", "A_READ_TIMEOUT", "1s"), setting("timeout", "B_READ_TIMEOUT", "1m"))
    others = [*waiting("b", "5s", "IDLE_TIMEOUT"), *waiting("c", "5s", "SHUTDOWN_TIMEOUT")]

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


def test_policies_in_routes_of_several_services_are_a_reason() -> None:
    rules = [outline("DestinationRule", name) for name in ("cart", "stock", "web")]

    answer = asked(QUESTION, cluster(*apps(8), *rules))

    assert answer.status == "yes"
    assert answer.evidence[0].fact.parameters == {"count": 3}
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

    assert asked(QUESTION, cluster(*apps(8), *routes)).evidence == ()


def test_two_ingress_classes_are_a_hint() -> None:
    routes = [Route("Ingress", "shop", name, gateways=(name,)) for name in ("nginx", "traefik")]

    answer = asked(QUESTION, cluster(*apps(8), *routes))

    assert (answer.status, facts(answer)) == ("unknown", [("ingress-classes", "yes")])


def test_few_services_leave_little_to_control() -> None:
    answer = asked(QUESTION, cluster(*apps(4)))

    assert (answer.status, facts(answer)) == ("no", [("few-to-control", "no")])


def test_few_seen_are_not_few_when_services_are_hidden() -> None:
    assert asked(QUESTION, cluster(*apps(4), partial=["Service"])).evidence == ()


def test_nothing_seen_is_unknown_for_it_may_be_in_code() -> None:
    assert asked(QUESTION, cluster(*apps(8))).because.id == "central-policy.unseen"

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


def test_policies_in_routes_are_a_reason() -> None:
    rule = outline("DestinationRule", "cart")
    waits = {"nginx.ingress.kubernetes.io/proxy-read-timeout": "9"}
    ingress = Route("Ingress", "shop", "web", annotations=waits)

    answer = asked(QUESTION, cluster(*apps(8), rule, ingress))

    assert answer.status == "yes"
    assert answer.evidence[0].fact.parameters == {"count": 2}
    assert answer.evidence[0].check == "kubectl -n shop get ingress web -o yaml"


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

import msgspec
import pytest

from mesh_probe.checklist.network_skills import QUESTION
from mesh_probe.model import Container, Route, Service, ServicePort
from tests.builders import Thing, app, apps, asked, cluster, facts, outline


def skilled(name: str) -> list[Thing]:
    probed = Container("main", f"registry.example/team/{name}:1", readiness_probe="http")
    workload, _ = app(name, containers=(probed,))
    port = ServicePort(80, "http", app_protocol="http")
    return [workload, Service("shop", name, selector={"app": name}, ports=(port,))]


PRACTICES: list[Thing] = [
    outline("NetworkPolicy", "default-deny"),
    outline("PodDisruptionBudget", "web"),
    Route("HTTPRoute", "shop", "web"),
    Route("Ingress", "shop", "web", tls=True),
    outline("CiliumNetworkPolicy", "web"),
]


def test_all_practices_are_a_yes() -> None:
    answer = asked(QUESTION, cluster(*skilled("web"), *skilled("cart"), *PRACTICES))

    assert answer.status == "yes"
    assert {points for _, points in facts(answer)} == {"yes"}
    assert answer.because.parameters == {"kept": 8, "looked_at": 8}


def test_none_of_them_is_a_no() -> None:
    answer = asked(QUESTION, cluster(*apps(3), Route("Ingress", "shop", "web")))

    assert answer.status == "no"
    assert facts(answer) == [
        ("applications-with-policies", "no"),
        ("readiness-probes", "no"),
        ("disruption-budgets", "no"),
        ("named-ports", "no"),
        ("tls-at-the-edge", "no"),
    ]


def test_some_of_them_settle_nothing() -> None:
    answer = asked(QUESTION, cluster(*skilled("web")))

    assert answer.status == "unknown"


def test_a_hidden_kind_is_not_a_missing_practice() -> None:
    hidden = ["NetworkPolicy", "PodDisruptionBudget"]
    answer = asked(QUESTION, cluster(*skilled("web"), hidden=hidden))

    assert answer.status == "unknown"
    assert facts(answer) == [
        ("unread", "no"),
        ("readiness-probes", "yes"),
        ("named-ports", "yes"),
        ("port-protocols", "yes"),
    ]
    assert answer.evidence[0].fact.parameters == {"kinds": "NetworkPolicy, PodDisruptionBudget"}


def test_pods_of_services_that_run_more_than_once_should_be_kept_apart() -> None:
    def running(name: str, replicas: int, *, spread: bool) -> list[Thing]:
        return app(name, replicas=replicas, spread=spread)

    apart = asked(QUESTION, cluster(*running("a", 3, spread=True)))
    together = asked(QUESTION, cluster(*running("a", 3, spread=False)))
    single = asked(QUESTION, cluster(*running("a", 1, spread=False)))

    assert dict(facts(apart))["spread-pods"] == "yes"
    assert dict(facts(together))["spread-pods"] == "no"
    assert "spread-pods" not in dict(facts(single))


def test_a_mesh_s_policies_say_who_may_call_whom_too() -> None:
    policy = outline("AuthorizationPolicy", "web", group="policy.linkerd.io")

    assert (
        dict(facts(asked(QUESTION, cluster(*apps(3), policy))))["applications-with-policies"]
        == "yes"
    )


def test_the_share_that_counts_can_be_set_and_is_printed() -> None:
    probed = cluster(*skilled("a"), *apps(1))
    strict = msgspec.structs.replace(probed, thresholds={"practice-share": 0.9})

    assert dict(facts(asked(QUESTION, probed)))["readiness-probes"] == "yes"
    assert dict(facts(asked(QUESTION, strict)))["readiness-probes"] == "no"
    (piece,) = [
        e for e in asked(QUESTION, strict).evidence if e.fact.id == "evidence.readiness-probes"
    ]
    assert piece.fact.parameters == {"part": 1, "whole": 2, "share": 0.5}


def test_a_practice_counts_by_the_share_of_the_places_where_it_is_kept() -> None:
    def weight(kept: int, missing: int) -> float:
        things = [t for n in range(kept) for t in skilled(f"kept-{n}")]
        answer = asked(QUESTION, cluster(*things, *apps(missing)))
        (piece,) = [e for e in answer.evidence if e.fact.id == "evidence.readiness-probes"]
        return piece.weight if piece.points == "yes" else -piece.weight

    assert [weight(4, 0), weight(3, 1), weight(2, 2)] == [0.3, 0.225, 0.15]
    assert [weight(1, 3), weight(0, 4)] == [-0.225, -0.3]


SELECTORS = [
    ("NetworkPolicy", "spec.podSelector.matchLabels.app", "applications-with-policies"),
    (
        "CiliumNetworkPolicy",
        "spec.endpointSelector.matchLabels.k8s:app",
        "applications-with-policies",
    ),
    ("PodDisruptionBudget", "spec.selector.matchLabels.app", "disruption-budgets"),
]


@pytest.mark.parametrize(("kind", "path", "fact"), SELECTORS)
def test_an_object_for_one_application_does_not_count_for_all_beside_it(
    kind: str, path: str, fact: str
) -> None:
    for_one, for_all = outline(kind, "web", {path: "app-0"}), outline(kind, "web")
    one, every = (asked(QUESTION, cluster(*apps(4), found)) for found in (for_one, for_all))

    assert dict(facts(one))[fact] == "no"
    assert dict(facts(every))[fact] == "yes"
    piece = next(e for e in one.evidence if e.fact.id == f"evidence.{fact}")
    assert (piece.fact.parameters["part"], piece.fact.parameters["whole"]) == (1, 4)


@pytest.mark.parametrize(("protocol", "told"), [("HTTPS", "yes"), ("HTTP", "no"), ("HBONE", None)])
def test_gateways_are_ways_in_and_waypoints_are_not(protocol: str, told: str | None) -> None:
    gateway = outline(
        "Gateway",
        "web",
        {"spec.listeners[0].protocol": protocol},
        group="gateway.networking.k8s.io",
    )

    found = dict(facts(asked(QUESTION, cluster(*apps(3), gateway))))

    assert found.get("tls-at-the-edge") == told


def test_not_using_the_gateway_api_is_no_lack() -> None:
    answer = asked(QUESTION, cluster(*apps(1)))

    assert "gateway-api" not in dict(facts(answer))


def test_network_objects_of_an_installation_say_nothing_of_the_team() -> None:
    own = outline("Server", "admin", namespace="linkerd-viz")

    assert "network-resources" not in dict(facts(asked(QUESTION, cluster(*apps(1), own))))


def test_without_applications_nothing_shows() -> None:
    assert asked(QUESTION, cluster(*PRACTICES)).because.id == "network-skills.unseen"

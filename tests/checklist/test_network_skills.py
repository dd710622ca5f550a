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
    assert answer.because.parameters == {"kept": 7, "looked_at": 7}


def test_none_of_them_is_a_no() -> None:
    answer = asked(QUESTION, cluster(*apps(3), Route("Ingress", "shop", "web")))

    assert answer.status == "no"
    assert facts(answer) == [
        ("namespaces-with-policies", "no"),
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
    assert facts(answer) == [("unread", "no"), ("readiness-probes", "yes"), ("named-ports", "yes")]
    assert answer.evidence[0].fact.parameters == {"kinds": "NetworkPolicy, PodDisruptionBudget"}


def test_not_using_the_gateway_api_is_no_lack() -> None:
    answer = asked(QUESTION, cluster(*apps(1)))

    assert "gateway-api" not in dict(facts(answer))


def test_network_objects_of_an_installation_say_nothing_of_the_team() -> None:
    own = outline("Server", "admin", namespace="linkerd-viz")

    assert "network-resources" not in dict(facts(asked(QUESTION, cluster(*apps(1), own))))


def test_without_applications_nothing_shows() -> None:
    assert asked(QUESTION, cluster(*PRACTICES)).because.id == "network-skills.unseen"

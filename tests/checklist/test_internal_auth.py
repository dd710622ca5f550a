import pytest

from mesh_probe.checklist.internal_auth import QUESTION
from mesh_probe.graph import CallGraph
from mesh_probe.model import Edge, Node
from tests.builders import Thing, app, apps, asked, calls, cluster, facts, outline, setting


def caller(name: str, host: str, *, tls: bool | None) -> list[Thing]:
    return app(name, references=(calls(host, tls=tls),))


def test_strict_mtls_is_a_requirement() -> None:
    strict = outline("PeerAuthentication", "default", {"spec.mtls.mode": "STRICT"})

    answer = asked(QUESTION, cluster(*apps(2), strict))

    assert answer.status == "yes"
    assert (answer.confidence or 0) > 0.9


def test_permissive_mtls_is_none() -> None:
    permissive = outline("PeerAuthentication", "default", {"spec.mtls.mode": "PERMISSIVE"})

    assert asked(QUESTION, cluster(*apps(2), permissive)).evidence == ()


def test_addresses_with_tls_between_applications_are_a_sign() -> None:
    answer = asked(QUESTION, cluster(*app("cart"), *caller("web", "cart.shop.svc", tls=True)))

    assert answer.status == "yes"
    assert answer.evidence[0].fact.parameters == {"encrypted": 1, "plain": 0}


def test_plain_addresses_are_a_weak_sign_against() -> None:
    callers = [thing for name in "abc" for thing in caller(name, "cart", tls=False)]

    answer = asked(QUESTION, cluster(*app("cart"), *callers))

    assert answer.status == "no"
    assert (answer.confidence or 0) < 0.7


def test_one_plain_address_settles_nothing() -> None:
    answer = asked(QUESTION, cluster(*app("cart"), *caller("web", "cart", tls=False)))

    assert answer.status == "unknown"
    assert facts(answer) == [("internal-addresses", "no")]


@pytest.mark.parametrize("host", ["api.stripe.com", "web", "nobody.shop.svc"])
def test_only_addresses_of_other_applications_count(host: str) -> None:
    answer = asked(QUESTION, cluster(*app("cart"), *caller("web", host, tls=True)))

    assert answer.because.id == "internal-auth.unseen"


def test_an_address_that_does_not_say_counts_for_nothing() -> None:
    answer = asked(QUESTION, cluster(*app("cart"), *caller("web", "cart", tls=None)))

    assert answer.evidence == ()


def test_certificates_count_for_names_of_applications_inside() -> None:
    inside = outline("Certificate", "cart", {"spec.dnsNames[0]": "cart.shop.svc.cluster.local"})
    webhook = outline("Certificate", "hook", {"spec.dnsNames[0]": "hook.cert-manager.svc"})
    public = outline("Certificate", "web", {"spec.dnsNames[0]": "shop.example.com"})

    assert asked(QUESTION, cluster(*app("cart"), inside)).status == "yes"
    assert asked(QUESTION, cluster(*app("cart"), webhook, public)).evidence == ()


def meshed(*mtls: bool) -> CallGraph:
    """Applications that call one after another, seen with mTLS or without."""
    names = [f"shop/app-{n}" for n in range(len(mtls) + 1)]
    nodes = [Node(name, name[5:], "Deployment", "middle", "shop") for name in names]
    edges = [
        Edge(client, server, 1.0, observed=True, mtls=one, sources=("istio",))
        for client, server, one in zip(names, names[1:], mtls, strict=False)
    ]
    return CallGraph(nodes, edges)


def test_calls_seen_with_mtls_count_by_their_share() -> None:
    most = asked(QUESTION, cluster(), meshed(True, True, True, False))
    few = asked(QUESTION, cluster(), meshed(True, False, False, False, False))
    plain = asked(QUESTION, cluster(), meshed(False, False))

    assert (most.status, most.evidence[0].seen_in) == ("yes", "istio")
    assert (few.status, facts(few)) == ("unknown", [("mtls-calls", "yes")])
    assert facts(plain) == [("mtls-calls", "no")]


def test_one_call_with_mtls_is_only_a_hint() -> None:
    answer = asked(QUESTION, cluster(), meshed(True))

    assert answer.status == "unknown"
    assert answer.evidence[0].weight <= 0.4


def test_tls_to_a_database_is_no_authentication_between_services() -> None:
    modes = (setting("tls", "DB_SSLMODE", True), setting("tls", "KAFKA_SECURITY_PROTOCOL", True))
    talking = [t for n in range(6) for t in app(f"app-{n}", settings=modes)]

    assert asked(QUESTION, cluster(*talking)).evidence == ()


def test_policies_count_around_applications_only() -> None:
    around = outline("NetworkPolicy", "default-deny")
    elsewhere = outline("NetworkPolicy", "default-deny", namespace="monitoring")

    assert facts(asked(QUESTION, cluster(*apps(2), around))) == [("network-policies", "yes")]
    assert asked(QUESTION, cluster(*apps(2), elsewhere)).evidence == ()


def test_a_switch_that_is_off_is_no_sign() -> None:
    def switch(key: str, *, on: bool) -> list[Thing]:
        return app("web", settings=(setting("auth", key, on),))

    assert facts(asked(QUESTION, cluster(*switch("AUTH_ENABLED", on=True)))) == [
        ("auth-settings", "yes")
    ]
    assert asked(QUESTION, cluster(*switch("AUTH_ENABLED", on=False))).evidence == ()
    assert asked(QUESTION, cluster(*switch("AUTH_DISABLED", on=True))).evidence == ()


def test_nothing_seen_is_unknown() -> None:
    assert asked(QUESTION, cluster(*apps(3))).because.id == "internal-auth.unseen"

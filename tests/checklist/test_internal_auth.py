from typing import Any

import msgspec
import pytest

from mesh_probe.checklist.internal_auth import QUESTION
from mesh_probe.graph import CallGraph
from mesh_probe.model import ConfigMap, ConfigUse, Container, Edge, Namespace, Node
from mesh_probe.question import Answer
from mesh_probe.snapshot import Snapshot
from tests.builders import Thing, app, apps, asked, calls, cluster, facts, outline, setting

SILENCE = ("few-to-authenticate", "no-auth-traces")
"""What is said where no sign of a requirement is seen."""


def caller(name: str, host: str, *, tls: bool | None) -> list[Thing]:
    return app(name, references=(calls(host, tls=tls),))


def signs(snapshot: Snapshot, graph: CallGraph | None = None) -> list[tuple[str, str | None]]:
    """The facts beside those that only say that there is nothing."""
    return [fact for fact in facts(asked(QUESTION, snapshot, graph)) if fact[0] not in SILENCE]


def alone(answer: Answer, fact: str) -> float:
    """The weight of a fact."""
    return next(e.weight for e in answer.evidence if e.fact.id == f"evidence.{fact}")


def test_strict_mtls_is_a_requirement() -> None:
    strict = outline("PeerAuthentication", "default", {"spec.mtls.mode": "STRICT"})

    answer = asked(QUESTION, cluster(*apps(6), strict))

    assert (answer.status, answer.because.id) == ("yes", "internal-auth.yes.policies")
    assert (answer.confidence or 0) > 0.9
    assert asked(QUESTION, cluster(*apps(2), strict)).status == "yes"


@pytest.mark.parametrize(
    ("value", "refuses"),
    [("all-authenticated", True), ("deny", True), ("all-unauthenticated", False), ("audit", False)],
)
def test_linkerd_s_policy_for_a_namespace_may_refuse_callers_too(
    value: str, *, refuses: bool
) -> None:
    marks = {"config.linkerd.io/default-inbound-policy": value}
    home, elsewhere = (Namespace(name, annotations=marks) for name in ("shop", "monitoring"))

    assert signs(cluster(*apps(6), home)) == ([("strict-mtls", "yes")] if refuses else [])
    assert signs(cluster(*apps(6), elsewhere)) == []


def test_permissive_mtls_is_none() -> None:
    permissive = outline("PeerAuthentication", "default", {"spec.mtls.mode": "PERMISSIVE"})

    assert signs(cluster(*apps(2), permissive)) == []


def test_addresses_with_tls_between_applications_are_a_sign() -> None:
    calling = (*app("cart"), *caller("web", "cart.shop.svc", tls=True))
    answer = asked(QUESTION, cluster(*calling, *apps(4)))

    assert (answer.status, answer.because.id) == ("yes", "internal-auth.yes.encrypted")
    assert answer.evidence[0].fact.parameters == {"encrypted": 1, "plain": 0}
    assert asked(QUESTION, cluster(*calling)).status == "unknown", "two services know each other"


def test_plain_addresses_among_many_services_are_a_weak_sign_against() -> None:
    callers = [thing for name in "abc" for thing in caller(name, "cart", tls=False)]

    answer = asked(QUESTION, cluster(*app("cart"), *callers, *apps(8)))

    assert answer.status == "no"
    assert facts(answer) == [("internal-addresses", "no"), ("no-auth-traces", "no")]
    assert (answer.confidence or 0) < 0.75


def test_one_plain_address_among_many_services_settles_nothing() -> None:
    plain = caller("web", "cart", tls=False)

    answer = asked(QUESTION, cluster(*app("cart"), *plain, *apps(8)))

    assert answer.status == "unknown"


@pytest.mark.parametrize("host", ["api.stripe.com", "web", "nobody.shop.svc"])
def test_only_addresses_of_other_applications_count(host: str) -> None:
    assert signs(cluster(*app("cart"), *caller("web", host, tls=True))) == []


def test_an_address_that_does_not_say_counts_for_nothing() -> None:
    assert signs(cluster(*app("cart"), *caller("web", "cart", tls=None))) == []


def test_certificates_count_for_names_of_applications_inside() -> None:
    inside = outline("Certificate", "cart", {"spec.dnsNames[0]": "cart.shop.svc.cluster.local"})
    webhook = outline("Certificate", "hook", {"spec.dnsNames[0]": "hook.cert-manager.svc"})
    public = outline("Certificate", "web", {"spec.dnsNames[0]": "shop.example.com"})

    answer = asked(QUESTION, cluster(*app("cart"), *apps(4), inside))

    assert (answer.status, answer.because.id) == ("yes", "internal-auth.yes.encrypted")
    assert answer.evidence[0].fact.parameters == {
        "count": 1,
        "examples": "Certificate shop/cart",
        "host": "cart.shop.svc.cluster.local",
    }
    assert signs(cluster(*app("cart"), webhook, public)) == []


def meshed(*mtls: bool, source: str = "istio") -> CallGraph:
    """Applications that call one after another, seen with mTLS or without."""
    names = [f"shop/app-{n}" for n in range(len(mtls) + 1)]
    nodes = [
        Node(name, name[5:], "Deployment", "middle", "shop", services=(name,)) for name in names
    ]
    edges = [
        Edge(client, server, 1.0, observed=True, mtls=one, sources=(source,))
        for client, server, one in zip(names, names[1:], mtls, strict=False)
    ]
    return CallGraph(nodes, edges)


TEN = apps(10)
PCI = Namespace("shop", labels={"pci-dss": "in-scope"})


def test_calls_that_a_mesh_encrypts_unasked_require_nothing() -> None:
    """Istio encrypts by default, and one object would have it refuse the rest."""
    answer = asked(QUESTION, cluster(*apps(7)), meshed(*[True] * 6))

    assert (answer.status, answer.because.id) == ("no", "internal-auth.no.unasked")
    assert (answer.confidence or 1) < 0.7
    assert ("mtls-unasked", "no") in facts(answer)
    assert asked(QUESTION, cluster(*TEN), meshed(*[True] * 9)).status == "unknown"
    assert asked(QUESTION, cluster(*apps(2)), meshed(True)).because.id == "internal-auth.few"


@pytest.mark.parametrize(
    "asking",
    [
        PCI,
        outline("PeerAuthentication", "default", {"spec.mtls.mode": "STRICT"}),
        outline("AuthorizationPolicy", "web", group="security.istio.io"),
        outline("Certificate", "a", {"spec.dnsNames[0]": "app-1.shop.svc"}),
    ],
    ids=["duty", "strict", "callers", "certificate"],
)
def test_encryption_by_a_mesh_counts_beside_what_asks_for_it(asking: Thing) -> None:
    without = asked(QUESTION, cluster(*TEN, asking))
    answer = asked(QUESTION, cluster(*TEN, asking), meshed(*[True] * 9))

    assert (answer.status, dict(facts(answer))["mtls-calls"]) == ("yes", "yes")
    assert (answer.probability or 0) > (without.probability or 1)


@pytest.mark.parametrize("hidden", ["PeerAuthentication", "AuthorizationPolicy", "Namespace"])
def test_what_may_be_required_out_of_sight_is_not_called_unasked(hidden: str) -> None:
    answer = asked(QUESTION, cluster(*apps(7), hidden=[hidden]), meshed(*[True] * 6))

    assert (answer.status, dict(facts(answer))["mtls-calls"]) == ("unknown", "yes")


def test_a_mesh_whose_policies_are_not_read_is_a_weak_sign() -> None:
    """What Linkerd refuses by default stands in its own settings."""
    answer = asked(QUESTION, cluster(*TEN), meshed(*[True] * 9, source="linkerd"))

    assert (answer.status, answer.because.id) == ("unknown", "internal-auth.unknown.unasked")
    assert alone(answer, "mtls-calls") <= 0.3


def test_calls_seen_in_the_clear_speak_against() -> None:
    answer = asked(QUESTION, cluster(*apps(7)), meshed(*[False] * 6))

    assert (answer.status, answer.because.id) == ("no", "internal-auth.no.seen")
    assert ("mtls-calls", "no") in facts(answer)


def test_sidecars_of_dapr_are_a_sign_where_its_control_plane_runs() -> None:
    asks = {"dapr.io/enabled": "true"}
    using = [thing for n in range(6) for thing in app(f"app-{n}", annotations=asks)]
    sentry = app("dapr-sentry", "dapr-system", containers=(Container("main", "daprio/sentry:1"),))

    alone_ = asked(QUESTION, cluster(*using, *sentry))
    required = asked(QUESTION, cluster(*using, *sentry, PCI))

    assert (alone_.status, signs(cluster(*using, *sentry))) == ("unknown", [("dapr-calls", "yes")])
    assert required.status == "yes"
    assert alone(required, "dapr-calls") > alone(alone_, "dapr-calls")
    assert signs(cluster(*using)) == []


def test_plain_addresses_of_calls_that_a_mesh_encrypts_say_nothing() -> None:
    callers = [t for n in range(3) for t in caller(f"app-{n}", f"app-{n + 1}", tls=False)]
    snapshot = cluster(*callers, *app("app-3"))

    assert "internal-addresses" in dict(signs(snapshot, meshed(False, False, False)))
    assert "internal-addresses" not in dict(signs(snapshot, meshed(True, True, True)))


def test_one_call_with_mtls_is_only_a_hint() -> None:
    answer = asked(QUESTION, cluster(*TEN, PCI), meshed(True))

    assert alone(answer, "mtls-calls") <= 0.3


def test_plain_addresses_inside_a_mesh_say_nothing_where_no_metrics_tell_of_it() -> None:
    callers = [t for n in range(8) for t in caller(f"app-{n}", f"app-{n + 1}", tls=False)]
    asks = Namespace("shop", labels={"istio-injection": "enabled"})
    image = "docker.io/istio/pilot:1.26.0"
    istiod = app("istiod", "istio-system", containers=(Container("main", image),))
    everything = (*callers, *app("app-8"))

    assert "internal-addresses" not in dict(signs(cluster(*everything, asks, *istiod)))
    assert "internal-addresses" in dict(signs(cluster(*everything, *istiod)))
    assert "internal-addresses" in dict(signs(cluster(*everything, asks)))


def test_tls_to_a_database_is_no_authentication_between_services() -> None:
    modes = (setting("tls", "DB_SSLMODE", True), setting("tls", "KAFKA_SECURITY_PROTOCOL", True))
    talking = [t for n in range(6) for t in app(f"app-{n}", settings=modes)]

    assert signs(cluster(*talking)) == []


CALLER = "spec.ingress[0].from[0].podSelector.matchLabels.app"


def test_policies_that_name_callers_count_more_and_only_around_applications() -> None:
    closed = outline("NetworkPolicy", "default-deny")
    elsewhere = outline("NetworkPolicy", "default-deny", namespace="monitoring")
    naming = outline("NetworkPolicy", "cart", {CALLER: "web"})

    assert signs(cluster(*apps(2), closed)) == [("network-policies", "yes")]
    assert signs(cluster(*apps(2), elsewhere)) == []
    assert signs(cluster(*apps(2), naming, closed)) == [("callers-named", "yes")]
    assert signs(cluster(*apps(2), *apps(1, "a"), *apps(1, "b"), naming)) == [
        ("network-policies", "yes")
    ]


OF_NAMESPACE = "spec.ingress[0].from[0].namespaceSelector.matchLabels."


@pytest.mark.parametrize(
    ("label", "value", "names"),
    [
        ("kubernetes.io/metadata.name", "ingress-nginx", False),
        ("kubernetes.io/metadata.name", "shop", True),
        ("stage", "prod", True),
        ("stage", "test", False),
    ],
)
def test_a_way_in_for_a_namespace_names_callers_where_applications_are_in_it(
    label: str, value: str, *, names: bool
) -> None:
    way_in = outline("NetworkPolicy", "web", {OF_NAMESPACE + label: value})
    homes = (Namespace("shop", labels={"stage": "prod"}), Namespace("ingress-nginx"))

    fact = "callers-named" if names else "network-policies"
    assert signs(cluster(*apps(6), way_in, *homes)) == [(fact, "yes")]


def test_pods_of_an_ingress_controller_are_no_callers_inside() -> None:
    both = {OF_NAMESPACE + "kubernetes.io/metadata.name": "ingress-nginx", CALLER: "nginx"}

    assert signs(cluster(*apps(6), outline("NetworkPolicy", "web", both))) == [
        ("network-policies", "yes")
    ]


def test_a_policy_that_protects_a_database_alone_names_no_callers_of_services() -> None:
    def protecting(name: str) -> Thing:
        return outline(
            "NetworkPolicy", name, {"spec.podSelector.matchLabels.app": name, CALLER: "app-1"}
        )

    db = app("db", containers=(Container("main", "postgres:16"),))

    assert signs(cluster(*apps(6), *db, protecting("db"))) == [("network-policies", "yes")]
    assert signs(cluster(*apps(6), *db, protecting("app-0"))) == [("callers-named", "yes")]


@pytest.mark.parametrize("sign", [CALLER, None])
def test_policies_between_two_services_do_not_outweigh_that_they_are_two(sign: str | None) -> None:
    policy = outline("NetworkPolicy", "web", {sign: "app-1"} if sign else {})

    answer = asked(QUESTION, cluster(*apps(2), policy))

    assert ("few-to-authenticate", "no") in facts(answer)
    assert answer.status == ("unknown" if sign else "no")
    assert answer.because.id == ("internal-auth.unknown" if sign else "internal-auth.no.few")


def test_a_switch_that_is_off_is_no_sign() -> None:
    def switch(key: str, *, on: bool) -> list[Thing]:
        return app("web", settings=(setting("auth", key, on),))

    assert signs(cluster(*switch("AUTH_ENABLED", on=True))) == [("auth-settings", "yes")]
    assert signs(cluster(*switch("AUTH_ENABLED", on=False))) == []
    assert signs(cluster(*switch("AUTH_DISABLED", on=True))) == []


def test_tokens_that_most_services_check_count_more_than_those_of_some() -> None:
    token = (setting("auth", "JWT_SIGNING_KEY", True),)
    checking = [t for n in range(3) for t in app(f"checks-{n}", settings=token)]

    most = asked(QUESTION, cluster(*checking, *apps(2)))
    some = asked(QUESTION, cluster(*checking, *apps(9)))

    assert most.status == "yes"
    assert alone(most, "auth-settings") > alone(some, "auth-settings")


def test_keys_of_a_config_map_tell_of_tokens_to_those_who_read_it() -> None:
    config = ConfigMap("shop", "web", keys=("application.yml:spring.security.jwt.issuer-uri",))
    reader = app("web", config=(ConfigUse("web", "file"),))

    assert signs(cluster(*reader, config)) == [("auth-settings", "yes")]
    assert signs(cluster(*app("web"), config)) == []


def test_identities_of_spiffe_are_a_requirement() -> None:
    server = app("spire", "spire", containers=(Container("main", "ghcr.io/spiffe/spire-server:1"),))
    taker = app("web", settings=(setting("auth", "SPIFFE_ENDPOINT_SOCKET", True),))

    assert asked(QUESTION, cluster(*apps(6), *server)).status == "yes"
    assert signs(cluster(*apps(6), *taker)) == [("identities", "yes")]


@pytest.mark.parametrize("image", ["quay.io/oauth2-proxy/oauth2-proxy:v7", "openpolicyagent/opa:1"])
def test_a_proxy_that_checks_callers_counts_by_how_many_have_it(image: str) -> None:
    beside: Any = (Container("main", "registry.example/web:1"), Container("check", image))
    three = [t for n in range(3) for t in app(f"app-{n}", containers=beside)]

    assert signs(cluster(*three)) == [("auth-sidecars", "yes")]
    one = asked(QUESTION, cluster(*apps(6), *app("web", containers=beside)))
    assert alone(one, "auth-sidecars") < alone(asked(QUESTION, cluster(*three)), "auth-sidecars")


@pytest.mark.parametrize(
    ("label", "value", "counts"),
    [("pci-dss", "in-scope", True), ("hipaa", "true", True), ("pci", "false", False)],
)
def test_duties_on_a_namespace_with_applications_are_a_sign(
    label: str, value: str, *, counts: bool
) -> None:
    home = Namespace("shop", labels={label: value})
    elsewhere = Namespace("monitoring", labels={label: value})

    assert signs(cluster(*apps(6), home)) == ([("duties", "yes")] if counts else [])
    assert signs(cluster(*apps(6), elsewhere)) == []


def test_several_tenants_have_to_be_kept_apart_and_one_has_not() -> None:
    homes = [Namespace(name, labels={"tenant": name}) for name in ("acme", "bolt")]
    both = cluster(*apps(3, "acme"), *apps(3, "bolt"), *homes)

    assert signs(both) == [("tenants", "yes")]
    more = [thing for name in "abc" for thing in apps(6, name)]
    three = [Namespace(name, labels={"tenant": name}) for name in "abc"]
    answer = asked(QUESTION, cluster(*more, *three))
    assert (answer.status, answer.because.id) == ("yes", "internal-auth.yes.tenants")
    assert signs(cluster(*apps(3, "acme"), *homes)) == []


def test_services_that_offer_tls_inside_are_a_sign() -> None:
    def offering(name: str, port: str) -> list[Thing]:
        workload, service = app(name)
        assert not isinstance(service, str)
        ports = tuple(msgspec.structs.replace(p, name=port) for p in service.ports)  # type: ignore[union-attr]
        return [workload, msgspec.structs.replace(service, ports=ports)]

    assert signs(cluster(*offering("a", "https"), *offering("b", "grpc-tls"))) == [
        ("tls-ports", "yes")
    ]
    assert signs(cluster(*offering("a", "http"))) == []


def test_nothing_seen_among_many_services_is_unknown() -> None:
    answer = asked(QUESTION, cluster(*apps(10)))

    assert (answer.status, facts(answer)) == ("unknown", [("no-auth-traces", "no")])
    assert answer.because.id == "internal-auth.unseen"


def test_two_services_have_nothing_to_prove_to_each_other() -> None:
    answer = asked(QUESTION, cluster(*apps(2)))

    assert answer.status == "no"
    assert (answer.because.id, answer.because.parameters["services"]) == ("internal-auth.few", 2)


def test_what_is_hidden_may_ask_even_two_services_for_proof() -> None:
    answer = asked(QUESTION, cluster(*apps(2), hidden=["ConfigMap"]))

    assert (answer.status, answer.probability) == ("unknown", 0.5)
    assert answer.because.id == "internal-auth.unseen"

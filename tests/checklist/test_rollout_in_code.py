import msgspec
import pytest

from mesh_probe.checklist.rollout_in_code import CANARY_ANNOTATION, QUESTION
from mesh_probe.model import (
    Backend,
    Branch,
    CodeTree,
    ConfigMap,
    ConfigUse,
    Container,
    Library,
    Route,
    Workload,
)
from mesh_probe.question import Answer
from mesh_probe.text import Wording
from tests.builders import Thing, app, apps, asked, cluster, facts, outline, setting


def canary(name: str) -> list[Thing]:
    return app(name, settings=(setting("canary", "CHECKOUT_CANARY_PERCENT", "10%"),))


def test_a_canary_share_in_settings_is_a_sign() -> None:
    answer = asked(QUESTION, cluster(*canary("web"), *apps(3)))

    assert answer.status == "yes"
    assert facts(answer) == [("canary-settings", "yes")]
    assert answer.evidence[0].subject == "Deployment shop/web"
    assert answer.evidence[0].check == "kubectl -n shop get deployment web -o yaml"


def test_several_are_a_stronger_one() -> None:
    one = asked(QUESTION, cluster(*canary("a")))
    three = asked(QUESTION, cluster(*canary("a"), *canary("b"), *canary("c")))

    assert (three.probability or 0) > (one.probability or 0)


def test_one_feature_switch_is_only_a_hint() -> None:
    flagged = app("web", settings=(setting("flag", "FEATURE_NEW_CART", True),))

    assert asked(QUESTION, cluster(*flagged)).status == "unknown"


def test_settings_in_a_config_map_belong_to_those_who_read_them() -> None:
    switches = (setting("canary", "canary.weight", 5.0),)
    config = ConfigMap("shop", "web", settings=switches)
    reader = app("web", config=(ConfigUse("web", "envFrom"),))

    assert asked(QUESTION, cluster(*reader, config)).status == "yes"
    unread = asked(QUESTION, cluster(*app("web"), config))
    assert ("canary-settings", "yes") not in facts(unread)


def test_versions_behind_one_service_are_a_sign() -> None:
    v1 = app("cart-v1", service="cart", labels={"version": "v1"})
    v2 = app("cart-v2", service="cart", labels={"version": "v2"})[:1]

    answer = asked(QUESTION, cluster(*v1, *v2))

    assert (answer.status, facts(answer)) == ("unknown", [("version-twins", "yes")])
    assert answer.evidence[0].fact.parameters == {
        "service": "shop/cart",
        "workloads": "cart-v1, cart-v2",
        "versions": "v1, v2",
        "count": 1,
    }


def test_twins_may_be_told_by_their_names_and_several_are_a_sign() -> None:
    def twins(name: str) -> list[Thing]:
        return [*app(name), app(f"{name}-canary", service=name)[0]]

    one = asked(QUESTION, cluster(*twins("cart")))
    two = asked(QUESTION, cluster(*twins("cart"), *twins("web")))

    assert (one.status, facts(one)) == ("unknown", [("version-twins", "yes")])
    assert (two.status, two.evidence[0].fact.parameters["count"]) == ("yes", 2)


def test_two_workloads_of_one_version_are_none() -> None:
    twins = [*app("cart"), app("cart-worker", service="cart")[0]]

    assert "version-twins" not in dict(facts(asked(QUESTION, cluster(*twins))))


def test_a_canary_ingress_alone_is_a_hint() -> None:
    route = Route("Ingress", "shop", "web", annotations={CANARY_ANNOTATION: "true"})

    answer = asked(QUESTION, cluster(*app("web"), route))

    assert answer.status == "unknown"
    assert facts(answer) == [("canary-ingress", "yes")]


def test_a_delivery_controller_is_the_opposite() -> None:
    flagger = outline("Canary", "web", group="flagger.app")
    rollout = Workload("Rollout", "shop", "web", labels={"app": "web"})

    assert asked(QUESTION, cluster(*apps(2), flagger)).status == "no"
    assert ("argo-rollouts", "no") in facts(asked(QUESTION, cluster(rollout)))


@pytest.mark.parametrize(
    ("kind", "weights", "splits"),
    [
        ("HTTPRoute", {0: (90, 10)}, True),
        ("HTTPRoute", {0: (50, 50)}, True),
        ("HTTPRoute", {0: (1, 1)}, False),  # as a server fills in where none were written
        ("HTTPRoute", {0: (100, 0)}, False),
        ("HTTPRoute", {0: (100, None)}, False),  # a mirror
        ("VirtualService", {0: (100,), 1: (100,)}, False),
        ("VirtualService", {0: (100,), 1: (1, 1)}, True),
        ("Route", {0: (None, None)}, False),
    ],
)
def test_a_split_is_made_by_weights_within_one_rule(
    kind: str, weights: dict[int, tuple[int | None, ...]], splits: bool
) -> None:
    backends = tuple(
        Backend("shop", f"web-{rule}-{place}", weight=weight, rule=rule)
        for rule, those in weights.items()
        for place, weight in enumerate(those)
    )

    answer = asked(QUESTION, cluster(Route(kind, "shop", "web", backends=backends)))

    assert (("weighted-routes", "no") in facts(answer)) == splits


def test_nothing_seen_is_unknown_for_code_is_not_read() -> None:
    answer = asked(QUESTION, cluster(*apps(10)))

    assert (answer.status, facts(answer)) == ("unknown", [("no-rollout-traces", "no")])
    assert answer.because.id == "rollout-in-code.unseen"


def test_neither_few_nor_many_of_which_nothing_is_seen_are_a_weaker_no() -> None:
    some, few = asked(QUESTION, cluster(*apps(7))), asked(QUESTION, cluster(*apps(5)))

    assert some.status == "no"
    assert (some.confidence or 1) < (few.confidence or 0)


def test_few_services_of_which_nothing_is_seen_are_a_no() -> None:
    answer = asked(QUESTION, cluster(*apps(5)))

    assert answer.status == "no"
    assert answer.because.id == "rollout-in-code.few"
    assert asked(QUESTION, cluster(*apps(5), hidden=["ConfigMap"])).probability is None


def test_few_services_say_nothing_against_a_sign_that_is_seen() -> None:
    assert facts(asked(QUESTION, cluster(*canary("web")))) == [("canary-settings", "yes")]


def test_a_percentage_of_a_flag_is_a_share_and_a_library_is_a_hint() -> None:
    share = app("web", settings=(setting("flag", "FEATURE_CART_PERCENT", 10.0),))
    library = app("web", settings=(setting("flag", "LAUNCHDARKLY_SDK_KEY", True),))

    assert asked(QUESTION, cluster(*share)).status == "yes"
    assert asked(QUESTION, cluster(*library)).status == "unknown"


def test_a_flag_service_in_the_cluster_is_a_hint() -> None:
    unleash = app("flags", containers=(Container("main", "unleashorg/unleash-server:6"),))

    assert ("flag-services", "yes") in facts(asked(QUESTION, cluster(*apps(8), *unleash)))


def test_libraries_for_flags_in_code_are_a_sign_by_their_number() -> None:
    def taking_in(*folders: str) -> CodeTree:
        files = [f"{folder}/package.json" for folder in folders]
        return CodeTree("shop", libraries=tuple(Library(f, "LaunchDarkly", "flag") for f in files))

    def probability(*folders: str) -> float:
        snapshot = msgspec.structs.replace(cluster(*apps(8)), code=(taking_in(*folders),))
        answer = asked(QUESTION, snapshot)
        assert facts(answer) == [("flag-libraries", "yes")]
        return answer.probability or 0.0

    assert 0.5 < probability("web") < probability("web", "cart", "search")


def test_code_that_chooses_a_version_is_a_hint_in_one_file_and_a_sign_in_several() -> None:
    def branching(*files: str) -> Answer:
        shares = [Branch(f"{file}:3", "share") for file in files]
        headers = [Branch(f"{file}:9", "header") for file in files]
        tree = CodeTree("shop", branches=(*shares, *headers))
        return asked(QUESTION, msgspec.structs.replace(cluster(*apps(8)), code=(tree,)))

    one, three = branching("web/my flags.ts"), branching("web/a.go", "cart/a.go", "search/a.go")

    assert (one.status, facts(one)) == ("unknown", [("code-branches", "yes")])
    assert one.evidence[0].check == "sed -n 3p 'shop/web/my flags.ts'"
    assert one.evidence[0].fact.parameters == {
        "count": 1,
        "examples": "shop/web/my flags.ts:3",
        "kinds": "header, share",
    }
    assert "요청 헤더, 요청이나 사용자의 비율" in Wording("ko").say(one.evidence[0].fact)
    assert (three.status, facts(three)) == ("yes", [("code-branches", "yes")])
    assert (branching("a.go", "b.go").probability or 0) == one.probability


def test_a_delivery_controller_outweighs_code_that_chooses_a_version() -> None:
    tree = CodeTree("shop", branches=(Branch("web/a.go:1", "share"),))
    things = (*apps(8), outline("Canary", "web", group="flagger.app"))

    answer = asked(QUESTION, msgspec.structs.replace(cluster(*things), code=(tree,)))

    assert answer.status == "no"
    assert ("code-branches", "yes") in facts(answer)


def test_its_thresholds_can_be_set() -> None:
    few = msgspec.structs.replace(cluster(*apps(9)), thresholds={"few-services": 3})

    assert asked(QUESTION, few).status == "unknown"


def test_few_services_say_nothing_where_a_sign_may_be_hidden() -> None:
    """Hiding what spoke for it would make the answer surer than seeing it did."""
    shared_out = Route(
        kind="HTTPRoute",
        namespace="shop",
        name="web",
        backends=(Backend("shop", "web", weight=90), Backend("shop", "next", weight=10)),
    )

    hidden = asked(QUESTION, cluster(*apps(3), shared_out, hidden=["Ingress"]))

    assert ("few-to-roll-out", "no") not in facts(hidden)
    assert hidden.status == "unknown"

import pytest

from mesh_probe.checklist.sla_spread import QUESTION
from mesh_probe.graph import CallGraph
from mesh_probe.model import Edge, Latency, Namespace, Node, Role, Route
from tests.builders import Thing, app, apps, asked, cluster, facts, outline, setting


def slo(name: str, target: str) -> Thing:
    return outline("ServiceLevelObjective", name, {"spec.target": target})


def test_different_objectives_are_different_standards() -> None:
    answer = asked(QUESTION, cluster(*apps(8), slo("web", "99.9"), slo("batch", "95")))

    assert (answer.status, answer.because.id) == ("yes", "sla-spread.yes.objectives")
    assert answer.because.parameters["values"] == "95%, 99.9%"
    assert answer.evidence[0].fact.parameters["values"] == "95%, 99.9%"


def test_a_ratio_and_a_percentage_may_be_the_same_objective() -> None:
    ratio = outline("SLO", "web", {"spec.objectives[0].target": 0.999})

    answer = asked(QUESTION, cluster(*apps(8), slo("batch", "99.9"), ratio))

    assert facts(answer) == [("objectives", "no")]
    assert (answer.status, answer.because.id) == ("no", "sla-spread.no.objectives")


def test_an_objective_that_is_no_number_is_passed_over() -> None:
    answer = asked(QUESTION, cluster(*apps(8), slo("web", "soon"), slo("batch", "99")))

    assert answer.measure is not None
    assert answer.measure.value == 1


def test_priority_classes_of_some_are_a_hint_and_of_all_a_sign() -> None:
    """Who is evicted first is no agreement; a rank for every service is an order."""
    ranked = [t for n in range(8) for t in app(f"r-{n}", priority_class="high" if n % 2 else "low")]

    some = asked(QUESTION, cluster(*ranked, *apps(8)))
    every = asked(QUESTION, cluster(*ranked))

    assert (some.status, facts(some)) == ("unknown", [("priority-classes", "yes")])
    assert (every.status, facts(every)) == ("yes", [("priority-classes", "yes")])


def test_one_priority_class_for_all_is_no_sign() -> None:
    alike = [t for n in range(8) for t in app(f"r-{n}", priority_class="high")]

    assert ("priority-classes", "yes") not in facts(asked(QUESTION, cluster(*alike)))


def test_budgets_that_differ_are_a_hint() -> None:
    one = outline("PodDisruptionBudget", "web", {"spec.minAvailable": 1.0})
    other = outline("PodDisruptionBudget", "cart", {"spec.maxUnavailable": "25%"})

    answer = asked(QUESTION, cluster(*apps(8), one, other))

    assert answer.status == "unknown"
    assert facts(answer) == [("budgets-differ", "yes")]


def entries(*calls: tuple[str, str]) -> CallGraph:
    """Two entry points of 0.1 s and 2 s, and who calls whom behind them."""

    def node(name: str, role: Role) -> Node:
        return Node(f"shop/{name}", name, "Deployment", role, "shop", services=(f"shop/{name}",))

    nodes = [node("app-0", "entry"), node("app-1", "entry"), node("app-2", "leaf")]
    internet = Node("internet", "internet", "Internet", "external")
    ways = [
        Edge("internet", f"shop/{name}", 1.0, latency=Latency(p99_seconds=p99))
        for name, p99 in (("app-0", 0.1), ("app-1", 2.0))
    ]
    behind = [Edge(f"shop/{client}", f"shop/{server}", 1.0) for client, server in calls]
    return CallGraph([*nodes, internet], [*ways, *behind])


def test_entries_over_a_shared_service_that_differ_widely_are_a_hint() -> None:
    shared = entries(("app-0", "app-2"), ("app-1", "app-2"))
    answer = asked(QUESTION, cluster(*apps(8)), shared)

    assert ("entry-spread", "yes") in facts(answer)
    assert answer.evidence[-1].fact.parameters == {
        "slow": "shop/app-1",
        "slow_p99": 2.0,
        "fast": "shop/app-0",
        "fast_p99": 0.1,
    }


def test_entries_that_share_nothing_may_differ() -> None:
    apart = entries(("app-0", "app-2"))

    answer = asked(QUESTION, cluster(*apps(8)), apart)

    assert "entry-spread" not in dict(facts(answer))


def test_with_few_services_and_nothing_different_it_is_no() -> None:
    answer = asked(QUESTION, cluster(*apps(4)))

    assert answer.status == "no"
    assert facts(answer) == [("few-to-tell-apart", "no"), ("all-alike", "no")]


def test_nothing_different_among_many_settles_nothing() -> None:
    answer = asked(QUESTION, cluster(*apps(20)))

    assert (answer.status, answer.because.id) == ("unknown", "sla-spread.silent")
    assert facts(answer) == [("all-alike", "no")]


def test_what_could_not_be_read_is_not_taken_as_alike() -> None:
    answer = asked(QUESTION, cluster(*apps(20), hidden=["PodDisruptionBudget"]))

    assert (answer.status, answer.because.id) == ("unknown", "sla-spread.unseen")


def test_an_empty_cluster_has_nothing_to_tell_apart() -> None:
    answer = asked(QUESTION, cluster())
    hidden = asked(QUESTION, cluster(hidden=["Service"]))

    assert (answer.status, answer.because.id) == ("no", "sla-spread.none")
    assert (hidden.status, hidden.because.id) == ("unknown", "sla-spread.empty")


def test_ranks_that_differ_are_a_sign_and_one_rank_is_a_hint() -> None:
    high = app("web", labels={"criticality": "high"})
    low = app("batch", labels={"criticality": "low"})

    differ = asked(QUESTION, cluster(*high, *low, *apps(6)))
    one = asked(QUESTION, cluster(*high, *apps(6)))

    assert (differ.status, facts(differ)) == ("yes", [("ranks", "yes")])
    assert differ.because.id == "sla-spread.yes.ranks"
    assert differ.evidence[0].fact.parameters["ranks"] == "high, low"
    assert (one.status, facts(one)) == ("unknown", [("ranks", "yes")])
    assert facts(asked(QUESTION, cluster(*high))) != facts(one)


def test_a_rank_may_stand_on_the_namespace() -> None:
    homes = [Namespace("a", labels={"sla": "gold"}), Namespace("b", labels={"sla": "silver"})]

    named = [t for n in range(4) for t in (*app(f"x-{n}", "a"), *app(f"y-{n}", "b"))]

    assert asked(QUESTION, cluster(*named, *homes)).status == "yes"


def test_routes_that_wait_much_longer_than_others_are_a_hint() -> None:
    slow = Route(
        "Ingress",
        "shop",
        "upload",
        annotations={"nginx.ingress.kubernetes.io/proxy-read-timeout": "600"},
    )
    fast = Route("HTTPRoute", "shop", "web", settings=(setting("timeout", "request", "5s"),))

    answer = asked(QUESTION, cluster(*apps(8), slow, fast))

    assert (answer.status, facts(answer)) == ("unknown", [("route-timeouts", "yes")])
    assert "route-timeouts" not in dict(facts(asked(QUESTION, cluster(*apps(8), slow))))


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("nginx.ingress.kubernetes.io/proxy-read-timeout", ("5", "600")),
        ("haproxy.org/timeout-server", ("5s", "10m")),
        ("haproxy.org/timeout-server", ("5000", "600000")),
        ("haproxy-ingress.github.io/timeout-server", ("5s", "600s")),
        ("konghq.com/read-timeout", ("5000", "600000")),
    ],
)
def test_each_ingress_controller_has_its_own_words_for_a_timeout(
    key: str, values: tuple[str, str]
) -> None:
    routes = [Route("Ingress", "shop", value, annotations={key: value}) for value in values]

    answer = asked(QUESTION, cluster(*apps(8), *routes))

    assert facts(answer) == [("route-timeouts", "yes")]
    assert answer.evidence[0].fact.parameters["shortest"] == 5.0
    assert answer.evidence[0].fact.parameters["longest"] == 600.0


@pytest.mark.parametrize("path", ["target", "targetPercent"])
def test_objectives_of_openslo_are_read_as_a_ratio_or_in_per_cent(path: str) -> None:
    scale = 100 if path == "targetPercent" else 1
    slos = [
        outline("SLO", name, {f"spec.objectives[0].{path}": value * scale})
        for name, value in (("web", 0.999), ("batch", 0.95))
    ]

    answer = asked(QUESTION, cluster(*apps(8), *slos))

    assert answer.status == "yes"
    assert answer.evidence[0].fact.parameters["values"] == "95%, 99.9%"

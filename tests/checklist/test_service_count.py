import msgspec
import pytest

from mesh_probe.checklist.service_count import QUESTION
from mesh_probe.model import Container
from mesh_probe.question import Measure
from mesh_probe.text import message
from tests.builders import app, apps, asked, cluster, facts


def test_ten_services_are_enough() -> None:
    answer = asked(QUESTION, cluster(*apps(10)))

    assert answer.status == "yes"
    assert answer.measure == Measure("application-services", 10, "services", 10)
    assert answer.because.parameters == {"count": 10, "threshold": 10}


def test_nine_services_are_not() -> None:
    answer = asked(QUESTION, cluster(*apps(9)))

    assert answer.status == "no"
    assert answer.evidence[0].check == "kubectl get services --all-namespaces"


def test_the_farther_from_the_threshold_the_surer() -> None:
    confidences = [asked(QUESTION, cluster(*apps(count))).confidence or 0 for count in range(10)]
    beyond = [asked(QUESTION, cluster(*apps(count))).confidence or 0 for count in range(10, 20)]

    assert confidences == sorted(confidences, reverse=True)
    assert beyond == sorted(beyond)


def test_seven_seen_while_deployments_are_hidden_prove_nothing() -> None:
    answer = asked(QUESTION, cluster(*apps(7), partial=["Deployment"]))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "service-count.hidden"
    assert answer.because.parameters == {"count": 7, "kinds": "Deployment"}
    assert facts(answer) == [("services-counted", None)]


def test_twelve_seen_are_enough_whatever_is_hidden() -> None:
    answer = asked(QUESTION, cluster(*apps(12), hidden=["StatefulSet"]))

    assert answer.status == "yes"


def test_unreadable_services_are_not_no_services() -> None:
    assert asked(QUESTION, cluster(hidden=["Service"])).status == "unknown"


def test_an_empty_cluster_has_none() -> None:
    answer = asked(QUESTION, cluster())

    assert answer.status == "no"
    assert facts(answer) == [("services-none", "no")]


def test_datastores_are_left_out_and_named() -> None:
    database = app("orders-db", containers=(Container("db", "postgres:16"),))
    answer = asked(QUESTION, cluster(*apps(9), *database))

    assert answer.status == "no"
    assert facts(answer) == [("services-counted", "no"), ("left-out-datastores", None)]


def test_canary_and_stable_are_one_service() -> None:
    twins = [*app("cart"), app("cart-canary", service="cart")[0]]

    answer = asked(QUESTION, cluster(*twins, *apps(8)))

    assert answer.measure is not None
    assert answer.measure.value == 9


def test_stages_of_one_system_are_counted_once() -> None:
    stages = [thing for stage in ("dev", "staging", "prod") for thing in apps(4, stage)]

    answer = asked(QUESTION, cluster(*stages))

    assert answer.status == "no"
    assert (answer.confidence or 1) < 0.8
    assert answer.evidence[0].fact == message(
        "evidence.services-distinct", count=4, found=12, examples="app-0, app-1, app-2, app-3"
    )


def test_whether_a_copy_for_each_customer_counts_is_asked() -> None:
    tenants = [thing for number in range(12) for thing in apps(2, f"tenant-{number}")]

    answer = asked(QUESTION, cluster(*tenants))

    assert (answer.status, answer.probability) == ("unknown", None)
    told = {"count": 2, "found": 24, "copies": 12}
    assert answer.because == message("service-count.copies", **told)
    assert answer.to_settle == message("service-count.settle-copies", **told)


def test_what_to_do_to_be_sure_hangs_on_what_was_read() -> None:
    read = asked(QUESTION, cluster(*apps(9)))
    hidden = asked(QUESTION, cluster(*apps(9), hidden=["StatefulSet"]))

    assert read.to_settle.id == "service-count.settle-counted"
    assert hidden.to_settle == message("service-count.settle")


def test_a_few_names_that_recur_are_services_of_their_own() -> None:
    answer = asked(QUESTION, cluster(*apps(9), *apps(3, "pay")))

    assert answer.status == "yes"
    assert answer.measure is not None
    assert answer.measure.value == 12


def test_what_other_sections_count_besides_is_told() -> None:
    """Fifteen services here and seventeen workloads there would look like a contradiction."""
    twins = [*app("cart"), app("cart-canary", service="cart")[0]]
    worker = app("worker")[:1]

    answer = asked(QUESTION, cluster(*twins, *worker, *apps(8)))

    assert facts(answer) == [
        ("services-counted", "no"),
        ("left-out-variants", None),
        ("left-out-workloads", None),
    ]


def test_what_is_left_out_can_be_looked_at() -> None:
    database = app("orders-db", containers=(Container("db", "postgres:16"),))

    *_, left_out = asked(QUESTION, cluster(*apps(9), *database)).evidence

    assert left_out.check == "kubectl -n shop get deployment orders-db -o yaml"


@pytest.mark.parametrize("name", ["shop/app-0", "shop"])
def test_what_people_want_left_out_is_counted_nowhere(name: str) -> None:
    snapshot = cluster(*apps(3), *app("web", "front", service="entry"))
    without = msgspec.structs.replace(snapshot, left_out=(name, "front/entry"))

    measures = [asked(QUESTION, one).measure for one in (snapshot, without)]

    assert [measure and measure.value for measure in measures] == [4, 2 if "/" in name else 0]


def test_a_cluster_of_products_alone_is_said_to_be_one() -> None:
    harbor = cluster(*app("db", containers=(Container("x", "postgres:16"),)))
    answer = asked(QUESTION, harbor)

    assert (answer.status, answer.because.id) == ("no", "service-count.none")
    assert asked(QUESTION, cluster()).because.id == "service-count.nothing"

import msgspec
import pytest

from mesh_probe.checklist.ops_owner import PROBES, QUESTION
from mesh_probe.model import Container, Namespace
from tests.builders import Thing, app, apps, asked, cluster, definition, facts, outline


def binding(group: str) -> Thing:
    return outline(
        "ClusterRoleBinding",
        group,
        {"subjects[0].kind": "Group", "subjects[0].name": group},
        namespace=None,
    )


def alerts() -> Thing:
    return outline("PrometheusRule", "cart", {"spec.groups[0].rules[0].alert": "CartDown"})


EVERYTHING = [
    binding("platform-team"),
    outline("AlertmanagerConfig", "on-call"),
    alerts(),
    definition("applications.argoproj.io"),
    Namespace("shop", labels={"team": "checkout"}),
]


def test_every_trace_together_is_a_yes_that_stays_unsure() -> None:
    answer = asked(QUESTION, cluster(*apps(3), *EVERYTHING))

    assert answer.status == "yes"
    assert (answer.confidence or 1) < 0.9
    assert len(answer.evidence) == 5


@pytest.mark.parametrize("trace", EVERYTHING, ids=lambda trace: trace.name)
def test_one_trace_alone_settles_nothing(trace: Thing) -> None:
    answer = asked(QUESTION, cluster(*apps(3), trace))

    assert answer.status == "unknown"
    assert [piece.points for piece in answer.evidence] == ["yes"]


def test_a_rule_set_next_to_applications_counts_and_a_chart_s_does_not() -> None:
    chart = outline("PrometheusRule", "kube", namespace="monitoring")

    assert facts(asked(QUESTION, cluster(*apps(3), alerts()))) == [("own-alerts", "yes")]
    assert facts(asked(QUESTION, cluster(*apps(3), chart))) == [("no-owner-traces", "no")]


def test_rights_of_single_persons_count_less_and_leave_them_unnamed() -> None:
    person = {"subjects[0].kind": "User", "subjects[0].name": "ann@example.com"}

    answer = asked(QUESTION, cluster(*apps(3), outline("RoleBinding", "ann", person)))

    assert facts(answer) == [("user-bindings", "yes")]
    assert answer.evidence[0].fact.parameters == {"count": 1}
    assert (
        answer.evidence[0].weight
        < asked(QUESTION, cluster(*apps(3), binding("platform-team"))).evidence[0].weight
    )


@pytest.mark.parametrize("group", ["system:masters", "kubeadm:cluster-admins"])
def test_groups_that_every_cluster_binds_are_no_trace(group: str) -> None:
    answer = asked(QUESTION, cluster(*apps(3), binding(group)))

    assert facts(answer) == [("no-owner-traces", "no")]


def test_owners_on_a_few_count_less_than_on_most() -> None:
    owned = app("web", labels={"team": "checkout"})

    few = asked(QUESTION, cluster(*owned, *apps(5)))
    most = asked(QUESTION, cluster(*owned, *apps(1)))

    assert (few.probability or 0) < (most.probability or 0)


def test_no_trace_with_everything_readable_is_just_a_no() -> None:
    answer = asked(QUESTION, cluster(*apps(3)))

    assert (answer.status, answer.probability) == ("no", 0.343)
    assert facts(answer) == [("no-owner-traces", "no")]


def test_whoever_runs_monitoring_is_a_weak_trace() -> None:
    grafana = app("grafana", "monitoring", containers=(Container("main", "grafana/grafana:11"),))

    answer = asked(QUESTION, cluster(*apps(3), *grafana))

    assert (answer.status, facts(answer)) == ("unknown", [("fittings", "yes")])


def test_receivers_that_page_somebody_count_more_than_others() -> None:
    path = "spec.receivers[0].pagerdutyConfigs[0].routingKey.name"
    pages = asked(QUESTION, cluster(*apps(3), outline("AlertmanagerConfig", "a", {path: "pd"})))
    mails = asked(QUESTION, cluster(*apps(3), outline("AlertmanagerConfig", "a")))

    assert facts(pages) == [("on-call", "yes")]
    assert (pages.probability or 0) > (mails.probability or 1)


def test_a_delivery_controller_that_runs_is_a_trace_without_its_definitions() -> None:
    image = "quay.io/argoproj/argocd:v2.14.5"
    argo = app("argocd-server", "argocd", containers=(Container("main", image),))

    assert facts(asked(QUESTION, cluster(*apps(3), *argo))) == [("gitops", "yes")]


def test_owners_that_people_named_settle_it() -> None:
    named = msgspec.structs.replace(cluster(*apps(3)), owners={"shop": "Ann"})

    answer = asked(QUESTION, named)

    assert answer.status == "yes"
    assert answer.evidence[0].seen_in == "answers file"


@pytest.mark.parametrize("kind", PROBES)
def test_no_trace_with_something_hidden_is_unknown(kind: str) -> None:
    answer = asked(QUESTION, cluster(*apps(3), hidden=[kind]))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "ops-owner.unseen"
    assert answer.because.parameters == {"kinds": kind}


def test_an_empty_cluster_shows_nobody() -> None:
    assert asked(QUESTION, cluster()).because.id == "ops-owner.empty"

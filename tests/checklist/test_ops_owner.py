import msgspec
import pytest

from mesh_probe.checklist.ops_owner import PROBES, QUESTION
from mesh_probe.model import Container, Gap, Namespace, Telemetry
from mesh_probe.question import Answer
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message
from tests.builders import Thing, app, apps, asked, cluster, definition, facts, outline

ABSENT = [
    ("no-owner-labels", "no"),
    ("no-rights", "no"),
    ("no-gitops", "no"),
    ("no-own-alerts", "no"),
    ("no-receivers", "no"),
]
"""What is said where no trace of any sort is seen, in the order of its weight."""


def traces(answer: Answer) -> list[tuple[str, str | None]]:
    """The facts beside those that only say that something is missing."""
    return [fact for fact in facts(answer) if fact not in ABSENT]


def person(name: str) -> Thing:
    return outline("RoleBinding", name, {"subjects[0].kind": "User", "subjects[0].name": name})


def running(name: str, image: str) -> list[Thing]:
    return app(name, name, containers=(Container("main", image),))


def binding(group: str) -> Thing:
    return outline(
        "ClusterRoleBinding",
        group,
        {"subjects[0].kind": "Group", "subjects[0].name": group},
        namespace=None,
    )


def alerts() -> Thing:
    return outline("PrometheusRule", "cart", {"spec.groups[0].rules[0].alert": "CartDown"})


BARE = running("prometheus", "prom/prometheus:v3.0.0")
ANSWERS = Telemetry(prometheus=("http://prometheus:9090",))


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
    assert [points for _, points in traces(answer)] == ["yes"]
    assert len(answer.evidence) == len(ABSENT)


def test_a_rule_set_next_to_applications_counts_and_a_chart_s_does_not() -> None:
    chart = outline("PrometheusRule", "kube", namespace="monitoring")

    assert traces(asked(QUESTION, cluster(*apps(3), alerts()))) == [("own-alerts", "yes")]
    assert facts(asked(QUESTION, cluster(*apps(3), chart))) == ABSENT


def test_rights_of_several_persons_count_less_than_a_group_s_and_leave_them_unnamed() -> None:
    answer = asked(
        QUESTION, cluster(*apps(3), person("ann@example.com"), person("bob@example.com"))
    )
    group = asked(QUESTION, cluster(*apps(3), binding("platform-team")))

    assert traces(answer) == [("user-bindings", "yes")]
    assert answer.evidence[0].fact.parameters == {"count": 2}
    assert (answer.probability or 1) < (group.probability or 0)


def test_one_single_person_with_rights_speaks_neither_for_an_owner_nor_against() -> None:
    answer = asked(QUESTION, cluster(*apps(3), person("sam@example.com")))

    assert (answer.status, answer.because.id) == ("unknown", "ops-owner.unknown")
    assert traces(answer) == [("lone-user-binding", None)]
    assert ("no-rights", "no") not in facts(answer)
    assert (answer.probability or 1) < 0.5


@pytest.mark.parametrize("group", ["system:masters", "kubeadm:cluster-admins"])
def test_groups_that_every_cluster_binds_are_no_trace(group: str) -> None:
    answer = asked(QUESTION, cluster(*apps(3), binding(group)))

    assert facts(answer) == ABSENT


def test_owners_on_a_few_count_less_than_on_most() -> None:
    owned = app("web", labels={"team": "checkout"})

    few = asked(QUESTION, cluster(*owned, *apps(5)))
    most = asked(QUESTION, cluster(*owned, *apps(1)))

    assert (few.probability or 0) < (most.probability or 0)


def test_no_trace_with_everything_readable_is_just_a_no() -> None:
    answer = asked(QUESTION, cluster(*apps(3)))

    assert (answer.status, answer.probability, answer.because.id) == ("no", 0.343, "ops-owner.no")
    assert facts(answer) == ABSENT


def test_fittings_count_only_beside_other_traces() -> None:
    """Whoever once installed a chart need not be in charge today."""
    prometheus = running("prometheus", "prom/prometheus:v3.0.0")
    alone = asked(QUESTION, cluster(*apps(3), *prometheus))
    labelled = Namespace("shop", labels={"team": "checkout"})
    beside = asked(QUESTION, cluster(*apps(3), *prometheus, labelled))

    assert (alone.status, facts(alone)) == ("no", ABSENT)
    assert traces(beside) == [("owner-labels", "yes"), ("fittings", "yes")]


@pytest.mark.parametrize(
    ("name", "image"),
    [
        ("alertmanager", "quay.io/prometheus/alertmanager:v0.28.1"),
        ("datadog", "gcr.io/datadoghq/agent:7.65.0"),
        ("grafana", "grafana/grafana:11"),
    ],
)
def test_what_alerts_by_settings_that_are_not_read_leaves_nobody_in_charge_unproved(
    name: str, image: str
) -> None:
    answer = asked(QUESTION, cluster(*apps(3), *running(name, image), *BARE, telemetry=ANSWERS))

    assert (answer.status, traces(answer)) == ("unknown", [("alerting-unread", None)])
    unread = next(e for e in answer.evidence if e.points is None)
    assert unread.fact.parameters["examples"] == f"Deployment {name}/{name}"
    assert {"no-receivers", "no-own-alerts"}.isdisjoint(dict(facts(answer)))


NOT_ASKED = (Gap("Prometheus", message("gap.prometheus-not-asked")),)


@pytest.mark.parametrize(
    ("snapshot", "counts"),
    [
        (cluster(*apps(3)), True),
        (cluster(*apps(3), *BARE, telemetry=ANSWERS, gaps=()), True),
        (cluster(*apps(3), *BARE, gaps=NOT_ASKED), True),
        (cluster(*apps(3), telemetry=ANSWERS, gaps=()), False),
        (cluster(*apps(3), gaps=NOT_ASKED), False),
    ],
    ids=["none", "in the cluster", "in it and not asked", "outside of it", "not asked"],
)
def test_a_prometheus_outside_of_the_cluster_may_alert_out_of_sight(
    snapshot: Snapshot, *, counts: bool
) -> None:
    """One in the cluster, without anything that sends its alerts, reaches nobody."""
    answer = asked(QUESTION, snapshot)

    missing = {("no-receivers", "no"), ("no-own-alerts", "no")} & set(facts(answer))
    assert (answer.status, len(missing)) == (("no", 2) if counts else ("unknown", 0))


def test_receivers_that_page_somebody_count_more_than_others() -> None:
    path = "spec.receivers[0].pagerdutyConfigs[0].routingKey.name"
    pages = asked(QUESTION, cluster(*apps(3), outline("AlertmanagerConfig", "a", {path: "pd"})))
    mails = asked(QUESTION, cluster(*apps(3), outline("AlertmanagerConfig", "a")))

    assert traces(pages) == [("on-call", "yes")]
    assert (pages.probability or 0) > (mails.probability or 1)


def test_a_delivery_controller_that_runs_is_a_trace_without_its_definitions() -> None:
    image = "quay.io/argoproj/argocd:v2.14.5"
    argo = app("argocd-server", "argocd", containers=(Container("main", image),))

    assert traces(asked(QUESTION, cluster(*apps(3), *argo))) == [("gitops", "yes")]


def test_owners_that_people_named_settle_it() -> None:
    named = msgspec.structs.replace(cluster(*apps(3)), owners={"shop": "Ann"})

    answer = asked(QUESTION, named)

    assert answer.status == "yes"
    assert answer.evidence[0].seen_in == "answers file"


@pytest.mark.parametrize("kind", PROBES)
def test_no_trace_with_something_hidden_is_unknown(kind: str) -> None:
    answer = asked(QUESTION, cluster(*apps(3), hidden=[kind]))

    assert answer.status == "unknown"
    assert (answer.probability or 0.5) <= 0.5
    assert answer.because.id == "ops-owner.unseen"
    assert answer.because.parameters == {"kinds": kind}


def test_an_empty_cluster_shows_nobody() -> None:
    answer = asked(QUESTION, cluster())

    assert (answer.because.id, answer.evidence) == ("ops-owner.empty", ())


def test_without_applications_traces_count_and_what_applications_would_show_is_not_missed() -> None:
    answer = asked(QUESTION, cluster(binding("platform-team")))

    assert traces(answer) == [("group-bindings", "yes")]
    assert {"no-owner-labels", "no-own-alerts"}.isdisjoint(dict(facts(answer)))


def provider(kind: str, group: str = "notification.toolkit.fluxcd.io") -> Thing:
    return outline("Provider", kind, {"spec.type": kind}, group=group)


@pytest.mark.parametrize(
    ("kind", "fact"),
    [
        ("pagerduty", ["on-call"]),
        ("opsgenie", ["on-call"]),
        ("slack", ["alert-receivers"]),
        ("github", []),
        ("generic", []),
    ],
)
def test_flux_tells_people_of_deliveries_as_alertmanager_does(kind: str, fact: list[str]) -> None:
    found = asked(QUESTION, cluster(*apps(3), provider(kind)))

    assert traces(found) == [(each, "yes") for each in fact]


def test_a_provider_of_something_else_is_no_receiver() -> None:
    found = asked(QUESTION, cluster(*apps(3), provider("slack", "pkg.crossplane.io")))

    assert traces(found) == []


def test_the_team_that_flux_lets_deliver_owns_a_namespace() -> None:
    tenant = Namespace("shop", labels={"toolkit.fluxcd.io/tenant": "team-alpha"})

    assert traces(asked(QUESTION, cluster(*apps(3), tenant))) == [("owner-labels", "yes")]

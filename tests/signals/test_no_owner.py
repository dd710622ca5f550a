import pytest

from mesh_probe.checklist.ops_owner import QUESTION
from mesh_probe.graph.build import build
from mesh_probe.model import Declaration, Namespace, Status
from mesh_probe.question import Answer, conclude, declare
from mesh_probe.signals.no_owner import SIGNAL
from tests.builders import Thing, apps, asked, cluster, definition, facts, outline


def mirrored(owner: Answer) -> Answer:
    snapshot = cluster()
    return conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), {"ops-owner": owner}))


@pytest.mark.parametrize(("said", "signal"), [("yes", "no"), ("no", "yes")])
def test_what_people_said_of_an_owner_settles_it(said: Status, signal: Status) -> None:
    answer = mirrored(declare(QUESTION, Declaration("ops-owner", said), "declared"))

    assert (answer.status, answer.confidence, answer.basis) == (signal, 1.0, "declared")


def test_it_is_the_other_side_of_the_question() -> None:
    traces: list[Thing] = [
        outline("AlertmanagerConfig", "on-call"),
        definition("applications.argoproj.io"),
        Namespace("shop", labels={"team": "checkout"}),
    ]
    owner = asked(QUESTION, cluster(*apps(3), *traces))
    answer = mirrored(owner)

    assert (owner.status, answer.status) == ("yes", "no")
    assert answer.probability == pytest.approx(1 - (owner.probability or 0), abs=0.001)
    assert facts(answer) == [("owner-yes", "no")]
    assert answer.evidence[0].check == owner.evidence[0].check


def test_a_cluster_without_any_trace_is_a_veto_that_is_hardly_sure() -> None:
    answer = mirrored(asked(QUESTION, cluster(*apps(3))))

    assert answer.status == "yes"
    assert answer.confidence == pytest.approx(0.657, abs=0.001)


def test_an_unknown_owner_proves_nothing() -> None:
    trace: Thing = outline("AlertmanagerConfig", "on-call")

    assert mirrored(asked(QUESTION, cluster(*apps(3), trace))).because.id == "no-owner.unseen"
    assert mirrored(asked(QUESTION, cluster(hidden=["RoleBinding"]))).status == "unknown"

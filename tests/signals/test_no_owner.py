import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.checklist.ops_owner import QUESTION
from mesh_probe.graph.build import build
from mesh_probe.model import Declaration, Namespace, Status
from mesh_probe.question import Answer, conclude, declare, status_of
from mesh_probe.signals.no_owner import SIGNAL
from mesh_probe.text import message
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


def test_an_unknown_owner_leaves_it_unknown_and_as_likely_as_its_contrary() -> None:
    trace: Thing = outline("AlertmanagerConfig", "on-call")
    owner = asked(QUESTION, cluster(*apps(3), trace))
    answer = mirrored(owner)

    assert (answer.status, answer.because.id) == ("unknown", "no-owner.unseen")
    assert facts(answer) == [("owner-unknown", "yes")]
    assert answer.probability == pytest.approx(1 - (owner.probability or 0), abs=0.0001)


def test_nothing_seen_of_an_owner_proves_nothing() -> None:
    answer = mirrored(asked(QUESTION, cluster(hidden=["RoleBinding"])))

    assert (answer.status, answer.probability) == ("unknown", None)


@given(st.integers(0, 10_000))
def test_the_two_are_one_variable(owner: int) -> None:
    probability = owner / 10_000
    status = status_of(probability)
    said = Answer("ops-owner", 8, status, probability, None, "inferred", message("said"))

    answer = mirrored(said)

    turned: dict[Status, Status] = {"yes": "no", "no": "yes", "unknown": "unknown"}
    assert answer.status == turned[status]
    turned_round = 0.5 if answer.probability is None else answer.probability
    assert turned_round == pytest.approx(1 - probability, abs=0.0001)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.checklist import QUESTIONS
from mesh_probe.graph.build import build
from mesh_probe.model import Declaration, Namespace, Status
from mesh_probe.outcome import NEEDS
from mesh_probe.question import Answer, conclude, declare, status_of
from mesh_probe.signals.hype import SIGNAL
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message
from tests.builders import Thing, app, apps, cluster, definition, facts


def judged(snapshot: Snapshot, needs: dict[str, Status] | None = None) -> Answer:
    """The signal where every need is no but those given."""
    answers = {
        question.id: declare(
            question,
            Declaration(question.id, (needs or {}).get(question.id, "no")),
            "declared",
        )
        for question in QUESTIONS
    }
    return conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), answers))


WISHES: list[Thing] = [
    definition("virtualservices.networking.istio.io"),
    definition("serviceprofiles.linkerd.io"),
    Namespace("shop", labels={"istio-injection": "enabled"}),
    Namespace("shop", labels={"istio.io/dataplane-mode": "ambient"}),
    Namespace("shop", labels={"istio.io/rev": "1-24"}),
    app("web", annotations={"linkerd.io/inject": "enabled"})[0],
]


@pytest.mark.parametrize("wish", WISHES)
def test_a_wish_without_any_need_is_hype(wish: Thing) -> None:
    answer = judged(cluster(*apps(3), wish))

    assert answer.status == "yes"
    assert facts(answer) == [("mesh-wish", "yes")]


@pytest.mark.parametrize("need", NEEDS)
def test_one_need_is_a_reason(need: str) -> None:
    answer = judged(cluster(WISHES[0]), {need: "yes"})

    assert answer.status == "no"
    assert facts(answer) == [("needs-present", "no"), ("mesh-wish", None)]


def test_an_open_need_leaves_it_open() -> None:
    answer = judged(cluster(WISHES[0]), {"diagnosis-time": "unknown"})

    assert (answer.status, answer.because.id) == ("unknown", "hype.open-needs")
    assert answer.because.parameters == {"count": 1}


@pytest.mark.parametrize("need", ["no", "unknown"])
def test_without_a_wish_there_is_no_hype(need: Status) -> None:
    answer = judged(cluster(*apps(3)), {"diagnosis-time": need})

    assert (answer.status, answer.because.id) == ("no", "hype.no-wish")
    assert facts(answer) == [("no-mesh-wish", "no")]


@pytest.mark.parametrize(
    "mark",
    [
        Namespace("shop", labels={"istio-injection": "disabled"}),
        definition("ciliumnetworkpolicies.cilium.io"),
        definition("gateways.gateway.networking.k8s.io"),
    ],
)
def test_a_gateway_a_cni_or_an_opt_out_is_no_wish(mark: Thing) -> None:
    assert judged(cluster(mark)).status == "no"


def test_definitions_that_were_hidden_may_hold_a_wish() -> None:
    answer = judged(cluster(hidden=["CustomResourceDefinition"]))

    assert (answer.status, answer.because.id) == ("unknown", "hype.unseen")


def test_it_is_as_sure_as_the_needs_are() -> None:
    snapshot = cluster(WISHES[0])
    weak = Answer("service-count", 1, "yes", 0.7, 0.7, "inferred", message("said"))
    said = message("said")
    rest = {q.id: Answer(q.id, q.number, "no", 0.1, 0.9, "inferred", said) for q in QUESTIONS[1:]}

    answers = {"service-count": weak, **rest}
    answer = conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), answers))

    assert answer.probability == pytest.approx(0.3, abs=0.001)


def needs(*chances: float) -> dict[str, Answer]:
    """All nine answers; the first of them with these chances, the others surely no."""
    said = message("said")
    filled = (*chances, *[0.0] * (len(QUESTIONS) - len(chances)))
    return {
        q.id: Answer(q.id, q.number, status_of(p), p, None, "inferred", said)
        for q, p in zip(QUESTIONS, filled, strict=True)
    }


@given(st.lists(st.floats(0, 0.35), max_size=7))
def test_it_is_never_surer_than_the_least_sure_of_the_needs(chances: list[float]) -> None:
    snapshot = cluster(WISHES[0])

    answer = conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), needs(*chances)))

    assert (answer.probability or 1) <= min((1 - p for p in chances), default=1) + 0.0001


def test_seven_unsure_needs_are_an_unsure_hype() -> None:
    snapshot = cluster(WISHES[0])

    answer = conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), needs(*[0.3] * 7)))

    assert (answer.status, answer.because.id) == ("yes", "hype.yes")
    assert answer.probability == pytest.approx(0.7, abs=0.001)


def test_unknown_needs_count_half() -> None:
    snapshot = cluster(WISHES[0])
    answers = needs(0.7)
    answers["diagnosis-time"] = Answer(
        "diagnosis-time", 4, "unknown", None, None, "inferred", message("said")
    )

    answer = conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), answers))

    assert answer.probability == pytest.approx(0.3, abs=0.001)

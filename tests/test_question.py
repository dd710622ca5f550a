import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.checklist import QUESTIONS
from mesh_probe.model import Declaration, Evidence, Status
from mesh_probe.question import (
    NO_UPTO,
    YES_FROM,
    Basis,
    Measure,
    Opinion,
    Sign,
    conclude,
    declare,
)
from mesh_probe.text import message

RULE = QUESTIONS[0]


def piece(points: str | None, weight: float, subject: str = "Deployment shop/web") -> Evidence:
    return Evidence(subject, message("evidence.example"), "objects", points, weight)  # type: ignore[arg-type]


BASE = Evidence("base", message("evidence.base"), "objects", "yes", 3.0)

pieces = st.builds(
    piece,
    st.sampled_from(["yes", "no", None]),
    st.floats(0, 6, allow_nan=False),
    st.sampled_from(["a", "b", "c"]),
)


def test_evidence_adds_up_in_log_odds() -> None:
    answer = conclude(RULE, Opinion((piece("yes", 2.0), piece("no", 0.5), piece(None, 0.0))))

    assert answer.probability == round(1 / (1 + math.exp(-1.5)), 4)
    assert (answer.status, answer.confidence) == ("yes", answer.probability)
    assert answer.because.id == "service-count.yes"


def test_no_evidence_is_unknown_with_its_reason() -> None:
    measure = Measure("services", None, "services", 10)
    answer = conclude(RULE, Opinion(reason=message("service-count.hidden"), measure=measure))

    assert (answer.status, answer.probability, answer.confidence) == ("unknown", None, None)
    assert answer.because == message("service-count.hidden")
    assert answer.measure == measure


def test_evidence_that_points_nowhere_is_kept_and_decides_nothing() -> None:
    answer = conclude(RULE, Opinion((piece(None, 0.0),), said={"count": 3}))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because == message("service-count.unknown", count=3)
    assert len(answer.evidence) == 1


def test_a_veto_without_proof_is_never_yes() -> None:
    answer = conclude(RULE, Opinion((piece("yes", 6.0),), proved=False))

    assert (answer.status, answer.probability) == ("unknown", 0.5)


def test_what_could_not_be_read_may_have_pointed_the_other_way() -> None:
    unread = (Sign(("evidence.a",), ("Rollout",), no=1.5), Sign((), ("Ingress",), yes=9.0))

    answer = conclude(RULE, Opinion((piece("yes", 2.0),), unread=unread))

    assert answer.probability == round(1 / (1 + math.exp(-0.5)), 4)
    assert answer.evidence[1] == Evidence(
        "cluster",
        message("evidence.unread", kinds="Rollout"),
        "objects",
        "no",
        1.5,
        "mesh-probe doctor",
    )


def test_it_takes_a_sum_to_zero_and_no_further() -> None:
    unread = (Sign((), ("Pod",), yes=4.0),)
    answer = conclude(RULE, Opinion((piece("no", 1.0),), unread=unread))

    assert (answer.status, answer.probability) == ("unknown", 0.5)


def test_what_was_seen_of_a_sign_is_not_doubted_again() -> None:
    hidden = Sign(("evidence.example",), ("Rollout",), yes=1.5, no=1.5)

    weak = conclude(RULE, Opinion((piece("yes", 1.0),), unread=(hidden,)))
    strong = conclude(RULE, Opinion((piece("no", 1.5), BASE), unread=(hidden,)))

    assert weak.probability == 0.5
    assert [e.weight for e in strong.evidence] == [3.0, 1.5]


def test_it_is_no_evidence_by_itself() -> None:
    answer = conclude(RULE, Opinion(unread=(Sign((), ("Pod",), yes=4.0),)))

    assert (answer.probability, answer.evidence) == (None, ())


@given(st.lists(pieces, max_size=6).flatmap(lambda p: st.tuples(st.just(p), st.permutations(p))))
def test_the_order_of_evidence_never_matters(orders: tuple[list[Evidence], list[Evidence]]) -> None:
    one, other = (conclude(RULE, Opinion(tuple(order))) for order in orders)

    assert one == other


@given(st.lists(pieces, max_size=6), st.floats(0, 6))
def test_another_sign_of_yes_never_lowers_the_probability(
    found: list[Evidence], weight: float
) -> None:
    before = conclude(RULE, Opinion((piece("no", 0.1), *found)))
    after = conclude(RULE, Opinion((piece("no", 0.1), *found, piece("yes", weight))))

    assert (after.probability or 0) >= (before.probability or 0)


@given(st.lists(pieces, max_size=8))
def test_status_confidence_and_probability_agree(found: list[Evidence]) -> None:
    answer = conclude(RULE, Opinion(tuple(found)))
    probability = answer.probability

    if probability is None or NO_UPTO < probability < YES_FROM:
        assert (answer.status, answer.confidence) == ("unknown", None)
    else:
        assert answer.status == ("yes" if probability >= YES_FROM else "no")
        assert answer.confidence == pytest.approx(max(probability, 1 - probability))


@pytest.mark.parametrize(
    ("status", "probability", "confidence"),
    [("yes", 1.0, 1.0), ("no", 0.0, 1.0), ("unknown", None, None)],
)
@pytest.mark.parametrize("basis", ["declared", "assumed"])
def test_what_people_say_is_certain_and_marked(
    status: Status, probability: float | None, confidence: float | None, basis: Basis
) -> None:
    assert basis in ("declared", "assumed")
    answer = declare(RULE, Declaration(RULE.id, status, "asked Ann"), basis)

    assert (answer.status, answer.probability, answer.confidence) == (
        status,
        probability,
        confidence,
    )
    assert (answer.basis, answer.because) == (basis, message(f"{basis}.note", note="asked Ann"))

from itertools import product

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mesh_probe.checklist import QUESTIONS
from mesh_probe.model import Evidence, Status
from mesh_probe.outcome import NEEDS, decide, veto_chance
from mesh_probe.question import Answer, Basis, confidence_of, status_of
from mesh_probe.signals import SIGNALS
from mesh_probe.text import message
from mesh_probe.verdict import Verdict, reach

OWNER = next(n for n, question in enumerate(QUESTIONS) if question.id == "ops-owner")
NO_OWNER = next(n for n, signal in enumerate(SIGNALS) if signal.id == "no-owner")


def answer(
    id_: str, probability: float | None, *, basis: Basis = "inferred", number: int = 1
) -> Answer:
    status = "unknown" if probability is None else status_of(probability)
    return Answer(
        id_,
        number,
        status,
        probability,
        confidence_of(status, probability),
        basis,
        message(f"{id_}.{status}"),
    )


def answers(*probabilities: float | None) -> tuple[Answer, ...]:
    return tuple(
        answer(q.id, p, number=q.number) for q, p in zip(QUESTIONS, probabilities, strict=True)
    )


def signals(*probabilities: float | None) -> tuple[Answer, ...]:
    return tuple(answer(s.id, p) for s, p in zip(SIGNALS, probabilities, strict=True))


QUIET = signals(0.0, None, 0.0, 0.0, 0.0)
chance = st.one_of(st.none(), st.floats(0, 1).map(lambda p: round(p, 4)))
nine = st.tuples(*[chance] * 9).map(lambda given: answers(*given))


@st.composite
def judged(draw: st.DrawFn) -> tuple[tuple[Answer, ...], tuple[Answer, ...]]:
    """Nine answers and five signals, where `no-owner` is the other side of `ops-owner`."""
    asked = draw(nine)
    owner = asked[OWNER]
    mirrored = None if owner.status == "unknown" else 1 - (owner.probability or 0.0)
    others = [draw(chance) for _ in SIGNALS]
    others[NO_OWNER] = mirrored
    return asked, signals(*others)


def brute_force(
    asked: tuple[Answer, ...], seen: tuple[Answer, ...], threshold: int = 5
) -> dict[str, float]:
    """The probability of each outcome, by going through every way the answers may turn out."""
    outcomes = dict.fromkeys(("not-now", "kubernetes-is-enough", "consider", "undecided"), 0.0)
    free = [s for s in seen if s.id != "no-owner"]
    owner_counts = seen[NO_OWNER].status != "unknown"
    for truth in product((True, False), repeat=len(asked)):
        weight = 1.0
        for known, yes in zip(asked, truth, strict=True):
            p = 0.5 if known.probability is None else known.probability
            weight *= p if yes else 1 - p
        for vetoes in product((True, False), repeat=len(free)):
            share = weight
            seen_veto, unseen_veto = not truth[OWNER], False
            if not owner_counts:
                seen_veto, unseen_veto = unseen_veto, seen_veto
            for signal, yes in zip(free, vetoes, strict=True):
                share *= veto_chance(signal) if yes else 1 - veto_chance(signal)
                seen_veto |= yes and signal.status != "unknown"
                unseen_veto |= yes and signal.status == "unknown"
            if seen_veto:
                outcomes["not-now"] += share
            elif unseen_veto:
                outcomes["undecided"] += share
            elif sum(truth) >= threshold:
                outcomes["consider"] += share
            else:
                outcomes["kubernetes-is-enough"] += share
    return outcomes


@pytest.mark.parametrize(
    ("yes", "unknown", "vetoes", "outcome"),
    [
        (5, 0, 0, "consider"),
        (9, 0, 0, "consider"),
        (5, 4, 0, "consider"),
        (4, 0, 0, "kubernetes-is-enough"),
        (0, 4, 0, "kubernetes-is-enough"),
        (4, 1, 0, "undecided"),
        (0, 9, 0, "undecided"),
        (9, 0, 1, "not-now"),
        (0, 9, 5, "not-now"),
    ],
)
def test_the_decision_rule(yes: int, unknown: int, vetoes: int, outcome: str) -> None:
    asked = answers(*[1.0] * yes, *[None] * unknown, *[0.0] * (9 - yes - unknown))
    seen = signals(*[1.0] * vetoes, *[0.0] * (5 - vetoes))

    verdict = reach(QUESTIONS, asked, seen)

    assert verdict.outcome == outcome
    assert (verdict.yes, verdict.no, verdict.unknown) == (yes, 9 - yes - unknown, unknown)
    assert (verdict.probability is None) == (outcome == "undecided")


def test_an_unknown_signal_never_vetoes() -> None:
    verdict = reach(QUESTIONS, answers(*[1.0] * 9), signals(None, None, None, None, None))

    assert verdict.outcome == "consider"
    assert verdict.outcomes == {
        "consider": pytest.approx(0.9**4, abs=1e-6),
        "undecided": pytest.approx(1 - 0.9**4, abs=1e-6),
        "kubernetes-is-enough": 0.0,
        "not-now": 0.0,
    }


def test_a_veto_that_is_not_proved_is_rare() -> None:
    chances = [veto_chance(answer("hype", p)) for p in (0.0, 0.1, 0.5, None, 0.64, 0.65, 1.0)]

    assert chances == pytest.approx([0.0, 0.0122, 0.1, 0.1, 0.165, 0.65, 1.0], abs=1e-4)


@given(judged(), st.sampled_from([s.id for s in SIGNALS if s.id != "no-owner"]))
def test_a_signal_that_can_no_longer_be_seen_makes_no_outcome_surer(
    case: tuple[tuple[Answer, ...], tuple[Answer, ...]], lost: str
) -> None:
    asked, seen = case
    assume(next(s for s in seen if s.id == lost).status != "unknown")
    unseen = tuple(answer(s.id, None) if s.id == lost else s for s in seen)

    before, after = reach(QUESTIONS, asked, seen), reach(QUESTIONS, asked, unseen)

    if after.outcome == before.outcome:
        assert (after.probability or 0.0) <= (before.probability or 0.0) + 1e-6


@given(judged())
def test_an_owner_who_can_no_longer_be_seen_makes_no_outcome_surer(
    case: tuple[tuple[Answer, ...], tuple[Answer, ...]],
) -> None:
    asked, seen = list(case[0]), list(case[1])
    assume(asked[OWNER].status != "unknown")
    before = reach(QUESTIONS, asked, seen)
    asked[OWNER], seen[NO_OWNER] = answer("ops-owner", None), answer("no-owner", None)

    after = reach(QUESTIONS, asked, seen)

    if after.outcome == before.outcome:
        assert (after.probability or 0.0) <= (before.probability or 0.0) + 1e-6


def test_a_higher_threshold_asks_for_more() -> None:
    asked = answers(*[1.0] * 6, 0.0, 1.0, 0.0)

    assert reach(QUESTIONS, asked, QUIET, threshold=7).outcome == "consider"
    assert reach(QUESTIONS, asked, QUIET, threshold=8).outcome == "kubernetes-is-enough"


@given(judged())
def test_outcomes_agree_with_going_through_every_case(
    case: tuple[tuple[Answer, ...], tuple[Answer, ...]],
) -> None:
    verdict = reach(QUESTIONS, *case)

    assert verdict.outcomes == pytest.approx(brute_force(*case), abs=1e-5)
    assert sum(verdict.outcomes.values()) == pytest.approx(1, abs=1e-5)
    assert all(0 <= p <= 1 for p in verdict.outcomes.values())


@given(judged())
def test_the_distribution_is_one_and_has_the_mean_of_its_parts(
    case: tuple[tuple[Answer, ...], tuple[Answer, ...]],
) -> None:
    asked, _ = case
    distribution = reach(QUESTIONS, *case).yes_distribution

    assert len(distribution) == 10
    assert sum(distribution) == pytest.approx(1, abs=1e-4)
    mean = sum(count * p for count, p in enumerate(distribution))
    assert mean == pytest.approx(
        sum(0.5 if a.probability is None else a.probability for a in asked), abs=1e-3
    )


@given(nine, st.integers(0, 8))
def test_another_yes_never_lowers_need_nor_the_chance_of_consider(
    asked: tuple[Answer, ...], position: int
) -> None:
    more = list(asked)
    more[position] = answer(asked[position].id, 1.0)

    before, after = reach(QUESTIONS, asked, QUIET), reach(QUESTIONS, more, QUIET)

    assert after.need.value >= before.need.value
    assert after.readiness.value >= before.readiness.value
    assert after.outcomes["consider"] >= before.outcomes["consider"] - 1e-6


@given(judged())
def test_every_swing_is_a_doubt_that_changes_the_outcome(
    case: tuple[tuple[Answer, ...], tuple[Answer, ...]],
) -> None:
    asked, seen = case
    verdict = reach(QUESTIONS, asked, seen)
    doubtful = {a.id for a in (*asked, *seen) if a.confidence is None or a.confidence < 0.8}

    for swing in verdict.swing:
        assert swing.id in doubtful
        assert swing.would_become != verdict.outcome
        assert swing.settle.id == f"{swing.id}.settle"


@given(judged())
def test_an_undecided_verdict_always_says_what_would_decide_it(
    case: tuple[tuple[Answer, ...], tuple[Answer, ...]],
) -> None:
    verdict = reach(QUESTIONS, *case)

    assert verdict.swing or verdict.outcome != "undecided"


def swings(verdict: Verdict) -> list[tuple[str, str]]:
    return [(swing.id, swing.would_become) for swing in verdict.swing]


def test_one_answer_from_the_threshold_each_doubt_swings_it() -> None:
    asked = answers(1.0, 1.0, 1.0, 0.0, None, 0.3, 0.0, 0.95, 0.0)
    verdict = reach(QUESTIONS, asked, QUIET)

    assert verdict.outcome == "undecided"
    assert swings(verdict) == [
        ("internal-auth", "consider"),
        ("internal-auth", "kubernetes-is-enough"),
        ("sla-spread", "consider"),
        ("few-incidents", "not-now"),
    ]


def test_an_unknown_owner_can_veto_as_well_as_decide() -> None:
    asked = answers(1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, None, 0.0)
    seen = signals(0.0, 0.0, 0.0, None, 0.0)

    assert swings(reach(QUESTIONS, asked, seen)) == [
        ("ops-owner", "consider"),
        ("ops-owner", "not-now"),
    ]


def hyped(chance: float | None) -> tuple[Answer, ...]:
    """Signals of a cluster where something asks for a mesh."""
    wish = Evidence("cluster", message("evidence.mesh-wish"), "objects", "yes", 2.0)
    return (msgspec.structs.replace(answer("hype", chance), evidence=(wish,)), *QUIET[1:])


def test_the_last_open_need_may_leave_nothing_but_the_wish() -> None:
    asked = answers(0.0, 0.0, None, *[0.0] * 4, 1.0, 1.0)

    assert ("rollout-in-code", "not-now") in swings(reach(QUESTIONS, asked, hyped(None)))
    assert ("rollout-in-code", "not-now") not in swings(reach(QUESTIONS, asked, QUIET))


def test_the_only_need_swings_into_hype_and_a_found_one_out_of_it() -> None:
    present = answers(0.7, *[0.0] * 6, 1.0, 1.0)
    missing = answers(0.25, *[0.0] * 6, 1.0, 1.0)

    assert ("service-count", "not-now") in swings(reach(QUESTIONS, present, hyped(0.3)))
    assert ("service-count", "kubernetes-is-enough") in swings(
        reach(QUESTIONS, missing, hyped(0.75))
    )


def test_needs_that_are_all_no_though_unsure_are_hype_when_the_last_one_is_gone() -> None:
    asked = answers(0.7, *[0.3] * 6, 1.0, 1.0)

    assert ("service-count", "not-now") in swings(reach(QUESTIONS, asked, hyped(0.1)))


def test_hype_that_people_declare_stays() -> None:
    told = (answer("hype", 1.0, basis="declared"), *QUIET[1:])

    verdict = reach(QUESTIONS, answers(0.3, *[0.0] * 6, 1.0, 1.0), told)

    assert "service-count" not in dict(swings(verdict))


def test_the_needs_are_the_questions_that_decide_the_need() -> None:
    assert tuple(q.id for q in QUESTIONS if q.decides == "need") == NEEDS


def test_doubts_that_only_together_change_it_are_all_named() -> None:
    asked = answers(0.0, None, None, None, None, None, None, 0.95, 0.0)

    verdict = reach(QUESTIONS, asked, QUIET)

    assert verdict.outcome == "undecided"
    assert swings(verdict) == [
        ("path-complexity", "consider"),
        ("rollout-in-code", "consider"),
        ("diagnosis-time", "consider"),
        ("internal-auth", "consider"),
        ("sla-spread", "consider"),
        ("central-policy", "consider"),
        ("few-incidents", "not-now"),
    ]


def test_what_is_certain_never_swings() -> None:
    asked = answers(*[1.0] * 5, *[0.0] * 2, 1.0, 0.0)

    assert reach(QUESTIONS, asked, signals(0.0, 0.0, 0.0, 0.0, 0.0)).swing == ()


def test_what_people_said_of_the_missing_owner_settles_the_question_too() -> None:
    asked = answers(*[1.0] * 4, *[0.0] * 3, None, 0.0)
    seen = [*QUIET]
    seen[NO_OWNER] = answer("no-owner", 1.0, basis="declared")

    verdict = reach(QUESTIONS, asked, seen)

    assert (verdict.outcome, verdict.probability) == ("not-now", 1.0)
    assert verdict.yes_distribution[4] == 1.0


def test_scores_can_be_done_again_by_hand() -> None:
    asked = answers(0.99, 0.5, None, 0.0, 1.0, 0.255, 0.8, 0.7, None)

    verdict = reach(QUESTIONS, asked, QUIET)

    assert verdict.need.arithmetic == "(99 + 50 + 50 + 0 + 100 + 26 + 80) / 7 = 58"
    assert verdict.need.value == 58
    assert verdict.readiness.value == 68
    assert verdict.readiness.arithmetic == "(70 + 50 + 50 + 100) / 4 = 68"


@given(nine)
def test_the_printed_sum_gives_the_printed_score(asked: tuple[Answer, ...]) -> None:
    verdict = reach(QUESTIONS, asked, QUIET)

    for score in (verdict.need, verdict.readiness):
        terms, _, rest = score.arithmetic.partition(" / ")
        count, _, value = rest.partition(" = ")
        figures = [int(term) for term in terms.strip("()").split(" + ")]
        assert abs(sum(figures) / int(count) - int(value)) <= 0.5
        assert score.value == int(value)


def test_axes_are_the_means_of_their_questions() -> None:
    asked = answers(0.0, 0.9, 0.8, None, 0.95, 0.2, 0.5, 0.0, 0.0)

    verdict = reach(QUESTIONS, asked, QUIET)

    assert verdict.axes == {"traffic": 0.5, "observation": 0.7, "security": 0.95}


def reasons(verdict: Verdict) -> list[str]:
    return [said.id for said in verdict.because]


def with_evidence(asked: tuple[Answer, ...]) -> list[Answer]:
    piece = Evidence("cluster", message("evidence.example"), "objects", "yes", 1.0)
    return [msgspec.structs.replace(a, evidence=(piece,)) for a in asked]


def test_a_veto_is_the_first_reason() -> None:
    verdict = reach(QUESTIONS, answers(*[1.0] * 9), signals(1.0, None, 1.0, 0.0, 0.0))

    assert reasons(verdict) == [
        "verdict.veto.hype",
        "verdict.veto.no-observability",
        "verdict.count",
    ]


def test_reasons_are_the_count_the_pain_the_strongest_need_and_what_is_open() -> None:
    asked = with_evidence(answers(0.9, 0.7, 0.7, None, 0.95, 0.7, 0.0, 0.9, 0.9))

    assert reasons(reach(QUESTIONS, asked, QUIET)) == [
        "verdict.count",
        "verdict.pain.security",
        "internal-auth.yes",
        "verdict.open",
    ]


def test_three_pains_at_once_are_said_as_one() -> None:
    asked = answers(*[1.0] * 9)

    assert reasons(reach(QUESTIONS, asked, QUIET)) == ["verdict.count", "verdict.pain.all"]


def test_where_kubernetes_is_enough_the_needs_that_are_missing_say_so() -> None:
    asked = with_evidence(answers(0.02, 0.1, *[0.2] * 5, 0.9, 0.9))

    assert reasons(reach(QUESTIONS, asked, QUIET)) == [
        "verdict.count",
        "service-count.no",
        "path-complexity.no",
    ]


@pytest.mark.parametrize("statuses", list(product(("yes", "no", "unknown"), repeat=3)))
def test_statuses_alone_decide(statuses: tuple[Status, ...]) -> None:
    chances = {"yes": 0.66, "no": 0.34, "unknown": 0.5}
    asked = answers(1.0, 1.0, 1.0, 0.0, 0.0, *(chances[s] for s in statuses), 0.0)

    yes, unknown = 3 + statuses.count("yes"), statuses.count("unknown")

    expected = "undecided"
    if yes >= 5:
        expected = "consider"
    elif yes + unknown < 5:
        expected = "kubernetes-is-enough"
    assert decide(asked, QUIET, 5) == expected

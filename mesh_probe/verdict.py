"""The verdict: the outcome, how sure it is, why, and what would change it.

How answers and signals make an outcome, and its probability, is in `outcome`.
"""

from collections.abc import Mapping, Sequence

from mesh_probe.model import Noun, Status
from mesh_probe.outcome import (
    NO_OWNER,
    OWNER,
    THRESHOLD,
    Outcome,
    chance,
    count,
    decide,
    outcome_chances,
    outcome_if,
    yes_counts,
)
from mesh_probe.question import YES_FROM, Answer, Axis, Question
from mesh_probe.scores import Part, Quadrant, Score, mean, part, quadrant, readiness_parts
from mesh_probe.text import Message, message

WEAK_BELOW = 0.8
"""Confidence under which an answer is worth settling before anyone relies on it; our own."""

MAX_REASONS = 4
"""Messages in `Verdict.because`: more is not read."""

_AXES: tuple[Axis, ...] = ("traffic", "observation", "security")
_EITHER: tuple[Status, ...] = ("yes", "no")


class Swing(Noun):
    """An answer or signal that would change the outcome, and how to settle it."""

    id: str
    would_become: Outcome
    settle: Message


class Verdict(Noun):
    """The outcome, how sure it is, and what would change it."""

    outcome: Outcome
    yes: int
    no: int
    unknown: int
    threshold: int
    probability: float | None
    """P(the printed outcome); None when undecided."""
    yes_distribution: tuple[float, ...]
    """P of 0, 1 … 9 answers being yes."""
    outcomes: dict[str, float]
    """P of each outcome once every answer is known; so "undecided" has none."""
    because: tuple[Message, ...]
    swing: tuple[Swing, ...]
    axes: dict[Axis, float]
    """How much each pain hurts, 0 to 1."""
    need: Score
    readiness: Score
    quadrant: Quadrant = "open"


def reach(
    questions: Sequence[Question],
    answers: Sequence[Answer],
    signals: Sequence[Answer],
    threshold: int = THRESHOLD,
    skills: Answer | None = None,
    *,
    unblocked: Part | None = None,
) -> Verdict:
    """The verdict on the answers to `questions`, in their order, and on the signals.

    `skills` is what the rule alone found of `network-skills`, whatever people say; `unblocked` the
    part of readiness that tells how much nothing keeps out of a mesh.
    """
    outcome = decide(answers, signals, threshold)
    outcomes = outcome_chances(answers, signals, threshold)
    axes = _axes(questions, answers)
    asked = list(zip(questions, answers, strict=True))
    need = mean([part(answer) for question, answer in asked if question.decides == "need"])
    about_readiness = [answer for question, answer in asked if question.decides == "readiness"]
    readiness = mean(readiness_parts(about_readiness, signals, skills, unblocked))
    return Verdict(
        outcome=outcome,
        yes=count(answers, "yes"),
        no=count(answers, "no"),
        unknown=count(answers, "unknown"),
        threshold=threshold,
        probability=None if outcome == "undecided" else outcomes[outcome],
        yes_distribution=tuple(
            round(p, 6) for p in yes_counts([chance(answer, signals) for answer in answers])
        ),
        outcomes=outcomes,
        because=_because(questions, answers, signals, threshold, axes),
        swing=_swing(outcome, answers, signals, threshold),
        axes=axes,
        need=need,
        readiness=readiness,
        quadrant=quadrant(need, readiness),
    )


def _swing(
    outcome: Outcome, answers: Sequence[Answer], signals: Sequence[Answer], threshold: int
) -> tuple[Swing, ...]:
    """Whatever is not certain and would change the outcome if it turned out otherwise.

    Where it is undecided and no single answer would decide it, each unknown one is named with the
    outcome that they would lead to if all were yes.
    """
    alone = {
        one.id: _other_outcomes(outcome, one, answers, signals, threshold)
        for one in (*answers, *signals)
    }
    decided = any(set(alone[answer.id]) - {"not-now"} for answer in answers)
    unknown = [answer.id for answer in answers if answer.status == "unknown"]
    if outcome == "undecided" and not decided:
        together = outcome_if(dict.fromkeys(unknown, "yes"), answers, signals, threshold)
        for rule_id in unknown:
            alone[rule_id] = (together, *alone[rule_id])
    return tuple(
        Swing(one.id, would_become, one.to_settle)
        for one in (*answers, *signals)
        for would_become in alone[one.id]
    )


def _other_outcomes(
    outcome: Outcome,
    doubtful: Answer,
    answers: Sequence[Answer],
    signals: Sequence[Answer],
    threshold: int,
) -> tuple[Outcome, ...]:
    """The outcomes that one answer or signal would lead to if it were not what it seems."""
    if doubtful.confidence is not None and doubtful.confidence >= WEAK_BELOW:
        return ()
    if doubtful.id == NO_OWNER and any(answer.id == OWNER for answer in answers):
        return ()
    outcomes = [
        outcome_if({doubtful.id: status}, answers, signals, threshold)
        for status in _EITHER
        if status != doubtful.status
    ]
    return tuple(sorted({other for other in outcomes if other != outcome}))


def _because(
    questions: Sequence[Question],
    answers: Sequence[Answer],
    signals: Sequence[Answer],
    threshold: int,
    axes: Mapping[Axis, float],
) -> tuple[Message, ...]:
    """Vetoes, the count, the pain, the answers that carry the outcome, and what is open."""
    unknown = count(answers, "unknown")
    counted = message(
        "verdict.count",
        yes=count(answers, "yes"),
        no=count(answers, "no"),
        unknown=unknown,
        threshold=threshold,
    )
    vetoes = [message(f"verdict.veto.{s.id}") for s in signals if s.status == "yes"]
    if vetoes:
        return (*vetoes[: MAX_REASONS - 1], counted)
    worst = max(axes, key=lambda axis: axes[axis])
    name = "all" if min(axes.values()) >= YES_FROM else worst
    pain = [message(f"verdict.pain.{name}")] if axes[worst] >= YES_FROM else []
    enough = decide(answers, signals, threshold) == "kubernetes-is-enough"
    carrying: Status = "no" if enough else "yes"
    needs = [
        answer
        for question, answer in zip(questions, answers, strict=True)
        if question.decides == "need" and answer.status == carrying and answer.evidence
    ]
    needs.sort(key=lambda a: (-(a.confidence or 0.0), a.number))
    reasons = [counted, *pain, *(answer.because for answer in needs[:2])]
    if unknown:
        return (*reasons[: MAX_REASONS - 1], message("verdict.open", unknown=unknown))
    return tuple(reasons[:MAX_REASONS])


def _axes(questions: Sequence[Question], answers: Sequence[Answer]) -> dict[Axis, float]:
    """The mean probability of the questions that tell of each pain; unknown counts half."""
    axes: dict[Axis, float] = {}
    for axis in _AXES:
        chances = [
            0.5 if answer.probability is None else answer.probability
            for question, answer in zip(questions, answers, strict=True)
            if question.axis == axis
        ]
        axes[axis] = round(sum(chances) / len(chances), 4) if chances else 0.0
    return axes

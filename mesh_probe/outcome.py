"""Answers and signals to an outcome, by the decision rule.

Any signal yes: not now. Yes answers at the threshold or above: consider. Yes and unknown answers
together below it: plain Kubernetes is enough. Otherwise the answers do not decide it.

How sure the outcome is comes from the probabilities. Answers are taken as independent; one that has
no probability counts as 0.5. With q the probability of `ops-owner`, n(k) that of k yes among the
other eight, and t the threshold:

    not-now               1 - V
    undecided             V * (1 - U)
    consider              V * U * n(>= t - 1)
    kubernetes-is-enough  V * U * n(<  t - 1)

V is the chance that none of the known signals vetoes, U that none of the unknown ones would. An
unknown signal vetoes nothing, in the outcome as here; but what hangs on it is not decided, so that
knowing less never makes an outcome surer. `no-owner` and `ops-owner` are one variable: that signal
spares the rest with the chance q. What the others count for is `veto_chance`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from mesh_probe.model import Status
from mesh_probe.question import Answer, Threshold, status_of

Outcome = Literal["not-now", "kubernetes-is-enough", "consider", "undecided"]

THRESHOLD = 5
"""Yes answers, of nine, from which a mesh is worth considering."""

ENOUGH = Threshold("yes-answers", THRESHOLD, "questions")
"""The same, as people may set it."""

OWNER, NO_OWNER = "ops-owner", "no-owner"

HYPE = "hype"

NEEDS = (
    "service-count",
    "path-complexity",
    "rollout-in-code",
    "diagnosis-time",
    "internal-auth",
    "sla-spread",
    "central-policy",
)
"""The questions that are reasons for a mesh: `hype` takes that all of them are no."""

WISH_SEEN = "evidence.mesh-wish"
"""Id of the fact that `hype` gives where something asks for a mesh."""

RARE = 1 / 9
"""Odds of a veto where nothing tells: each stands in about one cluster of ten; our own estimate."""

_TOLD = ("declared", "assumed")


def decide(answers: Sequence[Answer], signals: Sequence[Answer], threshold: int) -> Outcome:
    """The outcome by the statuses alone."""
    yes = count(answers, "yes")
    if count(signals, "yes"):
        return "not-now"
    if yes >= threshold:
        return "consider"
    if yes + count(answers, "unknown") < threshold:
        return "kubernetes-is-enough"
    return "undecided"


def outcome_chances(
    answers: Sequence[Answer], signals: Sequence[Answer], threshold: int
) -> dict[str, float]:
    """P of each outcome, by the formula at the top of this file; they add up to 1."""
    others = yes_counts([chance(a, signals) for a in answers if a.id != OWNER])
    owned = next((chance(a, signals) for a in answers if a.id == OWNER), 0.0)
    known = unknown = 1.0
    for signal in signals:
        spared = owned if signal.id == NO_OWNER else 1 - veto_chance(signal)
        if signal.status == "unknown":
            unknown *= spared
        else:
            known *= spared
    consider = round(known * unknown * sum(others[threshold - 1 :]), 6)
    enough = round(known * unknown * sum(others[: threshold - 1]), 6)
    undecided = round(known * (1 - unknown), 6)
    return {
        "not-now": round(max(1 - consider - enough - undecided, 0.0), 6),
        "kubernetes-is-enough": enough,
        "consider": consider,
        "undecided": undecided,
    }


def veto_chance(signal: Answer) -> float:
    """P(a signal vetoes). A veto needs proof: until it is yes, its odds are those of `RARE`."""
    p = 0.5 if signal.probability is None else signal.probability
    return p if signal.status == "yes" else p * RARE / (p * RARE + 1 - p)


def chance(answer: Answer, signals: Sequence[Answer]) -> float:
    """P(yes) as the distribution takes it. What people said of `no-owner` settles `ops-owner`."""
    if answer.id == OWNER and answer.basis not in _TOLD:
        for signal in signals:
            told = signal.basis in _TOLD and signal.probability is not None
            if signal.id == NO_OWNER and told:
                return 1 - (signal.probability or 0.0)
    return 0.5 if answer.probability is None else answer.probability


def yes_counts(chances: Sequence[float]) -> list[float]:
    """P of 0, 1 … n yes among independent answers (the Poisson binomial distribution)."""
    counts = [1.0]
    for p in chances:
        shifted = zip([*counts, 0.0], [0.0, *counts], strict=True)
        counts = [stay * (1 - p) + move * p for stay, move in shifted]
    return counts


def outcome_if(
    statuses: Mapping[str, Status],
    answers: Sequence[Answer],
    signals: Sequence[Answer],
    threshold: int,
) -> Outcome:
    """The outcome if some answers or signals had another status than they have."""
    changed = dict(statuses)
    told = any(s.id == NO_OWNER and s.basis in _TOLD for s in signals)
    if OWNER in changed and not told:
        changed[NO_OWNER] = "no" if changed[OWNER] == "yes" else "yes"
    hype = next((s for s in signals if s.id == HYPE), None)
    if hype and hype.basis not in _TOLD and HYPE not in changed and changed.keys() & set(NEEDS):
        changed[HYPE] = _hype_if(changed, answers, hype)
    return decide(_with(changed, answers), _with(changed, signals), threshold)


def none_needed(needs: Sequence[Answer]) -> float:
    """P that all needs are no: as likely as the least likely of them, an unknown one at 0.5.

    Needs hang together: few services, few calls and little to steer come in one cluster. Taken as
    independent, seven sure answers would make an unsure one.
    """
    return min((1 - (0.5 if a.probability is None else a.probability) for a in needs), default=1.0)


def _hype_if(statuses: Mapping[str, Status], answers: Sequence[Answer], hype: Answer) -> Status:
    """What `hype` is once some needs are known to be as given."""
    needs = [answer for answer in _with(statuses, answers) if answer.id in NEEDS]
    if count(needs, "yes"):
        return "no"
    if not any(piece.fact.id == WISH_SEEN for piece in hype.evidence):
        return hype.status
    if count(needs, "unknown"):
        return "unknown"
    return status_of(none_needed([need for need in needs if need.id not in statuses]))


def count(answers: Sequence[Answer], status: Status) -> int:
    """How many of them have a status."""
    return sum(answer.status == status for answer in answers)


def _with(statuses: Mapping[str, Status], answers: Sequence[Answer]) -> list[Answer]:
    return [msgspec.structs.replace(a, status=statuses.get(a.id, a.status)) for a in answers]

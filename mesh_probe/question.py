"""What a question and a signal are, and how evidence becomes an answer.

A rule looks at the snapshot and the graph and returns an `Opinion`: pieces of evidence, each with
the way it points and its weight. `conclude` does the rest, the same way for every rule:

* A weight is in natural log-odds: 0.5 is a hint, 1 a sign, 2 strong, 4 nearly proof. Pieces that point
  to yes are added, pieces that point to no subtracted; P(yes) = 1 / (1 + exp(-sum)).
* Yes from 0.65 up, no from 0.35 down, unknown between. Without evidence: unknown, and no probability.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal

from mesh_probe.graph import CallGraph
from mesh_probe.model import Declaration, Evidence, Noun, Status
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, message

YES_FROM = 0.65
NO_UPTO = 0.35

Basis = Literal["observed", "inferred", "declared", "assumed"]
Axis = Literal["traffic", "observation", "security"]


class Measure(Noun):
    """The figure that a rule compares with its threshold."""

    name: str
    """Kebab-case, stable: it is in the JSON report."""
    value: float | None
    unit: str
    """"services", "hops", "ratio", "seconds" …"""
    threshold: float | None


class Opinion(Noun):
    """What a rule found."""

    evidence: tuple[Evidence, ...] = ()
    said: dict[str, Parameter] = {}
    """Parameters of the text "<id>.yes", "<id>.no" or "<id>.unknown" that gives the reason."""
    measure: Measure | None = None
    basis: Basis = "inferred"
    """"observed" when the figures were counted, "inferred" when they are signs of something else."""
    unseen: Message | None = None
    """Why there is no evidence, in place of "<id>.unknown"."""
    proved: bool = True
    """False keeps the answer from being yes: a veto needs proof (signals only)."""


class Answer(Noun):
    """A question's or a signal's answer."""

    id: str
    number: int
    status: Status
    probability: float | None
    """P(the answer is yes); None without any evidence."""
    confidence: float | None
    """P(the printed status is right); None when it is unknown."""
    basis: Basis
    because: Message
    measure: Measure | None = None
    evidence: tuple[Evidence, ...] = ()


class Question(Noun):
    """One of the nine. Asking reads nothing but what it is given."""

    id: str
    number: int
    decides: Literal["need", "readiness"]
    ask: Callable[[Snapshot, CallGraph], Opinion]
    axis: Axis | None = None
    """The pain it tells of; None where it belongs to none of the three."""


class Signal(Noun):
    """One of the five "not now" signals. It also sees the answers to the nine, by id."""

    id: str
    number: int
    ask: Callable[[Snapshot, CallGraph, Mapping[str, Answer]], Opinion]


def conclude(rule: Question | Signal, opinion: Opinion) -> Answer:
    """Weigh an opinion's evidence into an answer."""
    if not opinion.evidence:
        reason = opinion.unseen or message(f"{rule.id}.unknown", **opinion.said)
        return Answer(
            rule.id, rule.number, "unknown", None, None, opinion.basis, reason, opinion.measure
        )
    log_odds = sum(e.weight if e.points == "yes" else -e.weight for e in opinion.evidence if e.points)
    probability = 1 / (1 + math.exp(-log_odds))
    if not opinion.proved:
        probability = min(probability, 0.5)
    status = status_of(probability)
    return Answer(
        id=rule.id,
        number=rule.number,
        status=status,
        probability=round(probability, 4),
        confidence=confidence_of(status, probability),
        basis=opinion.basis,
        because=message(f"{rule.id}.{status}", **opinion.said),
        measure=opinion.measure,
        evidence=opinion.evidence,
    )


def declare(
    rule: Question | Signal, said: Declaration, basis: Literal["declared", "assumed"]
) -> Answer:
    """The answer that people gave: it wins over every rule, and says so."""
    probability = {"yes": 1.0, "no": 0.0, "unknown": None}[said.status]
    text = f"{basis}.note" if said.note else f"{basis}.plain"
    return Answer(
        id=rule.id,
        number=rule.number,
        status=said.status,
        probability=probability,
        confidence=None if probability is None else 1.0,
        basis=basis,
        because=message(text, note=said.note),
    )


def status_of(probability: float) -> Status:
    """The status that is printed for P(yes)."""
    if probability >= YES_FROM:
        return "yes"
    return "no" if probability <= NO_UPTO else "unknown"


def confidence_of(status: Status, probability: float) -> float | None:
    """P(the printed status is right)."""
    if status == "unknown":
        return None
    return round(probability if status == "yes" else 1 - probability, 4)

"""Answers and signals to an outcome, by the decision rule.

Any signal yes: not now. Yes answers at the threshold or above: consider. Yes and unknown answers
together below it: plain Kubernetes is enough. Otherwise the answers do not decide it.
"""

from collections.abc import Sequence
from typing import Literal

from mesh_probe.model import Noun
from mesh_probe.question import Answer, Axis
from mesh_probe.text import Message

Outcome = Literal["not-now", "kubernetes-is-enough", "consider", "undecided"]

THRESHOLD = 5
"""Yes answers, of nine, from which a mesh is worth considering."""


class Swing(Noun):
    """An answer or signal that would change the outcome, and how to settle it."""

    id: str
    would_become: Outcome
    settle: Message


class Score(Noun):
    """0 to 100, with the sum that gave it, so that it can be done again by hand."""

    value: int
    arithmetic: str


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
    """P of each outcome, once every answer were known."""
    because: tuple[Message, ...]
    swing: tuple[Swing, ...]
    axes: dict[Axis, float]
    """How much each pain hurts, 0 to 1."""
    need: Score
    readiness: Score

"""What a question and a signal are, and how evidence becomes an answer.

A rule looks at the snapshot and the graph and returns an `Opinion`: pieces of evidence, each with
the way it points and its weight. `conclude` does the rest, the same way for every rule:

* A weight is in natural log-odds: 0.5 is a hint, 1 a sign, 2 strong, 4 nearly proof. Pieces that
  point to yes are added, pieces that point to no subtracted; P(yes) = 1 / (1 + exp(-sum)).
* What could not be read may have pointed the other way: as much as it could have weighed is taken
  off the sum, down to zero and no further. So a gap never makes an answer surer.
* Yes from 0.65 up, no from 0.35 down, unknown between. Without evidence: unknown, and no
  probability.
"""

import math
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

import msgspec

from mesh_probe.graph import CallGraph
from mesh_probe.model import Declaration, Evidence, Noun, Objects, Status
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, listed, message

YES_FROM = 0.65
NO_UPTO = 0.35

Basis = Literal["observed", "inferred", "declared", "assumed"]
Axis = Literal["traffic", "observation", "security"]


class Threshold(Noun):
    """A figure that a rule compares with, which people may set to their own."""

    id: str
    """Kebab-case, stable: it is what the answers file calls it. The text `threshold.<id>` tells
    what it is compared with, `threshold.<id>.origin` where the figure is from."""
    value: float
    unit: str

    def of(self, snapshot: Snapshot) -> float:
        """The figure that people set, else our own; a whole number where it is one."""
        value = float(snapshot.thresholds.get(self.id, self.value))
        return int(value) if value.is_integer() else value


class Measure(Noun):
    """The figure that a rule compares with its threshold."""

    name: str
    """Kebab-case, stable: it is in the JSON report."""
    value: float | None
    unit: str
    """"services", "hops", "ratio", "seconds" …"""
    threshold: float | None


class Sign(Noun):
    """A sign that a rule looks for: where it shows, and what it can weigh at most, in log-odds."""

    facts: tuple[str, ...]
    """Ids of the facts that say it."""
    kinds: tuple[str, ...]
    yes: float | None = None
    no: float | None = None
    """How far it can point each way; None where seeing more of it cannot turn it that way."""


class Opinion(Noun):
    """What a rule found."""

    evidence: tuple[Evidence, ...] = ()
    said: dict[str, Parameter] = {}
    """Parameters of the text "<id>.yes", "<id>.no" or "<id>.unknown" that gives the reason."""
    measure: Measure | None = None
    basis: Basis = "inferred"
    """"observed" when the figures were counted, "inferred" when they are signs of it."""
    reason: Message | None = None
    """Given in place of "<id>.yes", "<id>.no" or "<id>.unknown"."""
    reasons: dict[Status, Message] = {}
    """Given in place of the one of them for that status, where there is no `reason` for all."""
    settle: Message | None = None
    """How to be sure, where it is another way than "<id>.settle" says."""
    unread: tuple[Sign, ...] = ()
    """The signs that may be stronger than they seem, each with the kinds that hide it."""
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
    settle: Message | None = None
    """How to be sure, where the rule knows better than its usual advice."""

    @property
    def to_settle(self) -> Message:
        """How to be sure of it."""
        return self.settle or message(f"{self.id}.settle")


class Question(Noun):
    """One of the nine. Asking reads nothing but what it is given."""

    id: str
    number: int
    decides: Literal["need", "readiness"]
    ask: Callable[[Snapshot, CallGraph], Opinion]
    axis: Axis | None = None
    """The pain it tells of; None where it belongs to none of the three."""
    thresholds: tuple[Threshold, ...] = ()


class Signal(Noun):
    """One of the five "not now" signals. It also sees the answers to the nine, by id."""

    id: str
    number: int
    ask: Callable[[Snapshot, CallGraph, Mapping[str, Answer]], Opinion]
    thresholds: tuple[Threshold, ...] = ()


def seen(
    found: Sequence[str],
    fact: str,
    log_odds: float,
    check: str,
    *,
    seen_in: str = "objects",
    **said: Parameter,
) -> tuple[Evidence, ...]:
    """One piece of evidence about everything of one sort that was found, none for nothing.

    It is about the first of what was found, says the text `evidence.<fact>` of their `count` and
    `examples`, and points to yes with positive, to no with negative log-odds.
    """
    if not found:
        return ()
    told: dict[str, Parameter] = {"count": len(found), "examples": listed(found), **said}
    return (point(found[0], message(f"evidence.{fact}", **told), log_odds, check, seen_in),)


def point(
    subject: str, fact: Message, log_odds: float, check: str, seen_in: str = "objects"
) -> Evidence:
    """A piece of evidence; positive log-odds point to yes, negative to no, 0 nowhere."""
    points: Literal["yes", "no"] | None = "yes" if log_odds > 0 else "no" if log_odds < 0 else None
    return Evidence(subject, fact, seen_in, points, round(abs(log_odds), 4), check)


def conclude(rule: Question | Signal, opinion: Opinion) -> Answer:
    """Weigh an opinion's evidence into an answer. The order of the evidence does not matter."""
    evidence = (*opinion.evidence, *_doubt(opinion))
    pointless = not any(piece.points for piece in evidence)
    ceiling = 1.0 if opinion.proved else 0.5
    probability = None if pointless else round(min(_logistic(_sum(evidence)), ceiling), 4)
    status = "unknown" if probability is None else status_of(probability)
    said = message(f"{rule.id}.{status}", **opinion.said)
    return Answer(
        id=rule.id,
        number=rule.number,
        status=status,
        probability=probability,
        confidence=confidence_of(status, probability),
        basis=opinion.basis,
        because=opinion.reason or opinion.reasons.get(status) or said,
        measure=opinion.measure,
        evidence=tuple(sorted(evidence, key=_strongest_first)),
        settle=opinion.settle,
    )


def unread(objects: Objects, signs: Iterable[Sign]) -> tuple[Sign, ...]:
    """Those of the signs that show in kinds of which objects are hidden, with these kinds alone."""
    hidden = ((sign, objects.hidden(*sign.kinds)) for sign in signs)
    return tuple(msgspec.structs.replace(sign, kinds=kinds) for sign, kinds in hidden if kinds)


def graph_again(snapshot: Snapshot, *view: str) -> str:
    """The command that shows the call graph again, or a part of it; safe to paste."""
    return shlex.join(["mesh-probe", "graph", *(snapshot.asked or ["FILE"]), *view])


def declare(
    rule: Question | Signal, said: Declaration, basis: Literal["declared", "assumed"]
) -> Answer:
    """The answer that people gave: it wins over every rule, and says so."""
    probability = {"yes": 1.0, "no": 0.0, "unknown": None}[said.status]
    given = {name: text for name, text in (("who", said.who), ("note", said.note)) if text}
    return Answer(
        id=rule.id,
        number=rule.number,
        status=said.status,
        probability=probability,
        confidence=None if probability is None else 1.0,
        basis=basis,
        because=message(f"{basis}.{'-'.join(given) or 'plain'}", **given),
    )


def status_of(probability: float) -> Status:
    """The status that is printed for P(yes)."""
    if probability >= YES_FROM:
        return "yes"
    return "no" if probability <= NO_UPTO else "unknown"


def confidence_of(status: Status, probability: float | None) -> float | None:
    """P(the printed status is right); None when it is unknown."""
    if status == "unknown" or probability is None:
        return None
    return round(probability if status == "yes" else 1 - probability, 4)


def _sum(evidence: Iterable[Evidence]) -> float:
    """Log-odds of yes."""
    return math.fsum(
        piece.weight if piece.points == "yes" else -piece.weight
        for piece in evidence
        if piece.points
    )


def _doubt(opinion: Opinion) -> tuple[Evidence, ...]:
    """What the unread signs take off the sum, as a piece of evidence of its own."""
    total = _sum(opinion.evidence)
    against: Literal["yes", "no"] = "no" if total > 0 else "yes"
    doubts = [(sign, _more(sign, against, opinion.evidence)) for sign in opinion.unread]
    weight = round(min(math.fsum(more for _, more in doubts), abs(total)), 4)
    if weight == 0:
        return ()
    kinds = sorted({kind for sign, more in doubts if more for kind in sign.kinds})
    fact = message("evidence.unread", kinds=listed(kinds, len(kinds)))
    return (Evidence("cluster", fact, "objects", against, weight, "mesh-probe doctor"),)


def _more(sign: Sign, points: Literal["yes", "no"], evidence: Iterable[Evidence]) -> float:
    """How much further a sign may point one way than what was seen of it does."""
    seen = _sum(piece for piece in evidence if piece.fact.id in sign.facts)
    most, seen = (sign.yes, seen) if points == "yes" else (sign.no, -seen)
    return 0.0 if most is None else max(most - seen, 0.0)


def _logistic(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def _strongest_first(piece: Evidence) -> tuple[object, ...]:
    parameters = sorted((name, str(value)) for name, value in piece.fact.parameters.items())
    told = (piece.subject, piece.fact.id, parameters, piece.seen_in, piece.check)
    return piece.points is None, -piece.weight, piece.points or "", *told

"""Scores: how much is needed, and how ready this place is, each 0 to 100.

Both are means that can be done again by hand: every part is a whole number of 0 to 100, they are
added and divided by their count. What is unknown counts 50. Findings are in neither, and a blocker
that is ignored counts as if it were gone, so ignoring something never lowers a score.

    need       the likelihood of a yes, of each of the seven questions that are about need
    readiness  that of the two about readiness, the share of networking practices that are kept, the
               share of the application workloads that nothing keeps out of a mesh, and the
               likelihood that there is monitoring
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from mesh_probe.blocker import Standing
from mesh_probe.model import Noun
from mesh_probe.question import Answer

UNKNOWN = 50
"""What a part counts that nobody could see."""

HIGH_FROM = 50
"""The score from which need, or readiness, is there: more likely than not, part by part."""

UNWATCHED = "no-observability"
SKILLS = "network-skills"
BLOCKERS = "blockers"
_UNREAD = "evidence.unread"

Quadrant = Literal["pilot", "prepare", "stay", "rest", "open"]
"""Both high; need without readiness; readiness without need; neither; too much unknown to say."""


class Part(Noun):
    """One of the numbers that a score is the mean of."""

    id: str
    """The question or signal it is about, "practice" or "blockers"."""
    value: int
    known: bool = True


class Score(Noun):
    """0 to 100, with the sum that gave it, so that it can be done again by hand."""

    value: int
    arithmetic: str
    parts: tuple[Part, ...] = ()


def mean(parts: Sequence[Part]) -> Score:
    """The score of some parts; 50 where there are none."""
    if not parts:
        return Score(UNKNOWN, str(UNKNOWN))
    total, count = sum(each.value for each in parts), len(parts)
    value = (2 * total + count) // (2 * count)  # to the nearest, halves up
    figures = " + ".join(str(each.value) for each in parts)
    return Score(value, f"({figures}) / {count} = {value}", tuple(parts))


def part(answer: Answer, *, turned: bool = False) -> Part:
    """The likelihood of a yes as a part, or where turned, that of a no."""
    if answer.probability is None:
        return Part(answer.id, UNKNOWN, known=False)
    chance = 1 - answer.probability if turned else answer.probability
    return Part(answer.id, int(chance * 100 + 0.5))


def readiness_parts(
    asked: Iterable[Answer],
    signals: Iterable[Answer],
    skills: Answer | None,
    unblocked: Part | None = None,
) -> tuple[Part, ...]:
    """The parts of readiness; `skills` is what the rule alone found of `network-skills`."""
    watched = (part(signal, turned=True) for signal in signals if signal.id == UNWATCHED)
    way = () if unblocked is None else (unblocked,)
    return (*map(part, asked), _practice(skills), *way, *watched)


def unblocked(standings: Iterable[Standing], *, hidden: bool) -> Part:
    """How many of the application workloads nothing keeps out of a mesh, those with care by half.

    That is for the kind of mesh with the least in the way. Where some of what blockers show in is
    `hidden`, nobody can say that the rest is free: then it is at most what counts as unknown.
    """
    ready = [s.ready_percent for s in standings if s.ready_percent is not None]
    if not ready or (hidden and max(ready) >= UNKNOWN):
        return Part(BLOCKERS, UNKNOWN, known=False)
    return Part(BLOCKERS, max(ready))


def quadrant(need: Score, readiness: Score) -> Quadrant:
    """Where both scores together lie; open where more than half of either's parts is unknown."""
    for score in (need, readiness):
        unknown = sum(not each.known for each in score.parts)
        if 2 * unknown > len(score.parts) or not score.parts:
            return "open"
    if need.value >= HIGH_FROM:
        return "pilot" if readiness.value >= HIGH_FROM else "prepare"
    return "stay" if readiness.value >= HIGH_FROM else "rest"


def _practice(skills: Answer | None) -> Part:
    pieces = [
        piece.points
        for piece in (skills.evidence if skills else ())
        if piece.points and piece.fact.id != _UNREAD
    ]
    if not pieces:
        return Part("practice", UNKNOWN, known=False)
    kept = pieces.count("yes")
    return Part("practice", int(100 * kept / len(pieces) + 0.5))

"""What changed between two assessments, most of all of the same cluster.

"Gone" and "could not be seen this time" are told apart as far as that can be: the gaps that opened
and closed are part of the difference, and a caution says what they may hide.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, TypeVar

from mesh_probe.application import service_count
from mesh_probe.assessment import Assessment
from mesh_probe.blocker import Blocker
from mesh_probe.model import Edge, Finding, Gap, Latency, Noun, Status
from mesh_probe.outcome import Outcome
from mesh_probe.question import Answer, Basis, Measure
from mesh_probe.text import Message, message

PROBABILITY_SHIFT = 0.1
"""An answer of the same status is told of when its probability moved this far; our own."""

TIMES_CHANGED = 1.5
"""Rates and latencies count as changed from this factor on, up or down. Two scans of a quiet
system differ by less: `rate` over an hour, and quantiles within a bucket; our own."""

ERROR_SHIFT = 0.01
"""Error ratios count as changed when they moved by one in a hundred calls."""

PEOPLE = ("declared", "assumed")
"""Where an answer comes from when people gave it."""

Key = TypeVar("Key", str, tuple[str, str])
Thing = TypeVar("Thing")

Figure = Literal["rate_rps", "error_ratio", "p50_seconds", "p99_seconds"]


class Turn(Noun):
    """An answer or a signal that is not what it was."""

    id: str
    number: int
    old: Status
    new: Status
    old_probability: float | None
    new_probability: float | None
    old_basis: Basis
    new_basis: Basis
    old_measure: Measure | None
    new_measure: Measure | None
    because: Message
    """The reason for what it is now."""


class Shift(Noun):
    """A figure of a call that moved."""

    client: str
    server: str
    figure: Figure
    old: float
    new: float


class Side(Noun):
    """One of the two assessments, in short."""

    taken_at: datetime
    tool_version: str
    context: str | None
    window_seconds: int
    outcome: Outcome
    probability: float | None
    yes: int
    unknown: int
    need: int
    readiness: int
    services: int
    edges: int
    blockers: int = 0
    """Errors and warnings that nobody ignores."""
    in_mesh_ratio: float | None = 0.0
    """Of the application workloads, in the mesh that has most of them; None where that cannot be
    told."""
    mtls_ratio: float | None = None
    """Of the calls of which metrics tell, those that are mutually authenticated; None without."""


class Diff(Noun):
    """What changed. Every list is sorted."""

    old: Side
    new: Side
    answers: tuple[Turn, ...] = ()
    signals: tuple[Turn, ...] = ()
    nodes_new: tuple[str, ...] = ()
    nodes_gone: tuple[str, ...] = ()
    calls_new: tuple[tuple[str, str], ...] = ()
    calls_gone: tuple[tuple[str, str], ...] = ()
    figures: tuple[Shift, ...] = ()
    """Of calls that both have."""
    findings_new: tuple[Finding, ...] = ()
    findings_gone: tuple[Finding, ...] = ()
    blockers_new: tuple[Blocker, ...] = ()
    blockers_gone: tuple[Blocker, ...] = ()
    """Whether or not they are ignored: what is ignored is still there."""
    gaps_new: tuple[Gap, ...] = ()
    gaps_gone: tuple[Gap, ...] = ()
    cautions: tuple[Message, ...] = ()
    """Why some of it may be no change at all."""

    @property
    def empty(self) -> bool:
        """Whether nothing changed that is worth telling."""
        changes = (
            *(self.answers, self.signals, self.nodes_new, self.nodes_gone, self.calls_new),
            *(self.calls_gone, self.figures, self.findings_new, self.findings_gone),
            *(self.blockers_new, self.blockers_gone, self.gaps_new, self.gaps_gone),
        )
        return self.old.outcome == self.new.outcome and not any(changes)


def compare(old: Assessment, new: Assessment) -> Diff:
    """What is different in `new`."""
    nodes_new, nodes_gone = _new_and_gone(
        {node: node for node in old.graph.calls}, {node: node for node in new.graph.calls}
    )
    calls_new, calls_gone = _new_and_gone(
        {pair: pair for pair in old.graph.calls.edges},
        {pair: pair for pair in new.graph.calls.edges},
    )
    findings_new, findings_gone = _new_and_gone(_findings(old), _findings(new))
    blockers_new, blockers_gone = _new_and_gone(_blockers(old), _blockers(new))
    gaps_new, gaps_gone = _new_and_gone(_gaps(old), _gaps(new))
    before, after = _side(old), _side(new)
    return Diff(
        old=before,
        new=after,
        answers=tuple(_turns(old.answers, new.answers)),
        signals=tuple(_turns(old.signals, new.signals)),
        nodes_new=nodes_new,
        nodes_gone=nodes_gone,
        calls_new=calls_new,
        calls_gone=calls_gone,
        figures=tuple(
            shift
            for pair in sorted(old.graph.calls.edges & new.graph.calls.edges)
            for shift in _shifts(old.graph.edges[pair], new.graph.edges[pair])
        ),
        findings_new=findings_new,
        findings_gone=findings_gone,
        blockers_new=blockers_new,
        blockers_gone=blockers_gone,
        gaps_new=gaps_new,
        gaps_gone=gaps_gone,
        cautions=tuple(_cautions(before, after, len(gaps_new), len(gaps_gone))),
    )


def _side(assessment: Assessment) -> Side:
    verdict = assessment.verdict
    return Side(
        taken_at=assessment.generated_at,
        tool_version=assessment.tool_version,
        context=assessment.cluster.context,
        window_seconds=assessment.window_seconds,
        outcome=verdict.outcome,
        probability=verdict.probability,
        yes=verdict.yes,
        unknown=verdict.unknown,
        need=verdict.need.value,
        readiness=verdict.readiness.value,
        services=service_count(assessment.graph),
        edges=assessment.graph.calls.number_of_edges(),
        blockers=sum(blocker.counts for blocker in assessment.blockers),
        in_mesh_ratio=_in_mesh(assessment),
        mtls_ratio=_mtls(assessment),
    )


def _in_mesh(assessment: Assessment) -> float | None:
    ratios = [there.mesh.coverage_ratio for there in assessment.cluster.mesh]
    told = [ratio for ratio in ratios if ratio is not None]
    return max(told) if told else None if ratios else 0.0


def _mtls(assessment: Assessment) -> float | None:
    edges = (assessment.graph.edges[pair] for pair in assessment.graph.calls.edges)
    told = [edge.mtls for edge in edges if edge.mtls is not None]
    return round(sum(told) / len(told), 4) if told else None


def _new_and_gone(
    old: Mapping[Key, Thing], new: Mapping[Key, Thing]
) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
    return (
        tuple(new[key] for key in sorted(new.keys() - old.keys())),
        tuple(old[key] for key in sorted(old.keys() - new.keys())),
    )


def _findings(assessment: Assessment) -> dict[tuple[str, str], Finding]:
    """By what tells one from another: the words of a finding hold figures that move."""
    return {(finding.id, finding.subject): finding for finding in assessment.findings}


def _blockers(assessment: Assessment) -> dict[tuple[str, str], Blocker]:
    return {(blocker.id, blocker.subject): blocker for blocker in assessment.blockers}


def _gaps(assessment: Assessment) -> dict[tuple[str, str], Gap]:
    return {(gap.subject, gap.reason.id): gap for gap in assessment.gaps}


def _turns(old: Iterable[Answer], new: Iterable[Answer]) -> Iterator[Turn]:
    before = {answer.id: answer for answer in old}
    for answer in sorted(new, key=lambda a: a.number):
        was = before.get(answer.id)
        if was is not None and _turned(was, answer):
            yield Turn(
                id=answer.id,
                number=answer.number,
                old=was.status,
                new=answer.status,
                old_probability=was.probability,
                new_probability=answer.probability,
                old_basis=was.basis,
                new_basis=answer.basis,
                old_measure=was.measure,
                new_measure=answer.measure,
                because=answer.because,
            )


def _turned(old: Answer, new: Answer) -> bool:
    if (old.status, old.basis in PEOPLE) != (new.status, new.basis in PEOPLE):
        return True
    if old.probability is None or new.probability is None:
        return old.probability is not new.probability
    return abs(new.probability - old.probability) >= PROBABILITY_SHIFT


def _shifts(old: Edge, new: Edge) -> Iterator[Shift]:
    before, after = old.latency or Latency(), new.latency or Latency()
    figures: tuple[tuple[Figure, float | None, float | None], ...] = (
        ("rate_rps", old.rate_rps, new.rate_rps),
        ("p50_seconds", before.p50_seconds, after.p50_seconds),
        ("p99_seconds", before.p99_seconds, after.p99_seconds),
    )
    for figure, was, now in figures:
        if was is not None and now is not None and _times(was, now) >= TIMES_CHANGED:
            yield Shift(new.client, new.server, figure, was, now)
    was, now = old.error_ratio, new.error_ratio
    if was is not None and now is not None and abs(now - was) >= ERROR_SHIFT:
        yield Shift(new.client, new.server, "error_ratio", was, now)


def _times(one: float, other: float) -> float:
    """How many times the larger is the smaller."""
    least, most = sorted((one, other))
    if most == 0:
        return 1.0
    return most / least if least else math.inf


def _cautions(old: Side, new: Side, gaps_new: int, gaps_gone: int) -> Iterator[Message]:
    if old.context != new.context:
        yield message("caution.contexts", old=old.context, new=new.context)
    if new.taken_at < old.taken_at:
        yield message("caution.order")
    if old.window_seconds != new.window_seconds:
        yield message("caution.windows", old=old.window_seconds, new=new.window_seconds)
    if old.tool_version != new.tool_version:
        yield message("caution.versions", old=old.tool_version, new=new.tool_version)
    if gaps_new:
        yield message("caution.gaps-new", count=gaps_new)
    if gaps_gone:
        yield message("caution.gaps-gone", count=gaps_gone)

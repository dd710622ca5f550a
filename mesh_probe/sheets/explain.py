"""One question, signal or edge, laid out: the rule, what speaks for and against, what changes it.

An answer's sum is shown as it is reckoned (see `question.conclude`), so that it can be done again.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from msgspec.structs import replace

from mesh_probe.assessment import Assessment
from mesh_probe.format import critical_hop, measured, strongest_first, sureness
from mesh_probe.graph.shape import path_between
from mesh_probe.headline import outcome_label
from mesh_probe.model import Declaration, Edge, Evidence, Finding
from mesh_probe.question import (
    NO_UPTO,
    YES_FROM,
    Answer,
    Measure,
    Question,
    Signal,
    Threshold,
    graph_again,
)
from mesh_probe.sheet import Recorded, Section, Sheet, Table
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Wording, duration, message, percent, rate

SCHEMA = "mesh-probe/explain/v1"

ROUNDED_TO = 1e-4
"""Probabilities are kept to this."""

_SHORT = "mesh-probe graph ..."
"""What stands for a command that several pieces of evidence share."""
_SHARED = 2

_EVIDENCE = ("label.weight", "label.seen-in", "label.fact")


def rule_sheet(
    rule: Question | Signal, assessment: Assessment, snapshot: Snapshot, wording: Wording
) -> Sheet:
    """A question or a signal, with what people say of it and of its thresholds in the snapshot."""
    own = snapshot.thresholds
    said = next((s for s in snapshot.declared if s.id == rule.id), None)
    answer = next(a for a in (*assessment.answers, *assessment.signals) if a.id == rule.id)
    alone = next((a for a in assessment.by_rule if a.id == rule.id), answer)
    title = wording.text(f"label.{rule.id}")
    kind = "question" if isinstance(rule, Question) else "signal"
    pieces = strongest_first(alone.evidence)
    shared, shown = _said_once(pieces, graph_again(snapshot))
    return Sheet(
        title=message(f"explain.{kind}", number=rule.number, title=title),
        lead=(*_answered(answer, alone, wording), *_dated(said)),
        sections=(
            Section("heading.rule", items=(message(f"rule.{rule.id}"), message("explain.bounds"))),
            Section("heading.thresholds", table=_thresholds(rule.thresholds, own, wording)),
            Section("heading.evidence-yes", table=_evidence(shown, "yes", wording)),
            Section("heading.evidence-no", table=_evidence(shown, "no", wording)),
            Section("heading.evidence-open", table=_evidence(shown, None, wording)),
            Section("heading.shared-check", items=shared),
            Section("heading.sum", items=tuple(_sum(alone))),
            Section(
                "heading.would-change",
                items=(*_told_so(answer), *_changes(alone, assessment, wording)),
            ),
        ),
        record={
            **_rule_record(rule, answer, alone, own, assessment),
            "declared": _declared(said),
        },
    )


def edge_sheet(edge: Edge, assessment: Assessment, wording: Wording) -> Sheet:
    """The calls from one node to another."""
    pieces = strongest_first(edge.evidence)
    pair = f"{edge.client} -> {edge.server}"
    found = [f for f in assessment.findings if f.subject == pair]
    return Sheet(
        title=message("explain.edge", client=edge.client, server=edge.server),
        lead=(
            message(f"explain.edge.{_known(edge)}", confidence=edge.confidence),
            *_uncounted(edge, assessment),
        ),
        sections=(
            Section("heading.rule", items=(message("rule.edge"),)),
            Section("heading.figures", table=_figures(edge, wording)),
            Section("heading.evidence", table=_known_by(pieces, wording)),
            Section("heading.counter-evidence", items=tuple(f.text for f in found)),
            Section("heading.on-paths", items=tuple(_on_paths(edge, assessment))),
            Section("heading.would-change", items=tuple(_edge_changes(edge))),
        ),
        record={
            "schema": SCHEMA,
            "kind": "edge",
            "client": edge.client,
            "server": edge.server,
            "confidence": edge.confidence,
            "declared": edge.declared,
            "observed": edge.observed,
            "sources": edge.sources,
            "rate_rps": edge.rate_rps,
            "error_ratio": edge.error_ratio,
            "evidence": _recorded(pieces),
            "counter_evidence": [_finding(finding) for finding in found],
            "would_change": list(_edge_changes(edge)),
        },
    )


def _answered(answer: Answer, alone: Answer, wording: Wording) -> Iterator[Message]:
    status = wording.text(f"label.{answer.status}")
    yield message(
        f"explain.answer.{'open' if answer.confidence is None else answer.basis}",
        status=status,
        sure=sureness(answer, wording),
    )
    yield answer.because
    if alone is not answer:
        yield message(
            "explain.alone",
            status=wording.text(f"label.{alone.status}"),
            because=wording.say(alone.because),
        )
    if figure := measured(alone.measure, wording):
        yield message("explain.figure", figure=figure)


def _said_once(
    pieces: Sequence[Evidence], command: str
) -> tuple[tuple[Message, ...], Sequence[Evidence]]:
    """A command that several pieces share, to be printed once, and the pieces with its short form.

    What a piece adds to it stands behind the short form.
    """
    sharing = [piece for piece in pieces if piece.check.startswith(command)]
    if len(sharing) < _SHARED or len(command) < 2 * len(_SHORT):
        return (), pieces
    short = [
        replace(piece, check=piece.check.replace(command, _SHORT, 1)) if piece in sharing else piece
        for piece in pieces
    ]
    return (message("explain.shared-check", short=_SHORT, command=command),), short


def _dated(said: Declaration | None) -> Iterator[Message]:
    if said and said.said_on:
        yield message("explain.said-on", day=str(said.said_on))
    if said and said.expires_on:
        yield message("explain.expires-on", day=str(said.expires_on))


def _declared(said: Declaration | None) -> Recorded:
    if said is None:
        return None
    return {
        "status": said.status,
        "who": said.who,
        "note": said.note,
        "said_on": str(said.said_on) if said.said_on else None,
        "expires_on": str(said.expires_on) if said.expires_on else None,
    }


def _thresholds(thresholds: Iterable[Threshold], own: dict[str, float], wording: Wording) -> Table:
    rows = []
    for threshold in thresholds:
        origin = wording.text(f"threshold.{threshold.id}.origin")
        what = wording.text(f"threshold.{threshold.id}")
        value = own.get(threshold.id, threshold.value)
        said = wording.text("explain.own", origin=origin) if threshold.id in own else origin
        figure = measured(Measure(threshold.id, value, threshold.unit, None), wording)
        rows.append((threshold.id, figure, f"{what} ({said})"))
    return Table(("label.threshold", "label.value", "label.meaning"), tuple(rows), right=(1,))


def _evidence(
    pieces: Iterable[Evidence], points: Literal["yes", "no"] | None, wording: Wording
) -> Table:
    rows = (
        (f"{piece.weight:.3g}", piece.seen_in, _told(piece, wording))
        for piece in pieces
        if piece.points == points
    )
    return Table(_EVIDENCE, tuple(rows), right=(0,))


def _known_by(pieces: Iterable[Evidence], wording: Wording) -> Table:
    """How an edge is known; its pieces have no weight."""
    return Table(_EVIDENCE[1:], tuple((piece.seen_in, _told(piece, wording)) for piece in pieces))


def _told(piece: Evidence, wording: Wording) -> str:
    check = f" [{piece.check}]" if piece.check else ""
    return f"{piece.subject}: {wording.say(piece.fact)}{check}"


def _sides(answer: Answer) -> tuple[float, float]:
    """All weights that point to yes, and all that point to no."""
    yes = math.fsum(piece.weight for piece in answer.evidence if piece.points == "yes")
    no = math.fsum(piece.weight for piece in answer.evidence if piece.points == "no")
    return yes, no


def _sum(answer: Answer) -> Iterator[Message]:
    if answer.probability is None:
        yield message("explain.sum.none")
        return
    yes, no = _sides(answer)
    reckoned = 1 / (1 + math.exp(no - yes))
    yield message("explain.sum", yes=yes, no=no, total=yes - no, probability=reckoned)
    if abs(reckoned - answer.probability) > ROUNDED_TO:
        yield message("explain.sum.unproved", probability=answer.probability)


def _told_so(answer: Answer) -> Iterator[Message]:
    if answer.basis in ("declared", "assumed"):
        yield message(f"explain.while-{answer.basis}")


def _changes(answer: Answer, assessment: Assessment, wording: Wording) -> Iterator[Message]:
    if answer.probability is not None:
        yes, no = _sides(answer)
        for status, bound in (("yes", YES_FROM), ("no", NO_UPTO)):
            missing = math.log(bound / (1 - bound)) - (yes - no)
            if status != answer.status and (missing > 0) == (status == "yes"):
                yield message(f"explain.turn.{status}", weight=abs(missing))
    yield answer.to_settle
    swings = [s for s in assessment.verdict.swing if s.id == answer.id]
    for swing in swings:
        yield message(
            "explain.swing", outcome=wording.text(outcome_label(swing.would_become, assessment))
        )
    if not swings:
        yield message("explain.no-swing")


def _known(edge: Edge) -> str:
    if edge.observed:
        return "both" if edge.declared else "observed"
    return "declared"


def _uncounted(edge: Edge, assessment: Assessment) -> Iterator[Message]:
    if not assessment.graph.calls.has_edge(edge.client, edge.server):
        yield message("explain.edge.not-counted")


def _figures(edge: Edge, wording: Wording) -> Table:
    latency = edge.latency
    rows = [
        ("label.rate", None if edge.rate_rps is None else rate(edge.rate_rps)),
        ("label.errors", None if edge.error_ratio is None else percent(edge.error_ratio)),
        ("label.p50", _time(latency.p50_seconds, wording) if latency else None),
        ("label.p99", _time(latency.p99_seconds, wording) if latency else None),
        ("label.protocol", edge.protocol),
        (
            "label.via",
            ", ".join(f"{v.service}:{v.port}" if v.port else v.service for v in edge.via),
        ),
        ("label.sources", ", ".join(edge.sources)),
    ]
    told = tuple((wording.text(name), value) for name, value in rows if value)
    return Table(("label.figure", "label.value"), told)


def _time(seconds: float | None, wording: Wording) -> str | None:
    return None if seconds is None else duration(seconds, wording.language)


def _on_paths(edge: Edge, assessment: Assessment) -> Iterator[Message]:
    for path in assessment.paths.slowest:
        if (edge.client, edge.server) == (path.critical_client, path.critical_server):
            yield critical_hop(path)
    back = path_between(assessment.graph, edge.server, edge.client)
    if back is not None:
        yield message("explain.edge.ring", client=edge.client, server=edge.server)


def _edge_changes(edge: Edge) -> Iterator[Message]:
    if not edge.observed:
        yield message("explain.edge.see")
    if not edge.declared:
        yield message("explain.edge.declare")
    if edge.observed and edge.declared:
        yield message("explain.edge.sure")


def _rule_record(
    rule: Question | Signal,
    answer: Answer,
    alone: Answer,
    own: dict[str, float],
    assessment: Assessment,
) -> dict[str, Recorded]:
    yes, no = _sides(alone)
    return {
        "schema": SCHEMA,
        "kind": "question" if isinstance(rule, Question) else "signal",
        "id": rule.id,
        "number": rule.number,
        "status": answer.status,
        "probability": answer.probability,
        "confidence": answer.confidence,
        "basis": answer.basis,
        "because": answer.because,
        "rule": message(f"rule.{rule.id}"),
        "thresholds": [
            {
                "id": threshold.id,
                "value": own.get(threshold.id, threshold.value),
                "own": threshold.id in own,
                "unit": threshold.unit,
                "origin": message(f"threshold.{threshold.id}.origin"),
            }
            for threshold in rule.thresholds
        ],
        "evidence": _recorded(alone.evidence),
        "sum": {"yes": yes, "no": no},
        "settle": alone.to_settle,
        "would_become": [s.would_become for s in assessment.verdict.swing if s.id == rule.id],
    }


def _recorded(pieces: Iterable[Evidence]) -> list[Recorded]:
    return [
        {
            "subject": piece.subject,
            "fact": piece.fact,
            "seen_in": piece.seen_in,
            "points": piece.points,
            "weight": piece.weight,
            "check": piece.check,
        }
        for piece in strongest_first(pieces)
    ]


def _finding(finding: Finding) -> Recorded:
    return {"id": finding.id, "severity": finding.severity, "text": finding.text}

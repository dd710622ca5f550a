"""What remains of an assessment as one point of a trend, one line of a fleet, one notice.

A summary is also what is stored where a snapshot has no room (see `dumps` and `loads`).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

import msgspec

from mesh_probe.application import service_count
from mesh_probe.assessment import Assessment
from mesh_probe.errors import FileError
from mesh_probe.model import Finding, Noun, Status
from mesh_probe.outcome import Outcome
from mesh_probe.text import message

SCHEMA = "mesh-probe/summary/v1"

MOST_FINDINGS = 200
"""Findings that a summary names; the others are counted, and are in its digest."""

_SEVERITIES = ("error", "warning", "info")


class PathTime(Noun):
    """How long requests along one of the slowest paths take."""

    nodes: tuple[str, ...]
    p50_seconds: float
    p99_low_seconds: float | None = None
    p99_high_seconds: float | None = None


class Found(Noun):
    """A finding by what tells it from others; its words may change from scan to scan."""

    id: str
    subject: str
    severity: str


class Summary(Noun, tag_field="schema", tag=SCHEMA, kw_only=True):
    """An assessment in a few kilobytes at most, however large the cluster."""

    taken_at: datetime
    tool_version: str
    context: str | None = None
    outcome: Outcome
    probability: float | None = None
    outcomes: dict[str, float] = {}
    yes: int
    no: int
    unknown: int
    answers: dict[str, Status] = {}
    """Statuses of the nine questions and the five signals by id."""
    need: int
    readiness: int
    services: int
    """Application services, as the first question counts them."""
    edges: int
    """Calls that count, also those to datastores, brokers and outside hosts."""
    slowest: tuple[PathTime, ...] = ()
    findings: tuple[Found, ...] = ()
    """Worst first, at most `MOST_FINDINGS`."""
    finding_counts: dict[str, int] = {}
    """All of them by severity."""
    findings_digest: str = ""
    """Equal for equal findings, also where not all are named."""
    gaps: int = 0
    blocker_counts: dict[str, int] | None = None
    """Blockers that nobody ignores, by severity; None where the version that wrote it knew none."""

    @property
    def blockers_count(self) -> int | None:
        """How many keep something from being ready: errors and warnings."""
        counts = self.blocker_counts
        return None if counts is None else counts.get("error", 0) + counts.get("warning", 0)

    @property
    def findings_count(self) -> int:
        """How many findings there are in all."""
        return sum(self.finding_counts.values())


def summarize(assessment: Assessment) -> Summary:
    """The summary of an assessment."""
    verdict = assessment.verdict
    findings = _told_apart(assessment.findings)
    return Summary(
        taken_at=assessment.generated_at,
        tool_version=assessment.tool_version,
        context=assessment.cluster.context,
        outcome=verdict.outcome,
        probability=verdict.probability,
        outcomes=dict(sorted(verdict.outcomes.items())),
        yes=verdict.yes,
        no=verdict.no,
        unknown=verdict.unknown,
        answers={a.id: a.status for a in (*assessment.answers, *assessment.signals)},
        need=verdict.need.value,
        readiness=verdict.readiness.value,
        services=service_count(assessment.graph),
        edges=assessment.graph.calls.number_of_edges(),
        slowest=tuple(
            PathTime(
                tuple(map(_whole, path.nodes)),
                path.p50_seconds,
                path.p99_low_seconds,
                path.p99_high_seconds,
            )
            for path in assessment.paths.slowest
        ),
        findings=findings[:MOST_FINDINGS],
        finding_counts=dict(sorted(Counter(found.severity for found in findings).items())),
        findings_digest=_digest(findings),
        gaps=len(assessment.gaps),
        blocker_counts=dict(
            sorted(Counter(b.severity for b in assessment.blockers if not b.ignored).items())
        ),
    )


def dumps(summary: Summary) -> bytes:
    """The summary as JSON; equal summaries give equal bytes."""
    return msgspec.json.encode(summary, order="deterministic")


def loads(data: bytes, name: str) -> Summary:
    """Read a stored summary; `name` is what errors call it. Raises: FileError."""
    try:
        return msgspec.json.decode(data, type=Summary)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise FileError(
            message("error.summary-unreadable", file=name, detail=str(err)),
            message("hint.summary-unreadable"),
        ) from err


def _told_apart(findings: Iterable[Finding]) -> tuple[Found, ...]:
    """One for each id and subject, worst first."""
    found = {Found(f.id, _whole(f.subject), f.severity) for f in findings}
    return tuple(sorted(found, key=lambda f: (_SEVERITIES.index(f.severity), f.id, f.subject)))


def _whole(text: str) -> str:
    """The text without the half characters of file names that are no UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _digest(findings: Iterable[Found]) -> str:
    data = msgspec.json.encode(tuple(findings))
    return hashlib.sha256(data).hexdigest()[:16]

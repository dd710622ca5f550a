"""Many clusters in one report.

A cluster is looked at once and leaves only its line and the names that others may share, so that
memory does not grow with what the clusters hold. Reports on shards of a fleet merge to the report
on the whole: adding up does not depend on the order, nor on how the fleet was cut.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Self
from zlib import crc32

import msgspec

from mesh_probe.application import service_count
from mesh_probe.assessment import Assessment
from mesh_probe.blocker import Blocker
from mesh_probe.errors import FileError, UsageError
from mesh_probe.graph import APPLICATION_ROLES
from mesh_probe.model import Finding, Gap, Noun, Status
from mesh_probe.outcome import Outcome
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, message

SCHEMA = "mesh-probe/fleet/v1"

MOST_CLUSTERS = 5
"""Clusters that are named where many share something; how many there are is always told."""


class Member(Noun, kw_only=True):
    """One cluster of the fleet: its outcome, or why there is none."""

    cluster: str
    problem: Message | None = None
    taken_at: datetime | None = None
    tool_version: str | None = None
    server_version: str | None = None
    outcome: Outcome | None = None
    probability: float | None = None
    yes: int | None = None
    unknown: int | None = None
    need: int | None = None
    readiness: int | None = None
    services: int | None = None
    edges: int | None = None
    findings: int | None = None
    gaps: int | None = None
    blockers: int | None = None
    """Errors and warnings that nobody ignores."""
    signals: tuple[str, ...] = ()
    """Ids of the signals that say "not now"."""


class Shared(Noun):
    """Something that several clusters may have."""

    name: str
    clusters: int
    """How many have it."""
    some: tuple[str, ...]
    """The first few of them by name, at most `MOST_CLUSTERS`."""


class CommonFinding(Noun):
    """Findings, or blockers, of one kind over the fleet."""

    id: str
    severity: str
    count: int
    clusters: int
    some: tuple[str, ...]


class CommonGap(Noun):
    """Things of one kind that could not be seen over the fleet, with one of them as it was told."""

    subject: str
    reason: Message
    count: int
    clusters: int
    some: tuple[str, ...]


class AnswerCount(Noun):
    """How the clusters answer one question or signal."""

    id: str
    yes: int = 0
    no: int = 0
    unknown: int = 0


class Shard(Noun):
    """Which part of a fleet: number `index` of `count`, from 0."""

    index: int
    count: int

    def holds(self, cluster: str) -> bool:
        """Whether a cluster belongs to this part; by its name, so that all parts agree."""
        return crc32(cluster.encode("utf-8", "replace")) % self.count == self.index


class Fleet(Noun, tag_field="schema", tag=SCHEMA, kw_only=True):
    """The report on a fleet or a shard of it. Every list is sorted."""

    shards: tuple[Shard, ...] = ()
    """The shards that are in it, where it does not cover the whole."""
    members: tuple[Member, ...] = ()
    answers: tuple[AnswerCount, ...] = ()
    findings: tuple[CommonFinding, ...] = ()
    blockers: tuple[CommonFinding, ...] = ()
    """Those that nobody ignores."""
    gaps: tuple[CommonGap, ...] = ()
    """One for each id of a reason."""
    services: tuple[Shared, ...] = ()
    """Applications by namespace/name; in a shard also those of a single cluster."""
    hosts_called: tuple[Shared, ...] = ()
    """Outside hosts that are called; in a shard all, else those that a member serves."""
    hosts_served: tuple[Shared, ...] = ()
    """Hosts of routes; in a shard all, else those that another member calls."""

    @property
    def missing_shards(self) -> tuple[int, ...]:
        """Numbers of the shards that the whole would need besides."""
        if not self.shards:
            return ()
        there = {shard.index for shard in self.shards}
        return tuple(sorted(set(range(self.shards[0].count)) - there))


class Muster:
    """Takes clusters one by one, and keeps of each what a fleet report needs."""

    def __init__(self, shard: Shard | None = None) -> None:
        self._shards = [] if shard is None else [shard]
        self._members: dict[str, Member] = {}
        self._answers: dict[str, dict[Status, int]] = {}
        self._findings = _Kinds()
        self._blockers = _Kinds()
        self._gaps: dict[str, CommonGap] = {}
        self._services = _Names()
        self._called = _Names()
        self._served = _Names()

    def add(self, cluster: str, snapshot: Snapshot, assessment: Assessment) -> None:
        """Count a cluster in. Raises: UsageError when one of that name is there."""
        self._enlist(_member(cluster, snapshot, assessment))
        for answer in (*assessment.answers, *assessment.signals):
            counts = self._answers.setdefault(answer.id, {"yes": 0, "no": 0, "unknown": 0})
            counts[answer.status] += 1
        self._findings.add(cluster, assessment.findings)
        self._blockers.add(cluster, (b for b in assessment.blockers if not b.ignored))
        for gap in _gaps_by_reason(cluster, assessment.gaps):
            self._add_gap(gap)
        nodes = assessment.graph.nodes.values()
        self._services.add(cluster, (n.id for n in nodes if n.role in APPLICATION_ROLES))
        self._called.add(cluster, (n.name for n in nodes if n.id.startswith("external:")))
        self._served.add(cluster, (host for r in snapshot.objects.routes for host in r.hosts))

    def fail(self, cluster: str, problem: Message) -> None:
        """Count in a cluster that could not be looked at. Raises: UsageError, as `add`."""
        self._enlist(Member(cluster=cluster, problem=problem))

    def merge(self, part: Fleet) -> Self:
        """Count in the report on a shard. Raises: UsageError when it does not fit the others."""
        self._check(part)
        self._shards += part.shards
        for member in part.members:
            self._enlist(member)
        for answer in part.answers:
            counts = self._answers.setdefault(answer.id, {"yes": 0, "no": 0, "unknown": 0})
            counts["yes"] += answer.yes
            counts["no"] += answer.no
            counts["unknown"] += answer.unknown
        self._findings.merge(part.findings)
        self._blockers.merge(part.blockers)
        for gap in part.gaps:
            self._add_gap(gap)
        self._services.merge(part.services)
        self._called.merge(part.hosts_called)
        self._served.merge(part.hosts_served)
        return self

    def fleet(self) -> Fleet:
        """The report so far."""
        whole = Fleet(
            shards=tuple(sorted(self._shards, key=lambda shard: shard.index)),
            members=tuple(self._members[name] for name in sorted(self._members)),
            answers=tuple(
                AnswerCount(rule_id, c["yes"], c["no"], c["unknown"])
                for rule_id, c in self._answers.items()
            ),
            findings=self._findings.all(),
            blockers=self._blockers.all(),
            gaps=tuple(self._gaps[reason] for reason in sorted(self._gaps)),
            services=self._services.all(),
            hosts_called=self._called.all(),
            hosts_served=self._served.all(),
        )
        if whole.missing_shards:
            return whole
        return msgspec.structs.replace(
            whole,
            shards=(),
            services=tuple(name for name in whole.services if name.clusters > 1),
            hosts_called=_across(whole.hosts_called, whole.hosts_served),
            hosts_served=_across(whole.hosts_served, whole.hosts_called),
        )

    def _enlist(self, member: Member) -> None:
        if member.cluster in self._members:
            raise UsageError(
                message("error.cluster-twice", cluster=member.cluster),
                message("hint.cluster-twice"),
            )
        self._members[member.cluster] = member

    def _check(self, part: Fleet) -> None:
        for shard in part.shards:
            for known in self._shards:
                if known.count != shard.count:
                    raise UsageError(
                        message("error.shard-counts", one=known.count, other=shard.count)
                    )
                if known.index == shard.index:
                    raise UsageError(
                        message("error.shard-twice", index=shard.index, count=shard.count)
                    )

    def _add_gap(self, gap: CommonGap) -> None:
        """The words are those of the first cluster by name, whatever the order of adding."""
        known = self._gaps.get(gap.reason.id)
        if known is None:
            self._gaps[gap.reason.id] = gap
            return
        first = min(known, gap, key=lambda each: each.some)
        self._gaps[gap.reason.id] = CommonGap(
            first.subject,
            first.reason,
            known.count + gap.count,
            known.clusters + gap.clusters,
            _first((*known.some, *gap.some)),
        )


class _Kinds:
    """Findings or blockers by their kind, with the clusters that have them."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], CommonFinding] = {}

    def add(self, cluster: str, found: Iterable[Finding | Blocker]) -> None:
        counts = Counter((one.id, one.severity) for one in found)
        self.merge(CommonFinding(*kind, count, 1, (cluster,)) for kind, count in counts.items())

    def merge(self, others: Iterable[CommonFinding]) -> None:
        for other in others:
            kind = other.id, other.severity
            known = self._known.get(kind, CommonFinding(*kind, 0, 0, ()))
            self._known[kind] = CommonFinding(
                *kind,
                known.count + other.count,
                known.clusters + other.clusters,
                _first((*known.some, *other.some)),
            )

    def all(self) -> tuple[CommonFinding, ...]:
        return tuple(self._known[kind] for kind in sorted(self._known))


class _Names:
    """Names with the clusters that have them."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, tuple[str, ...]]] = {}

    def add(self, cluster: str, names: Iterable[str]) -> None:
        for name in set(names):
            self._count(name, 1, (cluster,))

    def merge(self, others: Iterable[Shared]) -> None:
        for other in others:
            self._count(other.name, other.clusters, other.some)

    def all(self) -> tuple[Shared, ...]:
        return tuple(Shared(name, *self._known[name]) for name in sorted(self._known))

    def _count(self, name: str, clusters: int, some: tuple[str, ...]) -> None:
        if (known := self._known.get(name)) is None:
            self._known[name] = (clusters, some)
        else:
            self._known[name] = (known[0] + clusters, _first((*known[1], *some)))


def loads(data: bytes, name: str) -> Fleet:
    """Read the JSON report on a fleet or shard; errors call it `name`. Raises: FileError."""
    try:
        return msgspec.json.decode(data, type=Fleet)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise FileError(
            message("error.fleet-unreadable", file=name, detail=str(err)),
            message("hint.fleet-unreadable"),
        ) from err


def _member(cluster: str, snapshot: Snapshot, assessment: Assessment) -> Member:
    verdict = assessment.verdict
    return Member(
        cluster=cluster,
        taken_at=assessment.generated_at,
        tool_version=assessment.tool_version,
        server_version=snapshot.server_version,
        outcome=verdict.outcome,
        probability=verdict.probability,
        yes=verdict.yes,
        unknown=verdict.unknown,
        need=verdict.need.value,
        readiness=verdict.readiness.value,
        services=service_count(assessment.graph),
        edges=assessment.graph.calls.number_of_edges(),
        findings=len(assessment.findings),
        gaps=len(assessment.gaps),
        blockers=sum(blocker.counts for blocker in assessment.blockers),
        signals=tuple(signal.id for signal in assessment.signals if signal.status == "yes"),
    )


def _gaps_by_reason(cluster: str, gaps: Iterable[Gap]) -> tuple[CommonGap, ...]:
    together: dict[str, list[Gap]] = {}
    for gap in sorted(gaps, key=lambda gap: gap.subject):
        together.setdefault(gap.reason.id, []).append(gap)
    return tuple(
        CommonGap(alike[0].subject, alike[0].reason, len(alike), 1, (cluster,))
        for alike in together.values()
    )


def _across(names: Iterable[Shared], others: Iterable[Shared]) -> tuple[Shared, ...]:
    """Those that are also among the others, and not in one and the same cluster alone."""
    known = {other.name: other.some for other in others}
    return tuple(
        name for name in names if name.name in known and len({*name.some, *known[name.name]}) > 1
    )


def _first(clusters: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(clusters))[:MOST_CLUSTERS])

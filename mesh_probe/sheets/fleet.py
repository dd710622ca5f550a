"""A fleet, laid out. Its record is what `fleet.loads` reads, to merge the reports on shards."""

from collections import Counter
from collections.abc import Iterable

from mesh_probe.fleet import SCHEMA, CommonFinding, Fleet, Member, Shared
from mesh_probe.format import SEVERITIES, moment, row
from mesh_probe.outcome import Outcome
from mesh_probe.sheet import Recorded, Section, Sheet, Table
from mesh_probe.text import Message, Wording, message, percent

MOST_ROWS = 50
"""Shared services and hosts that are listed for people; programs get all."""

_ORDER: tuple[Outcome | None, ...] = (
    "consider",
    "undecided",
    "not-now",
    "kubernetes-is-enough",
    None,
)


def sheet(fleet: Fleet, wording: Wording) -> Sheet:
    """The fleet for people and for programs."""
    spanning = [name for name in fleet.services if name.clusters > 1]
    spanning.sort(key=lambda shared: (-shared.clusters, shared.name))
    return Sheet(
        title=message("heading.fleet", count=len(fleet.members)),
        lead=tuple(_lead(fleet, wording)),
        sections=(
            Section("heading.clusters", table=_members(fleet.members, wording)),
            Section("heading.fleet-answers", table=_answers(fleet, wording)),
            Section("heading.common-findings", table=_findings(fleet.findings, "", wording)),
            Section("heading.common-blockers", table=_findings(fleet.blockers, "blocks.", wording)),
            Section("heading.gaps", table=_gaps(fleet, wording)),
            Section("heading.spanning", table=_shared(spanning)),
            Section("heading.crossing", table=_crossing(fleet)),
        ),
        record=_record(fleet),
    )


def _lead(fleet: Fleet, wording: Wording) -> Iterable[Message]:
    counts = Counter(member.outcome for member in fleet.members)
    for outcome in _ORDER[:-1]:
        if counts[outcome]:
            yield message(
                "fleet.outcome",
                count=counts[outcome],
                outcome=wording.text(f"label.{outcome}"),
            )
    if counts[None]:
        yield message("fleet.failed", count=counts[None])
    if not fleet.members:
        yield message("fleet.none")
    if fleet.missing_shards:
        yield message(
            "caution.shards",
            names=row(map(str, fleet.missing_shards)),
            count=fleet.shards[0].count,
        )


def _members(members: Iterable[Member], wording: Wording) -> Table:
    ordered = sorted(
        members, key=lambda m: (_ORDER.index(m.outcome), -(m.probability or 0.0), m.cluster)
    )

    def figure(value: float | None) -> str:
        return "–" if value is None else str(value)

    def said(member: Member) -> str:
        if member.problem is not None:
            return wording.say(member.problem)
        signals = row(wording.text(f"label.{signal}") for signal in member.signals)
        outcome = wording.text(f"label.{member.outcome}")
        return f"{outcome}: {signals}" if signals else outcome

    return Table(
        (
            "label.cluster-name",
            *("label.likely", "label.yes", "label.unknown", "label.need", "label.readiness"),
            *("label.services", "label.findings", "label.blockers"),
            *("label.taken", "label.outcome-is"),
        ),
        tuple(
            (
                member.cluster,
                "–" if member.probability is None else percent(member.probability),
                *map(
                    figure,
                    (member.yes, member.unknown, member.need, member.readiness),
                ),
                *map(figure, (member.services, member.findings, member.blockers)),
                "–" if member.taken_at is None else moment(member.taken_at),
                said(member),
            )
            for member in ordered
        ),
        right=(1, 2, 3, 4, 5, 6, 7, 8),
    )


def _answers(fleet: Fleet, wording: Wording) -> Table:
    return Table(
        ("label.yes", "label.no", "label.unknown", "label.title-question"),
        tuple(
            (str(a.yes), str(a.no), str(a.unknown), wording.text(f"label.{a.id}"))
            for a in fleet.answers
        ),
        right=(0, 1, 2),
    )


def _findings(common: Iterable[CommonFinding], severities: str, wording: Wording) -> Table:
    """Findings or blockers; `severities` is what the names of their severities begin with."""
    found = sorted(
        common,
        key=lambda f: (-f.clusters, SEVERITIES.index(f.severity), f.id),
    )
    return Table(
        ("label.severity", "label.clusters", "label.count", "label.finding", "label.for-example"),
        tuple(
            (
                wording.text(f"label.{severities}{f.severity}"),
                str(f.clusters),
                str(f.count),
                f.id,
                _some(f.some, f.clusters),
            )
            for f in found
        ),
        right=(1, 2),
    )


def _gaps(fleet: Fleet, wording: Wording) -> Table:
    gaps = sorted(fleet.gaps, key=lambda gap: (-gap.clusters, gap.reason.id))
    return Table(
        ("label.clusters", "label.count", "label.for-example", "label.reason"),
        tuple(
            (
                str(gap.clusters),
                str(gap.count),
                _some(gap.some, gap.clusters),
                f"{gap.subject}: {wording.say(gap.reason)}",
            )
            for gap in gaps
        ),
        right=(0, 1),
    )


def _shared(names: list[Shared]) -> Table:
    return Table(
        ("label.clusters", "label.service", "label.for-example"),
        tuple(
            (str(shared.clusters), shared.name, _some(shared.some, shared.clusters))
            for shared in names[:MOST_ROWS]
        ),
        right=(0,),
    )


def _crossing(fleet: Fleet) -> Table:
    """Hosts that one cluster calls and another serves; known only of a whole fleet."""
    if fleet.missing_shards:
        return Table((), ())
    served = {host.name: host for host in fleet.hosts_served}
    return Table(
        ("label.host", "label.served-by", "label.called-by"),
        tuple(
            (
                called.name,
                _some(served[called.name].some, served[called.name].clusters),
                _some(called.some, called.clusters),
            )
            for called in fleet.hosts_called[:MOST_ROWS]
        ),
    )


def _some(names: tuple[str, ...], count: int) -> str:
    more = count - len(names)
    return ", ".join([*names, *([f"+{more}"] if more > 0 else [])])


def _record(fleet: Fleet) -> dict[str, Recorded]:
    return {
        "schema": SCHEMA,
        "shards": [{"index": shard.index, "count": shard.count} for shard in fleet.shards],
        "missing_shards": fleet.missing_shards,
        "members": [_member(member) for member in fleet.members],
        "answers": [
            {"id": a.id, "yes": a.yes, "no": a.no, "unknown": a.unknown} for a in fleet.answers
        ],
        "findings": _common(fleet.findings),
        "blockers": _common(fleet.blockers),
        "gaps": [
            {
                "subject": gap.subject,
                "reason": gap.reason,
                "count": gap.count,
                "clusters": gap.clusters,
                "some": gap.some,
            }
            for gap in fleet.gaps
        ],
        "services": _names(fleet.services),
        "hosts_called": _names(fleet.hosts_called),
        "hosts_served": _names(fleet.hosts_served),
    }


def _common(found: Iterable[CommonFinding]) -> list[Recorded]:
    return [
        {
            "id": one.id,
            "severity": one.severity,
            "count": one.count,
            "clusters": one.clusters,
            "some": one.some,
        }
        for one in found
    ]


def _member(member: Member) -> dict[str, Recorded]:
    return {
        "cluster": member.cluster,
        "problem": member.problem,
        "taken_at": member.taken_at,
        "tool_version": member.tool_version,
        "server_version": member.server_version,
        "outcome": member.outcome,
        "probability": member.probability,
        "yes": member.yes,
        "unknown": member.unknown,
        "need": member.need,
        "readiness": member.readiness,
        "services": member.services,
        "edges": member.edges,
        "findings": member.findings,
        "gaps": member.gaps,
        "blockers": member.blockers,
        "signals": member.signals,
    }


def _names(names: Iterable[Shared]) -> list[Recorded]:
    return [{"name": s.name, "clusters": s.clusters, "some": s.some} for s in names]

"""What a report format is, and the phrases that formats for people share."""

import math
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from mesh_probe.assessment import Assessment, Cluster
from mesh_probe.graph import CallGraph
from mesh_probe.graph.latency import SlowPath
from mesh_probe.incidents import Incident, on_the_wire
from mesh_probe.mesh import Mesh
from mesh_probe.model import Evidence, Finding, Gap, Noun
from mesh_probe.question import Answer, Measure
from mesh_probe.scores import Score
from mesh_probe.sheet import Sheet
from mesh_probe.text import Message, Wording, catalogue, duration, message, named, percent

MOST_STEPS = 12
"""Steps of a path that are written out; of a longer one the middle is left out."""

MOST_NAMES = 8
"""Names that are written out in a row."""


MOST_TELLING = 2
"""Pieces of evidence that stand beside an answer."""

MOST_SHAPES = 3
"""Rings, and hubs, that are named."""


WHOLE_FROM = 100
"""Figures from here up are written without decimals."""

SEVERITIES = ("error", "warning", "info")


class Look(Noun):
    """What the reader's screen can show."""

    color: bool = False
    width: int = 100
    """Columns."""


class Format(Noun):
    """A way to write a report, a part of the call graph, a sheet."""

    name: str
    report: Callable[[Assessment, Wording, Look], str] | None = None
    graph: Callable[[CallGraph, Wording], str] | None = None
    sheet: Callable[[Sheet, Wording, Look], str] | None = None


def sum_in_words(score: Score, wording: Wording) -> str:
    """The arithmetic of a score with the name of each part."""
    if not score.parts:
        return score.arithmetic
    parts = (f"{part.value} {wording.text(f'label.short.{part.id}')}" for part in score.parts)
    return f"({' + '.join(parts)}) / {len(score.parts)} = {score.value}"


def covered(mesh: Mesh) -> str:
    """The part of the application workloads that is in a mesh."""
    return "–" if mesh.coverage_ratio is None else percent(mesh.coverage_ratio)


def sureness(answer: Answer, wording: Wording) -> str:
    """How sure an answer is; for one that people gave, that they did."""
    if answer.basis in ("declared", "assumed"):
        return wording.text(f"label.{answer.basis}")
    return "–" if answer.confidence is None else percent(answer.confidence)


def measured(measure: Measure | None, wording: Wording) -> str:
    """A figure beside its threshold; empty when nothing was measured."""
    if measure is None or measure.value is None:
        return ""
    value = _with_unit(measure.value, measure.unit, wording)
    if measure.threshold is None:
        return value
    bare = measure.unit if measure.unit in ("ratio", "seconds") else ""
    threshold = _with_unit(measure.threshold, bare, wording)
    return wording.text("label.measured", value=value, threshold=threshold)


def _with_unit(value: float, unit: str, wording: Wording) -> str:
    if unit == "ratio":
        return percent(value)
    if unit == "seconds":
        return duration(value, wording.language)
    whole = value == round(value) or abs(value) >= WHOLE_FROM
    figure = f"{value:,.0f}" if whole else f"{value:.3g}"
    name = f"label.unit.{unit}"
    if name in catalogue(wording.language):
        return wording.text(name, value=figure)
    return f"{figure} {unit}".rstrip()


def amount(count: int) -> str:
    """A count for people. Numbers of paths can have thousands of digits; then the power must do."""
    return f"{count:,}" if count < 10**9 else f"~10^{round(math.log10(count))}"


def way(nodes: Iterable[str]) -> str:
    """A path through the graph; the namespace is given where it changes."""
    steps, before = [], ""
    for node in map(named, nodes):
        namespace, slash, name = node.rpartition("/")
        steps.append(name if slash and namespace == before else node)
        before = namespace
    if len(steps) > MOST_STEPS:
        half = MOST_STEPS // 2
        steps = [*steps[:half], f"... {len(steps) - 2 * half} ...", *steps[-half:]]
    return " -> ".join(steps)


def row(names: Iterable[str]) -> str:
    """Names in a row; of many only the first, and how many more there are."""
    listed = list(names)
    more = [f"+{len(listed) - MOST_NAMES}"] if len(listed) > MOST_NAMES else []
    return ", ".join([*listed[:MOST_NAMES], *more])


def p99_band(path: SlowPath, wording: Wording) -> str:
    """The band that a path's p99 lies in."""
    if path.p99_low_seconds is None or path.p99_high_seconds is None:
        return "–"
    low = duration(path.p99_low_seconds, wording.language)
    high = duration(path.p99_high_seconds, wording.language)
    return low if low == high else wording.text("label.band", low=low, high=high)


def critical_hop(path: SlowPath) -> Message:
    """Where most of a path's time goes, and how much of it nobody measures."""
    return message(
        "label.critical" if path.missing == 0 else "label.critical-unmeasured",
        hop=way((path.critical_client, path.critical_server)),
        share=path.critical_share,
        missing=path.missing,
    )


def moment(at: datetime) -> str:
    """A time for people, in UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def strongest_first(evidence: Iterable[Evidence]) -> list[Evidence]:
    """Evidence by weight, then by what it is about."""
    return sorted(evidence, key=lambda e: (-e.weight, e.subject, e.fact.id, e.seen_in, e.check))


def telling(answer: Answer) -> list[Evidence]:
    """The evidence that speaks loudest for an answer, or on both sides of an unknown one."""
    pieces = strongest_first(answer.evidence)
    if answer.status != "unknown":
        return [piece for piece in pieces if piece.points == answer.status][:MOST_TELLING]
    sides = [[piece for piece in pieces if piece.points == side][:1] for side in ("yes", "no")]
    return [piece for side in sides for piece in side]


def alike(gaps: Iterable[Gap], wording: Wording) -> list[tuple[str, str, str]]:
    """Gaps as (subjects, reason, hint); those that say the same are one."""
    subjects: dict[tuple[str, str], list[str]] = {}
    for gap in gaps:
        hint = wording.say(gap.hint) if gap.hint else ""
        subjects.setdefault((wording.say(gap.reason), hint), []).append(gap.subject)
    return [
        (row(dict.fromkeys(together)), reason, hint)
        for (reason, hint), together in subjects.items()
    ]


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity."""
    return sorted(findings, key=lambda f: (SEVERITIES.index(f.severity), f.id, f.subject))


def shape(assessment: Assessment) -> list[Message]:
    """The call graph in figures, its longest chain, rings and hubs."""
    paths, graph = assessment.paths, assessment.graph
    if not graph.calls.number_of_edges():
        return [message("label.no-calls")]
    joined = any(node.startswith("service:") for node in graph.applications)
    said = [
        message(
            "label.shape.joined" if joined else "label.shape",
            services=graph.applications.number_of_nodes(),
            calls=graph.applications.number_of_edges(),
            others=graph.calls.number_of_nodes() - graph.applications.number_of_nodes(),
            entries=len(paths.entries),
            paths=amount(paths.entry_to_leaf_paths),
        )
    ]
    if len(paths.longest_chain) > 1:
        said.append(_chain(assessment))
    said += [message("label.cycle", services=row(cycle)) for cycle in paths.cycles[:MOST_SHAPES]]
    said += [
        message("label.hub", id=hub.id, callers=hub.fan_in, callees=hub.fan_out)
        for hub in paths.hubs[:MOST_SHAPES]
    ]
    return said


def _chain(assessment: Assessment) -> Message:
    """The longest chain of all; the question on call paths leaves out those of no request."""
    chain, nodes = assessment.paths.longest_chain, assessment.graph.nodes
    told = any(node.services for node in nodes.values())
    outer = told and chain[0] in nodes and not nodes[chain[0]].services
    kind = "label.chain.outer" if outer else "label.chain"
    return message(kind, hops=len(chain) - 1, client=chain[0], way=way(chain))


def cluster_counts(cluster: Cluster, wording: Wording) -> list[str]:
    """How much there is of what could be seen."""
    return [
        wording.text(f"label.count.{name}", count=count)
        for name, count in (
            ("nodes", cluster.nodes),
            ("namespaces", cluster.namespaces),
            ("workloads", cluster.workloads),
            ("services", cluster.services),
            ("pods", cluster.pods),
        )
        if count is not None
    ]


def about_incidents(assessment: Assessment) -> list[Message]:
    """How many were seen and lay between services, and what that count rests on."""
    found, span = assessment.incidents, assessment.incidents_seen_seconds or 0
    said = [incidents_in_short(assessment)]
    if found.proven_seconds is not None and found.proven_seconds < span:
        said.append(message("label.incidents-proven", proven=found.proven_seconds))
    if found.left_out:
        said.append(message("label.incidents-left-out", alerts=row(found.left_out)))
    return said


def incidents_in_short(assessment: Assessment) -> Message:
    """Of so many incidents seen, how many lay between services."""
    found, span = assessment.incidents, assessment.incidents_seen_seconds
    if found.seen is None:
        return message("label.incidents-unseen")
    if not found.seen:
        return message("label.incidents-none", span=span)
    if found.on_the_wire is None or found.judged is None:
        return message("label.incidents-not-judged", seen=found.seen, span=span)
    those = _those_judged(found.seen, found.judged)
    return message(
        f"label.incidents.{those}" if found.on_the_wire else f"label.incidents.{those}-none",
        seen=found.seen,
        span=span,
        wire=found.on_the_wire,
        judged=found.judged,
        rest=found.seen - found.judged,
    )


def _those_judged(seen: int, judged: int) -> str:
    """What is known of how many: of what was not looked into nobody knows where it lay."""
    if judged < seen:
        return "one" if judged == 1 else "some"
    return "only" if seen == 1 else "all"


def blamed_first(incidents: Iterable[Incident]) -> list[Incident]:
    """Those between services, then those with another cause, each from the latest on."""
    latest_first = sorted(incidents, key=lambda incident: incident.start_at, reverse=True)
    return sorted(latest_first, key=lambda i: (i.blame is None, not on_the_wire(i), not i.judged))


def cause(incident: Incident) -> Message:
    """Where the cause of an incident shows."""
    if incident.blame is None:
        return message("label.blame.nobody" if incident.judged else "label.blame.unseen")
    blame = incident.blame
    return message(f"label.blame.{blame.kind}", client=blame.client, server=blame.server)


def lasted(incident: Incident, wording: Wording) -> str:
    """How long an incident was."""
    if incident.end_at is None:
        return wording.text("label.ongoing")
    return duration((incident.end_at - incident.start_at).total_seconds(), wording.language)


def cluster_lines(assessment: Assessment, wording: Wording) -> tuple[str, str, str]:
    """Which cluster with what of it was seen, over which time, and what the scan cost it."""
    cluster, load = assessment.cluster, assessment.load
    counts = cluster_counts(cluster, wording)
    name = " ".join(filter(None, (cluster.context, cluster.server_version)))
    named = wording.text("label.cluster" if cluster.context else "label.cluster-unnamed", name=name)
    window = wording.text(
        "label.window",
        seconds=assessment.window_seconds,
        end=moment(assessment.window_end_at),
        version=assessment.tool_version,
    )
    cost = message("label.load-none")
    if load is not None:
        cost = message(
            "label.load",
            requests=load.requests,
            bytes=load.bytes,
            queries=load.prometheus_queries,
            seconds=load.seconds,
        )
    return ": ".join(filter(None, (named, ", ".join(counts)))), window, wording.say(cost)

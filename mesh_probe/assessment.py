"""The whole pure pipeline: a snapshot in, an assessment out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from mesh_probe import mesh, people
from mesh_probe.application import in_graph
from mesh_probe.blocker import Blocker, Standing, found, standings, unseen
from mesh_probe.blockers import CHECKS
from mesh_probe.checklist import QUESTIONS
from mesh_probe.episodes import IncidentHistory
from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.graph.build import build
from mesh_probe.graph.latency import SlowPath, slowest_paths
from mesh_probe.graph.shape import (
    Hub,
    cross_namespace_ratio,
    cycles,
    entries,
    entry_to_leaf_paths,
    hubs,
    longest_chain,
)
from mesh_probe.incidents import Incidents, incidents
from mesh_probe.model import (
    Declaration,
    Finding,
    Gap,
    KindRead,
    Load,
    Noun,
    SourceRead,
    Status,
)
from mesh_probe.outcome import ENOUGH
from mesh_probe.outlook import Installed, Outlook, advise, look_out
from mesh_probe.question import Answer, Question, Signal, conclude, declare
from mesh_probe.scores import SKILLS, Part, unblocked
from mesh_probe.signals import SIGNALS
from mesh_probe.snapshot import Snapshot
from mesh_probe.verdict import Verdict, reach

HUB_ABOVE = 10
"""Callers and callees from which a service is called a hub: 5 % of services at Meta have more of
both (Huye, Shkuro, Sambasivan, ATC 2023)."""


class Paths(Noun):
    """What can be said of the ways through the graph without walking all of them."""

    entries: tuple[str, ...] = ()
    entry_to_leaf_paths: int = 0
    longest_chain: tuple[str, ...] = ()
    cycles: tuple[tuple[str, ...], ...] = ()
    hubs: tuple[Hub, ...] = ()
    slowest: tuple[SlowPath, ...] = ()
    cross_namespace_ratio: float | None = None


class Cluster(Noun):
    """The cluster in figures; None where the kind could not be seen."""

    context: str | None
    server_version: str | None
    nodes: int | None
    namespaces: int | None
    workloads: int | None
    services: int | None
    pods: int | None
    mesh: tuple[Installed, ...] = ()


class Read(Noun):
    """What the figures were made from, so that each can be asked for again."""

    kinds: tuple[KindRead, ...] = ()
    prometheus: tuple[str, ...] = ()
    """The servers that answered, without credentials."""
    sources: tuple[SourceRead, ...] = ()
    """With their queries as they were sent."""
    incidents: IncidentHistory | None = None
    """None where no server was asked for it."""


class Assessment(msgspec.Struct, frozen=True, kw_only=True):
    """Everything a report says."""

    generated_at: datetime
    tool_version: str
    cluster: Cluster
    window_start_at: datetime
    window_end_at: datetime
    window_seconds: int
    verdict: Verdict
    answers: tuple[Answer, ...]
    signals: tuple[Answer, ...]
    graph: CallGraph
    paths: Paths
    findings: tuple[Finding, ...]
    blockers: tuple[Blocker, ...] = ()
    """What stands in the way of a mesh, the gravest first."""
    standings: tuple[Standing, ...] = ()
    """How each kind of mesh would fare with them."""
    gaps: tuple[Gap, ...]
    incidents: Incidents = Incidents()
    incidents_seen_seconds: int | None = None
    """How far back alerts could be seen; None where none could be read."""
    load: Load | None
    """None when the snapshot was not taken by this run."""
    read: Read = Read()
    outlook: Outlook = Outlook()
    by_rule: tuple[Answer, ...] = ()
    """What the rules say of the questions and signals that people answered."""


def assess(
    snapshot: Snapshot, *, assumed: Mapping[str, Status] | None = None, load: Load | None = None
) -> Assessment:
    """Judge a snapshot. `assumed` answers win over all others and are marked so."""
    snapshot = people.settled(snapshot)
    graph = build(snapshot)
    said = _said(people.current(snapshot), assumed or {})
    own = {question.id: conclude(question, question.ask(snapshot, graph)) for question in QUESTIONS}
    answers = tuple(said.get(question.id, own[question.id]) for question in QUESTIONS)
    by_id = {answer.id: answer for answer in answers}
    own |= {signal.id: conclude(signal, signal.ask(snapshot, graph, by_id)) for signal in SIGNALS}
    signals = tuple(said.get(signal.id, own[signal.id]) for signal in SIGNALS)
    threshold = round(ENOUGH.of(snapshot))
    blockers = found(CHECKS, snapshot, graph, people.ignored(snapshot))
    modes = standings(blockers, _workloads(snapshot, graph))
    way = _way(snapshot, modes)
    verdict = reach(QUESTIONS, answers, signals, threshold, own[SKILLS], unblocked=way)
    meshes = mesh.meshes(snapshot.objects)
    paths = _paths(graph)
    return Assessment(
        generated_at=snapshot.taken_at,
        tool_version=snapshot.tool_version,
        cluster=_cluster(snapshot, advise(meshes, verdict)),
        window_start_at=snapshot.taken_at - timedelta(seconds=snapshot.window_seconds),
        window_end_at=snapshot.taken_at,
        window_seconds=snapshot.window_seconds,
        verdict=verdict,
        answers=answers,
        signals=signals,
        graph=graph,
        paths=paths,
        findings=(*graph.findings, *people.findings(snapshot, own.values(), blockers)),
        blockers=blockers,
        standings=modes,
        gaps=(*snapshot.gaps, *graph.gaps, *unseen(CHECKS, snapshot.objects)),
        incidents=incidents(snapshot, graph),
        incidents_seen_seconds=_seen_seconds(snapshot),
        load=load,
        read=Read(
            kinds=snapshot.objects.kinds,
            prometheus=snapshot.telemetry.prometheus,
            sources=snapshot.telemetry.sources,
            incidents=snapshot.incidents,
        ),
        outlook=look_out(
            snapshot,
            graph,
            QUESTIONS,
            by_id,
            verdict,
            hops=max(len(paths.longest_chain) - 1, 0),
            meshes=meshes,
        ),
        by_rule=tuple(own[rule_id] for rule_id in own if rule_id in said),
    )


def _workloads(snapshot: Snapshot, graph: CallGraph) -> set[str]:
    """Nodes of the workloads that a team writes."""
    nodes = (node for _, node in in_graph(snapshot, graph))
    return {node.id for node in nodes if node.role in APPLICATION_ROLES}


def _way(snapshot: Snapshot, modes: Sequence[Standing]) -> Part:
    telling = (check.kinds for check in CHECKS if check.severity != "info")
    return unblocked(modes, hidden=any(snapshot.objects.hidden(*kinds) for kinds in telling))


def _seen_seconds(snapshot: Snapshot) -> int | None:
    history = snapshot.incidents
    return None if history is None or history.state == "unreadable" else history.span_seconds


def _said(declared: tuple[Declaration, ...], assumed: Mapping[str, Status]) -> dict[str, Answer]:
    """The answers that people gave, by id; an assumption beats a declaration."""
    rules: dict[str, Question | Signal] = {question.id: question for question in QUESTIONS}
    rules |= {signal.id: signal for signal in SIGNALS}
    answers = {
        said.id: declare(rules[said.id], said, "declared") for said in declared if said.id in rules
    }
    for rule_id, status in assumed.items():
        answers[rule_id] = declare(rules[rule_id], Declaration(rule_id, status), "assumed")
    return answers


def _cluster(snapshot: Snapshot, installed: tuple[Installed, ...]) -> Cluster:
    objects = snapshot.objects

    def count(found: Sequence[object], kind: str) -> int | None:
        return len(found) if found or objects.saw(kind) else None

    return Cluster(
        context=snapshot.context,
        server_version=snapshot.server_version,
        nodes=count(objects.nodes, "Node"),
        namespaces=count(objects.namespaces, "Namespace"),
        workloads=count(objects.workloads, "Deployment"),
        services=count(objects.services, "Service"),
        pods=count(objects.pods, "Pod"),
        mesh=installed,
    )


def _paths(graph: CallGraph) -> Paths:
    return Paths(
        entries=entries(graph),
        entry_to_leaf_paths=entry_to_leaf_paths(graph),
        longest_chain=longest_chain(graph),
        cycles=cycles(graph),
        hubs=hubs(graph, HUB_ABOVE),
        slowest=slowest_paths(graph),
        cross_namespace_ratio=cross_namespace_ratio(graph),
    )

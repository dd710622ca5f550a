"""JSON: the report for programs, and the call graph.

The keys are a contract (`report.schema.json`): they are added to, never renamed or removed. Words
are in the reader's language; the id and parameters of each message stand beside it.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from mesh_probe.assessment import Assessment, Cluster, Paths
from mesh_probe.format import Format, Look, cause, strongest_first
from mesh_probe.formats.json.blockers import blocker, mesh_modes
from mesh_probe.formats.json.read import read
from mesh_probe.graph import CallGraph
from mesh_probe.graph.latency import SlowPath
from mesh_probe.headline import worst_pain
from mesh_probe.incidents import Incident
from mesh_probe.model import Edge, Evidence, Finding, Gap, Latency, Load, Node
from mesh_probe.outlook import Outlook
from mesh_probe.question import Answer
from mesh_probe.sheet import Recorded, Sheet
from mesh_probe.text import Message, Wording
from mesh_probe.text.values import (
    LARGEST_COUNT,
    Value,
    document,
    encoded,
    instant,
    number,
    told,
    worded,
)

REPORT_SCHEMA = "mesh-probe/report/v1"
GRAPH_SCHEMA = "mesh-probe/graph/v1"


def report(assessment: Assessment, wording: Wording, _look: Look) -> str:
    """The whole report."""
    findings = sorted(assessment.findings, key=lambda f: (f.id, f.subject, f.text.id))
    gaps = sorted(assessment.gaps, key=lambda g: (g.subject, g.reason.id))
    outlook = assessment.outlook
    return document(
        {
            "schema": encoded(REPORT_SCHEMA),
            "tool_version": encoded(assessment.tool_version),
            "generated_at": encoded(instant(assessment.generated_at)),
            "cluster": encoded(_cluster(assessment.cluster, wording)),
            "window": encoded(_window(assessment)),
            "verdict": encoded(_verdict(assessment, wording)),
            "answers": [encoded(_answer(a, wording)) for a in _by_number(assessment.answers)],
            "signals": [encoded(_answer(s, wording)) for s in _by_number(assessment.signals)],
            "graph": _graph(assessment.graph, wording),
            "paths": encoded(_paths(assessment.paths)),
            "incidents": {
                "seen": encoded(assessment.incidents.seen),
                "judged": encoded(assessment.incidents.judged),
                "on_the_wire": encoded(assessment.incidents.on_the_wire),
                "left_out": encoded(list(assessment.incidents.left_out)),
                "proven_seconds": encoded(assessment.incidents.proven_seconds),
                "episodes": [
                    encoded(_incident(incident, wording))
                    for incident in assessment.incidents.episodes
                ],
            },
            "findings": [encoded(_finding(finding, wording)) for finding in findings],
            "blockers": [encoded(blocker(each, wording)) for each in assessment.blockers],
            "mesh_modes": encoded(mesh_modes(assessment.standings)),
            "plain_kubernetes": encoded(_plain_kubernetes(outlook, wording)),
            "misconceptions": [encoded(told(m, wording)) for m in outlook.misconceptions],
            "to_say": [
                encoded({"id": p.id, "ticked": p.ticked, **worded("text", p.said, wording)})
                for p in outlook.to_say
            ],
            "gaps": [encoded(_gap(gap, wording)) for gap in gaps],
            "load": encoded(_load(assessment.load)),
            "read": encoded(read(assessment.read)),
        }
    )


def graph(calls: CallGraph, wording: Wording) -> str:
    """A call graph, or a part of one, by itself."""
    return document({"schema": encoded(GRAPH_SCHEMA), **_graph(calls, wording)})


def sheet(sheet: Sheet, wording: Wording, _look: Look) -> str:
    """The record of a sheet."""
    return document(
        {key: encoded(_recorded(value, wording)) for key, value in sheet.record.items()}
    )


def _recorded(value: Recorded, wording: Wording) -> Value:
    match value:
        case Message():
            return told(value, wording)
        case datetime():
            return instant(value)
        case float():
            return number(value)
        case None | str() | int():
            return value
        case Mapping():
            return {key: _recorded(under, wording) for key, under in value.items()}
        case _:
            return [_recorded(each, wording) for each in value]


def _cluster(cluster: Cluster, wording: Wording) -> Value:
    return {
        "context": cluster.context,
        "server_version": cluster.server_version,
        "nodes": cluster.nodes,
        "namespaces": cluster.namespaces,
        "workloads": cluster.workloads,
        "services": cluster.services,
        "pods": cluster.pods,
        "mesh": [
            {
                "name": installed.mesh.name,
                "version": installed.mesh.version,
                "mode": installed.mesh.mode,
                "coverage_ratio": number(installed.mesh.coverage_ratio),
                "advice": installed.advice,
                **worded("text", installed.said, wording),
                "workloads": installed.mesh.workloads,
                "inside": None if installed.mesh.inside is None else list(installed.mesh.inside),
                "evidence": _evidence(installed.mesh.evidence, wording),
            }
            for installed in cluster.mesh
        ],
    }


def _plain_kubernetes(outlook: Outlook, wording: Wording) -> Value:
    return {
        "gives": [
            {
                "id": given.id,
                "count": given.count,
                "whole": given.whole,
                **worded("text", given.said, wording),
            }
            for given in outlook.gives
        ],
        "lacks": [
            {"axis": lack.axis, "asked": lack.asked, **worded("text", lack.said, wording)}
            for lack in outlook.lacks
        ],
    }


def _window(assessment: Assessment) -> Value:
    return {
        "start_at": instant(assessment.window_start_at),
        "end_at": instant(assessment.window_end_at),
        "seconds": assessment.window_seconds,
        "incidents_seen_seconds": assessment.incidents_seen_seconds,
    }


def _verdict(assessment: Assessment, wording: Wording) -> Value:
    verdict, outlook = assessment.verdict, assessment.outlook
    return {
        "outcome": verdict.outcome,
        "yes": verdict.yes,
        "no": verdict.no,
        "unknown": verdict.unknown,
        "threshold": verdict.threshold,
        "probability": number(verdict.probability),
        "yes_distribution": [number(p) for p in verdict.yes_distribution],
        "outcomes": {outcome: number(p) for outcome, p in sorted(verdict.outcomes.items())},
        "because": [told(said, wording) for said in verdict.because],
        **worded("case", outlook.case, wording),
        "swing": [
            {
                "id": swing.id,
                "would_become": swing.would_become,
                **worded("settle", swing.settle, wording),
            }
            for swing in verdict.swing
        ],
        "axes": {axis: number(pain) for axis, pain in sorted(verdict.axes.items())},
        "scores": {
            "need": verdict.need.value,
            "readiness": verdict.readiness.value,
            "arithmetic": {
                "need": verdict.need.arithmetic,
                "readiness": verdict.readiness.arithmetic,
            },
            "parts": {
                name: [
                    {"id": part.id, "value": part.value, "known": part.known}
                    for part in score.parts
                ]
                for name, score in (("need", verdict.need), ("readiness", verdict.readiness))
            },
            "quadrant": verdict.quadrant,
            **worded("quadrant_text", outlook.quadrant, wording),
        },
        **worded("pain", worst_pain(verdict), wording),
    }


def _by_number(answers: Iterable[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: answer.number)


def _answer(answer: Answer, wording: Wording) -> Value:
    measure = answer.measure
    return {
        "id": answer.id,
        "number": answer.number,
        "status": answer.status,
        "probability": number(answer.probability),
        "confidence": number(answer.confidence),
        "basis": answer.basis,
        "measure": None
        if measure is None
        else {
            "name": measure.name,
            "value": number(measure.value),
            "unit": measure.unit,
            "threshold": number(measure.threshold),
        },
        **worded("because", answer.because, wording),
        "evidence": _evidence(answer.evidence, wording),
    }


def _graph(calls: CallGraph, wording: Wording) -> dict[str, list[msgspec.Raw]]:
    return {
        "nodes": [encoded(_node(node)) for node in calls.nodes.values()],
        "edges": [encoded(_edge(edge, wording)) for edge in calls.edges.values()],
    }


def _node(node: Node) -> Value:
    return {
        "id": node.id,
        "namespace": node.namespace,
        "name": node.name,
        "kind": node.kind,
        "role": node.role,
        "product": node.product,
        "services": sorted(node.services),
        "replicas": node.replicas,
    }


def _edge(edge: Edge, wording: Wording) -> Value:
    latency, at_server = edge.latency or Latency(), edge.server_latency or Latency()
    return {
        "client": edge.client,
        "server": edge.server,
        "via": [
            {"service": via.service, "port": via.port, "protocol": via.protocol}
            for via in sorted(edge.via, key=lambda via: (via.service, str(via.port)))
        ],
        "protocol": edge.protocol,
        "declared": edge.declared,
        "observed": edge.observed,
        "confidence": number(edge.confidence),
        "sampled": edge.sampled,
        "rate_rps": number(edge.rate_rps),
        "error_ratio": number(edge.error_ratio),
        "p50_seconds": number(latency.p50_seconds),
        "p90_seconds": number(latency.p90_seconds),
        "p95_seconds": number(latency.p95_seconds),
        "p99_seconds": number(latency.p99_seconds),
        "censored": latency.censored,
        "latency_side": edge.latency_side,
        "server_p50_seconds": number(at_server.p50_seconds),
        "server_p95_seconds": number(at_server.p95_seconds),
        "server_p99_seconds": number(at_server.p99_seconds),
        "mtls": edge.mtls,
        "probe": edge.probe,
        "sources": list(edge.sources),
        "evidence": _evidence(edge.evidence, wording),
    }


def _paths(paths: Paths) -> Value:
    return {
        "entries": sorted(paths.entries),
        "entry_to_leaf_paths": min(paths.entry_to_leaf_paths, LARGEST_COUNT),
        "longest_chain": list(paths.longest_chain),
        "cycles": [list(cycle) for cycle in paths.cycles],
        "hubs": [
            {"id": hub.id, "fan_in": hub.fan_in, "fan_out": hub.fan_out} for hub in paths.hubs
        ],
        "slowest": [_slow(path) for path in paths.slowest],
        "cross_namespace_ratio": number(paths.cross_namespace_ratio),
    }


def _slow(path: SlowPath) -> Value:
    return {
        "path": list(path.nodes),
        "p50_seconds": number(path.p50_seconds),
        "p99_seconds": {
            "low": number(path.p99_low_seconds),
            "high": number(path.p99_high_seconds),
        },
        "critical": {
            "client": path.critical_client,
            "server": path.critical_server,
            "share": number(path.critical_share),
        },
        "unmeasured_hops": path.missing,
    }


def _incident(incident: Incident, wording: Wording) -> Value:
    blame = incident.blame
    return {
        "start_at": instant(incident.start_at),
        "end_at": None if incident.end_at is None else instant(incident.end_at),
        "alerts": list(incident.alerts),
        "services": list(incident.services),
        "judged": incident.judged,
        "blame": None
        if blame is None
        else {"kind": blame.kind, "client": blame.client, "server": blame.server},
        **worded("text", cause(incident), wording),
        "evidence": _evidence(incident.evidence, wording),
    }


def _finding(finding: Finding, wording: Wording) -> Value:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "subject": finding.subject,
        **worded("text", finding.text, wording),
        "evidence": _evidence(finding.evidence, wording),
    }


def _gap(gap: Gap, wording: Wording) -> Value:
    return {
        "subject": gap.subject,
        **worded("reason", gap.reason, wording),
        **worded("hint", gap.hint, wording),
    }


def _load(load: Load | None) -> Value:
    if load is None:
        return None
    return {
        "requests": load.requests,
        "bytes": load.bytes,
        "prometheus_queries": load.prometheus_queries,
        "seconds": number(load.seconds),
    }


def _evidence(evidence: Iterable[Evidence], wording: Wording) -> list[Value]:
    return [
        {
            "subject": piece.subject,
            **worded("fact", piece.fact, wording),
            "seen_in": piece.seen_in,
            "points": piece.points,
            "weight": number(piece.weight),
            "check": piece.check,
        }
        for piece in strongest_first(evidence)
    ]


FORMAT = Format("json", report=report, graph=graph, sheet=sheet)

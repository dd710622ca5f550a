"""JSON: the report for programs, and the call graph.

The keys are a contract (`report.schema.json`): they are added to, never renamed or removed. Words
are in the reader's language; the id and parameters of each message stand beside it.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from mesh_probe.assessment import Assessment, Cluster, Paths
from mesh_probe.format import Format, Look, cause, strongest_first, worst_pain
from mesh_probe.graph import CallGraph
from mesh_probe.graph.latency import SlowPath
from mesh_probe.incidents import Incident
from mesh_probe.model import Edge, Evidence, Finding, Gap, Latency, Load, Node
from mesh_probe.outlook import Outlook
from mesh_probe.question import Answer
from mesh_probe.sheet import Recorded, Sheet
from mesh_probe.text import Message, Parameter, Wording
from mesh_probe.text.visible import HIDDEN

REPORT_SCHEMA = "mesh-probe/report/v1"
GRAPH_SCHEMA = "mesh-probe/graph/v1"

SIGNIFICANT_DIGITS = 6

LARGEST_COUNT = 2**53 - 1
"""The largest whole number that every JSON reader reads exactly; a larger count is cut to it."""

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def report(assessment: Assessment, wording: Wording, _look: Look) -> str:
    """The whole report."""
    findings = sorted(assessment.findings, key=lambda f: (f.id, f.subject, f.text.id))
    gaps = sorted(assessment.gaps, key=lambda g: (g.subject, g.reason.id))
    outlook = assessment.outlook
    return _document(
        {
            "schema": _json(REPORT_SCHEMA),
            "tool_version": _json(assessment.tool_version),
            "generated_at": _json(_time(assessment.generated_at)),
            "cluster": _json(_cluster(assessment.cluster, wording)),
            "window": _json(_window(assessment)),
            "verdict": _json(_verdict(assessment, wording)),
            "answers": [_json(_answer(a, wording)) for a in _by_number(assessment.answers)],
            "signals": [_json(_answer(s, wording)) for s in _by_number(assessment.signals)],
            "graph": _graph(assessment.graph, wording),
            "paths": _json(_paths(assessment.paths)),
            "incidents": {
                "seen": _json(assessment.incidents.seen),
                "judged": _json(assessment.incidents.judged),
                "on_the_wire": _json(assessment.incidents.on_the_wire),
                "episodes": [
                    _json(_incident(incident, wording))
                    for incident in assessment.incidents.episodes
                ],
            },
            "findings": [_json(_finding(finding, wording)) for finding in findings],
            "plain_kubernetes": _json(_plain_kubernetes(outlook, wording)),
            "misconceptions": [_json(_told(m, wording)) for m in outlook.misconceptions],
            "to_say": [
                _json({"id": p.id, "ticked": p.ticked, **_said("text", p.said, wording)})
                for p in outlook.to_say
            ],
            "gaps": [_json(_gap(gap, wording)) for gap in gaps],
            "load": _json(_load(assessment.load)),
        }
    )


def graph(calls: CallGraph, wording: Wording) -> str:
    """A call graph, or a part of one, by itself."""
    return _document({"schema": _json(GRAPH_SCHEMA), **_graph(calls, wording)})


def sheet(sheet: Sheet, wording: Wording, _look: Look) -> str:
    """The record of a sheet."""
    return _document({key: _json(_recorded(value, wording)) for key, value in sheet.record.items()})


def _recorded(value: Recorded, wording: Wording) -> Value:
    match value:
        case Message():
            return _told(value, wording)
        case datetime():
            return _time(value)
        case float():
            return _number(value)
        case None | str() | int():
            return value
        case Mapping():
            return {key: _recorded(under, wording) for key, under in value.items()}
        case _:
            return [_recorded(each, wording) for each in value]


def _document(sections: Mapping[str, object]) -> str:
    indented = msgspec.json.format(msgspec.json.encode(sections), indent=2)
    return f"{indented.decode()}\n"


def _json(value: Value) -> msgspec.Raw:
    """A record as JSON; each is written at once, so that many never stand in memory as dicts.

    What could harm a screen is escaped, which JSON readers undo. Half surrogates, from file names
    that are no UTF-8, cannot be encoded at all: they become "?".
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not text.isprintable():
        whole = text.encode("utf-8", "replace").decode()
        text = HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], whole)
    return msgspec.Raw(text.encode())


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
                "coverage_ratio": _number(installed.mesh.coverage_ratio),
                "advice": installed.advice,
                **_said("text", installed.said, wording),
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
                **_said("text", given.said, wording),
            }
            for given in outlook.gives
        ],
        "lacks": [
            {"axis": lack.axis, "asked": lack.asked, **_said("text", lack.said, wording)}
            for lack in outlook.lacks
        ],
    }


def _window(assessment: Assessment) -> Value:
    return {
        "start_at": _time(assessment.window_start_at),
        "end_at": _time(assessment.window_end_at),
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
        "probability": _number(verdict.probability),
        "yes_distribution": [_number(p) for p in verdict.yes_distribution],
        "outcomes": {outcome: _number(p) for outcome, p in sorted(verdict.outcomes.items())},
        "because": [_told(said, wording) for said in verdict.because],
        **_said("case", outlook.case, wording),
        "swing": [
            {
                "id": swing.id,
                "would_become": swing.would_become,
                **_said("settle", swing.settle, wording),
            }
            for swing in verdict.swing
        ],
        "axes": {axis: _number(pain) for axis, pain in sorted(verdict.axes.items())},
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
            **_said("quadrant_text", outlook.quadrant, wording),
        },
        **_said("pain", worst_pain(verdict), wording),
    }


def _by_number(answers: Iterable[Answer]) -> list[Answer]:
    return sorted(answers, key=lambda answer: answer.number)


def _answer(answer: Answer, wording: Wording) -> Value:
    measure = answer.measure
    return {
        "id": answer.id,
        "number": answer.number,
        "status": answer.status,
        "probability": _number(answer.probability),
        "confidence": _number(answer.confidence),
        "basis": answer.basis,
        "measure": None
        if measure is None
        else {
            "name": measure.name,
            "value": _number(measure.value),
            "unit": measure.unit,
            "threshold": _number(measure.threshold),
        },
        **_said("because", answer.because, wording),
        "evidence": _evidence(answer.evidence, wording),
    }


def _graph(calls: CallGraph, wording: Wording) -> dict[str, list[msgspec.Raw]]:
    return {
        "nodes": [_json(_node(node)) for node in calls.nodes.values()],
        "edges": [_json(_edge(edge, wording)) for edge in calls.edges.values()],
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
    latency = edge.latency or Latency()
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
        "confidence": _number(edge.confidence),
        "sampled": edge.sampled,
        "rate_rps": _number(edge.rate_rps),
        "error_ratio": _number(edge.error_ratio),
        "p50_seconds": _number(latency.p50_seconds),
        "p90_seconds": _number(latency.p90_seconds),
        "p95_seconds": _number(latency.p95_seconds),
        "p99_seconds": _number(latency.p99_seconds),
        "censored": latency.censored,
        "mtls": edge.mtls,
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
        "cross_namespace_ratio": _number(paths.cross_namespace_ratio),
    }


def _slow(path: SlowPath) -> Value:
    return {
        "path": list(path.nodes),
        "p50_seconds": _number(path.p50_seconds),
        "p99_seconds": {
            "low": _number(path.p99_low_seconds),
            "high": _number(path.p99_high_seconds),
        },
        "critical": {
            "client": path.critical_client,
            "server": path.critical_server,
            "share": _number(path.critical_share),
        },
        "unmeasured_hops": path.missing,
    }


def _incident(incident: Incident, wording: Wording) -> Value:
    blame = incident.blame
    return {
        "start_at": _time(incident.start_at),
        "end_at": None if incident.end_at is None else _time(incident.end_at),
        "alerts": list(incident.alerts),
        "services": list(incident.services),
        "judged": incident.judged,
        "blame": None
        if blame is None
        else {"kind": blame.kind, "client": blame.client, "server": blame.server},
        **_said("text", cause(incident), wording),
        "evidence": _evidence(incident.evidence, wording),
    }


def _finding(finding: Finding, wording: Wording) -> Value:
    return {
        "id": finding.id,
        "severity": finding.severity,
        "subject": finding.subject,
        **_said("text", finding.text, wording),
        "evidence": _evidence(finding.evidence, wording),
    }


def _gap(gap: Gap, wording: Wording) -> Value:
    return {
        "subject": gap.subject,
        **_said("reason", gap.reason, wording),
        **_said("hint", gap.hint, wording),
    }


def _load(load: Load | None) -> Value:
    if load is None:
        return None
    return {
        "requests": load.requests,
        "bytes": load.bytes,
        "prometheus_queries": load.prometheus_queries,
        "seconds": _number(load.seconds),
    }


def _evidence(evidence: Iterable[Evidence], wording: Wording) -> list[Value]:
    return [
        {
            "subject": piece.subject,
            **_said("fact", piece.fact, wording),
            "seen_in": piece.seen_in,
            "points": piece.points,
            "weight": _number(piece.weight),
            "check": piece.check,
        }
        for piece in strongest_first(evidence)
    ]


def _told(said: Message, wording: Wording) -> Value:
    return {"id": said.id, "parameters": _parameters(said), "text": wording.say(said)}


def _said(key: str, said: Message | None, wording: Wording) -> dict[str, Value]:
    """The words under a key, and what they were made of beside it."""
    if said is None:
        return {key: None, f"{key}_id": None, f"{key}_parameters": {}}
    return {
        key: wording.say(said),
        f"{key}_id": said.id,
        f"{key}_parameters": _parameters(said),
    }


def _parameters(said: Message) -> dict[str, Value]:
    return {name: _parameter(value) for name, value in sorted(said.parameters.items())}


def _parameter(value: Parameter) -> Value:
    if isinstance(value, int):
        return min(value, LARGEST_COUNT)
    return _number(value) if isinstance(value, float) else value


def _number(value: float | None) -> float | None:
    """A figure without the digits that nobody measured; null where it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # + 0.0 turns -0.0 into 0.0


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


FORMAT = Format("json", report=report, graph=graph, sheet=sheet)

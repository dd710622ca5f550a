"""What joining the declared and the observed brings to light, and is worth fixing anyway."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from mesh_probe.graph import APPLICATION_ROLES
from mesh_probe.graph.declared import address_of, evidence_of, subject_of
from mesh_probe.graph.mentions import Mention
from mesh_probe.model import Edge, Finding, Node
from mesh_probe.text import Parameter, listed, message

FAILING_FROM = 0.01
"""Error ratio from which calls are called failing: the budget of an objective of 99 %."""
BADLY_FROM = 0.06
"""Error ratio from which that is an error and no warning: a budget of 1 % burns six times too fast,
which the Google SRE Workbook (chapter 5) wakes somebody for; slower burning is a ticket there."""
LEAST_CALLS = 100
LEAST_ERRORS = 10
"""Calls and errors in the window below which a ratio says nothing."""
DECLARING = 0.75
"""Share of the callers that declare calls, from which one that declares none stands out."""


def dead_references(mentioned: Iterable[Mention]) -> Iterator[Finding]:
    """Names of Services that do not exist, and ports that a Service does not have.

    Of configuration that several workloads read it is the ConfigMap that is wrong, and that once.
    """
    said: set[tuple[str, str, str]] = set()  # of copies of a file the first is named
    for mention in mentioned:
        if mention.problem is None:
            continue
        is_shared = mention.shared_by > 1
        subject = mention.seen_in if is_shared else subject_of(mention.workload)
        whose = mention.workload.namespace if is_shared else subject
        at = (whose, mention.reference.key, address_of(mention.reference))
        if at in said:
            continue
        said.add(at)
        yield Finding(
            id=mention.problem,
            severity="warning",
            subject=subject,
            text=message(
                f"finding.{mention.problem}",
                key=mention.reference.key,
                host=address_of(mention.reference),
            ),
            evidence=(evidence_of(mention),),
        )


def failing(edges: Iterable[Edge], window_seconds: int) -> Iterator[Finding]:
    """Calls of which many fail, where there were enough of them to tell.

    A caller often fails because what it calls does, so only the last failing calls of a chain are
    named: those whose server makes no failing calls itself. What fails several clients is told
    once, of the server.
    """
    bad = [edge for edge in edges if fails(edge, window_seconds)]
    pass_on = {edge.client for edge in bad}
    into: dict[str, list[Edge]] = defaultdict(list)
    for edge in [edge for edge in bad if edge.server not in pass_on] or bad:
        into[edge.server].append(edge)
    for server, calls in into.items():
        calls.sort(key=lambda edge: edge.client)
        rate = math.fsum(edge.rate_rps or 0.0 for edge in calls)
        failed = math.fsum((edge.rate_rps or 0.0) * (edge.error_ratio or 0.0) for edge in calls)
        errors = round(failed / rate, 6)
        told: dict[str, Parameter] = {"errors": errors, "rate": round(rate, 6)}
        subject, text = f"{calls[0].client} -> {server}", "finding.failing-calls"
        if len(calls) > 1:
            told |= {"count": len(calls), "clients": listed(edge.client for edge in calls)}
            subject, text = server, "finding.failing-server"
        yield Finding(
            id="failing-calls",
            severity="error" if errors >= BADLY_FROM else "warning",
            subject=subject,
            text=message(text, **told),
            evidence=tuple(piece for edge in calls for piece in edge.evidence),
        )


def fails(edge: Edge, window_seconds: int) -> bool:
    """Whether enough calls were made, and enough of them failed, to call them failing."""
    if edge.rate_rps is None or edge.error_ratio is None:
        return False
    calls = edge.rate_rps * window_seconds
    enough = calls >= LEAST_CALLS and calls * edge.error_ratio >= LEAST_ERRORS
    return enough and edge.error_ratio >= FAILING_FROM


def disagreements(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> Iterator[Finding]:
    """Calls that are declared but not seen, or seen but declared nowhere, between applications.

    A declared call counts as not seen only where the metrics see its client call, and its server
    being called or its client telling of such calls by itself. A call counts as undeclared only
    where its client declares others, or nearly all clients do.
    """
    edges = list(edges)
    tells = _of_their_own(nodes, edges)
    callers = {e.client for e in edges if e.observed and nodes[e.client].role in APPLICATION_ROLES}
    seen_clients = {edge.client for edge in edges if edge.observed}
    seen_servers = {edge.server for edge in edges if edge.observed}
    declaring = {edge.client for edge in edges if edge.declared}
    if len(callers & declaring) >= DECLARING * len(callers):
        declaring |= callers
    for edge in edges:
        if not {nodes[edge.client].role, nodes[edge.server].role} <= APPLICATION_ROLES:
            continue
        if edge.declared and not edge.observed:
            would_show = edge.server in seen_servers or (edge.client, edge.protocol) in tells
            if edge.client in seen_clients and would_show:
                yield _disagreement("declared-not-seen", edge)
        elif _is_direct(edge) and not edge.declared and edge.client in declaring:
            yield _disagreement("seen-not-declared", edge)


def _of_their_own(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> set[tuple[str, str | None]]:
    """Clients that time their calls themselves, and of which protocol: none would be missing.

    Unless it is one of those whose server has no known name.
    """
    edges = [edge for edge in edges if edge.observed]
    vague = {edge.client for edge in edges if nodes[edge.server].kind == "Unknown"}
    return {
        (edge.client, edge.protocol)
        for edge in edges
        if edge.latency_side == "client" and edge.protocol and edge.client not in vague
    }


def _disagreement(finding_id: str, edge: Edge) -> Finding:
    return Finding(
        id=finding_id,
        severity="info",
        subject=f"{edge.client} -> {edge.server}",
        text=message(f"finding.{finding_id}", client=edge.client, server=edge.server),
        evidence=edge.evidence,
    )


def _is_direct(edge: Edge) -> bool:
    """A message goes through a broker, and that is what both sides declare."""
    return edge.observed and edge.protocol != "messaging"

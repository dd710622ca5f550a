"""What traffic brings to light: calls that are tried again and again, services without callers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from mesh_probe.graph import APPLICATION_ROLES
from mesh_probe.graph.findings import fails
from mesh_probe.model import Edge, Evidence, Finding, Node
from mesh_probe.text import message

LEAST_FACTOR = 1.5
"""Calls for each request that came in, from which tries again can be told from a call or two."""
MASKED = 0.5
"""Of a failing call's error ratio: a client whose own callers see more than this share of it passes
errors on and does not try again."""
ONE_SUCCESS = 1.1
"""Calls that succeed, for each request that came in, up to which one is all that is wanted."""
AGREES = 0.7
"""Share of these successes that callers see as well. Where they see fewer, several calls were meant
and each failure counts: k calls of which a share e fails leave (1 - e)^k of the requests whole."""
MOST_ERRORS_OF_A_RETRY = 0.95
"""Where nearly all calls fail, the number of tries says nothing of the calls meant."""
SEEN_SHARE = 0.5
"""Of the applications behind Services, seen in metrics, from which silence says something."""


def retry_storms(edges: Iterable[Edge], window_seconds: int) -> Iterator[Finding]:
    """Failing calls that are made far more often than requests come in, in place of one that works.

    With n tries at an error ratio e, each call that is meant makes (1 - e^n) / (1 - e) of them, and
    1 - e^n of those calls succeed in the end: as many as their callers see succeed, if this is all
    that fails. So it is tries again where callers see few of the failures, or just those that
    no try mended.
    """
    edges = list(edges)
    into: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        if edge.rate_rps:
            into[edge.server].append(edge)
    for edge in edges:
        if not fails(edge, window_seconds) or not (callers := into[edge.client]):
            continue
        rate, errors = edge.rate_rps or 0.0, edge.error_ratio or 0.0
        came_in = sum(caller.rate_rps or 0.0 for caller in callers)
        failed = sum((c.rate_rps or 0.0) * (c.error_ratio or 0.0) for c in callers) / came_in
        factor = rate / came_in
        meant = factor * (1 - errors)
        hidden = failed <= errors * MASKED
        mended = meant <= ONE_SUCCESS and 1 - failed >= AGREES * meant
        if (
            factor >= LEAST_FACTOR
            and (hidden or mended)
            and errors <= MOST_ERRORS_OF_A_RETRY
            and factor / max(meant, 1.0) >= LEAST_FACTOR
        ):
            yield Finding(
                id="retry-storm",
                severity="warning",
                subject=f"{edge.client} -> {edge.server}",
                text=message(
                    "finding.retry-storm",
                    client=edge.client,
                    server=edge.server,
                    factor=round(factor, 1),
                    errors=errors,
                ),
                evidence=edge.evidence,
            )


def never_called(nodes: Mapping[str, Node], edges: Iterable[Edge]) -> Iterator[Finding]:
    """Applications behind Services that no object and no metric names a client of.

    Only where metrics see most of the others: elsewhere nothing is known of who calls whom.
    """
    edges = list(edges)
    called = {edge.server for edge in edges}
    seen = {end for edge in edges if edge.observed for end in (edge.client, edge.server)}
    behind = [n for n in nodes.values() if n.role in APPLICATION_ROLES and n.services]
    if not behind or sum(node.id in seen for node in behind) < SEEN_SHARE * len(behind):
        return
    for node in behind:
        if node.id not in called and node.id not in seen:
            yield Finding(
                id="never-called",
                severity="info",
                subject=node.id,
                text=message("finding.never-called", name=node.id),
                evidence=(
                    Evidence(
                        subject=node.id,
                        fact=message("evidence.no-client", services=", ".join(node.services)),
                        seen_in="objects",
                    ),
                ),
            )

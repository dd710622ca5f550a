"""From a snapshot to its call graph: claims about a pair are joined to an edge."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from mesh_probe.graph import COUNTS_FROM, CallGraph, code
from mesh_probe.graph.blind_spots import blind_spots
from mesh_probe.graph.claims import INTERNET, UNSEEN, Claim
from mesh_probe.graph.declared import claims
from mesh_probe.graph.findings import dead_references, disagreements, failing
from mesh_probe.graph.mentions import mentions
from mesh_probe.graph.nodes import nodes_of, reached_from_outside
from mesh_probe.graph.observed import Observed
from mesh_probe.graph.orient import oriented
from mesh_probe.graph.places import Places
from mesh_probe.graph.traffic import never_called, retry_storms
from mesh_probe.histogram import join
from mesh_probe.model import Edge, Evidence, Latency, ObservedCall, Via
from mesh_probe.snapshot import Snapshot

_MAX_EVIDENCE = 5
"""Pieces of evidence that an edge keeps, the strongest first."""


def build(snapshot: Snapshot) -> CallGraph:
    """The call graph of a snapshot."""
    places = Places(snapshot.objects, snapshot.telemetry.offers)
    observed = Observed(snapshot.telemetry, places)
    mentioned = mentions(snapshot.objects, places)
    merged = observed.merged
    by_pair: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    claimed = (
        *observed.claims,
        *claims(snapshot.objects, places, mentioned),
        *code.claims(snapshot.code, snapshot.objects.config_maps, places),
    )
    for claim in oriented(claimed, places.called):
        pair = merged.get(claim.client, claim.client), merged.get(claim.server, claim.server)
        if pair[0] != pair[1]:
            by_pair[pair].append(claim)
    ranks = {read.source: rank for rank, read in enumerate(snapshot.telemetry.sources)}
    edges = {pair: _join(pair, of_pair, ranks) for pair, of_pair in by_pair.items()}
    for server in reached_from_outside(places, merged, edges.values()):
        if edges.pop((UNSEEN, server), None) is not None:
            pair = (INTERNET, server)
            by_pair[pair] += [_from_internet(claim) for claim in by_pair[UNSEEN, server]]
            edges[pair] = _join(pair, by_pair[pair], ranks)
    nodes = nodes_of(snapshot, places, merged, edges.values())
    findings = [
        *disagreements(nodes, edges.values()),
        *failing(edges.values(), snapshot.window_seconds),
        *retry_storms(edges.values(), snapshot.window_seconds),
        *never_called(nodes, edges.values()),
    ]
    if snapshot.objects.saw("Service"):
        findings += dead_references(mentioned)
    blind = blind_spots(
        nodes, edges.values(), places.workload_of, measured=bool(snapshot.telemetry.calls)
    )
    gaps = (*observed.gaps(), *blind)
    return CallGraph(nodes.values(), edges.values(), findings, gaps, places)


def _from_internet(claim: Claim) -> Claim:
    """The same of a client without a name, where its server can be reached from outside."""
    evidence = (replace(e, subject=f"{INTERNET} -> {claim.server}") for e in claim.evidence)
    return replace(claim, client=INTERNET, evidence=tuple(evidence))


def _join(pair: tuple[str, str], of_pair: Sequence[Claim], ranks: Mapping[str, int]) -> Edge:
    """One edge from all claims about a pair.

    Of rates, times and encryption each comes from the best source that tells it; none are added.
    """
    strongest = sorted(of_pair, key=lambda c: (-c.confidence, c.observed is None))
    calls: dict[str, list[ObservedCall]] = defaultdict(list)
    for claim in of_pair:
        if claim.observed is not None:
            calls[claim.observed.source].append(claim.observed)
    sources = sorted(calls, key=lambda source: (ranks.get(source, len(ranks)), source))
    figures = [_figures(calls[source]) for source in sources]
    rated = next((f for f in figures if f.rate_rps is not None), None)
    waited = next((f.client_latency for f in figures if f.client_latency), None)
    worked = next((f.server_latency for f in figures if f.server_latency), None)
    side: Literal["client", "server"] = "client" if waited else "server"
    sure = [claim for claim in of_pair if claim.confidence >= COUNTS_FROM]
    protocols = [f.protocol for f in figures] + [c.protocol for c in strongest]
    return Edge(
        client=pair[0],
        server=pair[1],
        confidence=strongest[0].confidence,
        declared=any(claim.observed is None for claim in sure),
        observed=bool(calls),
        via=_vias(of_pair),
        protocol=next((protocol for protocol in protocols if protocol), None),
        sampled=rated.sampled if rated else None,
        rate_rps=rated.rate_rps if rated else None,
        error_ratio=rated.error_ratio if rated else None,
        latency=waited or worked,
        latency_side=side if waited or worked else None,
        server_latency=worked,
        mtls=next((f.mtls for f in figures if f.mtls is not None), None),
        probe=bool(sure) and all(claim.probe for claim in sure),
        sources=tuple(sources),
        evidence=_evidence(strongest),
    )


def _figures(calls: Sequence[ObservedCall]) -> ObservedCall:
    """What one source says of a pair, where it counts it in parts (by Service, by version).

    Rates add up, error ratios are weighted by them, and latency is joined by its buckets; where
    those were not kept, the quantiles of the busiest part that has any are taken.
    """
    calls = _told_alike(calls)
    busiest = max(calls, key=lambda call: call.rate_rps or 0.0)
    if len(calls) == 1:
        return busiest
    rated = [call for call in calls if call.rate_rps is not None]
    rate = sum(call.rate_rps or 0.0 for call in rated) if rated else None
    known = [call for call in rated if call.error_ratio is not None and call.rate_rps]
    weight = sum(call.rate_rps or 0.0 for call in known)
    errors = sum((call.error_ratio or 0.0) * (call.rate_rps or 0.0) for call in known)
    encrypted = {call.mtls for call in calls}
    return ObservedCall(
        source=busiest.source,
        client=busiest.client,
        server=busiest.server,
        protocol=busiest.protocol,
        rate_rps=rate,
        error_ratio=errors / weight if weight else busiest.error_ratio,
        client_latency=_joined(calls, lambda call: call.client_latency),
        server_latency=_joined(calls, lambda call: call.server_latency),
        mtls=encrypted.pop() if len(encrypted) == 1 else None,
        sampled=busiest.sampled,
    )


def _told_alike(calls: Sequence[ObservedCall]) -> Sequence[ObservedCall]:
    """Those parts whose clients are named in one way, of several ways those that count most.

    A program that is scraped and sends its metrics, too, is a pod once and a name once.
    """
    ways: dict[tuple[bool, bool], list[ObservedCall]] = defaultdict(list)
    for call in calls:
        ways[call.client.pod is not None, call.client.workload is not None].append(call)
    return max(ways.values(), key=lambda parts: sum(part.rate_rps or 0.0 for part in parts))


def _joined(
    calls: Iterable[ObservedCall], side: Callable[[ObservedCall], Latency | None]
) -> Latency | None:
    by_rate = sorted(calls, key=lambda call: call.rate_rps or 0.0, reverse=True)
    parts = [latency for call in by_rate if (latency := side(call))]
    return (join(parts) or parts[0]) if parts else None


def _vias(of_pair: Iterable[Claim]) -> tuple[Via, ...]:
    """The Services and ports gone through; of one Service a claim with a port hides one without."""
    # A claim that names the protocol comes last, and so stays.
    vias = sorted(
        {claim.via for claim in of_pair if claim.via is not None},
        key=lambda via: (via.service, str(via.port), via.protocol or ""),
    )
    with_port = {via.service for via in vias if via.port is not None}
    kept = {
        (v.service, v.port): v for v in vias if v.port is not None or v.service not in with_port
    }
    return tuple(kept.values())


def _evidence(strongest: Iterable[Claim]) -> tuple[Evidence, ...]:
    kept: list[Evidence] = []
    for claim in strongest:
        kept += [piece for piece in claim.evidence if piece not in kept]
    return tuple(kept[:_MAX_EVIDENCE])

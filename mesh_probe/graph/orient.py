"""Which way calls go where the metrics report replies like calls.

What other sources or the objects know decides; then what the two sides are: datastores are called,
and what has no Service calls. Where both sides are alike, either may call the other, and neither is
sure.
"""

from collections.abc import Callable, Iterable

from msgspec.structs import replace

from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.claims import NAMELESS, Claim

UNSURE = 0.4
"""Below what counts: half of such edges are none."""


def oriented(claims: Iterable[Claim], called: Callable[[str], int]) -> list[Claim]:
    """The claims, with those that do not tell their direction kept, turned round or doubted.

    `called` tells how much a node is for being called: `Places.called`.
    """
    claims = list(claims)
    known = {
        (claim.client, claim.server)
        for claim in claims
        if claim.oriented and claim.confidence >= COUNTS_FROM
    }
    found: list[Claim] = []
    for claim in claims:
        if claim.oriented or (claim.client, claim.server) in known:
            found.append(claim)
        elif (claim.server, claim.client) in known or {claim.client, claim.server} & NAMELESS:
            continue
        else:
            client, server = called(claim.client), called(claim.server)
            way = claim if client <= server else _turned(claim)
            sure = UNSURE if client == server else 1.0
            found.append(replace(way, confidence=min(way.confidence, sure)))
    return found


def _turned(claim: Claim) -> Claim:
    client, server = claim.server, claim.client
    evidence = tuple(replace(e, subject=f"{client} -> {server}") for e in claim.evidence)
    return replace(claim, client=client, server=server, via=None, evidence=evidence)

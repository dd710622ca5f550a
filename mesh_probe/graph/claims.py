"""A claim: one piece of knowledge that a client calls a server, before claims become edges."""

from mesh_probe.model import Evidence, Noun, ObservedCall, Route, Via

INTERNET = "internet"
"""The node that stands for everybody outside the cluster."""

UNSEEN = "unknown:unseen-client"
"""The node that stands for clients that no metric names: outside, or inside and not measured."""

UNNAMED = "external:unknown"
"""The node that stands for servers that no metric names."""

NAMELESS = frozenset({INTERNET, UNSEEN, UNNAMED})
"""Nodes whose ids hold no name."""


def route_id(route: Route) -> str:
    """The node id of a route: "ingress:ns/name"; the other kinds likewise, by their own names."""
    return f"{route.kind.lower()}:{route.namespace}/{route.name}"


class Claim(Noun):
    """Who calls whom, how sure that is, and how it is known."""

    client: str
    """Node id."""
    server: str
    confidence: float
    via: Via | None = None
    protocol: str | None = None
    observed: ObservedCall | None = None
    """The metrics behind it; None when it is declared in objects."""
    evidence: tuple[Evidence, ...] = ()
    probe: bool = False
    """Where it is only said that the client asks whether the server is well."""
    oriented: bool = True
    """False where it may as well be the server that calls."""

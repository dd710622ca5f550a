"""What a blocker is: something in the cluster that stands in the way of a mesh.

A check looks at the snapshot and the graph and returns a `Hit` for each object in the way. `found`
makes blockers of them, the same way for every check: with the share of the calls that the object
takes part in, so that what matters comes first, and with what people chose to ignore marked so.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from mesh_probe.graph import COUNTS_FROM, CallGraph
from mesh_probe.model import Noun
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, message

Mode = Literal["istio-sidecar", "istio-ambient", "linkerd"]

MODES: tuple[Mode, ...] = ("istio-sidecar", "istio-ambient", "linkerd")

SIDECARS: tuple[Mode, ...] = ("istio-sidecar", "linkerd")

Severity = Literal["error", "warning", "info"]
"""It does not work; it works with care or in part; worth knowing."""


class Hit(Noun):
    """One object that a check found in the way."""

    subject: str
    """The object as reports call it: "Deployment shop/cart"."""
    said: dict[str, Parameter] = {}
    """Parameters of the text "blocker.<id>"."""
    nodes: tuple[str, ...] = ()
    """Nodes of the graph whose calls it touches."""
    check: str = ""
    """A command that shows it again."""


class Check(Noun):
    """A rule that finds blockers. Finding reads nothing but what it is given."""

    id: str
    """Kebab-case, stable. "blocker.<id>" says what is in the way, "blocker.<id>.remedy" what to
    do, "blocker.<id>.title" what all of its blockers have in common."""
    severity: Severity
    modes: tuple[Mode, ...]
    reference: str
    """The page that tells of it."""
    find: Callable[[Snapshot, CallGraph], Iterable[Hit]]
    kinds: tuple[str, ...] = ()
    """The kinds it looks at: where one was not seen, finding nothing proves nothing."""


class Blocker(Noun):
    """Something in the way of a mesh, and what to do about it."""

    id: str
    severity: Severity
    mesh_modes: tuple[Mode, ...]
    subject: str
    text: Message
    remedy: Message
    reference: str
    traffic_share: float | None = None
    """Of the calls per second that were observed, those that it takes part in; None where no
    rates are known."""
    ignored: bool = False
    check: str = ""
    """A command that shows it again."""


def found(
    checks: Sequence[Check], snapshot: Snapshot, graph: CallGraph, ignored: frozenset[str]
) -> tuple[Blocker, ...]:
    """Everything in the way, the gravest first; of equal ones that with the most traffic.

    `ignored` holds ids of checks, and "id subject" for single objects.
    """
    rates = _rates(graph)
    blockers = [
        Blocker(
            id=check.id,
            severity=check.severity,
            mesh_modes=check.modes,
            subject=hit.subject,
            text=message(f"blocker.{check.id}", **hit.said),
            remedy=message(f"blocker.{check.id}.remedy", **hit.said),
            reference=check.reference,
            traffic_share=_share(rates, hit.nodes),
            ignored=not ignored.isdisjoint((check.id, f"{check.id} {hit.subject}")),
            check=hit.check,
        )
        for check in checks
        for hit in check.find(snapshot, graph)
    ]
    return tuple(sorted(blockers, key=_rank))


_GRAVITY = {"error": 0, "warning": 1, "info": 2}


def _rank(blocker: Blocker) -> tuple[int, float, str, str]:
    return (
        _GRAVITY[blocker.severity],
        -(blocker.traffic_share or 0.0),
        blocker.id,
        blocker.subject,
    )


def _rates(graph: CallGraph) -> dict[tuple[str, str], float]:
    """Calls per second of the edges that count."""
    return {
        pair: edge.rate_rps
        for pair, edge in graph.edges.items()
        if edge.rate_rps is not None and edge.confidence >= COUNTS_FROM
    }


def _share(rates: dict[tuple[str, str], float], nodes: Sequence[str]) -> float | None:
    total = sum(rates.values())
    if not total or not nodes:
        return None
    touched = set(nodes)
    return sum(rate for pair, rate in rates.items() if not touched.isdisjoint(pair)) / total

"""What a blocker is: something in the cluster that stands in the way of a mesh.

A check looks at the snapshot and the graph and returns a `Hit` for each object in the way. `found`
makes blockers of them, the same way for every check: with the share of the calls that the object
takes part in, so that what matters comes first, and with what people chose to ignore marked so.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Literal

from mesh_probe.graph import CallGraph, counts
from mesh_probe.model import Gap, Ignore, Noun, Objects
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, message

Mode = Literal["istio-sidecar", "istio-ambient", "linkerd"]

MODES: tuple[Mode, ...] = ("istio-sidecar", "istio-ambient", "linkerd")

SIDECARS: tuple[Mode, ...] = ("istio-sidecar", "linkerd")

Severity = Literal["error", "warning", "info"]
"""It does not work; it works with care or in part; worth knowing."""

CLUSTER = "cluster"
"""The subject of what stands in the way of every workload: a version, a kind of network."""

UNSEEN = "gap.blockers"
"""Id of the reason of gaps that may hide blockers."""

SHARE_DIGITS = 6


class Hit(Noun):
    """One object that a check found in the way."""

    subject: str
    """The object as reports call it: "Deployment shop/cart", or `CLUSTER`."""
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
    nodes: tuple[str, ...] = ()
    """Nodes of the graph that it touches; none for one in the way of the whole cluster."""

    @property
    def counts(self) -> bool:
        """Whether it keeps something from being ready: it is in the way, and nobody ignores it."""
        return self.severity != "info" and not self.ignored


class Sort(Noun):
    """All blockers of one check."""

    id: str
    severity: Severity
    mesh_modes: tuple[Mode, ...]
    title: Message
    text: Message
    """That of the first."""
    remedy: Message
    """Likewise."""
    reference: str
    subjects: tuple[str, ...]
    """What is in the way, each once, that with the most traffic first; what is ignored last."""
    ignored: int = 0
    """How many of the subjects are ignored: the last ones."""
    traffic_share: float | None = None
    """Of all that are not ignored together; of all where each is."""

    @property
    def counted(self) -> int:
        """How many of the subjects are not ignored."""
        return len(self.subjects) - self.ignored


class Standing(Noun):
    """What is in the way of one kind of mesh. What is ignored is not counted."""

    mode: Mode
    errors: int = 0
    """Blockers with which it does not work."""
    warnings: int = 0
    infos: int = 0
    workloads: int = 0
    """Application workloads, by their nodes of the graph."""
    free: int = 0
    """Those that neither an error nor a warning touches."""
    careful: int = 0
    """Those that a warning touches and no error."""

    @property
    def blocked(self) -> int:
        """Workloads that an error touches."""
        return self.workloads - self.free - self.careful

    @property
    def ready_percent(self) -> int | None:
        """Of the application workloads those that are free, and half of those that need care."""
        if not self.workloads:
            return None
        halves = 2 * self.free + self.careful
        return (100 * halves + self.workloads) // (2 * self.workloads)  # to the nearest, halves up


def found(
    checks: Sequence[Check], snapshot: Snapshot, graph: CallGraph, ignored: Iterable[Ignore] = ()
) -> tuple[Blocker, ...]:
    """Everything in the way, the gravest first; of equal ones that with the most traffic."""
    traffic = _Traffic(graph)
    chosen: dict[str, list[Ignore]] = defaultdict(list)
    for each in ignored:
        chosen[each.blocker].append(each)
    blockers = [
        Blocker(
            id=check.id,
            severity=check.severity,
            mesh_modes=check.modes,
            subject=hit.subject,
            text=message(f"blocker.{check.id}", **hit.said),
            remedy=message(f"blocker.{check.id}.remedy", **hit.said),
            reference=check.reference,
            traffic_share=traffic.share((hit,)),
            ignored=any(each.covers(check.id, hit.subject) for each in chosen.get(check.id, ())),
            check=hit.check,
            nodes=hit.nodes,
        )
        for check in checks
        for hit in check.find(snapshot, graph)
    ]
    return tuple(sorted(blockers, key=_rank))


def sorts(blockers: Sequence[Blocker], graph: CallGraph) -> tuple[Sort, ...]:
    """Blockers by their checks, in the order of blockers; last those of which each is ignored."""
    traffic = _Traffic(graph)
    by_id: dict[str, list[Blocker]] = defaultdict(list)
    for blocker in sorted(blockers, key=_rank):
        by_id[blocker.id].append(blocker)
    together = [_sort(alike, traffic) for alike in by_id.values()]
    return tuple(
        sorted(
            together,
            key=lambda s: (
                not s.counted,
                _GRAVITY[s.severity],
                CLUSTER not in s.subjects,
                -(s.traffic_share or 0.0),
                s.id,
            ),
        )
    )


def _sort(alike: Sequence[Blocker], traffic: "_Traffic") -> Sort:
    counted = [blocker for blocker in alike if not blocker.ignored]
    first = (counted or alike)[0]
    subjects = dict.fromkeys(blocker.subject for blocker in counted)
    ignored = {blocker.subject for blocker in alike} - subjects.keys()
    subjects |= dict.fromkeys(b.subject for b in alike if b.subject in ignored)
    return Sort(
        id=first.id,
        severity=first.severity,
        mesh_modes=first.mesh_modes,
        title=message(f"blocker.{first.id}.title"),
        text=first.text,
        remedy=first.remedy,
        reference=first.reference,
        subjects=tuple(subjects),
        ignored=len(ignored),
        traffic_share=traffic.share(counted or alike),
    )


def unseen(checks: Iterable[Check], objects: Objects) -> tuple[Gap, ...]:
    """A gap for each kind in which blockers may show and of which not all could be seen."""
    kinds = sorted({kind for check in checks for kind in check.kinds})
    return tuple(Gap(kind, message(UNSEEN)) for kind in objects.hidden(*kinds))


def standings(blockers: Sequence[Blocker], workloads: Collection[str]) -> tuple[Standing, ...]:
    """What is in the way of each mesh mode; `workloads` are the nodes of the team's own."""
    return tuple(
        _standing(mode, [b for b in blockers if mode in b.mesh_modes and not b.ignored], workloads)
        for mode in MODES
    )


def none_works(modes: Collection[Standing]) -> bool:
    """Whether each kind of mesh has something in its way with which it does not work."""
    return bool(modes) and all(standing.errors for standing in modes)


def _standing(mode: Mode, blockers: Sequence[Blocker], workloads: Collection[str]) -> Standing:
    counts = Counter(blocker.severity for blocker in blockers)
    touched: dict[str, set[str]] = {"error": set(), "warning": set(), "info": set()}
    for blocker in blockers:
        touched[blocker.severity].update(blocker.nodes)
    own = set(workloads)
    everywhere = any(b.severity == "error" and b.subject == CLUSTER for b in blockers)
    blocked = own if everywhere else own & touched["error"]
    careful = own & touched["warning"] - blocked
    return Standing(
        mode=mode,
        errors=counts["error"],
        warnings=counts["warning"],
        infos=counts["info"],
        workloads=len(own),
        free=len(own) - len(blocked) - len(careful),
        careful=len(careful),
    )


_GRAVITY = {"error": 0, "warning": 1, "info": 2}


def _rank(blocker: Blocker) -> tuple[int, bool, float, str, str]:
    return (
        _GRAVITY[blocker.severity],
        blocker.subject != CLUSTER,
        -(blocker.traffic_share or 0.0),
        blocker.id,
        blocker.subject,
    )


class _Traffic:
    """Calls per second of the edges that count, and how much of them takes part in something."""

    def __init__(self, graph: CallGraph) -> None:
        self._called: dict[str, dict[str, float]] = defaultdict(dict)
        ends: dict[str, list[float]] = defaultdict(list)
        for (client, server), edge in graph.edges.items():
            if edge.rate_rps is not None and counts(edge):
                self._called[client][server] = edge.rate_rps
                for end in {client, server}:
                    ends[end].append(edge.rate_rps)
        self._of = {node: math.fsum(rates) for node, rates in ends.items()}
        self._total = math.fsum(rate for rates in self._called.values() for rate in rates.values())

    def share(self, things: Sequence[Hit | Blocker]) -> float | None:
        """0 to 1; None where no rates are known, or none of the things is about calls."""
        touched = {node for thing in things for node in thing.nodes}
        everywhere = any(thing.subject == CLUSTER for thing in things)
        if not self._total or not (touched or everywhere):
            return None
        if everywhere:
            return 1.0
        within = (
            -self._called[client][server]  # counted at both of its ends
            for client in touched & self._called.keys()
            for server in self._called[client].keys() & touched
            if server != client
        )
        calls = math.fsum((*(self._of.get(node, 0.0) for node in touched), *within))
        return min(round(calls / self._total, SHARE_DIGITS), 1.0)

"""Is the habit strong to solve such problems in application code?

Yes takes two things: resilience settings in at least half of the application services, or libraries
for it in at least half of the projects whose code was read, and releases that follow incidents,
clearly more often than the usual pace of releases would have it. Few settings say no: the habit has
not taken hold. Where incidents or releases cannot be seen, many settings leave it open. What a
ConfigMap sets once for many is one decision and no habit.
"""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from shlex import quote

from mesh_probe.application import Application, Place, applications, places
from mesh_probe.graph import CallGraph
from mesh_probe.graph.ids import short_names
from mesh_probe.incidents import Incident, incidents
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import CodeTree, Evidence, Noun, Workload
from mesh_probe.question import Answer, Measure, Opinion, Signal, Threshold, point
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, listed, message

RESILIENCE = frozenset({"timeout", "retry", "breaker"})

SHARE = Threshold("resilience-share", 0.5, "ratio")
"""Share of application services with resilience settings. The checklist's own figure."""

ENOUGH = Threshold("incidents-for-releases", 5, "incidents")
"""Incidents of services whose releases are known, from which following is more than chance; our
own."""

WIDESPREAD = 0.8
"""Log-odds of settings in at least that share: half of what the signal takes."""

FOLLOWED = 1.0
"""Log-odds of releases that follow incidents: the other half."""

NOT_FOLLOWED = 2.5
"""Log-odds against, of releases that do not."""

RARE = 1.5
"""Log-odds against, of few settings: what is written into the code itself is not seen."""

SET_ONCE = 1.0
"""Log-odds against, of settings that many have only as a default for all: the code of each heeds
them, and nobody solved a problem of one service with them."""

SHORTLY = timedelta(days=1)
"""After the start of an incident; our own."""

MOSTLY, TIMES = 0.5, 2.0
"""Share of incidents that a release has to follow, and how many times as often as by chance."""


class InCode(Noun):
    """In how many of the projects of the source trees a library for resilience is taken in."""

    having: int = 0
    projects: int = 0
    example: str = ""

    @property
    def share(self) -> float:
        """0 where no source tree was read."""
        return self.having / self.projects if self.projects else 0.0


class Following(Noun):
    """How often releases followed incidents, and how often they would have by chance."""

    counted: int
    followed: int
    by_chance: float


def ask(snapshot: Snapshot, graph: CallGraph, answers: Mapping[str, Answer]) -> Opinion:
    """The share of applications with resilience settings, and the releases after incidents."""
    own = [app for app in applications(snapshot, graph) if app.node.services]
    hidden = snapshot.objects.hidden(*WORKLOAD_KINDS, "ConfigMap")
    if not own:
        return Opinion(reason=message("fix-in-code.no-applications"))
    limit = SHARE.of(snapshot)
    written = places(own, RESILIENCE)
    setting = {app.name for place in written if not place.is_shared for app in place.readers}
    having = [app for app in own if app.name in setting]
    library = _in_code(snapshot.code)
    share = max(len(having) / len(own), library.share)
    widespread = share >= limit
    measure = Measure("resilience-settings", round(share, 4), "ratio", limit)
    if not widespread and hidden:
        return Opinion(measure=measure, reason=message("fix-in-code.hidden", kinds=listed(hidden)))
    settings = point(
        having[0].name if having else "cluster",
        _counted(having, len(own)),
        WIDESPREAD if widespread else -RARE,
        having[0].check if having else "kubectl get configmaps --all-namespaces -o yaml",
    )
    shared = [place for place in written if place.is_shared]
    given = setting | {app.name for place in shared for app in place.readers}
    in_code = library.share > len(having) / len(own)
    set_once = not widespread and not in_code and len(given) >= limit * len(own)
    if set_once:
        settings = _set_once(shared, len(own))
    if in_code:
        settings = point(
            library.example,
            message("evidence.resilience-libraries", having=library.having, count=library.projects),
            WIDESPREAD if widespread else -RARE,
            f"grep -n . {quote(library.example)}",
            "code",
        )
    said: dict[str, Parameter] = {"having": len(having), "count": len(own)}
    following = _following(snapshot, graph, own)
    enough = following.counted >= ENOUGH.of(snapshot)
    if not (widespread and enough):
        told = [_told(following, 0.0)] * bool(widespread and following.counted)
        reason = message("fix-in-code.set-once", **said) if set_once else None
        return Opinion((settings, *told), said, measure, reason=reason, proved=False)
    follows = following.followed >= max(
        MOSTLY * following.counted, TIMES * following.by_chance * following.counted
    )
    piece = _told(following, FOLLOWED if follows else -NOT_FOLLOWED)
    reason = None if follows else message("fix-in-code.not-followed", **said)
    return Opinion(
        evidence=(settings, piece), said=said, measure=measure, reason=reason, proved=follows
    )


def _in_code(trees: tuple[CodeTree, ...]) -> InCode:
    projects = {(tree.name, folder) for tree in trees for folder in tree.projects}
    files = sorted(
        (tree.name, library.file)
        for tree in trees
        for library in tree.libraries
        if library.purpose == "resilience"
    )
    having = {(tree, file.rpartition("/")[0]) for tree, file in files} & projects
    return InCode(len(having), len(projects), "/".join(files[0]) if files else "")


def _counted(having: list[Application], count: int) -> Message:
    if not having:
        return message("evidence.resilience-none", count=count)
    examples = listed(short_names(app.node for app in having))
    return message(
        "evidence.resilience-settings", having=len(having), count=count, examples=examples
    )


def _set_once(shared: list[Place], count: int) -> Evidence:
    fact = message(
        "evidence.resilience-shared",
        having=len({app.name for place in shared for app in place.readers}),
        count=count,
        places=listed(place.name for place in shared),
    )
    return point(shared[0].name, fact, -SET_ONCE, "kubectl get configmaps --all-namespaces -o yaml")


def _told(following: Following, weight: float) -> Evidence:
    fact = message(
        "evidence.releases-after-incidents",
        followed=following.followed,
        counted=following.counted,
        chance=following.by_chance,
        time=SHORTLY.total_seconds(),
    )
    return point("incidents", fact, weight, "kubectl get replicasets --all-namespaces")


def _following(snapshot: Snapshot, graph: CallGraph, own: list[Application]) -> Following:
    """Over the incidents of services whose versions the cluster remembers back to before them."""
    by_node: dict[str, list[Workload]] = {}
    for app in own:
        by_node.setdefault(app.node.id, []).append(app.workload)
    counted, followed, chances = 0, 0, []
    for incident in incidents(snapshot, graph).episodes:
        known = _remembered(incident, by_node)
        if not known:
            continue
        counted += 1
        followed += any(_released_after(incident.start_at, workload) for workload in known)
        missed = [1 - _chance(workload, snapshot.taken_at) for workload in known]
        chances.append(1 - math.prod(missed))
    by_chance = sum(chances) / counted if counted else 0.0
    return Following(counted, followed, round(by_chance, 4))


def _remembered(incident: Incident, by_node: Mapping[str, list[Workload]]) -> list[Workload]:
    return [
        workload
        for node in incident.services
        for workload in by_node.get(node, ())
        if workload.released_at and workload.released_at[0] <= incident.start_at
    ]


def _released_after(start: datetime, workload: Workload) -> bool:
    return any(start < at <= start + SHORTLY for at in workload.released_at)


def _chance(workload: Workload, now: datetime) -> float:
    """P(a release within `SHORTLY` of any moment), at the pace of this workload's releases."""
    first, *later = workload.released_at
    since = (now - first) / SHORTLY
    return 1 - math.exp(-len(later) / since) if since > 0 else 1.0


SIGNAL = Signal("fix-in-code", 5, ask, thresholds=(SHARE, ENOUGH))

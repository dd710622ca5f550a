"""Is the rollout strategy (canary, rollback) mixed into application code?

What shows from outside are the switches that code is given, the flag services it asks, and versions
of one service that are run side by side by hand; where source trees are given, also the libraries
for flags that they take in and the places that choose a version themselves. A delivery controller
or weighted routes show that the strategy has a place of its own. Few services have little to roll
out apart from each other.
"""

from collections import defaultdict
from shlex import quote
from typing import get_args

from mesh_probe.application import (
    FEW,
    Application,
    applications,
    few_services,
    names,
    outlines,
    silence,
)
from mesh_probe.graph import CallGraph
from mesh_probe.graph.ids import short_names
from mesh_probe.graph.shape import VARIANT, application_services
from mesh_probe.kinds import WORKLOAD_KINDS, command
from mesh_probe.model import BranchKind, CodeTree, Evidence, Objects, Route, Setting
from mesh_probe.question import Measure, Opinion, Question, Sign, Threshold, point, seen, unread
from mesh_probe.references.keys import words
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

SEVERAL = Threshold("rollout-applications", 3, "workloads")
"""Applications from which a habit is more than one team's experiment; our own."""

SHARE, SHARES = 1.0, 1.5
"""Log-odds of shares or canary switches in one application's settings, and in several."""

FLAG, FLAGS = 0.3, 0.5
"""Log-odds of feature switches: less, since many of them only turn features on."""

FLAG_LIBRARY, FLAG_LIBRARIES = 0.5, 0.8
"""Log-odds of libraries for flags that source code takes in, in one place or in several."""

BRANCH, BRANCHES = 0.5, 1.2
"""Log-odds of files whose code itself chooses who gets a new version: of fewer files than
`rollout-applications` not enough for a yes, since one may be an experiment or be read wrongly; our
own."""

FLAG_SERVICE = 0.4
"""Log-odds of a service for flags and experiments that runs in the cluster."""

TWINS, MANY_TWINS = 0.5, 0.8
"""Log-odds of versions run side by side behind one Service, or behind several: the split is made by
replica counts."""

CANARY_INGRESS = 0.5
"""Log-odds of canary annotations: a split is wanted, and made only where traffic comes in."""

CONTROLLER = 1.5
"""Log-odds against, of a controller that shifts traffic step by step."""

WEIGHTED_ROUTE = 1.0
"""Log-odds against, of routes that split traffic by weight."""

FEW_SERVICES = 0.8
"""Log-odds against, of few services or none at all."""

NOTHING = 0.4
"""Log-odds against, where all of this could be read and none of it is there: too little for a no,
since code itself is not read."""

CANARY_ANNOTATION = "nginx.ingress.kubernetes.io/canary"
"""https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary"""

VERSION_LABELS = ("version", "app.kubernetes.io/version")
"""The first is Istio's convention, the second one of Kubernetes' recommended labels."""

FLAG_PRODUCT = "feature-flags"

_SHARE_WORDS = frozenset({"percent", "percentage", "ratio", "rollout", "share", "weight"})

_SETTINGS = (*WORKLOAD_KINDS, "ConfigMap")

SIGNS = (
    Sign(("evidence.canary-settings",), _SETTINGS, yes=SHARES),
    Sign(("evidence.flag-settings",), _SETTINGS, yes=FLAGS),
    Sign(("evidence.flag-services",), WORKLOAD_KINDS, yes=FLAG_SERVICE),
    Sign(("evidence.version-twins",), (*WORKLOAD_KINDS, "Service"), yes=MANY_TWINS),
    Sign(("evidence.canary-ingress",), ("Ingress",), yes=CANARY_INGRESS),
    Sign(("evidence.argo-rollouts",), ("Rollout",), no=CONTROLLER),
    Sign(("evidence.flagger-canaries",), ("Canary",), no=CONTROLLER),
    Sign(("evidence.weighted-routes",), ("HTTPRoute", "VirtualService"), no=WEIGHTED_ROUTE),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs switches in settings and versions side by side against delivery controllers."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    several = SEVERAL.of(snapshot)
    shared = [app for app in own if any(_is_share(s) for s in app.settings)]
    flagged = [app for app in own if app not in shared and app.has({"flag"})]
    evidence = (
        *_settings(shared, "canary", SHARE if len(shared) < several else SHARES),
        *_settings(flagged, "flag", FLAG if len(flagged) < several else FLAGS),
        *_branches(snapshot.code, several),
        *_flag_libraries(snapshot.code, several),
        *_flag_services(objects),
        *_twins(own),
        *_canary_ingresses(objects),
        *_rollouts(own),
        *_flagger(objects),
        *_weighted_routes(objects),
    )
    absence = _absence(snapshot, graph, evidence)
    return Opinion(
        evidence=(*evidence, *absence),
        said={"signs": sum(piece.points == "yes" for piece in evidence)},
        measure=Measure("applications-with-rollout-settings", len(shared), "workloads", None),
        reason=None if evidence else silence("rollout-in-code", absence),
        unread=unread(objects, SIGNS),
    )


def _is_share(setting: Setting) -> bool:
    """Whether it says what part of the requests goes another way; a mere switch does not."""
    if setting.subject == "canary":
        return True
    figure = not isinstance(setting.value, bool)
    return setting.subject == "flag" and figure and not _SHARE_WORDS.isdisjoint(words(setting.key))


def _settings(having: list[Application], subject: str, weight: float) -> tuple[Evidence, ...]:
    keys = [s.key for app in having for s in app.settings if s.subject == subject or _is_share(s)]
    return seen(
        [app.name for app in having],
        f"{subject}-settings",
        weight,
        having[0].check if having else "",
        key=next(iter(keys), ""),
        examples=listed(short_names(app.node for app in having)),
    )


def _flag_libraries(trees: tuple[CodeTree, ...], several: float) -> tuple[Evidence, ...]:
    """Packages for flags and experiments, by the lists that take them in."""
    found = [
        (f"{tree.name}/{library.file}", library.name)
        for tree in trees
        for library in tree.libraries
        if library.purpose == "flag"
    ]
    files = list(dict.fromkeys(file for file, _ in found))
    return seen(
        files,
        "flag-libraries",
        FLAG_LIBRARIES if len(files) >= several else FLAG_LIBRARY,
        f"grep -n . {quote(files[0])}" if files else "",
        seen_in="code",
        libraries=listed(sorted({name for _, name in found})),
    )


def _branches(trees: tuple[CodeTree, ...], several: float) -> tuple[Evidence, ...]:
    """Places in code that choose by share, header or version; each file counts once."""
    found = [
        (f"{tree.name}/{branch.found_in}", branch) for tree in trees for branch in tree.branches
    ]
    files: dict[str, str] = {}
    for place, _ in found:
        files.setdefault(place.rpartition(":")[0], place)
    first, line = next(iter(files.values()), "").rpartition(":")[::2]
    return seen(
        list(files.values()),
        "code-branches",
        BRANCHES if len(files) >= several else BRANCH,
        f"sed -n {line}p {quote(first)}",
        seen_in="code",
        kinds=listed(sorted({branch.kind for _, branch in found}), len(get_args(BranchKind))),
    )


def _flag_services(objects: Objects) -> tuple[Evidence, ...]:
    found = [workload for workload in objects.workloads if workload.product == FLAG_PRODUCT]
    return seen(
        names(found),
        "flag-services",
        FLAG_SERVICE,
        "kubectl get deployments,statefulsets --all-namespaces -o wide",
    )


def _twins(own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Services behind which workloads run side by side whose version labels or names differ."""
    behind: dict[str, list[Application]] = defaultdict(list)
    for app in own:
        for service in app.node.services:
            behind[service].append(app)
    twins = {
        service: (apps, versions)
        for service, apps in sorted(behind.items())
        if len(apps) > 1 and len(versions := _versions(apps)) > 1
    }
    if not twins:
        return ()
    service, (apps, versions) = next(iter(twins.items()))
    namespace = service.partition("/")[0]
    fact = message(
        "evidence.version-twins",
        service=service,
        workloads=listed(app.workload.name for app in apps),
        versions=listed(versions),
        count=len(twins),
    )
    check = f"kubectl -n {quote(namespace)} get deployments -L {VERSION_LABELS[0]}"
    weight = TWINS if len(twins) == 1 else MANY_TWINS
    return (point(f"Service {service}", fact, weight, check),)


def _versions(apps: list[Application]) -> list[str]:
    """By a label of versions, or by the endings of names that are alike but for them."""
    for label in VERSION_LABELS:
        told = {app.workload.labels[label] for app in apps if label in app.workload.labels}
        if len(told) > 1:
            return sorted(told)
    plain = {VARIANT.sub("", app.workload.name) for app in apps}
    return sorted({app.workload.name for app in apps}) if len(plain) == 1 else []


def _canary_ingresses(objects: Objects) -> tuple[Evidence, ...]:
    marked = [r for r in objects.routes if r.annotations.get(CANARY_ANNOTATION) == "true"]
    return seen(names(marked), "canary-ingress", CANARY_INGRESS, _show(marked))


def _rollouts(own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    rollouts = [app.name for app in own if app.workload.kind == "Rollout"]
    check = "kubectl get rollouts.argoproj.io --all-namespaces"
    return seen(rollouts, "argo-rollouts", -CONTROLLER, check)


def _flagger(objects: Objects) -> tuple[Evidence, ...]:
    canaries = outlines(objects, "Canary", groups=("flagger.app",))
    check = "kubectl get canaries.flagger.app --all-namespaces"
    return seen(names(canaries), "flagger-canaries", -CONTROLLER, check)


def _weighted_routes(objects: Objects) -> tuple[Evidence, ...]:
    weighted = [route for route in objects.routes if _splits(route)]
    return seen(names(weighted), "weighted-routes", -WEIGHTED_ROUTE, _show(weighted))


def _splits(route: Route) -> bool:
    """Whether several backends share the requests of one rule by weights that someone chose.

    A server fills in 1 for the weights that an HTTPRoute or GRPCRoute leaves out.
    """
    by_rule: dict[int, list[int]] = defaultdict(list)
    for backend in route.backends:
        if backend.weight:
            by_rule[backend.rule].append(backend.weight)
    given = {1} if route.kind in ("HTTPRoute", "GRPCRoute") else set()
    return any(len(weights) > 1 and set(weights) != given for weights in by_rule.values())


def _absence(
    snapshot: Snapshot, graph: CallGraph, found: tuple[Evidence, ...]
) -> tuple[Evidence, ...]:
    """What speaks against it where no sign of it is seen: few services, no trace of any sort."""
    objects = snapshot.objects
    may_hide = any(sign.yes is not None for sign in unread(objects, SIGNS))
    if may_hide or any(piece.points == "yes" for piece in found):
        return ()
    evidence = list(few_services(snapshot, graph, "few-to-roll-out", -FEW_SERVICES))
    every = ("Rollout", "Canary", "Ingress", "HTTPRoute", "VirtualService")
    silent = (
        not found and bool(application_services(graph)) and all(objects.saw(kind) for kind in every)
    )
    if silent:
        fact = message("evidence.no-rollout-traces")
        evidence.append(point("cluster", fact, -NOTHING, "kubectl get configmaps,ingresses -A"))
    return tuple(evidence)


def _show(routes: list[Route]) -> str:
    return command(routes[0].kind, routes[0].namespace, routes[0].name) if routes else ""


QUESTION = Question("rollout-in-code", 3, "need", ask, axis="traffic", thresholds=(SEVERAL, FEW))

"""Is the rollout strategy (canary, rollback) mixed into application code?

Code itself is not read. What shows from outside are the switches that code is given, and versions
of one service that are run side by side by hand. A delivery controller or weighted routes show that
the strategy has a place of its own. Where nothing of either kind is seen the answer is unknown.
"""

from collections import defaultdict
from shlex import quote

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called, command
from mesh_probe.model import Evidence, Objects, Route
from mesh_probe.question import Opinion, Question, Sign, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

SEVERAL = 3
"""Applications from which a habit is more than one team's experiment; our own."""

CANARY_SETTING, CANARY_SETTINGS = 1.0, 1.5
"""Log-odds of shares or canary switches in one application's settings, and in several."""

FLAG_SETTING, FLAG_SETTINGS = 0.3, 0.5
"""Log-odds of feature switches: less, since many of them only turn features on."""

TWINS = 0.5
"""Log-odds of versions run side by side behind one Service: the split is made by replica counts."""

CANARY_INGRESS = 0.5
"""Log-odds of canary annotations: a split is wanted, and made only where traffic comes in."""

CONTROLLER = 1.5
"""Log-odds against, of a controller that shifts traffic step by step."""

WEIGHTED_ROUTE = 1.0
"""Log-odds against, of routes that split traffic by weight."""

CANARY_ANNOTATION = "nginx.ingress.kubernetes.io/canary"
"""https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary"""

VERSION_LABELS = ("version", "app.kubernetes.io/version")
"""The first is Istio's convention, the second one of Kubernetes' recommended labels."""


SIGNS = (
    Sign(("evidence.canary-settings",), (*WORKLOAD_KINDS, "ConfigMap"), yes=CANARY_SETTINGS),
    Sign(("evidence.flag-settings",), (*WORKLOAD_KINDS, "ConfigMap"), yes=FLAG_SETTINGS),
    Sign(("evidence.version-twins",), (*WORKLOAD_KINDS, "Service"), yes=TWINS),
    Sign(("evidence.canary-ingress",), ("Ingress",), yes=CANARY_INGRESS),
    Sign(("evidence.argo-rollouts",), ("Rollout",), no=CONTROLLER),
    Sign(("evidence.flagger-canaries",), ("Canary",), no=CONTROLLER),
    Sign(("evidence.weighted-routes",), ("HTTPRoute", "VirtualService"), no=WEIGHTED_ROUTE),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs switches in settings and versions side by side against delivery controllers."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    pieces = (
        _settings(own, "canary", CANARY_SETTING, CANARY_SETTINGS),
        _settings(own, "flag", FLAG_SETTING, FLAG_SETTINGS),
        _twins(own),
        _canary_ingresses(objects),
        _rollouts(own),
        _flagger(objects),
        _weighted_routes(objects),
    )
    evidence = tuple(piece for piece in pieces if piece)
    return Opinion(
        evidence=evidence,
        said={"signs": sum(piece.points == "yes" for piece in evidence)},
        reason=None if evidence else message("rollout-in-code.unseen"),
        unread=unread(objects, SIGNS),
    )


def _settings(
    own: tuple[Application, ...], subject: str, one: float, several: float
) -> Evidence | None:
    having = [(app, setting) for app in own for setting in app.has({subject})[:1]]
    if not having:
        return None
    app, setting = having[0]
    return Evidence(
        subject=app.name,
        fact=message(
            f"evidence.{subject}-settings",
            count=len(having),
            key=setting.key,
            examples=listed(app.node.name for app, _ in having),
        ),
        seen_in="objects",
        points="yes",
        weight=several if len(having) >= SEVERAL else one,
        check=app.check,
    )


def _twins(own: tuple[Application, ...]) -> Evidence | None:
    """Workloads behind one Service whose version labels differ."""
    behind: dict[str, list[Application]] = defaultdict(list)
    for app in own:
        for service in app.node.services:
            behind[service].append(app)
    for service, apps in sorted(behind.items()):
        for label in VERSION_LABELS:
            versions = {app.workload.labels[label] for app in apps if label in app.workload.labels}
            if len(apps) > 1 and len(versions) > 1:
                namespace = service.partition("/")[0]
                return Evidence(
                    subject=f"Service {service}",
                    fact=message(
                        "evidence.version-twins",
                        service=service,
                        workloads=listed(app.workload.name for app in apps),
                        versions=listed(sorted(versions)),
                    ),
                    seen_in="objects",
                    points="yes",
                    weight=TWINS,
                    check=f"kubectl -n {quote(namespace)} get deployments -L {label}",
                )
    return None


def _canary_ingresses(objects: Objects) -> Evidence | None:
    marked = [
        route for route in objects.routes if route.annotations.get(CANARY_ANNOTATION) == "true"
    ]
    if not marked:
        return None
    return Evidence(
        subject=_name(marked[0]),
        fact=message("evidence.canary-ingress", count=len(marked)),
        seen_in="objects",
        points="yes",
        weight=CANARY_INGRESS,
        check=_show(marked[0]),
    )


def _rollouts(own: tuple[Application, ...]) -> Evidence | None:
    rollouts = [app for app in own if app.workload.kind == "Rollout"]
    if not rollouts:
        return None
    return Evidence(
        subject=rollouts[0].name,
        fact=message("evidence.argo-rollouts", count=len(rollouts)),
        seen_in="objects",
        points="no",
        weight=CONTROLLER,
        check="kubectl get rollouts.argoproj.io --all-namespaces",
    )


def _flagger(objects: Objects) -> Evidence | None:
    canaries = [o for o in objects.outlines if (o.kind, o.group) == ("Canary", "flagger.app")]
    if not canaries:
        return None
    return Evidence(
        subject=f"Canary {canaries[0].namespace}/{canaries[0].name}",
        fact=message("evidence.flagger-canaries", count=len(canaries)),
        seen_in="objects",
        points="no",
        weight=CONTROLLER,
        check="kubectl get canaries.flagger.app --all-namespaces",
    )


def _weighted_routes(objects: Objects) -> Evidence | None:
    weighted = [route for route in objects.routes if _splits(route)]
    if not weighted:
        return None
    return Evidence(
        subject=_name(weighted[0]),
        fact=message("evidence.weighted-routes", count=len(weighted)),
        seen_in="objects",
        points="no",
        weight=WEIGHTED_ROUTE,
        check=_show(weighted[0]),
    )


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


def _name(route: Route) -> str:
    return called(route.kind, route.namespace, route.name)


def _show(route: Route) -> str:
    return command(route.kind, route.namespace, route.name)


QUESTION = Question("rollout-in-code", 3, "need", ask, axis="traffic")

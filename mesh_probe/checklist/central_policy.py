"""Is central control of traffic policy (retries, timeouts, breakers, limits) wanted?

A wish is in no object. Its reason is: the same policy set again in every service, with values that
disagree, or already drawn out of the code into routes. Few services leave little to control.
"""

from collections import defaultdict

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import application_services
from mesh_probe.kinds import WORKLOAD_KINDS, called, command
from mesh_probe.model import Evidence, Objects, Setting
from mesh_probe.question import Measure, Opinion, Question, Sign, unread
from mesh_probe.references.keys import words
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

POLICY = frozenset({"timeout", "retry", "breaker", "limit"})

SEVERAL = 3
"""Applications, or routes, with the same sort of policy, from which it is repeated; our own."""

DISAGREE = 1.2
"""Log-odds of policies repeated in several applications, one of them with different values."""

REPEATED = 0.5
"""Log-odds of policies repeated in several applications that do not contradict each other."""

IN_ROUTES, IN_FEW_ROUTES = 0.8, 0.4
"""Log-odds of policies per service in routes of a mesh or gateway, `SEVERAL` of them or fewer: out
of the code already. An Ingress is none: its annotations mostly mend one upload or one slow page."""

INGRESS_CLASSES = 0.4
"""Log-odds of routes spread over several ingress classes, each with its own way to set policy."""

FEW = 5
"""Application services up to which a policy is kept by hand: the typical team without a mesh."""

FEW_SERVICES = 0.8
"""Log-odds against, of so few services."""

SAME_WORDS = 2
"""Last words of a key that tell what it sets: HTTP_CLIENT_TIMEOUT is another one's CLIENT_TIMEOUT,
and neither is its SESSION_TIMEOUT. Units count beside them."""

UNITS = frozenset(
    {"ns", "us", "ms", "s", "m", "h", "millis", "milliseconds"}
    | {"sec", "secs", "second", "seconds", "min", "mins", "minutes"}
)

_ROUTES = ("HTTPRoute", "GRPCRoute", "VirtualService", "DestinationRule", "ServiceProfile")

SIGNS = (
    Sign(
        tuple(
            f"evidence.policy-{subject}{how}"
            for subject in sorted(POLICY)
            for how in ("", "-repeated")
        ),
        (*WORKLOAD_KINDS, "ConfigMap"),
        yes=DISAGREE,
    ),
    Sign(("evidence.policy-in-routes",), _ROUTES, yes=IN_ROUTES),
    Sign(("evidence.ingress-classes",), ("Ingress",), yes=INGRESS_CLASSES),
    Sign(("evidence.few-to-control",), (*WORKLOAD_KINDS, "Service"), no=FEW_SERVICES),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs scattered policies against a size at which scattering does no harm."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    setting = [app for app in own if app.has(POLICY)]
    services = len(application_services(graph))
    pieces = (
        *_repeated(own),
        _in_routes(objects),
        _ingress_classes(objects),
        _few(services, objects),
    )
    evidence = tuple(piece for piece in pieces if piece)
    return Opinion(
        evidence=evidence,
        said={"setting": len(setting), "routes": len(_policies(objects)), "services": services},
        measure=Measure("applications-with-own-policy", len(setting), "workloads", SEVERAL),
        reason=None if evidence else message("central-policy.unseen"),
        unread=unread(objects, SIGNS),
    )


def _repeated(own: tuple[Application, ...]) -> list[Evidence]:
    """The sort of policy that most applications set on their own, if several do."""
    by_subject: dict[str, list[tuple[Application, Setting]]] = defaultdict(list)
    for app in own:
        for setting in app.has(POLICY):
            by_subject[setting.subject].append((app, setting))
    repeated = []
    for subject, found in sorted(by_subject.items()):
        apps = sorted({app.node.name for app, _ in found})
        if len(apps) < SEVERAL:
            continue
        fact = message(
            f"evidence.policy-{subject}-repeated", count=len(apps), examples=listed(apps)
        )
        example, _ = found[0]
        alike = _disagreeing(found)
        if alike:
            values = sorted({_shown(setting.value) for _, setting in alike})
            example, setting = alike[0]
            fact = message(
                f"evidence.policy-{subject}",
                count=len(apps),
                examples=listed(apps),
                key=setting.key,
                different=len(values),
                values=listed(values),
            )
        repeated.append(
            Evidence(
                subject=example.name,
                fact=fact,
                seen_in="objects",
                points="yes",
                weight=DISAGREE if alike else REPEATED,
                check=example.check,
            )
        )
    repeated.sort(key=lambda piece: -piece.weight)
    # Timeouts, retries and limits are set by the same hands: only the strongest of them counts.
    return repeated[:1]


def _disagreeing(found: list[tuple[Application, Setting]]) -> list[tuple[Application, Setting]]:
    """Settings of one sort to which applications give different values; of several the largest."""
    by_sort: dict[tuple[str, ...], list[tuple[Application, Setting]]] = defaultdict(list)
    for app, setting in found:
        by_sort[_sort(setting.key)].append((app, setting))
    contrary = [
        (sort, alike)
        for sort, alike in by_sort.items()
        if len({app.node.id for app, _ in alike}) > 1
        and len({_shown(setting.value) for _, setting in alike}) > 1
    ]
    return min(contrary, key=lambda one: (-len(one[1]), one[0]), default=((), []))[1]


def _sort(key: str) -> tuple[str, ...]:
    """What a key sets: its last words, and the unit if it names one."""
    said = [word for word in words(key) if not word.isdigit()]
    units = [word for word in said if word in UNITS]
    return (*[word for word in said if word not in UNITS][-SAME_WORDS:], *units)


def _shown(value: str | float | bool) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _policies(objects: Objects) -> list[str]:
    """The routes of gateways and meshes and the objects of meshes that carry a policy, by name."""
    having = [
        called(route.kind, route.namespace, route.name)
        for route in objects.routes
        if route.kind in _ROUTES and any(setting.subject in POLICY for setting in route.settings)
    ]
    kinds = (("DestinationRule", "networking.istio.io"), ("ServiceProfile", "linkerd.io"))
    return having + [
        called(o.kind, o.namespace, o.name) for o in objects.outlines if (o.kind, o.group) in kinds
    ]


def _in_routes(objects: Objects) -> Evidence | None:
    having = _policies(objects)
    if not having:
        return None
    kind, _, place = having[0].partition(" ")
    namespace, _, name = place.partition("/")
    return Evidence(
        subject=having[0],
        fact=message("evidence.policy-in-routes", count=len(having)),
        seen_in="objects",
        points="yes",
        weight=IN_ROUTES if len(having) >= SEVERAL else IN_FEW_ROUTES,
        check=command(kind, namespace, name),
    )


def _ingress_classes(objects: Objects) -> Evidence | None:
    classes = sorted(
        {
            name
            for route in objects.routes
            if route.kind == "Ingress"
            for name in (*route.gateways, route.annotations.get("kubernetes.io/ingress.class"))
            if name
        }
    )
    if len(classes) < 2:  # noqa: PLR2004  # several
        return None
    return Evidence(
        subject="Ingress",
        fact=message("evidence.ingress-classes", count=len(classes), classes=listed(classes)),
        seen_in="objects",
        points="yes",
        weight=INGRESS_CLASSES,
        check="kubectl get ingresses --all-namespaces",
    )


def _few(services: int, objects: Objects) -> Evidence | None:
    complete = objects.saw("Service") and not objects.hidden(*WORKLOAD_KINDS)
    if not services or services > FEW or not complete:
        return None
    fact = message("evidence.few-to-control", services=services)
    return Evidence("Services", fact, "objects", "no", FEW_SERVICES, "kubectl get services -A")


QUESTION = Question("central-policy", 7, "need", ask, axis="traffic")

"""Is central control of traffic policy (retries, timeouts, breakers, limits) wanted?

A wish is in no object. Its reasons are: the same policy set again in every service, with values
that disagree; retries that multiply along a path; timeouts shorter than the answers they wait for;
or policies that are already drawn out of the code into routes. Few services leave little to
control, and a ConfigMap that many read is one place already.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from mesh_probe.application import (
    FEW,
    Application,
    Place,
    applications,
    few_services,
    names,
    outlines,
    places,
    silence,
)
from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import application_services, costliest_chain
from mesh_probe.kinds import WORKLOAD_KINDS, command
from mesh_probe.model import Evidence, Objects, Route, Setting
from mesh_probe.question import (
    Measure,
    Opinion,
    Question,
    Sign,
    Threshold,
    graph_again,
    point,
    seen,
    unread,
)
from mesh_probe.references.durations import UNITS, seconds
from mesh_probe.references.keys import words
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, duration, listed, message

POLICY = frozenset({"timeout", "retry", "breaker", "limit"})

SEVERAL = Threshold("policy-applications", 3, "workloads")
"""Applications, or routes, with the same sort of policy, from which it is repeated; our own. Those
that read it from one ConfigMap are one."""

AMPLIFIED = Threshold("retry-amplification", 9, "calls")
"""Calls that one failing request becomes at the end of a path: two services that try thrice."""

DISAGREE = 1.2
"""Log-odds of policies repeated in several applications, one of them with different values."""

REPEATED = 0.5
"""Log-odds of policies repeated in several applications that do not contradict each other."""

IN_ROUTES, IN_FEW_ROUTES = 0.8, 0.4
"""Log-odds of policies per service in routes of a mesh or gateway, several of them or fewer: out of
the code already. An Ingress is none: its annotations mostly mend one upload or one slow page."""

INGRESS_CLASSES, CONTRARY_CLASSES = 0.2, 0.5
"""Log-odds of routes spread over several ingress classes, and of policies set in the annotations of
each: every controller has its own way to set them."""

MULTIPLIED = 0.5
"""Log-odds of retries that multiply along a path."""

CUT_OFF = 0.5
"""Log-odds of a caller that waits less long than its callee's slowest answers take."""

FEW_SERVICES = 0.8
"""Log-odds against, of few services or none."""

SHARED = 0.8
"""Log-odds against, of policies that are set once for many applications where nothing speaks for
it: they have the one place that a mesh would give them."""

NOTHING = 0.3
"""Log-odds against, where all objects could be read and none of them holds a policy."""

SAME_WORDS = 2
"""Last words of a key that tell what it sets: HTTP_CLIENT_TIMEOUT is another one's CLIENT_TIMEOUT,
and neither is its SESSION_TIMEOUT. Units count beside them."""

_POLICY_WORDS = ("timeout", "limit", "retries", "tries", "next-upstream")
"""Parts of the names of annotations that set a policy."""

_OF_MESHES = ("VirtualService", "DestinationRule", "ServiceProfile")
_ROUTES = ("HTTPRoute", "GRPCRoute", *_OF_MESHES)
_SET_IN = (*WORKLOAD_KINDS, "ConfigMap")

_OUTSIDE = {
    "evidence.policy-in-mesh": "central-policy.in-mesh",
    "evidence.policy-in-routes": "central-policy.in-routes",
}
"""What to say where nothing but policies out of the code were found, by how that is told."""

SIGNS = (
    Sign(
        tuple(
            f"evidence.policy-{subject}{how}"
            for subject in sorted(POLICY)
            for how in ("", "-repeated")
        ),
        _SET_IN,
        yes=DISAGREE,
    ),
    Sign(tuple(_OUTSIDE), _ROUTES, yes=IN_ROUTES),
    Sign(
        ("evidence.ingress-classes", "evidence.contrary-classes"),
        ("Ingress",),
        yes=CONTRARY_CLASSES,
    ),
    Sign(("evidence.retries-multiply",), ("Service", *_SET_IN), yes=MULTIPLIED),
    Sign(("evidence.timeout-cuts-off",), ("Service", *_SET_IN), yes=CUT_OFF),
    Sign(("evidence.few-to-control",), (*WORKLOAD_KINDS, "Service"), no=FEW_SERVICES),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs scattered policies against a size at which scattering does no harm."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    several = SEVERAL.of(snapshot)
    written = places(own, POLICY)
    setting = {app.node.id for place in written if not place.is_shared for app in place.readers}
    policies = _policies(objects)
    evidence = (
        *_repeated(written, several),
        *_in_routes(policies, several),
        *_ingress_classes(objects),
        *_multiplied(own, graph, AMPLIFIED.of(snapshot), graph_again(snapshot)),
        *_cut_off(own, graph),
    )
    hidden = unread(objects, SIGNS)
    silent = not (evidence or hidden)  # what was not read may have spoken for it
    shared = _shared(written, several, silent=silent)
    nothing = not (evidence or written or policies)
    absence = _absence(snapshot, graph, silent=silent, nothing=nothing)
    reason = _reason(evidence, shared, absence, scattered=bool(setting))
    in_mesh = reason is not None and reason.id == _OUTSIDE["evidence.policy-in-mesh"]
    return Opinion(
        evidence=(*evidence, *shared, *absence),
        said={
            "setting": len(setting),
            "routes": len(policies),
            "services": len(application_services(graph)),
        },
        measure=Measure("applications-with-own-policy", len(setting), "workloads", several),
        reason=reason,
        settle=message("central-policy.settle-mesh") if in_mesh else None,
        unread=hidden,
    )


def _reason(
    evidence: Sequence[Evidence],
    shared: Sequence[Evidence],
    absence: Sequence[Evidence],
    *,
    scattered: bool,
) -> Message | None:
    """What to say where it is not about the services that set their own."""
    if not evidence:
        if shared and shared[0].points:
            return message("central-policy.shared", **shared[0].fact.parameters)
        return silence("central-policy", absence)
    (first, *others) = evidence
    if scattered or others or first.fact.id not in _OUTSIDE or first.weight < IN_ROUTES:
        return None
    return message(_OUTSIDE[first.fact.id], **first.fact.parameters)


def _shared(written: Iterable[Place], several: float, *, silent: bool) -> tuple[Evidence, ...]:
    """What many applications read from one ConfigMap; from many of them it is not one place."""
    found = [place for place in written if place.is_shared]
    if not found:
        return ()
    central = silent and len({place.whose for place in found}) < several
    fact = message(
        "evidence.policy-shared",
        count=len({app.node.id for place in found for app in place.readers}),
        places=listed(place.name for place in found),
        subjects=", ".join(sorted({s.subject for place in found for s in place.settings})),
    )
    first = min(found, key=lambda place: (-len(place.readers), place.name)).name
    return (point(first, fact, -SHARED if central else 0.0, _show(first)),)


def _show(called: str) -> str:
    """The command that shows an object by what reports call it."""
    kind, _, place = called.partition(" ")
    namespace, _, name = place.partition("/")
    return command(kind, namespace, name)


def _repeated(written: Iterable[Place], several: float) -> list[Evidence]:
    """The sort of policy that most applications set on their own, if several do."""
    by_subject: dict[str, list[tuple[Place, Setting]]] = defaultdict(list)
    for place in written:
        for setting in () if place.is_shared else place.settings:
            by_subject[setting.subject].append((place, setting))
    repeated = []
    for subject, found in sorted(by_subject.items()):
        apps = [whose[0] for whose in sorted({place.whose for place, _ in found})]
        if len(apps) < several:
            continue
        fact = message(
            f"evidence.policy-{subject}-repeated", count=len(apps), examples=listed(apps)
        )
        example = found[0][0].readers[0]
        alike = _disagreeing(found)
        if alike:
            example, setting = alike[0][0].readers[0], alike[0][1]
            fact = message(
                f"evidence.policy-{subject}",
                count=len(apps),
                examples=listed(apps),
                key=setting.key,
                different=len({_shown(setting.value) for _, setting in alike}),
                values=listed(_by_size(setting for _, setting in alike)),
            )
        repeated.append(point(example.name, fact, DISAGREE if alike else REPEATED, example.check))
    repeated.sort(key=lambda piece: -piece.weight)
    # Timeouts, retries and limits are set by the same hands: only the strongest of them counts.
    return repeated[:1]


def _disagreeing(found: list[tuple[Place, Setting]]) -> list[tuple[Place, Setting]]:
    """Settings of one sort that places give different values to; of several sorts the largest."""
    by_sort: dict[tuple[str, ...], list[tuple[Place, Setting]]] = defaultdict(list)
    for place, setting in found:
        by_sort[_sort(setting.key)].append((place, setting))
    contrary = [
        (sort, alike)
        for sort, alike in by_sort.items()
        if len({place.whose for place, _ in alike}) > 1
        and len({_shown(setting.value) for _, setting in alike}) > 1
    ]
    return min(contrary, key=lambda one: (-len(one[1]), one[0]), default=((), []))[1]


def _sort(key: str) -> tuple[str, ...]:
    """What a key sets: its last words, and the unit if it names one."""
    said = [word for word in words(key) if not word.isdigit()]
    units = [word for word in said if word in UNITS]
    return (*[word for word in said if word not in UNITS][-SAME_WORDS:], *units)


def _by_size(settings: Iterable[Setting]) -> list[str]:
    """The different values, the smallest first; figures with the unit that their key names."""
    shown: dict[str, tuple[bool, float]] = {}
    for setting in settings:
        value, time = setting.value, seconds(setting.key, setting.value)
        size = value if time is None and isinstance(value, float) else time
        text = duration(time) if time is not None and isinstance(value, float) else _shown(value)
        shown[text] = (size is None, size or 0.0)
    return sorted(shown, key=lambda text: (*shown[text], text))


def _shown(value: str | float | bool) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value).lower()


def _policies(objects: Objects) -> list[str]:
    """The routes of gateways and meshes and the objects of meshes that carry a policy, by name."""
    routes = [r for r in objects.routes if r.kind in _ROUTES and _carries(r.settings)]
    groups = ("networking.istio.io", "linkerd.io")
    return [
        *names(routes),
        *names(outlines(objects, "DestinationRule", "ServiceProfile", groups=groups)),
    ]


def _carries(given: Iterable[Setting]) -> bool:
    return any(setting.subject in POLICY for setting in given)


def _in_routes(policies: list[str], several: float) -> tuple[Evidence, ...]:
    if not policies:
        return ()
    of_mesh = all(name.startswith(_OF_MESHES) for name in policies)
    weight = IN_ROUTES if len(policies) >= several else IN_FEW_ROUTES
    fact = "policy-in-mesh" if of_mesh else "policy-in-routes"
    return seen(policies, fact, weight, _show(policies[0]))


def _ingress_classes(objects: Objects) -> tuple[Evidence, ...]:
    """Several classes, and whether policies are set in each one's own annotations."""
    by_class: dict[str, list[Route]] = defaultdict(list)
    for route in objects.routes:
        if route.kind == "Ingress":
            legacy = route.annotations.get("kubernetes.io/ingress.class")
            for name in {*route.gateways, *([legacy] if legacy else [])}:
                by_class[name].append(route)
    if len(by_class) < 2:  # noqa: PLR2004  # several
        return ()
    with_policy = sorted(name for name, routes in by_class.items() if any(map(_annotated, routes)))
    contrary = len(with_policy) > 1
    classes = with_policy if contrary else sorted(by_class)
    text = "evidence.contrary-classes" if contrary else "evidence.ingress-classes"
    fact = message(text, count=len(classes), classes=listed(classes))
    weight = CONTRARY_CLASSES if contrary else INGRESS_CLASSES
    return (point("Ingress", fact, weight, "kubectl get ingresses --all-namespaces"),)


def _annotated(route: Route) -> bool:
    return any(word in key for key in route.annotations for word in _POLICY_WORDS)


def _multiplied(
    own: tuple[Application, ...], graph: CallGraph, limit: float, check: str
) -> tuple[Evidence, ...]:
    """The path along which retries multiply most, where they do so beyond the limit."""
    tries = {
        (app.node.id, server): float(count)
        for app in own
        if app.has({"retry"})
        for server in _servers(graph, app)
        if (count := app.attempts(server)) > 1
    }
    if len({client for client, _ in tries}) < 2:  # noqa: PLR2004  # one after another
        return ()
    calls, chain = costliest_chain(graph, tries)
    retrying = sum(pair in tries for pair in pairwise(chain))
    if calls < limit or retrying < 2:  # noqa: PLR2004
        return ()
    shown = listed(chain, 6)
    fact = message("evidence.retries-multiply", chain=shown, calls=int(calls), limit=limit)
    return (point(chain[0], fact, MULTIPLIED, check),)


def _servers(graph: CallGraph, app: Application) -> list[str]:
    known = app.node.id in graph.applications
    return sorted(graph.applications.successors(app.node.id)) if known else []


def _cut_off(own: tuple[Application, ...], graph: CallGraph) -> tuple[Evidence, ...]:
    """Callers that wait less long than one answer in a hundred takes."""
    short = [
        (app, setting, wait, server, p99)
        for app in own
        if app.has({"timeout"})
        for server, p99 in _answers(graph, app)
        for setting, wait in app.waits(server)
        if wait < p99
    ]
    if not short:
        return ()
    app, setting, wait, server, p99 = short[0]
    fact = message(
        "evidence.timeout-cuts-off",
        client=app.node.id,
        server=server,
        key=setting.key,
        timeout=wait,
        p99=p99,
        count=len({(one[0].node.id, one[3]) for one in short}),
    )
    return (point(f"{app.node.id} -> {server}", fact, CUT_OFF, app.check),)


def _answers(graph: CallGraph, app: Application) -> Iterator[tuple[str, float]]:
    for server in _servers(graph, app):
        latency = graph.edges[app.node.id, server].latency
        if latency and latency.p99_seconds and latency.censored != "low":
            yield server, latency.p99_seconds


def _absence(
    snapshot: Snapshot, graph: CallGraph, *, silent: bool, nothing: bool
) -> tuple[Evidence, ...]:
    """What speaks against it: few services, and no policy anywhere."""
    few = few_services(snapshot, graph, "few-to-control", -FEW_SERVICES, silent=silent)
    evidence = list(few)
    every = ("HTTPRoute", "GRPCRoute", "VirtualService", "Ingress")
    objects = snapshot.objects
    if (
        nothing
        and application_services(graph)
        and all(objects.saw(k) for k in (*every, *_SET_IN, "Service"))
    ):
        fact = message("evidence.no-policy-traces")
        evidence.append(point("cluster", fact, -NOTHING, "kubectl get configmaps,ingresses -A"))
    return tuple(evidence)


QUESTION = Question(
    "central-policy",
    7,
    "need",
    ask,
    axis="traffic",
    thresholds=(SEVERAL, AMPLIFIED, FEW),
)

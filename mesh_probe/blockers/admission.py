"""Admission: what decides on the pods that come back with a proxy, or changes them as well."""

from collections import defaultdict
from collections.abc import Iterator
from shlex import quote

from mesh_probe.blocker import MODES, SIDECARS, Check, Hit
from mesh_probe.blockers.candidates import EVERY, Candidate, candidates, nodes_of
from mesh_probe.blockers.ground import has_mesh_plugin
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.mesh import Name, meshes
from mesh_probe.model import Objects, Outline
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_ENFORCED = "pod-security.kubernetes.io/enforce"
_REFUSING = frozenset({"baseline", "restricted"})
"""Neither level grants NET_ADMIN or NET_RAW.
https://kubernetes.io/docs/concepts/security/pod-security-standards/"""

POLICY_ENGINES = {
    "constrainttemplates.templates.gatekeeper.sh": "Gatekeeper",
    "clusterpolicies.kyverno.io": "Kyverno",
    "securitycontextconstraints.security.openshift.io": "OpenShift SCC",
}
"""By a resource definition that each of them installs."""

_HOOKS = "MutatingWebhookConfiguration"
_DEFINITIONS = "CustomResourceDefinition"

_CLOSED = (None, "Fail")

_PODS = frozenset({"pods", "*", "*/*", "pods/*"})

_COEXIST = "https://github.com/linkerd/linkerd2/blob/main/pkg/healthcheck/sidecar.go"


def _capabilities_refused(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    if has_mesh_plugin(snapshot.objects):
        return
    at_home: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates(snapshot, graph, EVERY):
        at_home[candidate.workload.namespace].append(candidate)
    for namespace in snapshot.objects.namespaces:
        level = namespace.labels.get(_ENFORCED)
        if level in _REFUSING and (found := at_home.get(namespace.name)):
            yield Hit(
                called("Namespace", None, namespace.name),
                {"level": level, "count": len(found)},
                nodes_of(found),
                f"kubectl get namespace {quote(namespace.name)} --show-labels",
            )


def _istio_there(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _there(snapshot, graph, ("istio",))


def _linkerd_there(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _there(snapshot, graph, ("linkerd",))


def _other_there(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _there(snapshot, graph, ("consul", "kuma", "osm"))


def _there(snapshot: Snapshot, graph: CallGraph, names: tuple[Name, ...]) -> Iterator[Hit]:
    """Of each mesh its first trace, with the workloads that it has taken in."""
    told = set()
    for mesh in meshes(snapshot.objects):
        if mesh.name in names and mesh.name not in told and mesh.evidence:
            told.add(mesh.name)
            first = mesh.evidence[0]
            inside = tuple(name for name in mesh.inside or () if name in graph.nodes)
            yield Hit(first.subject, {"mesh": mesh.name.title()}, inside, first.check)


def _closed_hooks(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Hooks on pods without which no pod starts, other than the meshes' own."""
    del graph
    found = [hit for o in snapshot.objects.outlines if o.kind == _HOOKS for hit in _closed(o)]
    own = {e.subject for mesh in meshes(snapshot.objects) for e in mesh.evidence} if found else ()
    return (hit for hit in found if hit.subject not in own)


def _closed(outline: Outline) -> Iterator[Hit]:
    values = {fact.path: fact.value for fact in outline.facts}
    of_pods = {
        path.partition(".rules[")[0]
        for path, value in values.items()
        if ".rules[" in path and value in _PODS
    }
    # v1 of the API takes Fail where nothing is said.
    closed = [hook for hook in sorted(of_pods) if values.get(f"{hook}.failurePolicy") in _CLOSED]
    if closed:
        names = [str(values.get(f"{hook}.name", outline.name)) for hook in closed]
        check = f"kubectl get mutatingwebhookconfiguration {quote(outline.name)} -o yaml"
        yield Hit(called(_HOOKS, None, outline.name), {"hooks": listed(names)}, (), check)


def _engines(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    if not candidates(snapshot, graph, EVERY):
        return
    for definition in _definitions(snapshot.objects):
        if engine := POLICY_ENGINES.get(definition):
            yield Hit(
                called(_DEFINITIONS, None, definition),
                {"engine": engine},
                (),
                f"kubectl get {definition}",
            )


def _definitions(objects: Objects) -> Iterator[str]:
    return (o.name for o in objects.outlines if o.kind == _DEFINITIONS)


CHECKS: tuple[Check, ...] = (
    Check(
        "pod-security",
        "error",
        SIDECARS,
        "https://istio.io/latest/docs/setup/additional-setup/pod-security-admission/",
        _capabilities_refused,
        ("Namespace", *WORKLOAD_KINDS),
    ),
    Check(
        "istio-there", "warning", ("linkerd",), _COEXIST, _istio_there, (_HOOKS, *WORKLOAD_KINDS)
    ),
    Check(
        "linkerd-there",
        "warning",
        ("istio-sidecar", "istio-ambient"),
        _COEXIST,
        _linkerd_there,
        (_HOOKS, *WORKLOAD_KINDS),
    ),
    Check("mesh-there", "warning", MODES, _COEXIST, _other_there, (_HOOKS, *WORKLOAD_KINDS)),
    Check(
        "webhook-fails-closed",
        "info",
        SIDECARS,
        "https://kubernetes.io/docs/concepts/cluster-administration/admission-webhooks-good-practices/",
        _closed_hooks,
        (_HOOKS,),
    ),
    Check(
        "policy-engine",
        "info",
        MODES,
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#pod-requirements",
        _engines,
        (_DEFINITIONS,),
    ),
)

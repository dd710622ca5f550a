"""Is there a dedicated operations team or owner?

People are not in a cluster; traces of organised work are. Each kind of trace counts once and
little, so that the answer never becomes sure of what only people know; no trace is no proof, so
only people can say no. Alertmanager's own
configuration, where on-call duty would show best, is kept in a Secret and is not read.
"""

from mesh_probe.application import Application, applications
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Evidence, Objects, Outline
from mesh_probe.question import Opinion, Question, Sign, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message

GROUP_BINDINGS = 0.5
"""Log-odds of rights given to groups of people: somebody decided who may change what."""

USER_BINDINGS = 0.3
"""Log-odds of rights given to single persons, where no group has any."""

OWNER_LABELS, SOME_OWNER_LABELS = 0.5, 0.3
"""Log-odds of owners named on at least half of the applications, or on some."""

ALERT_RECEIVERS = 0.4
"""Log-odds of AlertmanagerConfigs: alerts go to somebody in particular."""

OWN_ALERTS = 0.3
"""Log-odds of alert rules next to applications, beyond those that a monitoring chart brings."""

GITOPS = 0.3
"""Log-odds of a delivery controller: somebody runs it."""

NOTHING = 0.4
"""Log-odds against, when all of these could be read and none is there: too little for a no. Cloud
providers give rights to people outside the cluster, and on-call duty is kept in other systems."""

OWNER_KEYS = ("owner", "team", "a8r.io/owner")
"""Labels and annotations that name an owner. The last: https://ambassadorlabs.github.io/k8s-for-humans"""

GITOPS_DEFINITIONS = (
    "applications.argoproj.io",
    "kustomizations.kustomize.toolkit.fluxcd.io",
    "helmreleases.helm.toolkit.fluxcd.io",
)

BUILT_IN = ("system:", "kubeadm:", "kubernetes-", "eks:", "aks:", "gke:")
"""How the groups and users begin that Kubernetes, kubeadm and the providers bind on clusters."""

PROBES = (
    "Namespace",
    *WORKLOAD_KINDS,
    "RoleBinding",
    "ClusterRoleBinding",
    "AlertmanagerConfig",
    "PrometheusRule",
    "CustomResourceDefinition",
)
"""Kinds that must be readable before their silence says anything."""


SIGNS = (
    Sign(
        ("evidence.owner-labels",),
        (*WORKLOAD_KINDS, "Namespace"),
        yes=OWNER_LABELS,
        no=-SOME_OWNER_LABELS,
    ),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Adds up the traces; none at all, with everything readable, settles nothing."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    pieces = (
        _rights(objects),
        _owners(objects, own),
        _receivers(objects),
        _alerts(objects, own),
        _gitops(objects),
    )
    evidence = [piece for piece in pieces if piece]
    missing = [kind for kind in PROBES if not objects.saw(kind)]
    if not evidence and own and not missing:
        evidence.append(_nothing())
    return Opinion(
        evidence=tuple(evidence),
        said={"traces": len(evidence)},
        reason=None if evidence else _unseen(objects, missing),
        unread=unread(objects, SIGNS),
    )


def _unseen(objects: Objects, missing: list[str]) -> Message:
    if objects.not_given(*missing):
        return message("ops-owner.not-given", kinds=listed(missing))
    if missing:
        return message("ops-owner.unseen", kinds=listed(missing))
    return message("ops-owner.empty")


def _rights(objects: Objects) -> Evidence | None:
    """Bindings to groups of people, or else to single persons; these stay unnamed."""
    kinds = ("RoleBinding", "ClusterRoleBinding")
    bindings = [o for o in objects.outlines if o.kind in kinds]
    groups = [(o, name) for o in bindings for name in _bound(o, "Group")]
    users = [(o, name) for o in bindings for name in _bound(o, "User")]
    if not (groups or users):
        return None
    binding, _ = (groups or users)[0]
    if groups:
        names = sorted({name for _, name in groups})
        fact = message("evidence.group-bindings", groups=listed(names))
    else:
        fact = message("evidence.user-bindings", count=len({name for _, name in users}))
    return Evidence(
        subject=_name(binding),
        fact=fact,
        seen_in="objects",
        points="yes",
        weight=GROUP_BINDINGS if groups else USER_BINDINGS,
        check="kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide",
    )


def _bound(binding: Outline, wanted: str) -> list[str]:
    kinds = binding.values("subjects[].kind")
    names = binding.values("subjects[].name")
    if len(kinds) != len(names):
        return []
    return [
        str(name)
        for kind, name in zip(kinds, names, strict=True)
        if kind == wanted and not str(name).startswith(BUILT_IN)
    ]


def _owners(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    by_namespace = {n.name: _owner({**n.annotations, **n.labels}) for n in objects.namespaces}
    owned = {
        app.node.id: owner
        for app in own
        if (
            owner := _owner({**app.workload.annotations, **app.workload.labels})
            or by_namespace.get(app.workload.namespace)
        )
    }
    if not owned:
        return None
    most = 2 * len(owned) >= len(own)
    first = next(app for app in own if app.node.id in owned)
    return Evidence(
        subject=first.name,
        fact=message(
            "evidence.owner-labels",
            owned=len(owned),
            count=len(own),
            owners=listed(sorted(set(owned.values()))),
        ),
        seen_in="objects",
        points="yes",
        weight=OWNER_LABELS if most else SOME_OWNER_LABELS,
        check=f"kubectl get deployments,namespaces --all-namespaces -L {','.join(OWNER_KEYS[:2])}",
    )


def _owner(marks: dict[str, str]) -> str | None:
    return next((marks[key] for key in OWNER_KEYS if marks.get(key)), None)


def _receivers(objects: Objects) -> Evidence | None:
    configs = [o for o in objects.outlines if o.kind == "AlertmanagerConfig"]
    if not configs:
        return None
    return Evidence(
        subject=_name(configs[0]),
        fact=message("evidence.alert-receivers", count=len(configs)),
        seen_in="objects",
        points="yes",
        weight=ALERT_RECEIVERS,
        check="kubectl get alertmanagerconfigs.monitoring.coreos.com --all-namespaces",
    )


def _alerts(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    namespaces = {app.workload.namespace for app in own}
    rules = [
        o
        for o in objects.outlines
        if o.kind == "PrometheusRule"
        and o.namespace in namespaces
        and o.values("spec.groups[].rules[].alert")
    ]
    if not rules:
        return None
    alerts = sum(len(rule.values("spec.groups[].rules[].alert")) for rule in rules)
    return Evidence(
        subject=_name(rules[0]),
        fact=message("evidence.own-alerts", count=len(rules), alerts=alerts),
        seen_in="objects",
        points="yes",
        weight=OWN_ALERTS,
        check="kubectl get prometheusrules.monitoring.coreos.com --all-namespaces",
    )


def _gitops(objects: Objects) -> Evidence | None:
    definitions = [
        o.name
        for o in objects.outlines
        if o.kind == "CustomResourceDefinition" and o.name in GITOPS_DEFINITIONS
    ]
    if not definitions:
        return None
    return Evidence(
        subject=f"CustomResourceDefinition {definitions[0]}",
        fact=message("evidence.gitops", definitions=listed(definitions)),
        seen_in="objects",
        points="yes",
        weight=GITOPS,
        check=f"kubectl get {definitions[0]} --all-namespaces",
    )


def _nothing() -> Evidence:
    return Evidence(
        subject="cluster",
        fact=message("evidence.no-owner-traces"),
        seen_in="objects",
        points="no",
        weight=NOTHING,
        check="kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide",
    )


def _name(outline: Outline) -> str:
    return called(outline.kind, outline.namespace, outline.name)


QUESTION = Question("ops-owner", 8, "readiness", ask)

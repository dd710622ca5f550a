"""Is there a dedicated operations team or owner?

People are not in a cluster; traces of organised work are. Each kind of trace counts once and
little, so that the answer never becomes sure of what only people know. Where every place that would
show one could be read and none does, it is no, and just so: providers give rights to people outside
the cluster. Alertmanager's own configuration, where on-call duty would show best, is kept in a
Secret and is not read.
"""

from collections.abc import Mapping

from mesh_probe.application import Application, applications, around, names, outlines
from mesh_probe.graph import CallGraph
from mesh_probe.inventory.published import OWNERS
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence, Objects, Outline, Telemetry
from mesh_probe.products import MESH_PRODUCTS
from mesh_probe.question import Measure, Opinion, Question, Sign, point, seen, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, listed, message

NAMED = 2.0
"""Log-odds of owners that people named in the answers file."""

GROUP_BINDINGS = 0.5
"""Log-odds of rights given to groups of people: somebody decided who may change what."""

USER_BINDINGS = 0.3
"""Log-odds of rights given to single persons, where no group has any."""

OWNER_LABELS, SOME_OWNER_LABELS = 0.5, 0.3
"""Log-odds of owners named on at least half of the applications, or on some."""

ON_CALL, ALERT_RECEIVERS = 0.5, 0.4
"""Log-odds of AlertmanagerConfigs that page somebody, and of any others: alerts go to somebody in
particular."""

OWN_ALERTS = 0.3
"""Log-odds of alert rules next to applications, beyond those that a monitoring chart brings."""

GITOPS = 0.3
"""Log-odds of a delivery controller: somebody runs it."""

FITTINGS = 0.1
"""Log-odds of other fittings that somebody has to run: monitoring, a mesh, backups, policies."""

NOTHING = 0.65
"""Log-odds against, when all of these could be read and none is there: just enough for a no."""

OWNER_KEYS = (*sorted(OWNERS), "a8r.io/owner")
"""Labels and annotations that name an owner. The last: https://ambassadorlabs.github.io/k8s-for-humans"""

GITOPS_DEFINITIONS = (
    "applications.argoproj.io",
    "kustomizations.kustomize.toolkit.fluxcd.io",
    "helmreleases.helm.toolkit.fluxcd.io",
)

FITTED = MESH_PRODUCTS | {
    "agent",
    "alertmanager",
    "cert-manager",
    "grafana",
    "logging",
    "loki",
    "operator",
    "opentelemetry",
    "policy",
    "prometheus",
    "tempo",
    "velero",
    "victoria-metrics",
}

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

_PAGING = (
    "spec.receivers[].pagerdutyConfigs[].routingKey.name",
    "spec.receivers[].pagerdutyConfigs[].serviceKey.name",
    "spec.receivers[].opsgenieConfigs[].apiKey.name",
    "spec.receivers[].victoropsConfigs[].apiKey.name",
)

SIGNS = (
    Sign(
        ("evidence.owner-labels",),
        (*WORKLOAD_KINDS, "Namespace"),
        yes=OWNER_LABELS,
        no=-SOME_OWNER_LABELS,
    ),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Adds up the traces; none at all, with everything readable, is just a no."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    evidence = (
        *_named(snapshot.owners),
        *_rights(objects),
        *_owners(objects, own),
        *_receivers(objects),
        *_alerts(objects, own),
        *_gitops(objects),
        *_fittings(objects, snapshot.telemetry),
    )
    missing = [kind for kind in PROBES if not objects.saw(kind)]
    nothing = not evidence and own and not missing
    check = "kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide"
    return Opinion(
        evidence=evidence or seen(["cluster"] * bool(nothing), "no-owner-traces", -NOTHING, check),
        said={"traces": len(evidence)},
        measure=Measure("traces-of-an-owner", len(evidence), "traces", None) if own else None,
        reason=None if evidence or nothing else _unseen(objects, missing),
        unread=unread(objects, SIGNS),
    )


def _unseen(objects: Objects, missing: list[str]) -> Message:
    if objects.not_given(*missing):
        return message("ops-owner.not-given", kinds=listed(missing))
    if missing:
        return message("ops-owner.unseen", kinds=listed(missing))
    return message("ops-owner.empty")


def _named(owners: Mapping[str, str]) -> tuple[Evidence, ...]:
    people = listed(sorted(set(owners.values())))
    return seen(
        sorted(owners),
        "named-owners",
        NAMED,
        "mesh-probe answers check",
        seen_in="answers file",
        owners=people,
    )


def _rights(objects: Objects) -> tuple[Evidence, ...]:
    """Bindings to groups of people, or else to single persons; these stay unnamed."""
    bindings = outlines(objects, "RoleBinding", "ClusterRoleBinding")
    groups = [(o, name) for o in bindings for name in _bound(o, "Group")]
    users = [(o, name) for o in bindings for name in _bound(o, "User")]
    if not (groups or users):
        return ()
    binding, _ = (groups or users)[0]
    if groups:
        fact = message("evidence.group-bindings", groups=listed(sorted({n for _, n in groups})))
    else:
        fact = message("evidence.user-bindings", count=len({name for _, name in users}))
    check = "kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide"
    return (point(names([binding])[0], fact, GROUP_BINDINGS if groups else USER_BINDINGS, check),)


def _bound(binding: Outline, wanted: str) -> list[str]:
    kinds = binding.values("subjects[].kind")
    subjects = binding.values("subjects[].name")
    if len(kinds) != len(subjects):
        return []
    return [
        str(name)
        for kind, name in zip(kinds, subjects, strict=True)
        if kind == wanted and not str(name).startswith(BUILT_IN)
    ]


def _owners(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    by_namespace = {n.name: _owner({**n.annotations, **n.labels}) for n in objects.namespaces}
    owned = {
        app.name: owner
        for app in own
        if (
            owner := _owner({**app.workload.annotations, **app.workload.labels})
            or by_namespace.get(app.workload.namespace)
        )
    }
    return seen(
        tuple(owned),
        "owner-labels",
        OWNER_LABELS if 2 * len(owned) >= len(own) else SOME_OWNER_LABELS,
        "kubectl get deployments,namespaces --all-namespaces -L owner,team",
        owned=len(owned),
        all=len(own),
        owners=listed(sorted(set(owned.values()))),
    )


def _owner(marks: Mapping[str, str]) -> str | None:
    return next((marks[key] for key in OWNER_KEYS if marks.get(key)), None)


def _receivers(objects: Objects) -> tuple[Evidence, ...]:
    configs = outlines(objects, "AlertmanagerConfig")
    paging = [config for config in configs if any(config.values(path) for path in _PAGING)]
    check = "kubectl get alertmanagerconfigs.monitoring.coreos.com --all-namespaces"
    if paging:
        return seen(names(paging), "on-call", ON_CALL, check)
    return seen(names(configs), "alert-receivers", ALERT_RECEIVERS, check)


def _alerts(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    path = "spec.groups[].rules[].alert"
    rules = [rule for rule in around(own, outlines(objects, "PrometheusRule")) if rule.values(path)]
    return seen(
        names(rules),
        "own-alerts",
        OWN_ALERTS,
        "kubectl get prometheusrules.monitoring.coreos.com --all-namespaces",
        alerts=sum(len(rule.values(path)) for rule in rules),
    )


def _gitops(objects: Objects) -> tuple[Evidence, ...]:
    """A delivery controller that runs, or its definitions where it runs in another cluster."""
    running = names(w for w in objects.workloads if w.product == "delivery")
    kinds = outlines(objects, "CustomResourceDefinition")
    defined = [o.name for o in kinds if o.name in GITOPS_DEFINITIONS]
    return seen(
        [*(f"CustomResourceDefinition {name}" for name in defined), *running],
        "gitops",
        GITOPS,
        f"kubectl get {defined[0]} --all-namespaces"
        if defined
        else "kubectl get deployments,statefulsets --all-namespaces -o wide",
        definitions=listed([*defined, *running]),
    )


def _fittings(objects: Objects, telemetry: Telemetry) -> tuple[Evidence, ...]:
    """Also a Prometheus that runs elsewhere."""
    fitted = [workload for workload in objects.workloads if workload.product in FITTED]
    elsewhere = ["prometheus"] if telemetry.prometheus else []
    return seen(
        [*names(fitted), *telemetry.prometheus],
        "fittings",
        FITTINGS,
        "kubectl get deployments,statefulsets,daemonsets --all-namespaces -o wide",
        products=listed(sorted({*elsewhere, *(str(w.product) for w in fitted)}), 5),
    )


QUESTION = Question("ops-owner", 8, "readiness", ask)

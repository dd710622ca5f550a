"""Is there a dedicated operations team or owner?

People are not in a cluster; traces of organised work are. Each kind of trace counts once and
little, for where it is seen and against where it could have been and is not, so that the answer
never becomes sure of what only people know. All that can speak against it together is just a no:
providers give rights to people outside the cluster, pipelines outside of it deliver, and
Alertmanager's own configuration, where on-call duty would show best, is kept in a Secret and is not
read. So it is no only where each place that would show a trace could be read and none does.
"""

from collections.abc import Iterable, Mapping, Set

import msgspec

from mesh_probe.application import Application, applications, around, names, outlines
from mesh_probe.graph import CallGraph
from mesh_probe.inventory.published import FLUX_TENANT, OWNERS
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
"""Log-odds of rights given to several single persons, where no group has any. A person alone weighs
nothing: that may be the owner, or the one who is left."""

NO_RIGHTS = 0.15
"""Log-odds against, where nobody has any: providers give rights outside of the cluster too."""

OWNER_LABELS, SOME_OWNER_LABELS = 0.5, 0.3
"""Log-odds of owners named on at least half of the applications, or on some."""

NO_OWNER_LABELS = 0.2
"""Log-odds against, of owners named on none: labels cost nothing where somebody keeps order."""

ON_CALL, ALERT_RECEIVERS = 0.5, 0.4
"""Log-odds of AlertmanagerConfigs that page somebody, and of any others: alerts go to somebody in
particular."""

OWN_ALERTS = 0.3
"""Log-odds of alert rules next to applications, beyond those that a monitoring chart brings."""

NO_RECEIVERS, NO_OWN_ALERTS = 0.1, 0.1
"""Log-odds against, of neither, where nothing is known to alert out of sight: little, for a service
outside of the cluster may watch it. Rules in Prometheus's own files reach nobody without these."""

GITOPS = 0.3
"""Log-odds of a delivery controller: somebody runs it."""

NO_GITOPS = 0.1
"""Log-odds against, of none: most teams deliver from a pipeline, which leaves no trace here."""

FITTINGS = 0.1
"""Log-odds of other fittings that somebody has to run: monitoring, a mesh, backups, policies. Only
beside other traces: whoever once installed a chart need not be in charge today."""

OWNER_KEYS = (*sorted(OWNERS), FLUX_TENANT, "a8r.io/owner")
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

ALERTING = {"agent", "alertmanager", "grafana", "victoria-metrics"}
"""Products that alert by what is set in themselves, where it is not read."""

BUILT_IN = ("system:", "kubeadm:", "kubernetes-", "eks:", "aks:", "gke:")
"""How the groups and users begin that Kubernetes, kubeadm and the providers bind on clusters."""

PROBES = (
    "Namespace",
    *WORKLOAD_KINDS,
    "RoleBinding",
    "ClusterRoleBinding",
    "AlertmanagerConfig",
    "Provider",
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

_PAGERS = frozenset({"opsgenie", "pagerduty"})
_CHATS = frozenset(
    {"alertmanager", "discord", "googlechat", "lark", "matrix", "msteams", "rocket", "slack"}
    | {"telegram", "webex"}
)
"""Types of Flux's providers that lead to people, unlike those that set the status of a commit.
https://fluxcd.io/flux/components/notification/providers/"""

_SEARCHED_IN_VAIN = "gap.prometheus-no-candidate"
"""The gap that a search for Prometheus leaves when nothing in the cluster looks like one."""

_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_HOMES = (*WORKLOAD_KINDS, "Namespace")
_OF_RECEIVERS = (*WORKLOAD_KINDS, "AlertmanagerConfig", "Provider")
_OF_ALERTS = (*WORKLOAD_KINDS, "PrometheusRule")
_OF_GITOPS = (*WORKLOAD_KINDS, "CustomResourceDefinition")

SIGNS = (
    Sign(
        ("evidence.group-bindings", "evidence.user-bindings"),
        _BINDINGS,
        yes=GROUP_BINDINGS,
        no=NO_RIGHTS,
    ),
    Sign(("evidence.owner-labels",), _HOMES, yes=OWNER_LABELS, no=NO_OWNER_LABELS),
    Sign(
        ("evidence.on-call", "evidence.alert-receivers"),
        _OF_RECEIVERS,
        yes=ON_CALL,
        no=NO_RECEIVERS,
    ),
    Sign(
        ("evidence.own-alerts",),
        _OF_ALERTS,
        yes=OWN_ALERTS,
        no=NO_OWN_ALERTS,
    ),
    Sign(
        ("evidence.gitops",),
        _OF_GITOPS,
        yes=GITOPS,
        no=NO_GITOPS,
    ),
    Sign(("evidence.fittings",), PROBES, yes=FITTINGS),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Adds up the traces, and what is missing of them: of nothing at all, nothing is missing."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    evidence = (
        *_named(snapshot.owners),
        *_rights(objects),
        *_owners(objects, own),
        *_receivers(snapshot),
        *_alerts(snapshot, own),
        *_gitops(objects),
    )
    traces = {piece.fact.id for piece in evidence if piece.points == "yes"}
    if traces:
        evidence = (*evidence, *_fittings(objects, snapshot.telemetry))
    elif not own:
        evidence = ()
    count = sum(piece.points == "yes" for piece in evidence)
    missing = [kind for kind in PROBES if not objects.saw(kind)]
    return Opinion(
        evidence=evidence,
        said={"traces": count},
        measure=Measure("traces-of-an-owner", count, "traces", None) if own else None,
        reason=None if traces or (own and not missing) else _unseen(objects, missing),
        unread=unread(objects, [_as_seen(sign, traces) for sign in SIGNS]),
    )


def _as_seen(sign: Sign, traces: set[str]) -> Sign:
    """What is hidden of a trace that was seen can at most show it to be less common."""
    if traces.isdisjoint(sign.facts):
        return sign
    least = -SOME_OWNER_LABELS if "evidence.owner-labels" in sign.facts else None
    return msgspec.structs.replace(sign, no=least)


def _none_of(
    objects: Objects, kinds: Iterable[str], fact: str, weight: float, check: str
) -> tuple[Evidence, ...]:
    """That a trace is missing, where all that would show it could be read."""
    if not all(objects.saw(kind) for kind in kinds):
        return ()
    return (point("cluster", message(f"evidence.{fact}"), -weight, check),)


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
    bindings = outlines(objects, *_BINDINGS)
    groups = [(o, name) for o in bindings for name in _bound(o, "Group")]
    users = [(o, name) for o in bindings for name in _bound(o, "User")]
    if not (groups or users):
        return _none_of(objects, _BINDINGS, "no-rights", NO_RIGHTS, _SHOW_BINDINGS)
    binding, _ = (groups or users)[0]
    persons = len({name for _, name in users})
    if groups:
        weight = GROUP_BINDINGS
        fact = message("evidence.group-bindings", groups=listed(sorted({n for _, n in groups})))
    elif persons > 1:
        weight, fact = USER_BINDINGS, message("evidence.user-bindings", count=persons)
    else:
        weight, fact = 0.0, message("evidence.lone-user-binding")
    return (point(names([binding])[0], fact, weight, _SHOW_BINDINGS),)


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
    if own and not owned:
        return _none_of(objects, _HOMES, "no-owner-labels", NO_OWNER_LABELS, _SHOW_OWNERS)
    return seen(
        tuple(owned),
        "owner-labels",
        OWNER_LABELS if 2 * len(owned) >= len(own) else SOME_OWNER_LABELS,
        _SHOW_OWNERS,
        owned=len(owned),
        all=len(own),
        owners=listed(sorted(set(owned.values()))),
    )


def _owner(marks: Mapping[str, str]) -> str | None:
    return next((marks[key] for key in OWNER_KEYS if marks.get(key)), None)


def _receivers(snapshot: Snapshot) -> tuple[Evidence, ...]:
    objects = snapshot.objects
    configs = outlines(objects, "AlertmanagerConfig")
    paging = [config for config in configs if any(config.values(path) for path in _PAGING)]
    paging += _providers(objects, _PAGERS)
    if paging:
        return seen(names(paging), "on-call", ON_CALL, _show(paging[0]))
    if configs := [*configs, *_providers(objects, _CHATS)]:
        return seen(names(configs), "alert-receivers", ALERT_RECEIVERS, _show(configs[0]))
    if _is_watched_out_of_sight(snapshot):
        places = _alerting(objects) or snapshot.telemetry.prometheus
        return seen(places, "alerting-unread", 0.0, _SHOW_WORKLOADS)
    return _none_of(objects, _OF_RECEIVERS, "no-receivers", NO_RECEIVERS, _SHOW_RECEIVERS)


def _providers(objects: Objects, types: Set[str]) -> list[Outline]:
    """Those of Flux's that tell of deliveries in one of these ways."""
    providers = outlines(objects, "Provider", groups=("notification.toolkit.fluxcd.io",))
    return [one for one in providers if not types.isdisjoint(map(str, one.values("spec.type")))]


def _show(receiver: Outline) -> str:
    return _SHOW_PROVIDERS if receiver.kind == "Provider" else _SHOW_RECEIVERS


def _alerts(snapshot: Snapshot, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    objects, path = snapshot.objects, "spec.groups[].rules[].alert"
    rules = [rule for rule in around(own, outlines(objects, "PrometheusRule")) if rule.values(path)]
    if own and not rules and not _is_watched_out_of_sight(snapshot):
        return _none_of(objects, _OF_ALERTS, "no-own-alerts", NO_OWN_ALERTS, _SHOW_RULES)
    return seen(
        names(rules),
        "own-alerts",
        OWN_ALERTS,
        _SHOW_RULES,
        alerts=sum(len(rule.values(path)) for rule in rules),
    )


def _is_watched_out_of_sight(snapshot: Snapshot) -> bool:
    """Whether alerts may be set and sent where it is not read.

    That is in what alerts by itself, or beside a Prometheus that does not run in this cluster.
    """
    if any(w.product == "prometheus" for w in snapshot.objects.workloads):
        return bool(_alerting(snapshot.objects))
    in_vain = any(gap.reason.id == _SEARCHED_IN_VAIN for gap in snapshot.gaps)
    return bool(_alerting(snapshot.objects) or snapshot.telemetry.prometheus or not in_vain)


def _alerting(objects: Objects) -> list[str]:
    return names(w for w in objects.workloads if w.product in ALERTING)


def _gitops(objects: Objects) -> tuple[Evidence, ...]:
    """A delivery controller that runs, or its definitions where it runs in another cluster."""
    running = names(w for w in objects.workloads if w.product == "delivery")
    kinds = outlines(objects, "CustomResourceDefinition")
    defined = [o.name for o in kinds if o.name in GITOPS_DEFINITIONS]
    if not (running or defined):
        return _none_of(objects, _OF_GITOPS, "no-gitops", NO_GITOPS, _SHOW_WORKLOADS)
    return seen(
        [*(f"CustomResourceDefinition {name}" for name in defined), *running],
        "gitops",
        GITOPS,
        f"kubectl get {defined[0]} --all-namespaces" if defined else _SHOW_WORKLOADS,
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
        _SHOW_WORKLOADS,
        products=listed(sorted({*elsewhere, *(str(w.product) for w in fitted)}), 5),
    )


_SHOW_BINDINGS = "kubectl get rolebindings,clusterrolebindings --all-namespaces -o wide"
_SHOW_OWNERS = "kubectl get deployments,namespaces --all-namespaces -L owner,team"
_SHOW_RECEIVERS = "kubectl get alertmanagerconfigs.monitoring.coreos.com --all-namespaces"
_SHOW_PROVIDERS = "kubectl get providers.notification.toolkit.fluxcd.io --all-namespaces"
_SHOW_RULES = "kubectl get prometheusrules.monitoring.coreos.com --all-namespaces"
_SHOW_WORKLOADS = "kubectl get deployments,statefulsets,daemonsets --all-namespaces -o wide"

QUESTION = Question("ops-owner", 8, "readiness", ask)

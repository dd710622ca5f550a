"""What asks services to prove who they are: policies, duties and tenants."""

import re
from collections.abc import Collection, Iterator, Mapping

from mesh_probe.application import Application, around, names, outlines, selecting
from mesh_probe.inventory.published import COMPLIANCE, TENANTS
from mesh_probe.kinds import WORKLOAD_KINDS
from mesh_probe.model import Evidence, Namespace, Objects, Outline, Workload
from mesh_probe.question import Sign, seen
from mesh_probe.text import listed

STRICT_MTLS = 3.0
"""Log-odds of a policy that refuses plain calls: somebody decided it."""

CALLER_POLICY = 1.5
"""Log-odds of policies that name who may call whom (Istio, Linkerd)."""

DUTIES = 1.0
"""Log-odds of labels that name a duty to protect what is handled, such as PCI DSS or HIPAA."""

TWO_TENANTS, MORE_TENANTS = 1.0, 1.5
"""Log-odds of applications for two tenants in one cluster, or more: one must not reach the other's,
and "two" may as well be a name and its copy."""

CALLERS_NAMED, NETWORK_POLICY = 0.6, 0.2
"""Log-odds of NetworkPolicies that name callers in at least half of the namespaces with
applications, and of any others around applications: charts bring those along too."""

MOST = 0.5
"""Share from which most are; our own."""

NETWORK_POLICIES = ("NetworkPolicy", "CiliumNetworkPolicy")

_POLICY_GROUPS = ("security.istio.io", "policy.linkerd.io")

_INBOUND, _REFUSING = (
    "config.linkerd.io/default-inbound-policy",
    frozenset({"all-authenticated", "cluster-authenticated", "deny"}),
)
"""Linkerd's annotation on namespaces and pods, and its values that refuse callers without identity.
https://linkerd.io/2/reference/authorization-policy/#default-policies"""

_CALLER = re.compile(
    r"spec\.ingress\[(?P<rule>\d+)\]\.from\[(?P<peer>\d+)\]"
    r"\.(?P<side>pod|namespace)Selector\.matchLabels\.(?P<label>.+)"
)

_HOME = "kubernetes.io/metadata.name"
"""The label with the name of its namespace, which every namespace has since Kubernetes 1.22."""

_OFF = frozenset({"", "false", "no", "none", "low", "public", "0"})
"""Values of a label that say that its duty does not hold."""

_LABELLED = ("Namespace", *WORKLOAD_KINDS)

ASKING = (
    Sign(("evidence.strict-mtls",), ("PeerAuthentication", *_LABELLED), yes=STRICT_MTLS),
    Sign(("evidence.caller-policies",), ("AuthorizationPolicy",), yes=CALLER_POLICY),
    Sign(
        ("evidence.callers-named", "evidence.network-policies"),
        (*NETWORK_POLICIES, *_LABELLED),
        yes=CALLERS_NAMED,
    ),
    Sign(("evidence.duties",), _LABELLED, yes=DUTIES),
    Sign(("evidence.tenants",), _LABELLED, yes=MORE_TENANTS),
)


def strict(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Policies of a mesh that refuse calls without mTLS."""
    policies = outlines(objects, "PeerAuthentication", groups=("security.istio.io",))
    refusing = names(policy for policy in policies if "STRICT" in policy.values("spec.mtls.mode"))
    if refusing:
        check = "kubectl get peerauthentications.security.istio.io --all-namespaces"
    else:
        refusing = [
            subject
            for subject, marked in _marked(objects, own)
            if marked.annotations.get(_INBOUND) in _REFUSING
        ]
        check = "kubectl get namespaces,deployments --all-namespaces -o yaml | grep inbound-policy"
    return seen(refusing, "strict-mtls", STRICT_MTLS, check)


def caller_policies(objects: Objects) -> tuple[Evidence, ...]:
    """Policies of a mesh on who may call whom."""
    policies = outlines(objects, "AuthorizationPolicy", groups=_POLICY_GROUPS)
    group = policies[0].group if policies else ""
    check = f"kubectl get authorizationpolicies.{group} --all-namespaces"
    return seen(names(policies), "caller-policies", CALLER_POLICY, check)


def network_policies(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """NetworkPolicies around applications, by whether they name who may call these."""
    homes = {app.workload.namespace for app in own}
    labels = {n.name: n.labels for n in objects.namespaces}
    marks = [{_HOME: home, **labels.get(home, {})} for home in sorted(homes)]
    policies = around(own, outlines(objects, *NETWORK_POLICIES))
    selected = selecting(own)
    naming = [p for p in policies if selected(p) and _names_callers(p, marks)]
    named_in = {policy.namespace for policy in naming}
    many = naming and len(named_in) >= MOST * len(homes)
    found = naming if many else policies
    return seen(
        names(found),
        "callers-named" if many else "network-policies",
        CALLERS_NAMED if many else NETWORK_POLICY,
        "kubectl get networkpolicies --all-namespaces",
        covered=len({policy.namespace for policy in found}),
        namespaces=len(homes),
    )


def _names_callers(policy: Outline, marks: Collection[Mapping[str, str]]) -> bool:
    """Whether it lets pods in by name that may be applications.

    A way in for all of an ingress controller's namespace, or of monitoring, names no caller inside.
    """
    peers: dict[tuple[str, str], dict[str, str]] = {}
    for fact in policy.facts:
        if match := _CALLER.fullmatch(fact.path):
            wanted = peers.setdefault((match["rule"], match["peer"]), {})
            if match["side"] == "namespace":
                wanted[match["label"]] = str(fact.value)
    return any(wanted.items() <= home.items() for wanted in peers.values() for home in marks)


def duties(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Labels that name a duty to protect what is handled."""
    found = [
        (subject, key)
        for subject, marked in _marked(objects, own)
        for key in sorted(COMPLIANCE & marked.labels.keys())
        if marked.labels[key].lower() not in _OFF
    ]
    keys = listed(sorted({key for _, key in found}))
    check = "kubectl get namespaces --show-labels"
    return seen(
        list(dict.fromkeys(subject for subject, _ in found)), "duties", DUTIES, check, labels=keys
    )


def tenants(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Labels that tell for whom applications run."""
    found = {
        marked.labels[key]: subject
        for subject, marked in _marked(objects, own)
        for key in sorted(TENANTS & marked.labels.keys())
        if marked.labels[key]
    }
    check = "kubectl get namespaces --show-labels"
    subjects = [found[tenant] for tenant in sorted(found)]
    if len(subjects) < 2:  # noqa: PLR2004  # several
        return ()
    weight = MORE_TENANTS if len(subjects) > 2 else TWO_TENANTS  # noqa: PLR2004
    return seen(subjects, "tenants", weight, check, examples=listed(sorted(found)))


def _marked(
    objects: Objects, own: tuple[Application, ...]
) -> Iterator[tuple[str, Namespace | Workload]]:
    """The applications and the namespaces that they are in, as reports call them."""
    homes = {app.workload.namespace for app in own}
    for namespace in objects.namespaces:
        if namespace.name in homes:
            yield f"Namespace {namespace.name}", namespace
    for app in own:
        yield app.name, app.workload

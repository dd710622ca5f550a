"""Is mTLS or authentication between internal services required?

A requirement is in no object; what is there are its traces: policies that enforce it, certificates
for names that only exist inside, identities and tokens that services check of each other, duties
and tenants that namespaces are labelled with. Calls in the clear, and nothing that asks for more,
show that nothing enforces it today: a weak sign that nobody asks for it.
"""

import re
from collections.abc import Iterable

from mesh_probe.application import (
    FEW,
    Application,
    Pairs,
    addresses,
    applications,
    around,
    few_services,
    names,
    outlines,
    silence,
)
from mesh_probe.graph import COUNTS_FROM, CallGraph
from mesh_probe.graph.shape import application_services
from mesh_probe.inventory.published import COMPLIANCE, TENANTS
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Evidence, Objects, Service, Setting
from mesh_probe.products import by_image
from mesh_probe.question import (
    Opinion,
    Question,
    Sign,
    Threshold,
    graph_again,
    point,
    seen,
    unread,
)
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

SEVERAL = Threshold("auth-applications", 3, "workloads")
"""Applications, or encrypted calls, from which repeating counts; our own."""

STRICT_MTLS = 3.0
"""Log-odds of a policy that refuses plain calls: somebody decided it."""

CALLER_POLICY = 1.5
"""Log-odds of policies that name who may call whom (Istio, Linkerd)."""

INTERNAL_CERTIFICATE = 1.5
"""Log-odds of certificates for in-cluster names of application services."""

IDENTITIES = 2.0
"""Log-odds of SPIFFE identities: a server that gives them out, or workloads that take them."""

ENCRYPTED_MOST, ENCRYPTED_SOME = 1.5, 0.5
"""Log-odds of addresses between application services that ask for TLS, most of them or some."""

TLS_PORTS_MOST, TLS_PORTS_SOME = 0.8, 0.3
"""Log-odds of Services of applications that offer TLS by a port's name or protocol."""

MESH_ENCRYPTED, SOME_ENCRYPTED = 0.8, 0.3
"""Log-odds of most calls seen with mTLS, or of some: a mesh encrypts by default, so where it is
tried out between two services nothing is required."""

DUTIES = 1.0
"""Log-odds of labels that name a duty to protect what is handled, such as PCI DSS or HIPAA."""

TWO_TENANTS, MORE_TENANTS = 1.0, 1.5
"""Log-odds of applications for two tenants in one cluster, or more: one must not reach the other's,
and "two" may as well be a name and its copy."""

AUTH_SIDECARS, AUTH_SIDECAR = 0.8, 0.3
"""Log-odds of proxies beside several applications, or one, that check who calls."""

AUTH_SETTINGS_MOST, AUTH_SETTINGS, AUTH_SETTING = 1.0, 0.5, 0.3
"""Log-odds of tokens and switches of authentication in at least half of the applications, in
several, or in one. TLS switches mostly tell of a database or a broker, so what is encrypted inside
is left to the addresses."""

CALLERS_NAMED, NETWORK_POLICY = 0.6, 0.2
"""Log-odds of NetworkPolicies that name callers in at least half of the namespaces with
applications, and of any others around applications: charts bring those along too."""

MOST = 0.5
"""Share from which most are; our own."""

PLAIN, PLAIN_MANY = 0.3, 0.7
"""Log-odds against, of plain addresses between application services, a few or `MANY`; not of those
whose calls a mesh was seen to encrypt."""

MANY = 3

PLAIN_SEEN = 0.5
"""Log-odds against, of calls that telemetry saw in the clear and none encrypted."""

NOTHING = 0.3
"""Log-odds against, where every sign could be read and none is there."""

FEW_SERVICES, LONE_SERVICES = 0.2, 1.0
"""Log-odds against, of few services, and of at most `LONE`."""

LONE = 2

_IN_CLUSTER_NAME = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\..+)?")

_POLICY_GROUPS = ("security.istio.io", "policy.linkerd.io")

_CALLERS = re.compile(r"spec\.ingress\[\d+\]\.from\[\d+\]\.\w+Selector\.matchLabels\..+")

_SIDECARS = frozenset({"oauth2-proxy", "opa", "spire"})
"""Products that check callers on behalf of the container beside them."""

_TLS_PORT = re.compile(r"(https|tls|grpcs|mtls|h2|wss)(-.*)?|.*-(https|tls|grpcs)")

_OFF = frozenset({"", "false", "no", "none", "low", "public", "0"})
"""Values of a label that say that its duty does not hold."""

_SET_IN = (*WORKLOAD_KINDS, "ConfigMap")
_POLICIES = ("NetworkPolicy", "CiliumNetworkPolicy")

SIGNS = (
    Sign(("evidence.strict-mtls",), ("PeerAuthentication",), yes=STRICT_MTLS),
    Sign(("evidence.caller-policies",), ("AuthorizationPolicy",), yes=CALLER_POLICY),
    Sign(
        ("evidence.internal-certificates",),
        ("Certificate", "Service", *_SET_IN),
        yes=INTERNAL_CERTIFICATE,
    ),
    Sign(
        ("evidence.internal-addresses",),
        ("Service", *_SET_IN),
        yes=ENCRYPTED_MOST,
        no=PLAIN_MANY,
    ),
    Sign(("evidence.mtls-calls",), ("Service", *_SET_IN), yes=MESH_ENCRYPTED, no=PLAIN_SEEN),
    Sign(("evidence.tls-ports",), ("Service", *WORKLOAD_KINDS), yes=TLS_PORTS_MOST),
    Sign(("evidence.identities",), _SET_IN, yes=IDENTITIES),
    Sign(("evidence.auth-sidecars",), WORKLOAD_KINDS, yes=AUTH_SIDECARS),
    Sign(("evidence.auth-settings",), _SET_IN, yes=AUTH_SETTINGS_MOST),
    Sign(("evidence.callers-named", "evidence.network-policies"), _POLICIES, yes=CALLERS_NAMED),
    Sign(("evidence.duties",), ("Namespace", *WORKLOAD_KINDS), yes=DUTIES),
    Sign(("evidence.tenants",), ("Namespace", *WORKLOAD_KINDS), yes=MORE_TENANTS),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs what enforces or uses authentication against what talks in the clear."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    several = SEVERAL.of(snapshot)
    encrypted, plain = addresses(objects, own)
    meshed = {pair for pair in plain if (edge := graph.edges.get(pair)) and edge.mtls}
    plain = {pair: app for pair, app in plain.items() if pair not in meshed}
    evidence = (
        *_strict(objects),
        *_caller_policies(objects),
        *_certificates(objects, own),
        *_identities(objects, own),
        *_by_address(encrypted, plain),
        *_by_telemetry(snapshot, graph, several),
        *_tls_ports(objects, own),
        *_sidecars(own, several),
        *_settings(own, several),
        *_network_policies(objects, own),
        *_duties(objects, own),
        *_tenants(objects, own),
    )
    absence = _absence(snapshot, graph, evidence)
    return Opinion(
        evidence=(*evidence, *absence),
        said={"encrypted": len(encrypted), "plain": len(plain)},
        reason=None if evidence else silence("internal-auth", absence),
        unread=unread(objects, SIGNS),
    )


def _strict(objects: Objects) -> tuple[Evidence, ...]:
    policies = outlines(objects, "PeerAuthentication", groups=("security.istio.io",))
    strict = [policy for policy in policies if "STRICT" in policy.values("spec.mtls.mode")]
    check = "kubectl get peerauthentications.security.istio.io --all-namespaces"
    return seen(names(strict), "strict-mtls", STRICT_MTLS, check)


def _caller_policies(objects: Objects) -> tuple[Evidence, ...]:
    policies = outlines(objects, "AuthorizationPolicy", groups=_POLICY_GROUPS)
    group = policies[0].group if policies else ""
    check = f"kubectl get authorizationpolicies.{group} --all-namespaces"
    return seen(names(policies), "caller-policies", CALLER_POLICY, check)


def _certificates(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    services = {service for app in own for service in app.node.services}
    named = {
        called(certificate.kind, certificate.namespace, certificate.name): str(host)
        for certificate in outlines(objects, "Certificate", groups=("cert-manager.io",))
        for host in certificate.values("spec.dnsNames[]")
        if (match := _IN_CLUSTER_NAME.fullmatch(str(host))) and f"{match[2]}/{match[1]}" in services
    }
    check = "kubectl get certificates.cert-manager.io --all-namespaces -o yaml"
    return seen(
        tuple(named),
        "internal-certificates",
        INTERNAL_CERTIFICATE,
        check,
        host=next(iter(named.values()), ""),
    )


def _identities(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Of SPIFFE, which https://spiffe.io/docs/latest/spiffe-about/overview/ describes."""
    servers = names(w for w in objects.workloads if w.product == "spire")
    takers = [app.name for app in own if any("spiffe" in s.key.lower() for s in app.settings)]
    check = "kubectl get daemonsets,statefulsets,deployments --all-namespaces -o wide"
    return seen([*servers, *takers], "identities", IDENTITIES, check)


def _by_address(encrypted: Pairs, plain: Pairs) -> tuple[Evidence, ...]:
    if not (encrypted or plain):
        return ()
    most = len(encrypted) >= len(plain)
    against = PLAIN_MANY if len(plain) >= MANY else PLAIN
    example = next(iter((encrypted or plain).values()))
    fact = message("evidence.internal-addresses", encrypted=len(encrypted), plain=len(plain))
    weight = (ENCRYPTED_MOST if most else ENCRYPTED_SOME) if encrypted else -against
    return (point(example.name, fact, weight, example.check),)


def _by_telemetry(snapshot: Snapshot, graph: CallGraph, several: float) -> tuple[Evidence, ...]:
    told = [
        edge
        for pair in graph.applications.edges
        if (edge := graph.edges[pair]).mtls is not None and edge.confidence >= COUNTS_FROM
    ]
    encrypted = [edge for edge in told if edge.mtls]
    if not told:
        return ()
    most = len(encrypted) >= max(MOST * len(told), several)
    example = (encrypted or told)[0]
    fact = message("evidence.mtls-calls", encrypted=len(encrypted), seen=len(told))
    weight = (MESH_ENCRYPTED if most else SOME_ENCRYPTED) if encrypted else -PLAIN_SEEN
    subject = f"{example.client} -> {example.server}"
    source = listed(example.sources, 1) or "telemetry"
    check = graph_again(snapshot, "--path", example.client, example.server)
    return (point(subject, fact, weight, check, source),)


def _tls_ports(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    fronts = {service for app in own for service in app.node.services}
    services = [s for s in objects.services if f"{s.namespace}/{s.name}" in fronts]
    offering = [service for service in services if _offers_tls(service)]
    return seen(
        [f"Service {s.namespace}/{s.name}" for s in offering],
        "tls-ports",
        TLS_PORTS_MOST if len(offering) >= MOST * len(services) else TLS_PORTS_SOME,
        "kubectl get services --all-namespaces -o custom-columns="
        "NAME:.metadata.name,PORTS:.spec.ports[*].name,PROTOCOLS:.spec.ports[*].appProtocol",
        all=len(services),
    )


def _offers_tls(service: Service) -> bool:
    """Whether a port says so. What is open to the outside speaks TLS to the outside."""
    told = [text for port in service.ports for text in (port.name, port.app_protocol) if text]
    return service.type == "ClusterIP" and any(_TLS_PORT.fullmatch(text) for text in told)


def _sidecars(own: tuple[Application, ...], several: float) -> tuple[Evidence, ...]:
    having = [app for app in own if any(_checks_callers(c.image) for c in app.workload.containers)]
    return seen(
        [app.name for app in having],
        "auth-sidecars",
        AUTH_SIDECARS if len(having) >= several else AUTH_SIDECAR,
        having[0].check if having else "",
        examples=listed(app.node.name for app in having),
    )


def _checks_callers(image: str | None) -> bool:
    product = by_image(image)
    return (product.name if product else image) in _SIDECARS


def _settings(own: tuple[Application, ...], several: float) -> tuple[Evidence, ...]:
    having = [(app, setting) for app in own for setting in app.has({"auth"}) if _is_on(setting)]
    apps = sorted({app.node.name for app, _ in having})
    if not having:
        return ()
    app, setting = having[0]
    if len(apps) < several:
        weight = AUTH_SETTING
    else:
        weight = AUTH_SETTINGS_MOST if len(apps) >= MOST * len(own) else AUTH_SETTINGS
    fact = message(
        "evidence.auth-settings", count=len(apps), key=setting.key, examples=listed(apps)
    )
    return (point(app.name, fact, weight, app.check),)


def _is_on(setting: Setting) -> bool:
    """Whether a switch turns authentication on; a figure (a port, a time) is no switch."""
    key = setting.key.lower()
    against = any(word in key for word in ("insecure", "disable", "skip"))
    return isinstance(setting.value, bool) and setting.value != against and "spiffe" not in key


def _network_policies(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    namespaces = {app.workload.namespace for app in own}
    policies = around(own, outlines(objects, *_POLICIES))
    naming = [p for p in policies if any(_CALLERS.fullmatch(fact.path) for fact in p.facts)]
    covered = {policy.namespace for policy in policies}
    named_in = {policy.namespace for policy in naming}
    check = "kubectl get networkpolicies --all-namespaces"
    if naming and len(named_in) >= MOST * len(namespaces):
        return seen(
            names(naming),
            "callers-named",
            CALLERS_NAMED,
            check,
            covered=len(named_in),
            namespaces=len(namespaces),
        )
    return seen(
        names(policies),
        "network-policies",
        NETWORK_POLICY,
        check,
        covered=len(covered),
        namespaces=len(namespaces),
    )


def _duties(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    found = [
        (subject, key)
        for subject, labels in _labels(objects, own)
        for key in sorted(COMPLIANCE & labels.keys())
        if labels[key].lower() not in _OFF
    ]
    keys = listed(sorted({key for _, key in found}))
    check = "kubectl get namespaces --show-labels"
    return seen(
        list(dict.fromkeys(subject for subject, _ in found)), "duties", DUTIES, check, labels=keys
    )


def _tenants(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    found = {
        labels[key]: subject
        for subject, labels in _labels(objects, own)
        for key in sorted(TENANTS & labels.keys())
        if labels[key]
    }
    check = "kubectl get namespaces --show-labels"
    subjects = [found[tenant] for tenant in sorted(found)]
    if len(subjects) < 2:  # noqa: PLR2004  # several
        return ()
    weight = MORE_TENANTS if len(subjects) > 2 else TWO_TENANTS  # noqa: PLR2004
    return seen(subjects, "tenants", weight, check, examples=listed(sorted(found)))


def _labels(objects: Objects, own: tuple[Application, ...]) -> Iterable[tuple[str, dict[str, str]]]:
    """Of the applications and of the namespaces that they are in."""
    homes = {app.workload.namespace for app in own}
    for namespace in objects.namespaces:
        if namespace.name in homes:
            yield f"Namespace {namespace.name}", namespace.labels
    for app in own:
        yield app.name, app.workload.labels


def _absence(
    snapshot: Snapshot, graph: CallGraph, found: tuple[Evidence, ...]
) -> tuple[Evidence, ...]:
    """What speaks against it where no sign of it is seen and none could be hidden."""
    objects = snapshot.objects
    hidden = objects.hidden("Service", *_SET_IN, *_POLICIES, "PeerAuthentication", "Namespace")
    required = any(e.points == "yes" and e.weight > NETWORK_POLICY for e in found)
    if required or hidden or not objects.saw("Service"):
        return ()
    services = len(application_services(graph))
    weight = FEW_SERVICES if services > LONE else LONE_SERVICES
    evidence = list(few_services(snapshot, graph, "few-to-authenticate", -weight))
    every = ("Certificate", "PeerAuthentication", "NetworkPolicy", "Namespace")
    if services and all(objects.saw(kind) for kind in every):
        check = "kubectl get networkpolicies,configmaps,namespaces --all-namespaces --show-labels"
        evidence.append(point("cluster", message("evidence.no-auth-traces"), -NOTHING, check))
    return tuple(evidence)


QUESTION = Question("internal-auth", 5, "need", ask, axis="security", thresholds=(SEVERAL, FEW))

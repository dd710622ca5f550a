"""Is mTLS or authentication between internal services required?

A requirement is in no object; what is there are its traces: policies that enforce it, certificates
for names that only exist inside, calls that are encrypted although both ends are the team's own.
Calls in the clear show that nothing enforces it today: a weak sign that nobody asks for it.
"""

import re

from mesh_probe.application import Application, applications
from mesh_probe.graph import COUNTS_FROM, CallGraph
from mesh_probe.graph.mentions import mentions
from mesh_probe.graph.places import Places
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Evidence, Objects, Outline, Setting
from mesh_probe.question import Opinion, Question, Sign, unread
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

STRICT_MTLS = 3.0
"""Log-odds of a policy that refuses plain calls: somebody decided it."""

CALLER_POLICY = 1.5
"""Log-odds of policies that name who may call whom (Istio, Linkerd)."""

INTERNAL_CERTIFICATE = 1.5
"""Log-odds of certificates for in-cluster names of application services."""

ENCRYPTED_MOST, ENCRYPTED_SOME = 1.5, 0.5
"""Log-odds of addresses between application services that ask for TLS, most of them or some."""

MESH_ENCRYPTED, SOME_ENCRYPTED = 0.8, 0.3
"""Log-odds of most calls seen with mTLS, or of some: a mesh encrypts by default, so where it is
tried out between two services nothing is required."""

MOST = 0.5
"""Share of the calls whose encryption was seen, from which most of them are; our own."""

NETWORK_POLICY = 0.4
"""Log-odds of NetworkPolicies around applications: charts bring them along too."""

AUTH_SETTING, AUTH_SETTINGS = 0.3, 0.5
"""Log-odds of authentication switches in one application, and repeated in several. TLS switches
mostly tell of a database or a broker, so what is encrypted inside is left to the addresses."""

SEVERAL = 3
"""Applications, or encrypted calls, from which repeating counts; our own."""

PLAIN, PLAIN_MANY = 0.4, 0.7
"""Log-odds against, of plain addresses between application services, a few or `MANY`."""

MANY = 3

PLAIN_SEEN = 0.5
"""Log-odds against, of calls that telemetry saw in the clear and none encrypted."""

_IN_CLUSTER_NAME = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\..+)?")

_POLICY_GROUPS = ("security.istio.io", "policy.linkerd.io")


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
    Sign(("evidence.network-policies",), (*_POLICIES, *_SET_IN), yes=NETWORK_POLICY),
    Sign(("evidence.auth-settings",), _SET_IN, yes=AUTH_SETTINGS),
)


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Weighs what enforces or uses authentication against what talks in the clear."""
    objects = snapshot.objects
    own = applications(snapshot, graph)
    encrypted, plain = _addresses(objects, own)
    pieces = (
        _strict(objects),
        _caller_policies(objects),
        _certificates(objects, own),
        _by_address(encrypted, plain),
        _by_telemetry(graph),
        _network_policies(objects, own),
        _settings(own),
    )
    evidence = tuple(piece for piece in pieces if piece)
    return Opinion(
        evidence=evidence,
        said={"encrypted": len(encrypted), "plain": len(plain)},
        reason=None if evidence else message("internal-auth.unseen"),
        unread=unread(objects, SIGNS),
    )


def _strict(objects: Objects) -> Evidence | None:
    strict = [
        policy
        for policy in _outlines(objects, "PeerAuthentication", ("security.istio.io",))
        if "STRICT" in policy.values("spec.mtls.mode")
    ]
    if not strict:
        return None
    return Evidence(
        subject=_name(strict[0]),
        fact=message("evidence.strict-mtls", count=len(strict)),
        seen_in="objects",
        points="yes",
        weight=STRICT_MTLS,
        check="kubectl get peerauthentications.security.istio.io --all-namespaces",
    )


def _caller_policies(objects: Objects) -> Evidence | None:
    policies = _outlines(objects, "AuthorizationPolicy", _POLICY_GROUPS)
    if not policies:
        return None
    return Evidence(
        subject=_name(policies[0]),
        fact=message("evidence.caller-policies", count=len(policies)),
        seen_in="objects",
        points="yes",
        weight=CALLER_POLICY,
        check=f"kubectl get authorizationpolicies.{policies[0].group} --all-namespaces",
    )


def _certificates(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    services = {service for app in own for service in app.node.services}
    named = [
        (certificate, str(name))
        for certificate in _outlines(objects, "Certificate", ("cert-manager.io",))
        for name in certificate.values("spec.dnsNames[]")
        if (match := _IN_CLUSTER_NAME.fullmatch(str(name))) and f"{match[2]}/{match[1]}" in services
    ]
    if not named:
        return None
    certificate, host = named[0]
    return Evidence(
        subject=_name(certificate),
        fact=message(
            "evidence.internal-certificates",
            count=len({_name(certificate) for certificate, _ in named}),
            host=host,
        ),
        seen_in="objects",
        points="yes",
        weight=INTERNAL_CERTIFICATE,
        check="kubectl get certificates.cert-manager.io --all-namespaces -o yaml",
    )


def _addresses(
    objects: Objects, own: tuple[Application, ...]
) -> tuple[list[Application], list[Application]]:
    """The applications that call others by an address with TLS, and by one without.

    One entry per client and server, wherever and however often the address stands; addresses that
    do not say, and those of others than applications, are left out.
    """
    places = Places(objects)
    by_id = {
        places.id_of[app.workload.kind, app.workload.namespace, app.workload.name]: app
        for app in own
    }
    calls: dict[bool, dict[tuple[str, str], Application]] = {True: {}, False: {}}
    for mention in mentions(objects, places):
        reference, client = mention.reference, mention.client
        if reference.tls is None or mention.place is None or client not in by_id:
            continue
        if mention.confidence >= COUNTS_FROM:
            for server in by_id.keys() & set(mention.place.workloads) - {client}:
                calls[reference.tls][client, server] = by_id[client]
    return list(calls[True].values()), list(calls[False].values())


def _by_address(encrypted: list[Application], plain: list[Application]) -> Evidence | None:
    if not (encrypted or plain):
        return None
    most = len(encrypted) >= len(plain)
    against = PLAIN_MANY if len(plain) >= MANY else PLAIN
    example = (encrypted or plain)[0]
    return Evidence(
        subject=example.name,
        fact=message("evidence.internal-addresses", encrypted=len(encrypted), plain=len(plain)),
        seen_in="objects",
        points="yes" if encrypted else "no",
        weight=(ENCRYPTED_MOST if most else ENCRYPTED_SOME) if encrypted else against,
        check=example.check,
    )


def _by_telemetry(graph: CallGraph) -> Evidence | None:
    seen = [
        edge
        for pair in graph.applications.edges
        if (edge := graph.edges[pair]).mtls is not None and edge.confidence >= COUNTS_FROM
    ]
    encrypted = [edge for edge in seen if edge.mtls]
    if not seen:
        return None
    most = len(encrypted) >= max(MOST * len(seen), SEVERAL)
    example = (encrypted or seen)[0]
    return Evidence(
        subject=f"{example.client} -> {example.server}",
        fact=message("evidence.mtls-calls", encrypted=len(encrypted), seen=len(seen)),
        seen_in=listed(example.sources, 1) or "telemetry",
        points="yes" if encrypted else "no",
        weight=(MESH_ENCRYPTED if most else SOME_ENCRYPTED) if encrypted else PLAIN_SEEN,
        check="mesh-probe graph --format json",
    )


def _network_policies(objects: Objects, own: tuple[Application, ...]) -> Evidence | None:
    namespaces = {app.workload.namespace for app in own}
    kinds = ("NetworkPolicy", "CiliumNetworkPolicy")
    policies = [o for o in objects.outlines if o.kind in kinds and o.namespace in namespaces]
    if not policies:
        return None
    covered = {policy.namespace for policy in policies}
    return Evidence(
        subject=_name(policies[0]),
        fact=message(
            "evidence.network-policies",
            count=len(policies),
            covered=len(covered),
            namespaces=len(namespaces),
        ),
        seen_in="objects",
        points="yes",
        weight=NETWORK_POLICY,
        check="kubectl get networkpolicies --all-namespaces",
    )


def _settings(own: tuple[Application, ...]) -> Evidence | None:
    having = [(app, setting) for app in own for setting in app.has({"auth"}) if _is_on(setting)]
    apps = sorted({app.node.name for app, _ in having})
    if not having:
        return None
    app, setting = having[0]
    return Evidence(
        subject=app.name,
        fact=message(
            "evidence.auth-settings", count=len(apps), key=setting.key, examples=listed(apps)
        ),
        seen_in="objects",
        points="yes",
        weight=AUTH_SETTINGS if len(apps) >= SEVERAL else AUTH_SETTING,
        check=app.check,
    )


def _is_on(setting: Setting) -> bool:
    """Whether a switch turns authentication on; a figure (a port, a time) is no switch."""
    against = any(word in setting.key.lower() for word in ("insecure", "disable", "skip"))
    return isinstance(setting.value, bool) and setting.value != against


def _outlines(objects: Objects, kind: str, groups: tuple[str, ...]) -> list[Outline]:
    return [o for o in objects.outlines if o.kind == kind and o.group in groups]


def _name(outline: Outline) -> str:
    return called(outline.kind, outline.namespace, outline.name)


QUESTION = Question("internal-auth", 5, "need", ask, axis="security")

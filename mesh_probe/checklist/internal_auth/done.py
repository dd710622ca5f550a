"""How services prove who they are today: certificates, identities, tokens, encrypted calls."""

import re
from collections.abc import Iterable

from mesh_probe.application import Application, Pairs, names, outlines
from mesh_probe.checklist.internal_auth.asked import MOST
from mesh_probe.graph import CallGraph
from mesh_probe.graph.ids import short_names
from mesh_probe.kinds import WORKLOAD_KINDS, called
from mesh_probe.model import Edge, Evidence, Objects, Service, Setting
from mesh_probe.products import by_image
from mesh_probe.question import Sign, graph_again, point, seen
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed, message

INTERNAL_CERTIFICATE = 1.5
"""Log-odds of certificates for in-cluster names of application services."""

IDENTITIES = 2.0
"""Log-odds of SPIFFE identities: a server that gives them out, or workloads that take them."""

ENCRYPTED_MOST, ENCRYPTED_SOME = 1.5, 0.5
"""Log-odds of addresses between application services that ask for TLS, most of them or some."""

TLS_PORTS_MOST, TLS_PORTS_SOME = 0.8, 0.3
"""Log-odds of Services of applications that offer TLS by a port's name or protocol."""

PROXY_ENCRYPTED, UNASKED_ENCRYPTED = 0.8, 0.3
"""Log-odds of most calls encrypted by a mesh or by Dapr, where something asks for it, and where
nothing does: they encrypt by default, so that alone tells hardly more than that they are there."""

UNENFORCED = 0.3
"""Log-odds against, of calls that Istio encrypts where all its policies could be read and none
refuses plain calls: the means to require it is at hand, one object long, and is not used."""

AUTH_SIDECARS, AUTH_SIDECAR = 0.8, 0.3
"""Log-odds of proxies beside several applications, or one, that check who calls."""

AUTH_SETTINGS_MOST, AUTH_SETTINGS, AUTH_SETTING = 1.0, 0.5, 0.3
"""Log-odds of tokens and switches of authentication in at least half of the applications, in
several, or in one. TLS switches mostly tell of a database or a broker, so what is encrypted inside
is left to the addresses."""

PLAIN, PLAIN_MANY = 0.3, 0.7
"""Log-odds against, of plain addresses between application services, a few or `MANY`; not of those
whose calls a mesh encrypts."""

MANY = 3

PLAIN_SEEN = 0.5
"""Log-odds against, of calls that telemetry saw in the clear and none encrypted."""

SET_IN = (*WORKLOAD_KINDS, "ConfigMap")

_POLICIES_OF_ISTIO = frozenset({"istio"})
"""Telemetry sources of meshes whose every policy on plain calls is read. Linkerd's default for the
whole cluster stands in its own settings, and Consul's and Kuma's policies are not read."""

_IN_CLUSTER_NAME = re.compile(r"([a-z0-9-]+)\.([a-z0-9-]+)\.svc(\..+)?")

_SIDECARS = frozenset({"oauth2-proxy", "opa", "spire"})
"""Products that check callers on behalf of the container beside them."""

_TLS_PORT = re.compile(r"(https|tls|grpcs|mtls|h2|wss)(-.*)?|.*-(https|tls|grpcs)")

_DAPR = "dapr.io/enabled"
"""Pods with it get Dapr's sidecar; these speak mTLS among themselves unless it is switched off.
https://docs.dapr.io/operations/security/mtls/"""

REQUIRING = ("PeerAuthentication", "AuthorizationPolicy", "Certificate", "Namespace")
"""Kinds that must have been read before it is said that nothing requires what is encrypted."""

_ENCRYPTED_IN = (*REQUIRING, "Service", *SET_IN)

DONE = (
    Sign(
        ("evidence.internal-certificates",),
        ("Certificate", "Service", *SET_IN),
        yes=INTERNAL_CERTIFICATE,
    ),
    Sign(("evidence.internal-addresses",), ("Service", *SET_IN), yes=ENCRYPTED_MOST, no=PLAIN_MANY),
    Sign(
        ("evidence.mtls-calls", "evidence.mtls-unasked"),
        _ENCRYPTED_IN,
        yes=PROXY_ENCRYPTED,
        no=PLAIN_SEEN,
    ),
    Sign(("evidence.dapr-calls",), _ENCRYPTED_IN, yes=PROXY_ENCRYPTED),
    Sign(("evidence.tls-ports",), ("Service", *WORKLOAD_KINDS), yes=TLS_PORTS_MOST),
    Sign(("evidence.identities",), SET_IN, yes=IDENTITIES),
    Sign(("evidence.auth-sidecars",), WORKLOAD_KINDS, yes=AUTH_SIDECARS),
    Sign(("evidence.auth-settings",), SET_IN, yes=AUTH_SETTINGS_MOST),
)


def certificates(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Certificates for names of applications inside the cluster."""
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


def identities(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Of SPIFFE, which https://spiffe.io/docs/latest/spiffe-about/overview/ describes."""
    servers = names(w for w in objects.workloads if w.product == "spire")
    takers = [app.name for app in own if any("spiffe" in s.key.lower() for s in app.settings)]
    check = "kubectl get daemonsets,statefulsets,deployments --all-namespaces -o wide"
    return seen([*servers, *takers], "identities", IDENTITIES, check)


def by_address(encrypted: Pairs, plain: Pairs) -> tuple[Evidence, ...]:
    """Addresses of other applications, with TLS and without."""
    if not (encrypted or plain):
        return ()
    most = len(encrypted) >= len(plain)
    against = PLAIN_MANY if len(plain) >= MANY else PLAIN
    example = next(iter((encrypted or plain).values()))
    fact = message("evidence.internal-addresses", encrypted=len(encrypted), plain=len(plain))
    weight = (ENCRYPTED_MOST if most else ENCRYPTED_SOME) if encrypted else -against
    return (point(example.name, fact, weight, example.check),)


def by_telemetry(
    snapshot: Snapshot, graph: CallGraph, several: float, *, is_asked: bool
) -> tuple[Evidence, ...]:
    """Calls seen with mTLS, weighed by whether anything asks for it."""
    told = [
        edge for pair in graph.applications.edges if (edge := graph.edges[pair]).mtls is not None
    ]
    encrypted = [edge for edge in told if edge.mtls]
    if not told:
        return ()
    example = (encrypted or told)[0]
    refusable = not is_asked and _could_be_refused(snapshot.objects, encrypted)
    fact = message(
        "evidence.mtls-unasked" if refusable else "evidence.mtls-calls",
        encrypted=len(encrypted),
        seen=len(told),
    )
    if not encrypted:
        weight = -PLAIN_SEEN
    elif refusable:
        weight = -UNENFORCED
    else:
        weight = _proxied(len(encrypted), len(told), several, is_asked=is_asked)
    subject = f"{example.client} -> {example.server}"
    source = listed(example.sources, 1) or "telemetry"
    check = graph_again(snapshot, "--path", example.client, example.server)
    return (point(subject, fact, weight, check, source),)


def _could_be_refused(objects: Objects, encrypted: Iterable[Edge]) -> bool:
    """Whether a policy that refused plain calls would have been seen."""
    sources = {source for edge in encrypted for source in edge.sources[:1]}
    known = bool(sources) and sources <= _POLICIES_OF_ISTIO
    read = all(objects.saw(kind) for kind in REQUIRING)
    return known and read and not objects.hidden(*_ENCRYPTED_IN)


def _proxied(encrypted: int, whole: int, several: float, *, is_asked: bool) -> float:
    most = encrypted >= max(MOST * whole, several)
    return PROXY_ENCRYPTED if most and is_asked else UNASKED_ENCRYPTED


def by_dapr(
    objects: Objects, own: tuple[Application, ...], several: float, *, is_asked: bool
) -> tuple[Evidence, ...]:
    """Applications with Dapr sidecars; without its control plane the annotations do nothing."""
    having = [app for app in own if app.workload.annotations.get(_DAPR) == "true"]
    if not any(workload.product == "dapr" for workload in objects.workloads):
        return ()
    return seen(
        [app.name for app in having],
        "dapr-calls",
        _proxied(len(having), len(own), several, is_asked=is_asked),
        having[0].check if having else "",
    )


def tls_ports(objects: Objects, own: tuple[Application, ...]) -> tuple[Evidence, ...]:
    """Services of applications that offer TLS inside."""
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


def sidecars(own: tuple[Application, ...], several: float) -> tuple[Evidence, ...]:
    """Proxies beside applications that check who calls."""
    having = [app for app in own if any(_checks_callers(c.image) for c in app.workload.containers)]
    return seen(
        [app.name for app in having],
        "auth-sidecars",
        AUTH_SIDECARS if len(having) >= several else AUTH_SIDECAR,
        having[0].check if having else "",
        examples=listed(short_names(app.node for app in having)),
    )


def _checks_callers(image: str | None) -> bool:
    product = by_image(image)
    return (product.name if product else image) in _SIDECARS


def settings(own: tuple[Application, ...], several: float) -> tuple[Evidence, ...]:
    """Tokens and switches of authentication."""
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

"""Ways in from outside and rules on the way, from five kinds to one."""

import itertools
from collections.abc import Iterable, Iterator

from mesh_probe.inventory import published, raw_routes
from mesh_probe.model import Backend, Route, Setting
from mesh_probe.references import settings

_INGRESS_CLASS = "kubernetes.io/ingress.class"
_DEFAULT_WEIGHT = 1
"""Of the Gateway API; a server fills it in, a manifest may leave it out."""


def ingress(item: raw_routes.Ingress) -> Route:
    """An Ingress, of any version of its API.

    https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/
    """
    meta, spec = item.metadata, item.spec or raw_routes.IngressSpec()
    home = meta.namespace or ""
    ingress_class = spec.ingress_class_name or (meta.annotations or {}).get(_INGRESS_CLASS)
    backends = [
        backend
        for rule in spec.rules or ()
        for path in (rule.http.paths if rule.http else None) or ()
        for backend in _ingress_backend(path.backend, home, path.path)
    ]
    backends += _ingress_backend(spec.default_backend or spec.backend, home, None)
    return Route(
        kind="Ingress",
        namespace=home,
        name=meta.name,
        hosts=_names(rule.host for rule in spec.rules or ()),
        gateways=_names([ingress_class]),
        backends=tuple(dict.fromkeys(backends)),
        tls=bool(spec.tls),
        annotations=published.annotations(meta.annotations),
    )


def _ingress_backend(
    backend: raw_routes.IngressBackend | None, home: str, path: str | None
) -> Iterator[Backend]:
    if backend is None:
        return
    if backend.service and backend.service.name:
        port = backend.service.port or raw_routes.IngressPort()
        yield Backend(home, backend.service.name, port.number or port.name, path=path)
    elif backend.service_name:
        yield Backend(home, backend.service_name, backend.service_port, path=path)


def gateway_route(kind: str, item: raw_routes.GatewayRoute) -> Route:
    """An HTTPRoute or GRPCRoute.

    https://gateway-api.sigs.k8s.io/reference/spec/
    """
    meta, spec = item.metadata, item.spec or raw_routes.RouteSpec()
    home = meta.namespace or ""
    backends: list[Backend] = []
    found: list[Setting | None] = []
    for position, rule in enumerate(spec.rules or ()):
        paths = [m.path.value for m in rule.matches or () if m.path and m.path.value]
        mirrors = [f.request_mirror.backend_ref for f in rule.filters or () if f.request_mirror]
        shares = [
            (ref, _DEFAULT_WEIGHT if ref.weight is None else ref.weight)
            for ref in rule.backend_refs or ()
        ]
        backends += (
            Backend(
                ref.namespace or home,
                ref.name,
                ref.port,
                weight,
                next(iter(paths), None),
                position,
            )
            for ref, weight in (*shares, *((mirror, None) for mirror in mirrors))
            if ref and ref.name and (ref.kind or "Service") == "Service" and not ref.group
        )
        where = f"rules[{position}]"
        if rule.timeouts:
            found.append(_limit(f"{where}.timeouts.request", rule.timeouts.request))
            found.append(_limit(f"{where}.timeouts.backendRequest", rule.timeouts.backend_request))
        if rule.retry:
            found.append(_retry(f"{where}.retry.attempts", rule.retry.attempts))
            found.append(_retry(f"{where}.retry.backoff", rule.retry.backoff))
    return Route(
        kind=kind,
        namespace=home,
        name=meta.name,
        hosts=_names(spec.hostnames or ()),
        gateways=_names(_parent(parent, home) for parent in spec.parent_refs or ()),
        backends=tuple(dict.fromkeys(backends)),
        annotations=published.annotations(meta.annotations),
        settings=tuple(setting for setting in found if setting),
    )


def _parent(parent: raw_routes.BackendRef, home: str) -> str:
    name = f"{parent.namespace or home}/{parent.name or ''}"
    return f"service:{name}" if parent.kind == "Service" else name


def openshift_route(item: raw_routes.OpenShiftRoute) -> Route:
    """A Route of OpenShift; weights are relative.

    https://docs.redhat.com/en/documentation/openshift_container_platform/4.18/html/network_apis/route-route-openshift-io-v1
    """
    meta, spec = item.metadata, item.spec or raw_routes.OpenShiftSpec()
    home = meta.namespace or ""
    targets = [t for t in (spec.to, *(spec.alternate_backends or ())) if t and t.name]
    port = spec.port.target_port if spec.port else None
    return Route(
        kind="Route",
        namespace=home,
        name=meta.name,
        hosts=_names([spec.host]),
        backends=tuple(
            Backend(home, target.name or "", port, target.weight, spec.path) for target in targets
        ),
        tls=spec.tls is not None,
        annotations=published.annotations(meta.annotations),
    )


def virtual_service(item: raw_routes.VirtualService) -> Route:
    """A VirtualService of Istio.

    https://istio.io/latest/docs/reference/config/networking/virtual-service/
    """
    meta, spec = item.metadata, item.spec or raw_routes.VirtualSpec()
    home = meta.namespace or ""
    backends: list[Backend] = []
    found: list[Setting | None] = []
    number = itertools.count()
    for protocol, rules in (("http", spec.http), ("tls", spec.tls), ("tcp", spec.tcp)):
        for position, rule in enumerate(rules or ()):
            here = next(number)
            for weighted in rule.route or ():
                backends += _destination(weighted.destination, home, weighted.weight, here)
            backends += _destination(rule.mirror, home, None, here)
            where = f"{protocol}[{position}]"
            found.append(_limit(f"{where}.timeout", rule.timeout))
            if rule.retries:
                found.append(_retry(f"{where}.retries.attempts", rule.retries.attempts))
                found.append(_retry(f"{where}.retries.perTryTimeout", rule.retries.per_try_timeout))
    return Route(
        kind="VirtualService",
        namespace=home,
        name=meta.name,
        hosts=_names(spec.hosts or ()),
        gateways=_names(
            name if name == "mesh" or "/" in name else f"{home}/{name}"
            for name in spec.gateways or ()
        ),
        backends=tuple(backends),  # two of one Service may be subsets, with equal shares
        tls=bool(spec.tls),
        annotations=published.annotations(meta.annotations),
        settings=tuple(setting for setting in found if setting),
    )


def _destination(
    destination: raw_routes.Destination | None, home: str, weight: int | None, rule: int
) -> Iterator[Backend]:
    """A host without dots is a Service at home, one in the cluster's domain says where it is."""
    if destination is None or not destination.host:
        return
    host = destination.host.rstrip(".")
    port = destination.port.number if destination.port else None
    name, _, rest = host.partition(".")
    if not rest:
        yield Backend(home, name, port, weight, rule=rule)
    elif rest.partition(".")[2].partition(".")[0] == "svc":
        yield Backend(rest.partition(".")[0], name, port, weight, rule=rule)


def _limit(key: str, value: object) -> Setting | None:
    kept = settings.shaped(value)
    return None if kept is None else Setting(key, kept, "spec", "timeout")


def _retry(key: str, value: object) -> Setting | None:
    kept = settings.shaped(value)
    return None if kept is None else Setting(key, kept, "spec", "retry")


def _names(given: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in given if name))

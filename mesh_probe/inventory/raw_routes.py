"""What is read of the five kinds of routes; tolerant as `raw` is."""

from typing import Any

from mesh_probe.inventory import raw


class IngressPort(raw.Raw):
    """A Service port by number or name."""

    number: int | None = None
    name: str | None = None


class IngressService(raw.Raw):
    """The Service of a backend."""

    name: str | None = None
    port: IngressPort | None = None


class IngressBackend(raw.Raw):
    """A backend, of networking.k8s.io/v1 or (flat) of the versions before it."""

    service: IngressService | None = None
    service_name: str | None = None
    service_port: int | str | None = None


class IngressPath(raw.Raw):
    """A path of a rule."""

    path: str | None = None
    backend: IngressBackend | None = None


class IngressHttp(raw.Raw):
    """The paths of a rule."""

    paths: list[IngressPath] | None = None


class IngressRule(raw.Raw):
    """What is done for one host."""

    host: str | None = None
    http: IngressHttp | None = None


class IngressSpec(raw.Raw):
    """Rules of an Ingress."""

    ingress_class_name: str | None = None
    default_backend: IngressBackend | None = None
    backend: IngressBackend | None = None
    rules: list[IngressRule] | None = None
    tls: list[Any] | None = None


class Ingress(raw.Object):
    """An Ingress."""

    spec: IngressSpec | None = None


class BackendRef(raw.Raw):
    """A backend of the Gateway API."""

    group: str | None = None
    kind: str | None = None
    name: str | None = None
    namespace: str | None = None
    port: int | None = None
    weight: int | None = None


class Mirror(raw.Raw):
    """A filter that copies requests."""

    backend_ref: BackendRef | None = None


class RouteFilter(raw.Raw):
    """A filter of a rule."""

    request_mirror: Mirror | None = None


class PathMatch(raw.Raw):
    """A path that is matched."""

    value: str | None = None


class RouteMatch(raw.Raw):
    """A match; `path` only with HTTPRoutes."""

    path: PathMatch | None = None


class RouteTimeouts(raw.Raw):
    """Time limits of an HTTPRoute rule."""

    request: str | None = None
    backend_request: str | None = None


class RouteRetry(raw.Raw):
    """Retries of an HTTPRoute rule."""

    attempts: int | None = None
    backoff: str | None = None


class RouteRule(raw.Raw):
    """A rule of an HTTPRoute or GRPCRoute."""

    matches: list[RouteMatch] | None = None
    filters: list[RouteFilter] | None = None
    backend_refs: list[BackendRef] | None = None
    timeouts: RouteTimeouts | None = None
    retry: RouteRetry | None = None


class RouteSpec(raw.Raw):
    """Spec of an HTTPRoute or GRPCRoute."""

    parent_refs: list[BackendRef] | None = None
    hostnames: list[str] | None = None
    rules: list[RouteRule] | None = None


class GatewayRoute(raw.Object):
    """HTTPRoute, GRPCRoute."""

    spec: RouteSpec | None = None


class OpenShiftTarget(raw.Raw):
    """Where an OpenShift Route sends requests."""

    kind: str | None = None
    name: str | None = None
    weight: int | None = None


class OpenShiftPort(raw.Raw):
    """The port of an OpenShift Route."""

    target_port: int | str | None = None


class OpenShiftSpec(raw.Raw):
    """Spec of an OpenShift Route."""

    host: str | None = None
    path: str | None = None
    to: OpenShiftTarget | None = None
    alternate_backends: list[OpenShiftTarget] | None = None
    port: OpenShiftPort | None = None
    tls: raw.Raw | None = None


class OpenShiftRoute(raw.Object):
    """Route of route.openshift.io."""

    spec: OpenShiftSpec | None = None


class Destination(raw.Raw):
    """Where a VirtualService sends requests."""

    host: str | None = None
    port: IngressPort | None = None


class WeightedDestination(raw.Raw):
    """A destination with its share in percent."""

    destination: Destination | None = None
    weight: int | None = None


class VirtualRetries(raw.Raw):
    """Retries of a VirtualService."""

    attempts: int | None = None
    per_try_timeout: str | None = None


class VirtualRule(raw.Raw):
    """A rule of a VirtualService, for HTTP, TLS or TCP."""

    route: list[WeightedDestination] | None = None
    mirror: Destination | None = None
    timeout: str | None = None
    retries: VirtualRetries | None = None


class VirtualSpec(raw.Raw):
    """Spec of a VirtualService."""

    hosts: list[str] | None = None
    gateways: list[str] | None = None
    http: list[VirtualRule] | None = None
    tls: list[VirtualRule] | None = None
    tcp: list[VirtualRule] | None = None


class VirtualService(raw.Object):
    """A VirtualService."""

    spec: VirtualSpec | None = None

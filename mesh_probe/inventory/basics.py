"""Namespaces, nodes, Services and EndpointSlices, from the API's form to ours."""

from collections.abc import Mapping

from mesh_probe.inventory import published, quantity, raw
from mesh_probe.inventory.purposes import of_service
from mesh_probe.model import Endpoint, EndpointSlice, KubeNode, Namespace, Service, ServicePort

_OF_SERVICE = "kubernetes.io/service-name"


def namespace(item: raw.Object) -> Namespace:
    """A Namespace."""
    meta = item.metadata
    return Namespace(
        meta.name,
        published.labels(meta.labels, frozenset()),
        published.annotations(meta.annotations),
    )


def node(item: raw.Node) -> KubeNode:
    """A Node: what it can hold and which version it runs."""
    status = item.status or raw.NodeStatus()
    allocatable = status.allocatable or {}
    return KubeNode(
        name=item.metadata.name,
        kubelet_version=status.node_info.kubelet_version if status.node_info else None,
        cpu_cores=quantity.parse(allocatable.get("cpu")),
        memory_bytes=quantity.whole(allocatable.get("memory")),
        labels=published.labels(item.metadata.labels, frozenset()),
    )


def service(item: raw.Service) -> Service:
    """A Service, with the defaults that the API would fill in."""
    meta, spec = item.metadata, item.spec or raw.ServiceSpec()
    addresses = spec.cluster_ips or ([spec.cluster_ip] if spec.cluster_ip else [])
    ports = tuple(_port(port) for port in spec.ports or () if port.port is not None)
    return Service(
        namespace=meta.namespace or "",
        name=meta.name,
        type=spec.type or "ClusterIP",
        selector=plain(spec.selector),
        cluster_ips=tuple(address for address in addresses if address),
        external_name=spec.external_name or None,
        ports=ports,
        labels=plain(meta.labels),
        annotations=published.annotations(meta.annotations),
        product=of_service(meta.name, ports),
    )


def endpoint_slice(item: raw.EndpointSlice) -> EndpointSlice:
    """An EndpointSlice; of the pods behind it their names."""
    meta = item.metadata
    return EndpointSlice(
        namespace=meta.namespace or "",
        name=meta.name,
        service=(meta.labels or {}).get(_OF_SERVICE),
        endpoints=tuple(
            Endpoint(
                address,
                endpoint.conditions.ready if endpoint.conditions else None,
                _pod(endpoint.target_ref),
            )
            for endpoint in item.endpoints or ()
            for address in endpoint.addresses or ()
        ),
    )


def plain(given: Mapping[str, str | None] | None) -> dict[str, str]:
    """A map in the order of its keys, null written as the API stores it: empty."""
    return {key: value or "" for key, value in sorted(given.items())} if given else {}


def _port(port: raw.ServicePort) -> ServicePort:
    number = port.port or 0
    return ServicePort(
        port=number,
        name=port.name or None,
        target=port.target_port or number,
        protocol=port.protocol or "TCP",
        app_protocol=port.app_protocol,
        node_port=port.node_port or None,
    )


def _pod(target: raw.Target | None) -> str | None:
    return target.name if target and target.kind == "Pod" else None

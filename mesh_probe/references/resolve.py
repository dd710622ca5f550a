"""Hosts to Services, by the rules that the cluster's own DNS follows.

https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Literal

from mesh_probe.model import EndpointSlice, Noun, Pod, Service

_SRV = re.compile(r"_([a-z0-9-]+)\._(?:tcp|udp|sctp)\.")
_ORDINAL = re.compile(r".+-\d+")
_NOT_A_SERVICE = frozenset(
    {"", "localhost", "metadata", "metadata.google.internal", "instance-data"}
)
_LONGEST_ALIAS_CHAIN = 8

_ENDED = frozenset(
    {
        *("Completed", "Succeeded", "Failed", "Error", "Evicted", "Terminated", "NodeShutdown"),
        *("OOMKilled", "DeadlineExceeded", "ContainerStatusUnknown"),
    }
)
"""States in which a pod still shows an address that may be another pod's by now."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Resolved(Noun):
    """Where a host leads; with nothing set, to nothing that is a service, such as localhost."""

    service: Service | None = None
    workload: tuple[str, str, str] | None = None
    """Kind, namespace and name of the workload of one pod, where the host names a pod."""
    external: str | None = None
    """A host outside the cluster, as the name ended up after aliases."""
    problem: Literal["unknown-service", "wrong-port"] | None = None


class Resolver:
    """Resolves hosts as a pod of a given namespace does."""

    def __init__(
        self,
        services: Iterable[Service],
        endpoint_slices: Iterable[EndpointSlice] = (),
        pods: Iterable[Pod] = (),
        cluster_domain: str = "cluster.local",
    ) -> None:
        self._domain = "." + cluster_domain.strip(".").lower()
        self._services = {(s.namespace, s.name): s for s in services}
        self._namespaces = {namespace for namespace, _ in self._services}
        self._by_address: dict[str, Service] = {
            _canonical(ip): service
            for service in self._services.values()
            for ip in service.cluster_ips
            if ip and ip != "None"
        }
        self._pods: dict[tuple[str, str], tuple[str, str, str]] = {}
        by_ip: dict[str, set[tuple[str, str, str] | None]] = {}
        ended: dict[str, set[tuple[str, str, str] | None]] = {}
        for pod in pods:
            workload = None
            if pod.workload:
                kind, _, name = pod.workload.partition("/")
                workload = self._pods[pod.namespace, pod.name] = (kind, pod.namespace, name)
            if pod.ip:
                found = ended if pod.status in _ENDED else by_ip
                found.setdefault(_canonical(pod.ip), set()).add(workload)
        # Pods in the host's network share its address: which of them is meant is not known.
        self._at: dict[str, tuple[str, str, str] | None] = {
            ip: next(iter(those)) if len(those) == 1 else None
            for ip, those in {**ended, **by_ip}.items()
        }
        """The workload at each pod address, None where pods are there and it is not known whose."""
        for endpoint_slice in endpoint_slices:
            service = self._services.get((endpoint_slice.namespace, endpoint_slice.service or ""))
            for endpoint in endpoint_slice.endpoints if service else ():
                if service and endpoint.pod is None:
                    self._by_address.setdefault(_canonical(endpoint.address), service)

    def resolve(self, host: str, port: int | str | None, namespace: str) -> Resolved:
        """Where a host and port lead to for a pod of `namespace`."""
        name = host.strip().strip("[]").lower().rstrip(".")
        if srv := _SRV.match(name):
            name, port = name[srv.end() :], port or srv[1]
        if (address := _address(name)) is not None:
            return self._resolve_address(address, port)
        if name in _NOT_A_SERVICE or name.endswith(".localhost"):
            return Resolved()
        return self._resolve_name(name, port, namespace, _LONGEST_ALIAS_CHAIN)

    def _resolve_address(self, address: Address, port: int | str | None) -> Resolved:
        if address.is_loopback or address.is_unspecified or address.is_link_local:
            return Resolved()
        text = str(address)
        if service := self._by_address.get(text):
            return Resolved(service, problem=_port_problem(service, port))
        if text in self._at:
            return Resolved(workload=self._at[text])
        return Resolved(external=text)

    def _resolve_name(
        self, name: str, port: int | str | None, namespace: str, aliases: int
    ) -> Resolved:
        if name.endswith(self._domain):
            name = name.removesuffix(self._domain)
            if name.endswith(".pod"):
                return self._resolve_pod_address(name)
            in_cluster = True
        else:
            in_cluster = name.endswith(".svc")
        parts = name.removesuffix(".svc").split(".")
        if not in_cluster and "svc" in parts[2:]:
            # Another cluster domain than the given one: what stands before ".svc." decides.
            before = parts[: parts.index("svc", 2)]
            if self._find(before, namespace, absolute=True)[0] is not None:
                parts, in_cluster = before, True
        service, workload = self._find(parts, namespace, absolute=in_cluster)
        if service is None:
            # Of a namespace that was not seen nothing is known, not even that it lacks a Service.
            if len(parts) == 1 or parts[-1] in self._namespaces:
                return Resolved(problem="unknown-service")
            return Resolved() if in_cluster else Resolved(external=name)
        if service.external_name:
            return self._follow(service, port, aliases)
        return Resolved(service, workload, problem=_port_problem(service, port))

    def _follow(self, alias: Service, port: int | str | None, aliases: int) -> Resolved:
        """Where an ExternalName leads: outside, or to another name of the cluster."""
        target = (alias.external_name or "").lower().rstrip(".")
        if not target.endswith((".svc", self._domain)):
            return Resolved(alias, external=target)
        if not aliases:
            return Resolved()
        return self._resolve_name(target, port, alias.namespace, aliases - 1)

    def _find(
        self, parts: list[str], namespace: str, *, absolute: bool
    ) -> tuple[Service | None, tuple[str, str, str] | None]:
        """The Service of a name without its ".svc" part, and the workload where it names a pod."""
        match parts:
            case [service]:
                return self._services.get((namespace, service)), None
            case [service, home] if (home, service) in self._services:
                return self._services[home, service], None
            case [pod, service] if not absolute and _ORDINAL.fullmatch(pod):
                return self._services.get((namespace, service)), self._pods.get((namespace, pod))
            case [pod, service, home]:
                return self._services.get((home, service)), self._pods.get((home, pod))
        return None, None

    def _resolve_pod_address(self, name: str) -> Resolved:
        dashed = name.partition(".")[0]
        address = _address(dashed.replace("-", ".")) or _address(dashed.replace("-", ":"))
        return self._resolve_address(address, None) if address else Resolved()


def _address(text: str) -> Address | None:
    if ":" not in text and not text[:1].isdigit():
        return None  # a name, as most are, and refusing it is slow
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _canonical(text: str) -> str:
    if ":" not in text:
        return text  # only IPv6 can be written in several ways
    address = _address(text)
    return text if address is None else str(address)


def _port_problem(service: Service, port: int | str | None) -> Literal["wrong-port"] | None:
    """Only a Service with a virtual address maps ports; without one, names lead to the pods."""
    if port is None or not service.ports or "None" in service.cluster_ips:
        return None
    if isinstance(port, str) and port.isdecimal():
        port = int(port)
    offered = {p.port for p in service.ports} | {p.name for p in service.ports}
    return None if port in offered else "wrong-port"

"""The Services that are known while strings are read."""

from collections.abc import Iterable, Mapping

from mesh_probe.model import Reference, Service
from mesh_probe.references.hosts import Address

_NONE: Mapping[str, frozenset[str]] = {}


class Known:
    """Services as one namespace sees them: by name at home, by "name.namespace" elsewhere."""

    def __init__(
        self,
        at_home: Mapping[str, frozenset[str]] = _NONE,
        elsewhere: Mapping[str, frozenset[str]] = _NONE,
        addresses: dict[str, Address] | None = None,
    ) -> None:
        self._at_home = at_home
        self._elsewhere = elsewhere
        self.addresses = {} if addresses is None else addresses
        """Texts that were found to be one address; all namespaces share them. They live as long as
        a scan reads, and no longer."""
        self.memo: dict[tuple[str, str, str], tuple[Reference, ...]] = {}
        """What short texts that take long to read were found to name, by text, key and place: most
        such stand in many objects. It lives as long, too."""

    def __contains__(self, host: str) -> bool:
        return host in self._at_home or host in self._elsewhere

    def isdisjoint(self, words: Iterable[str]) -> bool:
        """Whether none of the words, which are without dots, names a Service."""
        return not any(map(self._at_home.__contains__, words))

    def has_port(self, host: str, port: str) -> bool:
        """Whether a known Service has a port of this name or number."""
        return port in self._at_home.get(host, ()) or port in self._elsewhere.get(host, ())

    def only_port(self, host: str) -> str | None:
        """The number of a known Service's port where it has one only."""
        ports = self._at_home.get(host) or self._elsewhere.get(host) or ()
        numbers = [port for port in ports if port.isdecimal()]
        return numbers[0] if len(numbers) == 1 else None

    def linked(self, prefix: str) -> str | None:
        """The Service of the variables "X_SERVICE_HOST" that the cluster itself sets, by X.

        https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
        """
        name = prefix.lower().replace("_", "-")
        return name if name in self._at_home else None


class Services:
    """All Services seen so far; `seen_from` gives what one namespace knows of them."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, dict[str, frozenset[str]]] = {}
        self._qualified: dict[str, frozenset[str]] = {}
        self._views: dict[str, Known] = {}
        self._addresses: dict[str, Address] = {}

    def add(self, services: Iterable[Service]) -> None:
        """Learn these, too."""
        for service in services:
            ports = frozenset(
                said for port in service.ports for said in (port.name, str(port.port)) if said
            )
            self._by_namespace.setdefault(service.namespace, {})[service.name] = ports
            self._qualified[f"{service.name}.{service.namespace}"] = ports
        self._views.clear()

    def seen_from(self, namespace: str) -> Known:
        """The Services that a string in this namespace can name."""
        view = self._views.get(namespace)
        if view is None:
            view = Known(self._by_namespace.get(namespace, _NONE), self._qualified, self._addresses)
            self._views[namespace] = view
        return view

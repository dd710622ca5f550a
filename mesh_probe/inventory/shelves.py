"""What is known of ConfigMaps while workloads are read, and of nothing afterwards."""

from collections import defaultdict
from collections.abc import Mapping

from mesh_probe.inventory import raw

_NO_VALUES: Mapping[str, str] = {}


class Shelf:
    """The ConfigMaps of one namespace."""

    def __init__(self) -> None:
        self._values: dict[str, Mapping[str, str]] = {}
        self._files: dict[str, frozenset[str]] = {}
        self._labelled: dict[str, list[str]] = defaultdict(list)

    def put(self, item: raw.ConfigMap, short_values: Mapping[str, str]) -> None:
        """Keep what the workloads of the namespace may ask for."""
        name = item.metadata.name
        self._values[name] = short_values
        self._files[name] = frozenset(key for key in item.data or () if "." in key)
        for label in item.metadata.labels or ():
            self._labelled[label].append(name)

    def values(self, name: str) -> Mapping[str, str]:
        """Plain values that are short, for variables that a workload takes from there."""
        return self._values.get(name, _NO_VALUES)

    def files(self, name: str) -> frozenset[str]:
        """Data keys that look like names of files, for arguments that name one."""
        return self._files.get(name, frozenset())

    def labelled(self, label: str) -> tuple[str, ...]:
        """Names of those that have a label of this key."""
        return tuple(self._labelled.get(label, ()))


class Shelves:
    """The ConfigMaps of all namespaces."""

    def __init__(self) -> None:
        self._by_namespace: dict[str, Shelf] = {}

    def put(self, item: raw.ConfigMap, short_values: Mapping[str, str]) -> None:
        """Keep a ConfigMap in its namespace."""
        self.of(item.metadata.namespace or "").put(item, short_values)

    def of(self, namespace: str) -> Shelf:
        """Those that a workload of the namespace can read."""
        shelf = self._by_namespace.get(namespace)
        # Two threads may come at once; both then get the same.
        return shelf if shelf is not None else self._by_namespace.setdefault(namespace, Shelf())

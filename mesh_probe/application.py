"""The workloads that a team writes, each with what its objects set for it.

Rules look at these rather than at all workloads: what an operator sets for its own controllers says
nothing of how the team's services are run.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.kinds import called, command
from mesh_probe.model import ConfigMap, ConfigUse, Node, Noun, Service, Setting, Workload
from mesh_probe.snapshot import Snapshot


class Application(Noun):
    """A workload of the team's own."""

    node: Node
    workload: Workload
    settings: tuple[Setting, ...] = ()
    """Set in the workload itself or in the parts of ConfigMaps that it reads."""

    @property
    def name(self) -> str:
        """As reports call it: kind, namespace and name."""
        return called(self.workload.kind, self.workload.namespace, self.workload.name)

    @property
    def check(self) -> str:
        """The command that shows it."""
        return command(self.workload.kind, self.workload.namespace, self.workload.name)

    def has(self, subjects: Collection[str]) -> tuple[Setting, ...]:
        """Its settings about any of the subjects."""
        return tuple(setting for setting in self.settings if setting.subject in subjects)


def applications(snapshot: Snapshot, graph: CallGraph) -> tuple[Application, ...]:
    """All of them, in the order of the snapshot's workloads."""
    merged = _merged(snapshot.objects.services, graph)
    maps = {(m.namespace, m.name): m for m in snapshot.objects.config_maps}
    found = []
    for workload in snapshot.objects.workloads:
        node = _node(workload, graph, merged)
        if node is None or node.role not in APPLICATION_ROLES:
            continue
        read = [
            setting
            for use in workload.config
            if (config_map := maps.get((workload.namespace, use.config_map)))
            for setting in _read(use, config_map)
        ]
        settings = dict.fromkeys([*workload.settings, *read])
        found.append(Application(node, workload, tuple(settings)))
    return tuple(found)


def _merged(services: Iterable[Service], graph: CallGraph) -> dict[str, list[tuple[Service, Node]]]:
    """By namespace: the Services of which one node stands for all workloads behind them."""
    merged: dict[str, list[tuple[Service, Node]]] = defaultdict(list)
    for service in services:
        node = graph.nodes.get(f"service:{service.namespace}/{service.name}")
        if node is not None and service.selector:
            merged[service.namespace].append((service, node))
    return merged


def _node(
    workload: Workload, graph: CallGraph, merged: Mapping[str, list[tuple[Service, Node]]]
) -> Node | None:
    plain = f"{workload.namespace}/{workload.name}"
    for node_id in (f"{plain}~{workload.kind.lower()}", plain):
        node = graph.nodes.get(node_id)
        if node is not None and node.kind == workload.kind:
            return node
    for service, node in merged.get(workload.namespace, ()):
        if service.selector.items() <= workload.labels.items():
            return node
    return None


def _read(use: ConfigUse, config_map: ConfigMap) -> tuple[Setting, ...]:
    if use.key is None:
        return config_map.settings
    return tuple(setting for setting in config_map.settings if setting.found_in == use.key)

"""What every workload stands on: versions of Kubernetes, and the network plugins."""

import re
from collections.abc import Mapping

from mesh_probe.model import Objects
from mesh_probe.products import image_name
from mesh_probe.snapshot import Snapshot

_VERSION = re.compile(r"v?1\.(\d{1,3})(?:\D.*)?")

_MESH_PLUGIN = re.compile(r"(mirrored-istio-)?install-cni|istio-cni-rhel\d+|cni-plugin")
"""Images of the plugins that set up redirection in place of a container with capabilities."""


def minor(version: str | None) -> int | None:
    """The 31 of "v1.31.4-eks-2d5f260"."""
    found = _VERSION.fullmatch(version or "")
    return int(found[1]) if found else None


def kubelets(snapshot: Snapshot) -> tuple[int, ...]:
    """The minor versions of the machines' kubelets, the oldest first."""
    found = {minor(node.kubelet_version) for node in snapshot.objects.nodes}
    return tuple(sorted(version for version in found if version is not None))


def oldest(snapshot: Snapshot) -> int | None:
    """The oldest kubelet's minor version, or the API server's where no machine was seen."""
    found = kubelets(snapshot)
    return found[0] if found else minor(snapshot.server_version)


def has_mesh_plugin(objects: Objects) -> bool:
    """Whether a mesh's own network plugin runs on the machines."""
    return any(
        _MESH_PLUGIN.fullmatch(image_name(container.image)[1])
        for workload in objects.workloads
        if workload.kind == "DaemonSet"
        for container in workload.containers
    )


def cilium(objects: Objects) -> Mapping[str, str | float | bool] | None:
    """The switches of Cilium that meshes depend on; None where it is not seen to run."""
    for config_map in objects.config_maps:
        switches = {s.key: s.value for s in config_map.settings if s.subject == "network"}
        if switches:
            return switches
    return None

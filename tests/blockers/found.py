"""What single checks find in clusters that are read from objects as the API describes them."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from mesh_probe.blocker import Check, Hit
from mesh_probe.blockers import CHECKS
from mesh_probe.graph.build import build
from mesh_probe.model import ObservedCall, Pod
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter
from tests.scenarios.world import Doc, snapshot, telemetry, thing

Said = dict[str, Parameter]


def check(check_id: str) -> Check:
    """The check of an id."""
    (found,) = (one for one in CHECKS if one.id == check_id)
    return found


def cluster(
    *docs: Doc,
    version: str | None = None,
    pods: Iterable[Pod] = (),
    calls: Iterable[ObservedCall] = (),
    hidden: Iterable[str] = (),
) -> Snapshot:
    """What was seen of a cluster with these objects, its API server's version and pods."""
    observed = [*calls]
    seen = snapshot(
        docs, telemetry=telemetry("service-graph", observed) if observed else None, hidden=hidden
    )
    objects = replace(seen.objects, pods=(*seen.objects.pods, *pods))
    return replace(seen, server_version=version, objects=objects)


def hits(check_id: str, seen: Snapshot) -> list[Hit]:
    """What one check finds."""
    return [*check(check_id).find(seen, build(seen))]


def said(check_id: str, seen: Snapshot) -> dict[str, Said]:
    """What one check says of each subject."""
    return {hit.subject: hit.said for hit in hits(check_id, seen)}


def machine(name: str, kubelet: str = "v1.33.1", cpu: str = "4", memory: str = "16Gi") -> Doc:
    """A Node."""
    status = {
        "allocatable": {"cpu": cpu, "memory": memory},
        "nodeInfo": {"kubeletVersion": kubelet},
    }
    return thing("v1", "Node", name, labels={"kubernetes.io/os": "linux"}, status=status)


def pod_spec(doc: Doc, **fields: Any) -> Doc:
    """The controller with more fields in its pods' spec."""
    spec = doc["spec"]
    template = (
        spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    )
    template["spec"].update(fields)
    return doc


def container(doc: Doc, **fields: Any) -> Doc:
    """The controller with more fields in its first container."""
    doc["spec"]["template"]["spec"]["containers"][0].update(fields)
    return doc


def policy(home: str, name: str, **spec: Any) -> Doc:
    """A NetworkPolicy; for all pods of its namespace unless it says otherwise."""
    spec.setdefault("podSelector", {})
    return thing("networking.k8s.io/v1", "NetworkPolicy", name, home, spec=spec)

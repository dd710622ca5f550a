"""Network plugins: switches of Cilium that are in a mesh's way."""

from collections.abc import Iterator

from mesh_probe.blocker import CLUSTER, MODES, Check, Hit
from mesh_probe.blockers.ground import cilium
from mesh_probe.graph import CallGraph
from mesh_probe.snapshot import Snapshot

_AMBIENT = "https://istio.io/latest/docs/ambient/install/platform-prerequisites/#cilium"
_CILIUM = "https://docs.cilium.io/en/stable/network/servicemesh/istio/"
_CILIUM_CHECK = "kubectl -n kube-system get configmap cilium-config -o yaml"


def _exclusive(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    switches = cilium(snapshot.objects)
    if switches is not None and switches.get("cni-exclusive") is not False:
        yield Hit(CLUSTER, {}, (), _CILIUM_CHECK)


def _socket_balancing(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    switches = cilium(snapshot.objects) or {}
    balances = True in (switches.get("kube-proxy-replacement"), switches.get("bpf-lb-sock"))
    if balances and switches.get("bpf-lb-sock-hostns-only") is not True:
        yield Hit(CLUSTER, {}, (), _CILIUM_CHECK)


def _masquerade(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    if (cilium(snapshot.objects) or {}).get("enable-bpf-masquerade") is True:
        yield Hit(CLUSTER, {}, (), _CILIUM_CHECK)


CHECKS: tuple[Check, ...] = (
    Check("cilium-exclusive", "error", ("istio-ambient",), _AMBIENT, _exclusive, ("ConfigMap",)),
    Check("cilium-masquerade", "error", ("istio-ambient",), _AMBIENT, _masquerade, ("ConfigMap",)),
    Check("cilium-socket-balancing", "warning", MODES, _CILIUM, _socket_balancing, ("ConfigMap",)),
)

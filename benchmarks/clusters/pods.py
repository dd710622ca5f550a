"""The pods of a controller, running."""

from collections.abc import Iterable, Iterator

from benchmarks.clusters.objects import CREATED, Json, Scribe, condition
from benchmarks.clusters.topology import Node

POD_NETWORK = 128

_TOKEN_VOLUME: Json = {
    "name": "kube-api-access",
    "projected": {
        "defaultMode": 420,
        "sources": [
            {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
            {
                "configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }
            },
        ],
    },
}
_TOKEN_MOUNT = {
    "name": "kube-api-access",
    "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
    "readOnly": True,
}


def machine_name(number: int) -> str:
    """The name of a machine of the cluster."""
    return f"ip-172-16-{number // 250}-{number % 250}.eu-north-1.compute.internal"


def pods(
    scribe: Scribe, node: Node, form: Json, owner: Json, places: Iterable[tuple[str, int]]
) -> Iterator[Json]:
    """A pod by the template for each name and number of a machine."""
    template = form["spec"]
    container = template["containers"][0]
    mounted = {**container, "volumeMounts": [*container["volumeMounts"], _TOKEN_MOUNT]}
    managed = None
    for name, machine in places:
        spec = {
            **template,
            "containers": [mounted],
            "enableServiceLinks": True,
            "nodeName": machine_name(machine),
            "preemptionPolicy": "PreemptLowerPriority",
            "priority": 1000,
            "tolerations": [_toleration(why) for why in ("not-ready", "unreachable")],
            "volumes": [*template["volumes"], _TOKEN_VOLUME],
        }
        pod = scribe.object(
            "v1",
            "Pod",
            name,
            node.namespace,
            managed=managed,
            labels={**form["metadata"]["labels"], "pod-template-hash": name.split("-")[-2]},
            annotations=form["metadata"]["annotations"],
            ownerReferences=[owner],
            spec=spec,
            status=_status(scribe, container["image"], machine),
        )
        managed = pod["metadata"]["managedFields"]
        yield pod


def _status(scribe: Scribe, image: str, machine: int) -> Json:
    address = scribe.address(POD_NETWORK)
    state = {
        "name": "app",
        "containerID": f"containerd://{scribe.rng.getrandbits(256):064x}",
        "image": image,
        "imageID": f"{image.rpartition(':')[0]}@sha256:{'5f2b' * 16}",
        "lastState": {},
        "ready": True,
        "restartCount": int(scribe.rng.random() ** 8 * 12),
        "started": True,
        "state": {"running": {"startedAt": CREATED}},
    }
    conditions = ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    host = f"172.16.{machine // 250}.{machine % 250}"
    return {
        "conditions": [condition(kind, "True") for kind in conditions],
        "containerStatuses": [state],
        "hostIP": host,
        "hostIPs": [{"ip": host}],
        "phase": "Running",
        "podIP": address,
        "podIPs": [{"ip": address}],
        "qosClass": "Burstable",
        "startTime": CREATED,
    }


def _toleration(why: str) -> Json:
    key = f"node.kubernetes.io/{why}"
    return {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}

"""From manifests to the pods that a cluster would run for them, as far as a scan looks at pods."""

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

RESTARTS = {"tax": 4, "inventory": 2, "search-canary": 1}
"""Of each pod of these."""


def running_pods(documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Pods, and the ReplicaSets between them and their Deployments."""
    known = list(documents)
    nodes = [d["metadata"]["name"] for d in known if d["kind"] == "Node"]
    place = itertools.count(2)
    for controller in known:
        kind, meta, spec = controller["kind"], controller["metadata"], controller.get("spec", {})
        name, owner = meta["name"], (kind, meta["name"])
        if kind == "Deployment":
            owner = ("ReplicaSet", f"{name}-{_letters(name, 10)}")
            yield _owned("apps/v1", *owner, meta["namespace"], (kind, name))
            suffixes = [_letters(f"{name} {n}", 5) for n in range(spec["replicas"])]
            pods = [f"{owner[1]}-{suffix}" for suffix in suffixes]
        elif kind == "StatefulSet":
            pods = [f"{name}-{n}" for n in range(spec["replicas"])]
        elif kind == "DaemonSet":
            pods = [f"{name}-{_letters(f'{name} {node}', 5)}" for node in nodes]
        else:
            continue
        for pod in pods:
            number = next(place)
            yield {
                **_owned("v1", "Pod", pod, meta["namespace"], owner),
                "spec": {**spec["template"]["spec"], "nodeName": nodes[number % len(nodes)]},
                "status": {
                    "phase": "Running",
                    "podIP": f"10.42.{number % len(nodes)}.{number}",
                    "containerStatuses": [
                        {
                            "name": name,
                            "ready": True,
                            "restartCount": RESTARTS.get(name, 0),
                            "state": {"running": {}},
                        }
                    ],
                },
            }


def _owned(
    api_version: str, kind: str, name: str, namespace: str, owner: tuple[str, str]
) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": owner[0], "name": owner[1], "controller": True}
    meta = {"name": name, "namespace": namespace, "ownerReferences": [reference]}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta}


def _letters(seed: str, count: int) -> str:
    """Letters and digits as Kubernetes puts them behind names; the same for the same seed."""
    alphabet = "bcdfghjklmnpqrstvwxz2456789"
    digest = hashlib.sha256(seed.encode()).digest()
    return "".join(alphabet[byte % len(alphabet)] for byte in digest[:count])

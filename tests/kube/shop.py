"""A small cluster that both the double and the real server hold."""

from typing import Any

from tests.kube.server import Rights

USERS = {
    "blind": Rights(but=("networkpolicies",)),
    "dev": Rights(namespaces=("shop",)),
    "nobody": Rights(namespaces=()),
}
"""Beside the admin, who may do everything."""

CONFIG_MAPS = 230
"""More than two first pages, and large enough that a page of them is compressed."""


def document(
    kind: str, name: str, namespace: str | None = None, *, api: str = "v1", **rest: Any
) -> dict[str, Any]:
    """An object as `kubectl get -o json` prints it."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    metadata |= rest.pop("metadata", {})
    return {"apiVersion": api, "kind": kind, "metadata": metadata, **rest}


def _template(name: str) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": name, "image": f"registry.example/{name}:1"}]},
    }


def deployment(name: str, namespace: str) -> dict[str, Any]:
    selector = {"matchLabels": {"app": name}}
    spec = {"replicas": 1, "selector": selector, "template": _template(name)}
    return document("Deployment", name, namespace, api="apps/v1", spec=spec)


def replica_set(name: str, namespace: str) -> dict[str, Any]:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name, "controller": True}
    return document(
        "ReplicaSet",
        f"{name}-5d4f",
        namespace,
        api="apps/v1",
        metadata={"ownerReferences": [{**owner, "uid": "0b1c"}], "labels": {"app": name}},
        spec={
            "replicas": 1,
            "selector": {"matchLabels": {"app": name}},
            "template": _template(name),
        },
    )


def pod(name: str, namespace: str, owner: str | None = None) -> dict[str, Any]:
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": owner, "controller": True}
    template = _template(name)
    owners = {"ownerReferences": [{**reference, "uid": "0b1d"}]} if owner else {}
    started = "2026-01-05T09:00:05Z"
    container = {
        "name": name,
        "image": f"registry.example/{name}:1",
        "imageID": "",
        "ready": True,
        "restartCount": 3,
        "state": {"running": {"startedAt": started}},
    }
    status = {
        "phase": "Running",
        "podIP": "10.1.0.7",
        "podIPs": [{"ip": "10.1.0.7"}],
        "conditions": [{"type": "Ready", "status": "True"}],
        "containerStatuses": [container],
    }
    spec = {**template["spec"], "nodeName": "node-1"}
    metadata = {**template["metadata"], **owners}
    return document("Pod", name, namespace, metadata=metadata, spec=spec, status=status)


def service(name: str, namespace: str) -> dict[str, Any]:
    spec = {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}
    return document("Service", name, namespace, spec=spec)


def network_policy(name: str, namespace: str) -> dict[str, Any]:
    spec = {"podSelector": {}, "policyTypes": ["Ingress"]}
    return document("NetworkPolicy", name, namespace, api="networking.k8s.io/v1", spec=spec)


def rollout_definition() -> dict[str, Any]:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1alpha1", "served": True, "storage": True}
    return document(
        "CustomResourceDefinition",
        "rollouts.argoproj.io",
        api="apiextensions.k8s.io/v1",
        spec={
            "group": "argoproj.io",
            "scope": "Namespaced",
            "names": {"plural": "rollouts", "singular": "rollout", "kind": "Rollout"},
            "versions": [{**version, "schema": {"openAPIV3Schema": anything}}],
        },
    )


def rollout(name: str, namespace: str) -> dict[str, Any]:
    spec = {"replicas": 2, "template": _template(name)}
    return document("Rollout", name, namespace, api="argoproj.io/v1alpha1", spec=spec)


OBJECTS: tuple[dict[str, Any], ...] = (
    document("Namespace", "billing"),
    document("Namespace", "shop"),
    rollout_definition(),
    service("cart", "shop"),
    service("ledger", "billing"),
    deployment("cart", "shop"),
    replica_set("cart", "shop"),
    pod("cart-5d4f-x1", "shop", owner="cart-5d4f"),
    pod("lonely", "billing"),
    rollout("ledger", "billing"),
    document(
        "NetworkPolicy", "closed", "shop", api="networking.k8s.io/v1", spec={"podSelector": {}}
    ),
    document("Secret", "password", "shop", data={"password": "aHVzaA=="}),
    *(
        document("ConfigMap", f"settings-{i:03}", "shop", data={"text": "x" * 1800})
        for i in range(CONFIG_MAPS)
    ),
)

"""What every object has: identity, version, labels and the managedFields of two managers."""

import uuid
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

Json = dict[str, Any]

CREATED = "2026-01-05T09:00:00Z"
CHANGED = "2026-02-11T14:30:00Z"

_METADATA = ("labels", "annotations", "ownerReferences")


class Scribe:
    """Writes objects one after the other, so that equal seeds give equal objects."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(f"objects {seed}")
        self._versions = count(1_000_001)
        self._addresses = count(1)

    def object(
        self,
        api: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        managed: list[Json] | None = None,
        **body: Any,
    ) -> Json:
        """An object that Helm wrote and a controller reports on.

        `managed` are the managedFields of an object of the same shape, which are costly to derive.
        """
        metadata: Json = {
            "name": name,
            **({"namespace": namespace} if namespace else {}),
            "uid": str(uuid.UUID(int=self.rng.getrandbits(128))),
            "resourceVersion": str(next(self._versions)),
            "creationTimestamp": CREATED,
        }
        owned = {key: body.pop(key) for key in _METADATA if key in body}
        metadata |= {key: value for key, value in owned.items() if value}
        metadata["managedFields"] = managed or _managers(api, {"metadata": owned, **body})
        return {"apiVersion": api, "kind": kind, "metadata": metadata, **body}

    def address(self, network: int) -> str:
        """An address that no other object has, in 10.`network`.0.0 or one of the next networks."""
        number = next(self._addresses)
        return f"10.{network + number // 65_025}.{number // 255 % 255}.{number % 255 + 1}"


def owner(document: Json) -> Json:
    """The reference that an object has to its controller."""
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "name": document["metadata"]["name"],
        "uid": document["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def condition(kind: str, status: str) -> Json:
    """An entry of `status.conditions`."""
    times = {"lastProbeTime": None, "lastTransitionTime": CREATED}
    return {"type": kind, "status": status, **times}


def binding(scribe: Scribe, name: str, namespace: str | None) -> Json:
    """A RoleBinding, or a ClusterRoleBinding where there is no namespace."""
    group = "rbac.authorization.k8s.io"
    subject = {"kind": "ServiceAccount", "name": name, "namespace": namespace or "kube-system"}
    role = {"apiGroup": group, "kind": "ClusterRole", "name": "view" if namespace else "edit"}
    kind = "RoleBinding" if namespace else "ClusterRoleBinding"
    return scribe.object(f"{group}/v1", kind, name, namespace, roleRef=role, subjects=[subject])


def _managers(api: str, document: Json) -> list[Json]:
    """One who wrote the object, and one who reports its state or touched it later.

    https://kubernetes.io/docs/reference/using-api/server-side-apply/#field-management
    """
    status = document.pop("status", None)
    entry = {"apiVersion": api, "operation": "Update", "fieldsType": "FieldsV1"}
    return [
        {**entry, "manager": "helm", "time": CREATED, "fieldsV1": _fields(document)},
        {
            **entry,
            "manager": "kube-controller-manager",
            "time": CHANGED,
            "fieldsV1": _fields({"status": status or {}}),
            **({"subresource": "status"} if status else {}),
        },
    ]


def _fields(value: object) -> Json:
    """The tree that managedFields have of an object; list items stand by their names."""
    if isinstance(value, dict):
        return {f"f:{key}": _fields(child) for key, child in value.items()}
    return dict(_entries(value)) if isinstance(value, list) else {}


def _entries(items: list[Any]) -> Iterator[tuple[str, Json]]:
    for item in items:
        for key in ("name", "type"):
            if isinstance(item, dict) and key in item:
                yield f'k:{{"{key}":"{item[key]}"}}', {".": {}, **_fields(item)}
                break

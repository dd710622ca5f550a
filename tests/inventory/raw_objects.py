"""Objects as the API sends them, with much that must not be kept."""

import json
from collections.abc import Mapping
from typing import Any

from mesh_probe.inventory import Inventory
from mesh_probe.kinds import KINDS, Kind

Raw = dict[str, Any]


def kind(name: str, group: str | None = None) -> Kind:
    return next(k for k in KINDS if k.name == name and group in (None, k.group))


def meta(name: str, namespace: str | None = "shop", **more: Any) -> Raw:
    given: Raw = {"name": name, "uid": "u-1", "resourceVersion": "7", **more}
    return given if namespace is None else {"namespace": namespace, **given}


def owned_by(kind_name: str, name: str) -> list[Raw]:
    return [{"apiVersion": "x/v1", "kind": kind_name, "name": name, "uid": "u", "controller": True}]


def service(name: str, namespace: str = "shop", port: int = 80, **spec: Any) -> Raw:
    return {
        "metadata": meta(name, namespace),
        "spec": {
            "selector": {"app": name},
            "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": 8080}],
            **spec,
        },
    }


def env(**values: str) -> list[Raw]:
    return [{"name": name, "value": value} for name, value in values.items()]


def deployment(
    name: str, namespace: str = "shop", pod: Mapping[str, Any] | None = None, **container: Any
) -> Raw:
    return {
        "metadata": meta(name, namespace),
        "spec": {
            "replicas": 2,
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", **container}], **(pod or {})},
            },
        },
    }


def config_map(name: str, namespace: str = "shop", **data: str) -> Raw:
    return {
        "metadata": meta(name, namespace),
        "data": {k.replace("__", "."): v for k, v in data.items()},
    }


def page(kind_name: str, *items: Any, **list_meta: Any) -> bytes:
    body = {"kind": f"{kind_name}List", "apiVersion": "v1", "metadata": list_meta, "items": items}
    return json.dumps(body).encode()


COLUMNS = ("Name", "Ready", "Status", "Restarts", "Age", "IP", "Node", "Nominated Node")


def table(*rows: tuple[Raw, tuple[Any, ...]]) -> bytes:
    body = {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {},
        "columnDefinitions": [{"name": name, "type": "string"} for name in COLUMNS],
        "rows": [
            {"cells": cells, "object": {"kind": "PartialObjectMetadata", "metadata": pod}}
            for pod, cells in rows
        ],
    }
    return json.dumps(body).encode()


def filled(pages: Mapping[str, list[Raw]], **limits: frozenset[str]) -> Inventory:
    """An inventory with a page of each of these kinds, in the order of `KINDS`."""
    inventory = Inventory(**limits)
    for each in KINDS:
        if items := pages.get(each.name):
            inventory.add_page(each, page(each.name, *items))
            inventory.mark(each, "read")
    return inventory

"""The namespace of documents that name none, where their release tells.

`helm template -n shop` writes the namespace only where a chart's author did. A release is installed
into one namespace, so what belongs to it is where its other objects are.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# https://helm.sh/docs/chart_best_practices/labels/
_RELEASE_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/part-of", "release")


def settle(documents: Iterable[dict[str, Any]]) -> None:
    """Put into each document without a namespace that of its release, if there is exactly one.

    `documents` are objects of kinds that live in namespaces; they are changed in place.
    """
    homeless: list[tuple[dict[str, Any], set[str]]] = []
    homes: dict[str, set[str]] = defaultdict(set)
    for document in documents:
        meta = document.get("metadata")
        if not isinstance(meta, dict):
            continue
        namespace, releases = meta.get("namespace"), set(_releases(meta))
        if not namespace:
            homeless.append((meta, releases))
        elif isinstance(namespace, str):
            for release in releases:
                homes[release].add(namespace)
    for meta, releases in homeless:
        found: set[str] = set().union(*(homes.get(release, ()) for release in releases))
        if len(found) == 1:
            meta["namespace"] = found.pop()


def _releases(meta: Mapping[str, Any]) -> Iterator[str]:
    """The system it is a part of; charts name it with any of these labels."""
    labels = meta.get("labels")
    if not isinstance(labels, dict):
        return
    for key in _RELEASE_LABELS:
        value = labels.get(key)
        if isinstance(value, str) and value:
            yield value

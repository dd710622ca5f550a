"""Objects of which only the fields named in `kinds.KINDS` are kept."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import msgspec

from mesh_probe.inventory import published, raw
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.model import Fact, Outline

_LONGEST_VALUE = 512

_CREATED = "metadata.creationTimestamp"

# Decoding stops at the first name of every path that is kept, and skips the rest of the object.
_TOP_LEVEL = {
    path.partition(".")[0].removesuffix("[]")
    for kind in KINDS
    for path in kind.keep
    if path != _CREATED
}
_FIELDS = [(name, Any, None) for name in sorted(_TOP_LEVEL)]


class Item(msgspec.defstruct("_Item", _FIELDS, bases=(raw.Object,), gc=False), raw.Object):  # type: ignore[misc]
    """An object with the parts that rows of `kinds.KINDS` keep something of."""


def outline(item: raw.Object, kind: Kind) -> Outline:
    """What is kept of an object of this kind; its facts in the order of the paths."""
    meta = item.metadata
    return Outline(
        kind=kind.name,
        group=kind.group,
        namespace=(meta.namespace or "") if kind.namespaced else None,
        name=meta.name,
        labels=published.labels(meta.labels, frozenset()),
        annotations=published.annotations(meta.annotations),
        facts=tuple(fact for path in kind.keep for fact in _facts(item, path)),
    )


def _facts(item: raw.Object, path: str) -> Iterator[Fact]:
    if path == _CREATED:
        if item.metadata.creation_timestamp:
            yield Fact(path, item.metadata.creation_timestamp)
        return
    first, *steps = _steps(path)
    yield from _walk(getattr(item, first, None), first, steps, 0)


def _walk(value: Any, path: str, steps: Sequence[str], at: int) -> Iterator[Fact]:
    """Follows the steps from one on; what is not of the expected shape is not there."""
    if value is None:
        return
    if at == len(steps):
        # An empty rule lets everything through, so that one is there tells something by itself.
        listed = isinstance(value, dict) and path.endswith("]")
        if (kept := True if listed else _scalar(value)) is not None:
            yield Fact(path, kept)
        return
    step = steps[at]
    if step == "[]":
        for position, child in enumerate(value if isinstance(value, list) else ()):
            yield from _walk(child, f"{path}[{position}]", steps, at + 1)
    elif isinstance(value, dict):
        for name in sorted(map(str, value)) if step == "*" else (step,):
            yield from _walk(value.get(name), f"{path}.{name}", steps, at + 1)


def _scalar(value: Any) -> str | float | bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    return value if isinstance(value, str) and len(value) <= _LONGEST_VALUE else None


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(
        step
        for part in path.split(".")
        for step in ((part.removesuffix("[]"), "[]") if part.endswith("[]") else (part,))
    )

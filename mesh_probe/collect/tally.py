"""How the reading of a kind goes, and what is missing of it in the end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from mesh_probe.collect.crew import CutShort
from mesh_probe.collect.refusal import Refused
from mesh_probe.kinds import Kind
from mesh_probe.model import Gap
from mesh_probe.text import message

NAMED_NAMESPACES = 5
"""Namespaces that a gap names before it only hints at more."""


@dataclass
class Tally:
    """The state of a kind over all its lists."""

    open_count: int = 0
    read_count: int = 0
    object_count: int = 0
    served: bool = True
    two_versions: bool = False
    reasons: list[tuple[str | None, Refused]] = field(default_factory=list)
    """Why something is missing, with the namespace that was asked for."""

    @property
    def state(self) -> Literal["read", "partial", "not-served", "unreadable"]:
        """How far the kind could be seen, as `KindRead` has it."""
        if not self.served:
            return "not-served"
        if self.read_count and not self.open_count and not self.reasons:
            return "read"
        return "partial" if self.read_count or self.object_count else "unreadable"


def only(namespace: str | None, refused: Refused) -> Refused:
    """The refusal of a list of all namespaces, where that of one was allowed."""
    said = message("gap.only-namespace", namespace=namespace, detail=refused.detail)
    return Refused(refused.status, refused.detail, said, refused.hint)


def gaps(kind: Kind, tally: Tally, cut: CutShort | None) -> Iterator[Gap]:
    """What is missing of a kind: one gap per reason, whatever the number of namespaces."""
    if not tally.served:
        if not kind.optional:
            yield Gap(kind.name, message("gap.not-served"))
        return
    if tally.two_versions:
        yield Gap(kind.name, message("gap.two-versions"))
    by_reason: dict[str, list[tuple[str | None, Refused]]] = {}
    # Not in the order of arrival: equal clusters give equal gaps.
    for namespace, refused in sorted(tally.reasons, key=lambda reason: reason[0] or ""):
        by_reason.setdefault(refused.said.id, []).append((namespace, refused))
    for reasons in by_reason.values():
        first = reasons[0][1]
        subject = _subject(kind, (namespace for namespace, _ in reasons if namespace))
        yield Gap(subject, first.said, first.hint)
    if cut and tally.state != "read" and (tally.open_count or not tally.reasons):
        yield Gap(kind.name, cut.said, cut.hint)


def _subject(kind: Kind, namespaces: Iterable[str]) -> str:
    names = sorted(namespaces)
    if not names:
        return kind.name
    more = ", …" if len(names) > NAMED_NAMESPACES else ""
    return f"{kind.name} ({', '.join(names[:NAMED_NAMESPACES])}{more})"

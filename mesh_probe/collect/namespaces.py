"""What to say of a namespace that was asked for and is not there."""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec

from mesh_probe.collect.crew import Answer
from mesh_probe.collect.refusal import BROKEN, Refused
from mesh_probe.model import Gap
from mesh_probe.text import Message, listed, message


class _Metadata(msgspec.Struct):
    name: str


class _Item(msgspec.Struct):
    metadata: _Metadata


class _List(msgspec.Struct):
    items: list[_Item]


def names_in(answer: Answer) -> list[str]:
    """The names in a list of an API server; none where it told none."""
    if isinstance(answer, Refused):
        return []
    try:
        return [item.metadata.name for item in msgspec.json.decode(answer, type=_List).items]
    except BROKEN:
        return []


def missing(name: str, known: Iterable[str]) -> Gap:
    """The gap of a namespace that is none of the known ones."""
    reason = message("gap.no-such-namespace", namespace=name)
    return Gap(f"Namespace {name}", reason, meant([name], known))


def meant(names: Iterable[str], known: Iterable[str]) -> Message:
    """The hint: what is written nearly like these names, where there is such a thing."""
    there = sorted(known)
    alike = dict.fromkeys(match for name in names for match in get_close_matches(name, there))
    return message("hint.meant", names=listed(alike)) if alike else _CHECK


_CHECK = message("hint.no-such-namespace")

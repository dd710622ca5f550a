"""Objects kept in outline.

Paths stay as `kinds.KINDS` has them, values where the API defines them or they are figures.
"""

import re

from msgspec.structs import replace

from mesh_probe.kinds import KINDS
from mesh_probe.mesh import GROUPS as MESH_GROUPS
from mesh_probe.model import Fact, Outline
from mesh_probe.pseudonyms import public
from mesh_probe.pseudonyms.words import Words, is_figure

_INDEX = re.compile(r"\[\d+\]")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
_LABELS = ".matchLabels."


def outline(item: Outline, words: Words) -> Outline:
    """The object with pseudonyms for names."""
    defines = item.kind == "CustomResourceDefinition"
    return replace(
        item,
        kind=words.known(item.kind, public.KINDS_KNOWN),
        group=words.known(item.group, public.GROUPS),
        namespace=None if item.namespace is None else words.name(item.namespace),
        name=_definition(item.name, words) if defines else words.name(item.name),
        labels=words.marks(item.labels),
        annotations=words.marks(item.annotations),
        facts=tuple(_fact(item, fact, words) for fact in item.facts),
    )


def _definition(name: str, words: Words) -> str:
    """The name of a resource definition; whose mesh it belongs to is no secret."""
    if name in public.DEFINITIONS:
        return name
    group = name.partition(".")[2]
    mesh = next((m for m in MESH_GROUPS if group == m or group.endswith(f".{m}")), "")
    return words.name(name.removesuffix(mesh)) + mesh


def _fact(item: Outline, fact: Fact, words: Words) -> Fact:
    value = fact.value
    if isinstance(value, str):
        value = _value(_INDEX.sub("[]", fact.path), value, words)
    return replace(fact, path=_path(item, fact.path, words), value=value)


def _value(path: str, value: str, words: Words) -> str:
    _, found, label = path.partition(_LABELS)
    if found:
        return words.mark(label, value)
    if path == "metadata.creationTimestamp":
        return value if _TIME.fullmatch(value) else words.name(value)
    if path == "roleRef.name":
        return words.role(value)
    if path == "subjects[].name":
        return words.holder(value)
    field = path.removesuffix("[]").rpartition(".")[2]
    plain = value in public.FACT_VALUES or value in public.KINDS_KNOWN or is_figure(value)
    return value if plain and field not in public.FACT_NAMES else words.name(value)


def _path(item: Outline, path: str, words: Words) -> str:
    """What stands in place of a "*" may be a name; a path that is not kept is one."""
    for kept in (p for k in KINDS if (k.name, k.group) == (item.kind, item.group) for p in k.keep):
        pattern = re.escape(kept).replace(r"\[\]", r"\[\d+\]").replace(r"\*", "(.+)")
        if found := re.fullmatch(pattern, path):
            return _with_fields(found, words)
    return words.name(path)


def _with_fields(found: re.Match[str], words: Words) -> str:
    text, end = "", 0
    for group in range(1, found.re.groups + 1):
        text += found.string[end : found.start(group)]
        text += words.known(found[group], public.FIELDS | public.MARK_KEYS)
        end = found.end(group)
    return text + found.string[end:]

"""Texts that are documents themselves: the values inside JSON, YAML, properties and INI.

Configuration files stand in ConfigMaps as strings. Their values are found under key paths, such as
"spring.datasource.url", list positions left out: "servers[].host".
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any

from mesh_probe import documents

LARGEST_PATH_COUNT = 5_000
"""Values of one text that are read one by one."""

_YAML_NAME = re.compile(r"\.ya?ml$", re.IGNORECASE)
_JSON_NAME = re.compile(r"\.json$", re.IGNORECASE)
_LINES_NAME = re.compile(r"\.(?:properties|env|ini|cnf|toml)$|^\.?env$", re.IGNORECASE)
_ASSIGNMENT = re.compile(
    r"[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.\-\[\]]{0,120})[ \t]*(?:=(?!=)|:(?=[ \t]))[ \t]*(.*)"
)
_EQUALS = re.compile(r"[ \t]*(?:export[ \t]+)?[A-Za-z_][\w.\-\[\]]{0,120}[ \t]*=(?!=*$).*")
_SECTION = re.compile(r"[ \t]*\[{1,2}([\w.\-:]{1,80})\]{1,2}[ \t]*$")
_CONTINUATION = re.compile(r"\\\r?\n[ \t]*")
# Java's properties write "http\\://cart".
_ESCAPED = re.compile(r"\\([:=#!])")
_COMMENT = re.compile(r"[ \t]*(?:#|//|;|!|<!--)")
_MAPPING = re.compile(r"(?:- )?[A-Za-z_][\w.\-]{0,80}:(?: |$)")
_SEGMENT = re.compile(r"[A-Za-z_][\w./-]{0,79}")
_DEEPEST = 40
_LONGEST_REMEMBERED = 8_192
_TELLING_LINES = 100
"""Lines at the beginning by which a text is known for what it is."""

Scalar = str | float | bool
Scope = Mapping[str, Scalar]
"""Key paths and values of one mapping; the values of a list stand alone."""


def scopes(name: str, text: str) -> tuple[Scope, ...] | None:
    """The mappings inside a text that is called `name`; None when it is no document.

    At most `LARGEST_PATH_COUNT` values; they are not to be changed.
    """
    # The same files stand in many namespaces.
    return _repeated(name, text) if len(text) <= _LONGEST_REMEMBERED else _scopes(name, text)


def _scopes(name: str, text: str) -> tuple[Scope, ...] | None:
    if text.startswith("-----BEGIN "):
        return None
    if "\n" not in text and "." not in name and text.lstrip()[:1] not in ("{", "["):
        return None
    if _is_structured(name, text):
        document = _document(name, text)
        if _is_dashboard(document):
            return ()
        if isinstance(document, dict | list):
            return tuple(_bounded(_walk(document, "", 0)))
    if _is_lines(name, text):
        return tuple(_bounded(iter([_assignments(text)])))
    return None


@lru_cache(maxsize=512)
def _repeated(name: str, text: str) -> tuple[Scope, ...] | None:
    return _scopes(name, text)


def without_comments(text: str) -> str:
    """The text without whole-line comments: what they name is often a documentation page."""
    if "\n" not in text:
        return text
    return "\n".join(line for line in text.splitlines() if not _COMMENT.match(line))


def _said(text: str) -> Iterator[str]:
    """The lines that are not blank and no comments."""
    return (line for line in text.splitlines() if line.strip() and not _COMMENT.match(line))


def _is_structured(name: str, text: str) -> bool:
    start = text.lstrip()[:1]
    if start in ("{", "[") or _YAML_NAME.search(name) or _JSON_NAME.search(name):
        return not _SECTION.match(text.lstrip().partition("\n")[0])
    if "\n" not in text.strip() or _LINES_NAME.search(name):
        return False
    lines = islice(_said(text), _TELLING_LINES)
    at_top = [line for line in lines if not line[0].isspace() and not line.startswith("---")]
    return bool(at_top) and all(_MAPPING.match(line) or line.startswith("- ") for line in at_top)


def _is_dashboard(document: Any) -> bool:
    """Whether it is a dashboard of Grafana's, which names what is shown and calls nobody.

    https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/
    """
    return isinstance(document, dict) and {"panels", "schemaVersion"} <= document.keys()


def _document(name: str, text: str) -> Any:
    try:
        if text.lstrip()[:1] in ("{", "[") and not _YAML_NAME.search(name):
            return documents.parse_json(text)
        return documents.parse_yaml(text)
    except documents.UnreadableError:
        return None


def _walk(value: Any, path: str, depth: int) -> Iterator[Scope]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        at_hand: dict[str, Scalar] = {}
        for key, child in value.items():
            if key == "$schema":  # the name of a vocabulary
                continue
            said = key if isinstance(key, str) and _SEGMENT.fullmatch(key) else "*"
            below = f"{path}.{said}" if path else said
            if isinstance(child, dict | list):
                yield from _walk(child, below, depth + 1)
            elif child is not None:
                at_hand[below] = child
        if at_hand:
            yield at_hand
    elif isinstance(value, list):
        for child in value:
            yield from _walk(child, f"{path}[]", depth + 1)
    elif value is not None:
        yield {path: value}


def _is_lines(name: str, text: str) -> bool:
    if _LINES_NAME.search(name):
        return True
    lines = list(islice(_said(text), _TELLING_LINES))
    fitting = sum(1 for line in lines if _EQUALS.match(line) or _SECTION.match(line))
    return len(lines) > 1 and fitting * 10 >= len(lines) * 8


def _assignments(text: str) -> Scope:
    section = ""
    values: dict[str, Scalar] = {}
    in_key = False
    for line in _CONTINUATION.sub("", text).splitlines():
        # Lines of a key or certificate may end in "=" and look like assignments.
        if "-----BEGIN " in line or "-----END " in line:
            in_key = "-----BEGIN " in line
        if in_key or _COMMENT.match(line):
            continue
        if found := _SECTION.match(line):
            section = found[1] + "."
        elif found := _ASSIGNMENT.match(line):
            value = found[2].strip().strip("\"'")
            values[section + found[1]] = _ESCAPED.sub(r"\1", value)
    return values


def _bounded(found: Iterator[Scope]) -> Iterator[Scope]:
    count = 0
    for scope in found:
        count += len(scope)
        if count > LARGEST_PATH_COUNT:
            yield dict(list(scope.items())[: LARGEST_PATH_COUNT - (count - len(scope))])
            return
        yield scope

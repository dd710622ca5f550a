"""YAML and JSON texts to plain values, the way kubectl reads them, and safely.

No tag makes an object, a time stays the string that it is, and a document whose aliases would blow
it up is refused. PyYAML is used in this file only.
"""

import contextlib
import gc
import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import yaml

LARGEST_VALUE_COUNT = 2_000_000
"""Values in one document, aliases written out."""

_DEEPEST = 100


class UnreadableError(ValueError):
    """A text is no document; `problem` never quotes it, `line` counts from 1."""

    def __init__(self, problem: str, line: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line


class _Loader(yaml.CSafeLoader):
    """Plain values as sigs.k8s.io/yaml (kubectl) has them: YAML 1.1 without times and base 60."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    (
        "bool",
        r"yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF",
        list("yYnNtTfFoO"),
    ),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        list("-+0123456789."),
    ),
    ("int", r"[-+]?(?:0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]+|[1-9][0-9_]*|0)", list("-+0123456789")),
    ("merge", r"<<", ["<"]),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )


def _unknown_tag(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    """What stands behind a tag we do not know, without the tag."""
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return str(node.value)


_Loader.add_multi_constructor("", _unknown_tag)


def parse_yaml(text: str) -> Any:
    """The value of one YAML document, None when it is empty. Raises: UnreadableError."""
    try:
        with _no_collection():
            value = yaml.load(text, Loader=_Loader)  # noqa: S506  # built on CSafeLoader
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        raise UnreadableError(_problem(err), mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError, OverflowError) as err:
        raise UnreadableError(type(err).__name__) from None
    except RecursionError:
        raise UnreadableError("nested too deeply") from None
    _check_size(value)
    return value


def parse_json(text: str) -> tuple[Any, ...]:
    """The values of one JSON text, or of several written one after another.

    Raises: UnreadableError.
    """
    with _no_collection():
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            return (msgspec.json.decode(text),)
        return tuple(_each_json(text))


def _each_json(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    at = 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at == len(text):
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as err:
            raise UnreadableError(err.msg, err.lineno) from None
        except (RecursionError, ValueError):
            raise UnreadableError("nested too deeply", text.count("\n", 0, at) + 1) from None
        yield value


def _problem(err: yaml.MarkedYAMLError) -> str:
    """Only the fixed words of libyaml; other errors quote what they trip over."""
    if isinstance(err, yaml.scanner.ScannerError | yaml.parser.ParserError) and err.problem:
        return err.problem
    return "not valid YAML"


def _check_size(value: Any) -> None:
    """Refuses what aliases repeat without end. Linear in the text, not in what it expands to."""
    sizes: dict[int, int] = {}
    if _size(value, sizes, 0) > LARGEST_VALUE_COUNT:
        raise UnreadableError("aliases expand to too many values")


def _size(value: Any, sizes: dict[int, int], depth: int) -> int:
    if isinstance(value, dict):
        children: Any = value.values()
    elif isinstance(value, list):
        children = value
    else:
        return 1
    if depth > _DEEPEST:
        raise UnreadableError("nested too deeply")
    known = sizes.get(id(value))
    if known is not None:
        return known
    sizes[id(value)] = LARGEST_VALUE_COUNT + 1  # an alias to a part that it stands in never ends
    total = 1
    for child in children:
        total += _size(child, sizes, depth + 1)
    sizes[id(value)] = total
    return total


@contextlib.contextmanager
def _no_collection() -> Iterator[None]:
    """Decoding makes objects and no garbage; collecting meanwhile costs several times as much."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()

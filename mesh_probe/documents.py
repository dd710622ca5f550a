"""YAML and JSON texts to plain values, the way kubectl reads them, and safely.

No tag makes an object, a time stays the string that it is, and a document whose aliases would blow
it up is refused. PyYAML is used in this file only.
"""

import contextlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import yaml

from mesh_probe.interpreter import no_collection

_SMALL = 1_000_000
_GREATEST_EXPANSION = 10
"""Above a million values aliases may not multiply a document more than this."""

_DEEPEST = 200
_SUSPICIOUS_DEPTH = 1_000

_SPACE = re.compile(r"\s*")
_BRACKET = re.compile(r"[\[\]{}]")
_NESTED_LINE = re.compile(r"(?:[-?:][ \t]+){500}|^[ ]{1000}", re.MULTILINE)
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_MARKER = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_CONTENT = re.compile(r"^(?!---\s*(?:#.*)?$|\.\.\.\s*$|%|\s*#|\s*$)", re.MULTILINE)


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


class _UniqueLoader(_Loader):
    """The same, but a key that is given twice is an error: the later would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = set()
        for key, _ in node.value:
            if key.value in seen:
                raise UnreadableError("a key is given twice", key.start_mark.line + 1)
            seen.add(key.value)
        return dict(super().construct_mapping(node, deep))


def parse_yaml(text: str, *, unique_keys: bool = False) -> Any:
    """The value of one YAML document, None when it is empty. Raises: UnreadableError."""
    try:
        _check_depth(text)
        with no_collection():
            loader = _UniqueLoader if unique_keys else _Loader
            value = yaml.load(text, Loader=loader)  # noqa: S506  # built on CSafeLoader
    except UnreadableError:
        raise
    except yaml.MarkedYAMLError as err:
        mark = err.problem_mark or err.context_mark
        raise UnreadableError(_problem(err), mark.line + 1 if mark else None) from None
    except yaml.reader.ReaderError:
        raise UnreadableError("a character that YAML does not allow") from None
    except (yaml.YAMLError, ValueError, OverflowError, TypeError, LookupError, AttributeError):
        raise UnreadableError("not valid YAML") from None
    except RecursionError:
        raise UnreadableError("nested too deeply") from None
    if "*" in text and "&" in text:
        _check_size(value)
    return value


Lines = Mapping[tuple[str, ...], int]
"""Line numbers, from 1, by the keys and places in lists that lead to a value."""


def lines_of(text: str) -> Lines:
    """Where each key and list entry of a document stands that `parse_yaml` can read."""
    lines: dict[tuple[str, ...], int] = {}
    seen: set[int] = set()

    def walk(node: yaml.Node, at: tuple[str, ...]) -> None:
        if id(node) in seen:  # an alias: where it was written is enough
            return
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                inner = (*at, str(key.value))
                lines[inner] = key.start_mark.line + 1
                walk(value, inner)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                inner = (*at, str(number))
                lines[inner] = value.start_mark.line + 1
                walk(value, inner)

    if (top := yaml.compose(text, Loader=_Loader)) is not None:
        walk(top, ())
    return lines


class Document(msgspec.Struct, frozen=True):
    """One document of a text: its value, or why it has none."""

    number: int
    """From 1, in the order of the text; empty documents have no number."""
    line: int
    """Where it begins, or where reading it failed, from 1."""
    value: Any = None
    problem: str | None = None
    text: str = ""
    """As it was written, for a document that could not be read."""


def each(text: str) -> Iterator[Document]:
    """The documents of a YAML stream, of a JSON text, or of several JSON texts in a row.

    A YAML document that cannot be read does not take the others with it. Broken JSON ends the text.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in ("{", "["):
        found = tuple(_each_json(text))
        yaml_stream = found[-1].problem is not None and _MARKER.search(text)
        if found[0].problem is None and not yaml_stream:
            yield from found
            return
    number = 0
    for line, part in _parts(text):
        try:
            value = parse_yaml(part)
        except UnreadableError as err:
            number += 1
            at = line + (err.line or 1) - 1
            yield Document(number, at, problem=err.problem, text=part)
            continue
        if value is not None:
            number += 1
            yield Document(number, line, value)


def parse_json(text: str) -> Any:
    """The value of one JSON text. Raises: UnreadableError."""
    try:
        with no_collection():
            return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, ValueError):
        raise UnreadableError("not valid JSON") from None


def _each_json(text: str) -> Iterator[Document]:
    text = _spelt_out(text)
    with contextlib.suppress(UnreadableError):
        yield Document(1, 1, parse_json(text))
        return
    decoder = json.JSONDecoder()
    at, number = _SPACE.match(text, 0).end(), 0  # type: ignore[union-attr]  # it always matches
    with no_collection():
        while at < len(text):
            number += 1
            line = text.count("\n", 0, at) + 1
            try:
                value, at = decoder.raw_decode(text, at)
            except json.JSONDecodeError as err:
                yield Document(number, err.lineno, problem=err.msg, text=text[at:])
                return
            except (RecursionError, ValueError):
                yield Document(number, line, problem="not valid JSON", text=text[at:])
                return
            yield Document(number, line, value)
            at = _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _spelt_out(text: str) -> str:
    r"""JSON whose broken halves of characters, such as a lone `\ud800`, are plain text instead.

    They are no characters: nothing could be written out that holds one. Spelt out, two that differ
    still differ.
    """
    if not _HALF.search(text):
        return text
    return _ESCAPE.sub(lambda found: f"\\{found[0]}" if found["half"] else found[0], text)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """First line and text of each YAML document; those with nothing but comments are left out.

    A line that begins with "---" begins a document wherever it stands, also within a block of text.
    """
    begins = [0, *(found.start() for found in _MARKER.finditer(text) if found.start()), len(text)]
    line = 1
    for begin, end in itertools.pairwise(begins):
        part = text[begin:end]
        if _CONTENT.search(part):
            yield line, part
        line += part.count("\n")


def _check_depth(text: str) -> None:
    """Refuses what is nested so deeply that building it would overflow the stack of the process."""
    depth = deepest = 0
    for bracket in _BRACKET.finditer(text):
        depth += 1 if bracket[0] in "[{" else -1
        deepest = max(deepest, depth)
    # Brackets within strings are no nesting: only a suspicion is looked into.
    if deepest <= _SUSPICIOUS_DEPTH and not _NESTED_LINE.search(text):
        return
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _SUSPICIOUS_DEPTH:
                raise UnreadableError("nested too deeply")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _problem(err: yaml.MarkedYAMLError) -> str:
    """Only the fixed words of libyaml; other errors quote what they trip over."""
    if isinstance(err, yaml.scanner.ScannerError | yaml.parser.ParserError) and err.problem:
        return err.problem
    return "not valid YAML"


def _check_size(value: Any) -> None:
    """Refuses what aliases repeat without end; linear in the text, not in what it expands to."""
    sizes: dict[int, int] = {}
    expanded, written = _size(value, sizes, 0)
    if expanded > _SMALL and expanded > written * _GREATEST_EXPANSION:
        raise UnreadableError("aliases expand to too many values")


def _size(value: Any, sizes: dict[int, int], depth: int) -> tuple[int, int]:
    """How many values there are with all aliases written out, and how many are written."""
    if not isinstance(value, dict | list):
        return 1, 1
    if depth > _DEEPEST:
        raise UnreadableError("nested too deeply")
    if (known := sizes.get(id(value))) is not None:
        if not known:
            raise UnreadableError("an alias stands within what it repeats")
        return known, 1
    sizes[id(value)] = 0
    expanded = written = 1
    for child in value.values() if isinstance(value, dict) else value:
        more, new = _size(child, sizes, depth + 1)
        expanded += more
        written += new
    sizes[id(value)] = expanded
    return expanded, written

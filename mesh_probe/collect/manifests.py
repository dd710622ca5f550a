"""Manifest files to the inventory: YAML or JSON, files, folders or standard input.

What `kubectl get -o yaml|json` and `helm template` print is read as it is.
"""

import codecs
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any

from mesh_probe import documents
from mesh_probe.collect import releases
from mesh_probe.collect.at_once import in_time
from mesh_probe.collect.namespaces import missing
from mesh_probe.errors import FileError
from mesh_probe.inventory import Inventory, kind_of
from mesh_probe.kinds import KINDS
from mesh_probe.model import Gap, Noun
from mesh_probe.text import message

STDIN = "-"
NAMESPACE = KINDS[0]
DEFAULT_NAMESPACE = "default"
"""Where kubectl puts what names no namespace."""
_SUFFIXES = frozenset({".yaml", ".yml", ".json"})
_ORDER = {(kind.group, kind.name): place for place, kind in enumerate(KINDS)}
_DEEPEST_LIST = 4

# PowerShell writes UTF-16 when the output of kubectl is sent to a file.
_ENCODINGS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class ManifestRead(Noun):
    """What was found in manifest files besides what is now in the inventory."""

    file_count: int
    object_count: int
    """Objects of kinds that are read."""
    other_count: int
    """Documents of other kinds, Secrets among them, and what is no object at all."""
    gaps: tuple[Gap, ...] = ()
    """Documents and files that could not be read."""
    complete: bool = True
    """False when time ran out before all was read."""


class _Found(Noun):
    origin: str
    document: dict[str, Any]


class _Pile:
    """What was found so far. One thread adds to it, and another takes it when time is up."""

    def __init__(self) -> None:
        self.file_count = 0
        self.other_count = 0
        self.found: list[_Found] = []
        self.gaps: list[Gap] = []
        self.reading = ""
        """What is being read."""
        self.closed = False
        """Whether time is up, so that nothing is added any more."""

    def add_all(self, paths: Sequence[str], stdin: IO[bytes]) -> None:
        """Read everything. Raises: FileError."""
        for path in paths:
            self.reading = _shown(path)
            for name, data in _files(path, stdin, self.gaps):
                self.reading = name
                self.file_count += 1
                for item in _objects(name, data, self.gaps):
                    if self.closed:
                        return
                    if isinstance(item, _Found) and kind_of(item.document) is not None:
                        self.found.append(item)
                    else:
                        self.other_count += 1


def read(
    paths: Sequence[str],
    inventory: Inventory,
    stdin: IO[bytes],
    *,
    namespaces: Iterable[str] = (),
    deadline: float = math.inf,
) -> ManifestRead:
    """Read files, folders (all YAML and JSON files below) and "-" for standard input.

    Every kind ends marked as read or as not given. A pipe that stays silent is waited for until
    `deadline`, a reading of `time.monotonic`. A namespace that is asked for and does not occur is a
    gap.

    Raises: FileError for a path that is not there or cannot be read.
    """
    pile = _Pile()
    try:
        in_time(partial(pile.add_all, paths, stdin), deadline)
        complete = True
    except TimeoutError:
        complete, pile.closed = False, True
    found, gaps = sorted(pile.found, key=_place), list(pile.gaps)
    releases.settle(item.document for item in found if _is_namespaced(item))
    if not complete:
        gaps.append(Gap(pile.reading, message("gap.file-slow"), message("hint.file-slow")))
    if complete:
        occurring = set(filter(None, map(_namespace, found)))
        gaps += [missing(name, occurring) for name in namespaces if name not in occurring]
    for item in found:
        inventory.add(item.document, item.origin)
    given = {_place(item) for item in found}
    for place, kind in enumerate(KINDS):
        if complete:
            inventory.mark(kind, "read" if place in given else "not-given")
        else:
            inventory.mark(kind, "partial" if place in given else "unreadable")
    return ManifestRead(
        pile.file_count, len(found), pile.other_count, tuple(gaps), complete=complete
    )


def _place(found: _Found) -> int:
    """Kinds are added in the order of `KINDS`, as they are read from a cluster."""
    kind = kind_of(found.document)
    return _ORDER[kind.group, kind.name] if kind else len(_ORDER)


def _is_namespaced(found: _Found) -> bool:
    kind = kind_of(found.document)
    return kind is not None and kind.namespaced


def _namespace(found: _Found) -> str | None:
    """The namespace that an object is in, or is."""
    kind, meta = kind_of(found.document), found.document.get("metadata")
    named = meta if isinstance(meta, dict) else {}
    if kind == NAMESPACE:
        name = named.get("name")
    elif kind is not None and kind.namespaced:
        name = named.get("namespace") or DEFAULT_NAMESPACE
    else:
        name = None
    return name if isinstance(name, str) else None


def _files(given: str, stdin: IO[bytes], gaps: list[Gap]) -> Iterator[tuple[str, bytes]]:
    if given == STDIN:
        yield "stdin", stdin.read()
        return
    path = Path(given)
    if not path.is_dir():
        yield _shown(given), _bytes(path)
        return
    files = sorted(f for f in path.rglob("*") if f.suffix.lower() in _SUFFIXES and f.is_file())
    if not files:
        gaps.append(Gap(_shown(given), message("gap.no-manifests"), message("hint.no-manifests")))
    for file in files:
        name = _shown(str(file))
        try:
            yield name, _bytes(file)
        except FileError as err:
            gaps.append(Gap(name, err.said, err.hint))


def _shown(path: str) -> str:
    """A path as text: names of files are bytes, and some are no UTF-8."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as err:
        detail = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        raise FileError(
            message("error.file-unreadable", file=_shown(str(path)), detail=detail),
            message("hint.file-unreadable"),
        ) from err


def _objects(name: str, data: bytes, gaps: list[Gap]) -> Iterator[_Found | None]:
    """The objects of one file; None for a document that is none."""
    try:
        text = data.decode(next((e for bom, e in _ENCODINGS if data.startswith(bom)), "utf-8"))
    except UnicodeDecodeError:
        gaps.append(Gap(name, message("gap.file-encoding"), message("hint.file-encoding")))
        return
    for document in documents.each(text):
        origin = f"{name}, document {document.number}"
        if document.problem is not None:
            gaps.append(_unreadable(name, document))
        elif _is_template(document.value):
            gaps.append(_template(name, document))
        else:
            yield from _unlisted(document.value, origin, _DEEPEST_LIST)


def _unlisted(value: Any, origin: str, depth: int) -> Iterator[_Found | None]:
    """The objects in a value: itself, or the items of a list.

    The items of a "PodList" need not say that they are pods.
    """
    if isinstance(value, list) and depth:
        for item in value:
            yield from _unlisted(item, origin, depth - 1)
        return
    if not isinstance(value, dict):
        yield None
        return
    kind, items = value.get("kind"), value.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list) and depth:
        implied = {"apiVersion": value.get("apiVersion"), "kind": kind.removesuffix("List")}
        for item in items:
            if isinstance(item, dict):
                yield from _unlisted({**implied, **item}, origin, depth - 1)
            else:
                yield None
        return
    yield _Found(origin, value)


def _unreadable(name: str, document: documents.Document) -> Gap:
    if "{{" in document.text:
        return _template(name, document)
    return Gap(
        name,
        message(
            "gap.document-unreadable",
            number=document.number,
            line=document.line,
            detail=document.problem,
        ),
    )


def _template(name: str, document: documents.Document) -> Gap:
    return Gap(
        name,
        message("gap.document-template", number=document.number, line=document.line),
        message("hint.document-template"),
    )


def _is_template(value: Any) -> bool:
    """Whether what an object is called is still to be filled in. Values may well hold braces."""
    meta = value.get("metadata") if isinstance(value, Mapping) else None
    if not isinstance(meta, Mapping):
        return False
    return any("{{" in str(meta.get(key)) for key in ("name", "namespace"))

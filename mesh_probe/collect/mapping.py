"""The mapping file: rows for metrics that are the user's own (`--mapping`).

    sources:
      - source: shop-rpc
        requests: rpc_client_calls_total
        durations: rpc_client_seconds
        client: {workload: caller, namespace: caller_namespace}
        server: {service: callee, namespace: callee_namespace}
        status: {code: "5.."}

YAML or JSON. The fields are those of `mesh_probe.sources.row.Row`: the type of the rows that the
program's own table is made of.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mesh_probe.documents import Lines, UnreadableError, lines_of, parse_yaml
from mesh_probe.errors import FileError
from mesh_probe.model import Noun
from mesh_probe.source import Source
from mesh_probe.sources import SOURCES
from mesh_probe.sources.row import NAMING, Row, Side, words
from mesh_probe.sources.rows.reading import source_of
from mesh_probe.text import message

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.]*")
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_RE2 = re.compile(r"\(\?(=|!|<=|<!|P=|\()|\\[1-9]")
"""What Python's regular expressions have and Prometheus's have not."""
_GROUPS = frozenset({*NAMING, "route", "route_kind", "rule"})
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|\.\.\.)\]")

Place = tuple[str, ...]


class _Mapping(Noun, forbid_unknown_fields=True):
    sources: tuple[Row, ...]


class _Problem(Exception):  # noqa: N818  # it says what it is, and never leaves this file
    """What is wrong with a value, and where it stands."""

    def __init__(self, at: Place, what: str, **told: str) -> None:
        super().__init__(what)
        self.at, self.what, self.told = at, what, told


def read_mappings(paths: tuple[str, ...]) -> tuple[Source, ...]:
    """The sources that files describe, in their order; rows of one id are one source.

    Raises: FileError when one cannot be read, or a row of it could not work.
    """
    rows = [row for path in paths for row in _rows(Path(path))]
    by_source: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_source[row.source].append(row)
    return tuple(source_of(_told_apart(of_one)) for of_one in by_source.values())


def _told_apart(rows: list[Row]) -> list[Row]:
    """The rows of a source, each with a name of its own, so that answers are not mixed up."""
    if len({row.part for row in rows}) == len(rows):
        return rows
    return [
        msgspec.structs.replace(row, part=f"{row.part} {number}".strip())
        for number, row in enumerate(rows, start=1)
    ]


def _rows(path: Path) -> tuple[Row, ...]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        detail = getattr(err, "strerror", None) or str(err)
        said = message("error.unreadable", file=str(path), detail=detail)
        raise FileError(said, message("hint.mapping-file")) from err
    try:
        document = parse_yaml(text, unique_keys=True)
        lines = lines_of(text)
    except UnreadableError as err:
        said = message("error.mapping-syntax", file=str(path), line=err.line, detail=err.problem)
        raise FileError(said, message("hint.mapping-file")) from err
    try:
        rows = _decoded(document)
        for number, row in enumerate(rows):
            for problem in _problems(row):
                problem.at = ("sources", str(number), *problem.at)
                raise problem
    except _Problem as problem:
        raise _error(path, lines, problem) from None
    return rows


def _decoded(document: object) -> tuple[Row, ...]:
    """Raises: _Problem."""
    try:
        return msgspec.convert(document, _Mapping).sources
    except msgspec.ValidationError as err:
        detail, _, path = str(err).partition(" - at `$")
        steps = tuple(step[1] or step[2] for step in _STEP.finditer(path.rstrip("`")))
        if unknown := re.search(r"unknown field `(.*)`", detail):
            raise _Problem((*steps, unknown[1]), "key", value=unknown[1]) from None
        raise _Problem(steps, "value", detail=detail) from None


def _error(path: Path, lines: Lines, problem: _Problem) -> FileError:
    at = problem.at
    while at and at not in lines:
        at = at[:-1]
    where = ".".join(problem.at) or "/"
    said = message(
        f"error.mapping-{problem.what}",
        file=str(path),
        line=lines.get(at, 1),
        where=where,
        **problem.told,
    )
    return FileError(said, message(f"hint.mapping-{problem.what}"))


def _problems(row: Row) -> Iterator[_Problem]:
    """What types cannot tell: ids, names and expressions that could not work."""
    if not _ID.fullmatch(row.source):
        yield _Problem(("source",), "id", value=row.source)
    if row.source in {source.id for source in SOURCES}:
        yield _Problem(("source",), "taken", value=row.source)
    if not row.requests and not row.durations:
        yield _Problem((), "metrics")
    for field in ("requests", "durations", "failures", "offers"):
        for expression in words(getattr(row, field)):
            yield from _expression((field,), expression, server=True)
    for field in ("only", "never"):
        for label, expression in getattr(row, field).items():
            yield from _label((field, label), label)
            yield from _expression((field, label), expression, server=True)
    for label, expression in row.status.items():
        yield from _label(("status", label), label)
        yield from _expression(("status", label), expression, server=False)
    if row.reporter:
        yield from _label(("reporter", "label"), row.reporter.label)
    if row.encryption:
        yield from _label(("encryption", "label"), row.encryption.label)
        for field in ("encrypted", "plain"):
            expression = getattr(row.encryption, field)
            yield from _expression(("encryption", field), expression, server=False)
    for name, side in (("client", row.client), ("server", row.server)):
        yield from _of_side(name, side)


def _of_side(name: str, side: Side) -> Iterator[_Problem]:
    if not side.labels() and not side.scraped:
        yield _Problem((name,), "side")
    for field in NAMING:
        for label in words(getattr(side, field)):
            yield from _label((name, field), label)
    for field in ("nobody", "outside"):
        if expression := getattr(side, field):
            yield from _expression((name, field), expression, server=False)
    for label, expressions in side.patterns.items():
        at = (name, "patterns", label)
        yield from _label(at, label)
        for expression in words(expressions):
            yield from _expression(at, expression, server=False)
            groups = re.compile(expression).groupindex
            if not groups or set(groups) - _GROUPS:
                yield _Problem(at, "groups", value=expression, known=", ".join(sorted(_GROUPS)))


def _label(at: Place, label: str) -> Iterator[_Problem]:
    if not _LABEL.fullmatch(label):
        yield _Problem(at, "label", value=label)


def _expression(at: Place, expression: str, *, server: bool) -> Iterator[_Problem]:
    """`server`: Prometheus, too, has to understand it."""
    try:
        re.compile(expression)
    except re.error as err:
        yield _Problem(at, "expression", value=expression, detail=str(err))
        return
    if server and _NOT_RE2.search(expression):
        yield _Problem(at, "re2", value=expression)

"""The answers file: what only people know, and what they know better.

    answers:
      diagnosis-time: yes
      internal-auth: {answer: no, who: Ann, when: 2026-03-01, note: "audit", expires: 2027-03-01}
    signals:
      few-incidents: no
    thresholds:
      service-count: 20
    leave_out: [shop/feed-export, sandbox]
    owners: {shop: storefront team, shop/cart: checkout team}
    ignore:
      - {blocker: host-network, subject: DaemonSet monitoring/*, note: "agents", until: 2027-03-01}

YAML or JSON. An entry without a value declares nothing, so a template can be filled in bit by bit.
It is an ordinary file; in a cluster it may be a key of a ConfigMap that is mounted.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from mesh_probe.documents import Lines, UnreadableError, lines_of, parse_yaml
from mesh_probe.errors import FileError
from mesh_probe.model import Declaration, Ignore, Noun, Status
from mesh_probe.text import Message, Parameter, message

# YAML 1.1 reads the bare words yes and no, and on and off, as booleans.
_STATUSES: Mapping[object, Status] = {
    True: "yes",
    False: "no",
    "yes": "yes",
    "no": "no",
    "unknown": "unknown",
}

_TOP = "/"
"""What errors call the whole file, as in JSON pointers."""

_SECTIONS = ("answers", "signals", "thresholds", "leave_out", "owners", "ignore")
_LISTS = ("leave_out", "ignore")
_ENTRY_KEYS = ("answer", "who", "when", "note", "expires")
_IGNORE_KEYS = ("blocker", "subject", "note", "who", "until")


class Known(Noun):
    """What an answers file may name."""

    questions: tuple[str, ...]
    signals: tuple[str, ...]
    thresholds: dict[str, float]
    """The largest figure that each may be set to."""
    blockers: tuple[str, ...] = ()
    """Ids of the checks."""


class Answers(Noun):
    """What people declare."""

    declared: tuple[Declaration, ...] = ()
    thresholds: dict[str, float] = {}
    left_out: tuple[str, ...] = ()
    owners: dict[str, str] = {}
    ignored: tuple[Ignore, ...] = ()


class Problem(NamedTuple):
    """Something in the file that has no meaning here."""

    said: Message
    hint: Message


class Examined(NamedTuple):
    """What a file declares, and what is wrong with it, in its order."""

    answers: Answers
    problems: tuple[Problem, ...]


def read_answers(path: Path, known: Known) -> Answers:
    """What a file declares.

    Raises: FileError when it cannot be read, or says something that has no meaning here.
    """
    examined = examine(path, known)
    for problem in examined.problems:
        raise FileError(problem.said, problem.hint)
    return examined.answers


def examine(path: Path, known: Known) -> Examined:
    """All of a file, good or not. Raises: FileError when it cannot be read at all."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        detail = getattr(err, "strerror", None) or str(err)
        said = message("error.answers-unreadable", file=str(path), detail=detail)
        raise FileError(said, message("hint.answers-file")) from err
    try:
        document = parse_yaml(text, unique_keys=True)
    except UnreadableError as err:
        said = message("error.answers-syntax", file=str(path), line=err.line, detail=err.problem)
        raise FileError(said, message("hint.answers-shape")) from err
    reader = _Reader(str(path), lines_of(text), known)
    return Examined(reader.read(document), tuple(reader.problems))


class _Reader:
    """Goes through a document; what is wrong with it is gathered, the rest is kept."""

    def __init__(self, file: str, lines: Lines, known: Known) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._lines = lines
        self._known = known

    def read(self, document: Any) -> Answers:
        """Everything that is right."""
        sections = dict(self._entries(document, (), _SECTIONS))
        return Answers(
            declared=(
                *self._declared(sections.get("answers"), "answers", self._known.questions),
                *self._declared(sections.get("signals"), "signals", self._known.signals),
            ),
            thresholds=dict(self._thresholds(sections.get("thresholds"))),
            left_out=tuple(self._left_out(sections.get("leave_out"))),
            owners=dict(self._owners(sections.get("owners"))),
            ignored=tuple(self._ignored(sections.get("ignore"))),
        )

    def _entries(
        self, value: Any, at: tuple[str, ...], known: Sequence[str] | None
    ) -> Iterator[tuple[str, Any]]:
        """The entries of a mapping that have a value; `known` are the keys it may have."""
        if value is None:
            return
        if not isinstance(value, dict):
            shape = "ignore" if at[:1] == ("ignore",) else "shape"
            self._wrong("shape", at, message(f"hint.answers-{shape}"))
            return
        for key, entry in value.items():
            name = str(key)
            if known is not None and name not in known:
                hint = message("hint.answers-known", known=", ".join(known))
                self._wrong("key", (*at, name), hint, where=_named(at), key=name)
            elif entry is not None:
                yield name, entry

    def _declared(self, value: Any, section: str, ids: Sequence[str]) -> Iterator[Declaration]:
        for rule_id, entry in self._entries(value, (section,), ids):
            at = (section, rule_id)
            fields = entry if isinstance(entry, dict) else {"answer": entry}
            given = dict(self._entries(fields, at, _ENTRY_KEYS))
            if given and (declared := self._declaration(rule_id, given, at)):
                yield declared

    def _declaration(
        self, rule_id: str, given: Mapping[str, Any], at: tuple[str, ...]
    ) -> Declaration | None:
        before = len(self.problems)
        value = given.get("answer")
        plain = value.strip().lower() if isinstance(value, str) else value
        status = _STATUSES.get(plain) if isinstance(plain, bool | str) else None
        if status is None:
            hint = message("hint.answers-value")
            self._wrong("value", (*at, "answer"), hint, value=_shown(value))
            return None
        who, note = self._text(given, at, "who"), self._text(given, at, "note")
        said_on, expires_on = self._day(given, at, "when"), self._day(given, at, "expires")
        if said_on and expires_on and expires_on < said_on:
            self._wrong("expires", (*at, "expires"), message("hint.answers-day"))
        if len(self.problems) > before:
            return None
        return Declaration(rule_id, status, note, who, said_on, expires_on)

    def _text(self, given: Mapping[str, Any], at: tuple[str, ...], key: str) -> str:
        value = given.get(key, "")
        if not isinstance(value, str):
            self._wrong("note", (*at, key), message("hint.answers-note"), key=key)
            return ""
        return value

    def _day(self, given: Mapping[str, Any], at: tuple[str, ...], key: str) -> date | None:
        value = given.get(key)
        if value is None:
            return None
        try:
            return date.fromisoformat(value)
        except (TypeError, ValueError):
            hint = message("hint.answers-day")
            self._wrong("day", (*at, key), hint, key=key, value=_shown(value))
            return None

    def _thresholds(self, value: Any) -> Iterator[tuple[str, float]]:
        for name, figure in self._entries(value, ("thresholds",), tuple(self._known.thresholds)):
            most = self._known.thresholds[name]
            number = not isinstance(figure, bool) and isinstance(figure, int | float)
            if number and math.isfinite(figure) and 0 < figure <= most:
                yield name, float(figure)
            else:
                hint = message("hint.answers-threshold", most=most)
                at = ("thresholds", name)
                self._wrong("threshold", at, hint, value=_shown(figure))

    def _left_out(self, value: Any) -> Iterator[str]:
        if value is None:
            return
        names = value if isinstance(value, list) else [value]
        for number, name in enumerate(names):
            if isinstance(name, str) and name.count("/") <= 1 and all(name.split("/")):
                yield name
            else:
                hint = message("hint.answers-name")
                self._wrong("name", ("leave_out", str(number)), hint, value=_shown(name))

    def _owners(self, value: Any) -> Iterator[tuple[str, str]]:
        for name, owner in self._entries(value, ("owners",), None):
            if isinstance(owner, str) and name.count("/") <= 1 and all(name.split("/")):
                yield name, owner
            else:
                hint = message("hint.answers-name")
                self._wrong("name", ("owners", name), hint, value=_shown(owner))

    def _ignored(self, value: Any) -> Iterator[Ignore]:
        if value is None:
            return
        for number, entry in enumerate(value if isinstance(value, list) else [value]):
            at = ("ignore", str(number))
            fields = {"blocker": entry} if isinstance(entry, str) else entry
            given = dict(self._entries(fields, at, _IGNORE_KEYS))
            if given and (ignored := self._ignore(given, at)):
                yield ignored

    def _ignore(self, given: Mapping[str, Any], at: tuple[str, ...]) -> Ignore | None:
        before = len(self.problems)
        blocker, subject = given.get("blocker"), given.get("subject")
        if blocker not in self._known.blockers:
            hint = message("hint.answers-known", known=", ".join(self._known.blockers))
            self._wrong("blocker", (*at, "blocker"), hint, value=_shown(blocker))
        if subject is not None and not _is_subject(subject):
            hint = message("hint.answers-subject")
            self._wrong("subject", (*at, "subject"), hint, value=_shown(subject))
        note, who = self._text(given, at, "note"), self._text(given, at, "who")
        until = self._day(given, at, "until")
        if len(self.problems) > before or not isinstance(blocker, str):
            return None
        return Ignore(blocker, subject, note, who, until)

    def _wrong(self, what: str, at: tuple[str, ...], hint: Message, **told: Parameter) -> None:
        where = told.pop("where", _named(at[:2]))
        line = self._lines.get(at) or self._lines.get(at[:-1]) or 1
        said = message(f"error.answers-{what}", file=self._file, line=line, where=where, **told)
        self.problems.append(Problem(said, hint))


def _named(at: tuple[str, ...]) -> str:
    """What errors call a place: an entry of a list by the list."""
    return at[0] if at[:1] and at[0] in _LISTS else at[-1] if at else _TOP


def _is_subject(value: Any) -> bool:
    """Whether it can be the name of an object; a "*" is a whole part of it."""
    parts = re.split(r"[ /]", value) if isinstance(value, str) else [""]
    return all(part == "*" or (part and "*" not in part) for part in parts)


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float | bool) else type(value).__name__

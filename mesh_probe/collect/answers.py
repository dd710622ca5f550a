"""The answers file: what only people know, and what they know better.

    answers:
      diagnosis-time: yes
      internal-auth: {answer: no, note: "asked the security team"}
    signals:
      few-incidents: no

YAML or JSON. An entry without a value declares nothing, so a template can be filled in bit by bit.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mesh_probe.documents import UnreadableError, parse_yaml
from mesh_probe.errors import FileError
from mesh_probe.model import Declaration, Status
from mesh_probe.text import message

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

_ENTRY_KEYS = ("answer", "note")


def read_answers(
    path: Path, *, questions: tuple[str, ...], signals: tuple[str, ...]
) -> tuple[Declaration, ...]:
    """The declarations in a file, in its order; `questions` and `signals` are the ids it may name.

    Raises: FileError when it cannot be read, or says something that has no meaning here.
    """
    document = _load(path)
    known = {"answers": questions, "signals": signals}
    if document is None:
        return ()
    sections = _mapping(path, document, _TOP)
    _only(path, sections, tuple(known), _TOP)
    declarations = []
    for section, ids in known.items():
        entries = sections.get(section)
        if entries is None:
            continue
        by_id = _mapping(path, entries, section)
        _only(path, by_id, ids, section)
        declarations += [
            _declaration(path, rule_id, entry)
            for rule_id, entry in by_id.items()
            if entry is not None
        ]
    return tuple(declarations)


def _load(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        detail = getattr(err, "strerror", None) or str(err)
        said = message("error.answers-unreadable", file=str(path), detail=detail)
        raise FileError(said, message("hint.answers-file")) from err
    try:
        return parse_yaml(text, unique_keys=True)
    except UnreadableError as err:
        said = message("error.answers-syntax", file=str(path), line=err.line, detail=err.problem)
        raise FileError(said, message("hint.answers-shape")) from err


def _declaration(path: Path, rule_id: str, entry: Any) -> Declaration:
    given = entry if isinstance(entry, dict) else {"answer": entry}
    _only(path, given, _ENTRY_KEYS, rule_id)
    value = given.get("answer")
    plain = value.strip().lower() if isinstance(value, str) else value
    status = _STATUSES.get(plain) if isinstance(plain, bool | str) else None
    if status is None:
        said = message("error.answers-value", file=str(path), where=rule_id, value=str(value))
        raise FileError(said, message("hint.answers-value"))
    note = given.get("note") or ""
    if not isinstance(note, str):
        said = message("error.answers-note", file=str(path), where=rule_id)
        raise FileError(said, message("hint.answers-note"))
    return Declaration(rule_id, status, note)


def _mapping(path: Path, value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        said = message("error.answers-shape", file=str(path), where=where)
        raise FileError(said, message("hint.answers-shape"))
    return value


def _only(path: Path, mapping: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in mapping:
        if key not in known:
            said = message("error.answers-key", file=str(path), where=where, key=str(key))
            raise FileError(said, message("hint.answers-known", known=", ".join(known)))

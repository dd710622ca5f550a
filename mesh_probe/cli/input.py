"""From options to a snapshot: taken now, or read from a file."""

import errno
import os
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress
from mesh_probe.cli.options import header_of
from mesh_probe.errors import FileError, UsageError
from mesh_probe.text import Message, message

if TYPE_CHECKING:
    from mesh_probe.collect import Collected
    from mesh_probe.collect.answers import Answers, Known
    from mesh_probe.model import Status
    from mesh_probe.snapshot import Snapshot

LARGEST = {"ratio": 1.0, "questions": 9.0}
"""The most that thresholds of these units may be set to."""

SHORTEST_KEY = 16
"""Bytes of a key for names: as many as no one can try through."""


def take(options: Mapping[str, Any], progress: Progress, *, sample: bool = False) -> "Collected":
    """Scan what the input options name."""
    from mesh_probe.collect import Target, collect

    headers = dict(options["prometheus_header"])
    if (file := options["prometheus_header_file"]) is not None:
        headers |= _headers_in(file)
    if (authorities := options["ca_file"]) is not None and not authorities.is_file():
        raise FileError(
            message("error.unreadable", file=str(authorities), detail=os.strerror(errno.ENOENT))
        )
    target = Target(
        context=options["context"],
        kubeconfig=options["kubeconfig"],
        namespaces=options["namespace"],
        exclude_namespaces=options["exclude_namespace"],
        manifests=options["manifests"],
        code=options["code"],
        prometheus=options["prometheus"],
        prometheus_headers=headers,
        mappings=options["mapping"],
        jaeger=options["jaeger"],
        tempo=options["tempo"],
        ca_file=str(options["ca_file"]) if options["ca_file"] else None,
        window_seconds=options["window"],
        lookback_seconds=options["lookback"],
        timeout_seconds=options["timeout"],
        gentle=options["gentle"],
    )
    try:
        return collect(
            target,
            now=options["at"] or datetime.now(UTC),
            progress=progress,
            # Without the buffer, whose lock a reader that still waits would hold at the end.
            stdin=getattr(sys.stdin.buffer, "raw", sys.stdin.buffer),
            sample=sample,
        )
    finally:
        progress.clear()


def snapshot_of(file: Path | None, options: Mapping[str, Any], progress: Progress) -> "Snapshot":
    """The snapshot in a file, or else one that is taken now.

    Raises: UsageError when both are asked for; FileError; CollectError.
    """
    if file is None:
        return take(options, progress).snapshot
    live = [f"--{name}" for name in ("manifests", "context", "kubeconfig") if options[name]]
    if live:
        raise UsageError(message("error.two-inputs", file=str(file), option=live[0]))
    return load_snapshot(file)


def load_snapshot(file: Path) -> "Snapshot":
    """Read a saved snapshot. Raises: FileError."""
    from mesh_probe.snapshot import loads

    return loads(_bytes_of(file), str(file))


def names_key(file: Path | None) -> bytes | None:
    """The key that names are to be hidden with, if they are. Raises: FileError."""
    if file is None:
        return None
    key = _bytes_of(file, message("hint.names-key"))
    if len(key) < SHORTEST_KEY:
        raise FileError(
            message("error.names-key", file=str(file), size=len(key), least=SHORTEST_KEY),
            message("hint.names-key"),
        )
    return key


def with_pseudonyms(snapshot: "Snapshot", key: bytes | None) -> "Snapshot":
    """The snapshot with its names hidden by the key, if there is one."""
    if key is None:
        return snapshot
    from mesh_probe.pseudonyms import hide

    return hide(snapshot, key)


def _bytes_of(file: Path, hint: Message | None = None) -> bytes:
    try:
        return file.read_bytes()
    except OSError as err:
        raise FileError(
            message("error.unreadable", file=str(file), detail=err.strerror or str(err)), hint
        ) from err


def declarations(file: Path | None) -> "Answers | None":
    """What an answers file declares; None without one. Raises: FileError."""
    if file is None:
        return None
    from mesh_probe.collect.answers import read_answers

    return read_answers(file, known_answers())


def known_answers() -> "Known":
    """What an answers file may name."""
    from mesh_probe.blockers import CHECKS
    from mesh_probe.collect.answers import Known
    from mesh_probe.rules import QUESTION_IDS, SIGNAL_IDS, THRESHOLDS

    return Known(
        QUESTION_IDS,
        SIGNAL_IDS,
        {threshold.id: LARGEST.get(threshold.unit, 1e9) for threshold in THRESHOLDS},
        tuple(check.id for check in CHECKS),
    )


def with_answers(snapshot: "Snapshot", answers: "Answers | None") -> "Snapshot":
    """The snapshot with what people declare in place of what it has of that."""
    import msgspec

    if answers is None:
        return snapshot
    return msgspec.structs.replace(
        snapshot,
        declared=answers.declared,
        thresholds=answers.thresholds,
        left_out=answers.left_out,
        owners=answers.owners,
        ignored=answers.ignored,
    )


def assumptions(given: Iterable[str]) -> "dict[str, Status]":
    """The answers that --assume gives, by id. Raises: UsageError."""
    from mesh_probe.checklist import QUESTIONS
    from mesh_probe.signals import SIGNALS

    known = [*(question.id for question in QUESTIONS), *(signal.id for signal in SIGNALS)]
    statuses: dict[str, Status] = {"yes": "yes", "no": "no", "unknown": "unknown"}
    assumed: dict[str, Status] = {}
    for text in given:
        rule_id, _, status = text.partition("=")
        if rule_id not in known or status not in statuses:
            raise UsageError(
                message("error.assume", given=text), message("hint.ids", ids=", ".join(known))
            )
        assumed[rule_id] = statuses[status]
    return assumed


def check_writable(file: Path | None) -> None:
    """Find out before the work whether its result can be kept. Raises: FileError."""
    if file is None:
        return
    folder = file.parent
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        detail = os.strerror(errno.EISDIR if file.is_dir() else errno.ENOENT)
        if folder.is_dir() and not file.is_dir():
            detail = os.strerror(errno.EACCES)
        raise FileError(message("error.unwritable", file=str(file), detail=detail))


def show(text: str, *, color: bool) -> None:
    """Print a report. Raises: FileError when there is no room for it."""
    try:
        click.echo(text, nl=False, color=color)
    except BrokenPipeError:
        raise
    except OSError as err:
        raise FileError(
            message("error.unwritable", file="stdout", detail=err.strerror or str(err))
        ) from err


def write(file: Path, data: bytes) -> None:
    """Write a file whole, or leave what was there. Raises: FileError."""
    from mesh_probe.deliver.place import write_whole

    try:
        write_whole(file, data)
    except OSError as err:
        raise FileError(
            message("error.unwritable", file=str(file), detail=err.strerror or str(err))
        ) from err


def _headers_in(file: Path) -> dict[str, str]:
    """Headers of a file, one NAME:VALUE a line. Raises: FileError, which never shows a value."""
    headers: dict[str, str] = {}
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as err:
        detail = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
        raise FileError(message("error.unreadable", file=str(file), detail=detail)) from err
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        header = header_of(line.strip())
        if header is None:
            raise FileError(message("error.header-line", file=str(file), line=number))
        headers[header[0]] = header[1]
    return headers

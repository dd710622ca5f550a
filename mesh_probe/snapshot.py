"""The snapshot: everything a scan saw, and the only thing that is stored.

Answers, verdict and graph are recomputed from it, so a saved snapshot is judged like a fresh one.
"""

import gzip
import zlib
from datetime import datetime
from typing import Annotated

import msgspec

from mesh_probe.episodes import IncidentHistory
from mesh_probe.errors import FileError
from mesh_probe.model import CodeTree, Declaration, Gap, Ignore, Noun, Objects, Telemetry
from mesh_probe.text import message

SCHEMA = "mesh-probe/snapshot/v1"

_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_GZIP_MAGIC = b"\x1f\x8b"


Span = Annotated[int, msgspec.Meta(gt=0, le=366 * 86_400)]
"""Seconds, up to a year."""


class Snapshot(Noun, tag_field="schema", tag=SCHEMA):
    """What was seen of a cluster at one moment."""

    taken_at: datetime
    """The only clock of a report; aware, UTC."""
    tool_version: str
    context: str | None = None
    """The kubeconfig context, or None for manifests."""
    asked: tuple[str, ...] = ()
    """The options that ask for the same again, without credentials; empty where it is not known."""
    server_version: str | None = None
    window_seconds: Span = 3600
    """The time that rates and latencies are taken over."""
    lookback_seconds: Span = 86_400
    """The time in which a call must have been seen to be in the graph."""
    objects: Objects = Objects()
    code: tuple[CodeTree, ...] = ()
    """Source trees that were given, in the order of their names."""
    telemetry: Telemetry = Telemetry()
    incidents: IncidentHistory | None = None
    """None where no server was asked for it."""
    declared: tuple[Declaration, ...] = ()
    thresholds: dict[str, float] = {}
    """Those that people set themselves, by id (`question.Threshold`)."""
    left_out: tuple[str, ...] = ()
    """Services and workloads that people want left out of every count, "namespace/name"."""
    owners: dict[str, str] = {}
    """Who people say is in charge, by "namespace" or "namespace/name"."""
    ignored: tuple[Ignore, ...] = ()
    """Blockers that people chose to live with."""
    gaps: tuple[Gap, ...] = ()


class _Header(msgspec.Struct):
    schema: str | None = None


def dumps(snapshot: Snapshot, *, compress: bool = False) -> bytes:
    """The snapshot as JSON, gzipped on request; equal snapshots give equal bytes."""
    data = msgspec.json.encode(snapshot, order="deterministic")
    return gzip.compress(data, compresslevel=6, mtime=0) if compress else data


def loads(data: bytes, name: str) -> Snapshot:
    """Read a saved snapshot; `name` is what errors call it.

    Raises: FileError when the data is no snapshot of this version.
    """
    try:
        plain = gzip.decompress(data) if data.startswith(_GZIP_MAGIC) else data
        schema = msgspec.json.decode(plain, type=_Header).schema
    except (OSError, EOFError, zlib.error, *_UNREADABLE) as err:
        raise FileError(
            message("error.snapshot-unreadable", file=name, detail=str(err)),
            message("hint.snapshot-unreadable"),
        ) from err
    if schema != SCHEMA:
        raise FileError(
            message("error.snapshot-schema", file=name, found=schema, wanted=SCHEMA),
            message("hint.snapshot-unreadable"),
        )
    try:
        return msgspec.json.decode(plain, type=Snapshot)
    except _UNREADABLE as err:
        raise FileError(
            message("error.snapshot-unreadable", file=name, detail=str(err)),
            message("hint.snapshot-unreadable"),
        ) from err

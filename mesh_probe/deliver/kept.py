"""What earlier runs left in a place: snapshots, summaries, reports on shards."""

import gzip
import zlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from mesh_probe import fleet, snapshot, summary
from mesh_probe.deliver.place import Place, PlaceError
from mesh_probe.deliver.store import ANNOUNCED, snapshot_moment
from mesh_probe.errors import FileError
from mesh_probe.fleet import Fleet
from mesh_probe.snapshot import Snapshot
from mesh_probe.summary import Summary
from mesh_probe.text import Message, message

SUFFIXES = (".json", ".json.gz")


class Member(NamedTuple):
    """A file that may stand for a cluster, or for a shard of a fleet."""

    cluster: str
    place: Place
    path: str


class _Header(msgspec.Struct):
    schema: str | None = None


def read(place: Place, path: str) -> Snapshot | Summary | Fleet | None:
    """What a file holds; None when it is none of ours to read here. Raises: FileError."""
    data = place.read(path)
    name = "/".join(filter(None, (place.shown.rstrip("/"), path)))
    try:
        plain = gzip.decompress(data) if data.startswith(b"\x1f\x8b") else data
        schema = msgspec.json.decode(plain, type=_Header).schema
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as err:
        raise FileError(
            message("error.snapshot-unreadable", file=name, detail=str(err)),
            message("hint.snapshot-unreadable"),
        ) from err
    match schema:
        case snapshot.SCHEMA:
            return snapshot.loads(plain, name)
        case summary.SCHEMA:
            return summary.loads(plain, name)
        case fleet.SCHEMA:
            return fleet.loads(plain, name)
        case _:
            return None


def each(place: Place) -> Iterator[tuple[str, Snapshot | Summary | Message]]:
    """Name and content of every snapshot or summary in a place, or why it cannot be read.

    One at a time, so that memory does not grow with their number. Raises: FileError when the
    folder itself cannot be read.
    """
    files = [path for path in place.files() if path.endswith(SUFFIXES) and path != ANNOUNCED]
    for path in [""] if place.is_file() else files:
        try:
            found = read(place, path)
        except FileError as err:
            yield path or place.name, err.said
            continue
        if isinstance(found, Snapshot | Summary):
            yield path or place.name, found


def members(place: Place) -> tuple[Member, ...]:
    """The files of a place that stand for clusters or shards, each under a name of its own.

    Of the snapshots that scheduled runs left in one folder only the newest counts, and the cluster
    is called as the folder. Any other file is called as itself. Raises: PlaceError.
    """
    if place.is_file():
        dated = snapshot_moment(place.name) is not None
        return (Member(place.folder if dated else _stem(place.name), place, ""),)
    files = [path for path in place.files(deep=True) if path.endswith(SUFFIXES)]
    if not files:
        raise PlaceError(place.shown, "no snapshots")
    found: dict[str, str] = {}
    for path in files:
        folder, _, name = path.rpartition("/")
        if snapshot_moment(name) is not None:
            # Names of snapshots sort as their times do, and `files` is sorted.
            found[folder or place.name] = path
        else:
            found.setdefault(_stem(path), path)
    return tuple(Member(cluster, place, found[cluster]) for cluster in sorted(found))


def _stem(path: str) -> str:
    return path.removesuffix(".gz").removesuffix(".json")

"""A folder anywhere: every run leaves its snapshot, and the newest report.

A URL that ends as a report's file does (`.md`, `.html` …) takes the report alone.
"""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from mesh_probe import summary as summaries
from mesh_probe.deliver.place import Place, PlaceError
from mesh_probe.destination import Address, Destination, Parcel, UndeliveredError
from mesh_probe.errors import UsageError
from mesh_probe.summary import Summary
from mesh_probe.text import message

REPORT_SUFFIXES = (".txt", ".json", ".md", ".html", ".xml")

ANNOUNCED = "announced.json"
"""What the last notice was about, for deliveries that are due only when something changed."""

_T = TypeVar("_T")
_NAME = "%Y-%m-%dT%H-%M-%SZ"
_SNAPSHOT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ)\.json\.gz")
_KEEP = re.compile(r"([1-9]\d{0,4})(d?)")


def snapshot_name(taken_at: datetime) -> str:
    """What a snapshot is called. A repeated run writes the same file again."""
    return f"{taken_at.astimezone(UTC):{_NAME}}.json.gz"


def snapshot_moment(name: str) -> datetime | None:
    """When a snapshot was taken by its name; None for any other file."""
    found = _SNAPSHOT.fullmatch(name)
    try:
        return datetime.strptime(found[1], _NAME).replace(tzinfo=UTC) if found else None
    except ValueError:
        return None


def outdated(names: Iterable[str], keep: str) -> tuple[str, ...]:
    """The snapshots to remove: all but the newest few ("30"), or what is older ("90d").

    Age counts back from the newest, not from now: a job that stood still loses nothing.
    """
    dated = ((snapshot_moment(name), name) for name in names)
    newest_first = sorted(((at, name) for at, name in dated if at is not None), reverse=True)
    found = _KEEP.fullmatch(keep)
    if not found or not newest_first:
        return ()
    if not found[2]:
        return tuple(name for _, name in newest_first[int(found[1]) :])
    oldest = newest_first[0][0] - timedelta(days=int(found[1]))
    return tuple(name for at, name in newest_first if at < oldest)


def _check(address: Address) -> None:
    Place.check(address.url)
    keep = address.settings.get("keep")
    if keep is not None and not _KEEP.fullmatch(keep):
        raise UsageError(
            message("error.keep", place=address.shown, keep=keep), message("hint.keep")
        )


def is_report(address: Address) -> bool:
    """Whether the address is that of a report's file, not of a folder."""
    return address.url.endswith(REPORT_SUFFIXES)


def write_report(address: Address, report: bytes) -> None:
    """Write the report to its file. Raises: UndeliveredError."""
    _tried(lambda: Place(address.url).write(report))


def _deliver(address: Address, parcel: Parcel) -> None:
    if is_report(address):
        write_report(address, parcel.report)
        return
    place = _tried(lambda: Place(address.url))
    _tried(lambda: place.write(parcel.snapshot, snapshot_name(parcel.summary.taken_at)))
    _tried(lambda: place.write(parcel.report, parcel.report_name))
    if keep := address.settings.get("keep"):
        for name in outdated(_tried(place.files), keep):
            _tried(lambda name=name: place.remove(name))  # type: ignore[misc]


def _announced(address: Address) -> Summary | None:
    data = _tried(lambda: Place(address.url).read_if_there(ANNOUNCED))
    return None if data is None else summaries.loads(data, ANNOUNCED)


def _announce(address: Address, summary: Summary) -> None:
    _tried(lambda: Place(address.url).write(summaries.dumps(summary), ANNOUNCED))


def _tried(action: Callable[[], _T]) -> _T:
    try:
        return action()
    except PlaceError as err:
        # Which errors pass by themselves differs from store to store; another try harms nothing.
        raise UndeliveredError(message("undelivered.place", detail=err.detail), again=True) from err


DESTINATION = Destination(
    "store",
    (),
    ("keep",),
    _deliver,
    announced=_announced,
    announce=_announce,
    check=_check,
)

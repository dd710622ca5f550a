"""A folder that scheduled runs deliver to."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.assessment import assess
from mesh_probe.deliver import kept
from mesh_probe.deliver.place import Place
from mesh_probe.deliver.store import outdated, snapshot_moment, snapshot_name
from mesh_probe.errors import UsageError
from mesh_probe.history import History, trend
from mesh_probe.snapshot import Snapshot
from mesh_probe.summary import summarize
from mesh_probe.text import Message
from tests.builders import NOON
from tests.deliver.parcels import parcel, send

MINUTES = st.integers(0, 5_000_000)


def names(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def history_of(url: str) -> History:
    found = [content for _, content in kept.each(Place(url))]
    assert not any(isinstance(content, Message) for content in found)
    return trend(summarize(assess(each)) for each in found if isinstance(each, Snapshot))


def test_a_run_leaves_its_snapshot_and_the_newest_report(tmp_path: Path) -> None:
    for number in range(2):
        assert send([str(tmp_path / "prod")], parcel(number)) == []

    assert names(tmp_path / "prod") == [
        "2026-03-14T12-00-00Z.json.gz",
        "2026-03-15T12-00-00Z.json.gz",
        "report.md",
    ]
    assert (tmp_path / "prod/report.md").read_text() == "# day 1\n"


def test_a_repeated_run_leaves_nothing_twice(tmp_path: Path) -> None:
    send([str(tmp_path)], parcel(0))
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}

    send([str(tmp_path)], parcel(0))

    assert {name: (tmp_path / name).read_bytes() for name in names(tmp_path)} == before


@pytest.mark.parametrize("suffix", ["md", "html", "json", "txt"])
def test_a_url_of_a_report_gets_the_report_alone(tmp_path: Path, suffix: str) -> None:
    send([str(tmp_path / f"mesh.{suffix}")], parcel(0))

    assert names(tmp_path) == [f"mesh.{suffix}"]


def test_a_month_of_daily_runs_on_an_object_store_has_a_trend_and_bounded_storage(
    bucket: str,
) -> None:
    url = f"s3://{bucket}/prod"
    for number in range(30):
        services = ("web", "cart", *(f"app-{n}" for n in range(number // 2)))
        assert send([f"{url}#keep=10"], parcel(number, *services)) == []

    assert len(Place(url).files()) == 10 + 1
    assert [point.services for point in history_of(url).points] == [
        2 + number // 2 for number in range(20, 30)
    ]


def test_nothing_is_removed_unless_that_is_asked_for(tmp_path: Path) -> None:
    for number in range(5):
        send([str(tmp_path)], parcel(number))

    assert len(history_of(str(tmp_path)).points) == 5


def test_only_snapshots_are_removed(tmp_path: Path) -> None:
    (tmp_path / "notes.json").write_text("{}")
    (tmp_path / "2020-01-01.json.gz").write_text("mine")
    for number in range(3):
        send([f"{tmp_path}#keep=1"], parcel(number))

    assert names(tmp_path) == [
        "2020-01-01.json.gz",
        "2026-03-16T12-00-00Z.json.gz",
        "notes.json",
        "report.md",
    ]


@given(st.lists(MINUTES, unique=True, max_size=50), st.integers(1, 60))
def test_the_newest_are_kept(minutes: list[int], keep: int) -> None:
    moments = [NOON + timedelta(minutes=each) for each in minutes]

    gone = {snapshot_moment(name) for name in outdated(map(snapshot_name, moments), str(keep))}

    assert gone == set(sorted(moments)[: max(0, len(moments) - keep)])


@given(st.lists(MINUTES, unique=True, min_size=1, max_size=50), st.integers(1, 4000))
def test_what_is_older_than_so_many_days_goes(minutes: list[int], days: int) -> None:
    moments = [NOON + timedelta(minutes=each) for each in minutes]

    gone = {snapshot_moment(name) for name in outdated(map(snapshot_name, moments), f"{days}d")}

    assert gone == {at for at in moments if at < max(moments) - timedelta(days=days)}


@given(MINUTES)
def test_names_tell_when_and_sort_as_time_does(minutes: int) -> None:
    at = NOON + timedelta(minutes=minutes)

    assert snapshot_moment(snapshot_name(at)) == at
    assert snapshot_name(at) < snapshot_name(at + timedelta(seconds=1))


@pytest.mark.parametrize("name", ["report.md", "9999-99-99T99-99-99Z.json.gz", "a.json.gz"])
def test_other_files_are_no_snapshots(name: str) -> None:
    assert snapshot_moment(name) is None


@pytest.mark.parametrize("keep", ["0", "-1", "many", "3w", "", "1.5d"])
def test_what_cannot_be_kept_is_said_before_the_work(keep: str) -> None:
    with pytest.raises(UsageError) as error:
        send([f"/reports#keep={keep}"], parcel(0))

    assert error.value.said.parameters == {"place": "/reports", "keep": keep}


def test_a_place_that_cannot_be_written_is_tried_again_and_then_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    waits: list[float] = []

    (failed,) = send([str(tmp_path / "file/prod")], parcel(0), waits)

    assert failed.place == str(tmp_path / "file/prod")
    assert failed.reason.parameters["detail"] == "Not a directory"
    assert waits == [1, 2, 4]


def test_a_broken_snapshot_is_told_and_spoils_no_other(tmp_path: Path) -> None:
    send([str(tmp_path)], parcel(0))
    send([str(tmp_path)], parcel(1))
    (tmp_path / "2026-03-14T12-00-00Z.json.gz").write_bytes(b"\x1f\x8bbroken")

    found = dict(kept.each(Place(str(tmp_path))))

    assert isinstance(found["2026-03-14T12-00-00Z.json.gz"], Message)
    assert isinstance(found["2026-03-15T12-00-00Z.json.gz"], Snapshot)

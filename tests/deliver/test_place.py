"""Folders of any file system."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from fsspec.implementations.memory import MemoryFileSystem  # type: ignore[import-untyped]

from mesh_probe.deliver import place
from mesh_probe.deliver.place import Place, PlaceError, without_credentials, write_whole


@pytest.fixture(params=["local", "memory", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    match request.param:
        case "local":
            yield str(tmp_path / "reports")
        case "memory":
            yield "memory://reports"
            MemoryFileSystem.store.clear()
        case _:
            yield f"s3://{request.getfixturevalue('bucket')}/prod"


def test_what_is_written_is_read(url: str) -> None:
    Place(url).write(b"one", "a.json")
    Place(url).write(b"two", "a.json")
    Place(url).write(b"three", "eu/b.json")

    found = Place(url)
    assert found.read("a.json") == b"two"
    assert found.files() == ("a.json",)
    assert found.files(deep=True) == ("a.json", "eu/b.json")


def test_a_place_that_is_not_there_yet_is_empty(url: str) -> None:
    assert Place(url).files() == ()
    assert Place(url).read_if_there("a.json") is None


def test_removing_twice_is_removing_once(url: str) -> None:
    found = Place(url)
    found.write(b"one", "a.json")
    found.write(b"two", "b.json")

    found.remove("a.json")
    found.remove("a.json")

    assert found.files() == ("b.json",)


def test_a_file_is_a_place_of_its_own(url: str) -> None:
    Place(f"{url}/a.json").write(b"one")

    found = Place(f"{url}/a.json")
    assert found.is_file()
    assert (found.name, found.read()) == ("a.json", b"one")
    assert found.folder in ("reports", "prod")


def test_what_cannot_be_read_says_what_and_why(url: str) -> None:
    with pytest.raises(PlaceError) as error:
        Place(url).read("nowhere.json")

    assert error.value.said.parameters["place"] == url
    assert error.value.detail


@pytest.mark.parametrize("url", ["nosuchthing://x/y", "gs://bucket/x", "simplecache::no://x"])
def test_a_file_system_without_its_library_is_an_error_with_a_name(url: str) -> None:
    with pytest.raises(PlaceError) as error:
        Place(url)

    assert error.value.detail


@pytest.mark.parametrize("url", ["nosuchthing://x/y", "gs://bucket/x"])
def test_that_a_library_is_missing_is_known_before_the_work(url: str) -> None:
    with pytest.raises(PlaceError) as error:
        Place.check(url)

    assert error.value.said.parameters["place"] == url


@pytest.mark.parametrize("url", ["s3://bucket/x", "/reports", "file:///reports", "memory://x"])
def test_what_there_is_a_library_for_can_be_used(url: str) -> None:
    Place.check(url)


def test_where_files_appear_while_they_are_written_they_are_moved_to_their_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As on SFTP: the memory stands in for it."""
    monkeypatch.setattr(place, "_WHOLE_OBJECTS", frozenset())
    moved: list[tuple[str, str]] = []
    move = MemoryFileSystem.mv

    def watched(self: MemoryFileSystem, one: str, other: str) -> None:
        moved.append((one, other))
        move(self, one, other)

    monkeypatch.setattr(MemoryFileSystem, "mv", watched)
    found = Place("memory://moved")
    for content in (b"one", b"two"):
        found.write(content, "eu/a.json")

    assert moved == [("/moved/eu/a.json.part", "/moved/eu/a.json")] * 2
    assert found.read("eu/a.json") == b"two"
    assert found.files(deep=True) == ("eu/a.json",)
    MemoryFileSystem.store.clear()


def test_credentials_in_a_url_are_never_shown() -> None:
    url = "sftp://me:secret@host/reports?token=secret#x"

    assert without_credentials(url) == "sftp://host/reports"


class TestWritingWhole:
    def test_a_write_that_fails_leaves_what_was_there(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "report.md"
        file.write_text("old")

        def full(_: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            write_whole(file, b"new")

        assert [each.name for each in tmp_path.iterdir()] == ["report.md"]
        assert file.read_text() == "old"

    def test_what_a_crash_left_behind_is_used_again(self, tmp_path: Path) -> None:
        """As every run of a container has the same number."""
        file = tmp_path / "report.md"
        (tmp_path / f".report.md.{os.getpid()}.part").write_text("half of a repo")

        write_whole(file, b"whole")

        assert [each.name for each in tmp_path.iterdir()] == ["report.md"]
        assert file.read_bytes() == b"whole"

    def test_the_mode_stays(self, tmp_path: Path) -> None:
        file = tmp_path / "report.md"
        file.write_text("old")
        file.chmod(0o640)

        write_whole(file, b"new")

        assert stat.S_IMODE(file.stat().st_mode) == 0o640

    def test_a_link_goes_on_leading_to_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "real.md").write_text("old")
        (tmp_path / "link.md").symlink_to("real.md")

        write_whole(tmp_path / "link.md", b"new")

        assert (tmp_path / "link.md").is_symlink()
        assert (tmp_path / "real.md").read_bytes() == b"new"

    def test_what_is_no_file_is_written_to(self) -> None:
        write_whole(Path("/dev/null"), b"new")

        assert not Path("/dev/null").is_file()

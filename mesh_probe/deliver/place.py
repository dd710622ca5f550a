"""A folder of any file system that fsspec knows: local, S3, GCS, SFTP and more.

Credentials and endpoints come from where each file system looks for them: its own environment
variables and files, and fsspec's (FSSPEC_S3_ENDPOINT_URL …).
https://filesystem-spec.readthedocs.io/en/latest/features.html#configuration

fsspec is used in this file only.
"""

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

from mesh_probe.errors import FileError
from mesh_probe.text import message

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem  # type: ignore[import-untyped]

T = TypeVar("T")

_LOCAL = ("file", "local")

_WHOLE_OBJECTS = frozenset(
    ["s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "tos", "memory"]
)
"""Stores in which an object is there whole or not at all. In others a file is written beside its
place and then moved."""

_NOT_BESIDE = (errno.EACCES, errno.EPERM, errno.EBUSY, errno.EROFS)
"""A folder lets no file be made beside another, or that other not be replaced."""


class PlaceError(FileError):
    """A place cannot be listed, read or written; `detail` is what its library said."""

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(message("error.place", place=place, detail=detail))
        self.detail = detail


class Place:
    """A folder, or one file, by its URL. Paths inside it are relative, with "/"."""

    def __init__(self, url: str) -> None:
        """Raises: PlaceError when there is no such file system, or its library is missing."""
        self.shown = without_credentials(url)
        self._fs, root = self._asked(lambda: _open(url))
        self._root = root.rstrip("/")

    @staticmethod
    def check(url: str) -> None:
        """Find out without asking anybody whether URLs of this kind can be used.

        Raises: PlaceError when there is no such file system, or its library is missing.
        """
        from fsspec.core import (  # type: ignore[import-untyped]
            get_filesystem_class,
            split_protocol,
        )

        try:
            get_filesystem_class(split_protocol(url.partition("::")[0])[0] or "file")
        except (ImportError, ValueError) as err:
            raise PlaceError(without_credentials(url), str(err)) from err

    @property
    def name(self) -> str:
        """The last part of the URL."""
        return self._root.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The name of the folder that it is in."""
        return self._root.rpartition("/")[0].rpartition("/")[2]

    def is_file(self) -> bool:
        """Whether the URL names one file. Raises: PlaceError."""
        return bool(self._asked(lambda: self._fs.isfile(self._root)))

    def files(self, *, deep: bool = False) -> tuple[str, ...]:
        """The files in the folder, sorted; with `deep` also those below. Raises: PlaceError."""

        def find() -> list[str]:
            # Listings are remembered, and a scheduled run elsewhere may have written since.
            self._fs.invalidate_cache()
            if not self._fs.exists(self._root):
                return []
            found: list[str] = self._fs.find(self._root, maxdepth=None if deep else 1)
            return found

        prefix = f"{self._root}/" if self._root else ""
        return tuple(sorted(path.removeprefix(prefix) for path in self._asked(find)))

    def read(self, path: str = "") -> bytes:
        """The bytes of a file, or of the place itself. Raises: PlaceError."""
        data: bytes = self._asked(lambda: self._fs.cat_file(self._at(path)))
        return data

    def read_if_there(self, path: str) -> bytes | None:
        """The bytes of a file; None when there is none. Raises: PlaceError."""

        def read() -> bytes | None:
            self._fs.invalidate_cache()
            with contextlib.suppress(FileNotFoundError):
                data: bytes = self._fs.cat_file(self._at(path))
                return data
            return None

        return self._asked(read)

    def write(self, data: bytes, path: str = "") -> None:
        """Put a file there whole, or leave what was there as it was. Raises: PlaceError."""
        target = self._at(path)

        def put() -> None:
            if _is(self._fs, _LOCAL):
                Path(target).parent.mkdir(parents=True, exist_ok=True)
                write_whole(Path(target), data)
            elif _is(self._fs, _WHOLE_OBJECTS):
                self._fs.pipe_file(target, data)
            else:
                self._fs.makedirs(target.rpartition("/")[0], exist_ok=True)
                self._fs.pipe_file(f"{target}.part", data)
                self._fs.mv(f"{target}.part", target)

        self._asked(put)

    def remove(self, path: str) -> None:
        """Take a file away; that it is gone already is no error. Raises: PlaceError."""

        def remove() -> None:
            with contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(self._at(path))

        self._asked(remove)

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _asked(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except PlaceError:
            raise
        # Each file system raises what its own library raises, and we cannot know them all.
        except Exception as err:
            detail = err.strerror if isinstance(err, OSError) and err.strerror else str(err)
            raise PlaceError(self.shown, detail or type(err).__name__) from err


def write_whole(file: Path, data: bytes) -> None:
    """Write a file so that it is never seen half written, not even after a crash. Raises: OSError.

    What is no regular file (a pipe, a terminal), or may be written but not replaced (a file that is
    mounted by itself), is written to directly.
    """
    if file.exists() and not file.is_file():
        file.write_bytes(data)
        return
    target = Path(os.path.realpath(file))
    # By number, not at random: what a crashed run left behind is used again by the next.
    part = target.with_name(f".{target.name[:200]}.{os.getpid()}.part")
    try:
        with part.open("wb") as beside:
            beside.write(data)
            beside.flush()
            os.fsync(beside.fileno())
        if target.exists():
            part.chmod(target.stat().st_mode & 0o777)
        part.replace(target)
    except OSError as err:
        if err.errno not in _NOT_BESIDE or not target.is_file():
            raise
        target.write_bytes(data)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def without_credentials(url: str) -> str:
    """A URL as it may be shown: no user info, no query, no fragment."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", "")) if parts.scheme else url


def _open(url: str) -> "tuple[AbstractFileSystem, str]":
    from fsspec.core import url_to_fs

    found: Any = url_to_fs(url)
    return found[0], found[1]


def _is(fs: "AbstractFileSystem", protocols: "frozenset[str] | tuple[str, ...]") -> bool:
    known = (fs.protocol,) if isinstance(fs.protocol, str) else fs.protocol
    return any(protocol in protocols for protocol in known)

"""A real PostgreSQL and a real Redis on free ports of loopback, with data that goes with them."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

PATIENCE_SECONDS = 30
_DEBIAN = Path("/usr/lib/postgresql")


def need_stores() -> None:
    """Skip where one of the servers is not installed; in CI that is a failure."""
    if shutil.which("redis-server") and _postgres("initdb"):
        return
    said = "PostgreSQL and Redis are not installed: apt-get install postgresql redis-server"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)


@contextmanager
def redis() -> Iterator[int]:
    """The port of a Redis that keeps nothing."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""]
    with _running(command, port):
        yield port


@contextmanager
def postgres() -> Iterator[int]:
    """The port of a PostgreSQL with the user and database "shop", for whoever is on this machine.

    It refuses to run as root, so it runs as the user that Debian's package makes.
    """
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:  # that user may enter it
        data = Path(folder) / "data"
        if user:
            account = pwd.getpwnam(user)
            os.chown(folder, account.pw_uid, account.pw_gid)
        subprocess.run(
            [_postgres("initdb"), "-D", data, "-U", "shop", "--auth=trust", "--no-sync"],
            user=user, cwd=folder, check=True, capture_output=True,
        )  # fmt: skip
        port = free_port()
        command = [
            *(_postgres("postgres"), "-D", str(data), "-p", str(port)),
            *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"),
            *("-c", f"unix_socket_directories={folder}"),
        ]
        with _running(command, port, user):
            _until_ready(port)
            subprocess.run(
                [_postgres("createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", "shop", "shop"],
                check=True, capture_output=True,
            )  # fmt: skip
            yield port


@contextmanager
def _running(command: Sequence[str], port: int, user: str | None = None) -> Iterator[None]:
    """A server, from when it takes connections to the end of the block."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, user=user, cwd="/"
        )
        try:
            end = time.monotonic() + PATIENCE_SECONDS
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > end:
                    log.seek(0)
                    pytest.fail(f"{command} did not start: {log.read().decode()}")
                time.sleep(0.02)
            yield
        finally:
            process.terminate()
            process.wait()


def _until_ready(port: int) -> None:
    """A PostgreSQL listens before it lets anybody in."""
    asked = [_postgres("pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
    end = time.monotonic() + PATIENCE_SECONDS
    while subprocess.run(asked, check=False).returncode != 0:
        if time.monotonic() > end:
            pytest.fail("PostgreSQL listens but lets nobody in")
        time.sleep(0.02)


def _postgres(program: str) -> str:
    versions = sorted(_DEBIAN.glob(f"*/bin/{program}"), key=lambda p: float(p.parts[-3]))
    return str(versions[-1]) if versions else shutil.which(program) or ""


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

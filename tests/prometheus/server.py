"""A real Prometheus server on a free port of loopback."""

import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

READY_SECONDS = 30


def need_prometheus() -> None:
    """Skip where Prometheus is not installed; in CI that is a failure."""
    if shutil.which("prometheus") and shutil.which("promtool"):
        return
    said = "prometheus and promtool are not installed: apt-get install prometheus"
    if os.environ.get("CI"):
        pytest.fail(said)
    pytest.skip(said)


@contextmanager
def running(
    data: Path, *flags: str, config: str = "", program: str = "prometheus"
) -> Iterator[str]:
    """The address of a server that keeps its data in a folder, until the block ends."""
    need_prometheus()
    data.mkdir(parents=True, exist_ok=True)
    file = data / "prometheus.yml"
    file.write_text(config, encoding="utf-8")

    def command(port: int) -> list[str]:
        return [
            program,
            f"--config.file={file}",
            f"--storage.tsdb.path={data}",
            "--storage.tsdb.retention.time=100y",
            f"--web.listen-address=127.0.0.1:{port}",
            "--log.level=warn",
            *flags,
        ]

    with listening(command, "/-/ready") as url:
        yield url


@contextmanager
def listening(command: Callable[[int], Sequence[str]], ready: str) -> Iterator[str]:
    """The address of a program on a free port, once a path of it answers."""
    for _ in range(3):
        port = _free_port()
        url = f"http://127.0.0.1:{port}"
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(command(port), stdout=log, stderr=subprocess.STDOUT)
            try:
                if _ready(process, f"{url}{ready}"):
                    yield url
                    return
                log.seek(0)
                said = log.read().decode("utf-8", "replace")
                if "address already in use" not in said:
                    pytest.fail(f"{process.args!r} did not start: {said}")
            finally:
                process.terminate()
                process.wait()
    pytest.fail("no free port")


def _ready(process: subprocess.Popen[bytes], url: str) -> bool:
    end = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    return False


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port

"""A real Prometheus for measurements, in a process of its own."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_SECONDS = 60


@contextmanager
def running(data: Path) -> Iterator[str]:
    """The address of a server that keeps its data in a folder, until the block ends.

    Raises: RuntimeError when it does not start.
    """
    (data / "prometheus.yml").write_text("", encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    command = [
        "prometheus",
        f"--config.file={data / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    ]
    with subprocess.Popen(command) as process:
        try:
            _wait(process, url)
            yield url
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + READY_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise RuntimeError("prometheus did not start")

"""Running a program in a fresh process, and what the operating system says it took."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from statistics import median

import msgspec

MOST_OUTPUT = 1_000_000
"""Characters of a program's output that are of interest; kubectl writes many more."""


class Run(msgspec.Struct, frozen=True):
    """One run of a program, start and imports included, or the median of several."""

    wall_seconds: float
    cpu_seconds: float
    """User and system time of the program alone."""
    peak_bytes: int
    requests: int | None = None
    bytes: int | None = None
    """As sent over the wire, without headers."""


class RunError(Exception):
    """A program did not end well."""


def run(command: Sequence[str]) -> tuple[Run, str]:
    """Run a program to its end; the first of its output beside the figures. Raises: RunError."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=err, env=_env())
        _, status, usage = os.wait4(process.pid, 0)
        wall_seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RunError(f"{' '.join(command)} ended with {process.returncode}: {err.read()}")
        # NOTE: On Linux a program is never smaller here than the one that started it, so the
        # process that measures has to stay small. Other systems count in bytes.
        unit = 1 if sys.platform == "darwin" else 1024
        figures = Run(wall_seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit)
        return figures, out.read(MOST_OUTPUT)


def _env() -> dict[str, str]:
    """The environment, but for what would compile every module again: installed ones are not."""
    return {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def typical(runs: Sequence[Run]) -> Run:
    """The median of each figure."""

    def whole(values: Sequence[int | None]) -> int | None:
        given = [value for value in values if value is not None]
        return round(median(given)) if given else None

    return Run(
        median(one.wall_seconds for one in runs),
        median(one.cpu_seconds for one in runs),
        round(median(one.peak_bytes for one in runs)),
        whole([one.requests for one in runs]),
        whole([one.bytes for one in runs]),
    )

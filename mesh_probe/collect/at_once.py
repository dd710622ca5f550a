"""A few queries at a time, with an end that nothing can put off."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from mesh_probe.collect.query_error import QueryError, out_of_time

T = TypeVar("T")

_PATIENCE_SECONDS = 0.5
"""How long to wait past the deadline for queries that end by it on their own."""


def at_once(jobs: Sequence[Callable[[], T]], threads: int, deadline: float) -> list[T | QueryError]:
    """The results in the order of the jobs; one that failed or was not done in time is its error.

    The threads are daemons, so that neither Ctrl-C nor the deadline waits for a server that hangs.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, T | BaseException]] = queue.SimpleQueue()
    for number in range(len(jobs)):
        waiting.put(number)

    def work() -> None:
        while True:
            try:
                number = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((number, jobs[number]()))
            except BaseException as err:  # noqa: BLE001  # raised again in the thread that asked
                done.put((number, err))

    for _ in range(min(threads, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    results: list[T | QueryError] = [out_of_time() for _ in jobs]
    for _ in jobs:
        try:
            left = deadline + _PATIENCE_SECONDS - time.monotonic()
            number, result = done.get(timeout=min(max(0.0, left), threading.TIMEOUT_MAX))
        except queue.Empty:
            break
        if isinstance(result, BaseException) and not isinstance(result, QueryError):
            raise result
        results[number] = result
    return results


def in_time(job: Callable[[], T], deadline: float) -> T:
    """The result of what may wait for something that never comes.

    What it waits for is left alone, and does not keep the program from ending.
    Raises: TimeoutError, and what the job raises.
    """
    (result,) = at_once([job], 1, deadline)
    if isinstance(result, QueryError):
        raise TimeoutError
    return result

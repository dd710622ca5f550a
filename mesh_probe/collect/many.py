"""Many clusters, a few at a time, each with an end that nothing can put off."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from mesh_probe.errors import CollectError, MeshProbeError
from mesh_probe.text import message

T = TypeVar("T")

PATIENCE_SECONDS = 60.0
"""How long a cluster may take past its time limit: to log in, and to be judged."""


def one_by_one(
    names: Sequence[str],
    work: Callable[[str], T],
    *,
    parallel: int,
    limit_seconds: float,
) -> Iterator[tuple[str, T | MeshProbeError]]:
    """What `work` makes of each name, as it is done; for one that fails its error.

    One that takes longer than its limit is given up and its place taken by the next, so that a
    cluster that hangs holds up none of the others. Only as many results as work at the same time
    are in memory.
    """
    done: queue.SimpleQueue[tuple[str, T | BaseException]] = queue.SimpleQueue()

    def run(name: str) -> None:
        try:
            done.put((name, work(name)))
        except BaseException as err:  # noqa: BLE001  # raised again in the thread that asked
            done.put((name, err))

    waiting = deque(names)
    ends: dict[str, float] = {}
    while waiting or ends:
        while waiting and len(ends) < parallel:
            name = waiting.popleft()
            ends[name] = time.monotonic() + limit_seconds
            threading.Thread(target=run, args=(name,), daemon=True).start()
        try:
            left = min(ends.values()) - time.monotonic()
            name, result = done.get(timeout=max(0.0, left))
        except queue.Empty:
            name = min(ends, key=lambda each: ends[each])
            result = CollectError(message("error.cluster-slow", seconds=limit_seconds))
        if ends.pop(name, None) is None:
            continue  # given up before
        if isinstance(result, BaseException) and not isinstance(result, MeshProbeError):
            raise result
        yield name, result

"""How Python runs: its search for reference cycles, and the turns that its threads take."""

import atexit
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """Decoding makes objects and no cycles; searching meanwhile costs several times as much.

    Measured with pages of the Kubernetes API: most of the time of a decode. Afterwards the objects
    count as old ones, or the very next search would look at all of them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
            gc.unfreeze()  # what was frozen goes to the oldest
        if was_enabled:
            gc.enable()


def tune() -> None:
    """For a program that makes millions of objects, hardly a cycle, and soon ends.

    Cycles are searched for seldom: by Python's defaults that was a tenth of a scan, and the last
    search, when everything goes anyway, a thirtieth.

    Threads take their turns ten times as often. An answer comes in pieces of 16 KB, and each of
    them waited up to 5 ms for the thread that reads answers: a long list's next page was asked for
    up to 0.2 s late, with the server idle.
    """
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)
    sys.setswitchinterval(0.0005)

"""Python's search for reference cycles, put off while objects are made that stay."""

import atexit
import gc
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


def spare() -> None:
    """For a program that makes millions of objects, hardly a cycle, and soon ends: search seldom.

    By Python's defaults the searches were a tenth of a scan, and the last one, when everything goes
    anyway, a thirtieth.
    """
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)

"""No search for cycles while objects are made that stay, and threads that take turns."""

import atexit
import gc
import sys

from mesh_probe.interpreter import no_collection, tune

YOUNG = 0
OLD = 2


def _holds(generation: int, wanted: object) -> bool:
    return any(each is wanted for each in gc.get_objects(generation))


def test_what_was_made_meanwhile_counts_as_old() -> None:
    with no_collection():
        made: list[object] = []
        was_young = _holds(YOUNG, made)

    assert was_young
    assert not _holds(YOUNG, made)
    assert _holds(OLD, made)


def test_what_the_caller_froze_stays_frozen() -> None:
    kept: list[object] = []
    gc.freeze()
    try:
        with no_collection():
            pass

        assert not _holds(OLD, kept)
    finally:
        gc.unfreeze()


def test_the_program_searches_seldom_and_lets_threads_take_turns_often() -> None:
    thresholds, turn = gc.get_threshold(), sys.getswitchinterval()
    try:
        tune()

        assert gc.get_threshold() > thresholds
        assert sys.getswitchinterval() < turn
    finally:
        gc.set_threshold(*thresholds)
        sys.setswitchinterval(turn)
        atexit.unregister(gc.freeze)

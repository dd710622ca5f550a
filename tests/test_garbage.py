"""No search for cycles while objects are made that stay."""

import gc

from mesh_probe.garbage import no_collection

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

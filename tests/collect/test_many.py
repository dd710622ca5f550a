"""Many clusters, a few at a time."""

import threading

import pytest

from mesh_probe.collect.many import one_by_one
from mesh_probe.errors import CollectError, MeshProbeError
from mesh_probe.text import message

NAMES = [f"c-{number}" for number in range(20)]


def test_each_is_done_once() -> None:
    found = dict(one_by_one(NAMES, str.upper, parallel=4, limit_seconds=30))

    assert found == {name: name.upper() for name in NAMES}


@pytest.mark.parametrize("parallel", [1, 3])
def test_no_more_than_so_many_work_at_the_same_time(parallel: int) -> None:
    lock, working, most = threading.Lock(), [0], [0]
    together = threading.Barrier(parallel)

    def work(_: str) -> None:
        with lock:
            working[0] += 1
            most[0] = max(most[0], working[0])
        together.wait(timeout=30)
        with lock:
            working[0] -= 1

    names = NAMES[: parallel * 3]
    assert len(list(one_by_one(names, work, parallel=parallel, limit_seconds=60))) == len(names)
    assert most == [parallel]


def test_one_that_fails_is_an_error_and_spoils_no_other() -> None:
    def work(name: str) -> str:
        if name == "c-3":
            raise CollectError(message("error.no-api", server="x", detail="y"))
        return name

    found = dict(one_by_one(NAMES, work, parallel=4, limit_seconds=30))

    assert [name for name, result in found.items() if isinstance(result, MeshProbeError)] == ["c-3"]


def test_one_that_hangs_is_given_up_and_its_place_is_taken() -> None:
    hang = threading.Event()

    def work(name: str) -> str:
        if name == "c-0":
            hang.wait()
        return name

    found = dict(one_by_one(NAMES, work, parallel=1, limit_seconds=0.2))

    result = found["c-0"]
    assert isinstance(result, CollectError)
    assert result.said.id == "error.cluster-slow"
    assert len(found) == len(NAMES)
    hang.set()


def test_a_fault_of_ours_is_not_hidden() -> None:
    def work(_: str) -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(one_by_one(NAMES, work, parallel=2, limit_seconds=30))

import threading
import time

import pytest

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.query_error import QueryError, Unusable
from mesh_probe.text import message


def later() -> float:
    return time.monotonic() + 60


def test_results_come_in_the_order_of_the_jobs() -> None:
    first, second = threading.Event(), threading.Event()

    def slow() -> str:
        second.wait()
        first.set()
        return "slow"

    def fast() -> str:
        second.set()
        return "fast"

    assert at_once([slow, fast], 2, later()) == ["slow", "fast"]


def test_no_more_than_so_many_run_at_a_time() -> None:
    running: list[int] = []
    most: list[int] = []
    lock = threading.Lock()
    both = threading.Barrier(2)

    def job() -> None:
        with lock:
            running.append(1)
            most.append(len(running))
        both.wait()
        with lock:
            running.pop()

    at_once([job] * 6, 2, later())

    assert max(most) == 2


def test_a_query_that_failed_is_its_error() -> None:
    failed = QueryError(message("gap.time"))

    def fail() -> str:
        raise failed

    assert at_once([fail, lambda: "well"], 1, later()) == [failed, "well"]


def test_a_fault_of_ours_is_raised() -> None:
    def fault() -> str:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        at_once([fault], 1, later())


def test_what_hangs_is_given_up_at_the_deadline() -> None:
    never = threading.Event()

    result, _ = at_once([never.wait, never.wait], 1, time.monotonic() - 1)
    never.set()

    assert isinstance(result, Unusable)
    assert result.reason.id == "gap.time"

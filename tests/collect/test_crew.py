"""Fetching ahead of the one that decides, within bounds."""

import threading
import time
from collections.abc import Callable

import pytest

from mesh_probe.collect.crew import ANSWERS_AHEAD, Answer, Crew, Task, Tell

THREADS = 2
PATIENCE_SECONDS = 30


def _crew(get: Callable[[str], bytes], *, seconds: float = PATIENCE_SECONDS) -> Crew:
    def fetch(path: str, accept: str, tell: Tell) -> bytes:
        return get(path)

    return Crew(fetch, THREADS, time.monotonic() + seconds, lambda _: None)


def _chain(number: int, last: int, take: Callable[[str, bool], None]) -> Task:
    """A page, and those after it."""

    def taken(answer: Answer, followed: bool) -> tuple[Task, ...]:
        assert isinstance(answer, bytes)
        take(answer.decode(), followed)
        return ()

    def follow(_: bytes) -> Task | None:
        return _chain(number + 1, last, take) if number < last else None

    return Task(f"page-{number}", "", taken, follow)


def test_pages_that_follow_each_other_are_taken_in_their_order() -> None:
    taken: list[tuple[str, bool]] = []

    with _crew(lambda path: path.encode()) as crew:
        crew.run([_chain(1, 20, lambda *said: taken.append(said))])

    assert taken == [(f"page-{n}", n < 20) for n in range(1, 21)]


def test_the_next_page_is_fetched_while_this_one_is_taken() -> None:
    second_asked_for = threading.Event()
    seen: list[bool] = []

    def get(path: str) -> bytes:
        if path == "page-2":
            second_asked_for.set()
        return path.encode()

    def take(page: str, followed: bool) -> None:
        if page == "page-1":
            seen.append(second_asked_for.wait(PATIENCE_SECONDS))

    with _crew(get) as crew:
        crew.run([_chain(1, 2, take)])

    assert seen == [True]


def test_no_more_pages_are_fetched_ahead_than_may_wait() -> None:
    room = THREADS + ANSWERS_AHEAD
    full = threading.Semaphore(0)
    fetched: list[str] = []
    ahead: list[int] = []

    def get(path: str) -> bytes:
        fetched.append(path)
        full.release()
        return path.encode()

    def take(page: str, followed: bool) -> None:
        if page == "page-1":
            for _ in range(room):
                full.acquire(timeout=PATIENCE_SECONDS)
        ahead.append(len(fetched) - int(page.removeprefix("page-")) + 1)

    with _crew(get) as crew:
        crew.run([_chain(1, 50, take)])

    assert len(fetched) == 50
    assert ahead[0] == room
    assert max(ahead) <= room


def test_threads_that_wait_for_room_end_with_the_crew_and_fetch_no_more() -> None:
    fetched: list[str] = []
    full = threading.Semaphore(0)
    before = set(threading.enumerate())

    def get(path: str) -> bytes:
        fetched.append(path)
        full.release()
        return path.encode()

    def take(page: str, followed: bool) -> None:
        for _ in range(THREADS + ANSWERS_AHEAD):
            full.acquire(timeout=PATIENCE_SECONDS)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), _crew(get) as crew:
        crew.run([_chain(1, 50, take)])
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE_SECONDS)

    assert set(threading.enumerate()) <= before
    assert len(fetched) == THREADS + ANSWERS_AHEAD

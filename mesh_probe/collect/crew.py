"""A few threads that fetch for the one that decides."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Self

from mesh_probe.collect.refusal import Refused
from mesh_probe.text import Message, message

Tell = Callable[[Message], None]
Get = Callable[[str, str, Tell], bytes]
"""Fetch a path in a form (Accept); the third hears of pauses. Raises: Refused."""
Answer = bytes | Refused

ANSWERS_AHEAD = 8
"""Fetched pages that may wait to be used, so that a page which takes long to read does not leave
the server idle. More would only fill memory."""
LAST_SECONDS = 1
"""For requests that nobody waits for any more, so that they do not outlive their server."""


class CutShort(Exception):  # noqa: N818  # what was read until then is kept
    """No further request is to be made."""

    def __init__(self, said: Message, hint: Message) -> None:
        super().__init__(said.id)
        self.said = said
        self.hint = hint


def stop_without_entry(refused: Refused) -> None:
    """Credentials that are not accepted any more will not be accepted for other kinds either.

    Raises: CutShort.
    """
    if refused.no_entry:
        raise CutShort(refused.said, message("hint.unauthorized"))


@dataclass(frozen=True)
class Task:
    """A path to fetch, and what to do with the answer."""

    path: str
    accept: str
    take: Callable[[Answer, bool], Iterable["Task"]]
    """Called in the thread that runs the crew, with whether `follow` gave a task; gives all other
    tasks that follow from the answer."""
    follow: Callable[[bytes], "Task | None"] = lambda _: None
    """Called in the thread that fetched, so that the next page need not wait until this one is
    taken. Its answer is taken later than this one."""


class Crew:
    """Runs tasks until none is left or time runs out; to be used in a `with` statement.

    The threads are daemons: neither Ctrl-C nor the time limit waits for a request that hangs.
    """

    def __init__(self, get: Get, threads: int, deadline: float, tell: Tell) -> None:
        self._get = get
        self._deadline = deadline
        self._tell = tell
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Task, Answer | Message | BaseException, bool]]
        self._answers = queue.SimpleQueue()
        self._room = threading.Semaphore(threads + ANSWERS_AHEAD)
        """For answers that come or wait."""
        self._over = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, error: type[BaseException] | None, *rest: object) -> None:
        self._over = True
        with suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
        self._room.release(len(self._threads))
        for _ in self._threads:
            self._tasks.put(None)
        if error is None:
            end = min(self._deadline, time.monotonic() + LAST_SECONDS)
            for thread in self._threads:
                thread.join(max(0, end - time.monotonic()))

    def run(self, tasks: Iterable[Task]) -> None:
        """Fetch these and all that follows from them. Raises: CutShort when time runs out."""
        waiting = deque(tasks)
        under_way = 0
        while waiting or under_way:
            self._seconds_left()
            while waiting and under_way < len(self._threads) + ANSWERS_AHEAD:
                self._tasks.put(waiting.popleft())
                under_way += 1
            task, answer, followed = self._next()
            under_way -= not followed
            waiting.extendleft(reversed(tuple(task.take(answer, followed))))
            self._room.release()

    def fetch_all(self, paths: Iterable[str], accept: str) -> dict[str, Answer]:
        """Fetch these and nothing that follows. Raises: CutShort when time runs out."""
        answers: dict[str, Answer] = {}

        def keep(path: str, answer: Answer, _: bool) -> tuple[Task, ...]:
            answers[path] = answer
            return ()

        self.run([Task(path, accept, partial(keep, path)) for path in paths])
        return answers

    def _next(self) -> tuple[Task, Answer, bool]:
        while True:
            try:
                task, answer, followed = self._answers.get(timeout=self._seconds_left())
            except queue.Empty:
                continue
            match answer:
                case Message():
                    self._tell(answer)
                case bytes() | Refused():
                    return task, answer, followed
                case _:
                    raise answer

    def _seconds_left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise CutShort(message("gap.time"), message("hint.time"))
        return left

    def _work(self) -> None:
        task = self._tasks.get()
        while task:
            self._room.acquire()
            if self._over:
                return
            answer = self._fetch(task)
            following = None
            if isinstance(answer, bytes) and time.monotonic() < self._deadline:
                following = task.follow(answer)
            self._answers.put((task, answer, following is not None))
            # The longest list decides when all is read, so its pages wait for no other's.
            task = following or self._tasks.get()

    def _fetch(self, task: Task) -> Answer | BaseException:
        def tell(said: Message) -> None:
            self._answers.put((task, said, False))

        try:
            return self._get(task.path, task.accept, tell)
        except BaseException as err:  # noqa: BLE001  # raised again in the thread that decides
            return err

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

ANSWERS_AHEAD = 1
"""Fetched pages that may wait to be used. More would only fill memory."""
LAST_SECONDS = 1
"""For requests that nobody waits for any more, so that they do not outlive their server."""


class CutShort(Exception):  # noqa: N818  # what was read until then is kept
    """No further request is to be made."""

    def __init__(self, said: Message, hint: Message) -> None:
        super().__init__(said.id)
        self.said = said
        self.hint = hint


@dataclass(frozen=True)
class Task:
    """A path to fetch, and what to do with the answer."""

    path: str
    accept: str
    take: Callable[[Answer], Iterable["Task"]]
    """Called in the thread that runs the crew; gives the tasks that follow from the answer."""


class Crew:
    """Runs tasks until none is left or time runs out; to be used in a `with` statement.

    The threads are daemons: neither Ctrl-C nor the time limit waits for a request that hangs.
    """

    def __init__(self, get: Get, threads: int, deadline: float, tell: Tell) -> None:
        self._get = get
        self._deadline = deadline
        self._tell = tell
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._answers: queue.SimpleQueue[tuple[Task, Answer | Message | BaseException]]
        self._answers = queue.SimpleQueue()
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, error: type[BaseException] | None, *rest: object) -> None:
        with suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
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
            task, answer = self._next()
            under_way -= 1
            waiting.extend(task.take(answer))

    def fetch_all(self, paths: Iterable[str], accept: str) -> dict[str, Answer]:
        """Fetch these and nothing that follows. Raises: CutShort when time runs out."""
        answers: dict[str, Answer] = {}

        def keep(path: str, answer: Answer) -> tuple[Task, ...]:
            answers[path] = answer
            return ()

        self.run([Task(path, accept, partial(keep, path)) for path in paths])
        return answers

    def _next(self) -> tuple[Task, Answer]:
        while True:
            try:
                task, answer = self._answers.get(timeout=self._seconds_left())
            except queue.Empty:
                continue
            match answer:
                case Message():
                    self._tell(answer)
                case bytes() | Refused():
                    return task, answer
                case _:
                    raise answer

    def _seconds_left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise CutShort(message("gap.time"), message("hint.time"))
        return left

    def _work(self) -> None:
        while task := self._tasks.get():
            self._answers.put((task, self._fetch(task)))

    def _fetch(self, task: Task) -> Answer | BaseException:
        try:
            return self._get(task.path, task.accept, lambda said: self._answers.put((task, said)))
        except BaseException as err:  # noqa: BLE001  # raised again in the thread that decides
            return err

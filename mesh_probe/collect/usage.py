"""What workloads use, from the servers that measure it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

from mesh_probe.collect.at_once import at_once
from mesh_probe.collect.fetch import fetch
from mesh_probe.collect.prometheus import AT_ONCE, Prometheus
from mesh_probe.collect.query_error import QueryError
from mesh_probe.model import Gap, Objects, Usage
from mesh_probe.source import Ask, Sample, Window
from mesh_probe.sources import usage as reader
from mesh_probe.sources.usage import Pod
from mesh_probe.text import message

SUBJECT = "usage"


class UsageRead(NamedTuple):
    """The figures of workloads, and what is missing from them."""

    usage: tuple[Usage, ...]
    gaps: tuple[Gap, ...]


def read_usage(
    servers: Sequence[Prometheus],
    objects: Objects,
    window: Window,
    at: datetime,
    *,
    deadline: float,
) -> UsageRead:
    """What the workloads used in the window before the aware time `at`.

    Of several servers the first that has a figure counts. Nothing is asked after `deadline` on the
    monotonic clock. Nothing is raised.
    """
    asked = _Asked(servers, at, deadline)
    answers = asked.first(reader.asks(window))
    known = reader.pods_of(objects)
    homes = {workload.namespace for workload in objects.workloads}

    def wanted(pod: Pod) -> bool:
        return not homes or pod[0] in homes

    seen = (pod for rows in answers.values() for pod in reader.by_pod(rows))
    if any(pod not in known and wanted(pod) for pod in seen):
        known = reader.owned(asked.first(reader.owner_asks(window))) | known
    found = reader.usage(answers, lambda pod: known.get(pod) if wanted(pod) else None)
    gaps = [*asked.gaps]
    if not asked.gaps:
        gaps += _missing(found)
    return UsageRead(found, tuple(dict.fromkeys(gaps)))


def _missing(found: Iterable[Usage]) -> Iterable[Gap]:
    """Which of the two sources of figures nobody scrapes."""
    every = list(found)
    if all(usage.cpu_cores is None and usage.memory_bytes is None for usage in every):
        yield Gap(SUBJECT, message("gap.usage-unmeasured"), message("hint.usage-unmeasured"))
    if all(usage.restarts_count is None for usage in every):
        yield Gap(SUBJECT, message("gap.restarts-uncounted"), message("hint.restarts-uncounted"))


class _Asked:
    """The servers, and why some did not answer."""

    def __init__(self, servers: Sequence[Prometheus], at: datetime, deadline: float) -> None:
        self._servers = servers
        self._at = at
        self._deadline = deadline
        self.gaps: list[Gap] = []

    def first(self, asks: Sequence[Ask]) -> dict[str, Sequence[Sample]]:
        """The answers by purpose, each of the first server that has any row."""
        jobs = [
            partial(fetch, server, ask, self._at, self._deadline)
            for ask in asks
            for server in self._servers
        ]
        results = iter(at_once(jobs, AT_ONCE, self._deadline))
        answers: dict[str, Sequence[Sample]] = {}
        for ask in asks:
            for _ in self._servers:
                result = next(results)
                if isinstance(result, QueryError):
                    self.gaps.append(result.gap(SUBJECT))
                elif not answers.get(ask.purpose):
                    answers[ask.purpose] = result.samples
                    if result.failure:
                        self.gaps.append(result.failure.gap(SUBJECT))
        return answers

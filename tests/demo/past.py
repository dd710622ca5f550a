"""What the shop's Prometheus would know beyond its calls: alerts, and what pods use."""

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from tests.demo.metrics import STEM, recorded
from tests.demo.pods import RESTARTS
from tests.demo.truth import Call, Happened, Truth
from tests.prometheus.alerts import Fired, Flat
from tests.prometheus.history import HOUR, Lines, Series

WATCHED_HOURS = 72.0
"""How long alerting rules have been evaluated."""
BEFORE_HOURS = 1.5
"""Of the calls before an alert."""
MINUTE = 60
MIB = 2**20


def past(known: Truth) -> Iterator[Lines]:
    """The alerts, and the calls of their times."""
    watchdog = {"alertname": "Watchdog", "alertstate": "firing", "severity": "none"}
    yield Flat("ALERTS", watchdog, 1, WATCHED_HOURS, every_seconds=240)
    for happened in known.incidents:
        namespace, _, service = happened.about.partition("/")
        labels = {"namespace": namespace, "service": service, "severity": "critical"}
        yield Fired(happened.alert, *happened.hours, labels)
        for call in known.calls:
            yield from _phases(call, happened)


def _phases(call: Call, happened: Happened) -> Iterator[Series]:
    """A call before an alert as it is now, and then as it was while the alert fired."""
    factor = _found(call, happened.slower)
    share = _found(call, happened.failing)
    if factor is None and share is None:
        return
    start, end = happened.hours
    usual = _by_key(call)
    then = _by_key(call if share is None else call._replace(error_ratio=share))
    if factor is not None:
        slow = call._replace(p50_ms=call.p50_ms * factor, p99_ms=call.p99_ms * factor)
        waits = _by_key(slow).items()
        then |= {key: each for key, each in waits if key[0].startswith(f"{STEM}_client")}
    for key, before in usual.items():
        yield dataclasses.replace(before, from_hours=start + BEFORE_HOURS, to_hours=start)
        counted = before.per_second * (BEFORE_HOURS * HOUR + MINUTE)
        yield dataclasses.replace(
            then[key], from_hours=start - MINUTE / HOUR, to_hours=end, at_first=counted
        )


def _found(call: Call, listed: Iterable[tuple[str, str, float]]) -> float | None:
    pair = call.client, call.server
    return next((figure for client, server, figure in listed if (client, server) == pair), None)


def _by_key(call: Call) -> dict[tuple[str, str], Series]:
    """The series of a call by name and labels."""
    return {(each.name, repr(sorted(each.labels.items()))): each for each in recorded(call)}


def usage(pods: Iterable[dict[str, Any]]) -> Iterator[Lines]:
    """What cAdvisor and kube-state-metrics say of pods: each uses what its name is long."""
    for pod in pods:
        if pod["kind"] != "Pod":
            continue
        meta = pod["metadata"]
        labels = {"namespace": meta["namespace"], "pod": meta["name"], "container": "main"}
        length = len(meta["name"])
        yield Series("container_cpu_usage_seconds_total", labels, length / 400, 1.2)
        yield Flat("container_memory_working_set_bytes", labels, 5 * length * MIB, 1.2)
        restarts = next((n for name, n in RESTARTS.items() if meta["name"].startswith(name)), 0)
        yield Flat("kube_pod_container_status_restarts_total", labels, restarts, 1.2)

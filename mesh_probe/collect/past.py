"""What servers know beyond calls: what workloads use, and incidents with the calls in them."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from mesh_probe.collect.alerts import read_alerts
from mesh_probe.collect.moments import read_moments
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.usage import read_usage
from mesh_probe.episodes import IncidentHistory
from mesh_probe.model import Gap, Objects, Telemetry, Usage
from mesh_probe.source import Source, Window
from mesh_probe.sources import SOURCES
from mesh_probe.text import Message, message


class PastRead(NamedTuple):
    """The history; None where no server answered."""

    history: IncidentHistory | None
    usage: tuple[Usage, ...]
    gaps: tuple[Gap, ...]


def read_past(
    servers: Sequence[Prometheus],
    telemetry: Telemetry,
    objects: Objects,
    window: Window,
    at: datetime,
    *,
    deadline: float,
    progress: Callable[[Message], None],
    sources: Sequence[Source] = SOURCES,
) -> PastRead:
    """The incidents before the aware time `at`, as far back as the servers know, and usage.

    Servers that did not answer for the telemetry are not asked again.
    Nothing is asked after `deadline` on the monotonic clock. Nothing is raised.
    """
    answering = [server for server in servers if server.name in telemetry.prometheus]
    if not answering:
        return PastRead(None, (), ())
    progress(message("progress.usage"))
    used = read_usage(answering, objects, window, at, deadline=deadline)
    progress(message("progress.incidents"))
    alerts = read_alerts(answering, at, deadline=deadline)
    times = read_moments(
        answering,
        alerts.history,
        telemetry,
        at,
        deadline=deadline,
        progress=progress,
        sources=sources,
    )
    history = replace(alerts.history, moments=times.moments)
    return PastRead(history, used.usage, (*used.gaps, *alerts.gaps, *times.gaps))

"""From servers of traces to calls: those whose addresses were given."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from mesh_probe.collect.jaeger import read_jaeger
from mesh_probe.collect.tempo import read_tempo
from mesh_probe.collect.traces import TraceStore
from mesh_probe.collect.traces_read import TracesRead
from mesh_probe.model import Gap, Telemetry
from mesh_probe.source import Window
from mesh_probe.text import Message, message


class Traced(NamedTuple):
    """What the servers of traces tell, and what it cost them."""

    reads: tuple[TracesRead, ...] = ()
    requests: int = 0
    bytes: int = 0

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """What is missing from it."""
        return tuple(gap for each in self.reads for gap in each.gaps)

    def joined(self, telemetry: Telemetry) -> Telemetry:
        """The telemetry with these sources after its own: traces are often samples."""
        return replace(
            telemetry,
            sources=(*telemetry.sources, *(each.read for each in self.reads)),
            calls=(*telemetry.calls, *(call for each in self.reads for call in each.calls)),
        )


def read_traces(
    jaeger: str | None,
    tempo: str | None,
    *,
    verify: bool | str,
    window: Window,
    at: datetime,
    deadline: float,
    progress: Callable[[Message], None],
) -> Traced:
    """What the servers at these addresses tell of calls before the aware time `at`.

    Nothing is asked after `deadline` on the monotonic clock. Raises: UsageError when an address is
    none.
    """
    stores = [TraceStore(url, verify=verify) for url in (jaeger, tempo) if url is not None]
    if stores:
        progress(message("progress.traces"))
    waiting = iter(stores)
    reads: list[TracesRead] = []
    if jaeger is not None:
        reads.append(read_jaeger(next(waiting), window.lookback_seconds, at, deadline))
    if tempo is not None:
        reads.append(read_tempo(next(waiting), window.rate_seconds, at, deadline))
    return Traced(
        tuple(reads),
        sum(store.requests for store in stores),
        sum(store.bytes for store in stores),
    )

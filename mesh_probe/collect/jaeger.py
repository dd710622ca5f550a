"""From Jaeger to the calls that its traces add up to."""

from datetime import datetime

from mesh_probe.collect.query_error import QueryError
from mesh_probe.collect.traces import TraceStore
from mesh_probe.collect.traces_read import TracesRead, unreadable
from mesh_probe.model import Gap, Query, SourceRead
from mesh_probe.sources import jaeger
from mesh_probe.text import message


def read_jaeger(
    store: TraceStore, lookback_seconds: int, at: datetime, deadline: float
) -> TracesRead:
    """The calls of the look-back: what Jaeger adds up is often of a day. Nothing is raised."""
    params = jaeger.parameters(at.timestamp(), lookback_seconds)
    asked = f"{jaeger.PATH}?endTs={params['endTs']}&lookback={params['lookback']}"
    try:
        document = store.get(jaeger.PATH, params, deadline)
        calls = jaeger.calls(document, lookback_seconds)
    except QueryError as err:
        return unreadable(jaeger.ID, asked, err)
    except (LookupError, TypeError, ValueError, AttributeError):
        return unreadable(jaeger.ID, asked, store.not_one("rows of another shape"))
    query = Query("dependencies", asked, len(calls))
    if not calls:
        gap = Gap(
            jaeger.ID, message("gap.jaeger-empty", server=store.name), message("hint.jaeger-empty")
        )
        return TracesRead(SourceRead(jaeger.ID, "silent", (query,)), (), (gap,))
    return TracesRead(SourceRead(jaeger.ID, "read", (query,)), calls, ())

"""From Tempo to the calls that the spans of clients tell of."""

from datetime import datetime
from typing import Any, Literal

from mesh_probe.collect.query_error import QueryError
from mesh_probe.collect.traces import TraceStore
from mesh_probe.collect.traces_read import TracesRead, unreadable
from mesh_probe.model import Gap, Query, SourceRead
from mesh_probe.sources import tempo
from mesh_probe.text import message

State = Literal["read", "partial", "silent"]


def read_tempo(store: TraceStore, window_seconds: int, at: datetime, deadline: float) -> TracesRead:
    """The calls of the window, asked for in as many queries as there are figures.

    Nothing is raised.
    """
    documents: dict[str, Any] = {}
    queries: list[Query] = []
    gaps: list[Gap] = []
    for purpose, query in tempo.QUERIES.items():
        params = tempo.parameters(query, at.timestamp() - window_seconds, at.timestamp())
        try:
            documents[purpose] = store.get(tempo.PATH, params, deadline)
        except QueryError as err:
            if purpose == tempo.RATES:
                return unreadable(tempo.ID, query, err)
            queries.append(Query(purpose, query))
            gaps.append(err.gap(tempo.ID))
        else:
            queries.append(Query(purpose, query, len(documents[purpose].get("series") or ())))
    try:
        found = tempo.found(documents)
    except (LookupError, TypeError, ValueError, AttributeError):
        return unreadable(tempo.ID, tempo.QUERIES[tempo.RATES], store.not_one("another shape"))
    if found.partial:
        gaps.append(Gap(tempo.ID, message("gap.tempo-partial"), message("hint.tempo-partial")))
    if found.nameless_rps:
        gaps.append(
            Gap(
                tempo.ID,
                message("gap.tempo-nameless", rate=found.nameless_rps),
                message("hint.tempo-nameless"),
            )
        )
    if not found.calls and not found.nameless_rps:
        gaps.append(
            Gap(
                tempo.ID,
                message("gap.source-silent", server=store.name),
                message("hint.source-silent"),
            )
        )
    missing = any(query.series_count is None for query in queries) or found.partial
    state: State = "silent" if not found.calls else "partial" if missing else "read"
    return TracesRead(SourceRead(tempo.ID, state, tuple(queries)), found.calls, tuple(gaps))

"""What comes of reading a server of traces."""

from typing import NamedTuple

from mesh_probe.collect.query_error import QueryError
from mesh_probe.model import Gap, ObservedCall, Query, SourceRead


class TracesRead(NamedTuple):
    """The calls that a server of traces tells of, and what is missing from them."""

    read: SourceRead
    calls: tuple[ObservedCall, ...]
    gaps: tuple[Gap, ...]


def unreadable(source: str, query: str, why: QueryError) -> TracesRead:
    """Nothing could be read."""
    read = SourceRead(source, "unreadable", (Query("calls", query),))
    return TracesRead(read, (), (why.gap(source),))

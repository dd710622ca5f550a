"""What a report was made from: how far kinds and sources could be read, and the queries as sent."""

from collections.abc import Iterable

from mesh_probe.assessment import Read
from mesh_probe.episodes import IncidentHistory, Moment
from mesh_probe.model import KindRead, Query, SourceRead
from mesh_probe.text.values import Value, instant


def read(found: Read) -> Value:
    """Everything that was asked for; null where nobody was asked about incidents."""
    return {
        "kinds": [_kind(kind) for kind in found.kinds],
        "prometheus": list(found.prometheus),
        "sources": [_source(source) for source in found.sources],
        "incidents": None if found.incidents is None else _incidents(found.incidents),
    }


def _kind(kind: KindRead) -> Value:
    return {
        "kind": kind.kind,
        "group": kind.group,
        "state": kind.state,
        "count": None if kind.state in ("unreadable", "not-given") else kind.count,
    }


def _source(source: SourceRead) -> Value:
    return {
        "source": source.source,
        "state": source.state,
        "details": list(source.details),
        "queries": _queries(source.queries),
    }


def _incidents(history: IncidentHistory) -> Value:
    return {
        "state": history.state,
        "queries": _queries(history.queries),
        "moments": [_moment(moment) for moment in history.moments],
    }


def _moment(moment: Moment) -> Value:
    return {
        "start_at": instant(moment.start_at),
        "end_at": instant(moment.end_at),
        "sources": list(moment.sources),
        "queries": _queries(moment.queries),
    }


def _queries(queries: Iterable[Query]) -> list[Value]:
    return [
        {"purpose": query.purpose, "promql": query.promql, "series_count": query.series_count}
        for query in queries
    ]

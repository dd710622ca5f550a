"""How the figures were obtained: the queries as they were sent, and the objects that were read."""

from collections.abc import Iterator

from mesh_probe.assessment import Assessment, Read
from mesh_probe.format import moment
from mesh_probe.formats.markdown.words import MOST_ROWS, Words
from mesh_probe.kinds import counted
from mesh_probe.model import Query
from mesh_probe.text.markup import code, plain


def obtained(assessment: Assessment, words: Words) -> list[str]:
    """Folded away: how far kinds and sources could be read, and each query."""
    read = assessment.read
    if not (read.kinds or read.sources):
        return []
    end = moment(assessment.window_end_at)
    return [
        words.heading("obtained"),
        words.text("label.obtained", end=end),
        *_kinds(read, words),
        *_queries(read, words),
    ]


def _kinds(read: Read, words: Words) -> Iterator[str]:
    rows = [
        [
            code(f"{kind.kind}.{kind.group}" if kind.group else kind.kind),
            counted(kind),
            words.text(f"doctor.state.{kind.state}"),
        ]
        for kind in read.kinds
        if kind.state != "not-served"
    ]
    if rows:
        title = words.wording.text("heading.kinds")
        yield words.folded(title, words.heads("kind", "count", "state"), rows, len(rows))


def _queries(read: Read, words: Words) -> Iterator[str]:
    sent = list(_sent(read))
    rows = [
        [
            plain(source),
            plain(query.purpose),
            "–" if query.series_count is None else f"{query.series_count:,}",
            code(query.promql),
        ]
        for source, query in sent[:MOST_ROWS]
    ]
    if rows:
        title = words.wording.text("label.queries", count=len(sent))
        head = words.heads("source", "purpose", "series", "query")
        yield words.folded(title, head, rows, len(sent))


def _sent(read: Read) -> Iterator[tuple[str, Query]]:
    for source in read.sources:
        yield from ((source.source, query) for query in source.queries)
    if read.incidents:
        yield from (("ALERTS", query) for query in read.incidents.queries)
        for then in read.incidents.moments:
            yield from ((moment(then.end_at), query) for query in then.queries)

"""How each figure was obtained: the queries as they were sent, and the objects that were read."""

from collections import Counter
from collections.abc import Iterable, Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.episodes import IncidentHistory
from mesh_probe.format import moment
from mesh_probe.formats.html import rests
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.origin import INCIDENTS, OBJECTS, SECTION, source_anchor
from mesh_probe.formats.html.parts import fold, listed
from mesh_probe.formats.html.parts import section as part
from mesh_probe.formats.html.words import Words
from mesh_probe.kinds import KINDS, counted
from mesh_probe.model import KindRead, Query, SourceRead
from mesh_probe.text import message

MOST_QUERIES = 200
"""Of one source; the JSON report has all."""

_WORST_FIRST = ("unreadable", "partial", "read")
_PLURALS = {(kind.name, kind.group): kind.plural for kind in KINDS}


def section(assessment: Assessment, words: Words) -> Markup | None:
    """What was asked for and how far it could be read; None where nothing was."""
    read = assessment.read
    if not (read.kinds or read.sources):
        return None
    end = moment(assessment.window_end_at)
    asked = words.text("page.asked-server", servers=", ".join(read.prometheus))
    absent = ", ".join(source.source for source in read.sources if source.state == "absent")
    return part(
        SECTION,
        words.text("heading.obtained"),
        tag("p", words.text("page.obtained-lead", end=end), class_="muted"),
        tag("p", asked, class_="muted") if read.prometheus else None,
        rests.table(assessment, words),
        _objects(read.kinds, words) if read.kinds else None,
        _sources(assessment, words),
        _incidents(read.incidents, words) if read.incidents else None,
        tag("p", words.text("page.sources-absent", sources=absent), class_="muted")
        if absent
        else None,
        tag("p", id="copied", role="status", class_="sr"),
    )


def _mark(state: str, words: Words) -> Markup:
    return tag("span", words.text(f"doctor.state.{state}"), class_=f"mark state-{state}")


def _objects(kinds: Sequence[KindRead], words: Words) -> Markup:
    looked_at = [kind for kind in kinds if kind.state in _WORST_FIRST]
    found = sum(kind.count for kind in looked_at)
    with_any = sum(kind.count > 0 for kind in looked_at)
    known = {(kind.kind, kind.group) for kind in kinds}
    names = {
        "not-served": [_name(k.kind, k.group) for k in kinds if k.state == "not-served"],
        "not-given": [_name(k.kind, k.group) for k in kinds if k.state == "not-given"],
        "not-asked": [_name(*kind) for kind in sorted(_PLURALS.keys() - known)],
    }
    hidden = sum(kind.state != "read" for kind in looked_at) + len(names["not-asked"])
    title = message("page.objects-read", count=found, kinds=with_any)
    said = (
        words.text("page.objects-hidden", count=hidden) if hidden else words.text("page.all-seen")
    )
    head = (
        _mark("partial" if hidden else "read", words),
        tag("span", words.say(title), class_="example"),
        tag("span", said, class_="badge"),
    )
    looked_at.sort(key=lambda kind: (_WORST_FIRST.index(kind.state), -kind.count, kind.kind))
    heads = ("label.kind", "page.count", "page.seen-of-kind", "label.check")
    rows = [_kind(kind, words) for kind in looked_at]
    table = listed(title, heads, rows, words, right={1}) if rows else None
    rest = (
        tag("p", words.text(f"page.kinds-{state}", kinds=", ".join(of_state)), class_="muted")
        for state, of_state in names.items()
        if of_state
    )
    return fold(OBJECTS, head, table, *rest)


def _kind(kind: KindRead, words: Words) -> Markup:
    plural = _PLURALS.get((kind.kind, kind.group), kind.kind.lower())
    resource = f"{plural}.{kind.group}" if kind.group else plural
    return tag(
        "tr",
        tag("th", kind.kind, tag("span", f" {kind.group}", class_="muted"), scope="row"),
        tag("td", counted(kind), class_="figure"),
        tag("td", _mark(kind.state, words)),
        tag("td", tag("code", f"kubectl get {resource} -A", class_="command")),
    )


def _name(kind: str, group: str) -> str:
    return f"{kind} ({group})" if group else kind


def _sources(assessment: Assessment, words: Words) -> Iterable[Markup]:
    seen = Counter(source for edge in assessment.graph.edges.values() for source in edge.sources)
    return [
        _source(number, source, seen[source.source], words)
        for number, source in enumerate(assessment.read.sources)
        if source.state != "absent"
    ]


def _source(number: int, source: SourceRead, calls: int, words: Words) -> Markup:
    head = (
        _mark(source.state, words),
        tag(
            "span",
            tag("strong", source.source),
            f" {', '.join(source.details)} · ",
            words.text("page.source-calls", count=calls),
            class_="example",
        ),
        tag("span", words.text("page.queries", count=len(source.queries)), class_="badge"),
    )
    return fold(source_anchor(number), head, _queries(source.queries, words))


def _incidents(history: IncidentHistory, words: Words) -> Markup:
    queries = [*history.queries, *(query for m in history.moments for query in m.queries)]
    head = (
        tag("span", words.text("page.incident-queries"), class_="example"),
        tag("span", words.text("page.queries", count=len(queries)), class_="badge"),
    )
    times = [
        (
            tag(
                "h3",
                words.text("page.moment", at=moment(of.start_at), until=moment(of.end_at)),
            ),
            _queries(of.queries, words),
        )
        for of in history.moments
    ]
    return fold(INCIDENTS, head, _queries(history.queries, words), times)


def _queries(queries: Sequence[Query], words: Words) -> Sequence[Child]:
    more = len(queries) - MOST_QUERIES
    rows = [_query(query, words) for query in queries[:MOST_QUERIES]]
    return (
        tag("ul", rows, class_="queries"),
        tag("p", words.text("label.more", count=more), class_="muted") if more > 0 else None,
    )


def _query(query: Query, words: Words) -> Markup:
    came = words.text("page.no-answer")
    if query.series_count is not None:
        came = words.text("page.series", count=query.series_count)
    copy = tag(
        "button",
        words.text("page.copy"),
        type="button",
        class_="small needs-script",
        data_copy=True,
        **words.labelled("page.copy-query", purpose=query.purpose),
    )
    return tag(
        "li",
        tag("div", tag("strong", query.purpose), tag("span", came, class_="muted"), copy),
        tag("code", query.promql, class_="query"),
    )

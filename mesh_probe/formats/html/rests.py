"""Which figure of the report rests on what."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from mesh_probe.assessment import Assessment
from mesh_probe.format import cluster_counts, incidents_in_short, measured
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.origin import origins, places
from mesh_probe.formats.html.parts import fold, listed
from mesh_probe.formats.html.words import Words
from mesh_probe.text import message


class Rest(NamedTuple):
    """A figure, where it stands on the page, and what it was seen in."""

    name: Markup
    anchor: str
    value: Child
    seen_in: Iterable[str]


def table(assessment: Assessment, words: Words) -> Markup:
    """A row for each figure with its origins."""
    known = places(assessment.read)
    rows = [
        tag(
            "tr",
            tag("th", tag("a", rest.name, href=f"#{rest.anchor}"), scope="row"),
            tag("td", rest.value),
            tag("td", origins(rest.seen_in, known, words) or "–"),
        )
        for rest in (
            *_of_the_cluster(assessment, words),
            *_of_the_graph(assessment, words),
            *_of_incidents(assessment, words),
            *_of_answers(assessment, words),
        )
    ]
    title = message("page.rests")
    heads = ("label.figure", "label.value", "page.rests-on")
    head = (tag("span", words.say(title), class_="example"),)
    return fold("rests", head, listed(title, heads, rows, words))


def _of_the_cluster(assessment: Assessment, words: Words) -> Iterator[Rest]:
    if assessment.read.kinds:
        counts = words.both(lambda wording: ", ".join(cluster_counts(assessment.cluster, wording)))
        yield Rest(words.text("page.rests-counts"), "summary", counts, ["objects"])


def _of_the_graph(assessment: Assessment, words: Words) -> Iterator[Rest]:
    edges, slowest = assessment.graph.edges, assessment.paths.slowest
    declared = sum(edge.declared for edge in edges.values())
    observed = sum(edge.observed for edge in edges.values())
    if observed:
        sources = Counter(source for edge in edges.values() for source in edge.sources)
        names = [source for source, _ in sources.most_common()]
        yield Rest(words.text("page.rests-calls"), "graph", f"{observed:,}", names)
    if declared:
        yield Rest(words.text("page.rests-declared"), "graph", f"{declared:,}", ["objects"])
    if slowest:
        hops = {hop for path in slowest for hop in pairwise(path.nodes)}
        timed = sorted({source for hop in hops & edges.keys() for source in edges[hop].sources})
        yield Rest(words.text("page.rests-paths"), "paths", f"{len(slowest):,}", timed)


def _of_incidents(assessment: Assessment, words: Words) -> Iterator[Rest]:
    if assessment.read.incidents:
        anchor = "incidents" if assessment.incidents.episodes else "summary"
        said = words.say(incidents_in_short(assessment))
        yield Rest(words.text("heading.incidents"), anchor, said, ["incidents"])


def _of_answers(assessment: Assessment, words: Words) -> Iterator[Rest]:
    for answer in (*assessment.answers, *assessment.signals):
        status = words.text(f"label.{answer.status}")
        figure = words.both(partial(measured, answer.measure))
        value = (status, " · ", figure) if answer.measure else status
        seen_in = [piece.seen_in for piece in answer.evidence]
        yield Rest(words.text(f"label.{answer.id}"), f"answer-{answer.id}", value, seen_in)

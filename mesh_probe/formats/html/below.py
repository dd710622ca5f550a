"""What stands below: paths, findings, gaps, and how the report was made."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from mesh_probe.assessment import Assessment
from mesh_probe.format import (
    SEVERITIES,
    alike,
    blamed_first,
    cause,
    cluster_lines,
    critical_hop,
    incidents_in_short,
    lasted,
    moment,
    p99_band,
    row,
    way,
    worst_first,
)
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.origin import Places, origins, places
from mesh_probe.formats.html.parts import evidence
from mesh_probe.formats.html.parts import section as part
from mesh_probe.formats.html.words import Words, arrows
from mesh_probe.graph import CallGraph
from mesh_probe.graph.latency import SlowPath
from mesh_probe.model import Evidence, Finding
from mesh_probe.text import duration

MOST_FINDINGS = 100
"""Of one sort; the JSON report has all."""

BAR = 320
"""Length of the longest latency bar in its drawing."""


def paths(assessment: Assessment, words: Words) -> Markup | None:
    """The slowest paths, hop by hop."""
    slowest = assessment.paths.slowest
    if not slowest:
        return None
    known = places(assessment.read)
    rows = [_path(path, assessment.graph, words, known) for path in slowest]
    return part(
        "paths",
        words.text("heading.slowest"),
        tag("p", words.text("page.bars"), class_="muted"),
        tag("ol", rows, class_="slowest"),
    )


def _path(path: SlowPath, graph: CallGraph, words: Words, known: Places) -> Markup:
    hops = list(pairwise(path.nodes))
    seen_by = [source for hop in hops if hop in graph.edges for source in graph.edges[hop].sources]
    measured = origins(seen_by, known, words)
    longest = max((_p99(graph, hop) or 0.0 for hop in hops), default=0.0)
    rows = [
        tag(
            "tr",
            tag("th", arrows(way(hop)), scope="row"),
            tag("td", _bar(graph, hop, longest), class_="bar-cell"),
            tag("td", _figure(graph, hop, "p50_seconds", words), class_="figure"),
            tag("td", _figure(graph, hop, "p99_seconds", words), class_="figure"),
            class_="critical" if hop == (path.critical_client, path.critical_server) else None,
        )
        for hop in hops
    ]
    head = tag(
        "tr",
        tag("th", words.text("page.hop"), scope="col"),
        tag("td", class_="bar-cell"),
        tag("th", words.text("label.p50"), scope="col"),
        tag("th", words.text("label.p99"), scope="col"),
    )
    p50 = words.both(lambda wording: duration(path.p50_seconds, wording.language))
    p99 = words.both(lambda wording: p99_band(path, wording))
    return tag(
        "li",
        tag("h3", arrows(way(path.nodes))),
        tag(
            "p",
            tag("strong", words.text("label.p50"), " ", p50),
            " · ",
            tag("strong", words.text("label.p99"), " ", p99),
            " · ",
            words.say(critical_hop(path)),
            tag("span", " · ", words.text("page.measured-by"), " ", measured, class_="muted"),
        ),
        tag(
            "div",
            tag("table", tag("thead", head), tag("tbody", rows), class_="hops"),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label=arrows(way(path.nodes)),
        ),
    )


def _p99(graph: CallGraph, hop: tuple[str, str]) -> float | None:
    latency = graph.edges[hop].latency if hop in graph.edges else None
    return (latency.p99_seconds or latency.p50_seconds) if latency else None


def _figure(graph: CallGraph, hop: tuple[str, str], name: str, words: Words) -> Child:
    latency = graph.edges[hop].latency if hop in graph.edges else None
    seconds: float | None = getattr(latency, name, None)
    if seconds is None:
        return "–"
    return words.both(lambda wording: duration(seconds, wording.language))


def _bar(graph: CallGraph, hop: tuple[str, str], longest: float) -> Markup | None:
    """p50 in full and p99 behind it, both as part of the path's longest p99."""
    latency = graph.edges[hop].latency if hop in graph.edges else None
    if latency is None or not longest:
        return None
    bars = [
        tag(
            "rect",
            class_=name,
            width=round(max(seconds / longest * BAR, 2), 1),
            height=12,
            rx=3,
        )
        for name, seconds in (("p99", latency.p99_seconds), ("p50", latency.p50_seconds))
        if seconds is not None
    ]
    return tag(
        "svg",
        bars,
        class_="latency",
        viewBox=f"0 0 {BAR} 12",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def incidents(assessment: Assessment, words: Words) -> Markup | None:
    """Incidents, those between services first; None where none were seen."""
    found = blamed_first(assessment.incidents.episodes)
    if not found:
        return None
    known = places(assessment.read)
    rows = [
        tag(
            "li",
            tag(
                "p",
                tag("strong", row(incident.alerts)),
                f" · {moment(incident.start_at)} · ",
                words.these({lang: lasted(incident, w) for lang, w in words.wordings.items()}),
            ),
            tag("p", words.say(cause(incident))),
            tag("p", row(incident.services), class_="muted") if incident.services else None,
            _evidence(incident.evidence, words, known),
        )
        for incident in found[:MOST_FINDINGS]
    ]
    more = len(found) - MOST_FINDINGS
    return part(
        "incidents",
        words.text("heading.incidents"),
        tag("p", words.say(incidents_in_short(assessment)), class_="lead"),
        tag("ul", rows, class_="gaps"),
        tag("p", words.text("label.more", count=more), class_="muted") if more > 0 else None,
    )


def findings(assessment: Assessment, words: Words) -> Markup | None:
    """What is worth fixing, by sort, the worst first."""
    sorts: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in worst_first(assessment.findings):
        sorts[finding.severity, finding.id].append(finding)
    if not sorts:
        return None
    count = {
        severity: sum(f.severity == severity for f in assessment.findings)
        for severity in SEVERITIES
    }
    marks = [
        tag("li", _severity(severity, words), f" {count[severity]:,}")
        for severity in SEVERITIES
        if count[severity]
    ]
    known = places(assessment.read)
    groups = [_sort(severity, found, words, known) for (severity, _), found in sorts.items()]
    return part(
        "findings",
        words.text("heading.findings"),
        tag("ul", marks, class_="counts"),
        groups,
    )


def _severity(severity: str, words: Words) -> Markup:
    return tag("span", words.text(f"label.{severity}"), class_=f"mark severity-{severity}")


def _sort(severity: str, found: Sequence[Finding], words: Words, known: Places) -> Markup:
    more = len(found) - MOST_FINDINGS
    rows = [
        tag(
            "li",
            tag("span", arrows(finding.subject), class_="subject"),
            tag("p", words.say(finding.text)),
            _evidence(finding.evidence, words, known),
        )
        for finding in found[:MOST_FINDINGS]
    ]
    return tag(
        "details",
        tag(
            "summary",
            _severity(severity, words),
            tag("span", words.say(found[0].text), class_="example"),
            tag("span", f"{len(found):,}", class_="badge"),
        ),
        tag("ul", rows, class_="findings"),
        tag("p", words.text("label.more", count=more), class_="muted") if more > 0 else None,
        open=len(found) <= OPEN_UPTO,
        class_="group",
    )


OPEN_UPTO = 5
"""Findings of one sort that stand open."""


def _evidence(found: Sequence[Evidence], words: Words, known: Places) -> Markup | None:
    pieces = evidence(found, words, known)
    if pieces is None:
        return None
    title = words.text("page.evidence", count=len(found))
    return tag("details", tag("summary", title), pieces)


def gaps(assessment: Assessment, words: Words) -> Markup:
    """What could not be seen, why, and what to do about it."""
    every = {
        language: alike(assessment.gaps, wording) for language, wording in words.wordings.items()
    }
    count = len(alike(assessment.gaps, words.wording))
    if not count:
        return part("gaps", words.text("heading.gaps"), tag("p", words.text("label.no-gaps")))
    rows = [
        tag(
            "li",
            tag("strong", words.these({lang: alike_[n][0] for lang, alike_ in every.items()})),
            tag("p", words.these({lang: alike_[n][1] for lang, alike_ in every.items()})),
            tag(
                "p",
                words.these({lang: alike_[n][2] for lang, alike_ in every.items()}),
                class_="muted",
            ),
        )
        for n in range(count)
    ]
    return part("gaps", words.text("heading.gaps"), tag("ul", rows, class_="gaps"))


def about(assessment: Assessment, words: Words) -> Markup:
    """Which cluster over which time, what the scan cost it, and how to check it all again."""
    every = {lang: cluster_lines(assessment, wording) for lang, wording in words.wordings.items()}
    lines = [
        tag("p", words.these({lang: said[n] for lang, said in every.items()})) for n in range(3)
    ]
    return part("about", words.text("heading.about"), lines, tag("p", words.text("label.again")))

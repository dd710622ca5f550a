"""What stands in the way of a mesh: by kind of mesh, and by reason, which can be filtered."""

from collections import defaultdict
from collections.abc import Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import CLUSTER, MODES, Blocker, Sort, Standing, sorts
from mesh_probe.blocking import counts_ready, fares, mode_names, none_found, severity_of
from mesh_probe.formats.html.markup import Markup, tag
from mesh_probe.formats.html.parts import card, listed
from mesh_probe.formats.html.parts import section as part
from mesh_probe.formats.html.words import Words
from mesh_probe.text import message, percent

MOST_OBJECTS = 50
"""Of one reason; the JSON report has all."""

BAR = 200
"""Length of a bar in its drawing."""

SEVERITIES = ("error", "warning", "info")
HEADS = ("label.severity", "label.blocker", "label.mesh-mode", "label.objects", "label.of-calls")


def section(assessment: Assessment, words: Words) -> Markup | None:
    """How each kind of mesh fares, and a row for each reason; None where nothing was looked for."""
    if not assessment.standings:
        return None
    heading = words.text("heading.blockers")
    if not assessment.blockers:
        return part("blockers", heading, tag("p", words.say(none_found(assessment))))
    ready = counts_ready(assessment, words.wording)
    by_id: dict[str, list[Blocker]] = defaultdict(list)
    for blocker in sorted(assessment.blockers, key=lambda blocker: blocker.ignored):
        by_id[blocker.id].append(blocker)
    reasons = sorts(assessment.blockers, assessment.graph)
    ranks = range(len(reasons), 0, -1)
    rows = [
        _reason(rank, sort, by_id[sort.id], words)
        for rank, sort in zip(ranks, reasons, strict=True)
    ]
    return part(
        "blockers",
        heading,
        tag("p", words.text("page.blockers-lead"), class_="muted"),
        tag("div", [_standing(each, words) for each in assessment.standings], class_="cards"),
        tag("p", words.say(ready), class_="muted") if ready else None,
        _filters(words),
        tag(
            "div",
            listed(message("label.blocker"), HEADS, rows, words, right={3, 4}),
            class_="reasons",
        ),
    )


def _standing(standing: Standing, words: Words) -> Markup:
    return card(
        words.text(f"label.{standing.mode}"),
        _bar(standing) if standing.workloads else None,
        tag("p", words.say(fares(standing)), class_="muted"),
        level=3,
    )


def _bar(standing: Standing) -> Markup:
    """Workloads that are free, that need care and that are kept out, side by side."""
    parts = (("free", standing.free), ("careful", standing.careful), ("blocked", standing.blocked))
    bars, at = [], 0.0
    for name, count in parts:
        wide = count / standing.workloads * BAR
        bars.append(tag("rect", class_=name, x=round(at, 1), width=round(wide, 1), height=10))
        at += wide
    return tag(
        "svg",
        bars,
        class_="meter",
        viewBox=f"0 0 {BAR} 10",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def _filters(words: Words) -> Markup:
    modes = {mode: f"label.{mode}" for mode in MODES}
    severities = {severity: f"label.blocks.{severity}" for severity in SEVERITIES}
    fields = [
        tag(
            "div",
            tag("label", words.text(title), for_=name),
            tag(
                "select",
                tag("option", words.text("page.blockers-all"), value=""),
                [tag("option", words.text(label), value=value) for value, label in choices.items()],
                id=name,
            ),
            class_="field",
        )
        for name, title, choices in (
            ("blockers-mode", "page.blockers-mode", modes),
            ("blockers-severity", "page.blockers-severity", severities),
        )
    ]
    said = tag("p", id="blockers-shown", role="status", class_="muted")
    return tag("div", fields, said, class_="controls needs-script")


def _reason(rank: int, sort: Sort, alike: Sequence[Blocker], words: Words) -> Markup:
    """A row with what filters and sorts it; the gravest reason has the highest rank."""
    share = sort.traffic_share
    severity = words.both(lambda wording: severity_of(sort, wording))
    mark = f"mark severity-{sort.severity if sort.counted else 'ignored'}"
    everywhere = CLUSTER in sort.subjects
    modes = words.both(lambda wording: mode_names(sort.mesh_modes, wording))
    objects = words.text("page.cluster-wide") if everywhere else f"{len(sort.subjects):,}"
    return tag(
        "tr",
        tag("td", tag("span", severity, class_=mark)),
        tag("th", _unfolding(sort, alike, modes, words), scope="row"),
        tag("td", modes),
        tag("td", objects, class_="figure"),
        tag("td", "–" if share is None else percent(share), class_="figure"),
        data_rank=rank,
        data_modes=" ".join(sort.mesh_modes),
        data_severity=sort.severity,
        data_count=len(sort.subjects),
        data_share=-1 if share is None else share,
    )


def _unfolding(sort: Sort, alike: Sequence[Blocker], modes: Markup, words: Words) -> Markup:
    """A reason; what to do, where more is told, and each object unfold."""
    link = tag("a", sort.reference, href=sort.reference, rel="noopener noreferrer", target="_blank")
    more = len(alike) - MOST_OBJECTS
    return tag(
        "details",
        tag("summary", words.say(sort.title)),
        tag("p", modes, class_="muted narrow"),
        tag("p", words.say(sort.remedy)),
        tag("p", words.text("page.reference"), " ", link, class_="muted"),
        tag("ul", [_object(blocker, words) for blocker in alike[:MOST_OBJECTS]], class_="findings"),
        tag("p", words.text("label.more", count=more), class_="muted") if more > 0 else None,
    )


def _object(blocker: Blocker, words: Words) -> Markup:
    everywhere = blocker.subject == CLUSTER
    subject = words.text("page.cluster-wide") if everywhere else blocker.subject
    ignored = tag("span", words.text("label.blocks.ignored"), class_="mark severity-ignored")
    share = words.text("page.of-calls", share=blocker.traffic_share)
    return tag(
        "li",
        tag("span", subject, class_="subject"),
        " ",
        ignored if blocker.ignored else None,
        tag("span", share, class_="muted") if blocker.traffic_share is not None else None,
        " ",
        _to_graph(blocker, words),
        tag("p", words.say(blocker.text)),
        tag("code", blocker.check, class_="command") if blocker.check else None,
    )


def _to_graph(blocker: Blocker, words: Words) -> Markup | None:
    """A button that shows the first workload that it touches; the script answers to it."""
    if not blocker.nodes:
        return None
    node = blocker.nodes[0]
    return tag(
        "button",
        words.text("page.show-in-graph"),
        type="button",
        class_="link needs-script",
        data_node=node,
        **words.labelled("page.show-node", name=node),
    )

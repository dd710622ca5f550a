"""The graph's place on the page, and the controls round it; the script fills it."""

from collections.abc import Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.drawing.looks import ERROR_BANDS, LATENCY_BANDS_SECONDS, band_names
from mesh_probe.format import shape
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.parts import section as part
from mesh_probe.formats.html.words import Words
from mesh_probe.text import duration, percent

VIEWS = ("picture", "matrix", "table")
MOST_HOPS = 4


def section(assessment: Assessment, words: Words) -> Markup | None:
    """The graph; None where no calls are known."""
    shapes = tag("ul", [tag("li", words.say(said)) for said in shape(assessment)], class_="shape")
    if not assessment.graph.edges:
        return part("graph", words.text("heading.graph"), shapes)
    return part(
        "graph",
        words.text("heading.graph"),
        shapes,
        tag("noscript", tag("p", words.text("page.no-script"))),
        _controls(words),
        tag("p", id="note", class_="note", role="status"),
        tag(
            "div",
            tag("div", _views(words), class_="stage"),
            tag(
                "div",
                id="panel",
                tabindex="-1",
                role="region",
                hidden=True,
                **words.labelled("page.panel"),
            ),
            class_="explorer",
        ),
        _ways(words),
    )


def _controls(words: Words) -> Markup:
    by = [
        tag("option", words.text(f"page.by-{name}"), value=name) for name in ("errors", "latency")
    ]
    hops = [
        tag("option", str(count), value=count, selected=count == 1)
        for count in range(1, MOST_HOPS + 1)
    ]
    return tag(
        "div",
        _finder("search", "page.search", words),
        _labelled("hops", "page.hops", tag("select", hops, id="hops"), words),
        _labelled("by", "page.by", tag("select", by, id="by"), words),
        tag(
            "label",
            tag("input", type="checkbox", id="everything"),
            words.text("page.everything"),
            class_="check",
        ),
        _button("fold-all", "page.fold-all", words),
        _button("open-all", "page.open-all", words),
        _button("clear", "page.clear", words, hidden=True),
        class_="controls",
    )


def _finder(name: str, title: str, words: Words) -> Markup:
    """A box to type a service's name in, with what fits below it."""
    said, number = words.attribute_of("page.found")
    field = tag(
        "input",
        id=name,
        type="text",
        role="combobox",
        autocomplete="off",
        spellcheck="false",
        aria_expanded="false",
        aria_autocomplete="list",
        aria_controls=_list_of(name),
    )
    found = tag(
        "ul",
        id=_list_of(name),
        role="listbox",
        hidden=True,
        class_="found",
        aria_label=said,
        data_m_label=number,
    )
    return tag("div", tag("label", words.text(title), for_=name), field, found, class_="field")


def _list_of(name: str) -> str:
    return "found" if name == "search" else f"{name}-found"


def _labelled(name: str, title: str, control: Child, words: Words) -> Markup:
    return tag("div", tag("label", words.text(title), for_=name), control, class_="field")


def _button(name: str, title: str, words: Words, *, hidden: bool = False) -> Markup:
    return tag("button", words.text(title), type="button", id=name, hidden=hidden)


def _views(words: Words) -> Sequence[Child]:
    tabs = [
        tag(
            "button",
            words.text(f"page.{view}-tab"),
            type="button",
            role="tab",
            id=f"tab-{view}",
            data_show=view,
            aria_controls=f"view-{view}",
            aria_selected="true" if view == "picture" else "false",
        )
        for view in VIEWS
    ]
    said, number = words.attribute_of("page.views")
    zooms = [_sign(f"zoom-{name}", sign, words) for name, sign in _ZOOMS]
    picture = (
        tag("div", id="canvas", class_="canvas"),
        _legend(words),
        tag("p", words.text("page.hint"), class_="hint muted"),
    )
    filter_ = _labelled(
        "filter", "page.filter", tag("input", type="search", id="filter", spellcheck="false"), words
    )
    views = {
        "picture": picture,
        "matrix": (tag("div", id="matrix"),),
        "table": (filter_, tag("div", id="table")),
    }
    panels = [
        tag(
            "div",
            made,
            role="tabpanel",
            id=f"view-{view}",
            aria_labelledby=f"tab-{view}",
            class_=f"view view-{view}",
        )
        for view, made in views.items()
    ]
    return (
        tag(
            "div",
            tag("div", tabs, role="tablist", aria_label=said, data_m_label=number),
            tag("div", zooms, id="zooms"),
            class_="tabs",
        ),
        tag("div", panels, id="graph-view", data_view="picture"),
    )


_ZOOMS = (("in", "+"), ("out", "−"), ("fit", "⤢"))


def _sign(name: str, sign: str, words: Words) -> Markup:
    said, number = words.attribute_of(f"page.{name}")
    return tag(
        "button",
        tag("span", sign, aria_hidden="true"),
        type="button",
        id=name,
        aria_label=said,
        data_m_label=number,
        title=said,
        data_m_title=number,
    )


def _legend(words: Words) -> Markup:
    errors = band_names([percent(limit) for limit in ERROR_BANDS])
    every = {
        lang: band_names([duration(limit, lang) for limit in LATENCY_BANDS_SECONDS])
        for lang in words.wordings
    }
    latency = [
        words.these({lang: bands[n] for lang, bands in every.items()}) for n in range(len(errors))
    ]
    unknown = words.text("page.tone-unknown")
    return tag(
        "div",
        _scale("errors", words.text("page.legend-errors"), [*errors, unknown]),
        _scale("latency", words.text("page.legend-latency"), [*latency, unknown]),
        tag(
            "ul",
            _key("declared", words.text("page.legend-declared")),
            _key("wide", words.text("page.legend-wide")),
        ),
        id="legend",
        class_="legend",
        data_by="errors",
    )


def _scale(by: str, title: Markup, names: Sequence[Child]) -> Markup:
    kinds = ("0", "1", "2", "3", "unknown")
    keys = [_key(kind, name) for kind, name in zip(kinds, names, strict=True)]
    return tag("div", tag("span", title), tag("ul", keys), class_=f"scale scale-{by}")


def _key(kind: str, name: Child) -> Markup:
    sample = tag(
        "svg",
        tag("line", x1=1, x2=29, y1=6, y2=6),
        class_=f"key tone-{kind}",
        viewBox="0 0 30 12",
        aria_hidden="true",
    )
    return tag("li", sample, name)


def _ways(words: Words) -> Markup:
    """What can be highlighted, and the way between two services."""
    between = tag(
        "form",
        _finder("from", "page.from", words),
        _finder("to", "page.to", words),
        tag("button", words.text("page.between-show"), type="submit"),
        tag("p", id="between-said", role="status", class_="muted"),
        id="between",
        class_="controls",
    )
    return tag(
        "div",
        tag("div", tag("h3", words.text("page.ways")), tag("ul", id="ways", class_="ways")),
        tag("div", tag("h3", words.text("page.between")), between),
        class_="pair",
    )

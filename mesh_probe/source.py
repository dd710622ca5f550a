"""What a telemetry source is: the queries it needs, and a pure reader of their answers.

A source never talks to a server. `collect` asks which of its metrics exist, sends its queries and
hands the samples to `read`, which returns calls between peers that are not yet resolved.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal

from msgspec.structs import replace

from mesh_probe.model import Gap, Noun, ObservedCall, Offer

Tier = Literal["mesh", "network", "kernel", "client", "traces", "spans", "ingress", "connections"]
TIERS: tuple[Tier, ...] = (
    *("mesh", "network", "kernel", "client", "traces", "spans", "ingress", "connections"),
)
"""Whose figures are taken where several sources see one edge, best first.

A mesh's proxies see every request and its outcome; the network's and the kernel's programs see what
is on the wire; clients count what they send; traces may be sampled; ingress controllers see only
what comes from outside; connections and bytes are no requests at all.
"""

SPLIT = "$split"
"""Stands in a query where a matcher may be put that narrows it to a part of its series."""

_BOUNDS = ("le", "vmrange")
_PLAIN = re.compile("[a-zA-Z_:][a-zA-Z0-9_:]*")
"""Names that need no quotes."""
_SPAN_SECONDS = 6 * 3600
_MOST_SPANS = 8


class Sample(Noun):
    """One row of an instant vector. NaN and infinities never get here."""

    labels: dict[str, str]
    value: float
    buckets: dict[str, float] | None = None
    """Of a histogram: the values by `le` or `vmrange`, which are then not in `labels`. A native
    one's are written as `vmrange` is, "low...high", and its count is `value`."""


class Ask(Noun):
    """A query that a source wants sent."""

    purpose: str
    """What the answer is called when it is handed to `read`; asks of one purpose are joined."""
    promql: str
    """The query; where it may be split, `$split` stands inside the braces of its selector."""
    split_by: str | None = None
    """A label by whose values the query may be split when it is too large for one answer."""
    sizes: str | None = None
    """A query for the number of series that `promql` reads, by the values of `split_by`."""
    or_split_by: tuple[tuple[str, str], ...] = ()
    """Further labels to split by, each with its `sizes`, for where all series have one value of the
    first: programs do not always set all of their labels."""
    buckets: bool = False
    """It is for buckets: its size is asked for first, it is split before it is too large, and the
    reader gets it `folded`."""
    presence: bool = False
    """Its rows only say that they are there: of several asks, equal ones are kept once."""
    all_or_nothing: bool = False
    """A missing row means zero to the reader, so half an answer must not reach it."""

    def whole(self) -> str:
        """The query for all its series."""
        return self.promql.replace(SPLIT, "")

    def split_otherwise(self) -> tuple["Ask", ...]:
        """The same, to be split by each of its further labels."""
        return tuple(
            replace(self, split_by=label, sizes=sizes, or_split_by=())
            for label, sizes in self.or_split_by
        )

    def part(self, values: Iterable[str]) -> str:
        """The query for those values of `split_by`; "" stands for series without the label."""
        pattern = "|".join(re2_escape(value) for value in values)
        label = grouping([self.split_by or ""])
        return self.promql.replace(SPLIT, f"{label}=~{quoted(pattern)}")


class Window(Noun):
    """The times that queries are made for, in seconds."""

    rate_seconds: int
    lookback_seconds: int

    def spans(self) -> tuple[str, ...]:
        """The look-back in ranges that follow one another: "[21600s]", "[21600s] offset 21600s".

        One query over a whole day reads every sample of it at once; several short ones do not.
        """
        count = min(_MOST_SPANS, max(1, -(-self.lookback_seconds // _SPAN_SECONDS)))
        length = -(-self.lookback_seconds // count)
        return tuple(
            f"[{length}s]" + (f" offset {number * length}s" if number else "")
            for number in range(count)
        )


class Reading(Noun):
    """What a source's reader made of the answers."""

    calls: tuple[ObservedCall, ...] = ()
    """No two of them count the same call, so figures of one client and server add up."""
    gaps: tuple[Gap, ...] = ()
    """What is there but cannot be used, and which setting would change it."""
    moved: bool = False
    """Whether anything was counted in the window, or nothing of it is ever counted."""
    offers: tuple[Offer, ...] = ()
    details: tuple[str, ...] = ()
    """Forms of the source that were found."""


class Source(Noun):
    """A telemetry source."""

    id: str
    metrics: tuple[str, ...]
    """Regular expressions of the metric names that show that it is there, matched whole (RE2 and
    Python)."""
    asks: Callable[[frozenset[str], Window], Sequence[Ask]]
    """The queries for the metric names that were found."""
    read: Callable[[Mapping[str, Sequence[Sample]]], Reading]
    """Samples by purpose to calls; a purpose whose query failed is absent."""
    tier: Tier = "client"
    also: tuple[str, ...] = ()
    """The same of further names that `asks` and `notes` want to know of."""
    notes: Callable[[frozenset[str]], tuple[Gap, ...]] = lambda _: ()
    """What the names alone show: the source is there, and which setting keeps its calls from us."""
    generic: bool = False
    """Other programs have metrics of these names: without a row of an answer it is not there."""
    build: str = ""
    """A regular expression of a metric whose labels tell the program's version."""
    words: frozenset[str] = frozenset()
    """Those of which its queries are made: everybody's, so they need not be hidden."""


def folded(rows: Iterable[tuple[Mapping[str, str], float]]) -> list[Sample]:
    """Rows of buckets as one sample for each histogram, so that its labels are kept once."""
    histograms: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    for labels, value in rows:
        own = tuple((name, text) for name, text in labels.items() if name not in _BOUNDS)
        buckets = histograms.setdefault(own, {})
        buckets |= {labels[name]: value for name in _BOUNDS if name in labels}
    return [Sample(dict(own), 0.0, buckets) for own, buckets in histograms.items()]


def series(metric: str, matchers: str = "") -> str:
    """The selector of a metric; `matchers` end with a comma. It may be split.

    https://prometheus.io/docs/guides/utf8/
    """
    if _PLAIN.fullmatch(metric):
        return f"{metric}{{{matchers}{SPLIT}}}"
    return f"{{__name__={quoted(metric)},{matchers}{SPLIT}}}"


def grouping(labels: Iterable[str]) -> str:
    """Names of labels as `by (…)` takes them."""
    return ", ".join(label if _PLAIN.fullmatch(label) else quoted(label) for label in labels)


def rate_by(labels: Iterable[str], metric: str, window: Window, matchers: str = "") -> str:
    """The rate of a counter by some labels. Those that a series lacks are absent from its row."""
    selector = series(metric, matchers)
    return f"sum by ({grouping(labels)}) (rate({selector}[{window.rate_seconds}s]))"


def size_by(label: str, metric: str, window: Window, times: int = 1, matchers: str = "") -> str:
    """How many series of a metric there are in the window by a label, times a factor."""
    selector = series(metric, matchers).replace(SPLIT, "")
    span = f"{selector}[{window.rate_seconds}s]"
    return f"{times} * count by ({grouping([label])}) (last_over_time({span}))"


def presence(
    purpose: str,
    labels: Iterable[str],
    metric: str,
    window: Window,
    split_by: str,
    *,
    matchers: str = "",
) -> tuple[Ask, ...]:
    """Which combinations of labels were there in the look-back; the rows' values mean nothing.

    A rate needs two samples and cannot see a counter's first step, so rare calls are only here.
    """
    by, selector = grouping(labels), series(metric, matchers)
    every = selector.replace(SPLIT, "")
    return tuple(
        Ask(
            purpose,
            f"group by ({by}) (last_over_time({selector}{span}))",
            split_by,
            f"count by ({grouping([split_by])}) (last_over_time({every}{span}))",
            presence=True,
        )
        for span in window.spans()
    )


def name_selector(pattern: str) -> str:
    """The series whose metric name matches a regular expression."""
    return f"{{__name__=~{quoted(pattern)}}}"


def quoted(text: str) -> str:
    """The text as a string of PromQL."""
    return json.dumps(text, ensure_ascii=False)


def re2_escape(text: str) -> str:
    """The text as a regular expression of Go's RE2, which refuses some of Python's escapes."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)

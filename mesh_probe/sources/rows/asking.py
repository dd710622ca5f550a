"""The queries that a row of the table needs, for the metric names that were found."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace

from mesh_probe import histogram
from mesh_probe.source import (
    SPLIT,
    Ask,
    Sample,
    Window,
    grouping,
    presence,
    quoted,
    rate_by,
    series,
    size_by,
)
from mesh_probe.sources.row import Row, words
from mesh_probe.sources.rows.peers import SCRAPED_LABELS, labels_of, plain

SEEN, FAILED, SERVED = " seen", " failed", " served"
"""Ends of purposes: what was there in the look-back, what failed, who serves."""
TARGET_INFO = "target_info"
TARGETS = "(traces_)?target_info"
POD_INFO, FQDN = "kube_pod_info", "ip_to_fqdn"
_POD_LABELS = ("namespace", "exported_namespace", "pod", "exported_pod", "pod_ip", "host_ip")
_TARGETS = re.compile(TARGETS)
Answers = Mapping[str, Sequence[Sample]]
"""Samples by purpose."""

_MOST_SPLITS = 6
_WORD = re.compile(r"[^\W_]+")


def asks(rows: Sequence[Row], names: frozenset[str], window: Window) -> Sequence[Ask]:
    """All queries of rows, which are those of one source."""
    asked: list[Ask] = []
    for row in rows:
        if row.applies(names):
            asked += _asks_of(row, names, window)
    if asked and any(side.scraped for row in rows for side in (row.client, row.server)):
        asked += _target_info(names, window)
    if asked and any(row.addresses for row in rows):
        asked += _addresses(names, window)
    return asked


def _asks_of(row: Row, names: frozenset[str], window: Window) -> Iterable[Ask]:
    prefix = f"{row.part} " if row.part else ""
    counters = _found(words(row.requests), names)
    base = "|".join(f"(?:{name})" for name in words(row.durations))
    suffixed = re.compile(f"({base})(_bucket|_count)?")
    histograms = {fit[1] for name in names if base and (fit := suffixed.fullmatch(name))}
    if row.beside:
        counters, histograms = _beside(row, counters, histograms)
        names |= {f"{name}_bucket" for name in histograms}
    if not counters and not row.requests:
        counters = [f"{name}_count" for name in sorted(histograms) if f"{name}_count" in names]
    if row.requests and not counters:
        return
    for metric in counters:
        yield from _counter_asks(row, prefix, metric, window)
        for failures in _found(words(row.failures), names):
            spell = _spelling(failures)
            labels = [spell(label) for label in labels_of(row)]
            promql = rate_by(labels, failures, window, _matchers(row, spell))
            yield Ask(f"{prefix}{failures}{FAILED}", promql, all_or_nothing=True)
    if row.counts == "requests":
        for metric in sorted(histograms):
            spell = _spelling(f"{metric}_bucket" if f"{metric}_bucket" in names else metric)
            labels = [spell(label) for label in labels_of(row)]
            asked = histogram.asks(
                metric, names, labels, window, spell(_split_by(row)), matchers=_matchers(row, spell)
            )
            others = [
                (
                    spell(label),
                    histogram.sizes(metric, names, spell(label), window, _matchers(row, spell)),
                )
                for label in _splits(row)[1:]
            ]
            for ask in asked:
                yield replace(ask, purpose=f"{prefix}{ask.purpose}", or_split_by=tuple(others))
            if not row.requests and f"{metric}_count" not in names and metric in names:
                yield from _seen(row, prefix, metric, window)
    for metric in _found(words(row.offers), names):
        spell = _spelling(metric)
        wanted = (*SCRAPED_LABELS, *words(row.server.api), *row.server.patterns)
        by = grouping(spell(label) for label in wanted)
        selector = series(metric).replace(SPLIT, "")
        promql = f"group by ({by}) (last_over_time({selector}{window.spans()[0]}))"
        yield Ask(f"{prefix}{metric}{SERVED}", promql)


def _beside(row: Row, counters: list[str], histograms: set[str]) -> tuple[list[str], set[str]]:
    """The counters and the histograms that begin alike."""

    def beginning(patterns: Iterable[str], name: str) -> str:
        fits = (re.fullmatch(pattern, name) for pattern in patterns)
        return next((fit[1] or "" for fit in fits if fit), "")

    counting = {beginning(words(row.requests), name) for name in counters}
    both = counting & {beginning(words(row.durations), name) for name in histograms}
    return (
        [
            name
            for name in counters
            if (begins := beginning(words(row.requests), name)) in both
            or (row.lone and re.fullmatch(row.lone, begins))
        ],
        {name for name in histograms if beginning(words(row.durations), name) in both},
    )


def _counter_asks(row: Row, prefix: str, metric: str, window: Window) -> Iterable[Ask]:
    spell = _spelling(metric)
    split_by, matchers = spell(_split_by(row)), _matchers(row, spell)
    encryption = (row.encryption.label,) if row.encryption else ()
    labels = tuple(dict.fromkeys((*labels_of(row), *row.status, *encryption)))
    promql = rate_by([spell(label) for label in labels], metric, window, matchers)
    sizes = size_by(split_by, metric, window, matchers=matchers)
    yield Ask(f"{prefix}{metric}", promql, split_by, sizes)
    yield from _seen(row, prefix, metric, window)


def _seen(row: Row, prefix: str, metric: str, window: Window) -> Iterable[Ask]:
    spell = _spelling(metric)
    encryption = (row.encryption.label,) if row.encryption and row.counts != "requests" else ()
    labels = [spell(label) for label in (*labels_of(row), *encryption)]
    purpose = f"{prefix}{metric}{SEEN}"
    matchers = _matchers(row, spell)
    return presence(purpose, labels, metric, window, spell(_split_by(row)), matchers=matchers)


def _split_by(row: Row) -> str:
    return _splits(row)[0]


def _splits(row: Row) -> tuple[str, ...]:
    """Labels by which a row's series may be told apart, best first."""
    told = (row.split_by, *row.server.labels(), *row.client.labels(), "namespace")
    return tuple(dict.fromkeys(label for label in told if label))[:_MOST_SPLITS]


def _target_info(names: frozenset[str], window: Window) -> Iterable[Ask]:
    for metric in sorted(name for name in names if _TARGETS.fullmatch(name)):
        labels = ", ".join(dict.fromkeys((*map(plain, SCRAPED_LABELS), "exported_instance")))
        promql = f"group by ({labels}) (last_over_time({metric}{window.spans()[0]}))"
        yield Ask(TARGET_INFO, promql)


def _addresses(names: frozenset[str], window: Window) -> Iterable[Ask]:
    for metric, labels in ((POD_INFO, _POD_LABELS), (FQDN, ("ip", "fqdn"))):
        if metric in names:
            by, span = ", ".join(labels), window.spans()[0]
            yield Ask(metric, f"group by ({by}) (last_over_time({metric}{span}))")


def _matchers(row: Row, spell: Callable[[str], str]) -> str:
    """The row's conditions, each followed by a comma."""
    told = [(label, "=~", values) for label, values in row.only.items()]
    told += [(label, "!~", values) for label, values in row.never.items()]
    return "".join(f"{_name(spell(label))}{op}{quoted(values)}," for label, op, values in told)


def _name(label: str) -> str:
    return quoted(label) if "." in label else label


def _spelling(metric: str) -> Callable[[str], str]:
    """How labels are written on a metric's series: with dots only where its own name has some."""
    return str if "." in metric else plain


def _found(patterns: Iterable[str], names: frozenset[str]) -> list[str]:
    pattern = re.compile("|".join(f"(?:{each})" for each in patterns))
    return sorted(name for name in names if pattern.pattern and pattern.fullmatch(name))


def vocabulary(row: Row) -> Iterable[str]:
    """The words of the names and values that a row's queries hold."""
    texts = [row.part, *labels_of(row), *row.status, *words(row.requests), *words(row.durations)]
    texts += [*words(row.failures), *words(row.offers), row.lone, _split_by(row)]
    texts += [text for given in (row.only, row.never) for pair in given.items() for text in pair]
    texts += [row.encryption.label] if row.encryption else []
    texts += [SEEN, FAILED, SERVED, TARGET_INFO, POD_INFO, FQDN, *_POD_LABELS]
    return (word for text in texts for word in _WORD.findall(text))


def names_of(row: Row) -> tuple[str, ...]:
    """Expressions of the names that show that a row's program is there."""
    if row.requests:
        return words(row.requests)
    return tuple(histogram_names(name) for name in words(row.durations))


def histogram_names(name: str) -> str:
    """An expression of the names that a histogram's series may have."""
    return f"(?:{name})(?:_bucket|_count)?"


def purposes(
    answers: Answers, prefix: str, patterns: Iterable[str], end: str
) -> Iterable[tuple[str, str]]:
    """The answers to a row's queries for metrics of some names, with those names.

    `end` is one of the ends of purposes above; "" for rates and histograms.
    """
    pattern = re.compile("|".join(f"(?:{each})" for each in patterns))
    for purpose in sorted(answers):
        metric = purpose.removeprefix(prefix).removesuffix(end)
        if purpose == f"{prefix}{metric}{end}" and pattern.pattern and pattern.fullmatch(metric):
            yield purpose, metric

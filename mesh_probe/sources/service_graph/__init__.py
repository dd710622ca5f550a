"""Service-graph metrics: pairs of client and server, made from traces or seen by eBPF.

Five programs emit them under one name, with different labels and flaws:

    Grafana Tempo's metrics-generator       from traces
    OpenTelemetry Collector, `servicegraph` from traces; a label `failed` on all series
    Grafana Alloy                           as the Collector
    Grafana Beyla, OpenTelemetry eBPF (OBI) in the kernel, so no sampling; a label `source`
    Otterize network mapper                 counts reports of a relation, not calls

https://grafana.com/docs/tempo/latest/metrics-from-traces/service_graphs/
https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/connector/servicegraphconnector
"""

import math
import re
from collections.abc import Mapping, Sequence

from mesh_probe import histogram
from mesh_probe.model import Gap, ObservedCall
from mesh_probe.source import Ask, Reading, Sample, Source, Window, presence, rate_by, size_by
from mesh_probe.sources.service_graph.figures import family_of
from mesh_probe.sources.service_graph.pairs import EITHER, LABELS, SIDES, by_pair
from mesh_probe.text import message

_STEM = "traces_service_graph_request_"
_NAME = re.compile(rf"((?:.+_)?{_STEM}).+")
"""Exporters may put a namespace before the name."""
_RELATIONS = "relations"
_SPLIT_BY = "server"


def _asks(names: frozenset[str], window: Window) -> Sequence[Ask]:
    asks: list[Ask] = []
    for stem in sorted({found[1] for name in names if (found := _NAME.fullmatch(name))}):
        total = f"{stem}total"
        if total not in names:
            continue
        if not any(name.startswith(stem) and name != total for name in names):
            # Otterize's: it has nothing but the total, and counts its own reports in it.
            asks += presence(f"{stem}{_RELATIONS}", LABELS, total, window, _SPLIT_BY)
            continue
        asks += presence(f"{stem}seen", LABELS, total, window, _SPLIT_BY)
        rates, sizes = (
            rate_by((*LABELS, "failed"), total, window),
            size_by(_SPLIT_BY, total, window),
        )
        asks.append(Ask(total, rates, _SPLIT_BY, sizes))
        # Asked for even if the name is unknown: before the first failure there is no such series.
        failed = f"{stem}failed_total"
        rates = rate_by(LABELS, failed, window)
        asks.append(Ask(failed, rates, _SPLIT_BY, sizes, all_or_nothing=True))
        for side in (*SIDES, EITHER):
            asks += histogram.asks(f"{stem}{side}_seconds", names, LABELS, window, _SPLIT_BY)
    return asks


def _read(answers: Mapping[str, Sequence[Sample]]) -> Reading:
    """The calls of all emitters, each edge from the most exact of those that see it.

    A call whose counter stood still in the window has a rate of 0. One that had no two samples in
    the window, or that is only reported and not counted, has none.
    """
    stems = sorted({found[1] for purpose in answers if (found := _NAME.fullmatch(purpose))})
    gaps: list[Gap] = []
    emitted: dict[tuple[str, str], dict[tuple[bool, str], list[ObservedCall]]] = {}
    for stem in stems:
        family = family_of(stem, answers)
        gaps += family.gaps
        for pair, call in family.calls:
            emitters = emitted.setdefault(pair.names, {})
            emitters.setdefault((pair.kernel, stem), []).append(call)
    calls = [call for emitters in emitted.values() for call in _most_exact(emitters)]
    relations = any(
        answers[f"{stem}{_RELATIONS}"] for stem in stems if f"{stem}{_RELATIONS}" in answers
    )
    if relations:
        gaps.append(
            Gap(
                "service-graph",
                message("gap.service-graph-relations"),
                message("hint.service-graph-relations"),
            )
        )
    return Reading(
        calls=tuple(sorted(calls, key=repr)),
        gaps=tuple(dict.fromkeys(gaps)),
        moved=relations or any(call.rate_rps for call in calls),
        details=tuple(sorted(_emitters(answers, stems))),
    )


def _emitters(answers: Mapping[str, Sequence[Sample]], stems: Sequence[str]) -> set[str]:
    """The programs whose edges these are, as far as labels tell them apart."""
    found: set[str] = set()
    for stem in stems:
        if answers.get(f"{stem}{_RELATIONS}"):
            found.add("Otterize")
        for pair, rows in by_pair(answers.get(f"{stem}total", ())).items():
            if pair.kernel:
                found.add("Beyla/OBI")
            elif any("failed" in row.labels for row in rows):
                found.add("Collector/Alloy")
            else:
                found.add("Tempo")
    return found


def _most_exact(emitters: Mapping[tuple[bool, str], list[ObservedCall]]) -> list[ObservedCall]:
    """What the kernel saw before what was sampled; of equals the one that saw more."""

    def exactness(emitter: tuple[bool, str]) -> tuple[bool, bool, float, str]:
        kernel, stem = emitter
        rates = [call.rate_rps for call in emitters[emitter] if call.rate_rps is not None]
        return bool(rates), kernel, math.fsum(rates), stem

    return emitters[max(emitters, key=exactness)]


SOURCE = Source(
    id="service-graph",
    metrics=(
        rf"(.+_)?{_STEM}(failed_)?total",
        rf"(.+_)?{_STEM}(client|server|duration)_seconds(_bucket)?",
    ),
    tier="traces",
    asks=_asks,
    read=_read,
)

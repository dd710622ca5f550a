"""Who calls whom as Tempo counts it in the spans of clients.

https://grafana.com/docs/tempo/latest/api_docs/#traceql-metrics

A client's span names its server by what the program knows of it: a service or a host. The server's
own span is one below, but a query cannot group by both.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mesh_probe.model import Latency, ObservedCall, Peer

ID = "tempo"
PATH = "/api/metrics/query"

_SERVICE, _NAMESPACE = "resource.service.name", "resource.k8s.namespace.name"
# New and old names of OpenTelemetry's conventions:
# https://opentelemetry.io/docs/specs/semconv/general/attributes/
_CALLEE, _HOST, _OLD_HOST = "span.peer.service", "span.server.address", "span.net.peer.name"
# Tempo groups by at most five attributes, and keeps one of them for the buckets of quantiles:
# https://github.com/grafana/tempo/blob/main/pkg/traceql/engine_metrics.go (maxGroupBys)
_BY_FOUR = ", ".join((_SERVICE, _NAMESPACE, _CALLEE, _HOST))
_BY = f"{_BY_FOUR}, {_OLD_HOST}"

RATES, ERRORS, TIMES = "calls", "errors", "latency"
QUERIES = {
    RATES: f"{{ kind = client }} | rate() by ({_BY})",
    ERRORS: f"{{ kind = client && status = error }} | rate() by ({_BY})",
    TIMES: f"{{ kind = client }} | quantile_over_time(duration, .5, .9, .95, .99) by ({_BY_FOUR})",
}
_QUANTILE = "p"
_NOTHING = ("", "nil", "<nil>")


class _Edge(NamedTuple):
    client: Peer
    server: Peer


class Found(NamedTuple):
    """The calls, and clients' spans that name nobody."""

    calls: tuple[ObservedCall, ...]
    nameless_rps: float = 0.0
    partial: bool = False
    """Tempo itself says that something is missing."""


def parameters(query: str, start_seconds: float, end_seconds: float) -> dict[str, str]:
    """What is asked for."""
    return {"q": query, "start": str(round(start_seconds)), "end": str(round(end_seconds))}


def found(documents: Mapping[str, Any]) -> Found:
    """The calls of the answers by the names in `QUERIES`; a query that failed is absent.

    Raises: LookupError, TypeError, ValueError or AttributeError for an answer of another shape.
    """
    rates, nameless = _summed(documents.get(RATES))
    errors, _ = _summed(documents.get(ERRORS))
    times = _times(documents.get(TIMES))
    calls = tuple(
        ObservedCall(
            ID,
            edge.client,
            edge.server,
            rate_rps=rate,
            error_ratio=min(errors.get(edge, 0.0) / rate, 1.0)
            if rate and ERRORS in documents
            else None,
            client_latency=times.get(edge),
            sampled=True,
        )
        for edge, rate in sorted(rates.items(), key=repr)
    )
    partial = any(document.get("status") == "PARTIAL" for document in documents.values())
    return Found(calls, nameless, partial)


def _summed(document: Any) -> tuple[dict[_Edge, float], float]:
    """Spans per second by edge, and those whose server has no name."""
    rates: dict[_Edge, list[float]] = defaultdict(list)
    nameless: list[float] = []
    for labels, value in _series(document):
        edge = _edge(labels)
        (nameless if edge is None else rates[edge]).append(value)
    return {edge: math.fsum(values) for edge, values in rates.items()}, math.fsum(nameless)


def _times(document: Any) -> dict[_Edge, Latency]:
    """Quantiles by edge. Of series of one edge they cannot be added: the longest counts."""
    longest: dict[_Edge, dict[float, float]] = defaultdict(dict)
    for labels, value in _series(document):
        edge, quantile = _edge(labels), labels.get(_QUANTILE, "")
        if edge is not None and quantile:
            q = round(float(quantile), 4)
            longest[edge][q] = max(value, longest[edge].get(q, 0.0))
    return {
        edge: Latency(values.get(0.5), values.get(0.9), values.get(0.95), values.get(0.99))
        for edge, values in longest.items()
    }


def _series(document: Any) -> Iterable[tuple[dict[str, str], float]]:
    """Labels and value of each series; a value of zero may be left out of the JSON."""
    for series in (document or {}).get("series") or ():
        labels = {
            str(label["key"]): str(next(iter(label["value"].values()), ""))
            for label in series.get("labels") or ()
        }
        value = float(series.get("value") or 0.0)
        if 0 <= value < math.inf:
            yield labels, value


def _edge(labels: Mapping[str, str]) -> _Edge | None:
    def of(name: str) -> str | None:
        text = labels.get(name, "")
        return None if text in _NOTHING else text

    host = of(_HOST) or of(_OLD_HOST)
    if callee := of(_CALLEE):
        server = Peer(name=callee)
    elif host:
        server = Peer(host=host)
    else:
        return None
    client = of(_SERVICE)
    return _Edge(Peer(name=client, namespace=of(_NAMESPACE)), server) if client else None

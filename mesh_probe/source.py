"""What a telemetry source is: the queries it needs, and a pure reader of their answers.

A source never talks to a server. `collect` asks which of its metrics exist, sends its queries and
hands the samples to `read`, which returns calls between peers that are not yet resolved.
"""

from collections.abc import Callable, Mapping, Sequence

from mesh_probe.model import Gap, Noun, ObservedCall


class Sample(Noun):
    """One row of an instant vector. NaN and infinities never get here."""

    labels: dict[str, str]
    value: float


class Ask(Noun):
    """A query that a source wants sent."""

    purpose: str
    """What the answer is called when it is handed to `read`: "requests", "client-buckets"."""
    promql: str
    split_by: str | None = None
    """A label by whose values a query too large for one answer may be split."""


class Window(Noun):
    """The times that queries are made for, in seconds."""

    rate_seconds: int
    lookback_seconds: int


class Reading(Noun):
    """What a source's reader made of the answers."""

    calls: tuple[ObservedCall, ...] = ()
    gaps: tuple[Gap, ...] = ()
    """What is there but cannot be used, and which setting would change it."""


class Source(Noun):
    """A telemetry source."""

    id: str
    metrics: tuple[str, ...]
    """Regular expressions of the metric names that show it is there, matched whole."""
    asks: Callable[[frozenset[str], Window], Sequence[Ask]]
    """The queries for the metric names that were found."""
    read: Callable[[Mapping[str, Sequence[Sample]]], Reading]
    """Samples by purpose to calls; a purpose whose query failed is absent."""

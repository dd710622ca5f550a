"""What is kept of the past: when alerts fired, and how calls went while they did.

Only what the readers made of the series is kept, never the series themselves.
"""

from datetime import datetime
from typing import Literal

from mesh_probe.model import Count, Noun, ObservedCall, Peer, Query


class Episode(Noun):
    """One alert, from when its condition became true until it was over."""

    alert: str
    start_at: datetime
    """When the condition became true; may lie before the span that was seen."""
    firing_at: datetime
    """When it was first seen to fire, after the time that its rule waits."""
    end_at: datetime | None = None
    """When it was last seen to fire; None where it still did when the snapshot was taken."""
    severity: str | None = None
    places: tuple[Peer, ...] = ()
    """Whom its labels name, not yet resolved; empty for an alert about no workload."""


class CallThen(Noun):
    """A call while alerts fired, beside how it goes on other days at that time."""

    then: ObservedCall
    usual: ObservedCall | None = None
    """Medians of the days before; None where it was not seen on any."""
    usual_days: Count = 0
    """On how many of the days before it was seen."""


class Moment(Noun):
    """A time in which alerts began to fire, and the calls of that time."""

    start_at: datetime
    end_at: datetime
    calls: tuple[CallThen, ...] = ()
    """Those that went badly, and those that share a client or a server with them."""
    sources: tuple[str, ...] = ()
    """Telemetry sources that told of any call then; empty where none did."""
    queries: tuple[Query, ...] = ()
    """As they were sent for `end_at`, and for days before."""


class IncidentHistory(Noun):
    """The alerts that fired, as far back as could be seen.

    No episode means that no alert fired only where the state is "read".
    """

    state: Literal["read", "partial", "unproven", "unreadable"]
    """"partial": a part of the span could not be read. "unproven": there is no sign that anybody
    evaluates alerting rules, so silence proves nothing."""
    span_seconds: Count = 0
    """How far back the store reaches, at most 30 days."""
    proven_seconds: Count = 0
    """How much of the span alerting rules are known to have been evaluated in, from its first such
    sign until the snapshot was taken."""
    resolution_seconds: Count = 0
    """What the end of an episode may be late by."""
    rules_count: Count | None = None
    """Alerting rules that are evaluated now; None where the store does not tell."""
    left_out: tuple[str, ...] = ()
    """Names of alerts that were not read: those that always fire, and those that nobody need act
    on."""
    episodes: tuple[Episode, ...] = ()
    """By start and name. Alerts of one cause are several episodes."""
    moments: tuple[Moment, ...] = ()
    """By start. Not every episode has one: they are bounded in number."""
    queries: tuple[Query, ...] = ()

"""What the metrics say, and what the alerts did."""

from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from mesh_probe.episodes import CallThen, Episode, IncidentHistory, Moment
from mesh_probe.model import ObservedCall, Peer, Query, SourceRead, Telemetry, Usage
from mesh_probe.pseudonyms import public
from mesh_probe.pseudonyms.words import Words


def telemetry(item: Telemetry, words: Words) -> Telemetry:
    """The calls and figures with pseudonyms for names."""
    calls = (_call(call, words) for call in item.calls)
    usage = (_usage(each, words) for each in item.usage)
    offers = (
        replace(offer, api=words.name(offer.api), server=_peer(offer.server, words))
        for offer in item.offers
    )
    return replace(
        item,
        prometheus=tuple(map(words.address, item.prometheus)),
        sources=tuple(_source(source, words) for source in item.sources),
        calls=tuple(sorted(calls, key=repr)),
        usage=tuple(sorted(usage, key=lambda each: (each.namespace, each.workload))),
        offers=tuple(sorted(offers, key=repr)),
    )


def incidents(item: IncidentHistory, words: Words) -> IncidentHistory:
    """The episodes and the calls of their times with pseudonyms for names."""
    episodes = (_episode(episode, words) for episode in item.episodes)
    return replace(
        item,
        left_out=tuple(sorted(words.known(name, public.ALERTS) for name in item.left_out)),
        episodes=tuple(sorted(episodes, key=lambda e: (e.start_at, e.alert, repr(e.places)))),
        moments=tuple(_moment(moment, words) for moment in item.moments),
        queries=tuple(_query(query, words) for query in item.queries),
    )


def _episode(item: Episode, words: Words) -> Episode:
    return replace(
        item,
        alert=words.known(item.alert, public.ALERTS),
        severity=_each(partial(words.known, words=public.ALERT_SEVERITIES), item.severity),
        places=tuple(_peer(place, words) for place in item.places),
    )


def _moment(item: Moment, words: Words) -> Moment:
    calls = (
        CallThen(
            _call(call.then, words),
            None if call.usual is None else _call(call.usual, words),
            call.usual_days,
        )
        for call in item.calls
    )
    return replace(
        item,
        calls=tuple(sorted(calls, key=repr)),
        sources=tuple(words.known(source, public.SOURCE_IDS) for source in item.sources),
        queries=tuple(_query(query, words) for query in item.queries),
    )


def _usage(item: Usage, words: Words) -> Usage:
    kind, slash, name = item.workload.partition("/")
    kind = words.known(kind, public.KINDS_KNOWN)
    return replace(
        item, namespace=words.name(item.namespace), workload=f"{kind}{slash}{words.name(name)}"
    )


def _source(item: SourceRead, words: Words) -> SourceRead:
    return replace(
        item,
        source=words.known(item.source, public.SOURCE_IDS),
        queries=tuple(_query(query, words) for query in item.queries),
        details=tuple(map(words.query, item.details)),
    )


def _query(item: Query, words: Words) -> Query:
    return replace(item, purpose=words.query(item.purpose), promql=words.query(item.promql))


def _call(item: ObservedCall, words: Words) -> ObservedCall:
    return replace(
        item,
        source=words.known(item.source, public.SOURCE_IDS),
        client=_peer(item.client, words),
        server=_peer(item.server, words),
        protocol=_each(words.protocol, item.protocol),
    )


def _peer(item: Peer, words: Words) -> Peer:
    return replace(
        item,
        workload=_each(words.name, item.workload),
        namespace=_each(words.name, item.namespace),
        service=_each(words.name, item.service),
        service_namespace=_each(words.name, item.service_namespace),
        name=_each(words.name, item.name),
        host=_each(words.host, item.host),
        dialled=_each(words.host, item.dialled),
        kind=_each(partial(words.known, words=public.KINDS_KNOWN), item.kind),
        pod=_each(words.name, item.pod),
        job=_each(words.name, item.job),
        joined=_each(words.joined, item.joined),
        route=_each(partial(_route, words=words), item.route),
        api=_each(words.name, item.api),
    )


def _route(text: str, words: Words) -> str:
    kind, slash, name = text.partition("/")
    return f"{words.known(kind, public.KINDS_KNOWN)}{slash}{words.name(name)}"


def _each(hidden: Callable[[str], str], text: str | None) -> str | None:
    return None if text is None else hidden(text)

"""Whose fault the calls of a time say an incident was.

A callee that fails all its callers is to blame, a caller that alone fares badly, or the way between
two that are both well. Only the last is what a mesh could have helped with.
"""

import shlex
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from mesh_probe.anomaly import Judged, judge, tail
from mesh_probe.episodes import CallThen, Moment
from mesh_probe.graph.past import Then
from mesh_probe.model import Evidence, Latency, Noun
from mesh_probe.text import Message, message

Kind = Literal["wire-errors", "wire-latency", "callee", "caller"]
ON_THE_WIRE: tuple[Kind, ...] = ("wire-errors", "wire-latency")


class Blame(Noun):
    """Where the cause of an incident shows."""

    kind: Kind
    """"wire-errors", "wire-latency": between client and server, both of which were well."""
    client: str
    server: str


class Pair(NamedTuple):
    """How the calls of one client to one server went."""

    client: str
    server: str
    call: CallThen
    judged: Judged
    moment: Moment


def pairs(times: Iterable[Then]) -> list[Pair]:
    """How each pair fared: of several times, and of parts that are counted apart, the worst."""
    worst: dict[tuple[str, str], Pair] = {}
    for moment, hop in ((time.moment, hop) for time in times for hop in time.hops):
        judged = judge(hop.call, (moment.end_at - moment.start_at).total_seconds())
        pair = Pair(hop.client, hop.server, hop.call, judged, moment)
        before = worst.get((hop.client, hop.server))
        if judged.known and (before is None or _weight(pair) > _weight(before)):
            worst[hop.client, hop.server] = pair
    return list(worst.values())


def _weight(pair: Pair) -> tuple[bool, float]:
    """How bad it was: calls that failed and usually do not, per second."""
    then, usual = pair.call.then, pair.call.usual
    more = (then.error_ratio or 0.0) - ((usual and usual.error_ratio) or 0.0)
    return pair.judged.badly, more * (then.rate_rps or 0.0)


class Blamed(NamedTuple):
    """The call that shows the cause."""

    kind: Kind
    pair: Pair


def blamed(pairs: Sequence[Pair]) -> Blamed | None:
    """The deepest call that went badly, if it can be told whose fault it was.

    What fails below makes those above fail, so a call counts whose server's own calls went well.
    """
    bad = [pair for pair in pairs if pair.judged.badly]
    callers = {pair.client for pair in bad}
    deepest = [pair for pair in bad if pair.server not in callers] or bad
    worst_first = sorted(deepest, key=lambda pair: (-_weight(pair)[1], pair.client, pair.server))
    for pair in worst_first:
        kind = _kind(pair, [other for other in pairs if other.server == pair.server])
        if kind:
            return Blamed(kind, pair)
    return None


def _kind(pair: Pair, into: Sequence[Pair]) -> Kind | None:
    """Whose fault a bad call was, by all calls into its server."""
    how = pair.judged
    bad = [other for other in into if other.judged.badly]
    everybody = len(into) > 1 and len(bad) == len(into)
    served = any(other.judged.server_errors is False for other in into)
    lost = how.wire_errors or (how.errors and how.server_errors is False)
    if lost and (served or not everybody):
        return "wire-errors"
    if how.slow and how.server_slow is False and not how.errors:
        return "wire-latency"
    if everybody or lost:
        return "callee"
    if len(into) > 1 and len(bad) == 1:
        return "caller"
    return "callee" if how.server_errors or how.server_slow else None


def evidence(blamed: Blamed, where: Sequence[str]) -> Iterable[Evidence]:
    """What was seen of the call that is blamed."""
    pair, how = blamed.pair, blamed.pair.judged
    then, usual = pair.call.then, pair.call.usual
    if usual is None:
        return
    facts: list[Message] = []
    if how.errors:
        facts.append(
            message("evidence.errors-then", then=then.error_ratio, usual=usual.error_ratio)
        )
    if how.errors and how.server_errors is False:
        facts.append(message("evidence.server-well-then", then=then.server_error_ratio))
    if how.wire_errors:
        facts.append(message("evidence.lost-then", then=then.wire_error_ratio))
    if how.slow and then.client_latency and usual.client_latency:
        facts.append(_slow("evidence.slow-then", then.client_latency, usual.client_latency))
    if how.slow and how.server_slow is False and then.server_latency and usual.server_latency:
        facts.append(_slow("evidence.server-fast-then", then.server_latency, usual.server_latency))
    if how.server_slow and then.server_latency and usual.server_latency:
        facts.append(_slow("evidence.server-slow-then", then.server_latency, usual.server_latency))
    for fact in facts:
        yield Evidence(
            subject=f"{pair.client} -> {pair.server}",
            fact=fact,
            seen_in=then.source,
            check=_check(pair.moment, where),
        )


def _slow(text: str, then: Latency, usual: Latency) -> Message:
    now, before = tail(then, usual)
    return message(text, then=now, usual=before)


def _check(moment: Moment, where: Sequence[str]) -> str:
    """The command that asks for the rates of that time again."""
    rates = [query.promql for query in moment.queries if "rate(" in query.promql]
    if not rates or not where:
        return ""
    time = round(moment.end_at.timestamp())
    return shlex.join(["promtool", "query", "instant", f"--time={time}", where[0], rates[0]])

"""Calls while alerts began, out of every store that runs here."""

import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from mesh_probe.collect import moments
from mesh_probe.collect.past import PastRead, read_past
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import read_telemetry
from mesh_probe.episodes import CallThen, Episode, IncidentHistory
from mesh_probe.graph.build import build
from mesh_probe.incidents import incidents
from mesh_probe.incidents.blame import Blame
from mesh_probe.model import Objects, ObservedCall, Peer, Telemetry
from mesh_probe.source import Window
from mesh_probe.text import Message, message
from tests.builders import app, cluster
from tests.prometheus.alerts import Fired, Flat
from tests.prometheus.edges import graph_edge, istio_edge
from tests.prometheus.faults import Reply, faulty
from tests.prometheus.history import AT, Lines, Series
from tests.prometheus.stores import STORES, holding

WINDOW = Window(3600, 86_400)
BACK = 52.0
FAST = {10.0: 1.0}
SLOW = {100.0: 0.5, 200.0: 0.4, 500.0: 0.1}


def refused(client: str, server: str, per_second: float, start: float, end: float) -> Series:
    """Calls that only the client's proxy saw fail, as it could not connect; hours before `AT`."""
    like = istio_edge(client, server, per_second)[0]
    labels = {
        **like.labels,
        "response_code": "503",
        "response_flags": "UF",
        "connection_security_policy": "unknown",
    }
    return Series(like.name, labels, per_second, from_hours=start, to_hours=end)


PAST: list[Lines] = [
    Flat("up", {"job": "node"}, 1, 52, every_seconds=240),
    *istio_edge("shop/web", "shop/cart", 10.0, milliseconds=FAST, from_hours=BACK),
    *istio_edge("shop/api", "shop/cart", 5.0, milliseconds=FAST, from_hours=BACK),
    *istio_edge("shop/cart", "stock/prices", 5.0, milliseconds=FAST, from_hours=BACK),
    Fired("WebErrors", 20, 19.5, {"namespace": "shop", "service": "web"}),
    refused("shop/web", "shop/cart", 3.0, 20.05, 19.5),
    Fired("PricesDown", 10, 9.5, {"namespace": "stock", "deployment": "prices"}),
    # The clients' own proxies report it, and the server's: it answers with errors.
    *(
        Series(
            each.name, {**each.labels, "response_code": "500"}, 2.0, from_hours=10.05, to_hours=9.5
        )
        for each in istio_edge("shop/cart", "stock/prices", 5.0)
        if each.name == "istio_requests_total"
    ),
    Fired("Quiet", 5, 4.5, {"namespace": "shop", "service": "api"}),
]


@pytest.fixture(scope="module", params=STORES)
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with holding(request.param, tmp_path_factory.mktemp("past"), PAST) as url:
        yield url


def telemetry(url: str) -> Telemetry:
    found = read_telemetry(
        [Prometheus(url)],
        WINDOW,
        AT,
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )
    return found.telemetry


def read(url: str, seen: Telemetry | None = None, said: list[Message] | None = None) -> PastRead:
    return read_past(
        [Prometheus(url)],
        seen or telemetry(url),
        Objects(),
        WINDOW,
        AT,
        deadline=time.monotonic() + 60,
        progress=lambda _: None if said is None else said.append(_),
    )


def figures(call: CallThen) -> tuple[Any, ...]:
    """Client, server, and what is told of errors then and usually."""

    def errors(of: ObservedCall | None) -> Any:
        return of and (round(of.error_ratio or 0, 2), round(of.server_error_ratio or 0, 2))

    return (
        call.then.client.workload,
        call.then.server.workload,
        errors(call.then),
        errors(call.usual),
    )


def test_calls_of_the_time_stand_beside_the_usual(past: str) -> None:
    history = read(past).history

    assert history is not None
    first, second, third = history.moments
    assert first.sources == second.sources == third.sources == ("istio",)
    assert [figures(call) for call in first.calls] == [
        ("api", "cart", (0.0, 0.0), (0.0, 0.0)),
        ("cart", "prices", (0.0, 0.0), (0.0, 0.0)),
        ("web", "cart", (0.23, 0.0), (0.0, 0.0)),
    ]
    assert [figures(call) for call in second.calls if call.then.client.workload == "cart"] == [
        ("cart", "prices", (0.29, 0.29), (0.0, 0.0)),
    ]
    assert third.calls == (), "nothing went badly"
    assert {call.usual_days for call in first.calls} == {2}, "the day before and just before"


def test_of_the_incidents_seen_those_between_services_come_out(past: str) -> None:
    seen = telemetry(past)
    things = [*app("web"), *app("api"), *app("cart"), *app("prices", "stock")]
    snapshot = replace(
        cluster(*things, telemetry=seen), taken_at=AT, incidents=read(past, seen).history
    )
    found = incidents(snapshot, build(snapshot))

    assert (found.seen, found.judged, found.on_the_wire) == (3, 3, 1)
    assert [incident.blame for incident in found.episodes] == [
        Blame("wire-errors", "shop/web", "shop/cart"),
        Blame("callee", "shop/cart", "stock/prices"),
        None,
    ]


def test_each_time_costs_a_few_queries_whatever_the_number_of_calls(past: str) -> None:
    seen, server = telemetry(past), Prometheus(past)
    read_past(
        [server],
        seen,
        Objects(),
        WINDOW,
        AT,
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )

    usage, alerts, names, each_time = 4, 7, 1, 2 * 3
    assert server.queries <= usage + alerts + names + 3 * each_time


def test_what_is_done_is_told(past: str) -> None:
    said: list[Message] = []
    read(past, said=said)

    assert said == [
        message("progress.usage"),
        message("progress.incidents"),
        message("progress.incident-calls", count=3),
    ]


def test_servers_that_did_not_answer_before_are_left_alone() -> None:
    with faulty(Reply(b"")) as server:
        found = read(server.url, Telemetry(prometheus=("http://other:9090",)))

    assert found == PastRead(None, (), ())
    assert server.asked == []


@pytest.mark.parametrize("store", STORES)
def test_waiting_that_no_server_knows_of_shows_in_service_graphs(
    store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    client = "traces_service_graph_request_client_seconds_bucket"
    usual = graph_edge("web", "cart", 10.0, from_hours=BACK)
    slow = [
        Series(each.name, each.labels, each.per_second * 9, from_hours=20.05, to_hours=19)
        for each in graph_edge("web", "cart", 10.0, milliseconds=SLOW)
        if each.name == client
    ]
    # Buckets that only the slow time has lie above all others, and hold all of the usual calls.
    bounds = {each.labels["le"] for each in usual if each.name == client}
    above = [
        Series(client, each.labels, 10.0, from_hours=BACK)
        for each in slow
        if each.labels["le"] not in bounds
    ]
    series: list[Lines] = [
        *usual,
        *above,
        *slow,
        Fired("WebSlow", 20, 19, {"service_name": "web"}),
    ]
    with holding(store, tmp_path_factory.mktemp("slow"), joined(series)) as url:
        seen = telemetry(url)
        history = read(url, seen).history

    snapshot = replace(
        cluster(*app("web"), *app("cart"), telemetry=seen), taken_at=AT, incidents=history
    )
    found = incidents(snapshot, build(snapshot))
    assert [incident.blame for incident in found.episodes] == [
        Blame("wire-latency", "shop/web", "shop/cart")
    ]


class Sum:
    """Counters of one name and the same labels, added up."""

    def __init__(self, parts: Sequence[Series]) -> None:
        self._parts = parts

    def lines(self) -> Iterator[str]:
        values: dict[int, float] = {}
        name = ""
        last = {id(part): 0.0 for part in self._parts}
        samples: list[tuple[int, int, float]] = []
        for part in self._parts:
            for line in part.lines():
                name, text, time_text = line.rsplit(" ", 2)
                samples.append((int(time_text), id(part), float(text)))
        for at, of, value in sorted(samples):
            last[of] = value
            values[at] = sum(last.values())
        for at, total in sorted(values.items()):
            yield f"{name} {total!r} {at}"


def joined(series: Sequence[Lines]) -> list[Lines]:
    same: dict[tuple[str, str], list[Series]] = {}
    others: list[Lines] = []
    for each in series:
        if isinstance(each, Series):
            same.setdefault((each.name, repr(sorted(each.labels.items()))), []).append(each)
        else:
            others.append(each)
    return [*others, *(Sum(parts) if len(parts) > 1 else parts[0] for parts in same.values())]


# --- bounds ---------------------------------------------------------------------------------------


def episodes(*hours: float, namespace: str = "shop") -> IncidentHistory:
    places = (Peer(service="cart", service_namespace=namespace),)
    found = tuple(
        Episode(
            "CartErrors",
            AT - timedelta(hours=hour),
            AT - timedelta(hours=hour),
            AT - timedelta(hours=hour - 0.5),
            places=places,
        )
        for hour in hours
    )
    return IncidentHistory("read", span_seconds=30 * 86_400, episodes=found)


def look(url: str, history: IncidentHistory, seen: Telemetry) -> moments.MomentsRead:
    return moments.read_moments(
        [Prometheus(url)],
        history,
        seen,
        AT,
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )


def test_of_many_times_only_the_latest_are_looked_back_at(past: str) -> None:
    history = episodes(*(50 - number for number in range(15)))
    found = look(past, history, telemetry(past))

    assert [moment.start_at for moment in found.moments] == [
        episode.start_at for episode in history.episodes[-12:]
    ]
    assert [gap.reason for gap in found.gaps] == [message("gap.times-many", seen=15, read=12)]


def test_without_a_source_that_counts_calls_nothing_is_asked() -> None:
    with faulty(Reply(b"")) as server:
        found = look(server.url, episodes(1), Telemetry(prometheus=(server.url,)))

    assert [gap.reason.id for gap in found.gaps] == ["gap.times-no-calls"]
    assert found.moments == ()
    assert server.asked == []


def test_where_there_are_many_calls_only_those_concerned_are_asked_for(
    past: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moments, "MOST_SERIES", 6)
    found = look(past, episodes(19.9, namespace="stock"), telemetry(past))

    (moment,) = found.moments
    rates = [query.promql for query in moment.queries if query.purpose == "requests"]
    assert len(rates) == 1
    assert 'destination_workload_namespace=~"stock"' in rates[0]
    assert [gap.reason.id for gap in found.gaps] == ["gap.times-large"]


def test_a_store_that_refuses_is_a_gap() -> None:
    call = ObservedCall("istio", Peer("web", "shop"), Peer("cart", "shop"), rate_rps=1.0)
    refusal = {"status": "error", "errorType": "execution", "error": "no such function"}
    with faulty(Reply(refusal, 422)) as server:
        found = look(server.url, episodes(1), Telemetry(prometheus=(server.url,), calls=(call,)))

    assert {gap.reason.id for gap in found.gaps} == {"gap.prometheus-refused"}
    assert all(moment.sources == () for moment in found.moments)

import time

import pytest

from mesh_probe.collect.tempo import read_tempo
from mesh_probe.collect.traces import TraceStore
from mesh_probe.collect.traces_read import TracesRead
from mesh_probe.model import Latency, ObservedCall, Peer
from mesh_probe.sources import tempo as source
from mesh_probe.text import message
from tests.prometheus.history import AT, HOUR
from tests.traces.server import Span, serving, tempo

NOON = AT.timestamp()


def spans(
    count: int,
    service: str = "web",
    *,
    seconds: float = 0.1,
    failed: int = 0,
    kind: str = "client",
    hours: float = 0.5,
    **more: str,
) -> list[Span]:
    """Spans of a service; further attributes with "_" for "."."""
    attributes = {f"span.{name.replace('_', '.')}": text for name, text in more.items()}
    if "k8s_namespace" in more:
        attributes["resource.k8s.namespace.name"] = attributes.pop("span.k8s.namespace")
    return [
        Span(
            seconds,
            NOON - hours * HOUR,
            {"resource.service.name": service, **attributes},
            kind,
            number < failed,
        )
        for number in range(count)
    ]


SHOP = [
    *spans(324, server_address="cart.shop.svc", k8s_namespace="shop", failed=36),
    *spans(36, server_address="cart.shop.svc", k8s_namespace="shop", seconds=0.5),
    *spans(72, "cart", peer_service="prices", server_address="10.0.0.7"),
    *spans(36, "cart", net_peer_name="db.shop"),
    *spans(99, kind="server"),
    *spans(99, server_address="cart.shop.svc", k8s_namespace="shop", hours=2),
]


def read(url: str) -> TracesRead:
    return read_tempo(TraceStore(url), HOUR, AT, time.monotonic() + 60)


def test_calls_are_the_spans_of_clients_by_what_they_call() -> None:
    with serving(tempo(SHOP)) as server:
        found = read(server.url)

    assert sorted(found.calls, key=repr) == sorted(
        (
            ObservedCall(
                "tempo",
                Peer(name="web", namespace="shop"),
                Peer(host="cart.shop.svc"),
                rate_rps=0.1,
                error_ratio=0.01 / 0.1,
                client_latency=Latency(0.1, 0.1, 0.5, 0.5),
                sampled=True,
            ),
            ObservedCall(
                "tempo",
                Peer(name="cart"),
                Peer(name="prices"),
                rate_rps=0.02,
                error_ratio=0.0,
                client_latency=Latency(0.1, 0.1, 0.1, 0.1),
                sampled=True,
            ),
            ObservedCall(
                "tempo",
                Peer(name="cart"),
                Peer(host="db.shop"),
                rate_rps=0.01,
                error_ratio=0.0,
                sampled=True,
            ),
        ),
        key=repr,
    )
    assert found.gaps == ()
    assert found.read.state == "read"
    assert [query.series_count for query in found.read.queries] == [3, 1, 12]


def test_three_queries_are_sent_however_many_services_there_are() -> None:
    many = [span for n in range(50) for span in spans(1, f"app-{n}", peer_service=f"app-{n + 1}")]
    with serving(tempo(many)) as server:
        found = read(server.url)

    assert len(found.calls) == 50
    assert [params["q"] for _, params in server.asked] == list(source.QUERIES.values())
    assert {(p["start"], p["end"]) for _, p in server.asked} == {("1772449200", "1772452800")}


def test_clients_that_do_not_say_whom_they_call_are_a_gap() -> None:
    with serving(tempo([*SHOP, *spans(36, "jobs")])) as server:
        found = read(server.url)

    assert len(found.calls) == 3
    assert [gap.reason for gap in found.gaps] == [message("gap.tempo-nameless", rate=0.01)]


def test_what_tempo_itself_calls_partial_is_a_gap() -> None:
    with serving(tempo(SHOP, partial=True)) as server:
        found = read(server.url)

    assert found.read.state == "partial"
    assert [gap.reason.id for gap in found.gaps] == ["gap.tempo-partial"]


def test_without_spans_it_is_silent() -> None:
    with serving(tempo([])) as server:
        found = read(server.url)

    assert found.read.state == "silent"
    assert [gap.reason.id for gap in found.gaps] == ["gap.source-silent"]


def test_figures_that_were_refused_are_missing_not_zero() -> None:
    whole = tempo(SHOP)
    with serving(
        lambda path, params: (
            whole(path, params)
            if params["q"] == source.QUERIES[source.RATES]
            else (400, b'{"error": "range exceeds 24h"}')
        )
    ) as server:
        found = read(server.url)

    assert found.read.state == "partial"
    assert {(call.error_ratio, call.client_latency) for call in found.calls} == {(None, None)}
    assert {gap.reason.id for gap in found.gaps} == {"gap.prometheus-refused"}


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b"404 page not found", "gap.traces-not-one"),
        (200, b"{}", "gap.source-silent"),
        (200, b'{"series": [1]}', "gap.traces-not-one"),
        (401, b"no org id", "gap.prometheus-denied"),
    ],
)
def test_an_answer_of_no_use_is_a_gap(status: int, body: bytes, reason: str) -> None:
    with serving(lambda *_: (status, body)) as server:
        found = read(server.url)

    assert found.calls == ()
    assert [gap.reason.id for gap in found.gaps] == [reason]

import time

import pytest

from mesh_probe.collect.jaeger import read_jaeger
from mesh_probe.collect.traces import TraceStore
from mesh_probe.collect.traces_read import TracesRead
from mesh_probe.errors import UsageError
from mesh_probe.model import Gap, ObservedCall, Peer, SourceRead
from mesh_probe.text import message
from tests.prometheus.history import AT, HOUR
from tests.traces.server import Link, jaeger, serving

NOON = AT.timestamp()
DAY = 86_400
SHOP = [
    Link("web", "cart", 3600, NOON - HOUR),
    Link("web", "cart", 5040, NOON - 20 * HOUR),
    Link("cart.shop", "prices.stock", 8640, NOON - 2 * HOUR),
    Link("cart", "cart", 99, NOON - HOUR),
    Link("web", "old", 10, NOON - 30 * HOUR),
]


def read(url: str, seconds: float = 60) -> TracesRead:
    return read_jaeger(TraceStore(url), DAY, AT, time.monotonic() + seconds)


def test_calls_are_those_that_jaeger_added_up_in_the_look_back() -> None:
    with serving(jaeger(SHOP)) as server:
        found = read(server.url)

    assert found.calls == (
        ObservedCall(
            "jaeger",
            Peer(name="cart", namespace="shop"),
            Peer(name="prices", namespace="stock"),
            rate_rps=0.1,
            sampled=True,
        ),
        ObservedCall("jaeger", Peer(name="web"), Peer(name="cart"), rate_rps=0.1, sampled=True),
    )
    assert found.gaps == ()
    assert (found.read.source, found.read.state) == ("jaeger", "read")
    assert server.asked == [
        ("/api/dependencies", {"endTs": "1772452800000", "lookback": "86400000"})
    ]


@pytest.mark.parametrize("pasted", ["/jaeger", "/jaeger/", "/jaeger/search", "/jaeger/api/traces"])
def test_the_address_of_a_page_will_do(pasted: str) -> None:
    with serving(jaeger(SHOP, "/jaeger")) as server:
        assert len(read(f"{server.url}{pasted}").calls) == 2


def test_user_and_password_of_the_address_are_sent_and_never_shown() -> None:
    with serving(jaeger(SHOP)) as server:
        store = TraceStore(server.url.replace("//", "//me:secret@"))
        read_jaeger(store, DAY, AT, time.monotonic() + 60)

    assert server.headers[0]["Authorization"] == "Basic bWU6c2VjcmV0"
    assert store.name == server.url


def test_a_jaeger_that_added_nothing_up_is_told_from_one_without_calls() -> None:
    with serving(jaeger([])) as server:
        found = read(server.url)

    assert found.calls == ()
    assert found.read.state == "silent"
    assert found.gaps == (
        Gap("jaeger", message("gap.jaeger-empty", server=server.url), message("hint.jaeger-empty")),
    )


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b"404 page not found", "gap.traces-not-one"),
        (200, b"<html>Jaeger UI</html>", "gap.traces-not-one"),
        (200, b"[]", "gap.traces-not-one"),
        (200, b'{"data": [{"parent": "a"}]}', "gap.traces-not-one"),
        (200, b'{"data": 1}', "gap.traces-not-one"),
        (401, b"no", "gap.prometheus-denied"),
        (403, b"no", "gap.prometheus-denied"),
        (500, b'{"errors": [{"code": 500, "msg": "no storage"}]}', "gap.prometheus-refused"),
    ],
)
def test_an_answer_of_no_use_is_a_gap(status: int, body: bytes, reason: str) -> None:
    with serving(lambda *_: (status, body)) as server:
        found = read(server.url)

    assert found.read == SourceRead("jaeger", "unreadable", found.read.queries)
    assert [gap.reason.id for gap in found.gaps] == [reason]


def test_nothing_is_asked_when_the_time_is_over() -> None:
    with serving(jaeger(SHOP)) as server:
        found = read(server.url, seconds=-1)

    assert [gap.reason.id for gap in found.gaps] == ["gap.time"]
    assert server.asked == []


@pytest.mark.parametrize("address", ["", "jaeger:16686", "ftp://jaeger", "http://", "http://[::1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        TraceStore(address)

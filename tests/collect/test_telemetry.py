import time
from collections.abc import Iterator, Sequence

import pytest

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import TelemetryRead, read_telemetry
from mesh_probe.model import Gap, Latency, ObservedCall, Peer
from mesh_probe.source import Window
from mesh_probe.sources import SOURCES
from mesh_probe.text import message
from tests.prometheus.edges import graph_edge, istio_edge
from tests.prometheus.faults import Reply, faulty, vector
from tests.prometheus.history import AT, backfill
from tests.prometheus.server import running
from tests.sources.figures import rounded

WINDOW = Window(3600, 86_400)
EVEN = Latency(0.01, 0.02, 0.035, 0.047)
SHOP = [
    *istio_edge("shop/web", "shop/cart", 10.0, error_ratio=0.1),
    *istio_edge("shop/cart", "stock/prices", 4.0),
    *istio_edge("shop/web", "shop/old", 1.0, from_hours=20, to_hours=7),
    *graph_edge("web", "mail", 2.0, error_ratio=0.25),
    *graph_edge("web", "mail", 5.0, labels={"source": "obi"}),
    *graph_edge("jobs", "mail", 0.0, prefix="sg_"),
]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("shop")
    backfill(data, SHOP)
    with running(data) as url:
        yield url


def read(*urls: str, window: Window = WINDOW, seconds: float = 60.0) -> TelemetryRead:
    return read_telemetry(
        [Prometheus(url) for url in urls],
        window,
        AT,
        deadline=time.monotonic() + seconds,
        progress=lambda _: None,
    )


def states(found: TelemetryRead) -> dict[str, str]:
    """Of the sources that are not absent; of all, where that is one and the same."""
    reads = found.telemetry.sources
    assert [read.source for read in reads] == [source.id for source in SOURCES]
    if len(all_states := {read.state for read in reads}) == 1:
        return {"all": all_states.pop()}
    return {read.source: read.state for read in reads if read.state != "absent"}


def calls(found: TelemetryRead) -> Sequence[ObservedCall]:
    """With figures to compare."""
    return [
        ObservedCall(
            call.source,
            call.client,
            call.server,
            call.protocol,
            None if call.rate_rps is None else round(call.rate_rps, 6),
            None if call.error_ratio is None else round(call.error_ratio, 6),
            rounded(call.client_latency),
            rounded(call.server_latency),
            call.mtls,
            call.sampled,
        )
        for call in found.telemetry.calls
    ]


def istio_call(
    client: Peer, server: str, rate_rps: float | None = None, error_ratio: float | None = None
) -> ObservedCall:
    """A call with known figures, or one that is only known to be there."""
    namespace, name = server.split("/")
    known = None if rate_rps is None else EVEN
    return ObservedCall(
        "istio",
        client,
        Peer(name, namespace, name, namespace),
        "http",
        rate_rps,
        error_ratio,
        known,
        known,
        None if rate_rps is None else True,
        sampled=False,
    )


def test_all_sources_of_a_real_server_are_read(shop: str) -> None:
    found = read(shop)

    web, cart = Peer("web", "shop"), Peer("cart", "shop")
    assert sorted(calls(found), key=repr) == sorted(
        [
            istio_call(web, "shop/cart", 10.0, 0.1),
            istio_call(cart, "stock/prices", 4.0, 0.0),
            istio_call(web, "shop/old"),
            ObservedCall(
                "service-graph",
                Peer(name="web"),
                Peer(name="mail"),
                rate_rps=5.0,
                error_ratio=0.0,
                client_latency=EVEN,
                server_latency=EVEN,
                sampled=False,
            ),
            ObservedCall(
                "service-graph", Peer(name="jobs"), Peer(name="mail"), rate_rps=0.0, sampled=True
            ),
        ],
        key=repr,
    )
    assert states(found) == {"istio": "read", "service-graph": "read"}
    assert found.telemetry.prometheus == (shop,)
    assert found.gaps == ()


def test_every_query_is_on_record_with_its_rows(shop: str) -> None:
    found = read(shop)

    sent = [query for source in found.telemetry.sources for query in source.queries]
    assert found.queries == len(sent) + 7  # the proof, the names, the sizes of five histograms
    assert all(query.series_count is not None for query in sent)
    assert found.bytes > 0


def test_what_was_only_counted_before_the_window_is_silent(shop: str) -> None:
    """Half an hour after the last sample of `old`."""
    found = read_telemetry(
        [Prometheus(shop)],
        Window(300, 3600),
        AT.replace(hour=5, minute=30),
        deadline=time.monotonic() + 60,
        progress=lambda _: None,
    )

    assert states(found) == {"istio": "silent"}
    assert [(c.server.workload, c.rate_rps) for c in found.telemetry.calls] == [("old", None)]
    assert found.gaps == (
        Gap(
            "istio",
            message("gap.source-silent", server=shop),
            message("hint.source-silent"),
        ),
    )


def test_a_history_shorter_than_the_window_is_a_gap(shop: str) -> None:
    """Rates are averages over the window, so they come out too low."""
    found = read(shop, window=Window(4 * 3600, 86_400))

    rates = {call.server.workload: call.rate_rps for call in calls(found)}
    assert rates["cart"] == 5.0
    assert [(gap.subject, gap.reason.id) for gap in found.gaps] == [
        ("istio", "gap.history-short"),
        ("service-graph", "gap.history-short"),
    ]


def test_two_servers_with_the_same_data_are_not_added_up(shop: str) -> None:
    assert calls(read(shop, shop)) == calls(read(shop))


def test_a_dead_server_beside_a_live_one_is_a_gap(shop: str) -> None:
    with faulty(Reply(b"no", 401)) as dead:
        found = read(dead.url, shop)

    assert [gap.reason.id for gap in found.gaps] == ["gap.prometheus-denied"]
    assert found.telemetry.prometheus == (shop,)
    known = {read.source: read.state for read in found.telemetry.sources}
    assert (known["istio"], known["service-graph"]) == ("read", "read")
    assert set(known.values()) == {"read", "unreadable"}


def test_an_empty_server_has_no_source(shop: str) -> None:
    with faulty(Reply(vector(({}, "1"))), Reply({"status": "success", "data": []})) as empty:
        found = read(empty.url)

    assert states(found) == {"all": "absent"}
    assert found.telemetry.calls == ()
    assert [gap.reason.id for gap in found.gaps] == ["gap.no-call-metrics"]


def test_absent_is_not_said_while_a_server_could_not_be_asked() -> None:
    with (
        faulty(Reply(vector(({}, "1"))), Reply({"status": "success", "data": []})) as empty,
        faulty(Reply(b"no", 403)) as closed,
    ):
        found = read(empty.url, closed.url)

    assert states(found) == {"all": "unreadable"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"no", 401), "gap.prometheus-denied"),
        (Reply(b"<html>login</html>"), "gap.prometheus-not-one"),
        (Reply(b"", 302, {"Location": "/login"}), "gap.prometheus-redirect"),
        (Reply(hangs=True), "gap.time"),
        (Reply(vector()), "gap.prometheus-not-one"),
        (Reply(vector(({}, "NaN"))), "gap.prometheus-not-one"),
        (Reply(b"busy", 503, {"Retry-After": "0"}), "gap.prometheus-busy"),
    ],
)
def test_a_server_in_trouble_is_one_gap_and_nothing_is_known(reply: Reply, reason: str) -> None:
    with faulty(reply) as server:
        found = read(server.url, seconds=0.3 if reply.hangs else 60.0)

    assert [(gap.subject, gap.reason.id) for gap in found.gaps] == [("Prometheus", reason)]
    assert states(found) == {"all": "unreadable"}


def test_without_an_index_of_names_a_query_finds_them() -> None:
    names = vector(({"__name__": "istio_requests_total"}, "1"))
    labels = {
        "reporter": "source",
        "source_workload": "web",
        "source_workload_namespace": "shop",
        "destination_workload": "cart",
        "destination_workload_namespace": "shop",
    }
    with faulty(
        Reply(vector(({}, "1"))),
        Reply(b"no such API", 404),
        Reply(names),
        Reply(vector((labels, "2"))),
    ) as server:
        found = read(server.url)

    assert server.asked[2].params["query"].count("group by (__name__)") == 5
    assert [(c.server.workload, c.rate_rps) for c in found.telemetry.calls] == [("cart", 2.0)]


def test_a_warning_of_a_server_is_a_gap() -> None:
    with faulty(
        Reply(vector(({}, "1"))),
        Reply({"status": "success", "data": ["istio_requests_total"]}),
        Reply(vector(warnings=["store 3 is down"])),
    ) as server:
        found = read(server.url)

    assert found.gaps[0] == Gap(
        "istio",
        message("gap.prometheus-warning", server=server.url, detail="store 3 is down"),
        message("hint.prometheus-warning"),
    )


def test_native_histograms_where_numbers_were_asked_for_are_a_gap() -> None:
    native = {"metric": {}, "histogram": [0, {"count": "1", "sum": "2", "buckets": []}]}
    with faulty(
        Reply(vector(({}, "1"))),
        Reply({"status": "success", "data": ["istio_requests_total"]}),
        Reply({"status": "success", "data": {"resultType": "vector", "result": [native]}}),
    ) as server:
        found = read(server.url)

    assert "gap.native-histogram" in {gap.reason.id for gap in found.gaps}


def test_a_server_that_stops_answering_is_left_alone() -> None:
    with faulty(
        Reply(vector(({}, "1"))),
        Reply({"status": "success", "data": ["istio_requests_total"]}),
        Reply(b"no", 403),
    ) as server:
        found = read(server.url)

    assert states(found)["istio"] == "unreadable"
    assert len(server.asked) <= 2 + 4  # at most one refusal for each that was under way
    assert [gap.reason.id for gap in found.gaps] == ["gap.prometheus-denied"]


def test_a_server_with_tight_limits_is_asked_for_less_at_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = tmp_path_factory.mktemp("tight")
    names = [f"s{n}/a" for n in range(12)]
    backfill(data, [s for name in names for s in istio_edge("shop/web", name, 2.0)])
    with running(data, "--query.max-samples=150") as url:
        found = read(url, window=Window(3600, 3600))

    assert states(found) == {"istio": "read"}
    sent = [query for source in found.telemetry.sources for query in source.queries]
    assert any(query.series_count is None for query in sent)
    assert [c.rate_rps for c in calls(found)] == [2.0] * 12
    assert [c.client_latency for c in calls(found)] == [EVEN] * 12
    assert found.gaps == ()

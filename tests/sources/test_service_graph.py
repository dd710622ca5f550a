from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.model import Gap, Latency, ObservedCall, Peer
from mesh_probe.source import Reading, Sample, Window, folded
from mesh_probe.sources.service_graph import SOURCE
from mesh_probe.text import message
from tests.sources.figures import rounded

STEM = "traces_service_graph_request_"
EDGE = {"client": "web", "server": "cart"}
WEB, CART = Peer(name="web"), Peer(name="cart")
WINDOW = Window(3600, 86_400)


def row(value: float, labels: Mapping[str, str] = EDGE, **more: str) -> Sample:
    return Sample({**labels, **more}, value)


def read(**answers: Sequence[Sample]) -> Reading:
    return SOURCE.read({f"{STEM}{purpose}": rows for purpose, rows in answers.items()})


def buckets(shares: Mapping[str, float], **labels: str) -> list[Sample]:
    return folded(({**EDGE, **labels, "le": le}, value) for le, value in shares.items())


SLOW = {"0.1": 0.0, "0.2": 10.0, "+Inf": 10.0}
FAST = {"0.01": 0.0, "0.02": 10.0, "+Inf": 10.0}
ZERO = {"0.01": 10.0, "0.02": 10.0, "+Inf": 10.0}
SLOW_LATENCY = Latency(0.15, 0.19, 0.195, 0.199)
FAST_LATENCY = Latency(0.015, 0.019, 0.0195, 0.0199)


def latencies(reading: Reading) -> list[tuple[Latency | None, Latency | None]]:
    return [(rounded(c.client_latency), rounded(c.server_latency)) for c in reading.calls]


def test_tempos_edge_has_rate_errors_and_both_latencies() -> None:
    found = read(
        total=[row(10.0)],
        failed_total=[row(1.0)],
        client_seconds=buckets(SLOW),
        server_seconds=buckets(FAST),
    )

    assert [(c.client, c.server, c.rate_rps, c.error_ratio, c.sampled) for c in found.calls] == [
        (WEB, CART, 10.0, 0.1, True)
    ]
    assert latencies(found) == [(SLOW_LATENCY, FAST_LATENCY)]
    assert found.moved


def test_without_a_failure_there_is_no_failure_series_and_the_ratio_is_zero() -> None:
    assert [c.error_ratio for c in read(total=[row(10.0)], failed_total=[]).calls] == [0.0]


def test_when_the_failures_could_not_be_read_the_ratio_is_unknown() -> None:
    assert [c.error_ratio for c in read(total=[row(10.0)]).calls] == [None]


def test_the_collectors_two_values_of_failed_are_added_up() -> None:
    found = read(
        total=[row(9.0, failed="false"), row(1.0, failed="true")],
        failed_total=[row(1.0)],
    )

    assert [(c.rate_rps, c.error_ratio) for c in found.calls] == [(10.0, 0.1)]


def test_an_old_collector_puts_all_calls_on_both_values_of_failed() -> None:
    found = read(
        total=[row(10.0, failed="false"), row(10.0, failed="true")],
        failed_total=[row(1.0)],
    )

    assert [(c.rate_rps, c.error_ratio) for c in found.calls] == [(10.0, 0.1)]


def test_half_of_the_calls_failing_is_not_taken_for_an_old_collector() -> None:
    found = read(
        total=[row(5.0, failed="false"), row(5.0, failed="true")],
        failed_total=[row(5.0)],
    )

    assert [(c.rate_rps, c.error_ratio) for c in found.calls] == [(10.0, 0.5)]


def swapped_edges(count: int, **labels: str) -> dict[str, list[Sample]]:
    edges = [{"client": "web", "server": f"s{n}", **labels} for n in range(count)]
    return {
        "total": [row(10.0, edge, failed="false") for edge in edges],
        "failed_total": [],
        "client_seconds": [s for edge in edges for s in buckets(FAST, **edge)],
        "server_seconds": [s for edge in edges for s in buckets(SLOW, **edge)],
    }


def test_a_collector_whose_clients_wait_less_than_its_servers_work_has_swapped_them() -> None:
    found = read(**swapped_edges(3))

    assert latencies(found) == [(SLOW_LATENCY, FAST_LATENCY)] * 3
    assert found.gaps == (
        Gap(
            "service-graph",
            message("gap.service-graph-swapped"),
            message("hint.service-graph-swapped"),
        ),
    )


def test_two_edges_are_too_few_to_say_that_the_sides_are_swapped() -> None:
    found = read(**swapped_edges(2))

    assert (latencies(found), found.gaps) == ([(FAST_LATENCY, SLOW_LATENCY)] * 2, ())


def test_the_kernel_is_never_taken_for_an_old_collector() -> None:
    found = read(**swapped_edges(3, source="obi"))

    assert (latencies(found), found.gaps) == ([(FAST_LATENCY, SLOW_LATENCY)] * 3, ())


def test_milliseconds_under_the_name_of_seconds_show_in_the_bounds() -> None:
    found = read(
        total=[row(10.0, failed="false")],
        server_seconds=buckets({"100": 0.0, "200": 10.0, "15000": 10.0, "+Inf": 10.0}),
    )

    assert latencies(found) == [(None, SLOW_LATENCY)]


@pytest.mark.parametrize(
    ("labels", "read_sides"),
    [
        ({}, (SLOW_LATENCY, FAST_LATENCY)),
        ({"client": "user"}, (None, FAST_LATENCY)),
        ({"client": "user", "connection_type": "virtual_node"}, (None, FAST_LATENCY)),
        ({"connection_type": "virtual_node", "virtual_node": "client"}, (None, FAST_LATENCY)),
        ({"connection_type": "virtual_node", "virtual_node": "server"}, (SLOW_LATENCY, None)),
        ({"connection_type": "virtual_node"}, (SLOW_LATENCY, None)),
        ({"connection_type": "database"}, (SLOW_LATENCY, None)),
        ({"connection_type": "unset"}, (SLOW_LATENCY, FAST_LATENCY)),
        ({"connection_type": "messaging_system"}, (None, None)),
        ({"connection_type": "virtual_node", "source": "beyla"}, (SLOW_LATENCY, FAST_LATENCY)),
    ],
)
def test_only_the_side_that_was_seen_tells_the_latency(
    labels: dict[str, str], read_sides: tuple[Latency | None, Latency | None]
) -> None:
    """A side that was not seen is recorded as 0 seconds."""
    found = read(
        total=[row(10.0, {**EDGE, **labels})],
        client_seconds=buckets(SLOW, **labels),
        server_seconds=buckets(FAST, **labels),
    )

    assert latencies(found) == [read_sides]


@pytest.mark.parametrize(
    ("labels", "client", "server", "protocol"),
    [
        ({"client": "user"}, Peer(outside=True), CART, None),
        ({"client": "unknown"}, Peer(outside=True), CART, None),
        (
            {"server": "unknown", "connection_type": "virtual_node"},
            WEB,
            Peer(outside=True),
            None,
        ),
        (
            {"server": "api.example.com:443", "connection_type": "virtual_node"},
            WEB,
            Peer(host="api.example.com", port=443, outside=True),
            None,
        ),
        (
            {"server": "orders", "connection_type": "database"},
            WEB,
            Peer(name="orders", outside=True),
            "db",
        ),
        (
            {"server": "kafka", "connection_type": "messaging_system"},
            WEB,
            Peer(name="kafka", outside=True),
            "messaging",
        ),
        ({"server": "com.example.cart"}, WEB, Peer(name="com.example.cart"), None),
        (
            {"server": "cart", "connection_type": "virtual_node", "source": "beyla"},
            WEB,
            CART,
            None,
        ),
        (
            {
                "source": "obi",
                "client_k8s_namespace_name": "front",
                "client_k8s_deployment_name": "web-deploy",
                "server_service_namespace": "back",
            },
            Peer(workload="web-deploy", namespace="front", name="web"),
            Peer(namespace="back", name="cart"),
            None,
        ),
        (
            {"server_k8s_namespace_name": "back", "server_service_namespace": "team"},
            WEB,
            Peer(namespace="back", name="cart"),
            None,
        ),
    ],
)
def test_peers_are_named_by_what_the_labels_know(
    labels: dict[str, str], client: Peer, server: Peer, protocol: str | None
) -> None:
    found = read(total=[row(1.0, {**EDGE, **labels})]).calls

    assert [(c.client, c.server, c.protocol) for c in found] == [(client, server, protocol)]


def test_what_the_kernel_sees_is_not_sampled_and_goes_before_traces() -> None:
    found = read(
        total=[row(2.0), row(10.0, source="obi")],
        failed_total=[row(1.0), row(0.5, source="obi")],
    )

    assert [(c.rate_rps, c.error_ratio, c.sampled) for c in found.calls] == [(10.0, 0.05, False)]


def test_two_emitters_under_different_names_are_not_added_up() -> None:
    prefixed = f"collector_{STEM}"
    found = SOURCE.read(
        {f"{STEM}total": [row(2.0)], f"{prefixed}total": [row(9.0, failed="false")]}
    )

    assert [c.rate_rps for c in found.calls] == [9.0]


def test_a_call_seen_before_the_window_is_there_without_a_rate() -> None:
    found = read(total=[], failed_total=[], seen=[row(1.0)])

    assert found == Reading(calls=(ObservedCall("service-graph", WEB, CART, sampled=True),))


def test_a_call_that_stands_still_has_a_rate_of_zero() -> None:
    found = read(total=[row(0.0)], failed_total=[], seen=[row(1.0)])

    assert [(c.rate_rps, c.error_ratio) for c in found.calls] == [(0.0, None)]
    assert not found.moved


def test_a_counter_of_relations_tells_who_calls_whom_and_no_more() -> None:
    """Otterize's mapper counts its own reports, and has nothing but the total."""
    asks = SOURCE.asks(frozenset({f"{STEM}total"}), WINDOW)

    found = SOURCE.read({ask.purpose: [row(1.0)] for ask in asks})

    assert found == Reading(
        calls=(ObservedCall("service-graph", WEB, CART, sampled=True),),
        gaps=(
            Gap(
                "service-graph",
                message("gap.service-graph-relations"),
                message("hint.service-graph-relations"),
            ),
        ),
        moved=True,
        details=("Otterize",),
    )


def test_the_names_may_have_a_prefix() -> None:
    names = frozenset({f"sg_{STEM}total", f"sg_{STEM}server_seconds_bucket"})

    asked = {ask.purpose for ask in SOURCE.asks(names, WINDOW)}

    assert asked == {
        f"sg_{STEM}{end}" for end in ("total", "failed_total", "seen", "server_seconds")
    }


def test_the_emitters_are_told_as_far_as_labels_do() -> None:
    found = read(
        total=[
            row(1.0),
            row(1.0, failed="false", client="a"),
            row(1.0, source="beyla", client="b"),
        ]
    )

    assert found.details == ("Beyla/OBI", "Collector/Alloy", "Tempo")


def test_the_one_histogram_of_old_collectors_is_the_clients_time() -> None:
    found = read(total=[row(10.0, failed="false")], duration_seconds=buckets(SLOW))

    assert latencies(found) == [(SLOW_LATENCY, None)]


def test_native_histograms_are_read_by_their_buckets() -> None:
    names = frozenset({f"{STEM}total", f"{STEM}failed_total", f"{STEM}server_seconds"})
    asked = {ask.purpose for ask in SOURCE.asks(names, WINDOW)}
    native = Sample(EDGE, 10.0, {"0.1...0.2": 10.0})

    found = read(total=[row(10.0)], server_seconds=[native])

    assert f"{STEM}server_seconds" in asked
    assert latencies(found) == [(None, SLOW_LATENCY)]


NAMES = st.sampled_from(["a", "b", "user", "unknown", "x.org:80"])


def fold(rows: list[Sample]) -> list[Sample]:
    return folded((row.labels, row.value) for row in rows)


ROWS = st.lists(
    st.builds(
        Sample,
        st.fixed_dictionaries(
            {"client": NAMES, "server": NAMES},
            optional={
                "failed": st.sampled_from(["true", "false"]),
                "source": st.sampled_from(["obi", "beyla"]),
                "connection_type": st.sampled_from(
                    ["virtual_node", "database", "messaging_system"]
                ),
                "virtual_node": st.sampled_from(["client", "server"]),
                "server_k8s_namespace_name": st.sampled_from(["n", "m"]),
                "le": st.sampled_from(["0.1", "1.0", "1000", "+Inf"]),
            },
        ),
        st.floats(0, 1e6),
    ),
    max_size=12,
)
PREFIXES = ("", "x_")
ANSWERS = st.fixed_dictionaries(
    {
        f"{prefix}{STEM}{side}_seconds": ROWS.map(fold)
        for prefix in PREFIXES
        for side in ("client", "server")
    },
    optional={
        f"{prefix}{STEM}{end}": ROWS
        for prefix in PREFIXES
        for end in ("total", "failed_total", "seen")
    },
)


@given(ANSWERS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(
    answers: dict[str, list[Sample]], random: Random
) -> None:
    shuffled = {purpose: random.sample(rows, len(rows)) for purpose, rows in answers.items()}

    assert SOURCE.read(answers) == SOURCE.read(shuffled)


@given(ANSWERS)
def test_figures_are_never_out_of_range(answers: dict[str, list[Sample]]) -> None:
    for found in SOURCE.read(answers).calls:
        assert found.rate_rps is None or found.rate_rps >= 0
        assert found.error_ratio is None or 0 <= found.error_ratio <= 1
        assert not {found.client.name, found.server.name} & {"unknown", ""}

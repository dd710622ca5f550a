from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.model import Gap, Latency, ObservedCall, Peer
from mesh_probe.source import Reading, Sample, folded
from mesh_probe.sources.istio import SOURCE
from mesh_probe.text import message
from tests.sources.figures import rounded

WEB = {"source_workload": "web", "source_workload_namespace": "shop"}
CART = {
    "destination_workload": "cart",
    "destination_workload_namespace": "shop",
    "destination_service": "cart.shop.svc.cluster.local",
    "destination_service_name": "cart",
    "destination_service_namespace": "shop",
}
UNREACHED = {"destination_workload": "unknown", "destination_workload_namespace": "unknown"}
HTTP = {"request_protocol": "http", "response_code": "200"}
WEB_PEER = Peer("web", "shop")
CART_PEER = Peer("cart", "shop", "cart", "shop")


def row(value: float, *parts: Mapping[str, str], **labels: str) -> Sample:
    merged: dict[str, str] = {}
    for part in parts:
        merged |= part
    return Sample(merged | labels, value)


def read(**answers: Sequence[Sample]) -> Reading:
    return SOURCE.read({purpose.replace("_", "-"): rows for purpose, rows in answers.items()})


def requests(*rows: Sample) -> tuple[ObservedCall, ...]:
    return read(requests=rows).calls


def test_a_request_reported_by_both_proxies_counts_once() -> None:
    found = requests(
        row(10.0, WEB, CART, HTTP, reporter="source", connection_security_policy="unknown"),
        row(9.5, WEB, CART, HTTP, reporter="destination", connection_security_policy="mutual_tls"),
    )

    assert found == (
        ObservedCall(
            "istio",
            WEB_PEER,
            CART_PEER,
            "http",
            10.0,
            0.0,
            mtls=True,
            sampled=False,
            server_error_ratio=0.0,
        ),
    )


def test_a_waypoint_comes_before_the_servers_proxy() -> None:
    found = requests(
        row(8.0, WEB, CART, HTTP, reporter="waypoint", connection_security_policy="none"),
        row(7.0, WEB, CART, HTTP, reporter="destination", connection_security_policy="mutual_tls"),
    )

    assert [(c.rate_rps, c.mtls) for c in found] == [(8.0, True)]


def test_a_reporter_that_stands_still_gives_way_to_one_that_counts() -> None:
    """A client that lost its sidecar leaves its old counters behind."""
    found = requests(
        row(0.0, WEB, CART, HTTP, reporter="source"),
        row(7.0, WEB, CART, HTTP, reporter="destination"),
    )

    assert [c.rate_rps for c in found] == [7.0]


def test_server_errors_and_lost_responses_count_as_errors_and_client_errors_do_not() -> None:
    codes = {"200": 80.0, "404": 10.0, "503": 6.0, "0": 4.0}
    found = requests(
        *(row(v, WEB, CART, HTTP, reporter="source", response_code=k) for k, v in codes.items())
    )

    assert [(c.rate_rps, c.error_ratio) for c in found] == [(100.0, 0.1)]


def test_of_grpc_calls_the_grpc_status_decides() -> None:
    """A failing gRPC call has HTTP code 200; NOT_FOUND is no fault of the server."""
    grpc = {"reporter": "source", "request_protocol": "grpc"}
    statuses = {"0": 70.0, "5": 10.0, "14": 15.0, "2": 5.0}
    found = requests(
        *(row(v, WEB, CART, HTTP, grpc, grpc_response_status=k) for k, v in statuses.items())
    )

    assert [(c.protocol, c.error_ratio) for c in found] == [("grpc", 0.2)]


def test_without_any_code_the_error_ratio_is_unknown() -> None:
    found = requests(row(5.0, WEB, CART, reporter="source", request_protocol="http"))

    assert [(c.rate_rps, c.error_ratio) for c in found] == [(5.0, None)]


def test_errors_that_only_the_client_sees_are_told_from_those_of_the_server() -> None:
    failed = {**HTTP, "response_code": "503"}
    found = requests(
        row(8.0, WEB, CART, HTTP, reporter="source", response_flags="-"),
        row(1.5, WEB, CART, failed, reporter="source", response_flags="UF,URX"),
        row(0.5, WEB, CART, failed, reporter="source", response_flags="-"),
        row(7.5, WEB, CART, HTTP, reporter="destination", response_flags="-"),
        row(0.5, WEB, CART, failed, reporter="destination", response_flags="-"),
    )

    assert [(c.error_ratio, c.server_error_ratio, c.wire_error_ratio) for c in found] == [
        (0.2, 0.0625, 0.15)
    ]


@pytest.mark.parametrize(
    ("flags", "lost"),
    [
        ("UH", 1.0),
        ("UO", 1.0),
        ("UT", 1.0),
        ("CONNECT", 1.0),
        ("DC", 0.0),
        ("URX", 0.0),
        ("-", 0.0),
        ("", 0.0),
    ],
)
def test_the_flags_of_a_call_tell_whether_it_failed_on_its_way(flags: str, lost: float) -> None:
    found = requests(
        row(1.0, WEB, CART, HTTP, reporter="source", response_code="503", response_flags=flags)
    )

    assert [call.wire_error_ratio for call in found] == [lost]


def test_without_flags_or_the_servers_count_nothing_is_said_of_the_way() -> None:
    found = requests(row(1.0, WEB, CART, HTTP, reporter="source"))

    assert [(c.server_error_ratio, c.wire_error_ratio) for c in found] == [(None, None)]


def test_an_idle_call_has_a_rate_of_zero_and_no_error_ratio() -> None:
    found = requests(row(0.0, WEB, CART, HTTP, reporter="source"))

    assert [(c.rate_rps, c.error_ratio) for c in found] == [(0.0, None)]


def test_a_failed_request_counts_for_the_workload_that_the_service_leads_to() -> None:
    found = requests(
        row(99.0, WEB, CART, HTTP, reporter="source"),
        row(1.0, WEB, CART, HTTP, UNREACHED, reporter="source", response_code="503"),
    )

    assert found == (
        ObservedCall("istio", WEB_PEER, CART_PEER, "http", 100.0, 0.01, sampled=False),
    )


def test_a_failed_request_to_a_service_of_two_workloads_stays_with_the_service() -> None:
    found = requests(
        row(50.0, WEB, CART, HTTP, reporter="source"),
        row(50.0, WEB, CART, HTTP, reporter="source", destination_workload="cart-canary"),
        row(1.0, WEB, CART, HTTP, UNREACHED, reporter="source", response_code="503"),
    )

    assert [(c.server, c.rate_rps, c.error_ratio) for c in found] == [
        (Peer("cart", "shop", "cart", "shop"), 50.0, 0.0),
        (Peer("cart-canary", "shop", "cart", "shop"), 50.0, 0.0),
        (Peer(service="cart", service_namespace="shop"), 1.0, 1.0),
    ]


def test_a_service_that_no_workload_answers_is_named_by_its_host() -> None:
    found = requests(row(1.0, WEB, CART, HTTP, UNREACHED, reporter="source", response_code="503"))

    assert [c.server for c in found] == [Peer(service="cart", service_namespace="shop")]


def test_a_caller_outside_the_mesh_is_outside() -> None:
    unknown = {"source_workload": "unknown", "source_workload_namespace": "unknown"}
    found = requests(
        row(3.0, unknown, CART, HTTP, reporter="destination", connection_security_policy="none")
    )

    assert [(c.client, c.rate_rps, c.mtls) for c in found] == [(Peer(outside=True), 3.0, False)]


def test_no_placeholder_becomes_a_name() -> None:
    placeholders = (
        "unknown",
        "PassthroughCluster",
        "BlackHoleCluster",
        "InboundPassthroughCluster",
        "InboundPassthroughClusterIpv4",
        "InboundPassthroughClusterIpv6",
    )
    rows = [
        row(
            1.0,
            WEB,
            HTTP,
            destination,
            reporter="source",
            destination_service=name,
            destination_service_name=name,
            destination_service_namespace="unknown",
        )
        for name in placeholders
        for destination in (UNREACHED, {k: CART[k] for k in UNREACHED})
    ]

    peers = {c.server for c in requests(*rows)}

    assert peers == {Peer("cart", "shop"), Peer(outside=True)}


def test_egress_to_an_unregistered_host_keeps_the_host() -> None:
    found = requests(
        row(
            1.0,
            WEB,
            HTTP,
            UNREACHED,
            reporter="source",
            destination_service="api.example.com:443",
            destination_service_name="PassthroughCluster",
        )
    )

    assert [c.server for c in found] == [Peer(host="api.example.com", port=443, outside=True)]


def test_a_host_of_a_service_entry_is_a_host() -> None:
    found = requests(
        row(
            1.0,
            WEB,
            HTTP,
            UNREACHED,
            reporter="source",
            destination_service="api.example.com",
            destination_service_name="api.example.com",
            destination_service_namespace="shop",
        )
    )

    assert [c.server for c in found] == [Peer(host="api.example.com")]


def test_an_address_is_a_host_unless_the_workload_is_known() -> None:
    address = {"destination_service": "10.0.0.7:8080", "destination_service_name": "10.0.0.7:8080"}
    found = requests(
        row(1.0, WEB, HTTP, UNREACHED, address, reporter="source"),
        row(2.0, WEB, HTTP, CART, address, reporter="source"),
    )

    assert [c.server for c in found] == [Peer("cart", "shop"), Peer(host="10.0.0.7", port=8080)]


def test_an_address_of_version_6_is_a_host() -> None:
    hosts = ("[fd00::7]:8080", "fd00::8")
    found = requests(
        *(row(1.0, WEB, HTTP, UNREACHED, reporter="source", destination_service=h) for h in hosts)
    )

    assert [c.server for c in found] == [
        Peer(host="fd00::7", port=8080),
        Peer(host="fd00::8"),
    ]


def test_without_the_host_the_service_name_and_namespace_are_taken() -> None:
    labels = {k: v for k, v in CART.items() if k != "destination_service"}
    found = requests(row(1.0, WEB, HTTP, labels, reporter="source"))

    assert [c.server for c in found] == [CART_PEER]


def test_a_canonical_name_stands_in_for_a_removed_workload() -> None:
    client = {"source_canonical_service": "web", "source_workload_namespace": "shop"}
    found = requests(row(1.0, client, CART, HTTP, reporter="source"))

    assert [c.client for c in found] == [Peer(name="web", namespace="shop")]


def test_rows_without_the_labels_that_name_the_peers_are_a_gap() -> None:
    found = read(requests=[row(1.0, CART, HTTP, reporter="source"), row(1.0, WEB, HTTP)])

    assert found == Reading(
        gaps=(
            Gap(
                "istio",
                message("gap.istio-labels-missing", rows=2),
                message("hint.istio-labels-missing"),
            ),
        ),
    )


def test_without_a_reporter_the_call_is_there_and_its_rate_unknown() -> None:
    """Both proxies' counts are in one sum then."""
    found = read(requests=[row(20.0, WEB, CART, HTTP)])

    assert [(c.server, c.rate_rps) for c in found.calls] == [(CART_PEER, None)]
    assert found.moved


def buckets(reporter: str, shares: Mapping[str, float]) -> list[Sample]:
    labels = {**WEB, **CART, "request_protocol": "http", "reporter": reporter}
    return folded(({**labels, "le": le}, value) for le, value in shares.items())


def test_latency_is_the_clients_as_the_client_sees_it_and_the_servers_as_the_server_does() -> None:
    found = SOURCE.read(
        {
            "requests": [
                row(10.0, WEB, CART, HTTP, reporter="source"),
                row(10.0, WEB, CART, HTTP, reporter="destination"),
            ],
            "istio_request_duration_milliseconds": [
                *buckets("source", {"10": 5.0, "20": 10.0, "+Inf": 10.0}),
                *buckets("destination", {"10": 2.0, "20.0": 10.0, "+Inf": 10.0}),
            ],
        }
    )

    assert [(rounded(c.client_latency), rounded(c.server_latency)) for c in found.calls] == [
        (
            Latency(0.01, 0.018, 0.019, 0.0198, "low"),
            Latency(0.01375, 0.01875, 0.019375, 0.019875),
        )
    ]


def test_the_old_name_is_in_seconds() -> None:
    found = SOURCE.read(
        {
            "requests": [row(10.0, WEB, CART, HTTP, reporter="destination")],
            "istio_request_duration_seconds": buckets(
                "destination", {"0.1": 0.0, "0.2": 10.0, "+Inf": 10.0}
            ),
        }
    )

    assert [(c.client_latency, rounded(c.server_latency)) for c in found.calls] == [
        (None, Latency(0.15, 0.19, 0.195, 0.199))
    ]


def test_connections_are_calls_without_figures() -> None:
    tcp = {"request_protocol": "tcp"}
    found = read(
        connections=[
            row(0.5, WEB, CART, tcp, reporter="source", connection_security_policy="unknown"),
            row(0.4, WEB, CART, tcp, reporter="destination", connection_security_policy="none"),
        ]
    )

    assert found == Reading(
        calls=(ObservedCall("istio", WEB_PEER, CART_PEER, "tcp", mtls=False, sampled=False),),
        moved=True,
    )


def test_a_connection_below_requests_is_not_a_second_call_but_knows_of_encryption() -> None:
    """In ambient mode ztunnel reports the connection that a waypoint reports the requests of."""
    found = read(
        requests=[row(8.0, WEB, CART, HTTP, reporter="waypoint")],
        connections=[
            row(
                0.1,
                WEB,
                CART,
                reporter="source",
                app="ztunnel",
                request_protocol="tcp",
                connection_security_policy="mutual_tls",
            )
        ],
    )

    assert [(c.protocol, c.rate_rps, c.mtls) for c in found.calls] == [("http", 8.0, True)]


def test_a_waypoint_that_knows_only_the_service_of_a_connection_means_its_workload() -> None:
    """As waypoints report TCP: https://github.com/istio/istio/issues/53593 ."""
    found = read(
        connections=[
            row(1.0, WEB, CART, UNREACHED, reporter="waypoint"),
            row(1.0, WEB, CART, reporter="destination"),
        ]
    )

    assert [c.server for c in found.calls] == [CART_PEER]


def test_a_direct_call_to_a_pod_is_a_call_to_its_workload() -> None:
    """https://github.com/istio/istio/issues/35726 ."""
    found = requests(
        row(1.0, WEB, CART, HTTP, reporter="source", destination_service_name="PassthroughCluster")
    )

    assert [c.server for c in found] == [CART_PEER]


def test_one_plain_connection_is_enough_to_be_not_encrypted() -> None:
    found = requests(
        row(9.0, WEB, CART, HTTP, reporter="destination", connection_security_policy="mutual_tls"),
        row(1.0, WEB, CART, HTTP, reporter="destination", connection_security_policy="none"),
    )

    assert [c.mtls for c in found] == [False]


def test_plain_connections_that_ended_before_the_window_do_not_count_against_encryption() -> None:
    found = requests(
        row(9.0, WEB, CART, HTTP, reporter="destination", connection_security_policy="mutual_tls"),
        row(0.0, WEB, CART, HTTP, reporter="destination", connection_security_policy="none"),
    )

    assert [c.mtls for c in found] == [True]


def test_a_call_seen_before_the_window_is_there_without_a_rate() -> None:
    old = {**CART, "destination_workload": "old", "destination_service": "old.shop.svc"}
    found = read(
        requests=[row(9.0, WEB, CART, HTTP, reporter="source")],
        requests_seen=[
            row(1.0, WEB, CART, reporter="destination", request_protocol="http"),
            row(1.0, WEB, old, reporter="source", request_protocol="http"),
        ],
    )

    assert [(c.server.workload, c.rate_rps) for c in found.calls] == [("cart", 9.0), ("old", None)]


def test_what_was_only_seen_before_the_window_does_not_move() -> None:
    assert not read(requests_seen=[row(1.0, WEB, CART, reporter="source")]).moved


NAMES = st.sampled_from(["a", "b", "unknown", ""])


def fold(rows: list[Sample]) -> list[Sample]:
    return folded((row.labels, row.value) for row in rows)


ROWS = st.lists(
    st.builds(
        Sample,
        st.fixed_dictionaries(
            {
                "reporter": st.sampled_from(["source", "destination", "waypoint", ""]),
                "source_workload": NAMES,
                "source_workload_namespace": NAMES,
                "destination_workload": NAMES,
                "destination_workload_namespace": NAMES,
            },
            optional={
                "destination_service": st.sampled_from(["a.b.svc", "1.2.3.4:5", "x.org", "a"]),
                "destination_service_name": st.sampled_from(["a", "PassthroughCluster"]),
                "destination_service_namespace": NAMES,
                "request_protocol": st.sampled_from(["http", "grpc"]),
                "response_code": st.sampled_from(["200", "500", "0"]),
                "grpc_response_status": st.sampled_from(["0", "14"]),
                "connection_security_policy": st.sampled_from(["none", "mutual_tls", "unknown"]),
                "le": st.sampled_from(["1", "10", "+Inf"]),
            },
        ),
        st.floats(0, 1e6),
    ),
    max_size=12,
)
ANSWERS = st.fixed_dictionaries(
    {"istio_request_duration_milliseconds": ROWS.map(fold)},
    optional=dict.fromkeys(("requests", "requests-seen", "connections", "connections-seen"), ROWS),
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
        for peer in (found.client, found.server):
            assert not {peer.workload, peer.service, peer.name, peer.host} & {"unknown", ""}

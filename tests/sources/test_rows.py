"""What no server that runs here can show: names with dots, native histograms, `vmrange`."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mesh_probe.model import Latency, Peer
from mesh_probe.source import Ask, Reading, Sample, Source, Window
from mesh_probe.sources import SOURCES
from mesh_probe.sources.rows.peers import address_of
from tests.dialects.writers import DIALECTS
from tests.sources.figures import rounded

WINDOW = Window(3600, 3600)
BY_ID = {source.id: source for source in SOURCES}
OTEL, MICROMETER = BY_ID["otel-client"], BY_ID["micrometer"]
EVEN = Latency(0.15, 0.19, 0.195, 0.199)


def asked(source: Source, *names: str) -> dict[str, Ask]:
    return {ask.purpose: ask for ask in source.asks(frozenset(names), WINDOW)}


def latencies(reading: Reading) -> list[Latency | None]:
    return [rounded(call.client_latency) for call in reading.calls]


DOTTED = {
    "k8s.namespace.name": "shop",
    "k8s.deployment.name": "web",
    "server.address": "cart.shop",
    "server.port": "80",
}
WEB = Peer("web", "shop", kind="Deployment")
CART = Peer(host="cart.shop", port=80)


@pytest.mark.parametrize(
    "name", ["http.client.request.duration_seconds", "http.client.request.duration"]
)
def test_names_with_dots_are_asked_for_in_quotes_and_read_alike(name: str) -> None:
    """As Prometheus 3 keeps them without translation, and VictoriaMetrics by default."""
    asks = asked(OTEL, f"{name}_count", f"{name}_bucket")
    counts, buckets = asks[f"http {name}_count"], asks[f"http {name}"]

    assert f'rate({{__name__="{name}_count",$split}}[3600s])' in counts.promql
    assert '"server.address"' in counts.promql
    assert '"http.response.status_code"' in counts.promql
    assert counts.part(["cart"]).count('"server.address"=~"cart"') == 1

    found = OTEL.read(
        {
            counts.purpose: [
                Sample({**DOTTED, "http.response.status_code": "200"}, 9.0),
                Sample({**DOTTED, "http.response.status_code": "500"}, 1.0),
            ],
            buckets.purpose: [Sample(DOTTED, 0.0, {"0.1": 0.0, "0.2": 10.0, "+Inf": 10.0})],
        }
    )

    assert [(c.client, c.server, c.rate_rps, c.error_ratio) for c in found.calls] == [
        (WEB, CART, 10.0, 0.1)
    ]
    assert latencies(found) == [EVEN]


def test_the_servers_own_errors_are_told_apart_from_those_on_the_way() -> None:
    edge = {"source": "shop/web", "destination": "shop/cart"}
    rows = {("client", "200"): 90.0, ("client", "503"): 10.0, ("server", "200"): 90.0}
    rows["server", "503"] = 1.0

    found = BY_ID["hubble"].read(
        {
            "httpV2 hubble_http_requests_total": [
                Sample({**edge, "reporter": reporter, "status": status}, rate)
                for (reporter, status), rate in rows.items()
            ]
        }
    )

    assert [(c.rate_rps, c.error_ratio, c.server_error_ratio) for c in found.calls] == [
        (100.0, 0.1, 1 / 91)
    ]


def test_a_name_without_a_unit_tells_it_by_its_bounds() -> None:
    name = "http_client_duration"
    labels = {"job": "web", "net_peer_name": "cart.shop"}
    asks = asked(OTEL, f"{name}_count", f"{name}_bucket")

    found = OTEL.read(
        {
            asks[f"http {name}_count"].purpose: [Sample(labels, 10.0)],
            f"http {name}": [
                Sample(labels, 0.0, {"100": 0.0, "200": 10.0, "5000": 10.0, "+Inf": 10.0})
            ],
        }
    )

    assert latencies(found) == [EVEN]


def test_a_native_histogram_brings_rates_and_times_in_one_answer() -> None:
    """Where it is stored natively there is no `_count`: its own count is the rate."""
    name = "http_client_requests_seconds"
    labels = {"namespace": "shop", "pod": "web-0", "client_name": "cart"}
    asks = asked(MICROMETER, name)

    assert asks[name].buckets
    assert f"rate({name}{{$split}}[3600s])" in asks[name].promql

    found = MICROMETER.read(
        {
            name: [Sample({**labels, "status": "200"}, 10.0, {"0.1...0.2": 10.0})],
            f"{name} seen": [Sample(labels, 1.0)],
        }
    )

    assert [c.rate_rps for c in found.calls] == [10.0]
    assert latencies(found) == [EVEN]


def test_buckets_of_victoria_metrics_are_read_by_their_ranges() -> None:
    name = "http_client_requests_seconds"
    labels = {"namespace": "shop", "pod": "web-0", "client_name": "cart"}

    found = MICROMETER.read(
        {
            f"{name}_count": [Sample({**labels, "status": "200"}, 10.0)],
            name: [Sample(labels, 0.0, {"1.000e-01...2.000e-01": 10.0})],
        }
    )

    assert latencies(found) == [EVEN]


def test_a_call_seen_before_the_window_is_there_without_a_rate() -> None:
    name = "http_client_requests_seconds"
    labels = {"namespace": "shop", "pod": "web-0", "client_name": "cart"}

    found = MICROMETER.read({f"{name}_count": [], f"{name}_count seen": [Sample(labels, 1.0)]})

    assert [(c.server.host, c.rate_rps) for c in found.calls] == [("cart", None)]
    assert not found.moved


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("cart", ("cart", None)),
        ("cart:80", ("cart", "80")),
        ("cart.shop.svc.cluster.local.:80", ("cart.shop.svc.cluster.local", "80")),
        ("http://user:secret@cart.shop:8080/path?q=1", ("cart.shop", "8080")),
        ("dns:///cart.shop:7070", ("cart.shop", "7070")),
        ("dns://8.8.8.8/cart.shop:7070", ("cart.shop", "7070")),
        ("dns:cart.shop:7070", ("cart.shop", "7070")),
        ("xds:///cart.shop:7070", ("cart.shop", "7070")),
        ("passthrough:///10.0.0.1:80", ("10.0.0.1", "80")),
        ("ipv4:10.0.0.1:80", ("10.0.0.1", "80")),
        ("[fd00::1]:80", ("fd00::1", "80")),
        ("fd00::1", ("fd00::1", None)),
        ("unix:///run/x.sock", (None, None)),
        ("", (None, None)),
    ],
)
def test_hosts_are_understood_however_they_are_written(
    text: str, address: tuple[str | None, str | None]
) -> None:
    assert address_of(text) == address


LABELS = sorted({label for d in DIALECTS for each in d.series for label in each.labels})
VALUES = st.sampled_from(
    ["", "a", "b-5d8f9c7b64-2x7kq", "unknown", "10.0.0.1:80", "x.y", "5xx", "200"]
)
ROWS = st.lists(
    st.builds(
        Sample,
        st.dictionaries(st.sampled_from(LABELS), VALUES, max_size=8),
        st.floats(0, 1e6),
        st.none() | st.just({"0.1": 1.0, "1.0": 2.0, "+Inf": 3.0}),
    ),
    max_size=6,
)


def purposes(source: Source) -> Sequence[str]:
    names = frozenset(each.name for d in DIALECTS if d.source == source.id for each in d.series)
    return [ask.purpose for ask in source.asks(names, WINDOW)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
@settings(max_examples=20, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data(), random=st.randoms(use_true_random=False))
def test_whatever_rows_hold_calls_are_sane_and_their_order_does_not_matter(
    source: Source, data: st.DataObject, random: Random
) -> None:
    answers = data.draw(st.fixed_dictionaries(dict.fromkeys(purposes(source), ROWS)))
    shuffled = {purpose: random.sample(rows, len(rows)) for purpose, rows in answers.items()}

    found = source.read(answers)

    assert found == source.read(shuffled)
    for call in found.calls:
        assert call.rate_rps is None or call.rate_rps >= 0
        assert call.error_ratio is None or 0 <= call.error_ratio <= 1
        for peer in (call.client, call.server):
            assert not {peer.workload, peer.service, peer.name, peer.host, peer.pod} & {
                "unknown",
                "",
            }

import time

from mesh_probe.collect.traced import Traced, read_traces
from mesh_probe.graph.build import build
from mesh_probe.model import ObservedCall, Peer, SourceRead, Telemetry
from mesh_probe.source import Window
from mesh_probe.text import Message, message
from tests.builders import app, cluster
from tests.collect.test_tempo import spans
from tests.prometheus.history import AT, HOUR
from tests.traces.server import Link, jaeger, serving, tempo

LINKS = [Link("web", "cart", 8640, AT.timestamp() - HOUR)]
SPANS = spans(36, "cart", server_address="prices.shop.svc", k8s_namespace="shop")


def read(
    jaeger_url: str | None = None, tempo_url: str | None = None, said: list[Message] | None = None
) -> Traced:
    return read_traces(
        jaeger_url,
        tempo_url,
        verify=True,
        window=Window(HOUR, 24 * HOUR),
        at=AT,
        deadline=time.monotonic() + 60,
        progress=lambda told: None if said is None else said.append(told),
    )


def test_without_addresses_nothing_is_read_or_said() -> None:
    said: list[Message] = []

    assert read(said=said) == Traced()
    assert said == []


def test_traces_add_to_the_telemetry_behind_its_own_sources() -> None:
    istio = ObservedCall("istio", Peer("web", "shop"), Peer("cart", "shop"), rate_rps=9.0)
    before = Telemetry(sources=(SourceRead("istio", "read"),), calls=(istio,))
    said: list[Message] = []
    with serving(jaeger(LINKS)) as one, serving(tempo(SPANS)) as other:
        found = read(one.url, other.url, said)

    after = found.joined(before)
    assert [each.source for each in after.sources] == ["istio", "jaeger", "tempo"]
    assert [call.source for call in after.calls] == ["istio", "jaeger", "tempo"]
    assert (found.requests, found.gaps) == (4, ())
    assert said == [message("progress.traces")]


def test_edges_of_traces_are_edges_of_the_graph_with_the_figures_of_the_best_source() -> None:
    istio = ObservedCall("istio", Peer("web", "shop"), Peer("cart", "shop"), rate_rps=9.0)
    before = Telemetry(sources=(SourceRead("istio", "read"),), calls=(istio,))
    with serving(jaeger(LINKS)) as one, serving(tempo(SPANS)) as other:
        telemetry = read(one.url, other.url).joined(before)
    graph = build(cluster(*app("web"), *app("cart"), *app("prices"), telemetry=telemetry, gaps=()))

    assert {
        pair: (edge.rate_rps, edge.sampled, edge.sources) for pair, edge in graph.edges.items()
    } == {
        ("shop/web", "shop/cart"): (9.0, None, ("istio", "jaeger")),
        ("shop/cart", "shop/prices"): (0.01, True, ("tempo",)),
    }

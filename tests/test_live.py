"""Real processes call each other over HTTP, a real Prometheus scrapes them, and we read it."""

import math
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import TelemetryRead, read_telemetry
from mesh_probe.model import ObservedCall, Peer
from mesh_probe.source import Window
from tests.cli.test_scan import report_of, run
from tests.kube import KubeServer
from tests.live import shop
from tests.live.service import BOUNDS
from tests.prometheus import server

ENTRIES = 20
"""How often the test calls the way in; one in five calls of `mail` fails, so a multiple of five."""
CALLS = {
    ("gate", "web"): ENTRIES,
    ("web", "cart"): ENTRIES,
    ("web", "stock"): 2 * ENTRIES,
    ("cart", "mail"): ENTRIES,
    ("cart", "stock"): ENTRIES,
}
TOTAL = "traces_service_graph_request_total"
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Observed:
    """What was read, and what is known from elsewhere."""

    read: TelemetryRead
    prometheus: str
    """The address of the server, which goes on running."""
    at: datetime
    window_seconds: int
    samples: dict[tuple[str, str], int]
    """How often Prometheus scraped each edge's counter in the window."""
    seconds: dict[tuple[str, str], list[float]]
    """How long the calls took, as the processes remember."""


def wait_for(prometheus: Prometheus, promql: str, value: float) -> datetime:
    """The moment at which a query first gave a value. Fails when that takes too long."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        now = datetime.now(UTC)
        if [row.value for row in prometheus.query(promql, now, end).samples] == [value]:
            return now
        time.sleep(0.05)
    pytest.fail(f"{promql} did not become {value}")


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    """Calls that begin after each counter was scraped at 0, read after the last was scraped."""
    data = tmp_path_factory.mktemp("live")
    with (
        shop.running() as addresses,
        server.running(data, config=shop.scrape_config(addresses)) as url,
    ):
        prometheus = Prometheus(url)
        began = datetime.now(UTC)
        wait_for(prometheus, f"count(count_over_time({TOTAL}[1m]) >= 2)", len(CALLS))
        for _ in range(ENTRIES):
            shop.call(addresses[shop.ENTRY])
        at = wait_for(prometheus, f"sum({TOTAL})", sum(CALLS.values()))

        window_seconds = math.ceil((at - began).total_seconds()) + 1
        deadline = time.monotonic() + PATIENCE_SECONDS
        scraped = prometheus.query(f"count_over_time({TOTAL}[{window_seconds}s])", at, deadline)
        yield Observed(
            read_telemetry(
                [prometheus],
                Window(window_seconds, window_seconds),
                at,
                deadline=deadline,
                progress=lambda _: None,
            ),
            url,
            at,
            window_seconds,
            {
                (row.labels["client"], row.labels["server"]): int(row.value)
                for row in scraped.samples
            },
            {
                (client, target): taken
                for client, address in addresses.items()
                for target, taken in shop.seconds(address).items()
            },
        )


def by_names(observed: Observed) -> dict[tuple[str, str], ObservedCall]:
    return {
        (call.client.name or "", call.server.name or ""): call
        for call in observed.read.telemetry.calls
    }


def test_the_edges_are_the_calls_that_were_made(observed: Observed) -> None:
    namespaces = {live.name: live.namespace for live in shop.SHOP}

    assert {(call.client, call.server) for call in observed.read.telemetry.calls} == {
        (
            Peer(name=client, namespace=namespaces[client]),
            Peer(name=target, namespace=namespaces[target]),
        )
        for client, target in CALLS
    }
    assert [gap.reason.id for gap in observed.read.gaps] == ["gap.history-short"]


def test_the_rates_are_the_calls_that_were_made(observed: Observed) -> None:
    """`rate` stretches what it sees to the end of its window, by 1.1 scrape intervals at most."""
    for edge, call in by_names(observed).items():
        assert call.rate_rps is not None
        counted = call.rate_rps * observed.window_seconds
        stretched = CALLS[edge] * (1 + 1.1 / (observed.samples[edge] - 1))
        assert CALLS[edge] * 0.999 <= counted <= stretched * 1.001
        assert call.sampled is False


def test_the_errors_are_those_that_the_server_made(observed: Observed) -> None:
    ratios = {edge: call.error_ratio for edge, call in by_names(observed).items()}

    assert ratios == pytest.approx(
        {edge: 0.2 if edge == ("cart", "mail") else 0.0 for edge in CALLS}
    )


def test_the_latency_is_what_the_clients_waited(observed: Observed) -> None:
    """To the bucket: which one depends on the machine, but the processes know it."""
    for edge, call in by_names(observed).items():
        median = statistics.median_low(observed.seconds[edge])
        upper = min((bound for bound in BOUNDS if bound >= median), default=BOUNDS[-1])
        lower = max((bound for bound in BOUNDS if bound < median), default=0.0)

        assert call.client_latency is not None
        assert call.client_latency.p50_seconds is not None
        assert lower <= call.client_latency.p50_seconds <= upper
        if edge[1] == "stock":
            assert call.client_latency.p50_seconds >= shop.STOCK_SECONDS
        assert call.server_latency is None


def test_the_whole_scan_gives_the_right_graph(observed: Observed, tmp_path: Path) -> None:
    """Manifests from an API server, metrics from Prometheus, one report of both."""
    span = f"{observed.window_seconds}s"
    with KubeServer(shop.manifests()) as cluster:
        report = report_of(
            run(
                "scan",
                *("--kubeconfig", str(cluster.kubeconfig(tmp_path))),
                *("--prometheus", observed.prometheus, "--at", observed.at.isoformat()),
                *("--window", span, "--lookback", span, "--format", "json"),
            )
        )
    homes = {live.name: f"{live.namespace}/{live.name}" for live in shop.SHOP}
    edges = {(edge["client"], edge["server"]): edge for edge in report["graph"]["edges"]}
    rates = {(call.client.name, call.server.name): call for call in by_names(observed).values()}

    assert set(edges) == {(homes[client], homes[target]) for client, target in CALLS}
    assert all(edge["declared"] and edge["observed"] for edge in edges.values())
    assert {node["id"]: node["role"] for node in report["graph"]["nodes"]} == {
        "shop/gate": "entry",
        "shop/web": "middle",
        "shop/cart": "middle",
        "back/stock": "leaf",
        "back/mail": "leaf",
    }
    for client, target in CALLS:
        rate = rates[client, target].rate_rps
        assert edges[homes[client], homes[target]]["rate_rps"] == pytest.approx(rate, rel=1e-5)
    assert report["paths"]["slowest"][0]["critical"]["server"] == "back/stock"

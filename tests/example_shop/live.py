"""The shop at work behind a real Prometheus and an API server that serves its manifests."""

import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

from mesh_probe.collect.prometheus import Prometheus
from tests.example_shop import shop
from tests.kube import KubeServer
from tests.prometheus import server

CALLS = "http_client_request_duration_seconds_count"
OF_CUSTOMERS = f'{CALLS}{{pod=~"customers-.*"}}'
LAST_SCRAPE = "min(timestamp(up == 1))"
PATIENCE_SECONDS = 120
REHEARSALS = 4
"""One in four is the rarest failure of a story."""


@dataclass(frozen=True)
class Live:
    """What is needed to scan the shop once its customers have done."""

    kubeconfig: Path
    prometheus: str
    at: datetime
    window_seconds: int
    unseen_requests: float
    """Of the customers, made before Prometheus first saw their counter: no rate holds them."""

    def options(self) -> list[str]:
        """Of `mesh-probe scan`."""
        span = f"{self.window_seconds}s"
        return [
            *("--kubeconfig", str(self.kubeconfig), "--prometheus", self.prometheus),
            *("--at", self.at.isoformat(), "--window", span, "--lookback", span),
        ]


@contextmanager
def shopping(stories: Sequence[shop.Story], folder: Path, requests: int) -> Iterator[Live]:
    """The shop with these stories, after its customers made so many requests."""
    documents = shop.manifests(stories)
    with (
        KubeServer(documents) as cluster,
        shop.running(documents, folder, requests) as running,
        server.running(folder / "prometheus", config=shop.scrape_config(running.targets)) as url,
    ):
        prometheus = Prometheus(url)
        # A counter that appears with a value of 1 has not increased, as far as rates can tell.
        for _ in range(REHEARSALS):
            _call(running.targets["storefront"])
        _wait(prometheus, f"min(count_over_time({CALLS}[5m]))", least=2)
        # Every counter is read between the beginning and the first customer, and after the last.
        began = datetime.now(UTC)
        _wait(prometheus, LAST_SCRAPE, least=began.timestamp())
        with running.let_in() as finished:
            assert finished.wait(PATIENCE_SECONDS), "the customers did not finish"
            over = time.time()
            _wait(prometheus, f"sum({OF_CUSTOMERS})", least=requests)
            at = _wait(prometheus, LAST_SCRAPE, least=over)
        seconds = math.ceil((at - began).total_seconds()) + 1
        first = f"sum(min_over_time({OF_CUSTOMERS}[{seconds}s]))"
        (unseen,) = prometheus.query(first, at, time.monotonic() + PATIENCE_SECONDS).samples
        yield Live(cluster.kubeconfig(folder), url, at, seconds, unseen.value)


def _call(address: str) -> None:
    with suppress(HTTPError), urlopen(f"http://{address}/") as answer:
        answer.read()


def _wait(prometheus: Prometheus, query: str, *, least: float) -> datetime:
    """The moment at which Prometheus has seen as much."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        at = datetime.now(UTC)
        samples = prometheus.query(query, at, deadline).samples
        if samples and samples[0].value >= least:
            return at
        time.sleep(0.2)
    raise AssertionError(f"Prometheus did not come to see {query} >= {least}")

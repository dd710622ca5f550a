"""What a dialect is, and what all writers of dialects share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tests.dialects.series import Counter
from tests.dialects.truth import CALLS, Call, Entry

SECONDS = 1000.0
OTEL_S = (5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000)
ISTIO_MS = (0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000)
LINKERD_MS = (1, 2, 3, 4, 5, 10, 20, 30, 40, 50, 100, 200, 300, 400, 500, 1000, 2000, 3000, 4000)
POLICY_MS = (25, 50, 100, 250, 500, 1000, 10000)
GO_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)
TEMPO_MS = (100, 200, 400, 800, 1600, 3200, 6400, 12800)
COLLECTOR_MS = (2, 4, 6, 8, 10, 50, 100, 200, 400, 800, 1000, 1400, 2000, 5000, 10000, 15000)
TRAEFIK_MS = (100, 300, 1200, 5000)
KONG_MS = (25, 50, 80, 100, 250, 400, 700, 1000, 2000, 5000, 10000, 30000, 60000)

Side = Literal["client", "server"]


@dataclass(frozen=True)
class Dialect:
    """One source in one of its forms, and how much of the truth it tells."""

    name: str
    source: str
    series: Sequence[Counter]
    bounds_ms: Sequence[float] = ()
    """Of its histograms; without any it tells no times."""
    side: Side = "client"
    """Whose times those of an edge are."""
    rates: bool = True
    errors: bool = True
    truth: Sequence[Call | Entry] = CALLS
    sampled: bool = False
    unsure: frozenset[tuple[str, str]] = frozenset()
    """Edges that are listed in both directions, because it does not tell which is true."""


def statuses(  # noqa: PLR0917  # as many as a series has
    name: str,
    labels: Mapping[str, str],
    call: Call | Entry,
    rate: float,
    good: Mapping[str, str],
    bad: Mapping[str, str],
    *,
    reset: bool = False,
) -> Iterator[Counter]:
    """The counter's series of good and of bad calls; without a failure there are no bad ones."""
    yield Counter(name, {**labels, **good}, rate * (1 - call.error_ratio), reset)
    if call.error_ratio:
        yield Counter(name, {**labels, **bad}, rate * call.error_ratio, reset)


def shares(call: Call) -> Iterator[tuple[str, str, float, bool]]:
    """Name and address of each pod of the client, its part of the calls, whether it restarted."""
    pods = call.client.pods
    for number, (pod, ip) in enumerate(pods):
        part = 1.0 if len(pods) == 1 else (0.25, 0.75)[number]
        yield pod, ip, call.rate_rps * part, number == 1


def scraped(call: Call, pod: str) -> dict[str, str]:
    """What Kubernetes service discovery puts on the series of a pod."""
    return {
        "namespace": call.client.namespace,
        "pod": pod,
        "job": "kubernetes-pods",
        "instance": f"{pod}:9090",
        "container": "main",
    }

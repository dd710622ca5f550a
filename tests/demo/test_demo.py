"""The bundled example is a real scan of fixtures/demo-shop, and shows what it was made to show."""

import gzip
import tempfile
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from mesh_probe.assessment import Assessment, assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.graph import APPLICATION_ROLES
from mesh_probe.incidents.blame import Blame
from mesh_probe.snapshot import dumps
from tests.demo.maker import BUNDLED, make
from tests.demo.metrics import BOUNDS_MS
from tests.demo.truth import MANIFESTS, USER, truth
from tests.prometheus.history import AT

INTERPOLATION = 0.2
"""A quantile read from buckets may be off by so much of the true one."""


@pytest.fixture(scope="module")
def report() -> Assessment:
    return assess(demo_snapshot())


def test_the_bundled_file_is_what_a_scan_of_the_shop_gives() -> None:
    """It was made by `make demo-snapshot`, which is to be run again when this fails."""
    made = make()

    assert made.taken_at == AT
    assert dumps(made) == gzip.decompress(BUNDLED.read_bytes())


def test_nothing_of_the_machine_that_made_it_is_in_the_file() -> None:
    text = gzip.decompress(BUNDLED.read_bytes()).decode()
    places = ("127.0.0.1", "localhost", tempfile.gettempdir(), str(Path.cwd()), str(Path.home()))

    assert [place for place in places if place in text] == []
    assert "pods.json" not in text


def test_exactly_the_shops_calls_are_observed(report: Assessment) -> None:
    observed = {pair for pair, edge in report.graph.edges.items() if edge.observed}

    known = truth()
    made = [(call.client, call.server) for call in known.calls]
    made += [(call.client, call.server) for call in known.earlier]
    assert observed == {(_id(client), _id(server)) for client, server in made}


def test_every_observed_figure_is_the_shops(report: Assessment) -> None:
    for call in truth().calls:
        edge = report.graph.edges[_id(call.client), _id(call.server)]
        assert edge.latency is not None
        measured = (edge.latency.p50_seconds, edge.latency.p99_seconds)

        assert edge.rate_rps == pytest.approx(call.rate_rps, rel=1e-3)
        assert edge.error_ratio == pytest.approx(call.error_ratio, abs=1e-4)
        true = (call.p50_ms / 1000, call.p99_ms / 1000)
        assert measured == pytest.approx(true, rel=INTERPOLATION), edge
        assert edge.latency.censored is None


def test_a_call_of_last_night_is_there_without_a_rate(report: Assessment) -> None:
    edge = report.graph.edges["storefront/feed-export", "storefront/catalog"]

    assert (edge.observed, edge.declared, edge.rate_rps) == (True, True, None)


def test_every_call_but_one_is_declared_and_all_that_is_declared_is_known(
    report: Assessment,
) -> None:
    from_workloads = {
        pair: edge
        for pair, edge in report.graph.edges.items()
        if report.graph.nodes[pair[0]].role in APPLICATION_ROLES
        and report.graph.nodes[pair[1]].role != "infrastructure"
    }

    assert [pair for pair, edge in from_workloads.items() if not edge.declared] == [
        ("fulfilment/notifications", "storefront/accounts")
    ]
    assert sorted(pair for pair, edge in from_workloads.items() if not edge.observed) == sorted(
        truth().declared_only
    )


def test_no_client_waits_for_less_than_its_server_does() -> None:
    """Otherwise the table would tell of a shop that cannot be."""
    served: dict[str, float] = defaultdict(float)
    waiting: dict[str, float] = defaultdict(float)
    for call in truth().calls:
        served[call.server] += call.rate_rps
        waiting[call.client] += call.rate_rps * call.p50_ms

    for call in truth().calls:
        if call.server in waiting:
            assert call.p50_ms > waiting[call.server] / served[call.server], call


def test_the_histograms_have_the_bounds_of_the_shops_collector() -> None:
    manifest = MANIFESTS / "cluster" / "otel-collector-config.yaml"
    config = yaml.safe_load(yaml.safe_load(manifest.read_text("utf-8"))["data"]["config.yaml"])
    bounds = config["connectors"]["servicegraph"]["latency_histogram_buckets"]

    assert tuple(_milliseconds(bound) for bound in bounds) == BOUNDS_MS


def test_the_verdict_stands_right_at_the_threshold(report: Assessment) -> None:
    verdict = report.verdict

    assert {answer.id: answer.status for answer in report.answers} == {
        "service-count": "yes",
        "path-complexity": "yes",
        "rollout-in-code": "yes",
        "diagnosis-time": "unknown",
        "internal-auth": "no",
        "sla-spread": "yes",
        "central-policy": "yes",
        "ops-owner": "unknown",
        "network-skills": "unknown",
    }
    assert (verdict.outcome, verdict.yes, verdict.threshold) == ("consider", 5, 5)
    assert {(swing.id, swing.would_become) for swing in verdict.swing} == {
        ("ops-owner", "not-now"),
        ("few-incidents", "not-now"),
    }


def test_the_ring_and_the_slow_path_are_found(report: Assessment) -> None:
    slowest = report.paths.slowest[0]

    assert report.paths.cycles == (
        ("fulfilment/inventory", "fulfilment/shipping", "fulfilment/orders"),
    )
    assert slowest.nodes == (
        "internet",
        "storefront/web",
        "ordering/checkout",
        "ordering/pricing",
        "ordering/tax",
    )
    assert (slowest.critical_client, slowest.critical_server) == (
        "ordering/pricing",
        "ordering/tax",
    )
    assert slowest.critical_share > 0.75
    assert slowest.missing == 0


def test_one_call_fails_far_more_often_than_the_others(report: Assessment) -> None:
    within = [edge for pair, edge in report.graph.edges.items() if pair[0] != "internet"]
    worst, second, *_ = sorted(within, key=lambda edge: -(edge.error_ratio or 0.0))

    assert (worst.client, worst.server) == ("ordering/checkout", "fulfilment/inventory")
    assert (worst.error_ratio or 0.0) > 2 * (second.error_ratio or 0.0)


def test_the_findings_are_the_ones_that_were_planted(report: Assessment) -> None:
    assert [(finding.id, finding.subject) for finding in report.findings] == [
        ("declared-not-seen", "ordering/checkout -> fulfilment/shipping"),
        ("failing-calls", "ordering/checkout -> fulfilment/inventory"),
        ("seen-not-declared", "fulfilment/notifications -> storefront/accounts"),
        ("unknown-service", "Deployment storefront/web"),
    ]


def test_of_its_incidents_the_one_between_services_is_found(report: Assessment) -> None:
    found = report.incidents

    assert report.incidents_seen_seconds == 3 * 86_400
    assert (found.seen, found.judged, found.on_the_wire) == (2, 2, 1)
    assert [(i.alerts, i.services, i.blame) for i in found.episodes] == [
        (
            ("InventoryErrors",),
            ("fulfilment/inventory",),
            Blame("callee", "ordering/checkout", "fulfilment/inventory"),
        ),
        (
            ("CheckoutSlow",),
            ("ordering/checkout",),
            Blame("wire-latency", "ordering/checkout", "ordering/payment"),
        ),
    ]


def test_nothing_is_hidden_from_it(report: Assessment) -> None:
    cluster = report.cluster

    assert report.gaps == ()
    assert (cluster.context, cluster.server_version) == ("demo", "v1.33.4")
    assert (cluster.nodes, cluster.namespaces, cluster.pods) == (3, 8, 60)


def _id(name: str) -> str:
    """The node of a name in calls.yaml."""
    if name == USER:
        return "internet"
    if "/" in name:
        return name
    host, in_cluster, _ = name.partition(".svc.")
    service, _, namespace = host.partition(".")
    return f"{namespace}/{service}" if in_cluster else f"external:{name}"


def _milliseconds(duration: str) -> int:
    number = int(duration.rstrip("ms"))
    return number if duration.endswith("ms") else 1000 * number

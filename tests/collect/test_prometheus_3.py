"""Answers of a Prometheus 3.13 that keeps native histograms and dotted names, as recorded.

It scraped classic histograms once a second and converted them, so their outermost buckets have no
finite bound.
"""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mesh_probe import histogram
from mesh_probe.collect.prometheus import Answer, Prometheus
from mesh_probe.source import Sample
from tests.prometheus.faults import Reply, faulty

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "recorded" / "prometheus-3.json").read_text(encoding="utf-8")
)
AT = datetime.fromtimestamp(1795383825, UTC)
EDGE = {"client": "web", "server": "cart"}
BUCKETS = {"0.01...0.02": 5.0, "0.02...0.05": 4.0, "0.05...0.1": 1.0}


def ask(name: str, *, fold_buckets: bool = False) -> Answer:
    with faulty(Reply(RECORDED[name])) as server:
        prometheus = Prometheus(server.url)
        return prometheus.query("x", AT, time.monotonic() + 60, fold_buckets=fold_buckets)


def test_a_native_histogram_is_read_with_its_buckets() -> None:
    assert ask("native rate", fold_buckets=True) == Answer((Sample(EDGE, 10.0, BUCKETS),), 1)


def test_a_native_histogram_in_place_of_a_number_is_counted_and_left_out() -> None:
    assert ask("native rate") == Answer((), 1, (), histograms=1)


def test_native_histograms_are_read_at_several_times_at_once() -> None:
    times = [AT - timedelta(seconds=back) for back in (4, 2, 0)]
    with faulty(Reply(RECORDED["native range"])) as server:
        answers = Prometheus(server.url).query_at(
            "x", times, time.monotonic() + 60, fold_buckets=True
        )

    assert answers == (Answer((Sample(EDGE, 10.0, BUCKETS),), 1),) * 3


def test_buckets_without_a_finite_bound_hide_what_is_in_them() -> None:
    answer = ask("utf8", fold_buckets=True)
    (buckets,) = histogram.bucket_sums(answer.samples, lambda labels: labels["job"]).values()
    latency = histogram.latency(buckets)

    assert answer.samples[0].labels == {"job": "shop/web", "server.address": "cart.shop"}
    assert latency is not None
    assert latency.p50_seconds == pytest.approx(0.01 + 0.09 * 3 / 7)
    assert latency.p99_seconds == 0.1
    assert latency.censored == "high"


def test_names_may_hold_dots() -> None:
    with faulty(Reply(RECORDED["names"])) as server:
        names = Prometheus(server.url).metric_names("x", AT, AT, time.monotonic() + 60)

    assert "http.client.request.duration" in names


def test_doubts_about_a_query_are_no_doubts_about_its_answer() -> None:
    assert RECORDED["annotations"]["infos"]
    assert ask("annotations").warnings == ()

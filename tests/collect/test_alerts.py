"""Alerts out of every store that runs here."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from mesh_probe.collect.alerts import AlertsRead, read_alerts
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.model import Gap, Peer
from mesh_probe.text import message
from tests.prometheus.alerts import Fired, Flat
from tests.prometheus.faults import Reply, faulty
from tests.prometheus.history import AT, HOUR, Lines
from tests.prometheus.server import running
from tests.prometheus.stores import STORES, holding

DAY_HOURS = 24
CART = {"namespace": "shop", "service": "cart"}
SERVER = {"job": "prometheus", "instance": "prometheus-0"}
PAST: list[Lines] = [
    Flat("up", {"job": "node"}, 1, 9.5 * DAY_HOURS, every_seconds=240),
    Flat(
        "ALERTS",
        {"alertname": "Watchdog", "alertstate": "firing", "severity": "none"},
        1,
        5.5 * DAY_HOURS,
        every_seconds=240,
    ),
    Flat(
        "ALERTS",
        {"alertname": "NodeCount", "alertstate": "firing", "severity": "info"},
        1,
        20,
        every_seconds=240,
    ),
    Fired("Resolved", 50, 49.5, CART),
    Fired("Pending", 45, 44.99, CART, waits_seconds=3600),
    Fired("Flapping", 40, 39.9, CART),
    Fired("Flapping", 39.5, 39.4, CART),
    Fired("Flapping", 39, 38.9, CART),
    Fired("Untold", 10, 9, {"namespace": "shop", "deployment": "web"}, with_start=False),
    Fired("Brief", 8, 7.95, CART),
    Fired("EachPod", 6, 5, {"namespace": "shop", "pod": "web-1"}),
    Fired("Restarted", 30, 29, CART),
    Fired("Restarted", 28.8, 28, CART),
    Fired("Gap", 26, 24, CART, silent=((25.5, 24.8),)),
    Fired("BackAgain", 20, 19.5, CART),
    Fired("BackAgain", 19.2, 19, CART),
    Fired("Going", 1, 0, CART),
    Flat("prometheus_build_info", SERVER, 1, 60),
    Flat("process_start_time_seconds", SERVER, AT.timestamp() - 99 * HOUR, 60, 29),
    Flat("process_start_time_seconds", SERVER, AT.timestamp() - 28.85 * HOUR, 28.8, 0),
]


@pytest.fixture(scope="module", params=STORES)
def past(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with holding(request.param, tmp_path_factory.mktemp("past"), PAST) as url:
        yield url


def read(*urls: str) -> AlertsRead:
    servers = [Prometheus(url) for url in urls]
    return read_alerts(servers, AT, deadline=time.monotonic() + 60)


def hours(read: AlertsRead) -> dict[str, list[tuple[float, float | None]]]:
    """Start and end of each alert's episodes in hours before the end."""
    found: dict[str, list[tuple[float, float | None]]] = {}
    for episode in read.history.episodes:
        end = (AT - episode.end_at) / timedelta(hours=1) if episode.end_at else None
        start = (AT - episode.start_at) / timedelta(hours=1)
        found.setdefault(episode.alert, []).append((start, end))
    return found


def test_episodes_are_rebuilt_from_what_the_rules_left(past: str) -> None:
    found = hours(read(past))
    step = 300 / HOUR

    def about(expected: list[tuple[float, float | None]], alert: str) -> bool:
        """The start is on record; the end is seen up to a step late."""
        return len(found[alert]) == len(expected) and all(
            start == pytest.approx(wanted, abs=1e-9)
            and (end == last if last is None else end is not None and last - step < end <= last)
            for (start, end), (wanted, last) in zip(found[alert], expected, strict=True)
        )

    assert sorted(found) == [
        *("BackAgain", "Brief", "EachPod", "Flapping", "Gap", "Going"),
        *("Resolved", "Restarted", "Untold"),
    ]
    assert about([(50, 49.5)], "Resolved")
    assert about([(40, 39.9), (39.5, 39.4), (39, 38.9)], "Flapping")
    assert about([(8, 7.95)], "Brief")
    assert about([(6, 5)], "EachPod")
    assert about([(30, 28)], "Restarted"), "a restart tore it"
    assert about([(26, 24)], "Gap"), "it kept its start"
    assert about([(20, 19.5), (19.2, 19)], "BackAgain"), "nothing was restarted"
    assert about([(1, None)], "Going")
    (start, end), *_ = found["Untold"]
    assert 10 - step <= start <= 10
    assert end is not None
    assert 9 - step < end <= 9


def test_the_history_tells_how_far_it_reaches_and_what_it_leaves_out(past: str) -> None:
    history = read(past).history

    assert history.state == "read"
    assert history.span_seconds == 9 * DAY_HOURS * HOUR
    assert history.proven_seconds == 5 * DAY_HOURS * HOUR
    assert history.resolution_seconds == 300
    assert history.left_out == ("NodeCount", "Watchdog")


def test_an_alert_says_whom_it_is_about(past: str) -> None:
    places = {episode.alert: episode.places for episode in read(past).history.episodes}

    assert places["Resolved"] == (Peer(service="cart", service_namespace="shop"),)
    assert places["Untold"] == (Peer(workload="web", namespace="shop", kind="Deployment"),)
    assert places["EachPod"] == (Peer(namespace="shop", pod="web-1"),)


def test_few_queries_are_sent_and_each_is_on_record(past: str) -> None:
    server = Prometheus(past)
    found = read_alerts([server], AT, deadline=time.monotonic() + 60)

    assert server.queries <= 8
    assert [query.purpose for query in found.history.queries] == [
        "store reach",
        "rules reach",
        "alerts size",
        "alerts",
        "rule evaluators",
        "restarts",
        "alerts left out",
    ]


def test_two_copies_of_a_store_tell_of_each_episode_once(past: str) -> None:
    assert read(past, past).history.episodes == read(past).history.episodes


@pytest.mark.parametrize("store", STORES)
def test_silence_without_rules_proves_nothing(
    store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    series: list[Lines] = [Flat("up", {"job": "node"}, 1, 30, every_seconds=240)]
    with holding(store, tmp_path_factory.mktemp("silent"), series) as url:
        found = read(url)

    assert found.history.state == "unproven"
    assert found.history.span_seconds == DAY_HOURS * HOUR
    assert found.history.episodes == ()
    assert found.gaps == (
        Gap("incidents", message("gap.alerts-unproven"), message("hint.alerts-unproven")),
    )


def test_rules_that_are_evaluated_prove_silence(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = tmp_path_factory.mktemp("rules")
    rules = {
        "groups": [
            {
                "name": "cart",
                "rules": [
                    {"alert": "CartDown", "expr": "vector(0) > 1", "keep_firing_for": "5m"},
                    {"record": "x", "expr": "vector(1)"},
                ],
            }
        ]
    }
    (data / "rules.yml").write_text(json.dumps(rules), encoding="utf-8")
    with running(data, config='rule_files: ["rules.yml"]') as url:
        server = Prometheus(url)
        known = server.alerting_rules(time.monotonic() + 60)
        history = read(url).history

    assert [(rule.alert, rule.keep_firing_seconds) for rule in known] == [("CartDown", 300.0)]
    assert history.state == "read"
    assert history.rules_count == 1
    assert history.proven_seconds == 300


def test_a_server_that_refuses_is_a_gap_and_no_silence() -> None:
    refusal = {"status": "error", "errorType": "execution", "error": "no such function"}
    with faulty(Reply(refusal, 422)) as server:
        found = read(server.url)

    assert found.history.state == "unreadable"
    assert [gap.reason.id for gap in found.gaps] == ["gap.prometheus-refused"]


def matrix(*lines: object) -> Reply:
    return Reply({"status": "success", "data": {"resultType": "matrix", "result": lines}})


NOTHING = Reply({"status": "success", "data": {"resultType": "vector", "result": []}})
NO_RULES = Reply({"status": "success", "data": {"groups": []}})
TOO_MUCH = Reply(
    {
        "status": "error",
        "errorType": "execution",
        "error": "query processing would load too many samples into memory in query execution",
    },
    422,
)


def test_a_span_that_is_too_much_is_read_in_parts() -> None:
    series = {
        "metric": {"alertname": "CartDown", **CART},
        "values": [[AT.timestamp() - 900, str(AT.timestamp() - 960)]],
    }
    with faulty(
        NO_RULES, *[NOTHING] * 4, matrix(), TOO_MUCH, matrix(), matrix(series), NOTHING
    ) as server:
        found = read(server.url)
        spans = [
            (
                float(asked.params["start"]) - AT.timestamp(),
                float(asked.params["end"]) - AT.timestamp(),
            )
            for asked in server.asked
            if asked.path.endswith("query_range")
        ]

    half = 15 * DAY_HOURS * HOUR
    assert spans == [(-2 * half, 0), (-2 * half, 0), (-2 * half, -half), (-half + 300, 0)]
    assert hours(found) == {"CartDown": [(960 / HOUR, 900 / HOUR)]}
    assert found.history.state == "read"
    assert found.gaps == ()


def test_what_stays_too_much_is_a_gap() -> None:
    with faulty(
        NO_RULES, *[NOTHING] * 4, matrix(), TOO_MUCH, matrix(), *[TOO_MUCH] * 3, NOTHING
    ) as server:
        found = read(server.url)

    assert [gap.reason.id for gap in found.gaps] == [
        "gap.prometheus-too-expensive",
        "gap.alerts-partial",
        "gap.alerts-unproven",
    ]


def test_many_alerts_are_looked_at_more_coarsely_and_in_parts() -> None:
    hourly = [[AT.timestamp() - number * HOUR, "600"] for number in range(720)]
    size = {"metric": {}, "values": hourly}
    with faulty(NO_RULES, *[NOTHING] * 4, matrix(size), *[matrix()] * 9, NOTHING) as server:
        found = read(server.url)
        steps = {asked.params.get("step") for asked in server.asked[6:-1]}

    assert found.history.resolution_seconds == 1800
    assert steps == {"1800"}
    assert len(server.asked) == 16

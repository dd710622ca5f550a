from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.episodes import Episode
from mesh_probe.model import Peer
from mesh_probe.sources.alert_places import places
from mesh_probe.sources.alerts import (
    Firing,
    Rule,
    episodes,
    firing,
    joined,
    left_out,
    mended,
    merged,
    runs,
    torn,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
T = int(NOON.timestamp())
STEP = 300
CART = {"alertname": "CartDown", "severity": "page", "namespace": "shop", "service": "cart"}


def points(value: float, *times: int) -> list[tuple[float, float]]:
    return [(float(time), value) for time in times]


def run(first: float, last: float, started: float | None = None, **labels: str) -> Firing:
    """A run by seconds before noon."""
    began = first if started is None else started
    return Firing({**CART, **labels}, T - began, T - first, T - last)


def seen(*found: Firing, rules: Sequence[Rule] = ()) -> list[tuple[str, float, float | None]]:
    """Name, and seconds before noon of start and end."""
    return [
        (
            episode.alert,
            (NOON - episode.start_at).total_seconds(),
            (NOON - episode.end_at).total_seconds() if episode.end_at else None,
        )
        for episode in episodes(found, rules, NOON, STEP)
    ]


def test_one_start_is_one_run_whatever_is_missing_in_between() -> None:
    found = runs(CART, points(100.0, 1200, 1500, 9000), STEP)

    assert found == [Firing(CART, 100.0, 1200.0, 9000.0)]


def test_each_new_start_is_a_new_run() -> None:
    found = runs(CART, [*points(100.0, 300, 600), *points(700.0, 900, 1200)], STEP)

    assert found == [Firing(CART, 100.0, 300.0, 600.0), Firing(CART, 700.0, 900.0, 1200.0)]


def test_without_known_starts_a_pause_ends_a_run() -> None:
    found = runs(CART, points(1.0, 300, 600, 1200, 2100), STEP)

    assert found == [Firing(CART, 300.0, 300.0, 1200.0), Firing(CART, 2100.0, 2100.0, 2100.0)]


def test_a_run_that_was_read_in_two_parts_is_one() -> None:
    parts = [run(900, 600, started=5000), run(300, 0, started=5000), run(100, 0, started=100)]

    assert joined(reversed(parts), STEP) == [run(900, 0, started=5000), run(100, 0, started=100)]


def test_parts_without_a_known_start_go_on_only_without_a_pause() -> None:
    near = joined([run(3000, 2400), run(2100, 1800)], STEP)
    far = joined([run(9000, 8400), run(2100, 1800)], STEP)

    assert near == [run(3000, 1800)]
    assert far == [run(9000, 8400), run(2100, 1800)]


@given(st.lists(st.integers(0, 200), min_size=1, unique=True).map(sorted), st.integers(0, 200))
def test_reading_in_two_parts_gives_the_same_as_in_one(steps: list[int], cut: int) -> None:
    whole = [(float(step * STEP), 1.0) for step in steps]
    parts = [[p for p in whole if p[0] < cut * STEP], [p for p in whole if p[0] >= cut * STEP]]

    assert joined((r for part in parts for r in runs(CART, part, STEP)), STEP) == joined(
        runs(CART, whole, STEP), STEP
    )


@given(st.lists(st.integers(0, 200), min_size=1, unique=True).map(sorted))
def test_runs_without_a_known_start_hold_all_points_and_have_pauses_between(
    steps: list[int],
) -> None:
    found = joined(runs(CART, [(float(step * STEP), 1.0) for step in steps], STEP), STEP)

    assert all(any(r.first <= step * STEP <= r.last for r in found) for step in steps)
    assert all(after.first - before.last > 2 * STEP for before, after in pairwise(found))


def test_a_restart_between_two_runs_makes_them_one() -> None:
    before, after = run(9000, 7200), run(6900, 3600)

    assert mended([after, before], [T - 7000.0], STEP) == [run(9000, 3600)]


@pytest.mark.parametrize(
    ("restart", "why"),
    [(8000, "it was evaluated on after it"), (6000, "it fired again before it")],
)
def test_a_restart_at_another_time_joins_nothing(restart: int, why: str) -> None:
    found = [run(9000, 7200), run(6900, 3600)]

    assert mended(found, [float(T - restart)], STEP) == found, why


def test_an_outage_of_more_than_an_hour_ends_an_episode() -> None:
    found = [run(20_000, 15_000), run(11_000, 9000)]

    assert not torn(found)
    assert mended(found, [T - 12_000.0], STEP) == found


def test_restarts_matter_only_to_alerts_that_came_again_soon() -> None:
    assert torn([run(9000, 7200), run(6900, 3600)])
    assert not torn([run(9000, 7200), run(6900, 3600, service="web")])


def test_an_episode_begins_when_its_condition_did_and_ends_when_last_seen() -> None:
    found = episodes([run(9000, 7200, started=9600)], (), NOON, STEP)

    assert found == (
        Episode(
            "CartDown",
            start_at=NOON - timedelta(seconds=9600),
            firing_at=NOON - timedelta(seconds=9000),
            end_at=NOON - timedelta(seconds=7200),
            severity="page",
            places=(Peer(service="cart", service_namespace="shop"),),
        ),
    )


def test_what_fires_at_the_end_is_not_over() -> None:
    assert seen(run(900, 0)) == [("CartDown", 900, None)]


def test_the_tail_that_a_rule_adds_is_taken_off() -> None:
    rules = [Rule("CartDown", 600.0), Rule("CartDown", 60.0), Rule("Other", 9000.0)]

    assert seen(run(9000, 7200), rules=rules) == [("CartDown", 9000, 7800)]


def test_the_tail_never_eats_more_than_the_alert() -> None:
    assert seen(run(9000, 8900), rules=[Rule("CartDown", 600.0)]) == [("CartDown", 9000, 9000)]


def test_an_alert_about_each_replica_of_a_service_is_one_episode() -> None:
    assert seen(run(9000, 7200, job="a"), run(8000, 5000, job="b")) == [("CartDown", 9000, 5000)]


def test_an_alert_that_came_back_is_two_episodes() -> None:
    assert seen(run(9000, 7200), run(5000, 4000)) == [
        ("CartDown", 9000, 7200),
        ("CartDown", 5000, 4000),
    ]


def test_an_alert_about_another_service_is_an_episode_of_its_own() -> None:
    assert len(seen(run(9000, 7200), run(9000, 7200, service="web"))) == 2


@given(st.permutations([run(9000, 7200), run(8000, 5000), run(900, 0), run(5000, 4000)]))
def test_the_order_of_runs_never_matters(found: list[Firing]) -> None:
    assert seen(*found) == [("CartDown", 9000, 4000), ("CartDown", 900, None)]


def test_copies_of_a_server_tell_of_one_episode() -> None:
    (episode,) = episodes([run(9000, 7200)], (), NOON, STEP)

    assert merged([episode, episode]) == (episode,)


def test_alerts_that_always_fire_or_harm_nobody_are_not_asked_for() -> None:
    names = '"Watchdog|InfoInhibitor|DeadMansSwitch|DeadMansSnitch"'

    assert firing(300).count(f'alertname!~{names},severity!~"none|info"') == 3
    assert f"alertname=~{names}" in left_out(60)


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({}, ()),
        ({"namespace": "shop"}, ()),
        ({"job": "node"}, (Peer(job="node"),)),
        (
            {"namespace": "shop", "deployment": "cart", "service": "ksm", "job": "ksm"},
            (Peer(workload="cart", namespace="shop", kind="Deployment"),),
        ),
        (
            {"namespace": "shop", "pod": "cart-0", "service": "ksm"},
            (Peer(namespace="shop", pod="cart-0"),),
        ),
        (
            {
                "namespace": "monitoring",
                "exported_namespace": "shop",
                "pod": "ksm-1",
                "exported_pod": "cart-0",
            },
            (Peer(namespace="shop", pod="cart-0"),),
        ),
        (
            {"namespace": "shop", "service": "cart", "job": "x"},
            (Peer(service="cart", service_namespace="shop"),),
        ),
        ({"service": "cart"}, (Peer(name="cart"),)),
        ({"service_name": "cart", "job": "otel"}, (Peer(name="cart"),)),
        ({"namespace": "shop", "app": "cart"}, (Peer(name="cart", namespace="shop"),)),
        ({"client": "web", "server": "cart"}, (Peer(name="web"), Peer(name="cart"))),
        (
            {
                "source_workload": "web",
                "source_workload_namespace": "shop",
                "destination_workload": "cart",
                "destination_workload_namespace": "stock",
                "destination_service_name": "cart",
            },
            (Peer(workload="web", namespace="shop"), Peer(workload="cart", namespace="stock")),
        ),
        (
            {
                "source_workload": "unknown",
                "destination_service_name": "cart",
                "destination_service_namespace": "stock",
            },
            (Peer(service="cart", service_namespace="stock"),),
        ),
    ],
)
def test_the_most_exact_labels_say_whom_an_alert_is_about(
    labels: dict[str, str], found: tuple[Peer, ...]
) -> None:
    assert places(labels) == found

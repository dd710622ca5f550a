from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mesh_probe.episodes import CallThen, Episode, IncidentHistory, Moment
from mesh_probe.graph.build import build
from mesh_probe.incidents import Incidents, incidents
from mesh_probe.incidents.blame import Blame
from mesh_probe.model import Latency, ObservedCall, Peer, Query, Telemetry
from tests.builders import NOON, app, calls, cluster

RATES = Query("requests", "sum(rate(istio_requests_total[1800s]))")

# front -> web -> cart -> prices, api -> cart, front -> news; lonely calls nobody.
SHOP = (
    *app("front", references=(calls("web"), calls("news"))),
    *app("web", references=(calls("cart"),)),
    *app("api", references=(calls("cart"),)),
    *app("cart", references=(calls("prices"),)),
    *app("prices"),
    *app("news"),
    *app("lonely"),
)


def ago(minutes: float) -> datetime:
    return NOON - timedelta(minutes=minutes)


def alert(name: str, start: float, end: float | None, *services: str) -> Episode:
    """An episode by minutes before noon."""
    places = tuple(Peer(service=service, service_namespace="shop") for service in services)
    ended = None if end is None else ago(end)
    return Episode(name, ago(start), ago(start), ended, "page", places)


def went(
    client: str,
    server: str,
    *,
    errors: float | None = 0.0,
    at_server: float | None = None,
    lost: float | None = None,
    waited: float | None = None,
    worked: float | None = None,
    before: bool = True,
) -> CallThen:
    """How a call went; usually it has no errors and takes 100 ms, of which 80 ms in the server."""

    def call(
        error_ratio: float | None,
        server_error_ratio: float | None,
        wire_error_ratio: float | None,
        seconds: tuple[float | None, float | None],
    ) -> ObservedCall:
        waits, works = (None if s is None else Latency(p99_seconds=s) for s in seconds)
        return ObservedCall(
            "istio",
            Peer(client, "shop"),
            Peer(server, "shop"),
            "http",
            rate_rps=10.0,
            error_ratio=error_ratio,
            client_latency=waits,
            server_latency=works,
            server_error_ratio=server_error_ratio,
            wire_error_ratio=wire_error_ratio,
        )

    def zero(figure: float | None, normal: float = 0.0) -> float | None:
        return None if figure is None else normal

    then = call(errors, at_server, lost, (waited, worked))
    usual = call(zero(errors), zero(at_server), zero(lost), (zero(waited, 0.1), zero(worked, 0.08)))
    return CallThen(then, usual if before else None, 7 if before else 0)


def seen(
    *episodes: Episode,
    calls: Sequence[CallThen] = (),
    sources: tuple[str, ...] = ("istio",),
    state: str = "read",
) -> Incidents:
    """The incidents of these alerts, with the calls of the time in which the first began."""
    moments: tuple[Moment, ...] = ()
    if episodes:
        start = min(episode.start_at for episode in episodes)
        end = start + timedelta(minutes=30)
        moments = (Moment(start, end, tuple(calls), sources, (RATES,)),)
    history = IncidentHistory(
        state,  # type: ignore[arg-type]
        span_seconds=30 * 86_400,
        episodes=episodes,
        moments=moments,
    )
    snapshot = replace(
        cluster(*SHOP, telemetry=Telemetry(prometheus=("http://prometheus:9090",))),
        incidents=history,
    )
    return incidents(snapshot, build(snapshot))


def together(*episodes: Episode) -> list[tuple[str, ...]]:
    return [incident.alerts for incident in seen(*episodes).episodes]


# --- one incident or several ----------------------------------------------------------------------


def test_alerts_of_neighbours_at_one_time_are_one_incident() -> None:
    found = seen(alert("WebErrors", 300, 280, "web"), alert("CartErrors", 295, 270, "cart"))

    assert found.seen == 1
    assert [(i.start_at, i.end_at, i.services) for i in found.episodes] == [
        (ago(300), ago(270), ("shop/cart", "shop/web"))
    ]


def test_alerts_within_two_calls_of_one_another_are_one_incident() -> None:
    assert together(alert("A", 300, 280, "web"), alert("B", 295, 270, "prices")) == [("A", "B")]


def test_alerts_of_services_that_are_far_apart_are_several_incidents() -> None:
    assert together(alert("A", 300, 280, "front"), alert("B", 295, 270, "prices")) == [
        ("A",),
        ("B",),
    ]
    assert together(alert("A", 300, 280, "web"), alert("B", 300, 280, "lonely")) == [("A",), ("B",)]


def test_an_alert_in_the_middle_joins_both_ends() -> None:
    ends = alert("A", 300, 280, "front"), alert("B", 299, 270, "prices")

    assert together(*ends, alert("C", 298, 280, "web")) == [("A", "B", "C")]


def test_alerts_up_to_a_quarter_of_an_hour_apart_are_one_incident() -> None:
    first = alert("A", 300, 280, "cart")

    assert together(first, alert("B", 265, 260, "cart")) == [("A", "B")]
    assert together(first, alert("B", 264, 260, "cart")) == [("A",), ("B",)]


def test_an_alert_that_always_fires_does_not_make_everything_one_incident() -> None:
    standing = alert("Full", 20_000, None, "cart")

    assert together(standing, alert("B", 19_995, 19_990, "cart"), alert("C", 300, 280, "cart")) == [
        ("B", "Full"),
        ("C",),
    ]


def test_an_incident_goes_on_while_one_of_its_alerts_does() -> None:
    (incident,) = seen(alert("A", 30, None, "cart"), alert("B", 25, 20, "cart")).episodes

    assert incident.end_at is None


def test_alerts_about_nobody_are_incidents_of_their_own() -> None:
    assert together(alert("Node", 300, 280), alert("Node", 295, 290), alert("B", 300, 280)) == [
        ("B",),
        ("Node",),
    ]


def test_whom_only_the_way_in_joins_are_no_neighbours() -> None:
    """Everything is two calls from everything through the internet."""
    found = together(alert("A", 300, 280, "lonely"), alert("B", 300, 280, "news"))

    assert found == [("A",), ("B",)]


@given(st.permutations(range(5)))
def test_the_order_of_alerts_never_matters(order: list[int]) -> None:
    episodes = [
        alert("A", 300, 280, "front"),
        alert("B", 290, 270, "prices"),
        alert("C", 285, 260, "web"),
        alert("D", 100, 90, "lonely"),
        alert("E", 80, None, "news"),
    ]

    assert together(*(episodes[number] for number in order)) == [("A", "B", "C"), ("D",), ("E",)]


# --- whose fault ----------------------------------------------------------------------------------


def blamed(*found: CallThen) -> Blame | None:
    (incident,) = seen(alert("WebErrors", 300, 280, "web"), calls=found).episodes
    return incident.blame


def test_errors_that_the_server_never_saw_are_on_the_wire() -> None:
    assert blamed(
        went("web", "cart", errors=0.2, at_server=0.0), went("api", "cart", at_server=0.0)
    ) == Blame("wire-errors", "shop/web", "shop/cart")


def test_calls_that_failed_on_their_way_are_on_the_wire() -> None:
    assert blamed(went("web", "cart", errors=0.2, lost=0.2)) == Blame(
        "wire-errors", "shop/web", "shop/cart"
    )


def test_a_server_that_nobody_reaches_is_to_blame_itself() -> None:
    """It may be gone altogether; a mesh would not have helped."""
    assert blamed(
        went("web", "cart", errors=1.0, lost=1.0), went("api", "cart", errors=1.0, lost=1.0)
    ) == Blame("callee", "shop/api", "shop/cart")


def test_waiting_that_the_server_knows_nothing_of_is_on_the_wire() -> None:
    assert blamed(went("web", "cart", waited=2.0, worked=0.08)) == Blame(
        "wire-latency", "shop/web", "shop/cart"
    )


def test_a_server_that_is_slow_itself_is_to_blame() -> None:
    assert blamed(went("web", "cart", waited=2.0, worked=1.9)) == Blame(
        "callee", "shop/web", "shop/cart"
    )


def test_a_server_that_fails_all_its_callers_is_to_blame() -> None:
    assert blamed(went("web", "cart", errors=0.2), went("api", "cart", errors=0.1)) == Blame(
        "callee", "shop/web", "shop/cart"
    )


def test_a_caller_that_alone_fares_badly_is_to_blame() -> None:
    assert blamed(went("web", "cart", errors=0.2), went("api", "cart")) == Blame(
        "caller", "shop/web", "shop/cart"
    )


def test_with_one_caller_and_nothing_from_the_server_nobody_is_blamed() -> None:
    assert blamed(went("web", "cart", errors=0.2)) is None


def test_the_deepest_call_that_went_badly_counts() -> None:
    """What fails below makes those above fail."""
    assert blamed(
        went("front", "web", errors=0.3, at_server=0.3),
        went("web", "cart", errors=0.3, at_server=0.3),
        went("cart", "prices", errors=0.3, at_server=0.0),
    ) == Blame("wire-errors", "shop/cart", "shop/prices")


def test_calls_far_from_the_services_that_alert_are_not_looked_at() -> None:
    found = seen(
        alert("NewsDown", 300, 280, "lonely"),
        calls=[went("web", "cart", errors=0.2, at_server=0.0)],
    )

    assert [(i.judged, i.blame) for i in found.episodes] == [(True, None)]


def test_a_call_without_a_past_blames_nobody() -> None:
    assert blamed(went("web", "cart", errors=0.9, at_server=0.0, before=False)) is None


def test_the_evidence_says_what_was_seen_and_how_to_see_it_again() -> None:
    (incident,) = seen(
        alert("WebErrors", 300, 280, "web"), calls=[went("web", "cart", errors=0.2, at_server=0.0)]
    ).episodes

    assert [(e.subject, e.fact.id, e.seen_in) for e in incident.evidence] == [
        ("shop/web -> shop/cart", "evidence.errors-then", "istio"),
        ("shop/web -> shop/cart", "evidence.server-well-then", "istio"),
    ]
    assert incident.evidence[0].fact.parameters == {"then": 0.2, "usual": 0.0}
    assert incident.evidence[0].check == (
        "promtool query instant --time=1773473400 http://prometheus:9090"
        " 'sum(rate(istio_requests_total[1800s]))'"
    )


# --- of n seen, k ---------------------------------------------------------------------------------


def test_what_was_seen_judged_and_on_the_wire_is_counted() -> None:
    found = seen(
        alert("WebErrors", 300, 280, "web"),
        alert("NewsDown", 299, 280, "news"),
        alert("Late", 100, 90, "lonely"),
        calls=[went("web", "cart", errors=0.2, at_server=0.0)],
    )

    assert (found.seen, found.judged, found.on_the_wire) == (2, 1, 1)


def test_no_incident_is_none_on_the_wire() -> None:
    found = seen()

    assert (found.seen, found.judged, found.on_the_wire) == (0, 0, 0)


def test_incidents_of_which_no_call_was_seen_leave_it_open() -> None:
    found = seen(alert("WebErrors", 300, 280, "web"), sources=())

    assert (found.seen, found.judged, found.on_the_wire) == (1, 0, None)


@pytest.mark.parametrize("state", ["unreadable", "unproven"])
def test_alerts_that_could_not_be_seen_are_not_none(state: str) -> None:
    assert seen(state=state) == Incidents()


def test_a_snapshot_without_history_has_no_count() -> None:
    snapshot = cluster(*SHOP)

    assert incidents(snapshot, build(snapshot)) == Incidents()

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest

from mesh_probe.checklist.diagnosis_time import QUESTION
from mesh_probe.episodes import Episode, IncidentHistory
from mesh_probe.graph import CallGraph
from mesh_probe.model import Container, Latency, SourceRead, Telemetry
from mesh_probe.question import Measure
from mesh_probe.snapshot import Snapshot
from tests.builders import NOON, app, apps, asked, cluster, facts, graph_of


def lasting(
    minutes: Sequence[float], snapshot: Snapshot | None = None, pending: float = 0.0
) -> Snapshot:
    """One incident a day, of these lengths from when its alert fired."""
    episodes = []
    for day, length in enumerate(minutes, 1):
        start = NOON - timedelta(days=day)
        end = start + timedelta(minutes=length)
        pended = start - timedelta(minutes=pending)
        episodes.append(Episode("CartDown", pended, start, end))
    history = IncidentHistory("read", 30 * 86_400, 30 * 86_400, episodes=tuple(episodes[::-1]))
    return msgspec.structs.replace(snapshot or cluster(*apps(3)), incidents=history)


def test_short_incidents_are_a_no_for_finding_the_cause_took_less() -> None:
    answer = asked(QUESTION, lasting([10.0] * 12))

    assert (answer.status, answer.basis) == ("no", "observed")
    assert answer.measure == Measure("time-to-cause", 600.0, "seconds", 1800)
    assert answer.evidence[0].fact.parameters == {
        "count": 12,
        "mean": 600.0,
        "median": 600.0,
        "p90": 600.0,
        "limit": 1800,
    }


@pytest.mark.parametrize("minutes", [45.0, 60.0, 600.0])
def test_long_incidents_are_at_most_a_weak_yes(minutes: float) -> None:
    answer = asked(QUESTION, lasting([minutes] * 12))

    assert answer.status == "yes"
    assert (answer.confidence or 1) < 0.78


def test_a_mean_at_the_limit_settles_nothing_where_calls_can_be_traced() -> None:
    traced = Telemetry(prometheus=("p",), sources=(SourceRead("istio", "read"),))

    answer = asked(QUESTION, lasting([31.0] * 12, cluster(*apps(3), telemetry=traced)))

    assert (answer.status, facts(answer)) == (
        "unknown",
        [("incident-lengths", "yes"), ("calls-traced", "no")],
    )


def test_the_time_before_an_alert_fires_is_nobodys_search() -> None:
    answer = asked(QUESTION, lasting([25.0] * 12, pending=10.0))

    assert answer.measure == Measure("time-to-cause", 1500.0, "seconds", 1800)


def test_an_alert_of_before_the_history_may_have_fired_long_before() -> None:
    early = NOON - timedelta(days=30, hours=2)
    seen = NOON - timedelta(days=30)
    history = IncidentHistory(
        "read",
        30 * 86_400,
        30 * 86_400,
        episodes=(Episode("CartDown", early, seen, seen + timedelta(minutes=6)),),
    )

    answer = asked(QUESTION, msgspec.structs.replace(cluster(*apps(3)), incidents=history))

    assert answer.measure is not None
    assert answer.measure.value == 2 * 3600 + 6 * 60


def timed(pairs: Sequence[tuple[str, str]], times: int) -> CallGraph:
    """Calls of which the first so many are seen with their latency."""
    graph = graph_of(pairs)
    edges = [
        msgspec.structs.replace(edge, observed=True, latency=Latency(p50_seconds=0.01))
        if number < times
        else edge
        for number, edge in enumerate(graph.edges.values())
    ]
    return CallGraph(graph.nodes.values(), edges)


STAR = [("gateway", f"leaf-{n}") for n in range(9)]


@pytest.mark.parametrize(
    ("minutes", "status"),
    [(20.0, "no"), (35.0, "unknown"), (59.0, "unknown"), (60.0, "yes"), (90.0, "yes")],
)
def test_where_most_calls_are_measured_only_very_long_incidents_are_a_weak_yes(
    minutes: float, status: str
) -> None:
    answer = asked(QUESTION, lasting([minutes] * 12), timed(STAR, 8))

    assert answer.status == status
    assert dict(facts(answer))["calls-measured"] == (None if status == "no" else "no")
    assert dict(facts(answer))["fault-reach"] is None
    assert (answer.confidence or 0) < 0.7 or status == "no"


def test_a_few_measured_calls_do_not_show_where_time_is_lost() -> None:
    answer = asked(QUESTION, lasting([50.0] * 12), timed(STAR, 3))

    assert answer.status == "yes"
    assert ("fault-reach", "yes") in facts(answer)


def test_calls_of_a_few_services_are_not_most_calls() -> None:
    some = timed(STAR, 9)
    alone = graph_of([], [f"app-{n}" for n in range(30)]).nodes.values()
    graph = CallGraph((*some.nodes.values(), *alone), some.edges.values())

    assert asked(QUESTION, lasting([50.0] * 12), graph).status == "yes"


def test_an_unread_source_may_measure_the_calls() -> None:
    lost = Telemetry(prometheus=("p",), sources=(SourceRead("istio", "unreadable"),))

    answer = asked(QUESTION, lasting([50.0] * 12, cluster(*apps(3), telemetry=lost)))

    assert (answer.status, facts(answer)) == (
        "unknown",
        [("incident-lengths", "yes"), ("calls-unread", "no")],
    )


def test_the_way_in_shows_nothing_of_the_calls_behind_it() -> None:
    edge = Telemetry(prometheus=("p",), sources=(SourceRead("ingress-nginx", "read"),))

    answer = asked(QUESTION, lasting([50.0] * 12, cluster(*apps(3), telemetry=edge)))

    assert ("calls-not-traced", "yes") in facts(answer)


def test_tracing_is_told_by_what_runs_as_well() -> None:
    jaeger = app("jaeger", "tracing", containers=(Container("main", "jaegertracing/jaeger:2"),))

    answer = asked(QUESTION, lasting([50.0] * 12, cluster(*apps(3), *jaeger)))

    assert ("calls-traced", "no") in facts(answer)


def test_fewer_than_ten_incidents_say_nothing() -> None:
    answer = asked(QUESTION, lasting([300.0] * 9))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "diagnosis-time.few"
    assert answer.because.parameters == {"count": 9, "enough": 10}
    assert answer.measure is not None
    assert answer.measure.value == 18_000.0


def test_a_state_of_days_and_what_still_fires_are_no_lengths() -> None:
    odd = lasting([10.0] * 12 + [60.0 * 24 * 3])
    assert odd.incidents is not None
    open_ended = Episode("DiskFull", NOON - timedelta(days=40), NOON - timedelta(days=40))
    history = msgspec.structs.replace(odd.incidents, episodes=(open_ended, *odd.incidents.episodes))

    answer = asked(QUESTION, msgspec.structs.replace(odd, incidents=history))

    assert answer.measure is not None
    assert answer.measure.value == 600.0


def test_people_may_set_their_own_limit() -> None:
    snapshot = msgspec.structs.replace(lasting([45.0] * 12), thresholds={"diagnosis-time": 3600})

    assert asked(QUESTION, snapshot).status == "no"


def test_without_a_history_it_asks_the_team() -> None:
    answer = asked(QUESTION, cluster(*apps(3)))

    assert (answer.status, answer.probability, answer.evidence) == ("unknown", None, ())
    assert answer.because.id == "diagnosis-time.unseen"
    assert answer.measure == Measure("time-to-cause", None, "seconds", 1800)

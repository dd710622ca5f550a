from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from mesh_probe.episodes import Episode, IncidentHistory
from mesh_probe.graph.build import build
from mesh_probe.model import CodeTree, ConfigMap, ConfigUse, Library, Peer
from mesh_probe.question import Answer, conclude
from mesh_probe.signals.fix_in_code import SIGNAL
from mesh_probe.snapshot import Snapshot
from tests.builders import NOON, Thing, app, apps, cluster, facts, setting


def judged(snapshot: Snapshot) -> Answer:
    return conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), {}))


def resilient(*names: str) -> list[Thing]:
    settings = (setting("retry", "HTTP_RETRIES", 3.0), setting("timeout", "HTTP_TIMEOUT", "1s"))
    return [thing for name in names for thing in app(name, settings=settings)]


def test_settings_everywhere_leave_it_open_for_releases_are_not_seen() -> None:
    answer = judged(cluster(*resilient("a", "b", "c"), *apps(1)))

    assert (answer.status, answer.probability) == ("unknown", 0.5)
    assert facts(answer) == [("resilience-settings", "yes")]
    assert answer.because.parameters == {"having": 3, "count": 4}


DAYS = (20, 16, 12, 8, 4, 2)
"""How many days ago there was an incident of the application "a"."""


def with_incidents(
    *things: Thing, days: Sequence[int] = DAYS, released: Sequence[datetime]
) -> Snapshot:
    """Incidents of "a", a long history of it, and its releases."""
    long_ago = NOON - timedelta(days=200)
    first, *rest = app(
        "a",
        settings=(setting("retry", "HTTP_RETRIES", 3.0),),
        released_at=(long_ago, *sorted(released)),
    )
    starts = sorted(NOON - timedelta(days=day) for day in days)
    about = (Peer(workload="a", namespace="shop"),)
    episodes = tuple(
        Episode("Down", at, at, at + timedelta(minutes=9), None, about) for at in starts
    )
    history = IncidentHistory("read", 30 * 86_400, 30 * 86_400, episodes=episodes)
    return msgspec.structs.replace(cluster(first, *rest, *things), incidents=history)


def mornings_after(days: Sequence[int]) -> list[datetime]:
    return [NOON - timedelta(days=day) + timedelta(hours=20) for day in days]


def test_settings_everywhere_and_releases_after_incidents_are_the_habit() -> None:
    answer = judged(with_incidents(*resilient("b"), released=mornings_after(DAYS)))

    assert answer.status == "yes"
    assert facts(answer) == [("releases-after-incidents", "yes"), ("resilience-settings", "yes")]
    assert answer.evidence[0].fact.parameters["followed"] == len(DAYS)


def test_releases_that_do_not_follow_incidents_are_no_habit() -> None:
    answer = judged(with_incidents(*resilient("b"), released=[]))

    assert (answer.status, answer.because.id) == ("no", "fix-in-code.not-followed")


def test_releases_of_every_day_follow_everything_and_prove_nothing() -> None:
    daily = [NOON - timedelta(days=day, hours=1) for day in range(199)]

    answer = judged(with_incidents(*resilient("b"), released=daily))

    assert answer.status == "no"


def test_a_few_incidents_leave_it_open() -> None:
    answer = judged(with_incidents(*resilient("b"), days=(9, 4), released=mornings_after((9, 4))))

    assert (answer.status, answer.probability) == ("unknown", 0.5)
    assert facts(answer) == [("resilience-settings", "yes"), ("releases-after-incidents", None)]


def test_versions_that_the_cluster_has_forgotten_are_not_counted() -> None:
    snapshot = with_incidents(*resilient("b"), released=[])
    young = tuple(
        msgspec.structs.replace(w, released_at=w.released_at and (NOON - timedelta(days=3),))
        for w in snapshot.objects.workloads
    )
    objects = msgspec.structs.replace(snapshot.objects, workloads=young)

    assert judged(msgspec.structs.replace(snapshot, objects=objects)).status == "unknown"


def test_libraries_in_the_code_of_half_of_the_projects_are_as_good_as_settings() -> None:
    libraries = tuple(Library(f"{name}/pom.xml", "Resilience4j", "resilience") for name in "ab")
    tree = CodeTree("shop", projects=("a", "b", "c", "d"), libraries=libraries)

    answer = judged(msgspec.structs.replace(cluster(*apps(4)), code=(tree,)))

    assert (answer.status, facts(answer)) == ("unknown", [("resilience-libraries", "yes")])
    assert answer.evidence[0].fact.parameters == {"having": 2, "count": 4}


def test_half_is_enough_to_leave_it_open() -> None:
    assert judged(cluster(*resilient("a"), *apps(1))).status == "unknown"


def test_few_settings_are_a_no() -> None:
    answer = judged(cluster(*resilient("a"), *apps(3)))

    assert answer.status == "no"
    assert answer.measure is not None
    assert (answer.measure.value, answer.measure.threshold) == (0.25, 0.5)


def defaults_of_all(count: int) -> list[Thing]:
    once = ConfigMap(
        "shop", "defaults", settings=(setting("timeout", "HTTP_CLIENT_TIMEOUT", "2s"),)
    )
    use = (ConfigUse("defaults", "envFrom"),)
    return [once, *(thing for n in range(count) for thing in app(f"r-{n}", config=use))]


def test_one_default_for_all_is_no_habit() -> None:
    answer = judged(cluster(*defaults_of_all(4)))

    assert (answer.status, facts(answer)) == ("no", [("resilience-shared", "no")])
    assert answer.because.id == "fix-in-code.set-once"
    assert answer.evidence[0].fact.parameters == {
        "having": 4,
        "count": 4,
        "places": "ConfigMap shop/defaults",
    }
    assert answer.measure is not None
    assert answer.measure.value == 0


def test_settings_of_their_own_beside_a_default_for_all_count() -> None:
    answer = judged(cluster(*defaults_of_all(3), *resilient("a", "b", "c")))

    assert (answer.status, facts(answer)) == ("unknown", [("resilience-settings", "yes")])


def test_one_default_for_all_is_no_no_where_more_may_be_hidden() -> None:
    answer = judged(cluster(*defaults_of_all(4), hidden=["StatefulSet"]))

    assert (answer.status, answer.because.id) == ("unknown", "fix-in-code.hidden")


def test_few_settings_seen_are_not_few_when_config_maps_are_hidden() -> None:
    answer = judged(cluster(*resilient("a"), *apps(3), hidden=["ConfigMap"]))

    assert (answer.status, answer.because.id) == ("unknown", "fix-in-code.hidden")


def test_without_applications_there_is_no_habit_to_see() -> None:
    assert judged(cluster()).because.id == "fix-in-code.no-applications"

from mesh_probe.graph.build import build
from mesh_probe.question import Answer, conclude
from mesh_probe.signals.fix_in_code import SIGNAL
from mesh_probe.snapshot import Snapshot
from tests.builders import Thing, app, apps, cluster, facts, setting


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


def test_half_is_enough_to_leave_it_open() -> None:
    assert judged(cluster(*resilient("a"), *apps(1))).status == "unknown"


def test_few_settings_are_a_no() -> None:
    answer = judged(cluster(*resilient("a"), *apps(3)))

    assert answer.status == "no"
    assert answer.measure is not None
    assert (answer.measure.value, answer.measure.threshold) == (0.25, 0.5)


def test_few_settings_seen_are_not_few_when_config_maps_are_hidden() -> None:
    answer = judged(cluster(*resilient("a"), *apps(3), hidden=["ConfigMap"]))

    assert (answer.status, answer.because.id) == ("unknown", "fix-in-code.hidden")


def test_without_applications_there_is_no_habit_to_see() -> None:
    assert judged(cluster()).because.id == "fix-in-code.no-applications"

from datetime import timedelta

import msgspec
import pytest

from mesh_probe.episodes import Episode, IncidentHistory
from mesh_probe.graph.build import build
from mesh_probe.model import Pod
from mesh_probe.question import Answer, Measure, conclude
from mesh_probe.signals.few_incidents import SIGNAL
from mesh_probe.snapshot import Snapshot
from tests.builders import NOON, Thing, apps, cluster, facts, outline

MONTH = 30 * 86_400


def judged(snapshot: Snapshot) -> Answer:
    return conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), {}))


def with_incidents(
    count: int, *things: Thing, proven: int = MONTH, state: str = "read"
) -> Snapshot:
    """A cluster in which that many alerts fired, each on a day of its own."""
    starts = [NOON - timedelta(days=day) for day in range(1, count + 1)]
    episodes = tuple(Episode("Down", at, at, at + timedelta(hours=1)) for at in sorted(starts))
    history = IncidentHistory(state, MONTH, proven, episodes=episodes)  # type: ignore[arg-type]
    return msgspec.structs.replace(cluster(*apps(3), *things), incidents=history)


def test_a_month_without_an_incident_is_a_yes() -> None:
    answer = judged(with_incidents(0))

    assert (answer.status, answer.basis) == ("yes", "observed")
    assert facts(answer) == [("incidents-seen", "yes")]
    assert answer.measure == Measure("incidents", 0, "incidents", 2)


def test_a_few_are_an_unsurer_yes() -> None:
    few, none = judged(with_incidents(2)), judged(with_incidents(0))

    assert few.status == "yes"
    assert (few.probability or 1) < (none.probability or 0)


@pytest.mark.parametrize("count", [3, 12])
def test_more_are_a_no_however_short_the_history(count: int) -> None:
    answer = judged(with_incidents(count))

    assert answer.status == "no"
    assert answer.measure == Measure("incidents", count, "incidents", 2)
    assert judged(with_incidents(count, proven=3 * 86_400, state="partial")).status == "no"


def test_many_are_a_surer_no() -> None:
    some, many = judged(with_incidents(3)), judged(with_incidents(12))

    assert (many.confidence or 0) > (some.confidence or 1)


@pytest.mark.parametrize(("proven", "state"), [(14 * 86_400, "read"), (MONTH, "partial")])
def test_silence_of_a_short_or_broken_history_proves_nothing(proven: int, state: str) -> None:
    answer = judged(with_incidents(0, proven=proven, state=state))

    assert (answer.status, answer.because.id) == ("unknown", "few-incidents.short")
    assert answer.measure == Measure("incident-history", proven, "seconds", MONTH)


def test_silence_of_young_alert_rules_proves_nothing() -> None:
    made = {"metadata.creationTimestamp": "2026-03-01T00:00:00Z"}
    old = {"metadata.creationTimestamp": "2025-03-01T00:00:00Z"}

    young = judged(with_incidents(0, outline("PrometheusRule", "new", made)))

    assert (young.status, young.because.id) == ("unknown", "few-incidents.short")
    assert judged(with_incidents(0, outline("PrometheusRule", "old", old))).status == "yes"


def test_pods_that_keep_restarting_speak_against_it() -> None:
    snapshot = with_incidents(2)
    pod = Pod("shop", "app-0-x", workload="Deployment/app-0", restarts=9)
    objects = msgspec.structs.replace(snapshot.objects, pods=(pod,))

    answer = judged(msgspec.structs.replace(snapshot, objects=objects))

    assert facts(answer) == [("incidents-seen", "yes"), ("restarting-pods", "no")]
    assert answer.status == "unknown"


def test_people_may_set_what_few_are() -> None:
    snapshot = msgspec.structs.replace(with_incidents(4), thresholds={"few-incidents": 5})

    assert judged(snapshot).status == "yes"


def test_without_a_history_nobody_can_tell() -> None:
    answer = judged(cluster(*apps(3)))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "few-incidents.unseen"
    assert answer.measure == Measure("incident-history", None, "seconds", MONTH)

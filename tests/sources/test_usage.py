import pytest

from mesh_probe.model import Usage
from mesh_probe.source import Sample
from mesh_probe.sources.usage import (
    CPU,
    JOB_OWNERS,
    MEMORY,
    POD_OWNERS,
    RESTARTS,
    RESTARTS_BEFORE,
    SET_OWNERS,
    owned,
    usage,
)


def row(value: float, **labels: str) -> Sample:
    return Sample({"namespace": "shop", **labels}, value)


def owner(kind: str, name: str, **labels: str) -> Sample:
    return row(1, owner_kind=kind, owner_name=name, **labels)


@pytest.mark.parametrize(
    ("kind", "name", "workload"),
    [
        ("StatefulSet", "db", "StatefulSet/db"),
        ("ReplicaSet", "web-6d4cf56db6", "Deployment/web"),
        ("Job", "report-28471680", "CronJob/report"),
        ("Job", "migrate", "Job/migrate"),
        ("<none>", "<none>", "Pod/x"),
        ("", "", "Pod/x"),
    ],
)
def test_the_name_of_an_owner_tells_the_workload_above_it(
    kind: str, name: str, workload: str
) -> None:
    assert owned({POD_OWNERS: [owner(kind, name, pod="x")]}) == {("shop", "x"): workload}


def test_the_owner_above_is_taken_where_it_is_told() -> None:
    answers = {
        POD_OWNERS: [
            owner("ReplicaSet", "a-1", pod="a"),
            owner("ReplicaSet", "b-1", pod="b"),
            owner("Job", "c-1", pod="c"),
        ],
        SET_OWNERS: [
            owner("Rollout", "a", replicaset="a-1"),
            owner("<none>", "<none>", replicaset="b-1"),
        ],
        JOB_OWNERS: [owner("CronJob", "nightly", job_name="c-1")],
    }

    assert owned(answers) == {
        ("shop", "a"): "Rollout/a",
        ("shop", "b"): "ReplicaSet/b-1",
        ("shop", "c"): "CronJob/nightly",
    }


def test_restarts_are_what_was_added_since() -> None:
    answers = {
        RESTARTS: [row(9, pod="a"), row(1, pod="b"), row(4, pod="c")],
        RESTARTS_BEFORE: [row(7, pod="a"), row(5, pod="b")],
    }
    found = usage(answers, lambda pod: f"Pod/{pod[1]}")

    assert found == (
        Usage("shop", "Pod/a", restarts_count=2),
        Usage("shop", "Pod/b", restarts_count=1),
        Usage("shop", "Pod/c", restarts_count=4),
    )


def test_without_the_count_before_restarts_are_unknown() -> None:
    found = usage({RESTARTS: [row(9, pod="a")], CPU: [row(1, pod="a")]}, lambda _: "Pod/a")

    assert found == (Usage("shop", "Pod/a", cpu_cores=1.0),)


def test_pods_of_no_known_workload_are_left_out() -> None:
    assert usage({MEMORY: [row(9, pod="a")]}, lambda _: None) == ()

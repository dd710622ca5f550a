"""Who runs whom."""

import json
from typing import Any

from mesh_probe.inventory import Inventory, Missing
from mesh_probe.model import Container
from tests.inventory.raw_objects import Raw, deployment, filled, kind, meta, owned_by, page, table


def pod(name: str, of: str | None = None, owner: str | None = None, **more: Any) -> Raw:
    owners = owned_by(of, owner) if of and owner else []
    return meta(name, ownerReferences=owners, **more)


def rows(inventory: Inventory, *pods: Raw) -> None:
    inventory.add_page(kind("Pod"), table(*((p, (p["name"], "1/1", "Running")) for p in pods)))


def replica_set(name: str, of: str | None = None, owner: str | None = None) -> Raw:
    return {"metadata": pod(name, of, owner)}


def names(inventory: Inventory) -> list[str]:
    return [f"{w.kind}/{w.name}" for w in inventory.objects().workloads]


def owners(inventory: Inventory) -> dict[str, str | None]:
    return {p.name: p.workload for p in inventory.objects().pods}


def test_pods_belong_to_the_controller_at_the_top() -> None:
    inventory = filled(
        {
            "Deployment": [deployment("web")],
            "ReplicaSet": [replica_set("web-1", "Deployment", "web")],
            "CronJob": [{"metadata": meta("nightly"), "spec": {}}],
            "Job": [{"metadata": pod("nightly-1", "CronJob", "nightly"), "spec": {}}],
            "StatefulSet": [{"metadata": meta("db"), "spec": {}}],
        }
    )
    rows(
        inventory,
        pod("web-1-a", "ReplicaSet", "web-1"),
        pod("nightly-1-a", "Job", "nightly-1"),
        pod("db-0", "StatefulSet", "db"),
    )

    assert owners(inventory) == {
        "web-1-a": "Deployment/web",
        "nightly-1-a": "CronJob/nightly",
        "db-0": "StatefulSet/db",
    }
    assert names(inventory) == ["StatefulSet/db", "CronJob/nightly", "Deployment/web"]
    assert inventory.missing_templates() == ()


def test_a_middle_kind_that_could_not_be_read_is_guessed_by_its_name() -> None:
    inventory = filled(
        {"Deployment": [deployment("web")], "CronJob": [{"metadata": meta("job"), "spec": {}}]}
    )
    rows(
        inventory,
        pod("a", "ReplicaSet", "web-5d4f"),
        pod("b", "Job", "job-2891"),
        pod("c", "ReplicaSet", "other-5d4f"),
    )

    assert owners(inventory) == {
        "a": "Deployment/web",
        "b": "CronJob/job",
        "c": "ReplicaSet/other-5d4f",
    }


def test_what_only_pods_show_is_asked_for_once_per_workload() -> None:
    inventory = filled(
        {"ReplicaSet": [replica_set("alone"), replica_set("w-1", "Deployment", "w")]}
    )
    rows(
        inventory,
        pod("bare"),
        pod("static-n1", "Node", "n1"),
        pod("w-1-b", "ReplicaSet", "w-1"),
        pod("w-1-a", "ReplicaSet", "w-1"),
        pod("kafka-1", "StrimziPodSet", "kafka"),
        pod("kafka-0", "StrimziPodSet", "kafka"),
        pod("alone-a", "ReplicaSet", "alone"),
    )

    assert inventory.missing_templates() == (
        Missing(kind("Pod"), "shop", "bare"),
        Missing(kind("Pod"), "shop", "kafka-0"),
        Missing(kind("Pod"), "shop", "static-n1"),
        Missing(kind("Pod"), "shop", "w-1-a"),
        Missing(kind("ReplicaSet"), "shop", "alone"),
    )
    assert names(inventory) == [
        "ReplicaSet/alone",
        "Pod/bare",
        "StrimziPodSet/kafka",
        "Pod/static-n1",
        "Deployment/w",
    ]


def test_versions_and_runs_of_an_owner_that_is_not_read_are_one_workload() -> None:
    def version(number: int, replicas: int) -> Raw:
        spec = {**deployment("web", image=f"web:{number}")["spec"], "replicas": replicas}
        return {"metadata": pod(f"web-{number}", "DeploymentConfig", "web"), "spec": spec}

    job = deployment("run", image="run:1")["spec"]["template"]
    inventory = filled(
        {
            "ReplicaSet": [replica_set("vm-5d4f", "CloneSet", "vm")],
            "ReplicationController": [version(1, 0), version(2, 3), version(3, 0)],
            "Job": [
                {"metadata": pod(f"run-{n}", "ScaledJob", "run"), "spec": {"template": job}}
                for n in "ab"
            ],
            "StatefulSet": [
                {"metadata": pod(f"ring-{n}", "Ring", "ring"), "spec": {}} for n in "ab"
            ],
        }
    )
    rows(
        inventory,
        pod("web-2-x", "ReplicationController", "web-2"),
        pod("vm-5d4f-x", "ReplicaSet", "vm-5d4f"),
    )

    web, *_ = [w for w in inventory.objects().workloads if w.name == "web"]
    assert (web.replicas, web.containers) == (3, (Container("app", "web:2"),))
    assert names(inventory) == [
        "StatefulSet/ring-a",
        "StatefulSet/ring-b",
        "ScaledJob/run",
        "CloneSet/vm",
        "DeploymentConfig/web",
    ]
    assert owners(inventory) == {"web-2-x": "DeploymentConfig/web", "vm-5d4f-x": "CloneSet/vm"}
    assert inventory.missing_templates() == (Missing(kind("Pod"), "shop", "vm-5d4f-x"),)


def test_scheduled_runs_of_kinds_that_are_not_read_are_one_workload() -> None:
    inventory = Inventory()
    rows(
        inventory,
        *(pod(f"n-{n}", "Job", f"nightly-2839000{n}") for n in "12"),
        *(pod(f"r-{n}", "Workflow", f"report-173225880{n}") for n in "12"),
        *(pod(f"s-{n}", "StrimziPodSet", f"shard-{n}") for n in "12"),
        pod("d", "StatefulSet", "db-20240101"),
        pod("bare-28390001"),
    )

    assert names(inventory) == [
        "Pod/bare-28390001",
        "StatefulSet/db-20240101",
        "CronJob/nightly",
        "Workflow/report",
        "StrimziPodSet/shard-1",
        "StrimziPodSet/shard-2",
    ]


def test_a_fetched_object_gives_the_workload_its_template() -> None:
    inventory = filled({"ReplicaSet": [replica_set("alone")]})
    rows(inventory, pod("kafka-0", "StrimziPodSet", "kafka"), pod("bare"))
    template = deployment("x", image="i:1")["spec"]["template"]

    for name, of, owner in (("kafka-0", "StrimziPodSet", "kafka"), ("bare", None, None)):
        full = {"metadata": pod(name, of, owner, labels={"app": name}), "spec": template["spec"]}
        inventory.add_object(kind("Pod"), json.dumps(full).encode())
    full = {"metadata": meta("alone"), "spec": {"replicas": 4, "template": template}}
    inventory.add_object(kind("ReplicaSet"), json.dumps(full).encode())

    assert inventory.missing_templates() == ()
    assert [
        (w.kind, w.name, w.replicas, w.labels, w.containers) for w in inventory.objects().workloads
    ] == [
        ("ReplicaSet", "alone", 4, {"app": "x"}, (Container("app", "i:1"),)),
        ("Pod", "bare", 1, {"app": "bare"}, (Container("app", "i:1"),)),
        ("StrimziPodSet", "kafka", None, {"app": "kafka-0"}, (Container("app", "i:1"),)),
    ]


def test_a_fetched_object_that_is_odd_is_a_gap() -> None:
    inventory = Inventory()

    inventory.add_object(kind("Pod"), b"<html>")

    assert [g.subject for g in inventory.gaps] == ["Pod"]


def test_a_workload_known_by_its_pods_has_their_labels() -> None:
    inventory = Inventory()
    rows(inventory, pod("bare", labels={"app": "x", "pod-template-hash": "y"}))

    assert inventory.objects().workloads[0].labels == {"app": "x"}


def test_whole_pods_say_the_same_as_rows_of_a_table() -> None:
    spec = {"nodeName": "n1", "containers": [{"name": "a"}, {"name": "b"}]}
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    status = {
        "phase": "Running",
        "podIP": "10.1.0.6",
        "containerStatuses": [
            {"ready": True, "restartCount": 1, "state": {"running": {}}},
            {"ready": False, "restartCount": 2, "state": waiting},
        ],
    }
    full, tabled = Inventory(), Inventory()
    full.add_page(kind("Pod"), page("Pod", {"metadata": meta("p"), "spec": spec, "status": status}))
    cells = ("p", "1/2", "CrashLoopBackOff", "3 (1m ago)", "5d", "10.1.0.6", "n1")
    tabled.add_page(kind("Pod"), table((meta("p"), cells)))

    assert full.objects().pods == tabled.objects().pods

from typing import Any

import pytest

from tests.blockers.found import cluster, container, machine, pod_spec, said
from tests.scenarios.world import Doc, app, thing, workload


def quota(scopes: list[str] | None = None, **hard: str) -> Doc:
    spec: dict[str, Any] = {"hard": {key.replace("_", "."): value for key, value in hard.items()}}
    if scopes:
        spec["scopes"] = scopes
    return thing("v1", "ResourceQuota", "shop", "shop", spec=spec)


def limits(**container_: dict[str, str]) -> Doc:
    spec = {"limits": [{"type": "Container", **container_}]}
    return thing("v1", "LimitRange", "shop", "shop", spec=spec)


def test_sidecars_may_reserve_more_than_the_machines_have_left() -> None:
    """Ten pods of 100m and 256Mi, and as many sidecars of 100m and 128Mi."""
    web = workload("shop", "web", replicas=10)

    assert said("no-room-for-sidecars", cluster(web, machine("a", cpu="1500m"))) == {
        "cluster": {
            "count": 10,
            "cpu": 1.0,
            "memory": 10 * 128 * 2**20,
            "free_cpu": 0.5,
            "free_memory": 16 * 2**30 - 10 * 256 * 2**20,
        }
    }
    assert said("no-room-for-sidecars", cluster(web, machine("a", cpu="2"))) == {}


def test_memory_may_run_out_first() -> None:
    web = workload("shop", "web", replicas=10)

    assert list(said("no-room-for-sidecars", cluster(web, machine("a", memory="3Gi")))) == [
        "cluster"
    ]


def test_what_gets_no_sidecar_needs_no_room() -> None:
    on_host = pod_spec(workload("shop", "agent", replicas=10), hostNetwork=True)
    nightly = workload("shop", "nightly", kind="CronJob", port=None)

    assert said("no-room-for-sidecars", cluster(on_host, nightly, machine("a", cpu="1"))) == {}


def test_machines_that_do_not_tell_what_they_have_prove_nothing() -> None:
    web = workload("shop", "web", replicas=100)
    silent = thing("v1", "Node", "b", status={"allocatable": {"cpu": "1"}})

    assert said("no-room-for-sidecars", cluster(web, machine("a", cpu="1"), silent)) == {}
    assert said("no-room-for-sidecars", cluster(web)) == {}


def test_ambient_mode_needs_room_on_each_machine() -> None:
    web = workload("shop", "web", replicas=9)
    full = [machine(name, cpu="500m") for name in ("a", "b")]

    assert said("no-room-for-ambient", cluster(web, *full)) == {
        "cluster": {
            "count": 2,
            "cpu": 0.6,
            "memory": 2 * 612 * 2**20,
            "free_cpu": 0.1,
            "free_memory": 32 * 2**30 - 9 * 256 * 2**20,
        }
    }
    assert said("no-room-for-ambient", cluster(web, machine("a"), machine("b"))) == {}
    assert said("no-room-for-ambient", cluster(*full)) == {}


def test_a_quota_counts_the_sidecars_as_well() -> None:
    """Four pods of 100m and 256Mi; a sidecar may use two cores and a gibibyte."""
    web = workload("shop", "web", replicas=4)
    seen = cluster(web, quota(requests_cpu="600m", limits_cpu="4", memory="8Gi", pods="20"))

    assert said("quota-exceeded", seen) == {
        "ResourceQuota shop/shop": {"over": "limits.cpu 8 > 4, requests.cpu 0.8 > 0.6", "pods": 4}
    }


def test_a_quota_that_holds_them_or_is_for_some_pods_only_is_fine() -> None:
    web = workload("shop", "web", replicas=4)

    assert said("quota-exceeded", cluster(web, quota(requests_cpu="800m"))) == {}
    assert said("quota-exceeded", cluster(web, quota(["BestEffort"], requests_cpu="1m"))) == {}
    assert said("quota-exceeded", cluster(quota(requests_cpu="1m"))) == {}


def test_a_quota_on_requests_refuses_a_proxy_that_has_none() -> None:
    seen = cluster(*app("shop", "web"), quota(requests_cpu="9", limits_memory="9Gi", pods="20"))

    assert said("quota-needs-requests", seen) == {
        "ResourceQuota shop/shop": {"resources": "limits.memory, requests.cpu"}
    }


@pytest.mark.parametrize(
    ("defaults", "missing"),
    [
        ({"defaultRequest": {"cpu": "100m"}}, "limits.cpu"),
        ({"default": {"cpu": "1"}}, None),
        ({"max": {"cpu": "4"}}, "limits.cpu, requests.cpu"),
    ],
)
def test_defaults_of_the_namespace_help(defaults: dict[str, Any], missing: str | None) -> None:
    seen = cluster(*app("shop", "web"), quota(requests_cpu="9", limits_cpu="9"), limits(**defaults))

    assert said("quota-needs-requests", seen) == (
        {"ResourceQuota shop/shop": {"resources": missing}} if missing else {}
    )


def test_a_quota_on_other_things_refuses_nothing() -> None:
    assert said("quota-needs-requests", cluster(*app("shop", "web"), quota(pods="20"))) == {}


def test_a_limit_below_the_sidecars_own_refuses_it() -> None:
    seen = cluster(*app("shop", "web"), limits(max={"cpu": "1", "memory": "512Mi"}))

    assert said("limit-exceeded", seen) == {
        "LimitRange shop/shop": {"over": "cpu 2 > 1, memory 1024Mi > 512Mi"}
    }


def test_higher_limits_and_those_of_empty_namespaces_do_not() -> None:
    high = limits(max={"cpu": "2", "memory": "1Gi"})
    low = limits(max={"cpu": "1"})
    of_pods = thing("v1", "LimitRange", "pods", "shop")
    of_pods["spec"] = {"limits": [{"type": "Pod", "max": {"cpu": "1"}}]}

    assert said("limit-exceeded", cluster(*app("shop", "web"), high)) == {}
    assert said("limit-exceeded", cluster(*app("shop", "web"), of_pods)) == {}
    assert said("limit-exceeded", cluster(low, *app("other", "web"))) == {}


def test_limits_of_containers_count_towards_a_quota() -> None:
    web = workload("shop", "web", replicas=1)
    container(web, resources={"limits": {"memory": "3Gi"}})

    assert said("quota-exceeded", cluster(web, quota(limits_memory="3Gi"))) == {
        "ResourceQuota shop/shop": {"over": "limits.memory 4096Mi > 3072Mi", "pods": 1}
    }

from typing import Any

import pytest

from tests.blockers.found import cluster, machine, pod_spec, said
from tests.scenarios.world import Doc, app, ingress, stateful, workload


def job(name: str = "nightly", home: str = "shop") -> Doc:
    return workload(home, name, kind="CronJob", port=None)


@pytest.mark.parametrize(
    ("kubelets", "found"),
    [
        (["v1.28.9"], "job-never-ends"),
        (["v1.33.0", "v1.28.9-eks-1"], "job-never-ends"),
        (["v1.29.0"], "job-ends-by-switch"),
        (["v1.32.4+k3s1", "v1.34.1"], "job-ends-by-switch"),
        (["v1.33.0"], None),
    ],
)
def test_whether_a_job_ends_beside_a_sidecar_is_up_to_the_oldest_machine(
    kubelets: list[str], found: str | None
) -> None:
    nodes = [machine(f"node-{n}", kubelet) for n, kubelet in enumerate(kubelets)]
    seen = cluster(job(), *nodes)
    version = ".".join(min(kubelets)[1:].split(".")[:2])

    for check_id in ("job-never-ends", "job-ends-by-switch"):
        expected = {"CronJob shop/nightly": {"version": version}} if check_id == found else {}
        assert said(check_id, seen) == expected


def test_without_a_machine_in_sight_the_api_servers_version_counts() -> None:
    assert list(said("job-never-ends", cluster(job(), version="v1.27.3"))) == [
        "CronJob shop/nightly"
    ]


def test_without_any_version_nothing_is_said_of_jobs() -> None:
    assert said("job-never-ends", cluster(job())) == {}
    assert said("job-ends-by-switch", cluster(job())) == {}


def test_what_runs_on_and_the_clusters_own_jobs_end_as_they_did() -> None:
    seen = cluster(*app("shop", "web"), job(home="kube-system"), version="v1.27.3")

    assert said("job-never-ends", seen) == {}


def waiting(*command: str, **env: str) -> Doc:
    """An application with an init container that runs a command."""
    init: dict[str, Any] = {
        "name": "wait",
        "image": "docker.io/library/busybox:1.37",
        "command": [*command],
        "env": [{"name": key, "value": value} for key, value in env.items()],
    }
    return pod_spec(workload("shop", "web"), initContainers=[init])


def test_an_init_container_that_calls_a_service_does_so_before_the_proxy() -> None:
    seen = cluster(
        waiting("sh", "-c", "migrate", DB_URL="postgres://db.shop:5432/shop"),
        *stateful("shop", "db", "docker.io/library/postgres:17", 5432),
        version="v1.31.0",
    )

    assert said("init-before-proxy", seen) == {"Deployment shop/web": {"hosts": "db.shop"}}


def test_native_sidecars_run_before_init_containers() -> None:
    seen = cluster(
        waiting("sh", DB_URL="postgres://db.shop:5432/shop"),
        *stateful("shop", "db", "docker.io/library/postgres:17", 5432),
        version="v1.33.0",
    )

    assert said("init-before-proxy", seen) == {}


def test_calls_of_the_program_itself_have_the_proxy() -> None:
    seen = cluster(
        workload("shop", "web", env={"DB_URL": "postgres://db.shop:5432/shop"}),
        *stateful("shop", "db", "docker.io/library/postgres:17", 5432),
        version="v1.31.0",
    )

    assert said("init-before-proxy", seen) == {}


def test_calls_out_of_the_cluster_fail_only_with_a_network_plugin() -> None:
    fetch = waiting("sh", SEEDS_URL="https://seeds.example.com/shop.tar")
    plugin = workload(
        "kube-system", "istio-cni-node", kind="DaemonSet", image="istio/install-cni:1.31.1"
    )

    assert said("init-before-proxy", cluster(fetch, version="v1.31.0")) == {}
    assert said("init-before-proxy", cluster(fetch, plugin, version="v1.31.0")) == {
        "Deployment shop/web": {"hosts": "seeds.example.com"}
    }


def test_a_called_program_without_readiness_probe_is_called_too_early() -> None:
    seen = cluster(
        *app("shop", "web", env={"CART_URL": "http://cart"}), *app("shop", "cart", probe=False)
    )

    assert said("no-readiness-probe", seen) == {"Deployment shop/cart": {"clients": "shop/web"}}


def test_calls_from_outside_count_as_well() -> None:
    seen = cluster(*app("shop", "web", probe=False), ingress("shop", "www", "web"))

    assert list(said("no-readiness-probe", seen)) == ["Deployment shop/web"]


def test_what_nobody_calls_and_what_is_no_application_need_no_probe() -> None:
    seen = cluster(
        *app("shop", "web", env={"DB_URL": "postgres://db:5432/shop"}),
        *app("shop", "idle", probe=False),
        *stateful("shop", "db", "docker.io/library/postgres:17", 5432),
    )

    assert said("no-readiness-probe", seen) == {}


def test_applications_that_connect_as_they_start_wait_for_no_proxy() -> None:
    database = stateful("shop", "db", "docker.io/library/postgres:17", 5432)
    web = app("shop", "web", env={"DB_URL": "postgres://db:5432/shop"})
    cart = app("shop", "cart", env={"WEB_URL": "http://web"})

    assert said("starts-beside-proxy", cluster(*database, *web, *cart, version="v1.32.1")) == {
        "cluster": {"count": 1, "examples": "Deployment shop/web", "version": "1.32"}
    }


def test_native_sidecars_start_first_and_who_connects_nowhere_needs_none() -> None:
    database = stateful("shop", "db", "docker.io/library/postgres:17", 5432)
    web = app("shop", "web", env={"DB_URL": "postgres://db:5432/shop"})

    assert said("starts-beside-proxy", cluster(*database, *web, version="v1.33.0")) == {}
    assert said("starts-beside-proxy", cluster(*database, *web)) == {}
    assert said("starts-beside-proxy", cluster(*app("shop", "cart"), version="v1.32.1")) == {}

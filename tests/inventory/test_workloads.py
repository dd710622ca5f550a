"""What a pod template says."""

from typing import Any

import pytest

from mesh_probe.inventory import Inventory
from mesh_probe.model import ConfigUse, Container, ContainerPort, Reference, Setting, Workload
from tests.inventory.raw_objects import (
    Raw,
    config_map,
    deployment,
    env,
    filled,
    kind,
    meta,
    service,
)

SERVICES = [service("cart"), service("redis"), service("db", "data")]


def read(*maps: Raw, pod: Raw | None = None, **container: Any) -> Workload:
    """The workload of a Deployment with one container of this content."""
    pages = {
        "Service": SERVICES,
        "ConfigMap": list(maps),
        "Deployment": [deployment("web", pod=pod, **container)],
    }
    (workload,) = filled(pages).objects().workloads
    return workload


def test_a_deployment_is_read_whole() -> None:
    raw = deployment("web", image="web:1", ports=[{"containerPort": 8080, "name": "http"}])
    raw["spec"]["template"]["metadata"] |= {
        "labels": {"app": "web", "version": "v1", "pod-template-hash": "x"},
        "annotations": {"sidecar.istio.io/inject": "true", "secret": "hunter2"},
    }
    raw["spec"]["template"]["spec"] |= {
        "serviceAccountName": "web-sa",
        "priorityClassName": "high",
        "hostNetwork": True,
        "securityContext": {"runAsUser": 1000, "fsGroup": 2000},
        "initContainers": [
            {"name": "migrate", "image": "m:1", "securityContext": {"runAsUser": 0}},
            {"name": "proxy", "restartPolicy": "Always"},
        ],
    }
    raw["spec"]["template"]["spec"]["containers"][0] |= {
        "resources": {
            "requests": {"cpu": "100m", "memory": "1Gi"},
            "limits": {"cpu": 1, "memory": "2Gi", "nvidia.com/gpu": "1"},
        },
        "readinessProbe": {"httpGet": {"port": 8080, "path": "/ready"}},
        "livenessProbe": {"exec": {"command": ["true"]}},
    }

    (workload,) = filled({"Service": [service("web")], "Deployment": [raw]}).objects().workloads

    assert workload == Workload(
        kind="Deployment",
        namespace="shop",
        name="web",
        labels={"app": "web", "version": "v1"},
        annotations={"sidecar.istio.io/inject": "true"},
        replicas=2,
        containers=(
            Container("migrate", "m:1", init=True, run_as_user=0),
            Container("proxy", run_as_user=1000),
            Container(
                "app",
                "web:1",
                ports=(ContainerPort(8080, "http"),),
                cpu_request_cores=0.1,
                memory_request_bytes=2**30,
                cpu_limit_cores=1.0,
                memory_limit_bytes=2**31,
                readiness_probe="http",
                liveness_probe="exec",
                run_as_user=1000,
            ),
        ),
        service_account="web-sa",
        priority_class="high",
        host_network=True,
    )


def test_variables_arguments_and_commands_give_references_and_settings() -> None:
    workload = read(
        env=env(CART_URL="http://cart:80/api?x=1", MODE="redis", HTTP_TIMEOUT="5s", DEBUG="1"),
        args=["--redis", "redis:6379", "--retry-limit=3", "--enable-tls"],
        command=["sh", "-c", "exec app --db=postgres://u:p@db.data:5432/x"],
    )

    assert workload.references == (
        Reference("cart", "CART_URL", "env", "url", 80, "http", tls=False),
        Reference("redis", "--redis", "args", "host-port", 6379),
        Reference("db.data", "--db", "command", "url", 5432, "postgres"),
    )
    assert workload.settings == (
        Setting("HTTP_TIMEOUT", "5s", "env", "timeout"),
        Setting("retry-limit", 3.0, "args", "retry"),
        Setting("enable-tls", True, "args", "tls"),
    )


def test_variables_are_put_in_before_the_text_is_read() -> None:
    workload = read(
        config_map("where", host="cart"),
        envFrom=[{"prefix": "CFG_", "configMapRef": {"name": "where"}}],
        env=[
            *env(WHERE="db.data", DB_URL="postgres://$(WHERE):5432/x"),
            {"name": "H", "valueFrom": {"configMapKeyRef": {"name": "where", "key": "host"}}},
            *env(CART_URL="http://$(H):80", UNKNOWN_URL="http://$(NOBODY):80"),
        ],
        args=["--cart=$(CFG_host):81", "--redis=$(REDIS_SERVICE_HOST):6379"],
    )

    assert workload.references == (
        Reference("db.data", "WHERE", "env", "fqdn"),
        Reference("db.data", "DB_URL", "env", "url", 5432, "postgres"),
        Reference("cart", "CART_URL", "env", "url", 80, "http", tls=False),
        Reference("cart", "--cart", "args", "host-port", 81),
        Reference("redis", "--redis", "args", "host-port", 6379),
    )


@pytest.mark.parametrize("half", ["HOST", "PORT"])
def test_host_and_port_are_joined_across_a_config_map(half: str) -> None:
    values = {"HOST": "cart", "PORT": "80"}
    borrowed = {"name": f"CART_{half}", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}
    own = {f"CART_{name}": value for name, value in values.items() if name != half}

    workload = read(config_map("m", k=values[half]), env=[*env(**own), borrowed])

    assert workload.references == (Reference("cart", "CART_HOST", "env", "pair", 80),)


def test_what_a_config_map_says_by_itself_is_not_said_again() -> None:
    borrowed = {"name": "CART", "valueFrom": {"configMapKeyRef": {"name": "m", "key": "k"}}}

    workload = read(config_map("m", k="http://cart"), env=[borrowed])

    assert workload.references == ()
    assert workload.config == (ConfigUse("m", "env", "k", "CART"),)


def test_config_maps_and_secrets_are_named_wherever_they_are_used() -> None:
    workload = read(
        env=[
            {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "one", "key": "a"}}},
            {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s1", "key": "b"}}},
        ],
        envFrom=[{"configMapRef": {"name": "two"}}, {"secretRef": {"name": "s2"}}],
        pod={
            "volumes": [
                {"name": "v", "configMap": {"name": "three"}},
                {"name": "w", "secret": {"secretName": "s3", "items": [{"key": "k", "path": "p"}]}},
                {
                    "name": "x",
                    "projected": {
                        "sources": [
                            {"configMap": {"name": "four", "items": [{"key": "f", "path": "g"}]}},
                            {"secret": {"name": "s4"}},
                            {"serviceAccountToken": {"path": "token"}},
                        ]
                    },
                },
                {"name": "y", "emptyDir": {}},
            ]
        },
    )

    assert workload.config == (
        ConfigUse("four", "file", "f"),
        ConfigUse("one", "env", "a", "A"),
        ConfigUse("three", "file"),
        ConfigUse("two", "envFrom"),
    )
    assert workload.secrets == ("s1/b", "s2", "s3/k", "s4")


@pytest.mark.parametrize(
    "variables",
    [
        env(OTEL_SERVICE_NAME="frontend"),
        env(OTEL_RESOURCE_ATTRIBUTES="a=b,service.name=frontend,c=d"),
        env(N="frontend", OTEL_SERVICE_NAME="$(N)"),
        [
            {
                "name": "OTEL_SERVICE_NAME",
                "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}},
            }
        ],
    ],
)
def test_the_name_a_workload_gives_itself_is_kept(variables: list[Raw]) -> None:
    raw = deployment("web", env=variables)
    raw["spec"]["template"]["metadata"]["labels"]["app"] = "frontend"

    (workload,) = filled({"Deployment": [raw]}).objects().workloads

    assert workload.service_name == "frontend"


def test_an_annotation_names_it_where_no_variable_does() -> None:
    raw = deployment("web")
    raw["spec"]["template"]["metadata"]["annotations"] = {
        "resource.opentelemetry.io/service.name": "frontend"
    }

    (workload,) = filled({"Deployment": [raw]}).objects().workloads

    assert workload.service_name == "frontend"


def test_init_containers_are_told_apart() -> None:
    workload = read(
        pod={
            "initContainers": [
                {
                    "name": "wait",
                    "command": ["wait-for", "redis:6379"],
                    "env": env(CART_ADDR="cart:80"),
                }
            ]
        }
    )

    assert [(r.host, r.found_in) for r in workload.references] == [
        ("cart", "init-env"),
        ("redis", "init-command"),
    ]


@pytest.mark.parametrize(
    ("of", "spec", "replicas"),
    [
        ("Deployment", {}, 1),
        ("StatefulSet", {"replicas": 0}, 0),
        ("DaemonSet", {}, None),
        ("Job", {}, None),
        ("ReplicationController", {"replicas": 3}, 3),
    ],
)
def test_replicas_default_as_the_api_has_them(of: str, spec: Raw, replicas: int | None) -> None:
    raw = {"metadata": meta("x"), "spec": {"template": {}, **spec}}

    (workload,) = filled({of: [raw]}).objects().workloads

    assert (workload.kind, workload.replicas) == (of, replicas)


def test_a_daemon_set_has_as_many_pods_as_its_status_says() -> None:
    raw = {"metadata": meta("x"), "spec": {}, "status": {"desiredNumberScheduled": 7}}

    assert filled({"DaemonSet": [raw]}).objects().workloads[0].replicas == 7


def test_the_template_of_a_cron_job_is_found() -> None:
    raw = {
        "metadata": meta("nightly"),
        "spec": {
            "jobTemplate": {
                "spec": {
                    "template": deployment("x", env=env(CART_ADDR="cart:80"))["spec"]["template"]
                }
            }
        },
    }

    (workload,) = filled({"Service": SERVICES, "CronJob": [raw]}).objects().workloads

    assert [r.host for r in workload.references] == ["cart"]


def test_a_rollout_runs_the_template_it_refers_to_in_place_of_its_deployment() -> None:
    rollout = {
        "metadata": meta("web-rollout"),
        "spec": {
            "replicas": 5,
            "workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
        },
    }
    pages = {"Deployment": [deployment("web", image="web:1")], "Rollout": [rollout]}

    (workload,) = filled(pages).objects().workloads

    assert (workload.kind, workload.name, workload.replicas) == ("Rollout", "web-rollout", 5)
    assert workload.containers == (Container("app", "web:1"),)


def test_a_bare_word_names_only_services_known_here_or_by_their_namespace() -> None:
    workload = read(env=env(A_HOST="redis", B_HOST="db", C_HOST="db.data", D_HOST="nobody"))

    assert [r.host for r in workload.references] == ["redis", "db.data"]


def test_values_against_the_api_are_read_all_the_same() -> None:
    raw = deployment(
        "web", env=[{"name": "HTTP_TIMEOUT", "value": 30}, {"name": "USE_TLS", "value": True}]
    )
    raw |= {"apiVersion": "apps/v1", "kind": "Deployment"}
    inventory = Inventory()

    assert inventory.add(raw, "file")
    assert [s.value for s in inventory.objects().workloads[0].settings] == [30.0, True]
    assert inventory.gaps == ()


def test_labels_are_kept_that_any_selector_uses() -> None:
    raw = deployment("web")
    raw["spec"]["template"]["metadata"]["labels"] = {
        "tier": "x",
        "color": "y",
        "mood": "z",
        "app": "w",
    }
    pages = {
        "Service": [service("web", selector={"tier": "x"})],
        "Deployment": [raw],
        "PodDisruptionBudget": [
            {"metadata": meta("pdb"), "spec": {"selector": {"matchLabels": {"color": "y"}}}}
        ],
    }

    assert filled(pages).objects().workloads[0].labels == {"app": "w", "color": "y", "tier": "x"}
    assert kind("PodDisruptionBudget").keep


def test_what_a_workload_runs_is_stored_with_it() -> None:
    workload = read(image="docker.io/library/postgres:16")

    assert (workload.product, workload.role) == ("postgres", "datastore")


def hosts(workload: Workload) -> list[tuple[str, int | str | None]]:
    return [(r.host, r.port) for r in workload.references]


@pytest.mark.parametrize(
    ("script", "host", "port"),
    [
        ("curl http://$CART_HOST:80/x", "cart", 80),
        ("curl http://${CART_HOST}:${CART_PORT}/x", "cart", 81),
        ("curl http://${CART_HOST:-redis}/x", "cart", None),
        ("curl http://${UNSET:-redis}:80/x", "redis", 80),
        ("curl http://$REDIS_SERVICE_HOST:$REDIS_SERVICE_PORT/x", "redis", 80),
    ],
)
def test_a_shell_s_variables_are_known_by_the_container_s(
    script: str, host: str, port: int | None
) -> None:
    workload = read(env=env(CART_HOST="cart", CART_PORT="81"), args=["sh", "-c", script])

    assert [(r.host, r.port) for r in workload.references if r.found_in == "args"] == [(host, port)]


def test_a_port_may_stand_in_the_config_map_that_is_taken_whole() -> None:
    workload = read(
        config_map("ports", CART_PORT="81"),
        env=env(CART_HOST="cart"),
        envFrom=[{"configMapRef": {"name": "ports"}}],
    )

    assert hosts(workload) == [("cart", 81)]


FILES = {"volumes": [{"name": "v", "configMap": {"name": "files"}}]}


def uses(workload: Workload) -> list[tuple[str, str | None]]:
    return [(use.how, use.key) for use in workload.config]


def test_of_a_volume_that_is_mounted_in_part_only_that_part_is_read() -> None:
    mounts = [{"name": "v", "mountPath": "/etc/a.yml", "subPath": "a.yml"}]

    assert uses(read(pod=FILES, volumeMounts=mounts)) == [("file", "a.yml")]


def test_the_path_of_a_file_leads_back_to_its_key() -> None:
    volume = {"name": "files", "items": [{"key": "a", "path": "etc.yml"}]}
    mounts = [{"name": "v", "mountPath": "/etc.yml", "subPath": "etc.yml"}]
    pod = {"volumes": [{"name": "v", "configMap": volume}]}

    assert uses(read(pod=pod, volumeMounts=mounts)) == [("file", "a")]


def test_a_volume_that_no_container_mounts_is_not_read() -> None:
    mounts = [{"name": "other", "mountPath": "/x"}]

    assert uses(read(pod=FILES, volumeMounts=mounts)) == []
    assert uses(read(pod=FILES)) == [("file", None)]


def test_a_file_that_an_argument_names_is_told_from_the_others() -> None:
    files = config_map("files")
    files["data"] = {"a.yml": "x: 1", "b.yml": "x: 2"}

    workload = read(files, pod=FILES, args=["--config=/etc/app/a.yml", "--log=c.yml"])

    assert uses(workload) == [("file", None), ("file", "a.yml")]


def test_a_spring_program_asks_for_the_config_map_that_is_called_like_itself() -> None:
    assert uses(read(env=env(SPRING_PROFILES_ACTIVE="x"))) == [("api", None)]
    (use,) = read(env=env(SPRING_APPLICATION_NAME="till")).config
    assert use == ConfigUse("till", "api")


def test_a_sidecar_that_gathers_config_maps_by_label_reads_those() -> None:
    labelled, other = config_map("sources"), config_map("other")
    labelled["metadata"]["labels"] = {"dashboards": "1"}

    workload = read(labelled, other, image="x/k8s-sidecar:1", env=env(LABEL="dashboards"))

    assert workload.config == (ConfigUse("sources", "api"),)

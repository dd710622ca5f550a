"""The manifests of the shop and of the demo on kind: what Kubernetes says of them."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.example_shop.shop import STORIES
from tests.kube import RealKubeServer
from tests.kube.real import assets
from tests.prometheus import server

ROOT = Path(__file__).parents[2]
FILES = (
    *(ROOT / "examples/kind/manifests" / f"{name}.yaml"
      for name in ("prometheus", "kube-state-metrics", "ingress")),
    *(ROOT / "examples/shop/manifests" / f"{name}.yaml" for name in ("shop", "gift-cards")),
)  # fmt: skip
KUBERNETES = ("1.34", "1.35", "1.36")
WORKLOADS = {"Deployment", "StatefulSet"}


def documents() -> list[dict[str, Any]]:
    return [each for file in FILES for each in yaml.safe_load_all(file.read_text("utf-8"))]


@pytest.mark.parametrize("version", KUBERNETES)
def test_kubernetes_knows_every_field(version: str) -> None:
    for document in documents():
        kubernetes_validate.validate(document, version, strict=True)


def test_prometheus_accepts_its_configuration(tmp_path: Path) -> None:
    """Debian builds promtool without Kubernetes, so its pods and nodes are named to it here."""
    (configuration,) = (d for d in documents() if d["kind"] == "ConfigMap")
    content = yaml.safe_load(configuration["data"]["prometheus.yml"])
    for job in content["scrape_configs"]:
        if job.pop("kubernetes_sd_configs", None):
            job["static_configs"] = [{"targets": ["127.0.0.1:1"]}]
        if "authorization" in job:
            job["authorization"]["credentials_file"] = __file__
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(content))

    checked = subprocess.run(
        ["promtool", "check", "config", file], check=False, capture_output=True, text=True
    )

    assert checked.returncode == 0, checked.stderr


def test_prometheus_finds_the_pods_that_ask_for_it_once_each(tmp_path: Path) -> None:
    """A real Prometheus, told of pods as the API server would tell it."""
    (configuration,) = (d for d in documents() if d["kind"] == "ConfigMap")
    content = yaml.safe_load(configuration["data"]["prometheus.yml"])
    (job,) = (j for j in content["scrape_configs"] if j["job_name"] == "kubernetes-pods")
    job.pop("kubernetes_sd_configs")
    job["static_configs"] = [
        pod("cart", port="8080"),
        pod("cart", "10.0.0.1:9999", port="8080"),  # another port of its container
        pod("orders", port="15020", path="/stats/prometheus"),  # with a sidecar
        pod("silent", scrape="false"),
        pod("done", phase="Succeeded"),
    ]
    content["scrape_configs"] = [job]

    with server.running(tmp_path / "prometheus", config=yaml.safe_dump(content)) as url:
        found = wait_for_targets(url, 2)

    assert {(t["labels"]["namespace"], t["labels"]["pod"], t["scrapeUrl"]) for t in found} == {
        ("shop", "cart-x", "http://127.0.0.9:8080/metrics"),
        ("shop", "orders-x", "http://127.0.0.9:15020/stats/prometheus"),
    }


def pod(
    name: str, address: str = "10.0.0.1:8080", phase: str = "Running", **asks: str
) -> dict[str, Any]:
    meta = "__meta_kubernetes_pod"
    annotations = {f"{meta}_annotation_prometheus_io_{key}": value for key, value in asks.items()}
    labels = {
        f"{meta}_annotation_prometheus_io_scrape": "true",
        "__meta_kubernetes_namespace": "shop",
        f"{meta}_name": f"{name}-x",
        f"{meta}_ip": "127.0.0.9",
        f"{meta}_phase": phase,
    }
    return {"targets": [address], "labels": labels | annotations}


def wait_for_targets(url: str, count: int) -> list[dict[str, Any]]:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        with urlopen(f"{url}/api/v1/targets?state=active") as answer:
            found: list[dict[str, Any]] = json.load(answer)["data"]["activeTargets"]
        if len(found) >= count:
            return found
        time.sleep(0.1)
    pytest.fail("Prometheus does not tell of its targets")


class Kubectl:
    """kubectl as it is called by the demo, on a real API server."""

    def __init__(self, program: str, kubeconfig: Path) -> None:
        self._command = [program, f"--kubeconfig={kubeconfig}"]

    def __call__(self, *arguments: str | Path, stdin: str = "") -> list[str]:
        """What it prints. Fails where kubectl does, and where it warns."""
        done = subprocess.run(
            [*self._command, *map(str, arguments)],
            input=stdin, check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Warning" not in done.stderr, done.stderr
        return done.stdout.splitlines()


@pytest.fixture(scope="module")
def kubectl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubectl]:
    programs = assets()
    if programs is None:
        pytest.skip("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd")
    program = shutil.which("kubectl", path=f"{programs}{os.pathsep}{os.environ.get('PATH', '')}")
    if program is None:
        pytest.skip("kubectl is neither in KUBEBUILDER_ASSETS nor on PATH")
    folder = tmp_path_factory.mktemp("kind")
    api = RealKubeServer(programs, folder, (), {})
    try:
        kubectl = Kubectl(program, api.kubeconfig(folder))
        kubectl("apply", *(word for file in FILES for word in ("-f", file)))
        yield kubectl
    finally:
        api.close()


def test_a_second_time_changes_nothing(kubectl: Kubectl) -> None:
    done = kubectl("apply", *(word for file in FILES for word in ("-f", file)))

    assert changed(done) == []


def test_stories_and_sidecars_go_when_the_shop_is_put_back(kubectl: Kubectl) -> None:
    shop = FILES[-2]
    before = specs(kubectl)
    for story in STORIES.values():
        for name, variables in story.env.items():
            words = [f"{key}={value}" for key, value in variables.items()]
            kubectl("set", "env", f"deployment/{name}", "--namespace", "shop", *words)
    kubectl("label", "namespace", "shop", "istio-injection=enabled", "--overwrite")
    kubectl("rollout", "restart", "statefulset", "--namespace", "shop")
    kubectl("rollout", "restart", "deployment", "--namespace", "shop")
    assert specs(kubectl) != before

    kubectl("apply", "-f", shop)
    kubectl("replace", "--save-config", "-f", shop)

    assert specs(kubectl) == before
    assert changed(kubectl("apply", "-f", shop)) == []


def changed(applied: Sequence[str]) -> list[str]:
    """Less the Secret: the server keeps no `stringData`, so kubectl always sends it."""
    return [
        line for line in applied if not line.endswith(" unchanged") and "secret/shop-db" not in line
    ]


def specs(kubectl: Kubectl) -> dict[str, Any]:
    """What the shop is asked to be, less what the server counts."""
    kinds = "deployments,statefulsets,services,ingresses"
    listed = json.loads("".join(kubectl("get", kinds, "-n", "shop", "-o", "json")))
    namespace = json.loads("".join(kubectl("get", "namespace", "shop", "-o", "json")))
    found = {f"{d['kind']}/{d['metadata']['name']}": d["spec"] for d in listed["items"]}
    # gift-cards are not part of the shop as it should be.
    return {k: v for k, v in found.items() if "gift" not in k} | {
        "labels": namespace["metadata"]["labels"]
    }


def test_pod_security_lets_every_pod_in(kubectl: Kubectl) -> None:
    """There is no controller here: pods are asked for as one would."""
    for document in documents():
        if document["kind"] not in WORKLOADS:
            continue
        meta, template = document["metadata"], document["spec"]["template"]
        pod = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {**template["metadata"], "name": "tried", "namespace": meta["namespace"]},
            "spec": template["spec"],
        }

        done = kubectl("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))

        assert done == ["pod/tried created (server dry run)"]

"""The manifests of the shop and of the demo on kind: what Kubernetes says of them."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import kubernetes_validate  # type: ignore[import-untyped]
import pytest
import yaml

from tests.example_shop.shop import STORIES
from tests.kube import RealKubeServer
from tests.kube.real import assets

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
    server = RealKubeServer(programs, folder, (), {})
    try:
        kubectl = Kubectl(program, server.kubeconfig(folder))
        kubectl("apply", *(word for file in FILES for word in ("-f", file)))
        yield kubectl
    finally:
        server.close()


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

"""The demo on kind with a real API server, kubectl and mesh-probe; no containers, so no pods."""

import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mesh_probe.snapshot import loads
from tests.kube import RealKubeServer
from tests.kube.real import assets

ROOT = Path(__file__).parents[2]
PACKED = base64.b64encode(gzip.compress(b"the report of the cluster")).decode()
KUBECTL = """#!/bin/sh
# There are no controllers to wait for, and no pod that leaves its report.
case "$*" in
  *" rollout status "*|*" wait "*) exit 0 ;;
  *" get configmap "*) printf %s "{packed}" ;;
  *) exec "{kubectl}" "$@" ;;
esac
"""
KIND = """#!/bin/sh
case "$1 $2" in "create cluster") cp "{kubeconfig}" "$KUBECONFIG" ;; esac
"""
MESH_PROBE = """#!/bin/sh
exec "{python}" -m mesh_probe "$@"
"""
NOTHING = "#!/bin/sh\n"


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, str]]:
    """Folder of the reports, stdout, and what is in the cluster when all is done."""
    programs = assets()
    if programs is None:
        pytest.skip("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd")
    kubectl = shutil.which("kubectl", path=f"{programs}{os.pathsep}{os.environ.get('PATH', '')}")
    if kubectl is None:
        pytest.skip("kubectl is neither in KUBEBUILDER_ASSETS nor on PATH")
    folder = tmp_path_factory.mktemp("rehearsal")
    server = RealKubeServer(programs, folder, (), {})
    try:
        kubeconfig = server.kubeconfig(folder)
        content = json.loads(kubeconfig.read_text())
        content["contexts"][0]["name"] = content["current-context"] = "kind-mesh-probe"
        kubeconfig.write_text(json.dumps(content))
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        stand_ins = dict.fromkeys(("docker", "helm", "sleep"), NOTHING) | {
            "kubectl": KUBECTL.format(packed=PACKED, kubectl=kubectl),
            "kind": KIND.format(kubeconfig=kubeconfig),
            "mesh-probe": MESH_PROBE.format(python=sys.executable),
        }
        for name, script in stand_ins.items():
            (bin_folder / name).write_text(script)
            (bin_folder / name).chmod(0o755)
        done = subprocess.run(
            [
                *(ROOT / "examples/kind/demo.sh", "--output", folder / "out", "--no-open"),
                *("--with-istio", "--in-cluster", "--keep"),
                *("--story", "retry-storm", "--story", "never-called"),
            ],
            env={
                "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": str(ROOT),
                "HOME": str(folder),
                "MESH_PROBE_LANG": "en",
            },
            check=False, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        look = ["get", "jobs,namespaces,deployments", "--all-namespaces", "--output", "json"]
        listed = subprocess.run(
            [kubectl, f"--kubeconfig={kubeconfig}", *look],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        yield folder / "out", done.stdout, listed.stdout
    finally:
        server.close()


def test_mesh_probe_reads_what_the_demo_made(rehearsal: tuple[Path, str, str]) -> None:
    folder, _, _ = rehearsal
    saved = (folder / "before.json.gz").read_bytes()
    names = {workload.name for workload in loads(saved, "before.json.gz").objects.workloads}

    assert {"storefront", "customers", "shop-db", "gift-cards", "prometheus", "traefik"} <= names
    assert (folder / "with-istio.html").read_text("utf-8").startswith("<!doctype html>")


def test_reports_and_what_changed_are_printed(rehearsal: tuple[Path, str, str]) -> None:
    _, stdout, _ = rehearsal

    assert stdout.count("The nine questions") >= 2
    assert "What changed from " in stdout


def test_the_job_was_made_from_the_cron_job(rehearsal: tuple[Path, str, str]) -> None:
    folder, _, listed = rehearsal
    (job,) = (each for each in json.loads(listed)["items"] if each["kind"] == "Job")

    assert job["metadata"]["name"] == "mesh-probe-now"
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "mesh-probe:demo"
    assert (folder / "in-cluster.txt").read_text() == "the report of the cluster"


def test_the_shop_has_its_stories_and_is_in_the_mesh(rehearsal: tuple[Path, str, str]) -> None:
    items = {
        (each["kind"], each["metadata"]["name"]): each for each in json.loads(rehearsal[2])["items"]
    }
    (orders,) = items["Deployment", "orders"]["spec"]["template"]["spec"]["containers"]

    assert {"name": "RETRIES", "value": "4"} in orders["env"]
    assert items["Namespace", "shop"]["metadata"]["labels"]["istio-injection"] == "enabled"

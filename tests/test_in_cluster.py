"""The manifests on a real API server, and a run with the rights that they give."""

import base64
import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh_probe.kinds import KINDS
from tests.cli.test_scan import run
from tests.kube import RealKubeServer
from tests.kube.real import assets
from tests.kube.shop import OBJECTS
from tests.kube.wire import write_kubeconfig

ACCOUNT = "/api/v1/namespaces/mesh-probe/serviceaccounts/mesh-probe"
REPORT = "/api/v1/namespaces/mesh-probe/configmaps/mesh-probe-report"


def mesh_probe(*arguments: str, kubeconfig: Path) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "KUBECONFIG": str(kubeconfig), "MESH_PROBE_LANG": "en"}
    command = [sys.executable, "-m", "mesh_probe", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=env)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealKubeServer]:
    """A real API server of its own, with what `mesh-probe manifests | kubectl apply -f -` made."""
    programs = assets()
    if programs is None:
        pytest.skip("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd")
    kubectl = shutil.which("kubectl", path=f"{programs}{os.pathsep}{os.environ.get('PATH', '')}")
    if kubectl is None:
        pytest.skip("kubectl is neither in KUBEBUILDER_ASSETS nor on PATH")
    folder = tmp_path_factory.mktemp("in-cluster")
    server = RealKubeServer(programs, folder, OBJECTS, {})
    try:
        kubeconfig = server.kubeconfig(folder)
        yaml = mesh_probe("manifests", "--with", "configmap", kubeconfig=kubeconfig).stdout
        for _ in range(2):  # a second time changes nothing
            apply = [kubectl, f"--kubeconfig={kubeconfig}", "apply", "-f", "-"]
            done = subprocess.run(apply, input=yaml, check=False, capture_output=True, text=True)
            assert done.returncode == 0, done.stderr
            assert "Warning" not in done.stderr
        assert {line.rpartition(" ")[2] for line in done.stdout.splitlines()} == {"unchanged"}
        yield server
    finally:
        server.close()


@pytest.fixture(scope="module")
def token(server: RealKubeServer) -> str:
    """What a pod of this service account logs in with."""
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    status, _, body = server.ask("POST", f"{ACCOUNT}/token", asked)
    assert status == 201, body
    issued: str = json.loads(body)["status"]["token"]
    return issued


@pytest.fixture
def kubeconfig(server: RealKubeServer, token: str, tmp_path: Path) -> Path:
    admin = server.kubeconfig(tmp_path)
    authority = json.loads(admin.read_text())["clusters"][0]["cluster"]
    ca = base64.b64decode(authority["certificate-authority-data"])
    return write_kubeconfig(tmp_path / "account", server.url, ca, {"token": token}, "mesh-probe")


@pytest.fixture
def pod(
    server: RealKubeServer, token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a pod of this service account finds around it."""
    admin = json.loads(server.kubeconfig(tmp_path).read_text())
    ca = admin["clusters"][0]["cluster"]["certificate-authority-data"]
    (tmp_path / "ca.crt").write_bytes(base64.b64decode(ca))
    (tmp_path / "token").write_text(token)
    (tmp_path / "namespace").write_text("mesh-probe")
    loader = "kubernetes.config.incluster_config.SERVICE_"
    monkeypatch.setattr(f"{loader}TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(f"{loader}CERT_FILENAME", str(tmp_path / "ca.crt"))
    host, _, port = server.url.removeprefix("https://").partition(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)


def status_of(server: RealKubeServer, token: str, path: str, method: str = "GET") -> int:
    body = {"data": {"x": "y"}} if method == "PATCH" else None
    media = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media}
    return server.ask(method, path, body, **headers)[0]


def template(server: RealKubeServer) -> dict[str, Any]:
    """The pods of the CronJob."""
    jobs = "/apis/batch/v1/namespaces/mesh-probe/cronjobs/mesh-probe"
    job = json.loads(server.ask("GET", jobs)[2])["spec"]["jobTemplate"]["spec"]
    found: dict[str, Any] = job["template"]
    return found


def test_pod_security_admits_the_pod_and_would_refuse_a_lesser_one(server: RealKubeServer) -> None:
    """The namespace enforces "restricted"."""
    pods = "/api/v1/namespaces/mesh-probe/pods?dryRun=All"
    pod = {"apiVersion": "v1", "kind": "Pod", **template(server)}
    pod["metadata"] = {**pod["metadata"], "name": "once"}
    spec = {**pod["spec"], "securityContext": {**pod["spec"]["securityContext"]}}
    del spec["securityContext"]["runAsNonRoot"]

    assert server.ask("POST", pods, pod)[0] == 201
    assert server.ask("POST", pods, {**pod, "spec": spec})[0] == 403


def test_a_run_with_these_rights_has_no_gap_that_rights_caused(kubeconfig: Path) -> None:
    done = mesh_probe("scan", "--format", "json", kubeconfig=kubeconfig)

    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [gap for gap in report["gaps"] if "forbidden" in gap["reason_id"]] == []
    assert [gap for gap in report["gaps"] if gap["hint_id"] == "hint.forbidden"] == []
    assert report["cluster"]["services"]
    assert report["cluster"]["nodes"] is not None


@pytest.mark.usefixtures("pod")
def test_the_arguments_of_the_cron_job_work_in_a_pod(server: RealKubeServer) -> None:
    """As the CronJob runs it, but for the image: in-cluster login, report, ConfigMap, history."""
    (container,) = template(server)["spec"]["containers"]

    result = run(*container["args"], "--at", "2026-03-01T06:00:00Z")

    assert result.exit_code == 0, result.stderr
    assert "Not allowed" not in result.stdout
    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert [line["message"].split(" in ")[0] for line in lines] == [
        "delivered to configmap:mesh-probe-report"
    ]
    held = json.loads(server.ask("GET", REPORT)[2])
    report = gzip.decompress(base64.b64decode(held["binaryData"]["report.txt.gz"])).decode()
    assert report == result.stdout
    trend = json.loads(run("history", "configmap:mesh-probe-report", "--format", "json").stdout)
    assert "2026-03-01T06:00:00Z" in {point["taken_at"] for point in trend["points"]}


def test_every_kind_was_read_or_is_not_served(kubeconfig: Path, tmp_path: Path) -> None:
    saved = tmp_path / "scan.json"

    mesh_probe("scan", "--save", str(saved), kubeconfig=kubeconfig)

    kinds = json.loads(saved.read_text())["objects"]["kinds"]
    assert {kind["state"] for kind in kinds} <= {"read", "not-served"}
    assert {(kind["kind"], kind["group"]) for kind in kinds} == {(k.name, k.group) for k in KINDS}


def test_secrets_proxies_and_writing_are_refused(server: RealKubeServer, token: str) -> None:
    refused = {
        ("GET", "/api/v1/secrets"),
        ("GET", "/api/v1/namespaces/mesh-probe/secrets/mesh-probe-settings"),
        ("GET", "/api/v1/namespaces/shop/services/web:80/proxy/"),
        ("GET", "/api/v1/namespaces/shop/pods/web/log"),
        ("PATCH", "/api/v1/namespaces/shop/configmaps/web"),
        ("PATCH", "/api/v1/namespaces/mesh-probe/configmaps/other"),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/web"),
        ("DELETE", REPORT),
    }

    found = {(method, path): status_of(server, token, path, method) for method, path in refused}

    assert found == dict.fromkeys(refused, 403)


def test_runs_leave_report_and_history_in_the_config_map(
    server: RealKubeServer, kubeconfig: Path
) -> None:
    deliver = ("--deliver", "configmap:mesh-probe-report#keep=3")
    for day in range(1, 6):
        at = ("--at", f"2026-03-0{day}T06:00:00Z")
        done = mesh_probe("scan", "--format", "markdown", *at, *deliver, kubeconfig=kubeconfig)
        assert done.returncode == 0, done.stderr

    held: dict[str, Any] = json.loads(server.ask("GET", REPORT)[2])
    assert gzip.decompress(base64.b64decode(held["binaryData"]["report.md.gz"])).startswith(b"# ")
    assert held["data"]["taken-at"] == "2026-03-05T06:00:00Z"
    trend = mesh_probe(
        *("history", "configmap:mesh-probe/mesh-probe-report", "--format", "json"),
        kubeconfig=kubeconfig,
    )
    assert [point["taken_at"] for point in json.loads(trend.stdout)["points"]] == [
        "2026-03-03T06:00:00Z",
        "2026-03-04T06:00:00Z",
        "2026-03-05T06:00:00Z",
    ]


def test_a_config_map_that_is_not_there_costs_the_delivery_and_not_the_report(
    kubeconfig: Path,
) -> None:
    done = mesh_probe("demo", "--deliver", "configmap:nowhere", kubeconfig=kubeconfig)

    assert done.returncode == 5
    assert done.stdout.startswith("By what is answered so far, a service mesh is worth considering")
    assert "configmap:nowhere" in done.stderr
    assert "403" in done.stderr

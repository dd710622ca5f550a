"""Nothing that hangs outlasts --timeout: login programs, pipes, single answers."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.test_scan import SHOP, report_of, run, service
from tests.kube import KubeServer


def test_a_login_program_that_never_ends_is_named(tmp_path: Path) -> None:
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": "sleep",
        "args": ["60"],
    }
    config = tmp_path / "config"
    document = {
        "current-context": "a",
        "clusters": [{"name": "a", "cluster": {"server": "https://127.0.0.1:1"}}],
        "contexts": [{"name": "a", "context": {"cluster": "a", "user": "me"}}],
        "users": [{"name": "me", "user": {"exec": plugin}}],
    }
    config.write_text(json.dumps(document))

    result = run("scan", "--kubeconfig", str(config), "--timeout", "1s")

    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.splitlines() == [
        "Error: The login program sleep did not end within --timeout",
        "Hint: Log in again, then try `kubectl --context a version`.",
    ]


def test_a_pipe_that_stays_open_is_a_gap_and_what_was_read_is_reported(tmp_path: Path) -> None:
    pipe, file = tmp_path / "pipe", tmp_path / "cart.json"
    os.mkfifo(pipe)
    file.write_text(json.dumps(service("cart", 80)))
    options = ("--manifests", str(file), "--manifests", str(pipe), "--timeout", "1s")

    report = report_of(run("scan", *options, "--format", "json"))

    gaps = {gap["subject"]: gap["reason_id"] for gap in report["gaps"]}
    assert (gaps["scan"], gaps[str(pipe)]) == ("gap.partial", "gap.file-slow")
    # There is one Service, and there may be more; what else there is, nobody knows.
    assert report["cluster"]["services"] == 1
    assert report["answers"][0]["status"] == "unknown"


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"hang": True}, "gap.version-slow"),
        ({"status": 403}, "gap.forbidden"),
        ({"status": 200, "body": b"{}"}, "gap.broken-page"),
    ],
)
def test_a_server_that_does_not_tell_its_version_is_scanned(
    tmp_path: Path, fault: dict[str, object], reason: str
) -> None:
    with KubeServer(SHOP) as server:
        server.fault("/version", **fault)
        options = ("--timeout", "10s", "--prometheus", "none", "--format", "json")
        report = report_of(run("scan", "--kubeconfig", str(server.kubeconfig(tmp_path)), *options))

    assert report["cluster"]["server_version"] is None
    assert report["cluster"]["services"] == 3
    gaps = {gap["subject"]: gap["reason_id"] for gap in report["gaps"]}
    assert gaps["server version"] == reason

"""Finding the server and logging in."""

import base64
import json
import logging
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from mesh_probe.collect.kube import Cluster, connect
from mesh_probe.errors import CollectError
from tests.collect.reading import read
from tests.kube import KubeServer
from tests.kube.wire import exec_plugin


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        monkeypatch.delenv(name, raising=False)


def kubeconfig(path: Path, contexts: Mapping[str, str], current: str | None, **user: Any) -> Path:
    """A kubeconfig whose contexts lead to these servers, all with the same user."""
    document: dict[str, Any] = {
        "clusters": [{"name": n, "cluster": {"server": url}} for n, url in contexts.items()],
        "users": [{"name": "me", "user": user or {"token": "hush"}}],
        "contexts": [{"name": n, "context": {"cluster": n, "user": "me"}} for n in contexts],
    }
    if current is not None:
        document["current-context"] = current
    path.write_text(json.dumps(document))
    return path


def failure(context: str | None = None, file: Path | str | None = None) -> CollectError:
    with pytest.raises(CollectError) as caught:
        connect(context, str(file) if file else None)
    return caught.value


# --- which context --------------------------------------------------------------------------------


def test_the_current_context_is_taken(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "k", {"dev": "https://dev:6443", "prod": "https://prod"}, "prod")

    cluster = connect(None, str(file))

    assert (cluster.context, cluster.server) == ("prod", "https://prod")


def test_a_context_can_be_chosen(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "k", {"dev": "https://dev:6443", "prod": "https://prod"}, "prod")

    assert connect("dev", str(file)).server == "https://dev:6443"


def test_an_unknown_context_is_an_error_that_names_the_others(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "k", {"prod": "https://prod", "dev": "https://dev"}, "prod")

    error = failure("staging", file)

    assert error.said.id == "error.no-context"
    assert error.hint
    assert error.hint.parameters == {"contexts": "dev, prod"}


def test_no_current_context_is_an_error_that_names_them(tmp_path: Path) -> None:
    assert failure(None, kubeconfig(tmp_path / "k", {"a": "https://a"}, "")).said.id == (
        "error.no-current-context"
    )


def test_of_several_files_the_first_that_says_something_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with kubectl; the client package takes the last current context."""
    first = kubeconfig(tmp_path / "1", {"a": "https://first"}, "a")
    second = kubeconfig(tmp_path / "2", {"a": "https://second", "b": "https://b"}, "b")
    monkeypatch.setenv("KUBECONFIG", f"{first}:{tmp_path / 'missing'}:{second}")

    assert connect(None, None).server == "https://first"
    assert connect("b", None).server == "https://b"


def test_the_usual_place_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".kube").mkdir()
    kubeconfig(tmp_path / ".kube" / "config", {"home": "https://home"}, "home")

    assert connect(None, None).server == "https://home"


def test_credentials_in_an_address_are_not_shown(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "k", {"a": "https://user:hush@host:6443/k8s/c-1?x=y"}, "a")

    assert connect(None, str(file)).server == "https://host:6443/k8s/c-1"


# --- what is wrong with a kubeconfig --------------------------------------------------------------


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    error = failure(None, tmp_path / "nothing")

    assert error.said.id == "error.kubeconfig-missing"
    assert error.said.parameters == {"file": str(tmp_path / "nothing")}


def test_without_kubeconfig_and_outside_a_cluster_there_is_nothing_to_read() -> None:
    assert failure().said.id == "error.no-kubeconfig"


@pytest.mark.parametrize(
    "text", ["contexts: [", "[]", "contexts: 1", "contexts: [{}]", "\xff\x00", "users: [{name: 1}]"]
)
def test_a_file_that_is_no_kubeconfig_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "k"
    file.write_text(text, encoding="latin-1")

    error = failure(None, file)

    assert error.said.id == "error.kubeconfig-unreadable"
    assert error.said.parameters["file"] == str(file)


def test_a_folder_is_no_kubeconfig(tmp_path: Path) -> None:
    error = failure(None, tmp_path)

    assert error.said.parameters == {"file": str(tmp_path), "detail": "Is a directory"}


def test_a_missing_certificate_is_an_error(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "k", {"a": "https://a"}, "a", **{"client-certificate": "gone.crt"})

    error = failure(None, file)

    assert error.said.id == "error.credentials"
    assert "gone.crt" in str(error.said.parameters["detail"])


def test_an_error_of_the_loader_shows_no_token(tmp_path: Path) -> None:
    """It prints the whole entry of the file."""
    provider = {"auth-provider": {"name": "oidc", "config": {}}}
    file = kubeconfig(tmp_path / "k", {"a": "https://a"}, "a", token="hush", **provider)

    error = failure(None, file)

    assert error.said.id == "error.credentials"
    assert "hush" not in repr(error.said)


def test_a_proxy_that_does_not_answer_is_an_error_without_its_password(tmp_path: Path) -> None:
    with KubeServer() as server:
        file = server.kubeconfig(tmp_path)
        document = json.loads(file.read_text())
        document["clusters"][0]["cluster"]["proxy-url"] = "http://user:hush@127.0.0.1:1"
        file.write_text(json.dumps(document))

        with pytest.raises(CollectError) as caught:
            read(file)

    assert caught.value.said.parameters == {
        "server": server.url,
        "detail": "proxy: Connection refused",
    }


# --- programs that log in -------------------------------------------------------------------------


def test_a_login_program_that_fails_is_named_with_its_own_words(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    program = "import sys; sys.exit('error: please log in again\\nsecond line')"
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": ["-c", program],
    }

    error = failure(None, kubeconfig(tmp_path / "k", {"a": "https://a"}, "a", exec=plugin))

    assert error.said.id == "error.plugin"
    assert error.said.parameters == {
        "command": sys.executable,
        "detail": "exec: process returned 1. error: please log in again",
    }
    assert caplog.text == ""
    assert capfd.readouterr().err == ""
    assert logging.getLogger().filters == []


def test_a_login_program_that_is_not_installed_is_named(tmp_path: Path) -> None:
    plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": "no-such-login"}

    error = failure(None, kubeconfig(tmp_path / "k", {"a": "https://a"}, "a", exec=plugin))

    assert error.said.parameters["command"] == "no-such-login"
    assert "No such file" in str(error.said.parameters["detail"])


def test_a_token_that_has_expired_is_fetched_again(tmp_path: Path) -> None:
    """The program counts how often it ran."""
    count = tmp_path / "count"
    expired = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    program = (
        "import json, pathlib\n"
        f"file = pathlib.Path({str(count)!r})\n"
        "runs = int(file.read_text()) + 1 if file.exists() else 1\n"
        "file.write_text(str(runs))\n"
        "version = 'client.authentication.k8s.io/v1'\n"
        f"status = {{'token': f'run-{{runs}}', 'expirationTimestamp': {expired!r}}}\n"
        "print(json.dumps({'apiVersion': version, 'kind': 'ExecCredential', 'status': status}))\n"
    )
    plugin = {**exec_plugin("")["exec"], "args": ["-c", program]}
    cluster = connect(None, str(kubeconfig(tmp_path / "k", {"a": "https://a"}, "a", exec=plugin)))

    first = cluster.http_access().headers()
    second = cluster.http_access().headers()

    assert first["authorization"] != "Bearer run-1"
    assert second == first
    assert int(count.read_text()) == int(first["authorization"].removeprefix("Bearer run-"))


# --- inside a cluster -----------------------------------------------------------------------------


def test_inside_a_cluster_the_service_account_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with KubeServer() as server:
        document = json.loads(server.kubeconfig(tmp_path).read_text())
        (tmp_path / "kubeconfig").unlink()
        authority = document["clusters"][0]["cluster"]["certificate-authority-data"]
        (tmp_path / "ca.crt").write_bytes(base64.b64decode(authority))
        (tmp_path / "token").write_text("token-of-admin")
        (tmp_path / "namespace").write_text("mesh-probe")
        loader = "kubernetes.config.incluster_config.SERVICE_"
        monkeypatch.setattr(f"{loader}TOKEN_FILENAME", str(tmp_path / "token"))
        monkeypatch.setattr(f"{loader}CERT_FILENAME", str(tmp_path / "ca.crt"))
        host, _, port = server.url.removeprefix("https://").partition(":")
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
        monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)

        found = read(None)

    assert found.gaps == ()
    assert (found.cluster.context, found.cluster.namespace) == (None, "mesh-probe")


def test_inside_a_cluster_without_a_service_account_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")

    error = failure()

    assert error.said.parameters == {"detail": "Service token file does not exist."}


# --- on through the API server --------------------------------------------------------------------


class _Prometheus(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps([self.path, self.headers.get("Authorization")]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def prometheus() -> Any:
    with HTTPServer(("127.0.0.1", 0), _Prometheus) as server:
        Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _get(cluster: Cluster, url: str) -> requests.Response:
    access = cluster.http_access()
    return requests.get(
        url, headers=access.headers(), verify=access.verify, cert=access.cert, timeout=10
    )


@pytest.mark.parametrize("login", ["token", "certificate"])
def test_a_service_is_reached_through_the_api_server(
    tmp_path: Path, prometheus: str, login: str
) -> None:
    with KubeServer() as server:
        server.forward("monitoring", "prometheus:9090", prometheus)
        cluster = connect(None, str(server.kubeconfig(tmp_path, login=login)))
        url = cluster.proxy_url("monitoring", "prometheus", 9090)

        answer = _get(cluster, f"{url}/api/v1/query?query=up")

    assert url == f"{server.url}/api/v1/namespaces/monitoring/services/prometheus:9090/proxy"
    assert answer.json() == ["/api/v1/query?query=up", None]


def test_a_service_that_speaks_tls_is_named_with_its_scheme(tmp_path: Path) -> None:
    file = kubeconfig(tmp_path / "k", {"a": "https://a"}, "a")

    url = connect(None, str(file)).proxy_url("ns", "prom", "web", "https")

    assert url == "https://a/api/v1/namespaces/ns/services/https:prom:web/proxy"


def test_insecure_skip_tls_verify_reads_without_a_warning(tmp_path: Path) -> None:
    with KubeServer() as server:
        file = server.kubeconfig(tmp_path)
        document = json.loads(file.read_text())
        document["clusters"][0]["cluster"] = {
            "server": server.url,
            "insecure-skip-tls-verify": True,
        }
        file.write_text(json.dumps(document))

        found = read(file)

    assert found.gaps == ()
    assert found.cluster.http_access().verify is False


def test_a_certificate_may_be_for_another_name(tmp_path: Path) -> None:
    with KubeServer() as server:
        file = server.kubeconfig(tmp_path)
        document = json.loads(file.read_text())
        document["clusters"][0]["cluster"]["tls-server-name"] = "localhost"
        file.write_text(json.dumps(document))

        found = read(file)

    assert found.gaps == ()
    assert found.cluster.http_access().server_name == "localhost"


def test_the_client_package_is_not_imported_before_it_is_needed() -> None:
    program = "import sys, mesh_probe.collect.kube; print('kubernetes' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)

    assert done.stdout == b"False\n"

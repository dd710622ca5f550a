"""A real kube-apiserver with etcd behind it, where KUBEBUILDER_ASSETS says that there is one.

It has no controllers: what is created stays as it is, and Deployments make no pods.
https://book.kubebuilder.io/reference/envtest explains the variable and where to get the programs.
"""

import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import trustme

from tests.kube import shapes
from tests.kube.server import Rights
from tests.kube.shapes import Json
from tests.kube.wire import client_certificate, exec_plugin, write_kubeconfig

START_SECONDS = 60
ADMIN = "admin"


def assets() -> Path | None:
    """The folder with the programs, if there is one."""
    folder = Path(os.environ.get("KUBEBUILDER_ASSETS", ""))
    there = all((folder / name).is_file() for name in ("kube-apiserver", "etcd"))
    return folder if there else None


class RealKubeServer:
    """Started in a folder of its own; has the same face as the double."""

    def __init__(
        self, programs: Path, folder: Path, objects: Iterable[Json], users: Mapping[str, Rights]
    ) -> None:
        self._folder = folder
        self._authority = trustme.CA()
        self._authority.cert_pem.write_to_path(folder / "clients.crt")
        self._users = [ADMIN, *users]
        self._stack = ExitStack()
        self.url = f"https://127.0.0.1:{_free_port()}"
        try:
            self._start_etcd(programs / "etcd")
            self._start_server(programs / "kube-apiserver")
            self._load(objects)
            self._grant(users)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._stack.close()

    def kubeconfig(
        self,
        folder: Path,
        user: str | None = ADMIN,
        *,
        login: str = "token",
        namespace: str | None = None,
    ) -> Path:
        """See `KubeServer.kubeconfig`."""
        token = f"token-of-{user}"
        entry: Mapping[str, Any] = {}
        if user and login == "certificate":
            entry = client_certificate(self._authority, folder, user)
        elif user:
            entry = exec_plugin(token) if login == "plugin" else {"token": token}
        authority = (self._folder / "certs" / "apiserver.crt").read_bytes()
        return write_kubeconfig(folder / "kubeconfig", self.url, authority, entry, namespace)

    def _start_etcd(self, program: Path) -> None:
        client, peer = (f"http://127.0.0.1:{_free_port()}" for _ in range(2))
        self._etcd_url = client
        self._run(
            program,
            f"--data-dir={self._folder / 'etcd'}",
            "--unsafe-no-fsync",
            "--log-level=warn",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        )

    def _start_server(self, program: Path) -> None:
        folder = self._folder
        tokens = folder / "tokens.csv"
        groups = {ADMIN: '"system:masters"'}
        lines = (f"token-of-{u},{u},{u},{groups.get(u, '')}".rstrip(",") for u in self._users)
        tokens.write_text("\n".join(lines) + "\n")
        key = folder / "accounts.key"
        trustme.CA().private_key_pem.write_to_path(key)
        process = self._run(
            program,
            "--bind-address=127.0.0.1",
            f"--secure-port={self.url.rpartition(':')[2]}",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--cert-dir={folder / 'certs'}",
            f"--etcd-servers={self._etcd_url}",
            "--service-cluster-ip-range=10.0.0.0/16",
            "--authorization-mode=RBAC",
            f"--token-auth-file={tokens}",
            f"--client-ca-file={folder / 'clients.crt'}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            "--disable-admission-plugins=ServiceAccount",
        )
        for _ in _patience():
            assert process.poll() is None, (folder / "kube-apiserver.log").read_text()
            try:
                self._context = ssl.create_default_context(
                    cafile=str(folder / "certs" / "apiserver.crt")
                )
                if self.ask("GET", "/readyz")[0] == 200:
                    return
            except OSError:
                continue

    def _run(self, program: Path, *options: str) -> "subprocess.Popen[bytes]":
        log = self._stack.enter_context((self._folder / f"{program.name}.log").open("wb"))
        process = subprocess.Popen([program, *options], stdout=log, stderr=log)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        return process

    def ask(
        self, method: str, path: str, document: Json | None = None, **headers: str
    ) -> tuple[int, str, bytes]:
        """Status, content type and body of a request; as admin where no header says otherwise."""
        body = None if document is None else shapes.encode(document)
        sent = {"Authorization": f"Bearer token-of-{ADMIN}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, body, {**sent, **headers}, method=method)
        try:
            with urllib.request.urlopen(request, context=self._context) as answer:
                return answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as err:
            with err:
                return err.code, err.headers["Content-Type"], err.read()

    def _load(self, objects: Iterable[Json]) -> None:
        documents = sorted(objects, key=lambda d: d["kind"] not in _FIRST)
        definitions = [d for d in documents if d["kind"] == "CustomResourceDefinition"]
        custom = [r for definition in definitions for r in shapes.custom_resources(definition)]
        by_kind = {(r.group, r.kind): r for r in (*shapes.BUILT_IN, *custom)}
        for document in documents:
            group = document["apiVersion"].rpartition("/")[0]
            resource = by_kind[group, document["kind"]]
            namespace = document["metadata"].get("namespace")
            place = f"/namespaces/{namespace}" if namespace else ""
            path = f"{resource.base}{place}/{resource.plural}"
            self._create(path, document)
            if "status" in document and document["kind"] == "Pod":
                name = document["metadata"]["name"]
                status, _, body = self.ask("PUT", f"{path}/{name}/status", document)
                assert status == 200, body

    def _create(self, path: str, document: Json) -> None:
        """Create it, once what it needs is there: a definition is served a little later."""
        for _ in _patience():
            status, _, body = self.ask("POST", path, document)
            if status != 404:
                assert status == 201, body
                return

    def _grant(self, users: Mapping[str, Rights]) -> None:
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        served = json.loads(self.ask("GET", "/apis", Accept=shapes.AGGREGATED)[2])
        core = json.loads(self.ask("GET", "/api", Accept=shapes.AGGREGATED)[2])
        plurals = [
            (group["metadata"].get("name", ""), resource["resource"])
            for group in (*core["items"], *served["items"])
            for version in group["versions"]
            for resource in version["resources"]
        ]
        for user, rights in users.items():
            rules = [
                {"apiGroups": [group], "resources": [plural], "verbs": ["get", "list"]}
                for group, plural in plurals
                if plural not in rights.but
            ]
            self._create(f"{rbac}/clusterroles", {"metadata": {"name": user}, "rules": rules})
            binding = {
                "metadata": {"name": user},
                "roleRef": {"kind": "ClusterRole", "name": user, "apiGroup": rbac.split("/")[2]},
                "subjects": [{"kind": "User", "name": user}],
            }
            if rights.namespaces is None:
                self._create(f"{rbac}/clusterrolebindings", binding)
            for namespace in rights.namespaces or ():
                self._create(f"{rbac}/namespaces/{namespace}/rolebindings", binding)


_FIRST = ("Namespace", "CustomResourceDefinition")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _patience() -> Iterator[None]:
    """Rounds of waiting for a process. Raises: TimeoutError."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        yield
        time.sleep(0.1)
    raise TimeoutError(f"not ready within {START_SECONDS} s")

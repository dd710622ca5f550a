"""A synthetic cluster in a real kube-apiserver, for figures with a real server's share in them."""

import queue
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import urllib3

from benchmarks.clusters import Json, cluster
from tests.kube import shapes
from tests.kube.real import RealKubeServer, assets
from tests.kube.server import Rights

THREADS = 8
FIRST = ("Namespace", "CustomResourceDefinition", "PriorityClass")
LAST = ("ResourceQuota", "LimitRange", "MutatingWebhookConfiguration")
"""These would have a say in what is created after them."""
REPORTED = ("DaemonSet", "Pod")
"""Kinds whose status is read. It cannot be given with the object."""
LIVE_SECONDS = 30
"""How often something is written, as in every cluster that is used. Of a kind that nobody wrote to
for some ten minutes, kube-apiserver 1.36 has pages read from etcd, which takes it twice the CPU."""
SERVER_SETS = ("uid", "resourceVersion", "creationTimestamp", "managedFields")
SPEC_SERVER_SETS = ("clusterIP", "clusterIPs", "priority", "preemptionPolicy")


class RealServer:
    """A kube-apiserver that holds the objects; it makes no others, for it has no controllers."""

    def __init__(self, programs: Path, folder: Path, documents: Iterable[Json]) -> None:
        self._server = RealKubeServer(programs, folder, (), {"reader": Rights()})
        self._pool = urllib3.PoolManager(
            num_pools=1,
            maxsize=THREADS,
            ca_certs=str(folder / "certs" / "apiserver.crt"),
            headers={"Authorization": "Bearer token-of-admin"},
        )
        self._of_each_kind: dict[str, str] = {}
        """Where one object of each kind is."""
        try:
            self._load(documents)
        except BaseException:
            self.close()
            raise

    def live(self) -> None:
        """Write to one object of each kind."""
        written = {"metadata": {"annotations": {"benchmarks/written-at": str(time.time_ns())}}}
        for url in self._of_each_kind.values():
            _send(self._pool, "PATCH", url, written)

    def close(self) -> None:
        """End it."""
        self._server.close()

    def kubeconfig(self, folder: Path) -> Path:
        """Write a kubeconfig for an admin, whom the server does not slow down."""
        return self._server.kubeconfig(folder)

    def _load(self, documents: Iterable[Json]) -> None:
        resources = {(r.group, r.kind): r for r in shapes.BUILT_IN}
        first: list[Json] = []
        last: list[Json] = []
        rest: list[Json] = []
        for document in documents:
            kind = document["kind"]
            (first if kind in FIRST else last if kind in LAST else rest).append(document)
            if kind == "CustomResourceDefinition":
                made = shapes.custom_resources(document)
                resources |= {(r.group, r.kind): r for r in made}
        for group in (first, rest, last):
            _in_parallel(group, lambda document: self._create(resources, document))

    def _create(self, resources: dict[tuple[str, str], shapes.Resource], document: Json) -> None:
        resource = resources[document["apiVersion"].rpartition("/")[0], document["kind"]]
        metadata = document["metadata"]
        namespace = metadata.get("namespace")
        place = f"/namespaces/{namespace}" if namespace else ""
        url = f"{self._server.url}{resource.base}{place}/{resource.plural}"
        given: dict[str, Any] = {
            **document,
            "metadata": {k: v for k, v in metadata.items() if k not in SERVER_SETS},
        }
        if "spec" in document:
            spec = document["spec"]
            given["spec"] = {k: v for k, v in spec.items() if k not in SPEC_SERVER_SETS}
        _send(self._pool, "POST", url, given)
        if document["kind"] in REPORTED:
            _send(self._pool, "PUT", f"{url}/{metadata['name']}/status", given)
        kind = f"{document['apiVersion']} {document['kind']}"
        self._of_each_kind.setdefault(kind, f"{url}/{metadata['name']}")


def _send(pool: urllib3.PoolManager, method: str, url: str, document: Json) -> None:
    form = "application/merge-patch+json" if method == "PATCH" else "application/json"
    headers = {**pool.headers, "Content-Type": form}
    # A definition is served a little after it was created, and so much at once makes etcd slow.
    retries = urllib3.Retry(
        total=20,
        backoff_factor=0.1,
        status_forcelist=(404, 429, 500, 503, 504),
        allowed_methods=None,
    )
    body = shapes.encode(document)
    answer = pool.request(method, url, body=body, headers=headers, retries=retries)
    if answer.status not in (200, 201, 409):
        raise RuntimeError(f"{method} {url}: {answer.status} {answer.data[:500]!r}")


def _in_parallel(documents: Iterable[Json], create: Any) -> None:
    waiting: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
    failures: list[BaseException] = []

    def work() -> None:
        while (document := waiting.get()) is not None:
            try:
                create(document)
            except (RuntimeError, urllib3.exceptions.HTTPError) as err:
                failures.append(err)
                return

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for document in documents:
        waiting.put(document)
    for thread in threads:
        waiting.put(None)
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def main() -> None:
    """Serve until standard input ends."""
    folder, services, pods, seed = sys.argv[1:]
    programs = assets()
    if programs is None:
        sys.exit("KUBEBUILDER_ASSETS names no folder with kube-apiserver and etcd")
    documents = cluster(int(services), int(pods), int(seed))
    server = RealServer(programs, Path(folder), documents)
    server.kubeconfig(Path(folder))
    print("ready", flush=True)
    over = threading.Event()
    living = threading.Thread(target=_live, args=(server, over))
    living.start()
    sys.stdin.read()
    over.set()
    living.join()
    server.close()


def _live(server: RealServer, over: threading.Event) -> None:
    while not over.wait(LIVE_SECONDS):
        server.live()


if __name__ == "__main__":
    main()

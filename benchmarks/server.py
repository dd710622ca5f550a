"""A process that serves a synthetic cluster over HTTPS from prepared bytes.

    python -m benchmarks.server FOLDER SERVICES PODS SEED

It writes FOLDER/kubeconfig, prints a line of JSON when it is ready, and ends with its standard
input. Objects are written once, in every form that is asked for; a page is joined and compressed
when it is first asked for and kept, so that the second client that asks pays only for the wire.
"""

import json
import sys
import threading
from bisect import bisect_right
from collections.abc import Iterable
from pathlib import Path

from benchmarks.clusters import Json, cluster
from mesh_probe.kinds import KINDS
from tests.kube import shapes
from tests.kube.server import VERSION
from tests.kube.shapes import BUILT_IN, Resource
from tests.kube.wire import HttpsServer, Reply, Request, packed, write_kubeconfig

RESOURCE_VERSION = 1000
COUNTS = "/benchmark/counts"
"""Not of the API: how much was served so far, and what it cost this process."""

FULL = "List"
_FORMS = {"full": FULL, "metadata": "PartialObjectMetadataList", "table": "Table"}


class Shelf:
    """The objects of one resource in the order of their keys, each written in every form."""

    def __init__(self, resource: Resource, forms: Iterable[str]) -> None:
        self.resource = resource
        self._rows: list[tuple[str, dict[str, bytes]]] = []
        self._forms = tuple(forms)

    def add(self, document: Json) -> None:
        """To be followed by `close` once all are in."""
        written = {form: shapes.list_item(self.resource, form, document) for form in self._forms}
        self._rows.append((key_of(document), written))

    def close(self) -> None:
        """Sort, for keys decide where a page ends."""
        self._rows.sort(key=lambda row: row[0])
        self._keys = [key for key, _ in self._rows]

    def page(self, form: str, limit: int, token: str) -> bytes:
        """A page as the API server gives it; limit 0 is no limit."""
        after = shapes.read_token(token)[1] if token else ""
        start = bisect_right(self._keys, after)
        end = start + limit if limit else len(self._rows)
        metadata: dict[str, object] = {"resourceVersion": str(RESOURCE_VERSION)}
        if end < len(self._rows):
            metadata["continue"] = shapes.continue_token(RESOURCE_VERSION, self._keys[end - 1])
            metadata["remainingItemCount"] = len(self._rows) - end
        items = (written[form] for _, written in self._rows[start:end])
        return shapes.list_page(self.resource, form, items, metadata)

    def find(self, key: str) -> bytes | None:
        """An object by itself."""
        place = bisect_right(self._keys, key) - 1
        if place < 0 or self._keys[place] != key:
            return None
        api, kind = shapes.encode(self.resource.api_version), shapes.encode(self.resource.kind)
        item = self._rows[place][1][FULL]
        return (
            item
            if self.resource.custom
            else b'{"kind":%b,"apiVersion":%b,' % (kind, api) + item[1:]
        )


class PreparedServer:
    """Serves objects to any number of clients until it is closed; everybody may read all."""

    def __init__(self, documents: Iterable[Json]) -> None:
        self._shelves = _shelves(documents)
        self._replies: dict[tuple[str, ...], Reply] = {}
        self._lock = threading.Lock()
        self._requests = 0
        self._bytes = 0
        self._https = HttpsServer(self._answer)

    def close(self) -> None:
        """Answer no more."""
        self._https.close()

    def kubeconfig(self, folder: Path) -> Path:
        """Write a kubeconfig for this server."""
        authority = self._https.authority.cert_pem.bytes()
        path = folder / "kubeconfig"
        return write_kubeconfig(path, self._https.url, authority, {"token": "benchmark"})

    def _answer(self, request: Request) -> Reply:
        if request.path == COUNTS:
            counts = {"requests": self._requests, "bytes": self._bytes}
            return Reply(200, shapes.encode(counts))
        accept = request.headers.get("accept", "")
        form = shapes.form_asked_for(accept)
        key = (
            request.path,
            request.query.get("limit", ""),
            request.query.get("continue", ""),
            form,
            accept if request.path in ("/api", "/apis") else "",
            request.headers.get("accept-encoding", ""),
        )
        reply = self._replies.get(key)
        if reply is None:
            reply = packed(self._written(request, form), request)
            self._replies[key] = reply
        with self._lock:
            self._requests += 1
            self._bytes += len(reply.body)
        return reply

    def _written(self, request: Request, form: str) -> Reply:
        path = request.path
        if path == "/version":
            return Reply(200, shapes.encode({"gitVersion": VERSION}))
        resources = [shelf.resource for shelf in self._shelves.values()]
        if path in ("/api", "/apis"):
            return _groups(request, [r for r in resources if (path == "/api") == (not r.group)])
        inside = [r for r in resources if r.base == path]
        if inside:
            return Reply(200, shapes.resource_list(path, inside))
        parts = path.strip("/").split("/")
        size = 2 if parts[0] == "api" else 3
        base, rest = "/" + "/".join(parts[:size]), parts[size:]
        namespace, plural, name = _place(rest)
        shelf = self._shelves.get((base, plural))
        if shelf is None:
            return Reply(404, shapes.no_such_resource())
        if not name:
            query = request.query
            body = shelf.page(form, int(query.get("limit", "0")), query.get("continue", ""))
            return Reply(200, body)
        found = shelf.find(f"/{namespace}/{name}" if namespace else f"/{name}")
        return Reply(200, found) if found else Reply(404, shapes.not_found(shelf.resource, name))


def key_of(document: Json) -> str:
    """Where an object stands in a list."""
    metadata = document["metadata"]
    place = f"/{metadata['namespace']}" if metadata.get("namespace") else ""
    return f"{place}/{metadata['name']}"


def _shelves(documents: Iterable[Json]) -> dict[tuple[str, str], Shelf]:
    """By base path and plural. A definition has to come before what it defines."""
    forms = {(kind.group, kind.plural): _FORMS[kind.form] for kind in KINDS}
    shelves: dict[tuple[str, str], Shelf] = {}
    by_kind: dict[tuple[str, str], Shelf] = {}

    def serve(resource: Resource) -> None:
        wanted = {FULL, forms.get((resource.group, resource.plural), FULL)}
        shelf = Shelf(resource, wanted)
        shelves[resource.base, resource.plural] = shelf
        by_kind[resource.group, resource.kind] = shelf

    for resource in BUILT_IN:
        serve(resource)
    for document in documents:
        if document["kind"] == "CustomResourceDefinition":
            for resource in shapes.custom_resources(document):
                serve(resource)
        by_kind[document["apiVersion"].rpartition("/")[0], document["kind"]].add(document)
    for shelf in shelves.values():
        shelf.close()
    return shelves


def _groups(request: Request, resources: list[Resource]) -> Reply:
    if "as=APIGroupDiscoveryList" in request.headers.get("accept", ""):
        body = shapes.aggregated_discovery(resources, frozenset())
        return Reply(200, body, shapes.AGGREGATED)
    core = request.path == "/api"
    return Reply(200, shapes.core_versions() if core else shapes.groups(resources))


def _place(rest: list[str]) -> tuple[str, str, str]:
    """Namespace, plural and name of what follows a base path; "" for what is not there."""
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    return namespace, rest[0], rest[1] if len(rest) > 1 else ""


def main() -> None:
    """Serve until standard input ends."""
    folder, services, pods, seed = sys.argv[1:]
    server = PreparedServer(cluster(int(services), int(pods), int(seed)))
    server.kubeconfig(Path(folder))
    print(json.dumps({"ready": True}), flush=True)
    sys.stdin.read()
    server.close()


if __name__ == "__main__":
    main()

"""A double of the Kubernetes API server: real HTTPS, used through an ordinary kubeconfig.

    with KubeServer(objects, users={"dev": Rights(namespaces=("shop",))}) as server:
        server.fault("pods", page=2, status=429, retry_after=2, times=2)
        connect(None, str(server.kubeconfig(tmp_path)))

It serves the objects it is given, as `kubectl get -o json` prints them, and nothing but reads. A
fault that no request ran into fails the test at the end.
"""

import threading
import urllib.error
import urllib.request
import uuid
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.kube import shapes
from tests.kube.shapes import BUILT_IN, Json, Resource
from tests.kube.wire import (
    HttpsServer,
    Reply,
    Request,
    client_certificate,
    exec_plugin,
    write_kubeconfig,
)

VERSION = "v1.36.2"
ANONYMOUS = "system:anonymous"
BUSY = b"Too many requests, please try again later.\n"


@dataclass(frozen=True)
class Rights:
    """What a user may get and list."""

    namespaces: tuple[str, ...] | None = None
    """None for the whole cluster."""
    but: tuple[str, ...] = ()
    """Plurals that are left out."""

    def allow(self, plural: str, namespace: str | None) -> bool:
        return plural not in self.but and (self.namespaces is None or namespace in self.namespaces)


@dataclass
class Fault:
    """What goes wrong with a page of a list, or with a path such as "/version"."""

    where: str
    page: int = 1
    times: int = 1
    status: int | None = None
    """None for the proper answer, cut or late."""
    body: bytes | None = None
    """None for what the API server says with this status."""
    content_type: str = "application/json"
    retry_after: int | None = None
    cut: bool = False
    """The connection ends in the middle of the body."""
    hang: bool = False
    """The answer comes when the server ends."""
    fresh_token: bool = True
    """With 410: whether the body says where to go on."""
    hits: int = 0


class KubeServer:
    """See the module."""

    def __init__(
        self,
        objects: Iterable[Json] = (),
        *,
        users: Mapping[str, Rights] | None = None,
        plain_discovery: bool = False,
        stale_groups: Iterable[str] = (),
    ) -> None:
        documents = [_completed(document) for document in objects]
        definitions = [d for d in documents if d["kind"] == "CustomResourceDefinition"]
        custom = [r for definition in definitions for r in shapes.custom_resources(definition)]
        self.resources = [*BUILT_IN, *custom]
        self.users = {"admin": Rights(), **(users or {})}
        self.plain_discovery = plain_discovery
        """As servers before 1.27 (per documentation): no aggregated discovery."""
        self.stale_groups = frozenset(stale_groups)
        self.requests: list[Request] = []
        self.resource_version = 1000
        self._shelves = _shelves(documents, self.resources)
        self._faults: list[Fault] = []
        self._forwards: dict[tuple[str, str], str] = {}
        self._page_by_token: dict[str, int] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def __enter__(self) -> "KubeServer":
        self._https = HttpsServer(self._answer)
        self.url = self._https.url
        return self

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._ended.set()
        self._https.close()
        unused = [fault for fault in self._faults if fault.hits < fault.times]
        assert error or not unused, f"no request ran into {unused}"

    def kubeconfig(
        self,
        folder: Path,
        user: str | None = "admin",
        *,
        login: str = "token",
        namespace: str | None = None,
    ) -> Path:
        """Write a kubeconfig with one context, "test".

        `login` is "token", "certificate", or "plugin", a program that prints the token; no user
        means no credentials.
        """
        token = f"token-of-{user}"
        entry: Mapping[str, Any] = {}
        if user and login == "certificate":
            entry = client_certificate(self._https.authority, folder, user)
        elif user:
            entry = exec_plugin(token) if login == "plugin" else {"token": token}
        authority = self._https.authority.cert_pem.bytes()
        return write_kubeconfig(folder / "kubeconfig", self.url, authority, entry, namespace)

    def fault(self, where: str, **what: Any) -> None:
        """Let something go wrong; see `Fault`. `where` is a plural, or a whole path."""
        self._faults.append(Fault(where, **what))

    def forward(self, namespace: str, target: str, url: str) -> None:
        """Pass GETs for a Service's port, "prometheus:9090", on to a real HTTP server."""
        self._forwards[namespace, target] = url

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
        user = self._user(request)
        if user is None:
            return Reply(401, shapes.status(401, "Unauthorized", "Unauthorized"))
        fault = self._fault(request)
        if fault and fault.hang:
            self._ended.wait()
        if fault and fault.status:
            return self._faulty(fault, request)
        reply = self._proper(request, user)
        return replace(reply, cut=bool(fault and fault.cut))

    def _user(self, request: Request) -> str | None:
        token = request.headers.get("authorization", "").partition(" ")[2]
        if token:
            return next((user for user in self.users if token == f"token-of-{user}"), None)
        return request.certificate_name or ANONYMOUS

    def _fault(self, request: Request) -> Fault | None:
        with self._lock:
            page = self._page_by_token.get(request.query.get("continue", ""), 1)
            for fault in self._faults:
                at_path = fault.where == request.path
                at_list = request.path.endswith(f"/{fault.where}") and page == fault.page
                if (at_path or at_list) and fault.hits < fault.times:
                    fault.hits += 1
                    return fault
        return None

    def _faulty(self, fault: Fault, request: Request) -> Reply:
        assert fault.status
        token = request.query.get("continue")
        if fault.status == 410 and token:
            # Seen so: this token's key begins without a slash, unlike those that come with a page.
            fresh = shapes.continue_token(-1, shapes.read_token(token)[1].removeprefix("/"))
            with self._lock:
                self.resource_version += 5
                self._page_by_token[fresh] = fault.page
            return Reply(410, shapes.expired(fresh if fault.fresh_token else None))
        headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
        if fault.body is not None:
            return Reply(fault.status, fault.body, fault.content_type, headers)
        if fault.status == 429:
            return Reply(429, BUSY, "text/plain; charset=utf-8", headers)
        phrase = HTTPStatus(fault.status).phrase
        body = shapes.status(fault.status, phrase.replace(" ", ""), phrase)
        return Reply(fault.status, body, "application/json", headers)

    def _proper(self, request: Request, user: str) -> Reply:
        path = request.path
        if path == "/version":
            return Reply(200, shapes.encode({"gitVersion": VERSION}))
        inside = [r for r in self.resources if r.base == path]
        if path in ("/api", "/apis") or inside:
            if user == ANONYMOUS:
                text = f'forbidden: User "{user}" cannot get path "{path}"'
                return Reply(403, shapes.status(403, "Forbidden", text, details={}))
            return (
                Reply(200, shapes.resource_list(path, inside)) if inside else self._groups(request)
            )
        return self._resource(request, user)

    def _groups(self, request: Request) -> Reply:
        core = request.path == "/api"
        accept = request.headers.get("accept", "")
        if "as=APIGroupDiscoveryList" in accept and not self.plain_discovery:
            resources = [r for r in self.resources if core == (not r.group)]
            body = shapes.aggregated_discovery(resources, self.stale_groups)
            return Reply(200, body, shapes.AGGREGATED)
        return Reply(200, shapes.core_versions() if core else shapes.groups(self.resources))

    def _resource(self, request: Request, user: str) -> Reply:
        """A list, one object, or what is below it: BASE[/namespaces/NS]/PLURAL[/NAME[/proxy/…]]."""
        parts = request.path.strip("/").split("/")
        base_size = 2 if parts[0] == "api" else 3
        base, rest = "/" + "/".join(parts[:base_size]), parts[base_size:]
        namespace = rest[1] if rest[0] == "namespaces" and len(rest) > 2 else None
        plural, *below = rest[2:] if namespace else rest
        name = below[0] if below else ""
        resource = self._served(base, plural)
        place = name if plural == "namespaces" and name else namespace
        if not self.users.get(user, Rights(namespaces=())).allow(plural, place):
            refused = resource or Resource(parts[1] if parts[0] == "apis" else "", "", "", plural)
            verb = "get" if name else "list"
            return Reply(403, shapes.forbidden(refused, user, verb, place, name))
        if resource is None:
            return self._unknown(base)
        if namespace and below[1:2] == ["proxy"]:
            return self._forward(request, namespace, name, "/".join(below[2:]))
        shelf = self._shelves.get((resource.group, resource.plural)) or Shelf(resource, [])
        if not name:
            return self._list(request, shelf, namespace)
        found = shelf.find(namespace, name)
        body = shapes.encode(found) if found else shapes.not_found(resource, name)
        return Reply(200 if found else 404, body)

    def _unknown(self, base: str) -> Reply:
        if any(r.base == base for r in self.resources):
            return Reply(404, shapes.no_such_resource())
        return Reply(404, b"404 page not found\n", "text/plain; charset=utf-8")

    def _served(self, base: str, plural: str) -> Resource | None:
        return next((r for r in self.resources if (r.base, r.plural) == (base, plural)), None)

    def _list(self, request: Request, shelf: "Shelf", namespace: str | None) -> Reply:
        query = request.query
        token, version, after = query.get("continue", ""), self.resource_version, ""
        if token:
            try:
                token_version, after = shapes.read_token(token)
            except (ValueError, KeyError) as err:
                text = f"invalid continue token: continue key is not valid: {err}"
                return Reply(400, shapes.status(400, "BadRequest", text))
            # -1 is what a token that came with 410 says: the newest there is.
            version = version if token_version == -1 else token_version
        # In the list of one namespace, a token names the object without it.
        place = f"/{namespace}" if namespace else ""
        after = f"{place}/{after.removeprefix('/')}" if after else ""
        form = shapes.form_asked_for(request.headers.get("accept", ""))
        wanted = shelf.wanted(namespace, after)
        page = wanted[: int(query.get("limit", "0")) or None]
        metadata: dict[str, object] = {"resourceVersion": str(version)}
        if len(page) < len(wanted):
            last = shelf.keys[page[-1]].removeprefix(place)
            fresh = shapes.continue_token(version, last)
            metadata["continue"] = fresh
            metadata["remainingItemCount"] = len(wanted) - len(page)
            with self._lock:
                self._page_by_token[fresh] = self._page_by_token.get(token, 1) + 1
        items = shelf.written(form)
        body = shapes.list_page(shelf.resource, form, (items[i] for i in page), metadata)
        return Reply(200, body)

    def _forward(self, request: Request, namespace: str, target: str, below: str) -> Reply:
        """The service proxy. It takes the caller's Authorization away."""
        bare = target.removeprefix("https:").removeprefix("http:")
        url = self._forwards.get((namespace, bare))
        if url is None:
            return Reply(404, shapes.not_found(SERVICE, bare.partition(":")[0]))
        try:
            with urllib.request.urlopen(f"{url}/{below}?{request.raw_query}") as answer:
                return Reply(answer.status, answer.read(), answer.headers["Content-Type"])
        except urllib.error.HTTPError as err:
            with err:
                return Reply(err.code, err.read(), err.headers["Content-Type"])


class Shelf:
    """The objects of one resource, in the order of their keys."""

    def __init__(self, resource: Resource, found: Iterable[Json]) -> None:
        by_key = {_key(document): document for document in found}
        self.resource = resource
        self.keys = sorted(by_key)
        self.objects = [by_key[key] for key in self.keys]
        self._written: dict[str, list[bytes]] = {}

    def written(self, form: str) -> list[bytes]:
        """All objects in one form; written once, so that a benchmark measures the client."""
        if form not in self._written:
            write = shapes.list_item
            self._written[form] = [write(self.resource, form, found) for found in self.objects]
        return self._written[form]

    def find(self, namespace: str | None, name: str) -> Json | None:
        key = f"/{namespace}/{name}" if namespace else f"/{name}"
        return self.objects[self.keys.index(key)] if key in self.keys else None

    def wanted(self, namespace: str | None, after: str) -> range:
        """Where the objects stand that a list gives."""
        first, end = bisect_right(self.keys, after), len(self.keys)
        if namespace:
            first = max(first, bisect_left(self.keys, f"/{namespace}/"))
            end = bisect_left(self.keys, f"/{namespace}0")  # "0" is the character after "/"
        return range(first, end)


SERVICE = next(r for r in BUILT_IN if r.kind == "Service")


def _shelves(
    documents: Iterable[Json], resources: Iterable[Resource]
) -> dict[tuple[str, str], Shelf]:
    by_kind = {(r.group, r.kind): r for r in resources}
    found: dict[tuple[str, str], list[Json]] = {}
    for document in documents:
        group = document["apiVersion"].rpartition("/")[0]
        found.setdefault((group, document["kind"]), []).append(document)
    shelves = [Shelf(by_kind[kind], documents) for kind, documents in found.items()]
    return {(shelf.resource.group, shelf.resource.plural): shelf for shelf in shelves}


def _completed(document: Json) -> Json:
    """With what a server adds to every object."""
    metadata = {
        "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{document['kind']}{_key(document)}")),
        "resourceVersion": "1000",
        "creationTimestamp": "2026-01-05T09:00:00Z",
        **document["metadata"],
    }
    return {**document, "metadata": metadata}


def _key(document: Json) -> str:
    metadata = document["metadata"]
    place = f"/{metadata['namespace']}" if metadata.get("namespace") else ""
    return f"{place}/{metadata['name']}"

"""The double says what a real API server says to the same requests."""

import json
import ssl
import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kube import KubeServer, RealKubeServer, shapes
from tests.kube.shop import OBJECTS, USERS

Answer = tuple[int, str, Any]

TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
METADATA = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json"
ROLLOUTS = "/apis/argoproj.io/v1alpha1"


@pytest.fixture
def double() -> Iterator[KubeServer]:
    with KubeServer(OBJECTS, users=USERS) as server:
        yield server


class Asker:
    """Sends plain requests by what a kubeconfig says."""

    def __init__(self, server: KubeServer | RealKubeServer, folder: Path) -> None:
        self._server = server
        self._folder = folder

    def __call__(self, path: str, user: str | None = "admin", accept: str = "*/*") -> Answer:
        file = self._server.kubeconfig(self._folder, user)
        document = json.loads(file.read_text())
        authority = document["clusters"][0]["cluster"]["certificate-authority-data"]
        context = ssl.create_default_context(cadata=_pem(authority))
        token = document["users"][0]["user"].get("token")
        headers = {"Accept": accept} | ({"Authorization": f"Bearer {token}"} if token else {})
        request = urllib.request.Request(self._server.url + path, headers=headers)
        try:
            with urllib.request.urlopen(request, context=context) as answer:
                return answer.status, answer.headers["Content-Type"], _decoded(answer.read())
        except urllib.error.HTTPError as err:
            with err:
                return err.code, err.headers["Content-Type"], _decoded(err.read())


@pytest.fixture
def ask_double(double: KubeServer, tmp_path: Path) -> Asker:
    return Asker(double, tmp_path)


@pytest.fixture
def ask_real(real_server: RealKubeServer, tmp_path: Path) -> Asker:
    return Asker(real_server, tmp_path)


@pytest.mark.parametrize(
    ("path", "user"),
    [
        ("/api/v1/pods", "nobody"),
        ("/api/v1/namespaces/shop/pods", "nobody"),
        ("/api/v1/namespaces/shop", "nobody"),
        ("/api/v1/namespaces/shop/pods/cart", "nobody"),
        ("/api/v1/pods", "dev"),
        ("/apis/apps/v1/namespaces/billing/deployments", "dev"),
        ("/apis/networking.k8s.io/v1/networkpolicies", "blind"),
        ("/apis/no.such.group/v1/things", "nobody"),
        ("/apis/no.such.group/v1/things", "admin"),
        ("/apis/apps/v1/things", "admin"),
        ("/api/v1/namespaces/none", "admin"),
        ("/api/v1/namespaces/none/pods/x", "admin"),
        ("/apis/apps/v1/namespaces/shop/deployments/none", "admin"),
        ("/api/v1/namespaces/shop/services/none:80/proxy/x", "admin"),
        ("/api/v1/namespaces/shop/services/https:none:80/proxy/x", "admin"),
        ("/api/v1/pods", "stranger"),
        ("/api/v1/pods", None),
        ("/api", None),
        ("/apis", None),
        ("/apis/apps/v1", None),
    ],
)
def test_refusals_are_the_same_word_for_word(
    ask_double: Asker, ask_real: Asker, path: str, user: str | None
) -> None:
    assert ask_double(path, user) == ask_real(path, user)


@pytest.mark.parametrize("accept", ["*/*", TABLE, METADATA])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/shop/configmaps?limit=2",
        "/api/v1/namespaces/shop/pods",
        "/api/v1/namespaces/none/pods",
        "/apis/apps/v1/namespaces/shop/replicasets?limit=500",
        f"{ROLLOUTS}/namespaces/billing/rollouts?limit=500",
    ],
)
def test_lists_have_the_same_shape(
    ask_double: Asker, ask_real: Asker, path: str, accept: str
) -> None:
    (double_status, double_type, double), (status, content_type, real) = (
        ask(path, accept=accept) for ask in (ask_double, ask_real)
    )

    assert (double_status, double_type) == (status, content_type)
    assert list(double) == list(real)
    assert (double["kind"], double["apiVersion"]) == (real["kind"], real["apiVersion"])
    assert _list_metadata(double) == _list_metadata(real)
    assert _names(double) == _names(real)
    assert [_keys(item) for item in _items(double)] == [_keys(item) for item in _items(real)]


def test_a_pods_row_says_the_same(ask_double: Asker, ask_real: Asker) -> None:
    path = "/api/v1/namespaces/shop/pods"

    double, real = (ask(path, accept=TABLE)[2] for ask in (ask_double, ask_real))

    age = [column["name"] for column in real["columnDefinitions"]].index("Age")
    for table in (double, real):
        del table["rows"][0]["cells"][age]
    assert [c["name"] for c in double["columnDefinitions"]] == [
        c["name"] for c in real["columnDefinitions"]
    ]
    assert [row["cells"] for row in double["rows"]] == [row["cells"] for row in real["rows"]]


def test_pages_go_on_where_the_last_one_ended(ask_double: Asker, ask_real: Asker) -> None:
    def pages(ask: Asker) -> list[list[str]]:
        found: list[list[str]] = []
        token: str | None = ""
        while token is not None:
            path = f"/api/v1/namespaces/shop/configmaps?limit=70&continue={token}"
            page = ask(path)[2]
            found.append(_names(page))
            token = page["metadata"].get("continue")
        return found

    double, real = pages(ask_double), pages(ask_real)

    assert double == real
    assert [len(page) for page in double] == [70, 70, 70, 20]


def test_a_bad_token_is_a_bad_request(ask_double: Asker, ask_real: Asker) -> None:
    path = "/api/v1/pods?limit=1&continue=abc"

    double, real = (ask(path) for ask in (ask_double, ask_real))

    assert double[:2] == real[:2]
    assert double[2]["reason"] == real[2]["reason"] == "BadRequest"


def test_one_object_is_the_same(ask_double: Asker, ask_real: Asker) -> None:
    path = "/api/v1/namespaces/shop/configmaps/settings-000"

    double, real = (ask(path)[2] for ask in (ask_double, ask_real))

    assert list(double)[:2] == ["apiVersion", "kind"]
    assert set(double) == set(real)
    assert (double["kind"], double["data"]) == (real["kind"], real["data"])


@pytest.mark.parametrize("accept", [shapes.AGGREGATED, "application/json"])
@pytest.mark.parametrize("path", ["/api", "/apis"])
def test_discovery_says_the_same_of_what_the_double_serves(
    ask_double: Asker, ask_real: Asker, path: str, accept: str
) -> None:
    double, real = (ask(path, accept=accept) for ask in (ask_double, ask_real))

    assert double[:2] == real[:2]
    assert double[2]["kind"] == real[2]["kind"]
    assert set(_served(double[2])) <= set(_served(real[2]))


@pytest.mark.parametrize("path", ["/api/v1", "/apis/apps/v1", ROLLOUTS])
def test_resources_of_a_group_are_described_alike(
    ask_double: Asker, ask_real: Asker, path: str
) -> None:
    double, real = (ask(path) for ask in (ask_double, ask_real))

    assert double[:2] == real[:2]
    assert {k: v for k, v in double[2].items() if k != "resources"} == {
        k: v for k, v in real[2].items() if k != "resources"
    }
    known = {r["name"]: r for r in real[2]["resources"]}
    for resource in double[2]["resources"]:
        same = known[resource["name"]]
        assert set(resource.pop("verbs")) <= set(same["verbs"])
        assert resource == {key: same[key] for key in resource}


def _pem(encoded: str) -> str:
    return b64decode(encoded).decode()


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode()


def _items(page: dict[str, Any]) -> list[Any]:
    rows = [row["object"] for row in page.get("rows") or ()]
    return rows or list(page.get("items") or ())


def _names(page: dict[str, Any]) -> list[str]:
    return [item["metadata"]["name"] for item in _items(page)]


def _keys(item: dict[str, Any]) -> set[str]:
    """Parts of an object; a real server adds an empty status where one belongs."""
    return set(item) - {"status"}


def _list_metadata(page: dict[str, Any]) -> dict[str, Any]:
    metadata = dict(page["metadata"])
    assert metadata.pop("resourceVersion").isdecimal()
    if metadata.get("continue"):
        version, last = shapes.read_token(metadata["continue"])
        assert isinstance(version, int)
        metadata["continue"] = last
    return metadata


def _served(found: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    if found["kind"] == "APIVersions":
        yield from ((version,) for version in found["versions"])
    if found["kind"] == "APIGroupList":
        yield from ((g["name"], g["preferredVersion"]["version"]) for g in found["groups"])
    for group in found.get("items", ()):
        for version in group["versions"]:
            for resource in version["resources"]:
                yield (
                    group["metadata"].get("name", ""),
                    version["version"],
                    version["freshness"],
                    resource["resource"],
                    resource["scope"],
                    resource["responseKind"]["kind"],
                )

"""Kubeconfigs as people have them: each works, or is told apart in one line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mesh_probe.collect.kubeconfig import choose
from mesh_probe.errors import CollectError

Json = dict[str, Any]


def document(**cluster: object) -> Json:
    return {
        "current-context": "a",
        "clusters": [{"name": "c", "cluster": {"server": "https://host:6443", **cluster}}],
        "users": [{"name": "me", "user": {"token": "hush"}}],
        "contexts": [{"name": "a", "context": {"cluster": "c", "user": "me"}}],
    }


def written(path: Path, config: Json) -> str:
    path.write_text(json.dumps(config))
    return str(path)


def user(**fields: object) -> Json:
    return document() | {"users": [{"name": "me", "user": fields}]}


def context(**fields: object) -> Json:
    return document() | {"contexts": [{"name": "a", "context": fields}]}


@pytest.mark.parametrize(
    ("config", "error"),
    [
        (document(server=None), "error.kubeconfig-server"),
        (document(server="host:6443"), "error.kubeconfig-server"),
        (document(server="https://[::1"), "error.kubeconfig-server"),
        (document(server=7), "error.kubeconfig-unreadable"),
        (document(**{"proxy-url": "127.0.0.1:3128"}), "error.kubeconfig-proxy"),
        (document(**{"insecure-skip-tls-verify": "no"}), "error.kubeconfig-unreadable"),
        (context(cluster="ghost", user="me"), "error.kubeconfig-no-cluster"),
        (context(user="me"), "error.kubeconfig-no-cluster"),
        (context(cluster="c", user="ghost"), "error.kubeconfig-no-user"),
        (user(**{"as": "admin"}), "error.kubeconfig-as"),
        (user(**{"auth-provider": {"name": "gcp"}}), "error.kubeconfig-provider"),
        ({"contexts": []}, "error.kubeconfig-empty"),
    ],
)
def test_what_cannot_work_is_named(tmp_path: Path, config: Json, error: str) -> None:
    with pytest.raises(CollectError) as caught:
        choose(None, written(tmp_path / "k", config), {})

    assert caught.value.said.id == error
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    "config",
    [
        document(**{"disable-compression": True}) | {"preferences": {"colors": True}},
        document(**{"proxy-url": "http://127.0.0.1:3128"}),
        context(cluster="c"),
        user(token="t", exec={"command": "login", "args": None}),
    ],
)
def test_what_kubectl_takes_is_taken(tmp_path: Path, config: Json) -> None:
    choice = choose(None, written(tmp_path / "k", config), {})

    assert choice is not None
    assert choice.context == "a"


def test_a_socks_proxy_needs_another_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing: Callable[[str], None] = lambda _: None  # noqa: E731
    monkeypatch.setattr("mesh_probe.collect.kubeconfig.find_spec", missing)
    config = document(**{"proxy-url": "socks5://127.0.0.1:1080"})

    with pytest.raises(CollectError) as caught:
        choose(None, written(tmp_path / "k", config), {})

    assert caught.value.said.id == "error.kubeconfig-socks"


def test_files_that_are_missing_or_empty_do_not_hide_the_others(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    good = written(tmp_path / "k", document())
    places = f"{tmp_path}/missing:{empty}:{good}"

    choice = choose(None, None, {"KUBECONFIG": places})

    assert choice is not None
    assert choice.files == good


def test_an_address_that_is_none_is_shown_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(CollectError) as caught:
        choose(None, written(tmp_path / "k", document(server="ftp://me:hush@host")), {})

    assert caught.value.said.parameters == {"cluster": "c", "server": "host"}

"""Which context of which kubeconfig is meant.

The `kubernetes` package does the rest, but it reads KUBECONFIG when it is imported, lets the last
of several files choose the current context where kubectl lets the first, and says little about what
is wrong with a file. So the choice is made here, and it is handed one context by name.
"""

import os
from collections.abc import Container, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mesh_probe.collect.refusal import quote
from mesh_probe.errors import CollectError
from mesh_probe.model import Noun
from mesh_probe.text import message

DEFAULT_PLACE = "~/.kube/config"

_GONE_PROVIDERS = ("gcp", "azure")
"""kubectl dropped them with 1.26, in favour of login programs.
https://kubernetes.io/blog/2022/12/09/kubernetes-v1-26-release/"""


class Choice(Noun):
    """A context, and where it stands."""

    files: str
    """The files that hold something, in the form of KUBECONFIG."""
    context: str
    namespace: str | None
    plugin: str | None
    """The program that fetches the credentials, if there is one."""
    document: dict[str, Any] | None = None
    """What stands in a pipe, which can be read only once."""


class _Context(msgspec.Struct):
    cluster: str | None = None
    user: str | None = None
    namespace: str | None = None


class _NamedContext(msgspec.Struct):
    name: str
    context: _Context | None = None


class _Exec(msgspec.Struct):
    command: str | None = None


class _Cluster(msgspec.Struct, rename="kebab"):
    server: str | None = None
    proxy_url: str | None = None
    insecure_skip_tls_verify: bool | None = None


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: _Cluster | None = None


class _Provider(msgspec.Struct):
    name: str | None = None


class _User(msgspec.Struct, rename="kebab"):
    exec: _Exec | None = None
    auth_provider: _Provider | None = None
    as_: str | None = msgspec.field(name="as", default=None)


class _NamedUser(msgspec.Struct):
    name: str
    user: _User | None = None


class _File(msgspec.Struct, rename="kebab"):
    current_context: str | None = None
    contexts: list[_NamedContext] | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None


def place(environment: Mapping[str, str]) -> str:
    """Where kubeconfigs are looked for when none is named: one path or several."""
    return environment.get("KUBECONFIG") or DEFAULT_PLACE


def choose(
    context: str | None, kubeconfig: str | None, environment: Mapping[str, str]
) -> Choice | None:
    """The context that is asked for, or else the current one; None when there is no kubeconfig.

    Of several files the first that says something wins, as with kubectl.
    https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/

    Raises: CollectError when a file cannot be read, or one that was named is not there, or the
    context is in none of them, or leads nowhere.
    """
    texts = _texts(kubeconfig or place(environment))
    if kubeconfig and not texts:
        raise CollectError(
            message("error.kubeconfig-missing", file=kubeconfig), message("hint.kubeconfig-missing")
        )
    files = {path: _decode(path, text) for path, text in texts.items() if text.strip()}
    last_to_first = list(reversed(files.values()))
    contexts = {c.name: c for file in last_to_first for c in reversed(file.contexts or [])}
    if not contexts:
        if kubeconfig:
            raise CollectError(
                message("error.kubeconfig-empty", file=kubeconfig),
                message("hint.kubeconfig-unreadable"),
            )
        return None
    users = {u.name: u.user for file in last_to_first for u in reversed(file.users or [])}
    clusters = {c.name: c.cluster for file in last_to_first for c in reversed(file.clusters or [])}
    where = os.pathsep.join(map(str, files))
    name = context or next((f.current_context for f in files.values() if f.current_context), None)
    if name is None or name not in contexts:
        raise CollectError(
            message("error.no-current-context", file=where)
            if name is None
            else message("error.no-context", context=name, file=where),
            message("hint.contexts", contexts=", ".join(sorted(contexts))),
        )
    chosen = contexts[name].context or _Context()
    for kind, wanted, known in (
        ("cluster", chosen.cluster, clusters),
        ("user", chosen.user, users),
    ):
        if wanted not in known and (wanted or kind == "cluster"):
            raise CollectError(
                message(f"error.kubeconfig-no-{kind}", context=name, name=wanted, file=where),
                message("hint.kubeconfig-unreadable"),
            )
    _check_cluster(chosen.cluster, clusters[chosen.cluster or ""] or _Cluster())
    user = users.get(chosen.user or "") or _User()
    _check_user(chosen.user, user)
    pipes = [text for path, text in texts.items() if not path.is_file()]
    return Choice(
        where,
        name,
        chosen.namespace,
        (user.exec.command or "exec") if user.exec else None,
        msgspec.yaml.decode(pipes[0]) if pipes and len(texts) == 1 else None,
    )


def contexts(kubeconfig: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names of all contexts, sorted. Raises: CollectError, as `choose`."""
    given = kubeconfig or place(environment)
    texts = _texts(given)
    names = {c.name for path, text in texts.items() for c in _decode(path, text).contexts or []}
    if not names:
        raise CollectError(message("error.no-contexts", file=given), message("hint.no-kubeconfig"))
    return tuple(sorted(names))


def _check_cluster(name: str | None, cluster: _Cluster) -> None:
    if not _is_address(cluster.server, ("http", "https")):
        shown = cluster.server and cluster.server.rpartition("@")[2]
        raise CollectError(
            message("error.kubeconfig-server", cluster=name, server=shown),
            message("hint.kubeconfig-server"),
        )
    proxy = cluster.proxy_url
    if proxy and not _is_address(
        proxy, ("http", "https", "socks5", "socks5h", "socks4", "socks4a")
    ):
        raise CollectError(
            message("error.kubeconfig-proxy", cluster=name), message("hint.kubeconfig-proxy")
        )
    if proxy and proxy.startswith("socks") and find_spec("socks") is None:
        raise CollectError(
            message("error.kubeconfig-socks", cluster=name), message("hint.kubeconfig-socks")
        )


def _check_user(name: str | None, user: _User) -> None:
    """Refuse what the package passes over in silence, or trips over."""
    if user.as_:
        raise CollectError(
            message("error.kubeconfig-as", user=name, other=user.as_),
            message("hint.kubeconfig-as"),
        )
    provider = user.auth_provider.name if user.auth_provider else None
    if provider in _GONE_PROVIDERS:
        raise CollectError(
            message("error.kubeconfig-provider", user=name, provider=provider),
            message("hint.kubeconfig-provider"),
        )


def _is_address(url: str | None, schemes: Container[str]) -> bool:
    try:
        parts = urlsplit(url or "")
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _texts(places: str) -> dict[Path, bytes]:
    """What stands in each of the files that exist."""
    paths = [Path(part).expanduser() for part in places.split(os.pathsep) if part]
    return {path: _read(path) for path in paths if path.exists()}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as err:
        detail = err.strerror or type(err).__name__
        raise _unreadable(path, detail) from err


def _decode(path: Path, text: bytes) -> _File:
    try:
        return msgspec.yaml.decode(text, type=_File | None) or _File()
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise _unreadable(path, quote(str(err))) from err


def _unreadable(path: Path, detail: str) -> CollectError:
    return CollectError(
        message("error.kubeconfig-unreadable", file=str(path), detail=detail),
        message("hint.kubeconfig-unreadable"),
    )

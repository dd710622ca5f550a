"""Which context of which kubeconfig is meant.

The `kubernetes` package does the rest, but it reads KUBECONFIG when it is imported, lets the last
of several files choose the current context where kubectl lets the first, and says little about what
is wrong with a file. So the choice is made here, and it is handed one context by name.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from mesh_probe.collect.refusal import quote
from mesh_probe.errors import CollectError
from mesh_probe.model import Noun
from mesh_probe.text import message

DEFAULT_PLACE = "~/.kube/config"


class Choice(Noun):
    """A context, and where it stands."""

    files: str
    """The files that exist, in the form of KUBECONFIG."""
    context: str
    namespace: str | None
    plugin: str | None
    """The program that fetches the credentials, if there is one."""


class _Context(msgspec.Struct):
    user: str | None = None
    namespace: str | None = None


class _NamedContext(msgspec.Struct):
    name: str
    context: _Context | None = None


class _Exec(msgspec.Struct):
    command: str | None = None


class _User(msgspec.Struct):
    exec: _Exec | None = None


class _NamedUser(msgspec.Struct):
    name: str
    user: _User | None = None


class _File(msgspec.Struct, rename="kebab"):
    current_context: str | None = None
    contexts: list[_NamedContext] | None = None
    users: list[_NamedUser] | None = None


def choose(
    context: str | None, kubeconfig: str | None, environment: Mapping[str, str]
) -> Choice | None:
    """The context that is asked for, or else the current one; None when there is no kubeconfig.

    Of several files the first that says something wins, as with kubectl.
    https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/

    Raises: CollectError when a file cannot be read, or one that was named is not there, or the
    context is in none of them.
    """
    place = kubeconfig or environment.get("KUBECONFIG") or DEFAULT_PLACE
    paths = [Path(part).expanduser() for part in place.split(os.pathsep) if part]
    files = {path: _read(path) for path in paths if path.exists()}
    if kubeconfig and not files:
        raise CollectError(
            message("error.kubeconfig-missing", file=kubeconfig), message("hint.kubeconfig-missing")
        )
    last_to_first = list(reversed(files.values()))
    contexts = {c.name: c for file in last_to_first for c in reversed(file.contexts or [])}
    users = {u.name: u for file in last_to_first for u in reversed(file.users or [])}
    if not contexts:
        return None
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
    named_user = users.get(chosen.user or "")
    plugin = named_user.user.exec if named_user and named_user.user else None
    return Choice(where, name, chosen.namespace, plugin.command if plugin else None)


def contexts(kubeconfig: str | None, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The names of all contexts, sorted. Raises: CollectError, as `choose`."""
    place = kubeconfig or environment.get("KUBECONFIG") or DEFAULT_PLACE
    paths = [Path(part).expanduser() for part in place.split(os.pathsep) if part]
    files = [_read(path) for path in paths if path.exists()]
    names = {context.name for file in files for context in file.contexts or []}
    if not names:
        raise CollectError(message("error.no-contexts", file=place), message("hint.no-kubeconfig"))
    return tuple(sorted(names))


def _read(path: Path) -> _File:
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=_File | None) or _File()
    except OSError as err:
        detail = err.strerror or type(err).__name__
        raise _unreadable(path, detail) from err
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise _unreadable(path, quote(str(err))) from err


def _unreadable(path: Path, detail: str) -> CollectError:
    return CollectError(
        message("error.kubeconfig-unreadable", file=str(path), detail=detail),
        message("hint.kubeconfig-unreadable"),
    )

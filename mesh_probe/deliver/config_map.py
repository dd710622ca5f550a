"""One ConfigMap: the newest report, and a summary of each run, within the size that it may have.

`configmap:NAME` in the own namespace, or `configmap:NAMESPACE/NAME`. The ConfigMap must be there,
and `patch` on it is all the right that is needed: an empty patch answers with what it holds. It is
read and changed under its resource version, so that runs at the same time lose nothing.
"""

import base64
import gzip
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec

from mesh_probe import summary as summaries
from mesh_probe.destination import Address, Destination, Parcel, UndeliveredError
from mesh_probe.errors import FileError, UsageError
from mesh_probe.summary import Summary
from mesh_probe.text import message

if TYPE_CHECKING:
    from kubernetes.client import CoreV1Api

HISTORY = "history.json.gz"
ANNOUNCED = "announced.json"
REPORT = "report."

MOST_BYTES = 900_000
"""Of all values together. The API server refuses more than 1 MiB.
https://kubernetes.io/docs/concepts/configuration/configmap/"""

MOST_REPORT_BYTES = 600_000
"""Compressed. A larger report is left out, so that there is room for the history."""

MOST_POINTS = 400
"""Summaries that are kept where `keep` does not say how many."""

CONNECT_SECONDS, READ_SECONDS = 5, 15

_CONFLICT, _TOO_MANY_REQUESTS, _SERVER_ERROR = 409, 429, 500
_T = TypeVar("_T")


class _Named(NamedTuple):
    api: "CoreV1Api"
    namespace: str
    name: str


def contents(
    old: Mapping[str, str | bytes], parcel: Parcel, keep: int = MOST_POINTS
) -> dict[str, str | None]:
    """The `binaryData` patch for a new run, given what is there: values are base64, None removes.

    The oldest summaries go first when there is no room.
    """
    report = gzip.compress(parcel.report, compresslevel=6, mtime=0)
    left_out = len(report) > MOST_REPORT_BYTES
    key = f"{parcel.report_name}.gz"
    others = {name: None for name in old if name.startswith(REPORT) and name != key}
    fixed = len(base64.b64decode(old.get(ANNOUNCED, ""))) + (0 if left_out else len(report))
    points = {point.taken_at: point for point in _points(old)} | {
        parcel.summary.taken_at: parcel.summary
    }
    newest = [points[at] for at in sorted(points)][-keep:]
    history = _packed(newest)
    while len(history) > MOST_BYTES - fixed and len(newest) > 1:
        newest = newest[max(1, len(newest) // 8) :]
        history = _packed(newest)
    if len(history) > MOST_BYTES - fixed:
        history = _packed([msgspec.structs.replace(newest[-1], findings=())])
    return {
        **others,
        key: None if left_out else base64.b64encode(report).decode(),
        HISTORY: base64.b64encode(history).decode(),
    }


def history(address: Address) -> tuple[Summary, ...]:
    """The summaries that a ConfigMap holds, oldest first. Raises: FileError."""
    try:
        target = _target(address)
        found = _asked(
            lambda: target.api.read_namespaced_config_map(
                target.name, target.namespace, _request_timeout=(CONNECT_SECONDS, READ_SECONDS)
            )
        )
    except UndeliveredError as err:
        raise FileError(
            message("error.config-map", place=address.shown, **_detail(err)),
            message("hint.config-map"),
        ) from err
    return _points(found.binary_data or {})


def _detail(err: UndeliveredError) -> dict[str, str]:
    return {"detail": str(err.reason.parameters.get("detail", err.reason.id))}


def _points(data: Mapping[str, str | bytes]) -> tuple[Summary, ...]:
    """What can be read of a history; a broken one is begun anew, as an empty one is."""
    try:
        plain = gzip.decompress(base64.b64decode(data.get(HISTORY, "")))
        return msgspec.json.decode(plain, type=tuple[Summary, ...])
    except (ValueError, OSError, EOFError, zlib.error):
        return ()


def _packed(points: Iterable[Summary]) -> bytes:
    plain = msgspec.json.encode(tuple(points), order="deterministic")
    return gzip.compress(plain, compresslevel=6, mtime=0)


def _check(address: Address) -> None:
    place = address.url.partition(":")[2]
    if not 1 <= len([part for part in place.split("/") if part]) <= 2 or place.endswith("/"):  # noqa: PLR2004
        raise UsageError(
            message("error.config-map-url", place=address.shown), message("hint.config-map-url")
        )
    keep = address.settings.get("keep", "1")
    if not keep.isdecimal() or int(keep) < 1:
        raise UsageError(
            message("error.keep", place=address.shown, keep=keep), message("hint.keep-count")
        )


def _deliver(address: Address, parcel: Parcel) -> None:
    target = _target(address)
    there = _patched(target, {})
    changed = contents(
        there.binary_data or {}, parcel, int(address.settings.get("keep", MOST_POINTS))
    )
    _patched(
        target,
        {
            "metadata": {"resourceVersion": there.metadata.resource_version},
            "data": {
                "outcome": parcel.summary.outcome,
                "headline": parcel.headline,
                "taken-at": parcel.summary.taken_at.isoformat().replace("+00:00", "Z"),
            },
            "binaryData": changed,
        },
    )


def _announced(address: Address) -> Summary | None:
    held = (_patched(_target(address), {}).binary_data or {}).get(ANNOUNCED)
    return None if held is None else summaries.loads(base64.b64decode(held), ANNOUNCED)


def _announce(address: Address, summary: Summary) -> None:
    data = base64.b64encode(summaries.dumps(summary)).decode()
    _patched(_target(address), {"binaryData": {ANNOUNCED: data}})


def _patched(target: _Named, patch: dict[str, Any]) -> Any:
    return _asked(
        lambda: target.api.patch_namespaced_config_map(
            target.name,
            target.namespace,
            patch,
            _request_timeout=(CONNECT_SECONDS, READ_SECONDS),
        )
    )


def _target(address: Address) -> _Named:
    """The ConfigMap, reached as the pod's service account, else by the kubeconfig."""
    from kubernetes import client, config

    settings = client.Configuration()
    *namespaces, name = address.url.partition(":")[2].split("/")
    try:
        own = _log_in(settings, address.settings.get("context"))
    # A kubeconfig with values of other types than they should have raises the latter.
    except (config.ConfigException, OSError, ValueError, TypeError, LookupError) as err:
        raise UndeliveredError(message("undelivered.login", detail=str(err))) from err
    api = client.ApiClient(settings)
    api.set_default_header("Content-Type", "application/merge-patch+json")  # type: ignore[no-untyped-call]
    return _Named(client.CoreV1Api(api), namespaces[0] if namespaces else own, name)


def _log_in(settings: Any, context: str | None) -> str:
    """Fill in the settings; the namespace that we belong to."""
    from kubernetes import config

    try:
        config.load_incluster_config(settings)  # type: ignore[no-untyped-call]
    except config.ConfigException:
        config.load_kube_config(context=context, client_configuration=settings)  # type: ignore[no-untyped-call]
        contexts, current = config.list_kube_config_contexts()  # type: ignore[no-untyped-call]
        chosen = next((c for c in contexts if c["name"] == context), current)
        return str(chosen["context"].get("namespace") or "default")
    token = Path(config.incluster_config.SERVICE_TOKEN_FILENAME)
    return token.with_name("namespace").read_text().strip()


def _asked(action: Callable[[], _T]) -> _T:
    from kubernetes.client import ApiException
    from urllib3.exceptions import HTTPError

    try:
        return action()
    except ApiException as err:
        status = err.status or 0
        passing = status in (_CONFLICT, _TOO_MANY_REQUESTS) or status >= _SERVER_ERROR
        reason = message("undelivered.api", status=status, detail=str(err.reason))
        raise UndeliveredError(reason, again=passing) from err
    except HTTPError as err:
        kind = type(err).__name__
        raise UndeliveredError(message("undelivered.connection", kind=kind), again=True) from err


DESTINATION = Destination(
    "config-map",
    ("configmap",),
    ("keep", "context"),
    _deliver,
    announced=_announced,
    announce=_announce,
    check=_check,
)

"""Bytes and documents to raw structs; what is not shaped as its kind is told apart."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from mesh_probe.inventory import outlines, owners, raw, raw_routes
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.model import Noun

_RAW_TYPES: Mapping[tuple[str, str], type[raw.Object]] = {
    ("", "Namespace"): raw.Object,
    ("", "Node"): raw.Node,
    ("", "Service"): raw.Service,
    ("discovery.k8s.io", "EndpointSlice"): raw.EndpointSlice,
    ("", "Pod"): raw.Pod,
    ("", "ConfigMap"): raw.ConfigMap,
    ("networking.k8s.io", "Ingress"): raw_routes.Ingress,
    ("gateway.networking.k8s.io", "HTTPRoute"): raw_routes.GatewayRoute,
    ("gateway.networking.k8s.io", "GRPCRoute"): raw_routes.GatewayRoute,
    ("route.openshift.io", "Route"): raw_routes.OpenShiftRoute,
    ("networking.istio.io", "VirtualService"): raw_routes.VirtualService,
    **{
        (kind.group, kind.name): raw.Controller
        for kind in KINDS
        if kind.name in owners.CONTROLLERS and not kind.keep
    },
}


def _raw_type(kind: Kind) -> type[raw.Object]:
    return _RAW_TYPES.get((kind.group, kind.name), outlines.Item)


_DECODERS = {
    (kind.group, kind.name): msgspec.json.Decoder(
        raw.Page[_raw_type(kind)]  # type: ignore[misc]  # a type for the decoder, not for mypy
    )
    for kind in KINDS
}

T = TypeVar("T")


class Odd(Noun):
    """Something that is not shaped as its kind is."""

    name: str
    detail: str
    """Places and types, never values."""


def page(kind: Kind, body: bytes) -> tuple[raw.Page[Any], tuple[Odd, ...]]:
    """A page of any form, and what of it is odd.

    Raises: msgspec.DecodeError when the body is no list.
    """
    try:
        whole: raw.Page[Any] = _DECODERS[kind.group, kind.name].decode(body)
    except msgspec.ValidationError:
        return _by_items(kind, body)
    except (UnicodeDecodeError, RecursionError) as err:
        raise msgspec.DecodeError(str(err)) from err
    if whole.items is None and whole.rows is None and not _is_list(whole.kind):
        raise msgspec.DecodeError("not a list")
    return whole, ()


def one(kind: Kind, body: bytes) -> raw.Object | Odd:
    """One object of the API."""
    try:
        return msgspec.json.decode(body, type=_raw_type(kind))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        return Odd("", _detail(err))


def document(kind: Kind, value: Mapping[str, Any]) -> raw.Object | Odd:
    """One object that is plain values already."""
    try:
        return msgspec.convert(value, _raw_type(kind))
    except (msgspec.ValidationError, RecursionError) as err:
        return Odd(_name(value), _detail(err))


def _by_items(kind: Kind, body: bytes) -> tuple[raw.Page[Any], tuple[Odd, ...]]:
    try:
        given = msgspec.json.decode(body)
    except (UnicodeDecodeError, RecursionError) as err:
        raise msgspec.DecodeError(str(err)) from err
    if not isinstance(given, dict):
        raise msgspec.DecodeError("not a list")
    items, rows = given.get("items"), given.get("rows")
    if (
        not isinstance(items, list)
        and not isinstance(rows, list)
        and not _is_list(given.get("kind"))
    ):
        raise msgspec.DecodeError("not a list")
    odd: list[Odd] = []
    whole: raw.Page[Any] = raw.Page(
        metadata=_or_none(given.get("metadata"), raw.ListMeta),
        items=list(_each(items, _raw_type(kind), odd)),
        column_definitions=_or_none(given.get("columnDefinitions"), list[raw.Column]),
        rows=list(_each(rows, raw.Row, odd)),
    )
    return whole, tuple(odd)


def _each(entries: Any, target: type[T], odd: list[Odd]) -> Iterator[T]:
    for entry in entries if isinstance(entries, list) else ():
        try:
            yield msgspec.convert(entry, target)
        except msgspec.ValidationError as err:
            odd.append(Odd(_name(entry), _detail(err)))


def _or_none(value: Any, target: type[T]) -> T | None:
    try:
        return msgspec.convert(value, target)
    except msgspec.ValidationError:
        return None


def _is_list(kind: object) -> bool:
    return isinstance(kind, str) and (kind.endswith("List") or kind == "Table")


def _detail(err: Exception) -> str:
    return str(err) if isinstance(err, msgspec.ValidationError) else type(err).__name__


def _name(entry: Any) -> str:
    meta = entry.get("metadata") if isinstance(entry, dict) else None
    if not isinstance(meta, dict):
        return ""
    return "/".join(p for p in (meta.get("namespace"), meta.get("name")) if isinstance(p, str))

"""Servers that keep traces: one request in, their JSON or an error of ours out."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import msgspec
import requests

from mesh_probe import __version__
from mesh_probe.collect.prometheus_http import (
    BUSY,
    DENIED,
    Credentials,
    Transport,
    quote,
    refuse_redirect,
    shown,
)
from mesh_probe.collect.query_error import Busy, QueryError, Unusable
from mesh_probe.collect.sending import Sender
from mesh_probe.errors import UsageError
from mesh_probe.text import message

QUERY_SECONDS = 60.0
"""Such servers read traces one by one, which takes longer than metrics."""
_OK = 200
_PAGES = re.compile(r"(/api(/.*)?|/search|/dependencies)?/*$")
"""What people paste: the address of a page or of the API in place of the server's."""


class TraceStore:
    """A server of traces. `name` is its address without credentials and query."""

    def __init__(self, url: str, *, verify: bool | str = True) -> None:
        """User info of the address is sent as basic authentication, its query with each request.

        Raises: UsageError when the address is none.
        """
        try:
            parts = urlsplit(url.strip())
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or parts.scheme not in ("http", "https"):
            raise UsageError(
                message("error.traces-address", address=shown(url)),
                message("hint.prometheus-address"),
            )
        where = f"[{host}]" if ":" in host else host
        netloc = f"{where}:{port}" if port else where
        self.name = urlunsplit((parts.scheme, netloc, _PAGES.sub("", parts.path), "", ""))
        self._extra = dict(parse_qsl(parts.query))
        user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        self._transport = Transport(self.name, 1, None, _traces_answer)
        self._sender = Sender(self.name, self._transport, QUERY_SECONDS, _not_one)
        self._session = requests.Session()
        self._session.verify = verify
        self._session.auth = Credentials(dict, user)
        self._session.headers["User-Agent"] = f"mesh-probe/{__version__}"
        self._session.mount(f"{self.name}/", self._transport)

    @property
    def requests(self) -> int:
        """Requests sent so far."""
        return self._transport.requests

    @property
    def bytes(self) -> int:
        """Bytes of answers received so far."""
        return self._transport.bytes

    def get(self, path: str, params: Mapping[str, str], until: float) -> Any:
        """The JSON at a path, to come before the monotonic time `until`. Raises: QueryError."""

        def send(seconds: int) -> Any:
            answer = self._session.get(
                f"{self.name}{path}",
                params=self._extra | dict(params),
                timeout=seconds,
                # NOTE: unless it is said again, REQUESTS_CA_BUNDLE wins over the session's own.
                verify=self._session.verify,
            )
            return msgspec.json.decode(answer.content)

        found, _ = self._sender.answer(send, until)
        return found

    def not_one(self, detail: str) -> Unusable:
        """The error for an answer that no such server gives."""
        return _not_one(self.name, detail)


def _traces_answer(name: str, response: requests.Response, body: bytes) -> tuple[str, ...]:
    """Nothing is said beside an answer that can be used. Raises: QueryError for every other."""
    status, said = response.status_code, quote(body)
    refuse_redirect(name, response)
    if status in DENIED:
        raise Unusable(
            message("gap.prometheus-denied", server=name, status=status, detail=said),
            message("hint.traces-denied"),
        )
    if status in BUSY:
        raise Busy(name, status, said, response.headers.get("retry-after"))
    try:
        msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        raise _not_one(name, f"HTTP {status}: {said}") from err
    if status != _OK:
        raise QueryError(
            message("gap.prometheus-refused", server=name, status=status, detail=said),
            message("hint.traces-refused"),
        )
    return ()


def _not_one(name: str, detail: str) -> Unusable:
    return Unusable(
        message("gap.traces-not-one", server=name, detail=detail), message("hint.traces-not-one")
    )

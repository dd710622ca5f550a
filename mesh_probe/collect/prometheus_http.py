"""HTTP for the Prometheus client: whole answers within a time and a size, or an error.

The client library waits for ever, follows redirects into login pages and drops warnings. It takes a
session, so it is given one whose transport has better manners.
"""

import io
import logging
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase, HTTPBasicAuth

from mesh_probe.collect.query_error import (
    Busy,
    Cause,
    QueryError,
    TooExpensive,
    Unusable,
    not_prometheus,
)
from mesh_probe.text import message

_CONNECT_SECONDS = 5.0
MOST_BYTES = 256 * 1024 * 1024
"""Of one answer: fifty thousand edges with their buckets have 206 MB."""
_CHUNK_BYTES = 1 << 16
_OK = 200
BUSY = frozenset({429, 502, 503, 504})
"""Answers of a server, or of a proxy before it, that has no time for us now."""
DENIED = frozenset({401, 403})
"""Answers of one that does not let us in."""
_LONGEST_QUOTE = 200
_TOO_EXPENSIVE = (
    "too many samples",
    "context deadline exceeded",
    "timed out",
    "timeout",
    "max number of",
    "max-series",
    "max-chunks",
    "max-estimated",
    "maximum allowed",
    "exceeds",
    "too large",
)
"""What Prometheus, Thanos, Mimir and VictoriaMetrics say of a query that reads too much."""

_MANAGED = {
    r"aps-workspaces\..+\.amazonaws\.com(\.cn)?": "hint.prometheus-aws",
    r"monitoring\.googleapis\.com": "hint.prometheus-google",
    r".+\.prometheus\.monitor\.azure\.(com|cn|us)": "hint.prometheus-azure",
    r".+\.grafana\.net": "hint.prometheus-grafana",
}
"""Hosts of managed services, and how they let somebody in:
https://docs.aws.amazon.com/prometheus/latest/userguide/AMP-secure-querying.html
https://cloud.google.com/stackdriver/docs/managed-prometheus/query-api-ui
https://learn.microsoft.com/en-us/azure/azure-monitor/metrics/prometheus-api-promql"""

_log = logging.getLogger(__name__)


class Credentials(AuthBase):
    """Puts our headers on each request. With it in place, requests keeps its hands off ~/.netrc."""

    def __init__(
        self, headers: Callable[[], Mapping[str, str]], user: tuple[str, str] | None
    ) -> None:
        self._headers = headers
        self._basic = HTTPBasicAuth(*user) if user else None

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Called by requests for each request that it is about to send."""
        if self._basic:
            request = self._basic(request)
        request.headers.update(self._headers())
        return request


class Transport(HTTPAdapter):
    """Sends requests within a time and a size; only whole answers of the query API pass."""

    def __init__(
        self, name: str, connections: int, server_name: str | None, check: "Check | None" = None
    ) -> None:
        """`check` tells answers that can be used; without one, those of the query API."""
        self._check = check or prometheus_answer
        self._name = name
        self._server_name = server_name
        self._lock = threading.Lock()
        self._turn = threading.local()
        self.requests = 0
        self.bytes = 0
        super().__init__(pool_maxsize=connections, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Check the server's certificate for the name that we were told."""
        if self._server_name:
            kwargs |= {"server_hostname": self._server_name, "assert_hostname": self._server_name}
        super().init_poolmanager(*args, **kwargs)

    def begin(self, until: float) -> None:
        """The next request of this thread has until then, on the monotonic clock."""
        self._turn.until = until
        self._turn.warnings = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the server said beside the rows of this thread's last answer."""
        warnings: tuple[str, ...] = self._turn.warnings
        return warnings

    def send(  # noqa: PLR0917  # the signature is that of requests
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # the body is always read bit by bit
        timeout: object = None,  # the library's own is one for all
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """The answer, read in full. Raises: QueryError, and what requests raises."""
        left = max(0.001, self._turn.until - time.monotonic())
        started = time.monotonic()
        with self._lock:
            self.requests += 1
        response = super().send(
            request, True, (min(_CONNECT_SECONDS, left), left), verify, cert, proxies
        )
        try:
            body = self._read(response)
        finally:
            response.close()
        _log.debug(
            "%s: %d, %d bytes in %.2f s",
            self._name,
            response.status_code,
            len(body),
            time.monotonic() - started,
        )
        self._turn.warnings = self._check(self._name, response, body)
        whole = requests.Response()
        whole.status_code = response.status_code
        whole.headers = response.headers
        whole.url = response.url
        whole.request = request
        whole.raw = io.BytesIO(body)
        return whole

    def _read(self, response: requests.Response) -> bytes:
        body = bytearray()
        try:
            for chunk in response.iter_content(_CHUNK_BYTES):
                body += chunk
                if len(body) > MOST_BYTES:
                    raise TooExpensive(
                        message("gap.prometheus-too-large", server=self._name),
                        message("hint.prometheus-too-slow"),
                    )
                if time.monotonic() > self._turn.until:
                    raise requests.ReadTimeout
        except requests.ConnectionError as err:  # a pause between two chunks that was too long
            raise requests.ReadTimeout from err
        finally:
            with self._lock:
                # Of answers sent in chunks, as long ones are, urllib3 does not count the bytes.
                self.bytes += response.raw.tell() or len(body)
        return bytes(body)


Check = Callable[[str, requests.Response, bytes], tuple[str, ...]]
"""What is said beside an answer of a server, by its name; a QueryError for one of no use."""


def refuse_redirect(name: str, response: requests.Response) -> None:
    """Raises: Unusable for an answer that leads elsewhere, mostly to a login page."""
    if response.is_redirect:
        target = shown(response.headers["location"])
        raise Unusable(
            message("gap.prometheus-redirect", server=name, target=target),
            message("hint.prometheus-redirect"),
        )


def prometheus_answer(name: str, response: requests.Response, body: bytes) -> tuple[str, ...]:
    """The warnings of an answer that can be used. Raises: QueryError for every other."""
    status = response.status_code
    refuse_redirect(name, response)
    try:
        reply = msgspec.json.decode(body, type=_Reply)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        reply = _Reply(error=quote(body))
    said = reply.error or reply.message or quote(body)
    if status in DENIED:
        raise Unusable(
            message("gap.prometheus-denied", server=name, status=status, detail=said),
            message(_way_in(name)),
        )
    # A good answer may hold such words itself: there are errors called "timeout" to be counted.
    refused = reply.status != "success" and any(words in said.lower() for words in _TOO_EXPENSIVE)
    if refused or reply.errorType == "timeout":
        raise TooExpensive(
            message("gap.prometheus-too-expensive", server=name, detail=said),
            message("hint.prometheus-too-slow"),
        )
    if status in BUSY:
        raise Busy(name, status, said, response.headers.get("retry-after"))
    if reply.status == "error":
        raise QueryError(
            message("gap.prometheus-refused", server=name, status=status, detail=said),
            message("hint.prometheus-refused"),
        )
    if status != _OK or reply.status != "success" or not bytes(reply.data):
        raise not_prometheus(name, f"HTTP {status}: {said}")
    return reply.warnings or ()


def _way_in(name: str) -> str:
    """The hint for a server that does not let us in; managed ones each want it their way."""
    host = urlsplit(name).hostname or ""
    return next(
        (hint for hosts, hint in _MANAGED.items() if re.fullmatch(hosts, host)),
        "hint.prometheus-denied",
    )


class _Reply(msgspec.Struct, frozen=True, gc=False):
    """What every answer of the query API has; the rows themselves are left to the library."""

    status: str | None = None
    errorType: str = ""  # noqa: N815  # the API's name
    error: str = ""
    message: str = ""
    """Of an API server that passes the query on, and does not here."""
    warnings: tuple[str, ...] | None = None
    """Beside them newer servers send `infos`: doubts about the query, not about the answer."""
    data: msgspec.Raw = msgspec.Raw()


def shown(url: str) -> str:
    """An address without user info, query and fragment."""
    plain = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"(?<=//)[^/]*@", "", plain)


def quote(body: bytes) -> str:
    """The beginning of an answer, on one line and without markup."""
    text = re.sub(r"<[^>]*>", " ", body[:4096].decode("utf-8", "replace"))
    return " ".join(text.split())[:_LONGEST_QUOTE]


def cause_of(err: BaseException) -> tuple[Cause, str]:
    """What lies at the bottom of a connection error. The text at its top repeats the address."""
    inner: object = err
    while True:
        below = getattr(inner, "reason", None) or (
            inner.__cause__ or inner.__context__ if isinstance(inner, BaseException) else None
        )
        if not isinstance(below, BaseException):
            break
        inner = below
    detail = str(getattr(inner, "strerror", None) or inner).partition("\n")[0]
    if isinstance(inner, ssl.SSLCertVerificationError):
        detail = inner.verify_message
    elif isinstance(inner, ssl.SSLError) and inner.reason == "WRONG_VERSION_NUMBER":
        return "no-tls", detail
    for types, cause in _CAUSES:
        if isinstance(err, types) or isinstance(inner, types):
            return cause, detail
    return "other", detail


_CAUSES: tuple[tuple[type[BaseException], Cause], ...] = (
    (requests.exceptions.ProxyError, "proxy"),
    (requests.ConnectTimeout, "silent"),
    (ssl.SSLCertVerificationError, "untrusted"),
    (ConnectionRefusedError, "closed"),
    (socket.gaierror, "no-name"),
    (TimeoutError, "silent"),
    (ConnectionError, "cut"),
)
"""What an error means, at its top or at its bottom; the first that fits."""

"""Prometheus and what speaks its query language: one query in, samples or an error out.

The only file that knows the client library.
"""

import logging
import math
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit, urlunsplit

import requests
from prometheus_api_client.prometheus_connect import PrometheusConnect

from mesh_probe import __version__
from mesh_probe.collect.prometheus_http import Credentials, Transport, shown
from mesh_probe.collect.query_error import not_prometheus
from mesh_probe.collect.sending import Sender
from mesh_probe.errors import UsageError
from mesh_probe.source import Sample, folded, name_selector, quoted
from mesh_probe.sources.alerts import Rule
from mesh_probe.text import message

AT_ONCE = 4
"""Queries at a time over all servers; a server runs 20 by default, for everybody."""
QUERY_SECONDS = 20.0
"""The server gives a query up after this time; we wait a little longer."""

_ENDPOINTS = re.compile(r"(/api/v1(/\w+)?|/graph|/query|/push)?/*$")
_BRACE_OR_TEXT = re.compile(r'\{|"(?:[^"\\]|\\.)*"')

_log = logging.getLogger(__name__)


class Answer(NamedTuple):
    """What a server says to an instant query."""

    samples: tuple[Sample, ...]
    rows: int
    """How many rows there were, before buckets were folded."""
    warnings: tuple[str, ...] = ()
    """Such as a partial response of Thanos: rows may be missing."""
    histograms: int = 0
    """Rows left out because they are native histograms where a number was asked for."""


class Line(NamedTuple):
    """One series of a range query."""

    labels: dict[str, str]
    points: tuple[tuple[float, float], ...]
    """Unix seconds and value, in order of time; where nothing was there, there is no point."""


class Lines(NamedTuple):
    """What a server says to a range query."""

    lines: tuple[Line, ...]
    warnings: tuple[str, ...] = ()


class Prometheus:
    """A server that answers PromQL, with our credentials and limits.

    Threads may share it. `name` is its address without credentials and query; nothing else of the
    address is ever shown.
    """

    def __init__(
        self,
        url: str,
        *,
        headers: Callable[[], Mapping[str, str]] = dict,
        verify: bool | str = True,
        cert: tuple[str, str] | None = None,
        proxy: str | None = None,
        server_name: str | None = None,
        query_seconds: float = QUERY_SECONDS,
    ) -> None:
        """`headers` is called for each request; `verify` may be a file of CAs, `cert` has its key.

        `server_name` is the name in the server's certificate where that is not the address's.
        Raises: UsageError when the address is none.
        """
        base, user, self._extra = _address(url)
        self.name = base
        self._matchers = ""
        self._transport = Transport(self.name, AT_ONCE, server_name)
        self._sender = Sender(self.name, self._transport, query_seconds, not_prometheus)
        session = requests.Session()
        session.verify = verify
        session.cert = cert
        session.auth = Credentials(headers, user)
        if proxy:
            session.proxies = {"http": proxy, "https": proxy}
        session.headers["User-Agent"] = f"mesh-probe/{__version__}"
        # The library mounts an adapter of its own at the address; the longer prefix wins.
        session.mount(f"{base}/api/", self._transport)
        self._session = session
        self._client = PrometheusConnect(base, session=session)

    def only(self, label: str, value: str) -> None:
        """From now on answer for the series with this value of a label alone."""
        self._matchers += f"{label}={quoted(value)},"

    @property
    def queries(self) -> int:
        """Requests sent so far."""
        return self._transport.requests

    @property
    def bytes(self) -> int:
        """Bytes of answers received so far, as they came over the wire."""
        return self._transport.bytes

    def prove(self, at: datetime, until: float) -> None:
        """Find out whether it is a Prometheus that answers us. Raises: QueryError."""
        rows = self.query("vector(1)", at, until).samples
        if [row.value for row in rows] != [1.0]:
            raise not_prometheus(self.name, "vector(1)")

    def query(
        self, promql: str, at: datetime, until: float, *, fold_buckets: bool = False
    ) -> Answer:
        """An instant query at a moment, to be answered before the monotonic time `until`.

        Raises: QueryError.
        """
        params = {**self._extra, "time": f"{at.timestamp():.3f}"}

        def send(seconds: int) -> Any:
            return self._client.custom_query(
                self._narrowed(promql), params | {"timeout": f"{seconds}s"}
            )

        rows, warnings = self._sender.answer(send, until)
        try:
            return _answer(rows, warnings, fold_buckets)
        except (LookupError, TypeError, ValueError, AttributeError) as err:
            raise not_prometheus(self.name, "rows of another shape") from err

    def query_range(
        self, promql: str, start: datetime, end: datetime, step_seconds: int, until: float
    ) -> Lines:
        """The values of a query at `start` and every step after it, up to `end`.

        To be answered before the monotonic time `until`. Raises: QueryError.
        """
        rows, warnings = self._range(promql, start, end, step_seconds, until)
        try:
            return Lines(tuple(_line(row) for row in rows if row.get("values")), warnings)
        except (LookupError, TypeError, ValueError, AttributeError) as err:
            raise not_prometheus(self.name, "rows of another shape") from err

    def query_at(
        self,
        promql: str,
        times: Sequence[datetime],
        until: float,
        *,
        fold_buckets: bool = False,
    ) -> tuple[Answer, ...]:
        """An instant query at each of several times that are equally far apart, earliest first.

        It is one request; the times are whole seconds. Raises: QueryError.
        """
        step = max(round((times[-1] - times[0]).total_seconds()) // max(len(times) - 1, 1), 1)
        rows, warnings = self._range(promql, times[0], times[-1], step, until)
        try:
            by_time = _by_time(rows)
            return tuple(
                _answer(by_time.get(round(time.timestamp()), ()), warnings, fold_buckets)
                for time in times
            )
        except (LookupError, TypeError, ValueError, AttributeError) as err:
            raise not_prometheus(self.name, "rows of another shape") from err

    def _range(
        self, promql: str, start: datetime, end: datetime, step_seconds: int, until: float
    ) -> tuple[Any, tuple[str, ...]]:
        def send(seconds: int) -> Any:
            params = self._extra | {"timeout": f"{seconds}s"}
            asked = self._narrowed(promql)
            return self._client.custom_query_range(asked, start, end, str(step_seconds), params)

        return self._sender.answer(send, until)

    def alerting_rules(self, until: float) -> tuple[Rule, ...]:
        """The alerting rules that it evaluates, or whose evaluation it can ask others about.

        Stores that only answer queries do not have these. Raises: QueryError.
        """

        def send(seconds: int) -> Any:
            url = f"{self.name}/api/v1/rules"
            params = self._extra | {"type": "alert"}
            # NOTE: unless it is said again, REQUESTS_CA_BUNDLE wins over the session's own.
            verify = self._session.verify
            answer = self._session.get(url, params=params, timeout=seconds, verify=verify)
            return answer.json()["data"]["groups"]

        groups, _ = self._sender.answer(send, until)
        try:
            return tuple(
                Rule(str(rule["name"]), float(rule.get("keepFiringFor") or 0))
                for group in groups or ()
                for rule in group["rules"]
                if rule.get("type") == "alerting"
            )
        except (LookupError, TypeError, ValueError, AttributeError) as err:
            raise not_prometheus(self.name, "rules of another shape") from err

    def metric_names(
        self, pattern: str, start: datetime, end: datetime, until: float
    ) -> frozenset[str]:
        """The names of the metrics that match a regular expression and have series in the time.

        From the index alone, so it is cheap. Some managed services lack this. Raises: QueryError.
        """
        params = {
            **self._extra,
            "match[]": self._narrowed(name_selector(pattern)),
            "start": f"{start.timestamp():.3f}",
            "end": f"{end.timestamp():.3f}",
        }

        def send(_: int) -> Any:
            return self._client.get_label_values("__name__", params)

        names, _ = self._sender.answer(send, until)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise not_prometheus(self.name, "names of another shape")
        return frozenset(names)

    def _narrowed(self, promql: str) -> str:
        """The query with our matchers in each of its selectors, all of which have braces."""
        if not self._matchers:
            return promql
        return _BRACE_OR_TEXT.sub(
            lambda found: f"{{{self._matchers}" if found[0] == "{" else found[0], promql
        )


def _answer(rows: Any, warnings: tuple[str, ...], fold_buckets: bool) -> Answer:
    """The rows of an instant vector.

    NaN is "no data" and left out; so is what is below zero, which no rate and no count can be.
    """
    shared: dict[str, str] = {}  # each row brings its own copy of the same few texts
    numbers = [
        ({name: shared.setdefault(text, text) for name, text in row["metric"].items()}, value)
        for row in rows
        if "histogram" not in row and 0 <= (value := float(row["value"][1])) < math.inf
    ]
    if not all(isinstance(text, str) for text in shared):
        raise TypeError("a label that is no text")
    natives = [row for row in rows if "histogram" in row]
    if fold_buckets:
        samples = [*folded(numbers), *(_native(row) for row in natives)]
        return Answer(tuple(samples), len(rows), warnings)
    samples = [Sample(*number) for number in numbers]
    return Answer(tuple(samples), len(rows), warnings, len(natives))


def _native(row: Any) -> Sample:
    """A native histogram: its count, and what is between the bounds of each bucket.

    https://prometheus.io/docs/prometheus/latest/querying/api/#native-histograms
    """
    _, histogram = row["histogram"]
    buckets = {f"{low}...{high}": float(n) for _, low, high, n in histogram.get("buckets") or ()}
    return Sample(dict(row["metric"]), float(histogram["count"]), buckets)


def _line(row: Any) -> Line:
    """One row of a matrix. NaN is "no data" and left out, as in an instant vector."""
    points = ((float(at), float(value)) for at, value in row["values"])
    labels = {str(name): str(text) for name, text in row["metric"].items()}
    return Line(labels, tuple(point for point in points if 0 <= point[1] < math.inf))


def _by_time(rows: Any) -> Mapping[int, list[Any]]:
    """The rows of a matrix as those of instant vectors, by Unix seconds."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        for many, one in (("values", "value"), ("histograms", "histogram")):
            for point in row.get(many) or ():
                found[round(point[0])].append({"metric": row["metric"], one: point})
    return found


class _Address(NamedTuple):
    base: str
    user: tuple[str, str] | None
    extra: dict[str, str]


def _address(url: str) -> _Address:
    """The parts of an address that was given to us. Raises: UsageError when it is none."""
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname, parts.port
        (host or "").encode("idna")
    except ValueError:  # a name that DNS cannot have is one, too
        host, port = None, None
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(
            message("error.prometheus-address", address=shown(url)),
            message("hint.prometheus-address"),
        )
    where = f"[{host}]" if ":" in host else host
    netloc = f"{where}:{port}" if port else where
    # People paste the address of the API or of the page that they look at.
    path = _ENDPOINTS.sub("", parts.path)
    user = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
    base = urlunsplit((parts.scheme, netloc, path, "", ""))
    return _Address(base, user, dict(parse_qsl(parts.query)))

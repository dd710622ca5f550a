"""Jaeger and Tempo as their documentation has them, on a free port of loopback.

Jaeger: the handler of /api/dependencies takes milliseconds and answers with a structured response.
Tempo: /api/metrics/query takes TraceQL and seconds; it groups by at most five attributes, one less
for quantiles, writes "nil" for what a span lacks, and leaves out what is zero.
"""

import json
import math
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, object]


@dataclass(frozen=True)
class Link:
    """Calls that Jaeger added up, and when."""

    parent: str
    child: str
    count: int
    at_seconds: float


@dataclass(frozen=True)
class Span:
    """A span of a client or a server."""

    seconds: float
    """Its duration."""
    at_seconds: float
    attributes: Mapping[str, str]
    """With their scopes: "resource.service.name"."""
    kind: str = "client"
    failed: bool = False


@dataclass
class Server:
    """A running server, and what it was asked."""

    url: str
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def serving(answer: Callable[[str, Mapping[str, str]], Answer]) -> Iterator[Server]:
    """Run a server that answers a path and its parameters with a status and JSON, or bytes."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            server.asked.append((parts.path, params))
            server.headers.append(dict(self.headers))
            status, document = answer(parts.path, params)
            body = document if isinstance(document, bytes) else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server = Server(f"http://127.0.0.1:{http.server_port}")
    thread = threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


def jaeger(links: Sequence[Link], base: str = "") -> Callable[[str, Mapping[str, str]], Answer]:
    """Jaeger's query service."""

    def failed(status: int, said: str) -> Answer:
        errors = [{"code": status, "msg": said}]
        return status, {"data": None, "total": 0, "limit": 0, "offset": 0, "errors": errors}

    def answer(path: str, params: Mapping[str, str]) -> Answer:
        if path != f"{base}/api/dependencies":
            return 404, b"404 page not found"
        for name in ("endTs", "lookback"):
            if not params.get(name, "").isdigit():
                return failed(400, f"unable to parse param '{name}'")
        end = int(params["endTs"]) / 1000
        start = end - int(params["lookback"]) / 1000
        counts: dict[tuple[str, str], int] = defaultdict(int)
        for link in links:
            if start <= link.at_seconds <= end:
                counts[link.parent, link.child] += link.count
        found = [
            {"parent": parent, "child": child, "callCount": count}
            for (parent, child), count in counts.items()
        ]
        return 200, {"data": found, "total": 0, "limit": 0, "offset": 0, "errors": None}

    return answer


_QUERY = re.compile(
    r"\{ (?P<filter>[^}]*) \} \| (?P<function>\w+)\((?P<arguments>[^)]*)\) by \((?P<by>[^)]*)\)"
)
_CONDITIONS: Mapping[str, Callable[[Span], bool]] = {
    "kind = client": lambda span: span.kind == "client",
    "status = error": lambda span: span.failed,
}
MOST_GROUPS = 5


def tempo(
    spans: Sequence[Span], *, partial: bool = False
) -> Callable[[str, Mapping[str, str]], Answer]:
    """Tempo's query frontend, for the part of TraceQL that is asked here."""

    def answer(path: str, params: Mapping[str, str]) -> Answer:
        if path != "/api/metrics/query":
            return 404, b"404 page not found"
        query = _QUERY.fullmatch(params["q"])
        if query is None:
            return 400, b"parse error"
        by = query["by"].split(", ")
        most = MOST_GROUPS - (query["function"] == "quantile_over_time")
        if len(by) > most:
            return 400, f"metrics group by {len(by)} values not yet supported".encode()
        start, end = int(params["start"]), int(params["end"])
        chosen = [_CONDITIONS[condition] for condition in query["filter"].split(" && ")]
        groups: dict[tuple[str, ...], list[float]] = defaultdict(list)
        for span in spans:
            if start <= span.at_seconds <= end and all(fits(span) for fits in chosen):
                groups[tuple(span.attributes.get(name, "nil") for name in by)].append(span.seconds)
        series = []
        for key, durations in groups.items():
            labels: list[object] = [
                {"key": name, "value": {"stringValue": text}}
                for name, text in zip(by, key, strict=True)
            ]
            if query["function"] == "rate":
                series.append(_series(labels, len(durations) / (end - start)))
            else:
                for q in map(float, query["arguments"].split(", ")[1:]):
                    rank = max(math.ceil(q * len(durations)) - 1, 0)
                    quantile = {"key": "p", "value": {"doubleValue": q}}
                    series.append(_series([*labels, quantile], sorted(durations)[rank]))
        more = {"status": "PARTIAL", "message": "max series"} if partial else {}
        return 200, {"series": series, "metrics": {"totalBlocks": 1}, **more}

    return answer


def _series(labels: list[object], value: float) -> dict[str, object]:
    return {"labels": labels, "promLabels": "{}", **({"value": value} if value else {})}

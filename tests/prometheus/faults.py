"""A server that answers like a Prometheus in trouble, or like something else."""

import json
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Reply:
    """What the server says to one request."""

    body: bytes | object = b""
    """Bytes as they are, or what is sent as JSON."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    """The answer, or what is left of it, does not come while the server lives."""
    cut_at: int | None = None
    """Bytes after which no more come, though more were promised."""


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


class Faulty:
    """The address of a running server, and what it was asked."""

    def __init__(self, url: str, replies: Sequence[Reply]) -> None:
        self.url = url
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._replies = list(replies)

    def next(self) -> Reply:
        """The next reply; the last one is given for ever."""
        return self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]


def vector(*rows: tuple[Mapping[str, str], str], **more: object) -> object:
    """The body of a good answer."""
    result = [{"metric": labels, "value": [0, value]} for labels, value in rows]
    return {"status": "success", "data": {"resultType": "vector", "result": result}, **more}


@contextmanager
def faulty(*replies: Reply, tls: ssl.SSLContext | None = None) -> Iterator[Faulty]:
    """Run a server that gives these replies in turn."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            faults.asked.append(Asked(parts.path, params, dict(self.headers)))
            reply = faults.next()
            if reply.hangs and reply.cut_at is None:
                faults.closing.wait()
                self.close_connection = True
                return
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            for key, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: reply.cut_at])
            if reply.hangs:
                faults.closing.wait()
            self.close_connection = reply.cut_at is not None

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    scheme = "https" if tls else "http"
    faults = Faulty(f"{scheme}://127.0.0.1:{server.server_port}", replies)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield faults
    finally:
        faults.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()

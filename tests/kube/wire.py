"""HTTPS on loopback, with tokens and client certificates, for whatever answers."""

import gzip
import json
import ssl
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import trustme

COMPRESSED_FROM_BYTES = 128 * 1024


@dataclass(frozen=True)
class Request:
    """A GET as it came in. Other methods are answered with 501."""

    path: str
    query: Mapping[str, str]
    raw_query: str
    """With repeated names, which `query` has only the last of."""
    headers: Mapping[str, str]
    """With names in lower case."""
    certificate_name: str | None
    """Common name of the client certificate."""


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    """The connection ends in the middle of the body."""


def packed(reply: Reply, request: Request) -> Reply:
    """The reply as it goes over the wire: a large one is compressed for a client that takes it."""
    takes_it = "gzip" in request.headers.get("accept-encoding", "")
    is_large = len(reply.body) > COMPRESSED_FROM_BYTES
    if not takes_it or not is_large or "Content-Encoding" in reply.headers:
        return reply
    body = gzip.compress(reply.body, compresslevel=1)
    return replace(reply, body=body, headers={**reply.headers, "Content-Encoding": "gzip"})


class HttpsServer:
    """Answers on a free port from the moment it is made until it is closed."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.authority = trustme.CA()
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
        self.authority.configure_trust(context)
        context.verify_mode = ssl.CERT_OPTIONAL
        self._listener = _Listener(("127.0.0.1", 0), _Handler)
        self._listener.answer = answer
        # The thread of the connection shakes hands, so that one bad client does not stop others.
        self._listener.socket = context.wrap_socket(
            self._listener.socket, server_side=True, do_handshake_on_connect=False
        )
        self.url = f"https://127.0.0.1:{self._listener.server_address[1]}"
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown()
        self._listener.server_close()


def write_kubeconfig(
    path: Path, url: str, authority: bytes, login: Mapping[str, Any], namespace: str | None = None
) -> Path:
    """A kubeconfig with one context, "test". (JSON is YAML too.)"""
    place = {"namespace": namespace} if namespace else {}
    cluster = {"server": url, "certificate-authority-data": b64encode(authority).decode()}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [{"name": "test", "cluster": cluster}],
        "users": [{"name": "test", "user": login}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test", **place}}],
    }
    path.write_text(json.dumps(document))
    return path


def client_certificate(authority: trustme.CA, folder: Path, name: str) -> dict[str, str]:
    """Write a certificate and its key; the user entry of a kubeconfig that names them."""
    group = "system:masters" if name == "admin" else None
    issued = authority.issue_cert(f"{name}@example.org", common_name=name, organization_name=group)
    certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    return {"client-certificate": certificate.name, "client-key": key.name}


def exec_plugin(token: str) -> dict[str, Any]:
    """The user entry of a kubeconfig whose token is printed by a program."""
    version = "client.authentication.k8s.io/v1"
    credential = {"apiVersion": version, "kind": "ExecCredential", "status": {"token": token}}
    program = f"print({json.dumps(credential)!r})"
    return {"exec": {"apiVersion": version, "command": sys.executable, "args": ["-c", program]}}


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    answer: Callable[[Request], Reply]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away, or did not trust the certificate, is no error here."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        request = Request(
            target.path,
            dict(parse_qsl(target.query)),
            target.query,
            {name.lower(): value for name, value in self.headers.items()},
            self._certificate_name(),
        )
        reply = packed(self.server.answer(request), request)
        body = reply.body
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if reply.cut else body)
        self.close_connection = self.close_connection or reply.cut

    def _certificate_name(self) -> str | None:
        assert isinstance(self.connection, ssl.SSLSocket)
        subject: Any = (self.connection.getpeercert() or {}).get("subject", ())
        names = [value for part in subject for key, value in part if key == "commonName"]
        return names[0] if names else None

    def log_message(self, format: str, *args: object) -> None:
        pass

"""One service of the live test, a process of its own: `python service.py`.

The environment says what it is:

    NAME, NAMESPACE   what it is called
    CALLS             names of services that it calls on each request, in turn: "cart mail"
    WAIT_SECONDS      how long it works on a request besides
    FAIL_EVERY        each request of this number fails: 5 is one in five; 0 for none

It prints the port that it listens on, reads the ports of all services as a line of JSON from its
standard input, and serves:

    /          calls on, waits, answers 200 or 500
    /metrics   its own calls as a service graph, as eBPF instrumentation counts them
    /seconds   how long each of them took, as JSON by the name of the server
"""

import http.client
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STEM = "traces_service_graph_request"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5)


class Calls:
    """What was counted of the calls to one server."""

    def __init__(self) -> None:
        self.total = 0
        self.failed = 0
        self.durations: list[float] = []


class Service:
    """The service that the environment describes."""

    def __init__(self) -> None:
        self.name = os.environ["NAME"]
        self.namespace = os.environ["NAMESPACE"]
        self.targets = os.environ.get("CALLS", "").split()
        self.wait_seconds = float(os.environ.get("WAIT_SECONDS", "0"))
        self.fail_every = int(os.environ.get("FAIL_EVERY", "0"))
        self.places: dict[str, tuple[str, int]] = {}
        self._served = 0
        self._calls = {target: Calls() for target in dict.fromkeys(self.targets)}
        self._lock = threading.Lock()

    def serve(self) -> int:
        """Work on a request; the HTTP status."""
        for target in self.targets:
            self._call(target)
        time.sleep(self.wait_seconds)
        with self._lock:
            self._served += 1
            return 500 if self.fail_every and self._served % self.fail_every == 0 else 200

    def _call(self, target: str) -> None:
        started = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.places[target][1])
        connection.request("GET", "/")
        status = connection.getresponse().status
        connection.close()
        took = time.monotonic() - started
        with self._lock:
            calls = self._calls[target]
            calls.total += 1
            calls.failed += status >= http.HTTPStatus.INTERNAL_SERVER_ERROR
            calls.durations.append(took)

    def seconds(self) -> dict[str, list[float]]:
        """How long its calls took."""
        with self._lock:
            return {target: list(calls.durations) for target, calls in self._calls.items()}

    def metrics(self) -> str:
        """Its calls in the text format of Prometheus."""
        lines: list[str] = []
        with self._lock:
            for target, calls in self._calls.items():
                labels = ",".join(
                    f'{key}="{value}"'
                    for key, value in {
                        "client": self.name,
                        "client_k8s_namespace_name": self.namespace,
                        "server": target,
                        "server_k8s_namespace_name": self.places[target][0],
                        "source": "obi",
                    }.items()
                )
                lines.append(f"{STEM}_total{{{labels}}} {calls.total}")
                lines.append(f"{STEM}_failed_total{{{labels}}} {calls.failed}")
                base = f"{STEM}_client_seconds"
                for bound in BOUNDS:
                    within = sum(took <= bound for took in calls.durations)
                    lines.append(f'{base}_bucket{{{labels},le="{bound}"}} {within}')
                lines.append(f'{base}_bucket{{{labels},le="+Inf"}} {calls.total}')
                lines.append(f"{base}_count{{{labels}}} {calls.total}")
                lines.append(f"{base}_sum{{{labels}}} {sum(calls.durations)}")
        return "\n".join([*lines, ""])


def main() -> None:
    """Run until the standard input ends."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                status, body = 200, service.metrics().encode()
            elif self.path == "/seconds":
                status, body = 200, json.dumps(service.seconds()).encode()
            else:
                status, body = service.serve(), b""
            self.send_response(status)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)  # noqa: T201
    service.places = {
        name: (namespace, port) for name, (namespace, port) in json.loads(input()).items()
    }
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()

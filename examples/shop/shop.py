"""One service of the example shop; which one, the environment says. `python shop.py` runs it.

NAME            what it is called; OTEL_SERVICE_NAME is set to it where it is not set
PORT            where it listens, 8080 unless said otherwise
CALLS           what it calls for each request, in turn: "catalog cart*2 orders/status"; /status
                answers at once, everything else calls on
X_URL           where X is; http://x:8080 where nothing is said
RETRIES         how often a failed call is tried again
LATENCY         how long it works besides: "fixed:0.02", "uniform:0.01:0.05", "lognormal:0.02:0.5"
                (median and sigma), in seconds
ERROR_RATE      the share of requests that it fails, 0 to 1
PAYLOAD_BYTES   how much it answers
CANARY_PERCENT  the share of requests that take the new way, which costs CANARY_LATENCY
DATABASE_URL    a PostgreSQL that it asks for each request: postgresql://user:word@host:5432/name
CACHE_URL       a Redis that it asks for each request: redis://host:6379

With LOAD_URL it is the customers instead: it calls that address RATE_RPS times a second, more by
day and less by night (a day lasts DAY_SECONDS), REQUESTS times or for ever.

/metrics has the client metrics of OpenTelemetry, for Prometheus: no mesh is needed.
"""

import logging
import math
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, LifoQueue
from urllib.parse import unquote, urlsplit

os.environ.setdefault("OTEL_SEMCONV_STABILITY_OPT_IN", "http")  # seconds, server.address
os.environ.setdefault("OTEL_SERVICE_NAME", os.environ.get("NAME", "shop"))

import pg8000.native
import redis
import requests
from opentelemetry import metrics
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.requests import RequestsInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from requests.adapters import HTTPAdapter

TIMEOUT_SECONDS = 10
CUSTOMERS_AT_ONCE = 50
SECONDS_A_DAY = 86_400
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Of the conventions: https://opentelemetry.io/docs/specs/semconv/database/database-metrics/"""

log = logging.getLogger("shop")


class Share:
    """True for a share of the times it is asked, spread evenly: 0.2 is each fifth time."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._sum = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> bool:
        """Whether it is this one's turn."""
        with self._lock:
            self._sum += self._share
            hit = self._sum >= 1 - 1e-9
            self._sum -= hit
            return hit


class Store:
    """A database or cache, asked over connections that are kept, and timed as a client does."""

    def __init__(self, url: str, connect: Callable[[str], Callable[[], object]]) -> None:
        at = urlsplit(url)
        self._url = url
        self._connect = connect
        self._idle: LifoQueue[Callable[[], object]] = LifoQueue()
        self._labels = {
            "db.system.name": at.scheme,
            "db.operation.name": "SELECT" if at.scheme == "postgresql" else "INCR",
            "server.address": at.hostname or "",
            "server.port": at.port or 0,
        }
        self._seconds = metrics.get_meter("shop").create_histogram(
            "db.client.operation.duration", unit="s", explicit_bucket_boundaries_advisory=BOUNDS
        )

    def ask(self) -> None:
        """One round trip."""
        started = time.perf_counter()
        labels = dict(self._labels)
        try:
            try:
                ask = self._idle.get_nowait()
            except Empty:
                ask = self._connect(self._url)
            ask()
            self._idle.put(ask)
        except Exception as err:
            labels["error.type"] = type(err).__name__
            raise
        finally:
            self._seconds.record(time.perf_counter() - started, labels)


class Service:
    """What the environment says that it is."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._targets = [url for word in env.get("CALLS", "").split() for url in targets(word, env)]
        self._retries = int(env.get("RETRIES", "0"))
        self._wait = distribution(env.get("LATENCY", "fixed:0"))
        self._canary_wait = distribution(env.get("CANARY_LATENCY", "fixed:0"))
        self._is_canary = Share(float(env.get("CANARY_PERCENT", "0")) / 100)
        self._fails = Share(float(env.get("ERROR_RATE", "0")))
        self._payload = b"." * int(env.get("PAYLOAD_BYTES", "100"))
        connections = (("DATABASE_URL", connect_database), ("CACHE_URL", connect_cache))
        self._stores = [Store(env[key], connect) for key, connect in connections if env.get(key)]
        self._session = requests.Session()
        self._session.mount("http://", HTTPAdapter(pool_maxsize=CUSTOMERS_AT_ONCE))

    def answer(self) -> tuple[HTTPStatus, bytes]:
        """Work on a request."""
        ok = True
        for store in self._stores:
            store.ask()
        for target in self._targets:
            ok &= self._call(target)
        time.sleep(self._wait())
        if self._is_canary():
            time.sleep(self._canary_wait())
        if self._fails() or not ok:
            return HTTPStatus.INTERNAL_SERVER_ERROR, b""
        return HTTPStatus.OK, self._payload

    def _call(self, target: str) -> bool:
        for _ in range(self._retries + 1):
            try:
                if self._session.get(target, timeout=TIMEOUT_SECONDS).ok:
                    return True
            except requests.RequestException as err:
                log.warning("%s: %s", target, err)
        return False


def targets(word: str, env: Mapping[str, str]) -> list[str]:
    """The URLs that a word of CALLS stands for: "cart*2" is two of the same."""
    called, _, times = word.partition("*")
    name, slash, path = called.partition("/")
    variable = f"{name.upper().replace('-', '_')}_URL"
    return [env.get(variable, f"http://{name}:8080") + slash + path] * int(times or 1)


def distribution(text: str) -> Callable[[], float]:
    """Seconds to wait, drawn anew each time. Raises: ValueError for another word than the three."""
    kind, *numbers = text.split(":")
    values = [float(number) for number in numbers]
    match kind, values:
        case "fixed", [seconds]:
            return lambda: seconds
        case "uniform", [low, high]:
            return lambda: random.uniform(low, high)
        case "lognormal", [median, sigma]:
            return lambda: random.lognormvariate(math.log(median), sigma)
    raise ValueError(f"LATENCY is fixed:S, uniform:S:S or lognormal:S:SIGMA, not {text!r}")


def connect_database(url: str) -> Callable[[], object]:
    """A query to run again and again."""
    at = urlsplit(url)
    connection = pg8000.native.Connection(
        unquote(at.username or "shop"),
        host=at.hostname or "",
        port=at.port or 5432,
        database=at.path.strip("/"),
        password=unquote(at.password or ""),
        timeout=TIMEOUT_SECONDS,
    )
    return lambda: connection.run("SELECT count(*) FROM pg_class")


def connect_cache(url: str) -> Callable[[], object]:
    """A command to run again and again."""
    client = redis.Redis.from_url(url, socket_timeout=TIMEOUT_SECONDS)
    return lambda: client.incr("carts")


def server_of(service: Service, port: int) -> ThreadingHTTPServer:
    """A server that answers for the service, and tells its metrics."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, status, body = "text/plain", HTTPStatus.OK, b"ok\n"
            if self.path == "/metrics":
                kind, body = CONTENT_TYPE_LATEST, generate_latest()
            elif self.path not in ("/healthz", "/status"):
                try:
                    status, body = service.answer()
                except Exception:
                    log.exception("a store does not answer")
                    status, body = HTTPStatus.INTERNAL_SERVER_ERROR, b""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            log.debug(format, *args)

    return ThreadingHTTPServer(("", port), Handler)


def go_shopping(env: Mapping[str, str], asked_to_end: threading.Event) -> None:
    """Be the customers: as many requests as the time of day asks for, the fewest at midnight.

    Nobody waits for the one before: a slow shop does not make its customers come more slowly.
    """
    url, rate = env["LOAD_URL"], float(env.get("RATE_RPS", "5"))
    day = float(env.get("DAY_SECONDS", SECONDS_A_DAY))
    left = int(env.get("REQUESTS", "0")) or math.inf
    with ThreadPoolExecutor(CUSTOMERS_AT_ONCE) as pool:
        while left > 0 and not asked_to_end.is_set():
            pool.submit(visit, url)
            left -= 1
            of_day = time.time() % day / day
            asked_to_end.wait(1 / (rate * (1 - 0.8 * math.cos(2 * math.pi * of_day))))
    log.info("all requests are done")


def visit(url: str) -> None:
    """One request of a customer."""
    try:
        requests.get(url, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as err:
        log.warning("%s: %s", url, err)


def main(env: Mapping[str, str]) -> None:
    """Run until SIGTERM."""
    logging.basicConfig(level=env.get("LOG_LEVEL", "INFO"), format="%(asctime)s %(message)s")
    metrics.set_meter_provider(MeterProvider(metric_readers=[PrometheusMetricReader()]))
    RequestsInstrumentor().instrument()
    asked_to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked_to_end.set())
    server = server_of(Service(env), int(env.get("PORT", "8080")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log.info("%s listens on %d", env.get("NAME", "shop"), server.server_port)
    if env.get("LOAD_URL"):
        go_shopping(env, asked_to_end)
    asked_to_end.wait()
    server.shutdown()


if __name__ == "__main__":
    main(os.environ)

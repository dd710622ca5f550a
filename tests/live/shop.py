"""The services of the live test: as processes, and as the manifests that would run them.

gate ─► web ─► cart ─► stock      stock waits 50 ms
         │      └────► mail       one in five calls fails
         └───► stock              twice
"""

import json
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "service.py"


@dataclass(frozen=True)
class Live:
    """A service: what it calls, and how it behaves."""

    namespace: str
    name: str
    calls: tuple[str, ...] = ()
    wait_seconds: float = 0.0
    fail_every: int = 0

    def environment(self) -> dict[str, str]:
        """What its process is told."""
        return {
            "NAME": self.name,
            "NAMESPACE": self.namespace,
            "CALLS": " ".join(self.calls),
            "WAIT_SECONDS": str(self.wait_seconds),
            "FAIL_EVERY": str(self.fail_every),
        }


STOCK_SECONDS = 0.05
SHOP = (
    Live("shop", "gate", ("web",)),
    Live("shop", "web", ("cart", "stock", "stock")),
    Live("shop", "cart", ("stock", "mail")),
    Live("back", "stock", wait_seconds=STOCK_SECONDS),
    Live("back", "mail", fail_every=5),
)
ENTRY = "gate"
"""Called by the test, so nobody counts calls to it."""


@contextmanager
def running() -> Iterator[Mapping[str, str]]:
    """The addresses of the running services by name, "127.0.0.1:40123"."""
    with ExitStack() as stack:
        processes = [stack.enter_context(_process(live)) for live in SHOP]
        ports = [int(process.stdout.readline()) for process in processes if process.stdout]
        places = {live.name: (live.namespace, port) for live, port in zip(SHOP, ports, strict=True)}
        for process in processes:
            if process.stdin:
                process.stdin.write(json.dumps(places) + "\n")
                process.stdin.flush()
        yield {name: f"127.0.0.1:{port}" for name, (_, port) in places.items()}


@contextmanager
def _process(live: Live) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, PROGRAM],
        env={**os.environ, **live.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def call(address: str) -> None:
    """Call a service once, and wait for its answer."""
    with urllib.request.urlopen(f"http://{address}/") as answer:
        answer.read()


def seconds(address: str) -> dict[str, list[float]]:
    """How long each call of a service took, by the name of the server."""
    with urllib.request.urlopen(f"http://{address}/seconds") as answer:
        taken: dict[str, list[float]] = json.load(answer)
        return taken


def scrape_config(addresses: Mapping[str, str]) -> str:
    """The configuration of a Prometheus that scrapes all of them each second."""
    targets = ", ".join(f'"{address}"' for address in addresses.values())
    return f"""
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: live
    static_configs: [{{targets: [{targets}]}}]
"""


def manifests() -> list[dict[str, Any]]:
    """A Namespace for each namespace, a Deployment and a Service for each service."""
    namespaces = sorted({live.namespace for live in SHOP})
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in namespaces
    ] + [document for live in SHOP for document in _documents(live)]


def _documents(live: Live) -> list[dict[str, Any]]:
    hosts = {each.name: f"http://{each.name}.{each.namespace}:8080" for each in SHOP}
    environment = {"OTEL_SERVICE_NAME": live.name} | {
        f"{target.upper()}_URL": hosts[target] for target in dict.fromkeys(live.calls)
    }
    labels = {"app": live.name}
    metadata = {"name": live.name, "namespace": live.namespace}
    container = {
        "name": live.name,
        "image": f"registry.example/{live.name}:1",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata,
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": template},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 8080}]},
        },
    ]

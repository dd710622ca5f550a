"""The example shop: manifests with some stories in them, and the processes that they describe."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import yaml

from tests.example_shop import stores

FOLDER = Path(__file__).parents[2] / "examples/shop"
POD = Path(__file__).parent / "pod.py"
LISTENS = re.compile(r"listens on (\d+)")
NAMESPACE = "shop"


@dataclass(frozen=True)
class Story:
    """Something that is wrong with the shop."""

    id: str
    tells: str
    env: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Variables by Deployment."""
    manifests: tuple[str, ...] = ()


STORIES: Mapping[str, Story] = {
    each["id"]: Story(**{**each, "manifests": tuple(each.get("manifests", ()))})
    for each in yaml.safe_load((FOLDER / "stories.yaml").read_text("utf-8"))["stories"]
}


def manifests(stories: Iterable[Story] = ()) -> list[dict[str, Any]]:
    """The shop's manifests as these stories change them; Secrets left out, as nobody reads them."""
    files = ["manifests/shop.yaml", *(name for story in stories for name in story.manifests)]
    documents = [
        document
        for name in files
        for document in yaml.safe_load_all((FOLDER / name).read_text("utf-8"))
        if document["kind"] != "Secret"
    ]
    for story in stories:
        for name, variables in story.env.items():
            (deployment,) = (
                d for d in documents if (d["kind"], d["metadata"]["name"]) == ("Deployment", name)
            )
            container = deployment["spec"]["template"]["spec"]["containers"][0]
            kept = [v for v in container["env"] if v["name"] not in variables]
            container["env"] = kept + [{"name": k, "value": v} for k, v in variables.items()]
    return documents


@dataclass(frozen=True)
class Running:
    """The shop at work, without customers yet."""

    targets: Mapping[str, str]
    """Where each Deployment's metrics are, "127.0.0.1:40123"."""
    let_in: Callable[[], AbstractContextManager[threading.Event]]
    """Lets the customers in; the event is set when they have made all their requests."""


@contextmanager
def running(
    documents: Iterable[Mapping[str, Any]], folder: Path, requests: int
) -> Iterator[Running]:
    """The shop that these manifests describe, with so many requests of its customers."""
    stores.need_stores()
    deployments = {d["metadata"]["name"]: d for d in documents if d["kind"] == "Deployment"}
    customers = deployments.pop("customers")
    file = folder / "places.json"
    with ExitStack() as stack:
        places = {
            "shop-db:5432": stack.enter_context(stores.postgres()),
            "shop-cache:6379": stack.enter_context(stores.redis()),
        }
        processes = {
            name: stack.enter_context(_process(_env(deployment, file)))
            for name, deployment in deployments.items()
        }
        ports = {name: _port(process) for name, process in processes.items()}
        file.write_text(json.dumps(places | {f"{name}:8080": p for name, p in ports.items()}))
        door = stores.free_port()
        env = _env(customers, file, PORT=str(door), REQUESTS=str(requests))
        yield Running(
            {name: f"127.0.0.1:{port}" for name, port in {**ports, "customers": door}.items()},
            lambda: _customers(env),
        )


@contextmanager
def _customers(env: Mapping[str, str]) -> Iterator[threading.Event]:
    finished = threading.Event()
    with _process(env) as process:
        assert process.stderr
        threading.Thread(target=_listen, args=(process.stderr, finished), daemon=True).start()
        yield finished


def scrape_config(targets: Mapping[str, str]) -> str:
    """The configuration of a Prometheus that finds the pods as it does in a cluster."""
    found = [
        {"targets": [address], "labels": {"namespace": NAMESPACE, "pod": f"{name}-7d9f8b6c5-x2x4z"}}
        for name, address in targets.items()
    ]
    return json.dumps(
        {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
            "scrape_configs": [{"job_name": "kubernetes-pods", "static_configs": found}],
        }
    )


def _env(deployment: Mapping[str, Any], places: Path, **more: str) -> dict[str, str]:
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    env = {v["name"]: v.get("value", "any") for v in container["env"]}
    expanded = {k: v.replace("$(DB_PASSWORD)", env.get("DB_PASSWORD", "")) for k, v in env.items()}
    own = {"PORT": "0", "PLACES": str(places), "RATE_RPS": "10", "DAY_SECONDS": "10"}
    return {**os.environ, **expanded, **own, **more}


@contextmanager
def _process(env: Mapping[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen([sys.executable, POD], env=env, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _port(process: subprocess.Popen[str]) -> int:
    assert process.stderr
    said = []
    for line in process.stderr:
        if found := LISTENS.search(line):
            return int(found[1])
        said.append(line)
    raise AssertionError("".join(said))


def _listen(stream: IO[str], finished: threading.Event) -> None:
    for line in stream:
        if "all requests are done" in line:
            finished.set()

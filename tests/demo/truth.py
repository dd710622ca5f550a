"""What the made-up shop is made of: fixtures/demo-shop."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

SHOP = Path(__file__).parents[2] / "fixtures" / "demo-shop"
MANIFESTS = SHOP / "manifests"

USER = "user"
"""Everybody outside, in calls.yaml and in the metrics."""


class Call(NamedTuple):
    """A line of calls.yaml."""

    client: str
    server: str
    rate_rps: float
    error_ratio: float
    p50_ms: float
    p99_ms: float


class Earlier(NamedTuple):
    """Calls that had ended before the window began."""

    client: str
    server: str
    rate_rps: float
    from_hours: float
    to_hours: float


class Happened(NamedTuple):
    """An alert of calls.yaml, and what calls did while it fired."""

    alert: str
    about: str
    hours: tuple[float, float]
    slower: list[tuple[str, str, float]]
    """Client, server, and how many times as long the client waited."""
    failing: list[tuple[str, str, float]]
    """Client, server and share of errors."""


class Truth(NamedTuple):
    """All of calls.yaml: the calls of the last hour, those of earlier, and those never made."""

    calls: list[Call]
    earlier: list[Earlier]
    declared_only: list[tuple[str, str]]
    incidents: list[Happened]


def truth() -> Truth:
    """What the shop is made of besides its manifests."""
    said = yaml.safe_load((SHOP / "calls.yaml").read_text("utf-8"))
    return Truth(
        [Call(*line) for line in said["calls"]],
        [Earlier(*line) for line in said["earlier"]],
        [(client, server) for client, server in said["declared-only"]],
        [
            Happened(
                each["alert"],
                each["about"],
                (each["hours"][0], each["hours"][1]),
                [(client, server, times) for client, server, times in each.get("slower", ())],
                [(client, server, share) for client, server, share in each.get("failing", ())],
            )
            for each in said["incidents"]
        ],
    )


def manifests() -> Iterator[dict[str, Any]]:
    """All documents, file by file."""
    for file in sorted(MANIFESTS.rglob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text("utf-8"))

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


class Truth(NamedTuple):
    """All of calls.yaml: the calls of the last hour, those of earlier, and those never made."""

    calls: list[Call]
    earlier: list[Earlier]
    declared_only: list[tuple[str, str]]


def truth() -> Truth:
    """What the shop is made of besides its manifests."""
    said = yaml.safe_load((SHOP / "calls.yaml").read_text("utf-8"))
    return Truth(
        [Call(*line) for line in said["calls"]],
        [Earlier(*line) for line in said["earlier"]],
        [(client, server) for client, server in said["declared-only"]],
    )


def manifests() -> Iterator[dict[str, Any]]:
    """All documents, file by file."""
    for file in sorted(MANIFESTS.rglob("*.yaml")):
        yield from yaml.safe_load_all(file.read_text("utf-8"))

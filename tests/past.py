"""Snapshots of a small shop on different days, made of real model objects."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from mesh_probe.assessment import Assessment, assess
from mesh_probe.model import Gap, Latency, ObservedCall, Peer, SourceRead, Telemetry
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message
from tests.builders import NOON, app, calls, cluster


def seen(
    client: str, server: str, *, rate: float = 10.0, p50: float = 0.01, errors: float = 0.0
) -> ObservedCall:
    """A call that Istio reports; its p99 is ten times its median."""
    return ObservedCall(
        "istio",
        Peer(workload=client, namespace="shop"),
        Peer(workload=server, namespace="shop"),
        rate_rps=rate,
        error_ratio=errors,
        client_latency=Latency(p50, p50 * 5, p50 * 7, p50 * 10),
    )


def day(
    number: int = 0,
    *names: str,
    observed: Iterable[ObservedCall] = (),
    gaps: Iterable[Gap] = (),
    context: str | None = "prod",
    wants: str | None = None,
) -> Snapshot:
    """The shop that many days after noon of the first; `wants` names a host that `web` calls."""
    references = (calls(wants),) if wants else ()
    things = [
        thing
        for name in names or ("web", "cart")
        for thing in app(name, references=references if name == "web" else ())
    ]
    found = tuple(observed)
    telemetry = Telemetry(
        prometheus=("http://prometheus:9090",) if found else (),
        sources=(SourceRead("istio", "read"),) if found else (),
        calls=found,
    )
    snapshot = cluster(*things, telemetry=telemetry, gaps=tuple(gaps))
    return msgspec.structs.replace(
        snapshot, taken_at=NOON + timedelta(days=number), context=context
    )


def judged(number: int = 0, *names: str, **more: object) -> Assessment:
    """The same, assessed."""
    return assess(day(number, *names, **more))  # type: ignore[arg-type]


def hidden(subject: str) -> Gap:
    """A gap."""
    return Gap(subject, message("gap.forbidden", detail="no"))

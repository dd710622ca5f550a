"""In: from a cluster, from manifests and from Prometheus to a snapshot.

All reading of the outside world is in this folder.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import IO, NamedTuple

from msgspec.structs import replace

from mesh_probe import __version__
from mesh_probe.collect import find_prometheus, kube, manifests
from mesh_probe.collect.clusters import of_our_cluster
from mesh_probe.collect.find_prometheus import Attempt, Found
from mesh_probe.collect.mapping import read_mappings
from mesh_probe.collect.past import read_past
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.prometheus_http import shown
from mesh_probe.collect.telemetry import read_telemetry
from mesh_probe.collect.traced import read_traces
from mesh_probe.errors import UsageError
from mesh_probe.interpreter import no_collection
from mesh_probe.inventory import Inventory
from mesh_probe.kinds import KINDS
from mesh_probe.model import CodeTree, Gap, Load, Noun, Objects
from mesh_probe.snapshot import Snapshot
from mesh_probe.source import Window
from mesh_probe.sources import SOURCES, in_order
from mesh_probe.text import Message, listed, message

Tell = Callable[[Message], None]

AUTO = "auto"
NONE = "none"

LISTED_KINDS = 8
"""Kinds that a gap names before it only hints at more; `KINDS` has the weightiest first."""


class Target(Noun):
    """What to read, and within which limits."""

    context: str | None = None
    """Kubeconfig context; None for the current one, or the cluster we run in."""
    kubeconfig: str | None = None
    namespaces: tuple[str, ...] = ()
    """Only these; empty for all."""
    exclude_namespaces: tuple[str, ...] = ()
    manifests: tuple[str, ...] = ()
    """Files, folders or "-", in place of a cluster."""
    code: tuple[str, ...] = ()
    """Folders of source trees and unpacked images."""
    prometheus: tuple[str, ...] = ()
    """URLs, "auto" or "none"; empty is "auto" with a cluster and "none" with manifests."""
    prometheus_headers: Mapping[str, str] = {}
    jaeger: str | None = None
    tempo: str | None = None
    """Addresses of servers of traces."""
    mappings: tuple[str, ...] = ()
    """Files with rows for metrics of the user's own."""
    ca_file: str | None = None
    window_seconds: int = 3600
    lookback_seconds: int = 86_400
    timeout_seconds: int = 600
    gentle: bool = False


class Collected(NamedTuple):
    """A snapshot, and what is of interest only while it is fresh."""

    snapshot: Snapshot
    load: Load
    server: str | None
    """The API server's address; None for manifests."""
    attempts: tuple[Attempt, ...]
    """What was tried to find Prometheus."""


def collect(
    target: Target, *, now: datetime, progress: Tell, stdin: IO[bytes], sample: bool = False
) -> Collected:
    """Take a snapshot. Whatever cannot be read is a gap in it.

    `sample` reads one object of most kinds, which is enough to see what can be read.

    Raises: CollectError when there is no cluster to read; FileError when a path cannot be read;
    UsageError when the target contradicts itself.
    """
    _check(target)
    started = time.monotonic()
    deadline = started + target.timeout_seconds
    sources = in_order((*SOURCES, *read_mappings(target.mappings)))
    with no_collection():
        cluster, server_version, objects, gaps = _read(target, deadline, progress, stdin, sample)
    gaps += _left_out(target)
    gaps += _not_given(objects)
    trees, unreadable_code = _code(target, objects, deadline, progress)
    gaps += unreadable_code

    servers, found = _servers(target, objects, cluster, now, deadline)
    if not servers:
        gaps.append(_no_servers(target, cluster, found.attempts))
    window = Window(target.window_seconds, target.lookback_seconds)
    ours = of_our_cluster(servers, objects, cluster.context if cluster else None, now, deadline)
    gaps += ours.gaps
    metrics = read_telemetry(
        ours.servers, window, now, deadline=deadline, progress=progress, sources=sources
    )
    past = read_past(
        () if sample else ours.servers,
        metrics.telemetry,
        objects,
        window,
        now,
        deadline=deadline,
        progress=progress,
        sources=sources,
    )
    traces = read_traces(
        target.jaeger,
        target.tempo,
        verify=target.ca_file or True,
        window=window,
        at=now,
        deadline=deadline,
        progress=progress,
    )
    snapshot = Snapshot(
        taken_at=now,
        tool_version=__version__,
        context=cluster.context if cluster else None,
        asked=_asked(target, cluster.context if cluster else None, now),
        server_version=server_version,
        window_seconds=target.window_seconds,
        lookback_seconds=target.lookback_seconds,
        objects=objects,
        code=trees,
        telemetry=traces.joined(replace(metrics.telemetry, usage=past.usage)),
        incidents=past.history,
        gaps=tuple(dict.fromkeys((*gaps, *metrics.gaps, *past.gaps, *traces.gaps))),
    )
    load = Load(
        requests=traces.requests + (cluster.requests if cluster else 0),
        bytes=sum(server.bytes for server in servers)
        + found.bytes
        + traces.bytes
        + (cluster.bytes if cluster else 0),
        prometheus_queries=sum(server.queries for server in servers) + found.queries,
        seconds=time.monotonic() - started,
    )
    return Collected(snapshot, load, cluster.server if cluster else None, found.attempts)


def _read(
    target: Target, deadline: float, progress: Tell, stdin: IO[bytes], sample: bool
) -> tuple[kube.Cluster | None, str | None, Objects, list[Gap]]:
    """The objects of a cluster, with its server's version, or of manifests."""
    inventory = Inventory(
        namespaces=frozenset(target.namespaces), excluded=frozenset(target.exclude_namespaces)
    )
    cluster: kube.Cluster | None = None
    server_version: str | None = None
    if target.manifests:
        files = manifests.read(
            target.manifests, inventory, stdin, namespaces=target.namespaces, deadline=deadline
        )
        complete, missing = files.complete, list(files.gaps)
        if complete and not files.object_count:
            where, hint = ", ".join(target.manifests), message("hint.no-objects")
            missing.append(Gap(where, message("gap.no-objects"), hint))
    else:
        cluster = kube.connect(target.context, target.kubeconfig, deadline=deadline)
        read = cluster.read(
            inventory,
            namespaces=target.namespaces,
            exclude_namespaces=target.exclude_namespaces,
            deadline=deadline,
            gentle=target.gentle,
            sample=sample,
            progress=progress,
        )
        server_version = read.server_version
        complete, missing = read.complete, list(read.gaps)
    objects = inventory.objects()
    partial = () if complete else (Gap("scan", message("gap.partial")),)
    return cluster, server_version, objects, [*partial, *missing, *inventory.gaps]


def _code(
    target: Target, objects: Objects, deadline: float, progress: Tell
) -> tuple[tuple[CodeTree, ...], tuple[Gap, ...]]:
    """The source trees, where some were given; the patterns for them take a while to prepare."""
    if not target.code:
        return (), ()
    from mesh_probe.collect import code

    read = code.read(target.code, objects, deadline=deadline, tell=progress)
    return read.trees, read.gaps


def _asked(target: Target, context: str | None, now: datetime) -> tuple[str, ...]:
    """The options that ask for the same again; those that say what holds anyway are left out.

    The time matters only to what is read over a time.
    """
    anyway = Target()
    window, lookback = target.window_seconds, target.lookback_seconds
    stores = target.prometheus or (("none",) if target.manifests else ("auto",))
    over_time = bool({*stores, target.jaeger, target.tempo} - {"none", None})
    given = {
        "--context": (context,),
        "--kubeconfig": (target.kubeconfig,),
        "--namespace": target.namespaces,
        "--exclude-namespace": target.exclude_namespaces,
        "--manifests": target.manifests,
        "--code": target.code,
        "--prometheus": map(shown, target.prometheus),
        "--mapping": target.mappings,
        "--jaeger": map(shown, filter(None, (target.jaeger,))),
        "--tempo": map(shown, filter(None, (target.tempo,))),
        "--ca-file": (target.ca_file,),
        "--window": (f"{window}s" if window != anyway.window_seconds else None,),
        "--lookback": (f"{lookback}s" if lookback != anyway.lookback_seconds else None,),
        "--at": (now.isoformat(timespec="seconds") if over_time else None,),
    }
    return tuple(
        os.fsencode(word).decode("utf-8", "backslashreplace")
        for option, values in given.items()
        for value in values
        if value is not None
        for word in (option, value)
    )


def _left_out(target: Target) -> Iterator[Gap]:
    """What was not read because nobody wanted it read."""
    for text, names in (
        ("gap.other-namespaces", target.namespaces),
        ("gap.excluded-namespaces", target.exclude_namespaces),
    ):
        if names:
            yield Gap("Namespace", message(text, names=", ".join(names)))


def _not_given(objects: Objects) -> Iterator[Gap]:
    """The kinds of every cluster of which the manifests hold none."""
    states = {(read.group, read.kind): read.state for read in objects.kinds}
    kinds = [
        kind.name
        for kind in KINDS
        if states.get((kind.group, kind.name)) == "not-given" and not kind.optional
    ]
    if kinds:
        said = message("gap.not-given", kinds=listed(kinds, LISTED_KINDS))
        yield Gap("manifests", said, message("hint.not-given"))


def _check(target: Target) -> None:
    """Raises: UsageError when the target contradicts itself."""
    if target.manifests and (target.context or target.kubeconfig):
        raise UsageError(message("error.cluster-and-manifests"))
    if target.manifests and AUTO in target.prometheus:
        raise UsageError(message("error.auto-without-cluster"), message("hint.prometheus-given"))
    if NONE in target.prometheus and len(target.prometheus) > 1:
        raise UsageError(message("error.none-and-more"))


def _no_servers(target: Target, cluster: kube.Cluster | None, attempts: Sequence[Attempt]) -> Gap:
    if cluster is not None and NONE not in target.prometheus:
        return find_prometheus.not_found(attempts)
    return Gap("Prometheus", message("gap.prometheus-not-asked"), message("hint.prometheus-given"))


def _servers(
    target: Target,
    objects: Objects,
    cluster: kube.Cluster | None,
    now: datetime,
    deadline: float,
) -> tuple[tuple[Prometheus, ...], Found]:
    """The Prometheus servers to ask, and what was found by looking for some."""
    chosen = target.prometheus or ((AUTO,) if cluster else (NONE,))
    verify: bool | str = target.ca_file or True
    servers = [
        Prometheus(url, headers=lambda: target.prometheus_headers, verify=verify)
        for url in chosen
        if url not in (AUTO, NONE)
    ]
    if cluster is None or AUTO not in chosen:
        return tuple(servers), Found((), ())
    found = find_prometheus.find(
        objects,
        cluster,
        headers=target.prometheus_headers,
        verify=verify,
        at=now,
        deadline=deadline,
    )
    return (*servers, *found.servers), found

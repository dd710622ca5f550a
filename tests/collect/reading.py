"""What comes out of reading an API server."""

import time
from pathlib import Path

from mesh_probe.collect.kube import Cluster, connect
from mesh_probe.collect.reading import KubeRead
from mesh_probe.inventory import Inventory, Page
from mesh_probe.kinds import Kind
from mesh_probe.model import Gap, Noun, Objects
from mesh_probe.text import Message


class Reading(Noun):
    """All of it."""

    cluster: Cluster
    objects: Objects
    outcome: KubeRead
    gaps: tuple[Gap, ...]
    told: tuple[Message, ...]
    waits: tuple[float, ...]
    """Seconds that would have been slept."""
    pages: tuple[tuple[str, bytes], ...]
    """Kinds and bodies as they came."""

    def state(self, kind: str) -> str:
        """How far a kind could be read."""
        return next(read.state for read in self.objects.kinds if read.kind == kind)

    def reasons(self, subject: str) -> list[str]:
        """Ids of the gaps about a subject."""
        return [gap.reason.id for gap in self.gaps if gap.subject == subject]

    def bodies(self, kind: str) -> list[bytes]:
        return [body for name, body in self.pages if name == kind]


class _Recorder(Inventory):
    """Also keeps the pages as they came."""

    def __init__(self, namespaces: frozenset[str], excluded: frozenset[str]) -> None:
        super().__init__(namespaces=namespaces, excluded=excluded)
        self.pages: list[tuple[str, bytes]] = []

    def add_page(self, kind: Kind, body: bytes) -> Page:
        self.pages.append((kind.name, body))
        return super().add_page(kind, body)


def read(
    kubeconfig: Path | None,
    *,
    namespaces: tuple[str, ...] = (),
    exclude_namespaces: tuple[str, ...] = (),
    seconds: float = 60,
    gentle: bool = False,
) -> Reading:
    """Connect and read everything; nothing sleeps."""
    waits: list[float] = []
    told: list[Message] = []
    cluster = connect(None, str(kubeconfig) if kubeconfig else None, wait=waits.append)
    inventory = _Recorder(frozenset(namespaces), frozenset(exclude_namespaces))
    outcome = cluster.read(
        inventory,
        namespaces=namespaces,
        exclude_namespaces=exclude_namespaces,
        deadline=time.monotonic() + seconds,
        gentle=gentle,
        progress=told.append,
    )
    return Reading(
        cluster,
        inventory.objects(),
        outcome,
        (*outcome.gaps, *inventory.gaps),
        tuple(told),
        tuple(waits),
        tuple(inventory.pages),
    )

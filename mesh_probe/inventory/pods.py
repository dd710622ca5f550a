"""Pods, from the rows of a Table or from whole objects, to the same record."""

import re
from collections.abc import Sequence

from mesh_probe import mesh
from mesh_probe.inventory import raw
from mesh_probe.model import Pod

_MISSING = "<none>"
_COUNT = re.compile(r"\d+")


class Columns:
    """Where the columns of a Table of pods are; a server may leave some out.

    https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
    """

    def __init__(self, columns: Sequence[raw.Column]) -> None:
        places = {column.name: place for place, column in enumerate(columns)}
        self._ready = places.get("Ready")
        self._status = places.get("Status")
        self._restarts = places.get("Restarts")
        self._ip = places.get("IP")
        self._node = places.get("Node")

    def pod(self, meta: raw.Meta, cells: Sequence[object]) -> Pod:
        """A pod from the cells of its row."""
        return Pod(
            namespace=meta.namespace or "",
            name=meta.name,
            ip=_cell(cells, self._ip),
            node=_cell(cells, self._node),
            status=_cell(cells, self._status),
            ready=_ready(_cell(cells, self._ready)),
            restarts=_restarts(_cell(cells, self._restarts)),
            mesh=mesh.taken_in(meta.annotations, meta.labels),
        )


def pod(item: raw.Pod) -> Pod:
    """A pod from the whole object, its state in the words that a Table has for it."""
    meta, status = item.metadata, item.status
    base = Pod(
        namespace=meta.namespace or "",
        name=meta.name,
        node=item.spec.node_name if item.spec else None,
        mesh=mesh.taken_in(meta.annotations, meta.labels),
    )
    if status is None or not (status.phase or status.container_statuses):
        return base
    containers = status.container_statuses or []
    expected = len(item.spec.containers or ()) if item.spec else len(containers)
    restarts = [c.restart_count or 0 for c in containers]
    return Pod(
        namespace=base.namespace,
        name=base.name,
        ip=status.pod_ip or None,
        node=base.node,
        status=_words(status),
        ready=sum(1 for c in containers if c.ready) == expected,
        restarts=sum(restarts),
        mesh=base.mesh,
    )


def _words(status: raw.PodStatus) -> str | None:
    """The state in one word: a waiting or ended container's reason goes before the phase.

    A simpler form of what the API server prints, which also knows deletion and init details:
    https://github.com/kubernetes/kubernetes/blob/master/pkg/printers/internalversion/printers.go
    """
    said = status.reason or status.phase
    for position, container in enumerate(status.init_container_statuses or ()):
        state = container.state or raw.ContainerState()
        if state.terminated and not state.terminated.exit_code:
            continue
        if container.started and state.running:
            continue
        if state.terminated:
            return f"Init:{_ended(state.terminated)}"
        if state.waiting and state.waiting.reason not in (None, "", "PodInitializing"):
            return f"Init:{state.waiting.reason}"
        return f"Init:{position}/{len(status.init_container_statuses or ())}"
    running = False
    for container in reversed(status.container_statuses or ()):
        state = container.state or raw.ContainerState()
        if state.waiting and state.waiting.reason:
            said = state.waiting.reason
        elif state.terminated:
            said = _ended(state.terminated)
        elif container.ready and state.running:
            running = True
    if said == "Completed" and running:
        return "Running"
    return said


def _ended(stopped: raw.Stopped) -> str:
    if stopped.reason:
        return stopped.reason
    return f"Signal:{stopped.signal}" if stopped.signal else f"ExitCode:{stopped.exit_code or 0}"


def _cell(cells: Sequence[object], place: int | None) -> str | None:
    if place is None or place >= len(cells):
        return None
    value = cells[place]
    return None if value is None or value in (_MISSING, "") else str(value)


def _ready(text: str | None) -> bool | None:
    ready, slash, wanted = (text or "").partition("/")
    return ready == wanted if slash else None


def _restarts(text: str | None) -> int | None:
    """The number alone: newer servers add when the last one was, "3 (5m ago)"."""
    found = _COUNT.match(text or "")
    return int(found[0]) if found else None

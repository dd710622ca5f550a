"""Who runs whom: pods to the workload at the top of their owners."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from msgspec.structs import replace

from mesh_probe.inventory import raw, workloads
from mesh_probe.model import Workload

Id = tuple[str, str, str]
"""Kind, namespace, name."""

CONTROLLERS = frozenset(
    {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "ReplicaSet",
        "ReplicationController",
        "Job",
        "CronJob",
        "Rollout",
    }
)

# What an owner makes anew for each version or run; of other kinds one owner may have several parts.
_REVISIONS = frozenset({"ReplicaSet", "ReplicationController", "Job"})

# A controller names what it makes after itself; used where the middle kind could not be read.
_MADE_BY = {"ReplicaSet": ("Deployment", "Rollout"), "Job": ("CronJob",)}
_LONGEST_CHAIN = 8

MOST_RELEASES = 20
"""Kept of one workload. Kubernetes keeps ten ReplicaSets of a Deployment unless told otherwise:
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#clean-up-policy"""

_NAMED_BY_PEOPLE = CONTROLLERS - {"Job"} | {"Pod"}
_RUN = re.compile(r"(.+)-\d{8,10}")
"""A scheduled run is named after its schedule and the time it was due, in minutes (CronJob) or
seconds (Argo's CronWorkflow) since 1970:
https://github.com/kubernetes/kubernetes/blob/master/pkg/controller/cronjob/cronjob_controllerv2.go
"""


class Owners:
    """Owner chains, and templates that only pods show.

    A chain ends at the last controller we read. Pods, versions and runs of a controller that we do
    not know (a DeploymentConfig, an operator's own kind) belong to a workload of that kind.
    """

    def __init__(self) -> None:
        self._parents: dict[Id, Id] = {}
        self._pods: dict[tuple[str, str], Id] = {}
        """Direct owner by namespace and name of the pod; a pod that nobody owns has itself."""
        self._ids: dict[Id, Id] = {}
        self._labels: dict[Id, Mapping[str, str | None]] = {}
        """Labels of one pod of each direct owner."""
        self._templates: dict[Id, tuple[tuple[int, str], Workload]] = {}
        self._revised: set[Id] = set()
        self._untemplated: set[Id] = set()
        self._adopted: dict[Id, Id] = {}
        self._released: dict[Id, list[str]] = defaultdict(list)
        """When the ReplicaSets of a controller were made."""

    def add_pod(self, meta: raw.Meta) -> None:
        """Remember whose pod it is."""
        owner = self._owner_of(meta)
        self._pods[owner[1], meta.name] = owner
        if owner not in self._labels:
            self._labels[owner] = meta.labels or {}

    def add_controller(self, kind: str, meta: raw.Meta) -> bool:
        """Remember whose controller it is; True when it belongs to another one that we read."""
        parent = _controller(meta)
        if parent is None or parent.kind not in CONTROLLERS:
            return False
        home = meta.namespace or ""
        self._parents[kind, home, meta.name] = (parent.kind, home, parent.name)
        if kind == "ReplicaSet" and meta.creation_timestamp:
            self._released[parent.kind, home, parent.name].append(meta.creation_timestamp)
        return True

    def add_revision(self, kind: str, meta: raw.Meta) -> Id | None:
        """The owner, of a kind that we do not know, that a version or run belongs to."""
        parent = _controller(meta)
        if parent is None or parent.kind in CONTROLLERS or kind not in _REVISIONS:
            return None
        home = meta.namespace or ""
        self._parents[kind, home, meta.name] = top = (parent.kind, home, parent.name)
        return top

    def add_revised(self, top: Id, workload: Workload, revision: str) -> None:
        """A workload as one of its versions shows it; the one with the most replicas counts."""
        self._revised.add(top)
        self._show(top, (-(workload.replicas or 0), revision), workload)

    def add_untemplated(self, identity: Id) -> None:
        """A controller of its own of which only the metadata was read."""
        self._untemplated.add(identity)

    def add_adopted(self, identity: Id, template_of: Id) -> None:
        """A controller that runs the template of another."""
        self._adopted[identity] = template_of

    def add_template(self, top: Id, pod: str, workload: Workload) -> None:
        """A workload as one of its pods shows it; of several pods the first by name counts."""
        self._show(top, (1, pod), workload)  # after all versions

    def _show(self, top: Id, rank: tuple[int, str], workload: Workload) -> None:
        known = self._templates.get(top)
        if known is None or rank < known[0]:
            self._templates[top] = (rank, workload)

    def top_of(self, meta: raw.Meta) -> Id:
        """The workload that a pod belongs to, as far as is known by now."""
        return self._top(self._owner_of(meta), {})

    def tops(self, read: Mapping[Id, Workload]) -> dict[tuple[str, str], str]:
        """By namespace and name of the pod, its top workload as "Kind/name"."""
        names: dict[Id, str] = {}
        for owner in set(self._pods.values()):
            kind, _, name = self._top(owner, read)
            names[owner] = f"{kind}/{name}"
        return {pod: names[owner] for pod, owner in self._pods.items()}

    def workloads(self, read: Mapping[Id, Workload]) -> tuple[Workload, ...]:
        """All workloads, sorted: those read, and those that only their pods show."""
        found = dict(read)
        for identity, template_of in self._adopted.items():
            if identity in found and template_of in found:
                found[identity] = workloads.adopt(found[identity], found[template_of])
        for template_of in self._adopted.values():
            found.pop(template_of, None)
        for identity, times in self._released.items():
            if identity in found:
                found[identity] = replace(found[identity], released_at=_released(times))
        for owner in sorted(set(self._pods.values())):
            top = self._top(owner, read)
            if top not in found and top not in self._adopted.values():
                found[top] = self._shown(top, owner)
        for identity in sorted(self._untemplated | self._revised):
            if identity not in found:
                found[identity] = self._shown(identity, identity)
        return tuple(sorted(found.values(), key=lambda w: (w.namespace, w.name, w.kind)))

    def without_template(self, read: Mapping[Id, Workload]) -> tuple[Id, ...]:
        """Of each workload that no template is known of, the object that has it, sorted."""
        wanted: dict[Id, Id] = {
            identity: identity for identity in self._untemplated if identity not in read
        }
        for (home, name), owner in sorted(self._pods.items()):
            top = self._top(owner, read)
            if top not in read and top not in self._templates:
                wanted.setdefault(top, ("Pod", home, name))
        return tuple(sorted(set(wanted.values())))

    def _shown(self, top: Id, owner: Id) -> Workload:
        if top in self._templates:
            return self._templates[top][1]
        kind, namespace, name = top
        labels = {key: value or "" for key, value in self._labels.get(owner, {}).items()}
        return Workload(kind, namespace, name, labels)

    def _owner_of(self, meta: raw.Meta) -> Id:
        home = meta.namespace or ""
        owner = _controller(meta)
        identity = ("Pod", home, meta.name) if owner is None else (owner.kind, home, owner.name)
        return self._ids.setdefault(identity, identity)

    def _top(self, identity: Id, read: Mapping[Id, Workload]) -> Id:
        for _ in range(_LONGEST_CHAIN):
            parent = self._parents.get(identity)
            if parent is None:
                break
            identity = parent
        kind, home, name = identity
        if identity not in read and identity not in self._untemplated:
            for maker in _MADE_BY.get(kind, ()):
                made_by = (maker, home, name.rpartition("-")[0])
                if made_by in read:
                    return made_by
            if kind not in _NAMED_BY_PEOPLE and (run := _RUN.fullmatch(name)):
                return "CronJob" if kind == "Job" else kind, home, run[1]
        return identity


def _released(times: Iterable[str]) -> tuple[datetime, ...]:
    """The last releases, oldest first; a time that is none is passed over."""
    read = set()
    for text in times:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            continue
        if at.tzinfo is not None:
            read.add(at.astimezone(UTC))
    return tuple(sorted(read)[-MOST_RELEASES:])


def _controller(meta: raw.Meta) -> raw.Owner | None:
    """The owner that controls an object. A pod that a node runs by itself belongs to nobody."""
    owner = next((o for o in meta.owner_references or () if o.controller), None)
    return None if owner is None or owner.kind == "Node" else owner

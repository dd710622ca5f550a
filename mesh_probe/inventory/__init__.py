"""Raw documents to model objects, dropping what must not be kept.

An `Inventory` takes pages of the API and documents of manifest files, in any order that the stages
of `kinds.KINDS` allow, and gives the same `Objects` for the same objects. Values of variables and
ConfigMaps are seen while a document is in hand; what leaves is keys, references and settings.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from mesh_probe.inventory import (
    basics,
    config_maps,
    decode,
    outlines,
    owners,
    pods,
    published,
    raw,
    raw_routes,
    routes,
    shelves,
    workloads,
)
from mesh_probe.inventory.purposes import Purposes
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.model import (
    ConfigMap,
    EndpointSlice,
    Gap,
    KindRead,
    KubeNode,
    Namespace,
    Noun,
    Objects,
    Outline,
    Pod,
    Route,
    Service,
    Workload,
)
from mesh_probe.references import attribution
from mesh_probe.references.known import Services
from mesh_probe.text import message

State = Literal["read", "partial", "not-served", "unreadable", "not-given"]


class Page(Noun):
    """What a list page says about itself."""

    continue_token: str | None
    """For the next page; None on the last."""
    count: int
    """Objects on this page."""
    resource_version: str | None


class Missing(Noun):
    """An object that has to be fetched by itself, because no list had its pod template."""

    kind: Kind
    namespace: str
    name: str


_BY_API: Mapping[tuple[str, str], Kind] = {
    **{(kind.group, kind.name): kind for kind in KINDS},
    # Groups that manifest files still name, though servers stopped serving them.
    **{
        ("extensions", kind.name): kind
        for kind in KINDS
        if kind.name in ("Deployment", "DaemonSet", "ReplicaSet", "Ingress", "NetworkPolicy")
    },
    # Nobl9's SLOs never reach an API server, and keep their targets as OpenSLO's do.
    # https://docs.nobl9.com/yaml-guide
    ("n9", "SLO"): next(kind for kind in KINDS if kind.name == "SLO"),
}

_RUNS_PODS = {
    kind.name: kind for kind in KINDS if kind.name == "Pod" or kind.name in owners.CONTROLLERS
}

DEFAULT_NAMESPACE = "default"
"""Where kubectl puts a namespaced document that names none."""

T = TypeVar("T")
Listed = TypeVar("Listed", Service, EndpointSlice, Pod, ConfigMap, Route)


class Inventory:
    """Gathers objects; several threads may add pages. Results are asked for when all are in."""

    def __init__(
        self,
        *,
        namespaces: frozenset[str] = frozenset(),
        excluded: frozenset[str] = frozenset(),
    ) -> None:
        self._only = namespaces
        self._excluded = excluded
        self._lock = threading.Lock()
        self._known = Services()
        self._shelves = shelves.Shelves()
        self._namespaces: list[Namespace] = []
        self._nodes: list[KubeNode] = []
        self._services: list[Service] = []
        self._endpoint_slices: list[EndpointSlice] = []
        self._pods: list[Pod] = []
        self._config_maps: list[ConfigMap] = []
        self._routes: list[Route] = []
        self._outlines: list[Outline] = []
        self._workloads: dict[owners.Id, Workload] = {}
        self._owners = owners.Owners()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._states: dict[tuple[str, str], State] = {}
        self._gaps: list[Gap] = []

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """Objects that could not be understood, values that were not read to the end; sorted."""
        return tuple(sorted(self._gaps, key=lambda gap: gap.subject))

    def add_page(self, kind: Kind, body: bytes) -> Page:
        """Take in one page of a list: a full one, metadata only, or a Table.

        Raises: msgspec.DecodeError when the body is no list; an odd item in it is a gap.
        """
        page, odd = decode.page(kind, body)
        for entry in odd:
            self._odd(kind, entry.name, entry)
        columns = pods.Columns(page.column_definitions or ())
        taken = count = 0
        for item in page.items or ():
            taken += self._take(kind, item)
            count += 1
        for row in page.rows or ():
            if row.object is not None:
                taken += self._take_row(row.object.metadata, columns, row.cells or ())
                count += 1
        with self._lock:
            self._counts[kind.group, kind.name] += taken
        meta = page.metadata or raw.ListMeta()
        return Page(meta.continue_token or None, count, meta.resource_version)

    def add_object(self, kind: Kind, body: bytes) -> None:
        """Take in one object that was fetched by itself; one that cannot be read is a gap."""
        item = decode.one(kind, body)
        if isinstance(item, decode.Odd):
            self._odd(kind, item.name, item)
            return
        if isinstance(item, raw.Pod):
            self._take_template(item)
        else:
            self._take(kind, item)

    def add(self, document: Mapping[str, Any], origin: str) -> bool:
        """Take in one document of a manifest file; `origin` is what a gap calls it.

        False when it is of a kind that is not read. Secrets are such a kind.
        """
        kind = kind_of(document)
        if kind is None:
            return False
        item = decode.document(kind, document)
        if isinstance(item, decode.Odd):
            self._odd(kind, origin, item)
            return True
        if kind.namespaced and not item.metadata.namespace:
            item.metadata.namespace = DEFAULT_NAMESPACE
        self._counts[kind.group, kind.name] += self._take(kind, item)
        return True

    def mark(self, kind: Kind, state: State) -> None:
        """Say how far a kind could be read.

        Where only some namespaces were asked for, there may be more of it in the others.
        """
        if state == "read" and kind.namespaced and (self._only or self._excluded):
            state = "partial"
        with self._lock:
            self._states[kind.group, kind.name] = state

    def missing_templates(self) -> tuple[Missing, ...]:
        """Objects to fetch, one per workload that is known by its pods only, sorted."""
        return tuple(
            Missing(_RUNS_PODS[kind], namespace, name)
            for kind, namespace, name in self._owners.without_template(self._workloads)
        )

    def objects(self) -> Objects:
        """Everything that was taken in, sorted; of two objects of one name the later one counts."""
        tops = self._owners.tops(self._workloads)
        selected = self._selected_labels()
        purposes = Purposes(self._services)
        workloads = tuple(
            purposes.recognised(
                msgspec.structs.replace(
                    w,
                    labels=published.labels(w.labels, selected),
                    is_front=attribution.is_front(w.name),
                )
            )
            for w in self._owners.workloads(self._workloads)
        )
        return Objects(
            namespaces=tuple(sorted(_last(self._namespaces, _name), key=_name)),
            nodes=tuple(sorted(_last(self._nodes, _name), key=_name)),
            services=tuple(
                msgspec.structs.replace(s, labels=published.labels(s.labels, selected))
                for s in _sorted(self._services)
            ),
            endpoint_slices=_sorted(self._endpoint_slices),
            workloads=workloads,
            pods=tuple(
                msgspec.structs.replace(pod, workload=tops[pod.namespace, pod.name])
                for pod in _sorted(self._pods)
            ),
            config_maps=attribution.attribute(workloads, _sorted(self._config_maps)),
            routes=tuple(sorted(_last(self._routes, _route_id), key=_route_id)),
            outlines=tuple(sorted(_last(self._outlines, _outline_id), key=_outline_id)),
            kinds=tuple(
                KindRead(name, group, state, self._counts[group, name])
                for (group, name), state in sorted(
                    self._states.items(), key=lambda item: (item[0][1], item[0][0])
                )
            ),
        )

    def _take(self, kind: Kind, item: raw.Object) -> bool:
        """Keep what is to be kept of an object; False when its namespace is not asked for."""
        home = item.metadata.namespace or ""
        if not self._wanted(home if kind.namespaced else item.metadata.name, kind):
            if isinstance(item, raw.Service):
                self._known.add([basics.service(item)])
            return False
        if kind.keep or not self._take_noun(kind, item):
            self._outlines.append(outlines.outline(item, kind))
        return True

    def _take_noun(self, kind: Kind, item: raw.Object) -> bool:  # noqa: PLR0912  # one branch a kind
        match item:
            case raw.Controller():
                self._take_controller(kind, item)
            case raw.Pod():
                self._pods.append(pods.pod(item))
                self._owners.add_pod(item.metadata)
                if item.spec is not None:
                    self._take_template(item)
            case raw.Service():
                service = basics.service(item)
                self._known.add([service])
                self._services.append(service)
            case raw.EndpointSlice():
                self._endpoint_slices.append(basics.endpoint_slice(item))
            case raw.ConfigMap():
                self._take_config_map(item)
            case raw_routes.Ingress():
                self._routes.append(routes.ingress(item))
            case raw_routes.GatewayRoute():
                self._routes.append(routes.gateway_route(kind.name, item))
            case raw_routes.OpenShiftRoute():
                self._routes.append(routes.openshift_route(item))
            case raw_routes.VirtualService():
                self._routes.append(routes.virtual_service(item))
            case raw.Node():
                self._nodes.append(basics.node(item))
            case _ if kind.name == "Namespace":
                self._namespaces.append(basics.namespace(item))
            case _:
                return False
        return True

    def _take_row(
        self, meta: raw.Meta, columns: pods.Columns, cells: list[Any] | tuple[()]
    ) -> bool:
        if not self._wanted_namespace(meta.namespace or ""):
            return False
        self._pods.append(columns.pod(meta, cells))
        self._owners.add_pod(meta)
        return True

    def _take_controller(self, kind: Kind, item: raw.Controller) -> None:
        meta = item.metadata
        home = meta.namespace or ""
        identity = (kind.name, home, meta.name)
        if self._owners.add_controller(kind.name, meta):
            return
        top = self._owners.add_revision(kind.name, meta)
        if item.spec is None:
            if top is None:
                self._owners.add_untemplated(identity)
            return
        if item.spec.workload_ref and item.spec.template is None:
            ref = item.spec.workload_ref
            self._owners.add_adopted(identity, (ref.kind or "", home, ref.name or ""))
        workload = workloads.controller(
            kind.name, item, self._known.seen_from(home), self._shelves.of(home)
        )
        if top is None:
            self._workloads[identity] = workload
        else:
            named = msgspec.structs.replace(workload, kind=top[0], name=top[2])
            self._owners.add_revised(top, named, meta.name)

    def _take_template(self, item: raw.Pod) -> None:
        """The pod's spec is its workload's template where no controller gave one."""
        meta = item.metadata
        home = meta.namespace or ""
        top = self._owners.top_of(meta)
        if top in self._workloads:
            return
        kind, _, name = top
        template = workloads.from_template(
            kind,
            raw.Meta(name=name, namespace=home, annotations=meta.annotations),
            raw.Template(meta, item.spec),
            replicas=1 if kind == "Pod" else None,
            known=self._known.seen_from(home),
            config_maps=self._shelves.of(home),
        )
        self._owners.add_template(top, meta.name, template)

    def _take_config_map(self, item: raw.ConfigMap) -> None:
        home = item.metadata.namespace or ""
        read = config_maps.read(item, self._known.seen_from(home))
        self._config_maps.append(read.config_map)
        self._shelves.put(item, read.short_values)
        if read.cut:
            self._gaps.append(
                Gap(
                    f"ConfigMap {home}/{item.metadata.name}",
                    message(
                        "gap.config-map-cut",
                        value_kib=config_maps.LONGEST_VALUE // 1024,
                        all_kib=config_maps.LONGEST_IN_ALL // 1024,
                        keys=config_maps.LARGEST_KEY_COUNT,
                    ),
                )
            )

    def _wanted(self, namespace: str, kind: Kind) -> bool:
        if kind.namespaced or kind.name == "Namespace":
            return self._wanted_namespace(namespace)
        return True

    def _wanted_namespace(self, namespace: str) -> bool:
        return (not self._only or namespace in self._only) and namespace not in self._excluded

    def _selected_labels(self) -> frozenset[str]:
        """Label keys that a selector uses anywhere: only these say what belongs to what."""
        keys = {key for service in self._services for key in service.selector}
        for outline in self._outlines:
            for fact in outline.facts:
                _, found, key = fact.path.partition(".matchLabels.")
                if found:
                    keys.add(key)
        return frozenset(keys)

    def _odd(self, kind: Kind, name: str, odd: decode.Odd) -> None:
        subject = f"{kind.name} {name}".strip()
        self._gaps.append(Gap(subject, message("gap.odd-object", detail=odd.detail)))


def kind_of(document: Mapping[str, Any]) -> Kind | None:
    """The kind of a document if it is one that is read."""
    api_version, name = document.get("apiVersion"), document.get("kind")
    if not isinstance(api_version, str) or not isinstance(name, str):
        return None
    group, slash, _ = api_version.rpartition("/")
    return _BY_API.get((group if slash else "", name))


def _id(item: Listed) -> tuple[str, str]:
    return item.namespace, item.name


def _name(item: Namespace | KubeNode) -> str:
    return item.name


def _route_id(route: Route) -> tuple[str, str, str]:
    return route.namespace, route.name, route.kind


def _outline_id(outline: Outline) -> tuple[str, str, str, str]:
    return outline.namespace or "", outline.name, outline.kind, outline.group


def _sorted(items: Iterable[Listed]) -> tuple[Listed, ...]:
    return tuple(sorted(_last(items, _id), key=_id))


def _last(items: Iterable[T], key: Callable[[T], object]) -> Iterable[T]:
    return {key(item): item for item in items}.values()

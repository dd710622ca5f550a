"""A snapshot in which every name that could tell whose cluster it is has become a pseudonym.

It is judged as before: kinds, ports, protocols, products, figures and times stay, and so does what
a name says to our rules. The same name and key give the same pseudonym in every snapshot.
"""

from collections.abc import Callable, Iterable
from functools import partial
from string import Formatter
from typing import TypeVar

from msgspec.structs import replace

from mesh_probe.graph.claims import NAMELESS
from mesh_probe.graph.code import Homes
from mesh_probe.graph.declared import ROUTE_KINDS
from mesh_probe.graph.places import Places
from mesh_probe.mesh import PLANES
from mesh_probe.model import (
    Backend,
    CodeTree,
    ConfigMap,
    ConfigUse,
    Container,
    ContainerPort,
    Declaration,
    EndpointSlice,
    Gap,
    Ignore,
    KindRead,
    KubeNode,
    Namespace,
    Objects,
    Pod,
    Reference,
    Route,
    Service,
    ServicePort,
    Setting,
    Workload,
)
from mesh_probe.products import PRODUCT_NAMES, by_image
from mesh_probe.pseudonyms import metrics, public
from mesh_probe.pseudonyms.outlines import outline
from mesh_probe.pseudonyms.words import MARK, Words, is_figure
from mesh_probe.references.projects import LIBRARY_NAMES
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, catalogue

T = TypeVar("T")
U = TypeVar("U")

_NODE_KINDS = {"service", "external", "unknown", *(kind.lower() for kind in ROUTE_KINDS)}
_KINDS_IN = ("kinds", "kind", "group")
_QUERIES_IN = ("purpose", "label")
"""Parameters of gaps that hold kinds and parts of queries."""


def hide(snapshot: Snapshot, key: bytes) -> Snapshot:
    """The snapshot with pseudonyms by this key in place of names."""
    return _Hider(Words(key)).snapshot(snapshot)


def hidden_node(node: str, key: bytes) -> str:
    """The id that a node of the call graph has after hiding."""
    if node in NAMELESS:
        return node
    words = Words(key)
    kind, colon, name = node.partition(":")
    if not colon or kind not in _NODE_KINDS:
        kind, colon, name = "", "", node
    plain, tilde, suffix = name.partition("~")
    hidden = words.host(plain) if kind == "external" else words.name(plain)
    return f"{kind}{colon}{hidden}{tilde}{suffix}"


class _Hider:
    """Goes through a snapshot, noun by noun; what it does not replace tells no name."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._name = words.name

    def snapshot(self, item: Snapshot) -> Snapshot:
        words = self._words
        words.join((service.namespace, service.name) for service in item.objects.services)
        return replace(
            item,
            tool_version=words.release(item.tool_version),
            context=_each(self._opaque, item.context),
            asked=(),
            server_version=_each(words.release, item.server_version),
            objects=self._objects(item.objects),
            code=self._code(item),
            telemetry=metrics.telemetry(item.telemetry, words),
            incidents=metrics.incidents(item.incidents, words) if item.incidents else None,
            declared=tuple(map(self._declaration, item.declared)),
            thresholds={
                self._known(name, public.THRESHOLD_IDS): value
                for name, value in sorted(item.thresholds.items())
            },
            left_out=tuple(sorted(map(self._name, item.left_out))),
            owners={self._name(k): self._name(v) for k, v in item.owners.items()},
            ignored=tuple(map(self._ignore, item.ignored)),
            gaps=tuple(map(self._gap, item.gaps)),
        )

    def _objects(self, item: Objects) -> Objects:
        """Each list is sorted anew: its order would tell how the names were sorted."""
        return replace(
            item,
            namespaces=_sorted(map(self._namespace, item.namespaces), lambda n: (n.name,)),
            nodes=_sorted(map(self._node, item.nodes), lambda n: (n.name,)),
            services=_sorted(map(self._service, item.services), lambda s: (s.namespace, s.name)),
            endpoint_slices=_sorted(
                map(self._endpoint_slice, item.endpoint_slices), lambda e: (e.namespace, e.name)
            ),
            workloads=_sorted(
                map(self._workload, item.workloads), lambda w: (w.namespace, w.name, w.kind)
            ),
            pods=_sorted(map(self._pod, item.pods), lambda p: (p.namespace, p.name)),
            config_maps=_sorted(
                map(self._config_map, item.config_maps), lambda c: (c.namespace, c.name)
            ),
            routes=_sorted(map(self._route, item.routes), lambda r: (r.namespace, r.name, r.kind)),
            outlines=_sorted(
                (outline(o, self._words) for o in item.outlines),
                lambda o: (o.namespace or "", o.name, o.kind, o.group),
            ),
            kinds=tuple(map(self._kind_read, item.kinds)),
        )

    # --- the cluster's objects --------------------------------------------------------------------

    def _namespace(self, item: Namespace) -> Namespace:
        return replace(
            item,
            name=self._name(item.name),
            labels=self._words.marks(item.labels),
            annotations=self._words.marks(item.annotations),
        )

    def _node(self, item: KubeNode) -> KubeNode:
        return replace(
            item,
            name=self._opaque(item.name),
            kubelet_version=_each(self._words.release, item.kubelet_version),
            labels=self._words.marks(item.labels),
        )

    def _service(self, item: Service) -> Service:
        return replace(
            item,
            namespace=self._name(item.namespace),
            name=self._name(item.name),
            type=self._known(item.type, public.SERVICE_TYPES),
            selector=self._words.marks(item.selector),
            cluster_ips=tuple(self._known(ip, public.SERVICE_TYPES) for ip in item.cluster_ips),
            external_name=_each(self._words.host, item.external_name),
            ports=tuple(map(self._service_port, item.ports)),
            labels=self._words.marks(item.labels),
            annotations=self._words.marks(item.annotations),
            product=_each(partial(self._known, words=PRODUCT_NAMES), item.product),
        )

    def _service_port(self, item: ServicePort) -> ServicePort:
        return replace(
            item,
            name=_each(self._words.port, item.name),
            target=self._port(item.target),
            protocol=self._words.protocol(item.protocol),
            app_protocol=_each(self._words.port, item.app_protocol),
        )

    def _endpoint_slice(self, item: EndpointSlice) -> EndpointSlice:
        return replace(
            item,
            namespace=self._name(item.namespace),
            name=self._name(item.name),
            service=_each(self._name, item.service),
            endpoints=tuple(
                replace(e, address=self._words.host(e.address), pod=_each(self._name, e.pod))
                for e in item.endpoints
            ),
        )

    def _workload(self, item: Workload) -> Workload:
        words = self._words
        return replace(
            item,
            kind=self._kind(item.kind),
            namespace=self._name(item.namespace),
            name=self._name(item.name),
            labels=words.marks(item.labels),
            annotations=words.marks(item.annotations),
            containers=tuple(map(self._container, item.containers)),
            references=tuple(map(self._reference, item.references)),
            settings=tuple(map(self._setting, item.settings)),
            config=_sorted(map(self._config_use, item.config), _config_order),
            secrets=tuple(sorted(map(self._name, item.secrets))),
            service_account=_each(self._name, item.service_account),
            priority_class=_each(self._name, item.priority_class),
            service_name=_each(self._name, item.service_name),
            product=_each(partial(self._known, words=PRODUCT_NAMES), item.product),
        )

    def _container(self, item: Container) -> Container:
        product = by_image(item.image)
        return replace(
            item,
            name=self._known(item.name, public.SIDECARS),
            image=product.name if product else None,
            ports=tuple(map(self._container_port, item.ports)),
            readiness_probe=_each(partial(self._known, words=public.PROBES), item.readiness_probe),
            liveness_probe=_each(partial(self._known, words=public.PROBES), item.liveness_probe),
        )

    def _container_port(self, item: ContainerPort) -> ContainerPort:
        return replace(
            item,
            name=_each(self._words.port, item.name),
            protocol=self._words.protocol(item.protocol),
        )

    def _reference(self, item: Reference) -> Reference:
        return replace(
            item,
            host=self._words.host(item.host),
            key=self._words.key(item.key),
            found_in=self._words.key(item.found_in),
            port=self._port(item.port),
            scheme=_each(self._words.protocol, item.scheme),
            owners=tuple(sorted(map(self._name, item.owners))),
        )

    def _setting(self, item: Setting) -> Setting:
        value = item.value
        hidden = self._name(value) if isinstance(value, str) and not is_figure(value) else value
        return replace(
            item,
            key=self._words.key(item.key),
            value=hidden,
            found_in=self._words.key(item.found_in),
        )

    def _config_use(self, item: ConfigUse) -> ConfigUse:
        return replace(
            item,
            config_map=self._name(item.config_map),
            key=_each(self._words.key, item.key),
            variable=_each(self._words.key, item.variable),
        )

    def _pod(self, item: Pod) -> Pod:
        return replace(
            item,
            namespace=self._name(item.namespace),
            name=self._name(item.name),
            workload=_each(self._owner, item.workload),
            ip=_each(self._words.host, item.ip),
            node=_each(self._opaque, item.node),
            status=_each(self._words.state, item.status),
            mesh=_each(partial(self._known, words=PLANES), item.mesh),
        )

    def _owner(self, workload: str) -> str:
        kind, slash, name = workload.partition("/")
        return f"{self._kind(kind)}{slash}{self._name(name)}"

    def _config_map(self, item: ConfigMap) -> ConfigMap:
        return replace(
            item,
            namespace=self._name(item.namespace),
            name=self._name(item.name),
            keys=tuple(sorted(map(self._words.key, item.keys))),
            references=tuple(map(self._reference, item.references)),
            settings=tuple(map(self._setting, item.settings)),
        )

    def _route(self, item: Route) -> Route:
        return replace(
            item,
            kind=self._kind(item.kind),
            namespace=self._name(item.namespace),
            name=self._name(item.name),
            hosts=tuple(map(self._words.host, item.hosts)),
            gateways=tuple(map(self._gateway, item.gateways)),
            backends=tuple(map(self._backend, item.backends)),
            annotations=self._words.marks(item.annotations),
            settings=tuple(map(self._setting, item.settings)),
        )

    def _gateway(self, gateway: str) -> str:
        service = "service:"
        begins = service if gateway.startswith(service) else ""
        return begins + self._name(gateway.removeprefix(begins))

    def _backend(self, item: Backend) -> Backend:
        path = item.path
        return replace(
            item,
            namespace=self._name(item.namespace),
            service=self._name(item.service),
            port=self._port(item.port),
            path=f"/{self._words.word(path)}" if path and path != "/" else path,
        )

    def _kind_read(self, item: KindRead) -> KindRead:
        return replace(
            item, kind=self._kind(item.kind), group=self._known(item.group, public.GROUPS)
        )

    def _code(self, item: Snapshot) -> tuple[CodeTree, ...]:
        """Each file stands in a folder that is called like the workload it belongs to."""
        places = Places(item.objects) if item.code else None
        return tuple(self._code_tree(tree, Homes(tree, places)) for tree in item.code if places)

    def _code_tree(self, item: CodeTree, homes: Homes) -> CodeTree:
        def hidden(found_in: str) -> str | None:
            path, colon, line = found_in.partition(":")
            name = homes.component(path)
            return f"{self._name(name)}/{self._opaque(path)}{colon}{line}" if name else None

        return CodeTree(
            name=self._opaque(item.name),
            file_count=item.file_count,
            libraries=tuple(
                replace(library, file=place, name=self._known(library.name, LIBRARY_NAMES))
                for library in item.libraries
                if (place := hidden(library.file))
            ),
            references=tuple(
                replace(self._reference(reference), found_in=place)
                for reference in item.references
                if (place := hidden(reference.found_in))
            ),
            keys=tuple(
                replace(use, key=self._words.key(use.key), found_in=place)
                for use in item.keys
                if (place := hidden(use.found_in))
            ),
            branches=tuple(
                replace(branch, found_in=hidden(branch.found_in) or self._place(branch.found_in))
                for branch in item.branches
            ),
        )

    def _place(self, found_in: str) -> str:
        """A place in code that belongs to no workload."""
        path, _, line = found_in.rpartition(":")
        return f"{self._opaque(path)}:{line}" if line.isdecimal() else self._opaque(found_in)

    # --- what people say --------------------------------------------------------------------------

    def _declaration(self, item: Declaration) -> Declaration:
        return replace(
            item,
            id=self._known(item.id, public.RULE_IDS),
            note=MARK if item.note else "",
            who=MARK if item.who else "",
        )

    def _ignore(self, item: Ignore) -> Ignore:
        """A "*" in a subject stays one."""
        kind, space, name = (item.subject or "").partition(" ")
        hidden = f"{self._known(kind, {*public.SUBJECTS, '*'})}{space}{self._name(name)}"
        return replace(
            item,
            blocker=self._known(item.blocker, public.CHECK_IDS),
            subject=hidden if item.subject else None,
            note=MARK if item.note else "",
            who=MARK if item.who else "",
        )

    def _gap(self, item: Gap) -> Gap:
        return replace(
            item,
            subject=self._words.about(item.subject),
            reason=self._message(item.reason),
            hint=_each(self._message, item.hint),
        )

    def _message(self, item: Message) -> Message:
        """Of its parameters those that its words use."""
        words = catalogue("en").get(item.id, "")
        used = {field for _, field, _, _ in Formatter().parse(words) if field}
        return Message(
            self._known(item.id, catalogue("en")),
            {
                name: self._parameter(name, value) if isinstance(value, str) else value
                for name, value in item.parameters.items()
                if name in used
            },
        )

    def _parameter(self, name: str, value: str) -> str:
        if name in _KINDS_IN:
            return ", ".join(self._words.about(kind) for kind in value.split(", "))
        return self._words.query(value) if name in _QUERIES_IN else self._words.text(value)

    # --- words ------------------------------------------------------------------------------------

    def _known(self, text: str, words: Iterable[str]) -> str:
        return self._words.known(text, words)

    def _kind(self, kind: str) -> str:
        return self._known(kind, public.KINDS_KNOWN)

    def _opaque(self, text: str) -> str:
        """A name in which nothing has a meaning for our rules."""
        return self._words.word(text)

    def _port(self, port: int | str | None) -> int | str | None:
        return self._words.port(port) if isinstance(port, str) else port


def _each(hidden: Callable[[T], U], item: T | None) -> U | None:
    return None if item is None else hidden(item)


def _sorted(items: Iterable[T], key: Callable[[T], tuple[str, ...]]) -> tuple[T, ...]:
    return tuple(sorted(items, key=key))


def _config_order(use: ConfigUse) -> tuple[str, ...]:
    return use.config_map, use.how, use.key or "", use.variable or ""

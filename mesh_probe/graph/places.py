"""Where a name leads: from workloads, Services, addresses and self-given names to workloads.

One place for the rules by which the cluster, or the people who named things in it, mean a workload.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Literal

from mesh_probe.graph.claims import route_id
from mesh_probe.graph.ids import ids_of, stems_of
from mesh_probe.model import Noun, Objects, Offer, Peer, Service, Workload
from mesh_probe.references.resolve import Resolved, Resolver

# Labels by which workloads say what they are, as OpenTelemetry's Kubernetes conventions rank them
# (open-telemetry/semantic-conventions docs/non-normative/k8s-attributes.md), then the older ones.
NAME_LABELS = ("app.kubernetes.io/instance", "app.kubernetes.io/name", "app", "k8s-app")


_DAPR_NAME = "dapr.io/app-id"


class Place(Noun):
    """What a name means: workloads (several behind one Service), or something outside.

    With none of these, only the name itself is known.
    """

    workloads: tuple[str, ...] = ()
    """Node ids, sorted."""
    service: str | None = None
    """The Service that leads there, "namespace/name"."""
    outside: str | None = None
    """A host outside the cluster."""
    named_by: Literal["workload", "service", "address", "name", "ambiguous"] = "workload"
    """How directly it is meant."""
    name: str | None = None
    """A name that nothing in the cluster has, or more than one thing."""
    route: str | None = None
    """The node id of what calls come in by: a route, or the internet."""


MOST_BEHIND = 20
"""Workloads behind one Service up to which a declared call leads to each of them. Above, it leads
to the Service: with as many clients there would be more edges than anybody can read or keep."""


def nodes_at(place: Place) -> tuple[str, ...]:
    """Ids of the nodes that a declared call to a place leads to."""
    if place.workloads and (len(place.workloads) <= MOST_BEHIND or not place.service):
        return place.workloads
    if place.outside:
        return (f"external:{place.outside}",)
    return (f"service:{place.service}",) if place.service else ()


class Places:
    """Looks names up among the objects of one snapshot."""

    def __init__(self, objects: Objects, offers: Iterable[Offer] = ()) -> None:
        self._objects = objects
        self._resolver = Resolver(objects.services, objects.endpoint_slices, objects.pods)
        self.id_of: dict[tuple[str, str, str], str] = ids_of(objects.workloads)
        """Node id by (kind, namespace, name)."""
        self.workload_of: Mapping[str, Workload] = {
            self.id_of[w.kind, w.namespace, w.name]: w for w in objects.workloads
        }
        self._by_name: dict[str, dict[str, str]] = defaultdict(dict)
        for node_id, workload in sorted(self.workload_of.items()):
            self._by_name[workload.name].setdefault(workload.namespace, node_id)
        self._namespaces = {
            *(namespace.name for namespace in objects.namespaces),
            *(workload.namespace for workload in objects.workloads),
        }
        # Where only some namespaces were asked for, no kind that lives in them was read in full.
        self._saw_all_namespaces = objects.saw("Namespace") and objects.saw("Service")
        self._services = {(s.namespace, s.name): s for s in objects.services}
        self._behind = self._select(objects.services)
        self._front_of = {
            frozenset(members): f"{namespace}/{name}"
            for (namespace, name), members in sorted(self._behind.items(), reverse=True)
            if len(members) > 1
        }
        self._self_named = self._names()
        self._fronted = {member for members in self._behind.values() for member in members}
        self._by_pod = self._workloads_by_pod()
        self._joined: dict[str, list[Service]] = defaultdict(list)
        for service in objects.services:
            self._joined[f"{service.namespace}-{service.name}"].append(service)
        self._routes = {f"{r.kind}/{r.namespace}/{r.name}": r for r in objects.routes}
        self._leading: dict[str, set[str]] | None = None
        self._offered: Mapping[str, tuple[Place, ...]] = {}
        self._offered = self._offers(offers)

    def service(self, namespace: str, name: str) -> Service | None:
        """The Service of that name."""
        return self._services.get((namespace, name))

    def behind(self, service: Service) -> tuple[str, ...]:
        """Ids of the workloads that a Service leads to: by its selector, else by its endpoints."""
        return self._behind[service.namespace, service.name]

    def front_of(self, place: Place) -> str | None:
        """The Service that stands for a place: of several before the same workloads, one."""
        return self._front_of.get(frozenset(place.workloads), place.service)

    def is_namespace(self, name: str) -> bool:
        """Whether a name is one of the cluster's namespaces."""
        return name in self._namespaces

    def called(self, node_id: str) -> int:
        """How much a node is for being called: datastores and brokers most, then Services."""
        workload = self.workload_of.get(node_id)
        if workload is not None and workload.role in ("datastore", "broker"):
            return 2
        return 1 if node_id in self._fronted or node_id.startswith("service:") else 0

    def is_outside(self, name: str) -> bool:
        """Whether a Service, "namespace/name", only leads to addresses that are no pods'."""
        namespace, _, last = name.partition("/")
        service = self._services.get((namespace, last))
        return service is not None and not service.selector and not self.behind(service)

    def services_of(self) -> Mapping[str, tuple[str, ...]]:
        """For each workload id the Services in front of it, "namespace/name"."""
        fronts: dict[str, list[str]] = defaultdict(list)
        for (namespace, name), members in self._behind.items():
            for member in members:
                fronts[member].append(f"{namespace}/{name}")
        return {member: tuple(sorted(names)) for member, names in fronts.items()}

    def of_service(self, namespace: str, name: str) -> Place | None:
        """The place behind a Service, its aliases followed; None where it leads nowhere."""
        service = self._services.get((namespace, name))
        if service is None:
            return None
        if service.external_name:
            return self._where(self._resolver.resolve(f"{name}.{namespace}.svc", None, namespace))
        return self._where(Resolved(service))

    def of_host(
        self, host: str, port: int | str | None, namespace: str
    ) -> tuple[Place | None, str | None]:
        """The place a host leads to as seen from a namespace, and what is wrong with the name.

        The second is "unknown-service" or "wrong-port"; the place is None where it leads nowhere,
        as "localhost" does.
        """
        found = self._resolver.resolve(host, port, namespace)
        return self._where(found), found.problem

    def _where(self, found: Resolved) -> Place | None:
        """The place that the Resolver found; a single pod's workload before all of its Service."""
        service = found.service
        if found.external is not None:
            return Place(outside=found.external, named_by="service" if service else "address")
        front = f"{service.namespace}/{service.name}" if service else None
        if found.workload is not None and (node_id := self.id_of.get(found.workload)):
            return Place((node_id,), front, named_by="address")
        if service is None:
            return None
        return Place(self.behind(service), front, named_by="service")

    def of_peer(self, peer: Peer, other: Peer) -> tuple[Place, ...]:
        """The places that a telemetry source may mean by one side of a call; several: ambiguous.

        A bare host is taken as seen from the other side's namespace.
        """
        near = other.namespace
        ways: tuple[Callable[[], tuple[Place, ...]], ...] = (
            lambda: self._of_workload(peer) if peer.workload else (),
            lambda: self._of_pod(peer) if peer.pod else (),
            lambda: self._of_service(peer, near) if peer.service else (),
            lambda: self._of_joined(peer.joined) if peer.joined else (),
            lambda: self._of_host(peer, near) if peer.host else (),
            lambda: self._of_name(peer.name, peer.namespace) if peer.name else (),
            lambda: self._of_owner(peer.name) if peer.name and "." in peer.name else (),
            lambda: self._offered.get(peer.api, ()) if peer.api else (),
            lambda: self._of_name(peer.job, peer.namespace) if peer.job else (),
        )
        return next((places for way in ways if (places := way())), ())

    def routes_to(self, place: Place) -> tuple[str, ...]:
        """Node ids of the routes that lead to a place."""
        if self._leading is None:
            self._leading = defaultdict(set)
            for route in self._objects.routes:
                for backend in route.backends:
                    found = self.of_service(backend.namespace, backend.service)
                    for member in found.workloads if found else ():
                        self._leading[member].add(route_id(route))
        found_routes = {r for w in place.workloads for r in self._leading.get(w, ())}
        return tuple(sorted(found_routes))

    def backends_of(self, route: str, rule: int | None) -> tuple[tuple[Place, float], ...]:
        """Where a rule of a route, "Kind/namespace/name", leads to, and the share of each."""
        known = self._routes.get(route)
        backends = [
            backend
            for backend in (known.backends if known else ())
            if rule is None or backend.rule == rule
        ]
        weights = [1 if backend.weight is None else backend.weight for backend in backends]
        total = sum(weights)
        return tuple(
            (place, weight / total)
            for backend, weight in zip(backends, weights, strict=True)
            if weight and (place := self.of_service(backend.namespace, backend.service))
        )

    def _of_workload(self, peer: Peer) -> tuple[Place, ...]:
        """The workload itself, or where its namespace is not known all workloads of that name.

        What a program calls its namespace need not be one of the cluster's, and who reads
        addresses does not always tell a workload from a Service.
        """
        name, namespace = peer.workload or "", peer.namespace
        if namespace and not (peer.name and self._has_no_namespace(namespace)):
            known = self.id_of.get((peer.kind or "", namespace, name))
            known = known or self._by_name.get(name, {}).get(namespace)
            if known is None and (namespace, name) in self._services:
                place = self.of_service(namespace, name)
                return (place,) if place else ()
            node_id = known or f"{namespace}/{name}"
            return (Place((node_id,), service=self._front(peer), named_by="workload"),)
        return tuple(
            Place((node_id,), named_by="workload")
            for node_id in sorted(self._by_name.get(name, {}).values())
        )

    def _of_pod(self, peer: Peer) -> tuple[Place, ...]:
        """The workload of a pod, or of that name; of a pod that is gone, by how pods are named.

        The pod of an exporter is not who is meant, if something is called as the series say.
        """
        pod, namespace = peer.pod or "", peer.namespace
        homes = [namespace] if namespace else sorted(self._namespaces)
        stems = (pod, *stems_of(pod))
        found = []
        for home in homes:
            node_id = self._by_pod.get((home, pod)) or next(
                (known for stem in stems if (known := self._by_name.get(stem, {}).get(home))), None
            )
            if node_id is not None:
                found.append(Place((node_id,), named_by="workload"))
        names = self._of_name(peer.name, namespace) if peer.name else ()
        names = names or (self._of_name(peer.job, namespace) if peer.job else ())
        if names and all(self._is_fitting(place) for place in found):
            return names
        if found or not namespace or peer.name or peer.service or peer.host:
            return tuple(found)
        if (namespace, pod) in self._services:
            place = self.of_service(namespace, pod)
            return (place,) if place else ()
        return (Place((f"{namespace}/{stems[-1]}",), named_by="workload"),)

    def _is_fitting(self, place: Place) -> bool:
        return all(
            (workload := self.workload_of.get(member)) is not None
            and workload.role == "infrastructure"
            for member in place.workloads
        )

    def _of_service(self, peer: Peer, near: str | None) -> tuple[Place, ...]:
        namespace = peer.service_namespace or peer.namespace or near or "default"
        place = self.of_service(namespace, peer.service or "")
        return (place,) if place is not None else ()

    def _of_host(self, peer: Peer, near: str | None) -> tuple[Place, ...]:
        """What the host leads to; else what was dialled does, else whose name it may be."""
        hosts = [host for host in (peer.host, peer.dialled) if host]
        found = [self.of_host(host, peer.port, near or "default")[0] for host in hosts]
        inside = next((place for place in found if place and place.outside is None), None)
        place = inside or next((place for place in found if place), None)
        if inside is None and (owned := self._of_owner(peer.host or "")):
            return owned
        return (place,) if place is not None else ()

    def _of_owner(self, text: str) -> tuple[Place, ...]:
        """A workload as "name.namespace": programs that read addresses call owners of pods so."""
        name, _, namespace = text.partition(".")
        namespace = namespace.partition(".")[0]
        return self._of_name(name, namespace) if name and namespace in self._namespaces else ()

    def _of_joined(self, text: str) -> tuple[Place, ...]:
        """The Service of "namespace-service-port", whose parts may hold dashes: the longest fit."""
        stem = text
        while stem and stem not in self._joined:
            stem = stem.rpartition("-")[0]
        found = (self.of_service(s.namespace, s.name) for s in self._joined.get(stem, ()))
        return tuple(place for place in found if place is not None)

    def _offers(self, offers: Iterable[Offer]) -> Mapping[str, tuple[Place, ...]]:
        """Who serves each gRPC service."""
        found: dict[str, set[Place]] = defaultdict(set)
        for offer in offers:
            found[offer.api].update(self.of_peer(offer.server, Peer()))
        return {api: tuple(sorted(places, key=repr)) for api, places in found.items()}

    def _has_no_namespace(self, name: str) -> bool:
        """Whether the cluster has no such namespace; False where it may be one not asked for."""
        return self._saw_all_namespaces and name not in self._namespaces

    def _front(self, peer: Peer) -> str | None:
        namespace = peer.service_namespace or peer.namespace
        if namespace and peer.service and (namespace, peer.service) in self._services:
            return f"{namespace}/{peer.service}"
        return None

    def _of_name(self, name: str, namespace: str | None) -> tuple[Place, ...]:
        """Workloads that call themselves so, one place for each namespace that has some.

        The caller's namespace does not decide: these are names that programs gave themselves, not
        hosts that somebody looked up.
        """
        homes = self._self_named.get(name, {})
        chosen = [namespace] if namespace in homes else sorted(homes)
        return tuple(
            Place(
                tuple(sorted(homes[home])),
                self._front_of.get(frozenset(homes[home])),
                named_by="name",
            )
            for home in chosen
            if home is not None
        )

    def _names(self) -> dict[str, dict[str, set[str]]]:
        """Workload ids by the name that they give themselves, by namespace.

        A name set for telemetry beats a label, a label beats the workload's own name, that beats
        the name of a Service in front of it; a weaker claim to a name counts only where nobody in
        the namespace makes a stronger one.
        """
        ranks: list[list[tuple[str | None, str, str]]] = [[] for _ in range(len(NAME_LABELS) + 3)]
        for node_id, workload in self.workload_of.items():
            home = workload.namespace
            ranks[0].append((workload.service_name, home, node_id))
            ranks[0].append((workload.annotations.get(_DAPR_NAME), home, node_id))
            for rank, label in enumerate(NAME_LABELS, start=1):
                ranks[rank].append((workload.labels.get(label), home, node_id))
            ranks[-2].append((workload.name, home, node_id))
        for (namespace, name), members in self._behind.items():
            ranks[-1].extend((name, namespace, member) for member in members)
        names: dict[str, dict[str, set[str]]] = defaultdict(dict)
        for claims in ranks:
            claimed: dict[tuple[str, str], set[str]] = defaultdict(set)
            for claimed_name, home, node_id in claims:
                if claimed_name:
                    claimed[claimed_name, home].add(node_id)
            for (claimed_name, home), ids in claimed.items():
                names[claimed_name].setdefault(home, ids)
        return names

    def _select(self, services: Iterable[Service]) -> dict[tuple[str, str], tuple[str, ...]]:
        labelled: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for node_id, workload in self.workload_of.items():
            for key, value in workload.labels.items():
                labelled[workload.namespace, key, value].add(node_id)
        by_pod = self._workloads_by_pod()
        behind: dict[tuple[str, str], tuple[str, ...]] = {}
        for service in services:
            sets = [
                labelled.get((service.namespace, *pair), set()) for pair in service.selector.items()
            ]
            members = set.intersection(*sets) if sets else set()
            behind[service.namespace, service.name] = tuple(sorted(members))
        for slice_ in self._objects.endpoint_slices:
            place = (slice_.namespace, slice_.service or "")
            if place in behind and not behind[place]:
                pods = {(slice_.namespace, endpoint.pod or "") for endpoint in slice_.endpoints}
                behind[place] = tuple(sorted({by_pod[pod] for pod in pods if pod in by_pod}))
        return behind

    def _workloads_by_pod(self) -> dict[tuple[str, str], str]:
        found: dict[tuple[str, str], str] = {}
        for pod in self._objects.pods:
            kind, _, name = (pod.workload or "").partition("/")
            node_id = self.id_of.get((kind, pod.namespace, name))
            if node_id is not None:
                found[pod.namespace, pod.name] = node_id
        return found

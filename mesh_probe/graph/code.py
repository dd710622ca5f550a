"""Claims that source trees make: what the code of a workload names, it may call.

Which folder a workload is built from is told by Compose and Skaffold files, and else by names: the
folder is called like the workload, its image, or a Service in front of it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from shlex import quote

from msgspec.structs import replace

from mesh_probe.graph.claims import Claim
from mesh_probe.graph.places import Place, Places, nodes_at
from mesh_probe.kinds import called
from mesh_probe.model import CodeTree, ConfigMap, Evidence, Reference, Via, Workload
from mesh_probe.references import keys
from mesh_probe.text import message

# P(the workload calls it | its code names it so). First estimates from reading public applications.
_WITH_SYNTAX = 0.9
_WORD_FOR_AN_ADDRESS = 0.75
_COMPOUND_WORD = 0.65
"""A name like "order-history", or "srv-order" for order, in quotes is hardly anything else."""
_WORD = 0.3
_WRONG_PORT = 0.6
"""Factor: code may hold the port that an older version had."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_ENDING = re.compile(r"(?<=..)(?:service|svc|server|app|api)$")


def claims(
    trees: Iterable[CodeTree], config_maps: Iterable[ConfigMap], places: Places
) -> Iterator[Claim]:
    """What the code of the workloads claims that they call."""
    servers = _Servers(places)
    addresses: dict[tuple[str, str, str], list[Reference]] = defaultdict(list)
    for config_map in config_maps:
        for reference in config_map.references:
            addresses[config_map.namespace, config_map.name, reference.key].append(reference)
    for tree in trees:
        homes = Homes(tree, places)
        for reference in tree.references:
            for client in homes.of(reference.found_in.partition(":")[0]):
                yield from _of_client(client, tree, reference, servers)
        for use in tree.keys:
            for client in homes.of(use.found_in.partition(":")[0]):
                workload = places.workload_of[client]
                for name in {used.config_map for used in workload.config}:
                    for reference in addresses[workload.namespace, name, use.key]:
                        used = replace(reference, found_in=use.found_in)
                        yield from _of_client(client, tree, used, servers)


class _Servers:
    """Where the names in code lead."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self._by_dapr_id = {
            (workload.namespace, app_id): node
            for node, workload in sorted(places.workload_of.items(), reverse=True)
            if (app_id := workload.annotations.get("dapr.io/app-id"))
        }

    def of(self, reference: Reference, namespace: str) -> tuple[Place | None, bool]:
        """The place behind a reference as seen from a namespace; True where its port is wrong."""
        node = self._by_dapr_id.get((namespace, reference.host))
        if reference.scheme == "dapr" and node is not None:
            return Place((node,), named_by="name"), False
        place, problem = self.places.of_host(reference.host, reference.port, namespace)
        return place, problem is not None


def _of_client(
    client: str, tree: CodeTree, reference: Reference, servers: _Servers
) -> Iterator[Claim]:
    workload = servers.places.workload_of[client]
    place, is_wrong_port = servers.of(reference, workload.namespace)
    if place is None or place.outside:
        return
    port = None if is_wrong_port else reference.port
    via = Via(place.service, port, reference.scheme) if place.service else None
    for server in nodes_at(place):
        if server != client:
            yield Claim(
                client=client,
                server=server,
                confidence=_confidence(reference) * (_WRONG_PORT if is_wrong_port else 1.0),
                via=via,
                protocol=reference.scheme,
                evidence=(_evidence(workload, tree, reference),),
                probe=reference.about == "probe",
            )


def _confidence(reference: Reference) -> float:
    if reference.form != "word":
        return _WITH_SYNTAX
    if keys.place(reference.key) == "address":
        return _WORD_FOR_AN_ADDRESS
    of_registry = reference.host in reference.key.split("-")
    return _COMPOUND_WORD if of_registry or "-" in reference.host else _WORD


def _evidence(workload: Workload, tree: CodeTree, reference: Reference) -> Evidence:
    path, _, line = reference.found_in.partition(":")
    file = f"{tree.name}/{path}"
    return Evidence(
        subject=called(workload.kind, workload.namespace, workload.name),
        fact=message("evidence.code", file=f"{file}:{line}" if line else file, host=reference.host),
        seen_in="code",
        check=f"sed -n {line}p {quote(file)}"
        if line
        else f"grep -n {quote(reference.host)} {quote(file)}",
    )


class Homes:
    """Which workloads the files of one tree belong to."""

    def __init__(self, tree: CodeTree, places: Places) -> None:
        fronts = places.services_of()
        self._tree = tree
        self._projects = frozenset(tree.projects)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_stem: dict[str, set[str]] = defaultdict(set)
        self._by_image: dict[str, set[str]] = defaultdict(set)
        self._known_as: dict[str, set[str]] = {}
        for node, workload in places.workload_of.items():
            if workload.role is not None:
                continue
            images = {_image_name(c.image) for c in workload.containers if c.image and not c.init}
            services = {service.partition("/")[2] for service in fronts.get(node, ())}
            for image in images:
                self._by_image[image].add(node)
            self._known_as[node] = {workload.name, *services}
            for name in {workload.name, *services, *images}:
                self._by_name[_squashed(name)].add(node)
                self._by_stem[_stem(name)].add(node)
        self._built: dict[str, set[str]] = defaultdict(set)
        for build in tree.builds:
            self._built[build.folder] |= self._of_build(_image_name(build.image))
        self.of = cache(self._of)

    def component(self, path: str) -> str | None:
        """A name that all workloads have to which a file belongs, their own or a Service's."""
        found = [self._known_as[node] for node in self.of(path)]
        return min(set.intersection(*found)) if found else None

    def _of(self, path: str) -> tuple[str, ...]:
        """The workloads that a file belongs to: of the program that is built nearest to it."""
        folders = path.split("/")[:-1]
        nested = ["/".join(folders[:depth]) for depth in range(len(folders), 0, -1)]
        matches = {folder: found for folder in nested if (found := self._of_folder(folder))}
        built = [f for f in matches if f in self._projects or self._built.get(f)]
        if built:
            return matches[built[0]]
        if matches:
            return matches[min(matches, key=len)]
        return self._of_folder("")

    def _of_folder(self, folder: str) -> tuple[str, ...]:
        name = folder.rpartition("/")[2] or self._tree.name
        found = self._built.get(folder) or self._of_name(name)
        # One image may hold many programs, and then its folder does not tell them apart.
        of_one = found and set.intersection(*(self._known_as[node] for node in found))
        return tuple(sorted(found)) if of_one else ()

    def _of_build(self, name: str) -> set[str]:
        return self._by_image.get(name) or self._of_name(name)

    def _of_name(self, name: str) -> set[str]:
        """By the whole name, without endings such as "service", or behind a common prefix."""
        exact = self._by_name.get(_squashed(name)) or self._by_stem.get(_stem(name))
        if exact:
            return exact
        parts = _kebab(name).split("-")
        behind = ("-".join(parts[start:]) for start in range(1, len(parts)))
        return next((found for b in behind if (found := self._by_name.get(_squashed(b)))), set())


def _image_name(image: str) -> str:
    """The last part of an image's name, without tag and digest."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[0]


def _kebab(name: str) -> str:
    return _HUMP.sub("-", name).lower().replace("_", "-").replace(".", "-")


def _squashed(name: str) -> str:
    return _kebab(name).replace("-", "")


def _stem(name: str) -> str:
    return _ENDING.sub("", _squashed(name))

"""Who names whom: the references of each workload, also those in the ConfigMaps that it reads."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

from mesh_probe.graph.claims import route_id
from mesh_probe.graph.places import Place, Places
from mesh_probe.graph.sharing import Entry, Reader, Text
from mesh_probe.model import ConfigMap, ConfigUse, Noun, Objects, Reference, Workload
from mesh_probe.references.strength import confidence

HOSTS_OF_A_LIST = 3
"""Hosts from which equal files of two ConfigMaps are taken for copies, not for coincidence."""

COPIES = 3
"""Equal files that are taken for copies however few hosts they name."""

LEAST = 0.05
"""What is less likely than this is no mention: there are as many such as workloads times hosts."""

WRONG_PORT = 0.9
"""How much of a mention's likelihood is left where the Service does not have the port."""

OWN_ROUTE = 0.45
"""The same where the host is one of the cluster's own on the internet: programs are told it to send
people there, more often than to call it."""

_FILE = re.compile(r".*\.[A-Za-z][A-Za-z0-9]{0,11}")
_SPRING = re.compile(r"application(-[a-z0-9]+)?\.(ya?ml|properties)")


class Mention(Noun):
    """A workload's reference, and where it leads."""

    client: str
    workload: Workload
    reference: Reference
    seen_in: str
    place: Place | None
    problem: str | None
    """"unknown-service" or "wrong-port"."""
    confidence: float
    """P(the workload calls what the reference names)."""
    shared_by: int = 1
    """How many workloads read the configuration it stands in."""


class _Targets:
    """Where references lead."""

    def __init__(self, objects: Objects, places: Places) -> None:
        self.places = places
        self._route_of = {host: route_id(r) for r in reversed(objects.routes) for host in r.hosts}
        self._by_dapr_id: dict[tuple[str, str], list[str]] = defaultdict(list)
        for client, workload in sorted(places.workload_of.items()):
            if app_id := workload.annotations.get("dapr.io/app-id"):
                self._by_dapr_id[workload.namespace, app_id].append(client)

    def entry(self, reference: Reference, namespace: str) -> Entry:
        """A reference as it is seen from a namespace.

        Dapr's names of applications end in a namespace where it is another one:
        https://docs.dapr.io/developing-applications/building-blocks/service-invocation/
        """
        if reference.scheme != "dapr":
            place, problem = self.places.of_host(reference.host, reference.port, namespace)
            if place is not None and (route := self._route_of.get(place.outside or "")):
                return Entry(
                    reference, Place((route,), named_by="address"), None, is_own_route=True
                )
            return Entry(reference, place, problem)
        name, _, home = reference.host.partition(".")
        found = self._by_dapr_id.get((home or namespace, name))
        return Entry(reference, Place(tuple(found), named_by="name") if found else None, None)


def mentions(objects: Objects, places: Places) -> tuple[Mention, ...]:
    """All references of all workloads, in the order of the workloads."""
    targets = _Targets(objects, places)
    found: dict[str, list[Mention]] = {client: [] for client in places.workload_of}
    for client, workload in places.workload_of.items():
        for reference in workload.references:
            entry = targets.entry(reference, workload.namespace)
            found[client].append(_mention(client, workload, entry, reference.found_in))
    for mention in _from_config_maps(objects, targets):
        found[mention.client].append(mention)
    return tuple(mention for of_client in found.values() for mention in of_client)


def _from_config_maps(objects: Objects, targets: _Targets) -> Iterator[Mention]:
    uses = _uses(objects.config_maps, targets.places.workload_of)
    texts: dict[Hashable, list[tuple[ConfigMap, tuple[Reference, ...]]]] = defaultdict(list)
    for config_map in objects.config_maps:
        if not config_map.references:
            continue
        for identity, references in _texts(config_map):
            texts[identity].append((config_map, references))
    for of_identity in texts.values():
        if len(of_identity) < COPIES and len(_hosts(of_identity[0][1])) < HOSTS_OF_A_LIST:
            for one in of_identity:
                yield from _from_text([one], uses, targets)
        else:
            yield from _from_text(of_identity, uses, targets)


def _from_text(
    copies: Sequence[tuple[ConfigMap, tuple[Reference, ...]]],
    uses: Mapping[tuple[str, str], Sequence[tuple[str, Workload, Sequence[ConfigUse]]]],
    targets: _Targets,
) -> Iterator[Mention]:
    """Mentions of one text, and of its copies in other ConfigMaps of the namespace."""
    first, references = copies[0]
    entries = [targets.entry(reference, first.namespace) for reference in references]
    data_keys = {entry.data_key for entry in entries}
    readers: dict[str, Reader] = {}
    where: dict[str, str] = {}
    for config_map, _ in copies:
        for client, workload, of_client in uses.get((config_map.namespace, config_map.name), ()):
            seen_in = f"ConfigMap {config_map.namespace}/{config_map.name}"
            reader = _reader(client, workload, of_client, data_keys)
            if reader is not None and client not in readers:
                readers[client], where[client] = reader, seen_in
            elif reader is None:
                asked = {use.key: use.variable for use in of_client if use.how == "env"}
                for entry in entries if asked else ():
                    if entry.data_key in asked:
                        variable = asked[entry.data_key]
                        yield _mention(client, workload, entry, seen_in, variable=variable)
    if not readers:
        return
    text = Text(tuple(readers.values()), entries, targets.places.workload_of)
    for reader in text.readers:
        for entry, share in text.shares(reader):
            mention = _mention(
                reader.client,
                reader.workload,
                entry,
                where[reader.client],
                share=share,
                shared_by=len(text.readers),
            )
            if mention.confidence >= LEAST:
                yield mention


def _uses(
    config_maps: Iterable[ConfigMap], workload_of: Mapping[str, Workload]
) -> Mapping[tuple[str, str], list[tuple[str, Workload, list[ConfigUse]]]]:
    """Who reads each ConfigMap, and how."""
    found: dict[tuple[str, str], list[tuple[str, Workload, list[ConfigUse]]]] = defaultdict(list)
    asking: dict[str, list[tuple[str, Workload]]] = defaultdict(list)
    for client, workload in workload_of.items():
        by_map: dict[str, list[ConfigUse]] = defaultdict(list)
        for use in workload.config:
            by_map[use.config_map].append(use)
        for name, of_map in by_map.items():
            found[workload.namespace, name].append((client, workload, of_map))
        if any(use.how == "api" for use in workload.config):
            asking[workload.namespace].append((client, workload))
    # What nobody mounts and is called as Spring's own files is asked for by Spring programs.
    for config_map in config_maps:
        identity = (config_map.namespace, config_map.name)
        if identity not in found and any(_SPRING.fullmatch(key) for key in config_map.keys):
            found[identity] += [
                (client, workload, [ConfigUse(config_map.name, "api")])
                for client, workload in asking[config_map.namespace]
            ]
    return found


def _reader(
    client: str, workload: Workload, uses: Sequence[ConfigUse], data_keys: set[str]
) -> Reader | None:
    """The workload as a reader of a text with these data keys.

    None where it reads none of them, or takes single values only, as variables of its own.
    """
    named = frozenset(use.key for use in uses if use.key is not None)
    if any(use.key is None and use.how != "env" for use in uses):
        return Reader(client, workload, named=named & data_keys)
    read = data_keys.intersection(use.key for use in uses if use.key and use.how != "env")
    return Reader(client, workload, frozenset(read)) if read else None


def _texts(config_map: ConfigMap) -> Iterator[tuple[Hashable, tuple[Reference, ...]]]:
    """Each file of a ConfigMap, and its plain values together, with what copies have in common."""
    files: dict[str, list[Reference]] = defaultdict(list)
    for reference in config_map.references:
        data_key, colon, _ = reference.key.partition(":")
        files[data_key if colon or _FILE.fullmatch(data_key) else ""].append(reference)
    for data_key, references in files.items():
        known = tuple(references)
        yield (config_map.namespace, data_key, known), known


def _hosts(references: Iterable[Reference]) -> set[str]:
    return {reference.host for reference in references}


def _mention(
    client: str,
    workload: Workload,
    entry: Entry,
    seen_in: str,
    *,
    share: float = 1.0,
    shared_by: int = 1,
    variable: str | None = None,
) -> Mention:
    likely = confidence(entry.reference) * share
    if variable is not None:  # either name may be the one that asks for an address
        likely = max(likely, confidence(entry.reference, variable))
    if entry.problem == "wrong-port":
        likely *= WRONG_PORT
    if entry.is_own_route:
        likely *= OWN_ROUTE
    return Mention(
        client,
        workload,
        entry.reference,
        seen_in,
        entry.place,
        entry.problem,
        round(likely, 4),
        shared_by,
    )

"""Whose an address in a shared ConfigMap is, as far as names tell.

A ConfigMap that many workloads read says who could call, not who does. People tell the readers
apart by names: `orders-db` is for `orders`, `orders.properties` is read by `orders`, a section
`orders.payment.url` is what `orders` calls. This is found out while names are at hand, so that a
snapshot whose names are hidden is judged alike.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Literal

import msgspec

from mesh_probe.model import ConfigMap, Reference, Workload
from mesh_probe.references import names
from mesh_probe.references.hosts import is_address
from mesh_probe.references.names import Subject

_FRONTS = frozenset(
    {"gateway", "frontend", "frontends", "bff", "edge", "ingress", "portal", "proxy", "webapp"}
)
_FRONT_PAIRS = frozenset({("front", "end"), ("web", "server"), ("web", "ui"), ("web", "app")})
_FILE_ENDING = re.compile(r"\.[A-Za-z]{1,10}$")
_SEGMENT = re.compile(r"[.:/\[\]]+")
_NAME_WORD = re.compile(r"[a-z]+")

Names = tuple[str, ...]


def attribute(
    workloads: Iterable[Workload], config_maps: Iterable[ConfigMap]
) -> tuple[ConfigMap, ...]:
    """The ConfigMaps with what their references are about and whose they are."""
    teams: dict[str, list[str]] = defaultdict(list)
    readers: Counter[tuple[str, str]] = Counter()
    for workload in workloads:
        if workload.role is None and not names.is_about(
            workload.name, names.STORES | names.BROKERS
        ):
            teams[workload.namespace].append(workload.name)
        for name in {use.config_map for use in workload.config if use.how != "env"}:
            readers[workload.namespace, name] += 1
    config_maps = tuple(config_maps)
    files = [_first_hosts(config_map) for config_map in config_maps]
    alike = Counter(file for of_map in files for file in of_map.items())
    known = {namespace: _Team(members) for namespace, members in teams.items()}
    nobody = _Team(())
    return tuple(
        _attributed(config_map, known.get(config_map.namespace, nobody))
        if readers[config_map.namespace, config_map.name] != 1
        or any(alike[file] > 1 for file in of_map.items())
        else config_map
        for config_map, of_map in zip(config_maps, files, strict=True)
    )


def is_front(name: str) -> bool:
    """Whether a workload is called what people's requests arrive at: a gateway, a frontend."""
    said = _NAME_WORD.findall(name.lower())
    return not _FRONTS.isdisjoint(said) or not _FRONT_PAIRS.isdisjoint(pairwise(said))


def _first_hosts(config_map: ConfigMap) -> Mapping[tuple[str, str], str]:
    """The first host of each file or value: what it has in common with copies of it, at least."""
    found: dict[tuple[str, str], str] = {}
    for reference in config_map.references:
        found.setdefault((config_map.namespace, reference.key.partition(":")[0]), reference.host)
    return found


def _attributed(config_map: ConfigMap, team: "_Team") -> ConfigMap:
    if not config_map.references:
        return config_map
    return msgspec.structs.replace(
        config_map,
        references=tuple(
            msgspec.structs.replace(
                reference, about=reference.about or _about(reference), owners=team.owners(reference)
            )
            for reference in config_map.references
        ),
    )


def _about(reference: Reference) -> Literal["store", "sink"] | None:
    """What the name of the host says that it is, whatever it runs."""
    label = _label(reference.host)
    if names.is_sink(label):
        return "sink"
    return "store" if names.is_about(label, names.STORES | names.BROKERS) else None


def _label(host: str) -> str:
    return "" if is_address(host) else host.partition(".")[0]


class _Team:
    """The applications of one namespace, to look up by what they are about."""

    def __init__(self, members: Iterable[str]) -> None:
        self._by_subject: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[tuple[int, str], list[tuple[Subject, str]]] = defaultdict(list)
        members = sorted(members)
        self._common = names.common(members)
        for name in members:
            said = names.subject(name)
            for about in {said, self._proper(said)}:
                if about:
                    self._by_subject[names.joined(about)].append(name)
                    self._by_stem[_stem(about)].append((about, name))

    def owners(self, reference: Reference) -> Names:
        """Those whose the reference is, by the file, the section or the name it stands under."""
        file, _, path = reference.key.partition(":")
        target = names.subject(_label(reference.host))
        found: Names = ()
        if path or _FILE_ENDING.search(file):
            found = self._called(names.subject(_FILE_ENDING.sub("", file)), target)
        found = found or self._of_section(path or file, target)
        is_store = names.is_about(_label(reference.host), names.STORES | names.BROKERS)
        if not found and (is_store or reference.port in _PORTS_OF_STORES):
            last = (path or file).rpartition(".")[2]
            found = (
                self._called(target)
                or self._called(names.key_subject(last))
                or self._alike(target)
                or self._alike(names.key_subject(last))
            )
        return found or self._by_prefix(path or file, target)

    def _proper(self, said: Subject) -> Subject:
        return tuple(word for word in said if word not in self._common)

    def _called(self, said: Subject, but: Subject = ()) -> Names:
        proper = self._proper(said)
        if not said or said == but or (proper and proper == self._proper(but)):
            return ()
        known = self._by_subject.get(names.joined(said))
        if known is None and proper:
            known = self._by_subject.get(names.joined(proper))
        return tuple(known or ())

    def _alike(self, said: Subject) -> Names:
        said = self._proper(said) or said
        if not said:
            return ()
        near = self._by_stem.get(_stem(said), ())
        return tuple(dict.fromkeys(name for about, name in near if names.alike(about, said)))

    def _of_section(self, path: str, target: Subject) -> Names:
        """The owner of a section that the value stands in: "orders.payment.url"."""
        for segment in _SEGMENT.split(path)[:-1]:
            if found := self._called(names.subject(segment), target):
                return found
        return ()

    def _by_prefix(self, path: str, target: Subject) -> Names:
        """The owner whose name a variable begins with: "ORDERS_PAYMENT_URL"."""
        said = names.key_subject(path.rpartition(".")[2])
        for length in range(len(said) - 1, 0, -1):
            if found := self._called(said[:length], target):
                return found if said != target else ()
        return ()


def _stem(said: Subject) -> tuple[int, str]:
    return len(said), said[0][: names.SHORTEST_STEM]


_PORTS_OF_STORES = frozenset({27017, 6379, 11211, 5432, 3306, 9042, 1433, 1521, 5672, 9092, 4222})

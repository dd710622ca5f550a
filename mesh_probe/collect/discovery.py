"""Which kinds an API server serves, and at which version.

A list answers 403 for a kind that does not exist when rights are missing, so absence is decided
from discovery, which every authenticated user may read. Servers from 1.27 on (by their
documentation) describe all groups in two answers; older ones want to be asked for each group.
https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec

from mesh_probe.collect.crew import Answer, Crew
from mesh_probe.collect.refusal import BROKEN, FORBIDDEN, JSON, Refused, broken
from mesh_probe.kinds import Kind
from mesh_probe.model import Noun
from mesh_probe.text import message

ACCEPT = ",".join(
    (
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        "application/json",
    )
)

_Decoded = TypeVar("_Decoded")

ROOTS = ("/api", "/apis")

BaseByResource = dict[tuple[str, str], str]
"""Path of the version, "/apis/apps/v1", by group and plural."""


class Catalogue(Noun):
    """Which kinds are served."""

    bases: BaseByResource
    unclear: dict[str, Refused] = {}
    """By group, why what it serves may be missing here; "*" for all groups of add-ons."""

    def base(self, kind: Kind) -> str | None:
        """The path to read a kind under; None when it is not served, as far as one can see."""
        return self.bases.get((kind.group, kind.plural))

    def doubt(self, kind: Kind) -> Refused | None:
        """Why a kind without a path may be served nevertheless."""
        return self.unclear.get(kind.group) or self.unclear.get("*")


class _Groups(Noun):
    """What one of the two answers says."""

    bases: BaseByResource = {}
    stale: tuple[str, ...] = ()
    """Groups whose own server does not answer now."""
    unlisted: tuple[tuple[str, str], ...] = ()
    """Group and path of the versions that have to be asked for one by one, best first."""


class _Resource(msgspec.Struct):
    resource: str = ""
    name: str = ""
    verbs: list[str] | None = None


class _Version(msgspec.Struct, frozen=True, rename="camel"):
    version: str = ""
    freshness: str | None = None
    resources: list[_Resource] | None = None


class _Metadata(msgspec.Struct, frozen=True):
    name: str = ""


class _Group(msgspec.Struct):
    metadata: _Metadata = _Metadata()
    versions: list[_Version] | None = None


class _PlainGroup(msgspec.Struct, rename="camel"):
    name: str = ""
    versions: list[_Version] | None = None
    preferred_version: _Version = _Version()


class _Aggregated(msgspec.Struct):
    items: list[_Group] | None = None


class _PlainGroups(msgspec.Struct):
    groups: list[_PlainGroup] | None = None


class _PlainVersions(msgspec.Struct):
    versions: list[str] | None = None


class _PlainResources(msgspec.Struct):
    resources: list[_Resource] | None = None


class _Head(msgspec.Struct):
    kind: str = ""


def discover(crew: Crew, kinds: Iterable[Kind]) -> Catalogue:
    """Ask which kinds are served: two requests, and one per group of ours on an older server.

    Raises: Refused when the server does not even say that much; CutShort.
    """
    kinds = tuple(kinds)
    answers = crew.fetch_all(ROOTS, ACCEPT)
    bases: BaseByResource = {}
    unclear: dict[str, Refused] = {}
    unlisted: list[tuple[str, str]] = []
    for root in ROOTS:
        groups = _decoded(answers[root], _read_groups)
        if isinstance(groups, Refused):
            if groups.no_entry or (root == ROOTS[0] and groups.status != FORBIDDEN):
                raise groups
            bases |= _assumed(kind for kind in kinds if (root == ROOTS[0]) == (not kind.group))
            unclear["*"] = groups
            continue
        bases |= groups.bases
        unclear |= {name: _stale(name) for name in groups.stale}
        unlisted += groups.unlisted
    wanted = {kind.group for kind in kinds}
    versions = [(group, base) for group, base in unlisted if group in wanted]
    answers = crew.fetch_all([base for _, base in versions], JSON)
    for group, base in versions:
        resources = _decoded(answers[base], _read_resources)
        if isinstance(resources, Refused):
            unclear[group] = resources
            continue
        for plural in resources:
            bases.setdefault((group, plural), base)
    return Catalogue(bases, unclear)


def _decoded(answer: Answer, read: Callable[[bytes], _Decoded]) -> _Decoded | Refused:
    if isinstance(answer, Refused):
        return answer
    try:
        return read(answer)
    except BROKEN as err:
        return broken(err)


def _stale(group: str) -> Refused:
    return Refused(None, "stale", message("gap.stale", group=group), message("hint.stale"))


def _assumed(kinds: Iterable[Kind]) -> BaseByResource:
    """What every cluster serves, for when discovery itself cannot be read."""
    return {
        (kind.group, kind.plural): f"/apis/{kind.group}/v1" if kind.group else "/api/v1"
        for kind in kinds
        if not kind.optional
    }


def _read_groups(body: bytes) -> _Groups:
    """Decode an answer of `/api` or `/apis`, whichever form the server chose."""
    match msgspec.json.decode(body, type=_Head).kind:
        case "APIGroupDiscoveryList":
            return _aggregated(msgspec.json.decode(body, type=_Aggregated).items or ())
        case "APIVersions":
            versions = msgspec.json.decode(body, type=_PlainVersions).versions or ()
            return _Groups(unlisted=tuple(("", f"/api/{version}") for version in versions))
        case "APIGroupList":
            return _plain(msgspec.json.decode(body, type=_PlainGroups).groups or ())
        case other:
            raise msgspec.DecodeError(f"kind {other!r} is no list of API groups")


def _read_resources(body: bytes) -> list[str]:
    """Plurals that an older server lists for one group and version."""
    resources = msgspec.json.decode(body, type=_PlainResources).resources or ()
    return [r.name for r in resources if "list" in (r.verbs or ())]


def _aggregated(groups: Iterable[_Group]) -> _Groups:
    bases: BaseByResource = {}
    stale = set()
    for group in groups:
        name = group.metadata.name
        for version in group.versions or ():
            base = f"/apis/{name}/{version.version}" if name else f"/api/{version.version}"
            if version.freshness == "Stale":
                stale.add(name)
            for resource in version.resources or ():
                if "list" in (resource.verbs or ()):
                    # Versions stand in the server's order of preference; the first one is taken.
                    bases.setdefault((name, resource.resource), base)
    return _Groups(bases, tuple(sorted(stale)))


def _plain(groups: Iterable[_PlainGroup]) -> _Groups:
    unlisted: list[tuple[str, str]] = []
    for group in groups:
        versions = [group.preferred_version.version, *(v.version for v in group.versions or ())]
        unlisted += [(group.name, f"/apis/{group.name}/{v}") for v in dict.fromkeys(versions) if v]
    return _Groups(unlisted=tuple(unlisted))

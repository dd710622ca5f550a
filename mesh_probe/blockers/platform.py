"""Platform: whether the cluster has the versions that the meshes' releases are made for."""

import re
from collections.abc import Iterator, Mapping
from shlex import quote

from mesh_probe.blocker import CLUSTER, SIDECARS, Check, Hit, Mode
from mesh_probe.blockers.candidates import candidates
from mesh_probe.blockers.ground import kubelets, minor
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import called
from mesh_probe.mesh import BATCH
from mesh_probe.model import Noun
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Parameter

Version = tuple[int, int, int]


class _Release(Noun):
    """A mesh's newest release, and the minor versions of Kubernetes that it is made for."""

    mesh: str
    version: str
    from_minor: int
    to_minor: int
    as_of: str
    """When the mesh's own table said so; ISO date."""


# https://istio.io/latest/docs/releases/supported-releases/ (data/compatibility/supportStatus.yml)
_ISTIO = _Release("Istio", "1.31", 32, 37, "2026-09-30")
# https://linkerd.io/2/reference/k8s-versions/
_LINKERD = _Release("Linkerd", "2.20", 31, 35, "2026-08-20")

_PLATFORMS = {"-gke.": "gke", "+k3s": "k3s"}
"""By a part of the API server's version."""

OPENSHIFT = "clusterversions.config.openshift.io"

_STEPS = (29, 33)
"""Versions from which kubelets run native sidecars by default, and from which Istio uses them."""

_DEFINITION = "CustomResourceDefinition"
_BUNDLE = "gateway.networking.k8s.io/bundle-version"
_GROUP = ".gateway.networking.k8s.io"
_BUNDLE_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:-.*)?")

ISTIO_MINIMUM: Mapping[str, Version] = {
    "grpcroutes.gateway.networking.k8s.io": (1, 1, 0),
    "backendtlspolicies.gateway.networking.k8s.io": (1, 4, 0),
    "tlsroutes.gateway.networking.k8s.io": (1, 5, 0),
    "tcproutes.gateway.networking.k8s.io": (1, 6, 0),
}
"""Older definitions are not read (istio/istio pkg/config/schema/gatewayapi/minimumversions.go)."""

_LINKERD_MINIMUM: Version = (1, 2, 1)
_LINKERD_READS = ("httproutes", "grpcroutes")
"""https://linkerd.io/2/features/gateway-api/"""


def _old_for_istio(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    return _outside(snapshot, _ISTIO, older=True)


def _old_for_linkerd(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    return _outside(snapshot, _LINKERD, older=True)


def _new_for_istio(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    return _outside(snapshot, _ISTIO, older=False)


def _new_for_linkerd(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    return _outside(snapshot, _LINKERD, older=False)


def _outside(snapshot: Snapshot, release: _Release, *, older: bool) -> Iterator[Hit]:
    version = minor(snapshot.server_version)
    if version is None:
        return
    if version < release.from_minor if older else version > release.to_minor:
        said: dict[str, Parameter] = {
            "version": f"1.{version}",
            "release": f"{release.mesh} {release.version}",
            "oldest": f"1.{release.from_minor}",
            "newest": f"1.{release.to_minor}",
            "as_of": release.as_of,
        }
        yield Hit(CLUSTER, said, (), "kubectl version")


def _straddling(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Only where it decides something: some machines run Jobs' sidecars in the newer way."""
    found = kubelets(snapshot)
    jobs = any(c.workload.kind in BATCH for c in candidates(snapshot, graph))
    if jobs and any(found[0] < step <= found[-1] for step in _STEPS if found):
        said: dict[str, Parameter] = {"oldest": f"1.{found[0]}", "newest": f"1.{found[-1]}"}
        yield Hit(CLUSTER, said, (), "kubectl get nodes -o wide")


def _unread_by_istio(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    for name, version in _bundles(snapshot):
        least = ISTIO_MINIMUM.get(name)
        if least is not None and version < least:
            yield _outdated(name, version, least)


def _unread_by_linkerd(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    del graph
    for name, version in _bundles(snapshot):
        if name.removesuffix(_GROUP) in _LINKERD_READS and version < _LINKERD_MINIMUM:
            yield _outdated(name, version, _LINKERD_MINIMUM)


def _own_paths(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    if (platform := _platform(snapshot)) and candidates(snapshot, graph):
        yield Hit(CLUSTER, {"platform": platform}, (), "kubectl version")


def _firewalled(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Whether the control plane is private is not in the API."""
    if _platform(snapshot) == "gke" and candidates(snapshot, graph):
        yield Hit(CLUSTER, {}, (), "gcloud compute firewall-rules list")


def _platform(snapshot: Snapshot) -> str | None:
    """What Istio's charts call it, where its network plugin needs paths of its own."""
    if any(o.kind == _DEFINITION and o.name == OPENSHIFT for o in snapshot.objects.outlines):
        return "openshift"
    version = snapshot.server_version or ""
    return next((name for mark, name in _PLATFORMS.items() if mark in version), None)


def _bundles(snapshot: Snapshot) -> Iterator[tuple[str, Version]]:
    """The definitions of the Gateway API, with the release that each is from."""
    for outline in snapshot.objects.outlines:
        if outline.kind == _DEFINITION and outline.name.endswith(_GROUP):
            found = _BUNDLE_VERSION.fullmatch(outline.annotations.get(_BUNDLE, ""))
            if found:
                yield outline.name, (int(found[1]), int(found[2]), int(found[3]))


def _outdated(name: str, version: Version, least: Version) -> Hit:
    return Hit(
        called(_DEFINITION, None, name),
        {"version": _written(version), "least": _written(least)},
        (),
        f"kubectl get crd {quote(name)} -o yaml",
    )


def _written(version: Version) -> str:
    return ".".join(map(str, version))


def _no_gateway_api(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Told only where all definitions could be seen: not among manifests, and not in part."""
    definitions = [o for o in snapshot.objects.outlines if o.kind == _DEFINITION]
    if (
        candidates(snapshot, graph)
        and snapshot.objects.saw(_DEFINITION)
        and not any(outline.name.endswith(_GROUP) for outline in definitions)
    ):
        yield Hit(CLUSTER, {}, (), "kubectl get customresourcedefinitions")


_ISTIO_MODES: tuple[Mode, ...] = ("istio-sidecar", "istio-ambient")
_ISTIO_RELEASES = "https://istio.io/latest/docs/releases/supported-releases/"
_LINKERD_RELEASES = "https://linkerd.io/2/reference/k8s-versions/"

CHECKS: tuple[Check, ...] = (
    Check("old-for-istio", "warning", _ISTIO_MODES, _ISTIO_RELEASES, _old_for_istio),
    Check("old-for-linkerd", "warning", ("linkerd",), _LINKERD_RELEASES, _old_for_linkerd),
    Check("new-for-istio", "info", _ISTIO_MODES, _ISTIO_RELEASES, _new_for_istio),
    Check("new-for-linkerd", "info", ("linkerd",), _LINKERD_RELEASES, _new_for_linkerd),
    Check(
        "node-versions-differ",
        "info",
        SIDECARS,
        "https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/",
        _straddling,
        ("Node", "Job", "CronJob"),
    ),
    Check(
        "gateway-api-old-for-istio",
        "info",
        _ISTIO_MODES,
        "https://istio.io/latest/docs/reference/config/analysis/ist0176/",
        _unread_by_istio,
        (_DEFINITION,),
    ),
    Check(
        "gateway-api-old-for-linkerd",
        "warning",
        ("linkerd",),
        "https://linkerd.io/2/features/gateway-api/",
        _unread_by_linkerd,
        (_DEFINITION,),
    ),
    Check(
        "platform-paths",
        "info",
        ("istio-ambient",),
        "https://istio.io/latest/docs/ambient/install/platform-prerequisites/",
        _own_paths,
        (_DEFINITION,),
    ),
    Check(
        "firewall-to-webhooks",
        "info",
        SIDECARS,
        "https://linkerd.io/2/reference/cluster-configuration/#private-clusters",
        _firewalled,
    ),
    Check(
        "gateway-api-missing",
        "info",
        ("istio-ambient", "linkerd"),
        "https://linkerd.io/2/features/gateway-api/",
        _no_gateway_api,
        (_DEFINITION,),
    ),
)

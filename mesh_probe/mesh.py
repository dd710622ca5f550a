"""Service meshes: what puts a pod into one, which are installed, and how much of the cluster is in.

A mesh is installed where its own programs run, where its admission webhook is registered, or where
pods carry its proxy. Resource definitions alone are left over or not yet used, and labels alone are
a wish: neither is a mesh.

A workload is in a mesh when one of its pods carries the mark that the mesh sets on pods it took in,
or its template holds the proxy itself. Where none of its pods could be seen, as in manifests, the
labels that ask for it say so instead.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from mesh_probe.kinds import called, command
from mesh_probe.model import Evidence, Noun, Objects, Workload
from mesh_probe.products import by_image
from mesh_probe.text import message

Name = Literal["istio", "linkerd", "cilium", "consul", "kuma", "osm"]
Mode = Literal["sidecar", "ambient", "node"]

NAMES: tuple[Name, ...] = ("istio", "linkerd", "cilium", "consul", "kuma", "osm")


class Plane(NamedTuple):
    """A mesh and the way it gets between the pods."""

    name: Name
    mode: Mode


ISTIO = Plane("istio", "sidecar")
AMBIENT = Plane("istio", "ambient")
LINKERD = Plane("linkerd", "sidecar")
CONSUL = Plane("consul", "sidecar")
KUMA = Plane("kuma", "sidecar")
OSM = Plane("osm", "sidecar")
CILIUM = Plane("cilium", "node")


class _Mark(NamedTuple):
    """A label or annotation, and the values of it that count; None for any but an empty one."""

    key: str
    plane: Plane
    values: tuple[str, ...] | None = None


_TAKEN_IN = (
    # https://istio.io/latest/docs/reference/config/labels/ and …/annotations/
    _Mark("ambient.istio.io/redirection", AMBIENT, ("enabled",)),
    _Mark("sidecar.istio.io/status", ISTIO),
    _Mark("security.istio.io/tlsMode", ISTIO, ("istio",)),
    # linkerd2: pkg/k8s/labels.go; the second is a label, which pods of the control plane have too
    _Mark("linkerd.io/proxy-version", LINKERD),
    _Mark("linkerd.io/control-plane-ns", LINKERD),
    # consul-k8s: control-plane/connect-inject/constants, once an annotation, now also a label
    _Mark("consul.hashicorp.com/connect-inject-status", CONSUL, ("injected",)),
    # kuma: pkg/plugins/runtime/k8s/metadata/annotations.go
    _Mark("kuma.io/sidecar-injected", KUMA, ("true",)),
    # osm: pkg/constants
    _Mark("osm-proxy-uuid", OSM),
)
"""What meshes write on the pods that they took in."""

_TAKEN_IN_KEYS = frozenset(mark.key for mark in _TAKEN_IN)

PLANES = {f"{mark.plane.name}/{mark.plane.mode}": mark.plane for mark in _TAKEN_IN}
"""By the text that `Pod.mesh` keeps."""

_INJECTION = _Mark("istio-injection", ISTIO, ("enabled",))

_ASKS = (
    _INJECTION,
    _Mark("sidecar.istio.io/inject", ISTIO, ("true",)),
    _Mark("istio.io/dataplane-mode", AMBIENT, ("ambient",)),
    _Mark("istio.io/rev", ISTIO),
    _Mark("linkerd.io/inject", LINKERD, ("enabled", "ingress")),
    _Mark("consul.hashicorp.com/connect-inject", CONSUL, ("true",)),
    _Mark("kuma.io/sidecar-injection", KUMA, ("enabled", "true")),
    _Mark("openservicemesh.io/sidecar-injection", OSM, ("enabled", "true", "yes")),
    _Mark("openservicemesh.io/monitored-by", OSM),
)
"""What people write on namespaces and pod templates to have pods taken in."""

_DECLINES = (
    _Mark("sidecar.istio.io/inject", ISTIO, ("false",)),
    _Mark("istio.io/dataplane-mode", AMBIENT, ("none",)),
    _Mark("linkerd.io/inject", LINKERD, ("disabled",)),
    _Mark("consul.hashicorp.com/connect-inject", CONSUL, ("false",)),
    _Mark("kuma.io/sidecar-injection", KUMA, ("disabled", "false")),
    _Mark("openservicemesh.io/sidecar-injection", OSM, ("disabled", "false", "no")),
)

_PROXIES = {
    "istio-proxy": ISTIO,
    "linkerd-proxy": LINKERD,
    "consul-dataplane": CONSUL,
    "kuma-sidecar": KUMA,
}
"""Containers that injection by hand leaves in a pod template."""

_WEBHOOKS: tuple[tuple[Name, re.Pattern[str]], ...] = (
    ("istio", re.compile(r"(.+\.)?sidecar-injector\.istio\.io")),
    ("linkerd", re.compile(r"linkerd-proxy-injector\.linkerd\.io")),
    ("consul", re.compile(r".+-connect-injector\.consul\.hashicorp\.com")),
    ("kuma", re.compile(r"(.+-)?kuma-injector\.kuma\.io")),
    ("osm", re.compile(r"osm-inject\.k8s\.io")),
)
"""Names of the webhooks that put proxies into pods."""

_PROGRAMS: Mapping[str, Name] = {
    "istio": "istio",
    "ztunnel": "istio",
    "linkerd": "linkerd",
    "consul-mesh": "consul",
    "kuma": "kuma",
    "osm": "osm",
}
"""The products that are a mesh's own programs."""

_BRAINS = re.compile(
    r"(mirrored-istio-|istio-)?pilot(-rhel\d+)?|istiod|controller|linkerd-controller|consul-k8s-.*"
    r"|kuma-cp|osm-controller"
)
"""Images of control planes: their tag is the version of the mesh."""

GROUPS = (
    "istio.io",
    "linkerd.io",
    "consul.hashicorp.com",
    "kuma.io",
    "openservicemesh.io",
    "appmesh.k8s.aws",
    "traefik.mesh.io",
)
"""How the names of the meshes' own resource definitions end."""

CILIUM_SWITCH = "mesh-auth-mutual-enabled"
"""Key of Cilium's ConfigMap that turns its mutual authentication on. Cilium without it is a network
plugin. https://docs.cilium.io/en/stable/network/servicemesh/mutual-authentication/"""

BATCH = ("Job", "CronJob")


class Mesh(Noun):
    """A mesh that is installed, in one of its modes."""

    name: Name
    mode: Mode
    version: str | None = None
    workloads: int = 0
    """Application workloads of the cluster that run all the time, in the mesh or not."""
    inside: tuple[str, ...] | None = ()
    """Those of them that are in it, "namespace/name"; None where that cannot be told."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def coverage_ratio(self) -> float | None:
        """The part of the application workloads that is in it; None where that cannot be told."""
        if self.inside is None or not self.workloads:
            return None
        return round(len(self.inside) / self.workloads, 4)


def meshes(objects: Objects) -> tuple[Mesh, ...]:
    """The meshes that are installed, by `NAMES`; one that is used in two modes is there twice."""
    proofs = {**_webhooks(objects), **_programs(objects), **_cilium(objects)}
    carried = _carried(objects)
    if not proofs and not carried:
        return ()
    inside = _inside(objects)
    counted = sum(1 for workload in objects.workloads if _counts(workload))
    found = []
    for name in NAMES:
        if name not in proofs and not any(plane.name == name for plane in carried):
            continue
        planes = sorted(plane for plane in inside if plane.name == name)
        for plane in planes or [_idle(objects, name)]:
            members = None if plane == CILIUM else tuple(sorted(inside.get(plane, ())))
            by = "members" if objects.pods else "asking"
            told = () if members is None else (_membership(name, by, len(members), counted),)
            evidence = (proofs[name], *told) if name in proofs else told
            found.append(
                Mesh(name, plane.mode, _version(objects, name), counted, members, evidence)
            )
    return tuple(found)


def taken_in(*marks: Mapping[str, str | None] | None) -> str | None:
    """The plane that a pod is in, as `Pod.mesh` keeps it, by its labels and annotations."""
    marked = [given for given in marks if given and not _TAKEN_IN_KEYS.isdisjoint(given)]
    for mark in _TAKEN_IN if marked else ():
        if any(_matches(mark, given) for given in marked):
            return f"{mark.plane.name}/{mark.plane.mode}"
    return None


def carries_proxy(workload: Workload) -> bool:
    """Whether its template holds a mesh's proxy: it was injected by hand."""
    return not _PROXIES.keys().isdisjoint([container.name for container in workload.containers])


def asked_for(marks: Mapping[str, str]) -> frozenset[Plane]:
    """The planes that labels and annotations ask for."""
    asked = {mark.plane for mark in _ASKS if _matches(mark, marks)}
    if AMBIENT in asked and not _matches(_INJECTION, marks):
        asked.discard(ISTIO)  # a revision then only says which control plane is meant
    return frozenset(asked)


def defines_mesh(definition: str) -> bool:
    """Whether a resource definition of this name is a mesh's own."""
    group = definition.partition(".")[2]
    return any(group == mesh or group.endswith(f".{mesh}") for mesh in GROUPS)


def _matches(mark: _Mark, given: Mapping[str, str | None]) -> bool:
    value = given.get(mark.key)
    return bool(value) if mark.values is None else value in mark.values


def _counts(workload: Workload) -> bool:
    return workload.role is None and workload.kind not in BATCH


def _inside(objects: Objects) -> dict[Plane, set[str]]:
    """The application workloads in each plane."""
    pods: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pod in objects.pods:
        if pod.workload is not None:
            pods[pod.namespace, pod.workload].add(pod.mesh or "")
    wishes = {n.name: asked_for({**n.annotations, **n.labels}) for n in objects.namespaces}
    inside: dict[Plane, set[str]] = defaultdict(set)
    for workload in objects.workloads:
        if not _counts(workload):
            continue
        seen = pods.get((workload.namespace, f"{workload.kind}/{workload.name}"))
        if seen is None:
            planes = _by_template(workload, wishes.get(workload.namespace, frozenset()))
        else:
            planes = {PLANES[mark] for mark in seen if mark in PLANES} or _by_hand(workload)
        for plane in planes:
            inside[plane].add(f"{workload.namespace}/{workload.name}")
    return inside


def _carried(objects: Objects) -> set[Plane]:
    """The planes whose proxies are there, not only asked for."""
    marked = {plane for pod in objects.pods if (plane := PLANES.get(pod.mesh or ""))}
    return marked | {
        plane for workload in objects.workloads if _counts(workload) for plane in _by_hand(workload)
    }


def _by_hand(workload: Workload) -> set[Plane]:
    """The planes whose proxies its template holds."""
    return {_PROXIES[c.name] for c in workload.containers if c.name in _PROXIES}


def _by_template(workload: Workload, of_namespace: Collection[Plane]) -> set[Plane]:
    if by_hand := _by_hand(workload):
        return by_hand
    marks = {**workload.annotations, **workload.labels}
    declined = {mark.plane for mark in _DECLINES if _matches(mark, marks)}
    return ({*of_namespace} - declined) | asked_for(marks)


def _idle(objects: Objects, name: Name) -> Plane:
    """The mode of a mesh that nothing is in."""
    if name == "cilium":
        return CILIUM
    tunnels = any(workload.product == "ztunnel" for workload in objects.workloads)
    return AMBIENT if name == "istio" and tunnels else Plane(name, "sidecar")


def _programs(objects: Objects) -> dict[Name, Evidence]:
    """For each mesh whose own programs run the first of them."""
    found: dict[Name, Evidence] = {}
    for workload in objects.workloads:
        name = _PROGRAMS.get(workload.product or "")
        if name is not None and name not in found:
            found[name] = Evidence(
                subject=called(workload.kind, workload.namespace, workload.name),
                fact=message("evidence.mesh-program", mesh=name),
                seen_in="objects",
                check=command(workload.kind, workload.namespace, workload.name),
            )
    return found


def _webhooks(objects: Objects) -> dict[Name, Evidence]:
    found: dict[Name, Evidence] = {}
    for outline in objects.outlines:
        if outline.kind != "MutatingWebhookConfiguration":
            continue
        for hook in outline.values("webhooks[].name"):
            for name, pattern in _WEBHOOKS:
                if pattern.fullmatch(str(hook)):
                    found[name] = Evidence(
                        subject=called(outline.kind, None, outline.name),
                        fact=message("evidence.mesh-webhook", mesh=name),
                        seen_in="objects",
                        check="kubectl get mutatingwebhookconfigurations",
                    )
    return found


def _cilium(objects: Objects) -> dict[Name, Evidence]:
    for config_map in objects.config_maps:
        if any(s.key == CILIUM_SWITCH and s.value is True for s in config_map.settings):
            return {
                "cilium": Evidence(
                    subject=called("ConfigMap", config_map.namespace, config_map.name),
                    fact=message("evidence.mesh-cilium", key=CILIUM_SWITCH),
                    seen_in="objects",
                    check=command("ConfigMap", config_map.namespace, config_map.name),
                )
            }
    return {}


def _membership(name: Name, by: str, members: int, counted: int) -> Evidence:
    """Who is in it; without any pod in sight, who asks to be."""
    return Evidence(
        subject="cluster",
        fact=message(f"evidence.mesh-{by}", mesh=name, members=members, count=counted),
        seen_in="objects",
        check="kubectl get pods --all-namespaces --show-labels",
    )


def _version(objects: Objects, name: Name) -> str | None:
    """The tag of the control plane's image; None where several versions run, or none is read."""
    tags = {
        tag
        for workload in objects.workloads
        if _PROGRAMS.get(workload.product or "") == name
        for container in workload.containers
        if (tag := _tag(container.image, name))
    }
    return tags.pop() if len(tags) == 1 else None


def _tag(image: str | None, name: Name) -> str | None:
    product = by_image(image)
    last = (image or "").partition("@")[0].rpartition("/")[2]
    repository, colon, tag = last.partition(":")
    known = product and _PROGRAMS.get(product.name) == name and _BRAINS.fullmatch(repository)
    return tag if known and colon and any(map(str.isdigit, tag)) else None

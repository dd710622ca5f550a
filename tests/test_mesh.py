from collections.abc import Mapping, Sequence

import msgspec
import pytest

from mesh_probe.inventory import Inventory
from mesh_probe.mesh import Mesh, asked_for, defines_mesh, meshes, taken_in
from mesh_probe.model import (
    ConfigMap,
    Container,
    Namespace,
    Objects,
    Pod,
    Setting,
    Workload,
)
from mesh_probe.products import recognised
from mesh_probe.pseudonyms import hide
from tests.builders import Thing, app, cluster, outline

ISTIOD = Workload(
    "Deployment",
    "istio-system",
    "istiod",
    containers=(Container("discovery", "istio/pilot:1.27.1"),),
)
ZTUNNEL = Workload(
    "DaemonSet",
    "istio-system",
    "ztunnel",
    containers=(Container("istio-proxy", "istio/ztunnel:1.27.1"),),
)
LINKERD = Workload(
    "Deployment",
    "linkerd",
    "linkerd-destination",
    containers=(Container("destination", "cr.l5d.io/linkerd/controller:edge-25.4.4"),),
)


def objects(*things: Thing, pods: Sequence[Pod] = ()) -> Objects:
    return msgspec.structs.replace(cluster(*things).objects, pods=tuple(pods))


def pod(workload: str, mesh: str | None, number: int = 0) -> Pod:
    return Pod("shop", f"{workload}-{number}", f"Deployment/{workload}", mesh=mesh)


def told(found: tuple[Mesh, ...]) -> list[tuple[str, str, str | None, float | None]]:
    return [(mesh.name, mesh.mode, mesh.version, mesh.coverage_ratio) for mesh in found]


def test_a_cluster_without_a_mesh_has_none() -> None:
    assert meshes(objects(*app("web"), pods=[pod("web", None)])) == ()


def test_a_workload_is_in_the_mesh_when_one_of_its_pods_was_taken_in() -> None:
    things = [*app("web"), *app("cart"), ISTIOD]
    pods = [pod("web", "istio/sidecar"), pod("web", None, 1), pod("cart", None)]

    (mesh,) = meshes(objects(*things, pods=pods))

    assert told((mesh,)) == [("istio", "sidecar", "1.27.1", 0.5)]
    assert mesh.inside == ("shop/web",)


def test_a_label_that_came_after_the_pods_takes_nothing_in() -> None:
    marked = Namespace("shop", labels={"istio-injection": "enabled"})

    found = meshes(objects(marked, *app("web"), ISTIOD, pods=[pod("web", None)]))

    assert told(found) == [("istio", "sidecar", "1.27.1", 0.0)]


def test_in_manifests_the_labels_say_who_is_in() -> None:
    marked = Namespace("shop", annotations={"linkerd.io/inject": "enabled"})
    aside = app("aside", annotations={"linkerd.io/inject": "disabled"})

    found = meshes(objects(marked, *app("web"), *aside, *app("a", "b"), *app("c", "d"), LINKERD))

    assert told(found) == [("linkerd", "sidecar", "edge-25.4.4", 0.25)]
    assert [piece.fact.id for piece in found[0].evidence] == [
        "evidence.mesh-program",
        "evidence.mesh-asking",
    ]


def test_a_wish_is_no_mesh() -> None:
    marked = Namespace("shop", labels={"istio-injection": "enabled"})
    definition = outline("CustomResourceDefinition", "gateways.networking.istio.io", namespace=None)

    assert meshes(objects(marked, definition, *app("web"))) == ()


def test_a_webhook_is_a_mesh_whose_control_plane_runs_elsewhere() -> None:
    hook = outline(
        "MutatingWebhookConfiguration",
        "istio-sidecar-injector",
        {"webhooks[0].name": "rev.namespace.sidecar-injector.istio.io"},
        namespace=None,
    )

    assert told(meshes(objects(hook, *app("web")))) == [("istio", "sidecar", None, 0.0)]


def test_proxies_that_were_put_in_by_hand_are_a_mesh() -> None:
    proxied = app("web", containers=(Container("main", "web:1"), Container("istio-proxy", "x:1")))

    assert told(meshes(objects(*proxied, *app("cart")))) == [("istio", "sidecar", None, 0.5)]


def test_a_proxy_in_the_template_is_in_whatever_its_pods_are_marked_with() -> None:
    proxied = app("web", containers=(Container("main", "web:1"), Container("linkerd-proxy", "x:1")))

    found = meshes(objects(*proxied, *app("cart"), LINKERD, pods=[pod("web", None)]))

    assert told(found) == [("linkerd", "sidecar", "edge-25.4.4", 0.5)]
    assert found[0].inside == ("shop/web",)


def test_a_control_plane_that_is_in_its_own_mesh_tells_its_version() -> None:
    meshed = msgspec.structs.replace(
        LINKERD,
        containers=(
            *LINKERD.containers,
            Container("policy", "cr.l5d.io/linkerd/policy-controller:edge-25.4.4"),
            Container("linkerd-proxy", "cr.l5d.io/linkerd/proxy:edge-25.4.4"),
        ),
    )

    assert told(meshes(objects(*app("web"), meshed))) == [("linkerd", "sidecar", "edge-25.4.4", 0)]


def test_a_mesh_in_two_modes_is_told_twice() -> None:
    things = [*app("web"), *app("cart"), ISTIOD, ZTUNNEL]
    pods = [pod("web", "istio/sidecar"), pod("cart", "istio/ambient")]

    assert told(meshes(objects(*things, pods=pods))) == [
        ("istio", "ambient", "1.27.1", 0.5),
        ("istio", "sidecar", "1.27.1", 0.5),
    ]


def test_an_ambient_mesh_that_nothing_is_in_is_ambient() -> None:
    assert told(meshes(objects(*app("web"), ISTIOD, ZTUNNEL))) == [
        ("istio", "ambient", "1.27.1", 0.0)
    ]


def test_two_versions_at_once_are_no_version() -> None:
    newer = msgspec.structs.replace(
        ISTIOD, name="istiod-next", containers=(Container("discovery", "istio/pilot:1.28.0"),)
    )

    assert told(meshes(objects(*app("web"), ISTIOD, newer))) == [("istio", "sidecar", None, 0.0)]


@pytest.mark.parametrize(("switch", "count"), [(True, 1), (False, 0)])
def test_cilium_is_a_mesh_where_it_authenticates(switch: bool, count: int) -> None:
    setting = Setting("mesh-auth-mutual-enabled", switch, "mesh-auth-mutual-enabled", "auth")
    config = ConfigMap("kube-system", "cilium-config", settings=(setting,))

    found = meshes(objects(*app("web"), config))

    assert told(found) == [("cilium", "node", None, None)] * count


def test_cilium_switch_is_a_setting_that_is_kept() -> None:
    inventory = Inventory()
    inventory.add(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "cilium-config", "namespace": "kube-system"},
            "data": {"mesh-auth-mutual-enabled": "true"},
        },
        "cilium.yaml",
    )

    assert told(meshes(inventory.objects())) == [("cilium", "node", None, None)]


def test_a_mesh_is_seen_though_its_names_are_hidden() -> None:
    setting = Setting("mesh-auth-mutual-enabled", True, "mesh-auth-mutual-enabled", "auth")
    config = ConfigMap("kube-system", "cilium-config", settings=(setting,))
    pods = [pod("web", "istio/sidecar"), pod("cart", None)]
    seen = cluster(*app("web"), *app("cart"), ISTIOD, config)
    objects = msgspec.structs.replace(seen.objects, pods=tuple(pods))

    hidden = hide(msgspec.structs.replace(seen, objects=objects), b"0" * 32)

    assert told(meshes(hidden.objects)) == [
        ("istio", "sidecar", None, 0.5),
        ("cilium", "node", None, None),
    ]


def test_a_consul_server_alone_is_no_mesh() -> None:
    server = Workload(
        "StatefulSet", "shop", "consul", containers=(Container("consul", "hashicorp/consul:1.20"),)
    )

    assert meshes(objects(recognised(server), *app("web"))) == ()


@pytest.mark.parametrize(
    ("image", "name", "version"),
    [
        ("docker.io/istio/pilot:1.27.1-distroless", "istio", "1.27.1-distroless"),
        ("registry.istio.io/release/pilot:1.30.2", "istio", "1.30.2"),
        ("registry.redhat.io/openshift-service-mesh/istio-pilot-rhel9@sha256:01", "istio", None),
        ("cr.l5d.io/linkerd/controller:edge-25.4.4", "linkerd", "edge-25.4.4"),
        ("ghcr.io/buoyantio/controller:enterprise-2.18.0", "linkerd", "enterprise-2.18.0"),
        ("hashicorp/consul-k8s-control-plane:1.9.0", "consul", "1.9.0"),
        ("docker.io/kumahq/kuma-cp:2.11.0", "kuma", "2.11.0"),
        ("openservicemesh/osm-controller:v1.2.5", "osm", "v1.2.5"),
    ],
)
def test_control_planes_are_known_by_the_images_their_projects_publish(
    image: str, name: str, version: str | None
) -> None:
    plane = Workload("Deployment", "mesh", "control", containers=(Container("main", image),))

    assert told(meshes(objects(*app("web"), plane))) == [(name, "sidecar", version, 0.0)]


def test_batch_and_datastores_are_not_counted() -> None:
    job = Workload("CronJob", "shop", "nightly", containers=(Container("main", "team/nightly:1"),))
    database = app("db", containers=(Container("main", "postgres:16"),))

    (mesh,) = meshes(
        objects(*app("web"), *database, job, ISTIOD, pods=[pod("web", "istio/sidecar")])
    )

    assert (mesh.workloads, mesh.coverage_ratio) == (1, 1.0)


@pytest.mark.parametrize(
    ("marks", "plane"),
    [
        ({"sidecar.istio.io/status": "{}"}, "istio/sidecar"),
        ({"security.istio.io/tlsMode": "istio"}, "istio/sidecar"),
        ({"ambient.istio.io/redirection": "enabled"}, "istio/ambient"),
        ({"linkerd.io/proxy-version": "edge-25.4.4"}, "linkerd/sidecar"),
        ({"linkerd.io/control-plane-ns": "linkerd"}, "linkerd/sidecar"),
        ({"consul.hashicorp.com/connect-inject-status": "injected"}, "consul/sidecar"),
        ({"kuma.io/sidecar-injected": "true"}, "kuma/sidecar"),
        ({"osm-proxy-uuid": "0"}, "osm/sidecar"),
        ({"linkerd.io/inject": "enabled", "istio.io/rev": "x"}, None),
        ({}, None),
    ],
)
def test_the_marks_that_meshes_set(marks: Mapping[str, str], plane: str | None) -> None:
    assert taken_in(None, marks) == plane


def test_a_revision_beside_ambient_asks_for_no_sidecar() -> None:
    asked = asked_for({"istio.io/rev": "stable", "istio.io/dataplane-mode": "ambient"})

    assert [(plane.name, plane.mode) for plane in asked] == [("istio", "ambient")]


def test_definitions_of_meshes_are_known_by_their_groups() -> None:
    assert defines_mesh("gateways.networking.istio.io")
    assert not defines_mesh("gateways.gateway.networking.k8s.io")

"""Namespaces, nodes, Services and EndpointSlices."""

from mesh_probe.inventory import Inventory
from mesh_probe.model import Endpoint, EndpointSlice, KubeNode, Namespace, Service, ServicePort
from tests.inventory.raw_objects import Raw, filled, meta, service


def test_a_namespace_keeps_what_is_published() -> None:
    raw = {
        "metadata": meta(
            "shop",
            None,
            labels={"istio-injection": "enabled", "cost": "x"},
            annotations={"linkerd.io/inject": "enabled", "note": "hunter2", "team": "web"},
        )
    }

    assert filled({"Namespace": [raw]}).objects().namespaces == (
        Namespace(
            "shop",
            {"istio-injection": "enabled"},
            {"linkerd.io/inject": "enabled", "team": "web"},
        ),
    )


def test_a_node_keeps_what_it_can_hold() -> None:
    raw = {
        "metadata": meta("n1", None, labels={"topology.kubernetes.io/zone": "a", "x": "y"}),
        "status": {
            "allocatable": {"cpu": "3920m", "memory": "12Gi", "pods": "110"},
            "nodeInfo": {"kubeletVersion": "v1.33.1"},
        },
    }

    assert filled({"Node": [raw, {"metadata": meta("n2", None)}]}).objects().nodes == (
        KubeNode("n1", "v1.33.1", 3.92, 12 * 2**30, {"topology.kubernetes.io/zone": "a"}),
        KubeNode("n2"),
    )


def test_a_service_has_the_defaults_of_the_api() -> None:
    raw: Raw = {"metadata": meta("a"), "spec": {"clusterIP": "None", "ports": [{"port": 80}]}}
    full = service("b", type="NodePort", clusterIP="10.0.0.1", clusterIPs=["10.0.0.1", "fd00::1"])
    full["spec"]["ports"][0] |= {"nodePort": 30080, "appProtocol": "grpc"}

    assert filled({"Service": [full, raw]}).objects().services == (
        Service("shop", "a", cluster_ips=("None",), ports=(ServicePort(80, target=80),)),
        Service(
            "shop",
            "b",
            "NodePort",
            {"app": "b"},
            ("10.0.0.1", "fd00::1"),
            ports=(ServicePort(80, "http", 8080, "TCP", "grpc", 30080),),
        ),
    )


def test_an_external_name_is_kept() -> None:
    raw = {"metadata": meta("mail"), "spec": {"type": "ExternalName", "externalName": "smtp.x.org"}}

    (found,) = filled({"Service": [raw]}).objects().services

    assert found == Service("shop", "mail", "ExternalName", external_name="smtp.x.org")


def test_a_slice_says_which_pods_are_behind_a_service() -> None:
    raw = {
        "metadata": meta("cart-x", labels={"kubernetes.io/service-name": "cart"}),
        "endpoints": [
            {
                "addresses": ["10.1.0.1", "10.1.0.2"],
                "conditions": {"ready": True},
                "targetRef": {"kind": "Pod", "name": "cart-1"},
            },
            {"addresses": ["192.168.0.1"], "conditions": {}},
            {"addresses": None},
        ],
    }

    assert filled({"EndpointSlice": [raw]}).objects().endpoint_slices == (
        EndpointSlice(
            "shop",
            "cart-x",
            "cart",
            (
                Endpoint("10.1.0.1", ready=True, pod="cart-1"),
                Endpoint("10.1.0.2", ready=True, pod="cart-1"),
                Endpoint("192.168.0.1"),
            ),
        ),
    )


def test_services_of_namespaces_left_out_are_still_known() -> None:
    """Else a name of one of them would be dropped as if it named nothing."""
    raw = {
        "metadata": meta("m"),
        "data": {"CART_HOST": "cart.ops"},
    }
    pages = {"Service": [service("cart", "ops")], "ConfigMap": [raw]}

    objects = filled(pages, namespaces=frozenset({"shop"})).objects()

    assert objects.services == ()
    assert [r.host for r in objects.config_maps[0].references] == ["cart.ops"]


def test_an_empty_inventory_holds_nothing() -> None:
    assert Inventory().objects().services == ()
    assert Inventory().gaps == ()

from msgspec import structs

from mesh_probe.graph.places import Place, Places
from mesh_probe.model import KindRead, Objects, Peer, Pod, Service, Workload
from tests.graph.shop import cluster, service, workload


def alias(name: str, target: str) -> Service:
    return Service("edge", name, type="ExternalName", external_name=target)


def test_an_alias_leads_where_its_target_does() -> None:
    places = Places(
        cluster(
            workload("web"),
            service("web"),
            alias("once", "web.shop.svc.cluster.local"),
            alias("twice", "once.edge.svc.cluster.local"),
            alias("away", "api.stripe.example"),
            alias("round", "round.edge.svc.cluster.local"),
        )
    )
    web = Place(("shop/web",), "shop/web", named_by="service")

    assert places.of_service("edge", "once") == web
    assert places.of_service("edge", "twice") == web
    assert places.of_service("edge", "away") == Place(
        outside="api.stripe.example", named_by="service"
    )
    assert places.of_service("edge", "round") is None


def test_the_name_of_a_pod_leads_to_its_own_workload() -> None:
    shards = [
        Workload("StatefulSet", "shop", name, labels={"app": "shards"}) for name in ("red", "blue")
    ]
    objects = cluster(*shards, service("shards"))
    places = Places(structs.replace(objects, pods=(Pod("shop", "red-0", "StatefulSet/red"),)))

    assert places.of_host("red-0.shards", 80, "shop") == (
        Place(("shop/red",), "shop/shards", named_by="address"),
        None,
    )
    assert places.of_host("shards", 80, "shop") == (
        Place(("shop/blue", "shop/red"), "shop/shards", named_by="service"),
        None,
    )


WEB = Place(("shop/web",), named_by="workload")


def all_read(objects: Objects) -> Objects:
    return structs.replace(objects, kinds=(*objects.kinds, KindRead("Namespace", "", "read")))


def test_a_workload_without_a_namespace_is_the_only_one_of_its_name() -> None:
    twin = Workload("Deployment", "blog", "web")
    peer = Peer(workload="web", name="frontend")

    assert Places(cluster(workload("web"))).of_peer(peer, Peer()) == (WEB,)
    assert Places(cluster(workload("web"), twin)).of_peer(peer, Peer()) == (
        Place(("blog/web",), named_by="workload"),
        WEB,
    )


def test_a_namespace_that_the_cluster_has_not_is_a_name_that_programs_gave() -> None:
    peer = Peer(workload="web", namespace="ecommerce", name="web")
    objects = cluster(workload("web"))

    assert Places(all_read(objects)).of_peer(peer, Peer()) == (WEB,)
    assert Places(objects).of_peer(peer, Peer()) == (
        Place(("ecommerce/web",), named_by="workload"),
    )

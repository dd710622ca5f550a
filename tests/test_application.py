from mesh_probe.application import applications
from mesh_probe.graph.build import build
from mesh_probe.model import ObservedCall, Peer, SourceRead, Telemetry
from tests.builders import app, cluster, setting


def test_workloads_that_one_node_stands_for_are_applications_each() -> None:
    flag = (setting("flag", "FEATURE_CART", True),)
    twins = [
        *app("web-v1", service="web", labels={"version": "v1"}, settings=flag),
        app("web-v2", service="web", labels={"version": "v2"})[0],
    ]
    call = ObservedCall("service-graph", Peer(name="cart"), Peer(name="web"), rate_rps=1.0)
    seen = Telemetry(("http://prometheus:9090",), (SourceRead("service-graph", "read"),), (call,))
    snapshot = cluster(*twins, *app("cart"), telemetry=seen)
    graph = build(snapshot)

    found = {one.workload.name: one.node.id for one in applications(snapshot, graph)}

    assert found == {
        "web-v1": "service:shop/web",
        "web-v2": "service:shop/web",
        "cart": "shop/cart",
    }

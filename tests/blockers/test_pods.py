import pytest

from mesh_probe.model import Pod
from tests.blockers.found import cluster, container, hits, pod_spec, said
from tests.scenarios.world import app, stateful, workload

WEB = "registry.example.com/shop/web:1"


def test_a_pod_on_the_machines_network_stays_out_with_all_its_calls() -> None:
    seen = cluster(
        pod_spec(workload("shop", "web", env={"CART_URL": "http://cart"}), hostNetwork=True),
        *app("shop", "cart"),
    )

    (hit,) = hits("host-network", seen)

    assert (hit.subject, hit.nodes) == ("Deployment shop/web", ("shop/web",))
    assert hit.said == {"clients": None}
    assert hit.check == "kubectl -n shop get deployment web -o yaml"


def test_who_calls_a_pod_on_the_machines_network_is_told() -> None:
    cart, front = app("shop", "cart")
    seen = cluster(
        *app("shop", "web", env={"CART_URL": "http://cart"}),
        pod_spec(cart, hostNetwork=True),
        front,
    )

    assert said("host-network", seen) == {"Deployment shop/cart": {"clients": "shop/web"}}


def test_the_clusters_own_pods_on_that_network_are_no_news() -> None:
    agent = workload("kube-system", "agent", kind="DaemonSet", image=WEB)
    exporter = workload("shop", "node", kind="DaemonSet", image="prom/node-exporter:v1.9.0")

    assert said("host-network", cluster(pod_spec(agent, hostNetwork=True))) == {}
    assert said("host-network", cluster(pod_spec(exporter, hostNetwork=True))) == {}


@pytest.mark.parametrize(
    ("check_id", "user"), [("istio-user-taken", 1337), ("linkerd-user-taken", 2102)]
)
def test_the_proxys_user_is_taken_by_a_pods_or_a_containers_setting(
    check_id: str, user: int
) -> None:
    seen = cluster(
        pod_spec(workload("shop", "web", kind="StatefulSet"), securityContext={"runAsUser": user}),
        container(workload("shop", "cart"), securityContext={"runAsUser": user}),
        pod_spec(workload("shop", "tidy", kind="CronJob"), securityContext={"runAsUser": user}),
    )

    assert said(check_id, seen) == {
        "CronJob shop/tidy": {"containers": "tidy"},
        "Deployment shop/cart": {"containers": "cart"},
        "StatefulSet shop/web": {"containers": "web"},
    }


def test_a_containers_own_user_goes_before_its_pods() -> None:
    doc = container(workload("shop", "web"), securityContext={"runAsUser": 1000})
    seen = cluster(pod_spec(doc, securityContext={"runAsUser": 1337}))

    assert said("istio-user-taken", seen) == {}


def test_an_init_container_may_run_as_the_proxy() -> None:
    """It is the documented way to the network before the proxy is there."""
    wait = {"name": "wait", "image": WEB, "securityContext": {"runAsUser": 1337}}
    seen = cluster(pod_spec(workload("shop", "web"), initContainers=[wait]))

    assert said("istio-user-taken", seen) == {}


def test_other_users_are_their_own_business() -> None:
    seen = cluster(pod_spec(workload("shop", "web"), securityContext={"runAsUser": 0}))

    assert said("istio-user-taken", seen) == {}
    assert said("linkerd-user-taken", seen) == {}


def test_what_is_in_a_mesh_has_passed() -> None:
    doc = pod_spec(workload("shop", "web"), securityContext={"runAsUser": 2102})
    inside = Pod("shop", "web-1", "Deployment/web", mesh="istio/sidecar")
    outside = Pod("shop", "web-2", "Deployment/web")

    assert said("linkerd-user-taken", cluster(doc, pods=[inside])) == {}
    assert list(said("linkerd-user-taken", cluster(doc, pods=[inside, outside]))) == [
        "Deployment shop/web"
    ]


def test_a_proxy_in_the_template_is_a_mesh_too() -> None:
    proxy = {"istio-proxy": "docker.io/istio/proxyv2:1.31.0"}
    doc = pod_spec(workload("shop", "web", sidecars=proxy), securityContext={"runAsUser": 1337})

    assert said("istio-user-taken", cluster(doc)) == {}


def test_databases_are_looked_at_like_their_clients() -> None:
    database, front = stateful("shop", "db", "postgres:17", 5432)

    seen = cluster(pod_spec(database, hostNetwork=True), front)

    assert list(said("host-network", seen)) == ["StatefulSet shop/db"]

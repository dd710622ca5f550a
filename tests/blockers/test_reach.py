from mesh_probe.model import ObservedCall, Peer, Pod
from tests.blockers.found import cluster, hits, said
from tests.scenarios.world import app, ingress_nginx, istio, service, stateful, workload

LABELS = {"app.kubernetes.io/name": "web", "app.kubernetes.io/version": "1.4.2"}


def test_clients_of_a_headless_service_choose_pods_themselves() -> None:
    seen = cluster(
        *app("shop", "web", env={"CART_URL": "http://cart"}),
        workload("shop", "cart"),
        service("shop", "cart", headless=True),
    )

    assert said("headless-service", seen) == {"Service shop/cart": {"clients": "shop/web"}}


def test_a_headless_service_beside_one_with_an_address_is_for_the_pods_own_names() -> None:
    seen = cluster(
        *app("shop", "web", env={"CART_URL": "http://cart"}),
        *app("shop", "cart"),
        service("shop", "cart-pods", app="cart", headless=True),
    )

    assert said("headless-service", seen) == {}


def test_nobody_shifts_the_calls_of_a_database() -> None:
    database, _ = stateful("shop", "db", "docker.io/library/postgres:17", 5432)
    seen = cluster(
        *app("shop", "web", env={"DB_URL": "postgres://db:5432/shop"}),
        database,
        service("shop", "db", port=5432, headless=True),
    )

    assert said("headless-service", seen) == {}


def test_pods_that_are_called_by_address_have_no_name_in_a_mesh() -> None:
    by_address = ObservedCall(
        "service-graph",
        Peer(workload="web", namespace="shop"),
        Peer(workload="agent", namespace="shop"),
        rate_rps=1.0,
    )
    seen = cluster(*app("shop", "web"), workload("shop", "agent"), calls=[by_address])

    assert said("no-service", seen) == {
        "Deployment shop/agent": {"ports": "8080", "clients": "shop/web"}
    }


def test_a_worker_that_only_calls_others_needs_no_service() -> None:
    seen = cluster(*app("shop", "web"), workload("shop", "mailer", env={"WEB_URL": "http://web"}))

    assert said("no-service", seen) == {}


def test_an_ingress_controller_outside_calls_in_the_clear() -> None:
    seen = cluster(*ingress_nginx(), *app("shop", "web"))

    assert said("gateway-outside", seen) == {
        "Deployment ingress-nginx/ingress-nginx-controller": {}
    }


def test_gateways_of_a_mesh_and_controllers_inside_are_no_news() -> None:
    controller = Pod(
        "ingress-nginx", "n-1", "Deployment/ingress-nginx-controller", mesh="linkerd/sidecar"
    )

    assert said("gateway-outside", cluster(*istio(), *app("shop", "web"))) == {}
    assert said("gateway-outside", cluster(*ingress_nginx())) == {}
    inside = cluster(*ingress_nginx(), *app("shop", "web"), pods=[controller])
    assert said("gateway-outside", inside) == {}


def test_missing_labels_are_told_once_with_their_share() -> None:
    seen = cluster(
        *app("shop", "web", pod_labels=LABELS),
        *app("shop", "cart", pod_labels={"version": "v1"}),
        *app("shop", "mail", pod_labels={}),
        *app("shop", "pay", pod_labels={"app.kubernetes.io/name": "pay"}),
    )

    (hit,) = hits("labels-untold", seen)

    assert hit.subject == "cluster"
    assert hit.said == {
        "share": 0.5,
        "count": 2,
        "examples": "Deployment shop/mail, Deployment shop/pay",
    }


def test_one_in_many_is_not_worth_a_word_and_jobs_are_none() -> None:
    labelled = [doc for n in range(11) for doc in app("shop", f"app-{n}", pod_labels=LABELS)]
    bare = app("shop", "bare")
    nightly = workload("shop", "nightly", kind="CronJob", port=None)

    assert said("labels-untold", cluster(*labelled, *bare)) == {}
    assert said("labels-untold", cluster(nightly)) == {}

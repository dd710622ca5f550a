from mesh_probe.model import ObservedCall, Peer
from tests.blockers.found import cluster, container, hits, said
from tests.scenarios.world import app, service, stateful, workload

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


def test_members_of_a_cluster_meet_on_ports_that_no_service_names() -> None:
    broker, front = stateful("shop", "rabbit", "docker.io/library/rabbitmq:4", 5672, replicas=3)
    ports = [{"containerPort": 5672}, {"containerPort": 25672, "name": "dist"}]
    ports += [{"containerPort": 9419, "name": "metrics"}]
    front["spec"]["ports"] = [{"port": 5672}]

    seen = cluster(container(broker, ports=ports), front)

    assert said("peer-port-without-service", seen) == {
        "StatefulSet shop/rabbit": {"ports": "25672"}
    }


def test_a_single_member_and_offered_ports_meet_nobody_unseen() -> None:
    ports = [{"containerPort": 5672, "name": "amqp"}, {"containerPort": 25672, "name": "dist"}]
    offered = [{"port": 5672, "targetPort": "amqp"}, {"port": 4000, "targetPort": "dist"}]
    one, one_front = stateful("shop", "one", "docker.io/library/rabbitmq:4", 5672)
    all_, all_front = stateful("shop", "all", "docker.io/library/rabbitmq:4", 5672, replicas=3)
    all_front["spec"]["ports"] = offered

    seen = cluster(container(one, ports=ports), one_front, container(all_, ports=ports), all_front)

    assert said("peer-port-without-service", seen) == {}


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

"""Databases in images of a team's own are told by name and port together, by none of them alone."""

from typing import Any

import pytest

from mesh_probe.inventory.purposes import Purposes, of_service
from mesh_probe.model import Container, ContainerPort, Service, ServicePort, Workload


def workload(
    name: str, *ports: ContainerPort, image: str = "registry.example/team/x:1", **more: Any
) -> Workload:
    labels = {"app": name, **more.pop("labels", {})}
    containers = (Container("main", image, ports=ports),)
    return Workload("Deployment", "shop", name, labels, containers=containers, **more)


def told(found: Workload, *services: Service) -> tuple[str | None, str | None]:
    known = Purposes(services).recognised(found)
    return known.product, known.role


def front(name: str, *ports: ServicePort, namespace: str = "shop") -> Service:
    return Service(namespace, name, selector={"app": name}, ports=ports)


@pytest.mark.parametrize(
    ("name", "port", "product", "role"),
    [
        ("catalogue-db", 3306, "mysql", "datastore"),
        ("catalogue-db", 5432, "postgres", "datastore"),
        ("user-db", 27017, "mongodb", "datastore"),
        ("catalogdb", 1433, "sqlserver", "datastore"),
        ("mysqldb-v1", 3306, "mysql", "datastore"),
        ("orders-postgresql-0", 5432, "postgres", "datastore"),
        ("redis-replica", 6379, "redis", "datastore"),
        ("session-cache", 6379, "redis", "datastore"),
        ("pages-cache", 11211, "memcached", "datastore"),
        ("kafka", 9092, "kafka", "broker"),
        ("shop-rabbitmq", 5672, "rabbitmq", "broker"),
        ("order-queue", 5672, "rabbitmq", "broker"),
        ("opamp-server", 4320, "opentelemetry", "infrastructure"),
    ],
)
def test_a_name_and_a_port_together_tell_a_product(
    name: str, port: int, product: str, role: str
) -> None:
    assert told(workload(name, ContainerPort(port))) == (product, role)


@pytest.mark.parametrize(
    ("name", "port"),
    [
        *(("ratings-v2-mysql", 9080), ("orders-db", 8080), ("kafka", 8080), ("price-cache", 8080)),
        *(("catalogue", 3306), ("orders", 5432), ("kafka-consumer", 9092), ("redis-proxy", 6379)),
        *(("mysql-api", 3306), ("orders-kafka", 5672), ("user-mongo", 3306), ("order-queue", 9092)),
        *(("dashboard", 5432), ("adbc", 5432), ("opamp-shop", 4320), ("natsumi", 4222)),
    ],
)
def test_one_mark_alone_leaves_an_application(name: str, port: int) -> None:
    assert told(workload(name, ContainerPort(port))) == (None, None)


def test_a_port_that_says_it_speaks_something_else_is_no_mark() -> None:
    assert told(workload("orders-db", ContainerPort(5432, "http"))) == (None, None)
    assert told(workload("orders-kafka", ContainerPort(9092, "metrics-jmx"))) == (None, None)
    assert told(workload("orders-db", ContainerPort(5432, "tcp")))[0] == "postgres"


def test_a_port_is_known_by_its_name_too() -> None:
    assert told(workload("user-db", ContainerPort(9000, "mongo"))) == ("mongodb", "datastore")
    assert told(workload("user-db", ContainerPort(9000, "tcp-mysql"))) == ("mysql", "datastore")
    assert told(workload("user-db", ContainerPort(9000, "mysqueeze"))) == (None, None)


def test_the_port_may_stand_in_a_service_in_front() -> None:
    db = workload("user-db")

    assert told(db) == (None, None)
    assert told(db, front("user-db", ServicePort(3306))) == ("mysql", "datastore")
    assert told(db, front("user-db", ServicePort(80, target=5432)))[0] == "postgres"
    assert told(db, front("user-db", ServicePort(80, target="mongodb")))[0] == "mongodb"
    assert told(db, front("user-db", ServicePort(3306, "http"))) == (None, None)
    assert told(db, front("other", ServicePort(3306))) == (None, None)
    assert told(db, front("user-db", ServicePort(3306), namespace="bank")) == (None, None)
    assert told(db, Service("shop", "all", ports=(ServicePort(3306),))) == (None, None)


def test_a_service_alone_shows_what_its_workloads_would() -> None:
    assert of_service("orders-db", [ServicePort(80, target=5432)]) == "postgres"
    assert of_service("orders", [ServicePort(5432)]) is None
    assert of_service("orders-db", [ServicePort(80)]) is None


def test_a_label_may_name_the_product() -> None:
    labels = {"app.kubernetes.io/name": "postgresql"}

    assert told(workload("orders", ContainerPort(5432), labels=labels))[0] == "postgres"
    assert told(workload("orders", ContainerPort(8080), labels=labels)) == (None, None)


def test_a_published_image_and_a_fitting_are_what_they_are() -> None:
    collector = workload("otel-db", ContainerPort(3306), image="otel/opentelemetry-collector:1")
    fitting = workload("some-db", ContainerPort(3306))

    assert told(collector) == ("opentelemetry", "infrastructure")
    assert told(Workload("Pod", "kube-system", "some-db", containers=fitting.containers)) == (
        None,
        "infrastructure",
    )


def test_the_port_of_a_sidecar_is_no_mark() -> None:
    proxy = Container(
        "p", "gcr.io/cloud-sql-connectors/cloud-sql-proxy:2", ports=(ContainerPort(5432),)
    )
    own = Container("main", "registry.example/team/x:1", ports=(ContainerPort(8080),))

    assert told(Workload("Deployment", "shop", "orders-db", containers=(own, proxy))) == (
        None,
        None,
    )

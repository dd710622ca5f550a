"""What a workload runs is recognised once, while it is read, and stored."""

import pytest

from mesh_probe.model import Container, Workload
from mesh_probe.products import recognised

APP = Container("main", "registry.example/team/cart:1")


def facts(*containers: Container, namespace: str = "shop") -> tuple[str | None, str | None]:
    found = recognised(Workload("Deployment", namespace, "it", containers=containers))
    return found.product, found.role


@pytest.mark.parametrize(
    ("image", "product", "role"),
    [
        ("docker.io/library/postgres:16-alpine", "postgres", "datastore"),
        ("redis@sha256:0123", "redis", "datastore"),
        ("rabbitmq:3-management", "rabbitmq", "broker"),
        ("otel/opentelemetry-collector-contrib:0.100.0", "opentelemetry", "infrastructure"),
        ("quay.io/prometheuscommunity/postgres-exporter", "exporter", "infrastructure"),
        ("registry.example/team/postgres-client:1", None, None),
    ],
)
def test_an_image_tells_product_and_role(image: str, product: str | None, role: str | None) -> None:
    assert facts(Container("main", image)) == (product, role)


def test_an_exporter_beside_a_database_leaves_the_database() -> None:
    exporter = Container("metrics", "prom/mysqld-exporter:v0.15")

    assert facts(exporter, Container("db", "mysql:8")) == ("mysql", "datastore")
    assert facts(exporter, APP) == (None, None)


def test_an_init_container_is_not_what_a_workload_runs() -> None:
    assert facts(Container("wait", "postgres:16", init=True), APP) == (None, None)


def test_whatever_runs_where_fittings_are_installed_is_one() -> None:
    assert facts(APP, namespace="kube-system") == (None, "infrastructure")
    assert facts(Container("db", "postgres"), namespace="monitoring") == (
        "postgres",
        "infrastructure",
    )

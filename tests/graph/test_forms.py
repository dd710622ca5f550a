"""Every way in which a manifest leads from a caller to a Service, from raw objects to the edge.

One caller `a`, one Service `b` on port 80 named http, in namespace `d`; and what looks like such a
way and is none.
"""

from typing import Any

import pytest
from msgspec.structs import replace

from mesh_probe.graph.build import build
from mesh_probe.inventory import Inventory
from mesh_probe.model import KindRead
from mesh_probe.snapshot import Snapshot
from tests.graph.shop import NOW

Raw = dict[str, Any]


def deployment(name: str, namespace: str = "d", kind: str = "Deployment", **pod: Any) -> Raw:
    container = {"name": "main", "image": f"registry.example/{name}:1"}
    spec = {"containers": [container | pod.pop("container", {})], **pod}
    template = {"metadata": {"labels": {"app": name}}, "spec": spec}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template, "serviceName": name},
    }


def service(name: str, namespace: str = "d", **spec: Any) -> Raw:
    given = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}], **spec}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": namespace},
        "spec": given,
    }


def config_map(name: str, **data: str) -> Raw:
    meta = {"name": name, "namespace": "d"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


def edges(*documents: Raw) -> set[tuple[str, str]]:
    """The pairs that count as calls."""
    inventory = Inventory()
    order = ("Service", "ConfigMap")
    for document in sorted(
        documents, key=lambda d: (d["kind"] not in order, d["kind"] != "Service")
    ):
        assert inventory.add(document, "here")
    objects = replace(inventory.objects(), kinds=(KindRead("Service", "", "read"),))
    graph = build(Snapshot(taken_at=NOW, tool_version="1", objects=objects))
    return {pair for pair, edge in graph.edges.items() if edge.declared}


B = (deployment("b"), service("b"))
CALLED = {("d/a", "d/b")}


def variable(value: str, name: str = "B_ADDR") -> Raw:
    return {"container": {"env": [{"name": name, "value": value}]}}


@pytest.mark.parametrize(
    "value",
    [
        "b",
        "b:80",
        "b:http",
        "http://b",
        "http://b:80/x?y=z",
        "http://u:p@b:80",
        "http://b.d:80",
        "http://b.d.svc:80",
        "b.d.svc.cluster.local",
        "b.d.svc.cluster.local.:80",
        "http://b.d.svc.cluster.local.",
        "http://b.d.svc.corp.example:80",
        "u:p@tcp(b:80)/db",
        "b:80,zzz:90",
        "zzz:90,b:80",
        "zzz:90;b:80",
        "zzz:90 b:80",
        '{"url": "http://b:80"}',
        "dns:///b:80",
        "xds:///b:80",
        "b-0.b.d.svc.cluster.local:80",
        "b-0.b.d.svc",
        "_http._tcp.b.d.svc.cluster.local",
        "jdbc:postgresql://b:80/db",
        "amqp://u:p@b:80/x",
        "redis://:p@b:80/0",
        "mongodb://u:p@zzz:1,b:80/x?replicaSet=r",
        "nats://b:80",
        "kafka://b:80",
        "Server=b,80;Database=x;User Id=u;Password=p",
        "Host=b;Port=80;Username=u",
        "mysql:host=b;port=80;dbname=x",
        "postgresql://u:p@b:80/x?sslmode=require",
        "--flag=b:80",
        "10.0.0.80:80",
        "alias",
        "alias:80",
    ],
)
def test_every_form_of_an_address_leads_to_its_service(value: str) -> None:
    alias = service("alias", type="ExternalName", externalName="b.d.svc.cluster.local", ports=None)
    named = service("b", clusterIP="10.0.0.80", clusterIPs=["10.0.0.80"])

    assert edges(deployment("a", **variable(value)), B[0], named, alias) == CALLED


@pytest.mark.parametrize(
    "pod",
    [
        {"container": {"args": ["--b-url=http://b:80"]}},
        {"container": {"args": ["--b-host", "b", "--b-port", "80"]}},
        {"container": {"command": ["sh", "-c", "until nc -z b 80; do sleep 1; done"]}},
        {
            "container": {
                "env": [{"name": "B_HOST", "value": "b"}, {"name": "B_PORT", "value": "80"}]
            }
        },
        {
            "container": {
                "env": [{"name": "H", "value": "b"}, {"name": "B_URL", "value": "http://$(H):80"}]
            }
        },
        {"container": {"args": ["--b=http://$(B_SERVICE_HOST):$(B_SERVICE_PORT)"]}},
        {"container": {"args": ["sh", "-c", "exec x --b=${B_SERVICE_HOST}:80"]}},
        {
            "container": {
                "env": [
                    {
                        "name": "B_URL",
                        "valueFrom": {"configMapKeyRef": {"name": "m", "key": "B_URL"}},
                    }
                ]
            }
        },
        {"container": {"envFrom": [{"configMapRef": {"name": "m"}}]}},
        {"volumes": [{"name": "v", "configMap": {"name": "m"}}]},
        {
            "container": {"volumeMounts": [{"name": "v", "mountPath": "/b", "subPath": "b.yml"}]},
            "volumes": [{"name": "v", "configMap": {"name": "m"}}],
        },
        {"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "m"}}]}}]},
        {"container": {"env": [{"name": "SPRING_APPLICATION_NAME", "value": "m"}]}},
        {"initContainers": [{"name": "wait", "args": ["wait-for", "b:80"]}]},
    ],
)
def test_wherever_an_address_stands_it_leads_to_its_service(pod: Raw) -> None:
    data = {"B_URL": "http://b:80", "b.yml": "b:\n  url: http://b:80\n"}

    assert edges(deployment("a", **pod), config_map("m", **data), *B) == CALLED


def test_a_service_without_a_selector_leads_to_its_addresses_and_to_nobody_else() -> None:
    manual = service("legacy", selector=None)
    slices = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "legacy-1",
            "namespace": "d",
            "labels": {"kubernetes.io/service-name": "legacy"},
        },
        "endpoints": [{"addresses": ["192.168.1.7"]}],
    }

    for value in ("http://legacy:80", "http://192.168.1.7:80"):
        found = edges(deployment("a", **variable(value)), manual, slices, *B)
        assert found == {("d/a", "service:d/legacy")}


def test_an_alias_of_an_outside_name_leads_outside() -> None:
    mail = service("mail", type="ExternalName", externalName="smtp.example.com", selector=None)

    found = edges(deployment("a", **variable("mail:25", "MAIL_HOST")), mail, *B)

    assert found == {("d/a", "external:smtp.example.com")}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CACHE_KIND", "b"),
        ("OTEL_SERVICE_NAME", "b"),
        ("B_IMAGE", "b:80"),
        ("DB_NAME", "b"),
        ("DB_USER", "b"),
        ("B_TOKEN", "http://b:80"),
        ("NO_PROXY", "b,b.d.svc"),
        ("KAFKA_ADVERTISED_LISTENERS", "PLAINTEXT://b:80"),
        ("ALLOWED_ORIGINS", "http://b"),
        ("TEXT", "the a calls b now and then"),
        ("PATH_TO", "/var/lib/b"),
        ("SOCKET", "unix:///run/b"),
        ("X_URL", "http://other:80/?to=http://b:80"),
        ("X_ADDR", "b.elsewhere:80"),
        ("B_ADDR", "localhost:80"),
    ],
)
def test_what_only_looks_like_an_address_leads_nowhere(name: str, value: str) -> None:
    found = edges(deployment("a", **variable(value, name)), *B, service("c", "elsewhere"))

    assert CALLED.isdisjoint(found)


def test_a_volume_of_a_secret_is_not_looked_into() -> None:
    inventory = Inventory()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "d"}}

    assert not inventory.add(secret | {"stringData": {"url": "http://b:80"}}, "here")


def test_a_name_of_the_cluster_s_own_on_the_internet_leads_to_its_route_at_most() -> None:
    backend = {"service": {"name": "b", "port": {"number": 80}}}
    rule = {"host": "shop.example.com", "http": {"paths": [{"path": "/", "backend": backend}]}}
    ingress = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "front", "namespace": "d"},
        "spec": {"rules": [rule]},
    }
    called = variable("https://shop.example.com/x", "SHOP_URL")

    found = edges(deployment("a", **called), ingress, *B)

    assert found == {("internet", "ingress:d/front"), ("ingress:d/front", "d/b")}

from typing import Any

import pytest

from tests.blockers.found import cluster, said
from tests.scenarios.world import Doc, app, call, namespace, service, stateful, thing, workload


def ports(doc: Doc, *offered: dict[str, Any]) -> Doc:
    """The Service with these ports."""
    doc["spec"]["ports"] = list(offered)
    return doc


def behind(*offered: dict[str, Any], name: str = "web") -> list[Doc]:
    """An application behind a Service with these ports."""
    return [workload("shop", name), ports(service("shop", name), *offered)]


def mysql(**port: Any) -> list[Doc]:
    """MySQL behind a Service with one port."""
    database, front = stateful("shop", "db", "docker.io/library/mysql:8.4", port["port"])
    return [database, ports(front, port)]


@pytest.mark.parametrize(
    "port",
    [
        {"port": 80},
        {"port": 80, "name": "web"},
        {"port": 80, "name": "httpx"},
        {"port": 5000, "name": "api-http"},
        {"port": 80, "name": "http", "appProtocol": "acme.example/own"},
    ],
)
def test_a_port_without_a_protocol_is_told(port: dict[str, Any]) -> None:
    assert said("port-protocol-untold", cluster(*behind(port))) == {
        "Service shop/web": {"ports": str(port["port"]), "clients": None}
    }


@pytest.mark.parametrize(
    "port",
    [
        {"port": 80, "name": "http"},
        {"port": 80, "name": "HTTP-web"},
        {"port": 80, "name": "grpc-web-orders"},
        {"port": 80, "name": "web", "appProtocol": "http2"},
        {"port": 80, "appProtocol": "kubernetes.io/h2c"},
        {"port": 3306},
        {"port": 53, "protocol": "UDP"},
        {"port": 9100, "name": "metrics"},
        {"port": 25, "name": "mail"},
    ],
)
def test_a_port_that_tells_it_or_that_istio_knows_is_not(port: dict[str, Any]) -> None:
    assert said("port-protocol-untold", cluster(*behind(port))) == {}


def test_a_service_with_several_such_ports_is_one_hit_with_its_callers() -> None:
    seen = cluster(
        *behind({"port": 80, "name": "a"}, {"port": 81, "name": "b"}, {"port": 82, "name": "http"}),
        *app("shop", "shop-front", env={"WEB_URL": "http://web:80"}),
    )

    assert said("port-protocol-untold", seen) == {
        "Service shop/web": {"ports": "80, 81", "clients": "shop/shop-front"}
    }


def test_ports_of_databases_and_of_the_cluster_are_not_asked_for_http() -> None:
    seen = cluster(
        *stateful("shop", "db", "docker.io/library/postgres:17", 5432),
        workload("kube-system", "agent"),
        ports(service("kube-system", "agent"), {"port": 80}),
    )

    assert said("port-protocol-untold", seen) == {}


@pytest.mark.parametrize("port", [{"port": 3307}, {"port": 3307, "name": "db"}])
def test_a_server_that_speaks_first_on_an_untold_port_hangs(port: dict[str, Any]) -> None:
    assert said("server-first-untold", cluster(*mysql(**port))) == {
        "Service shop/db": {"ports": "3307", "clients": None}
    }


@pytest.mark.parametrize(
    "port",
    [
        {"port": 3306},
        {"port": 3307, "name": "mysql"},
        {"port": 3307, "name": "tcp-db"},
        {"port": 3307, "appProtocol": "tcp"},
        {"port": 9104, "name": "metrics"},
    ],
)
def test_told_as_tcp_or_on_its_usual_port_it_does_not(port: dict[str, Any]) -> None:
    assert said("server-first-untold", cluster(*mysql(**port))) == {}


def test_nats_speaks_first_on_its_two_ports_and_not_where_it_is_watched() -> None:
    broker, front = stateful("shop", "nats", "docker.io/library/nats:2.11", 4222)
    offered = [{"port": 4222, "name": "client"}, {"port": 8222, "name": "monitor"}]

    assert said("server-first-untold", cluster(broker, ports(front, *offered))) == {
        "Service shop/nats": {"ports": "4222", "clients": None}
    }


def test_postgres_waits_for_its_client() -> None:
    database, front = stateful("shop", "db", "docker.io/library/postgres:17", 5433)

    assert said("server-first-untold", cluster(database, front)) == {}
    assert said("server-first-not-opaque", cluster(database, front)) == {}


def test_linkerd_waits_on_ports_that_are_not_on_its_list() -> None:
    broker, front = stateful("shop", "nats", "docker.io/library/nats:2.11", 4222)

    assert list(said("server-first-not-opaque", cluster(broker, front))) == ["Service shop/nats"]
    assert said("server-first-not-opaque", cluster(*mysql(port=3306))) == {}
    assert list(said("server-first-not-opaque", cluster(*mysql(port=3307)))) == ["Service shop/db"]


@pytest.mark.parametrize("annotated", ["Namespace", "Service", "StatefulSet"])
def test_an_annotation_makes_a_port_opaque_wherever_it_stands(annotated: str) -> None:
    broker, front = stateful("shop", "nats", "docker.io/library/nats:2.11", 4222)
    docs = {"Namespace": namespace("shop"), "Service": front, "StatefulSet": broker}
    docs[annotated]["metadata"]["annotations"] = {"config.linkerd.io/opaque-ports": "4200-4300,1"}

    assert said("server-first-not-opaque", cluster(*docs.values())) == {}


def test_an_annotation_replaces_the_list() -> None:
    database, front = mysql(port=3306)
    front["metadata"]["annotations"] = {"config.linkerd.io/opaque-ports": "9300"}

    assert list(said("server-first-not-opaque", cluster(database, front))) == ["Service shop/db"]


def test_app_protocol_spares_linkerd_the_guess() -> None:
    seen = cluster(*mysql(port=3307, appProtocol="linkerd.io/opaque"))

    assert said("server-first-not-opaque", seen) == {}


def test_services_that_tell_two_protocols_of_one_port_clash() -> None:
    seen = cluster(
        *behind({"port": 80, "name": "http", "targetPort": 8080}),
        ports(service("shop", "raw", app="web"), {"port": 81, "name": "tcp", "targetPort": "http"}),
    )

    assert said("port-clash", seen) == {
        "Deployment shop/web": {"port": 8080, "services": "raw, web"}
    }


@pytest.mark.parametrize(
    "second",
    [
        {"port": 81, "name": "grpc", "targetPort": 8080},
        {"port": 81, "name": "odd", "targetPort": 8080},
        {"port": 81, "name": "tcp", "targetPort": 9090},
        {"port": 81, "name": "dns", "targetPort": 8080, "protocol": "UDP"},
    ],
)
def test_services_that_agree_or_lead_elsewhere_do_not(second: dict[str, Any]) -> None:
    seen = cluster(
        *behind({"port": 80, "name": "http", "targetPort": 8080}),
        ports(service("shop", "more", app="web"), second),
    )

    assert said("port-clash", seen) == {}


def test_tls_between_services_is_opaque() -> None:
    seen = cluster(
        *behind({"port": 443, "name": "https"}, {"port": 80, "name": "http"}),
        *app("shop", "front", env={"WEB_URL": "https://web"}),
    )

    assert said("own-tls", seen) == {"Service shop/web": {"ports": "443", "clients": "shop/front"}}


def test_a_service_that_offers_nothing_but_tls_is_called_so() -> None:
    offered = [{"port": 8443, "name": "https-api"}, {"port": 9090, "name": "metrics"}]

    assert said("own-tls", cluster(*behind(*offered))) == {
        "Service shop/web": {"ports": "8443", "clients": None}
    }


def test_a_spare_tls_port_and_tls_to_a_database_are_not_the_meshs() -> None:
    seen = cluster(
        *behind({"port": 443, "name": "https"}, {"port": 80, "name": "http"}),
        *app("shop", "front", env={"WEB_URL": "http://web", "DB_URL": "https://search:9200"}),
        *stateful("shop", "search", "docker.io/library/elasticsearch:8.17.0", 9200),
    )

    assert said("own-tls", seen) == {}


def test_an_external_name_with_an_untold_port_may_catch_other_calls() -> None:
    def alias(**port: Any) -> Doc:
        spec = {"type": "ExternalName", "externalName": "db.example.com", "ports": [port]}
        return thing("v1", "Service", "db", "shop", spec=spec)

    untold = cluster(workload("shop", "web"), alias(port=5432))
    plain = cluster(workload("shop", "web"), alias(port=5432, name="tcp"))
    secure = cluster(workload("shop", "web"), alias(port=5432, name="tls-db"))
    nobodys = cluster(alias(port=5432))

    assert said("external-name-port", untold) == {"Service shop/db": {"ports": "5432"}}
    assert said("external-name-port", plain) == {"Service shop/db": {"ports": "5432"}}
    assert said("external-name-port", secure) == said("external-name-port", nobodys) == {}


def test_callers_come_from_what_was_seen_as_well() -> None:
    seen = cluster(
        *behind({"port": 80}), *app("shop", "front"), calls=[call("shop/front", "shop/web")]
    )

    assert said("port-protocol-untold", seen)["Service shop/web"]["clients"] == "shop/front"

from typing import Any

import pytest

from tests.blockers.found import cluster, container, pod_spec, said
from tests.scenarios.world import Doc, service, workload


def ports(doc: Doc, *offered: dict[str, Any]) -> Doc:
    """The Service with these ports."""
    doc["spec"]["ports"] = list(offered)
    return doc


def behind(*offered: dict[str, Any], name: str = "web") -> list[Doc]:
    """An application behind a Service with these ports."""
    return [workload("shop", name), ports(service("shop", name), *offered)]


@pytest.mark.parametrize(
    ("check_id", "port"),
    [("istio-port-taken", 15090), ("ambient-port-taken", 15008), ("linkerd-port-taken", 4191)],
)
def test_ports_of_the_proxies_are_taken(check_id: str, port: int) -> None:
    listening = container(workload("shop", "web"), ports=[{"containerPort": port}])
    near = container(workload("shop", "near"), ports=[{"containerPort": port + 20}])
    own = container(workload("istio-system", "own"), ports=[{"containerPort": port}])

    assert said(check_id, cluster(listening, near, own)) == {
        "Deployment shop/web": {"ports": str(port)}
    }


def test_a_services_port_takes_nothing_from_the_proxy() -> None:
    """It is an address of the cluster, and no program listens there."""
    seen = cluster(*behind({"port": 15090, "name": "http", "targetPort": 8080}))

    assert said("istio-port-taken", seen) == {}


def test_no_proxy_is_in_a_pod_on_the_machines_network() -> None:
    doc = container(workload("shop", "web"), ports=[{"containerPort": 15001}])

    assert said("istio-port-taken", cluster(pod_spec(doc, hostNetwork=True))) == {}


def test_datagrams_pass_every_mesh_by() -> None:
    offered = [{"port": 5060, "protocol": "UDP"}, {"port": 36412, "protocol": "SCTP"}]

    assert said("port-not-tcp", cluster(*behind(*offered))) == {
        "Service shop/web": {"ports": "5060/UDP, 36412/SCTP", "clients": None}
    }


def test_http3_beside_https_is_no_other_port() -> None:
    offered = [{"port": 443, "name": "https"}, {"port": 443, "name": "h3", "protocol": "UDP"}]

    assert said("port-not-tcp", cluster(*behind(*offered))) == {}

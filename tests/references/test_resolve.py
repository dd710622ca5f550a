"""Hosts as the cluster's DNS resolves them."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mesh_probe.model import Endpoint, EndpointSlice, Pod, Service, ServicePort
from mesh_probe.references.resolve import Resolved, Resolver

HTTP = ServicePort(80, "http", 8080)
CART = Service("shop", "cart", cluster_ips=("10.0.0.7",), ports=(HTTP,))
DB = Service("data", "db", cluster_ips=("None",), ports=(ServicePort(5432, "pg", 5432),))
OUTSIDE = Service("shop", "mail", type="ExternalName", external_name="smtp.example.com.")
ALIAS = Service("shop", "store", type="ExternalName", external_name="db.data.svc.cluster.local")
LOOP = Service("shop", "loop", type="ExternalName", external_name="loop.shop.svc.cluster.local")
MANUAL = Service("shop", "legacy", cluster_ips=("10.0.0.9",), ports=(ServicePort(80),))
PORTLESS = Service("shop", "any", cluster_ips=("10.0.0.8",))

RESOLVER = Resolver(
    [CART, DB, OUTSIDE, ALIAS, LOOP, MANUAL, PORTLESS],
    [EndpointSlice("shop", "legacy-1", "legacy", (Endpoint("192.168.7.7"),))],
    [
        Pod("data", "db-0", "StatefulSet/db", ip="10.1.0.5"),
        Pod("shop", "cart-a", "Deployment/cart", ip="10.1.0.6"),
        Pod("shop", "cart-b", "Deployment/cart", ip="2001:db8::6"),
        Pod("kube", "agent-1", "DaemonSet/agent", ip="10.9.9.9"),
        Pod("kube", "proxy-1", "DaemonSet/proxy", ip="10.9.9.9"),
    ],
)


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("cart", 80, Resolved(CART)),
        ("CART", None, Resolved(CART)),
        ("cart", "http", Resolved(CART)),
        ("cart", "80", Resolved(CART)),
        ("cart.shop", 80, Resolved(CART)),
        ("cart.shop.svc", 80, Resolved(CART)),
        ("cart.shop.svc.cluster.local", 80, Resolved(CART)),
        ("cart.shop.svc.cluster.local.", 80, Resolved(CART)),
        ("cart.shop.svc.corp.example", 80, Resolved(CART)),
        ("_http._tcp.cart.shop.svc", None, Resolved(CART)),
        ("_nope._tcp.cart.shop.svc", None, Resolved(CART, problem="wrong-port")),
        ("cart", 8080, Resolved(CART, problem="wrong-port")),
        ("cart", "grpc", Resolved(CART, problem="wrong-port")),
        ("any", 9999, Resolved(PORTLESS)),
        ("db.data", 9999, Resolved(DB)),
        ("db-0.db.data.svc", 5432, Resolved(DB, ("StatefulSet", "data", "db"))),
        ("db-0.db.data", 5432, Resolved(DB, ("StatefulSet", "data", "db"))),
        ("10.0.0.7", 80, Resolved(CART)),
        ("10.1.0.6", 8080, Resolved(workload=("Deployment", "shop", "cart"))),
        ("10-1-0-6.shop.pod.cluster.local", 1, Resolved(workload=("Deployment", "shop", "cart"))),
        (
            "2001-db8--6.shop.pod.cluster.local",
            1,
            Resolved(workload=("Deployment", "shop", "cart")),
        ),
        ("192.168.7.7", 80, Resolved(MANUAL)),
        ("10.9.9.9", 80, Resolved()),
        ("mail", 25, Resolved(OUTSIDE, external="smtp.example.com")),
        ("store", 5432, Resolved(DB)),
        ("loop", 1, Resolved()),
        ("nobody", 80, Resolved(problem="unknown-service")),
        ("nobody.shop", 80, Resolved(problem="unknown-service")),
        ("nobody.shop.svc", 80, Resolved(problem="unknown-service")),
        ("x.unseen.svc", 80, Resolved()),
        ("db", 5432, Resolved(problem="unknown-service")),
        ("api.example.com", 443, Resolved(external="api.example.com")),
        ("a.b.svc.corp.example", 443, Resolved(external="a.b.svc.corp.example")),
        ("8.8.8.8", 53, Resolved(external="8.8.8.8")),
        ("localhost", 80, Resolved()),
        ("127.0.0.1", 80, Resolved()),
        ("[::1]", 80, Resolved()),
        ("169.254.169.254", 80, Resolved()),
        ("metadata.google.internal", 80, Resolved()),
        ("", None, Resolved()),
    ],
)
def test_a_host_leads_where_the_cluster_would_lead_it(
    host: str, port: int | str | None, expected: Resolved
) -> None:
    assert RESOLVER.resolve(host, port, "shop") == expected


def test_a_bare_pod_name_is_found_in_the_home_of_its_service() -> None:
    found = RESOLVER.resolve("db-0.db", 5432, "data")

    assert found == Resolved(DB, ("StatefulSet", "data", "db"))


@pytest.mark.parametrize("status", ["Completed", "Succeeded", "Failed", "Error", "Evicted"])
def test_an_address_is_the_living_pod_s_and_else_the_ended_one_s(status: str) -> None:
    ended = Pod("shop", "report-1", "CronJob/report", ip="10.1.0.9", status=status)
    living = Pod("shop", "cart-c", "Deployment/cart", ip="10.1.0.9", status="Running")

    for pods in ((ended, living), (living, ended)):
        found = Resolver([], pods=pods).resolve("10.1.0.9", None, "shop")
        assert found == Resolved(workload=("Deployment", "shop", "cart"))
    assert Resolver([], pods=[ended]).resolve("10.1.0.9", None, "shop") == Resolved(
        workload=("CronJob", "shop", "report")
    )


def test_an_address_of_pods_of_which_it_is_not_known_whose_they_are_is_not_outside() -> None:
    unowned = Pod("kube", "a", ip="10.9.9.8", status="Running")

    assert Resolver([], pods=[unowned]).resolve("10.9.9.8", None, "shop") == Resolved()


def test_the_cluster_domain_can_be_another_one() -> None:
    resolver = Resolver([CART], cluster_domain="corp.example")

    assert resolver.resolve("cart.shop.svc.corp.example", 80, "x") == Resolved(CART)


@given(st.text(), st.none() | st.integers() | st.text())
def test_no_host_makes_it_fail(host: str, port: int | str | None) -> None:
    RESOLVER.resolve(host, port, "shop")


@given(st.ip_addresses(), st.booleans())
def test_an_address_is_found_however_it_is_written(
    address: IPv4Address | IPv6Address, exploded: bool
) -> None:
    assume(not (address.is_loopback or address.is_unspecified or address.is_link_local))
    written, asked = sorted((str(address), address.exploded), reverse=exploded)
    resolver = Resolver([Service("shop", "cart", cluster_ips=(written.upper(),))])

    assert resolver.resolve(asked, None, "shop").service is not None

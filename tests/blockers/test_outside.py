from typing import Any

import pytest

from mesh_probe.model import Pod
from tests.blockers.found import cluster, hits, said
from tests.scenarios.world import Doc, app, ingress_nginx, istio, service, thing, workload


def watches(kind: str, home: str, **spec: Any) -> Doc:
    """A monitor of Prometheus' operator."""
    return thing("monitoring.coreos.com/v1", kind, "own", home, spec=spec)


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


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
def test_a_service_that_is_open_itself_has_callers_without_identity(kind: str) -> None:
    seen = cluster(workload("shop", "web"), service("shop", "web", type=kind))

    assert said("open-service", seen) == {"Service shop/web": {"type": kind}}


def test_inner_services_and_those_of_gateways_are_as_they_should_be() -> None:
    seen = cluster(*app("shop", "web"), *ingress_nginx(), *istio())

    assert said("open-service", seen) == {}


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
def test_prometheus_is_outside_where_monitors_send_it(kind: str) -> None:
    seen = cluster(
        *app("shop", "web"),
        *app("other", "api"),
        watches(kind, "shop"),
        watches(kind, "monitoring", namespaceSelector={"matchNames": ["shop"]}),
    )

    (hit,) = hits("scraped-from-outside", seen)

    assert hit.subject == "Namespace shop"
    assert hit.said == {"count": 2, "examples": "own, own"}
    assert hit.nodes == ("shop/web",)


def test_monitors_of_the_clusters_own_exporters_are_no_matter() -> None:
    everywhere = watches("ServiceMonitor", "monitoring", namespaceSelector={"any": True})

    assert said("scraped-from-outside", cluster(*app("shop", "web"), everywhere)) == {}
    assert said("scraped-from-outside", cluster(*app("shop", "web"))) == {}

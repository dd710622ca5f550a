"""Ways in, from five kinds."""

from typing import Any

from mesh_probe.model import Backend, Route, Setting
from tests.inventory.raw_objects import Raw, filled, meta


def read(kind: str, spec: Raw, **more: Any) -> Route:
    (route,) = filled({kind: [{"metadata": meta("r", **more), "spec": spec}]}).objects().routes
    return route


def backend(service: str, **port: object) -> Raw:
    return {"service": {"name": service, "port": port}}


def test_an_ingress() -> None:
    spec = {
        "ingressClassName": "nginx",
        "tls": [{"hosts": ["shop.example.com"], "secretName": "s"}],
        "defaultBackend": backend("fallback", number=80),
        "rules": [
            {
                "host": "shop.example.com",
                "http": {
                    "paths": [
                        {"path": "/", "backend": backend("web", number=80)},
                        {"path": "/api", "backend": backend("api", name="http")},
                        {
                            "path": "/bucket",
                            "backend": {"resource": {"kind": "Bucket", "name": "b"}},
                        },
                    ]
                },
            },
            {"host": "shop.example.com"},
        ],
    }
    annotations = {
        "nginx.ingress.kubernetes.io/canary-weight": "20",
        "nginx.ingress.kubernetes.io/configuration-snippet": "hunter2",
    }

    assert read("Ingress", spec, annotations=annotations) == Route(
        "Ingress",
        "shop",
        "r",
        ("shop.example.com",),
        ("nginx",),
        (
            Backend("shop", "web", 80, path="/"),
            Backend("shop", "api", "http", path="/api"),
            Backend("shop", "fallback", 80),
        ),
        tls=True,
        annotations={"nginx.ingress.kubernetes.io/canary-weight": "20"},
    )


def test_an_ingress_of_the_old_api() -> None:
    spec = {
        "backend": {"serviceName": "web", "servicePort": "http"},
        "rules": [{"http": {"paths": [{"backend": {"serviceName": "api", "servicePort": 80}}]}}],
    }

    route = read("Ingress", spec, annotations={"kubernetes.io/ingress.class": "traefik"})

    assert route.gateways == ("traefik",)
    assert route.backends == (Backend("shop", "api", 80), Backend("shop", "web", "http"))


def test_an_http_route() -> None:
    spec = {
        "parentRefs": [{"name": "edge", "namespace": "infra"}, {"kind": "Service", "name": "web"}],
        "hostnames": ["shop.example.com"],
        "rules": [
            {
                "matches": [{"path": {"type": "PathPrefix", "value": "/a"}}],
                "backendRefs": [
                    {"name": "web", "port": 80, "weight": 90},
                    {"name": "web-next", "namespace": "next", "port": 80, "weight": 10},
                    {"group": "x.io", "kind": "Bucket", "name": "b"},
                ],
                "filters": [
                    {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "shadow"}}},
                    {"type": "RequestHeaderModifier"},
                ],
                "timeouts": {"request": "10s", "backendRequest": "2s"},
                "retry": {"attempts": 3, "backoff": "100ms"},
            },
            {},
            {"backendRefs": [{"name": "web"}]},
        ],
    }

    assert read("HTTPRoute", spec) == Route(
        "HTTPRoute",
        "shop",
        "r",
        ("shop.example.com",),
        ("infra/edge", "service:shop/web"),
        (
            Backend("shop", "web", 80, 90, "/a"),
            Backend("next", "web-next", 80, 10, "/a"),
            Backend("shop", "shadow", path="/a"),
            Backend("shop", "web", weight=1, rule=2),
        ),
        settings=(
            Setting("rules[0].timeouts.request", "10s", "spec", "timeout"),
            Setting("rules[0].timeouts.backendRequest", "2s", "spec", "timeout"),
            Setting("rules[0].retry.attempts", 3.0, "spec", "retry"),
            Setting("rules[0].retry.backoff", "100ms", "spec", "retry"),
        ),
    )


def test_a_grpc_route() -> None:
    spec = {
        "rules": [{"matches": [{"method": {"service": "x"}}], "backendRefs": [{"name": "cart"}]}]
    }

    assert read("GRPCRoute", spec) == Route(
        "GRPCRoute", "shop", "r", backends=(Backend("shop", "cart", weight=1),)
    )


def test_an_openshift_route() -> None:
    spec = {
        "host": "shop.example.com",
        "path": "/x",
        "to": {"kind": "Service", "name": "web", "weight": 200},
        "alternateBackends": [{"kind": "Service", "name": "web-next", "weight": 50}],
        "port": {"targetPort": "http"},
        "tls": {"termination": "edge", "key": "hunter2"},
    }

    assert read("Route", spec) == Route(
        "Route",
        "shop",
        "r",
        ("shop.example.com",),
        backends=(
            Backend("shop", "web", "http", 200, "/x"),
            Backend("shop", "web-next", "http", 50, "/x"),
        ),
        tls=True,
    )


def test_a_virtual_service() -> None:
    spec = {
        "hosts": ["cart"],
        "gateways": ["mesh", "edge", "infra/edge"],
        "http": [
            {
                "route": [
                    {
                        "destination": {"host": "cart", "subset": "v1", "port": {"number": 80}},
                        "weight": 90,
                    },
                    {"destination": {"host": "cart.next.svc.cluster.local"}, "weight": 10},
                    {"destination": {"host": "api.example.com"}},
                ],
                "mirror": {"host": "shadow"},
                "timeout": "5s",
                "retries": {"attempts": 2, "perTryTimeout": "1s"},
            }
        ],
        "tcp": [{"route": [{"destination": {"host": "db"}}]}],
    }

    assert read("VirtualService", spec) == Route(
        "VirtualService",
        "shop",
        "r",
        ("cart",),
        ("mesh", "shop/edge", "infra/edge"),
        (
            Backend("shop", "cart", 80, 90),
            Backend("next", "cart", None, 10),
            Backend("shop", "shadow"),
            Backend("shop", "db", rule=1),
        ),
        settings=(
            Setting("http[0].timeout", "5s", "spec", "timeout"),
            Setting("http[0].retries.attempts", 2.0, "spec", "retry"),
            Setting("http[0].retries.perTryTimeout", "1s", "spec", "retry"),
        ),
    )


def test_subsets_of_one_service_with_equal_shares_stay_two() -> None:
    halves = [
        {"destination": {"host": "cart", "subset": subset}, "weight": 50} for subset in ("v1", "v2")
    ]

    route = read("VirtualService", {"http": [{"route": halves}, {"route": halves[:1]}]})

    assert route.backends == (
        Backend("shop", "cart", weight=50),
        Backend("shop", "cart", weight=50),
        Backend("shop", "cart", weight=50, rule=1),
    )

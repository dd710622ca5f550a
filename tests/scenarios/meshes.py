"""Clusters that have a mesh already."""

from typing import Any

from mesh_probe.snapshot import Snapshot
from tests.scenarios.small import POSTGRES
from tests.scenarios.world import (
    Doc,
    alert_rules,
    app,
    argo_cd,
    bare_cluster,
    binding,
    budget,
    call,
    definition,
    http_route,
    ingress,
    ingress_nginx,
    istio,
    monitoring,
    namespace,
    on_call,
    snapshot,
    stateful,
    telemetry,
    thing,
    virtual_service,
    workload,
)

TRAVEL: dict[str, tuple[str, ...]] = {
    "web": ("search", "trips", "users", "deals"),
    "mobile": ("search", "trips", "users"),
    "search": ("flights", "hotels", "cars", "ranker"),
    "flights": ("fares", "seats", "airlines"),
    "hotels": ("fares", "rooms", "photos"),
    "cars": ("fares", "depots"),
    "fares": ("currency", "taxes", "rules"),
    "trips": ("booking", "users", "itinerary"),
    "booking": ("payments", "flights", "hotels", "vouchers"),
    "payments": ("wallet", "risk"),
    "wallet": ("currency",),
    "itinerary": ("maps", "notices"),
    "ranker": ("users",),
    "deals": ("fares", "photos"),
    "rules": ("airlines",),
}


def istio_sidecars() -> Snapshot:
    """A travel site on Istio with sidecars everywhere, strict, and with weighted routes."""
    home = "travel"
    names = sorted({*TRAVEL, *(s for servers in TRAVEL.values() for s in servers)})
    sidecar = {"istio-proxy": "docker.io/istio/proxyv2:1.26.0"}
    docs: list[Doc] = [
        *bare_cluster(),
        *istio(),
        *monitoring(traces=True),
        *argo_cd(),
        namespace(home, istio_injection="enabled", team="travel"),
        binding(home, "travel", "travel-engineers"),
        on_call(home),
        alert_rules(home, "travel", "BookingErrors", "SearchSlow"),
        thing(
            "security.istio.io/v1",
            "PeerAuthentication",
            "default",
            "istio-system",
            spec={"mtls": {"mode": "STRICT"}},
        ),
        *(
            thing(
                "security.istio.io/v1",
                "AuthorizationPolicy",
                name,
                home,
                spec={"action": "ALLOW"},
            )
            for name in ("payments", "wallet", "users")
        ),
        *(
            thing(
                "networking.istio.io/v1",
                "DestinationRule",
                name,
                home,
                spec={
                    "host": name,
                    "trafficPolicy": {"outlierDetection": {"consecutive5xxErrors": 5}},
                },
            )
            for name in ("flights", "hotels", "payments", "search")
        ),
        virtual_service(home, "search", v1=90, v2=10),
        virtual_service(home, "booking", v1=100, v2=0),
        *stateful(home, "postgres", POSTGRES, 5432),
        *(
            doc
            for name in names
            for doc in app(home, name, env=_urls(home, name, TRAVEL), sidecars=sidecar)
        ),
        *(budget(home, name, minAvailable=1) for name in names),
    ]
    seen = [call("istio-system/istio-ingressgateway", f"{home}/{n}", **MESHED) for n in WAYS_IN]
    seen += [
        call(f"{home}/{client}", f"{home}/{server}", **MESHED)
        for client, servers in TRAVEL.items()
        for server in servers
    ]
    return snapshot(docs, telemetry=telemetry("istio", seen))


MESHED: dict[str, Any] = {"source": "istio", "mtls": True}
WAYS_IN = ("web", "mobile")


def _urls(home: str, name: str, calls: dict[str, tuple[str, ...]]) -> dict[str, str]:
    servers = calls.get(name, ())
    return {f"{s.upper().replace('-', '_')}_URL": f"http://{s}.{home}" for s in servers}


MUSIC: dict[str, tuple[str, ...]] = {
    "player": ("tracks", "playlists", "accounts"),
    "playlists": ("tracks", "social"),
    "tracks": ("media", "rights"),
    "social": ("accounts",),
    "radio": ("tracks",),
    "billing": ("accounts",),
    "studio": ("media", "rights"),
    "charts": (),
}


def istio_ambient() -> Snapshot:
    """A small music service whose namespaces are in Istio's ambient mode, waypoints for some."""
    home = "music"
    names = sorted({*MUSIC, *(s for servers in MUSIC.values() for s in servers), "lyrics"})
    docs: list[Doc] = [
        *bare_cluster(),
        *istio(ambient=True),
        *monitoring(),
        namespace(home, **{"istio.io/dataplane_mode": "ambient"}),
        thing(
            "gateway.networking.k8s.io/v1",
            "Gateway",
            "waypoint",
            home,
            spec={
                "gatewayClassName": "istio-waypoint",
                "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
            },
        ),
        workload(home, "waypoint", image="docker.io/istio/proxyv2:1.26.0", probe=False),
        thing(
            "security.istio.io/v1",
            "AuthorizationPolicy",
            "media-callers",
            home,
            spec={"action": "ALLOW"},
        ),
        http_route(home, "tracks", "waypoint", tracks=95, tracks_v2=5),
        http_route(home, "media", "waypoint", media=90, studio=10),
        http_route(home, "rights", "waypoint", rights=100),
        *(doc for name in names for doc in app(home, name, env=_urls(home, name, MUSIC))),
    ]
    seen = [call("istio-system/istio-ingressgateway", f"{home}/player", **MESHED)]
    seen += [
        call(f"{home}/{client}", f"{home}/{server}", **MESHED)
        for client, servers in MUSIC.items()
        for server in servers
    ]
    return snapshot(docs, telemetry=telemetry("istio", seen))


CLINIC: dict[str, tuple[str, ...]] = {
    "desk": ("patients", "visits", "invoices"),
    "portal": ("patients", "visits"),
    "visits": ("patients", "rooms"),
    "invoices": ("insurers", "patients"),
    "labs": ("patients", "devices"),
    "recipes": ("patients", "drugs"),
}


def linkerd() -> Snapshot:
    """A clinic on Linkerd, which it took for encryption and for who may read patients."""
    home = "clinic"
    names = sorted({*CLINIC, *(s for servers in CLINIC.values() for s in servers), "audit"})
    control = "cr.l5d.io/linkerd/controller:edge-25.4.4"
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *monitoring(),
        namespace("linkerd"),
        *app("linkerd", "linkerd-destination", image=control),
        *(definition(f"{name}.linkerd.io") for name in ("serviceprofiles", "servers.policy")),
        namespace(home, team="clinic-it", compliance="hipaa"),
        binding(home, "clinic", "clinic-it"),
        on_call(home),
        alert_rules(home, "clinic", "PatientsDown"),
        ingress(home, "desk", "desk"),
        ingress(home, "portal", "portal"),
        *stateful(home, "postgres", POSTGRES, 5432),
        *(
            doc
            for name in names
            for doc in app(
                home,
                name,
                env=_urls(home, name, CLINIC),
                pod_annotations={"linkerd.io/inject": "enabled"},
            )
        ),
    ]
    for name in ("patients", "visits", "invoices"):
        docs += [
            thing(
                "linkerd.io/v1alpha2",
                "ServiceProfile",
                f"{name}.{home}.svc.cluster.local",
                home,
                spec={"routes": [{"name": "all", "timeout": "2s", "isRetryable": True}]},
            ),
            thing("policy.linkerd.io/v1beta3", "Server", name, home, spec={"port": "http"}),
            thing(
                "policy.linkerd.io/v1alpha1",
                "AuthorizationPolicy",
                name,
                home,
                spec={"targetRef": {"kind": "Server", "name": name}},
            ),
        ]
    return snapshot(docs, telemetry=telemetry("service-graph"))

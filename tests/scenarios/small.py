"""Clusters that are too small, too new or too closed to say much."""

from mesh_probe.kinds import KINDS
from mesh_probe.snapshot import Snapshot
from tests.scenarios.world import (
    Doc,
    alarm,
    alert_rules,
    app,
    argo_cd,
    bare_cluster,
    binding,
    budget,
    call,
    cert_manager,
    config_map,
    definition,
    history,
    ingress,
    ingress_nginx,
    istio,
    monitor,
    monitoring,
    namespace,
    on_call,
    snapshot,
    stateful,
    telemetry,
    workload,
)

POSTGRES = "docker.io/library/postgres:16.4"
REDIS = "docker.io/library/redis:7.4"


def start_up_of_three() -> Snapshot:
    """Three people, a web page, an API and a worker; logs are read with kubectl when it breaks."""
    home = "default"
    to = {"API_URL": "http://api", "DATABASE_HOST": "postgres", "REDIS_URL": "redis://redis:6379"}
    docs = [
        *bare_cluster(),
        *ingress_nginx(),
        *app(home, "web", env={"API_URL": to["API_URL"]}, probe=False, port_name=None, replicas=1),
        *app(home, "api", env=to, probe=False, port_name=None, replicas=1),
        workload(home, "worker", env=to, port=None, replicas=1),
        *stateful(home, "postgres", POSTGRES, 5432),
        *stateful(home, "redis", REDIS, 6379),
        ingress(home, "web", "web", tls=False),
    ]
    return snapshot(docs)


def monolith_with_workers() -> Snapshot:
    """A Rails application, its workers and schedules; a platform team looks after it."""
    home = "shop"
    env = {"DATABASE_URL": "postgres://postgres:5432/shop", "REDIS_URL": "redis://redis:6379/0"}
    image = "registry.example.com/shop/monolith:2026.3.2"
    docs = [
        *bare_cluster(),
        *ingress_nginx(),
        *cert_manager(),
        *monitoring(),
        *argo_cd(),
        namespace(home, team="platform"),
        *app(home, "monolith", image=image, env=env, replicas=6),
        *(workload(home, f"{queue}-worker", image=image, env=env, port=None) for queue in QUEUES),
        *(workload(home, name, kind="CronJob", image=image, env=env, port=None) for name in CRONS),
        *stateful(home, "postgres", POSTGRES, 5432),
        *stateful(home, "redis", REDIS, 6379),
        *stateful(home, "memcached", "docker.io/library/memcached:1.6", 11211),
        ingress(home, "www", "monolith"),
        budget(home, "monolith", minAvailable=4),
        binding(home, "developers", "shop-developers"),
        alert_rules(home, "monolith", "MonolithErrors", "QueueTooLong"),
        on_call(home),
        monitor(home, "monolith"),
    ]
    fires = (alarm(f"{home}/monolith", f"02-{day:02}T09:10", 8 + day % 9) for day in range(14, 28))
    return snapshot(docs, telemetry=telemetry("service-graph"), incidents=history(*fires))


QUEUES = ("default", "mail", "images")
CRONS = ("nightly-report", "sitemap", "expire-carts")


def no_rights() -> Snapshot:
    """The service account may read nothing at all."""
    return snapshot([], hidden=[kind.name for kind in KINDS])


def nothing_deployed() -> Snapshot:
    """A new cluster with an ingress controller and no application."""
    return snapshot([*bare_cluster(), *ingress_nginx()])


def everybody_has_istio() -> Snapshot:
    """Four services and Istio, which encrypts their calls unasked: nobody can say what for."""
    home = "app"
    docs = [
        *bare_cluster(),
        *istio(),
        *monitoring(),
        namespace(home, istio_injection="enabled"),
        *app(home, "frontend", env={"API_URL": "http://api"}),
        *app(home, "api", env={"USERS_URL": "http://users", "ITEMS_URL": "http://items"}),
        *app(home, "users", env={"DB_HOST": "postgres"}),
        *app(home, "items", env={"DB_HOST": "postgres"}),
        *stateful(home, "postgres", POSTGRES, 5432),
        ingress(home, "app", "frontend"),
    ]
    fires = (alarm(f"{home}/api", f"02-{day:02}T14:00", 7) for day in range(14, 26))
    pairs = (("frontend", "api"), ("api", "users"), ("api", "items"))
    seen = [call(f"{home}/{c}", f"{home}/{s}", source="istio", mtls=True) for c, s in pairs]
    return snapshot(docs, telemetry=telemetry("istio", seen), incidents=history(*fires))


def never_an_incident() -> Snapshot:
    """Twelve services in good order, watched for more than a month in which nothing happened."""
    home = "claims"
    env: dict[str, dict[str, str]] = {
        "portal": {"CLAIMS_URL": "http://claims-api", "AUTH_URL": "http://accounts"},
        "claims-api": {"POLICY_URL": "http://policies", "PDF_URL": "http://documents"},
    }
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *cert_manager(),
        *monitoring(),
        *argo_cd(),
        namespace(home, team="claims"),
        *(doc for name in CLAIMS for doc in app(home, name, env=env.get(name))),
        *stateful(home, "postgres", POSTGRES, 5432),
        ingress(home, "portal", "portal"),
        binding(home, "claims-team", "claims"),
        alert_rules(home, "claims", "ClaimsDown", "ClaimsSlow"),
        on_call(home),
    ]
    seen = [
        call(f"{home}/{c}", f"{home}/{s}") for c, servers in CLAIM_CALLS.items() for s in servers
    ]
    return snapshot(docs, telemetry=telemetry("service-graph", seen), incidents=history())


CLAIM_CALLS = {
    "portal": ("claims-api", "accounts", "calendar"),
    "claims-api": ("policies", "documents", "payments"),
    "partners": ("claims-api", "reports"),
    "letters": ("documents",),
    "fraud": ("policies", "archive"),
}
CLAIMS = (
    "portal",
    "claims-api",
    "policies",
    "documents",
    "accounts",
    "payments",
    "fraud",
    "letters",
    "partners",
    "calendar",
    "reports",
    "archive",
)


def declared_by_people() -> Snapshot:
    """Metadata tells little here, so people said what they know."""
    home = "fleet"
    docs = [
        *bare_cluster(),
        *ingress_nginx(),
        *monitoring(),
        namespace(home),
        config_map(home, "urls", ROUTES="http://routes", DRIVERS="http://drivers"),
        *(doc for n in range(11) for doc in app(home, f"unit-{n}")),
        *app(home, "routes", env_from=["urls"]),
        *app(home, "drivers"),
        ingress(home, "fleet", "routes"),
        definition("ciliumnetworkpolicies.cilium.io"),
    ]
    said = {
        "path-complexity": "no",
        "rollout-in-code": "no",
        "diagnosis-time": "yes",
        "internal-auth": "yes",
        "sla-spread": "no",
        "central-policy": "no",
        "ops-owner": "yes",
        "network-skills": "yes",
        "few-incidents": "no",
        "fix-in-code": "no",
    }
    return snapshot(docs, telemetry=telemetry("istio"), declared=said)

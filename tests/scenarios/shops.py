"""Clusters of people who write services and call them over HTTP."""

import itertools

from mesh_probe.snapshot import Snapshot
from tests.scenarios.small import POSTGRES, REDIS
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
    certificate,
    config_map,
    default_deny,
    history,
    ingress,
    ingress_nginx,
    monitor,
    monitoring,
    namespace,
    on_call,
    priority_class,
    releases,
    service,
    sloth,
    snapshot,
    stateful,
    telemetry,
    workload,
)

SHOP: dict[str, tuple[str, ...]] = {
    "web": ("gateway", "content"),
    "mobile-bff": ("gateway",),
    "gateway": ("catalog", "search", "cart", "checkout", "accounts"),
    "catalog": ("prices", "stock", "reviews"),
    "search": ("catalog",),
    "cart": ("prices", "stock"),
    "checkout": ("cart", "payments", "shipping", "orders"),
    "orders": ("stock", "shipping", "mail"),
    "payments": ("fraud",),
    "shipping": ("stock",),
    "accounts": ("mail",),
}
LEAVES = ("content", "prices", "stock", "reviews", "mail", "fraud")

WAITS = {"web": "10s", "gateway": "30s", "checkout": "2s", "orders": "5s", "catalog": "800ms"}


def shop_of_fifteen() -> Snapshot:
    """A shop in which every team rolls out, waits and retries in its own way."""
    home = "shop"
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *cert_manager(),
        *monitoring(traces=True),
        *argo_cd(),
        namespace(home, team="commerce"),
        *(doc for name in (*SHOP, *LEAVES) for doc in _service(home, name)),
        workload(
            home,
            "cart-v2",
            app="cart",
            pod_labels={"version": "v2"},
            env={"CART_ENGINE": "2", **_urls("cart")},
        ),
        *stateful(home, "postgres", POSTGRES, 5432),
        *stateful(home, "redis", REDIS, 6379),
        ingress(home, "shop", "web"),
        ingress(home, "mobile", "mobile-bff"),
        default_deny(home),
        budget(home, "web", minAvailable=2),
        budget(home, "checkout", minAvailable="80%"),
        priority_class("checkout-first", 10_000),
        priority_class("can-wait", 100),
        sloth(home, "checkout", 99.95),
        sloth(home, "search", 99),
        binding(home, "commerce", "commerce-developers"),
        alert_rules(home, "checkout", "CheckoutErrors", "CheckoutSlow", "CartErrors"),
        on_call(home),
        *(monitor(home, name) for name in SHOP),
    ]
    seen = [
        call(f"{home}/{client}", f"{home}/{server}", mtls=None)
        for client, servers in SHOP.items()
        for server in servers
    ]
    fires = (alarm(f"{home}/checkout", f"02-{day:02}T20:00", 20 + 4 * day) for day in range(14, 28))
    return snapshot(docs, telemetry=telemetry("service-graph", seen), incidents=history(*fires))


def _urls(name: str) -> dict[str, str]:
    servers = SHOP.get(name, ())
    return {f"{server.upper().replace('-', '_')}_URL": f"http://{server}" for server in servers}


def _service(home: str, name: str) -> list[Doc]:
    env = _urls(name)
    if name in WAITS:
        env |= {"HTTP_CLIENT_TIMEOUT": WAITS[name], "HTTP_CLIENT_RETRIES": "3"}
    if name in ("gateway", "checkout", "search"):
        env |= {"NEW_FLOW_CANARY_PERCENT": "10", "FEATURE_EXPRESS_ENABLED": "true"}
    priority = {"checkout": "checkout-first", "payments": "checkout-first", "reviews": "can-wait"}
    labels = {"version": "v1"} if name == "cart" else {}
    return app(home, name, env=env, priority=priority.get(name), pod_labels=labels)


AREAS: dict[str, tuple[str, ...]] = {
    "channels": ("web-bank", "mobile-bank", "branch-desk", "call-centre", "partner-api", "chat"),
    "customers": (
        "profile",
        "kyc",
        "consent",
        "contact",
        "segments",
        "onboarding",
        "identity",
        "documents",
        "addresses",
        "mandates",
    ),
    "accounts": (
        "ledger",
        "balance",
        "statements",
        "interest",
        "fees",
        "limits",
        "holds",
        "closing",
        "opening",
        "savings",
    ),
    "payments": (
        "transfers",
        "sepa",
        "swift",
        "instant",
        "cards",
        "standing",
        "direct-debit",
        "clearing",
        "fx",
        "payouts",
        "refunds",
    ),
    "lending": (
        "quotes",
        "scoring",
        "contracts",
        "disbursal",
        "collateral",
        "repayment",
        "arrears",
        "rates",
        "offers",
    ),
    "risk": (
        "fraud",
        "aml",
        "sanctions",
        "exposure",
        "audit",
        "reporting",
        "stress",
        "alerts-desk",
        "cases",
        "models",
    ),
    "shared": ("notify", "render", "calendar", "reference"),
}
FRONT_OF = {
    "web-bank": ("profile", "balance", "transfers", "quotes", "statements", "consent"),
    "mobile-bank": ("profile", "balance", "instant", "cards", "savings"),
    "branch-desk": ("onboarding", "opening", "contracts"),
    "call-centre": ("contact", "cases", "refunds"),
    "partner-api": ("sepa", "swift", "consent"),
    "chat": ("contact", "notify"),
}
CHAINS = (
    ("transfers", "limits", "ledger", "balance"),
    ("transfers", "fraud", "models", "reference"),
    ("transfers", "aml", "sanctions", "reference"),
    ("instant", "transfers"),
    ("instant", "clearing", "holds", "ledger"),
    ("sepa", "clearing"),
    ("swift", "fx", "rates", "reference"),
    ("swift", "sanctions"),
    ("cards", "fraud"),
    ("cards", "limits"),
    ("quotes", "scoring", "exposure", "models"),
    ("quotes", "rates"),
    ("contracts", "documents", "render"),
    ("contracts", "disbursal", "transfers"),
    ("onboarding", "kyc", "identity", "documents"),
    ("onboarding", "aml"),
    ("opening", "mandates", "documents"),
    ("statements", "ledger"),
    ("statements", "render"),
    ("savings", "interest", "rates"),
    ("refunds", "payouts", "clearing"),
    ("profile", "addresses"),
    ("profile", "segments"),
    ("cases", "audit"),
    ("fees", "ledger"),
    ("closing", "payouts"),
    ("arrears", "repayment", "direct-debit", "clearing"),
    ("collateral", "exposure"),
    ("offers", "scoring"),
    ("alerts-desk", "cases"),
    ("reporting", "exposure"),
    ("stress", "models"),
    ("standing", "transfers"),
    ("notify", "render"),
    ("holds", "calendar"),
)


def bank_of_sixty() -> Snapshot:
    """A bank: duties to encrypt and to prove who called whom, and people to run it."""
    area_of = {name: area for area, names in AREAS.items() for name in names}
    calls = {(client, server) for client, servers in FRONT_OF.items() for server in servers}
    calls |= {pair for chain in CHAINS for pair in itertools.pairwise(chain)}
    urls: dict[str, dict[str, str]] = {}
    for client, server in sorted(calls):
        host = f"https://{server}.{area_of[server]}.svc.cluster.local:8443"
        urls.setdefault(client, {})[f"{server.upper().replace('-', '_')}_URL"] = host
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *cert_manager(),
        *monitoring(traces=True),
        *argo_cd(),
        priority_class("bank-critical", 100_000),
        priority_class("bank-normal", 1_000),
        binding(None, "platform", "bank-platform", "cluster-admin"),
    ]
    for area, names in AREAS.items():
        docs += [
            namespace(area, team=f"team-{area}", compliance="pci-dss", data_classification="high"),
            default_deny(area),
            binding(area, "developers", f"bank-{area}"),
            alert_rules(area, area, f"{area.title()}Errors", f"{area.title()}Slow"),
            on_call(area),
            *stateful(area, "postgres", POSTGRES, 5432),
        ]
        for position, name in enumerate(names):
            env = {"CLIENT_TIMEOUT": f"{(position % 4 + 1) * 500}ms", **urls.get(name, {})}
            docs += [
                workload(
                    area,
                    name,
                    kind="Rollout" if area == "channels" else "Deployment",
                    env=env,
                    secret_env={"JWT_SIGNING_KEY": "internal-jwt/signing-key"},
                    priority="bank-critical" if area == "payments" else "bank-normal",
                    spread=True,
                    replicas=3,
                ),
                service(area, name, port=8443, port_name="https", app_protocol="https"),
                certificate(area, name, f"{name}.{area}.svc", f"{name}.{area}.svc.cluster.local"),
                budget(area, name, maxUnavailable=1 if area == "payments" else "25%"),
            ]
    docs += [
        ingress("channels", "bank", "web-bank"),
        ingress("channels", "mobile", "mobile-bank"),
        sloth("payments", "instant", 99.99),
        sloth("channels", "chat", 99.0),
    ]
    seen = [
        call(f"{area_of[client]}/{client}", f"{area_of[server]}/{server}", protocol="https")
        for client, server in sorted(calls)
    ]
    fires = [alarm("payments/transfers", f"02-{day:02}T11:00", 95) for day in range(14, 28, 2)]
    fires += [alarm("risk/fraud", f"03-{day:02}T16:30", 70) for day in range(1, 13, 2)]
    docs += releases("payments", "transfers", "2025-12-02T10:00:00Z", "2026-02-11T10:00:00Z")
    docs += releases("risk", "fraud", "2025-11-12T10:00:00Z", "2026-02-04T10:00:00Z")
    return snapshot(docs, telemetry=telemetry("service-graph", seen), incidents=history(*fires))


NO_METRICS: dict[str, tuple[str, ...]] = {
    "web": ("edge-api",),
    "app": ("edge-api",),
    "edge-api": ("orders", "catalog", "profile", "search", "promo"),
    "orders": ("billing", "stock", "delivery", "profile"),
    "billing": ("tax", "ledger"),
    "delivery": ("geo", "couriers"),
    "couriers": ("geo", "push"),
    "catalog": ("media", "stock", "prices"),
    "search": ("catalog", "ranking"),
    "ranking": ("profile",),
    "promo": ("prices", "profile"),
    "profile": ("push",),
    "tax": ("geo",),
    "push": ("templates",),
}


def no_prometheus() -> Snapshot:
    """Twenty services; what is seen of them goes to a hosted service through an agent."""
    home = "market"
    names = sorted({*NO_METRICS, *(s for servers in NO_METRICS.values() for s in servers)})
    agent = "gcr.io/datadoghq/agent:7.63.0"
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        namespace("datadog"),
        workload("datadog", "datadog-agent", kind="DaemonSet", image=agent),
        namespace(home, team="marketplace"),
        binding(home, "market", "marketplace-engineers"),
        binding(None, "platform", "platform-engineers", "cluster-admin"),
    ]
    for position, name in enumerate(names):
        env = {f"{s.upper()}_URL": f"http://{s}.{home}" for s in NO_METRICS.get(name, ())}
        if position % 3 == 0:
            env |= {"HTTP_TIMEOUT": f"{position + 1}s", "MAX_RETRIES": str(position % 4)}
        docs += app(home, name, env=env, labels={"team": "marketplace"})
    docs += [
        *stateful(home, "postgres", POSTGRES, 5432),
        ingress(home, "market", "web"),
        ingress(home, "app", "app"),
    ]
    return snapshot(docs)


RESILIENT = {
    "portal": ("booking", "catalog"),
    "booking": ("rooms", "rates", "guests"),
    "catalog": ("rooms", "media"),
    "guests": ("loyalty",),
    "rates": ("tax",),
}


def fixed_in_code() -> Snapshot:
    """Resilience4j in every service, and a release of it after each incident."""
    home = "hotel"
    names = [*RESILIENT, "rooms", "media", "loyalty", "tax", "letters", "invoices", "housekeeping"]
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *cert_manager(),
        *monitoring(),
        *argo_cd(),
        namespace(home, team="booking"),
        binding(home, "booking", "booking-team"),
        default_deny(home),
        alert_rules(home, "hotel", "BookingErrors", "RatesSlow", "GuestsDown"),
        on_call(home),
        ingress(home, "portal", "portal"),
        *stateful(home, "postgres", POSTGRES, 5432),
    ]
    for position, name in enumerate(names):
        wait = f"{(position % 5 + 1) * 300}ms"
        settings = f"resilience4j.timelimiter.instances.all.timeoutDuration={wait}\n"
        settings += "resilience4j.retry.instances.all.maxAttempts=3\n"
        settings += "".join(f"clients.{s}.url=http://{s}\n" for s in RESILIENT.get(name, ()))
        docs += [
            config_map(home, name, application__properties=settings),
            *app(home, name, files=[name], spread=True),
            budget(home, name, maxUnavailable=1),
            *releases(home, name, *_releases(name)),
        ]
    seen = [call(f"{home}/{c}", f"{home}/{s}") for c, servers in RESILIENT.items() for s in servers]
    fires = [alarm(f"{home}/{name}", f"{at}T15:10", 14) for name, at in INCIDENTS]
    return snapshot(docs, telemetry=telemetry("service-graph", seen), incidents=history(*fires))


INCIDENTS = tuple(
    zip(
        ("booking", "rates", "guests", "rooms", "booking", "media") * 2,
        (f"{'02' if day > 13 else '03'}-{day:02}" for day in (*range(14, 28, 2), 2, 4, 6, 8, 10)),
        strict=True,
    )
)


def _releases(name: str) -> tuple[str, ...]:
    """One long ago, and one on the morning after each of its incidents."""
    after = ((at, f"{int(at[3:]) + 1:02}") for service, at in INCIDENTS if service == name)
    return (
        "2025-11-04T10:30:00Z",
        *(f"2026-{at[:2]}-{day}T09:30:00Z" for at, day in after),
    )

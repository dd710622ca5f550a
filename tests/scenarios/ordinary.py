"""Clusters as many have them: neither small nor ripe, or ripe in one thing only."""

from mesh_probe.snapshot import Snapshot
from tests.scenarios.small import POSTGRES
from tests.scenarios.world import (
    Doc,
    alarm,
    alert_rules,
    app,
    argo_cd,
    bare_cluster,
    binding,
    call,
    config_map,
    history,
    ingress,
    ingress_nginx,
    monitoring,
    namespace,
    on_call,
    sloth,
    snapshot,
    stateful,
    telemetry,
)

STAGES = ("dev", "staging", "prod")
SITE = {"web": ("api",), "api": ("users",), "orders": ("users",)}


def stages_in_one_cluster() -> Snapshot:
    """Six services, three times: for developers, for tests and for customers."""
    docs: list[Doc] = [*bare_cluster(), *ingress_nginx(), *monitoring(), *argo_cd()]
    for stage in STAGES:
        docs += [
            namespace(stage, team="web"),
            ingress(stage, "web", "web"),
            *stateful(stage, "postgres", POSTGRES, 5432),
        ]
        for name in (*SITE, "users", "mail", "search"):
            env = {f"{server.upper()}_URL": f"http://{server}" for server in SITE.get(name, ())}
            docs += app(stage, name, env=env)
    seen = [
        call(f"{stage}/{client}", f"{stage}/{server}")
        for stage in STAGES
        for client, servers in SITE.items()
        for server in servers
    ]
    return snapshot(docs, telemetry=telemetry("service-graph", seen))


def event_driven() -> Snapshot:
    """Fourteen services that talk through Kafka only; what goes wrong takes an hour."""
    home = "events"
    docs: list[Doc] = [
        *bare_cluster(),
        *monitoring(traces=True),
        namespace(home, team="events"),
        binding(home, "events", "events-team"),
        on_call(home),
        *stateful(home, "kafka", "docker.io/apache/kafka:3.9.0", 9092, replicas=3),
    ]
    for number in range(14):
        env = {"KAFKA_BROKERS": "kafka:9092", "CONSUMER_TIMEOUT": f"{number + 1}s"}
        docs += app(home, f"consumer-of-{chr(97 + number)}", env=env)
    fires = (alarm(f"{home}/consumer-of-a", f"02-{day:02}T10:00", 50) for day in range(14, 28))
    return snapshot(docs, telemetry=telemetry("service-graph"), incidents=history(*fires))


def insurer_of_thirty_five() -> Snapshot:
    """Every service checks tokens, waits in its own way and decides itself who sees what is new."""
    home = "insurance"
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *monitoring(traces=True),
        *argo_cd(),
        namespace(home, pci="true", team="platform"),
        binding(home, "platform", "platform-team"),
        on_call(home),
        alert_rules(home, "insurance", "ClaimsSlow"),
        ingress(home, "www", "part-0"),
        ingress(
            home,
            "beta",
            "part-0",
            annotations={"nginx.ingress.kubernetes.io/canary": "true"},
        ),
        sloth(home, "claims", 99.9),
        sloth(home, "letters", 99),
    ]
    calls = {(n, m) for n in range(35) for m in (2 * n + 1, 2 * n + 2) if m < 35}
    calls |= {(n, n + 3) for n in range(10, 30)}
    for number in range(35):
        docs += app(
            home,
            f"part-{number}",
            env={
                "HYSTRIX_TIMEOUT_MS": str(1000 + number % 3 * 500),
                "FEATURE_ROLLOUT_PERCENT": "20",
                "FEATURE_NEW_QUOTE": "true",
            },
            secret_env={"JWT_SECRET": "jwt/secret"},
        )
    seen = [call(f"{home}/part-{n}", f"{home}/part-{m}") for n, m in sorted(calls)]
    fires = (alarm(f"{home}/part-3", f"02-{day:02}T10:00", 45 + day) for day in range(14, 28))
    return snapshot(docs, telemetry=telemetry("service-graph", seen), incidents=history(*fires))


DESKS = ("politics", "sports", "weather", "culture", "opinion", "archive", "comments", "puzzles")
BEHIND = ("authors", "pictures", "polls", "letters")


def gateway_and_leaves() -> Snapshot:
    """A well-run newspaper: one gateway before all, one timeout for all, each call measured."""
    home = "news"
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *monitoring(traces=True),
        *argo_cd(),
        namespace(home, team="newsroom"),
        binding(home, "newsroom", "newsroom-team"),
        on_call(home),
        alert_rules(home, "news", "NewsSlow"),
        ingress(home, "www", "gateway"),
        config_map(home, "http-defaults", HTTP_CLIENT_TIMEOUT="2s"),
    ]
    for name in ("gateway", *DESKS, *BEHIND):
        docs += app(home, name, kind="Rollout", env_from=("http-defaults",))
    seen = [call(f"{home}/gateway", f"{home}/{desk}") for desk in DESKS]
    seen += [call(f"{home}/{d}", f"{home}/{b}") for d, b in zip(DESKS, BEHIND, strict=False)]
    fires = (alarm(f"{home}/comments", f"02-{day:02}T10:00", 50) for day in range(14, 28))
    return snapshot(docs, telemetry=telemetry("service-graph", seen), incidents=history(*fires))


def copies_for_customers() -> Snapshot:
    """The same two services and their database for each of twelve customers."""
    docs: list[Doc] = [*bare_cluster(), *ingress_nginx(), *monitoring(), *argo_cd()]
    for number in range(12):
        home = f"customer-{number:02}"
        docs += [
            namespace(home, team="hosting"),
            ingress(home, f"www-{number:02}", "web"),
            *app(home, "web", env={"API_URL": "http://api"}),
            *app(home, "api", env={"DATABASE_URL": "postgres://postgres:5432/site"}),
            *stateful(home, "postgres", POSTGRES, 5432),
        ]
    fires = (alarm("customer-03/web", f"02-{day:02}T10:00", 12) for day in range(14, 28))
    return snapshot(docs, incidents=history(*fires))

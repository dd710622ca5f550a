"""Clusters that are a platform for others."""

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
    cert_manager,
    config_map,
    default_deny,
    definition,
    ingress,
    ingress_nginx,
    monitor,
    monitoring,
    namespace,
    on_call,
    priority_class,
    snapshot,
    stateful,
    telemetry,
    thing,
    workload,
)


def data_platform() -> Snapshot:
    """Kafka, ClickHouse and Airflow; what the team writes reads from one and fills the other."""
    home = "data"
    kafka = {"KAFKA_BOOTSTRAP_SERVERS": "kafka:9092", "CLICKHOUSE_HOST": "clickhouse:8123"}
    airflow = "docker.io/apache/airflow:2.10.5"
    docs: list[Doc] = [
        *bare_cluster(),
        *monitoring(),
        *argo_cd(),
        namespace(home, team="data-engineering"),
        binding(home, "data", "data-engineers"),
        on_call(home),
        alert_rules(home, "kafka", "UnderReplicated", "ConsumerLag"),
        monitor(home, "kafka"),
        *stateful(home, "kafka", "docker.io/apache/kafka:3.9.0", 9092, replicas=5),
        *stateful(home, "zookeeper", "docker.io/library/zookeeper:3.9", 2181, replicas=3),
        *stateful(home, "clickhouse", "docker.io/clickhouse/clickhouse-server:25.1", 8123),
        *stateful(home, "minio", "quay.io/minio/minio:RELEASE.2025-02-07T23-21-09Z", 9000),
        *stateful(home, "postgres", POSTGRES, 5432),
        *stateful(home, "schema-registry", "docker.io/confluentinc/cp-schema-registry:7.8.0", 8081),
        *app(home, "airflow-webserver", image=airflow, env={"DB_HOST": "postgres"}),
        workload(home, "airflow-scheduler", image=airflow, port=None),
        *(workload(home, f"{name}-sink", env=kafka, port=None, replicas=4) for name in TOPICS),
        *(workload(home, f"{name}-etl", kind="CronJob", port=None) for name in TOPICS),
        *app(home, "query-api", env={"CLICKHOUSE_HOST": "clickhouse:8123"}),
        budget(home, "kafka", maxUnavailable=1),
    ]
    return snapshot(docs, telemetry=telemetry("service-graph"))


TOPICS = ("clicks", "orders", "views", "ads", "sensors", "payments")


TENANTS = {
    "acme": ("storefront", "stock-sync", "pricing"),
    "bolt": ("tracker", "dispatch", "billing", "driver-api"),
    "crux": ("ledger", "reports", "importer"),
    "dove": ("inbox", "composer", "scheduler", "archive"),
    "echo": ("recorder", "transcriber", "player"),
    "flux": ("gridwatch", "forecast"),
    "gale": ("weather", "tiles", "alerts-api"),
}


def multi_tenant_platform() -> Snapshot:
    """Seven customers in one cluster, kept apart, on plans of different price."""
    docs: list[Doc] = [
        *bare_cluster(),
        *ingress_nginx(),
        *cert_manager(),
        *monitoring(),
        *argo_cd(),
        definition("tenants.capsule.clastix.io"),
        priority_class("gold", 10_000),
        priority_class("silver", 1_000),
        binding(None, "platform", "platform-team", "cluster-admin"),
        on_call("monitoring"),
    ]
    for position, (tenant, names) in enumerate(TENANTS.items()):
        home = f"{tenant}-prod"
        plan = "gold" if position % 2 else "silver"
        docs += [
            namespace(home, **{"capsule.clastix.io/tenant": tenant, "plan": plan}),
            thing("v1", "ResourceQuota", "plan", home, spec={"hard": {"pods": "40"}}),
            thing("v1", "LimitRange", "plan", home, spec={"limits": [{"type": "Container"}]}),
            default_deny(home),
            binding(home, "tenant", f"{tenant}-admins", "admin"),
            config_map(home, "urls", MAIN=f"http://{names[-1]}"),
            ingress(home, tenant, names[0]),
            *stateful(home, "postgres", POSTGRES, 5432),
            alert_rules(home, tenant, f"{tenant.title()}Down"),
        ]
        for name in names:
            env_from = ["urls"] if name == names[0] else []
            docs += app(home, name, env_from=env_from, priority=plan, spread=True)
            docs.append(budget(home, name, minAvailable=1))
    seen = [
        call(f"{tenant}-prod/{names[0]}", f"{tenant}-prod/{name}")
        for tenant, names in TENANTS.items()
        for name in names[1:]
    ]
    return snapshot(docs, telemetry=telemetry("service-graph", seen))

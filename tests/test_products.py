"""What a workload runs is recognised once, while it is read, and stored."""

import pytest

from mesh_probe.model import Container, Workload
from mesh_probe.products import recognised

APP = Container("main", "registry.example/team/cart:1")


def facts(
    *containers: Container,
    namespace: str = "shop",
    name: str = "it",
    labels: dict[str, str] | None = None,
) -> tuple[str | None, str | None]:
    found = recognised(Workload("Deployment", namespace, name, labels or {}, containers=containers))
    return found.product, found.role


@pytest.mark.parametrize(
    ("image", "product", "role"),
    [
        ("docker.io/library/postgres:16-alpine", "postgres", "datastore"),
        ("redis@sha256:0123", "redis", "datastore"),
        ("rabbitmq:3-management", "rabbitmq", "broker"),
        ("otel/opentelemetry-collector-contrib:0.100.0", "opentelemetry", "infrastructure"),
        ("quay.io/prometheuscommunity/postgres-exporter", "exporter", "infrastructure"),
        ("vault:1.13", "vault", "datastore"),
        ("registry.example/mirror/hashicorp/vault:1.20", "vault", "datastore"),
        ("docker.dragonflydb.io/dragonflydb/dragonfly", "redis", "datastore"),
        ("percona/percona-xtradb-cluster-operator:1.16", "operator", "infrastructure"),
        ("quay.io/strimzi/operator:0.45", "operator", "infrastructure"),
        ("ghcr.io/fluxcd/notification-controller:v1", "delivery", "infrastructure"),
        ("openpolicyagent/gatekeeper:v3", "policy", "infrastructure"),
        ("istio/pilot:1.27", "istio", "infrastructure"),
        ("registry.istio.io/release/pilot:1.30.2", "istio", "infrastructure"),
        ("ghcr.io/buoyantio/controller:enterprise-2.18.0", "linkerd", "infrastructure"),
        ("registry.k8s.io/pause:3.10", "control-plane", "infrastructure"),
        ("apache/airflow:2.10", "data-tool", "infrastructure"),
        ("flink:1.20", "data-tool", "infrastructure"),
        ("confluentinc/cp-schema-registry:7.8", "kafka-tool", "broker"),
        ("trinodb/trino:470", "query-engine", "datastore"),
        ("quay.io/keycloak/keycloak:26", "identity", "infrastructure"),
        ("gitlab/gitlab-ce:17", "build-tool", "infrastructure"),
        ("grafana/loki:3.4", "loki", "infrastructure"),
        ("unleashorg/unleash-server:6", "feature-flags", "infrastructure"),
        ("ghcr.io/spiffe/spire-agent:1.9", "spire", "infrastructure"),
        ("ghcr.io/dapr/sentry:1.13.2", "dapr", "infrastructure"),
        ("ghcr.io/dapr/operator:1.13.2", "operator", "infrastructure"),
        ("datalust/seq:2024.3", "logging", "infrastructure"),
        ("registry.example/shop/eureka-server:2.1", "registry", "infrastructure"),
        ("registry.example/shop/shop-config-server:2.1", "registry", "infrastructure"),
        ("agones-images/release/agones-allocator:1.40.0", "game-servers", "infrastructure"),
        ("ghcr.io/projectcapsule/capsule:v0.10.6", "tenancy", "infrastructure"),
        ("ghcr.io/projectcapsule/capsule-proxy:v0.9.10", "tenancy", "infrastructure"),
        ("docker.io/clastix/kamaji:v0.4.1", "tenancy", "infrastructure"),
        ("ghcr.io/loft-sh/vcluster-pro:0.35.1", "tenancy", "infrastructure"),
        ("gcr.io/k8s-staging-multitenancy/hnc-manager:v1.1.0", "tenancy", "infrastructure"),
        ("rancher/rancher-agent:v2.9.2", "tenancy", "infrastructure"),
        ("rancher/fleet-agent:v0.10.2", "tenancy", "infrastructure"),
        ("xpkg.upbound.io/crossplane/crossplane:v1.18", "provisioning", "infrastructure"),
        (
            "xpkg.upbound.io/crossplane-contrib/provider-kubernetes:v1",
            "provisioning",
            "infrastructure",
        ),
        ("public.ecr.aws/karpenter/controller:1.7.4", "scaling", "infrastructure"),
        ("registry.k8s.io/descheduler/descheduler:v0.31.0", "scaling", "infrastructure"),
        (
            "us-docker.pkg.dev/fairwinds-ops/oss/goldilocks:v4.13.0",
            "scaling",
            "infrastructure",
        ),
        ("kubegreen/kube-green:0.6.0", "scaling", "infrastructure"),
        ("gcr.io/kubecost1/cost-model:prod-1.106.2", "cost", "infrastructure"),
        ("ghcr.io/opencost/opencost:1.113.0", "cost", "infrastructure"),
        ("ghcr.io/stakater/reloader:v1.1.0", "housekeeping", "infrastructure"),
        ("bitnami/sealed-secrets-controller:0.27.3", "housekeeping", "infrastructure"),
        ("velero/velero:v1.15.0", "velero", "infrastructure"),
        ("quay.io/oauth2-proxy/oauth2-proxy:v7.7.1", "oauth2-proxy", "infrastructure"),
        ("ghcr.io/dexidp/dex:v2.41.1", "identity", "infrastructure"),
        ("maildev/maildev:2.1.0", "test-mail", "infrastructure"),
        ("axllent/mailpit", "test-mail", "infrastructure"),
        ("wavefronthq/proxy:latest", "agent", "infrastructure"),
        ("confluentinc/cp-zookeeper:7.5", "zookeeper", "datastore"),
        (
            "mirror.example/gcr_io_google-containers_fluentd-elasticsearch:v2",
            "logging",
            "infrastructure",
        ),
        ("mirror.example/docker_elastic_co_kibana_kibana-oss:v6", "logging", "infrastructure"),
        (
            "mirror.example/quay.io_prometheuscommunity_postgres_exporter",
            "exporter",
            "infrastructure",
        ),
        ("mirror.example/hub/docker_io_redis:7", "redis", "datastore"),
        ("mirror.example/library_postgres:16", "postgres", "datastore"),
        ("registry.k8s.io/external-dns/external-dns:v0.15.0", "dns", "infrastructure"),
        (
            "registry.k8s.io/autoscaling/cluster-autoscaler:v1.31.0",
            "metrics-server",
            "infrastructure",
        ),
    ],
)
def test_an_image_tells_product_and_role(image: str, product: str | None, role: str | None) -> None:
    assert facts(Container("main", image)) == (product, role)


@pytest.mark.parametrize(
    "name",
    [
        *("postgres-client", "rabbitmq-consumer", "elasticsearch-indexer", "neo4j-loader"),
        *("tour-operator", "mobile-operator-api", "cortex-billing", "cortex", "thanos", "mimir"),
        *("fluxcapacitor", "notification-controller", "image-controller", "policy-controller"),
        *(
            "gatekeeper",
            "opa",
            "falco",
            "pilot",
            "ambassador",
            "kong",
            "hubble-images",
            "kuma-shop",
        ),
        *(
            "garage",
            "dragonfly",
            "vault",
            "consul",
            "artemis",
            "pulsar",
            "redpanda",
            "scylla",
            "h2",
        ),
        *("airflow", "flink", "keycloak", "trino", "registry", "jenkins", "loki", "tempo", "spire"),
        *("discovery-server", "remote-config", "seq", "sentry", "placement"),
        *(
            "capsule",
            "crossplane",
            "vcluster",
            "reloader",
            "karpenter",
            "goldilocks",
            "descheduler",
        ),
        *("tenancy", "cost", "kubecost", "controller", "provider-payments", "polaris", "keel"),
        *("metrics-server", "pause", "user-provisioner", "csi-reports", "cert-manager-audit"),
        *("orders_kafka", "studio_redis", "docker_io_team_cart", "mail-server", "proxy"),
    ],
)
def test_a_word_that_teams_also_use_is_no_product_without_its_publisher(name: str) -> None:
    assert facts(Container("main", f"registry.example/team/{name}:1")) == (None, None)


@pytest.mark.parametrize(
    "image",
    ["istio/examples-bookinfo-reviews-v1", "jaegertracing/example-hotrod", "kumahq/kuma-demo"],
)
def test_what_publishers_ship_to_try_their_product_on_is_an_application(image: str) -> None:
    assert facts(Container("main", image)) == (None, None)


@pytest.mark.parametrize("namespace", ["fleet-tracking", "azure-billing", "ingress-orders"])
def test_a_namespace_that_only_begins_like_a_fitting_is_a_team_s(namespace: str) -> None:
    assert facts(APP, namespace=namespace) == (None, None)


def test_an_exporter_beside_a_database_leaves_the_database() -> None:
    exporter = Container("metrics", "prom/mysqld-exporter:v0.15")

    assert facts(exporter, Container("db", "mysql:8")) == ("mysql", "datastore")
    assert facts(exporter, APP) == (None, None)


SIDECAR = Container("grafana-sc-dashboard", "quay.io/kiwigrid/k8s-sidecar:1.30.10")
PROXY = Container("proxy", "quay.io/oauth2-proxy/oauth2-proxy:v7")


def test_helpers_beside_a_product_leave_the_product() -> None:
    grafana = Container("dashboards", "docker.io/grafana/grafana:12.1.1")
    shipper = Container("logs", "docker.elastic.co/beats/filebeat:8")

    assert facts(SIDECAR, PROXY, shipper, grafana) == ("grafana", "infrastructure")
    assert facts(Container("db", "mysql:8"), Container("x", "git-sync/git-sync:v4"))[0] == "mysql"


@pytest.mark.parametrize(
    "helper",
    [
        *("quay.io/kiwigrid/k8s-sidecar:1", "ghcr.io/jimmidyson/configmap-reload:v0.15.0"),
        *("quay.io/brancz/kube-rbac-proxy:v0.22.1", "registry.k8s.io/git-sync/git-sync:v4.2.4"),
        *("gcr.io/cloud-sql-connectors/cloud-sql-proxy:2", "gcr.io/cloudsql-docker/gce-proxy:1"),
        *("quay.io/oauth2-proxy/oauth2-proxy:v7", "fluent/fluent-bit:3", "redis:7", "pgbouncer"),
        *("prom/mysqld-exporter", "otel/opentelemetry-collector:1", "openpolicyagent/opa:1"),
    ],
)
@pytest.mark.parametrize("name", ["it", "cart"])
def test_an_application_with_a_helper_stays_an_application(helper: str, name: str) -> None:
    cart = Container("cart", "registry.example/team/cart:1")

    assert facts(cart, Container("helper", helper), name=name) == (None, None)


def test_an_agent_for_secrets_makes_no_application_a_datastore() -> None:
    assert facts(APP, Container("vault-agent", "hashicorp/vault:1.20")) == (None, None)
    assert facts(Container("vault-agent", "hashicorp/vault:1.20"), APP) == (None, None)


def test_the_container_that_a_workload_is_called_like_tells_what_it_is_for() -> None:
    flagd = Container("flagd", "ghcr.io/open-feature/flagd:v0.16.0")
    page = Container("flagd-ui", "registry.example/team/switches:3")
    flags = ("feature-flags", "infrastructure")

    assert facts(page, flagd, name="flagd") == flags
    assert facts(page, flagd, labels={"app.kubernetes.io/name": "flagd"}) == flags
    assert facts(page, flagd, name="shop-flagd") == flags
    assert facts(page, flagd, name="flagd-ui") == (None, None)
    assert facts(flagd, page) == (None, None)


def test_a_helper_that_is_called_like_its_workload_is_not_what_that_is_for() -> None:
    site = Container("site", "registry.example/team/site:1")

    assert facts(Container("web", "oauth2-proxy/oauth2-proxy:v7"), site, name="web") == (None, None)


def test_what_only_helps_in_a_pod_of_its_own_is_what_the_pod_is_for() -> None:
    assert facts(PROXY) == ("oauth2-proxy", "infrastructure")
    assert facts(SIDECAR) == (None, None)


def test_beside_the_unknown_the_first_container_makes_a_datastore() -> None:
    backup = Container("backup", "registry.example/team/backup:1")

    assert facts(Container("main", "postgres:16"), backup) == ("postgres", "datastore")
    assert facts(backup, Container("main", "postgres:16")) == (None, None)


def test_an_init_container_is_not_what_a_workload_runs() -> None:
    assert facts(Container("wait", "postgres:16", init=True), APP) == (None, None)


def test_whatever_runs_where_fittings_are_installed_is_one() -> None:
    assert facts(APP, namespace="kube-system") == (None, "infrastructure")
    assert facts(Container("db", "postgres"), namespace="monitoring") == (
        "postgres",
        "infrastructure",
    )

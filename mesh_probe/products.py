"""What a workload runs, where its image tells: datastores, brokers, and the cluster's own fittings.

Products are recognised by the image's name as their publishers ship it (Docker Hub's official
images, Bitnami, the projects' own registries): its last part, or the last two where the last alone
is a word that teams also use. Fittings are also recognised by the namespaces that their charts
install into.
"""

import re
from collections.abc import Iterable

import msgspec

from mesh_probe.model import Container, Noun, Purpose, Workload


class Product(Noun):
    """A product and what it is for."""

    name: str
    role: Purpose


def _table(role: Purpose, **patterns: str) -> list[tuple[re.Pattern[str], Product]]:
    return [
        (re.compile(pattern), Product(name.replace("_", "-"), role))
        for name, pattern in patterns.items()
    ]


# Exporters, operators and agents come first: "mysqld-exporter" is not MySQL.
_PRODUCTS = (
    *_table(
        "infrastructure",
        exporter=r"^(node|mysqld?|postgres|redis|mongodb|kafka|elasticsearch|rabbitmq|memcached|nginx|"
        r"nginx-prometheus|blackbox|statsd|snmp|jmx|cloudwatch|prometheus-nats|oracledb|consul|"
        r"x509-certificate|process)[-_]exporter$",
        operator=r".*[-_]operator(-.*)?$",
        admin_page=r"^(phpmyadmin|pgadmin4?|adminer|mongo-express|redis-?commander|kafka-ui)$",
        prometheus=r"^(prometheus|thanos|mimir|cortex|pushgateway|alertmanager|promtail)(-.*)?$",
        victoria_metrics=r"^(victoria-metrics|vm(single|select|storage|insert|agent|alert)).*$",
        grafana=r"^(grafana|grafana/(loki|tempo|alloy|agent|beyla|pyroscope))$",
        kube_state_metrics=r"^kube-state-metrics$",
        metrics_server=r"^(metrics-server|prometheus-adapter|vpa-.*|cluster-autoscaler.*|keda.*)$",
        opentelemetry=r"^(opentelemetry-collector.*|otelcol.*|opentelemetry-operator|ebpf-instrument)$",
        jaeger=r"^(jaeger|jaeger-.*|jaegertracing/.*|zipkin|openzipkin/.*)$",
        logging=r"^(fluentd?|fluent-bit|fluentd-.*|filebeat|logstash|timberio/vector|kibana|journalbeat)$",
        agent=r"^(datadog(hq)?/.*|datadog-agent|newrelic/.*|oneagent|elastic-agent|coroot.*|caretta|"
        r"cloudwatch-agent|aws-otel-collector|splunk-otel-collector)$",
        ingress_controller=r"^(ingress-nginx/controller|ingress-nginx-controller|nginx-ingress(-controller)?|"
        r"nginx-ingress-controller|traefik|haproxy-ingress|kubernetes-ingress|projectcontour/contour|"
        r"envoyproxy/gateway|kong|kong/.*|ambassador|emissary)$",
        mesh=r"^(pilot|istiod|proxyv2|ztunnel|install-cni|policy-controller|proxy-init|"
        r"linkerd2?-.*|consul-(k8s|dataplane).*|kuma-.*|kiali)$",
        cilium=r"^(cilium|cilium-.*|hubble-.*|operator-generic|calico.*|flannel.*|kube-router|weaveworks/.*)$",
        dns=r"^(coredns|kube-dns.*|k8s-dns-.*|external-dns|node-local-dns)$",
        cert_manager=r"^cert-manager-.*$",
        delivery=r"^(argocd|argo-rollouts|argocli|workflow-controller|flagger|flux.*|"
        r"(source|kustomize|helm|notification|image-.*)-controller)$",
        control_plane=r"^(kube-(apiserver|scheduler|controller-manager|proxy).*|pause|konnectivity.*|"
        r"local-path-provisioner|snapshot-controller|csi-.*|.*-csi-driver|.*-provisioner)$",
        policy=r"^(kyverno.*|gatekeeper|opa|falco.*|trivy-.*|vault-k8s|external-secrets)$",
        velero=r"^velero.*$",
        mesh_probe=r"^mesh-probe$",
    ),
    *_table(
        "broker",
        kafka=r"^((cp-|cp-server-)?kafka|kafka-native|redpanda)$",
        rabbitmq=r"^rabbitmq(-.*)?$",
        nats=r"^nats(-streaming|-server)?$",
        pulsar=r"^pulsar(-all)?$",
        activemq=r"^(activemq|artemis|activemq-.*|apache-activemq.*)$",
        mosquitto=r"^(eclipse-)?mosquitto$|^emqx$|^vernemq$",
        localstack=r"^(localstack|elasticmq.*)$",
    ),
    *_table(
        "datastore",
        postgres=r"^(postgres|postgresql|postgis|spilo.*|timescaledb.*|pgbouncer|pgpool|pgvector)$",
        mysql=r"^(mysql|mysql-server|percona.*|proxysql)$",
        mariadb=r"^mariadb(-galera)?$",
        mongodb=r"^(mongo|mongodb|mongodb-.*-server|mongos|percona-server-mongodb)$",
        redis=r"^(redis|valkey|keydb|dragonfly|redis-(stack|cluster|sentinel|stack-server))$",
        memcached=r"^memcached$",
        elasticsearch=r"^(elasticsearch|opensearch)(-.*)?$",
        search=r"^(solr|meilisearch|typesense)$",
        cassandra=r"^(cassandra|scylla|dse-server)$",
        clickhouse=r"^clickhouse(-server)?$",
        cockroachdb=r"^cockroach(db)?$",
        yugabyte=r"^yugabyte$",
        tidb=r"^pingcap/(tidb|tikv|pd)$",
        influxdb=r"^influxdb$",
        neo4j=r"^neo4j(-.*)?$",
        sqlserver=r"^(mssql/server|mssql-server.*|azure-sql-edge)$",
        oracle=r"^oracle-(xe|free|database)$",
        couchdb=r"^couchdb$",
        couchbase=r"^couchbase(/server)?$",
        arangodb=r"^arangodb$",
        etcd=r"^etcd$",
        zookeeper=r"^zookeeper$",
        consul=r"^consul$",
        minio=r"^(minio|seaweedfs|garage)$",
        vault=r"^vault$",
        h2=r"^(h2|hsqldb|dynamodb-local|firestore-emulator)$",
    ),
)

PRODUCT_NAMES = frozenset(product.name for _, product in _PRODUCTS)
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _PRODUCTS))

_FITTING_NAMESPACES = re.compile(
    r"kube-(system|public|node-lease)|kubernetes-dashboard|istio-(system|operator|ingress)|"
    r"linkerd(-viz|-jaeger|-multicluster)?|cilium-secrets|calico-(system|apiserver)|tigera-operator|"
    r"(gke|gmp|openshift|cattle|fleet|azure|ingress)-.*|amazon-cloudwatch|aws-observability|"
    r"monitoring|observability|logging|prometheus|grafana|cert-manager|argo(cd|-cd|-rollouts)?|"
    r"flux-system|flagger-system|kyverno|gatekeeper-system|external-secrets|falco|trivy-system|"
    r"velero|metallb-system|local-path-storage|longhorn-system|rook-ceph|keda|"
    r"knative-(serving|eventing)|mesh-probe"
)

_PART_OF_MESH = frozenset({"istio-proxy", "linkerd-proxy", "daprd", "consul-dataplane"})


def recognised(workload: Workload) -> Workload:
    """The workload with its product, and with its role where it is no application.

    A fitting is what runs a fitting's product, or whatever runs where fittings are installed.
    """
    product = _product_of(workload.containers)
    fitting = _FITTING_NAMESPACES.fullmatch(workload.namespace) is not None
    role = "infrastructure" if fitting else product.role if product else None
    return msgspec.structs.replace(workload, product=product.name if product else None, role=role)


def by_image(image: str | None) -> Product | None:
    """The product that an image is published as, None for any other."""
    parts = (image or "").partition("@")[0].lower().split("/")
    name = parts[-1].partition(":")[0]
    names = (name, f"{parts[-2]}/{name}") if len(parts) > 1 else (name,)
    if not any(_ANY.match(candidate) for candidate in names):
        return None  # as most images, and asking all patterns takes ten times as long
    for pattern, product in _PRODUCTS:
        if any(pattern.match(candidate) for candidate in names):
            return product
    return None


def _product_of(containers: Iterable[Container]) -> Product | None:
    """What the first of a pod's own containers whose image is known runs.

    Sidecars are passed over: an exporter beside PostgreSQL leaves PostgreSQL.
    """
    own = [container for container in containers if not container.init]
    found = [
        product
        for container in own
        if container.name not in _PART_OF_MESH and (product := by_image(container.image))
    ]
    mains = [product for product in found if product.role != "infrastructure"]
    if mains:
        return mains[0]
    return found[0] if found and len(found) >= len(own) else None

"""What a workload runs, where its image tells: datastores, brokers, and the cluster's own fittings.

Products are recognised by the image's name as their publishers ship it (Docker Hub's official
images, Bitnami, the projects' own registries): its last part, or the last two, publisher and name,
where the last alone is a word that a team may give to a service of its own. A product that is
missed counts as an application and can be seen in the report; a service that is taken for a product
drops out of every count unseen, so where in doubt it is an application. Fittings are also
recognised by the namespaces that their charts install into.
"""

import re
from functools import lru_cache

import msgspec

from mesh_probe.model import Container, Noun, Purpose, Workload


class Product(Noun):
    """A product and what it is for."""

    name: str
    role: Purpose


def _table(role: Purpose, **patterns: str) -> list[tuple[str, Product]]:
    return [(pattern, Product(name.replace("_", "-"), role)) for name, pattern in patterns.items()]


# Exporters, operators and agents come first: "mysqld-exporter" is not MySQL.
_PRODUCTS = (
    *_table(
        "infrastructure",
        exporter=r"(node|mysqld?|postgres|redis|mongodb|kafka|elasticsearch|rabbitmq|memcached|nginx|"
        r"nginx-prometheus|blackbox|statsd|snmp|jmx|cloudwatch|prometheus-nats|oracledb|consul|"
        r"x509-certificate)[-_]exporter|ncabatoff/process-exporter",
        operator=r"(prometheus|alertmanager|grafana|loki|tempo|jaeger|kiali|opentelemetry|strimzi|kafka|"
        r"zookeeper|redis|valkey|postgres|postgresql|mysql|mariadb|percona|elasticsearch|opensearch|solr|"
        r"cassandra|cass|k8ssandra|clickhouse|cockroach|couchbase|etcd|nats|pulsar|rabbitmq|"
        r"rabbitmq-cluster|trivy|eck|keycloak|spark|flink-kubernetes|gpu|metallb|knative|"
        r"vault-secrets|messaging-topology|mongodb(-kubernetes|-enterprise|-atlas-kubernetes)?|"
        r"percona-[a-z-]+|dragonfly|istio|datadog|scylla|minio|victoriametrics)-operator|"
        r"(strimzi|tigera|istio|minio|victoriametrics|datadog(hq)?|rook|daprio|dapr)/operator|"
        r"rabbitmqoperator/.*|cloudnative-pg|opentelemetry-operator/.*",
        admin_page=r"phpmyadmin|pgadmin4?|adminer|mongo-express|redis-?commander|kafka-ui|"
        r"opensearch-dashboards",
        alertmanager=r"alertmanager|grafana/oncall",
        prometheus=r"prometheus|prometheus-config-reloader|pushgateway|"
        r"(thanosio|thanos|bitnami(legacy)?)/thanos|grafana/mimir(-.*)?|cortexproject/cortex",
        victoria_metrics=r"victoria-(metrics|logs)|victoriametrics/.*",
        loki=r"grafana/loki(-.*)?|promtail",
        tempo=r"grafana/(tempo|beyla)(-.*)?",
        grafana=r"grafana|grafana-(oss|enterprise|image-renderer)|"
        r"grafana/(alloy|agent|pyroscope)(-.*)?",
        kube_state_metrics=r"kube-state-metrics",
        metrics_server=r"(metrics-server|bitnami(legacy)?|rancher|google_containers|k8s\.gcr\.io|eks)/"
        r"(mirrored-)?metrics-server(-.*)?|prometheus-adapter|"
        r"vpa-(recommender|updater|admission-controller)|cluster-autoscaler(-a[a-z]+64)?|keda|"
        r"kedacore/.*",
        feature_flags=r"unleash(-server|-proxy|-edge)?|flagsmith(/.*|-.*)?|flipt|flagd(-.*)?|growthbook|"
        r"open-feature/.*|flagr|goff-relay-proxy|go-feature-flag|ld-relay",
        opentelemetry=r"opentelemetry-collector.*|otelcol.*|otel/.*|ebpf-instrument",
        jaeger=r"jaeger|jaeger-(agent|all-in-one|collector|query|ingester|es-.*)|"
        r"jaegertracing/(?!example-).*|zipkin|openzipkin/zipkin.*",
        logging=r"fluentd|fluent-bit|fluentd-.*|filebeat|logstash|timberio/vector|"
        r"kibana(-oss)?|journalbeat|datalust/seq(-.*)?",
        test_mail=r"maildev|mailhog|mailpit|smtp4dev|mailcatcher|inbucket/inbucket|"
        r"greenmail/standalone",
        agent=r"datadog(hq)?/.*|datadog-agent|newrelic/.*|oneagent|elastic-agent|coroot/.*|"
        r"coroot(-node-agent|-cluster-agent)?|groundcover/caretta|cloudwatch-agent|"
        r"aws-otel-collector|splunk-otel-collector|prometheus-engine/.*|azuremonitor/.*|"
        r"containerinsights/.*|gke-metrics-agent|splunk/.*|dynatrace/.*|sysdig/.*|"
        r"(wavefronthq|tanzu_observability)/(proxy|(wavefront|kubernetes)-.*)",
        ingress_controller=r"ingress-nginx/controller|ingress-nginx-controller|traefik|haproxy-ingress|"
        r"nginx-ingress(-controller)?|haproxytech/kubernetes-ingress|projectcontour/contour|"
        r"envoyproxy/gateway|(library|bitnami(legacy)?)/kong|"
        r"kong/(kong(-.*)?|kubernetes-ingress-controller|gateway-operator.*)|"
        r"datawire/(ambassador|aes|emissary)|emissary-?ingress/emissary",
        ztunnel=r"ztunnel|mirrored-istio-ztunnel",
        istio=r"istiod|proxyv2|(istio|istio-release|istio-testing|release)/(pilot|install-cni)|"
        r"mirrored-istio-.*|openshift-service-mesh/(istio-)?(pilot|proxyv2|cni)-.*",
        linkerd=r"linkerd/.*|linkerd2-.*|linkerd-(proxy|controller|web|cni|tap|extension).*|"
        r"buoyantio/(controller|policy-controller|proxy|proxy-init)",
        consul_mesh=r"consul-(k8s|dataplane).*",
        kuma=r"kumahq/kuma-(?!demo).*|kuma-(cp|dp|sidecar|init|cni)",
        osm=r"openservicemesh/.*|osm-(controller|injector|bootstrap)",
        kiali=r"kiali",
        dapr=r"(daprio|dapr)/(dapr|daprd|placement|sentry|injector|scheduler|dashboard)",
        cilium=r"cilium|cilium-(envoy|operator).*|mirrored-(cilium|calico|flannel).*|"
        r"cilium/(operator.*|hubble.*|clustermesh-apiserver|certgen|tetragon.*)|hubble-(relay|ui.*)|"
        r"calico/.*|calico-(node|typha|kube-controllers|cni|apiserver)|flannel|flannel-cni.*|"
        r"kube-router|weaveworks/weave-.*",
        dns=r"coredns|kube-dns.*|k8s-dns-.*|external-dns|node-local-dns",
        oauth2_proxy=r"oauth2-proxy|pomerium/pomerium|ghostunnel(/.*)?",
        spire=r"spire-(server|agent|controller-manager|oidc-provider)|spiffe-(helper|csi-driver)",
        opa=r"openpolicyagent/opa(-.*)?|opa-envoy-plugin|opa-istio",
        cert_manager=r"cert-manager-(controller|webhook|cainjector|acmesolver|startupapicheck|ctl)|"
        r"cert-manager|cert-manager-(istio-csr|csi-driver.*|approver-policy)",
        delivery=r"argocd|argo-rollouts|argocli|flagger|weaveworks/flux|fluxcd/.*|argoprojlabs/.*|"
        r"argoproj/(workflow-controller|argoexec|argo-events|argocd-.*)",
        control_plane=r"kube-(apiserver|scheduler|controller-manager|proxy)(-.*)?|konnectivity-.*|"
        r"(registry\.k8s\.io|k8s\.gcr\.io|google_containers|eks|gke-release|kubernetes)/pause|"
        r"mirrored-pause|sig-storage/.*|.*-csi-(driver|plugin)|(nfs(-client|-subdir-external)?|"
        r"local-path|local-volume|hostpath|rbd|cephfs|efs|csi)-provisioner|"
        r"csi-(attacher|resizer|snapshotter|node-driver-registrar)",
        policy=r"kyverno|kyvernopre|kyverno/.*|openpolicyagent/.*|falcosecurity/.*|falcosidekick|"
        r"aquasec(urity)?/trivy(-.*)?|vault-k8s|external-secrets",
        identity=r"(keycloak|bitnami(legacy)?)/keycloak|dexidp/dex|goauthentik/.*|zitadel/zitadel|"
        r"oryd/(hydra|kratos|oathkeeper)",
        build_tool=r"jenkins/jenkins|jenkins4eval/jenkins|gitlab/gitlab-(ce|ee|runner)|gitlab-org/.*|"
        r"gitea/gitea|library/sonarqube|sonatype/nexus3|goharbor/.*|jfrog/.*|tektoncd/.*|"
        r"tekton-releases/.*|drone/drone(-.*)?|library/registry|chartmuseum/chartmuseum|"
        r"verdaccio/verdaccio|actions/(actions-runner|gha-runner-scale-set-controller)|"
        r"summerwind/actions-runner.*|harness/delegate|buildkite/agent.*|runatlantis/atlantis|"
        r"jetbrains/teamcity-(server|agent)",
        data_tool=r"(apache|bitnami(legacy)?)/(airflow(-.*)?|spark(-.*)?|flink|superset|nifi|zeppelin)|"
        r"library/(flink|spark)|metabase/metabase|redash/redash|jupyterhub/.*|jupyter/.*|dagster/.*|"
        r"prefecthq/prefect.*|mlflow/mlflow|kubeflow/.*|kubeflownotebookswg/.*|kserve/.*|"
        r"temporalio/(server|ui|auto-setup|admin-tools).*|camunda/zeebe|apache/dolphinscheduler.*",
        # Teams build these of Spring Cloud's libraries, under the names of its guides.
        registry=r"(.*-)?eureka(-server)?|(.*-)?config-server|hystrix-dashboard|nacos/nacos-server",
        game_servers=r"agones-(controller|extensions|allocator|ping|processor|sdk)|"
        r"open-match-public-images/.*",
        velero=r"velero|velero/.*|velero-plugin-.*|kasten-images/.*",
        tenancy=r"(projectcapsule|clastix)/.*|(loft-sh|loftsh)/.*|hnc-manager|kubesphere/ks-.*|"
        r"rancher/(rancher(-.*)?|fleet(-.*)?|gitjob|shell|security-scan|(system|klipper|rke2)-.*)|"
        r"(karmada|liqotech|open-cluster-management|submariner)/.*",
        provisioning=r"(crossplane|crossplane-contrib|upbound)/.*|aws-controllers-k8s/.*|cnrm/.*|"
        r"k8s/azureserviceoperator|cluster-api(-[a-z]+)?/.*|(kubevirt|operator-framework)/.*|"
        r"hashicorp/(hcp-terraform|terraform-cloud)-operator|(tf|tofu)-controller|tf-runner",
        scaling=r"karpenter/controller|descheduler/descheduler|(kubegreen|kube-green)/kube-green|"
        r"(hjacobs|caas-team)/(py-)?kube-downscaler|addon-resizer(-a[a-z]+64)?|"
        r"cluster-proportional-(vertical-)?autoscaler(-a[a-z]+64)?|fairwinds/.*|"
        r"oss/(goldilocks|polaris|rbac-manager)",
        cost=r"kubecost1?/.*|kubecost-(cost-analyzer|cost-model|frontend)|opencost/.*",
        housekeeping=r"stakater/.*|sealed-secrets(-controller)?|emberstack/kubernetes-reflector|"
        r"mittwald/kubernetes-(replicator|secret-generator)|(kubereboot|weaveworks)/kured|"
        r"node-problem-detector|node-feature-discovery|kube-rbac-proxy|jetstack/.*|trust-manager|"
        r"keelhq/keel|kubernetesui/.*|headlamp-k8s/.*|portainer/.*|kubeshop/.*|chaos-mesh/.*|"
        r"litmuschaos/.*|tailscale/.*",
        security=r"kubewarden/.*|kubescape/.*|neuvector/.*|kubearmor/.*|twistlock/.*|falcon-(sensor|kac)|"
        r"(stackrox-io|advanced-cluster-security)/.*",
        load_balancer=r"aws-load-balancer-controller|aws-alb-ingress-controller|kube-vip/.*|"
        r"metallb/(controller|speaker)|frrouting/frr",
        storage=r"(rook|longhornio|openebs|portworx|piraeusdatastore)/.*|ceph/ceph",
        mesh_probe=r"mesh-probe",
    ),
    *_table(
        "broker",
        kafka=r"(cp-)?kafka|cp-server|kafka-native|(redpandadata|vectorized)/redpanda",
        rabbitmq=r"rabbitmq|rabbitmq-(server|management)",
        nats=r"nats(-streaming|-server)?",
        pulsar=r"(apachepulsar|apache|streamnative)/(pulsar|pulsar-all|sn-pulsar)",
        activemq=r"(apache-)?activemq(-classic|-artemis)?|activemq-artemis-broker.*|artemiscloud/.*",
        kafka_tool=r"cp-(schema-registry|kafka-connect(-base)?|kafka-rest|ksqldb-server)|ksqldb-server|"
        r"debezium/(connect|server)|apicurio/apicurio-registry.*|strimzi/(kafka|kafka-bridge)",
        mosquitto=r"(eclipse-)?mosquitto|emqx|vernemq",
        localstack=r"localstack|elasticmq(-native)?",
    ),
    *_table(
        "datastore",
        postgres=r"postgres|postgresql|postgresql-repmgr|postgis|spilo(-\d+)?|timescaledb(-ha)?|"
        r"pgbouncer|pgpool|pgvector",
        mysql=r"mysql|mysql-server|percona(-server|-xtradb-cluster)?|proxysql",
        mariadb=r"mariadb(-galera)?",
        mongodb=r"mongo|mongodb|mongodb-[a-z]+-server|mongodb-sharded|mongos|percona-server-mongodb",
        redis=r"redis|valkey|keydb|dragonflydb/dragonfly|redis-(stack|cluster|sentinel|stack-server)|"
        r"valkey-cluster",
        memcached=r"memcached",
        elasticsearch=r"elasticsearch(-oss|-wolfi)?|opensearch",
        search=r"solr|meilisearch|typesense/typesense|bitnami(legacy)?/solr",
        cassandra=r"cassandra|scylladb/.*|dse-server",
        clickhouse=r"clickhouse(-server)?",
        cockroachdb=r"cockroach(db)?",
        yugabyte=r"yugabyte",
        tidb=r"pingcap/(tidb|tikv|pd)",
        query_engine=r"(trinodb/trino|prestodb/presto|starburstdata/.*|apache/(hive|hadoop|druid|doris.*)|"
        r"apachepinot/pinot|bde2020/.*|dremio/dremio-oss|starrocks/.*)",
        vector_store=r"qdrant/qdrant|milvusdb/milvus|semitechnologies/weaviate|chromadb/chroma",
        influxdb=r"influxdb",
        neo4j=r"neo4j(-enterprise)?",
        sqlserver=r"mssql/server|mssql-server(-.*)?|azure-sql-edge",
        oracle=r"oracle-(xe|free)|(oracle|database)/(database|enterprise|free|express)",
        couchdb=r"couchdb",
        couchbase=r"(library/)?couchbase|couchbase/server",
        arangodb=r"arangodb",
        etcd=r"etcd",
        zookeeper=r"(cp-)?zookeeper",
        consul=r"(library|hashicorp|bitnami(legacy)?)/consul(-enterprise)?",
        minio=r"minio|seaweedfs|dxflrs/garage",
        vault=r"(library|hashicorp|bitnami(legacy)?)/vault(-enterprise)?|openbao/openbao.*",
        h2=r"oscarfonts/h2|hsqldb|dynamodb-local|firestore-emulator",
    ),
)

MESH_PRODUCTS = frozenset(
    {"istio", "ztunnel", "linkerd", "consul-mesh", "kuma", "osm", "kiali", "dapr"}
)
"""The programs of meshes, and of what is run beside them."""

ROLE_OF = {product.name: product.role for _, product in _PRODUCTS}
"""What each product is for, by its name."""

PRODUCT_NAMES = frozenset(ROLE_OF)
_ANY = "|".join(pattern for pattern, _ in _PRODUCTS)

_FITTING_NAMESPACES = re.compile(
    r"kube-(system|public|node-lease)|kubernetes-dashboard|istio-(system|operator|ingress)|"
    r"linkerd(-viz|-jaeger|-multicluster)?|cilium-secrets|calico-(system|apiserver)|tigera-operator|"
    r"(openshift|cattle|gke-managed)-.*|gmp-(system|public)|gke-(connect|mcs|gmp-system)|"
    r"fleet-(default|local|system)|azure-(arc.*|extensions-usage-system|workload-identity-system)|"
    r"ingress-(nginx|controllers?|basic|traefik|haproxy)|amazon-cloudwatch|aws-observability|"
    r"monitoring|observability|logging|prometheus|grafana|cert-manager|argo(cd|-cd|-rollouts)?|"
    r"flux-system|flagger-system|kyverno|gatekeeper-system|external-secrets|falco|trivy-system|"
    r"velero|metallb-system|local-path-storage|longhorn-system|rook-ceph|keda|dapr-system|"
    r"agones-system|spire-(system|server|mgmt)|"
    r"knative-(serving|eventing)|mesh-probe"
)

_BESIDE = frozenset({"istio-proxy", "linkerd-proxy", "daprd", "consul-dataplane", "vault-agent"})
"""Names of the containers that injectors put into pods beside what these are for."""

_HELPER = re.compile(
    r"k8s-sidecar|configmap-reload(er)?|(prometheus-)?config-reloader|kube-rbac-proxy|git-sync|"
    r"cloud-sql-proxy|cloudsql-docker/gce-proxy|alloydb-auth-proxy|oauth2-proxy|filebeat|"
    r"fluent-bit|fluentd|promtail"
)
"""Images that help another container of their pod; elsewhere some have a pod to themselves."""

_FLATTENED = re.compile(r".+[._-](?:io|co|com|dev|net|org|aws)_(.+)|(?:library|bitnami)_(.+)")
"""A mirror's name for an image, with registry and publisher written into it:
"gcr_io_google-containers_fluentd-elasticsearch"."""


def recognised(workload: Workload) -> Workload:
    """The workload with its product, and with its role where it is no application.

    A fitting is what runs a fitting's product, or whatever runs where fittings are installed.
    """
    product = _product_of(workload)
    fitting = _FITTING_NAMESPACES.fullmatch(workload.namespace) is not None
    role = "infrastructure" if fitting else product.role if product else None
    return msgspec.structs.replace(workload, product=product.name if product else None, role=role)


def image_name(image: str | None) -> tuple[str, str]:
    """Who an image is of, "" where that is not written, and its name without tag and digest."""
    parts = (image or "").partition("@")[0].lower().split("/")
    return parts[-2] if len(parts) > 1 else "", parts[-1].partition(":")[0]


@lru_cache(maxsize=4_096)
def by_image(image: str | None) -> Product | None:
    """The product that an image is published as, None for any other."""
    publisher, name = image_name(image)
    # Docker Hub's official images may be written without their publisher.
    known = _published(publisher or "library", name)
    if known is None and "_" in name and (flattened := _FLATTENED.fullmatch(name)):
        words = ["library", *(flattened[1] or flattened[2]).split("_")]
        tails = ((words[at - 1], "_".join(words[at:])) for at in range(1, len(words)))
        known = next((found for tail in tails if (found := _published(*tail))), None)
    return known


def _published(publisher: str, name: str) -> Product | None:
    written = (name, f"{publisher}/{name}")
    # Patterns are compiled, and kept, when they are first asked for: not every command does.
    if not any(re.fullmatch(_ANY, candidate) for candidate in written):
        return None  # as of most
    return next(
        product
        for pattern, product in _PRODUCTS
        if any(re.fullmatch(pattern, candidate) for candidate in written)
    )


def _product_of(workload: Workload) -> Product | None:
    """What a pod's main containers run, if that is known.

    Helpers are passed over: an exporter beside PostgreSQL leaves PostgreSQL. One that has a pod to
    itself is what the pod is for: a gateway, or ztunnel. Beside what is not known only the first
    container makes a pod a datastore or a broker, and none makes it a fitting.
    """
    mains = main_containers(workload)
    found = [product for container in mains if (product := by_image(container.image))]
    data = [product for product in found if product.role != "infrastructure"]
    if len(found) < len(mains):
        return next((product for product in data if product == by_image(mains[0].image)), None)
    return next(iter(data or found), None)


def main_containers(workload: Workload) -> list[Container]:
    """The containers that a workload is for: those called like it, else all that are no helpers."""
    own = [container for container in workload.containers if not container.init]
    helped = [container for container in own if not _helps(container)] or own
    name = workload.name
    names = {name, workload.labels.get("app.kubernetes.io/name", name)}
    alike = [container for container in helped if container.name in names] or [
        container
        for container in helped
        if name.startswith(f"{container.name}-") or name.endswith(f"-{container.name}")
    ]
    return alike or helped


def _helps(container: Container) -> bool:
    return container.name in _BESIDE or _is_helper(container.image)


@lru_cache(maxsize=4_096)
def _is_helper(image: str | None) -> bool:
    publisher, name = image_name(image)
    product = by_image(image)
    return (product is not None and product.name == "exporter") or any(
        _HELPER.fullmatch(candidate) for candidate in (name, f"{publisher}/{name}")
    )

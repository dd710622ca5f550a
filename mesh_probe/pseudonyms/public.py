"""Words that tell nothing of whose cluster it is: they are the same in every cluster.

What is not here is hidden, so a missing word costs a reader something and nobody a secret.
"""

from mesh_probe import application
from mesh_probe.blockers import CHECKS
from mesh_probe.blockers.admission import POLICY_ENGINES
from mesh_probe.blockers.platform import ISTIO_MINIMUM, OPENSHIFT
from mesh_probe.checklist.ops_owner import GITOPS_DEFINITIONS
from mesh_probe.checklist.rollout_in_code import VERSION_LABELS
from mesh_probe.graph.places import NAME_LABELS
from mesh_probe.inventory import published
from mesh_probe.kinds import KINDS
from mesh_probe.rules import RULES, THRESHOLDS
from mesh_probe.sources import SOURCES, jaeger, tempo


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


RESERVED = _set("""
    svc cluster local localhost pod default kubernetes internet mesh metadata google internal
    instance-data kube-system kube-public kube-node-lease kubernetes-dashboard istio-system
    istio-ingress istio-operator linkerd linkerd-viz monitoring observability logging prometheus
    grafana cert-manager ingress-nginx argocd argo-rollouts flux-system flagger-system kyverno
    gatekeeper-system external-secrets falco trivy-system velero metallb-system longhorn-system
    rook-ceph keda knative-serving knative-eventing
""")
"""Parts of names that the cluster's DNS or our own rules give a meaning, and the namespaces that
everybody's charts install into."""

KINDS_KNOWN = frozenset(kind.name for kind in KINDS)
GROUPS = frozenset(kind.group for kind in KINDS)
DEFINITIONS = frozenset(f"{kind.plural}.{kind.group}" for kind in KINDS) | {
    *GITOPS_DEFINITIONS,
    *ISTIO_MINIMUM,
    *POLICY_ENGINES,
    OPENSHIFT,
}
SOURCE_IDS = frozenset(source.id for source in SOURCES) | {jaeger.ID, tempo.ID}
CHECK_IDS = frozenset(check.id for check in CHECKS)
RULE_IDS = frozenset(rule.id for rule in RULES)
THRESHOLD_IDS = frozenset(threshold.id for threshold in THRESHOLDS)

SUBJECTS = KINDS_KNOWN | GROUPS | SOURCE_IDS | _set("Prometheus telemetry cluster proxy")
"""What gaps are about besides names."""

ALERTS = _set("Watchdog InfoInhibitor DeadMansSwitch DeadMansSnitch")
"""Alerts of everybody's charts that are not read."""
ALERT_SEVERITIES = _set("critical error warning page ticket high medium low")

MARK_KEYS = published.LABELS | published.ANNOTATIONS
"""Keys of labels and annotations."""

NAMING_KEYS = frozenset(
    {
        *NAME_LABELS,
        *published.OWN,
        "a8r.io/owner",
        *VERSION_LABELS,
        "kubernetes.io/ingress.class",
        "kubernetes.io/metadata.name",
        "resource.opentelemetry.io/service.name",
        "resource.opentelemetry.io/service.namespace",
    }
)
"""Those whose values are names, whatever they look like."""

MARK_VALUES = _set("""
    true false enabled disabled ambient ingress none all error http https HTTP HTTPS grpc GRPC
    cookie basic digest internal internet-facing privileged baseline restricted amd64 arm64 linux
    windows istio disabled-by-default
""")
"""Values of labels and annotations that the programs which read them define."""

PROTOCOLS = _set("""
    http https http2 h2 h2c http3 grpc grpcs grpc-web tcp udp sctp tls ssl ws wss amqp amqps mqtt
    mqtts kafka nats redis rediss mongo mongodb mysql mariadb postgres postgresql jdbc odbc r2dbc
    sqlserver oracle thin cassandra elasticsearch memcached ldap ldaps ftp ftps smtp smtps imap
    imaps dns neo4j bolt clickhouse zookeeper etcd thrift dubbo messaging database plaintext
    sasl_ssl sasl_plaintext metrics admin health healthz web api management prometheus debug
    TCP UDP SCTP HTTP HTTPS HTTP2 GRPC TLS HTTP_PROXY MONGO REDIS MYSQL srv tcp4 tcp6
    kubernetes.io/h2c kubernetes.io/ws kubernetes.io/wss opaque
""")
"""Protocols, schemes, and what people call ports by."""

SERVICE_TYPES = _set("ClusterIP NodePort LoadBalancer ExternalName None")

SIDECARS = _set("""
    istio-proxy istio-init istio-validation linkerd-proxy linkerd-init linkerd-network-validator
    daprd consul-dataplane kuma-sidecar envoy
""")
"""Containers that a mesh puts into pods."""

PROBES = _set("http tcp exec grpc")

POD_STATES = _set("""
    Pending Running Succeeded Failed Unknown Completed Error Evicted OOMKilled Terminating NotReady
    NodeLost Shutdown ContainerCreating PodInitializing CrashLoopBackOff ImagePullBackOff
    ErrImagePull ErrImageNeverPull InvalidImageName CreateContainerConfigError
    CreateContainerError RunContainerError ContainerCannotRun DeadlineExceeded
    UnexpectedAdmissionError NodeAffinity Preempted StartError PostStartHookError PreStopHookError
    ContainerStatusUnknown
""")

ROLES = _set("""
    masters node nodes authenticated unauthenticated anonymous serviceaccount serviceaccounts
    bootstrappers cluster-admins cluster-admin admin edit view kube-scheduler
    kube-controller-manager kube-proxy default
""")
"""Parts of the names of roles and subjects that every cluster has."""

FACT_NAMES = _set("name namespace host hosts service dnsNames alert")
"""Fields of outlined objects that hold names, whatever these look like."""

FACT_VALUES = _set("""
    STRICT PERMISSIVE DISABLE UNSET SIMPLE MUTUAL ISTIO_MUTUAL ALLOW DENY AUDIT CUSTOM Ingress
    Egress Fail Ignore User Group ServiceAccount Role ClusterRole Issuer ClusterIssuer Container Pod
    PersistentVolumeClaim critical warning info page ticket none HTTP HTTPS HTTP2 GRPC TCP TLS UDP
    HBONE MONGO http https pods
""")
"""Values of outlined objects that their APIs define, and the usual severities."""

FIELDS = _set("""
    cpu memory pods services secrets configmaps persistentvolumeclaims ephemeral-storage
    requests.cpu requests.memory requests.storage requests.ephemeral-storage limits.cpu
    limits.memory limits.ephemeral-storage services.loadbalancers services.nodeports
    count/deployments.apps tcp http maxConnections connectTimeout tcpKeepalive idleTimeout
    http1MaxPendingRequests http2MaxRequests maxRequestsPerConnection maxRetries h2UpgradePolicy
    consecutive5xxErrors consecutiveGatewayErrors consecutiveErrors consecutiveLocalOriginFailures
    interval baseEjectionTime maxEjectionPercent minHealthPercent splitExternalLocalOriginErrors
    tcp.maxConnections tcp.connectTimeout tcp.idleTimeout http.http1MaxPendingRequests
    http.http2MaxRequests http.maxRequestsPerConnection http.maxRetries http.idleTimeout
    http.h2UpgradePolicy
""")
"""Fields that stand where `kinds.KINDS` has a "*"."""

KEY_WORDS = application.KEY_WORDS | _set("""
    addr address addresses addrs baseurl connection connectionstring domain dsn endpoint endpoints
    fqdn host hostname hosts hostport href jdbcurl pass proxy server servers string uri uris url
    urls fastcgi grpc http https tcp uwsgi port ports h
    name type mode level id version username password secret token key cert certificate
    auth mesh mutual
    canary weight percent percentage split rollout feature features flag flags toggle enabled enable
    disable disabled required require only insecure skip verify tls ssl mtls sslmode jwt oauth2 oidc
    jwk jwks hmac spiffe s2s signing internal launchdarkly unleash flagsmith flipt flagd optimizely
    growthbook statsig configcat togglz openfeature devcycle sdk
    sentry datadog dd newrelic dynatrace honeycomb rollbar bugsnag appdynamics instana apm
    applicationinsights splunk loggly papertrail logtail logdna zipkin jaeger trace agent
    breaker circuit circuitbreaker outlier bulkhead failure rate threshold retry retries retrying
    cni exclusive bpf lb sock hostns kube replacement masquerade
    max min attempts backoff time out timeout timeouts deadline resilience hystrix polly limit
    limits limiter ratelimit throttle quota conn connections concurrent concurrency requests request
    per second seconds minute ms millis read write connect idle wait duration
    env args command init spec rules rule try yml yaml json toml xml ini conf cfg config properties
    application default instances instance datasource jdbc spring otel exporter otlp in open state j
    redis kafka rabbitmq postgres postgresql mysql mongo mongodb
""")
"""Words of keys for settings and addresses; none that a team calls its services by."""

PLACE_WORDS = {
    "address": "url",
    "name": "name",
    "image": "image",
    "secret": "secret",
    "own": "listen",
}
"""For each of `keys.Place` but "plain" a word that says it."""

QUERY_WORDS = _set("""
    sum by rate group count last over time offset or and on ignoring histogram quantile le vmrange
    name max min avg increase without bool unless
    istio request requests total duration milliseconds seconds bucket tcp connections opened
    traces service graph failed client server connection type virtual node source namespace k8s
    deployment statefulset daemonset cronjob job seen history relations reporter workload canonical
    destination protocol response code grpc status security policy i version tag release
""") | {word for source in SOURCES for word in source.words}
"""Words of the metrics and labels that the sources ask for, and of PromQL."""

FIXED_LABELS = _set("__name__ direction envoy_cluster_name flag span_kind type")
"""Labels that the sources ask for by values they know; of any other a value is a name."""

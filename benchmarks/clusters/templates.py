"""Pod templates of synthetic services: what a service runs, and where its callees are written.

Every call of the topology stands in exactly one place: a variable, a pair of variables, a file in
the service's ConfigMap, or a key of it that a variable takes.
"""

from dataclasses import dataclass
from random import Random

from benchmarks.clusters.objects import Json
from benchmarks.clusters.topology import Node

PORTS = {
    "redis": 6379,
    "memcached": 11211,
    "postgres": 5432,
    "mysql": 3306,
    "mongodb": 27017,
    "kafka": 9092,
    "rabbitmq": 5672,
}
APP_PORT = 8080
SCHEMES = {"postgres": "postgres", "mysql": "mysql", "mongodb": "mongodb", "rabbitmq": "amqp"}

_NOISE = (
    ("LOG_LEVEL", "info"),
    ("LOG_FORMAT", "json"),
    ("TZ", "UTC"),
    ("HTTP_CLIENT_TIMEOUT_MS", "1500"),
    ("HTTP_CLIENT_MAX_RETRIES", "2"),
    ("HTTP_POOL_MAX_CONNECTIONS", "64"),
    ("CIRCUIT_BREAKER_ENABLED", "true"),
    ("FEATURE_NEW_PRICING", "false"),
    ("FEATURE_ASYNC_AUDIT_TRAIL", "true"),
    (
        "JAVA_TOOL_OPTIONS",
        "-XX:MaxRAMPercentage=75 -XX:+ExitOnOutOfMemoryError -Duser.timezone=UTC",
    ),
    ("GOMAXPROCS", "2"),
    ("CACHE_TTL_SECONDS", "300"),
    ("MANAGEMENT_SERVER_PORT", "9090"),
    ("DEFAULT_LOCALE", "en_US"),
    ("RATE_LIMIT_PER_SECOND", "250"),
)

_PRODUCT_CONFIG = "\n".join(
    f"{key} {value}"
    for key, value in (
        ("timeout", 300),
        ("tcp-keepalive", 60),
        ("loglevel", "notice"),
        ("maxclients", 10_000),
        ("maxmemory", "400mb"),
        ("maxmemory-policy", "allkeys-lru"),
        ("appendonly", "no"),
        ("save", '""'),
    )
)


@dataclass(frozen=True)
class Written:
    """What a service's own configuration says."""

    variables: tuple[Json, ...]
    config: dict[str, str]
    """Data of its ConfigMap."""


def port_of(node: Node) -> int:
    """The port of its Service."""
    return PORTS.get(node.product, APP_PORT)


def image_of(node: Node) -> str:
    """Its image; products have their well-known names, behind a company's mirror."""
    if node.product in PORTS:
        return f"mirror.registry.example.com/library/{node.product}:7.2.4"
    return f"registry.example.com/{node.namespace}/{node.name}:1.{len(node.name)}.3"


def written(node: Node, rng: Random) -> Written:
    """Where the addresses of the callees stand, and what else such a service is told."""
    if node.sort != "app":
        return Written((), {f"{node.product}.conf": _PRODUCT_CONFIG})
    in_variables: list[Json] = []
    in_file: list[Node] = []
    keys: dict[str, str] = {}
    for callee in node.calls:
        stem = callee.name.upper().replace("-", "_")
        place = rng.random()
        if place < 0.45:
            in_variables.append({"name": f"{stem}_URL", "value": _url(callee, node)})
        elif place < 0.6:
            in_variables.append({"name": f"{stem}_HOST", "value": _host(callee, node)})
            in_variables.append({"name": f"{stem}_PORT", "value": str(port_of(callee))})
        elif place < 0.85:
            in_file.append(callee)
        else:
            key = f"{callee.name}.url"
            keys[key] = _url(callee, node)
            source = {"configMapKeyRef": {"name": config_name(node), "key": key}}
            in_variables.append({"name": f"{stem}_ENDPOINT", "valueFrom": source})
    urls = {callee.name: _url(callee, node) for callee in in_file}
    variables = [{"name": name, "value": value} for name, value in _NOISE]
    variables += [*in_variables, *_from_elsewhere(node)]
    return Written(tuple(variables), {**rng.choice(_FILES)(urls), **keys})


def _from_elsewhere(node: Node) -> list[Json]:
    """Variables whose values are in Secrets or in the pod itself."""
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    found: list[Json] = [{"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": field}}]
    for name, key in (("API_TOKEN", "token"), ("DB_PASSWORD", "password")):
        reference = {"name": f"{node.name}-credentials", "key": key}
        found.append({"name": name, "valueFrom": {"secretKeyRef": reference}})
    return found


def _yaml(urls: dict[str, str]) -> dict[str, str]:
    lines = ["server:", f"  port: {APP_PORT}", "  shutdown: graceful", "clients:"]
    for name, url in urls.items():
        lines += [f"  {name}:", f"    url: {url}", "    timeout: 2s"]
    lines += ["logging:", "  level:", "    root: INFO", "    com.example.orders: DEBUG"]
    return {"application.yml": "\n".join(lines) + "\n", "banner.txt": "=" * 400}


def _properties(urls: dict[str, str]) -> dict[str, str]:
    lines = [f"server.port={APP_PORT}", "server.shutdown=graceful", "logging.level.root=INFO"]
    for name, url in urls.items():
        lines += [f"clients.{name}.url={url}", f"clients.{name}.timeout=2s"]
    return {"application.properties": "\n".join(lines) + "\n", "banner.txt": "=" * 400}


def _flat(urls: dict[str, str]) -> dict[str, str]:
    plain = {"SERVER_PORT": str(APP_PORT), "LOG_LEVEL": "info", "REGION": "eu-north-1"}
    return plain | {f"{n.upper().replace('-', '_')}_URL": url for n, url in urls.items()}


def config_name(node: Node) -> str:
    """Its ConfigMap."""
    return f"{node.name}-config"


def labels_of(node: Node) -> dict[str, str]:
    """Labels of its pods and Service."""
    return {
        "app.kubernetes.io/name": node.name,
        "app.kubernetes.io/instance": node.name,
        "app.kubernetes.io/part-of": node.namespace,
        "app.kubernetes.io/component": node.product,
        "app.kubernetes.io/managed-by": "Helm",
        "app.kubernetes.io/version": "1.14.3",
        "helm.sh/chart": f"{node.product}-4.2.1",
    }


def selector_of(node: Node) -> dict[str, str]:
    """The labels that its Service and controller select by."""
    return {"app.kubernetes.io/name": node.name, "app.kubernetes.io/instance": node.name}


def template(node: Node, variables: tuple[Json, ...]) -> Json:
    """The pod template of its controller, with what the API server fills in."""
    return {
        "metadata": {
            "labels": labels_of(node),
            "annotations": {
                "prometheus.io/scrape": "true",
                "prometheus.io/port": "9090",
                "checksum/config": "9f2c1a77d0c54b3e8b6d5b1c2a4e6f80" * 2,
            },
        },
        "spec": {
            "containers": [_container(node, variables)],
            "dnsPolicy": "ClusterFirst",
            "priorityClassName": "business",
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "securityContext": {"fsGroup": 2000, "runAsNonRoot": True},
            "serviceAccount": node.name,
            "serviceAccountName": node.name,
            "terminationGracePeriodSeconds": 45,
            "topologySpreadConstraints": [
                {
                    "labelSelector": {"matchLabels": selector_of(node)},
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "ScheduleAnyway",
                }
            ],
            "volumes": [
                {
                    "name": "config",
                    "configMap": {"name": config_name(node), "defaultMode": 420},
                },
                {"name": "tmp", "emptyDir": {}},
            ],
        },
    }


def _container(node: Node, variables: tuple[Json, ...]) -> Json:
    port = port_of(node)
    return {
        "name": "app",
        "image": image_of(node),
        "imagePullPolicy": "IfNotPresent",
        "args": ["--config=/etc/app/application.yml", "--graceful-timeout", "30s"],
        "env": list(variables),
        "ports": [
            {"name": "main", "containerPort": port, "protocol": "TCP"},
            {"name": "metrics", "containerPort": 9090, "protocol": "TCP"},
        ],
        "livenessProbe": _probe("/healthz", port, 10),
        "readinessProbe": _probe("/readyz", port, 5),
        "resources": {
            "limits": {"cpu": "1", "memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "256Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
        "volumeMounts": [
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},  # a path inside a container
        ],
    }


def _probe(path: str, port: int, period_seconds: int) -> Json:
    return {
        "httpGet": {"path": path, "port": port, "scheme": "HTTP"},
        "initialDelaySeconds": 5,
        "periodSeconds": period_seconds,
        "timeoutSeconds": 2,
        "successThreshold": 1,
        "failureThreshold": 3,
    }


_FILES = (_yaml, _yaml, _properties, _flat)
"""How people write a service's configuration."""


def _host(callee: Node, caller: Node) -> str:
    """The shortest name inside a namespace; else one of those that people write."""
    if callee.namespace == caller.namespace:
        return callee.name
    suffix = ".svc.cluster.local" if len(callee.name) % 2 else ""
    return f"{callee.name}.{callee.namespace}{suffix}"


def _url(callee: Node, caller: Node) -> str:
    address = f"{_host(callee, caller)}:{port_of(callee)}"
    if callee.sort == "app":
        return f"http://{address}/api/v2"
    scheme = SCHEMES.get(callee.product)
    return f"{scheme}://app@{address}/main" if scheme else address

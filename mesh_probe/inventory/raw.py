"""What is read of the API's objects, as tolerant structs; the rest is skipped while decoding.

Every field is optional and every list may be null, because servers, operators and people write such
objects. The field names are those of the API, in snake case.
https://kubernetes.io/docs/reference/kubernetes-api/
"""

from typing import Any, Generic, TypeVar

import msgspec

Number = int | float | str | None
"""A resource quantity: people write it as a number, too."""


class Raw(msgspec.Struct, gc=False, rename="camel"):
    """A part of an object; unknown fields are ignored."""


class Owner(Raw):
    """An entry of `metadata.ownerReferences`."""

    kind: str = ""
    name: str = ""
    controller: bool | None = None


class Meta(Raw):
    """`metadata`; managedFields are skipped."""

    name: str = ""
    namespace: str | None = None
    labels: dict[str, str | None] | None = None
    annotations: dict[str, str | None] | None = None
    owner_references: list[Owner] | None = None
    creation_timestamp: str | None = None


class Object(Raw):
    """Any object."""

    metadata: Meta = msgspec.field(default_factory=Meta)


T = TypeVar("T", bound=Object)


class ListMeta(Raw):
    """`metadata` of a list."""

    continue_token: str | None = msgspec.field(name="continue", default=None)
    resource_version: str | None = None


class Column(Raw):
    """A column of a Table."""

    name: str = ""


class Row(Raw):
    """A row of a Table with the metadata of its object."""

    cells: list[Any] | None = None
    object: Object | None = None


class Page(Raw, Generic[T]):
    """A list, a PartialObjectMetadataList or a Table: a page of any of them."""

    kind: str = ""
    metadata: ListMeta | None = None
    items: list[T] | None = None
    column_definitions: list[Column] | None = None
    rows: list[Row] | None = None


class NodeInfo(Raw):
    """`status.nodeInfo`."""

    kubelet_version: str | None = None


class NodeStatus(Raw):
    """What a node has."""

    allocatable: dict[str, Number] | None = None
    node_info: NodeInfo | None = None


class Node(Object):
    """A machine."""

    status: NodeStatus | None = None


class ServicePort(Raw):
    """A port of a Service."""

    port: int | None = None
    name: str | None = None
    target_port: int | str | None = None
    protocol: str | None = None
    app_protocol: str | None = None
    node_port: int | None = None


class ServiceSpec(Raw):
    """What a Service selects and offers."""

    type: str | None = None
    selector: dict[str, str | None] | None = None
    cluster_ip: str | None = msgspec.field(name="clusterIP", default=None)
    cluster_ips: list[str] | None = msgspec.field(name="clusterIPs", default=None)
    external_name: str | None = None
    ports: list[ServicePort] | None = None


class Service(Object):
    """A Service."""

    spec: ServiceSpec | None = None


class Target(Raw):
    """A reference to an object by kind and name."""

    kind: str | None = None
    name: str | None = None


class Conditions(Raw):
    """State of an endpoint."""

    ready: bool | None = None


class Endpoint(Raw):
    """One endpoint of a slice."""

    addresses: list[str] | None = None
    conditions: Conditions | None = None
    target_ref: Target | None = None


class EndpointSlice(Object):
    """An EndpointSlice."""

    endpoints: list[Endpoint] | None = None


class KeyRef(Raw):
    """A key of a ConfigMap or Secret, or the whole of it."""

    name: str | None = None
    key: str | None = None


class FieldRef(Raw):
    """A field of the pod itself."""

    field_path: str | None = None


class ValueFrom(Raw):
    """Where a variable's value comes from."""

    config_map_key_ref: KeyRef | None = None
    secret_key_ref: KeyRef | None = None
    field_ref: FieldRef | None = None


class Env(Raw):
    """A variable. A number or switch as value is against the API, and often written."""

    name: str = ""
    value: str | int | float | bool | None = None
    value_from: ValueFrom | None = None


class EnvFrom(Raw):
    """All keys of a ConfigMap or Secret as variables."""

    prefix: str | None = None
    config_map_ref: KeyRef | None = None
    secret_ref: KeyRef | None = None


class Port(Raw):
    """A port of a container."""

    container_port: int | None = None
    name: str | None = None
    protocol: str | None = None


class Probe(Raw):
    """Only which sort of probe it is is kept."""

    http_get: Raw | None = None
    tcp_socket: Raw | None = None
    grpc: Raw | None = None
    exec: Raw | None = None


class Resources(Raw):
    """Requests and limits."""

    requests: dict[str, Number] | None = None
    limits: dict[str, Number] | None = None


class VolumeMount(Raw):
    """A volume in a container."""

    name: str | None = None
    sub_path: str | None = None


class SecurityContext(Raw):
    """As whom a pod or container runs."""

    run_as_user: int | None = None


class Container(Raw):
    """A container of a pod."""

    name: str = ""
    image: str | None = None
    env: list[Env] | None = None
    env_from: list[EnvFrom] | None = None
    args: list[str | int | float | bool] | None = None
    command: list[str | int | float | bool] | None = None
    volume_mounts: list[VolumeMount] | None = None
    ports: list[Port] | None = None
    resources: Resources | None = None
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    restart_policy: str | None = None
    security_context: SecurityContext | None = None


class Item(Raw):
    """A key that becomes a file."""

    key: str | None = None
    path: str | None = None


class ConfigMapVolume(Raw):
    """A ConfigMap as files; also as part of a projected volume."""

    name: str | None = None
    items: list[Item] | None = None


class SecretVolume(Raw):
    """A Secret as files; a projected one has `name`."""

    secret_name: str | None = None
    name: str | None = None
    items: list[Item] | None = None


class Projection(Raw):
    """One source of a projected volume."""

    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None


class Projected(Raw):
    """A projected volume."""

    sources: list[Projection] | None = None


class CsiVolume(Raw):
    """A volume that a driver makes."""

    driver: str | None = None


class Volume(Raw):
    """A volume of a pod."""

    name: str | None = None
    csi: CsiVolume | None = None

    config_map: ConfigMapVolume | None = None
    secret: SecretVolume | None = None
    projected: Projected | None = None


class Affinity(Raw):
    """Where pods want to be; only whether they keep apart is kept."""

    pod_anti_affinity: Raw | None = None


class PodSpec(Raw):
    """What a pod runs."""

    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    volumes: list[Volume] | None = None
    service_account_name: str | None = None
    service_account: str | None = None
    priority_class_name: str | None = None
    host_network: bool | None = None
    security_context: SecurityContext | None = None
    affinity: Affinity | None = None
    topology_spread_constraints: list[Raw] | None = None
    node_name: str | None = None


class Template(Raw):
    """A pod template."""

    metadata: Meta | None = None
    spec: PodSpec | None = None


class JobSpec(Raw):
    """The part of a Job that a CronJob repeats."""

    template: Template | None = None


class JobTemplate(Raw):
    """What a CronJob starts."""

    spec: JobSpec | None = None


class ControllerSpec(Raw):
    """The spec of every controller; each kind uses some of it."""

    replicas: int | None = None
    template: Template | None = None
    job_template: JobTemplate | None = None
    workload_ref: Target | None = None


class ControllerStatus(Raw):
    """A DaemonSet's size is known by its status only."""

    desired_number_scheduled: int | None = None


class Controller(Object):
    """Everything that runs pods, from Deployment to CronJob and Rollout."""

    spec: ControllerSpec | None = None
    status: ControllerStatus | None = None


class Stopped(Raw):
    """Why a container waits or ended."""

    reason: str | None = None
    exit_code: int | None = None
    signal: int | None = None


class ContainerState(Raw):
    """What a container does now."""

    running: Raw | None = None
    waiting: Stopped | None = None
    terminated: Stopped | None = None


class ContainerStatus(Raw):
    """State of one container."""

    ready: bool | None = None
    started: bool | None = None
    restart_count: int | None = None
    state: ContainerState | None = None


class PodStatus(Raw):
    """State of a pod."""

    phase: str | None = None
    reason: str | None = None
    pod_ip: str | None = msgspec.field(name="podIP", default=None)
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(Object):
    """A pod in full, or its metadata alone."""

    spec: PodSpec | None = None
    status: PodStatus | None = None


class ConfigMap(Object):
    """A ConfigMap; of binary data only the keys are kept."""

    data: dict[str, Any] | None = None
    binary_data: dict[str, Any] | None = None

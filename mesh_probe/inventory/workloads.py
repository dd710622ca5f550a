"""Workloads: what runs pods, and what its pod template says.

The values of variables are seen here only, while the template is in hand.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from mesh_probe.inventory import expansion, published, quantity, raw
from mesh_probe.inventory.basics import plain
from mesh_probe.inventory.shelves import Shelf
from mesh_probe.model import (
    ConfigUse,
    Container,
    ContainerPort,
    Reference,
    Setting,
    Workload,
)
from mesh_probe.references import scopes, settings, tokens
from mesh_probe.references.known import Known

_LABEL_FIELD = re.compile(r"metadata\.(labels|annotations)\['([^']{1,253})'\]")
_FILE = re.compile(r"[\w-][\w.-]{0,100}\.[A-Za-z][A-Za-z0-9]{1,11}\b")
_FLAG = re.compile(r"-{1,2}([A-Za-z][A-Za-z0-9_.-]{0,80})(?:=(.*))?", re.DOTALL)
_SERVICE_NAME = re.compile(r"(?:^|,)\s*service\.name\s*=\s*([^,\s]{1,253})")
_SERVICE_NAME_ANNOTATION = "resource.opentelemetry.io/service.name"

_SINGLE_BY_DEFAULT = frozenset(
    {"Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout", "Pod"}
)


def controller(kind: str, item: raw.Controller, known: Known, config_maps: Shelf) -> Workload:
    """A controller; `labels` are all of its pods' labels until the selectors are known."""
    spec = item.spec or raw.ControllerSpec()
    template = spec.template
    if template is None and spec.job_template and spec.job_template.spec:
        template = spec.job_template.spec.template
    template = template or raw.Template()
    replicas = spec.replicas
    if replicas is None and kind in _SINGLE_BY_DEFAULT:
        replicas = 1
    if kind == "DaemonSet" and item.status:
        replicas = item.status.desired_number_scheduled
    return from_template(
        kind, item.metadata, template, replicas=replicas, known=known, config_maps=config_maps
    )


def from_template(
    kind: str,
    meta: raw.Meta,
    template: raw.Template,
    *,
    replicas: int | None,
    known: Known,
    config_maps: Shelf,
) -> Workload:
    """A workload of the given name that runs what the template says."""
    pod_meta, spec = template.metadata or raw.Meta(), template.spec or raw.PodSpec()
    user = spec.security_context.run_as_user if spec.security_context else None
    reader = _Reader(pod_meta, meta, known, config_maps, user)
    for container in spec.init_containers or ():
        reader.container(container, init=container.restart_policy != "Always")
    for container in spec.containers or ():
        reader.container(container, init=False)
    for volume in spec.volumes or ():
        reader.volume(volume)
    annotations = published.annotations(meta.annotations, pod_meta.annotations)
    return Workload(
        kind=kind,
        namespace=meta.namespace or "",
        name=meta.name,
        labels=plain(pod_meta.labels),
        annotations=annotations,
        replicas=replicas,
        containers=tuple(reader.containers),
        references=tuple(dict.fromkeys(reader.references)),
        settings=tuple(dict.fromkeys(reader.settings)),
        config=tuple(sorted(set(reader.config), key=_config_order)),
        secrets=tuple(sorted(reader.secrets)),
        service_account=spec.service_account_name or spec.service_account or None,
        priority_class=spec.priority_class_name or None,
        host_network=bool(spec.host_network),
        spread=bool(
            spec.topology_spread_constraints or (spec.affinity and spec.affinity.pod_anti_affinity)
        ),
        service_name=reader.service_name or annotations.get(_SERVICE_NAME_ANNOTATION),
    )


def adopt(name: Workload, template: Workload) -> Workload:
    """A workload that runs the template of another: a Rollout that refers to a Deployment."""
    return msgspec.structs.replace(
        template,
        kind=name.kind,
        name=name.name,
        namespace=name.namespace,
        replicas=name.replicas,
        annotations={**template.annotations, **name.annotations},
    )


class _Reader:
    """Gathers what the containers and volumes of one template say."""

    def __init__(
        self,
        meta: raw.Meta,
        owner: raw.Meta,
        known: Known,
        config_maps: Shelf,
        user: int | None,
    ) -> None:
        self.containers: list[Container] = []
        self.references: list[Reference] = []
        self.settings: list[Setting] = []
        self.config: list[ConfigUse] = []
        self.secrets: set[str] = set()
        self.service_name: str | None = None
        self._meta = meta
        self._name = owner.name
        self._namespace = owner.namespace or ""
        self._known = known
        self._config_maps = config_maps
        self._user = user
        self._mounted: dict[str, set[str | None]] = {}
        """Parts of volumes that containers have, None for the whole."""
        self._named_files: set[str] = set()

    def container(self, container: raw.Container, *, init: bool) -> None:
        self.containers.append(_container(container, init=init, user=self._user))
        where = "init-" if init else ""
        values, own, borrowed = self._variables(container)
        self.references += self._found(values, own, borrowed, f"{where}env")
        self.settings += _settings(own.items(), f"{where}env")
        for words, found_in in ((container.args, "args"), (container.command, "command")):
            if words:
                written = [_text(word) for word in words]
                expanded = [expansion.in_arguments(w, values, self._known) for w in written]
                self._arguments(expanded, where + found_in)
        for mount in container.volume_mounts or ():
            self._mounted.setdefault(mount.name or "", set()).add(mount.sub_path or None)
        # https://github.com/kiwigrid/k8s-sidecar: Grafana's charts hand out its settings so.
        if "sidecar" in (container.image or "") and (label := own.get("LABEL")):
            self.config += (ConfigUse(name, "api") for name in self._config_maps.labelled(label))
        if not init and self.service_name is None:
            self.service_name = values.get("OTEL_SERVICE_NAME") or _service_name(values)

    def _variables(
        self, container: raw.Container
    ) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
        """All values that are known, the ones written here, and those taken key by key."""
        values: dict[str, str] = {}
        own: dict[str, str] = {}
        borrowed: dict[str, str] = {}
        for source in container.env_from or ():
            if source.config_map_ref and (name := source.config_map_ref.name):
                self.config.append(ConfigUse(name, "envFrom"))
                prefix = source.prefix or ""
                values.update((prefix + k, v) for k, v in self._config_maps.values(name).items())
            if source.secret_ref and source.secret_ref.name:
                self._secret(source.secret_ref.name)
        for variable in container.env or ():
            if (given := settings.present(variable.name, "env")) is not None:
                self.settings.append(given)
            if variable.value is not None:
                given_value = variable.value
                written = given_value if isinstance(given_value, str) else _text(given_value)
                if "$(" in written:
                    written = expansion.in_variables(written, values, self._known)
                own[variable.name] = values[variable.name] = written
                if variable.name.startswith("SPRING_"):
                    self._ask_for_config(variable.name, written)
            elif variable.value_from:
                value = self._value_from(variable.name, variable.value_from)
                if value is not None:
                    values[variable.name] = value
                    if variable.value_from.config_map_key_ref:
                        borrowed[variable.name] = value
        return values, own, borrowed

    def _value_from(self, variable: str, source: raw.ValueFrom) -> str | None:
        if (ref := source.secret_key_ref) and ref.name:
            self.secrets.add(f"{ref.name}/{ref.key}" if ref.key else ref.name)
        if (ref := source.config_map_key_ref) and ref.name:
            self.config.append(ConfigUse(ref.name, "env", ref.key, variable))
            return self._config_maps.values(ref.name).get(ref.key or "")
        if source.field_ref:
            return self._field(source.field_ref.field_path or "")
        return None

    def _field(self, path: str) -> str | None:
        if path == "metadata.namespace":
            return self._namespace or None
        if found := _LABEL_FIELD.fullmatch(path):
            of_pod = self._meta.labels if found[1] == "labels" else self._meta.annotations
            return (of_pod or {}).get(found[2])
        return None

    def _found(
        self,
        values: Mapping[str, str],
        own: Mapping[str, str],
        borrowed: Mapping[str, str],
        found_in: str,
    ) -> Iterator[Reference]:
        """References of the variables; one from a ConfigMap counts only as half of a pair here.

        Where it names a host by itself, the ConfigMap says so.
        """
        here = {**own, **borrowed}
        if len(values) > len(here):  # the port may be in a ConfigMap that is taken as a whole
            here |= {k: v for k, v in values.items() if v.isdecimal() and k not in here}
        for reference in scopes.find(here, found_in, self._known):
            key = reference.key.partition(":")[0]
            if key in own or (key in borrowed and reference.form == "pair"):
                yield reference

    def _ask_for_config(self, variable: str, value: str) -> None:
        """Programs of Spring Cloud Kubernetes read the ConfigMap that is called like themselves.

        https://docs.spring.io/spring-cloud-kubernetes/reference/property-source-config/configmap-propertysource.html
        """
        named = variable == "SPRING_APPLICATION_NAME"
        self.config.append(ConfigUse(value if named else self._name, "api"))

    def _arguments(self, words: list[str], found_in: str) -> None:
        text = "\n".join(words)[: tokens.LONGEST_TEXT]
        self._named_files.update(_FILE.findall(text) if "." in text else ())
        self.references += tokens.find(text, "", found_in, self._known)
        self.settings += _settings(_flags(words), found_in)

    def _secret(self, name: str, *, kept: bool = True) -> None:
        """A Secret as a whole: its name is kept, and may tell what it is for."""
        if kept:
            self.secrets.add(name)
        if (given := settings.present(name, "secret")) is not None:
            self.settings.append(given)

    def volume(self, volume: raw.Volume) -> None:
        if volume.csi and (given := settings.present(volume.csi.driver or "", "volume")):
            self.settings.append(given)
        mounted = self._mounted.get(volume.name or "", set() if self._mounted else {None})
        projected = volume.projected.sources if volume.projected else None
        for part in (volume, *(projected or ())):
            if part.config_map and (name := part.config_map.name):
                for key in self._files(name, part.config_map.items, mounted):
                    self.config.append(ConfigUse(name, "file", key))
            if part.secret and (name := part.secret.secret_name or part.secret.name):
                self._secret(name, kept=False)
                for key in _keys(part.secret.items):
                    self.secrets.add(f"{name}/{key}" if key else name)

    def _files(
        self, config_map: str, items: list[raw.Item] | None, mounted: set[str | None]
    ) -> Iterator[str | None]:
        """Data keys that become files, None for all; those that an argument names besides."""
        keys = _keys(items)
        if None not in mounted:
            paths = {item.path or item.key: item.key for item in items or ()}
            keys = tuple(paths.get(part, part) for part in mounted if part and "/" not in part)
        yield from keys
        if None in keys:
            yield from self._named_files & self._config_maps.files(config_map)


def _container(container: raw.Container, *, init: bool, user: int | None) -> Container:
    resources = container.resources or raw.Resources()
    if container.security_context and container.security_context.run_as_user is not None:
        user = container.security_context.run_as_user
    requests, limits = resources.requests or {}, resources.limits or {}
    return Container(
        name=container.name,
        image=container.image,
        init=init,
        ports=tuple(
            ContainerPort(port.container_port, port.name or None, port.protocol or "TCP")
            for port in container.ports or ()
            if port.container_port is not None
        ),
        cpu_request_cores=quantity.parse(requests.get("cpu")),
        memory_request_bytes=quantity.whole(requests.get("memory")),
        cpu_limit_cores=quantity.parse(limits.get("cpu")),
        memory_limit_bytes=quantity.whole(limits.get("memory")),
        readiness_probe=_probe(container.readiness_probe),
        liveness_probe=_probe(container.liveness_probe),
        run_as_user=user,
    )


def _probe(probe: raw.Probe | None) -> str | None:
    if probe is None:
        return None
    kinds = (
        ("http", probe.http_get),
        ("tcp", probe.tcp_socket),
        ("grpc", probe.grpc),
        ("exec", probe.exec),
    )
    return next((name for name, given in kinds if given is not None), None)


def _settings(values: Iterable[tuple[str, str]], found_in: str) -> Iterator[Setting]:
    for key, value in values:
        if setting := settings.find(key, value, found_in):
            yield setting


def _flags(words: list[str]) -> Iterator[tuple[str, str]]:
    """Flags and their values: `--a=b`, `--a b`, and `--a` alone, which switches on."""
    for position, word in enumerate(words):
        if found := _FLAG.fullmatch(word):
            following = words[position + 1] if position + 1 < len(words) else "-"
            value = found[2]
            if value is None:
                value = "true" if following.startswith("-") else following
            yield found[1], value


def _keys(items: list[raw.Item] | None) -> tuple[str | None, ...]:
    return tuple(item.key for item in items) if items else (None,)


def _service_name(values: Mapping[str, str]) -> str | None:
    found = _SERVICE_NAME.search(values.get("OTEL_RESOURCE_ATTRIBUTES", ""))
    return found[1] if found else None


def _config_order(use: ConfigUse) -> tuple[str, str, str, str]:
    return use.config_map, use.how, use.key or "", use.variable or ""


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

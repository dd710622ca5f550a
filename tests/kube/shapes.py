"""The JSON that a Kubernetes API server writes, as seen on kube-apiserver 1.36.

Where there is a real server, `test_double.py` compares the two.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

Json = Mapping[str, Any]

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
READ_VERBS = ["get", "list", "watch"]


@dataclass(frozen=True)
class Resource:
    """What a server serves under one plural."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool = True
    custom: bool = False

    @property
    def base(self) -> str:
        return f"/apis/{self.group}/{self.version}" if self.group else f"/api/{self.version}"

    @property
    def api_version(self) -> str:
        return self.base.removeprefix("/apis/").removeprefix("/api/")

    @property
    def full_name(self) -> str:
        return f"{self.plural}.{self.group}" if self.group else self.plural


def _rows(text: str) -> tuple[Resource, ...]:
    rows = (line.split() for line in text.strip().splitlines())
    return tuple(
        Resource(group.strip("-"), version, kind, plural, scope == "namespaced")
        for group, version, kind, plural, scope in rows
    )


BUILT_IN = _rows("""
-                             v1 ConfigMap                       configmaps                       namespaced
-                             v1 Endpoints                       endpoints                        namespaced
-                             v1 LimitRange                      limitranges                      namespaced
-                             v1 Namespace                       namespaces                       cluster
-                             v1 Node                            nodes                            cluster
-                             v1 Pod                             pods                             namespaced
-                             v1 ReplicationController           replicationcontrollers           namespaced
-                             v1 ResourceQuota                   resourcequotas                   namespaced
-                             v1 Secret                          secrets                          namespaced
-                             v1 Service                         services                         namespaced
-                             v1 ServiceAccount                  serviceaccounts                  namespaced
apps                          v1 DaemonSet                       daemonsets                       namespaced
apps                          v1 Deployment                      deployments                      namespaced
apps                          v1 ReplicaSet                      replicasets                      namespaced
apps                          v1 StatefulSet                     statefulsets                     namespaced
autoscaling                   v2 HorizontalPodAutoscaler         horizontalpodautoscalers         namespaced
batch                         v1 CronJob                         cronjobs                         namespaced
batch                         v1 Job                             jobs                             namespaced
networking.k8s.io             v1 Ingress                         ingresses                        namespaced
networking.k8s.io             v1 IngressClass                    ingressclasses                   cluster
networking.k8s.io             v1 NetworkPolicy                   networkpolicies                  namespaced
policy                        v1 PodDisruptionBudget             poddisruptionbudgets             namespaced
rbac.authorization.k8s.io     v1 ClusterRoleBinding              clusterrolebindings              cluster
rbac.authorization.k8s.io     v1 RoleBinding                     rolebindings                     namespaced
scheduling.k8s.io             v1 PriorityClass                   priorityclasses                  cluster
admissionregistration.k8s.io  v1 MutatingWebhookConfiguration    mutatingwebhookconfigurations    cluster
apiextensions.k8s.io          v1 CustomResourceDefinition        customresourcedefinitions        cluster
discovery.k8s.io              v1 EndpointSlice                   endpointslices                   namespaced
""")  # noqa: E501


def custom_resources(definition: Json) -> list[Resource]:
    """What a CustomResourceDefinition makes the server serve; the newest version stands first."""
    spec = definition["spec"]
    names = spec["names"]
    namespaced = spec["scope"] == "Namespaced"
    served = [v["name"] for v in spec["versions"] if v["served"]]
    return [
        Resource(spec["group"], version, names["kind"], names["plural"], namespaced, custom=True)
        for version in reversed(served)
    ]


def encode(document: object) -> bytes:
    return msgspec.json.encode(document)


def status(code: int, reason: str, text: str, **more: Any) -> bytes:
    """An error; `more` are `details` and `metadata`."""
    return encode(
        {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": more.pop("metadata", {}),
            "status": "Failure",
            "message": text,
            "reason": reason,
            **more,
            "code": code,
        }
    )


def forbidden(resource: Resource, user: str, verb: str, namespace: str | None, name: str) -> bytes:
    place = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    subject = f'{resource.full_name} "{name}"' if name else resource.full_name
    return status(
        403,
        "Forbidden",
        f'{subject} is forbidden: User "{user}" cannot {verb} resource "{resource.plural}" '
        f'in API group "{resource.group}" {place}',
        details=_details(resource, name),
    )


def not_found(resource: Resource, name: str) -> bytes:
    text = f'{resource.full_name} "{name}" not found'
    return status(404, "NotFound", text, details=_details(resource, name))


def no_such_resource() -> bytes:
    text = "the server could not find the requested resource"
    return status(404, "NotFound", text, details={})


def expired(token: str | None) -> bytes:
    text = "The continue token has expired; the one in this body goes on at the newest version"
    return status(410, "Expired", text, metadata={"continue": token} if token else {})


def _details(resource: Resource, name: str) -> dict[str, str]:
    named = {"name": name, "group": resource.group, "kind": resource.plural}
    return {key: value for key, value in named.items() if value}


def continue_token(version: int, last: str) -> str:
    """Where a list goes on: after the key of the last object."""
    text = json.dumps(
        {"v": "meta.k8s.io/v1", "rv": version, "start": f"{last}\0"}, separators=(",", ":")
    )
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def read_token(token: str) -> tuple[int, str]:
    """The version and the last key of a token. Raises: ValueError, KeyError."""
    found = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    return found["rv"], found["start"].removesuffix("\0")


def aggregated_discovery(resources: Sequence[Resource], stale: frozenset[str]) -> bytes:
    items = []
    for group in dict.fromkeys(r.group for r in resources):
        versions = dict.fromkeys(r.version for r in resources if r.group == group)
        items.append(
            {
                "metadata": {"name": group} if group else {},
                "versions": [
                    {
                        "version": version,
                        "resources": [
                            {
                                "resource": r.plural,
                                "responseKind": {"group": "", "version": "", "kind": r.kind},
                                "scope": "Namespaced" if r.namespaced else "Cluster",
                                "singularResource": r.kind.lower(),
                                "verbs": READ_VERBS,
                            }
                            for r in resources
                            if (r.group, r.version) == (group, version) and group not in stale
                        ],
                        "freshness": "Stale" if group in stale else "Current",
                    }
                    for version in versions
                ],
            }
        )
    return encode(
        {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": "apidiscovery.k8s.io/v2",
            "metadata": {},
            "items": items,
        }
    )


def core_versions() -> bytes:
    return encode({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []})


def groups(resources: Sequence[Resource]) -> bytes:
    def version(group: str, name: str) -> dict[str, str]:
        return {"groupVersion": f"{group}/{name}", "version": name}

    found = []
    for group in dict.fromkeys(r.group for r in resources if r.group):
        versions = list(dict.fromkeys(r.version for r in resources if r.group == group))
        found.append(
            {
                "name": group,
                "versions": [version(group, name) for name in versions],
                "preferredVersion": version(group, versions[0]),
            }
        )
    return encode({"kind": "APIGroupList", "apiVersion": "v1", "groups": found})


def resource_list(base: str, resources: Iterable[Resource]) -> bytes:
    return encode(
        {
            "kind": "APIResourceList",
            **({"apiVersion": "v1"} if base.startswith("/apis/") else {}),
            "groupVersion": base.removeprefix("/apis/").removeprefix("/api/"),
            "resources": [
                {
                    "name": r.plural,
                    "singularName": r.kind.lower(),
                    "namespaced": r.namespaced,
                    "kind": r.kind,
                    "verbs": READ_VERBS,
                }
                for r in resources
            ],
        }
    )


def form_asked_for(accept: str) -> str:
    forms = ("Table", "PartialObjectMetadataList")
    return next((form for form in forms if f"as={form};" in accept), "List")


def list_page(
    resource: Resource, form: str, items: Iterable[bytes], metadata: Mapping[str, object]
) -> bytes:
    """A page of a list from items that are already written in the form asked for."""
    joined, head = b",".join(items), encode(metadata)
    if form == "Table":
        columns = encode([{"name": name, "type": "string"} for name in columns_of(resource)])
        return (
            b'{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":%b,"columnDefinitions":%b,'
            b'"rows":[%b]}' % (head, columns, joined)
        )
    if form == "PartialObjectMetadataList":
        return (
            b'{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":%b,'
            b'"items":[%b]}' % (head, joined)
        )
    version, kind = encode(resource.api_version), encode(f"{resource.kind}List")
    if resource.custom:
        head = encode({"continue": "", **metadata})
        whole = b'{"apiVersion":%b,"items":[%b],"kind":%b,"metadata":%b}'
        return whole % (version, joined, kind, head)
    whole = b'{"kind":%b,"apiVersion":%b,"metadata":%b,"items":[%b]}'
    return whole % (kind, version, head, joined)


def list_item(resource: Resource, form: str, found: Json) -> bytes:
    """One object as it stands in a list."""
    partial = {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": found["metadata"],
    }
    if form == "Table":
        return encode({"cells": cells(resource, found), "object": partial})
    if form == "PartialObjectMetadataList":
        return encode(partial)
    own = {"apiVersion": resource.api_version, "kind": resource.kind} if resource.custom else {}
    return encode(own | {k: v for k, v in found.items() if k not in ("apiVersion", "kind")})


def columns_of(resource: Resource) -> list[str]:
    if resource.kind != "Pod":
        return ["Name", "Age"]
    return [
        "Name",
        "Ready",
        "Status",
        "Restarts",
        "Age",
        "IP",
        "Node",
        "Nominated Node",
        "Readiness Gates",
    ]


def cells(resource: Resource, found: Json) -> list[object]:
    name = found["metadata"]["name"]
    if resource.kind != "Pod":
        return [name, found["metadata"]["creationTimestamp"]]
    state = found.get("status", {})
    containers = state.get("containerStatuses", [])
    ready = sum(c.get("ready", False) for c in containers)
    total = len(found.get("spec", {}).get("containers", []))
    restarts = sum(c.get("restartCount", 0) for c in containers)
    return [
        name,
        f"{ready}/{total}",
        state.get("phase", "Pending"),
        str(restarts),
        "5m",
        state.get("podIP", "<none>"),
        found.get("spec", {}).get("nodeName", "<none>"),
        "<none>",
        "<none>",
    ]

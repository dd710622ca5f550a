"""The ways to read a cluster that are measured; each runs in a process of its own.

    python -m benchmarks.methods plan KUBECONFIG PLAN
    python -m benchmarks.methods plain KUBECONFIG PLAN
    python -m benchmarks.methods typed KUBECONFIG
    python -m benchmarks.methods collect KUBECONFIG

Prints one line of JSON: the seconds from before the imports to the end, and what was read.
"""

import json
import queue
import re
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

STARTED = time.perf_counter()

sys.modules["kubernetes_validate"] = None  # type: ignore[assignment]
"""The `kubernetes` package imports it where it is found: here, for the tests, and nowhere else."""

THREADS = 4
NEXT_PAGE = re.compile(rb'"continue":"([^"]+)"')
ENVELOPE_BYTES = 4096
"""Where a list's own metadata stands: before the items, or behind them with custom resources."""

TYPED_LISTS = {
    "CoreV1Api": (
        "list_namespace list_service_for_all_namespaces list_config_map_for_all_namespaces "
        "list_node list_replication_controller_for_all_namespaces list_pod_for_all_namespaces "
        "list_resource_quota_for_all_namespaces list_limit_range_for_all_namespaces "
        "list_service_account_for_all_namespaces"
    ),
    "AppsV1Api": (
        "list_deployment_for_all_namespaces list_stateful_set_for_all_namespaces "
        "list_daemon_set_for_all_namespaces list_replica_set_for_all_namespaces"
    ),
    "BatchV1Api": "list_job_for_all_namespaces list_cron_job_for_all_namespaces",
    "DiscoveryV1Api": "list_endpoint_slice_for_all_namespaces",
    "NetworkingV1Api": (
        "list_ingress_for_all_namespaces list_ingress_class list_network_policy_for_all_namespaces"
    ),
    "AutoscalingV2Api": "list_horizontal_pod_autoscaler_for_all_namespaces",
    "PolicyV1Api": "list_pod_disruption_budget_for_all_namespaces",
    "SchedulingV1Api": "list_priority_class",
    "RbacAuthorizationV1Api": ("list_role_binding_for_all_namespaces list_cluster_role_binding"),
    "AdmissionregistrationV1Api": "list_mutating_webhook_configuration",
    "ApiextensionsV1Api": "list_custom_resource_definition",
}
"""The client's lists of the kinds that every cluster serves; what add-ons serve is left out."""

Figures = dict[str, float]
Page = tuple[str, str, list[int | None], str]
"""Path, Accept, the limits of this page and those after it, and the token to go on with."""


def plan(kubeconfig: str, file: str) -> Figures:
    """Scan, and write down every page that is asked for, by list."""
    from mesh_probe.collect import kube, listing, reading
    from mesh_probe.inventory import Inventory

    server = kube.connect(None, kubeconfig)
    lists: dict[tuple[str, str], list[int | None]] = {}
    lock = threading.Lock()

    def get(path: str, accept: str, tell: Any) -> bytes:
        bare, query = urlsplit(path).path, parse_qs(urlsplit(path).query)
        limit = int(query["limit"][0]) if "limit" in query else None
        with lock:
            lists.setdefault((bare, accept), []).append(limit)
        return server.get(path, accept, tell)

    read = reading.read(
        get,
        Inventory(),
        listing.Scope(),
        server=server.server,
        deadline=time.monotonic() + 3600,
        gentle=False,
        sample=False,
        progress=lambda _: None,
    )
    if read.gaps:
        raise SystemExit(f"the cluster could not be read whole: {read.gaps}")
    pages = [{"path": path, "accept": a, "limits": limits} for (path, a), limits in lists.items()]
    written = {"encoding": kube.encoding(server.server), "lists": pages}
    Path(file).write_text(json.dumps(written))
    return {"requests": server.requests, "bytes": server.bytes}


def plain(kubeconfig: str, file: str) -> Figures:
    """The same pages over the same kind of pool, and nothing done to the bytes."""
    from kubernetes import config
    from kubernetes.client import ApiClient, Configuration

    settings = Configuration()
    config.load_kube_config(kubeconfig, client_configuration=settings)  # type: ignore[no-untyped-call]
    api = ApiClient(settings)
    pool = api.rest_client.pool_manager
    login = {s["key"]: s["value"] for s in api.configuration.auth_settings().values()}
    written = json.loads(Path(file).read_text())
    encoding, lists = written["encoding"], written["lists"]
    figures: Figures = {"requests": 0, "bytes": 0}
    lock = threading.Lock()

    def fetch(path: str, accept: str) -> bytes:
        headers = {**login, "Accept": accept, "Accept-Encoding": encoding, "User-Agent": "plain"}
        url = settings.host + path
        answer = pool.request("GET", url, headers=headers, preload_content=False, retries=False)
        body: bytes = answer.read(decode_content=True)
        with lock:
            figures["requests"] += 1
            figures["bytes"] += answer.tell()
        answer.release_conn()
        if answer.status != 200:
            raise SystemExit(f"{answer.status} for {path}")
        return body

    tasks: queue.SimpleQueue[Page | None] = queue.SimpleQueue()
    left = threading.Semaphore(0)

    def work() -> None:
        while task := tasks.get():
            path, accept, (limit, *rest), token = task
            query: dict[str, str] = {"limit": str(limit)} if limit else {}
            if token:
                query["continue"] = token
            body = fetch(f"{path}?{urlencode(query)}" if query else path, accept)
            found = NEXT_PAGE.search(body[:ENVELOPE_BYTES]) or NEXT_PAGE.search(
                body[-ENVELOPE_BYTES:]
            )
            if found and rest:
                tasks.put((path, accept, rest, found[1].decode()))
            else:
                left.release()

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for one in lists:
        tasks.put((one["path"], one["accept"], one["limits"], ""))
    for thread in threads:
        thread.start()
    for _ in lists:
        left.acquire()
    for _ in threads:
        tasks.put(None)
    for thread in threads:
        thread.join()
    return figures


def typed(kubeconfig: str) -> Figures:
    """The client's own lists, one after the other, the objects of one dropped before the next."""
    from kubernetes import client, config

    settings = client.Configuration()
    config.load_kube_config(kubeconfig, client_configuration=settings)  # type: ignore[no-untyped-call]
    api = client.ApiClient(settings)
    objects = 0
    for group, names in TYPED_LISTS.items():
        for name in names.split():
            objects += len(getattr(getattr(client, group)(api), name)().items)
    return {"objects": objects}


def collect(kubeconfig: str) -> Figures:
    """What a scan does before it judges; without Prometheus."""
    from mesh_probe import interpreter

    interpreter.tune()  # as the program does when it starts

    from datetime import UTC, datetime
    from io import BytesIO

    from mesh_probe.collect import Target
    from mesh_probe.collect import collect as collect_snapshot

    target = Target(kubeconfig=kubeconfig, prometheus=("none",), timeout_seconds=3600)
    taken = collect_snapshot(
        target, now=datetime.now(UTC), progress=lambda _: None, stdin=BytesIO()
    )
    objects = sum(kind.count for kind in taken.snapshot.objects.kinds)
    return {"requests": taken.load.requests, "bytes": taken.load.bytes, "objects": objects}


METHODS: Mapping[str, Callable[..., Figures]] = {
    "plan": plan,
    "plain": plain,
    "typed": typed,
    "collect": collect,
}


if __name__ == "__main__":
    said = METHODS[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({"seconds": time.perf_counter() - STARTED, **said}))

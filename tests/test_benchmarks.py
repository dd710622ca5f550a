"""The synthetic clusters keep their laws, and the benchmark runs to its end. Nothing is timed."""

import json
import re
import statistics
import subprocess
import sys
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest
import urllib3

from benchmarks.clusters import PODS_PER_MACHINE, cluster, platform
from benchmarks.clusters.topology import EDGE_SHARES, edge_count, topology
from benchmarks.measure import RunError, run
from benchmarks.report import Report
from benchmarks.server import COUNTS, PreparedServer
from mesh_probe.collect import Target, collect
from mesh_probe.collect.listing import ACCEPT_BY_FORM
from mesh_probe.graph.build import build
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.snapshot import Snapshot
from tests.kube import KubeServer
from tests.kube.shapes import AGGREGATED

NOW = datetime(2026, 3, 1, tzinfo=UTC)

Json = dict[str, Any]

SERVICES, PODS = 40, 240
BYTES_BY_KIND = {"Pod": 10_000, "Deployment": 8_700, "Service": 1_800, "ReplicaSet": 8_700}
"""As measured on clusters, on average."""


@pytest.fixture(scope="module")
def objects() -> list[Json]:
    return list(cluster(SERVICES, PODS))


@pytest.mark.parametrize("services", [10, 25, 60, 150, 400, 1000])
def test_a_topology_has_the_shares_of_roles_and_edges_that_were_published(services: int) -> None:
    nodes = topology(services, services * 5, seed=0)

    roles = Counter(node.role for node in nodes)
    assert len(nodes) == services
    assert roles["entry"] == pytest.approx(services * 0.13, abs=1)
    assert roles["middle"] == pytest.approx(services * 0.48, abs=1)
    edges = sum(len(node.calls) for node in nodes)
    assert edges == pytest.approx(edge_count(services), rel=0.25 if services < 150 else 0.03)
    sorts = Counter(callee.sort for node in nodes for callee in node.calls)
    for sort, share in EDGE_SHARES.items():
        assert sorts[sort] / edges == pytest.approx(share, abs=0.1 if services < 400 else 0.02)


def test_edges_per_service_grow_with_the_number_of_services() -> None:
    per_service = {n: edge_count(n) / n for n in (10, 25, 150, 1000, 10_000)}

    assert per_service == {10: 1.5, 25: 2.0, 150: 2.5, 1000: 3.7, 10_000: 3.7}


def test_nobody_calls_an_entry_and_everything_else_is_called() -> None:
    nodes = topology(1000, 5000, seed=0)

    called = {callee.name for node in nodes for callee in node.calls}
    assert called == {node.name for node in nodes if node.role != "entry"}
    assert all(not node.calls for node in nodes if node.role == "leaf")


def test_chains_stay_short_and_hubs_are_few() -> None:
    nodes = topology(2000, 10_000, seed=0)

    heights = sorted(node.height for node in nodes if node.role == "entry")
    assert statistics.median(heights) == 3
    assert heights[len(heights) * 9 // 10] in (5, 6)
    assert heights[-1] <= 9
    fan_in = Counter(callee.name for node in nodes for callee in node.calls)
    at_the_top = sum(count for _, count in fan_in.most_common(20))
    assert 0.25 < at_the_top / fan_in.total() < 0.6


def test_a_height_is_the_longest_chain_below() -> None:
    nodes = topology(400, 2000, seed=1)

    for node in nodes:
        forward = [callee.height for callee in node.calls if callee.height < node.height]
        assert node.height == 1 + max(forward, default=-1)


def test_some_calls_close_cycles() -> None:
    nodes = topology(1000, 5000, seed=0)

    back = sum(callee.height >= node.height for node in nodes for callee in node.calls)
    assert 0.005 < back / sum(len(node.calls) for node in nodes) < 0.03


def test_equal_arguments_give_equal_objects(objects: list[Json]) -> None:
    assert list(cluster(SERVICES, PODS)) == objects
    assert list(cluster(SERVICES, PODS, seed=1)) != objects


def test_a_cluster_has_what_was_asked_for(objects: list[Json]) -> None:
    counts = Counter(document["kind"] for document in objects)
    own = Counter(d["kind"] for d in objects if d["metadata"].get("namespace") != "kube-system")

    assert counts["Pod"] == PODS
    assert own["Service"] == SERVICES
    assert {kind.name for kind in KINDS if not kind.optional} - set(counts) == {
        "ReplicationController"
    }


def test_every_object_has_a_name_of_its_own(objects: list[Json]) -> None:
    keys = Counter(
        (d["apiVersion"], d["kind"], d["metadata"].get("namespace"), d["metadata"]["name"])
        for d in objects
    )

    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize(("kind", "size"), BYTES_BY_KIND.items())
def test_objects_are_as_large_as_real_ones(objects: list[Json], kind: str, size: int) -> None:
    sizes = [len(json.dumps(d, separators=(",", ":"))) for d in objects if d["kind"] == kind]

    assert statistics.mean(sizes) == pytest.approx(size, rel=0.25)


def test_every_name_that_an_object_gives_is_that_of_another(objects: list[Json]) -> None:
    names: dict[str, set[str]] = {}
    for document in objects:
        metadata = document["metadata"]
        names.setdefault(document["kind"], set()).add(
            f"{metadata.get('namespace', '')}/{metadata['name']}"
        )
    references = [reference for document in objects for reference in _named(document)]

    assert {kind for kind, _ in references} >= {"ConfigMap", "Deployment", "Node", "Service"}
    assert [(kind, name) for kind, name in references if name not in names[kind]] == []


def _named(document: Json) -> Iterator[tuple[str, str]]:
    """Kind and name of what a document refers to."""
    namespace = document["metadata"].get("namespace", "")
    for owner in document["metadata"].get("ownerReferences", ()):
        yield owner["kind"], f"{'' if owner['kind'] == 'Node' else namespace}/{owner['name']}"
    spec = document.get("spec", {})
    if document["kind"] == "Pod":
        yield "Node", f"/{spec['nodeName']}"
        yield "ServiceAccount", f"{namespace}/{spec['serviceAccountName']}"
        yield "PriorityClass", f"/{spec['priorityClassName']}"
        for config in re.findall(
            r'"config[Mm]ap(?:KeyRef)?": \{"name": "([^"]+)"', json.dumps(spec)
        ):
            yield "ConfigMap", f"{namespace}/{config}"
    if document["kind"] == "HorizontalPodAutoscaler":
        target = spec["scaleTargetRef"]
        yield target["kind"], f"{namespace}/{target['name']}"
    if document["kind"] == "Ingress":
        for path in spec["rules"][0]["http"]["paths"]:
            yield "Service", f"{namespace}/{path['backend']['service']['name']}"
    for endpoint in document.get("endpoints", ()):
        yield "Pod", f"{namespace}/{endpoint['targetRef']['name']}"


class _Client:
    """Asks a server as its kubeconfig says."""

    def __init__(self, kubeconfig: Path) -> None:
        document = json.loads(kubeconfig.read_text())
        found = document["clusters"][0]["cluster"]
        authority = b64decode(found["certificate-authority-data"]).decode()
        self._url = found["server"]
        self._token = document["users"][0]["user"]["token"]
        self._pool = urllib3.PoolManager(ca_cert_data=authority)

    def get(self, path: str, accept: str) -> tuple[int, str, object]:
        """Status, content type and document."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": accept}
        answer = self._pool.request("GET", self._url + path, headers=headers)
        is_json = answer.headers["Content-Type"].startswith("application/json")
        return answer.status, answer.headers["Content-Type"], answer.json() if is_json else None

    def pages(self, path: str, accept: str, limit: int) -> list[object]:
        """A list to its end."""
        found: list[object] = []
        token = ""
        while True:
            query = urlencode({"limit": limit, **({"continue": token} if token else {})})
            _, _, document = self.get(f"{path}?{query}", accept)
            assert isinstance(document, dict)
            found.append(document)
            token = document["metadata"].get("continue", "")
            if not token:
                return found


@pytest.fixture(scope="module")
def prepared(
    objects: list[Json], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PreparedServer]:
    server = PreparedServer(objects)
    yield server
    server.close()


@pytest.fixture(scope="module")
def double(objects: list[Json]) -> Iterator[KubeServer]:
    with KubeServer(objects) as server:
        yield server


def test_the_prepared_server_answers_as_the_double_does(
    prepared: PreparedServer, double: KubeServer, tmp_path: Path
) -> None:
    mine = _Client(prepared.kubeconfig(tmp_path))
    faithful = _Client(double.kubeconfig(tmp_path))
    paths = ["/version", "/api", "/apis", "/api/v1", "/apis/apps/v1"]
    paths += ["/api/v1/namespaces/kube-system/services/cni", "/api/v1/nodes/none"]
    paths += [f"{base}/none" for base in ("/api/v1", "/apis/apps/v1")]

    for path in paths:
        for accept in ("application/json", f"{AGGREGATED},application/json"):
            assert mine.get(path, accept) == faithful.get(path, accept)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{kind.plural}.{kind.group}")
def test_the_prepared_server_lists_as_the_double_does(
    prepared: PreparedServer, double: KubeServer, tmp_path: Path, kind: Kind
) -> None:
    mine = _Client(prepared.kubeconfig(tmp_path))
    faithful = _Client(double.kubeconfig(tmp_path))
    resource = next(
        (r for r in double.resources if (r.group, r.plural) == (kind.group, kind.plural)), None
    )
    if resource is None:
        assert kind.optional
        return
    path = f"{resource.base}/{resource.plural}"

    for accept in {ACCEPT_BY_FORM["full"], ACCEPT_BY_FORM[kind.form]}:
        assert mine.get(path, accept) == faithful.get(path, accept)
        assert mine.pages(path, accept, 7) == faithful.pages(path, accept, 7)


@pytest.fixture(scope="module")
def snapshot(prepared: PreparedServer, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    kubeconfig = prepared.kubeconfig(tmp_path_factory.mktemp("kubeconfig"))
    target = Target(kubeconfig=str(kubeconfig), prometheus=("none",))
    taken = collect(target, now=NOW, progress=lambda _: None, stdin=BytesIO())
    return taken.snapshot


def test_a_synthetic_cluster_is_read_without_a_gap(snapshot: Snapshot, objects: list[Json]) -> None:
    assert [gap.subject for gap in snapshot.gaps] == ["Prometheus"]
    assert len(snapshot.objects.pods) == PODS
    assert sum(kind.count for kind in snapshot.objects.kinds) == len(objects)


def test_every_call_of_the_topology_is_found_and_no_other(snapshot: Snapshot) -> None:
    machines = max(platform.CONTROL_PLANE_MACHINES, PODS // PODS_PER_MACHINE)
    nodes = topology(SERVICES, PODS - platform.pod_count(machines), seed=0)
    calls = {
        (f"{node.namespace}/{node.name}", f"{callee.namespace}/{callee.name}")
        for node in nodes
        for callee in node.calls
    }
    edges = build(snapshot).edges

    # A nightly job runs with its service's variables.
    found = {pair for pair in edges if "/" in pair[0] and not pair[0].endswith("-nightly")}
    assert {pair for pair in found if not pair[0].startswith("ingress:")} == calls


def test_the_answers_are_prepared_once(prepared: PreparedServer, tmp_path: Path) -> None:
    client = _Client(prepared.kubeconfig(tmp_path))
    before = client.get(COUNTS, "application/json")[2]
    first = client.get("/api/v1/pods", "application/json")
    second = client.get("/api/v1/pods", "application/json")
    after = client.get(COUNTS, "application/json")[2]

    assert first == second
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert after["requests"] - before["requests"] == 2


def test_a_program_that_fails_is_an_error() -> None:
    with pytest.raises(RunError, match="oh no"):
        run([sys.executable, "-c", "raise SystemExit('oh no')"])


def test_the_benchmark_runs_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--sizes", "10/40,12/44", "--runs", "1"]
    said = subprocess.run(
        [*command, "--json", str(file)], capture_output=True, text=True, check=True
    ).stdout
    report = msgspec.json.decode(file.read_bytes(), type=Report)

    assert [(size.services, size.pods) for size in report.sizes] == [(10, 40), (12, 44)]
    ways = report.sizes[0].ways
    assert {"plain", "collect", "scan", "typed"} <= set(ways)
    assert ways["plain"].requests == ways["collect"].requests == ways["scan"].requests
    assert ways["plain"].bytes == ways["collect"].bytes == ways["scan"].bytes
    assert "wall seconds of collect over plain" in said
    assert report.help_imports == []

"""What every API server shows, the double and the real one alike."""

import json
import logging
from pathlib import Path

import msgspec
import pytest

from mesh_probe.errors import CollectError
from mesh_probe.text import message
from tests.collect.reading import read
from tests.kube import KubeServer, RealKubeServer
from tests.kube.shop import CONFIG_MAPS

Server = KubeServer | RealKubeServer


def test_everything_is_read_but_secrets(
    api_server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "mesh_probe")

    found = read(api_server.kubeconfig(tmp_path))

    objects = found.objects
    assert found.gaps == ()
    assert found.outcome.complete
    assert found.outcome.server_version == "v1.36.2"
    assert {"billing", "shop"} <= {n.name for n in objects.namespaces}
    assert {"shop/cart", "billing/ledger"} <= {f"{s.namespace}/{s.name}" for s in objects.services}
    assert sorted(f"{w.kind} {w.namespace}/{w.name}" for w in objects.workloads) == [
        "Deployment shop/cart",
        "Pod billing/lonely",
        "Rollout billing/ledger",
    ]
    assert len([c for c in objects.config_maps if c.namespace == "shop"]) == CONFIG_MAPS
    assert [o.name for o in objects.outlines if o.kind == "CustomResourceDefinition"] == [
        "rollouts.argoproj.io"
    ]
    assert found.state("Rollout") == "read"
    assert found.state("HTTPRoute") == "not-served"
    assert "/pods" in caplog.text
    assert "secrets" not in caplog.text


def test_pods_come_as_a_table_with_their_state(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path))

    (cart,) = [pod for pod in found.objects.pods if pod.name == "cart-5d4f-x1"]
    assert (cart.namespace, cart.workload) == ("shop", "Deployment/cart")
    assert (cart.ip, cart.node, cart.status) == ("10.1.0.7", "node-1", "Running")
    assert (cart.ready, cart.restarts) == (True, 3)
    assert all(b'"kind":"Table"' in body for body in found.bodies("Pod"))


def test_replica_sets_and_definitions_come_without_their_specs(
    api_server: Server, tmp_path: Path
) -> None:
    found = read(api_server.kubeconfig(tmp_path))

    bodies = found.bodies("ReplicaSet") + found.bodies("CustomResourceDefinition")
    assert len(bodies) == 2
    assert all(b'"kind":"PartialObjectMetadataList"' in body for body in bodies)


def test_a_bare_pod_is_fetched_for_its_containers(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path))

    (lonely,) = [w for w in found.objects.workloads if w.name == "lonely"]
    assert [container.image for container in lonely.containers] == ["registry.example/lonely:1"]


def test_lists_are_read_in_pages_that_fit_the_objects(api_server: Server, tmp_path: Path) -> None:
    counts = [_item_count(b) for b in read(api_server.kubeconfig(tmp_path)).bodies("ConfigMap")]

    assert counts[0] == 100
    assert len(counts) == 2
    assert sum(counts) >= CONFIG_MAPS


def test_gentle_reads_smaller_pages(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path), gentle=True)

    assert len(found.bodies("ConfigMap")) == 2
    assert found.gaps == ()


@pytest.mark.parametrize(("address", "is_packed"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_answers_are_compressed_unless_they_stay_on_this_machine(
    api_server: Server, tmp_path: Path, address: str, is_packed: bool
) -> None:
    kubeconfig = api_server.kubeconfig(tmp_path)
    entries = json.loads(kubeconfig.read_text())
    # The second address leads here, too, but does not tell so.
    cluster = entries["clusters"][0]["cluster"]
    cluster["server"] = cluster["server"].replace("127.0.0.1", address)
    cluster["tls-server-name"] = "127.0.0.1"
    kubeconfig.write_text(json.dumps(entries))

    found = read(kubeconfig)

    assert found.gaps == ()
    packed_bytes = sum(len(body) for body in found.bodies("ConfigMap")) / 2
    assert (found.cluster.bytes < packed_bytes) == is_packed


@pytest.mark.parametrize("login", ["token", "certificate", "plugin"])
def test_every_way_to_log_in_works(api_server: Server, tmp_path: Path, login: str) -> None:
    found = read(api_server.kubeconfig(tmp_path, login=login))

    assert found.gaps == ()


def test_a_forbidden_kind_is_a_gap_in_the_servers_words(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path, "blind"))

    (gap,) = found.gaps
    assert gap.subject == "NetworkPolicy"
    assert gap.reason.id == "gap.forbidden"
    assert gap.reason.parameters["detail"] == (
        'networkpolicies.networking.k8s.io is forbidden: User "blind" cannot list resource '
        '"networkpolicies" in API group "networking.k8s.io" at the cluster scope'
    )
    assert found.state("NetworkPolicy") == "unreadable"
    assert found.state("Service") == "read"


def test_without_any_right_everything_is_a_gap(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path, "nobody"))

    assert {gap.reason.id for gap in found.gaps} == {"gap.forbidden"}
    assert {read.state for read in found.objects.kinds} == {"unreadable", "not-served"}
    assert found.outcome.complete


def test_rights_in_one_namespace_give_what_the_context_names(
    api_server: Server, tmp_path: Path
) -> None:
    found = read(api_server.kubeconfig(tmp_path, "dev", namespace="shop"))

    assert [n.name for n in found.objects.namespaces] == ["shop"]
    assert [s.name for s in found.objects.services] == ["cart"]
    assert found.state("Service") == "partial"
    assert found.reasons("Service") == ["gap.only-namespace"]
    assert found.reasons("Node") == ["gap.forbidden"]


def test_named_namespaces_are_read_one_by_one(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path, "dev"), namespaces=("shop",))

    assert [n.name for n in found.objects.namespaces] == ["shop"]
    assert [s.name for s in found.objects.services] == ["cart"]
    assert found.state("Namespace") == "read"
    # There may be others where nobody looked.
    assert found.state("Service") == "partial"
    assert found.reasons("Service") == []


def test_a_namespace_that_does_not_exist_is_named(api_server: Server, tmp_path: Path) -> None:
    """Its lists would be empty, as if nothing ran there."""
    found = read(api_server.kubeconfig(tmp_path), namespaces=("shop", "shoop"))

    (gap,) = found.gaps
    assert (gap.subject, gap.reason.id) == ("Namespace shoop", "gap.no-such-namespace")
    assert gap.hint == message("hint.meant", names="shop")
    assert [s.name for s in found.objects.services] == ["cart"]


def test_when_no_named_namespace_exists_nothing_is_judged(
    api_server: Server, tmp_path: Path
) -> None:
    with pytest.raises(CollectError) as caught:
        read(api_server.kubeconfig(tmp_path), namespaces=("shoop",))

    assert caught.value.said.id == "error.no-such-namespace"
    assert caught.value.hint == message("hint.meant", names="shop")


def test_a_namespace_that_cannot_be_checked_is_named(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path, "dev"), namespaces=("shop", "billing"))

    assert found.reasons("Namespace (billing)") == ["gap.namespace-unchecked"]
    assert found.reasons("Service (billing)") == ["gap.forbidden"]
    assert found.state("Service") == "partial"


def test_a_refusal_in_many_namespaces_is_one_gap(api_server: Server, tmp_path: Path) -> None:
    many = tuple(f"none-{i}" for i in range(9, 0, -1))

    found = read(api_server.kubeconfig(tmp_path, "dev"), namespaces=("shop", *many))

    (gap,) = [gap for gap in found.gaps if gap.subject.startswith("Pod (")]
    assert gap.subject == "Pod (none-1, none-2, none-3, none-4, none-5, …)"
    assert 'namespace "none-1"' in str(gap.reason.parameters["detail"])


def test_many_named_namespaces_are_read_with_the_whole_cluster(
    api_server: Server, tmp_path: Path
) -> None:
    many = ("shop", *(f"none-{i}" for i in range(20)))

    found = read(api_server.kubeconfig(tmp_path), namespaces=many)

    assert len(found.bodies("Pod")) == 1
    assert [s.name for s in found.objects.services] == ["cart"]


def test_many_named_namespaces_are_read_one_by_one_where_the_cluster_is_forbidden(
    api_server: Server, tmp_path: Path
) -> None:
    many = ("shop", *(f"none-{i}" for i in range(20)))

    found = read(api_server.kubeconfig(tmp_path, "dev"), namespaces=many)

    assert [s.name for s in found.objects.services] == ["cart"]
    assert found.state("Service") == "partial"


def test_excluded_namespaces_are_left_out(api_server: Server, tmp_path: Path) -> None:
    found = read(api_server.kubeconfig(tmp_path), exclude_namespaces=("billing",))

    assert "billing" not in {n.name for n in found.objects.namespaces}
    assert "cart" in {s.name for s in found.objects.services}
    assert "ledger" not in {s.name for s in found.objects.services}


def test_a_wrong_token_ends_the_scan(api_server: Server, tmp_path: Path) -> None:
    with pytest.raises(CollectError) as caught:
        read(api_server.kubeconfig(tmp_path, "stranger"))

    assert caught.value.said.id == "error.no-entry"
    assert caught.value.said.parameters["detail"] == "Unauthorized"


def test_no_credentials_end_the_scan(api_server: Server, tmp_path: Path) -> None:
    with pytest.raises(CollectError) as caught:
        read(api_server.kubeconfig(tmp_path, None))

    assert caught.value.said.id == "error.no-entry"
    assert "system:anonymous" in str(caught.value.said.parameters["detail"])


class _Items(msgspec.Struct):
    items: list[msgspec.Raw]


def _item_count(body: bytes) -> int:
    return len(msgspec.json.decode(body, type=_Items).items)

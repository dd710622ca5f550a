"""What NetworkPolicies hint at."""

from msgspec.structs import replace

from mesh_probe.graph.build import build
from mesh_probe.graph.policies import HINT
from mesh_probe.model import ConfigMap, ConfigUse, Edge, Fact, Outline, Reference
from mesh_probe.snapshot import Snapshot
from tests.graph.shop import NOW, cluster, service, workload

PEER = "spec.ingress[0].from[0].podSelector.matchLabels.app"


def policy(server: str, *facts: Fact) -> Outline:
    own = Fact("spec.podSelector.matchLabels.app", server)
    return Outline("NetworkPolicy", "networking.k8s.io", "shop", "p", facts=(own, *facts))


def edges(given: Outline, *parts: object) -> dict[tuple[str, str], Edge]:
    objects = replace(cluster(*parts), outlines=(given,))
    return dict(build(Snapshot(taken_at=NOW, tool_version="1", objects=objects)).edges)


def test_what_a_policy_lets_in_is_a_hint_and_no_declared_call() -> None:
    found = edges(policy("cart", Fact(PEER, "web")), workload("web"), workload("cart"))

    edge = found["shop/web", "shop/cart"]
    assert (edge.confidence, edge.declared) == (HINT, False)
    assert [piece.subject for piece in edge.evidence] == ["NetworkPolicy shop/p"]


def test_a_hint_backs_what_shared_configuration_names() -> None:
    names = ("web", "cart", "user", "mail", "bill")
    parts = tuple(Reference(n, f"x.json:{n}", "x.json", "host-port", 80) for n in names)
    readers = [workload(n, config=(ConfigUse("x", "file"),)) for n in names]
    services = [service(n) for n in names]
    shared = ConfigMap("shop", "x", references=parts)

    found = edges(policy("cart", Fact(PEER, "web")), *readers, *services, shared)

    assert {pair for pair, edge in found.items() if edge.declared} == {("shop/web", "shop/cart")}


def test_a_rule_for_everybody_or_for_another_namespace_names_nobody() -> None:
    many = [replace(workload(f"w{n}"), labels={"app": "all"}) for n in range(9)]
    there = Fact("spec.ingress[0].from[0].namespaceSelector.matchLabels.name", "edge")

    assert edges(policy("cart", Fact(PEER, "all")), workload("cart"), *many) == {}
    assert edges(policy("cart", Fact(PEER, "web"), there), workload("web"), workload("cart")) == {}

"""A page that asks all services whether they are well calls none of them for anybody."""

from msgspec import structs

from mesh_probe.graph.build import build
from mesh_probe.model import Reference
from mesh_probe.text import message
from tests.graph.shop import service, url, workload
from tests.graph.test_build import call, peer, snapshot


def health(host: str) -> Reference:
    return structs.replace(url(host, f"{host.upper()}_HC"), about="probe")


PARTS = (
    workload("web", url("cart")),
    workload("cart"),
    workload("user"),
    workload("status", health("cart"), health("user")),
    service("cart"),
    service("user"),
)


def test_a_probe_is_listed_with_its_evidence_and_counts_nowhere() -> None:
    graph = build(snapshot(*PARTS))

    probe = graph.edges["shop/status", "shop/cart"]
    assert (probe.declared, probe.probe, probe.confidence) == (True, True, 0.93)
    assert [piece.fact for piece in probe.evidence] == [
        message("evidence.probe", key="CART_HC", host="cart:80")
    ]
    assert list(graph.applications.edges) == [("shop/web", "shop/cart")]


def test_a_caller_that_also_asks_for_health_stays_a_caller() -> None:
    graph = build(snapshot(workload("web", health("cart"), url("cart")), *PARTS[1:]))

    edge = graph.edges["shop/web", "shop/cart"]
    assert (edge.declared, edge.probe) == (True, False)


def test_a_probe_that_is_measured_is_no_undeclared_call() -> None:
    seen = (call(peer("web"), peer("cart")), call(peer("status"), peer("cart")))
    both = (*PARTS[:3], workload("status", health("cart"), url("user")), *PARTS[4:])
    undeclared = (*both[:3], workload("status", url("user")), *both[4:])

    def found(*parts: object) -> list[str]:
        findings = build(snapshot(*parts, calls=seen)).findings
        return [f.subject for f in findings if f.id == "seen-not-declared"]

    assert found(*both) == []
    assert found(*undeclared) == ["shop/status -> shop/cart"]

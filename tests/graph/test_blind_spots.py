"""Workloads of which no call is known."""

from msgspec.structs import replace

from mesh_probe.graph.build import build
from mesh_probe.model import ConfigMap, ConfigUse, ObservedCall, Peer, Reference, Telemetry
from mesh_probe.snapshot import Snapshot
from tests.graph.shop import NOW, cluster, service, url, workload


def snapshot(*parts: object) -> Snapshot:
    return Snapshot(taken_at=NOW, tool_version="1", objects=cluster(*parts))


def blind(given: Snapshot) -> dict[str, tuple[str, str | None]]:
    """Reason and hint of each blind spot."""
    return {
        gap.subject: (gap.reason.id, gap.hint.id if gap.hint else None)
        for gap in build(given).gaps
        if gap.reason.id.startswith("gap.blind")
    }


def test_a_workload_that_nobody_names_and_that_names_nobody_is_a_blind_spot() -> None:
    found = blind(snapshot(workload("web", url("cart")), workload("cart"), workload("mail"),
                           service("cart")))  # fmt: skip

    assert found == {"Deployment shop/mail": ("gap.blind-code", "hint.blind")}


def test_a_way_in_from_outside_does_not_say_whom_it_calls() -> None:
    found = blind(snapshot(workload("web"), service("web", type="LoadBalancer")))

    assert found == {"Deployment shop/web": ("gap.blind-code", "hint.blind")}


def test_secrets_may_hide_addresses() -> None:
    found = blind(snapshot(replace(workload("web"), secrets=("db-login",))))

    assert found == {"Deployment shop/web": ("gap.blind-secrets", "hint.blind")}


def test_what_only_shared_configuration_names_is_not_sure() -> None:
    names = "abcdef"
    addresses = tuple(Reference(n, f"x.json:{n}", "x.json", "host-port", 80) for n in names)
    readers = [workload(n, config=(ConfigUse("x", "file"),)) for n in names]
    config_map = ConfigMap("shop", "x", references=addresses)
    found = blind(snapshot(*readers, config_map, *(service(n) for n in names)))

    assert found == {f"Deployment shop/{n}": ("gap.blind-weak", "hint.blind") for n in names}


def test_where_there_are_metrics_they_do_not_cover_it() -> None:
    seen = ObservedCall("istio", Peer("web", "shop"), Peer("cart", "shop"), rate_rps=1.0)
    given = snapshot(workload("web"), workload("cart"), workload("mail"))
    found = blind(replace(given, telemetry=Telemetry(calls=(seen,))))

    assert found == {"Deployment shop/mail": ("gap.blind-code", "hint.blind-measured")}


def test_fittings_are_no_blind_spots() -> None:
    assert blind(snapshot(workload("agent", image="fluent/fluent-bit:3"))) == {}


def test_a_wrong_name_that_several_read_is_the_config_map_s_and_said_once() -> None:
    gone = Reference("gone", "CART_URL", "CART_URL", "url", 80, "http", False)
    config_map = ConfigMap("shop", "common", references=(gone,))
    readers = [workload(n, config=(ConfigUse("common", "envFrom"),)) for n in ("web", "mail")]

    findings = build(snapshot(*readers, config_map, service("web"))).findings

    assert [(f.id, f.subject) for f in findings] == [("unknown-service", "ConfigMap shop/common")]

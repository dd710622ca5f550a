import time
from pathlib import Path

import pytest

from mesh_probe.collect.mapping import read_mappings
from mesh_probe.collect.prometheus import Prometheus
from mesh_probe.collect.telemetry import read_telemetry
from mesh_probe.errors import FileError
from mesh_probe.graph.build import build
from mesh_probe.snapshot import Snapshot
from mesh_probe.source import Window
from mesh_probe.sources import SOURCES, in_order
from tests.dialects.series import Counter, backfill, day, histogram
from tests.dialects.truth import CALLS, objects
from tests.prometheus.server import running

EXAMPLE = Path(__file__).parents[2] / "examples" / "mapping.yaml"
ROW = """
sources:
  - source: ours
    requests: calls
    client: {workload: a}
    server: {workload: b}
"""


def written(tmp_path: Path, text: str) -> str:
    file = tmp_path / "mapping.yaml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def shop_rpc() -> list[Counter]:
    """The shop's calls as the first entry of the example describes them."""
    found: list[Counter] = []
    for call in CALLS:
        labels = {
            "caller": call.client.name,
            "caller_namespace": call.client.namespace,
            "callee": call.server.service,
            "callee_namespace": call.server.namespace,
        }
        for code, ratio in (("200", 1 - call.error_ratio), ("timeout", call.error_ratio)):
            if ratio:
                counted = {**labels, "code": code}
                found.append(Counter("rpc_client_calls_total", counted, call.rate_rps * ratio))
        found += histogram("rpc_client_seconds", labels, call.rate_rps, call.waited, (100, 1000))
    return found


def test_metrics_of_ones_own_are_read_as_the_file_says(tmp_path: Path) -> None:
    backfill(tmp_path / "data", [shop_rpc()])
    sources = in_order((*SOURCES, *read_mappings((str(EXAMPLE),))))
    with running(tmp_path / "data") as url:
        found = read_telemetry(
            [Prometheus(url)],
            Window(900, 1800),
            day(0),
            deadline=time.monotonic() + 60,
            progress=lambda _: None,
            sources=sources,
        )

    snapshot = Snapshot(day(0), "0", objects=objects(), telemetry=found.telemetry)
    edges = {p: e for p, e in build(snapshot).edges.items() if e.observed}
    assert sorted(edges) == sorted(call.pair for call in CALLS)
    for call in CALLS:
        edge = edges[call.pair]
        assert edge.rate_rps == pytest.approx(call.rate_rps, rel=0.02)
        assert edge.error_ratio == pytest.approx(call.error_ratio, rel=0.02, abs=1e-9)
        assert edge.sources == ("shop-rpc",)
        assert edge.latency is not None


def test_the_entries_of_the_example_are_sources_in_their_tiers() -> None:
    found = read_mappings((str(EXAMPLE),))

    assert [(source.id, source.tier) for source in found] == [
        ("shop-rpc", "client"),
        ("shop-jobs", "client"),
        ("shop-proxy", "mesh"),
    ]


def test_several_rows_of_one_id_are_one_source(tmp_path: Path) -> None:
    more = ROW + "  - {source: ours, requests: more, client: {name: x}, server: {name: y}}\n"
    (found,) = read_mappings((written(tmp_path, more),))

    asked = found.asks(frozenset({"calls", "more"}), Window(60, 60))
    assert sorted(ask.purpose for ask in asked) == [
        "1 calls",
        "1 calls seen",
        "2 more",
        "2 more seen",
    ]


@pytest.mark.parametrize(
    ("text", "what", "told"),
    [
        ("sources: [", "syntax", {}),
        ("a: 1\na: 2", "syntax", {"line": 2}),
        ("- 1", "value", {"line": 1}),
        ("rows: []", "key", {"line": 1, "where": "rows", "value": "rows"}),
        ("sources:\n  - source: x\n", "value", {"line": 2, "where": "sources.0"}),
        (ROW.replace("workload: a", "workloads: a"), "key", {"line": 5, "value": "workloads"}),
        (
            ROW.replace("workload: a", "workload: 7"),
            "value",
            {"line": 5, "where": "sources.0.client.workload"},
        ),
        (ROW + "    tier: best\n", "value", {"line": 7, "where": "sources.0.tier"}),
        (ROW.replace("ours", "istio"), "taken", {"line": 3, "value": "istio"}),
        (ROW.replace("ours", "Our Own"), "id", {"line": 3, "value": "Our Own"}),
        (ROW.replace("requests: calls", "protocol: http"), "metrics", {"line": 3}),
        (ROW.replace("{workload: a}", "{}"), "side", {"line": 5, "where": "sources.0.client"}),
        (ROW.replace("workload: a", "workload: a-b"), "label", {"line": 5, "value": "a-b"}),
        (ROW.replace("requests: calls", "requests: calls("), "expression", {"line": 4}),
        (ROW.replace("requests: calls", 'requests: "calls(?!x)"'), "re2", {"line": 4}),
        (ROW.replace("workload: a", 'patterns: {x: "(.+)"}'), "groups", {"line": 5}),
        (ROW.replace("workload: a", 'patterns: {x: "(?P<app>.+)"}'), "groups", {"line": 5}),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_field(
    tmp_path: Path, text: str, what: str, told: dict[str, object]
) -> None:
    with pytest.raises(FileError) as raised:
        read_mappings((written(tmp_path, text),))

    assert raised.value.said.id == f"error.mapping-{what}"
    assert told.items() <= raised.value.said.parameters.items()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileError) as raised:
        read_mappings((str(tmp_path / "none.yaml"),))

    assert raised.value.said.id == "error.unreadable"

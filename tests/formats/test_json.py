import json
import math
from collections.abc import Callable, Iterator
from importlib import resources
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.format import Look
from mesh_probe.formats.json import graph, report
from mesh_probe.graph import CallGraph
from mesh_probe.graph.shape import path_between
from mesh_probe.model import Load
from mesh_probe.text import LANGUAGES, message
from mesh_probe.text.values import LARGEST_COUNT
from tests.formats.examples import EXAMPLES, HOSTILE_NAMES, ExampleWording, hostile, rich

SCHEMA: dict[str, Any] = json.loads(
    resources.files("mesh_probe.formats").joinpath("report.schema.json").read_text("utf-8")
)
REPORT = jsonschema.Draft202012Validator(SCHEMA)
GRAPH = jsonschema.Draft202012Validator({**SCHEMA, **SCHEMA["$defs"]["graph_document"]})


def made(name: str = "rich", language: str = "en") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(
        report(EXAMPLES[name](), ExampleWording(language), Look()), parse_constant=pytest.fail
    )
    return document


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_report_keeps_the_contract(name: str, language: str) -> None:
    assert [error.message for error in REPORT.iter_errors(made(name, language))] == []


def undescribed(value: Any, schema: dict[str, Any], at: str = "$") -> Iterator[str]:
    """Keys of a document that its schema does not name."""
    while "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]
    for choice in schema.get("oneOf", []):
        if value is not None and choice != {"type": "null"}:
            yield from undescribed(value, choice, at)
            return
    if isinstance(value, dict) and "additionalProperties" not in schema:
        known = schema.get("properties", {})
        for key, inner in value.items():
            if key in known:
                yield from undescribed(inner, known[key], f"{at}.{key}")
            else:
                yield f"{at}.{key}"
    if isinstance(value, list):
        for inner in value:
            yield from undescribed(inner, schema.get("items", {}), f"{at}[]")


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_key_is_described(name: str) -> None:
    assert sorted(set(undescribed(made(name), SCHEMA))) == []


def test_a_key_that_is_not_described_would_be_noticed() -> None:
    document = made()
    document["graph"]["edges"][0]["latency"] = {"p50_seconds": 1}
    document["answers"][0]["measure"]["extra"] = 1

    assert sorted(undescribed(document, SCHEMA)) == [
        "$.answers[].measure.extra",
        "$.graph.edges[].latency",
    ]


def broken(*where: Any) -> Callable[[Any], Callable[[dict[str, Any]], None]]:
    """A change of one place of a document, or with `...` its removal."""

    def put(value: Any) -> Callable[[dict[str, Any]], None]:
        def change(document: Any) -> None:
            for step in where[:-1]:
                document = document[step]
            if value is ...:
                del document[where[-1]]
            else:
                document[where[-1]] = value

        return change

    return put


@pytest.mark.parametrize(
    "change",
    [
        *(broken(key)(...) for key in SCHEMA["required"]),
        broken("schema")("mesh-probe/report/v2"),
        broken("generated_at")("2026-03-14T12:00:00+09:00"),
        broken("verdict", "outcome")("maybe"),
        broken("verdict", "probability")(None),
        broken("verdict", "probability")(1.2),
        broken("verdict", "yes")(10),
        broken("verdict", "yes_distribution")([1.0]),
        broken("verdict", "outcomes")({"maybe": 1}),
        broken("verdict", "because", 0, "text")(""),
        broken("verdict", "swing", 0, "settle_id")(...),
        broken("verdict", "axes", "security")(...),
        broken("verdict", "scores", "need")(70.5),
        broken("verdict", "scores", "arithmetic", "need")(...),
        broken("answers", 8)(...),
        broken("answers", 0, "id")("Service Count"),
        broken("answers", 0, "status")("maybe"),
        broken("answers", 0, "confidence")(None),
        broken("answers", 0, "basis")("guessed"),
        broken("answers", 0, "measure", "unit")(...),
        broken("answers", 0, "because_parameters")({"x": [1]}),
        broken("answers", 0, "evidence", 0, "points")("maybe"),
        broken("answers", 0, "evidence", 0, "check")(None),
        broken("answers", 3, "confidence")(0.5),
        broken("signals", 0)(...),
        broken("graph", "nodes", 0, "role")("gateway"),
        broken("graph", "edges", 0, "p99_seconds")(-1),
        broken("graph", "edges", 0, "p99_seconds")(...),
        broken("graph", "edges", 0, "via", 0, "service")(None),
        broken("graph", "edges", 0, "censored")("middle"),
        broken("paths", "slowest", 0, "p99_seconds")(1.0),
        broken("paths", "slowest", 0, "critical", "share")(40),
        broken("paths", "entry_to_leaf_paths")(2**53),
        broken("findings", 0, "severity")("fatal"),
        broken("blockers", 0, "severity")("fatal"),
        broken("blockers", 0, "mesh_modes")([]),
        broken("blockers", 0, "traffic_share")(1.5),
        broken("blockers", 0, "remedy_id")(...),
        broken("mesh_modes", 0, "mode")("kuma"),
        broken("mesh_modes", 0, "ready_percent")(101),
        broken("gaps", 0, "reason")(...),
        broken("load", "bytes")(1.5),
        broken("window", "incidents_seen_seconds")(...),
        broken("read", "kinds", 0, "state")("hidden"),
        broken("read", "kinds", 0, "count")(-1),
        broken("read", "sources", 0, "queries", 0, "promql")(None),
        broken("read", "incidents", "moments", 0, "end_at")("noon"),
    ],
)
def test_a_broken_report_is_refused(change: Callable[[dict[str, Any]], None]) -> None:
    document = made()
    change(document)

    assert not REPORT.is_valid(document)


def test_what_is_in_the_way_has_its_words_and_what_they_were_made_of() -> None:
    first, *others = made()["blockers"]

    assert first == {
        "id": "example-user",
        "severity": "error",
        "mesh_modes": ["istio-sidecar", "linkerd"],
        "subject": "Deployment shop/cart",
        "text": "Its pods run as user 1337.",
        "text_id": "blocker.example-user",
        "text_parameters": {"user": "1337"},
        "remedy": "Run it as another user.",
        "remedy_id": "blocker.example-user.remedy",
        "remedy_parameters": {"user": "1337"},
        "reference": "https://docs.example/example-user",
        "traffic_share": 0.62,
        "ignored": False,
        "check": "kubectl get deployment shop/cart",
        "nodes": ["shop/cart"],
    }
    assert [b["subject"] for b in others if b["ignored"]] == ["Service shop/promotions"]
    assert made()["mesh_modes"][0] == {
        "mode": "istio-sidecar",
        "errors": 1,
        "warnings": 5,
        "infos": 0,
        "workloads": 6,
        "free": 3,
        "careful": 2,
        "blocked": 1,
        "ready_percent": 67,
    }


def test_what_was_read_has_its_queries_as_they_were_sent() -> None:
    istio, *_ = made()["read"]["sources"]

    assert (istio["source"], istio["state"], istio["details"]) == (
        "istio",
        "partial",
        ["1.26.0", "v1"],
    )
    assert [query["series_count"] for query in istio["queries"]] == [9, 0, None]
    assert istio["queries"][1]["promql"].endswith("[21600s] offset 21600s))")


def test_none_of_a_kind_and_none_that_could_be_seen_are_apart() -> None:
    counts = {(k["kind"], k["state"]): k["count"] for k in made()["read"]["kinds"]}

    assert counts == {
        ("ConfigMap", "partial"): 12,
        ("Deployment", "read"): 18,
        ("Gateway", "not-served"): 0,
        ("Gateway", "read"): 0,
        ("Node", "not-given"): None,
        ("Secretive", "unreadable"): None,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_report(golden: Callable[[str, str], None], language: str) -> None:
    golden(f"rich.{language}.json", report(rich(), ExampleWording(language), Look()))


def test_the_look_of_the_screen_changes_nothing() -> None:
    wording = ExampleWording("en")

    assert report(rich(), wording, Look(color=True, width=20)) == report(rich(), wording, Look())


def without_words(value: Any) -> Any:
    if isinstance(value, dict):
        said = {key.removesuffix("_id") for key in value if f"{key}_id" in value}
        said |= {key for key in value if f"{key}_id" in value}
        said |= {"text"} & set(value)
        return {key: without_words(inner) for key, inner in value.items() if key not in said}
    return [without_words(inner) for inner in value] if isinstance(value, list) else value


def test_only_the_words_depend_on_the_language() -> None:
    assert made(language="ko") != made(language="en")
    assert without_words(made(language="ko")) == without_words(made(language="en"))


def test_names_come_back_as_they_were() -> None:
    """Except half surrogates, which no encoding of a file can hold."""
    nodes = {node["id"].removeprefix("n/") for node in made("hostile")["graph"]["nodes"]}

    assert nodes == {name.replace("\udc80", "?") for name in HOSTILE_NAMES}


def test_the_order_of_what_was_found_does_not_matter() -> None:
    base = hostile()
    turned = msgspec.structs.replace(
        base,
        gaps=base.gaps[::-1],
        findings=base.findings[::-1],
        answers=tuple(
            msgspec.structs.replace(answer, evidence=answer.evidence[::-1])
            for answer in base.answers[::-1]
        ),
    )

    assert report(turned, ExampleWording("en"), Look()) == report(
        base, ExampleWording("en"), Look()
    )


@given(st.floats(allow_subnormal=False))
def test_every_figure_is_finite_and_as_exact_as_it_was_measured(seconds: float) -> None:
    assessed = msgspec.structs.replace(rich(), load=Load(seconds=seconds))
    shown = json.loads(report(assessed, ExampleWording("en"), Look()))["load"]["seconds"]

    if math.isfinite(seconds):
        assert shown == pytest.approx(seconds, rel=1e-5, abs=0)
        assert len(f"{shown:e}".split("e")[0].strip("-").rstrip("0").replace(".", "")) <= 6
    else:
        assert shown is None


def test_a_parameter_that_no_reader_could_hold_is_cut() -> None:
    base = rich()
    odd = msgspec.structs.replace(
        base.gaps[0], reason=message("example.silent", seconds=math.inf, extra=-0.0, large=3**99)
    )
    document = json.loads(
        report(msgspec.structs.replace(base, gaps=(odd,)), ExampleWording("en"), Look())
    )

    assert document["gaps"][0]["reason_parameters"] == {
        "extra": 0.0,
        "large": LARGEST_COUNT,
        "seconds": None,
    }


def test_more_paths_than_a_number_holds_are_the_largest_count() -> None:
    assert made("hostile")["paths"]["entry_to_leaf_paths"] == LARGEST_COUNT


def test_a_graph_by_itself_has_the_nodes_and_edges_of_the_report() -> None:
    document = json.loads(graph(rich().graph, ExampleWording("en")))

    assert list(GRAPH.iter_errors(document)) == []
    assert document == {"schema": "mesh-probe/graph/v1", **made()["graph"]}


def test_a_part_of_the_graph_is_written_like_the_whole() -> None:
    part = path_between(rich().graph, "shop/web", "pay/ledger")
    assert part is not None

    document = json.loads(graph(part, ExampleWording("en")))

    assert list(GRAPH.iter_errors(document)) == []
    assert [(edge["client"], edge["server"]) for edge in document["edges"]] == [
        ("pay/checkout", "pay/ledger"),
        ("shop/web", "pay/checkout"),
    ]


def test_an_empty_graph_is_two_empty_lists() -> None:
    assert graph(CallGraph([], []), ExampleWording("en")) == (
        '{\n  "schema": "mesh-probe/graph/v1",\n  "nodes": [],\n  "edges": []\n}\n'
    )

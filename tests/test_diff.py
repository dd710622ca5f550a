"""What changed between two assessments."""

from collections.abc import Sequence
from itertools import product

import msgspec
import pytest

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import Blocker
from mesh_probe.diff import Diff, Shift, compare
from mesh_probe.mesh import Mesh
from mesh_probe.outlook import Installed
from mesh_probe.sheets.diff import sheet
from mesh_probe.text import Wording, message
from tests.formats.examples import EXAMPLES, ExampleWording
from tests.formats.in_the_way import blocker
from tests.past import hidden, judged, seen

SAID = message("label.yes")


def ids(diff: Diff) -> list[str]:
    return [caution.id for caution in diff.cautions]


@pytest.mark.parametrize("name", EXAMPLES)
def test_nothing_changed_between_an_assessment_and_itself(name: str) -> None:
    same = EXAMPLES[name]()

    found = compare(same, same)

    assert found.empty
    assert found.cautions == ()


@pytest.mark.parametrize(("one", "other"), [*product(EXAMPLES, EXAMPLES)])
def test_swapping_the_sides_swaps_new_and_gone(one: str, other: str) -> None:
    there = compare(EXAMPLES[one](), EXAMPLES[other]())
    back = compare(EXAMPLES[other](), EXAMPLES[one]())

    assert (there.old, there.new) == (back.new, back.old)
    assert (there.nodes_new, there.nodes_gone) == (back.nodes_gone, back.nodes_new)
    assert (there.calls_new, there.calls_gone) == (back.calls_gone, back.calls_new)
    assert [(f.id, f.subject) for f in there.findings_new] == [
        (f.id, f.subject) for f in back.findings_gone
    ]
    assert [gap.subject for gap in there.gaps_new] == [gap.subject for gap in back.gaps_gone]
    assert [(t.id, t.old, t.new) for t in there.answers] == [
        (t.id, t.new, t.old) for t in back.answers
    ]
    assert [(s.client, s.server, s.figure, s.old, s.new) for s in there.figures] == [
        (s.client, s.server, s.figure, s.new, s.old) for s in back.figures
    ]
    assert there.empty == back.empty


def test_services_and_calls_come_and_go() -> None:
    old = judged(0, "web", "cart", observed=[seen("web", "cart")])
    new = judged(1, "web", "stock", observed=[seen("web", "stock")])

    found = compare(old, new)

    assert found.nodes_new == ("shop/stock",)
    assert found.nodes_gone == ("shop/cart",)
    assert found.calls_new == (("shop/web", "shop/stock"),)
    assert found.calls_gone == (("shop/web", "shop/cart"),)
    assert not found.empty


def test_figures_that_moved_are_told_and_those_that_did_not_are_not() -> None:
    old = judged(0, observed=[seen("web", "cart", rate=10, p50=0.01, errors=0.0)])
    new = judged(1, observed=[seen("web", "cart", rate=14, p50=0.02, errors=0.05)])

    found = compare(old, new)

    assert found.figures == (
        Shift("shop/web", "shop/cart", "p50_seconds", 0.01, 0.02),
        Shift("shop/web", "shop/cart", "p99_seconds", 0.1, 0.2),
        Shift("shop/web", "shop/cart", "error_ratio", 0.0, 0.05),
    )


def test_a_figure_that_nobody_measured_did_not_move() -> None:
    found = compare(judged(0, wants="cart"), judged(1, observed=[seen("web", "cart")]))

    assert found.figures == ()


def test_an_answer_that_turned_is_told_with_both_sides() -> None:
    few = judged(0)
    many = judged(1, *(f"app-{number}" for number in range(12)))

    (turn,) = [turn for turn in compare(few, many).answers if turn.id == "service-count"]

    assert (turn.old, turn.new) == ("no", "yes")
    assert turn.old_measure is not None
    assert turn.new_measure is not None
    assert (turn.old_measure.value, turn.new_measure.value) == (2, 12)
    assert turn.because == many.answers[0].because


def test_what_is_gone_may_only_be_out_of_sight_and_that_is_said() -> None:
    before, after = judged(0), judged(1, gaps=[hidden("NetworkPolicy")])

    assert ids(compare(before, after)) == ["caution.gaps-new"]
    assert ids(compare(after, before)) == ["caution.order", "caution.gaps-gone"]


def test_two_clusters_are_no_change_of_one() -> None:
    assert ids(compare(judged(0), judged(1, context="other"))) == ["caution.contexts"]


def test_how_much_is_in_a_mesh_and_encrypted_is_told_of_both_sides() -> None:
    plain = [seen("web", "cart")]
    encrypted = [msgspec.structs.replace(plain[0], mtls=True)]
    found = compare(judged(0, observed=plain), judged(1, observed=encrypted))

    assert (found.old.in_mesh_ratio, found.old.mtls_ratio) == (0.0, None)
    assert (found.new.in_mesh_ratio, found.new.mtls_ratio) == (0.0, 1.0)
    assert sides(found)[-1] == ("calls with mTLS", "–", "100%")
    assert "in the mesh" not in {row[0] for row in sides(found)}


def test_a_mesh_that_came_shows_its_part() -> None:
    old, new = judged(0), judged(1)
    there = Installed(Mesh("istio", "sidecar", workloads=4, inside=("a", "b", "c")), "keep", SAID)
    cluster = msgspec.structs.replace(new.cluster, mesh=(there,))

    found = compare(old, msgspec.structs.replace(new, cluster=cluster))

    assert found.new.in_mesh_ratio == 0.75
    assert ("in the mesh", "0%", "75%") in sides(found)


def sides(diff: Diff) -> Sequence[Sequence[str]]:
    table = sheet(diff, Wording("en")).sections[0].table
    assert table
    return table.rows


def with_blockers(*blockers: Blocker) -> Assessment:
    return msgspec.structs.replace(judged(), blockers=blockers)


def test_blockers_come_and_go_by_what_they_are_about() -> None:
    stays = blocker("example-user", "error", "Deployment shop/cart", user="1337")
    words = msgspec.structs.replace(stays, text=SAID)
    old_port = blocker("example-port", "warning", "Service shop/web", port="80", name="web")
    new_port = blocker("example-port", "warning", "Service shop/cart", port="80", name="cart")

    found = compare(with_blockers(stays, old_port), with_blockers(words, new_port))

    assert (found.blockers_new, found.blockers_gone) == ((new_port,), (old_port,))
    assert (found.old.blockers, found.new.blockers) == (2, 2)
    assert not found.empty
    assert compare(with_blockers(stays), with_blockers(words)).empty


def test_what_is_ignored_is_still_there_and_counts_no_more() -> None:
    there = blocker("example-user", "error", "Deployment shop/cart", user="1337")
    ignored = msgspec.structs.replace(there, ignored=True)
    to_know = msgspec.structs.replace(there, subject="Deployment shop/web", severity="info")

    found = compare(with_blockers(there, to_know), with_blockers(ignored, to_know))

    assert (found.blockers_new, found.blockers_gone) == ((), ())
    assert (found.old.blockers, found.new.blockers) == (1, 0)
    assert ("blockers", "1", "0") in sides(found)


def test_blockers_are_told_the_gravest_first() -> None:
    new = with_blockers(
        blocker("example-port", "warning", "Service shop/a", port="80", name="a"),
        blocker("example-user", "error", "Deployment shop/z", user="1337"),
        blocker("example-port", "warning", "Service shop/b", port="80", name="b", ignored=True),
    )
    laid_out = sheet(compare(with_blockers(), new), ExampleWording("en"))
    section = next(s for s in laid_out.sections if s.heading == "heading.blockers")

    assert section.table is not None
    assert section.table.rows == (
        ("new", "blocks: Deployment shop/z: Its pods run as user 1337."),
        ("new", "needs care: Service shop/a: Port 80 is named a."),
        ("new", "ignored: Service shop/b: Port 80 is named b."),
    )

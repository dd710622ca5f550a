import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.blocker import (
    CLUSTER,
    MODES,
    SIDECARS,
    Blocker,
    Check,
    Hit,
    Mode,
    Severity,
    Sort,
    Standing,
    found,
    none_works,
    sorts,
    standings,
    unseen,
)
from mesh_probe.graph import CallGraph
from mesh_probe.model import Edge, Gap, Ignore, KindRead, Node, Objects
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import message

SNAPSHOT = Snapshot(taken_at=datetime(2026, 3, 14, tzinfo=UTC), tool_version="0")


def check(
    *hits: Hit,
    id_: str = "port-name",
    severity: Severity = "warning",
    modes: tuple[Mode, ...] = MODES,
    kinds: tuple[str, ...] = (),
) -> Check:
    def find(_snapshot: Snapshot, _graph: CallGraph) -> Iterable[Hit]:
        return hits

    return Check(id_, severity, modes, "https://example.org", find, kinds)


def graph_of(*calls: tuple[str, str, float | None], sure: float = 0.9) -> CallGraph:
    names = {name for client, server, _ in calls for name in (client, server)}
    return CallGraph(
        (Node(name, name, "Deployment", "middle") for name in names),
        (Edge(client, server, sure, rate_rps=rate) for client, server, rate in calls),
    )


def share(graph: CallGraph, *nodes: str) -> float | None:
    (blocker,) = found((check(Hit("Service a/b", nodes=nodes)),), SNAPSHOT, graph)
    return blocker.traffic_share


def test_a_hit_becomes_a_blocker_with_its_words_and_its_share() -> None:
    hit = Hit("Service shop/cart", {"port": "80"}, ("cart",), "kubectl get service cart")
    graph = graph_of(("web", "cart", 3.0), ("web", "orders", 1.0))

    (blocker,) = found((check(hit, severity="error", modes=("linkerd",)),), SNAPSHOT, graph)

    assert blocker == Blocker(
        id="port-name",
        severity="error",
        mesh_modes=("linkerd",),
        subject="Service shop/cart",
        text=message("blocker.port-name", port="80"),
        remedy=message("blocker.port-name.remedy", port="80"),
        reference="https://example.org",
        traffic_share=0.75,
        ignored=False,
        check="kubectl get service cart",
        nodes=("cart",),
    )


def test_a_call_between_two_nodes_of_a_hit_is_counted_once() -> None:
    graph = graph_of(("web", "cart", 6.0), ("cart", "db", 3.0), ("x", "x", 1.0))

    assert share(graph, "web", "cart") == 0.9
    assert share(graph, "web", "cart", "db", "x") == 1.0
    assert share(graph, "x") == 0.1
    assert share(graph, "x", "x") == 0.1


def test_a_share_is_known_only_where_there_are_rates_and_nodes() -> None:
    assert share(graph_of(("web", "cart", None)), "web") is None
    assert share(graph_of(("web", "cart", 1.0), sure=0.4), "web") is None
    assert share(graph_of(("web", "cart", 1.0))) is None
    assert share(graph_of(("web", "cart", 1.0)), "elsewhere") == 0.0


def test_what_is_about_the_whole_cluster_is_about_all_calls() -> None:
    hit = (check(Hit(CLUSTER)),)

    assert found(hit, SNAPSHOT, graph_of(("web", "cart", 2.0)))[0].traffic_share == 1.0
    assert found(hit, SNAPSHOT, graph_of(("web", "cart", None)))[0].traffic_share is None


names = st.sampled_from("abcdefgh")
rates = st.none() | st.floats(0, 100)


@given(
    st.dictionaries(st.tuples(names, names), st.tuples(rates, st.floats(0, 1))),
    st.lists(names, max_size=6),
)
def test_a_share_is_what_walking_all_edges_gives(
    edges: dict[tuple[str, str], tuple[float | None, float]], nodes: list[str]
) -> None:
    graph = CallGraph(
        (Node(name, name, "Deployment", "middle") for name in "abcdefgh"),
        (Edge(*pair, sure, rate_rps=rate) for pair, (rate, sure) in edges.items()),
    )
    counted = {p: rate for p, (rate, sure) in edges.items() if rate is not None and sure >= 0.5}
    total = sum(counted.values())
    walked = sum(rate for pair, rate in counted.items() if not set(nodes).isdisjoint(pair))

    found_share = share(graph, *nodes)

    if not total or not nodes:
        assert found_share is None
    else:
        assert found_share == pytest.approx(walked / total, abs=1e-5)


class _Counted(dict[tuple[str, str], Edge]):
    """Counts how often it is walked."""

    walks = 0

    def items(self) -> Any:
        self.walks += 1
        return super().items()


def test_edges_are_walked_once_whatever_the_number_of_hits() -> None:
    graph = graph_of(("web", "cart", 3.0), ("web", "orders", 1.0))
    graph.edges = edges = _Counted(graph.edges)

    found(
        (check(*(Hit(f"Service {n}", nodes=("web", "cart")) for n in range(9))),), SNAPSHOT, graph
    )

    assert edges.walks == 1


def test_the_gravest_come_first_then_the_whole_cluster_then_those_with_the_most_traffic() -> None:
    graph = graph_of(("web", "cart", 3.0), ("web", "orders", 1.0))
    checks = (
        check(Hit("Service d"), id_="b", severity="info"),
        check(Hit("Service c", nodes=("orders",)), Hit("Service b", nodes=("cart",)), id_="b"),
        check(Hit("Service a", nodes=("orders",)), Hit(CLUSTER), id_="z"),
        check(Hit("Service e"), id_="z", severity="error"),
    )

    said = [(b.severity, b.subject) for b in found(checks, SNAPSHOT, graph)]

    assert said == [
        ("error", "Service e"),
        ("warning", CLUSTER),
        ("warning", "Service b"),
        ("warning", "Service c"),
        ("warning", "Service a"),
        ("info", "Service d"),
    ]


@pytest.mark.parametrize(
    ("subject", "covered"),
    [
        (None, {"Service shop/cart", "Service lab/cart", "Deployment lab/cart", CLUSTER}),
        ("Service shop/cart", {"Service shop/cart"}),
        ("Service lab/*", {"Service lab/cart"}),
        ("* lab/*", {"Service lab/cart", "Deployment lab/cart"}),
        ("Service */cart", {"Service shop/cart", "Service lab/cart"}),
        ("*", {CLUSTER}),
        ("lab/cart", set[str]()),
        ("Service l*/cart", set[str]()),
    ],
)
def test_what_people_ignore_is_marked_and_stays(subject: str | None, covered: set[str]) -> None:
    subjects = ["Service shop/cart", "Service lab/cart", "Deployment lab/cart", CLUSTER]
    hits = [Hit(each) for each in subjects]
    checks = (check(*hits), check(*hits, id_="other"))

    blockers = found(checks, SNAPSHOT, graph_of(), [Ignore("port-name", subject)])

    assert len(blockers) == 8
    assert {b.subject for b in blockers if b.ignored} == covered
    assert {b.id for b in blockers if b.ignored} <= {"port-name"}


def test_kinds_that_were_not_seen_are_a_gap_each_whatever_the_number_of_checks() -> None:
    objects = Objects(
        kinds=(
            KindRead("Service", "", "unreadable"),
            KindRead("Deployment", "apps", "read"),
            KindRead("StatefulSet", "apps", "partial"),
            KindRead("DaemonSet", "apps", "not-given"),
        )
    )
    checks = (
        check(kinds=("Service", "Deployment", "DaemonSet")),
        check(kinds=("StatefulSet", "Service", "Namespace")),
    )

    assert unseen(checks, objects) == tuple(
        Gap(kind, message("gap.blockers")) for kind in ("Namespace", "Service", "StatefulSet")
    )


def blocker(
    severity: Severity,
    *nodes: str,
    modes: tuple[Mode, ...] = MODES,
    ignored: bool = False,
    subject: str = "Service a/b",
) -> Blocker:
    said = message("blocker.x")
    return Blocker(
        "x", severity, modes, subject, said, said, "", ignored=ignored, nodes=tuple(nodes)
    )


def test_each_mode_tells_how_many_workloads_are_free_need_care_or_are_blocked() -> None:
    blockers = (
        blocker("error", "a", "b", modes=("linkerd",)),
        blocker("error", "a", modes=("linkerd",)),
        blocker("warning", "a", "c", "elsewhere"),
        blocker("warning", "d", ignored=True),
        blocker("info", "e"),
    )

    assert standings(blockers, "abcdef") == (
        Standing("istio-sidecar", 0, 1, 1, workloads=6, free=4, careful=2),
        Standing("istio-ambient", 0, 1, 1, workloads=6, free=4, careful=2),
        Standing("linkerd", 2, 1, 1, workloads=6, free=3, careful=1),
    )
    assert [s.blocked for s in standings(blockers, "abcdef")] == [0, 0, 2]
    assert [s.ready_percent for s in standings(blockers, "abcdef")] == [83, 83, 58]


def test_an_error_of_the_cluster_blocks_all_and_a_warning_of_the_cluster_none() -> None:
    warned, failed = blocker("warning", subject=CLUSTER), blocker("error", subject=CLUSTER)

    assert [s.ready_percent for s in standings((warned,), "ab")] == [100] * 3
    assert [s.ready_percent for s in standings((failed,), "ab")] == [0] * 3


def test_without_workloads_nothing_is_ready_or_not() -> None:
    assert [s.ready_percent for s in standings((blocker("error", "a"),), ())] == [None] * 3


nodes = st.lists(st.sampled_from("abcdef"), max_size=3)
blockers_of = st.lists(
    st.builds(
        lambda severity, nodes, modes, ignored, whole: blocker(
            severity,
            *nodes,
            modes=tuple(modes),
            ignored=ignored,
            subject=CLUSTER if whole else "Service a/b",
        ),
        st.sampled_from(("error", "warning", "info")),
        nodes,
        st.lists(st.sampled_from(MODES), min_size=1, unique=True),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
)


def ready(blockers: Sequence[Blocker]) -> list[int | None]:
    return [standing.ready_percent for standing in standings(blockers, "abcdef")]


@given(blockers_of)
def test_taking_a_blocker_away_never_makes_less_ready(blockers: list[Blocker]) -> None:
    with_all = ready(blockers)

    for left_out in range(len(blockers)):
        without = ready(blockers[:left_out] + blockers[left_out + 1 :])
        assert all((b or 0) >= (a or 0) for a, b in zip(with_all, without, strict=True))


def test_blockers_of_one_check_are_told_together_with_the_traffic_of_all() -> None:
    graph = graph_of(("web", "cart", 3.0), ("web", "orders", 1.0), ("x", "y", 6.0))
    blockers = found(
        (
            check(
                Hit("Service a", {"port": 1}, nodes=("orders",)),
                Hit("Service b", {"port": 2}, nodes=("cart",)),
                Hit("Service b", {"port": 3}, nodes=("cart",)),
                Hit("Service x", {"port": 4}, nodes=("x",)),
            ),
            check(Hit("Service y"), id_="old", severity="error"),
        ),
        SNAPSHOT,
        graph,
        [Ignore("port-name", "Service x"), Ignore("old")],
    )

    together, all_ignored = sorts(blockers, graph)

    assert together == Sort(
        id="port-name",
        severity="warning",
        mesh_modes=MODES,
        title=message("blocker.port-name.title"),
        text=message("blocker.port-name", port=2),
        remedy=message("blocker.port-name.remedy", port=2),
        reference="https://example.org",
        subjects=("Service b", "Service a", "Service x"),
        ignored=1,
        traffic_share=0.4,
    )
    assert together.counted == 2
    assert (all_ignored.id, all_ignored.counted, all_ignored.subjects) == ("old", 0, ("Service y",))


@given(blockers_of, st.randoms())
def test_the_order_of_blockers_changes_nothing_in_what_is_told_of_sorts(
    blockers: list[Blocker], chance: random.Random
) -> None:
    graph = graph_of(("a", "b", 1.0), ("c", "d", 2.0))
    mixed = [*blockers]
    chance.shuffle(mixed)

    once, again = sorts(blockers, graph), sorts(mixed, graph)

    assert [(s.id, set(s.subjects), s.traffic_share) for s in once] == [
        (s.id, set(s.subjects), s.traffic_share) for s in again
    ]
    assert sum(s.counted for s in once) <= sum(not b.ignored for b in blockers)


def test_no_mesh_works_where_an_error_is_in_the_way_of_each() -> None:
    sidecars = blocker("error", "a", modes=SIDECARS)
    ambient = blocker("error", modes=("istio-ambient",))
    ignored = blocker("error", modes=("istio-ambient",), ignored=True)

    assert none_works(standings((sidecars, ambient), "ab"))
    assert not none_works(standings((sidecars,), "ab"))
    assert not none_works(standings((sidecars, ignored), "ab"))
    assert not none_works(standings((sidecars, blocker("warning")), "ab"))
    assert not none_works(())

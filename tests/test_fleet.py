"""Many clusters in one report."""

import json
from collections.abc import Iterable, Sequence

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.assessment import Assessment, assess
from mesh_probe.blocker import Blocker
from mesh_probe.errors import FileError, UsageError
from mesh_probe.fleet import MOST_CLUSTERS, CommonFinding, CommonGap, Fleet, Muster, Shard, loads
from mesh_probe.format import Look
from mesh_probe.formats import SHEET_FORMATS
from mesh_probe.model import Backend, Route
from mesh_probe.sheets.fleet import sheet
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Wording, message
from tests.formats.in_the_way import blocker
from tests.past import day, hidden

Judged = tuple[str, Snapshot, Assessment]


def look(name: str, snapshot: Snapshot) -> Judged:
    return name, snapshot, assess(snapshot)


def serving(snapshot: Snapshot, host: str) -> Snapshot:
    """The cluster with an Ingress for a host."""
    route = Route("Ingress", "shop", "front", hosts=(host,), backends=(Backend("shop", "web", 80),))
    objects = msgspec.structs.replace(snapshot.objects, routes=(route,))
    return msgspec.structs.replace(snapshot, objects=objects)


EU = look("eu", day(0, "web", "cart", "pay"))
US = look("us", day(0, "web", "cart", wants="eu.example.com", gaps=[hidden("Node")]))
AP = look("ap", serving(day(0, "web", "tax", gaps=[hidden("Pod")]), "eu.example.com"))
ALL = (EU, US, AP)


def report(clusters: Iterable[Judged], shard: Shard | None = None) -> Fleet:
    muster = Muster(shard)
    for name, snapshot, assessment in clusters:
        if shard is None or shard.holds(name):
            muster.add(name, snapshot, assessment)
    return muster.fleet()


def stored(fleet: Fleet) -> Fleet:
    """The report written as JSON and read again."""
    text = SHEET_FORMATS["json"](sheet(fleet, Wording("en")), Wording("en"), Look())
    return loads(text.encode(), "fleet.json")


def merged(parts: Sequence[Fleet]) -> Fleet:
    muster = Muster()
    for part in parts:
        muster.merge(part)
    return muster.fleet()


def test_every_cluster_has_its_line() -> None:
    fleet = report(ALL)

    assert [member.cluster for member in fleet.members] == ["ap", "eu", "us"]
    assert [member.services for member in fleet.members] == [2, 3, 2]
    assert [member.outcome for member in fleet.members] == [
        assessment.verdict.outcome for _, _, assessment in (AP, EU, US)
    ]


def test_services_that_several_clusters_have_are_told_and_others_are_not() -> None:
    shared = {(name.name, name.clusters, name.some) for name in report(ALL).services}

    assert shared == {("shop/web", 3, ("ap", "eu", "us")), ("shop/cart", 2, ("eu", "us"))}


def test_a_host_that_one_cluster_calls_and_another_serves_spans_them() -> None:
    fleet = report(ALL)

    assert [(host.name, host.some) for host in fleet.hosts_called] == [("eu.example.com", ("us",))]
    assert [(host.name, host.some) for host in fleet.hosts_served] == [("eu.example.com", ("ap",))]


def test_a_host_that_a_cluster_only_serves_itself_spans_nothing() -> None:
    own = look("us", serving(day(0, wants="us.example.com"), "us.example.com"))

    assert report([own, EU]).hosts_called == ()


def test_what_could_not_be_seen_is_told_with_how_many_could_not_see_it() -> None:
    blind = look("blind", day(0, gaps=[hidden("Node"), hidden("Ingress")]))
    weak = look("weak", day(0, gaps=[hidden("Pod")]))

    gaps = {gap.reason.id: gap for gap in report([weak, EU, blind]).gaps}

    assert gaps["gap.forbidden"] == CommonGap(
        "Ingress", hidden("Ingress").reason, 3, 2, ("blind", "weak")
    )


def test_a_cluster_that_could_not_be_looked_at_spoils_nothing() -> None:
    muster = Muster()
    muster.fail("broken", message("error.no-api", server="x", detail="y"))
    for cluster in ALL:
        muster.add(*cluster)

    fleet = muster.fleet()

    assert [m.problem is None for m in fleet.members] == [True, False, True, True]
    assert msgspec.structs.replace(
        fleet, members=tuple(m for m in fleet.members if m.problem is None)
    ) == report(ALL)


def test_a_cluster_cannot_be_counted_twice() -> None:
    with pytest.raises(UsageError) as error:
        report([EU, EU])

    assert error.value.said.parameters == {"cluster": "eu"}


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_merge_to_the_report_on_the_whole(count: int) -> None:
    parts = [stored(report(ALL, Shard(index, count))) for index in range(count)]

    assert merged(parts) == report(ALL)
    assert merged(parts[::-1]) == report(ALL)


def test_missing_shards_are_told() -> None:
    part = merged([stored(report(ALL, Shard(0, 3)))])

    assert part.missing_shards == (1, 2)
    assert part.shards == (Shard(0, 3),)


def test_merging_in_two_rounds_is_merging_at_once() -> None:
    parts = [stored(report(ALL, Shard(index, 3))) for index in range(3)]

    half = stored(merged(parts[:2]))

    assert merged([half, parts[2]]) == report(ALL)


def test_a_shard_cannot_be_merged_twice_nor_with_another_cut() -> None:
    part = report(ALL, Shard(0, 3))

    with pytest.raises(UsageError, match=r"error\.shard-twice"):
        merged([part, part])
    with pytest.raises(UsageError, match=r"error\.shard-counts"):
        merged([part, report(ALL, Shard(1, 2))])


@given(st.text(max_size=30), st.integers(1, 50))
def test_every_cluster_belongs_to_one_shard(name: str, count: int) -> None:
    assert sum(Shard(index, count).holds(name) for index in range(count)) == 1


def test_of_many_clusters_the_first_few_are_named_however_they_were_cut() -> None:
    _, snapshot, assessment = EU
    many = [(f"c-{number:02}", snapshot, assessment) for number in range(12)]

    whole = report(many)

    assert {name.clusters for name in whole.services} == {12}
    assert whole.services[0].some == tuple(f"c-{number:02}" for number in range(MOST_CLUSTERS))
    assert merged([report(many, Shard(index, 5)) for index in range(5)]) == whole


def test_a_report_survives_storing() -> None:
    assert stored(report(ALL)) == report(ALL)


def test_what_is_no_fleet_report_is_refused_by_name() -> None:
    with pytest.raises(FileError) as error:
        loads(b"[]", "shard-0.json")

    assert error.value.said.parameters["file"] == "shard-0.json"


def blocked(name: str, *blockers: Blocker) -> Judged:
    snapshot = day(0)
    return name, snapshot, msgspec.structs.replace(assess(snapshot), blockers=blockers)


def test_blockers_are_counted_by_cluster_and_by_kind_without_those_that_are_ignored() -> None:
    user = blocker("example-user", "error", "Deployment shop/cart", user="1337")
    port = blocker("example-port", "warning", "Service shop/web", port="80", name="web")
    again = blocker("example-port", "warning", "Service shop/cart", port="80", name="cart")
    ignored = msgspec.structs.replace(user, ignored=True)
    to_know = blocker("example-version", "info", "cluster", version="1.20")

    fleet = report(
        [blocked("eu", user, port, again), blocked("us", port, ignored, to_know), blocked("ap")]
    )
    laid_out = sheet(fleet, Wording("en"))
    members, common = (
        next(s.table for s in laid_out.sections if s.heading == heading)
        for heading in ("heading.clusters", "heading.common-blockers")
    )

    assert fleet.blockers == (
        CommonFinding("example-port", "warning", 3, 2, ("eu", "us")),
        CommonFinding("example-user", "error", 1, 1, ("eu",)),
        CommonFinding("example-version", "info", 1, 1, ("us",)),
    )
    assert members is not None
    place = members.head.index("label.blockers")
    assert {row[0]: row[place] for row in members.rows} == {"ap": "0", "eu": "3", "us": "1"}
    assert common is not None
    assert common.rows == (
        ("needs care", "2", "3", "example-port", "eu, us"),
        ("blocks", "1", "1", "example-user", "eu"),
        ("to know", "1", "1", "example-version", "us"),
    )


def test_a_shard_of_before_there_were_blockers_merges() -> None:
    text = SHEET_FORMATS["json"](
        sheet(report([EU], Shard(0, 1)), Wording("en")), Wording("en"), Look()
    )
    document = json.loads(text)
    del document["blockers"]
    del document["members"][0]["blockers"]

    (member,) = merged([loads(json.dumps(document).encode(), "x")]).members

    assert member.blockers is None

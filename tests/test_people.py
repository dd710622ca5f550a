from datetime import date
from html import unescape
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe import people
from mesh_probe.assessment import Assessment, assess
from mesh_probe.format import Look
from mesh_probe.formats import REPORT_FORMATS
from mesh_probe.model import Declaration, Ignore, Status
from mesh_probe.pseudonyms import hide
from mesh_probe.scores import Part
from mesh_probe.signals import SIGNALS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Wording
from tests.builders import Thing, app, apps, cluster


def declared(snapshot: Snapshot, **changes: Any) -> Snapshot:
    return msgspec.structs.replace(snapshot, **changes)


def findings(assessment: Assessment) -> list[tuple[str, str, str]]:
    return [
        (finding.id, finding.severity, finding.subject)
        for finding in assessment.findings
        if finding.id.startswith("declared-") and finding.id != "declared-not-seen"
    ]


def says(status: Status, **more: Any) -> tuple[Declaration, ...]:
    return (Declaration("service-count", status, **more),)


def test_a_declaration_counts_to_the_end_of_its_last_day() -> None:
    today = says("yes", expires_on=date(2026, 3, 14))
    over = says("yes", expires_on=date(2026, 3, 13))

    kept = assess(declared(cluster(*app("web")), declared=today))
    expired = assess(declared(cluster(*app("web")), declared=over))

    assert kept.answers[0].basis == "declared"
    assert expired.answers[0].basis != "declared"
    assert findings(expired) == [("declared-expired", "warning", "service-count")]


def test_evidence_against_what_people_say_is_a_finding_and_they_still_win() -> None:
    many = assess(declared(cluster(*apps(25)), declared=says("no")))

    assert (many.answers[0].status, many.answers[0].basis) == ("no", "declared")
    assert [(f[0], f[2]) for f in findings(many)] == [("declared-contradicted", "service-count")]
    (finding,) = (f for f in many.findings if f.id == "declared-contradicted")
    assert finding.evidence
    assert {piece.points for piece in finding.evidence} == {"yes"}
    (alone,) = many.by_rule
    assert (alone.id, alone.status) == ("service-count", "yes")


@pytest.mark.parametrize("name", REPORT_FORMATS)
@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", 'People declared "no", but the evidence says "yes"'),
        ("ko", "'아니요'로 선언되었으나 근거는 '예'를 가리킵니다"),
    ],
)
def test_every_report_says_in_its_language_that_evidence_is_against_it(
    name: str, language: str, said: str
) -> None:
    many = assess(declared(cluster(*apps(25)), declared=says("no")))

    text = REPORT_FORMATS[name](many, Wording(language), Look(width=300))

    assert said in unescape(text).replace('\\"', '"')


@pytest.mark.parametrize(("other", "count"), [("yes", 1), ("no", 0), ("unknown", 0)])
def test_an_owner_and_nobody_in_charge_cannot_both_be(other: Status, count: int) -> None:
    said = (Declaration("ops-owner", "yes"), Declaration("no-owner", other))

    told = findings(assess(declared(cluster(*app("web")), declared=said)))

    assert told.count(("declared-both-sides", "warning", "ops-owner")) == count


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Declaration("hype", "no"), "Declared in the answers file."),
        (Declaration("hype", "no", "we need it"), "Declared: we need it"),
        (Declaration("hype", "no", who="Ann"), "Declared by Ann."),
        (Declaration("hype", "no", "we need it", "Ann"), "Declared by Ann: we need it"),
    ],
)
def test_who_said_it_and_why_stands_beside_the_answer(said: Declaration, words: str) -> None:
    signals = assess(declared(cluster(*app("web")), declared=(said,))).signals

    assert Wording("en").say(signals[0].because) == words


def test_what_people_and_evidence_agree_on_is_no_finding() -> None:
    assert findings(assess(declared(cluster(*apps(25)), declared=says("yes")))) == []
    assert findings(assess(declared(cluster(*apps(25)), declared=says("unknown")))) == []


def test_what_is_left_out_counts_nowhere() -> None:
    snapshot = cluster(*apps(12))
    aside = tuple(f"shop/app-{number}" for number in range(4))

    whole = assess(snapshot).answers[0].measure
    rest = assess(declared(snapshot, left_out=aside)).answers[0].measure

    assert whole is not None
    assert rest is not None
    assert (whole.value, rest.value) == (12, 8)


def test_pseudonyms_are_left_out_and_owned_like_the_names_they_stand_for() -> None:
    said = {"left_out": ("shop/app-0", "lab"), "owners": {"shop": "storefront"}}
    snapshot = declared(cluster(*apps(12), *apps(3, "lab")), **said)

    seen, hidden = assess(snapshot), assess(hide(snapshot, b"0" * 32))

    assert seen.answers[0].measure == hidden.answers[0].measure
    assert [a.probability for a in seen.answers] == [a.probability for a in hidden.answers]
    assert findings(seen) == findings(hidden) == []


def test_a_service_is_left_out_with_what_runs_behind_it() -> None:
    snapshot = declared(cluster(*app("web", service="front")), left_out=("shop/front",))

    (workload,) = people.settled(snapshot).objects.workloads

    assert workload.role == "infrastructure"


def test_a_whole_namespace_can_be_left_out() -> None:
    snapshot = declared(cluster(*app("web"), *app("other", "lab")), left_out=("lab",))

    assert [(w.name, w.role) for w in people.settled(snapshot).objects.workloads] == [
        ("web", None),
        ("other", "infrastructure"),
    ]


def test_declared_owners_stand_where_labels_would() -> None:
    snapshot = cluster(*apps(6))
    owned = declared(snapshot, owners={"shop": "storefront", "shop/app-0": "checkout"})

    workloads = people.settled(owned).objects.workloads

    assert [w.annotations["owner"] for w in workloads] == ["checkout", *["storefront"] * 5]
    before, after = assess(snapshot).answers[7], assess(owned).answers[7]
    assert (after.probability or 0) > (before.probability or 0)


def test_a_name_that_nothing_has_is_told() -> None:
    snapshot = declared(cluster(*app("web")), left_out=("shop/gone",), owners={"shop": "a"})

    assert findings(assess(snapshot)) == [("declared-unknown-name", "info", "shop/gone")]


def test_a_threshold_of_ones_own_decides() -> None:
    snapshot = cluster(*app("web"))
    quiet: dict[str, Status] = {signal.id: "no" for signal in SIGNALS}
    assumed: dict[str, Status] = {"service-count": "yes", "internal-auth": "yes", **quiet}

    lower = assess(declared(snapshot, thresholds={"yes-answers": 2.0}), assumed=assumed).verdict

    assert (lower.threshold, lower.outcome) == (2, "consider")


def test_nothing_said_changes_nothing() -> None:
    snapshot = cluster(*apps(3))

    assert people.settled(snapshot) is snapshot


def host_network(*names: str, namespace: str = "shop") -> list[Thing]:
    return [thing for name in names for thing in app(name, namespace, host_network=True)]


def ignoring(*ignored: Ignore) -> Assessment:
    things = (*apps(2), *host_network("web", "cart"), *host_network("web", namespace="lab"))
    return assess(declared(cluster(*things), ignored=ignored))


def on_host_network(assessment: Assessment) -> list[tuple[str, bool]]:
    return [(b.subject, b.ignored) for b in assessment.blockers if b.id == "host-network"]


def told(assessment: Assessment) -> list[tuple[str, str, str]]:
    return [(f.id, f.severity, f.subject) for f in assessment.findings if "ignored" in f.id]


def test_what_is_ignored_stays_listed_and_is_in_no_sum() -> None:
    before, after = ignoring(), ignoring(Ignore("host-network", "Deployment shop/*"))

    assert on_host_network(before) == [
        ("Deployment lab/web", False),
        ("Deployment shop/cart", False),
        ("Deployment shop/web", False),
    ]
    assert on_host_network(after) == [
        ("Deployment lab/web", False),
        ("Deployment shop/cart", True),
        ("Deployment shop/web", True),
    ]
    assert {(s.errors, s.workloads, s.blocked) for s in before.standings} == {(3, 5, 3)}
    assert {(s.errors, s.workloads, s.blocked) for s in after.standings} == {(1, 5, 1)}
    assert unblocked_part(before).value < unblocked_part(after).value
    assert told(after) == []


def unblocked_part(assessment: Assessment) -> Part:
    return next(part for part in assessment.verdict.readiness.parts if part.id == "blockers")


def test_ignoring_ends_after_its_last_day() -> None:
    today = ignoring(Ignore("host-network", until=date(2026, 3, 14)))
    over = ignoring(Ignore("host-network", until=date(2026, 3, 13)))

    assert {ignored for _, ignored in on_host_network(today)} == {True}
    assert {ignored for _, ignored in on_host_network(over)} == {False}
    assert told(today) == []
    assert told(over) == [("ignored-expired", "warning", "host-network")]


def test_ignoring_what_nobody_found_is_told() -> None:
    gone = ignoring(Ignore("host-network", "Deployment shop/gone"), Ignore("no-such-check"))

    assert told(gone) == [
        ("ignored-nothing", "info", "host-network Deployment shop/gone"),
        ("ignored-nothing", "info", "no-such-check"),
    ]


@given(
    st.lists(
        st.builds(
            Ignore,
            st.sampled_from(["host-network", "port-protocol-untold", "gone"]),
            st.sampled_from(
                [None, "Deployment shop/web", "Deployment */web", "* lab/*", "cluster"]
            ),
        ),
        max_size=3,
    )
)
def test_ignoring_never_lowers_a_score(ignored: list[Ignore]) -> None:
    before, after = ignoring().verdict, ignoring(*ignored).verdict

    assert after.readiness.value >= before.readiness.value
    assert after.need == before.need


@pytest.mark.parametrize("subject", [None, "Deployment shop/web", "Deployment lab/*", "* shop/web"])
def test_pseudonyms_are_ignored_like_the_names_they_stand_for(subject: str | None) -> None:
    things = (*apps(2), *host_network("web", "cart"), *host_network("web", namespace="lab"))
    said = (Ignore("host-network", subject, "they leave in May", "Ann"),)
    snapshot = declared(cluster(*things), ignored=said)

    seen, hidden = assess(snapshot), assess(hide(snapshot, b"0" * 32))

    assert sum(b.ignored for b in seen.blockers) == sum(b.ignored for b in hidden.blockers) > 0
    assert seen.standings == hidden.standings
    assert seen.verdict.readiness == hidden.verdict.readiness
    assert told(hidden) == []
    (kept,) = hide(snapshot, b"0" * 32).ignored
    assert (kept.note, kept.who) == ("•••", "•••")

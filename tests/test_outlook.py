from collections.abc import Mapping

import msgspec
import pytest

from mesh_probe.assessment import Assessment, assess
from mesh_probe.checklist import QUESTIONS
from mesh_probe.mesh import Mesh
from mesh_probe.model import Container, Route, Status, Workload
from mesh_probe.outlook import advise
from mesh_probe.signals import SIGNALS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Wording
from mesh_probe.verdict import Verdict
from tests.builders import app, calls, cluster, outline

RULES = [*(question.id for question in QUESTIONS), *(signal.id for signal in SIGNALS)]
NEEDED = ("service-count", "path-complexity", "rollout-in-code", "internal-auth", "central-policy")
ISTIOD = Container("discovery", "istio/pilot:1.27.1")
PROBED = Container("main", "team/web:1", readiness_probe="http")


def judged(snapshot: Snapshot, *yes: str, unknown: tuple[str, ...] = ()) -> Assessment:
    """The snapshot where these are yes, those unknown and all others no."""
    assumed: dict[str, Status] = {
        rule: "yes" if rule in yes else "unknown" if rule in unknown else "no" for rule in RULES
    }
    return assess(snapshot, assumed=assumed)


def case(*yes: str, unknown: tuple[str, ...] = ()) -> str:
    said = judged(cluster(*app("web")), *yes, unknown=unknown).outlook.case
    assert said is not None
    return said.id


def test_each_case_of_the_rule_has_its_words() -> None:
    ready = ("ops-owner", "network-skills")

    assert case() == "case.enough.known"
    assert case(unknown=("hype", "diagnosis-time")) == "case.enough.open"
    assert case(*NEEDED[:3], unknown=("diagnosis-time", "sla-spread")) == "case.undecided"
    assert case(*NEEDED, "hype") == "case.not-now.reached"
    assert case("hype") == "case.not-now.missed"
    assert case(*NEEDED[:4], "hype", unknown=("sla-spread",)) == "case.not-now.open"
    assert case(*NEEDED, *ready) == "case.consider.pilot"
    assert case(*NEEDED) == "case.consider.prepare"
    assert case(*NEEDED[:3], *ready) == "case.consider.little-need"


def test_a_pilot_is_spoken_of_only_where_a_mesh_is_worth_considering() -> None:
    ready = ("ops-owner", "network-skills")
    alone = cluster(*app("web"))

    worth = judged(alone, *NEEDED, *ready).outlook.quadrant
    vetoed = judged(alone, *NEEDED, *ready, "few-incidents").outlook.quadrant

    assert worth is not None
    assert vetoed is not None
    assert (worth.id, vetoed.id) == ("quadrant.pilot", "quadrant.pilot.bare")


def test_scores_that_disagree_with_the_outcome_give_no_orders() -> None:
    ready = ("ops-owner", "network-skills")

    split = judged(cluster(*app("web")), *NEEDED[:3], *ready).outlook.quadrant
    agreed = judged(cluster(*app("web")), *NEEDED[:2], *ready).outlook.quadrant

    assert split is not None
    assert agreed is not None
    assert (split.id, agreed.id) == ("quadrant.stay.bare", "quadrant.stay")


def given(assessment: Assessment) -> Mapping[str, tuple[int | None, int | None]]:
    return {g.id: (g.count, g.whole) for g in assessment.outlook.gives}


def test_what_plain_kubernetes_gives_is_counted() -> None:
    snapshot = cluster(
        *app("web", containers=(PROBED,), references=(calls("cart"),)),
        *app("cart"),
        outline("HorizontalPodAutoscaler", "web"),
        Route("Ingress", "shop", "front"),
    )

    assert given(judged(snapshot)) == {
        "balancing": (2, None),
        "rollouts": (2, 2),
        "scaling": (1, None),
        "routing": (1, None),
        "configuration": (0, 2),
        "probes": (1, 2),
    }


def test_a_controller_of_rollouts_rolls_as_well() -> None:
    rollout, front = app("web")
    assert isinstance(rollout, Workload)
    snapshot = cluster(msgspec.structs.replace(rollout, kind="Rollout"), front, *app("cart"))

    assert given(judged(snapshot))["rollouts"] == (2, 2)


def test_what_could_not_be_seen_is_not_called_unused() -> None:
    hidden = ("Ingress", "HorizontalPodAutoscaler")

    told = {g.id: g for g in judged(cluster(*app("web"), hidden=hidden)).outlook.gives}

    assert (told["routing"].count, told["routing"].said.id) == (None, "gives.unseen")
    assert (told["scaling"].count, told["scaling"].said.id) == (None, "gives.unseen")
    assert (told["configuration"].count, told["configuration"].said.id) == (
        0,
        "gives.configuration.none",
    )


def test_from_the_threshold_up_plain_kubernetes_is_not_the_topic() -> None:
    outlook = judged(cluster(*app("web")), *NEEDED).outlook

    assert (outlook.gives, outlook.lacks) == ((), ())


def test_what_it_lacks_says_whether_it_is_asked_for() -> None:
    outlook = judged(cluster(*app("web")), "internal-auth", unknown=("diagnosis-time",)).outlook

    assert [(lack.axis, lack.asked) for lack in outlook.lacks] == [
        ("traffic", "no"),
        ("observation", "unknown"),
        ("security", "yes"),
    ]


def misconceptions(assessment: Assessment) -> list[str]:
    return [said.id.removeprefix("misconception.") for said in assessment.outlook.misconceptions]


def test_only_misconceptions_that_matter_here_are_told() -> None:
    alone = cluster(*app("web"))
    chain = cluster(*app("web", references=(calls("cart"),)), *app("cart"))

    assert misconceptions(judged(alone, *NEEDED, "ops-owner")) == []
    assert misconceptions(judged(chain, *NEEDED, "ops-owner")) == ["faster"]
    assert misconceptions(judged(alone)) == ["everyone", "done.no"]


def test_points_are_ticked_as_far_as_the_scan_can() -> None:
    chain = cluster(*app("web", replicas=3, references=(calls("cart"),)), *app("cart", replicas=1))

    seen = judged(chain, "central-policy", unknown=("internal-auth", "ops-owner"))

    assert {p.id: p.ticked for p in seen.outlook.to_say} == {
        "network": True,
        "pain": False,
        "problem": False,
        "people": True,
        "outside-code": True,
        "simplicity": True,
        "alternatives": False,
    }
    nothing = assess(Snapshot(taken_at=chain.taken_at, tool_version="0"))
    assert not any(p.ticked for p in nothing.outlook.to_say)


MESH = Mesh("istio", "sidecar", "1.27.1", 10, tuple(f"shop/app-{n}" for n in range(5)))


@pytest.mark.parametrize(
    ("members", "yes", "unknown", "advice", "text"),
    [
        (10, NEEDED, (), "keep", "mesh.keep.consider"),
        (9, NEEDED, (), "keep", "mesh.keep.consider"),
        (8, NEEDED, (), "finish", "mesh.finish.consider.most"),
        (4, NEEDED, (), "finish", "mesh.finish.consider"),
        (0, NEEDED, (), "finish", "mesh.finish.consider.none"),
        (10, (), (), "remove", "mesh.remove.kubernetes-is-enough"),
        (10, (), ("sla-spread",), "remove", "mesh.remove.kubernetes-is-enough"),
        (5, NEEDED[:4], ("sla-spread",), "keep", "mesh.keep.undecided"),
        (5, (*NEEDED, "no-observability"), (), "keep", "mesh.keep.first"),
        (5, ("no-observability",), (), "remove", "mesh.remove.not-now"),
    ],
)
def test_a_mesh_that_is_there_is_kept_finished_or_removed(
    members: int, yes: tuple[str, ...], unknown: tuple[str, ...], advice: str, text: str
) -> None:
    mesh = msgspec.structs.replace(MESH, inside=tuple(f"shop/app-{n}" for n in range(members)))
    verdict: Verdict = judged(cluster(*app("web")), *yes, unknown=unknown).verdict

    (installed,) = advise((mesh,), verdict)

    assert (installed.advice, installed.said.id) == (advice, text)
    for language in LANGUAGES:
        assert text not in Wording(language).say(installed.said)


def test_a_mesh_is_not_removed_on_answers_that_are_hardly_sure() -> None:
    sure = judged(cluster(*app("web"))).verdict
    weak = msgspec.structs.replace(sure, yes_distribution=(0.0, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2))

    (installed,) = advise((MESH,), weak)

    assert (installed.advice, installed.said.id) == ("keep", "mesh.keep.leaning")
    assert "60%" in Wording("en").say(installed.said)


def test_a_mesh_whose_members_cannot_be_told_says_so() -> None:
    unclear = msgspec.structs.replace(MESH, name="cilium", mode="node", version=None, inside=None)

    for yes, unknown in ((NEEDED, ()), ((), ()), (NEEDED[:4], ("sla-spread",)), (("hype",), ())):
        (installed,) = advise(
            (unclear,), judged(cluster(*app("web")), *yes, unknown=unknown).verdict
        )
        words = Wording("en").say(installed.said)
        assert words.startswith(("Keep Cilium (node)", "Remove Cilium (node)"))
        assert " of 10 " not in words


def test_where_a_mesh_is_there_nobody_is_told_to_pilot_one() -> None:
    istiod = Workload("Deployment", "istio-system", "istiod", containers=(ISTIOD,))
    outlook = judged(cluster(*app("web"), istiod), *NEEDED, "ops-owner", "network-skills").outlook

    assert outlook.case is not None
    assert outlook.quadrant is not None
    assert (outlook.case.id, outlook.quadrant.id) == ("case.consider.there", "quadrant.pilot.bare")
    unneeded = judged(cluster(*app("web"), istiod), "ops-owner", "network-skills").outlook.quadrant
    assert unneeded is not None
    assert "stay as you are" not in Wording("en").say(unneeded)


def test_the_mesh_with_most_in_it_comes_first() -> None:
    verdict = judged(cluster(*app("web"))).verdict
    small = msgspec.structs.replace(MESH, name="linkerd", inside=("shop/app-9",))
    unclear = msgspec.structs.replace(MESH, name="cilium", mode="node", inside=None)

    told = advise((unclear, small, MESH), verdict)

    assert [installed.mesh.name for installed in told] == ["istio", "linkerd", "cilium"]

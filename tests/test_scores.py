import re

from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.blocker import Standing
from mesh_probe.model import Evidence
from mesh_probe.question import Answer, status_of
from mesh_probe.scores import Part, Score, mean, part, quadrant, readiness_parts, unblocked
from mesh_probe.text import message

percents = st.integers(0, 100)
parts = st.lists(st.builds(Part, st.just("x"), percents, st.booleans()), min_size=1, max_size=9)


def answer(id_: str, probability: float | None, evidence: tuple[Evidence, ...] = ()) -> Answer:
    status = "unknown" if probability is None else status_of(probability)
    because = message(f"{id_}.{status}")
    return Answer(id_, 1, status, probability, None, "inferred", because, evidence=evidence)


def practice(fact: str, points: str | None) -> Evidence:
    side = {"yes": "yes", "no": "no", None: None}[points]
    return Evidence("cluster", message(fact), "objects", side, 0.5)  # type: ignore[arg-type]


@given(parts)
def test_the_sum_is_the_printed_one(given_parts: list[Part]) -> None:
    score = mean(given_parts)
    found = re.fullmatch(r"\((.+)\) / (\d+) = (\d+)", score.arithmetic)

    assert found is not None
    figures = [int(figure) for figure in found[1].split(" + ")]
    assert figures == [each.value for each in given_parts]
    assert int(found[2]) == len(figures)
    assert int(found[3]) == score.value
    assert abs(sum(figures) / len(figures) - score.value) <= 0.5


@given(parts, st.data())
def test_a_part_that_rises_never_lowers_a_score(
    given_parts: list[Part], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(given_parts) - 1))
    risen = data.draw(st.integers(given_parts[place].value, 100))
    higher = [*given_parts]
    higher[place] = Part("x", risen)

    assert mean(higher).value >= mean(given_parts).value


@given(parts, st.randoms())
def test_the_order_of_the_parts_never_matters(given_parts: list[Part], shuffle: object) -> None:
    mixed = [*given_parts]
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]

    assert mean(mixed).value == mean(given_parts).value


def test_what_is_unknown_is_half() -> None:
    assert part(answer("ops-owner", None)) == Part("ops-owner", 50, known=False)
    assert part(answer("ops-owner", 0.5)) == Part("ops-owner", 50, known=True)


def test_readiness_is_people_practice_and_monitoring() -> None:
    evidence = (
        practice("evidence.readiness-probes", "yes"),
        practice("evidence.named-ports", "yes"),
        practice("evidence.disruption-budgets", "no"),
        practice("evidence.gateway-api", None),
        practice("evidence.unread", "no"),
    )
    asked = (answer("ops-owner", 0.7), answer("network-skills", 1.0))
    signals = (answer("hype", 1.0), answer("no-observability", 0.1))

    score = mean(readiness_parts(asked, signals, answer("network-skills", 0.6, evidence)))

    assert score.arithmetic == "(70 + 100 + 67 + 90) / 4 = 82"
    assert [each.id for each in score.parts] == [
        "ops-owner",
        "network-skills",
        "practice",
        "no-observability",
    ]


def test_without_any_practice_looked_at_practice_is_unknown() -> None:
    assert readiness_parts((), (), None) == (Part("practice", 50, known=False),)


def score(value: int, known: bool = True) -> Score:
    return mean([Part("x", value, known)] * 3)


def test_the_quadrant_is_where_both_scores_lie() -> None:
    assert quadrant(score(70), score(70)) == "pilot"
    assert quadrant(score(70), score(20)) == "prepare"
    assert quadrant(score(20), score(70)) == "stay"
    assert quadrant(score(20), score(20)) == "rest"


def test_scores_of_mostly_unknown_parts_lie_nowhere() -> None:
    assert quadrant(score(50, known=False), score(90)) == "open"
    assert quadrant(score(90), score(50, known=False)) == "open"
    assert quadrant(score(90), mean([])) == "open"


def standing(workloads: int, free: int, careful: int) -> Standing:
    return Standing("linkerd", workloads=workloads, free=free, careful=careful)


def test_unblocked_is_the_share_of_the_workloads_in_the_best_mode() -> None:
    modes = (standing(8, 2, 3), standing(8, 4, 1), standing(8, 0, 8))

    assert unblocked(modes, hidden=False) == Part("blockers", 56)


def test_where_more_may_hide_nobody_is_more_than_half_ready() -> None:
    assert unblocked([standing(8, 8, 0)], hidden=True) == Part("blockers", 50, known=False)
    assert unblocked([standing(8, 2, 0)], hidden=True) == Part("blockers", 25)


def test_without_workloads_or_modes_unblocked_is_unknown() -> None:
    assert unblocked([standing(0, 0, 0)], hidden=False) == Part("blockers", 50, known=False)
    assert unblocked([], hidden=False) == Part("blockers", 50, known=False)


def test_blockers_are_a_part_of_readiness_of_their_own() -> None:
    parts = readiness_parts(
        [answer("ops-owner", 1.0)], [answer("no-observability", 0.0)], None, Part("blockers", 25)
    )

    assert [(each.id, each.value) for each in parts] == [
        ("ops-owner", 100),
        ("practice", 50),
        ("blockers", 25),
        ("no-observability", 100),
    ]

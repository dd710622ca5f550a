import msgspec
import pytest

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import CLUSTER, MODES, UNSEEN, Sort, Standing, standings
from mesh_probe.blocking import (
    counts_ready,
    fares,
    mode_names,
    none_found,
    severity_of,
    standing_there,
)
from mesh_probe.model import Gap
from mesh_probe.scores import Part, mean
from mesh_probe.text import Message, Wording, message
from tests.formats.examples import rich


class _Wording(Wording):
    """With words for the example."""

    def say(self, said: Message) -> str:
        return "At once." if said.id == "example.text" else super().say(said)


ENGLISH = _Wording("en")


def sort(*subjects: str, ignored: int = 0, share: float | None = 0.125) -> Sort:
    return Sort(
        id="x",
        severity="warning",
        mesh_modes=("linkerd", "istio-sidecar"),
        title=message("x"),
        text=message("example.text"),
        remedy=message("x"),
        reference="",
        subjects=subjects,
        ignored=ignored,
        traffic_share=share,
    )


def with_ready(value: int, *modes: Standing, known: bool = True) -> Assessment:
    base = rich()
    readiness = mean((Part("ops-owner", 10), Part("blockers", value, known)))
    verdict = msgspec.structs.replace(base.verdict, readiness=readiness)
    return msgspec.structs.replace(base, verdict=verdict, standings=modes)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (sort("A a/b"), "1 object, 12% of the calls (Linkerd, Istio sidecar): A a/b"),
        (sort(*"abcd", share=None), "4 objects (Linkerd, Istio sidecar): a, b, c, …"),
        (sort(CLUSTER), "the whole cluster (Linkerd, Istio sidecar): At once."),
        (
            sort("a", "b", ignored=1, share=None),
            "1 object (Linkerd, Istio sidecar): a; 1 more ignored",
        ),
        (sort("a", "b", ignored=2, share=None), "2 objects (Linkerd, Istio sidecar): a, b"),
    ],
)
def test_a_sort_says_how_many_objects_and_names_the_first(found: Sort, said: str) -> None:
    assert standing_there(found, ENGLISH) == said


def test_what_is_wholly_ignored_is_called_so() -> None:
    assert severity_of(sort("a", "b", ignored=1), ENGLISH) == "needs care"
    assert severity_of(sort("a", "b", ignored=2), ENGLISH) == "ignored"


def test_all_kinds_of_meshes_are_every_kind() -> None:
    assert mode_names(MODES, ENGLISH) == "every kind of mesh"
    assert mode_names(MODES[1:], ENGLISH) == "Istio ambient, Linkerd"


def test_a_mode_without_workloads_says_nothing_of_them() -> None:
    assert ENGLISH.say(fares(Standing("linkerd", 1, 2, 3))) == "1 block, 2 need care, 3 to know"


def test_the_sum_of_readiness_is_that_of_the_best_mode() -> None:
    best = Standing("istio-ambient", workloads=8, free=5, careful=2)
    worse = Standing("linkerd", workloads=8, free=5, careful=1)

    said = counts_ready(with_ready(75, worse, best), ENGLISH)

    assert said is not None
    assert (
        ENGLISH.say(said) == "Readiness counts Istio ambient: (5 free + 2 with care / 2) / 8 = 75."
    )


def test_there_is_no_sum_where_all_are_free_or_nobody_is_there() -> None:
    assert counts_ready(with_ready(100, Standing("linkerd", workloads=2, free=2)), ENGLISH) is None
    assert counts_ready(with_ready(50, Standing("linkerd"), known=False), ENGLISH) is None
    assert counts_ready(rich(), ENGLISH) is None


def test_what_hides_more_is_said_beside_readiness() -> None:
    hidden = with_ready(50, Standing("linkerd", workloads=2, free=2), known=False)
    said = counts_ready(hidden, ENGLISH)

    assert said == message("label.ready.hidden", value=50)


def test_finding_nothing_is_worth_what_could_be_looked_at() -> None:
    base = msgspec.structs.replace(rich(), gaps=(), blockers=(), standings=standings((), "ab"))
    nobody = msgspec.structs.replace(base, standings=standings((), ()))
    hidden = msgspec.structs.replace(base, gaps=(Gap("Service", message(UNSEEN)),))

    assert none_found(base).id == "label.no-blockers"
    assert none_found(nobody).id == "label.no-blockers.nobody"
    assert none_found(hidden).id == "label.no-blockers.hidden"

import re
from collections.abc import Callable

import msgspec
import pytest
import wcwidth

from mesh_probe.blocker import Blocker, Severity, standings
from mesh_probe.format import Look
from mesh_probe.formats.terminal import report
from mesh_probe.model import Finding
from mesh_probe.text import LANGUAGES, message
from tests.formats.examples import EXAMPLES, ExampleWording, hostile, rich, undecided
from tests.formats.in_the_way import blocker

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_whole_page(golden: Callable[[str, str], None], name: str, language: str) -> None:
    text = report(EXAMPLES[name](), ExampleWording(language), Look(width=80))

    golden(f"{name}.{language}.txt", text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [60, 80, 100, 120, 250])
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_line_is_wider_than_the_screen(name: str, width: int, language: str) -> None:
    text = report(EXAMPLES[name](), ExampleWording(language), Look(width=width))

    assert max(wcwidth.width(line) for line in text.splitlines()) <= min(width, 120)


@pytest.mark.parametrize("language", LANGUAGES)
def test_colours_change_no_word(language: str) -> None:
    plain = report(rich(), ExampleWording(language), Look(width=90))
    coloured = report(rich(), ExampleWording(language), Look(width=90, color=True))

    assert "\x1b" not in plain
    assert ANSI.sub("", coloured) == plain
    assert coloured != plain


def test_colours_let_no_escape_of_a_name_through() -> None:
    coloured = report(hostile(), ExampleWording("en"), Look(color=True))

    assert "\x1b" not in ANSI.sub("", coloured)
    assert "\x1b[31mred" not in coloured


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_of_answers_begin_at_the_same_place(language: str) -> None:
    lines = report(rich(), ExampleWording(language), Look(width=100)).splitlines()
    wording = ExampleWording(language)
    first = lines.index(wording.text("heading.questions")) + 2
    titles = [wording.text(f"label.{answer.id}") for answer in rich().answers]
    rows = [
        line
        for line in lines[first : lines.index(wording.text("heading.signals"))]
        if any(title in line for title in titles)
    ]
    places = {
        wcwidth.width(row[: row.index(title)]) for title in titles for row in rows if title in row
    }

    assert len(rows) == 9
    assert len(places) == 1


def test_the_verdict_comes_first_with_its_count_and_probability() -> None:
    first = report(rich(), ExampleWording("en"), Look()).splitlines()[0]

    assert first.startswith("A service mesh is worth considering: yes to 7 of 9 questions")
    assert first.endswith("and 5 are enough (87% likely).")


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("consider", "worth considering"),
        ("not-now", "Not now"),
        ("kubernetes-is-enough", "Plain Kubernetes is enough"),
        ("undecided", "Undecided"),
    ],
)
def test_every_outcome_is_named_in_the_first_line(outcome: str, says: str) -> None:
    base = rich()
    probability = None if outcome == "undecided" else base.verdict.probability
    verdict = msgspec.structs.replace(base.verdict, outcome=outcome, probability=probability)
    text = report(
        msgspec.structs.replace(base, verdict=verdict), ExampleWording("en"), Look(width=120)
    )

    assert says in text.splitlines()[0]
    assert ("On the evidence so far" in text) == (outcome == "undecided")


def test_what_people_said_is_marked() -> None:
    lines = report(rich(), ExampleWording("en"), Look()).splitlines()

    assert [line.split()[:3] for line in lines if re.search(r"  (declared|assumed)  ", line)] == [
        ["8", "yes", "declared"],
        ["9", "yes", "assumed"],
        ["4", "no", "declared"],
    ]


def section(text: str, heading: str) -> list[str]:
    """The lines under a heading."""
    return text.split(f"\n{heading}\n")[1].split("\n\n", maxsplit=1)[0].splitlines()


def test_what_is_in_the_way_is_told_by_mode_and_by_reason() -> None:
    text = report(rich(), ExampleWording("en"), Look(width=88))

    assert section(text, "In the way of a mesh") == [
        "  Istio sidecar  1 block, 5 need care, 0 to know; 3 of 6 workloads free",
        "  Istio ambient  0 block, 5 need care, 0 to know; 3 of 6 workloads free",
        "  Linkerd        1 block, 1 need care, 0 to know; 5 of 6 workloads free",
        "  blocks      Pods that run as the proxy's user (example-user)",
        "              1 object, 65% of the calls (Istio sidecar, Linkerd): Deployment shop/cart",
        "              Run it as another user.",
        "  needs care  A cluster that is too old (example-version)",
        "              the whole cluster (every kind of mesh): The cluster runs 1.20.",
        "              Upgrade it first.",
        "  needs care  Ports with odd names (example-port)",
        "              4 objects, 98% of the calls (Istio sidecar, Istio ambient): Service",
        "              shop/cart, Service shop/web, Service shop/pricing, …; 1 more ignored",
        "              Name port 80 after its protocol.",
    ]


def with_blockers(*blockers: Blocker) -> str:
    changed = msgspec.structs.replace(
        rich(), blockers=blockers, standings=standings(blockers, ["shop/cart", "shop/web"])
    )
    return report(changed, ExampleWording("en"), Look(width=100))


def test_nothing_in_the_way_is_one_line() -> None:
    assert section(with_blockers(), "In the way of a mesh") == [
        "  Nothing was found in the way of a mesh."
    ]


def each_check(severity: Severity) -> list[Blocker]:
    checks = ("example-port", "example-user", "example-version")
    return [
        blocker(id_, severity, "Service shop/x", port="80", name="x", user="1", version="1")
        for id_ in checks
    ]


@pytest.mark.parametrize(
    ("severity", "meaning", "told"), [("warning", "needs care", 3), ("info", "to know", 2)]
)
def test_the_gravest_reasons_are_told_and_the_rest_is_counted(
    severity: Severity, meaning: str, told: int
) -> None:
    more = msgspec.structs.replace(each_check("info")[0], id="example-other")
    lines = section(with_blockers(*each_check(severity), more), "In the way of a mesh")

    assert len([line for line in lines if line.startswith(f"  {meaning} ")]) == told
    rest = 4 - told
    assert lines[-1] == (
        f"  ... and {rest} more sort{'s' * (rest > 1)} (--format json, markdown or html)"
    )


def test_reasons_that_are_ignored_come_last_and_are_counted_so() -> None:
    ignored, *others = each_check("error")
    lines = section(
        with_blockers(msgspec.structs.replace(ignored, ignored=True), *others),
        "In the way of a mesh",
    )

    assert lines[-1] == ("  ... and 1 more sort, ignored: 1 (--format json, markdown or html)")


def test_gaps_for_the_same_reason_are_one_line() -> None:
    text = report(undecided(), ExampleWording("en"), Look(width=120))

    assert "- ConfigMap, CronJob, Deployment, Ingress, Job, NetworkPolicy, Pod: listing is" in text
    assert text.count("listing is forbidden") == 1


def test_what_is_left_out_is_counted() -> None:
    text = report(undecided(), ExampleWording("en"), Look())

    assert "file-8.yaml" in text
    assert "file-9.yaml" not in text
    assert "... and 3 more (--format json has all)" in text


def test_a_finding_names_its_subject_once() -> None:
    base = rich()
    said = message("declared.note", note="shop/web calls shop/cart")
    findings = (
        Finding("a", "info", "shop/web -> shop/cart", said),
        Finding("b", "info", "shop/web -> shop/pricing", said),
    )
    text = report(
        msgspec.structs.replace(base, findings=findings), ExampleWording("en"), Look(width=120)
    )

    assert "  info  Declared: shop/web calls shop/cart\n" in text
    assert "  info  shop/web -> shop/pricing: Declared: shop/web calls shop/cart\n" in text

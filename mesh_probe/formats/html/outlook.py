"""What the outcome means here: the mesh that is there, what plain Kubernetes gives, what to say."""

from mesh_probe.assessment import Assessment
from mesh_probe.format import covered
from mesh_probe.formats.html.markup import Child, Markup, tag
from mesh_probe.formats.html.origin import places
from mesh_probe.formats.html.parts import card, evidence
from mesh_probe.formats.html.parts import section as part
from mesh_probe.formats.html.words import Words


def section(assessment: Assessment, words: Words) -> Markup | None:
    """Cards for what there is to say; None where there is nothing."""
    outlook = assessment.outlook
    cards = [
        _mesh(assessment, words),
        _list("heading.gives", [words.say(given.said) for given in outlook.gives], words),
        _list("heading.lacks", [words.say(lack.said) for lack in outlook.lacks], words),
        _list("heading.misconceptions", [words.say(s) for s in outlook.misconceptions], words),
        _to_say(assessment, words),
    ]
    made = [each for each in cards if each]
    if not made:
        return None
    lead = tag("p", words.say(outlook.quadrant), class_="lead") if outlook.quadrant else None
    return part(
        "outlook", words.text("page.nav-outlook"), lead, tag("div", made, class_="cards two")
    )


def _list(title: str, items: list[Markup], words: Words) -> Markup | None:
    if not items:
        return None
    return card(words.text(title), tag("ul", [tag("li", item) for item in items]), level=3)


def _mesh(assessment: Assessment, words: Words) -> Markup | None:
    installed = assessment.cluster.mesh
    if not installed:
        return None
    known = places(assessment.read)
    rows: list[Child] = []
    for each in installed:
        rows += [
            tag(
                "p",
                tag("strong", f"{each.mesh.name} {each.mesh.mode}"),
                f" · {covered(each.mesh)} · ",
                words.text(f"label.{each.advice}"),
            ),
            evidence(each.mesh.evidence, words, known),
        ]
    return card(words.text("heading.mesh"), rows, level=3)


def _to_say(assessment: Assessment, words: Words) -> Markup | None:
    """What to be able to say before deciding; ticked where the scan can say it."""
    points = assessment.outlook.to_say
    if not points:
        return None
    names = {True: "page.said", False: "page.open-point"}
    rows = [
        tag(
            "li",
            tag("span", "☑" if point.ticked else "☐", aria_hidden="true"),
            tag("span", words.text(names[point.ticked]), class_="sr"),
            tag("span", words.say(point.said)),
        )
        for point in points
    ]
    return card(words.text("heading.to-say"), tag("ul", rows, class_="ticks marks"), level=3)

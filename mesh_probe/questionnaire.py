"""An answers file to fill in, which asks just what the scan could not tell.

Every entry is empty and so declares nothing; what stands beside it is comment.
"""

import json
from collections.abc import Iterable, Iterator, Mapping

import wcwidth

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import Blocker
from mesh_probe.question import Answer, Threshold
from mesh_probe.text import Message, Wording, message
from mesh_probe.text.visible import visible
from mesh_probe.verdict import WEAK_BELOW

WIDTH = 96
"""Columns of a comment."""

_FIELDS = ("answer", "who", "when", "note", "expires")


def questionnaire(
    assessment: Assessment,
    thresholds: Iterable[Threshold],
    wording: Wording,
    own: Mapping[str, float],
) -> str:
    """The file as YAML. `own` are the thresholds that people set already."""
    page = _Page(wording)
    lines = [
        *page.comment(message("template.head", day=f"{assessment.generated_at:%Y-%m-%d}")),
        *page.comment(message("template.use")),
        *page.comment(message("template.cluster")),
        "",
        *page.entries("answers", assessment.answers),
        "",
        *page.entries("signals", assessment.signals),
        "",
        *page.comment(message("template.thresholds")),
        "thresholds:",
        *(line for threshold in thresholds for line in page.threshold(threshold, own)),
        "",
        *page.comment(message("template.leave-out")),
        "leave_out:",
        "  # - shop/feed-export",
        "",
        *page.comment(message("template.owners")),
        "owners:",
        "  # shop: storefront",
        *page.ignore(assessment.blockers),
    ]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def open_to_people(answers: Iterable[Answer]) -> list[Answer]:
    """Those that are unknown, or known so weakly that asking is worth it."""
    return [a for a in answers if a.confidence is None or a.confidence < WEAK_BELOW]


class _Page:
    def __init__(self, wording: Wording) -> None:
        self._wording = wording
        self._told = False

    def comment(self, said: Message, indent: str = "") -> list[str]:
        """A message as comment lines; nothing in it can end the comment."""
        words = visible(self._wording.say(said))
        lines = wcwidth.wrap(words, WIDTH - len(indent) - 2, break_on_hyphens=False)
        return [f"{indent}# {line}" for line in lines]

    def entries(self, section: str, answers: Iterable[Answer]) -> Iterator[str]:
        asked = open_to_people(answers)
        if not asked:
            yield from self.comment(message(f"template.{section}.none"))
        yield f"{section}:"
        for answer in asked:
            title = self._wording.text(f"label.{answer.id}")
            status = self._wording.text(f"label.{answer.status}")
            told = message(
                "template.found",
                number=answer.number,
                title=title,
                status=status,
                because=self._wording.say(answer.because),
            )
            yield from self.comment(told, "  ")
            yield from self.comment(answer.to_settle, "  ")
            yield f"  {answer.id}:"
            yield from self._fields()

    def ignore(self, blockers: Iterable[Blocker]) -> Iterator[str]:
        """What is in the way may be ignored: the gravest stands as an example."""
        first = next((blocker for blocker in blockers if not blocker.ignored), None)
        if first is None:
            return
        yield ""
        yield from self.comment(message("template.ignore"))
        yield "ignore:"
        yield f"  # - blocker: {first.id}"
        yield f"  #   subject: {json.dumps(visible(first.subject), ensure_ascii=False)}"
        for field in ("note", "who", "until"):
            hint = "expires" if field == "until" else field
            yield f"  #   {f'{field}:':<8} # {self._wording.text(f'template.field.{hint}')}"

    def _fields(self) -> Iterator[str]:
        """An empty entry; the first of the file tells what goes where."""
        for field in _FIELDS:
            hint = self._wording.text(f"template.field.{field}")
            yield f"    {field}:" if self._told else f"    {f'{field}:':<9} # {hint}"
        self._told = True

    def threshold(self, threshold: Threshold, own: Mapping[str, float]) -> Iterator[str]:
        told = message(
            "template.threshold",
            what=self._wording.text(f"threshold.{threshold.id}"),
            origin=self._wording.text(f"threshold.{threshold.id}.origin"),
        )
        yield from self.comment(told, "  ")
        figure = own.get(threshold.id, threshold.value)
        mark = "" if threshold.id in own else "# "
        yield f"  {mark}{threshold.id}: {figure:.10g}  # {threshold.unit}"

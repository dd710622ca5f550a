"""What stands in the way of a mesh."""

from collections.abc import Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import Blocker, sorts
from mesh_probe.blocking import (
    counts_ready,
    fares,
    mode_names,
    none_found,
    severity_of,
    standing_there,
)
from mesh_probe.formats.markdown.words import MOST_ROWS, Words
from mesh_probe.text import percent
from mesh_probe.text.markup import code, plain, table


def blockers(assessment: Assessment, words: Words) -> list[str]:
    """By mode, by reason, and folded away each of them."""
    if not assessment.standings:
        return []
    if not assessment.blockers:
        return [words.heading("blockers"), words.say(none_found(assessment))]
    modes = [[words.text(f"label.{s.mode}"), words.say(fares(s))] for s in assessment.standings]
    ready = counts_ready(assessment, words.wording)
    rows = [
        [
            plain(severity_of(sort, words.wording)),
            f"[{words.say(sort.title)}]({sort.reference}) ({code(sort.id)})",
            plain(standing_there(sort, words.wording)),
            words.say(sort.remedy),
        ]
        for sort in sorts(assessment.blockers, assessment.graph)
    ]
    return [
        words.heading("blockers"),
        table(words.heads("mesh-mode", "fares-how"), modes),
        *([words.say(ready)] if ready else []),
        table(words.heads("severity", "blocker", "objects", "remedy"), rows),
        _each(assessment.blockers, words),
    ]


def _each(every: Sequence[Blocker], words: Words) -> str:
    rows = [
        [
            words.text(f"label.blocks.{'ignored' if blocker.ignored else blocker.severity}"),
            code(blocker.subject),
            words.say(blocker.text),
            "" if blocker.traffic_share is None else percent(blocker.traffic_share),
            plain(mode_names(blocker.mesh_modes, words.wording)),
            code(blocker.check),
        ]
        for blocker in every[:MOST_ROWS]
    ]
    head = words.heads("severity", "subject", "blocker", "of-calls", "mesh-mode", "check")
    title = words.wording.text("heading.blockers")
    said = words.wording.text("label.evidence", title=title, count=len(every))
    return words.folded(said, head, rows, len(every))

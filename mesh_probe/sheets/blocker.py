"""One check for blockers, laid out: the rule, what it found, what to do."""

from collections.abc import Iterable, Iterator, Sequence

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import Blocker, Check, Sort, sorts
from mesh_probe.blocking import mode_names
from mesh_probe.sheet import Recorded, Section, Sheet, Table
from mesh_probe.sheets.explain import SCHEMA
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Wording, listed, message, percent

MOST_REMEDIES = 5
"""Ways to say what to do, of those that differ from object to object."""


def sheet(check: Check, assessment: Assessment, snapshot: Snapshot, wording: Wording) -> Sheet:
    """What a check looks for, and all that it found."""
    found = [blocker for blocker in assessment.blockers if blocker.id == check.id]
    hidden = snapshot.objects.hidden(*check.kinds)
    together = next(iter(sorts(found, assessment.graph)), None)
    remedies = {wording.say(blocker.remedy): blocker.remedy for blocker in found}
    return Sheet(
        title=message("explain.blocker", title=wording.text(f"blocker.{check.id}.title")),
        lead=tuple(_lead(together, hidden)),
        sections=(
            Section("heading.rule", items=tuple(_rule(check, wording))),
            Section("heading.found-on", table=_objects(found, wording)),
            Section("heading.remedy", items=tuple(remedies.values())[:MOST_REMEDIES]),
            Section("heading.would-change", items=tuple(_changes(check, found))),
        ),
        record=_record(check, found, together, hidden),
    )


def _lead(together: Sort | None, hidden: Sequence[str]) -> Iterator[Message]:
    if together is None:
        yield message("explain.blocker.none")
    else:
        yield message("explain.blocker.found", count=len(together.subjects))
        if together.ignored:
            yield message("explain.blocker.ignored", count=together.ignored)
        if together.traffic_share is not None:
            yield message("explain.blocker.traffic", share=together.traffic_share)
    if hidden:
        yield message("explain.blocker.hidden", kinds=listed(hidden, len(hidden)))


def _rule(check: Check, wording: Wording) -> Iterator[Message]:
    modes = mode_names(check.modes, wording)
    yield message(f"explain.blocker.{check.severity}", modes=modes)
    if check.kinds:
        yield message("explain.blocker.kinds", kinds=listed(check.kinds, len(check.kinds)))
    yield message("explain.blocker.reference", reference=check.reference)


def _objects(found: Iterable[Blocker], wording: Wording) -> Table:
    def told(blocker: Blocker) -> str:
        check = f" [{blocker.check}]" if blocker.check else ""
        said = f"{blocker.subject}: {wording.say(blocker.text)}{check}"
        return wording.text("label.as-ignored", said=said) if blocker.ignored else said

    rows = (
        ("–" if blocker.traffic_share is None else percent(blocker.traffic_share), told(blocker))
        for blocker in found
    )
    return Table(("label.of-calls", "label.blocker"), tuple(rows), right=(0,))


def _changes(check: Check, found: Sequence[Blocker]) -> Iterator[Message]:
    counts = any(blocker.counts for blocker in found)
    yield message("explain.blocker.counts" if counts else "explain.blocker.free")
    if any(not blocker.ignored for blocker in found):
        yield message("explain.blocker.ignore", id=check.id)


def _record(
    check: Check, found: Iterable[Blocker], together: Sort | None, hidden: Sequence[str]
) -> dict[str, Recorded]:
    return {
        "schema": SCHEMA,
        "kind": "blocker",
        "id": check.id,
        "severity": check.severity,
        "mesh_modes": check.modes,
        "title": message(f"blocker.{check.id}.title"),
        "reference": check.reference,
        "kinds": check.kinds,
        "hidden_kinds": hidden,
        "traffic_share": None if together is None else together.traffic_share,
        "found": [
            {
                "subject": blocker.subject,
                "text": blocker.text,
                "remedy": blocker.remedy,
                "traffic_share": blocker.traffic_share,
                "ignored": blocker.ignored,
                "check": blocker.check,
                "nodes": blocker.nodes,
            }
            for blocker in found
        ],
    }

"""What the lists leave out: specs of pods that no controller describes, fetched one by one."""

from collections.abc import Callable
from functools import partial

from mesh_probe.collect.crew import Answer, Crew, Task, stop_without_entry
from mesh_probe.collect.discovery import Catalogue
from mesh_probe.collect.refusal import JSON, NOT_FOUND, Refused
from mesh_probe.inventory import Inventory
from mesh_probe.kinds import Kind
from mesh_probe.model import Gap
from mesh_probe.text import message

MOST_TEMPLATES = 200
"""Workloads known by their pods only, of which one object each is fetched by itself."""


def read(
    crew: Crew, catalogue: Catalogue, inventory: Inventory, found: Callable[[Gap], None]
) -> None:
    """Fetch them into the inventory; `found` hears of what is missing.

    Raises: CutShort when time, or the credentials, run out.
    """
    refusals: list[Refused] = []

    def take(kind: Kind, answer: Answer, _: bool) -> tuple[Task, ...]:
        if not isinstance(answer, Refused):
            inventory.add_object(kind, answer)
        elif answer.status != NOT_FOUND:
            stop_without_entry(answer)
            refusals.append(answer)
        return ()

    missing = inventory.missing_templates()
    tasks = []
    for one in missing[:MOST_TEMPLATES]:
        path = f"/namespaces/{one.namespace}/{one.kind.plural}/{one.name}"
        tasks.append(Task((catalogue.base(one.kind) or "") + path, JSON, partial(take, one.kind)))
    try:
        crew.run(tasks)
    finally:
        if refusals:
            reason = message("gap.templates", count=len(refusals), detail=refusals[0].detail)
            found(Gap("Pod", reason, refusals[0].hint))
        if len(missing) > MOST_TEMPLATES:
            reason = message("gap.too-many-templates", count=len(missing), most=MOST_TEMPLATES)
            found(Gap("Pod", reason))

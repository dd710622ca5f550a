"""What the tests deliver."""

from collections.abc import Iterable

from mesh_probe.assessment import assess
from mesh_probe.deliver import Undelivered, deliver, parse_all
from mesh_probe.destination import Parcel
from mesh_probe.history import Step
from mesh_probe.snapshot import dumps
from mesh_probe.summary import summarize
from tests.past import day


def parcel(number: int = 0, *names: str, wants: str | None = None) -> Parcel:
    """The report on a day."""
    snapshot = day(number, *names, wants=wants)
    return Parcel(
        report=f"# day {number}\n".encode(),
        report_name="report.md",
        summary=summarize(assess(snapshot)),
        headline="A mesh is <not> worth & it *now*",
        reasons=("There are 2 services.", "Nobody asked."),
        snapshot=dumps(snapshot, compress=True),
    )


def send(urls: Iterable[str], what: Parcel, waits: list[float] | None = None) -> list[Undelivered]:
    """Deliver; the pauses between tries are written down instead of waited for."""
    pauses = [] if waits is None else waits
    return list(deliver(parse_all(urls), what, in_words=words, wait=pauses.append))


def words(step: Step) -> list[str]:
    """What changed, in the words of the tests."""
    return [f"{step.old_outcome} to {step.new_outcome}"]


BROKEN = "nowhere.shop.svc.cluster.local"
"""A host whose mention is a finding."""

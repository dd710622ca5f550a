"""Many assessments of one cluster: the trend, and what happened from one to the next."""

from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from mesh_probe.model import Gap, Noun, Status
from mesh_probe.outcome import Outcome
from mesh_probe.summary import Found, Summary


class StatusChange(Noun):
    """An answer or a signal that turned."""

    id: str
    old: Status
    new: Status


class Step(Noun):
    """What is different from one point to the next."""

    at: datetime
    """When the later of the two was taken."""
    old_outcome: Outcome
    new_outcome: Outcome
    answers: tuple[StatusChange, ...] = ()
    findings_new: tuple[Found, ...] = ()
    findings_gone: tuple[Found, ...] = ()
    findings_changed: bool = False
    """Also true when the change is among the findings that a summary does not name."""

    @property
    def noteworthy(self) -> bool:
        """Whether the outcome or a finding changed: what a notice is sent for."""
        return self.old_outcome != self.new_outcome or self.findings_changed


class PathTrend(Noun):
    """How long one of the slowest paths took over time."""

    nodes: tuple[str, ...]
    p99_seconds: tuple[float | None, ...]
    """The upper end of its band at each point; None where it was not among the slowest."""


class History(Noun):
    """The trend over many points, oldest first."""

    points: tuple[Summary, ...] = ()
    steps: tuple[Step, ...] = ()
    """Only those in which something changed."""
    paths: tuple[PathTrend, ...] = ()
    """The paths that are slowest at the last point that has any."""
    unread: tuple[Gap, ...] = ()
    """What lies in the place and could not be read."""


def trend(points: Iterable[Summary], unread: Iterable[Gap] = ()) -> History:
    """The history of one cluster. Of points of the same moment one stays: a run was repeated."""
    by_moment = {point.taken_at: point for point in points}
    ordered = tuple(by_moment[moment] for moment in sorted(by_moment))
    steps = (step(old, new) for old, new in pairwise(ordered))
    return History(
        points=ordered,
        steps=tuple(s for s in steps if s.noteworthy or s.answers),
        paths=_paths(ordered),
        unread=tuple(sorted(unread, key=lambda gap: gap.subject)),
    )


def step(old: Summary, new: Summary) -> Step:
    """What changed between two points."""
    before, after = ({(f.id, f.subject): f for f in s.findings} for s in (old, new))
    return Step(
        at=new.taken_at,
        old_outcome=old.outcome,
        new_outcome=new.outcome,
        answers=tuple(
            StatusChange(rule_id, old.answers[rule_id], status)
            for rule_id, status in new.answers.items()
            if rule_id in old.answers and old.answers[rule_id] != status
        ),
        findings_new=tuple(f for key, f in after.items() if key not in before),
        findings_gone=tuple(f for key, f in before.items() if key not in after),
        findings_changed=old.findings_digest != new.findings_digest,
    )


def _paths(points: tuple[Summary, ...]) -> tuple[PathTrend, ...]:
    latest = next((point for point in reversed(points) if point.slowest), None)
    if latest is None:
        return ()
    times = [{path.nodes: path.p99_high_seconds for path in point.slowest} for point in points]
    return tuple(
        PathTrend(path.nodes, tuple(known.get(path.nodes) for known in times))
        for path in latest.slowest
    )

"""What a report says of its verdict before anything else."""

from mesh_probe.assessment import Assessment
from mesh_probe.format import row
from mesh_probe.outcome import Outcome
from mesh_probe.question import NO_UPTO, YES_FROM
from mesh_probe.text import Message, message
from mesh_probe.verdict import WEAK_BELOW, Verdict

LIKELY_FROM = 0.5
"""Probability from which an outcome is said to be so, and not only by what is answered so far."""

LEAST_OPEN = 0.005
"""Probability of what is still open below which that rounds to nothing."""


def headline(assessment: Assessment) -> Message:
    """What to do, in one sentence: with the mesh that is here, or else by the verdict."""
    installed = assessment.cluster.mesh
    return installed[0].said if installed else ruling(assessment)


def ruling(assessment: Assessment) -> Message:
    """The verdict in one sentence, with its probability and the count against the threshold.

    What is less likely than not is said to be so by what is answered so far.
    """
    verdict = assessment.verdict
    there = verdict.outcome == "consider" and assessment.cluster.mesh
    undecided = verdict.outcomes.get("undecided", 0.0)
    so_far = ""
    if not _is_likely(verdict):
        so_far = ".open" if undecided >= LEAST_OPEN else ".so-far"
    return message(
        f"heading.{verdict.outcome}{'.there' if there else ''}{so_far}",
        yes=verdict.yes,
        unknown=verdict.unknown,
        questions=len(assessment.answers),
        threshold=verdict.threshold,
        probability=verdict.probability,
        undecided=undecided,
        signals=sum(signal.status == "yes" for signal in assessment.signals),
        known_signals=len(assessment.signals),
    )


def _is_likely(verdict: Verdict) -> bool:
    """Whether the printed outcome, if one is, is as likely as all others together."""
    return verdict.probability is None or verdict.probability >= LIKELY_FROM


def outcome_label(outcome: Outcome, assessment: Assessment) -> str:
    """The id of what an outcome is called; where a mesh is there, none is to be considered."""
    there = outcome == "consider" and assessment.cluster.mesh
    return "label.consider.there" if there else f"label.{outcome}"


def position(assessment: Assessment) -> list[Message]:
    """Which case of the decision rule it is, after the verdict where a mesh has the headline.

    What was assumed is said first: the report then is no finding but a "what if".
    """
    assumed = [a.id for a in (*assessment.answers, *assessment.signals) if a.basis == "assumed"]
    what_if = [message("label.what-if", ids=row(assumed))] if assumed else []
    under = [ruling(assessment)] if assessment.cluster.mesh else []
    case = assessment.outlook.case
    return [*what_if, *under, *([case] if case else [])]


def worst_pain(verdict: Verdict) -> Message:
    """The pain that hurts most, in words."""
    worst = max(verdict.axes, key=lambda axis: verdict.axes[axis])
    if verdict.axes[worst] < YES_FROM:
        some = verdict.axes[worst] > NO_UPTO
        return message("verdict.pain.open" if some else "verdict.pain.none")
    every = min(verdict.axes.values()) >= YES_FROM
    return message(f"verdict.pain.{'all' if every else worst}")


def reasons(verdict: Verdict) -> list[Message]:
    """Why, without the count that the headline gives and the pain that has its own section."""
    return [
        said
        for said in verdict.because
        if said.id != "verdict.count" and not said.id.startswith("verdict.pain.")
    ]


def odds(verdict: Verdict) -> Message | None:
    """How likely each outcome is, unless the printed one leaves little to the others.

    What part is open is said here where the headline does not say it.
    """
    if (verdict.probability or 0.0) >= WEAK_BELOW:
        return None
    is_open = _is_likely(verdict) and verdict.outcomes.get("undecided", 0.0) >= LEAST_OPEN
    return message(
        f"label.odds{'.open' if is_open else ''}",
        consider=verdict.outcomes.get("consider", 0.0),
        enough=verdict.outcomes.get("kubernetes-is-enough", 0.0),
        not_now=verdict.outcomes.get("not-now", 0.0),
        undecided=verdict.outcomes.get("undecided", 0.0),
    )

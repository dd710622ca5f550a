"""All rules together: the nine questions, the five signals and the figures they compare with."""

from mesh_probe.checklist import QUESTIONS
from mesh_probe.outcome import ENOUGH
from mesh_probe.question import Question, Signal, Threshold
from mesh_probe.signals import SIGNALS

RULES: tuple[Question | Signal, ...] = (*QUESTIONS, *SIGNALS)

QUESTION_IDS = tuple(question.id for question in QUESTIONS)
SIGNAL_IDS = tuple(signal.id for signal in SIGNALS)

THRESHOLDS: tuple[Threshold, ...] = tuple(
    {
        threshold.id: threshold
        for threshold in (ENOUGH, *(t for rule in RULES for t in rule.thresholds))
    }.values()
)
"""Those that people may set; one that several rules share is there once."""

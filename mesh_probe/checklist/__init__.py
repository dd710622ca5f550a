"""The nine questions, in the order of the report. Five or more yes: worth considering."""

from mesh_probe.checklist import (
    central_policy,
    diagnosis_time,
    internal_auth,
    network_skills,
    ops_owner,
    path_complexity,
    rollout_in_code,
    service_count,
    sla_spread,
)
from mesh_probe.question import Question

QUESTIONS: tuple[Question, ...] = (
    service_count.QUESTION,
    path_complexity.QUESTION,
    rollout_in_code.QUESTION,
    diagnosis_time.QUESTION,
    internal_auth.QUESTION,
    sla_spread.QUESTION,
    central_policy.QUESTION,
    ops_owner.QUESTION,
    network_skills.QUESTION,
)

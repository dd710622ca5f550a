"""The five "not now" signals, in the order of the report. Any one of them: not now."""

from mesh_probe.question import Signal
from mesh_probe.signals import few_incidents, fix_in_code, hype, no_observability, no_owner

SIGNALS: tuple[Signal, ...] = (
    hype.SIGNAL,
    few_incidents.SIGNAL,
    no_observability.SIGNAL,
    no_owner.SIGNAL,
    fix_in_code.SIGNAL,
)

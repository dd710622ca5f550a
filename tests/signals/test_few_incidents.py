from mesh_probe.graph.build import build
from mesh_probe.question import Measure, conclude
from mesh_probe.signals.few_incidents import SIGNAL
from tests.builders import apps, cluster


def test_without_a_history_nobody_can_tell() -> None:
    snapshot = cluster(*apps(3))
    answer = conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), {}))

    assert (answer.status, answer.probability) == ("unknown", None)
    assert answer.because.id == "few-incidents.unseen"
    assert answer.measure == Measure("incident-history", None, "seconds", 2_592_000)

from mesh_probe.checklist.diagnosis_time import QUESTION
from mesh_probe.model import Telemetry
from mesh_probe.question import Measure
from tests.builders import apps, asked, cluster


def test_no_cluster_tells_how_long_people_search() -> None:
    watched = Telemetry(prometheus=("http://prometheus:9090",))
    answer = asked(QUESTION, cluster(*apps(20), telemetry=watched))

    assert (answer.status, answer.probability, answer.evidence) == ("unknown", None, ())
    assert answer.measure == Measure("time-to-cause", None, "seconds", 1800)
    assert answer.because.id == "diagnosis-time.unseen"

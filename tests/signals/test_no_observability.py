import pytest

from mesh_probe.graph.build import build
from mesh_probe.model import Container, Gap, Telemetry
from mesh_probe.question import Answer, conclude
from mesh_probe.signals.no_observability import PROBES, SIGNAL
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Wording, message
from tests.builders import Thing, app, apps, cluster, facts, outline, setting


def judged(snapshot: Snapshot) -> Answer:
    return conclude(SIGNAL, SIGNAL.ask(snapshot, build(snapshot), {}))


def test_nothing_anywhere_is_a_yes() -> None:
    answer = judged(cluster(*apps(3)))

    assert answer.status == "yes"
    assert facts(answer) == [("no-monitoring", "yes")]


@pytest.mark.parametrize("kind", PROBES)
def test_nothing_seen_while_something_is_hidden_is_unknown(kind: str) -> None:
    answer = judged(cluster(*apps(3), hidden=[kind]))

    assert (answer.status, answer.because.id) == ("unknown", "no-observability.unread")
    assert answer.because.parameters == {"kinds": kind}


@pytest.mark.parametrize("reason", ["gap.prometheus-not-asked", "gap.prometheus-not-found"])
def test_a_prometheus_that_was_not_asked_or_not_reached_may_be_there(reason: str) -> None:
    answer = judged(cluster(*apps(3), gaps=[Gap("Prometheus", message(reason))]))

    assert (answer.status, answer.because.id) == ("unknown", "no-observability.unread")
    assert answer.because.parameters == {"kinds": "Prometheus"}


def test_an_empty_cluster_has_nothing_to_watch() -> None:
    assert judged(cluster()).because.id == "no-observability.empty"


def test_a_prometheus_that_answered_is_a_sure_no() -> None:
    watched = Telemetry(prometheus=("http://prometheus:9090",))
    answer = judged(cluster(*apps(3), telemetry=watched, hidden=["DaemonSet"]))

    assert answer.status == "no"
    assert (answer.confidence or 0) > 0.95
    assert answer.because == message(
        "no-observability.no",
        uses="metrics",
        missing="logs, traces, alerts, dashboards",
        metrics=0,
        logs=0,
        traces=0,
        all=3,
    )
    assert "로그, 트레이스, 알림, 대시보드" in Wording("ko").say(answer.because)


@pytest.mark.parametrize(
    "image",
    [
        "quay.io/prometheus/prometheus:v3.0.0",
        "grafana/loki:3.1",
        "cr.fluentbit.io/fluent/fluent-bit:3.1",
        "otel/opentelemetry-collector-contrib:0.110.0",
        "gcr.io/datadoghq/agent:7",
        "jaegertracing/all-in-one:1.60",
    ],
)
def test_a_workload_that_collects_is_a_no(image: str) -> None:
    collector = app("collector", "monitoring", containers=(Container("main", image),))

    assert judged(cluster(*apps(3), *collector)).status == "no"


def test_where_everything_is_there_nothing_is_missing() -> None:
    images = ("prom/prometheus", "grafana/loki", "grafana/tempo", "prom/alertmanager")
    things = [
        thing
        for image in (*images, "grafana/grafana")
        for thing in app(image.partition("/")[2], "monitoring", containers=(Container("c", image),))
    ]

    answer = judged(cluster(*apps(3), *things))

    assert answer.because.id == "no-observability.all"
    assert (answer.measure and answer.measure.value) == 5


def test_what_is_reported_elsewhere_is_not_told_as_a_list_of_nothing() -> None:
    reporting = app("web", settings=(setting("telemetry", "SENTRY_DSN", True),))

    answer = judged(cluster(*reporting, *apps(2)))

    assert (answer.status, answer.because.id) == ("no", "no-observability.elsewhere")


def test_how_many_applications_are_covered_is_told_and_weighs_nothing() -> None:
    scraped = app("web", annotations={"prometheus.io/scrape": "true"})
    watched = Telemetry(prometheus=("http://prometheus:9090",))
    plain = judged(cluster(*app("web"), *apps(2), telemetry=watched))
    marked = judged(cluster(*scraped, *apps(2), telemetry=watched))

    told = [Wording("en").say(piece.fact) for piece in marked.evidence if not piece.points]
    assert told == [
        "metrics: 1 of 3 application workloads covered, told by scrape annotations",
        "logs: nothing tells that any of 3 application workloads is covered",
        "traces: nothing tells that any of 3 application workloads is covered",
    ]
    assert (marked.probability or 0) < (plain.probability or 0) < 0.05


def test_monitors_are_a_no_and_scrape_marks_alone_are_not() -> None:
    monitor: Thing = outline("ServiceMonitor", "cart")
    scraped = app("web", annotations={"prometheus.io/scrape": "true"})

    assert facts(judged(cluster(*apps(3), monitor)))[0] == ("monitors", "no")
    assert judged(cluster(*scraped)).status == "unknown"


def test_the_address_of_what_is_reported_to_is_named_first() -> None:
    keys = ("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_EXPORTER_OTLP_ENDPOINT")
    web = app("web", settings=tuple(setting("telemetry", key, True) for key in keys))
    (piece,) = [
        piece
        for piece in judged(cluster(*web)).evidence
        if piece.fact.id == "evidence.reporting-applications"
    ]

    assert piece.fact.parameters["key"] == "OTEL_EXPORTER_OTLP_ENDPOINT"

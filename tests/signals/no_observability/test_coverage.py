from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mesh_probe.application import applications
from mesh_probe.graph.build import build
from mesh_probe.model import Container, Namespace, ObservedCall, Outline, Peer, Telemetry, Usage
from mesh_probe.pseudonyms import hide
from mesh_probe.signals.no_observability.coverage import Coverage, coverages
from mesh_probe.snapshot import Snapshot
from tests.builders import Thing, app, apps, cluster, outline, setting

NONE = {use: Coverage(use, (), ()) for use in ("metrics", "logs", "traces")}


def judged(snapshot: Snapshot) -> dict[str, Coverage]:
    graph = build(snapshot)
    return {one.use: one for one in coverages(snapshot, graph, applications(snapshot, graph))}


def monitor(
    kind: str = "ServiceMonitor",
    *,
    labels: dict[str, str],
    namespaces: Sequence[str] = (),
    anywhere: bool = False,
    expression: str = "",
) -> Outline:
    kept: dict[str, str | bool | float] = {
        f"spec.selector.matchLabels.{key}": value for key, value in labels.items()
    }
    for number, name in enumerate(namespaces):
        kept[f"spec.namespaceSelector.matchNames[{number}]"] = name
    if anywhere:
        kept["spec.namespaceSelector.any"] = True
    if expression:
        kept["spec.selector.matchExpressions[0].key"] = expression
    return outline(kind, "some", kept)


def labelled(name: str, namespace: str = "shop", **labels: str) -> list[Thing]:
    workload, service = app(name, namespace)
    return [workload, replace(service, labels=labels)]


CART, WEB, BANK = (
    labelled("cart", tier="back"),
    labelled("web", tier="front"),
    labelled("ledger", "bank", tier="back"),
)


def test_nothing_covers_what_nothing_tells_of() -> None:
    assert judged(cluster(*apps(3))) == NONE


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        (monitor(labels={"tier": "back"}), ["shop/cart"]),
        (monitor(labels={}), ["shop/cart", "shop/web"]),
        (monitor(labels={"tier": "back", "other": "x"}), []),
        (monitor(labels={"tier": "back"}, namespaces=["bank"]), ["bank/ledger"]),
        (monitor(labels={}, namespaces=["bank", "else"]), ["bank/ledger"]),
        (monitor(labels={"tier": "back"}, anywhere=True), ["bank/ledger", "shop/cart"]),
        (monitor(labels={}, expression="tier"), []),
        (monitor("PodMonitor", labels={"app": "cart"}), ["shop/cart"]),
        (monitor("PodMonitor", labels={"tier": "back"}), []),
    ],
)
def test_monitors_cover_what_they_select_where_they_look(asked: Outline, names: list[str]) -> None:
    metrics = judged(cluster(*CART, *WEB, *BANK, asked))["metrics"]

    assert metrics.covered == tuple(f"Deployment {name}" for name in names)
    assert metrics.ways == (("monitors",) if names else ())


def test_what_is_covered_stays_so_under_pseudonyms() -> None:
    asked = monitor(labels={"tier": "back"}, namespaces=["bank", "shop"])
    snapshot = cluster(Namespace("shop"), Namespace("bank"), *CART, *WEB, *BANK, asked)

    assert len(judged(hide(snapshot, b"0" * 32))["metrics"].covered) == 2


def test_scrape_annotations_of_pods_and_of_services_cover_them() -> None:
    asks = {"prometheus.io/scrape": "true"}
    workload, service = app("web")
    declined = app("cart", annotations={"prometheus.io/scrape": "false"})
    things = (
        workload,
        replace(service, annotations=asks),
        *app("pay", annotations=asks),
        *declined,
    )

    metrics = judged(cluster(*things))["metrics"]

    assert metrics.covered == ("Deployment shop/pay", "Deployment shop/web")
    assert metrics.ways == ("scraping",)


def test_figures_of_pods_and_calls_tell_of_metrics_and_traces() -> None:
    def call(source: str, client: str, server: str) -> ObservedCall:
        return ObservedCall(source, Peer(client, "shop"), Peer(server, "shop"), rate_rps=1.0)

    telemetry = Telemetry(
        usage=(Usage("shop", "Deployment/app-0", 2), Usage("else", "Deployment/app-1", 2)),
        calls=(call("istio", "app-1", "app-2"), call("service-graph", "app-3", "app-4")),
    )

    covered = judged(cluster(*apps(6), telemetry=telemetry))

    assert covered["metrics"].covered == tuple(f"Deployment shop/app-{n}" for n in (0, 1, 2))
    assert covered["metrics"].ways == ("usage", "calls")
    assert covered["traces"].covered == tuple(f"Deployment shop/app-{n}" for n in (3, 4))


def test_an_agent_on_the_nodes_reads_the_logs_of_all_and_a_sidecar_those_of_its_pod() -> None:
    images = [Container("main", "team/app:1"), Container("logs", "fluent/fluent-bit:3.1")]
    sidecar = cluster(*apps(2), *app("web", containers=tuple(images)))
    (agent, _) = app("fluent-bit", "logging", containers=(images[1],))
    assert not isinstance(agent, Outline)
    alone = cluster(*apps(2), agent)
    everywhere = cluster(*apps(2), replace(agent, kind="DaemonSet"))

    assert judged(sidecar)["logs"] == Coverage("logs", ("Deployment shop/web",), ("sidecars",))
    assert judged(alone)["logs"] == NONE["logs"]
    assert len(judged(everywhere)["logs"].covered) == 2


def test_injected_agents_cover_a_namespace_but_for_those_that_decline() -> None:
    key = "instrumentation.opentelemetry.io/inject-java"
    namespace = Namespace("shop", annotations={key: "monitoring/agents"})
    things = (namespace, *apps(2), *app("web", annotations={key: "false"}), *app("x", "else"))

    assert judged(cluster(*things))["traces"] == Coverage(
        "traces", ("Deployment shop/app-0", "Deployment shop/app-1"), ("instrumentation",)
    )


@pytest.mark.parametrize(
    ("key", "use"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "traces"),
        ("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "metrics"),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "logs"),
        ("ZIPKIN_URL", "traces"),
        ("DD_AGENT_HOST", "traces"),
        ("LOGGLY_TOKEN", "logs"),
        ("SENTRY_DSN", None),
    ],
)
def test_where_an_application_reports_to_tells_what_it_reports(key: str, use: str | None) -> None:
    web = app("web", settings=(setting("telemetry", key, True),))
    covered = judged(cluster(*web, *apps(1)))

    told = {one.use: one.covered for one in covered.values() if one.covered}
    assert told == ({use: ("Deployment shop/web",)} if use else {})


MONITORS = st.builds(
    monitor,
    st.sampled_from(["ServiceMonitor", "PodMonitor"]),
    labels=st.dictionaries(st.sampled_from(["tier", "app"]), st.sampled_from(["back", "web"])),
    namespaces=st.lists(st.sampled_from(["shop", "bank"]), max_size=2),
)


@given(st.lists(MONITORS, max_size=5), MONITORS)
def test_one_more_monitor_never_covers_less(monitors: list[Outline], more: Outline) -> None:
    def covered(*asked: Outline) -> set[str]:
        return set(judged(cluster(*CART, *WEB, *BANK, *asked))["metrics"].covered)

    assert covered(*monitors) <= covered(*monitors, more)
    assert covered(*monitors) == covered(*reversed(monitors))

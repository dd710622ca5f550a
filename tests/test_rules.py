"""What holds for every question and signal, whatever it looks at."""

import pkgutil
import string
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import chain
from types import ModuleType

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe import checklist, signals
from mesh_probe.assessment import assess
from mesh_probe.checklist import QUESTIONS
from mesh_probe.episodes import Episode, IncidentHistory
from mesh_probe.graph.build import build
from mesh_probe.kinds import KINDS, WORKLOAD_KINDS
from mesh_probe.model import (
    Backend,
    ConfigMap,
    ConfigUse,
    Container,
    Declaration,
    Namespace,
    Peer,
    Route,
    Service,
    ServicePort,
    Status,
    Telemetry,
)
from mesh_probe.question import Answer, Question, Signal, conclude
from mesh_probe.signals import SIGNALS
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import LANGUAGES, Message, Wording, catalogue
from mesh_probe.verdict import Verdict, reach
from tests.builders import NOON, Thing, app, apps, calls, cluster, definition, outline, setting

RULES: tuple[Question | Signal, ...] = (*QUESTIONS, *SIGNALS)

MARKS: tuple[Thing, ...] = (
    Namespace("shop", labels={"team": "checkout", "istio-injection": "enabled"}),
    Route("Ingress", "shop", "web", gateways=("nginx",), tls=True),
    Route("Ingress", "shop", "old", gateways=("traefik",)),
    Route(
        "HTTPRoute",
        "shop",
        "web",
        backends=(Backend("shop", "a", weight=9), Backend("shop", "b", weight=1)),
    ),
    Route("Ingress", "shop", "beta", annotations={"nginx.ingress.kubernetes.io/canary": "true"}),
    outline("NetworkPolicy", "default-deny"),
    outline("PodDisruptionBudget", "a", {"spec.minAvailable": 1.0}),
    outline("PodDisruptionBudget", "b", {"spec.maxUnavailable": "25%"}),
    outline("ServiceLevelObjective", "a", {"spec.target": "99.9"}),
    outline("ServiceLevelObjective", "b", {"spec.target": "95"}),
    outline("PeerAuthentication", "default", {"spec.mtls.mode": "STRICT"}),
    outline("AuthorizationPolicy", "web", group="security.istio.io"),
    outline("Certificate", "a", {"spec.dnsNames[0]": "app-0.shop.svc"}),
    outline("Canary", "web", group="flagger.app"),
    outline("DestinationRule", "cart"),
    outline("AlertmanagerConfig", "on-call"),
    outline("PrometheusRule", "cart", {"spec.groups[0].rules[0].alert": "CartDown"}),
    outline("ServiceMonitor", "cart"),
    outline("RoleBinding", "dev", {"subjects[0].kind": "Group", "subjects[0].name": "dev"}),
    definition("applications.argoproj.io"),
    definition("virtualservices.networking.istio.io"),
    Namespace("tenant-a", labels={"tenant": "a", "pci-dss": "in-scope", "sla": "gold"}),
    Namespace("tenant-b", labels={"tenant": "b", "sla": "silver"}),
    Route(
        "Ingress",
        "shop",
        "kong",
        gateways=("kong",),
        annotations={"konghq.com/retries": "5", "konghq.com/read-timeout": "60000"},
    ),
    Route("VirtualService", "shop", "slow", settings=(setting("timeout", "http.timeout", "60s"),)),
    outline(
        "NetworkPolicy",
        "cart",
        {"spec.ingress[0].from[0].podSelector.matchLabels.app": "web"},
    ),
    outline(
        "AlertmanagerConfig",
        "pager",
        {"spec.receivers[0].pagerdutyConfigs[0].routingKey.name": "pagerduty"},
    ),
    outline("PrometheusRule", "new", {"metadata.creationTimestamp": "2026-03-13T00:00:00Z"}),
    *apps(2, "tenant-a"),
    *apps(2, "tenant-b"),
    *app("argocd", "argocd", containers=(Container("main", "quay.io/argoproj/argocd:v2"),)),
    *app("flags", containers=(Container("main", "unleashorg/unleash-server:6"),)),
    *app("spire", "spire", containers=(Container("main", "ghcr.io/spiffe/spire-server:1"),)),
    *app("loki", "monitoring", containers=(Container("main", "grafana/loki:3"),)),
    *app(
        "guarded",
        replicas=3,
        spread=True,
        labels={"criticality": "high"},
        containers=(
            Container("main", "registry.example/guarded:1", readiness_probe="http"),
            Container("check", "quay.io/oauth2-proxy/oauth2-proxy:v7"),
        ),
        settings=(
            setting("auth", "JWT_SIGNING_KEY", True),
            setting("telemetry", "SENTRY_DSN", True),
            setting("flag", "FEATURE_CART_PERCENT", 10.0),
        ),
    ),
    *app("db", containers=(Container("main", "postgres:16"),)),
    *app("queue", containers=(Container("main", "rabbitmq:3"),)),
    *app("prom", "monitoring", containers=(Container("main", "prom/prometheus:v3.0.0"),)),
    *app("cart-v1", service="cart", labels={"version": "v1"}),
    app("cart-v2", service="cart", labels={"version": "v2"})[0],
    *app(
        "web",
        priority_class="high",
        references=(calls("app-0", tls=True), calls("app-1")),
        annotations={"prometheus.io/scrape": "true"},
        settings=(
            setting("canary", "WEB_CANARY_PERCENT", "5%"),
            setting("flag", "FEATURE_CART", True),
            setting("auth", "AUTH_ENABLED", True),
        ),
    ),
    ConfigMap("shop", "defaults", settings=(setting("timeout", "HTTP_CLIENT_TIMEOUT", "2s"),)),
    *chain.from_iterable(
        app(f"reader-{n}", config=(ConfigUse("defaults", "envFrom"),)) for n in range(4)
    ),
    *chain.from_iterable(
        app(
            f"caller-{n}",
            references=tuple(calls(f"caller-{m}") for m in (n + 1, n + 2) if m < 12),
            settings=(
                setting("timeout", "HTTP_TIMEOUT", f"{n}s"),
                setting("retry", "HTTP_RETRIES", 3.0),
            ),
        )
        for n in range(12)
    ),
)


FLAG = (setting("flag", "FEATURE_CART", True),)
AUTH = (setting("auth", "AUTH_ENABLED", True),)

WEAK: dict[str, list[Thing]] = {
    "feature switches": [t for n in range(3) for t in app(f"flag-{n}", settings=FLAG)],
    "authentication switches": [t for n in range(3) for t in app(f"auth-{n}", settings=AUTH)],
    "the same policy everywhere": [
        t
        for n in range(3)
        for t in app(f"waits-{n}", settings=(setting("timeout", "HTTP_TIMEOUT", "5s"),))
    ],
    "versions side by side": [
        *app("cart-v1", service="cart", labels={"version": "v1"}),
        app("cart-v2", service="cart", labels={"version": "v2"})[0],
    ],
    "a canary at the edge": [
        Route("Ingress", "shop", "b", annotations={"nginx.ingress.kubernetes.io/canary": "true"})
    ],
    "some addresses with TLS": [
        *app("a", references=(calls("app-0", tls=True),)),
        *app("b", references=(calls("app-0"),)),
        *app("c", references=(calls("app-0"),)),
    ],
    "a network policy": [outline("NetworkPolicy", "default-deny")],
    "one priority class": app("web", priority_class="high"),
    "two disruption budgets": [
        outline("PodDisruptionBudget", "a", {"spec.minAvailable": 1.0}),
        outline("PodDisruptionBudget", "b", {"spec.maxUnavailable": "25%"}),
    ],
    "one policy of a mesh": [outline("DestinationRule", "cart")],
    "two ingress classes": [
        Route("Ingress", "shop", name, gateways=(name,)) for name in ("nginx", "traefik")
    ],
    "a timeout at the edge": [
        Route(
            "Ingress",
            "shop",
            "web",
            annotations={"nginx.ingress.kubernetes.io/proxy-read-timeout": "9"},
        )
    ],
    "owners by name": [Namespace("shop", labels={"team": "checkout"})],
    "rights of a group": [
        outline("RoleBinding", "dev", {"subjects[0].kind": "Group", "subjects[0].name": "dev"})
    ],
    "receivers of alerts": [outline("AlertmanagerConfig", "on-call")],
    "alert rules": [outline("PrometheusRule", "cart", {"spec.groups[0].rules[0].alert": "Down"})],
    "a delivery controller": [definition("applications.argoproj.io")],
    "a flag service": app("flags", containers=(Container("main", "unleashorg/unleash-server:6"),)),
    "a library for flags": app("web", settings=(setting("flag", "UNLEASH_URL", True),)),
    "a token that one checks": app("web", settings=(setting("auth", "JWT_SECRET", True),)),
    "a port for TLS": [
        *app("web")[:1],
        Service("shop", "web", selector={"app": "web"}, ports=(ServicePort(443, "https"),)),
    ],
    "a proxy that checks callers": app(
        "web",
        containers=(Container("web", "web:1"), Container("c", "oauth2-proxy/oauth2-proxy:7")),
    ),
    "one rank": app("web", labels={"criticality": "high"}),
    "routes that wait unlike": [
        Route("VirtualService", "shop", name, settings=(setting("timeout", "timeout", wait),))
        for name, wait in (("slow", "60s"), ("fast", "1s"))
    ],
    "classes with policies of their own": [
        Route("Ingress", "shop", name, gateways=(name,), annotations={f"{name}/timeout": "9"})
        for name in ("kong", "nginx")
    ],
    "retries that multiply": [
        *app(
            "a",
            references=(calls("b"),),
            settings=(setting("retry", "HTTP_RETRIES", 3.0),),
        ),
        *app(
            "b",
            references=(calls("app-0"),),
            settings=(setting("retry", "HTTP_RETRIES", 3.0),),
        ),
    ],
    "somebody who pages": [
        outline(
            "AlertmanagerConfig",
            "pager",
            {"spec.receivers[0].pagerdutyConfigs[0].routingKey.name": "pagerduty"},
        )
    ],
    "a wish for a mesh": [definition("virtualservices.networking.istio.io")],
}
"""What tells little on its own, though there may be several of it."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
@pytest.mark.parametrize("sign", WEAK)
def test_a_single_weak_sign_is_never_a_yes(sign: str, rule: Question | Signal) -> None:
    watched = Telemetry(prometheus=("http://prometheus:9090",))
    answers, vetoes = judged(cluster(*apps(6), *WEAK[sign], telemetry=watched))
    answer = next(one for one in (*answers, *vetoes) if one.id == rule.id)

    assert answer.status != "yes", answer.evidence


@st.composite
def histories(draw: st.DrawFn) -> IncidentHistory | None:
    """Alerts about some of the applications in the last month, or no history at all."""
    days = draw(st.none() | st.lists(st.integers(1, 29), unique=True, max_size=14))
    if days is None:
        return None
    length = timedelta(minutes=draw(st.integers(1, 200)))
    starts = [NOON - timedelta(days=day) for day in sorted(days, reverse=True)]
    return IncidentHistory(
        state=draw(st.sampled_from(["read", "partial", "unproven", "unreadable"])),
        span_seconds=30 * 86_400,
        proven_seconds=draw(st.sampled_from([86_400, 30 * 86_400])),
        episodes=tuple(
            Episode(
                f"Down{at.day % 3}",
                at,
                at,
                at + length,
                places=(Peer(workload=f"app-{at.day % 4}", namespace="shop"),),
            )
            for at in starts
        ),
    )


@st.composite
def clusters(draw: st.DrawFn) -> Snapshot:
    """A cluster with some of the marks, some applications and some kinds hidden."""
    things = draw(st.lists(st.sampled_from(MARKS), unique_by=repr))
    hidden = draw(st.lists(st.sampled_from([kind.name for kind in KINDS]), max_size=3))
    servers = draw(st.sampled_from([(), ("http://prometheus:9090",)]))
    telemetry = Telemetry(prometheus=servers)
    snapshot = cluster(*apps(draw(st.integers(0, 12))), *things, hidden=hidden, telemetry=telemetry)
    return msgspec.structs.replace(snapshot, incidents=draw(histories()))


def judged(snapshot: Snapshot) -> tuple[list[Answer], list[Answer]]:
    graph = build(snapshot)
    answers = [conclude(q, q.ask(snapshot, graph)) for q in QUESTIONS]
    by_id = {answer.id: answer for answer in answers}
    return answers, [conclude(s, s.ask(snapshot, graph, by_id)) for s in SIGNALS]


def messages(answers: list[Answer], verdict: Verdict) -> Iterator[Message]:
    for answer in answers:
        yield answer.because
        yield from (piece.fact for piece in answer.evidence)
    yield from verdict.because
    yield from (swing.settle for swing in verdict.swing)


@pytest.mark.parametrize(
    ("package", "rules"), [(checklist, QUESTIONS), (signals, SIGNALS)], ids=["nine", "five"]
)
def test_each_file_holds_the_rule_of_its_name_and_is_listed(
    package: ModuleType, rules: Sequence[Question | Signal]
) -> None:
    files = {module.name for module in pkgutil.iter_modules(package.__path__)}

    assert {rule.id.replace("-", "_") for rule in rules} == files
    assert [rule.number for rule in rules] == list(range(1, len(rules) + 1))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_each_rule_has_its_words(rule: Question | Signal, language: str) -> None:
    wanted = {f"{rule.id}.{part}" for part in ("yes", "no", "unknown", "settle")}

    assert wanted <= set(catalogue(language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_pain_and_each_veto_has_its_words(language: str) -> None:
    pains = {f"verdict.pain.{question.axis}" for question in QUESTIONS if question.axis}
    vetoes = {f"verdict.veto.{signal.id}" for signal in SIGNALS}

    assert pains | vetoes <= set(catalogue(language))


def test_both_languages_say_the_same_things() -> None:
    def names(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    english, korean = catalogue("en"), catalogue("ko")
    mine = [i for i in english if i.split(".")[0] in {"verdict", *(rule.id for rule in RULES)}]

    assert mine
    assert {i: names(english[i]) for i in mine} == {i: names(korean[i]) for i in mine}


@given(clusters())
def test_everything_that_rules_say_can_be_said_in_every_language(snapshot: Snapshot) -> None:
    answers, vetoes = judged(snapshot)
    verdict = reach(QUESTIONS, answers, vetoes)
    said = list(messages([*answers, *vetoes], verdict))

    for language in LANGUAGES:
        wording = Wording(language)
        assert all(wording.say(one) for one in said)


@given(clusters())
def test_no_evidence_no_answer(snapshot: Snapshot) -> None:
    answers, vetoes = judged(snapshot)

    for answer in (*answers, *vetoes):
        pointing = [piece for piece in answer.evidence if piece.points]
        assert (answer.probability is None) == (not pointing)
        assert all(piece.weight > 0 and piece.check for piece in pointing)
        assert all(piece.weight == 0 for piece in answer.evidence if not piece.points)


@given(clusters())
def test_the_mirror_of_the_owner_never_contradicts_it(snapshot: Snapshot) -> None:
    answers, vetoes = judged(snapshot)
    owner = next(a for a in answers if a.id == "ops-owner")
    nobody = next(s for s in vetoes if s.id == "no-owner")

    assert nobody.status == {"yes": "no", "no": "yes", "unknown": "unknown"}[owner.status]


def test_a_cluster_without_any_rights_leaves_everything_unknown() -> None:
    answers, vetoes = judged(cluster(hidden=[kind.name for kind in KINDS]))

    assert {answer.status for answer in (*answers, *vetoes)} == {"unknown"}
    assert reach(QUESTIONS, answers, vetoes).outcome == "undecided"


def test_every_mark_at_once_is_judged_alike_in_any_order() -> None:
    forward, backward = cluster(*MARKS), cluster(*reversed(MARKS))
    one, other = judged(forward)[0], judged(backward)[0]

    assert [(a.id, a.status, a.probability) for a in one] == [
        (a.id, a.status, a.probability) for a in other
    ]


@given(
    st.lists(st.sampled_from(MARKS), unique_by=repr).flatmap(
        lambda things: st.tuples(st.just(things), st.permutations(things))
    ),
    histories(),
)
def test_the_order_of_input_never_matters(
    orders: tuple[list[Thing], list[Thing]], history: IncidentHistory | None
) -> None:
    one, other = (
        judged(msgspec.structs.replace(cluster(*apps(7), *things), incidents=history))
        for things in orders
    )

    for answers in zip((*one[0], *one[1]), (*other[0], *other[1]), strict=True):
        (status, weights), (another, others) = (
            ((a.status, a.probability), [(e.points, e.weight) for e in a.evidence]) for a in answers
        )
        assert (status, weights) == (another, others), answers[0].id


@pytest.mark.parametrize("kind", WORKLOAD_KINDS)
@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.id)
def test_a_hidden_kind_of_workload_leaves_no_no(question: Question, kind: str) -> None:
    answers, _ = judged(cluster(*apps(3), hidden=[kind]))

    assert {answer.id: answer.status for answer in answers}[question.id] != "no"


def test_every_kind_of_workload_is_read() -> None:
    assert set(WORKLOAD_KINDS) < {kind.name for kind in KINDS if kind.form == "full"}


def without(snapshot: Snapshot, kind: str) -> Snapshot:
    """The snapshot of somebody who may not read one kind."""
    objects = snapshot.objects
    return msgspec.structs.replace(
        snapshot,
        objects=msgspec.structs.replace(
            objects,
            namespaces=() if kind == "Namespace" else objects.namespaces,
            services=() if kind == "Service" else objects.services,
            config_maps=() if kind == "ConfigMap" else objects.config_maps,
            workloads=tuple(one for one in objects.workloads if one.kind != kind),
            routes=tuple(one for one in objects.routes if one.kind != kind),
            outlines=tuple(one for one in objects.outlines if one.kind != kind),
            kinds=tuple(
                msgspec.structs.replace(read, state="unreadable") if read.kind == kind else read
                for read in objects.kinds
            ),
        ),
    )


@given(clusters(), st.sampled_from([kind.name for kind in KINDS]))
def test_a_kind_that_may_not_be_read_never_makes_an_answer_surer(
    snapshot: Snapshot, kind: str
) -> None:
    before = {a.id: a for answers in judged(snapshot) for a in answers}
    after = {a.id: a for answers in judged(without(snapshot, kind)) for a in answers}

    del after["hype"]  # the less is known of the needs, the surer is it that one of them is there
    for rule_id, answer in after.items():
        assert (answer.confidence or 0.5) <= (before[rule_id].confidence or 0.5) + 0.0002, rule_id


@given(clusters(), st.sampled_from([question.id for question in QUESTIONS]))
def test_one_more_yes_never_lowers_the_chance_of_consider(snapshot: Snapshot, more: str) -> None:
    before, after = assess(snapshot), assess(snapshot, assumed={more: "yes"})

    chances = [one.verdict.outcomes["consider"] for one in (before, after)]
    assert chances[1] >= chances[0] - 0.0001


@given(
    clusters(),
    st.dictionaries(
        st.sampled_from([rule.id for rule in RULES]), st.sampled_from(["yes", "no", "unknown"])
    ),
)
def test_what_people_declare_always_wins(snapshot: Snapshot, said: dict[str, Status]) -> None:
    declared = tuple(Declaration(rule_id, status) for rule_id, status in said.items())
    assessment = assess(msgspec.structs.replace(snapshot, declared=declared))
    by_id = {answer.id: answer for answer in (*assessment.answers, *assessment.signals)}

    assert {i: (by_id[i].status, by_id[i].basis) for i in said} == {
        i: (status, "declared") for i, status in said.items()
    }

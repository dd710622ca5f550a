"""Assessments to write reports of, and the words that their made-up messages need."""

from datetime import UTC, datetime, timedelta

import msgspec

from mesh_probe.assessment import Assessment, Cluster, Paths, Read
from mesh_probe.blocker import Blocker, standings
from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.graph.latency import SlowPath
from mesh_probe.graph.shape import Hub
from mesh_probe.incidents import Incident, Incidents
from mesh_probe.incidents.blame import Blame, Kind
from mesh_probe.model import Edge, Evidence, Finding, Gap, Latency, Load, Node, Role, Status, Via
from mesh_probe.question import Answer, Basis, Measure
from mesh_probe.scores import Score
from mesh_probe.text import Message, Wording, catalogue, message
from mesh_probe.verdict import Swing, Verdict
from tests.formats import in_the_way
from tests.formats.read import everything
from tests.formats.read import hostile as hostile_read

QUESTION_IDS = (
    "service-count",
    "path-complexity",
    "rollout-in-code",
    "diagnosis-time",
    "internal-auth",
    "sla-spread",
    "central-policy",
    "ops-owner",
    "network-skills",
)
SIGNAL_IDS = ("hype", "few-incidents", "no-observability", "no-owner", "fix-in-code")

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)

TEXTS = {
    "en": {
        "example.count": "{count} application services in {namespaces} namespaces.",
        "example.deep": "The longest chain is {hops} calls, and {paths} paths start outside.",
        "example.flags": "{count} workloads read canary percentages from their own settings.",
        "example.unmeasured": "Nothing in the cluster says how long diagnoses take.",
        "example.plain": "{share:percent} of the calls between services are plain text.",
        "example.one-class": "All services have one objective.",
        "example.scattered": "Timeouts are set in {count} workloads, to {values} different values.",
        "example.nobody": "No role binding names a team.",
        "example.skilled": "Network policies and Gateway routes are in use.",
        "example.needs": "Needs of its own can be seen.",
        "example.quiet": "No alert history could be read.",
        "example.watched": "Prometheus and an alert manager are running.",
        "example.settings": "{ratio:percent} of the services handle retries in code.",
        "example.fact": "{key} is set to {value}",
        "example.calls": "calls at {rate:rate}",
        "example.pain": "Observation hurts most: nobody sees where {path} loses its time.",
        "example.ask": "Declare it in an answers file.",
        "example.rights": "Let the alerts of the last 30 days be read.",
        "example.forbidden": "listing is forbidden",
        "example.silent": "no samples in the last {seconds:duration}",
        "example.grant": "Grant get and list on {kind} to the account that scans.",
        "example.dead": "names {host}, and there is no such Service",
        "example.uncalled": "is declared, but was not called in {seconds:duration}",
        "example.hostile": "{name} is seen beside {other}",
    },
    "ko": {
        "example.count": "네임스페이스 {namespaces}개에 애플리케이션 서비스가 {count}개 있습니다.",
        "example.deep": "가장 긴 사슬은 호출 {hops}번이고, 외부에서 오는 경로는 {paths}개입니다.",
        "example.flags": "워크로드 {count}개가 카나리 비율을 자체 설정에서 읽습니다.",
        "example.unmeasured": "장애 진단에 걸리는 시간은 클러스터에서 알 수 없습니다.",
        "example.plain": "서비스 간 호출의 {share:percent}가 평문입니다.",
        "example.one-class": "모든 서비스의 목표가 같습니다.",
        "example.scattered": "워크로드 {count}개에 서로 다른 타임아웃 값이 {values}가지 있습니다.",
        "example.nobody": "팀을 가리키는 역할 바인딩이 없습니다.",
        "example.skilled": "네트워크 정책과 Gateway 라우트를 사용하고 있습니다.",
        "example.needs": "자체적인 필요가 확인됩니다.",
        "example.quiet": "알림 이력을 읽지 못했습니다.",
        "example.watched": "Prometheus와 알림 관리자가 실행 중입니다.",
        "example.settings": "서비스의 {ratio:percent}가 재시도를 코드로 처리합니다.",
        "example.fact": "{key}의 값이 {value}입니다",
        "example.calls": "{rate:rate}로 호출합니다",
        "example.pain": "관측이 가장 큰 문제입니다. {path} 중 어디서 느려지는지 보이지 않습니다.",
        "example.ask": "답변 파일에 선언하세요.",
        "example.rights": "지난 30일의 알림을 읽을 수 있게 하세요.",
        "example.forbidden": "목록 조회가 금지되어 있습니다",
        "example.silent": "지난 {seconds:duration} 동안 샘플이 없습니다",
        "example.grant": "스캔하는 계정에 {kind}의 get과 list 권한을 부여하세요.",
        "example.dead": "{host}을(를) 가리키지만 그런 Service가 없습니다",
        "example.uncalled": "선언되어 있지만 {seconds:duration} 동안 호출되지 않았습니다",
        "example.hostile": "{name}이(가) {other} 옆에 보입니다",
    },
}


class ExampleWording(Wording):
    """The program's words and those of the examples."""

    def __init__(self, language: str) -> None:
        super().__init__(language)
        self._texts = {**catalogue(language), **TEXTS[language], **in_the_way.TEXTS[language]}


def fact(
    subject: str, said: Message, weight: float = 1.0, check: str = "", seen_in: str = "objects"
) -> Evidence:
    return Evidence(subject, said, seen_in, "yes", weight, check)


def answer(
    position: int,
    status: Status,
    because: Message,
    probability: float | None = None,
    *,
    ids: tuple[str, ...] = QUESTION_IDS,
    basis: Basis = "inferred",
    measure: Measure | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Answer:
    confidence = None
    if status != "unknown" and probability is not None:
        confidence = round(probability if status == "yes" else 1 - probability, 4)
    return Answer(
        id=ids[position - 1],
        number=position,
        status=status,
        probability=probability,
        confidence=confidence,
        basis=basis,
        because=because,
        measure=measure,
        evidence=evidence,
    )


def signal(
    position: int,
    status: Status,
    because: Message,
    probability: float | None = None,
    *,
    basis: Basis = "inferred",
) -> Answer:
    return answer(position, status, because, probability, ids=SIGNAL_IDS, basis=basis)


def node(id_: str, role: Role = "middle", product: str | None = None) -> Node:
    namespace, _, name = id_.rpartition("/")
    return Node(
        id=id_,
        name=name,
        kind="Deployment" if namespace else "External",
        role=role,
        namespace=namespace or None,
        product=product,
        services=(id_,) if namespace else (),
        replicas=2 if namespace else None,
    )


def call(client: str, server: str, rate_rps: float | None = None, p50_ms: float = 10) -> Edge:
    if rate_rps is None:
        return Edge(client, server, 0.8, declared=True)
    return Edge(
        client,
        server,
        0.99,
        observed=True,
        declared=True,
        via=(Via(server, 8080, "http"),),
        protocol="http",
        rate_rps=rate_rps,
        error_ratio=0.0123456789,
        latency=Latency(p50_ms / 1000, p50_ms / 500, p50_ms / 400, p50_ms / 200, "high"),
        mtls=False,
        sources=("istio",),
        evidence=(
            Evidence(
                f"{client} -> {server}",
                message("example.calls", rate=rate_rps),
                "istio",
                check=f'sum(rate(istio_requests_total{{destination=~"{server}|x"}}[1h]))',
            ),
        ),
    )


def assessment(
    verdict: Verdict,
    answers: tuple[Answer, ...],
    signals: tuple[Answer, ...],
    graph: CallGraph,
    *,
    cluster: Cluster,
    paths: Paths,
    findings: tuple[Finding, ...] = (),
    gaps: tuple[Gap, ...] = (),
    incidents: Incidents | None = None,
    incidents_seen_seconds: int | None = None,
    load: Load | None = None,
    read: Read | None = None,
    blockers: tuple[Blocker, ...] = (),
) -> Assessment:
    return Assessment(
        generated_at=NOON,
        tool_version="1.2.3",
        cluster=cluster,
        window_start_at=NOON - timedelta(hours=1),
        window_end_at=NOON,
        window_seconds=3600,
        verdict=verdict,
        answers=answers,
        signals=signals,
        graph=graph,
        paths=paths,
        findings=findings,
        blockers=blockers,
        standings=standings(blockers, _applications(graph)),
        gaps=gaps,
        incidents=incidents or Incidents(),
        incidents_seen_seconds=incidents_seen_seconds,
        load=load,
        read=read or Read(),
    )


def _applications(graph: CallGraph) -> set[str]:
    return {node.id for node in graph.nodes.values() if node.role in APPLICATION_ROLES}


def rich() -> Assessment:
    """A shop that a mesh may help: all kinds of answers, a ring, slow paths, findings and gaps."""
    graph = CallGraph(
        [
            node("internet", "external"),
            node("shop/web", "entry"),
            node("shop/cart"),
            node("shop/pricing"),
            node("shop/promotions"),
            node("shop/cart-db", "datastore", "postgres"),
            node("pay/checkout"),
            node("pay/ledger", "leaf"),
            node("external:api.bank.example", "external"),
            node("ops/agent", "infrastructure"),
        ],
        [
            call("internet", "shop/web", 120, 310),
            call("shop/web", "shop/cart", 90, 180),
            call("shop/web", "pay/checkout", 12, 140),
            call("shop/cart", "shop/pricing", 85, 60),
            call("shop/pricing", "shop/promotions", 40, 20),
            call("shop/promotions", "shop/pricing", 3, 4),
            call("shop/cart", "shop/cart-db", 170, 5),
            call("pay/checkout", "pay/ledger"),
            call("pay/checkout", "external:api.bank.example", 12, 95),
            Edge("shop/web", "pay/ledger", 0.3),
            call("ops/agent", "shop/web", 0.1, 1),
        ],
    )
    answers = (
        answer(
            1,
            "yes",
            message("example.count", count=14, namespaces=3),
            0.9991,
            basis="observed",
            measure=Measure("application-services", 14, "services", 10),
            evidence=(
                fact(
                    "Namespace shop",
                    message("example.fact", key="services", value=9),
                    2.5,
                    "kubectl get services -n shop",
                ),
                fact("Namespace pay", message("example.fact", key="services", value=5), 2.5),
            ),
        ),
        answer(
            2,
            "yes",
            message("example.deep", hops=5, paths=42),
            0.881,
            basis="observed",
            measure=Measure("longest-chain", 5, "hops", 4),
        ),
        answer(
            3,
            "yes",
            message("example.flags", count=4),
            0.7311,
            measure=Measure("workloads-with-flags", 0.2857, "ratio", 0.1),
            evidence=(
                fact(
                    "Deployment shop/cart",
                    message("example.fact", key="CANARY_PERCENT", value=10),
                    1.0,
                    "kubectl get deployment cart -n shop -o yaml",
                ),
            ),
        ),
        answer(
            4,
            "unknown",
            message("example.unmeasured"),
            measure=Measure("time-to-cause", None, "seconds", 1800),
        ),
        answer(5, "yes", message("example.plain", share=0.92), 0.6693),
        answer(6, "no", message("example.one-class"), 0.2689),
        answer(
            7,
            "yes",
            message("example.scattered", count=7, values=5),
            0.8176,
            measure=Measure("timeouts", 1.5, "seconds", 0.25),
        ),
        answer(
            8,
            "yes",
            message("declared.note", note="Six people run the platform."),
            1.0,
            basis="declared",
        ),
        answer(9, "yes", message("assumed.plain"), 1.0, basis="assumed"),
    )
    signals = (
        signal(1, "no", message("example.needs"), 0.018),
        signal(2, "unknown", message("example.quiet")),
        signal(3, "no", message("example.watched"), 0.0474),
        signal(4, "no", message("declared.plain"), 0.0, basis="declared"),
        signal(5, "unknown", message("example.settings", ratio=0.43), 0.5),
    )
    verdict = Verdict(
        outcome="consider",
        yes=7,
        no=1,
        unknown=1,
        threshold=5,
        probability=0.873456789,
        yes_distribution=(0.0, 0.0, 0.0, 0.001, 0.02, 0.1, 0.25, 0.35, 0.229, 0.05),
        outcomes={
            "not-now": 0.1,
            "kubernetes-is-enough": 0.026543211,
            "consider": 0.873456789,
            "undecided": 0.0,
        },
        because=(
            message("example.pain", path="web -> cart -> pricing"),
            message("example.scattered", count=7, values=5),
        ),
        swing=(
            Swing("few-incidents", "not-now", message("example.rights")),
            Swing("fix-in-code", "not-now", message("example.ask")),
        ),
        axes={"traffic": 0.6062, "observation": 0.8404, "security": 0.6693},
        need=Score(70, "(100 + 88 + 73 + 50 + 67 + 27 + 82) / 7 = 70"),
        readiness=Score(100, "(100 + 100) / 2 = 100"),
    )
    return assessment(
        verdict,
        answers,
        signals,
        graph,
        cluster=Cluster(
            context="prod",
            server_version="v1.33.4",
            nodes=6,
            namespaces=4,
            workloads=18,
            services=16,
            pods=47,
        ),
        paths=Paths(
            entries=("shop/web",),
            entry_to_leaf_paths=42,
            longest_chain=("shop/web", "shop/cart", "shop/pricing", "shop/promotions"),
            cycles=(("shop/pricing", "shop/promotions"),),
            hubs=(Hub("shop/cart", 8, 7),),
            slowest=(
                SlowPath(
                    ("internet", "shop/web", "shop/cart", "shop/pricing", "shop/promotions"),
                    0.31,
                    0.36,
                    1.24,
                    "shop/web",
                    "shop/cart",
                    0.3710,
                ),
                SlowPath(
                    ("shop/web", "pay/checkout", "external:api.bank.example"),
                    0.14,
                    None,
                    None,
                    "pay/checkout",
                    "external:api.bank.example",
                    0.6786,
                    1,
                ),
            ),
            cross_namespace_ratio=0.2,
        ),
        findings=(
            Finding(
                "dead-reference",
                "error",
                "Deployment shop/web",
                message("example.dead", host="search.shop.svc"),
                (
                    fact(
                        "Deployment shop/web",
                        message("example.fact", key="SEARCH_URL", value="search.shop.svc"),
                        0.0,
                    ),
                ),
            ),
            Finding(
                "declared-not-called",
                "info",
                "pay/checkout -> pay/ledger",
                message("example.uncalled", seconds=86_400),
            ),
        ),
        gaps=(
            Gap(
                "NetworkPolicy",
                message("example.forbidden"),
                message("example.grant", kind="networkpolicies"),
            ),
            Gap("linkerd", message("example.silent", seconds=86_400)),
            Gap("istio", message("example.silent", seconds=86_400)),
        ),
        incidents=incidents(),
        incidents_seen_seconds=30 * 86_400,
        load=Load(requests=41, bytes=2_243_017, prometheus_queries=14, seconds=3.2174),
        read=everything(),
        blockers=in_the_way.some(),
    )


def incidents() -> Incidents:
    """One with each cause, one without, one that is not over."""

    def incident(days: float, alert: str, kind: Kind | None, judged: bool = True) -> Incident:
        start_at = NOON - timedelta(days=days)
        return Incident(
            start_at,
            start_at,
            None if days < 1 else start_at + timedelta(minutes=42),
            ("CartErrors", alert),
            ("shop/cart", "shop/web"),
            judged,
            None if kind is None else Blame(kind, "shop/web", "shop/cart"),
            ()
            if kind is None
            else (fact("shop/web -> shop/cart", message("example.fact", key=kind, value=1), 0.0),),
        )

    return Incidents(
        seen=6,
        judged=5,
        on_the_wire=2,
        episodes=(
            incident(29, "Refused", "wire-errors"),
            incident(20, "Slow", "wire-latency"),
            incident(12, "CartDown", "callee"),
            incident(9, "WebErrors", "caller"),
            incident(3, "Odd", None),
            incident(0.1, "Unseen", None, judged=False),
        ),
        left_out=("InfoInhibitor", "Watchdog"),
        proven_seconds=20 * 86_400,
    )


def _blank(ids: tuple[str, ...]) -> tuple[Answer, ...]:
    return tuple(
        answer(position, "unknown", message("example.unmeasured"), ids=ids)
        for position in range(1, len(ids) + 1)
    )


def _open_verdict(**changes: object) -> Verdict:
    blank = Verdict(
        outcome="undecided",
        yes=0,
        no=0,
        unknown=9,
        threshold=5,
        probability=None,
        yes_distribution=(0.002, 0.018, 0.07, 0.164, 0.246, 0.246, 0.164, 0.07, 0.018, 0.002),
        outcomes={
            "not-now": 0.0,
            "kubernetes-is-enough": 0.5,
            "consider": 0.5,
            "undecided": 0.0,
        },
        because=(),
        swing=(),
        axes={"traffic": 0.5, "observation": 0.5, "security": 0.5},
        need=Score(50, "(50 + 50 + 50 + 50 + 50 + 50 + 50) / 7 = 50"),
        readiness=Score(50, "(50 + 50) / 2 = 50"),
    )
    return msgspec.structs.replace(blank, **changes)


NOWHERE = Cluster(None, None, None, None, None, None, None)


def empty() -> Assessment:
    """Nothing could be seen at all, and nothing is missing either."""
    return assessment(
        _open_verdict(),
        _blank(QUESTION_IDS),
        _blank(SIGNAL_IDS),
        CallGraph([], []),
        cluster=NOWHERE,
        paths=Paths(),
    )


def undecided() -> Assessment:
    """Half of the questions are open; everything else was forbidden."""
    answers = (
        answer(1, "yes", message("example.count", count=12, namespaces=1), 0.95),
        answer(2, "no", message("example.deep", hops=2, paths=3), 0.11),
        *_blank(QUESTION_IDS)[2:],
    )
    kinds = ("ConfigMap", "CronJob", "Deployment", "Ingress", "Job", "NetworkPolicy", "Pod")
    return assessment(
        _open_verdict(
            yes=1,
            no=1,
            unknown=7,
            swing=tuple(
                Swing(rule, outcome, message("example.ask"))
                for rule in QUESTION_IDS[2:]
                for outcome in ("consider", "kubernetes-is-enough")
            ),
        ),
        answers,
        _blank(SIGNAL_IDS),
        CallGraph([node("a/b", "isolated")], []),
        cluster=msgspec.structs.replace(NOWHERE, context="stage", services=12, workloads=12),
        paths=Paths(),
        gaps=(
            *(Gap(kind, message("example.forbidden")) for kind in kinds),
            *(
                Gap(f"file-{number}.yaml", message("example.fact", key="line", value=number))
                for number in range(12)
            ),
        ),
        load=Load(requests=9, bytes=912, prometheus_queries=0, seconds=0.31),
    )


HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "a|b | c",
    "line\nbreak\r\n## heading",
    "\x1b[31mred\x1b[0m \x9b2J",
    "\u202etxt.exe\u202c \u2066x\u2069",
    "x" * 253,
    "1e5",
    "장바구니-서비스",
    "**bold** _it_ `code` ~~no~~ [link](http://evil.example) ![i](x) $x$",
    '"]; click n0 "javascript:alert(1)',
    "```",
    "</details> <!-- &amp; @all #1",
    "half \udc80 surrogate",
    "nul\x00 tab\t  ",
    "{unknown} {0} %s",
    "\\| back \\",
)


def hostile() -> Assessment:
    """Every name is one that could break a page or a screen."""
    base = rich()
    names = HOSTILE_NAMES
    following = (*names[1:], names[0])
    pairs = list(zip(names, following, strict=True))
    evidence = tuple(
        fact(name, message("example.hostile", name=name, other=other), 1.0, name, name)
        for name, other in pairs
    )
    reason = message("example.hostile", name=" ".join(names), other=names[0])
    first, *others = base.answers
    worst = msgspec.structs.replace(
        first, because=reason, evidence=evidence, measure=Measure(names[0], 1e5, names[1], 3.0)
    )
    return msgspec.structs.replace(
        base,
        tool_version="1.2.3",
        cluster=msgspec.structs.replace(base.cluster, context=names[3], server_version=names[0]),
        answers=(worst, *others),
        verdict=msgspec.structs.replace(
            base.verdict,
            because=(reason,),
            swing=(Swing("hype", "not-now", reason),),
            need=Score(1, names[1]),
        ),
        graph=CallGraph(
            [node(f"n/{name}") for name in names],
            [call(f"n/{client}", f"n/{server}", 1.5) for client, server in pairs],
        ),
        paths=msgspec.structs.replace(
            base.paths,
            longest_chain=tuple(f"n/{name}" for name in names),
            cycles=(names,),
            hubs=tuple(Hub(name, 3, 3) for name in names),
            entry_to_leaf_paths=3**9000,
            slowest=(SlowPath(names, 1e-5, 0.0, 2e5, names[3], names[1], 1.0),),
        ),
        findings=tuple(Finding("hostile", "warning", name, reason, evidence[:2]) for name in names),
        incidents=Incidents(
            seen=len(pairs),
            judged=len(pairs),
            on_the_wire=len(pairs),
            episodes=tuple(
                Incident(
                    NOON - timedelta(hours=number),
                    NOON - timedelta(hours=number),
                    NOON,
                    (name, other),
                    (other, name),
                    True,
                    Blame("wire-errors", name, other),
                    evidence[:2],
                )
                for number, (name, other) in enumerate(pairs, start=1)
            ),
            left_out=names,
        ),
        gaps=tuple(
            Gap(name, message("declared.note", note=other), message("assumed.note", note=name))
            for name, other in pairs
        ),
        load=None,
        read=hostile_read(names),
        blockers=in_the_way.hostile(names),
        standings=standings(in_the_way.hostile(names), [f"n/{name}" for name in names]),
    )


EXAMPLES = {"rich": rich, "empty": empty, "undecided": undecided, "hostile": hostile}

"""A hidden snapshot tells no name, and is judged as the one it was made from."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mesh_probe.assessment import Assessment, assess
from mesh_probe.demo import demo_snapshot
from mesh_probe.episodes import IncidentHistory, Moment
from mesh_probe.format import Look
from mesh_probe.formats import GRAPH_FORMATS, REPORT_FORMATS
from mesh_probe.graph.build import build
from mesh_probe.model import (
    Branch,
    Build,
    CodeTree,
    Fact,
    Gap,
    KeyUse,
    Library,
    ObservedCall,
    Outline,
    Peer,
    Query,
    Reference,
    SourceRead,
    Telemetry,
)
from mesh_probe.pseudonyms import hidden_node, hide
from mesh_probe.references import keys
from mesh_probe.snapshot import Snapshot, dumps, loads
from mesh_probe.text import LANGUAGES, Message, Wording, message
from tests.builders import NOON, app, apps, calls, cluster, definition, outline
from tests.test_rules import clusters

KEY = b"sixteen bytes or more"
OTHER_KEY = b"sixteen other bytes"


def judged(assessment: Assessment) -> dict[str, object]:
    """All that a verdict rests on, without a name."""
    verdict, graph, paths = assessment.verdict, assessment.graph, assessment.paths
    return {
        "answers": [
            (a.id, a.status, a.probability, a.confidence, a.measure, a.basis, a.because.id)
            for a in (*assessment.answers, *assessment.signals)
        ],
        "evidence": [
            sorted((e.fact.id, e.points or "", e.weight) for e in a.evidence)
            for a in (*assessment.answers, *assessment.signals)
        ],
        "verdict": (verdict.outcome, verdict.probability, verdict.yes_distribution, verdict.axes),
        "roles": Counter((n.kind, n.role, n.product) for n in graph.nodes.values()),
        "edges": sorted(
            (e.confidence, e.declared, e.observed, str(e.rate_rps), str(e.protocol))
            for e in graph.edges.values()
        ),
        "paths": (
            len(paths.entries),
            paths.entry_to_leaf_paths,
            len(paths.longest_chain),
            sorted(map(len, paths.cycles)),
            # Sums are taken in the order of names, which shows in their last digit.
            [pytest.approx(path.p50_seconds) for path in paths.slowest],
        ),
        "findings": Counter((f.id, f.severity) for f in assessment.findings),
        "gaps": Counter(gap.reason.id for gap in assessment.gaps),
    }


def reports(snapshot: Snapshot) -> Iterator[str]:
    assessment = assess(snapshot)
    for language in LANGUAGES:
        wording = Wording(language)
        for write in REPORT_FORMATS.values():
            yield write(assessment, wording, Look())
        for draw in GRAPH_FORMATS.values():
            yield draw(assessment.graph, wording)


def test_the_demo_is_judged_as_before() -> None:
    assert judged(assess(hide(demo_snapshot(), KEY))) == judged(assess(demo_snapshot()))


def test_no_key_of_the_demo_holds_a_word_of_a_service() -> None:
    def key_words(snapshot: Snapshot) -> set[str]:
        objects = snapshot.objects
        found = [
            *(key for m in objects.config_maps for key in m.keys),
            *(r.key for holder in objects.config_maps for r in holder.references),
            *(r.key for holder in objects.workloads for r in holder.references),
            *(s.key for holder in objects.workloads for s in holder.settings),
            *(use.variable for w in objects.workloads for use in w.config if use.variable),
        ]
        return {word for key in found for word in keys.words(key)}

    snapshot = demo_snapshot()
    own = [w for w in snapshot.objects.workloads if w.role is None]
    named = {word for w in own for name in (w.name, w.namespace) for word in keys.words(name)}

    assert len(named & key_words(snapshot)) > 10
    assert named & key_words(hide(snapshot, KEY)) == {"canary"}


def test_no_name_of_the_demo_is_left_in_file_or_report() -> None:
    snapshot = demo_snapshot()
    objects = snapshot.objects
    names = {
        *(node.name for node in objects.nodes),
        *(pod.name for pod in objects.pods if not pod.name.startswith("prometheus")),
        *(w.name for w in objects.workloads if w.role is None),
        *(w.namespace for w in objects.workloads if w.role is None),
        *(host for route in objects.routes for host in route.hosts),
        *(w.priority_class for w in objects.workloads if w.priority_class),
        "linden",
        "stripe",
        "10[.]42",
    }
    hidden = hide(snapshot, KEY)
    stored = dumps(hidden).decode()

    assert sorted(name for name in names if re.search(rf'"{name}(?![a-z])', stored)) == []
    # Such as "search", "orders" and "tax" are also words of a report.
    marked = {name for name in names if set(name) & set("-.[")} | {"linden", "fulfilment"}
    assert [name for text in reports(hidden) for name in marked if re.search(name, text)] == []


def test_queries_tell_no_name_in_any_report() -> None:
    asked = Query("quagga_total", 'sum(rate(quagga_total{namespace=~"zebu|graph"}[300s]))', 3)
    source = SourceRead("okapi", "read", (asked,), ("zebu",))
    history = IncidentHistory(
        "read", queries=(asked,), moments=(Moment(NOON, NOON, queries=(asked,)),)
    )
    snapshot = replace(
        demo_snapshot(),
        telemetry=Telemetry(("http://ann:pw@prometheus.zebu:9090",), (source,)),
        incidents=history,
    )
    plain, hidden = (list(reports(s)) for s in (snapshot, hide(snapshot, KEY)))

    assert any("quagga_total" in text for text in plain)
    assert not any(re.search("quagga|zebu|okapi|ann:|[|]graph", text) for text in hidden)


@given(clusters())
def test_any_cluster_is_judged_as_before(snapshot: Snapshot) -> None:
    assert judged(assess(hide(snapshot, KEY))) == judged(assess(snapshot))


def test_source_trees_are_judged_as_before_and_tell_no_path() -> None:
    tree = CodeTree(
        "quagga-shop",
        file_count=3,
        projects=("src/Quagga",),
        builds=(Build("src/x", "zebu"),),
        libraries=(Library("src/quagga/package.json", "Unleash", "flag"),),
        references=(
            Reference("zebu", "", "src/Quagga/a.js:3", "url", 80, "http", False),
            Reference("quagga", "QUAGGA_HOST", "src/x/b.js", "word"),
            Reference("quagga", "", "lib/of-nobody.js:1", "url"),
        ),
        keys=(KeyUse("ZEBU_ADDR", "src/quagga/a.js:4"),),
        branches=(
            Branch("src/quagga/a.js:5", "share"),
            Branch("lib/of-nobody.js:2", "header"),
            Branch("lib/nor-of-nobody.js:2", "header"),
        ),
    )
    snapshot = replace(cluster(*app("quagga"), *app("zebu")), code=(tree,))
    hidden = hide(snapshot, KEY)

    assert len(build(hidden).edges) == 2
    assert judged(assess(hidden)) == judged(assess(snapshot))
    assert not re.search("quagga|zebu|nobody|src|[.]js", dumps(hidden).decode().lower())


PEERS = (
    Peer("app-0", "shop"),
    Peer("app-1", "shop", "app-1", "shop"),
    Peer(service="app-2", service_namespace="shop"),
    Peer(name="app-3"),
    Peer(name="app-3", namespace="shop"),
    Peer(host="app-4.shop.svc.cluster.local", port=80),
    Peer(host="APP-4.Shop"),
    Peer(host="10.0.0.7"),
    Peer(name="10.0.0.7", outside=True),
    Peer(name="api.stripe.example"),
    Peer(host="api.stripe.example", outside=True),
    Peer(name="api.stripe.example:443"),
    Peer(name="ghost"),
    Peer(outside=True),
)
HOSTS = (
    *(
        "app-1",
        "app-2.shop",
        "app-3.shop.svc",
        "App-4.Shop.svc.cluster.local",
        "ghost",
        "ghost.shop",
    ),
    *(
        "api.stripe.example",
        "10.0.0.7",
        "2001:4860::8888",
        "localhost",
        "127.0.0.1",
        "_http._tcp.app-1",
    ),
    *(
        "app-5.other.svc",
        "metadata.google.internal",
        "app-1.shop.svc.corp.example",
        "app-0-0.app-0",
    ),
)


@st.composite
def traffic(draw: st.DrawFn) -> Snapshot:
    """Some applications that name one another and are seen to call."""
    names = draw(st.lists(st.sampled_from(HOSTS), max_size=5, unique=True))
    pairs = draw(st.lists(st.tuples(st.sampled_from(PEERS), st.sampled_from(PEERS)), max_size=8))
    rates = draw(st.lists(st.integers(1, 10**6), min_size=8, max_size=8, unique=True))
    seen = tuple(
        ObservedCall("istio", client, server, "http", rate / 8, 0.0)
        for (client, server), rate in zip(pairs, rates, strict=False)
    )
    return cluster(
        *apps(5),
        *app("caller", references=tuple(calls(name) for name in names)),
        telemetry=Telemetry(sources=(SourceRead("istio", "read"),), calls=seen),
    )


@given(traffic())
def test_hosts_and_peers_still_lead_where_they_led(snapshot: Snapshot) -> None:
    graph, hidden = build(snapshot), build(hide(snapshot, KEY))

    assert judged(assess(hide(snapshot, KEY))) == judged(assess(snapshot))
    assert {hidden_node(node, KEY) for node in graph.nodes} == set(hidden.nodes)
    assert {(hidden_node(a, KEY), hidden_node(b, KEY)) for a, b in graph.edges} == set(hidden.edges)


def test_the_same_key_gives_the_same_bytes_and_another_key_other_names() -> None:
    snapshot = demo_snapshot()
    once, again, other = (dumps(hide(snapshot, key)) for key in (KEY, KEY, OTHER_KEY))

    assert once == again
    assert once != other
    first, second = (
        {w.name for w in hide(snapshot, key).objects.workloads if w.role is None}
        for key in (KEY, OTHER_KEY)
    )
    assert first.isdisjoint(second)


def test_a_name_is_called_the_same_in_every_snapshot() -> None:
    small, large = (hide(cluster(*apps(size)), KEY).objects.services for size in (3, 8))

    assert {s.name for s in small} < {s.name for s in large}


def test_a_hidden_snapshot_is_one() -> None:
    hidden = hide(demo_snapshot(), KEY)

    assert loads(dumps(hidden), "hidden.json") == hidden


def test_the_order_of_names_does_not_show() -> None:
    services = hide(cluster(*apps(9)), KEY).objects.services

    assert list(services) == sorted(services, key=lambda s: (s.namespace, s.name))


# --- nothing is forgotten -------------------------------------------------------------------------

TOKEN = "quaggazebu"

SHAPES = (
    "{}",
    "{}-7",
    "x.{}.y",
    "{}/{}",
    "{}:{}",
    "http://{}.example:80/{}?{}",
    "Team {} and {}",
    "user@{}",
    "system:{}",
    "kubernetes-{}",
    "{}.networking.istio.io",
    "service:{}/{}",
    "Deployment/{}",
    "ConfigMap shop/{}",
    "Init:{}",
    "v1.2.3-{}",
    "{}_URL",
    "TLS_INSECURE_{}",
    "MY{}Url",
    "http-{}",
    "_{}._tcp.x",
    'sum(rate(requests{{namespace=~"{}|x"}}[5m]))',
    "requests_{}_total",
    "a, {}, b",
    "/{}/{{id}}",
    "10{}",
    "Ä{}",
    "-{}-canary",
)


class Planter:
    """Makes a noun of any type with a token in every string, and counts them."""

    def __init__(self, shape: str) -> None:
        self._shape = shape
        self.fields: set[str] = set()

    def text(self, where: str) -> str:
        self.fields.add(where)
        return self._shape.replace("{}", TOKEN).replace("{{", "{").replace("}}", "}")

    def value(self, kind: Any, where: str) -> Any:
        inside = get_args(kind)
        if get_origin(kind) is tuple:
            return (self.value(inside[0], where),)
        if get_origin(kind) is dict:
            return {self.text(where): self.value(inside[1], where)}
        if get_origin(kind) is Literal:
            return inside[0]
        if inside:
            return self.value(str if str in inside else inside[0], where)
        if kind is str:
            return self.text(where)
        figures = {datetime: NOON, date: NOON.date(), bool: True, int: 1, float: 1.0}
        return figures[kind] if kind in figures else self.noun(kind)

    def noun(self, kind: type) -> Any:
        if kind is Message:
            text = self.text("Message")
            return message("gap.forbidden", **dict.fromkeys(("detail", "names", text), text))
        hints = get_type_hints(kind)
        return kind(**{name: self.value(hints[name], f"{kind}.{name}") for name in hints})


@pytest.mark.parametrize("shape", SHAPES)
def test_no_string_of_any_field_is_left(shape: str) -> None:
    """It plants by the types, so a field that is added later is looked at, too."""
    planter = Planter(shape)
    snapshot: Snapshot = planter.value(Snapshot, "Snapshot")
    hidden = hide(snapshot, KEY)
    stored = dumps(hidden).decode()

    assert len(planter.fields) > 80
    assert dumps(snapshot).decode().count(TOKEN) >= len(planter.fields)
    assert TOKEN not in stored.lower(), stored
    assert not any(TOKEN in text.lower() for text in reports(hidden))


@pytest.mark.parametrize(
    "thing",
    [
        outline("NetworkPolicy", TOKEN, {f"spec.podSelector.matchLabels.{TOKEN}/app": TOKEN}),
        outline("NetworkPolicy", "x", {"spec.podSelector.matchLabels.app": TOKEN}),
        outline("RoleBinding", "x", {"subjects[0].kind": "Group", "subjects[0].name": TOKEN}),
        outline("RoleBinding", "x", {"subjects[0].name": f"system:serviceaccounts:{TOKEN}"}),
        outline("RoleBinding", "x", {"roleRef.name": f"admin:{TOKEN}"}),
        outline("ResourceQuota", "x", {f"spec.hard.{TOKEN}.example/gpu": 1.0}),
        outline("Certificate", "x", {"spec.dnsNames[0]": f"{TOKEN}.shop.svc"}),
        outline("PrometheusRule", "x", {"spec.groups[0].rules[0].alert": TOKEN}),
        definition(f"{TOKEN}.networking.istio.io"),
        definition(f"widgets.{TOKEN}.example"),
    ],
)
def test_no_name_in_an_outlined_object_is_left(thing: Outline) -> None:
    assert TOKEN not in dumps(hide(cluster(thing), KEY)).decode()


def test_what_is_the_same_in_every_cluster_stays() -> None:
    facts = (
        Fact("subjects[0].kind", "Group"),
        Fact("subjects[0].name", "system:masters"),
        Fact("roleRef.name", "cluster-admin"),
    )
    kept = Outline(
        "RoleBinding", "rbac.authorization.k8s.io", "kube-system", "default", facts=facts
    )
    crd = definition("virtualservices.networking.istio.io")

    hidden = hide(cluster(kept, crd), KEY).objects

    assert {o.kind: o for o in hidden.outlines} == {o.kind: o for o in (kept, crd)}
    assert hidden.kinds == cluster().objects.kinds


def test_what_a_gap_is_about_stays_as_far_as_it_is_no_name() -> None:
    given = (
        Gap("NetworkPolicy", message("gap.forbidden", detail="alice of acme may not list it")),
        Gap("Prometheus", message("gap.source-silent", server="http://prometheus.acme:9090")),
        Gap("Namespace", message("gap.other-namespaces", names="kube-system, shop")),
    )

    forbidden, silent, namespaces = hide(cluster(gaps=given), KEY).gaps

    assert forbidden == Gap("NetworkPolicy", message("gap.forbidden", detail="•••"))
    assert str(silent.reason.parameters["server"]).startswith("http://prometheus.")
    assert str(silent.reason.parameters["server"]).endswith(":9090")
    assert str(namespaces.reason.parameters["names"]).startswith("kube-system, ")


def test_figures_are_kept() -> None:
    before, after = demo_snapshot(), hide(demo_snapshot(), KEY)

    def rates(snapshot: Snapshot) -> float:
        return math.fsum(call.rate_rps or 0.0 for call in snapshot.telemetry.calls)

    assert (after.taken_at, after.window_seconds) == (before.taken_at, before.window_seconds)
    assert rates(after) == rates(before)
    assert sum(w.replicas or 0 for w in after.objects.workloads) == sum(
        w.replicas or 0 for w in before.objects.workloads
    )

"""NetworkPolicies: what a mesh's own connections have to pass."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from shlex import quote

from mesh_probe.blocker import CLUSTER, Check, Hit
from mesh_probe.blockers.candidates import EVERY, WATCHED, Candidate, candidates, nodes_of
from mesh_probe.blockers.ground import cilium
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called, command
from mesh_probe.model import Noun, Outline
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed

_KIND = "NetworkPolicy"
_CLUSTERWIDE = "CiliumClusterwideNetworkPolicy"

_AMBIENT = "https://istio.io/latest/docs/ambient/install/platform-prerequisites/#cilium"
_LINKERD_POLICY = "https://linkerd.io/2/common-errors/network-policy/"

_HBONE = frozenset({15008})
_LINKERD_INBOUND = frozenset({4143})
_ISTIOD = frozenset({15012})
"""https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio"""
_LINKERD_CONTROL = frozenset({8086})
"""Destination: of the three ports that a proxy has to reach (8080 and 8090 beside it) the one that
is opened for nothing else (linkerd/linkerd2 charts/linkerd-control-plane/templates)."""

_PROBES = "169.254.7.127/32"
"""Where kubelet probes come from in ambient mode."""
_LETS_PROBES_IN = "allow-ambient-hostprobes"
"""What Istio's page calls the policy that lets them in."""

_RULE = re.compile(
    r"spec\.(ingress|egress)\[(\d+)\]"
    r"(?:\.(from|to|ports)\[(\d+)\](?:\.(port|endPort))?.*)?"
)
_SELECTED = "spec.podSelector.matchLabels."

Labels = frozenset[tuple[str, str]]


class _Rule(Noun):
    """What one rule of a policy lets through."""

    ports: tuple[tuple[int | str | None, int | None], ...] = ()
    """First and last, or a name; None for every port. Empty: all of them."""
    peers: bool = False
    """It names who may come in, or who may be called."""

    def passes(self, wanted: Collection[int]) -> bool:
        """Whether connections to one of these ports get through."""
        return not self.ports or any(_holds(first, last, wanted) for first, last in self.ports)


class _Policy(Noun):
    """A NetworkPolicy as far as ports go.

    https://kubernetes.io/docs/concepts/services-networking/network-policies/
    """

    outline: Outline
    selects: Labels
    partly_read: bool
    """It selects by expressions, which are not kept."""
    ingress: tuple[_Rule, ...] | None
    """None where it says nothing of what comes in; empty: nothing does."""
    egress: tuple[_Rule, ...] | None

    @property
    def home(self) -> str:
        """Its namespace."""
        return self.outline.namespace or ""

    def ports_without(self, wanted: Collection[int]) -> list[int | str | None]:
        """The ports of rules for callers that let none of the wanted ones through."""
        return [
            port for rule in self.ingress or () if not rule.passes(wanted) for port, _ in rule.ports
        ]


class _Selected:
    """The candidates that a policy selects."""

    def __init__(self, snapshot: Snapshot, graph: CallGraph, policies: Collection[_Policy]) -> None:
        homes = {policy.home for policy in policies}
        every = candidates(snapshot, graph, EVERY) if homes else ()
        found = [candidate for candidate in every if candidate.workload.namespace in homes]
        self._all = found
        self._having: dict[tuple[str, str, str], set[int]] = defaultdict(set)
        self._in: dict[str, set[int]] = defaultdict(set)
        for number, candidate in enumerate(found):
            home = candidate.workload.namespace
            self._in[home].add(number)
            for label in candidate.workload.labels.items():
                self._having[home, *label].add(number)

    def by(self, policy: _Policy) -> frozenset[int]:
        """Their numbers."""
        sets = [self._having.get((policy.home, *label), set()) for label in policy.selects]
        return frozenset(set.intersection(*sets) if sets else self._in.get(policy.home, ()))

    def of(self, numbers: Iterable[int]) -> tuple[Candidate, ...]:
        """The candidates of some numbers."""
        return tuple(self._all[number] for number in sorted(numbers))


def _hbone_shut(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _shut(snapshot, graph, _HBONE)


def _linkerd_shut(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _shut(snapshot, graph, _LINKERD_INBOUND)


def _shut(snapshot: Snapshot, graph: CallGraph, wanted: frozenset[int]) -> Iterator[Hit]:
    """Policies that let callers in by port, and not by the one that a mesh's calls arrive at.

    A port that some policy opens for the same pods is taken to be open to the same callers; what
    nothing may call at all loses nothing, nor does who comes from outside to watch.
    """
    policies = [policy for policy in _policies(snapshot) if policy.ingress]
    narrow = [(policy, shut) for policy in policies if (shut := policy.ports_without(wanted))]
    if not narrow:
        return
    selected = _Selected(snapshot, graph, policies)
    opened: set[int] = set()
    for policy in policies:
        for rule in policy.ingress or ():
            if rule.passes(wanted) and (rule.ports or not rule.peers):
                opened |= selected.by(policy)
    for policy, shut in narrow:
        touched = selected.of(selected.by(policy) - opened)
        watching = {port for candidate in touched for port in _watching(candidate)}
        ports = [str(port) for port in shut if port not in watching]
        if ports and touched and not policy.partly_read:
            yield Hit(
                called(_KIND, policy.home, policy.outline.name),
                {"ports": listed(dict.fromkeys(ports)), "count": len(touched)},
                nodes_of(touched),
                command(_KIND, policy.home, policy.outline.name),
            )


def _watching(candidate: Candidate) -> Iterator[int | str]:
    """Names and numbers of the ports that are for watching it alone."""
    yield from WATCHED
    scraped = candidate.workload.annotations.get("prometheus.io/port", "")
    if scraped.isdigit() and len(_numbers(candidate)) > 1:
        yield int(scraped)
    for container in candidate.workload.containers:
        yield from (port.port for port in container.ports if port.name in WATCHED)


def _numbers(candidate: Candidate) -> set[int]:
    return {port.port for container in candidate.workload.containers for port in container.ports}


def _istiod_shut(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _no_way_out(snapshot, graph, _ISTIOD)


def _linkerd_control_shut(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    return _no_way_out(snapshot, graph, _LINKERD_CONTROL)


def _no_way_out(snapshot: Snapshot, graph: CallGraph, wanted: frozenset[int]) -> Iterator[Hit]:
    """Namespaces of which some pods may call nothing on the control plane's ports."""
    policies = [policy for policy in _policies(snapshot) if policy.egress is not None]
    selected = _Selected(snapshot, graph, policies)
    free: set[int] = set()
    for policy in policies:
        if any(rule.passes(wanted) for rule in policy.egress or ()):
            free |= selected.by(policy)
    shut: dict[str, dict[int, str]] = defaultdict(dict)
    for policy in policies:
        if not policy.partly_read:
            for number in selected.by(policy) - free:
                shut[policy.home].setdefault(number, policy.outline.name)
    for home, by in sorted(shut.items()):
        yield Hit(
            called("Namespace", None, home),
            {"policies": listed(sorted(set(by.values()))), "count": len(by)},
            nodes_of(selected.of(by)),
            f"kubectl -n {quote(home)} get networkpolicies -o yaml",
        )


def _policies(snapshot: Snapshot) -> list[_Policy]:
    return [_read(o) for o in snapshot.objects.outlines if o.kind == _KIND]


def _read(outline: Outline) -> _Policy:
    labels: set[tuple[str, str]] = set()
    rules: dict[tuple[str, int], dict[int, dict[str, int | str]]] = defaultdict(dict)
    peers: set[tuple[str, int]] = set()
    partly_read = False
    for fact in outline.facts:
        if fact.path.startswith(_SELECTED):
            labels.add((fact.path.removeprefix(_SELECTED), str(fact.value)))
        elif fact.path.startswith("spec.podSelector.matchExpressions"):
            partly_read = True
        elif found := _RULE.fullmatch(fact.path):
            way, number, part, position, field = found.groups()
            entries = rules[way, int(number)]
            if part == "ports":
                entry = entries.setdefault(int(position), {})
                if field:
                    whole = isinstance(fact.value, float)
                    entry[field] = int(fact.value) if whole else str(fact.value)
            elif part:
                peers.add((way, int(number)))
    types = {str(value) for value in outline.values("spec.policyTypes[]")}
    if not types:
        types = {"Ingress"} | {"Egress" for way, _ in rules if way == "egress"}
    ways: dict[str, list[_Rule]] = {"ingress": [], "egress": []}
    for key, entries in sorted(rules.items()):
        spans = tuple(_span(entry) for _, entry in sorted(entries.items()))
        ways[key[0]].append(_Rule(spans, key in peers))
    return _Policy(
        outline,
        frozenset(labels),
        partly_read,
        tuple(ways["ingress"]) if "Ingress" in types else None,
        tuple(ways["egress"]) if "Egress" in types else None,
    )


def _span(entry: Mapping[str, int | str]) -> tuple[int | str | None, int | None]:
    end = entry.get("endPort")
    return entry.get("port"), end if isinstance(end, int) else None


def _holds(first: int | str | None, last: int | None, wanted: Collection[int]) -> bool:
    if isinstance(first, int):
        return any(first <= port <= (last or first) for port in wanted)
    return first is None


def _probes_denied(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    """Where Cilium enforces policies on applications, it does not know ambient's probes."""
    names = {(outline.kind, outline.name) for outline in snapshot.objects.outlines}
    if cilium(snapshot.objects) is None or (_CLUSTERWIDE, _LETS_PROBES_IN) in names:
        return
    policies = [policy for policy in _policies(snapshot) if policy.ingress is not None]
    selected = _Selected(snapshot, graph, policies)
    denied = {n for policy in policies if not policy.partly_read for n in selected.by(policy)}
    if denied:
        touched = selected.of(denied)
        yield Hit(
            CLUSTER,
            {"count": len(touched), "source": _PROBES},
            (),
            "kubectl get ciliumclusterwidenetworkpolicies",
        )


_POLICY_KINDS = (_KIND, *WORKLOAD_KINDS)

CHECKS: tuple[Check, ...] = (
    Check(
        "policy-shuts-ambient",
        "error",
        ("istio-ambient",),
        "https://istio.io/latest/docs/ambient/usage/networkpolicy/",
        _hbone_shut,
        _POLICY_KINDS,
    ),
    Check(
        "policy-shuts-linkerd", "error", ("linkerd",), _LINKERD_POLICY, _linkerd_shut, _POLICY_KINDS
    ),
    Check(
        "policy-shuts-istiod",
        "error",
        ("istio-sidecar",),
        "https://istio.io/latest/docs/ops/deployment/application-requirements/#ports-used-by-istio",
        _istiod_shut,
        _POLICY_KINDS,
    ),
    Check(
        "policy-shuts-linkerd-control",
        "error",
        ("linkerd",),
        "https://linkerd.io/2/reference/architecture/#control-plane",
        _linkerd_control_shut,
        _POLICY_KINDS,
    ),
    Check(
        "cilium-denies-probes",
        "warning",
        ("istio-ambient",),
        _AMBIENT,
        _probes_denied,
        ("ConfigMap", *_POLICY_KINDS),
    ),
)

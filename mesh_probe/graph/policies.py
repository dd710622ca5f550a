"""What NetworkPolicies allow: a hint at who calls whom; rules outlive their reasons."""

import re
from collections import defaultdict
from collections.abc import Mapping

from mesh_probe.graph.places import Places
from mesh_probe.kinds import called, command
from mesh_probe.model import Evidence, Objects, Outline
from mesh_probe.text import message

HINT = 0.45
"""P(a call is made | a policy lets in just these pods): somebody thought of it once."""

MOST_MATCHED = 3
"""Workloads on one side up to which a rule means these and not everybody."""

_KIND = "NetworkPolicy"
_LABEL = re.compile(
    r"spec\.(?:ingress\[(\d+)\]\.from\[(\d+)\]\.)?(pod|namespace)Selector\.matchLabels\.(.+)"
)

Labels = dict[str, str]
Pair = tuple[str, str]


def allowed(objects: Objects, places: Places) -> Mapping[Pair, Evidence]:
    """The pairs of workloads, client and server, that a policy of their namespace names.

    https://kubernetes.io/docs/concepts/services-networking/network-policies/
    """
    policies = [outline for outline in objects.outlines if outline.kind == _KIND]
    if not policies:
        return {}
    having: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for node_id, workload in places.workload_of.items():
        for key, value in workload.labels.items():
            having[workload.namespace, key, value].add(node_id)

    def matched(namespace: str, labels: Labels) -> set[str]:
        sets = [having.get((namespace, *pair), set()) for pair in labels.items()]
        found = set.intersection(*sets) if sets else set()
        return found if len(found) <= MOST_MATCHED else set()

    found: dict[Pair, Evidence] = {}
    for policy in policies:
        home = policy.namespace or ""
        servers, clients = _sides(policy)
        evidence = Evidence(
            subject=called(_KIND, home, policy.name),
            fact=message("evidence.network-policy"),
            seen_in="objects",
            check=command(_KIND, home, policy.name),
        )
        for client in sorted({one for labels in clients for one in matched(home, labels)}):
            for server in sorted(matched(home, servers)):
                if client != server:
                    found.setdefault((client, server), evidence)
    return found


def _sides(policy: Outline) -> tuple[Labels, tuple[Labels, ...]]:
    """Labels of the pods that it is about, and of those that it lets in from its own namespace."""
    own: Labels = {}
    peers: dict[tuple[str, str], Labels] = defaultdict(dict)
    elsewhere: set[tuple[str, str]] = set()
    for fact in policy.facts:
        label = _LABEL.fullmatch(fact.path)
        if label is None:
            continue
        rule, peer, side, key = label.groups()
        if rule is None:
            own[key] = str(fact.value)
        elif side == "namespace":
            elsewhere.add((rule, peer))
        else:
            peers[rule, peer][key] = str(fact.value)
    return own, tuple(labels for peer, labels in peers.items() if peer not in elsewhere)

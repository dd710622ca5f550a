"""Identity: a mesh knows a caller by its ServiceAccount, and by nothing else."""

from collections import defaultdict
from collections.abc import Iterator

from mesh_probe.blocker import MODES, Check, Hit
from mesh_probe.blockers.candidates import Candidate, candidates, nodes_of
from mesh_probe.graph import CallGraph
from mesh_probe.kinds import WORKLOAD_KINDS, called, command
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import listed


def _shared(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    for (namespace, name), users in _users(snapshot, graph).items():
        # Versions of one service are one caller by intent.
        together = set.intersection(*(set(user.node.services) for user in users))
        if len(users) > 1 and not together:
            yield Hit(
                called("ServiceAccount", namespace, name),
                {
                    "account": name,
                    "count": len(users),
                    "examples": listed(user.workload.name for user in users),
                },
                nodes_of(users),
                command("ServiceAccount", namespace, name),
            )


def _tokenless(snapshot: Snapshot, graph: CallGraph) -> Iterator[Hit]:
    users = _users(snapshot, graph)
    for account in snapshot.objects.outlines:
        place = (account.namespace or "", account.name)
        if account.kind != "ServiceAccount" or place not in users:
            continue
        if False in account.values("automountServiceAccountToken"):
            yield Hit(
                called("ServiceAccount", *place),
                {"count": len(users[place])},
                nodes_of(users[place]),
                command("ServiceAccount", *place),
            )


def _users(snapshot: Snapshot, graph: CallGraph) -> dict[tuple[str, str], list[Candidate]]:
    """The applications of each account that runs some, by namespace and name."""
    users: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for candidate in candidates(snapshot, graph):
        workload = candidate.workload
        users[workload.namespace, workload.service_account or "default"].append(candidate)
    return dict(sorted(users.items()))


CHECKS: tuple[Check, ...] = (
    Check(
        "account-shared",
        "info",
        MODES,
        "https://istio.io/latest/docs/concepts/security/#istio-identity",
        _shared,
        WORKLOAD_KINDS,
    ),
    # linkerd/linkerd2 pkg/inject/report.go
    Check(
        "account-without-token",
        "info",
        ("linkerd",),
        "https://linkerd.io/2/features/automatic-mtls/",
        _tokenless,
        ("ServiceAccount", *WORKLOAD_KINDS),
    ),
)

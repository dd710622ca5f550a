"""Are there ten services or more?"""

from collections import Counter
from collections.abc import Collection, Sequence

from mesh_probe.application import distinct
from mesh_probe.graph import APPLICATION_ROLES, CallGraph
from mesh_probe.graph.ids import short_names
from mesh_probe.graph.shape import application_services
from mesh_probe.kinds import WORKLOAD_KINDS, command
from mesh_probe.model import Evidence, Node, Objects
from mesh_probe.question import Measure, Opinion, Question, Threshold
from mesh_probe.snapshot import Snapshot
from mesh_probe.text import Message, Parameter, listed, message

THRESHOLD = Threshold("service-count", 10, "services")
"""Application services. The checklist's own figure; practitioners' notes name the same one."""

SURE = 4.0
"""Log-odds of a count far from the threshold: what counts as a service can still be argued."""

AT_THE_LINE = 1.0
"""Log-odds of a count right at the threshold, where one more or less would turn it."""

PER_SERVICE = 0.5
"""Log-odds that each service of distance from the threshold adds."""

MOST_STAGES = 5
"""Copies of one service up to which they are taken for stages of its delivery: development, test,
acceptance, production and one more. More are one for each customer, team or site; our own."""

SHOWN = 20
"""Names of what was counted and of what was not that are told, so that it can be argued with."""

VARIANTS = "variants"
WITHOUT_SERVICE = "without-service"

_LEFT_OUT = {
    VARIANTS: "evidence.left-out-variants",
    WITHOUT_SERVICE: "evidence.left-out-workloads",
    "datastore": "evidence.left-out-datastores",
    "broker": "evidence.left-out-brokers",
    "infrastructure": "evidence.left-out-infrastructure",
}


def ask(snapshot: Snapshot, graph: CallGraph) -> Opinion:
    """Counts application services, copies once; what hides some of them can only hide a yes."""
    found = application_services(graph)
    counted = distinct(found)
    copies = Counter(node.name for node in found).most_common(1)[0][1] if found else 0
    unseen = _unseen(snapshot.objects)
    threshold = THRESHOLD.of(snapshot)
    enough = len(counted) >= threshold
    # Teams may well call different services alike, so a no by names alone is an unsure one; and
    # whether a copy for each customer counts is not for names to say.
    by_names_alone = not enough and len(found) >= threshold
    for_each = by_names_alone and copies > MOST_STAGES
    decides = enough or not (unseen or for_each)
    distance = 0.0 if by_names_alone else abs(len(counted) - (threshold - 0.5))
    count = Evidence(
        subject="Services",
        fact=_counted(counted, len(found)),
        seen_in="objects",
        points=None if not decides else "yes" if enough else "no",
        weight=min(SURE, AT_THE_LINE + PER_SERVICE * distance) if decides else 0.0,
        check="kubectl get services --all-namespaces",
    )
    told: dict[str, Parameter] = {"count": len(counted), "found": len(found), "copies": copies}
    how = "service-count.settle-copies" if by_names_alone else "service-count.settle-counted"
    return Opinion(
        evidence=(count, *_left_out(graph, found)),
        said={"count": len(counted), "threshold": threshold},
        measure=Measure("application-services", len(counted), "services", threshold),
        basis="observed",
        reason=_none(graph) if decides and not counted else _reason(told, unseen, decides),
        settle=None if unseen else message(how, **told),
    )


def _none(graph: CallGraph) -> Message:
    """That there are none; what runs instead are products, if anything does."""
    products = any(node.product for node in graph.nodes.values())
    return message("service-count.none" if products else "service-count.nothing")


def _reason(told: dict[str, Parameter], unseen: tuple[str, ...], decides: bool) -> Message | None:
    if decides:
        return None
    if unseen:
        return message("service-count.hidden", count=told["count"], kinds=listed(unseen))
    return message("service-count.copies", **told)


def _counted(services: Sequence[Node], found: int) -> Message:
    if not services:
        return message("evidence.services-none")
    examples = listed(short_names(services), SHOWN)
    if len(services) < found:
        return message(
            "evidence.services-distinct", count=len(services), found=found, examples=examples
        )
    return message("evidence.services-counted", count=len(services), examples=examples)


def _unseen(objects: Objects) -> tuple[str, ...]:
    """The kinds that may hold services we did not count."""
    hidden = objects.hidden("Service", *WORKLOAD_KINDS)
    if "Service" in hidden or objects.saw("Service"):
        return hidden
    return ("Service", *hidden)


def _left_out(graph: CallGraph, counted: Collection[Node]) -> list[Evidence]:
    """What runs and is not counted, so that other sections' figures can be told from this one."""
    groups: dict[str, list[Node]] = {role: [] for role in _LEFT_OUT}
    for node in graph.nodes.values():
        if node.services and node.role in groups:
            groups[node.role].append(node)
        elif node.role in APPLICATION_ROLES and ":" not in node.id and node not in counted:
            groups[VARIANTS if node.services else WITHOUT_SERVICE].append(node)
    return [
        Evidence(
            subject="Services",
            fact=message(
                _LEFT_OUT[role],
                count=len(nodes),
                examples=listed(short_names(nodes), SHOWN),
            ),
            seen_in="objects",
            check=command(nodes[0].kind, nodes[0].namespace or "", nodes[0].name),
        )
        for role, nodes in groups.items()
        if nodes
    ]


QUESTION = Question("service-count", 1, "need", ask, thresholds=(THRESHOLD,))

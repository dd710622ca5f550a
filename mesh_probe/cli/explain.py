"""The explain command: one question, signal, blocker or edge, with all that it rests on."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging
from mesh_probe.cli.input import assumptions, declarations, snapshot_of, with_answers
from mesh_probe.cli.options import answers_options, input_options
from mesh_probe.cli.sheets import put_out, sheet_options
from mesh_probe.errors import MeshProbeError, UsageError
from mesh_probe.text import Wording, message

if TYPE_CHECKING:
    from mesh_probe.assessment import Assessment
    from mesh_probe.model import Edge

_MOST_WORDS = 3


@click.command()
@click.argument("what", nargs=-1, required=True, metavar="ID | CLIENT SERVER [FILE]")
@input_options
@answers_options
@sheet_options
@click.pass_context
def explain(ctx: click.Context, /, what: tuple[str, ...], **options: Any) -> None:
    """Tell the rule, the evidence for and against, and what would change it.

    ID is a question, a signal or a blocker; CLIENT and SERVER are nodes of the call graph. Without
    the FILE of a snapshot a cluster is read now.

    \b
    mesh-probe explain internal-auth scan.json.gz
    mesh-probe explain host-network scan.json.gz
    mesh-probe explain shop/web shop/cart scan.json.gz
    """
    from mesh_probe.assessment import assess
    from mesh_probe.blockers import CHECKS
    from mesh_probe.rules import RULES
    from mesh_probe.sheets import blocker
    from mesh_probe.sheets.explain import edge_sheet, rule_sheet

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    rule = next((rule for rule in RULES if rule.id == what[0]), None)
    check = next((check for check in CHECKS if check.id == what[0]), None)
    named = 1 if rule or check else 2
    if not named <= len(what) <= min(named + 1, _MOST_WORDS):
        ids, checks = (", ".join(each.id for each in known) for known in (RULES, CHECKS))
        raise UsageError(
            message("error.explain", given=" ".join(what)),
            message("hint.explain", ids=ids, blockers=checks),
        )
    declared, assumed = declarations(options["answers"]), assumptions(options["assume"])
    file = Path(what[named]) if len(what) > named else None
    taken = snapshot_of(file, options, Progress(wording))
    snapshot = with_answers(taken, declared)
    assessment = assess(snapshot, assumed=assumed)
    if rule:
        sheet = rule_sheet(rule, assessment, snapshot, wording)
    elif check:
        sheet = blocker.sheet(check, assessment, snapshot, wording)
    else:
        sheet = edge_sheet(_edge(assessment, what[0], what[1]), assessment, wording)
    put_out(sheet, wording, options)


def _edge(assessment: "Assessment", client: str, server: str) -> "Edge":
    """Raises: MeshProbeError when a node, or the edge between them, is not in the graph."""
    graph = assessment.graph
    for node in (client, server):
        if node not in graph.nodes:
            raise MeshProbeError(
                message("error.no-such-node", node=node), message("hint.no-such-node")
            )
    edge = graph.edges.get((client, server))
    if edge is None:
        raise MeshProbeError(
            message("error.no-such-edge", client=client, server=server),
            message("hint.no-such-edge"),
        )
    return edge

"""The graph command: the call graph alone, whole or in part."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging
from mesh_probe.cli.input import names_key, show, snapshot_of, with_pseudonyms, write
from mesh_probe.cli.options import (
    hide_names_option,
    input_options,
    language_option,
    log_options,
    output_option,
)
from mesh_probe.errors import MeshProbeError, UsageError
from mesh_probe.text import Wording, message

if TYPE_CHECKING:
    from mesh_probe.graph import CallGraph

GRAPH_FORMATS = ("json", "dot", "mermaid", "graphml", "svg")


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@input_options
@click.option("--focus", metavar="NODE", help="Only what is near this node.")
@click.option(
    "--depth", type=click.IntRange(min=0), default=1, show_default=True, help="How near: calls."
)
@click.option("--path", nargs=2, metavar="A B", help="Only a shortest chain of calls from A to B.")
@click.option("--format", type=click.Choice(GRAPH_FORMATS), default="json", show_default=True)
@output_option
@hide_names_option
@language_option
@log_options
@click.pass_context
def graph(  # \b keeps click from joining the lines
    ctx: click.Context, /, file: Path | None, output: Path | None, **options: Any
) -> None:
    """Print the call graph of a snapshot FILE, or of a cluster read now.

    \b
    mesh-probe graph scan.json.gz --focus shop/cart --depth 2
    mesh-probe graph scan.json.gz --path shop/web shop/db
    """
    from mesh_probe.formats import GRAPH_FORMATS as WRITERS
    from mesh_probe.graph.build import build
    from mesh_probe.people import settled

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    key = names_key(options["hide_names"])
    snapshot = snapshot_of(file, options, Progress(wording))
    whole = build(settled(with_pseudonyms(snapshot, key)))
    focus, path = options["focus"], options["path"]
    if key is not None:
        focus = focus and _hidden(whole, key, focus)
        path = path and (_hidden(whole, key, path[0]), _hidden(whole, key, path[1]))
    part = _part(whole, focus, options["depth"], path)
    text = WRITERS[options["format"]](part, wording)
    if output is None:
        show(text, color=False)
    else:
        write(output, text.encode())


def _hidden(whole: "CallGraph", key: bytes, node: str) -> str:
    """What the graph calls a node of a true name; a pseudonym stays."""
    from mesh_probe.pseudonyms import hidden_node

    return node if node in whole.nodes else hidden_node(node, key)


def _part(
    whole: "CallGraph", focus: str | None, depth: int, path: tuple[str, str] | None
) -> "CallGraph":
    """What --focus or --path asks for. Raises: MeshProbeError when it is not in the graph."""
    from mesh_probe.graph.shape import near, path_between

    if focus and path:
        raise UsageError(message("error.focus-and-path"))
    for node in (focus, *(path or ())):
        if node is not None and node not in whole.nodes:
            raise MeshProbeError(
                message("error.no-such-node", node=node), message("hint.no-such-node")
            )
    if focus:
        return near(whole, focus, depth)
    if path:
        chain = path_between(whole, *path)
        if chain is None:
            raise MeshProbeError(message("error.no-path", client=path[0], server=path[1]))
        return chain
    return whole

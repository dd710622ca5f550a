"""The graph command: the call graph alone, whole or in part."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging
from mesh_probe.cli.input import load_snapshot, take, write
from mesh_probe.cli.options import input_options, language_option, log_options, output_option
from mesh_probe.errors import MeshProbeError, UsageError
from mesh_probe.text import Wording, message

if TYPE_CHECKING:
    from mesh_probe.graph import CallGraph

GRAPH_FORMATS = ("json",)


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
@language_option
@log_options
@click.pass_context
def graph(ctx: click.Context, /, file: Path | None, output: Path | None, **options: Any) -> None:
    r"""Print the call graph of a snapshot FILE, or of a cluster read now.

    \b
    mesh-probe graph scan.json.gz --focus shop/cart --depth 2
    mesh-probe graph scan.json.gz --path shop/web shop/db
    """
    from mesh_probe.formats import GRAPH_FORMATS as WRITERS
    from mesh_probe.graph.build import build

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    snapshot = load_snapshot(file) if file else take(options, Progress(wording)).snapshot
    part = _part(build(snapshot), options["focus"], options["depth"], options["path"])
    text = WRITERS[options["format"]](part, wording)
    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text.encode())


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

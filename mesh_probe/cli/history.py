"""The history command: the trend over what scheduled runs left in a place."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging
from mesh_probe.cli.sheets import put_out, sheet_options
from mesh_probe.model import Gap
from mesh_probe.text import Message, Wording, message

if TYPE_CHECKING:
    from mesh_probe.summary import Summary


@click.command()
@click.argument("place")
@sheet_options
@click.pass_context
def history(ctx: click.Context, /, place: str, **options: Any) -> None:  # \b is for click
    """Show the trend over the snapshots in PLACE: a folder, a URL or a ConfigMap.

    All are judged by the same rules, those of this version. A ConfigMap holds summaries, judged by
    the version that wrote them.

    \b
    mesh-probe history reports/
    mesh-probe history s3://reports/prod
    mesh-probe history configmap:mesh-probe/mesh-probe-report#context=prod
    """
    from mesh_probe.history import trend
    from mesh_probe.sheets.history import sheet

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    unread: list[Gap] = []
    progress = Progress(wording)
    try:
        found = trend(_points(place, unread, progress), unread)
    finally:
        progress.clear()
    put_out(sheet(found, wording), wording, options)


def _points(place: str, unread: list[Gap], progress: Progress) -> "Iterator[Summary]":
    """The summaries of a place, one at a time; what cannot be read goes to `unread`."""
    from mesh_probe.assessment import assess
    from mesh_probe.deliver import config_map, kept, parse
    from mesh_probe.deliver.place import Place
    from mesh_probe.snapshot import Snapshot
    from mesh_probe.summary import summarize

    if place.startswith("configmap:"):
        yield from config_map.history(parse(place))
        return
    for name, found in kept.each(Place(place)):
        progress(message("progress.file", file=name))
        match found:
            case Message():
                unread.append(Gap(name, found))
            case Snapshot():
                yield summarize(assess(found))
            case _:
                yield found

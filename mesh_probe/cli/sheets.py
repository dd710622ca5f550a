"""What the commands that print a sheet share."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.input import load_snapshot
from mesh_probe.cli.options import color_option, language_option, log_options, output_option
from mesh_probe.cli.output import look_of, put
from mesh_probe.text import Wording

if TYPE_CHECKING:
    from mesh_probe.sheet import Sheet
    from mesh_probe.snapshot import Snapshot

# Named here too, so that help need not import the formats and all they stand on.
SHEET_FORMATS = ("terminal", "json", "markdown", "html")


def sheet_options(command: Any) -> Any:
    """Options of every command that prints a sheet."""
    for option in (
        log_options,
        color_option,
        language_option,
        output_option,
        click.option(
            "--format", type=click.Choice(SHEET_FORMATS), default="terminal", show_default=True
        ),
    ):
        command = option(command)
    return command


def put_out(sheet: "Sheet", wording: Wording, options: Mapping[str, Any]) -> str:
    """Write a sheet as the options ask, and give back what was written."""
    from mesh_probe.formats import SHEET_FORMATS as WRITERS

    look = look_of(options)
    text = WRITERS[options["format"]](sheet, wording, look)
    put(text, look, options)
    return text


def snapshot_at(place: str) -> "Snapshot":
    """A saved snapshot by its path or URL. Raises: FileError."""
    if "://" not in place:
        return load_snapshot(Path(place))
    from mesh_probe.deliver.place import Place
    from mesh_probe.snapshot import loads

    found = Place(place)
    return loads(found.read(), found.shown)

"""Where a text goes: to the screen, to a pipe, to the file of --output."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesh_probe.cli.console import use_color
from mesh_probe.cli.input import show, write

if TYPE_CHECKING:
    from mesh_probe.format import Look

DEFAULT_WIDTH = 100
"""Columns of a text that goes to a file or a pipe."""


def look_of(options: Mapping[str, Any]) -> "Look":
    """What the screen can show that --output and --color lead to."""
    from mesh_probe.format import Look

    to_terminal = options["output"] is None and sys.stdout.isatty()
    columns = shutil.get_terminal_size((DEFAULT_WIDTH, 24)).columns
    return Look(
        color=use_color(options["color"], to_terminal=to_terminal),
        width=columns if to_terminal else DEFAULT_WIDTH,
    )


def put(text: str, look: "Look", options: Mapping[str, Any]) -> None:
    """Print a text, or write it to --output. Raises: FileError."""
    output: Path | None = options["output"]
    if output is None:
        show(text, color=look.color)
    else:
        write(output, text.encode())

"""The diff command: what changed between two snapshots."""

from typing import Any

import click

from mesh_probe.cli.console import language_of, set_up_logging
from mesh_probe.cli.input import (
    assumptions,
    declarations,
    names_key,
    with_answers,
    with_pseudonyms,
)
from mesh_probe.cli.options import answers_options, hide_names_option
from mesh_probe.cli.sheets import put_out, sheet_options, snapshot_at
from mesh_probe.text import Wording


@click.command()
@click.argument("old")
@click.argument("new")
@answers_options
@hide_names_option
@sheet_options
@click.pass_context
def diff(ctx: click.Context, /, old: str, new: str, **options: Any) -> None:  # \b is for click
    """Tell what changed between two snapshots, files or URLs.

    Both are judged by the same rules, those of this version.

    \b
    mesh-probe diff monday.json.gz tuesday.json.gz
    mesh-probe diff s3://reports/prod/2026-03-13T06-00-00Z.json.gz now.json.gz
    """
    from mesh_probe.assessment import assess
    from mesh_probe.diff import compare
    from mesh_probe.sheets.diff import sheet

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    key = names_key(options["hide_names"])
    declared = declarations(options["answers"])
    assumed = assumptions(options["assume"])
    before, after = (
        assess(with_pseudonyms(with_answers(snapshot_at(place), declared), key), assumed=assumed)
        for place in (old, new)
    )
    put_out(sheet(compare(before, after), wording), wording, options)

"""The answers commands: a file to fill in, and a look at what was filled in."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging, tell
from mesh_probe.cli.input import known_answers, show, snapshot_of, write
from mesh_probe.cli.options import input_options, language_option, log_options, output_option
from mesh_probe.errors import FileError
from mesh_probe.text import Wording, message


@click.group()
def answers() -> None:
    """What only people know: a file to fill in, and a check of it."""


@answers.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@input_options
@output_option
@language_option
@log_options
@click.pass_context
def init(  # \b keeps click from joining the lines
    ctx: click.Context, /, file: Path | None, output: Path | None, **options: Any
) -> None:
    """Write an answers file to fill in.

    It asks just what a snapshot FILE, or a cluster read now, does not tell.

    \b
    mesh-probe answers init scan.json.gz --output answers.yaml
    mesh-probe answers init --context prod > answers.yaml
    """
    from mesh_probe.assessment import assess
    from mesh_probe.questionnaire import questionnaire
    from mesh_probe.rules import THRESHOLDS

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    if output is not None and output.exists():
        raise FileError(
            message("error.answers-exists", file=str(output)), message("hint.answers-exists")
        )
    wording = Wording(language_of(ctx))
    snapshot = snapshot_of(file, options, Progress(wording))
    text = questionnaire(assess(snapshot), THRESHOLDS, wording, snapshot.thresholds)
    if output is None:
        show(text, color=False)
    else:
        write(output, text.encode())


@answers.command()
@click.argument("file", type=click.Path(path_type=Path))
@language_option
@click.pass_context
def check(ctx: click.Context, /, file: Path, **_: Any) -> None:
    """Check FILE: every problem has its line.

    Also tells what of it has expired today.
    """
    from mesh_probe.collect.answers import examine

    wording = Wording(language_of(ctx))
    found, problems = examine(file, known_answers())
    for problem in problems:
        tell(problem.said, wording)
        tell(problem.hint, wording)
    if problems:
        raise FileError(
            message("error.answers-problems", file=str(file), count=len(problems)),
            message("hint.answers-problems"),
        )
    today = datetime.now(UTC).date()
    told = [
        message(
            "answers.checked",
            file=str(file),
            answers=len(found.declared),
            thresholds=len(found.thresholds),
            left_out=len(found.left_out),
            owners=len(found.owners),
            ignored=len(found.ignored),
        ),
        *(
            message("answers.expired", id=said.id, expired=str(said.expires_on))
            for said in found.declared
            if said.expires_on is not None and said.expires_on < today
        ),
        *(
            message("answers.expired", id=each.about, expired=str(each.until))
            for each in found.ignored
            if each.until is not None and each.until < today
        ),
    ]
    show("".join(f"{wording.say(said)}\n" for said in told), color=False)

"""The commands that end in a report: scan, demo, report."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging
from mesh_probe.cli.input import (
    assumptions,
    check_writable,
    declarations,
    load_snapshot,
    names_key,
    take,
    with_answers,
    with_pseudonyms,
    write,
)
from mesh_probe.cli.options import (
    answers_options,
    color_option,
    deliver_option,
    hide_names_option,
    input_options,
    language_option,
    log_options,
    output_option,
    save_option,
)
from mesh_probe.cli.output import look_of, put
from mesh_probe.errors import ConditionMet, UsageError
from mesh_probe.text import Wording, message

if TYPE_CHECKING:
    from mesh_probe.assessment import Assessment
    from mesh_probe.destination import Address, Parcel
    from mesh_probe.format import Look
    from mesh_probe.model import Load, Status
    from mesh_probe.snapshot import Snapshot

# Named here too, so that help need not import the formats and all they stand on.
REPORT_FORMATS = ("terminal", "json", "markdown", "html")
OUTCOMES = ("not-now", "kubernetes-is-enough", "consider", "undecided")
BLOCKER = "blocker"

RECORD_FORMATS = ("terminal", "markdown")
"""Those for people to read on."""

SUFFIXES = {"terminal": "txt", "markdown": "md", "junit": "xml"}
"""Of the files that a delivered report becomes, where the format is not one itself."""


def report_options(command: Any) -> Any:
    """Options of every command that writes a report."""
    for option in (
        log_options,
        color_option,
        language_option,
        click.option(
            "--fail-on",
            type=click.Choice([*OUTCOMES, BLOCKER]),
            multiple=True,
            help="Exit with 10 when this is the outcome; with blocker, when every kind of mesh has"
            " something in its way with which it does not work; repeatable.",
        ),
        deliver_option,
        hide_names_option,
        output_option,
        click.option(
            "--record",
            is_flag=True,
            help="End in a one-page decision record; with markdown or terminal.",
        ),
        click.option(
            "--format", type=click.Choice(REPORT_FORMATS), default="terminal", show_default=True
        ),
    ):
        command = option(command)
    return command


@click.command()
@input_options
@answers_options
@report_options
@save_option
@click.pass_context
def scan(ctx: click.Context, /, save: Path | None, **options: Any) -> None:  # \b is for click
    """Read a cluster, or manifests, and report.

    \b
    mesh-probe scan --context prod
    mesh-probe scan --manifests k8s/ --prometheus http://localhost:9090
    helm template shop | mesh-probe scan --manifests -
    """
    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    # A scan may take minutes: what is wrong with the other options is said before.
    key = names_key(options["hide_names"])
    declared = declarations(options["answers"])
    assumptions(options["assume"])
    _addresses(options["deliver"])
    for file in (save, options["output"]):
        check_writable(file)
    if save is not None and save == options["output"]:
        raise UsageError(message("error.same-file", file=str(save)))
    taken = take(options, Progress(Wording(language_of(ctx))))
    snapshot = with_pseudonyms(with_answers(taken.snapshot, declared), key)
    _keep(snapshot, save)
    _report(ctx, snapshot, taken.load, options)


@click.command()
@answers_options
@report_options
@save_option
@click.pass_context
def demo(ctx: click.Context, /, save: Path | None, **options: Any) -> None:
    """Report on a made-up shop. Needs no cluster and no network."""
    from mesh_probe.demo import demo_snapshot

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    key = names_key(options["hide_names"])
    declared = declarations(options["answers"])
    snapshot = with_pseudonyms(with_answers(demo_snapshot(), declared), key)
    _keep(snapshot, save)
    _report(ctx, snapshot, None, options)
    if sys.stderr.isatty():
        click.echo(Wording(language_of(ctx)).text("hint.demo"), err=True)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@answers_options
@report_options
@click.pass_context
def report(ctx: click.Context, /, file: Path, **options: Any) -> None:
    """Report on a snapshot that --save kept."""
    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    key = names_key(options["hide_names"])
    declared = declarations(options["answers"])
    snapshot = with_pseudonyms(with_answers(load_snapshot(file), declared), key)
    _report(ctx, snapshot, None, options)


def _keep(snapshot: "Snapshot", file: Path | None) -> None:
    from mesh_probe.snapshot import dumps

    if file is not None:
        write(file, dumps(snapshot, compress=file.suffix == ".gz"))


def _report(
    ctx: click.Context, snapshot: "Snapshot", load: "Load | None", options: Mapping[str, Any]
) -> None:
    """Judge, write, and exit as --fail-on asks."""
    from mesh_probe.assessment import assess
    from mesh_probe.blocker import none_works
    from mesh_probe.formats import REPORT_FORMATS as WRITERS

    assumed: Mapping[str, Status] = assumptions(options.get("assume", ()))
    assessment = assess(snapshot, assumed=assumed, load=load)
    look, wording = look_of(options), Wording(language_of(ctx))
    text = WRITERS[options["format"]](assessment, wording, look)
    if _with_record(options):
        text += "\n" + _record(assessment, wording, look, options["format"])
    put(text, look, options)
    if addresses := _addresses(options["deliver"]):
        from mesh_probe.cli.delivery import send

        name = f"report.{SUFFIXES.get(options['format'], options['format'])}"
        send(addresses, _parcel(snapshot, assessment, text, name, wording), wording)
    if assessment.verdict.outcome in options["fail_on"]:
        raise ConditionMet(message("error.fail-on", outcome=assessment.verdict.outcome))
    if BLOCKER in options["fail_on"] and none_works(assessment.standings):
        raise ConditionMet(message("error.fail-on-blocker"))


def _with_record(options: Mapping[str, Any]) -> bool:
    """Whether a decision record is wanted. Raises: UsageError where the format has no place."""
    if options["record"] and options["format"] not in RECORD_FORMATS:
        raise UsageError(message("error.record-format"))
    return bool(options["record"])


def _record(assessment: "Assessment", wording: Wording, look: "Look", name: str) -> str:
    from mesh_probe.formats import SHEET_FORMATS as WRITERS
    from mesh_probe.sheets.record import sheet

    return WRITERS[name](sheet(assessment, wording), wording, look)


def _addresses(texts: tuple[str, ...]) -> "tuple[Address, ...]":
    """Where to deliver to. Raises: UsageError, FileError."""
    if not texts:
        return ()
    from mesh_probe.deliver import parse_all

    return parse_all(texts)


def _parcel(
    snapshot: "Snapshot", assessment: "Assessment", text: str, report_name: str, wording: Wording
) -> "Parcel":
    """What is delivered."""
    from mesh_probe.destination import Parcel
    from mesh_probe.headline import headline, reasons
    from mesh_probe.snapshot import dumps
    from mesh_probe.summary import summarize

    return Parcel(
        report=click.unstyle(text).encode(),
        report_name=report_name,
        summary=summarize(assessment),
        headline=wording.say(headline(assessment)),
        reasons=tuple(wording.say(reason) for reason in reasons(assessment.verdict)),
        snapshot=dumps(snapshot, compress=True),
    )

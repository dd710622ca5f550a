"""What click says of itself, in the reader's language: wrong usage, and the frame of the help.

click has its words from gettext, where a program can only put compiled files. Its errors say what
is wrong in their fields, though, so they become errors of ours, worded like all others.
"""

from collections.abc import Iterable
from itertools import pairwise

import click

from mesh_probe.cli.console import language_of
from mesh_probe.errors import UsageError
from mesh_probe.text import LANGUAGES, Message, Wording, listed, message

_SECTIONS = {"Options": "console.options", "Commands": "console.commands"}


def language_asked(args: Iterable[str]) -> str | None:
    """The language that --lang names, wherever it stands: what is wrong may stand before it."""
    words = list(args)
    asked = [after for word, after in pairwise(words) if word == "--lang"]
    asked += [word.removeprefix("--lang=") for word in words if word.startswith("--lang=")]
    return asked[-1] if asked and asked[-1] in LANGUAGES else None


def named(param: click.Parameter | None) -> str:
    """What people call an option or an argument."""
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return param.human_readable_name if param else "?"


def as_ours(err: click.UsageError, ctx: click.Context) -> UsageError:
    """The same as an error of ours; `ctx` is that of the whole program."""
    # click's parser does not know the command that it works for.
    below = ctx.invoked_subcommand if err.ctx is None else None
    command = err.ctx.command_path if err.ctx else " ".join(filter(None, (ctx.info_name, below)))
    see_help = message("hint.usage", command=command)
    match err:
        case click.NoSuchOption():
            said = message("error.no-such-option", option=err.option_name)
            return UsageError(said, _meant(err.possibilities) or see_help)
        case click.exceptions.NoSuchCommand():
            said = message("error.no-such-command", command=err.command_name)
            return UsageError(said, _meant(err.possibilities) or see_help)
        case click.BadOptionUsage():
            return UsageError(_misused(err, _options(ctx, below)), see_help)
        case click.MissingParameter():
            return UsageError(message("error.option-missing", option=named(err.param)), see_help)
        case click.BadParameter():
            return UsageError(_bad_value(err), see_help)
    # "Got unexpected extra argument (a b)" has no class of its own.
    words = err.message.partition("(")[2].removesuffix(")")
    said = message("error.unexpected-argument", command=command, words=words or err.message)
    return UsageError(said, see_help)


def _meant(possibilities: list[str] | None) -> Message | None:
    return message("hint.meant", names=listed(possibilities)) if possibilities else None


def _options(ctx: click.Context, below: str | None) -> list[click.Parameter]:
    command: click.Command | None = ctx.command
    if below and isinstance(command, click.Group):
        command = command.get_command(ctx, below)
    return command.params if command else []


def _misused(err: click.BadOptionUsage, options: Iterable[click.Parameter]) -> Message:
    option = next((option for option in options if err.option_name in option.opts), None)
    if isinstance(option, click.Option) and option.is_flag:
        return message("error.option-no-value", option=err.option_name)
    count = option.nargs if option else 1
    return message("error.option-values", option=err.option_name, count=count)


def _bad_value(err: click.BadParameter) -> Message:
    option = named(err.param)
    match err.param.type if err.param else None:
        case click.Choice(choices=choices):
            return message("error.option-choice", option=option, choices=", ".join(choices))
        case click.IntRange(min=least):
            return message("error.option-number", option=option, least=least)
        case click.Path():
            return message("error.option-file", option=option)
    return message("error.option-value", option=option, detail=err.message)


class _Formatter(click.HelpFormatter):
    """The frame of a help page in the language of the run."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """The first line of a help page."""
        super().write_usage(prog, args, f"{_wording().text('console.usage')} ")

    def write_heading(self, heading: str) -> None:
        """The line above a list."""
        known = _SECTIONS.get(heading)
        super().write_heading(_wording().text(known) if known else heading)


def _wording() -> Wording:
    return Wording(language_of(click.get_current_context()))


class Context(click.Context):
    """A context whose help speaks the language of the run."""

    formatter_class = _Formatter

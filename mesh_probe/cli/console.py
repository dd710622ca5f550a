"""What goes to the screen beside the report: errors, hints and progress, all on stderr."""

import logging
import os
import sys
from collections.abc import Mapping
from typing import Literal

import click
import msgspec

from mesh_probe.errors import MeshProbeError
from mesh_probe.text import LANGUAGES, Message, Wording

_LANGUAGE = "mesh_probe.language"

log = logging.getLogger(__name__)

Color = Literal["auto", "always", "never"]


def remember_language(ctx: click.Context, _: click.Parameter | None, chosen: str | None) -> str:
    """Settle the language before anything else, so that errors can speak it."""
    language = chosen or language_from(os.environ)
    ctx.find_root().meta[_LANGUAGE] = language
    return language


def language_of(ctx: click.Context) -> str:
    """The language that this run speaks."""
    language: str = ctx.find_root().meta.get(_LANGUAGE) or language_from(os.environ)
    return language


def language_from(environment: Mapping[str, str]) -> str:
    """MESH_PROBE_LANG, else the locale; English where that is none of ours."""
    wanted = (
        environment.get(name) for name in ("MESH_PROBE_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    )
    first = next((value for value in wanted if value), "")
    return first[:2] if first[:2] in LANGUAGES else LANGUAGES[0]


def use_color(choice: Color, *, to_terminal: bool) -> bool:
    """Whether to colour: as told, else on a terminal that can, unless NO_COLOR is set.

    https://no-color.org
    """
    if choice != "auto":
        return choice == "always"
    plain = os.environ.get("NO_COLOR") or _is_dumb()
    return to_terminal and not plain


def fail(err: MeshProbeError, wording: Wording) -> None:
    """Say what went wrong, and what to do about it."""
    if _logs_json():
        hint = None if err.hint is None else wording.say(err.hint)
        more = {"id": err.said.id, "hint": hint, "exit_code": err.exit_code}
        log.error("%s", wording.say(err.said), extra={"more": more})
        return
    color = use_color("auto", to_terminal=sys.stderr.isatty())
    label = click.style(wording.text("console.error"), fg="red", bold=True)
    click.echo(f"{label} {wording.say(err.said)}", err=True, color=color)
    if err.hint is not None:
        click.echo(f"{wording.text('console.hint')} {wording.say(err.hint)}", err=True, color=color)


def tell(said: Message, wording: Wording) -> None:
    """Say something beside the report, on stderr."""
    if _logs_json():
        log.warning("%s", wording.say(said), extra={"more": {"id": said.id}})
    else:
        click.echo(wording.say(said), err=True)


class Progress:
    """One line that tells what is being done, on a terminal; nothing elsewhere."""

    def __init__(self, wording: Wording, *, shown: bool = True) -> None:
        self._wording = wording
        self._shown = shown and sys.stderr.isatty() and not _is_dumb()

    def __call__(self, said: Message) -> None:
        """Show what is being done now."""
        if self._shown:
            text = self._wording.say(said)[: _columns() - 1]
            click.echo(f"\r\x1b[K{text}", nl=False, err=True, color=True)

    def clear(self) -> None:
        """Take the line away again."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True, color=True)


def _is_dumb() -> bool:
    """Whether the terminal shows escapes instead of obeying them."""
    return os.environ.get("TERM") == "dumb"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except OSError:
        return 80


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "more", {}),
        }
        return msgspec.json.encode(line).decode()


def set_up_logging(*, verbose: bool, log_format: Literal["text", "json"]) -> None:
    """One line per request on stderr with -v; without it only warnings, and in JSON what was done.

    As JSON every line is: errors and hints too.
    """
    handler = logging.StreamHandler()
    formatter = (
        _JsonLines() if log_format == "json" else logging.Formatter("%(levelname)s %(message)s")
    )
    handler.setFormatter(formatter)
    if logging.lastResort is not None:  # it writes the warnings of libraries
        logging.lastResort.setFormatter(formatter)
    logger = logging.getLogger("mesh_probe")
    logger.handlers = [handler]
    usual = logging.INFO if log_format == "json" else logging.WARNING
    logger.setLevel(logging.DEBUG if verbose else usual)
    logger.propagate = False


def _logs_json() -> bool:
    """Whether `set_up_logging` was asked for JSON; what is said before that is text."""
    handlers = logging.getLogger("mesh_probe").handlers
    return any(isinstance(handler.formatter, _JsonLines) for handler in handlers)

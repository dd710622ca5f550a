"""Options that several commands share, and the types of their values."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from click.core import ParameterSource

from mesh_probe.cli.console import remember_language
from mesh_probe.cli.usage import named
from mesh_probe.errors import UsageError
from mesh_probe.text import LANGUAGES, message

type_of_command = Callable[..., Any]

_LONGEST_SECONDS = 366 * 86_400
_EARLIEST_YEAR = 2000
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Duration(click.ParamType[int]):
    """A time such as 90s, 10m, 1h or 7d, as seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds."""
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"(\d+)([smhd])", value)
        seconds = int(found[1]) * _UNITS[found[2]] if found else 0
        if not 0 < seconds <= _LONGEST_SECONDS:
            raise _refused("error.duration", param, value)
        return seconds


class Moment(click.ParamType[datetime]):
    """A point in time in ISO 8601; UTC where no zone is given."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """An aware UTC time."""
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
            moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            moment = datetime.min.replace(tzinfo=UTC)
        if moment.year < _EARLIEST_YEAR:
            raise _refused("error.moment", param, value)
        return moment


def header_of(line: str) -> tuple[str, str] | None:
    """Name and value of NAME:VALUE; None for what no header can be."""
    name, colon, content = line.partition(":")
    value = content.strip()
    if not colon or re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) is None:
        return None
    # HTTP knows bytes, which everybody reads as Latin-1, and no line breaks in a value.
    sendable = re.fullmatch(r"[\t\x20-\x7e\xa0-\xff]*", value)
    return (name, value) if sendable else None


class Header(click.ParamType[tuple[str, str]]):
    """A header as NAME:VALUE. Errors never show the value: it may be a secret."""

    name = "name:value"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Name and value."""
        if isinstance(value, tuple):
            return value
        header = header_of(value)
        if header is None:
            raise _refused("error.header", param, None)
        return header


def _refused(text_id: str, param: click.Parameter | None, value: str | None) -> UsageError:
    return UsageError(message(text_id, option=named(param), value=value))


def _together(*options: Callable[[type_of_command], type_of_command]) -> Callable[..., Any]:
    def decorate(command: type_of_command) -> type_of_command:
        return reduce(lambda inner, option: option(inner), reversed(options), command)

    return decorate


_FILE = click.Path(dir_okay=False, path_type=Path)

language_option = click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    callback=remember_language,
    is_eager=True,
    help="Language of everything for people.  [default: by locale, else en]",
)

input_options = _together(
    click.option("--context", metavar="NAME", help="Kubeconfig context to read."),
    click.option("--kubeconfig", metavar="FILE", help="Kubeconfig file.  [default: KUBECONFIG]"),
    click.option(
        "-n", "--namespace", multiple=True, metavar="NS", help="Read only this one; repeatable."
    ),
    click.option("--exclude-namespace", multiple=True, metavar="NS", help="Leave out; repeatable."),
    click.option(
        "--manifests",
        multiple=True,
        metavar="PATH",
        help="Read files or folders of manifests in place of a cluster; - is stdin; repeatable.",
    ),
    click.option(
        "--code",
        multiple=True,
        metavar="DIR",
        help="Also read the calls that source code or an unpacked image names; repeatable.",
    ),
    click.option(
        "--prometheus",
        multiple=True,
        metavar="URL|auto|none",
        help="Where the call metrics are; auto looks in the cluster; repeatable.  [default: auto]",
    ),
    click.option(
        "--prometheus-header",
        multiple=True,
        type=Header(),
        metavar="NAME:VALUE",
        help="Header for Prometheus, such as X-Scope-OrgID:team; repeatable.",
    ),
    click.option(
        "--prometheus-header-file",
        type=_FILE,
        help="File of such headers, one a line: keeps tokens off the command line.",
    ),
    click.option("--ca-file", type=_FILE, help="Certificates to trust for Prometheus."),
    click.option(
        "--mapping",
        multiple=True,
        metavar="FILE",
        help="Rows for call metrics of your own, see examples/mapping.yaml; repeatable.",
    ),
    click.option(
        "--jaeger", metavar="URL", help="A Jaeger query service, whose traces tell of calls, too."
    ),
    click.option("--tempo", metavar="URL", help="A Tempo query frontend, likewise."),
    click.option("--window", type=Duration(), default="1h", show_default=True, help="For rates."),
    click.option(
        "--lookback",
        type=Duration(),
        default="24h",
        show_default=True,
        help="How far back a call counts as seen.",
    ),
    click.option("--at", type=Moment(), metavar="TIME", help="Moment to judge.  [default: now]"),
    click.option(
        "--timeout",
        type=Duration(),
        default="10m",
        show_default=True,
        help="For the whole scan; what was read by then is reported.",
    ),
    click.option("--gentle", is_flag=True, help="One request at a time, small pages."),
)

answers_options = _together(
    click.option("--answers", type=_FILE, help="File of answers that people give; they win."),
    click.option(
        "--assume",
        multiple=True,
        metavar="ID=yes|no|unknown",
        help="What if? Answers that win over all others; repeatable.",
    ),
)

log_options = _together(
    click.option("-v", "--verbose", is_flag=True, help="Tell of every request, on stderr."),
    click.option(
        "--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True
    ),
)

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="NO_COLOR is honoured.",
)

output_option = click.option(
    "-o", "--output", type=_FILE, help="Write there in place of the screen."
)

save_option = click.option(
    "--save", type=_FILE, help="Keep the snapshot, for `report`; .gz compresses it."
)

hide_names_option = click.option(
    "--hide-names",
    type=_FILE,
    metavar="KEYFILE",
    help="Give pseudonyms, made with this key, for all names, so that the output can be shared.",
)


def _with_environment(
    ctx: click.Context, param: click.Parameter, given: tuple[str, ...]
) -> tuple[str, ...]:
    """What the environment names comes on top, unlike with all other options.

    A scheduled run has places in its arguments, and those that are secrets in its environment.
    """
    if ctx.get_parameter_source(str(param.name)) is not ParameterSource.COMMANDLINE:
        return given
    for url in given:
        if not url.startswith("@") and "@" in urlsplit(url).netloc:
            # Every user of the machine can read a command line.
            raise UsageError(message("error.deliver-secret"), message("hint.deliver-secret"))
    return (*given, *(param.value_from_envvar(ctx) or ()))


deliver_option = click.option(
    "--deliver",
    multiple=True,
    callback=_with_environment,
    metavar="URL|@FILE",
    help="Deliver there too: a folder of any file system or object store, a webhook, Prometheus, a"
    " ConfigMap; @FILE holds the URL; repeatable.",
)

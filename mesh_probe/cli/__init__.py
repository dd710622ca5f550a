"""The command line: options, one call, the result, an exit code.

Heavy libraries are imported by the command that needs them, so that help answers at once.
"""

import io
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click

from mesh_probe import __version__, interpreter
from mesh_probe.cli.answers import answers
from mesh_probe.cli.console import fail, language_of, remember_language, tell
from mesh_probe.cli.diff import diff
from mesh_probe.cli.doctor import doctor
from mesh_probe.cli.explain import explain
from mesh_probe.cli.fleet import fleet
from mesh_probe.cli.graph import graph
from mesh_probe.cli.history import history
from mesh_probe.cli.manifests import manifests
from mesh_probe.cli.report import demo, report, scan
from mesh_probe.cli.usage import Context, as_ours, language_asked
from mesh_probe.errors import MeshProbeError
from mesh_probe.text import Wording, message

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""

TERMINATED = 143
"""The same for SIGTERM, which ends a pod."""

ENVIRONMENT_PREFIX = "MESH_PROBE"


class _Commands(click.Group):
    """The commands, with every error that we can name turned into a message and an exit code."""

    context_class = Context

    def add_command(self, cmd: click.Command, name: str | None = None) -> None:
        for command in (cmd, *(cmd.commands.values() if isinstance(cmd, click.Group) else ())):
            command.context_class = Context
        super().add_command(cmd, name)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if (language := language_asked(args)) is not None:
            remember_language(ctx, None, language)
        with _errors_said(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_said(ctx):
            return super().invoke(ctx)


@contextmanager
def _errors_said(ctx: click.Context) -> Iterator[None]:
    try:
        yield
    except click.exceptions.NoArgsIsHelpError:
        raise
    except click.UsageError as err:
        ours = as_ours(err, ctx)
        fail(ours, Wording(language_of(ctx)))
        ctx.exit(ours.exit_code)
    except MeshProbeError as err:
        fail(err, Wording(language_of(ctx)))
        ctx.exit(err.exit_code)
    except KeyboardInterrupt:
        tell(message("error.interrupted"), Wording(language_of(ctx)))
        ctx.exit(INTERRUPTED)
    except _Terminated:
        tell(message("error.terminated"), Wording(language_of(ctx)))
        raise


class _Terminated(SystemExit):
    """SIGTERM came. What was written and delivered by then is whole; nothing more is begun."""


def _terminate(*_: object) -> NoReturn:
    raise _Terminated(TERMINATED)


@click.group(
    "mesh-probe",
    cls=_Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "auto_envvar_prefix": ENVIRONMENT_PREFIX,
        "max_content_width": 100,
    },
)
@click.version_option(__version__, prog_name="mesh-probe")
def main() -> None:
    """Do we need a service mesh? An answer with evidence, from the cluster itself.

    mesh-probe reads a cluster's objects and its call metrics, builds the service call graph and
    answers a checklist. It changes nothing in the cluster.

    Every option can also be set by an environment variable: MESH_PROBE_SCAN_CONTEXT=prod is
    "scan --context prod".
    """


for _command in (
    scan,
    demo,
    report,
    graph,
    explain,
    answers,
    diff,
    history,
    fleet,
    doctor,
    manifests,
):
    main.add_command(_command)


def run() -> None:
    """The program. As a kubectl plugin it calls itself what the user typed."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # closed by whoever started us
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    # A locale that lacks our characters gets them spelt out in place of a failure.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    interpreter.tune()
    # As the first process of a container we would not hear of it otherwise.
    signal.signal(signal.SIGTERM, _terminate)
    invoked_as = os.path.basename(sys.argv[0])  # noqa: PTH119  # a name, not a file
    main(prog_name="kubectl mesh-probe" if invoked_as.startswith("kubectl") else "mesh-probe")

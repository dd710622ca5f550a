"""The doctor command: what a scan could see, without taking one."""

import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Color, Progress, language_of, set_up_logging, use_color
from mesh_probe.cli.input import take
from mesh_probe.cli.options import color_option, input_options, language_option, log_options
from mesh_probe.text import Wording
from mesh_probe.text.visible import visible

if TYPE_CHECKING:
    from mesh_probe.collect import Collected
    from mesh_probe.model import Gap

_WIDTH = 100

_COLORS = {
    "read": "green",
    "partial": "yellow",
    "unreadable": "red",
    "silent": "yellow",
    "answered": "green",
    "refused": "red",
}


@click.command()
@input_options
@language_option
@color_option
@log_options
@click.pass_context
def doctor(ctx: click.Context, /, color: Color, **options: Any) -> None:
    """Tell what can be reached and read, and what was tried to find Prometheus.

    Reads one object of each kind, and asks Prometheus what a scan would ask.
    """
    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    found = take(options, Progress(wording), sample=True)
    colored = use_color(color, to_terminal=sys.stdout.isatty())
    for line in _Page(found, wording).lines():
        click.echo(line.rstrip(), color=colored)


class _Page:
    """What was found, in lines."""

    def __init__(self, found: "Collected", wording: Wording) -> None:
        self._found = found
        self._wording = wording

    def lines(self) -> Iterator[str]:
        """The whole page."""
        yield from self._section("heading.cluster", self._cluster())
        yield from self._section("heading.kinds", self._kinds())
        yield from self._section("heading.prometheus", self._prometheus())
        yield from self._section("heading.sources", self._sources())
        yield from self._section("heading.gaps", self._gaps())

    def _section(self, heading: str, lines: Iterator[str]) -> Iterator[str]:
        shown = list(lines)
        if shown:
            yield click.style(self._wording.text(heading), bold=True)
            yield from (f"  {line}" for line in shown)
            yield ""

    def _cluster(self) -> Iterator[str]:
        snapshot = self._found.snapshot
        if self._found.server is not None:
            yield self._wording.text(
                "doctor.cluster",
                server=self._found.server,
                version=snapshot.server_version,
                context=snapshot.context,
            )

    def _kinds(self) -> Iterator[str]:
        """One line for each state, so that what is missing is not lost among what is there."""
        kinds = self._found.snapshot.objects.kinds
        names = Counter(kind.kind for kind in kinds)
        rows = []
        for state in ("read", "partial", "unreadable", "not-served", "not-given"):
            of_state = [
                f"{k.kind}.{k.group}" if names[k.kind] > 1 else k.kind
                for k in kinds
                if k.state == state
            ]
            if of_state:
                rows.append((self._state(state), ", ".join(of_state)))
        yield from _table(rows)

    def _prometheus(self) -> Iterator[str]:
        tried = [
            (
                self._state("answered" if attempt.answered else "refused"),
                visible(attempt.target),
                self._wording.text(f"doctor.how.{attempt.how}"),
                visible(self._wording.say(attempt.result)),
            )
            for attempt in self._found.attempts
        ]
        found = {attempt.result.parameters.get("server") for attempt in self._found.attempts}
        given = [
            (self._state("answered"), server, self._wording.text("doctor.how.address"), "")
            for server in self._found.snapshot.telemetry.prometheus
            if server not in found
        ]
        yield from _table([*tried, *given])

    def _sources(self) -> Iterator[str]:
        """A line for each source that is there, with its versions; one for those that are not."""
        telemetry = self._found.snapshot.telemetry
        calls = Counter(call.source for call in telemetry.calls)
        yield from _table(
            [
                (
                    self._state(read.state),
                    read.source,
                    self._wording.text("doctor.calls", calls=calls[read.source]),
                    visible(", ".join(read.details)),
                )
                for read in telemetry.sources
                if read.state != "absent"
            ]
        )
        absent = ", ".join(read.source for read in telemetry.sources if read.state == "absent")
        if absent:
            yield from textwrap.wrap(f"{self._state('absent')}  {absent}", _WIDTH)

    def _gaps(self) -> Iterator[str]:
        for gap in self._found.snapshot.gaps:
            yield from self._gap(gap)

    def _gap(self, gap: "Gap") -> Iterator[str]:
        yield f"- {visible(gap.subject)}: {visible(self._wording.say(gap.reason))}"
        if gap.hint is not None:
            yield f"  {visible(self._wording.say(gap.hint))}"

    def _state(self, state: str) -> str:
        return click.style(self._wording.text(f"doctor.state.{state}"), fg=_COLORS.get(state))


def _table(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    from tabulate import tabulate

    if rows:
        yield from tabulate(rows, tablefmt="plain", disable_numparse=True).split("\n")

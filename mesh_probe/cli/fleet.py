"""The fleet command: many clusters, or what their scheduled runs left, in one report."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from mesh_probe.cli.console import Progress, language_of, set_up_logging
from mesh_probe.cli.input import (
    assumptions,
    declarations,
    names_key,
    take,
    with_answers,
    with_pseudonyms,
)
from mesh_probe.cli.options import (
    answers_options,
    deliver_option,
    hide_names_option,
    input_options,
)
from mesh_probe.cli.sheets import put_out, sheet_options
from mesh_probe.errors import ConditionMet, FileError, MeshProbeError, UsageError
from mesh_probe.text import Message, Wording, message

if TYPE_CHECKING:
    from mesh_probe.assessment import Assessment
    from mesh_probe.destination import Address
    from mesh_probe.fleet import Muster, Shard
    from mesh_probe.snapshot import Snapshot

# Named here too, so that help need not import the rules and all they stand on.
OUTCOMES = ("not-now", "kubernetes-is-enough", "consider", "undecided")

ALL = "all"
SINGLE = ("context", "manifests")
"""Of the input options those that only one cluster can have."""


class ShardType(click.ParamType["Shard"]):
    """A part of a fleet as I/N, from 0."""

    name = "shard"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The shard."""
        from mesh_probe.fleet import Shard

        if isinstance(value, Shard):
            return value
        index, slash, count = str(value).partition("/")
        if not (slash and index.isdecimal() and count.isdecimal() and int(index) < int(count)):
            raise UsageError(message("error.shard", given=str(value)), message("hint.shard"))
        return Shard(int(index), int(count))


class _Judge:
    """Makes of a snapshot what the report needs, by options that are the same for all."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._key = names_key(options["hide_names"])
        self._declared = declarations(options["answers"])
        self._assumed = assumptions(options["assume"])

    def __call__(self, snapshot: "Snapshot") -> "tuple[Snapshot, Assessment]":
        from mesh_probe.assessment import assess

        hidden = with_pseudonyms(with_answers(snapshot, self._declared), self._key)
        return hidden, assess(hidden, assumed=self._assumed)

    def name(self, cluster: str) -> str:
        """What the report calls a cluster."""
        if self._key is None:
            return cluster
        from mesh_probe.pseudonyms import hidden_node

        return hidden_node(cluster, self._key)

    def problem(self, said: Message) -> Message:
        """Why a cluster is without a result; what went wrong may hold any name."""
        return said if self._key is None else message("fleet.problem-hidden")


@click.command()
@click.argument("snapshots", nargs=-1, metavar="[SNAPSHOT|FOLDER|URL]...")
@click.option("--contexts", metavar="A,B|all", help="Scan the clusters of these contexts.")
@click.option(
    "--parallel",
    type=click.IntRange(min=1, max=64),
    default=4,
    show_default=True,
    help="How many clusters to scan at the same time.",
)
@click.option("--shard", type=ShardType(), metavar="I/N", help="Only part I of N, from 0.")
@click.option(
    "--fail-on",
    type=click.Choice(OUTCOMES),
    multiple=True,
    help="Exit with 10 when this is the outcome of any cluster; repeatable.",
)
@input_options
@answers_options
@deliver_option
@hide_names_option
@sheet_options
@click.pass_context
def fleet(ctx: click.Context, /, snapshots: tuple[str, ...], **options: Any) -> None:  # \b
    """Report on many clusters at once.

    Scans contexts of the kubeconfig, or reads what scheduled runs left: of every folder the newest
    snapshot. JSON reports on shards (--shard) are merged like snapshots.

    \b
    mesh-probe fleet --contexts prod-eu,prod-us
    mesh-probe fleet s3://reports/clusters
    mesh-probe fleet s3://reports/clusters --shard 0/20 --format json --output shard-0.json
    mesh-probe fleet shard-*.json
    """
    from mesh_probe.fleet import Muster
    from mesh_probe.sheets.fleet import sheet

    set_up_logging(verbose=options["verbose"], log_format=options["log_format"])
    wording = Wording(language_of(ctx))
    if bool(snapshots) == bool(options["contexts"]):
        raise UsageError(message("error.fleet-input"), message("hint.fleet-input"))
    if any(options[name] for name in SINGLE):
        raise UsageError(message("error.fleet-options"), message("hint.fleet-input"))
    addresses = _addresses(options["deliver"])
    muster, judge, progress = Muster(options["shard"]), _Judge(options), Progress(wording)
    try:
        if snapshots:
            _read(snapshots, muster, judge, options["shard"], progress)
        else:
            _scan(muster, judge, options, progress)
    finally:
        progress.clear()
    found = muster.fleet()
    text = put_out(sheet(found, wording), wording, options)
    if addresses:
        from mesh_probe.cli.delivery import send_report

        send_report(addresses, click.unstyle(text).encode(), wording)
    for outcome in options["fail_on"]:
        if count := sum(member.outcome == outcome for member in found.members):
            raise ConditionMet(message("error.fail-on-fleet", outcome=outcome, count=count))


def _read(
    places: tuple[str, ...],
    muster: "Muster",
    judge: _Judge,
    shard: "Shard | None",
    progress: Progress,
) -> None:
    """Read one file after another, and keep of each only what the report needs."""
    from mesh_probe.deliver import kept
    from mesh_probe.deliver.place import Place
    from mesh_probe.fleet import Fleet
    from mesh_probe.snapshot import Snapshot

    for member in chain.from_iterable(kept.members(Place(place)) for place in places):
        if shard is not None and not shard.holds(member.cluster):
            continue
        progress(message("progress.file", file=member.cluster))
        name = judge.name(member.cluster)
        try:
            found = kept.read(member.place, member.path)
        except FileError as err:
            muster.fail(name, judge.problem(err.said))
            continue
        match found:
            case Snapshot():
                muster.add(name, *judge(found))
            case Fleet():
                muster.merge(found)
            case _ if not member.path:
                muster.fail(name, judge.problem(message("error.no-member", file=member.cluster)))


def _scan(muster: "Muster", judge: _Judge, options: Mapping[str, Any], progress: Progress) -> None:
    """Scan the contexts, a few at a time. Raises: CollectError when there are none."""
    from mesh_probe.collect.kubeconfig import contexts
    from mesh_probe.collect.many import PATIENCE_SECONDS, one_by_one

    names = tuple(dict.fromkeys(options["contexts"].split(",")))
    if names == (ALL,):
        names = contexts(options["kubeconfig"], os.environ)
    if (shard := options["shard"]) is not None:
        names = tuple(name for name in names if shard.holds(name))
    # One moment for all, so that their figures are of the same time.
    moment = options["at"] or datetime.now(UTC)
    quiet = Progress(Wording("en"), shown=False)

    def work(name: str) -> "tuple[Snapshot, Assessment]":
        return judge(take({**options, "context": name, "at": moment}, quiet).snapshot)

    done = one_by_one(
        names,
        work,
        parallel=options["parallel"],
        limit_seconds=options["timeout"] + PATIENCE_SECONDS,
    )
    for number, (name, result) in enumerate(done, start=1):
        progress(message("progress.cluster", name=name, number=number, count=len(names)))
        if isinstance(result, MeshProbeError):
            muster.fail(judge.name(name), judge.problem(result.said))
        else:
            muster.add(judge.name(name), *result)


def _addresses(texts: tuple[str, ...]) -> "tuple[Address, ...]":
    """Where to deliver to: files only. Raises: UsageError, FileError."""
    if not texts:
        return ()
    from mesh_probe.deliver import is_report_file, parse_all

    addresses = parse_all(texts)
    for address in addresses:
        if not is_report_file(address):
            raise UsageError(
                message("error.fleet-deliver", place=address.shown), message("hint.fleet-deliver")
            )
    return addresses

"""How right the call graph is without metrics, on applications whose calls are known.

A folder of the corpus holds one application: its manifests, and `truth.json` with its workloads,
its Services and every call that its code makes. Ends of calls are compared as components: a Service
and the workloads behind it are one.

    python -m benchmarks.corpus [FOLDER]
"""

import io
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from tabulate import tabulate

from mesh_probe.collect import manifests
from mesh_probe.graph import COUNTS_FROM
from mesh_probe.graph.build import build
from mesh_probe.inventory import Inventory
from mesh_probe.model import Edge, Noun
from mesh_probe.snapshot import Snapshot

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"

BINS = (0.05, 0.5, 0.85, 1.01)
"""Bounds of confidence between which predicted and true shares are compared."""
LEAST_IN_A_BIN = 30

Pair = tuple[str, str]


class Score(Noun):
    """What was found of an application's calls."""

    app: str
    calls: frozenset[Pair]
    optional: frozenset[Pair]
    visible: frozenset[Pair]
    """Calls that the manifests show and attribute to one caller."""
    shared: frozenset[Pair]
    """Calls that only a file shows which three or more workloads share word for word."""
    found: dict[Pair, float]
    """Confidence by pair."""

    @property
    def declared(self) -> frozenset[Pair]:
        """The pairs that count as calls."""
        return frozenset(pair for pair, known in self.found.items() if known >= COUNTS_FROM)

    @property
    def wrong(self) -> frozenset[Pair]:
        """Pairs that count and are no calls."""
        return self.declared - self.calls - self.optional


class Truth:
    """A truth.json, to look nodes up in."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data = data
        self._component: dict[tuple[str, str], str] = {}
        self._home = data.get("default_namespace", "default")
        for workload in data["workloads"]:
            self._component[workload["namespace"], workload["name"]] = workload["name"]
        for service in data["services"]:
            self._join(service["namespace"], service["name"], service.get("workloads", ()))

    def _join(self, namespace: str, name: str, workloads: Iterable[str]) -> None:
        """One component of a Service and its workloads, and of what these are already joined to."""
        keys = [(namespace, workload) for workload in workloads]
        joined = {self._component[key] for key in keys if key in self._component}
        for key, component in self._component.items():
            if component in joined:
                self._component[key] = name
        self._component[namespace, name] = name

    def component(self, node: str) -> str | None:
        """The component of "namespace/name" or "name"; None for what is not of the application."""
        namespace, slash, name = node.removeprefix("service:").rpartition("/")
        if slash:
            return self._component.get((namespace, name))
        homes = sorted(home for home, known in self._component if known == name)
        best = self._home if self._home in homes else next(iter(homes), "")
        return self._component.get((best, name))

    def calls(self) -> Iterator[tuple[Pair, dict[str, Any]]]:
        """The calls between components, with what is said of each."""
        for edge in self.data["edges"]:
            pair = self.component(edge["source"]), self.component(edge["target"])
            if pair[0] and pair[1] and pair[0] != pair[1]:
                yield (pair[0], pair[1]), edge


def score(folder: Path) -> Score:
    """Read an application's manifests and compare the graph with what is known."""
    truth = Truth(msgspec.json.decode((folder / "truth.json").read_bytes()))
    inventory = Inventory()
    manifests.read([str(folder / "manifests")], inventory, io.BytesIO())
    snapshot = Snapshot(
        taken_at=datetime(2026, 1, 1, tzinfo=UTC),
        tool_version="corpus",
        objects=inventory.objects(),
    )
    demanded = [(pair, edge) for pair, edge in truth.calls() if not edge.get("optional")]
    seen = [(pair, edge) for pair, edge in demanded if edge.get("visible_in_manifest")]
    visible = frozenset(pair for pair, edge in seen if not edge.get("visible_shared_config"))
    calls = frozenset(pair for pair, _ in demanded)
    return Score(
        app=truth.data["app"],
        calls=calls,
        optional=frozenset(pair for pair, _ in truth.calls()) - calls,
        visible=visible,
        shared=frozenset(pair for pair, _ in seen) - visible,
        found=dict(_pairs(truth, build(snapshot).edges.values())),
    )


def _pairs(truth: Truth, edges: Iterable[Edge]) -> Iterator[tuple[Pair, float]]:
    """Edges within the application by component, the surest last."""
    for edge in sorted(edges, key=lambda edge: edge.confidence):
        client, server = truth.component(edge.client), truth.component(edge.server)
        if client and server and client != server:
            yield (client, server), edge.confidence


def report(scores: list[Score]) -> str:
    """The figures of all applications, and whether confidence means what it says."""
    return f"{_table(scores)}\n\n{_bins(scores)}"


def _table(scores: list[Score]) -> str:
    rows = [_row(score.app, [score]) for score in scores] + [_row("all", scores)]
    headers = ("application", "calls", "found", "wrong", "precision", "of visible", "of shared")
    return tabulate([*rows], (*headers, "of all"), disable_numparse=True)


def _row(name: str, scores: list[Score]) -> tuple[str, ...]:
    found = sum(len(score.declared & score.calls) for score in scores)
    wrong = sum(len(score.wrong) for score in scores)
    return (
        name,
        str(sum(len(score.calls) for score in scores)),
        str(found),
        str(wrong),
        _ratio(found, found + wrong),
        *(
            _ratio(
                sum(len(score.declared & wanted(score)) for score in scores),
                sum(len(wanted(score)) for score in scores),
            )
            for wanted in (_visible, _shared, _calls)
        ),
    )


def _visible(of: Score) -> frozenset[Pair]:
    return of.visible


def _shared(of: Score) -> frozenset[Pair]:
    return of.shared


def _calls(of: Score) -> frozenset[Pair]:
    return of.calls


def _bins(scores: list[Score]) -> str:
    rows = []
    for low, high in pairwise(BINS):
        known = [
            (confidence, pair in score.calls | score.optional)
            for score in scores
            for pair, confidence in score.found.items()
            if low <= confidence < high
        ]
        said = sum(confidence for confidence, _ in known) / len(known) if known else None
        rows.append(
            (
                f"{low} to {min(high, 1.0)}",
                str(len(known)),
                "-" if said is None else f"{said:.2f}",
                _ratio(sum(is_true for _, is_true in known), len(known)),
                "" if len(known) >= LEAST_IN_A_BIN else f"fewer than {LEAST_IN_A_BIN}",
            )
        )
    return tabulate(rows, ("confidence", "edges", "said", "true", ""), disable_numparse=True)


def _ratio(part: int, whole: int) -> str:
    return f"{part / whole:.2f}" if whole else "-"


def main(arguments: list[str]) -> int:
    """Print the table for a folder of applications."""
    corpus = Path(arguments[0]) if arguments else CORPUS
    folders = sorted(truth.parent for truth in corpus.glob("*/truth.json"))
    if not folders:
        sys.stderr.write(f"{corpus}: no applications with a truth.json here\n")
        return 0
    sys.stdout.write(report([score(folder) for folder in folders]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

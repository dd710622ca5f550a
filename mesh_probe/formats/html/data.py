"""What the page's script works on: the graph, its pictures, the rule, and words in all languages.

Rows are positional and strings are numbered, so that thousands of services stay a small file. The
order of the columns is that of the script's readers (`script/graph.js`, `script/places.js`).
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from mesh_probe.assessment import Assessment
from mesh_probe.blocker import sorts
from mesh_probe.checklist import QUESTIONS
from mesh_probe.drawing import looks
from mesh_probe.drawing.engine import path_of
from mesh_probe.drawing.pictures import (
    GROUP_SIZE,
    SERVICE_SIZE,
    Picture,
    Pictures,
    pictures,
)
from mesh_probe.format import way
from mesh_probe.formats.html.origin import places
from mesh_probe.formats.html.words import Packed, Words, arrows
from mesh_probe.graph import CallGraph, counts
from mesh_probe.headline import LEAST_OPEN, LIKELY_FROM
from mesh_probe.model import Edge, Latency, Node
from mesh_probe.outcome import HYPE, NEEDS, RARE, WISH_SEEN
from mesh_probe.question import NO_UPTO, YES_FROM, Answer
from mesh_probe.signals import hype, no_owner
from mesh_probe.text import LANGUAGES, catalogue, message
from mesh_probe.text.visible import visible

DIGITS = 5
"""Of measured figures; nobody measures more."""

COUNTED = ("practice", "blockers")
"""Ids of the parts of readiness that are counted and not answered."""

MOST_RINGS = 20
"""To highlight; the largest come first."""

DECLARED, OBSERVED, SAMPLED, MTLS, NO_MTLS, COUNTS = 1, 2, 4, 8, 16, 32

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def data(assessment: Assessment, words: Words) -> str:
    """The data as JSON that no reader of HTML takes for markup."""
    strings = _Strings()
    graph = _graph(assessment.graph, words, strings)
    usual, everything = pictures(assessment.graph)
    numbers = _Numbers(assessment.graph)
    drawn: dict[str, Value] = {"usual": _pictures(usual, numbers, strings)}
    if everything != usual:
        drawn["everything"] = _pictures(everything, numbers, strings)
    ways = _ways(assessment, words, numbers)
    packed: dict[str, Value] = {
        "languages": LANGUAGES,
        "looks": _looks(),
        "rule": _rule(assessment),
        "graph": graph,
        "pictures": drawn,
        "ways": ways,
        "inTheWay": _in_the_way(assessment, words, numbers),
        "strings": strings.all,
        "shapes": words.shapes,
        "messages": words.messages,
        "places": {visible(name): at for name, at in places(assessment.read).items()},
        "texts": words.templates(_needed_by_script()),
    }
    text = json.dumps(packed, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    whole = text.encode("utf-8", "replace").decode()
    return whole.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _needed_by_script() -> list[str]:
    """Texts that the script says by itself."""
    heads = ("page.", "heading.", "label.")
    return [text_id for text_id in catalogue("en") if text_id.startswith(heads)]


class _Strings:
    """Strings by number; each is in the page once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        number = self._numbers.setdefault(text, len(self.all))
        if number == len(self.all):
            self.all.append(visible(text))
        return number


class _Numbers:
    """Nodes and edges by their place in the page's lists."""

    def __init__(self, graph: CallGraph) -> None:
        self.node = {node: number for number, node in enumerate(graph.nodes)}
        self.edge = {pair: number for number, pair in enumerate(_known(graph))}


def _known(graph: CallGraph) -> list[tuple[str, str]]:
    """Edges between nodes that are there."""
    return [pair for pair in graph.edges if graph.nodes.keys() >= set(pair)]


def _graph(graph: CallGraph, words: Words, strings: _Strings) -> dict[str, Value]:
    numbers = {node: number for number, node in enumerate(graph.nodes)}
    return {
        "nodes": [_node(node, strings) for node in graph.nodes.values()],
        "edges": [_edge(graph.edges[pair], numbers, words, strings) for pair in _known(graph)],
    }


def _node(node: Node, strings: _Strings) -> Value:
    return [
        visible(node.id),
        visible(node.name),
        -1 if node.namespace is None else strings.number(node.namespace),
        node.role,
        node.kind,
        node.product,
        [visible(service) for service in sorted(node.services)],
        node.replicas,
    ]


def _edge(edge: Edge, numbers: dict[str, int], words: Words, strings: _Strings) -> Value:
    latency = edge.latency or Latency()
    marks = (
        DECLARED * edge.declared
        + OBSERVED * edge.observed
        + SAMPLED * bool(edge.sampled)
        + MTLS * (edge.mtls is True)
        + NO_MTLS * (edge.mtls is False)
        + COUNTS * counts(edge)
    )
    via = [
        " ".join(str(part) for part in (each.service, each.port, each.protocol) if part is not None)
        for each in sorted(edge.via, key=lambda each: (each.service, str(each.port)))
    ]
    pieces: list[Value] = [
        [
            strings.number(arrows(piece.subject)),
            words.pack(piece.fact),
            strings.number(piece.seen_in),
            strings.number(piece.check),
        ]
        for piece in edge.evidence
    ]
    return [
        numbers[edge.client],
        numbers[edge.server],
        marks,
        _figure(edge.confidence),
        _figure(edge.rate_rps),
        _figure(edge.error_ratio),
        _figure(latency.p50_seconds),
        _figure(latency.p99_seconds),
        latency.censored,
        [
            strings.number(edge.protocol or ""),
            [strings.number(source) for source in edge.sources],
            [strings.number(name) for name in via],
            pieces,
        ],
    ]


def _figure(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _pictures(made: Pictures, numbers: _Numbers, strings: _Strings) -> Value:
    return {
        "whole": _picture(made.whole, numbers, strings) if made.whole else None,
        "folded": _picture(made.folded, numbers, strings),
        "inside": {
            visible(namespace): _picture(picture, numbers, strings)
            for namespace, picture in made.inside.items()
        },
        "alone": len(made.alone),
    }


def _picture(picture: Picture, numbers: _Numbers, strings: _Strings) -> dict[str, Value]:
    return {
        "width": picture.width,
        "height": picture.height,
        "cells": [
            [visible(cell.id), cell.box.x, cell.box.y, [numbers.node[n] for n in cell.members]]
            if cell.folded
            else [numbers.node[cell.id], cell.box.x, cell.box.y]
            for cell in picture.cells
        ],
        "frames": [
            [
                strings.number(frame.namespace),
                frame.box.x,
                frame.box.y,
                frame.box.width,
                frame.box.height,
            ]
            for frame in picture.frames
        ],
        "lines": [
            [
                stroke.client,
                stroke.server,
                [numbers.edge[pair] for pair in stroke.pairs],
                path_of(stroke.points),
            ]
            for stroke in picture.strokes
        ],
        "leftOut": picture.left_out,
    }


def _ways(assessment: Assessment, words: Words, numbers: _Numbers) -> list[Value]:
    """What can be highlighted from a list: slow paths, the longest chain, rings."""
    found = assessment.paths
    ways: list[tuple[Sequence[str], bool, Packed]] = [
        (
            path.nodes,
            False,
            words.pack(message("page.way-slow", p50=path.p50_seconds, way=way(path.nodes))),
        )
        for path in found.slowest
    ]
    if len(found.longest_chain) > 1:
        hops, chain = len(found.longest_chain) - 1, way(found.longest_chain)
        ways.append(
            (found.longest_chain, False, words.pack(message("label.chain", hops=hops, way=chain)))
        )
    ways += [
        (cycle, True, words.pack(message("page.way-ring", count=len(cycle), way=way(cycle))))
        for cycle in found.cycles[:MOST_RINGS]
    ]
    return [
        {"path": [numbers.node[node] for node in path], "closed": closed, "label": label}
        for path, closed, label in ways
        if numbers.node.keys() >= set(path) and (closed or _joined(path, numbers))
    ]


def _joined(path: Sequence[str], numbers: _Numbers) -> bool:
    return all(pair in numbers.edge for pair in pairwise(path))


def _in_the_way(assessment: Assessment, words: Words, numbers: _Numbers) -> dict[str, Value]:
    """Why a mesh cannot take services as they are, and by service which of these reasons."""
    reasons = sorts(assessment.blockers, assessment.graph)
    places = {reason.id: place for place, reason in enumerate(reasons)}
    touched: dict[int, set[int]] = defaultdict(set)
    for blocker in assessment.blockers:
        for node in numbers.node.keys() & set(blocker.nodes):
            if not blocker.ignored:
                touched[numbers.node[node]].add(places[blocker.id])
    return {
        "reasons": [[reason.severity, words.pack(reason.title)] for reason in reasons],
        "nodes": {str(node): sorted(found) for node, found in sorted(touched.items())},
    }


def _looks() -> dict[str, Value]:
    return {
        "thinnest": looks.THINNEST,
        "thickest": looks.THICKEST,
        "perDecade": looks.WIDTH_PER_DECADE,
        "errors": looks.ERROR_BANDS,
        "latency": looks.LATENCY_BANDS_SECONDS,
        "dash": looks.DASH,
        "service": SERVICE_SIZE,
        "group": GROUP_SIZE,
    }


def _rule(assessment: Assessment) -> dict[str, Value]:
    """The answers and the constants of the decision rule, for "what if"."""
    seen = {piece.fact.id for s in _own_hype(assessment) for piece in s.evidence}
    axes = {question.id: question for question in QUESTIONS}
    return {
        "outcome": assessment.verdict.outcome,
        "meshThere": bool(assessment.cluster.mesh),
        "likelyFrom": LIKELY_FROM,
        "leastOpen": LEAST_OPEN,
        "threshold": assessment.verdict.threshold,
        "yesFrom": YES_FROM,
        "noUpTo": NO_UPTO,
        "needs": NEEDS,
        "wishSeen": WISH_SEEN in seen,
        "noWishSeen": "evidence.no-mesh-wish" in seen,
        "wish": hype.WISH,
        "noWish": hype.NO_WISH,
        "hypeMost": hype.MOST,
        "rare": RARE,
        "certain": no_owner.CERTAIN,
        "answers": [
            {
                **_answer(answer),
                "decides": axes[answer.id].decides,
                "axis": axes[answer.id].axis,
            }
            for answer in assessment.answers
        ],
        "signals": [_answer(signal) for signal in assessment.signals],
        # What is kept of networking practices, and what is in the way, follows from no answer.
        "practice": [
            {"id": part.id, "value": part.value}
            for part in assessment.verdict.readiness.parts
            if part.id in COUNTED
        ],
    }


def _own_hype(assessment: Assessment) -> Iterable[Answer]:
    return [signal for signal in assessment.signals if signal.id == HYPE]


def _answer(answer: Answer) -> dict[str, Value]:
    return {
        "id": answer.id,
        "status": answer.status,
        "probability": answer.probability,
        "basis": answer.basis,
    }

"""Calls that are tried again and again, and services without callers."""

import pytest

from mesh_probe.graph.traffic import never_called, retry_storms
from mesh_probe.model import Edge, Node, Role

HOUR = 3600


def edge(client: str, server: str, rate: float | None = None, errors: float | None = None) -> Edge:
    observed = rate is not None
    return Edge(
        client, server, 1.0, declared=not observed, observed=observed,
        rate_rps=rate, error_ratio=errors,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("into", "passed_on", "out", "errors", "factor"),
    [
        (1.0, 0.0, 4.0, 0.75, 4.0),
        (1.0, 0.05, 2.0, 0.5, 2.0),
        (1.0, 0.0, 6.0, 0.5, 6.0),
        (1.0, 0.66, 3.4, 0.9, 3.4),  # four tries, and two in three requests fail all the same
        (1.0, 0.43, 3.05, 0.75, 3.0),  # five tries, and something else fails a quarter
    ],
)
def test_many_failing_calls_for_each_request_are_tries_again(
    into: float, passed_on: float, out: float, errors: float, factor: float
) -> None:
    edges = [edge("web", "cart", into, passed_on), edge("cart", "db", out, errors)]

    (found,) = retry_storms(edges, HOUR)

    assert (found.id, found.severity, found.subject) == ("retry-storm", "warning", "cart -> db")
    assert found.text.parameters == {
        "client": "cart", "server": "db", "factor": factor, "errors": errors,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("into", "passed_on", "out", "errors"),
    [
        (1.0, 0.0, 4.0, 0.0),  # it calls four times, and that works
        (1.0, 0.0, 4.0, 0.02),  # hardly any fail, so few are tries again
        (1.0, 0.7, 2.0, 0.75),  # failures are passed on: two calls are meant
        (1.0, 0.998, 4.0, 0.8),  # four calls are meant, and all have to work
        (1.0, 0.5, 2.0, 0.5),  # two are meant, and fail together
        (1.0, 0.0, 1.0, 0.75),  # once each: it can do without
        (1.0, 0.0, 4.0, 1.0),  # nothing works: what is meant cannot be told
    ],
)
def test_other_failing_calls_are_not(
    into: float, passed_on: float, out: float, errors: float
) -> None:
    edges = [edge("web", "cart", into, passed_on), edge("cart", "db", out, errors)]

    assert list(retry_storms(edges, HOUR)) == []


def test_without_figures_of_what_comes_in_nothing_is_said() -> None:
    assert list(retry_storms([edge("web", "cart"), edge("cart", "db", 4.0, 0.75)], HOUR)) == []


def node(name: str, role: Role = "middle", *services: str) -> Node:
    return Node(name, name, "Deployment", role, "shop", services=services)


def test_a_service_without_any_client_is_told_where_most_others_are_seen() -> None:
    nodes = {
        each.id: each
        for each in (
            node("web", "entry", "shop/web"),
            node("cart", "leaf", "shop/cart"),
            node("gift", "isolated", "shop/gift"),
            node("worker", "isolated"),
            node("db", "datastore", "shop/db"),
            node("named", "isolated", "shop/named"),
        )
    }
    seen = [edge("web", "cart", 1.0), edge("web", "named")]

    assert [f.subject for f in never_called(nodes, seen)] == ["gift"]
    assert list(never_called(nodes, [edge("web", "cart"), edge("web", "named")])) == []

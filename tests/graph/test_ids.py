"""Names in a row tell apart what they stand for."""

from mesh_probe.graph.ids import short_names
from mesh_probe.model import Node


def node(namespace: str | None, name: str) -> Node:
    return Node(f"{namespace}/{name}", name, "Deployment", "middle", namespace)


def test_a_name_that_nothing_else_has_stands_alone() -> None:
    assert short_names([node("shop", "web"), node("bank", "till")]) == ("web", "till")
    assert short_names([]) == ()


def test_namesakes_are_told_apart_by_their_namespaces() -> None:
    nodes = [node("bank", "web"), node("shop", "cart"), node("shop", "web")]

    assert short_names(nodes) == ("bank/web", "cart", "shop/web")
    assert short_names([node(None, "db"), node("shop", "db")]) == ("db", "shop/db")


def test_many_namesakes_are_counted_in_place_of_the_first() -> None:
    homes = ("alpha", "beta", "gamma", "delta")
    nodes = [node(home, name) for home in homes for name in ("backup", "cache")]

    assert short_names([*nodes, node("shop", "web")]) == ("backup ×4", "cache ×4", "web")
    assert short_names(nodes[:6])[:2] == ("alpha/backup", "alpha/cache")

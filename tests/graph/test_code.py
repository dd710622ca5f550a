"""Which workload a file of a source tree belongs to, and what its code claims."""

import pytest
from msgspec.structs import replace

from mesh_probe.graph.build import build
from mesh_probe.graph.code import Homes
from mesh_probe.graph.places import Places
from mesh_probe.model import (
    Build,
    CodeTree,
    ConfigMap,
    ConfigUse,
    Container,
    Edge,
    Evidence,
    KeyUse,
    Reference,
    Via,
)
from mesh_probe.text import message
from tests.builders import app, cluster

IMAGES = (Container("main", "registry.example/team/shop-front@sha256:0"),)
CLUSTER = cluster(
    *app("cart"),
    *app("order-history"),
    *app("web", containers=IMAGES),
    *app("reviews-v1", service="reviews"),
    *app("reviews-v2", service="reviews"),
    *app("release-payment"),
)


SRC = CodeTree("src")


def homes(path: str, tree: CodeTree = SRC) -> tuple[str, ...]:
    return Homes(tree, Places(CLUSTER.objects)).of(path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("cart/main.go", ["shop/cart"]),
        ("src/cartservice/a/b.go", ["shop/cart"]),
        ("src/OrderHistoryService/a.cpp", ["shop/order-history"]),
        ("order_history/a.py", ["shop/order-history"]),
        ("shop-front/a.js", ["shop/web"]),
        ("reviews/a.java", ["shop/reviews-v1", "shop/reviews-v2"]),
        ("acme-order-history/a.py", ["shop/order-history"]),
        ("lib/a.py", []),
        ("a.py", []),
    ],
)
def test_a_file_belongs_to_the_workload_that_its_folder_is_called_like(
    path: str, found: list[str]
) -> None:
    assert list(homes(path)) == found


def test_of_nested_names_the_one_where_a_program_is_built_counts() -> None:
    assert homes("web/cart/a.js") == ("shop/web",)
    assert homes("web/cart/a.js", CodeTree("src", projects=("web/cart",))) == ("shop/cart",)


def test_a_build_file_goes_before_names() -> None:
    tree = CodeTree("src", builds=(Build("cart", "web"), Build("x", "me/shop-front:2")))

    assert homes("cart/a.js", tree) == ("shop/web",)
    assert homes("x/y/a.js", tree) == ("shop/web",)


def test_a_tree_that_is_called_like_a_workload_is_its() -> None:
    assert homes("a.py", CodeTree("cart")) == ("shop/cart",)
    assert homes("lib/a.py", CodeTree("cart")) == ("shop/cart",)


def test_an_image_with_many_programs_does_not_tell_whose_code_it_is() -> None:
    image = (Container("main", "registry.example/all-in-one"),)
    snapshot = cluster(*app("a", containers=image), *app("b", containers=image))

    assert Homes(CodeTree("all-in-one"), Places(snapshot.objects)).of("x.py") == ()


def reference(host: str, form: str, key: str = "", port: int | None = None) -> Reference:
    return Reference(host, key, "web/a.py:7", form, port)  # type: ignore[arg-type]


def edges(*references: Reference) -> dict[str, float]:
    snapshot = replace(CLUSTER, code=(CodeTree("src", references=references),))
    return {e.server: e.confidence for e in build(snapshot).edges.values()}


def test_code_claims_a_call_with_file_and_line() -> None:
    snapshot = replace(CLUSTER, code=(CodeTree("my src", references=(reference("cart", "url"),)),))

    assert list(build(snapshot).edges.values()) == [
        Edge(
            client="shop/web",
            server="shop/cart",
            confidence=0.9,
            declared=True,
            observed=False,
            via=(Via("shop/cart"),),
            evidence=(
                Evidence(
                    "Deployment shop/web",
                    message("evidence.code", file="my src/web/a.py:7", host="cart"),
                    "code",
                    check="sed -n 7p 'my src/web/a.py'",
                ),
            ),
        )
    ]


def test_a_word_counts_by_what_stands_around_it_and_by_how_unlike_a_word_it_is() -> None:
    assert edges(reference("cart", "word", "CART_HOST")) == {"shop/cart": 0.75}
    assert edges(reference("order-history", "word")) == {"shop/order-history": 0.65}
    assert edges(reference("cart", "word")) == {"shop/cart": 0.3}
    assert edges(reference("cart", "word", "srv-cart")) == {"shop/cart": 0.65}


def test_an_id_of_dapr_leads_to_the_workload_of_the_same_namespace_that_has_it() -> None:
    ids = {"dapr.io/app-id": "order-worker"}
    snapshot = cluster(
        *app("web"), *app("w", annotations=ids), *app("w", namespace="other", annotations=ids)
    )
    found = replace(reference("order-worker", "word"), scheme="dapr")
    tree = CodeTree("src", references=(found, replace(found, host="gone")))

    assert {
        e.server: e.confidence for e in build(replace(snapshot, code=(tree,))).edges.values()
    } == {"shop/w": 0.65}


def test_a_port_that_the_service_does_not_have_weakens_the_claim() -> None:
    assert edges(reference("cart", "url", port=81)) == {"shop/cart": pytest.approx(0.54)}


def test_names_of_nothing_here_and_of_the_workload_itself_claim_nothing() -> None:
    assert edges(reference("gone", "url"), reference("web", "url")) == {}


def test_code_tells_who_uses_what_of_a_shared_list_of_addresses() -> None:
    address = Reference("cart", "CART_ADDR", "CART_ADDR", "word")
    other = Reference("order-history", "HISTORY_ADDR", "HISTORY_ADDR", "word")
    reads = (ConfigUse("addresses", "envFrom"),)
    snapshot = cluster(
        *app("cart"),
        *app("order-history"),
        *(thing for name in ("a", "b", "c", "web") for thing in app(name, config=reads)),
        ConfigMap("shop", "addresses", references=(address, other)),
    )
    tree = CodeTree("src", keys=(KeyUse("CART_ADDR", "web/a.py:7"),))
    before, after = build(snapshot).edges, build(replace(snapshot, code=(tree,))).edges

    pair = ("shop/web", "shop/cart")
    assert before[pair].confidence < 0.75
    assert after[pair].confidence == 0.75
    assert {p: e for p, e in before.items() if p != pair} == {
        p: e for p, e in after.items() if p != pair
    }

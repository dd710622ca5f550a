"""Pages of lists: what they say, and what becomes of the odd ones."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.inventory import Inventory, Page
from mesh_probe.kinds import KINDS, Kind
from mesh_probe.model import Gap, KindRead, Namespace, Pod
from mesh_probe.text import message
from tests.inventory.raw_objects import filled, kind, meta, owned_by, page, service, table


def test_a_page_says_what_follows() -> None:
    body = page(
        "Service",
        service("cart"),
        **{"continue": "t", "remainingItemCount": 9, "resourceVersion": "7"},
    )

    assert Inventory().add_page(kind("Service"), body) == Page("t", 1, "7")


def test_the_last_page_has_no_token() -> None:
    assert Inventory().add_page(kind("Service"), page("Service", **{"continue": ""})) == Page(
        None, 0, None
    )


@pytest.mark.parametrize("items", [b"null", b"[]"])
def test_a_list_of_nothing_is_a_list(items: bytes) -> None:
    body = b'{"kind":"ServiceList","items":' + items + b"}"

    assert Inventory().add_page(kind("Service"), body).count == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>login</html>",
        b'{"items": [',
        b'{"kind": "Status", "reason": "Forbidden"}',
        b"[]",
        b"null",
        b'"text"',
        b'{"items": 7}',
        b'{"items": [{"metadata": {"name": "\xff"}}]}',
        b'{"a":' * 100_000,
    ],
)
@pytest.mark.parametrize("of", ["Service", "Pod", "NetworkPolicy"])
def test_what_is_no_list_is_refused(of: str, body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Inventory().add_page(kind(of), body)


def test_one_odd_object_is_one_gap_and_the_others_stay() -> None:
    inventory = Inventory()
    odd = {"metadata": meta("odd"), "spec": {"ports": "none"}}

    read = inventory.add_page(kind("Service"), page("Service", service("a"), odd, 7, service("b")))

    assert read.count == 2
    assert [s.name for s in inventory.objects().services] == ["a", "b"]
    assert inventory.gaps == (
        Gap("Service", message("gap.odd-object", detail="Expected `object`, got `int`")),
        Gap(
            "Service shop/odd",
            message(
                "gap.odd-object",
                detail="Expected `array | null`, got `str` - at `$.spec.ports`",
            ),
        ),
    )


def test_an_odd_row_of_a_table_is_one_gap_too() -> None:
    inventory = Inventory()
    body = table((meta("a"), ("a", "1/1")), ({"name": 7}, ("b", "1/1")))

    assert inventory.add_page(kind("Pod"), body).count == 1
    assert [p.name for p in inventory.objects().pods] == ["a"]
    assert len(inventory.gaps) == 1


def test_a_table_gives_pods_their_state() -> None:
    inventory = Inventory()
    body = table(
        (
            meta("cart-1", ownerReferences=owned_by("StatefulSet", "cart")),
            ("cart-1", "1/2", "CrashLoopBackOff", "3 (5m ago)", "5d", "10.1.0.6", "n1", "<none>"),
        ),
        (meta("new"), ("new", "0/1", "Pending", 0, "1s", "<none>", "<none>", "<none>")),
        (meta("short"), ("short",)),
    )

    inventory.add_page(kind("Pod"), body)

    assert inventory.objects().pods == (
        Pod(
            "shop",
            "cart-1",
            "StatefulSet/cart",
            "10.1.0.6",
            "n1",
            "CrashLoopBackOff",
            ready=False,
            restarts=3,
        ),
        Pod("shop", "new", "Pod/new", None, None, "Pending", ready=False, restarts=0),
        Pod("shop", "short", "Pod/short"),
    )


def test_only_the_namespaces_asked_for_are_kept() -> None:
    pages = {
        "Namespace": [{"metadata": meta(n, None)} for n in ("shop", "data", "ops")],
        "Service": [service("a"), service("b", "data"), service("c", "ops")],
        "Node": [{"metadata": meta("n1", None)}],
    }

    only = filled(
        pages, namespaces=frozenset({"shop", "data"}), excluded=frozenset({"data"})
    ).objects()
    without = filled(pages, excluded=frozenset({"shop"})).objects()

    assert [s.name for s in only.services] == ["a"]
    assert [n.name for n in only.namespaces] == ["shop"]
    assert [n.name for n in only.nodes] == ["n1"]
    assert [s.name for s in without.services] == ["b", "c"]


def test_kinds_tell_none_from_not_seen() -> None:
    inventory = Inventory()
    inventory.add_page(kind("Service"), page("Service", service("a"), service("b")))
    inventory.mark(kind("Service"), "partial")
    inventory.mark(kind("Namespace"), "unreadable")

    assert inventory.objects().kinds == (
        KindRead("Namespace", "", "unreadable", 0),
        KindRead("Service", "", "partial", 2),
    )


def test_of_two_objects_of_one_name_the_later_counts() -> None:
    inventory = Inventory()
    inventory.add_page(kind("Service"), page("Service", service("a", port=1), service("a", port=2)))

    assert [s.ports[0].port for s in inventory.objects().services] == [2]


@given(st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_objects_never_matters(names: list[str]) -> None:
    inventory = Inventory()
    inventory.add_page(
        kind("Namespace"), page("Namespace", *({"metadata": meta(n, None)} for n in names))
    )

    assert inventory.objects().namespaces == tuple(Namespace(n) for n in "abcd")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "metadata",
                    "spec",
                    "name",
                    "namespace",
                    "items",
                    "containers",
                    "template",
                    "env",
                    "value",
                    "ports",
                    "data",
                    "rules",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("of", KINDS, ids=lambda k: f"{k.name}.{k.group}")
@given(items=st.lists(JSON, max_size=3))
def test_no_object_makes_it_fail(of: Kind, items: list[object]) -> None:
    inventory = Inventory()

    inventory.add_page(of, page(of.name, *items))
    inventory.objects()
    inventory.missing_templates()

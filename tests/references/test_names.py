"""What names are about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.references import names


@pytest.mark.parametrize(
    ("name", "about"),
    [
        ("orders", ("order",)),
        ("orders-db", ("order",)),
        ("order-service-v2", ("order",)),
        ("memcached-seat-map-1", ("seat", "map")),
        ("seatMapService", ("seat", "map")),
        ("orderservice", ("order",)),
        ("address-api", ("address",)),
        ("postgres", ()),
        ("db-0", ()),
    ],
)
def test_a_name_is_about_what_is_left_without_the_words_for_its_kind(
    name: str, about: tuple[str, ...]
) -> None:
    assert names.subject(name) == about


def test_a_key_is_about_what_is_left_without_the_words_for_addresses() -> None:
    assert names.key_subject("SEAT_MAP_REDIS_URL") == ("seat", "map")
    assert names.key_subject("SPRING_DATASOURCE_URL") == ()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("reserve", "reservation", True),
        ("shipping", "shipment", False),
        ("ledger", "ledgerwriter", False),
        ("seat-map", "seat-mapping", False),
        ("order", "orders-api", True),
        ("pay", "payment", False),
    ],
)
def test_forms_of_a_word_are_alike_and_compounds_are_not(one: str, other: str, same: bool) -> None:
    assert names.alike(names.subject(one), names.subject(other)) is same


def test_words_of_all_names_are_common() -> None:
    assert names.common(["acme-cart-prod", "acme-orders-prod"]) == {"acme", "prod"}
    assert names.common(["acme-cart"]) == set()


@pytest.mark.parametrize(
    ("name", "sink"),
    [
        ("jaeger-agent", True),
        ("otel-collector", True),
        ("config-server", True),
        ("consul", True),
        ("config", False),
        ("server", False),
        ("orders", False),
    ],
)
def test_what_all_services_report_to_is_known_by_its_name(name: str, sink: bool) -> None:
    assert names.is_sink(name) is sink


@given(st.text(), st.text())
def test_no_name_makes_it_fail(one: str, other: str) -> None:
    assert names.alike(names.subject(one), names.subject(other)) == names.alike(
        names.subject(other), names.subject(one)
    )
    names.key_subject(one)
    names.is_sink(one)

"""Pseudonyms keep what a name says to our rules, and nothing else of it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.graph.shape import VARIANT
from mesh_probe.model import Service
from mesh_probe.pseudonyms.words import Words
from mesh_probe.references import keys
from mesh_probe.references.resolve import Resolver
from mesh_probe.source import Ask, Window, series
from mesh_probe.sources import SOURCES
from tests.dialects.writers import DIALECTS

WORDS = Words(b"sixteen bytes or more")
CART, SHOP = WORDS.name("cart"), WORDS.name("shop")

METRICS = frozenset(each.name for dialect in DIALECTS for each in dialect.series)


def test_a_pseudonym_is_one_short_word() -> None:
    assert re.fullmatch(r"[a-z]{12}", CART)
    assert CART != SHOP


@pytest.mark.parametrize(
    ("name", "hidden"),
    [
        ("cart.shop", f"{CART}.{SHOP}"),
        ("cart.shop.svc.cluster.local", f"{CART}.{SHOP}.svc.cluster.local"),
        ("cart.shop:8080", f"{CART}.{SHOP}:8080"),
        ("shop/cart", f"{SHOP}/{CART}"),
        ("cart-0", f"{CART}-0"),
        ("cart-canary", f"{CART}-canary"),
        ("cart-v2-0", f"{CART}-v2-0"),
        ("*.shop.svc", f"*.{SHOP}.svc"),
        ("_http._tcp.cart", f"_http._tcp.{CART}"),
        ("localhost", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        ("kube-system", "kube-system"),
        ("", ""),
    ],
)
def test_the_form_of_a_name_stays(name: str, hidden: str) -> None:
    assert WORDS.name(name) == WORDS.host(name) == hidden


def test_case_counts_in_labels_and_not_in_hosts() -> None:
    assert WORDS.name("Cart") != CART
    assert WORDS.host("Cart") == CART.upper()


@pytest.mark.parametrize("name", ["10.0.0.7", "2001:4860::8888", "ip-10-0-0-7", "10-0-0-7"])
def test_no_part_of_an_address_is_left(name: str) -> None:
    hidden = WORDS.name(f"{name}.x" if "-" in name else name)

    assert not {"10", "7", "4860", "8888"} & set(re.split(r"[.:-]", hidden))


def test_a_name_with_a_long_number_shows_none_of_it() -> None:
    assert re.fullmatch(r"[a-z]{12}-0", WORDS.name("customer-47110815"))


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,12}[a-z0-9])?", fullmatch=True)
endings = st.sampled_from(["", "-0", "-12", "-canary", "-v2", "-stable", "-1234", "-0-1"])


@given(labels, endings)
def test_endings_that_our_rules_read_stay_and_none_are_made(stem: str, ending: str) -> None:
    name = stem + ending
    hidden = WORDS.name(name)
    found, left = VARIANT.search(name), VARIANT.search(hidden)

    assert (found and found[0]) == (left and left[0])
    assert bool(re.fullmatch(r".+-\d+", name)) == bool(re.fullmatch(r".+-\d+", hidden))
    if found:
        assert VARIANT.sub("", hidden) == WORDS.name(VARIANT.sub("", name))


@given(
    st.lists(labels, min_size=1, max_size=4), st.sampled_from(["", ".svc", ".svc.cluster.local"])
)
def test_a_host_resolves_to_the_same_service(parts: list[str], ending: str) -> None:
    host = ".".join(parts) + ending
    known = [Service("shop", parts[0]), Service("shop", "cart"), Service(parts[-1], "cart")]
    called = [Service(WORDS.name(s.namespace), WORDS.name(s.name)) for s in known]
    plain = Resolver(known).resolve(host, 80, "shop")
    hidden = Resolver(called).resolve(WORDS.host(host), 80, SHOP)

    assert hidden.problem == plain.problem
    assert hidden.service == (called[known.index(plain.service)] if plain.service else None)
    assert hidden.external == (WORDS.host(plain.external) if plain.external else None)


@given(st.from_regex(r"[A-Za-z0-9_.:-]{0,24}", fullmatch=True))
def test_any_key_still_says_what_stands_under_it(key: str) -> None:
    assert keys.place(WORDS.key(key)) == keys.place(key)


SOME_WORDS = """
    acme Zebra QUAGGA x 12 4711 h host HOST url Url name Name server domain connection string proxy
    pass catalog user service image Tag token auth backend gateway queue timeout INSECURE
"""
some_words = st.sampled_from(SOME_WORDS.split())


@given(st.lists(st.tuples(some_words, st.sampled_from(["", "_", ".", "-", ":"])), max_size=5))
def test_a_key_of_telling_words_still_says_what_stands_under_it(
    parts: list[tuple[str, str]],
) -> None:
    key = "".join(word + between for word, between in parts)
    hidden = WORDS.key(key)

    assert keys.place(hidden) == keys.place(key)
    assert not re.search("acme|zebra|quagga|4711|catalog|gateway|queue", hidden, re.IGNORECASE)


@pytest.mark.parametrize("mark", ["insecure", "disable", "skip"])
def test_what_turns_a_switch_round_stays_in_its_key(mark: str) -> None:
    for key in (f"TLS_{mark.upper()}_ACME", f"acme{mark}d", f"tls.{mark}Acme"):
        assert mark in WORDS.key(key).lower()
    assert mark not in WORDS.key("TLS_ACME_ENABLED").lower()


def test_the_data_key_before_a_colon_is_called_as_by_itself() -> None:
    assert WORDS.key("acme.yml:cart.url").partition(":")[0] == WORDS.key("acme.yml")
    assert WORDS.key("acme.yml:cart.url").endswith(".url")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.id)
def test_the_queries_of_a_source_stay_as_they_are(source: object) -> None:
    (found,) = (s for s in SOURCES if s is source)
    asks = found.asks(METRICS, Window(3600, 86_400))

    assert len(asks) >= 3
    assert [WORDS.query(ask.whole()) for ask in asks] == [ask.whole() for ask in asks]
    assert [WORDS.query(ask.purpose) for ask in asks] == [ask.purpose for ask in asks]


def test_names_in_a_query_are_hidden_as_elsewhere() -> None:
    query = 'sum by (server) (rate(acme_requests_total{server=~"cart|shop"}[5m]))'

    assert f'"{CART}|{SHOP}"' in WORDS.query(query)
    assert "acme" not in WORDS.query(query)


def test_a_name_that_is_a_word_of_queries_is_hidden_where_it_is_asked_for() -> None:
    asked = Ask("seen", series("requests_total").join(("rate(", "[300s])")), "namespace")
    hidden = WORDS.query(asked.part(["security", "graph.v1", "shop", ""]))

    names = "|".join(map(WORDS.name, ("security", "graph.v1", "shop", "")))
    assert hidden == f'rate(requests_total{{namespace=~"{names}"}}[300s])'
    assert not re.search("security|graph|shop", hidden)


def test_a_port_keeps_its_protocol() -> None:
    assert WORDS.port("http") == "http"
    assert WORDS.port("grpc-cart") == f"grpc-{CART}"
    assert WORDS.port("8080") == "8080"


def test_a_service_joined_with_its_namespace_and_port_is_still_found() -> None:
    words = Words(b"sixteen bytes or more")
    words.join([("shop", "cart"), ("shop", "cart-api")])

    assert words.joined("shop-cart-80") == f"{SHOP}-{CART}-80"
    assert words.joined("shop-cart-api-http") == f"{SHOP}-{words.name('cart-api')}-http"
    assert words.joined("acme-cart-80") == words.name("acme-cart-80")

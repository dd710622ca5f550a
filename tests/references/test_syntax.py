"""What the syntax of a text says before its hosts are looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.references import syntax


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A:x}", "x"),
        ("${A:-x}:${B}", "x:${B}"),
        ("${A:${B:y}}", "y"),
        ("http://${HOST:films}:${PORT:80}/", "http://films:80/"),
        ("$A ${B} ${", "$A ${B} ${"),
    ],
)
def test_a_placeholder_stands_for_its_default(text: str, expected: str) -> None:
    assert syntax.with_defaults(text) == expected


def test_names_that_a_proxy_gives_to_groups_of_servers_are_its_own() -> None:
    text = "upstream films {\n server a:80;\n}\n  upstream tills{\n"

    assert syntax.own_names(text) == {"films", "tills"}


def test_keys_and_values_are_taken_out_where_they_are_about_addresses() -> None:
    text = "host films\nname seats\nport 80;\n'url' => 'till'\n<password>films</password>\n"

    rest, found = syntax.pairs(text)

    assert found == [
        (0, "host", "films"),
        (2, "port", "80"),
        (3, "url", "till"),
        (4, "password", "films"),
    ]
    assert rest.split() == ["name", "seats"]


def test_a_value_that_is_more_than_a_host_is_left_in_the_text() -> None:
    text = "url = 'http://films'\n"

    assert syntax.pairs(text) == (text, [])


def test_hosts_and_ports_of_a_description_are_taken_out() -> None:
    text = "x(DESCRIPTION=(ADDRESS=(PROTOCOL=TCP)(HOST = films)(PORT = 1521)))"

    rest, found = syntax.descriptions(text)

    assert found == [("films", "1521")]
    assert "films" not in rest


@given(st.text(alphabet=st.sampled_from("ab.-_:=<>/'\"${}()[] \t\n\\;,@08"), max_size=300))
def test_no_text_makes_it_fail_and_lines_stay_lines(text: str) -> None:
    rest, found = syntax.pairs(text)

    assert len(rest) == len(text)
    assert all(0 <= line <= text.count("\n") for line, _, _ in found)
    syntax.with_defaults(text)
    syntax.descriptions(text)
    syntax.joined_lines(text)

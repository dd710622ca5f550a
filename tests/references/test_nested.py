"""Documents inside strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.references import nested

YAML = """\
# the shop
spring:
  datasource: {url: "jdbc:postgresql://db:5432/x"}
servers:
- host: b
  port: 80
- host: c
names: [x, y]
"""
PROPERTIES = "# comment\na.b=1\nexport C_D = two\n[section]\nkey: three=\\\n  four\n\n! no\n"


def test_yaml_is_read_as_one_scope_per_mapping() -> None:
    assert nested.scopes("application.yml", YAML) == (
        {"spring.datasource.url": "jdbc:postgresql://db:5432/x"},
        {"servers[].host": "b", "servers[].port": 80},
        {"servers[].host": "c"},
        {"names[]": "x"},
        {"names[]": "y"},
    )


def test_json_is_read_whatever_its_name_is() -> None:
    assert nested.scopes("config", '{"a": {"b": true, "c": null}}') == ({"a.b": True},)


def test_assignments_are_read_with_their_sections() -> None:
    assert nested.scopes("app.properties", PROPERTIES) == (
        {"a.b": "1", "C_D": "two", "section.key": "three=four"},
    )
    assert nested.scopes("anything", "A=1\nB=2\n") == ({"A": "1", "B": "2"},)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("index.html", "<html>\n<body>a=1</body>\n</html>"),
        ("nginx.txt", "server {\n  proxy_pass http://b;\n}"),
        ("ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB\nabcd==\n-----END CERTIFICATE-----"),
        ("LEVEL", "info"),
        ("LINE", "a=1"),
        ("broken.yaml", "a: [\n"),
        ("users", "admin:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\nguest:{SHA}W6ph5Mm5Pz8GgiULbPgz="),
    ],
)
def test_other_texts_are_no_documents(name: str, text: str) -> None:
    assert nested.scopes(name, text) is None


def test_the_lines_of_a_private_key_are_no_assignments() -> None:
    text = 'A=1\nKEY="-----BEGIN PRIVATE KEY-----\nMIIEabc=\n-----END PRIVATE KEY-----"\nB=2\n'

    assert nested.scopes("x.env", text) == ({"A": "1", "B": "2"},)


def test_a_key_that_may_hold_anything_is_not_kept() -> None:
    assert nested.scopes("x.yaml", "'postgres://u:p@db/x': 1\n") == ({"*": 1},)


def test_only_so_many_values_are_read() -> None:
    text = "\n".join(f"k{n}=1" for n in range(nested.LARGEST_PATH_COUNT + 10))

    (scope,) = nested.scopes("x.env", text) or ()

    assert len(scope) == nested.LARGEST_PATH_COUNT


@given(st.text(), st.sampled_from(["x.yaml", "x.json", "x.properties", "x"]))
def test_no_text_makes_it_fail(text: str, name: str) -> None:
    nested.scopes(name, text)
    nested.without_comments(text)


def test_a_dashboard_names_no_hosts() -> None:
    text = '{"panels": [{"url": "http://b"}], "schemaVersion": 39}'

    assert nested.scopes("shop.json", text) == ()
    assert nested.scopes("shop.json", '{"panels": [{"url": "b"}]}') == ({"panels[].url": "b"},)


def test_the_name_of_a_schema_is_no_address() -> None:
    assert nested.scopes("x.json", '{"$schema": "https://b/c", "a": "d"}') == ({"a": "d"},)

"""Hosts and ports that stand in two values."""

from mesh_probe.model import Reference
from mesh_probe.references import scopes
from mesh_probe.references.known import Known

KNOWN = Known({"b": frozenset()})


def test_a_host_and_its_port_become_one_reference() -> None:
    values = {"DB_PORT": "5432", "DB_HOST": "pg", "dbServer": "b", "dbPort": "1", "OTHER": "b"}

    assert scopes.find(values, "env", KNOWN) == (
        Reference("pg", "DB_HOST", "env", "pair", 5432),
        Reference("b", "dbServer", "env", "pair", 1),
        Reference("b", "OTHER", "env", "word"),
    )


def test_a_port_of_another_name_is_not_joined() -> None:
    assert scopes.find({"DB_HOST": "b", "WEB_PORT": "80"}, "env", KNOWN) == (
        Reference("b", "DB_HOST", "env", "word"),
    )


def test_a_host_with_a_port_of_its_own_keeps_it() -> None:
    assert scopes.find({"DB_HOST": "b:1", "DB_PORT": "2"}, "env", KNOWN) == (
        Reference("b", "DB_HOST", "env", "host-port", 1),
    )


def test_a_port_that_is_no_number_or_too_large_is_not_joined() -> None:
    assert scopes.find({"DB_HOST": "pg", "DB_PORT": "http"}, "env", KNOWN) == ()
    assert scopes.find({"DB_HOST": "pg", "DB_PORT": "65536"}, "env", KNOWN) == ()


def test_the_loopback_address_is_no_reference_with_a_port_either() -> None:
    assert scopes.find({"DB_HOST": "127.0.0.1", "DB_PORT": "1"}, "env", KNOWN) == ()

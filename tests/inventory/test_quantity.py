"""Resource quantities."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.inventory import quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100m", 0.1),
        ("2", 2.0),
        (2, 2.0),
        (0.5, 0.5),
        ("1.5Gi", 1.5 * 2**30),
        ("1G", 1e9),
        ("1e3", 1000.0),
        ("1E3", 1000.0),
        ("1E", 1e18),
        ("500n", 5e-7),
        ("+1", 1.0),
        (".5", 0.5),
        ("1.", 1.0),
        ("", None),
        ("abc", None),
        ("1 Gi", None),
        ("1gi", None),
        ("1e999", None),
        (None, None),
    ],
)
def test_a_quantity_is_read_in_its_base_unit(text: str | float | None, value: float | None) -> None:
    assert quantity.parse(text) == value


def test_bytes_are_rounded_up() -> None:
    assert quantity.whole("1500m") == 2
    assert quantity.whole("1Mi") == 1_048_576
    assert quantity.whole("much") is None


@given(st.text())
def test_no_text_makes_it_fail(text: str) -> None:
    quantity.whole(text)

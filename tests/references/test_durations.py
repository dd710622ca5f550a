import pytest

from mesh_probe.references.durations import seconds


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("HTTP_TIMEOUT", "1m30s", 90.0),
        ("HTTP_TIMEOUT", "500ms", 0.5),
        ("HTTP_TIMEOUT", "2 seconds", 2.0),
        ("HTTP_TIMEOUT", "PT30S", 30.0),
        ("HTTP_TIMEOUT", "P1DT1H", 90_000.0),
        ("HTTP_TIMEOUT_MS", 1500.0, 1.5),
        ("http.timeout.seconds", 3.0, 3.0),
        ("HTTP_TIMEOUT", 1500.0, None),
        ("HTTP_TIMEOUT", "5 parsecs", None),
        ("HTTP_TIMEOUT", True, None),
        ("HTTP_TIMEOUT", "", None),
    ],
)
def test_a_time_is_told_by_its_value_or_its_key(
    key: str, value: str | float | bool, expected: float | None
) -> None:
    assert seconds(key, value) == (None if expected is None else pytest.approx(expected))

"""Times that settings tell, in seconds."""

import re

from mesh_probe.references.keys import words

_UNITS = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
}
_NAMED = {
    "millis": "ms",
    "milliseconds": "ms",
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "min": "m",
    "mins": "m",
    "minute": "m",
    "minutes": "m",
    "hour": "h",
    "hours": "h",
    "day": "d",
    "days": "d",
}
UNITS = frozenset({*_UNITS, *_NAMED} - {"d", "day", "days", "hour", "hours"})
"""Words of a key that are a unit of its value."""

_PART = re.compile(r"(\d+(?:\.\d+)?) ?([a-zµ]+)")
_JAVA = re.compile(
    r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:\.\d+)?)S)?)?",
    re.IGNORECASE,
)


def seconds(key: str, value: str | float | bool) -> float | None:
    """The time that a setting is; None where neither the value nor the key tells the unit.

    Go's and nginx's forms ("1m30s", "500ms"), Java's ("PT30S"), and figures under a key that ends
    in a unit (HTTP_TIMEOUT_MS).
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        unit = next((word for word in reversed(words(key)) if word in UNITS), None)
        return None if unit is None else value * _UNITS[_NAMED.get(unit, unit)]
    if (java := _JAVA.fullmatch(value)) and len(value) > 1:
        return sum(float(java[unit] or 0) * _UNITS[unit] for unit in "dhms")
    parts = _PART.findall(value.lower())
    if not parts or any(_NAMED.get(unit, unit) not in _UNITS for _, unit in parts):
        return None
    return sum(float(figure) * _UNITS[_NAMED.get(unit, unit)] for figure, unit in parts)

"""Resource quantities: "100m", "1Gi", "1e3".

https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

import math
import re
from functools import lru_cache

_SUFFIXES = {
    "n": 1e-9,
    "u": 1e-6,
    "m": 1e-3,
    "": 1.0,
    "k": 1e3,
    "M": 1e6,
    "G": 1e9,
    "T": 1e12,
    "P": 1e15,
    "E": 1e18,
    "Ki": 2.0**10,
    "Mi": 2.0**20,
    "Gi": 2.0**30,
    "Ti": 2.0**40,
    "Pi": 2.0**50,
    "Ei": 2.0**60,
}
_QUANTITY = re.compile(
    r"([+-]?(?:\d{1,40}(?:\.\d{0,40})?|\.\d{1,40}))"
    r"(?:[eE]([+-]?\d{1,3})|([a-zA-Z]{0,2}))"
)


@lru_cache(maxsize=4_096, typed=True)
def parse(quantity: str | float | None) -> float | None:
    """The quantity in its base unit (cores, bytes); None when it is none."""
    if quantity is None:
        return None
    found = _QUANTITY.fullmatch(str(quantity).strip())
    if found is None:
        return None
    digits, exponent, suffix = found.groups()
    scale = _SUFFIXES.get(suffix or "")
    if scale is None:
        return None
    value = float(f"{digits}e{exponent}") if exponent else round(float(digits) * scale, 9)
    return value if math.isfinite(value) else None


def whole(quantity: str | float | None) -> int | None:
    """The quantity rounded up to whole units, as the API does with bytes."""
    value = parse(quantity)
    return None if value is None else math.ceil(value)

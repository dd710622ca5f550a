"""Messages, figures and times as JSON has them.

Equal input gives equal bytes, no number is one that some JSON reader cannot take, and nothing in a
text can harm a screen.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from mesh_probe.text import Message, Parameter, Wording
from mesh_probe.text.visible import HIDDEN

SIGNIFICANT_DIGITS = 6

LARGEST_COUNT = 2**53 - 1
"""The largest whole number that every JSON reader reads exactly; a larger count is cut to it."""

Value = str | int | float | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def document(sections: Mapping[str, object]) -> str:
    """A whole document, indented, of parts that are JSON already."""
    indented = msgspec.json.format(msgspec.json.encode(sections), indent=2)
    return f"{indented.decode()}\n"


def encoded(value: Value) -> msgspec.Raw:
    """A record as JSON; each is written at once, so that many never stand in memory as dicts.

    What could harm a screen is escaped, which JSON readers undo. Half surrogates, from file names
    that are no UTF-8, cannot be encoded at all: they become "?".
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    if not text.isprintable():
        whole = text.encode("utf-8", "replace").decode()
        text = HIDDEN.sub(lambda found: json.dumps(found[0])[1:-1], whole)
    return msgspec.Raw(text.encode())


def told(said: Message, wording: Wording) -> Value:
    """A message by itself: what it was made of, and its words."""
    return {"id": said.id, "parameters": parameters(said), "text": wording.say(said)}


def worded(key: str, said: Message | None, wording: Wording) -> dict[str, Value]:
    """The words under a key, and what they were made of beside it."""
    if said is None:
        return {key: None, f"{key}_id": None, f"{key}_parameters": {}}
    return {
        key: wording.say(said),
        f"{key}_id": said.id,
        f"{key}_parameters": parameters(said),
    }


def parameters(said: Message) -> dict[str, Value]:
    """The parameters of a message, by name."""
    return {name: _parameter(value) for name, value in sorted(said.parameters.items())}


def number(value: float | None) -> float | None:
    """A figure without the digits that nobody measured; null where it is not finite."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # + 0.0 turns -0.0 into 0.0


def instant(at: datetime) -> str:
    """A time in UTC, ISO 8601."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parameter(value: Parameter) -> Value:
    if isinstance(value, int):
        return min(value, LARGEST_COUNT)
    return number(value) if isinstance(value, float) else value

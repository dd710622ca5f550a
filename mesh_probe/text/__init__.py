"""Messages and their wording.

The program speaks in messages: an id and its parameters. Only the report formats and the command
line put them into words, through a `Wording`, so that every sentence exists in every language and
the JSON report can carry the id beside the words.
"""

import json
import re
import string
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import msgspec

LANGUAGES = ("en", "ko")

Parameter = str | int | float | None


class Message(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What is to be said: the id of a text in the catalogues, and what it is said about."""

    id: str
    parameters: dict[str, Parameter] = {}

    def __hash__(self) -> int:
        """Equal messages have equal hashes, whatever the order of their parameters."""
        return hash((self.id, frozenset(self.parameters.items())))


def message(text_id: str, /, **parameters: Parameter) -> Message:
    """A message with its parameters by name."""
    return Message(text_id, parameters)


def listed(names: Iterable[str], at_most: int = 3) -> str:
    """Names as one parameter of a message: the first few, and a mark where there are more."""
    every = list(names)
    return ", ".join(every[:at_most] + ["…"] * (len(every) > at_most))


_SERVICE_NODE = re.compile(r"(?<![\w.:/-])service:(?=[a-z0-9-]+/[a-z0-9-]+(?![\w.:/-]))")


def named(ids: str) -> str:
    """Ids of nodes as people read them: the node "service:shop/cart" is Service shop/cart."""
    return _SERVICE_NODE.sub("", ids)


class Wording:
    """Puts messages into the words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogue(language)
        self._formatter = _Formatter(language)

    def say(self, said: Message) -> str:
        """The message in words; its bare facts where only a later version has words for it."""
        if said.id not in self._texts:
            facts = ", ".join(f"{name}: {value}" for name, value in said.parameters.items())
            return f"{said.id} ({facts})" if facts else said.id
        text = self._formatter.vformat(self._texts[said.id], (), said.parameters)
        return _particles(text) if self.language == "ko" else text

    def text(self, text_id: str, /, **parameters: Parameter) -> str:
        """The same for a fixed text, such as a heading."""
        return self.say(Message(text_id, parameters))


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """All texts of one language by id."""
    file = resources.files(__package__).joinpath(f"{language}.json")
    texts: dict[str, str] = json.loads(file.read_text(encoding="utf-8"))
    return texts


def duration(seconds: float, language: str = "en") -> str:
    """Seconds for people: 0.0042 is "4.2 ms", 90 is "1.5 min"."""
    names = _TIMES[language]
    for limit, name, size in zip(_TIME_LIMITS, names, _TIME_SIZES, strict=False):
        if abs(seconds) < limit:
            return f"{_short(seconds / size)}{name}"
    return f"{_short(seconds / _TIME_SIZES[-1])}{names[-1]}"


def rate(per_second: float) -> str:
    """Calls for people, per second, minute or hour, whichever needs no leading zeros."""
    for unit, size in (("s", 1), ("min", 60)):
        if per_second * size >= _LEAST_RATE or per_second == 0:
            return f"{_short(per_second * size)}/{unit}"
    return f"{_short(per_second * 3600)}/h"


def percent(ratio: float) -> str:
    """A ratio of 0 to 1 for people; small ones keep a digit, and nearly all is not all."""
    share = ratio * 100
    if _NEARLY_ALL <= share < 100:  # noqa: PLR2004
        return ">99%"
    return f"{share:.0f}%" if share >= _WHOLE_PERCENT else f"{round(share, 4):.2g}%"


def size(count: float) -> str:
    """Bytes for people, in powers of 1000."""
    for limit, unit, scale in ((1000, "B", 1), (10**6, "kB", 10**3), (10**9, "MB", 10**6)):
        if count < limit:
            return f"{_short(count / scale)} {unit}"
    return f"{_short(count / 10**9)} GB"


def plural(count: float | str) -> str:
    """The ending that an English noun takes after a count, which may be written out: "1,000"."""
    return "" if count in (1, "1") else "s"


def _short(number: float) -> str:
    """Three digits, never in the notation of engineers."""
    return f"{number:.0f}" if abs(number) >= _WHOLE else f"{round(number, 3):.3g}"


_TIMES = {"en": (" ms", " s", " min", " h", " d"), "ko": ("ms", "초", "분", "시간", "일")}
_TIME_SIZES = (0.001, 1, 60, 3600, 86_400)
_TIME_LIMITS = (0.9995, 60, 3600, 172_800)
"""Seconds up to which each but the last of these is used."""

_WHOLE = 100
_WHOLE_PERCENT = 10
_NEARLY_ALL = 99.5
_LEAST_RATE = 0.1

_UNITS: Mapping[str, Callable[[float], str]] = {
    "rate": rate,
    "percent": percent,
    "plural": plural,
    "size": size,
}


TERMS = "label"
"""What a unit begins with that is the beginning of ids: "{uses:label.use}", "{answer:label}"."""


class _Formatter(string.Formatter):
    """`str.format` that also knows the units of this field: `{p99:duration}`.

    Of "metrics, logs" the unit "label.use" makes the texts "label.use.metrics", "label.use.logs".
    """

    def __init__(self, language: str) -> None:
        self._language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        if value is None:
            return "–"
        if format_spec.startswith(TERMS):
            texts = catalogue(self._language)
            terms = str(value).split(", ")
            return ", ".join(texts.get(f"{format_spec}.{term}", term) for term in terms)
        if format_spec == "duration":
            return duration(value, self._language)
        if format_spec in _UNITS:
            return _UNITS[format_spec](value)
        if isinstance(value, str):
            value = named(value)
        return str(super().format_field(value, format_spec))


# Korean particles change with the last sound of the word before them. The catalogue writes both,
# "이(가)"; after Hangul or a digit the fitting one is chosen, after anything else both stay, as
# Korean technical prose writes them after Latin names.
_BOTH_PARTICLES = re.compile(
    r"([가-힣0-9])(['\"]?)(이\(가\)|을\(를\)|은\(는\)|과\(와\)|으로\(로\))"
)
_DIGITS_ENDING_IN_CONSONANT = "013678"


def _particles(text: str) -> str:
    def choose(found: re.Match[str]) -> str:
        last, quote, both = found.groups()
        with_consonant, without = both[: both.index("(")], both[both.index("(") + 1 : -1]
        if last.isdigit():
            closed, rieul = last in _DIGITS_ENDING_IN_CONSONANT, last in "178"
        else:
            sound = (ord(last) - ord("가")) % 28
            closed, rieul = sound > 0, sound == 8  # noqa: PLR2004  # 8 is the final ㄹ
        if with_consonant == "으로" and rieul:
            closed = False
        return last + quote + (with_consonant if closed else without)

    return _BOTH_PARTICLES.sub(choose, text)

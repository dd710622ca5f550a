"""The words of a page, in every language at once.

What is on the page in the reader's language carries the number of its message, and the page holds
the messages and the templates they need, so that a reader can switch the language.
"""

import string
from collections.abc import Callable, Mapping, Sequence

from mesh_probe.formats.html.markup import Markup, tag
from mesh_probe.text import LANGUAGES, TERMS, Message, Parameter, Wording, catalogue, named
from mesh_probe.text.visible import visible

LARGEST = 2**53 - 1
"""The largest whole number that a browser holds exactly."""

Packed = list[str | int | float | None]
"""A message for the page: its shape and values, or -1 and one text for each language."""


class Words:
    """Puts messages into words, and keeps what the page needs to say them in another language."""

    def __init__(self, wording: Wording) -> None:
        self.wording = wording
        self.wordings = {language: type(wording)(language) for language in LANGUAGES}
        self.messages: list[Packed] = []
        self.shapes: list[tuple[str, list[str]]] = []
        self._numbers: dict[str, int] = {}
        self._shape_numbers: dict[tuple[str, tuple[str, ...]], int] = {}
        self._bare = {text_id: _bare(text) for text_id, text in catalogue("en").items()}
        self._with_terms = {i for i, text in catalogue("en").items() if f":{TERMS}" in text}

    def say(self, said: Message | None) -> Markup:
        """A message on the page."""
        if said is None:
            return Markup("")
        return self._marked(self.pack(said), self.wording.say(_arrowed(said)))

    def text(self, text_id: str, /, **parameters: Parameter) -> Markup:
        """The same for a fixed text, such as a heading."""
        return self.say(Message(text_id, parameters))

    def both(self, write: Callable[[Wording], str]) -> Markup:
        """What is put together from several messages, once for each language."""
        return self.these({lang: write(wording) for lang, wording in self.wordings.items()})

    def these(self, texts: Mapping[str, str]) -> Markup:
        """A text that is there in every language already."""
        said = texts[self.wording.language]
        if len(set(texts.values())) == 1:
            return tag("span", said)
        return self._marked(_literal(texts), said)

    def attribute(self, said: Message) -> tuple[str, str]:
        """A message for an attribute: its words, and the number that the page finds it by."""
        return self.wording.say(_arrowed(said)), str(self._number(self.pack(said)))

    def attribute_of(self, text_id: str, /, **parameters: Parameter) -> tuple[str, str]:
        """The same for a fixed text."""
        return self.attribute(Message(text_id, parameters))

    def labelled(self, text_id: str, /, **parameters: Parameter) -> dict[str, str]:
        """The attributes that name something for screen readers."""
        said, number = self.attribute_of(text_id, **parameters)
        return {"aria_label": said, "data_m_label": number}

    def pack(self, said: Message) -> Packed:
        """A message as the page carries it."""
        said = _arrowed(said)
        unsaid = said.id not in catalogue("en") or said.id in self._with_terms
        if unsaid or any(map(_too_large, said.parameters.values())):
            return _literal({lang: wording.say(said) for lang, wording in self.wordings.items()})
        names = tuple(sorted(said.parameters))
        bare = self._bare[said.id]
        values = [_value(said.parameters[name], bare=name in bare) for name in names]
        return [self._shape(said.id, names), *values]

    def templates(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """The texts of these ids and of all messages on the page, by language."""
        needed = sorted({*ids, *(text_id for text_id, _ in self.shapes)})
        return {
            language: {text_id: catalogue(language)[text_id] for text_id in needed}
            for language in LANGUAGES
        }

    def _marked(self, packed: Packed, said: str) -> Markup:
        return tag("span", said, data_m=str(self._number(packed)))

    def _number(self, packed: Packed) -> int:
        number = self._numbers.setdefault(repr(packed), len(self.messages))
        if number == len(self.messages):
            self.messages.append(packed)
        return number

    def _shape(self, text_id: str, names: tuple[str, ...]) -> int:
        number = self._shape_numbers.setdefault((text_id, names), len(self.shapes))
        if number == len(self.shapes):
            self.shapes.append((text_id, list(names)))
        return number


def arrows(text: str) -> str:
    """A way through the graph with arrows that no line is broken in."""
    return named(text).replace(" -> ", " → ")


def _arrowed(said: Message) -> Message:
    return Message(
        said.id,
        {
            name: arrows(value) if isinstance(value, str) else value
            for name, value in said.parameters.items()
        },
    )


def _literal(texts: Mapping[str, str]) -> Packed:
    return [-1, *(visible(texts[language]) for language in LANGUAGES)]


def _bare(text: str) -> frozenset[str]:
    """The parameters of a text that stand in it without a unit."""
    parts = string.Formatter().parse(text)
    return frozenset(name for _, name, unit, _ in parts if name and not unit)


def _too_large(value: Parameter) -> bool:
    return isinstance(value, int) and abs(value) > LARGEST


def _value(value: Parameter, *, bare: bool) -> Parameter:
    """A parameter; a figure that stands without a unit is written as Python writes it."""
    if isinstance(value, float) and bare:
        return str(value)
    return visible(value) if isinstance(value, str) else value

"""Pseudonyms for names, and for what names are put together to: hosts, addresses, keys, texts.

A pseudonym is made from the key and the name alone, so the same name is called the same wherever
it stands: a host still leads to its Service, a selector to its workload.
"""

import hmac
import ipaddress
import re
from collections.abc import Iterable

from mesh_probe.checklist.ops_owner import BUILT_IN
from mesh_probe.graph.shape import VARIANT
from mesh_probe.pseudonyms import public
from mesh_probe.references import keys, settings
from mesh_probe.references.hosts import is_address

MARK = "•••"
"""Stands for free text: what people wrote, what a server answered."""

_SYLLABLES = 6
_CONSONANTS = "bdfghjklmnprstvwxz"
_VOWELS = "aeiou"

_ADDRESSES = ipaddress.ip_network("2001:db8::/32")
"""Kept free for documentation: https://www.rfc-editor.org/rfc/rfc3849"""

_BETWEEN_NAMES = re.compile(r"([/@,\s~|\[\]]+)")
_SMALL = re.compile(r"v?\d{1,3}")
_PORT = re.compile(r"\d{1,5}")
_ORDINAL = re.compile(r"(.*(?:[^-\d]|-v\d+))(-\d{1,3})")
_NUMBERED = re.compile(r".+-\d+")
_DASHED_ADDRESS = re.compile(r"\d{1,3}(?:-\d{1,3}){3}")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_RELEASE = re.compile(r"v?\d+(?:\.\d+){1,2}(?:(?:a|b|rc|\.dev)\d+)?")
_STATE = re.compile(r"(?:Init:)?(?:\d+/\d+|Signal:\d+|ExitCode:\d+)")
_FIGURES = re.compile(r"\d+(?:\.\d+)?[A-Za-z]{0,2}|\d{1,5}(?:,\s*\d{1,5})*|\*")
_WEEKS = re.compile(r"\d{1,4}[smhdwy]")

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_KEY_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_TELLING = ("insecure", "disable", "skip")
"""Parts of a key that turn what it says around, wherever they stand in it."""

_QUERY_TOKEN = re.compile(r"[\w.\\:-]+")
_QUERY_CHOICE = re.compile(r'([\w.]+)("?=~)"((?:[^"\\]|\\.)*)"')
"""A label that is one of some values, as a query in parts has it."""
_QUERY_WORD = re.compile(r"[^\W_]+")
_QUERY_NUMBER = re.compile(r"\d{1,3}|\d+s")


class Words:
    """Pseudonyms by one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[str, str] = {}
        self._hidden: dict[tuple[str, bool], str] = {}
        self._joined: dict[str, str] = {}

    # --- names ------------------------------------------------------------------------------------

    def word(self, text: str) -> str:
        """One word that can be said, of twelve letters; there are 5e11."""
        if text not in self._made:
            number = self._number(text)
            letters = []
            for _ in range(_SYLLABLES):
                number, consonant = divmod(number, len(_CONSONANTS))
                number, vowel = divmod(number, len(_VOWELS))
                letters += [_CONSONANTS[consonant], _VOWELS[vowel]]
            self._made[text] = "".join(letters)
        return self._made[text]

    def name(self, text: str) -> str:
        """A name of any form: of an object, a program, a host, a path. Its marks stay in place.

        Names that differ in case are different names, as they are for labels.
        """
        return self._parts(text, fold=False)

    def host(self, text: str) -> str:
        """The same for the name of a host, in which case means nothing."""
        return self._parts(text, fold=True)

    def address(self, text: str) -> str:
        """An address with or without a scheme: "http://prometheus.monitoring:9090"."""
        found = _SCHEME.fullmatch(text)
        return f"{self.protocol(found[1])}://{self.host(found[2])}" if found else self.host(text)

    def joined(self, text: str) -> str:
        """A Service's namespace, name and port joined with dashes, which it is found by.

        Which of the dashes join is known of the Services that `join` was told of.
        """
        stem = text
        while stem and stem not in self._joined:
            stem = stem.rpartition("-")[0]
        if not stem:
            return self.name(text)
        port = text.removeprefix(stem).removeprefix("-")
        return f"{self._joined[stem]}-{self.port(port)}" if port else self._joined[stem]

    def join(self, names: Iterable[tuple[str, str]]) -> None:
        """Remember namespace and name of Services."""
        for namespace, name in names:
            self._joined[f"{namespace}-{name}"] = f"{self.name(namespace)}-{self.name(name)}"

    def known(self, text: str, words: Iterable[str]) -> str:
        """One of the words as it is, anything else as a name."""
        return text if text in words else self.name(text)

    def _parts(self, text: str, *, fold: bool) -> str:
        if (text, fold) not in self._hidden:
            self._hidden[text, fold] = "".join(
                part if number % 2 else self._part(part, fold=fold)
                for number, part in enumerate(_BETWEEN_NAMES.split(text))
            )
        return self._hidden[text, fold]

    def _part(self, text: str, *, fold: bool) -> str:
        if is_address(text):
            return self._ip(text)
        host, *rest = text.split(":")
        host = self._ip(host) if is_address(host) else self._dotted(host, fold=fold)
        ports = (p if _PORT.fullmatch(p) else self._dotted(p, fold=fold) for p in rest)
        return ":".join((host, *ports))

    def _dotted(self, text: str, *, fold: bool) -> str:
        return ".".join(self._folded(p) if fold else self._label(p) for p in text.split("."))

    def _folded(self, text: str) -> str:
        lowered = text.lower()
        hidden = self._label(lowered)
        return hidden if text == lowered else hidden.upper()

    def _label(self, text: str) -> str:
        """A name without dots, with the endings that our rules read: ordinals, "-canary", "-v2"."""
        if text in public.RESERVED or _SMALL.fullmatch(text) or not any(map(str.isalnum, text)):
            return text
        if text.startswith("_"):
            return f"_{self.port(text[1:])}"
        if _DASHED_ADDRESS.fullmatch(text):
            return self._ip(text.replace("-", ".")).replace(":", "-")
        if (variant := VARIANT.search(text)) and variant.start():
            return f"{self._label(text[: variant.start()])}{variant[0]}"
        if ordinal := _ORDINAL.fullmatch(text):
            return f"{self._label(ordinal[1])}{ordinal[2]}"
        return f"{self.word(text)}-0" if _NUMBERED.fullmatch(text) else self.word(text)

    def _ip(self, text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return self.word(text)
        if address.is_loopback or address.is_unspecified or address.is_link_local:
            return text
        bits = self._number(str(address)) % _ADDRESSES.num_addresses
        return str(ipaddress.IPv6Address(int(_ADDRESSES.network_address) + bits))

    def _number(self, text: str) -> int:
        data = text.encode("utf-8", "surrogatepass")
        return int.from_bytes(hmac.digest(self._key, data, "sha256"))

    # --- what stands beside names -----------------------------------------------------------------

    def port(self, port: str) -> str:
        """The name of a port; a protocol that it begins with stays, as Istio reads it."""
        protocol, dash, rest = port.partition("-")
        if port in public.PROTOCOLS or port.isdecimal():
            return port
        if dash and protocol in public.PROTOCOLS:
            return f"{protocol}-{self._label(rest)}"
        return self.name(port)

    def protocol(self, text: str) -> str:
        """A protocol or scheme: "http", "jdbc:postgresql"."""
        parts = re.split(r"([:+])", text)
        return "".join(
            part if number % 2 or part in public.PROTOCOLS else self.name(part)
            for number, part in enumerate(parts)
        )

    def release(self, version: str) -> str:
        """A version without what its maker appends."""
        found = _RELEASE.match(version)
        return found[0] if found else self.name(version)

    def state(self, status: str) -> str:
        """The state of a pod in the words of the API."""
        plain = status.removeprefix("Init:") in public.POD_STATES or _STATE.fullmatch(status)
        return status if plain else self.name(status)

    def mark_key(self, key: str) -> str:
        """The key of a label or an annotation."""
        return self.known(key, public.MARK_KEYS)

    def marks(self, given: dict[str, str]) -> dict[str, str]:
        """Labels or annotations; also a selector, so that it still selects."""
        hidden = {self.mark_key(key): self.mark(key, value) for key, value in given.items()}
        return dict(sorted(hidden.items()))

    def mark(self, key: str, value: str) -> str:
        """The value of a label or an annotation."""
        plain = value in public.MARK_VALUES or is_figure(value)
        return value if plain and key not in public.NAMING_KEYS else self.name(value)

    def key(self, text: str) -> str:
        """A key path: "application.yml:cart.url", "CART_URL". Words that everybody uses stay.

        So a key still says what stands under it.
        """
        return ":".join(self._key_part(part) for part in text.split(":"))

    def _key_part(self, text: str) -> str:
        hidden: list[str] = []
        place = 0
        run: list[str] = []
        for found in _KEY_WORD.finditer(text):
            between, word = text[place : found.start()], found[0]
            place = found.end()
            if self._is_plain(word):
                hidden += [self._key_run(run), between, word]
                run = []
            elif not run:
                hidden.append(between)
                run = [word]
            else:
                run += [between, word]
        shown = "".join((*hidden, self._key_run(run), text[place:]))
        said = keys.place(text)
        return (
            shown if keys.place(shown) == said else f"{shown}_{public.PLACE_WORDS.get(said, 'x')}"
        )

    def _is_plain(self, word: str) -> bool:
        return word.lower() in public.KEY_WORDS or bool(_SMALL.fullmatch(word))

    def _key_run(self, run: list[str]) -> str:
        text = "".join(run)
        if not any(map(str.isalpha, text)):
            return str(self._number(text) % 10**6) if text else ""
        # As the Service is called that a key is about, so that it still names it.
        name = _HUMP.sub("-", text).lower().replace("_", "-").replace(".", "-")
        word = self.word(name) + "".join(mark for mark in _TELLING if mark in text.lower())
        # As a word of its own: a key's words begin with capitals, or end at marks and figures.
        word = word.upper() if text.isupper() else word.title() if text[0].isupper() else word
        return "0" * text[0].isdigit() + word + "0" * text[-1].isdigit()

    def query(self, promql: str) -> str:
        """A query: metrics, labels and functions that the sources ask for stay."""
        hidden, place = "", 0
        for found in _QUERY_CHOICE.finditer(promql):
            label, is_one_of, values = found.groups()
            if label not in public.FIXED_LABELS:
                names = _QUERY_TOKEN.sub(self._query_name, values)
                before = self._query_tokens(promql[place : found.end(1)])
                hidden += f'{before}{is_one_of}"{names}"'
                place = found.end()
        return hidden + self._query_tokens(promql[place:])

    def _query_tokens(self, promql: str) -> str:
        return _QUERY_TOKEN.sub(self._query_token, promql)

    def _query_name(self, found: re.Match[str]) -> str:
        return self.name(found[0].replace("\\", ""))

    def _query_token(self, found: re.Match[str]) -> str:
        token = found[0]
        words = _QUERY_WORD.findall(token)
        if all(w in public.QUERY_WORDS or _QUERY_NUMBER.fullmatch(w) for w in words):
            return token
        return self._query_name(found)

    def about(self, subject: str) -> str:
        """What a gap is about: a kind or a source, an object, a file."""
        kind, space, name = subject.partition(" ")
        if subject in public.SUBJECTS:
            return subject
        if space and kind in public.KINDS_KNOWN and " " not in name:
            return f"{kind} {self.name(name)}"
        return self.text(subject)

    def text(self, said: str) -> str:
        """Names in a row, each hidden; prose is cut."""
        return ", ".join(
            MARK if any(map(str.isspace, item)) else self.address(item) for item in said.split(", ")
        )

    def role(self, name: str) -> str:
        """The name of a role; those that every cluster has stay."""
        return name if name in public.ROLES else self.holder(name)

    def holder(self, name: str) -> str:
        """The name of a user, a group or an account that holds a role; built-in ones stay."""
        begins = next((prefix for prefix in BUILT_IN if name.startswith(prefix)), "")
        if not begins:
            return self.name(name)
        rest = name.removeprefix(begins).split(":")
        return begins + ":".join(self.known(part, public.ROLES) for part in rest)


def is_figure(value: str) -> bool:
    """Whether it is a number, a time, a share, a switch, a quantity or a list of ports."""
    figure = settings.shaped(value) is not None
    return figure or bool(_FIGURES.fullmatch(value) or _WEEKS.fullmatch(value))

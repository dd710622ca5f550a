"""What the syntax of a text says before its hosts are looked for: pairs, defaults, own names.

Programs' files and scripts write a key and its value in many ways that no parser here reads:
`'host' => 'db'` in PHP, `<remoteHost>logs</remoteHost>`, `server cart:80;` in nginx, `Host  search`
in Fluent Bit. Every step is linear in the length of the text.
"""

import re
from collections.abc import Iterator

from mesh_probe.references import keys

_KEY = r"[A-Za-z_][\w.-]{0,80}"
_QUOTED = re.compile(
    rf"(?<![\w.-])[\"']?({_KEY})[\"']?[ \t]{{0,8}}(?:=>|:=|[:=])[ \t]{{0,8}}"
    r"(?:\"([^\"'\s]{1,253})\"|'([^\"'\s]{1,253})'|(\d{1,5})(?![\w.:]))"
)
_ELEMENT = re.compile(rf"<({_KEY})>[ \t]{{0,8}}([^<>\s]{{1,253}})[ \t]{{0,8}}</\1>")
_LINE = re.compile(
    rf"^[ \t]{{0,200}}({_KEY})[ \t]{{1,40}}([^\s;{{}}=\"']{{1,253}})[ \t]{{0,8}};?[ \t\r]{{0,8}}$",
    re.M,
)
# Server lines of nginx ("server cart weight=5;") and HAProxy ("server one cart:80 check").
_SERVER = re.compile(
    r"^[ \t]{0,200}server(?:-template)?[ \t]{1,40}([^\s;{}]{1,253})"
    r"((?:[ \t]{1,40}[^\s;{}]{1,253}){1,20})",
    re.M,
)
_SERVER_OPTION = re.compile(r"[a-z_]{1,20}=|backup$|down$|resolve$")
# What is more than a host is read as what it is, a URL, a list, a connection string.
_PLAIN = re.compile(r"[\w.-]{1,253}(?::\d{1,5})?")
_DEFAULT = re.compile(r"\$\{[A-Za-z_][\w.-]{0,120}:[-=]?([^${}]{0,2048})\}")
_NESTED = 3
_UPSTREAM = re.compile(r"^[ \t]{0,200}upstream[ \t]{1,40}([\w.-]{1,253})[ \t]{0,8}\{", re.M)
_CONTINUED = re.compile(r"\\\r?\n[ \t]{0,200}")
_DESCRIPTION = re.compile(
    r"\(\s{0,8}host\s{0,8}=\s{0,8}([^()\s]{1,253})\s{0,8}\)\s{0,8}"
    r"\(\s{0,8}port\s{0,8}=\s{0,8}(\d{1,5})\s{0,8}\)",
    re.IGNORECASE,
)

Pair = tuple[int, str, str]
"""Line number, key and value."""


def with_defaults(text: str) -> str:
    """`${NAME:default}`, as Spring, shells and Compose write it, by the default.

    What the variable is in the end is not known here; the default is what its author expects.
    """
    for _ in range(_NESTED):
        text, count = _DEFAULT.subn(lambda found: found[1], text)
        if not count:
            break
    return text


def joined_lines(text: str) -> str:
    """The text with lines that go on after a backslash in one."""
    return _CONTINUED.sub(" ", text) if "\\\n" in text or "\\\r" in text else text


def own_names(text: str) -> frozenset[str]:
    """Names that the text itself gives a meaning: nginx's `upstream`, whose servers it lists."""
    return frozenset(_UPSTREAM.findall(text)) if "upstream" in text else frozenset()


def descriptions(text: str) -> tuple[str, list[tuple[str, str]]]:
    """The text without Oracle's and MySQL's `(HOST=db)(PORT=1521)`, and those hosts and ports."""
    found: list[tuple[str, str]] = []

    def take(match: re.Match[str]) -> str:
        found.append((match[1], match[2]))
        return " "

    return _DESCRIPTION.sub(take, text), found


def pairs(text: str) -> tuple[str, list[Pair]]:
    """The text without those keys and values that are about addresses or secrets, and these.

    Only of texts with several lines, and of those with PHP's arrows.
    """
    found: list[tuple[int, str, str]] = []

    def take(match: re.Match[str]) -> str:
        key, value = match[1], next(v for v in match.groups()[1:] if v is not None)
        if not (_matters(key) and _PLAIN.fullmatch(value)):
            return match[0]
        found.append((match.start(), key, value))
        return " " * len(match[0])

    def take_server(match: re.Match[str]) -> str:
        said = [match[1], *match[2].split()]
        if _SERVER_OPTION.match(said[1]):
            address = said[0]
        else:
            address = said[2] if said[1].isdecimal() and len(said) > 2 else said[1]  # noqa: PLR2004
        found.append((match.start(), "server", address))
        return " " * len(match[0])

    for pattern in (_QUOTED, _ELEMENT, _LINE):
        text = pattern.sub(take, text)
    if "server" in text:
        text = _SERVER.sub(take_server, text)
    return text, list(_numbered(text, sorted(found)))


def _matters(key: str) -> bool:
    return keys.place(key) in ("address", *keys.UNREAD) or key[-4:].lower() == "port"


def _numbered(text: str, found: list[tuple[int, str, str]]) -> Iterator[Pair]:
    """Places in the text to lines of it."""
    line = place = 0
    for start, key, value in found:
        line += text.count("\n", place, start)
        place = start
        yield line, key, value

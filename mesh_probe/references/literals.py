"""Hosts that source code and the files beside it name: string literals, settings, Dockerfiles.

Only names of known Services count: code is full of words, and a Service's name in quotes, in a URL
or beside a port is what tells an address from them. One line is read at a time, and of it only the
reference is kept.
"""

import re
from collections.abc import Iterable, Iterator, Set
from pathlib import PurePosixPath

from msgspec.structs import replace

from mesh_probe.model import KeyUse, Reference
from mesh_probe.references import keys, nested, scopes, tokens
from mesh_probe.references.known import Known

LONGEST_LINE = 2_000
"""Characters; longer lines are minified code or data."""

WORD = re.compile(r"[a-z0-9]+(?:-+[a-z0-9]+)*")
"""What can be the name of a Service."""

VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{3,80}")
"""What can be the name of a variable that holds an address."""

KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]{5,80}")
"""What can be the key of a setting that tells by itself what it is."""

_TELLING_WORDS = 2


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STRING = re.compile(r"\"((?:[^\"\\]|\\.){1,400})\"|'((?:[^'\\]|\\.){1,400})'|`([^`]{1,400})`")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,80}")
COMMENT = re.compile(r"\s*(?://|#(?!\{)|\*|/\*|--|;|<!--|%)")
"""A line that is one, in whatever language."""


# What a program puts in later: "http://cart%s/items", f"http://cart:{port}", `http://cart${domain}`.
_LATER = r"(?:%[sdv]|\$?\{[^{}]{0,80}\}|#\{[^{}]{0,80}\})"
_LATER_PORT = re.compile(rf":{_LATER}")
_LATER_END = re.compile(rf"(?<=[a-z0-9]){_LATER}")
_LATER_ELSE = re.compile(_LATER)
_NO_HOST = "%"
_DEFAULT = re.compile(r"\$\{[A-Za-z0-9_.-]{1,80}:-?([^{}]{0,200})\}")
"""Spring's and the shell's: the value where nothing else is set."""

_SETTINGS = frozenset({".yml", ".yaml", ".json", ".properties", ".env", ".ini", ".toml", ".cfg"})
_LINES = frozenset({".conf", ".template", ".tmpl", ".sh", ".bash", ".xml", ".config"})
_INSTRUCTION = re.compile(
    r"(ENV|ARG|CMD|ENTRYPOINT|RUN|HEALTHCHECK)\s+(.*)", re.IGNORECASE | re.DOTALL
)
_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(\"[^\"]*\"|'[^']*'|\S*)|(\S+)\s+(.*)")
_CONTINUED = re.compile(r"\\\r?\n")
_FEIGN = re.compile(r"@(?:Reactive)?FeignClient\(")

_NEAR_BEFORE, _NEAR_AFTER = 100, 60
"""Characters of a line around a string that can tell what it is."""
_RIGHT_BEFORE = re.compile(
    r"([A-Za-z_][A-Za-z0-9_]{0,80})[\"'\])]{0,3}\s{0,8}(?:=>|==?|[:(,\[]|\?\?|\|\||\bor\b)\s{0,8}$"
)
_IMPORTED = re.compile(r"\b(?:from|import)\s{1,8}$")
_NO_HOSTS = _set("""
    user username login password role roles scope scopes resource resources claim audience topic
    exchange bucket table collection schema logger tracer meter metric counter gauge tag tags label
    labels title category event kind type method mode action command dialect driver adapter engine
    scheme protocol require import include route router navigate path page href icon image css class
""")
"""Last words of what is given, or called with, a name of something else than a host."""
_CONNECTS = frozenset({"connect", "connection", "dial"})
_URL_OF_PARTS = re.compile(r"://[\"'`%{$]")
_OF_A_BROWSER = frozenset({"href", "link", "location", "origin", "redirect"})
"""Words that ask for an address in a setting, but in code for a page."""

_AFFIXES = ("srv-{}", "svc-{}", "{}-srv", "{}-svc", "{}-service")
"""What programs add to a name when they register it for discovery."""


def find(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    """The references of one file; `found_in` is "path:line", or the path where lines say nothing.

    `path` is the file's path in its tree, with "/". `names` are those of the known Services that
    stand in the text.
    """
    file = PurePosixPath(path)
    if is_dockerfile(file.name):
        found = _in_dockerfile(path, text, known)
    elif is_settings(file.name):
        found = _in_settings(path, text, names, known)
    elif file.suffix in _LINES or file.name == "Caddyfile":
        found = _in_lines(path, text, names, known)
    else:
        found = _in_code(path, text, names, known)
    yield from (reference for reference in found if _leads_to_known(reference, known))


def uses(path: str, text: str, variables: Set[str]) -> Iterator[KeyUse]:
    """Where these variables are named, which stand in the text.

    A ConfigMap that many workloads read does not tell who uses what of it; code does.
    """
    for number, line in _telling_lines(text, variables):
        for name in sorted(variables & {*VARIABLE.findall(line), *KEY.findall(line)}):
            yield KeyUse(name, f"{path}:{number}")


def aliases(names: Set[str]) -> dict[str, str]:
    """Names by which programs may ask a registry for these Services, with the Service of each."""
    named = {affix.format(name): name for name in sorted(names) for affix in _AFFIXES}
    return {alias: name for alias, name in named.items() if alias not in names}


def telling_key(reference: Reference) -> str | None:
    """The key of an address in settings by which code may be known to ask for this very address.

    One of a single word, such as "url", is in all code.
    """
    key = reference.key.rpartition(".")[2]
    if len(keys.words(key)) < _TELLING_WORDS or not KEY.fullmatch(key):
        return None
    return key if reference.form != "word" or keys.place(key) == "address" else None


def is_settings(name: str) -> bool:
    """Whether a file of this name holds keys and values."""
    return name.endswith(tuple(_SETTINGS)) or name.startswith(".env")


def is_dockerfile(name: str) -> bool:
    """Whether a file is called as those that images are built from."""
    return name.lower().startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile")


def _leads_to_known(reference: Reference, known: Known) -> bool:
    name = reference.host.removesuffix(".cluster.local").removesuffix(".svc")
    return name in known


def _in_code(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    for number, line in _telling_lines(text, names):
        for string in _strings(line):
            said = next(filter(None, string.groups()), "")
            if names.isdisjoint(WORD.findall(said)):
                continue
            address = _LATER_END.sub("", _LATER_PORT.sub("", _with_defaults(said)))
            address = _LATER_ELSE.sub(_NO_HOST, address)
            before = line[max(0, string.start() - _NEAR_BEFORE) : string.start()]
            after = line[string.end() : string.end() + _NEAR_AFTER]
            for reference in tokens.find(address.removeprefix("//"), "", f"{path}:{number}", known):
                if reference.form != "word":
                    yield replace(reference, key="")
                # A word in quotes may be anything; what stands around it tells an address.
                elif not _names_no_host(before):
                    yield replace(reference, key=_address_word(f"{before} {after}"))


def _strings(line: str) -> Iterator[re.Match[str]]:
    """The strings of a line, and those inside what a program puts in: f"{get('HOST', 'cart')}"."""
    for string in _STRING.finditer(line):
        yield string
        for later in _LATER_ELSE.finditer(line, string.start() + 1, string.end() - 1):
            yield from _STRING.finditer(line, later.start(), later.end())


def _names_no_host(before: str) -> bool:
    if _IMPORTED.search(before):
        return True
    found = _RIGHT_BEFORE.search(before)
    return found is not None and not _NO_HOSTS.isdisjoint(keys.words(found[1])[-1:])


def _with_defaults(text: str) -> str:
    return _DEFAULT.sub(r"\1", text) if "${" in text else text


def _address_word(rest: str) -> str:
    """The identifier of a line that asks for an address; "" where none does."""
    if _FEIGN.search(rest):
        return "FeignClient:host"
    if _URL_OF_PARTS.search(rest):
        return "url"
    for word in _IDENTIFIER.findall(rest):
        if not _CONNECTS.isdisjoint(keys.words(word)):
            return f"{word}:host"
        if not _OF_A_BROWSER.isdisjoint(keys.words(word)):
            continue
        if keys.place(word) == "address" or "host" in word.lower() or "url" in word.lower():
            return str(word)
    return ""


def _in_lines(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    for number, line in _telling_lines(text, names):
        yield from tokens.find(_with_defaults(line), "", f"{path}:{number}", known)


def _in_settings(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    name = PurePosixPath(path).name
    inside = nested.scopes(".env" if name.startswith(".env") else name, text)
    if inside is None:  # no document, as HAProxy's, or one with comments where JSON has none
        yield from _in_lines(path, text, names, known)
        return
    if any({"apiVersion", "kind"} <= scope.keys() for scope in inside):
        return  # a manifest: not what the program reads, and read elsewhere
    for scope in inside:
        written = {k: _with_defaults(value) for k, value in scope.items() if isinstance(value, str)}
        yield from scopes.find(written, path, known)


def _in_dockerfile(path: str, text: str, known: Known) -> Iterator[Reference]:
    for line in _CONTINUED.sub(" ", text).splitlines():
        found = _INSTRUCTION.match(line.strip())
        if found is None:
            continue
        if found[1].upper() in ("ENV", "ARG"):
            values = {
                one[1] or one[3]: (one[2] or one[4] or "").strip("\"'")
                for one in _ASSIGNED.finditer(found[2])
            }
            yield from scopes.find(values, path, known)
        elif found[1].upper() in ("CMD", "ENTRYPOINT"):
            yield from tokens.find(found[2], "", path, known)


def _telling_lines(text: str, names: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Lines in which one of the names stands, with their numbers, without comments."""
    starts = sorted({start for name in names for start in _line_starts(text, name)})
    number, counted = 1, 0
    for start in starts:
        number += text.count("\n", counted, start)
        counted = start
        end = text.find("\n", start)
        line = text[start : end if end >= 0 else len(text)]
        if len(line) <= LONGEST_LINE and not COMMENT.match(line):
            yield number, line


def _line_starts(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        at = text.find(name, end) if end >= 0 else -1

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

_STRING = re.compile(r"\"((?:[^\"\\]|\\.){1,400})\"|'((?:[^'\\]|\\.){1,400})'|`([^`]{1,400})`")
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{1,80}")
_COMMENT = re.compile(r"\s*(?://|#(?!\{)|\*|/\*|--|;|<!--|%)")

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


def find(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    """The references of one file; `found_in` is "path:line", or the path where lines say nothing.

    `path` is the file's path in its tree, with "/". `names` are those of the known Services that
    stand in the text.
    """
    file = PurePosixPath(path)
    if is_dockerfile(file.name):
        found = _in_dockerfile(path, text, known)
    elif file.suffix in _SETTINGS or file.name.startswith(".env"):
        found = _in_settings(path, text, known)
    elif file.suffix in _LINES:
        found = _in_lines(path, text, names, known)
    else:
        found = _in_code(path, text, names, known)
    yield from (reference for reference in found if _leads_to_known(reference, known))


def uses(path: str, text: str, variables: Set[str]) -> Iterator[KeyUse]:
    """Where these variables are named, which stand in the text.

    A ConfigMap that many workloads read does not tell who uses what of it; code does.
    """
    for number, line in _telling_lines(text, variables):
        for name in sorted(variables & set(VARIABLE.findall(line))):
            yield KeyUse(name, f"{path}:{number}")


def is_dockerfile(name: str) -> bool:
    """Whether a file is called as those that images are built from."""
    return name.lower().startswith(("dockerfile", "containerfile")) or name.endswith(".dockerfile")


def _leads_to_known(reference: Reference, known: Known) -> bool:
    name = reference.host.removesuffix(".cluster.local").removesuffix(".svc")
    return name in known


def _in_code(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    for number, line in _telling_lines(text, names):
        for string in _STRING.finditer(line):
            said = next(filter(None, string.groups()), "")
            if names.isdisjoint(WORD.findall(said)):
                continue
            address = _LATER_END.sub("", _LATER_PORT.sub("", _with_defaults(said)))
            address = _LATER_ELSE.sub(_NO_HOST, address)
            rest = line[: string.start()] + " " + line[string.end() :]
            for reference in tokens.find(address.removeprefix("//"), "", f"{path}:{number}", known):
                # A word in quotes may be anything; what stands around it tells an address.
                key = _address_word(rest) if reference.form == "word" else ""
                yield replace(reference, key=key)


def _with_defaults(text: str) -> str:
    return _DEFAULT.sub(r"\1", text) if "${" in text else text


def _address_word(rest: str) -> str:
    """The identifier of a line that asks for an address; "" where none does."""
    if _FEIGN.search(rest):
        return "FeignClient:host"
    for word in _IDENTIFIER.findall(rest):
        if keys.place(word) == "address" or "host" in word.lower() or "url" in word.lower():
            return str(word)
    return ""


def _in_lines(path: str, text: str, names: Set[str], known: Known) -> Iterator[Reference]:
    for number, line in _telling_lines(text, names):
        yield from tokens.find(_with_defaults(line), "", f"{path}:{number}", known)


def _in_settings(path: str, text: str, known: Known) -> Iterator[Reference]:
    inside = nested.scopes(PurePosixPath(path).name, text) or ()
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
        if len(line) <= LONGEST_LINE and not _COMMENT.match(line):
            yield number, line


def _line_starts(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield text.rfind("\n", 0, at) + 1
        end = text.find("\n", at)
        at = text.find(name, end) if end >= 0 else -1

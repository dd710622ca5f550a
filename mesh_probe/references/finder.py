"""Every host that a string names, read in full.

The string is cut up from the surest syntax to the weakest: URLs, Go data source names, Oracle's,
then what stands between white space: `user@host:port`, lists, `key=value` pairs, flags,
`host:port`, names. What one step has taken, user info above all, the later ones do not see. Every
step is linear in the length of the string.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal

from mesh_probe.model import Reference
from mesh_probe.references import hosts, keys, probes, syntax, tls
from mesh_probe.references.known import Known

Form = Literal["url", "host-port", "pair", "fqdn", "word"]

_LONGEST_TOKEN = 2_048
_LONGEST_SCHEME = 40
LARGEST_PORT = 65_535

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?::[A-Za-z0-9]+){0,2}$")
_TOKEN_END = re.compile(r"[\s\"'`<>|\\{}]")
_WHITE = re.compile(r"\s")
_NEXT_URL = re.compile(r"[,;](?=[A-Za-z][A-Za-z0-9+.-]{1,30}://)")
_AUTHORITY_END = re.compile(r"[/?#]")
# Dapr calls the application of an id through the sidecar in the caller's own pod.
# https://docs.dapr.io/reference/api/service_invocation_api/
_DAPR = re.compile(r"://[^/\s\"']{1,253}/v1\.0/invoke/([a-zA-Z0-9][a-zA-Z0-9.-]{0,252})/method")
_UNKNOWN_PORT = re.compile(r":\$[\w({})]*$")
_HOST_LIST = re.compile(r"[,;&]")

_DATA_SOURCE = re.compile(r"(?:tcp[46]?|udp[46]?|unix)\(([^()\s]{0,300})\)")
_ORACLE = re.compile(r"oracle:[a-z]{1,12}:([^\s\"']{1,600})")
# Prefixes of gRPC's and Thanos' names: https://grpc.github.io/grpc/core/md_doc_naming.html
_GRPC = re.compile(r"(?:dns|ipv4|ipv6|tcp):(?!//)|(?:dns|dnssrv|dnssrvnoa|srv)\+")

_LABEL_BEFORE = re.compile(
    r"(?:^|[\s;,&])(-{0,2}[A-Za-z_][A-Za-z0-9_.-]{0,80})(?:=|(?<=\w)\s+)[\"']?$"
)
_LONGEST_LABEL = 90

_CHUNK = re.compile(r"[\s\"'`<>|\\{}()$]+")
_PART = re.compile(r"[,;&]")
_PAIR = re.compile(r"(?:[a-z]{1,12}:)?([A-Za-z_-][A-Za-z0-9_.-]{0,80})=(.*)", re.DOTALL)
_FLAG = re.compile(r"--[A-Za-z][A-Za-z0-9_.-]{0,60}|-[A-Za-z]|-D[A-Za-z][A-Za-z0-9_.-]{0,80}")
_SHORT_FLAG = re.compile(r"-[A-Za-z]")
_MAPPING_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,80}:")
_SERVER_COMMA_PORT = re.compile(r"([A-Za-z]{1,20})=(?:tcp:)?([^,;:=\s]{1,253}),(\d{2,5})(?![^;])")
_ADDRESS_END = re.compile(r"[/?#,;]")
_QUOTED_KEY = re.compile(r"=>|[\"']\s{0,4}:\s{0,4}[\"']")
_LINES_OF_A_PAIR = 2
"""How far apart the lines of a host and its port may be."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


ADDRESS_IN_PATH = frozenset({"dns", "xds"})
NO_HOST = _set("""
    arn blob chrome-extension class classpath data docker docker-pullable env file fs git+file gs
    hdfs http+unix inline internal jar jdbc:h2 jdbc:h2:file jdbc:h2:mem jdbc:hsqldb jdbc:sqlite
    local mailto memory npipe oci pipe pkcs11 resource s3 s3a secret spiffe sqlite sqlite3 ssm
    unix urn vfs
""")
# They have no user info, and their parameters may hold an "@".
_PARAMETERS_AFTER_SEMICOLON = _set("jdbc:sqlserver jdbc:jtds:sqlserver")


class Finder:
    """Reads one string; what is found goes to `found`, in the order of the string's syntax."""

    def __init__(self, key: str, place: keys.Place, found_in: str, known: Known) -> None:
        self.found: list[Reference] = []
        self._key = key
        self._place = place
        self._found_in = found_in
        self._known = known
        self._text = ""
        self._own_names: frozenset[str] = frozenset()
        self._is_arguments = found_in.endswith(("args", "command"))

    def read(self, text: str) -> None:
        """Find what the text names; a finder reads one text."""
        self._text = text
        if "${" in text:
            text = syntax.with_defaults(text)
        self._own_names = syntax.own_names(text)
        labelled: list[syntax.Pair] = []
        if "/v1.0/invoke/" in text:
            for found in _DAPR.finditer(text):
                self._keep("url", found[1], "", self._key, "dapr")
        if "(" in text and "=" in text:
            text, described = syntax.descriptions(text)
            for host, port in described:
                if split := hosts.split(f"{host}:{port}"):
                    self._keep("pair", *split, self._key)
        if "\n" in text and not self._is_arguments:
            text = syntax.joined_lines(text)
        if "://" in text:
            text = self._urls(text)
        if "(" in text:
            text = self._data_sources(text)
        if "oracle:" in text:
            text = self._oracle(text)
        if (not self._is_arguments and "\n" in text) or _QUOTED_KEY.search(text):
            text, labelled = syntax.pairs(text)
        if not text.isspace():
            labelled += self._chunks(text)
        self._labelled(labelled)

    @cached_property
    def _said_tls(self) -> bool | None:
        return tls.said(self._text)

    @cached_property
    def _is_script(self) -> bool:
        return probes.is_script(self._text, self._found_in)

    def _urls(self, text: str) -> str:
        kept: list[str] = []
        done = 0
        while (at := text.find("://", done)) >= 0:
            scheme = _SCHEME.search(text[max(done, at - _LONGEST_SCHEME) : at])
            start = at - len(scheme[0]) if scheme else at
            before = text[done:start]
            kept.append(before)
            label = _LABEL_BEFORE.search(before[-_LONGEST_LABEL:]) if before else None
            place = keys.place(label[1]) if label else self._place
            key = self._under(label[1], place) if label else self._key
            read = place not in keys.UNREAD
            done = self._url(text, scheme[0] if scheme else "", at + len("://"), key, read=read)
        kept.append(text[done:])
        return " ".join(kept)

    def _url(self, text: str, scheme: str, at: int, key: str, *, read: bool) -> int:
        """Reads one URL whose authority begins at `at`; returns where the next text begins."""
        window = text[at : at + _LONGEST_TOKEN]
        following = _NEXT_URL.search(window)
        if following:
            window = window[: following.start()]
        white = _WHITE.search(window)
        unspoilt = window[: white.start()] if white else window
        end = _TOKEN_END.search(unspoilt)
        token = unspoilt[: end.start()] if end else unspoilt
        if read and scheme.lower() not in NO_HOST:
            edge = _AUTHORITY_END.search(token)
            path = token[edge.start() :] if edge else ""
            for host, port in self._authority(token, unspoilt, scheme.lower()):
                if not port and host in self._own_names:
                    continue
                self._keep("url", host, port, key, scheme, path=path)
        return at + len(unspoilt)

    def _authority(self, token: str, unspoilt: str, scheme: str) -> Iterator[tuple[str, str]]:
        """Hosts and ports of a URL, from what follows "://".

        `unspoilt` goes on to the next white space: user info may hold any other character, so an
        "@" further on makes doubtful what looks like a host before it, unless that is known.
        """
        edge = _AUTHORITY_END.search(token)
        authority = token[: edge.start()] if edge else token
        if scheme in _PARAMETERS_AFTER_SEMICOLON:
            authority = authority.partition(";")[0]
        elif "@" in authority:
            authority = _without_user(authority)
        elif "@" in unspoilt:
            host, _, port = authority.partition(":")
            known = host in self._known or hosts.in_cluster(host)
            if not known or not (port.isdecimal() or not port):
                return
        if edge and (not authority or scheme in ADDRESS_IN_PATH):
            authority = _AUTHORITY_END.split(token[edge.end() :].lstrip("/"), maxsplit=1)[0]
        for part in _HOST_LIST.split(authority):
            split = hosts.split(_UNKNOWN_PORT.sub("", part))
            if split is None:
                break
            yield split

    def _data_sources(self, text: str) -> str:
        """Go's `user:password@tcp(host:port)/name`.

        https://github.com/go-sql-driver/mysql#dsn-data-source-name
        """
        kept: list[str] = []
        done = 0
        for found in _DATA_SOURCE.finditer(text):
            if found.start() < done:
                continue
            kept.append(_without_last_word(text[done : found.start()]))
            if split := hosts.split(found[1]):
                self._keep("host-port" if split[1] else "url", *split, self._key)
            white = _WHITE.search(text, found.end())
            done = white.start() if white else len(text)
        kept.append(text[done:])
        return " ".join(kept)

    def _oracle(self, text: str) -> str:
        """Oracle's `jdbc:oracle:thin:user/password@//host:port/service`."""
        kept: list[str] = []
        done = 0
        for found in _ORACLE.finditer(text):
            kept.append(_without_last_word(text[done : found.start()]))
            mark = "@//" if "@//" in found[1] else "@"
            address = found[1].rpartition(mark)[2]
            host, _, port = _ADDRESS_END.split(address, maxsplit=1)[0].partition(":")
            port = port.partition(":")[0]
            if split := hosts.split(f"{host}:{port}" if port else host):
                self._keep("url", *split, self._key, "jdbc:oracle")
            done = found.end()
        kept.append(text[done:])
        return " ".join(kept)

    def _chunks(self, text: str) -> Iterator[syntax.Pair]:
        """Reads what stands between white space; yields the values that have a label."""
        lines = [text] if self._is_arguments else text.split("\n")
        by_line = [list(self._without_user_info(line)) for line in lines]
        alone = self._is_arguments or sum(map(len, by_line)) == 1
        for number, chunks in enumerate(by_line):
            flag = ""
            for place, chunk in enumerate(chunks):
                label, flag = flag, ""
                following = chunks[place + 1].rstrip(";") if place + 1 < len(chunks) else ""
                if _FLAG.fullmatch(chunk):
                    flag = chunk
                elif _MAPPING_KEY.fullmatch(chunk):
                    flag = chunk[:-1]
                elif following.isdecimal() and self._known.has_port(chunk, following):
                    self._keep("pair", chunk, following, self._key)
                else:
                    for key, value in self._parts(chunk, label, alone=alone):
                        yield number, key, value

    def _without_user_info(self, text: str) -> Iterator[str]:
        """What stands between white space, quotes and brackets.

        Of anything with an "@" only what follows is looked at: user info may hold quotes, too.
        """
        for word in text.split():
            if "@" in word:
                address = _ADDRESS_END.split(word[word.rindex("@") + 1 :], maxsplit=1)[0]
                split = hosts.split(_TOKEN_END.split(address, maxsplit=1)[0])
                if split and split[1].isdecimal():
                    self._keep("host-port", *split, self._key)
            else:
                yield from (c for c in _CHUNK.split(word) if c and len(c) <= _LONGEST_TOKEN)

    def _parts(self, chunk: str, label: str, *, alone: bool) -> Iterator[tuple[str, str]]:
        """Reads a list; yields the values that have a label of their own, with it."""
        with_comma = _SERVER_COMMA_PORT.match(chunk)
        if with_comma and keys.place(with_comma[1]) == "address":
            yield with_comma[1], f"{with_comma[2]}:{with_comma[3]}"
            chunk = chunk[with_comma.end() :]
        for part in _PART.split(chunk):
            if pair := _PAIR.fullmatch(part):
                label = ""
                yield pair[1], pair[2]
            elif label:
                yield label, part
            else:
                self._single(part, self._key, self._place, alone=alone)

    def _labelled(self, labelled: list[syntax.Pair]) -> None:
        """Values with labels, hosts and ports of one name joined: `host=b port=80`."""
        ports: dict[tuple[str, ...], list[tuple[int, int, str]]] = {}
        for place, (line, label, value) in enumerate(labelled):
            if value.isdecimal() and (stem := _stem_of_port(label)) is not None:
                ports.setdefault(stem, []).append((line, place, value))
        for place, (line, label, value) in enumerate(labelled):
            asked = keys.place(label)
            key = self._under(label, asked)
            split = hosts.split(value) if ports and asked == "address" else None
            if split and not split[1]:
                stem = keys.words(label)[:-1]
                near = self._port_near(ports.get(stem, ()), line, place, label)
                if port := near or self._port_near(ports.get((), ()), line, place, label):
                    self._keep("pair", split[0], port, key)
                    continue
            if asked not in keys.UNREAD:
                self._single(value, key, asked, alone=True)

    def _port_near(
        self, ports: Sequence[tuple[int, int, str]], line: int, place: int, label: str
    ) -> str | None:
        """The port that stands nearest; in a text of several lines only one of a line nearby.

        The flags of one command are on one line.
        """
        apart = 0 if label.startswith("-") else _LINES_OF_A_PAIR
        near = [
            (abs(other - place), port)
            for at, other, port in ports
            if self._is_arguments or abs(at - line) <= apart
        ]
        return min(near)[1] if near else None

    def _single(self, value: str, key: str, place: keys.Place, *, alone: bool) -> None:
        """One `host:port`, name or address, with a path behind it or not."""
        path = ""
        if not (value.startswith("[") and "]" in value):
            value = value.removeprefix("//")
            value = _GRPC.sub("", value)
            edge = _AUTHORITY_END.search(value)
            value, path = (value[: edge.start()], value[edge.start() :]) if edge else (value, "")
            value = value.strip("[],;")
        split = hosts.split(value)
        if split is None or place == "image":
            return
        host, port = split[0].rstrip("."), split[1]
        if not port and host in self._own_names:
            return
        if port:
            if place == "address" or host in self._known or "." in host or ":" in host:
                self._keep("host-port", host, port, key, path=path)
        elif place == "name":
            return
        elif hosts.in_cluster(host) or (host in self._known and "." in host):
            self._keep("fqdn", host, "", key)
        elif host in self._known:
            if alone:
                self._keep("word", host, "", key)
        elif place == "address" and alone and hosts.looks_public(host):
            self._keep("fqdn", host, "", key)

    def _under(self, label: str, place: keys.Place) -> str:
        """The key of a labelled value.

        A label is kept only if it is a word for an address or surely a flag: what stands before a
        host may be anything, a password given as "-psecret" too.
        """
        if place == "address":
            return f"{self._key}:{label}" if self._key else label
        is_flag = label.startswith("--") or _SHORT_FLAG.fullmatch(label)
        return label if is_flag and not self._key else self._key

    def _keep(
        self, form: Form, host: str, port: str, key: str, scheme: str = "", *, path: str = ""
    ) -> None:
        if not hosts.leads_elsewhere(host):
            return
        number: int | str | None = port or None
        if port.isdecimal():
            number = int(port)
            if not 0 < number <= LARGEST_PORT:
                return
        elif port and not self._known.has_port(host, port):
            return
        scheme = scheme.lower()
        self.found.append(
            Reference(
                host.rstrip("."),
                key,
                self._found_in,
                form,
                number,
                scheme or None,
                tls.asked(scheme, self._said_tls),
                probes.about(host, key, path if path and not self._is_script else ""),
            )
        )


def _without_user(authority: str) -> str:
    """The hosts of an authority; one user info before each host of a list is taken away, too."""
    user, _, hosts = authority.partition("@")
    hosts = hosts.replace(f",{user}@", ",")
    return hosts.rpartition("@")[2]


def _without_last_word(text: str) -> str:
    """The text before the user info that a data source name begins with."""
    return text if text[-1:].isspace() else text[: len(text) - len((text.split() or [""])[-1])]


def _stem_of_port(label: str) -> tuple[str, ...] | None:
    """What stands before "port" in a label, () for the short flag of most clients."""
    said = keys.words(label)
    return said[:-1] if said[-1:] == ("port",) or label in ("-p", "-P") else None

"""Places where code itself decides who gets a new version: by share of requests, header or version.

What is looked for is this table, by kind and family of languages, and nothing else:

========= ================================================ =========================================
kind      what stands there                                as written in
========= ================================================ =========================================
"share"   a random draw, or a hash modulo 100, compared    any language: `random() < canaryPercent`,
          with a figure that is called a share of a        `hash(id) % 100 < rollout`
          canary or a rollout
"header"  a request's header for canaries or versions      JavaScript `req.headers['x-canary']`, Go
          compared with a word                             `Header.Get("X-Canary")`, Java
                                                           `getHeader("X-Canary")`, Python, C#, Ruby
"version" instances of a Service compared by the version   Java, Kotlin: Spring Cloud's
          that they registered                             `ServiceInstance.getMetadata()`
"setting" an environment variable or property for such a   `getenv("CANARY_PERCENT")`,
          share                                            `process.env.X_ROLLOUT_PERCENTAGE`,
                                                           `@Value("${canary.weight}")`
========= ================================================ =========================================

The table is drawn from public code that does so and from what is merely like it. A draw without
such a name is a game, a sample or a jitter nine times in ten; a header that is only read is passed
on, for a mesh to route by; versions in paths or in `x-api-version` are those of an interface; code
that learns has "rollouts" of its own, and canaries can be bait for thieves. Where such headers and
metadata are told of:
https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary and
https://docs.spring.io/spring-cloud-commons/reference/spring-cloud-commons/loadbalancer.html.
"""

import re
from collections.abc import Iterator
from itertools import pairwise

from mesh_probe.model import Branch, BranchKind
from mesh_probe.references import keys, literals

_MARKS = (b"canary", b"rollout", b"getmetadata().get(", b"-version")
"""One of them, in small letters, stands in every file that has such a place."""


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LANGUAGES = _set("""
    .c .cc .cjs .clj .cpp .cs .cxx .erl .ex .exs .fs .go .groovy .hs .java .js .jsx .kt .lua .mjs
    .ml .php .pl .py .rb .rs .scala .ts .tsx .vb
""")
"""Endings of files of code that may run in a cluster; apps for phones are not among them."""

_NOT_SERVING = _set("""
    bench benchmark benchmarks ci deploy deployment deployments examples hack infra
    integration-tests load-generator load-test load-tests loadgen loadgenerator locust locustfile
    migrations ops perf samples script scripts simulation simulator stories tool tools
""")
"""Folders whose code serves no requests: it makes them, or it releases."""

_OTHER_CANARIES = re.compile(
    r"canary[ _-]?token|honey[ _-]?(?:token|pot)|stack[ _-]?canary"
    r"|^\s*(?:import|from)\s+(?:torch|tensorflow|gym|gymnasium|stable_baselines3|jax)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Files about bait for thieves, or about learning by rollouts."""

_TOPIC = re.compile(r"canary|roll_?out|getMetadata\(\)\.get\(|x-(?:[a-z]+-)?version", re.IGNORECASE)

_COMPARES = re.compile(r"(?<![-=<>])(?:<=?|>=?)(?![-=<>])")
_ENDS = re.compile(
    r"[;{}]|\?(?!\.)|(?<!:):(?!:)|&&|\|\||(?<![!=<>])=(?!=)"
    r"|\b(?:and|if|or|return|then|unless|when)\b"
)
_CHAIN = re.compile(r"[A-Za-z_$][\w$]*(?:[?!]?(?:\.|->|::|\[[\"'])[A-Za-z_$][\w$]*)*")
_DRAWS = re.compile(
    r"\b(?:mt_)?rand(?:int|n)?\b|random|\.next(?:Int|Double|Float)\(", re.IGNORECASE
)
_HASHES = re.compile(r"%\s*10{2,4}\b|bucket|hash|percentile|crc32", re.IGNORECASE)
_SHARES = _set("fraction pct percent percentage probability traffic weight")
_BEFORE = 8
"""Lines in which what is compared may have been drawn."""

_READS = re.compile(
    r"(?:(?:[hH]eaders?|[cC]ookies?|META|env|_SERVER)(?:\(\))?\??(?:\.\w{1,20}\(|\[)"
    r"|(?:\.|->)(?:get|Get|getHeader|GetHeader|getFirst|header)\()"
    r"\s?(?:\"([\w-]{6,40})\"|'([\w-]{6,40})')"
)
_ANSWERS = re.compile(r"\b(?:res|resp|response|rec|recorder|w|rr)\b[\w.?!()$>-]*$", re.IGNORECASE)
_SETS = re.compile(r"\s?\]\s?=(?!=)")
_CANARY_HEADER = re.compile(
    r"(?:http_)?x[-_](?:[a-z]+[-_])?canary(?:[-_](?:group|release|tag|test|user|version))?",
    re.IGNORECASE,
)
_VERSION_HEADER = re.compile(r"(?:http_)?x[-_](?:service[-_])?version", re.IGNORECASE)
_VERSION = r"v\d{1,3}|canary|beta|next|new|stable|blue|green"
_YES = r"true|always|yes|on|1"


def _tested(words: str) -> re.Pattern[str]:
    word = rf"[\"'](?:{words})[\"']"
    equals = r"(?:[!=]==?|\beq\b|\bis\b|\bequals(?:IgnoreCase)?\()"
    return re.compile(
        rf"{equals}\s?{word}|{word}\s?(?:[!=]==?|\.equals(?:IgnoreCase)?\()", re.IGNORECASE
    )


_TESTED_VERSION = _tested(_VERSION)
_TESTED_CANARY = re.compile(
    rf"{_tested(f'{_VERSION}|{_YES}').pattern}|bool\w{{0,20}}\(", re.IGNORECASE
)
_ASSIGNED = re.compile(r"([A-Za-z_$][\w$]*)(?:\s?:\s?[\w<>|. ]{1,40})?\s?:?=(?!=)")
_AFTER = 4
"""Lines after the one that reads a header in which it may be tested."""

_OF_INSTANCE = r"getMetadata\(\)\.get\(\s?\"(?:version|gray|grey|canary|release)\""
_INSTANCES = re.compile(
    rf"(?<!assert)[eE]quals\w*\([^;\"]{{0,80}}{_OF_INSTANCE}|{_OF_INSTANCE}\s?\)\s?\.equals\("
)

_SETTING = re.compile(
    r"env\w{0,20}\W{1,4}(?:(?:fetch|get|int|str|var)\w{0,8}\W{1,3})?"
    r"(?:[A-Z0-9]+_)*(?:CANARY|ROLLOUT)_(?:TRAFFIC_)?(?:PERCENT(?:AGE)?|PCT|FRACTION|WEIGHT)\b"
    r"|@Value\(\s?\"\$\{[\w.-]{0,60}\b(?:canary|rollout)[.-](?:traffic[.-])?"
    r"(?:percent(?:age)?|pct|fraction|weight)\b",
    re.IGNORECASE,
)


def may_hold(path: str, data: bytes) -> bool:
    """Whether a file is worth a look; cheap, since few are."""
    folders, _, name = path.rpartition("/")
    if name[name.rfind(".") :].lower() not in _LANGUAGES:
        return False
    lowered = data.lower()  # as fast as a search, of which it spares three
    if not any(mark in lowered for mark in _MARKS):
        return False
    return _NOT_SERVING.isdisjoint(folders.lower().split("/"))


def find(path: str, text: str) -> Iterator[Branch]:
    """The first place of each kind in one file; `path` is its path in its tree, with "/"."""
    if _OTHER_CANARIES.search(text):
        return
    lines, found = text.split("\n"), set[BranchKind]()
    for at, line in enumerate(lines):
        if not _TOPIC.search(line) or len(line) > literals.LONGEST_LINE:
            continue
        kind = None if literals.COMMENT.match(line) else _kind(lines, at)
        if kind and kind not in found:
            found.add(kind)
            yield Branch(f"{path}:{at + 1}", kind)


def _kind(lines: list[str], at: int) -> BranchKind | None:
    line = lines[at]
    if _is_share(lines, at):
        return "share"
    if _tests_header(lines, at):
        return "header"
    if _INSTANCES.search(line):
        return "version"
    return "setting" if _SETTING.search(line) else None


def _is_share(lines: list[str], at: int) -> bool:
    for before, after in pairwise(_COMPARES.split(lines[at])):
        left = _ENDS.split(before)[-1]
        right = next(filter(str.strip, _ENDS.split(after)), "")
        for drawn, share in ((left, right), (right, left)):
            if _is_drawn(drawn, share, lines[max(0, at - _BEFORE) : at]):
                return True
    return False


def _is_drawn(drawn: str, share: str, before: list[str]) -> bool:
    """Whether one side is a draw or a hash, here or some lines before, and the other a share."""
    said = [keys.words(chain) for chain in _CHAIN.findall(share)]
    released = [words for words in said if "canary" in words or "rollout" in "".join(words)]
    if not released:
        return False
    named = any(not _SHARES.isdisjoint(words) for words in released)
    if _HASHES.search(drawn):
        return named or any(words[-1] == "rollout" for words in released)
    if not named:
        return False
    if _DRAWS.search(drawn):
        return True
    name = drawn.strip(" \t()!")
    if not name.isidentifier():
        return False
    made = re.compile(rf"(?<![\w.]){name}\b[^=]{{0,40}}=(?!=)(.*)")
    assigned = (found[1] for line in before if (found := made.search(line)))
    return any(_DRAWS.search(value) or _HASHES.search(value) for value in assigned)


def _tests_header(lines: list[str], at: int) -> bool:
    """Whether a header of the request is read here, and compared here or in the next lines."""
    line = lines[at]
    for read in _READS.finditer(line):
        tested = _test_of(read[1] or read[2])
        if (
            tested is None
            or _SETS.match(line, read.end())
            or _ANSWERS.search(line, 0, read.start())
        ):
            continue
        if tested.search(line):
            return True
        assigned = _ASSIGNED.search(line, 0, read.start())
        if assigned:
            variable = re.compile(rf"(?<![\w$\"'-]){re.escape(assigned[1])}(?![\w$\"'-])")
            following = [
                later for later in lines[at + 1 : at + 1 + _AFTER] if not _READS.search(later)
            ]
            if any(variable.search(later) and tested.search(later) for later in following):
                return True
    return False


def _test_of(header: str) -> re.Pattern[str] | None:
    if _CANARY_HEADER.fullmatch(header):
        return _TESTED_CANARY
    return _TESTED_VERSION if _VERSION_HEADER.fullmatch(header) else None

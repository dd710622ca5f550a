"""Addresses that are only asked whether a program is well, by status pages and their like.

Nobody's request goes that way, so they prove no call. The path of the URL tells, which is not kept,
or a key that asks for health checks. In commands and scripts only the key tells: one that waits
until another program is well does so because it calls it afterwards, and so may a "wait" in a key.
"""

import re
from functools import lru_cache
from typing import Literal

from mesh_probe.references import keys

# What programs answer under: ASP.NET ("/hc", "/liveness", Aspire's "/alive"), Spring
# ("/actuator/health/readiness"), Kubernetes' own ("/livez"), Quarkus ("/q/health/ready"),
# Prometheus ("/-/healthy"), Istio ("/healthz/ready"), Elasticsearch ("/_cluster/health").
_PATH = re.compile(
    r"(?:/[\w.~-]{1,60}){0,5}/[_-]{0,2}"
    r"(?:hc|alive|liveness|livez|ready|readyz|readiness|startupz|health(?:y|z|[_-]?checks?)?"
    r"(?:/(?:live|liveness|livez|ready|readiness|readyz|started|startup|full))?)/?(?:[?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_ANY_PATH = re.compile(
    r"/?(?:(?:api/)?(?:info|live|ping|status|up|version)/?)?(?:[?#].*)?", re.IGNORECASE | re.DOTALL
)
"""What is asked for health where a key says so, too."""

_KEY = re.compile(
    r"\b(?:healthz|health ?check(?:s|er)?|liveness|readiness)"
    r"(?: (?:addr|address|endpoint|endpoints|host|target|targets|uri|uris|url|urls))?$"
)
# The page of https://github.com/Xabaril/AspNetCore.Diagnostics.HealthChecks takes its list so.
_STATUS_PAGE = re.compile(r"\bhealth ?checks ?ui\b")
_WAITS = frozenset({"await", "depends", "wait", "waitfor"})
_OF_HOST = re.compile(r"[.-]")
_BETWEEN_WORDS = re.compile(r"[^\s,;]\s+\S")


def is_script(text: str, found_in: str) -> bool:
    """Whether it is more than a value: a command, or a text of words that are no list."""
    return found_in.endswith(("args", "command")) or bool(_BETWEEN_WORDS.search(text.strip()))


def about(host: str, key: str, path: str) -> Literal["probe"] | None:
    """What a reference is about where its program is only asked how it is.

    `path` is what follows the host, from "/" or "?" on; "" where nothing does, and in scripts. That
    of a program which is itself called "health" tells nothing.
    """
    by_key = _by_key(key)
    if by_key == "page":
        return "probe"
    by_path = bool(path) and by_key != "wait" and bool(_PATH.fullmatch(path.rstrip(",;")))
    if not by_path and not (by_key == "probe" and _ANY_PATH.fullmatch(path)):
        return None
    named_so = any(part == "hc" or part.startswith("health") for part in _OF_HOST.split(host))
    return None if named_so else "probe"


@lru_cache(maxsize=16_384)
def _by_key(key: str) -> str:
    """What a key says: "page", "probe", "wait" or nothing."""
    said = keys.words(key)
    if not _WAITS.isdisjoint(said):
        return "wait"
    named = " ".join(word for word in said if not word.isdigit())
    if _STATUS_PAGE.search(named):
        return "page"
    return "probe" if _KEY.search(named) else ""

"""Values that belong together, such as the variables of a container: hosts and ports are joined."""

import re
from collections.abc import Mapping
from functools import lru_cache

from mesh_probe.model import Reference
from mesh_probe.references import keys, tokens
from mesh_probe.references.known import Known

_HOST_WORDS = frozenset(
    {"host", "hostname", "server", "address", "addr", "ip", "endpoint", "url", "uri"}
    | {"service", "svc", "fqdn", "domain"}
)
_PORT = re.compile(r"port(?:_?(?:value|number))?$", re.IGNORECASE)  # Envoy: "port_value"


def find(
    values: Mapping[str, str], found_in: str | None, known: Known, prefix: str = ""
) -> tuple[Reference, ...]:
    """The references of all values; "X_HOST" and "X_PORT" become one reference with a port.

    `prefix` is put before every key. Without `found_in` each is found in its own key.
    """
    ports = _ports(values)
    found: list[Reference] = []
    for key, text in values.items():
        where = key if found_in is None else found_in
        if ports and _names_host(key) and (port := ports.get(_stem(key))):
            pair = tokens.join(text, port, prefix + key, where)
            if pair:
                found.append(pair)
                continue
        if names := tokens.find(text, prefix + key if prefix else key, where, known):
            found += names
    return tuple(found)


@lru_cache(maxsize=16_384)
def _names_host(key: str) -> bool:
    return not _HOST_WORDS.isdisjoint(keys.words(key)[-1:])


@lru_cache(maxsize=16_384)
def _stem(key: str) -> str:
    said = keys.words(key)
    return key[: -len(said[-1])] if said and key.lower().endswith(said[-1]) else key


def _ports(values: Mapping[str, str]) -> dict[str, str]:
    numbers = [(key, text.strip()) for key, text in values.items() if text[:1].isdecimal()]
    return {
        key[: found.start()]: text
        for key, text in numbers
        if text.isdecimal() and (found := _PORT.search(key))
    }

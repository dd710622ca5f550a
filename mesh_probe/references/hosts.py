"""What names, addresses and ports of hosts look like."""

import ipaddress
import re
from functools import lru_cache

from mesh_probe.model import Noun

_LONGEST_HOST = 253
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
NAME = rf"{_LABEL}(?:\.{_LABEL}){{0,20}}\.?"
"""A regular expression for the name of a host, or an IPv4 address."""
_HOST = re.compile(NAME)
_PORT_NAME = re.compile(r"(?=[a-z0-9-]{0,14}[a-z])[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?")
# A resolver that a proxy's configuration names is asked by every pod alike.
_RESOLVERS = ("kube-dns.kube-system", "coredns.kube-system")
_TOP_LEVEL = re.compile(r"[A-Za-z]{2,24}|xn--[a-z0-9-]{1,59}")


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Hosts of XML namespaces and schemas: names, not addresses.
_VOCABULARIES = _set("""
    www.w3.org json-schema.org java.sun.com xmlns.jcp.org xmlns.oracle.com jakarta.ee
    www.springframework.org maven.apache.org schemas.microsoft.com schemas.xmlsoap.org
    purl.org ns.adobe.com www.slf4j.org logging.apache.org docs.oracle.com
""")


class Address(Noun):
    """One URL or one `host:port`, with nothing around it."""

    scheme: str | None
    """In lower case."""
    host: str
    port: int | None
    path: str
    """What follows the host, from "/" or "?" on."""
    tls: bool | None
    """Whether it asks for encryption; None where it does not say."""
    leads_elsewhere: bool
    """Whether it is a host to call, as the function of this name has it."""


def split(text: str) -> tuple[str, str] | None:
    """Host and port ("" for none) of `host`, `host:port`, `[v6]:port` or a bare IPv6 address."""
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        shaped = bracket and is_address(host) and rest[:1] in ("", ":")
        return (host, rest[1:]) if shaped else None
    if text.count(":") > 1:
        return (text, "") if is_address(text) else None
    host, colon, port = text.partition(":")
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host):
        return None
    if not colon or (port.isdecimal() and port.isascii()) or _PORT_NAME.fullmatch(port):
        return host, port
    return None


@lru_cache(maxsize=16_384)
def leads_elsewhere(host: str) -> bool:
    """Whether it is a host to call: not the pod itself, no schema's name, no web token."""
    if is_address(host):
        address = ipaddress.ip_address(host)
        return not (address.is_loopback or address.is_unspecified or address.is_link_local)
    lowered = host.lower().rstrip(".")
    if lowered in _VOCABULARIES or lowered == "localhost" or lowered.endswith(".localhost"):
        return False
    # Web tokens begin so; a host's last label is never a number.
    if lowered.startswith(_RESOLVERS):
        return False
    return not lowered.startswith("eyj") and not lowered.rpartition(".")[2].isdigit()


def is_address(text: str) -> bool:
    """Whether it is an IP address, without brackets or zone."""
    if not text or not (text[0].isdigit() or ":" in text):
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text


def in_cluster(host: str) -> bool:
    """Whether the name itself says that it is one of the cluster's."""
    host = host.lower().rstrip(".")
    return host.endswith((".svc", ".cluster.local")) or ".svc." in host


def looks_public(host: str) -> bool:
    """A dotted name that ends like a domain does, or an address."""
    if is_address(host):
        return True
    labels = host.rstrip(".").split(".")
    return len(labels) > 1 and bool(_TOP_LEVEL.fullmatch(labels[-1])) and host == host.lower()

"""What a string names: hosts in whatever syntax.

Most strings name nothing or are one address, so these are sorted out before `finder` takes the
others apart.
"""

import re

from mesh_probe.model import Reference
from mesh_probe.references import hosts, keys, probes, tls
from mesh_probe.references.finder import ADDRESS_IN_PATH, LARGEST_PORT, NO_HOST, Finder, Form
from mesh_probe.references.known import Known

LONGEST_TEXT = 262_144
"""Characters of one string that are read."""

_LONGEST_REMEMBERED = 256
_LARGEST_MEMO = 5_000

_MARKS = re.compile(r"\w[:.]|[=@]\s{0,8}[\"']?\w")
"""Marks of addresses; without one, a host is a bare word."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")

_ONE_ADDRESS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,38})://(?:[\w.%~-]{0,80}(?::[\w.%~-]{0,80})?@)?)?"
    rf"(?P<host>{hosts.NAME})(?::(?P<port>\d{{1,5}}))?(?P<path>[/?][\w./?=&%+:~-]*)?",
    re.ASCII,
)


def find(text: str, key: str, found_in: str, known: Known) -> tuple[Reference, ...]:
    """All host references of a string that is the value of `key`, in the order they stand there.

    Hosts that lead to the pod itself (localhost, 0.0.0.0) are none. A name that stands alone is
    kept only if it is a known Service, or is clearly a host where an address is asked for.
    """
    if len(text) > _LONGEST_REMEMBERED:
        return _read(text[:LONGEST_TEXT], key, found_in, known)
    at = (text, key, found_in)
    found = known.memo.get(at)
    if found is None:
        found = _read(text, key, found_in, known)
        # One address alone is read at once, and mostly stands in one place.
        if len(known.memo) < _LARGEST_MEMO and not (len(found) == 1 and found[0].port):
            known.memo[at] = found
    return found


def _read(text: str, key: str, found_in: str, known: Known) -> tuple[Reference, ...]:
    place = keys.place(key)
    if place in keys.UNREAD or not _NAME.search(text) or text.startswith("-----BEGIN "):
        return ()
    if not _MARKS.search(text) and known.isdisjoint(_NAME.findall(text)):
        return ()
    alone = _alone(text, known)
    found = _one(alone, key, found_in, known) if alone else None
    if found is None:
        finder = Finder(key, place, found_in, known)
        finder.read(text)
        found = tuple(dict.fromkeys(finder.found))
    return found


def _alone(text: str, known: Known) -> hosts.Address | None:
    """The address that a text is and no more, as most are: a hub's stands in many places."""
    if text in known.addresses:
        return known.addresses[text]
    found = _ONE_ADDRESS.fullmatch(text)
    if found is None:
        return None
    scheme = found["scheme"] and found["scheme"].lower()
    host = found["host"].rstrip(".")
    address = hosts.Address(
        scheme,
        host,
        int(found["port"]) if found["port"] else None,
        found["path"] or "",
        tls.asked(scheme or "", tls.said(text)),
        hosts.leads_elsewhere(host),
    )
    if len(text) <= _LONGEST_REMEMBERED and len(known.addresses) < _LARGEST_MEMO:
        known.addresses[text] = address
    return address


def _one(
    alone: hosts.Address, key: str, found_in: str, known: Known
) -> tuple[Reference, ...] | None:
    """What one URL or one `host:port` alone names, as most values are; None to read it in full.

    It finds what reading in full does, in a tenth of the time.
    """
    scheme, host, port, path = alone.scheme, alone.host, alone.port, alone.path
    if scheme is None:
        place = keys.place(key)
        if port is None or path:
            return None
        wanted = place != "image" and (place == "address" or "." in host or host in known)
    else:
        if scheme in ADDRESS_IN_PATH or "/invoke/" in path:
            return None
        wanted = scheme not in NO_HOST
    if not wanted or not alone.leads_elsewhere:
        return ()
    if port is not None and not 0 < port <= LARGEST_PORT:
        return ()
    form: Form = "url" if scheme else "host-port"
    about = probes.about(host, key, "" if probes.is_script("", found_in) else path)
    return (Reference(host, key, found_in, form, port, scheme, alone.tls, about),)


def join(host: str, port: str, key: str, found_in: str) -> Reference | None:
    """The reference of a host and a port in two values; None when the first is no host."""
    split = hosts.split(host.strip())
    if (
        split is None
        or split[1]
        or not hosts.leads_elsewhere(split[0])
        or keys.place(key) in keys.UNREAD
    ):
        return None
    if not 0 < int(port) <= LARGEST_PORT:
        return None
    about = probes.about(split[0], key, "")
    return Reference(split[0].rstrip("."), key, found_in, "pair", int(port), about=about)

"""All that is read of a cluster: what it serves, its version, and every kind into the inventory."""

import time

import msgspec

from mesh_probe.collect.crew import Crew, CutShort, Get, Tell
from mesh_probe.collect.discovery import Catalogue, discover
from mesh_probe.collect.listing import PAGE_BYTES, Listing, Scope
from mesh_probe.collect.refusal import BROKEN, JSON, Refused, broken
from mesh_probe.errors import CollectError
from mesh_probe.inventory import Inventory
from mesh_probe.kinds import KINDS
from mesh_probe.model import Gap, Noun
from mesh_probe.text import message

THREADS = 2
"""As many keep the thread that reduces pages busy; with four, a scan was no faster, and the server
had more to do at a time."""
GENTLE_THREADS = 1
GENTLE_PAGE_BYTES = 500_000

VERSION_SECONDS = 5
"""For the server's version, without which a scan goes on."""


class KubeRead(Noun):
    """What can be said of a reading beside the objects, which are in the inventory."""

    server_version: str | None
    gaps: tuple[Gap, ...]
    complete: bool
    """False when it was cut short: time ran out, or the credentials did."""


class _Version(msgspec.Struct, rename="camel"):
    git_version: str


def read(
    get: Get,
    inventory: Inventory,
    scope: Scope,
    *,
    server: str,
    deadline: float,
    gentle: bool,
    sample: bool,
    progress: Tell,
) -> KubeRead:
    """Read every kind into the inventory.

    Raises: CollectError when the server cannot be reached or does not let us in, or when none of
    the namespaces exists.
    """
    threads = GENTLE_THREADS if gentle else THREADS
    with Crew(get, threads, deadline, progress) as crew:
        catalogue = _contact(crew, server)
        version = _version(get, min(deadline, time.monotonic() + VERSION_SECONDS), progress)
        reading = Listing(
            crew,
            catalogue,
            inventory,
            scope,
            page_bytes=GENTLE_PAGE_BYTES if gentle else PAGE_BYTES,
            sample=sample,
            tell=progress,
        )
        cut = reading.read_all()
    found = reading.conclude(cut)
    if isinstance(version, Gap):
        return KubeRead(None, (*found, version), complete=cut is None)
    return KubeRead(version, found, complete=cut is None)


def _contact(crew: Crew, server: str) -> Catalogue:
    """What the server serves. Raises: CollectError when it does not even say that."""
    try:
        return discover(crew, KINDS)
    except CutShort as err:
        raise CollectError(message("error.no-time", server=server), err.hint) from err
    except Refused as err:
        if err.no_entry:
            said = message("error.no-entry", server=server, detail=err.detail)
            raise CollectError(said, message("hint.unauthorized")) from err
        said = message("error.no-api", server=server, detail=err.detail)
        raise CollectError(said, err.hint or message("hint.no-api")) from err


def _version(get: Get, deadline: float, tell: Tell) -> str | Gap:
    """The server's version; it is no reason to wait for long."""
    try:
        with Crew(get, GENTLE_THREADS, deadline, tell) as crew:
            answer = crew.fetch_all(["/version"], JSON)["/version"]
        if isinstance(answer, Refused):
            return Gap("server version", answer.said, answer.hint)
        return msgspec.json.decode(answer, type=_Version).git_version
    except CutShort:
        return Gap("server version", message("gap.version-slow"))
    except BROKEN as err:
        return Gap("server version", broken(err).said)

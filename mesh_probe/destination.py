"""What a destination is: somewhere that a report can be delivered to by URL."""

from collections.abc import Callable

import msgspec

from mesh_probe.model import Noun
from mesh_probe.summary import Summary
from mesh_probe.text import Message

WHEN = "when"
"""The setting that every destination knows: "always" or "changed"."""


class Address(Noun):
    """Where to deliver to, as --deliver gives it: a URL, with settings after a "#".

    What stands after "#" in a URL is never sent to a server, so our settings cannot be taken for
    the destination's own.
    """

    url: str
    """Without the settings. It may hold a secret: a webhook's path is one."""
    shown: str
    """What may be printed of it."""
    settings: dict[str, str] = {}

    @property
    def only_when_changed(self) -> bool:
        """Whether it is to hear only of a changed outcome or finding."""
        return self.settings.get(WHEN) == "changed"


class Parcel(msgspec.Struct, frozen=True, kw_only=True):
    """What is delivered; made whole before anything is sent."""

    report: bytes
    report_name: str
    """What a file of it is called: "report.md"."""
    summary: Summary
    headline: str
    """The verdict in one sentence."""
    reasons: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    """What changed since the last notice; empty where that is not known."""
    snapshot: bytes = b""
    """Compressed."""


class UndeliveredError(Exception):
    """A try to deliver failed. It never holds a secret."""

    def __init__(
        self, reason: Message, *, again: bool = False, pause_seconds: float | None = None
    ) -> None:
        super().__init__(reason.id, reason.parameters)
        self.reason = reason
        self.again = again
        """Whether the same may succeed a little later."""
        self.pause_seconds = pause_seconds
        """How much later, where the destination says so."""


class Destination(Noun):
    """A kind of place, and how to deliver there. All functions may raise UndeliveredError."""

    name: str
    schemes: tuple[str, ...]
    """Of its URLs; empty takes whatever no other destination takes."""
    settings: tuple[str, ...]
    deliver: Callable[[Address, Parcel], None]
    announced: Callable[[Address], Summary | None] | None = None
    """What the last notice was about; only where the place can remember it."""
    announce: Callable[[Address, Summary], None] | None = None
    """Remember what notices were sent about."""
    check: Callable[[Address], None] | None = None
    """Find out before the work whether the settings make sense. Raises: UsageError, FileError."""

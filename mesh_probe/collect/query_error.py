"""Why a query was not answered, and what that means for the next one.

QueryError         this query was not answered; others may be
├── TooExpensive   it reads too much: ask for less at once
├── Busy           the server has no time for us now
└── Unusable       no query will be answered
"""

from collections.abc import Mapping
from typing import Literal

from mesh_probe.model import Gap
from mesh_probe.text import Message, message


class QueryError(Exception):
    """A query was not answered; others may be."""

    def __init__(self, reason: Message, hint: Message | None = None) -> None:
        super().__init__(reason.id, reason.parameters)
        self.reason = reason
        self.hint = hint

    def gap(self, subject: str) -> Gap:
        """What could not be seen because of it."""
        return Gap(subject, self.reason, self.hint)


class TooExpensive(QueryError):  # noqa: N818  # it says what the query is
    """The query reads more than the server allows or manages in time: ask for less at once."""


class Busy(QueryError):  # noqa: N818
    """The server has no time for us now."""

    def __init__(self, name: str, status: int, said: str, retry_after: str | None) -> None:
        super().__init__(
            message("gap.prometheus-busy", server=name, status=status, detail=said),
            message("hint.prometheus-busy"),
        )
        self.pause_seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
        """What the server asks us to wait."""


class Unusable(QueryError):  # noqa: N818
    """No query will be answered: not let in, not there, not a Prometheus, or no time left."""


def out_of_time() -> Unusable:
    """The time of the whole scan is over."""
    return Unusable(message("gap.time"), message("hint.time"))


Cause = Literal["closed", "silent", "no-name", "untrusted", "no-tls", "cut", "proxy", "other"]
"""Why nothing answers: nobody listens there, nothing comes back, the host name is not known, the
certificate is not trusted, no TLS is spoken, the connection is cut, a proxy in between fails."""


_SAID: Mapping[Cause, tuple[str, str]] = {
    "closed": ("gap.prometheus-closed", "hint.prometheus-closed"),
    "silent": ("gap.prometheus-silent", "hint.prometheus-silent"),
    "no-name": ("gap.prometheus-no-name", "hint.prometheus-no-name"),
    "untrusted": ("gap.prometheus-untrusted", "hint.prometheus-untrusted"),
    "no-tls": ("gap.prometheus-no-tls", "hint.prometheus-no-tls"),
    "cut": ("gap.prometheus-broken-off", "hint.prometheus-broken-off"),
    "proxy": ("gap.prometheus-proxy", "hint.prometheus-proxy"),
    "other": ("gap.prometheus-unreachable", "hint.prometheus-unreachable"),
}


def unreachable(name: str, why: tuple[Cause, str]) -> Unusable:
    """Nothing answers at the address; `why` has the words of the operating system or of TLS."""
    cause, detail = why
    reason, hint = _SAID[cause]
    return Unusable(message(reason, server=name, detail=detail), message(hint))


def not_prometheus(name: str, detail: str) -> Unusable:
    """Something else answers at the address."""
    return Unusable(
        message("gap.prometheus-not-one", server=name, detail=detail),
        message("hint.prometheus-not-one"),
    )

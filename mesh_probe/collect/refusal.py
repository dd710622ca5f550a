"""What an API server says when it does not hand over what was asked for, and what that means.

Seen on kube-apiserver 1.36: errors are a `Status` object in JSON, except 429 and the 404 of an
unknown group, which are plain text. Anything else comes from something in between.
"""

import msgspec

from mesh_probe.text import Message, message

OK = 200
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
GONE = 410
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500

JSON = "application/json"

_LONGEST_QUOTE = 300
"""Characters of somebody else's words that are passed on."""


class Refused(Exception):  # noqa: N818  # a refusal is an answer, and mostly becomes a gap
    """A request that got no usable answer, after all retries."""

    def __init__(
        self,
        status: int | None,
        detail: str,
        said: Message,
        hint: Message | None = None,
        continue_token: str | None = None,
    ) -> None:
        super().__init__(status, detail)
        self.status = status
        """The HTTP status; None when no complete answer came, or one that is not the API's."""
        self.detail = detail
        """The server's, or the operating system's, own words."""
        self.said = said
        self.hint = hint
        self.continue_token = continue_token
        """With 410: where the list can go on, at the newest version."""

    @property
    def no_entry(self) -> bool:
        """Whether it is about who asks, so that no other request would do better."""
        return self.status == UNAUTHORIZED or 'User "system:anonymous"' in self.detail


class _StatusMetadata(msgspec.Struct):
    continue_: str | None = msgspec.field(name="continue", default=None)


class _Status(msgspec.Struct):
    """https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ ."""

    message: str | None = None
    metadata: _StatusMetadata | None = None


def is_json(content_type: str) -> bool:
    """Whether an answer can be one of the API server's. The type may carry parameters."""
    return content_type.partition(";")[0].strip().lower() == JSON


def read_refusal(status: int, content_type: str, body: bytes) -> Refused:
    """What an answer that is no success says."""
    said = _Status()
    if is_json(content_type):
        try:
            said = msgspec.json.decode(body, type=_Status)
        except BROKEN:
            said = _Status()
    elif status < SERVER_ERROR and status not in (NOT_FOUND, TOO_MANY_REQUESTS):
        return not_json(status, content_type)
    detail = quote(said.message or f"HTTP {status}")
    if status == UNAUTHORIZED:
        return Refused(status, detail, message("gap.unauthorized"), message("hint.unauthorized"))
    if status == FORBIDDEN:
        reason = message("gap.forbidden", detail=detail)
        return Refused(status, detail, reason, message("hint.forbidden"))
    if status == GONE:
        token = said.metadata.continue_ if said.metadata else None
        return Refused(status, detail, message("gap.expired"), None, token)
    if status == TOO_MANY_REQUESTS:
        return Refused(status, detail, message("gap.too-busy"), message("hint.too-busy"))
    return Refused(status, detail, message("gap.server-error", status=status, detail=detail))


def not_json(status: int, content_type: str) -> Refused:
    """Something in between has answered: a proxy, or a login page."""
    kind = quote(content_type.partition(";")[0]) or "?"
    reason = message("gap.not-json", status=status, content_type=kind)
    return Refused(None, f"HTTP {status}, {kind}", reason, message("hint.not-json"))


def no_answer(detail: str, hint: Message | None = None) -> Refused:
    """The connection failed, or broke off."""
    return Refused(None, detail, message("gap.no-answer", detail=detail), hint)


BROKEN = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding may raise: no JSON, no UTF-8, or nested without end."""


def broken(err: Exception) -> Refused:
    """The answer is not what its address promises."""
    detail = quote(str(err))
    return Refused(None, detail, message("gap.broken-page", detail=detail))


def quote(words: str) -> str:
    """The first line of somebody else's words, cut before anything that may be data.

    NOTE: The kubeconfig loader's own errors print whole entries of the file, tokens included, as
    `{'name': …}`, so everything from the first brace on is dropped.
    """
    line = words.strip().partition("\n")[0].partition("{")[0].strip()
    return line if len(line) <= _LONGEST_QUOTE else f"{line[: _LONGEST_QUOTE - 1]}…"

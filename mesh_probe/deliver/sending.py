"""What destinations that speak HTTP share: headers from a file, and what a refusal means."""

from pathlib import Path

from mesh_probe.destination import Address, UndeliveredError
from mesh_probe.errors import FileError
from mesh_probe.text import message

_TIMEOUT, _TOO_MANY_REQUESTS, _SERVER_ERROR = 408, 429, 500


def headers_in(address: Address) -> dict[str, str]:
    """Headers from the file that `header-file` names, one NAME:VALUE a line. Raises: FileError."""
    file = address.settings.get("header-file")
    if file is None:
        return {}
    headers = {}
    for number, line in enumerate(text_of(file).splitlines(), start=1):
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers[name.strip()] = value.strip()
        elif line.strip():
            raise FileError(message("error.header-line", file=file, line=number))
    return headers


def text_of(file: str) -> str:
    """The text of a file. Raises: FileError."""
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as err:
        detail = err.strerror if isinstance(err, OSError) and err.strerror else "not UTF-8"
        raise FileError(message("error.unreadable", file=file, detail=detail)) from err


def refused(status: int, retry_after: str | None) -> UndeliveredError:
    """What an HTTP status other than success means."""
    passing = status in (_TIMEOUT, _TOO_MANY_REQUESTS) or status >= _SERVER_ERROR
    pause = float(retry_after) if retry_after and retry_after.isdecimal() else None
    reason = message("undelivered.status", status=status)
    return UndeliveredError(reason, again=passing, pause_seconds=pause)

"""A webhook: a POST with JSON, signed on request, in the shape that its receiver understands.

The signature is that of https://www.standardwebhooks.com: three headers, of which `webhook-id` is
the same for every try and every repeated run on the same snapshot, so that a receiver can tell.
"""

import base64
import binascii
import hashlib
import hmac
import os
import time

import msgspec

from mesh_probe import __version__
from mesh_probe.deliver.notices import SHAPES
from mesh_probe.deliver.sending import headers_in, refused, text_of
from mesh_probe.destination import Address, Destination, Parcel, UndeliveredError
from mesh_probe.errors import UsageError
from mesh_probe.text import message

CONNECT_SECONDS = 5
READ_SECONDS = 15

_SECRET_PREFIX = "whsec_"  # noqa: S105  # the standard's mark of a secret, not one


def signature(key: bytes, webhook_id: str, timestamp: int, body: bytes) -> str:
    """The signature of a request, in the form of its header."""
    signed = b".".join((webhook_id.encode(), str(timestamp).encode(), body))
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"


def _check(address: Address) -> None:
    shape = address.settings.get("as", "notice")
    if shape not in (*SHAPES, "report"):
        raise UsageError(
            message("error.webhook-shape", place=address.shown, shape=shape),
            message("hint.webhook-shape", shapes=", ".join((*SHAPES, "report"))),
        )
    if "key-file" in address.settings and "key-env" in address.settings:
        raise UsageError(message("error.two-keys", place=address.shown))
    _key(address)
    headers_in(address)


def _key(address: Address) -> bytes | None:
    """The key that requests are signed with, if they are. Raises: FileError, UsageError."""
    if (file := address.settings.get("key-file")) is not None:
        secret = text_of(file).strip()
    elif (name := address.settings.get("key-env")) is not None:
        secret = os.environ.get(name, "").strip()
        if not secret:
            raise UsageError(message("error.key-env", place=address.shown, name=name))
    else:
        return None
    if not secret.startswith(_SECRET_PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(_SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise UsageError(message("error.key-form", place=address.shown)) from None


def _deliver(address: Address, parcel: Parcel) -> None:
    shape = address.settings.get("as", "notice")
    if shape == "report":
        body = parcel.report
    else:
        body = msgspec.json.encode(SHAPES[shape](parcel, address.settings.get("link")))
    _post(address, body, _id_of(parcel, shape))


def _id_of(parcel: Parcel, shape: str) -> str:
    told = hashlib.sha256(parcel.snapshot + shape.encode())
    return f"{parcel.summary.taken_at:%Y%m%dT%H%M%S}-{told.hexdigest()[:16]}"


def _post(address: Address, body: bytes, webhook_id: str) -> None:
    import requests

    now = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"mesh-probe/{__version__}",
        "webhook-id": webhook_id,
        "webhook-timestamp": str(now),
        **headers_in(address),
    }
    if (key := _key(address)) is not None:
        headers["webhook-signature"] = signature(key, webhook_id, now, body)
    try:
        # A redirect would turn the POST into a GET, or take the signature elsewhere.
        answer = requests.post(
            address.url,
            data=body,
            headers=headers,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            allow_redirects=False,
        )
    except requests.Timeout as err:
        raise UndeliveredError(message("undelivered.timeout"), again=True) from err
    except requests.exceptions.InvalidURL as err:
        raise UndeliveredError(message("undelivered.url")) from err
    except (requests.RequestException, ValueError) as err:
        # The library's words hold the URL, and the URL may be the secret.
        kind = type(err).__name__
        raise UndeliveredError(message("undelivered.connection", kind=kind), again=True) from err
    if not answer.ok or answer.is_redirect:
        raise refused(answer.status_code, answer.headers.get("Retry-After"))


DESTINATION = Destination(
    "webhook",
    ("http", "https"),
    ("as", "link", "key-file", "key-env", "header-file"),
    _deliver,
    check=_check,
)

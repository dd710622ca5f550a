"""Delivery as the commands that report use it."""

from collections.abc import Sequence

from mesh_probe.cli.console import tell
from mesh_probe.deliver import Undelivered, deliver, deliver_report
from mesh_probe.destination import Address, Parcel
from mesh_probe.errors import DeliveryError
from mesh_probe.sheets.history import happened
from mesh_probe.text import Wording, message


def send(addresses: tuple[Address, ...], parcel: Parcel, wording: Wording) -> None:
    """Deliver everywhere, and say what failed. Raises: DeliveryError when something did."""
    failed = deliver(
        addresses,
        parcel,
        in_words=lambda step: [wording.say(said) for said in happened(step, wording)],
    )
    _say(failed, len(addresses), wording)


def send_report(addresses: tuple[Address, ...], report: bytes, wording: Wording) -> None:
    """Write a report to files, and say what failed. Raises: DeliveryError when something did."""
    _say(deliver_report(addresses, report), len(addresses), wording)


def _say(failed: Sequence[Undelivered], count: int, wording: Wording) -> None:
    for each in failed:
        reason = wording.say(each.reason)
        tell(message("label.undelivered", place=each.place, reason=reason), wording)
    if failed:
        raise DeliveryError(
            message("error.delivery", failed=len(failed), count=count), message("hint.delivery")
        )

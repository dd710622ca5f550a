"""Out: reports, snapshots and summaries to where people and programs look for them.

All writing to the outside world but files that options name is in this folder. A destination is
one file here and one line in `DESTINATIONS`.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from mesh_probe.deliver import config_map, prometheus, store, webhook
from mesh_probe.deliver.place import without_credentials
from mesh_probe.destination import WHEN, Address, Destination, Parcel, UndeliveredError
from mesh_probe.errors import FileError, UsageError
from mesh_probe.history import Step, step
from mesh_probe.model import Noun
from mesh_probe.summary import Summary
from mesh_probe.text import Message, message

log = logging.getLogger(__name__)

DESTINATIONS: tuple[Destination, ...] = (
    config_map.DESTINATION,
    prometheus.DESTINATION,
    webhook.DESTINATION,
    store.DESTINATION,
)
"""In the order in which they are asked whether a URL is theirs; the last takes what is left."""

LIMIT_SECONDS = 60.0
"""For one delivery with all its tries. Deliveries run at the same time."""

PAUSES_SECONDS = (1.0, 2.0, 4.0)
"""Between tries, where the destination asks for none of its own."""

T = TypeVar("T")


class Undelivered(Noun):
    """A delivery that failed, and why."""

    place: str
    reason: Message


class Job(Noun):
    """Something to do at a destination."""

    place: str
    run: Callable[[], None]


def parse(text: str) -> Address:
    """An address as --deliver gives it: a URL, or @FILE for a file that holds it.

    Raises: UsageError, FileError.
    """
    if text.startswith("@"):
        text = _first_line(text[1:])
    url, _, fragment = text.partition("#")
    parts = urlsplit(url)
    # A webhook's path is often its secret.
    shown = f"{parts.scheme}://{parts.hostname}" if _is_webhook(url) else without_credentials(url)
    settings = dict(parse_qsl(fragment, keep_blank_values=True))
    address = Address(url, shown, settings)
    destination = destination_of(address)
    for name in settings:
        if name not in (WHEN, *destination.settings):
            raise UsageError(
                message("error.deliver-setting", place=shown, name=name),
                message(
                    "hint.deliver-settings",
                    destination=destination.name,
                    names=", ".join((WHEN, *destination.settings)),
                ),
            )
    if settings.get(WHEN, "always") not in ("always", "changed"):
        raise UsageError(message("error.deliver-when", place=shown, when=settings[WHEN]))
    if not url or (parts.scheme and not (parts.netloc or parts.path)):
        raise UsageError(message("error.deliver-url", place=shown))
    if destination.check is not None:
        destination.check(address)
    return address


def parse_all(texts: Iterable[str]) -> tuple[Address, ...]:
    """All addresses of a run. Raises: UsageError, FileError."""
    addresses = tuple(parse(text) for text in texts)
    if any(address.only_when_changed for address in addresses) and _memory(addresses) is None:
        raise UsageError(message("error.no-memory"), message("hint.no-memory"))
    return addresses


def destination_of(address: Address) -> Destination:
    """The destination that takes a URL."""
    scheme = address.url.partition(":")[0]
    return next(each for each in DESTINATIONS if scheme in each.schemes or not each.schemes)


def deliver(
    addresses: Sequence[Address],
    parcel: Parcel,
    *,
    in_words: Callable[[Step], Iterable[str]],
    wait: Callable[[float], None] = time.sleep,
    limit_seconds: float = LIMIT_SECONDS,
) -> tuple[Undelivered, ...]:
    """Deliver everywhere at once, and say what failed. Never raises for a destination's sake.

    What is to be told only when something changed is compared with what was last told, not with
    what was last seen: news that could not be delivered stays news.
    """
    memory = _memory(addresses)
    waiting = [address for address in addresses if address.only_when_changed]
    due = [address for address in addresses if not address.only_when_changed]
    failed: list[Undelivered] = []
    if waiting and memory is not None:
        known: list[Summary] = []
        failed += at_once([_recall(memory, known)], wait, limit_seconds)
        what = step(known[0], parcel.summary) if known else None
        if what is None or what.noteworthy:
            due += waiting
            changes = tuple(in_words(what)) if what else ()
            parcel = msgspec.structs.replace(parcel, changes=changes)
    jobs = [Job(a.shown, partial(destination_of(a).deliver, a, parcel)) for a in due]
    undelivered = at_once(jobs, wait, limit_seconds)
    failed += undelivered
    told = {address.shown for address in waiting if address in due}
    if told and memory is not None and not told & {each.place for each in undelivered}:
        failed += at_once([_remember(memory, parcel.summary)], wait, limit_seconds)
    return tuple(dict.fromkeys(failed))


def is_report_file(address: Address) -> bool:
    """Whether an address is a file for a report, whatever the report is about."""
    return destination_of(address) is store.DESTINATION and store.is_report(address)


def deliver_report(
    addresses: Sequence[Address],
    report: bytes,
    *,
    wait: Callable[[float], None] = time.sleep,
    limit_seconds: float = LIMIT_SECONDS,
) -> tuple[Undelivered, ...]:
    """Write a report that is about no single cluster to files; what failed."""
    jobs = [Job(a.shown, partial(store.write_report, a, report)) for a in addresses]
    return tuple(at_once(jobs, wait, limit_seconds))


def at_once(
    jobs: Sequence[Job], wait: Callable[[float], None], limit_seconds: float
) -> list[Undelivered]:
    """Do all of it, each with retries, and within the limit; those that failed, in order.

    The threads are daemons: neither a signal nor the limit waits for a server that hangs.
    """
    ended: queue.SimpleQueue[tuple[int, Message | BaseException | None]] = queue.SimpleQueue()

    def work(number: int) -> None:
        try:
            ended.put((number, _tried(jobs[number], wait)))
        except BaseException as err:  # noqa: BLE001  # raised again in the thread that asked
            ended.put((number, err))

    deadline = time.monotonic() + limit_seconds
    for number in range(len(jobs)):
        threading.Thread(target=work, args=(number,), daemon=True).start()
    results: dict[int, Message | None] = {}
    faults: list[BaseException] = []
    while len(results) + len(faults) < len(jobs):
        try:
            number, result = ended.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        if isinstance(result, BaseException):
            faults.append(result)
        else:
            results[number] = result
    if faults:  # only now: a fault of ours in one must not cost the others
        raise faults[0]
    late = message("undelivered.late", seconds=limit_seconds)
    reasons = ((job, results.get(number, late)) for number, job in enumerate(jobs))
    return [Undelivered(job.place, reason) for job, reason in reasons if reason is not None]


def _tried(job: Job, wait: Callable[[float], None]) -> Message | None:
    """None once it is done; why not, after the last try."""
    started = time.monotonic()
    for pause in chain(PAUSES_SECONDS, (None,)):
        try:
            job.run()
        except UndeliveredError as err:
            if not err.again or pause is None:
                return err.reason
            log.debug("%s: %s, trying again", job.place, err.reason.id)
            wait(pause if err.pause_seconds is None else err.pause_seconds)
        except (UsageError, FileError) as err:
            return err.said
        else:
            log.info("delivered to %s in %.3f s", job.place, time.monotonic() - started)
            return None
    raise AssertionError("unreachable")


def _memory(addresses: Iterable[Address]) -> Address | None:
    """The first of the places that can remember what was told."""
    found = (a for a in addresses if destination_of(a).announced is not None)
    return next((a for a in found if not is_report_file(a)), None)


def _recall(memory: Address, known: list[Summary]) -> Job:
    def recall() -> None:
        announced = destination_of(memory).announced
        if announced is not None and (summary := announced(memory)) is not None:
            known.append(summary)

    return Job(memory.shown, recall)


def _remember(memory: Address, summary: Summary) -> Job:
    def remember() -> None:
        announce = destination_of(memory).announce
        if announce is not None:
            announce(memory, summary)

    return Job(memory.shown, remember)


def _is_webhook(url: str) -> bool:
    return url.partition(":")[0] in webhook.DESTINATION.schemes


def _first_line(file: str) -> str:
    try:
        lines = Path(file).read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as err:
        detail = err.strerror if isinstance(err, OSError) and err.strerror else "not UTF-8"
        raise FileError(message("error.unreadable", file=file, detail=detail)) from err
    if not lines:
        raise FileError(message("error.unreadable", file=file, detail="empty"))
    return lines[0]

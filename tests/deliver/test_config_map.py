"""What goes into a ConfigMap, and that it always fits. On a real server: `test_in_cluster`."""

import base64
import gzip
import random
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh_probe.deliver.config_map import (
    ANNOUNCED,
    HISTORY,
    MOST_BYTES,
    contents,
)
from mesh_probe.destination import Parcel
from mesh_probe.errors import UsageError
from mesh_probe.summary import Found, Summary
from tests.deliver.parcels import parcel, send

Data = dict[str, str]


def later(what: Parcel, days: int, **changes: object) -> Parcel:
    at = what.summary.taken_at + timedelta(days=days)
    summary = msgspec.structs.replace(what.summary, taken_at=at, **changes)
    return msgspec.structs.replace(what, summary=summary)


def applied(old: Data, patch: dict[str, str | None]) -> Data:
    """What the API server makes of a merge patch."""
    merged = {**old, **patch}
    return {name: value for name, value in merged.items() if value is not None}


def size(data: Data) -> int:
    return sum(len(base64.b64decode(value)) for value in data.values())


def points(data: Data) -> list[Summary]:
    plain = gzip.decompress(base64.b64decode(data[HISTORY]))
    return list(msgspec.json.decode(plain, type=tuple[Summary, ...]))


def noise(length: int) -> bytes:
    """What does not compress."""
    return random.Random(length).randbytes(length)


ONE = parcel()


def test_a_year_of_daily_runs_is_bounded_and_the_newest_are_kept() -> None:
    data: Data = {}
    for number in range(365):
        data = applied(data, contents(data, later(ONE, number), keep=90))

    assert [point.taken_at for point in points(data)] == [
        later(ONE, number).summary.taken_at for number in range(275, 365)
    ]
    assert size(data) < 50_000


def test_a_repeated_run_changes_nothing() -> None:
    once = applied({}, contents({}, ONE))

    assert applied(once, contents(once, ONE)) == once


def test_the_oldest_go_first_when_there_is_no_room() -> None:
    """Findings with names that do not compress make summaries large."""
    data: Data = {}
    for number in range(6):
        names = [noise(500 + number * 200 + n).hex() for n in range(200)]
        findings = tuple(Found("f", name, "warning") for name in names)
        data = applied(data, contents(data, later(ONE, number, findings=findings)))
        assert size(data) <= MOST_BYTES

    kept = points(data)
    assert 1 < len(kept) < 6
    assert kept[-1].taken_at == later(ONE, 5).summary.taken_at


def test_findings_that_fit_nowhere_are_left_out() -> None:
    findings = tuple(Found("f", noise(5_000 + n).hex(), "warning") for n in range(200))

    data = applied({}, contents({}, later(ONE, 0, findings=findings)))

    assert size(data) <= MOST_BYTES
    assert points(data) == [msgspec.structs.replace(ONE.summary, findings=())]


def test_a_report_that_is_too_large_is_left_out_and_the_history_is_not() -> None:
    large = msgspec.structs.replace(ONE, report=noise(2_000_000))
    before = applied({}, contents({}, ONE))

    after = applied(before, contents(before, later(large, 1)))

    assert set(after) == {HISTORY}
    assert len(points(after)) == 2


def test_a_report_of_another_format_replaces_the_old_one() -> None:
    before = applied({}, contents({}, ONE))
    other = msgspec.structs.replace(later(ONE, 1), report_name="report.json")

    assert set(applied(before, contents(before, other))) == {HISTORY, "report.json.gz"}


def test_what_was_announced_stays_and_is_counted() -> None:
    announced = base64.b64encode(noise(500_000)).decode()
    large = msgspec.structs.replace(ONE, report=noise(390_000))

    data = applied({ANNOUNCED: announced}, contents({ANNOUNCED: announced}, large))

    assert data[ANNOUNCED] == announced
    assert size(data) <= MOST_BYTES


@given(st.binary(max_size=200))
def test_a_history_that_cannot_be_read_is_begun_anew(broken: bytes) -> None:
    old = {HISTORY: base64.b64encode(broken).decode()}

    assert points(applied(old, contents(old, ONE))) == [ONE.summary]


@pytest.mark.parametrize("url", ["configmap:", "configmap:a/b/c", "configmap:/", "configmap:a/"])
def test_a_url_that_names_no_config_map_is_said_before_the_work(url: str) -> None:
    with pytest.raises(UsageError):
        send([url], ONE)


def test_only_a_number_of_runs_can_be_kept() -> None:
    with pytest.raises(UsageError, match=r"error\.keep"):
        send(["configmap:mesh-probe-report#keep=90d"], ONE)

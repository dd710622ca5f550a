"""Deliveries together: none costs another, and news is told until it was heard."""

import json
import pkgutil
import threading
import time
from pathlib import Path

import pytest

from mesh_probe import deliver as package
from mesh_probe.deliver import (
    DESTINATIONS,
    Job,
    at_once,
    deliver_report,
    destination_of,
    is_report_file,
    parse,
)
from mesh_probe.destination import UndeliveredError
from mesh_probe.errors import FileError, UsageError
from mesh_probe.text import message
from tests.deliver.parcels import BROKEN, parcel, send
from tests.deliver.receiver import bodies, receiving

HELPERS = {"kept", "notices", "place", "sending"}


def test_every_file_is_listed() -> None:
    files = {module.name for module in pkgutil.iter_modules(package.__path__)} - HELPERS
    listed = {destination.deliver.__module__.rpartition(".")[2] for destination in DESTINATIONS}

    assert files == listed


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://hook.example/x", "webhook"),
        ("http://hook.example/x", "webhook"),
        ("pushgateway+https://host:9091", "prometheus"),
        ("textfile:/var/lib/x.prom", "prometheus"),
        ("configmap:report", "config-map"),
        ("s3://reports/prod", "store"),
        ("file:///reports", "store"),
        ("/reports", "store"),
        ("reports", "store"),
    ],
)
def test_the_scheme_says_where_it_goes(url: str, name: str) -> None:
    assert destination_of(parse(url)).name == name


def test_what_stands_after_the_hash_are_settings() -> None:
    address = parse("s3://reports/prod#keep=30&when=changed")

    assert address.url == "s3://reports/prod"
    assert address.settings == {"keep": "30", "when": "changed"}
    assert address.only_when_changed


@pytest.mark.parametrize("url", ["", "s3://", "#keep=3"])
def test_nowhere_is_no_place(url: str) -> None:
    with pytest.raises(UsageError):
        parse(url)


def test_an_empty_file_holds_no_url(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("\n")

    with pytest.raises(FileError):
        parse(f"@{tmp_path / 'url'}")


def test_one_that_fails_costs_no_other(tmp_path: Path) -> None:
    with receiving(404) as broken, receiving() as whole:
        failed = send([broken.url, str(tmp_path), whole.url], parcel())

    assert [each.place for each in failed] == ["http://127.0.0.1"]
    assert (tmp_path / "report.md").exists()
    assert len(whole.came) == 1


def test_one_that_hangs_is_given_up_and_holds_up_no_other() -> None:
    hang = threading.Event()
    done: list[str] = []

    def wait() -> None:
        hang.wait()

    jobs = [Job("hangs", wait), Job("works", lambda: done.append("x"))]

    failed = at_once(jobs, time.sleep, limit_seconds=1)

    assert [(each.place, each.reason.id) for each in failed] == [("hangs", "undelivered.late")]
    assert done == ["x"]
    hang.set()


def test_a_fault_of_ours_is_not_hidden_and_costs_no_other() -> None:
    def fault() -> None:
        raise ZeroDivisionError

    done: list[str] = []
    jobs = [Job("x", fault), Job("y", lambda: done.append("y"))]
    with pytest.raises(ZeroDivisionError):
        at_once(jobs, time.sleep, limit_seconds=30)

    assert done == ["y"]


def test_what_will_not_pass_is_tried_once() -> None:
    tries: list[int] = []

    def refuse() -> None:
        tries.append(1)
        raise UndeliveredError(message("undelivered.url"))

    assert len(at_once([Job("x", refuse)], time.sleep, limit_seconds=5)) == 1
    assert tries == [1]


class TestOnlyWhenSomethingChanged:
    def test_the_first_run_is_news_and_the_same_again_is_not(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            urls = [str(tmp_path), f"{receiver.url}#when=changed"]
            for number in range(3):
                assert send(urls, parcel(number)) == []

        assert len(receiver.came) == 1
        assert len(list(tmp_path.glob("*.json.gz"))) == 3

    def test_a_new_finding_is_news_with_what_changed(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            urls = [str(tmp_path), f"{receiver.url}#when=changed"]
            send(urls, parcel(0))
            send(urls, parcel(1, wants=BROKEN))
            send(urls, parcel(2, wants=BROKEN))
            send(urls, parcel(3))

        told = [json.loads(body) for body in bodies(receiver.came)]
        assert [each["taken_at"][:10] for each in told] == [
            "2026-03-14",
            "2026-03-15",
            "2026-03-17",
        ]
        assert told[0]["changes"] == []
        assert len(told[1]["changes"]) == 1

    def test_a_new_service_is_no_news(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            urls = [str(tmp_path), f"{receiver.url}#when=changed"]
            send(urls, parcel(0, "web", "cart"))
            send(urls, parcel(1, "web", "cart", "pay"))

        assert len(receiver.came) == 1

    def test_news_that_was_not_heard_stays_news(self, tmp_path: Path) -> None:
        with receiving(200, 404) as receiver:
            urls = [str(tmp_path), f"{receiver.url}#when=changed"]
            assert send(urls, parcel(0)) == []
            assert len(send(urls, parcel(1, wants=BROKEN))) == 1
            assert send(urls, parcel(2, wants=BROKEN)) == []
            assert send(urls, parcel(3, wants=BROKEN)) == []

        assert len(receiver.came) == 3

    def test_a_memory_that_cannot_be_read_tells_rather_than_keeps_silent(
        self, tmp_path: Path
    ) -> None:
        with receiving() as receiver:
            urls = [str(tmp_path), f"{receiver.url}#when=changed"]
            send(urls, parcel(0))
            (tmp_path / "announced.json").write_text("broken")

            (failed,) = send(urls, parcel(1))

        assert failed.reason.id == "error.summary-unreadable"
        assert len(receiver.came) == 2

    def test_a_store_can_keep_only_what_changed(self, tmp_path: Path) -> None:
        url = f"{tmp_path}#when=changed"
        for number, wants in enumerate((None, None, BROKEN, BROKEN)):
            send([url], parcel(number, wants=wants))

        assert sorted(file.name for file in tmp_path.glob("2*.json.gz")) == [
            "2026-03-14T12-00-00Z.json.gz",
            "2026-03-16T12-00-00Z.json.gz",
        ]

    def test_a_report_file_remembers_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"error\.no-memory"):
            send([f"{tmp_path}/report.md", "https://hook.example#when=changed"], parcel())


def test_a_report_on_a_fleet_goes_to_files_alone(bucket: str) -> None:
    address = parse(f"s3://{bucket}/fleet.json")

    assert is_report_file(address)
    assert not is_report_file(parse("https://hook.example/fleet.json"))
    assert not is_report_file(parse(f"s3://{bucket}/fleet"))
    assert deliver_report([address], b"{}") == ()
    assert deliver_report([parse("s3://no-such-bucket/fleet.json")], b"{}", wait=lambda _: None)

"""What runs without anybody watching: delivery, logs, signals, diff, history and fleet."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesh_probe.cli.fleet import OUTCOMES
from mesh_probe.snapshot import dumps
from tests.cli.test_scan import run
from tests.deliver.receiver import bodies, receiving
from tests.kube import KubeServer
from tests.kube.shop import OBJECTS
from tests.past import day, judged, seen


def keep(folder: Path, number: int, *names: str, **more: Any) -> Path:
    """A snapshot as a scheduled run leaves it."""
    snapshot = day(number, *names, **more)
    file = folder / f"{snapshot.taken_at:%Y-%m-%dT%H-%M-%SZ}.json.gz"
    folder.mkdir(parents=True, exist_ok=True)
    file.write_bytes(dumps(snapshot, compress=True))
    return file


class TestDelivery:
    def test_a_report_is_printed_and_delivered(self, tmp_path: Path) -> None:
        result = run("demo", "--format", "markdown", "--deliver", str(tmp_path))

        assert (result.exit_code, result.stderr) == (0, "")
        assert (tmp_path / "report.md").read_text("utf-8") == result.stdout

    def test_colours_stay_on_the_screen(self, tmp_path: Path) -> None:
        result = run("demo", "--color", "always", "--deliver", str(tmp_path))

        assert "\x1b[" in result.stdout
        assert "\x1b" not in (tmp_path / "report.txt").read_text("utf-8")

    def test_a_delivery_that_fails_costs_no_report_and_ends_with_5(self, tmp_path: Path) -> None:
        with receiving(404) as receiver:
            result = run("demo", "--deliver", f"{receiver.url}/secret", "--deliver", str(tmp_path))

        assert result.exit_code == 5
        assert result.stdout == run("demo").stdout
        assert result.stderr.splitlines() == [
            "Not delivered to http://127.0.0.1: the answer was HTTP 404",
            "Error: Of 2 deliveries 1 failed. The report was made.",
            "Hint: The same snapshot can be delivered again: mesh-probe report FILE --deliver URL.",
        ]
        assert (tmp_path / "report.txt").exists()

    def test_5_goes_before_10(self) -> None:
        with receiving(404) as receiver:
            result = run("demo", "--fail-on", "consider", "--deliver", receiver.url)

        assert result.exit_code == 5

    def test_10_is_left_where_all_was_delivered(self, tmp_path: Path) -> None:
        result = run("demo", "--fail-on", "consider", "--deliver", str(tmp_path))

        assert result.exit_code == 10
        assert (tmp_path / "report.txt").exists()

    def test_a_destination_that_makes_no_sense_is_said_before_the_scan(self) -> None:
        """Nothing is connected to: there is no cluster."""
        result = run("scan", "--deliver", "s3://reports#keep=few")

        assert result.exit_code == 2
        assert "keep=few" in result.stderr

    def test_destinations_come_from_the_environment(self, tmp_path: Path) -> None:
        places = f"{tmp_path}/one {tmp_path}/two"

        assert run("demo", env={"MESH_PROBE_DEMO_DELIVER": places}).exit_code == 0
        assert sorted(file.name for file in tmp_path.iterdir()) == ["one", "two"]

    def test_credentials_do_not_belong_on_the_command_line(self, tmp_path: Path) -> None:
        with receiving() as receiver:
            url = receiver.url.replace("//", "//me:hush@")
            refused = run("demo", "--deliver", url)
            (tmp_path / "url").write_text(url)

            assert run("demo", "--deliver", f"@{tmp_path / 'url'}").exit_code == 0
            assert run("demo", env={"MESH_PROBE_DEMO_DELIVER": url}).exit_code == 0

        assert refused.exit_code == 2
        assert "hush" not in refused.stderr
        assert {came.headers["Authorization"][:6] for came in receiver.came} == {"Basic "}

    def test_those_of_the_environment_come_on_top(self, tmp_path: Path) -> None:
        """Arguments name the places that are no secrets."""
        env = {"MESH_PROBE_DEMO_DELIVER": f"{tmp_path}/hidden"}

        assert run("demo", "--deliver", f"{tmp_path}/open", env=env).exit_code == 0
        assert sorted(file.name for file in tmp_path.iterdir()) == ["hidden", "open"]

    def test_names_are_hidden_in_what_is_delivered_too(self, tmp_path: Path) -> None:
        (tmp_path / "key").write_bytes(b"k" * 32)

        run("demo", "--hide-names", str(tmp_path / "key"), "--deliver", str(tmp_path / "out"))

        (snapshot,) = (tmp_path / "out").glob("*.json.gz")
        assert "storefront" not in run("report", str(snapshot), "--format", "json").stdout
        assert "storefront" not in (tmp_path / "out/report.txt").read_text("utf-8")

    def test_the_report_in_json_can_be_a_webhooks_body(self) -> None:
        with receiving() as receiver:
            result = run("demo", "--format", "json", "--deliver", f"{receiver.url}#as=report")

        assert [body.decode() for body in bodies(receiver.came)] == [result.stdout]


class TestLogsAsJson:
    def test_errors_and_hints_are_lines_of_json(self) -> None:
        result = run("scan", "--log-format", "json")

        (line,) = (json.loads(line) for line in result.stderr.splitlines())
        assert (line["level"], line["id"], line["exit_code"]) == ("error", "error.no-kubeconfig", 3)
        assert line["hint"].startswith("Give --kubeconfig")

    def test_deliveries_are_lines_of_json(self, tmp_path: Path) -> None:
        with receiving(404) as receiver:
            result = run(
                *("demo", "--log-format", "json", "--deliver", str(tmp_path)),
                *("--deliver", receiver.url),
            )

        lines = [json.loads(line) for line in result.stderr.splitlines()]
        assert {line["level"] for line in lines} == {"info", "warning", "error"}
        assert any(str(tmp_path) in line["message"] for line in lines)

    def test_warnings_of_libraries_are_lines_of_json(self) -> None:
        """In a process of its own: the tests have handlers for all logging."""
        program = (
            "import logging\n"
            "from mesh_probe.cli.console import set_up_logging\n"
            "set_up_logging(verbose=False, log_format='json')\n"
            "logging.getLogger('urllib3').warning('slow: %s', 'x')\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True
        )

        line = json.loads(done.stderr)
        assert (line["level"], line["logger"], line["message"]) == ("warning", "urllib3", "slow: x")


class TestSigterm:
    """In processes of their own: signals go to whole ones."""

    def start(self, *arguments: str, env: dict[str, str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "mesh_probe", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "MESH_PROBE_LANG": "en", "KUBECONFIG": "/nonexistent", **env},
        )

    def test_a_run_ends_at_once_with_what_was_delivered_whole(self, tmp_path: Path) -> None:
        """One destination is reached, the other takes the request and never answers."""
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            process = self.start(
                "demo", "--deliver", str(tmp_path), "--deliver", url, "--log-format=json", env={}
            )
            connection, _ = silent.accept()
            assert process.stderr is not None
            assert str(tmp_path) in process.stderr.readline()  # delivered there
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=30)
            connection.close()

        assert process.returncode == 143
        assert json.loads(err.splitlines()[-1])["id"] == "error.terminated"
        assert out == run("demo").stdout
        (snapshot,) = tmp_path.glob("*.json.gz")
        assert run("report", str(snapshot)).exit_code == 0

    def test_a_scan_ends_at_once_too(self, tmp_path: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            (tmp_path / "x.yaml").write_text("kind: Namespace\napiVersion: v1\nmetadata: {name: x}")
            process = self.start(
                *("scan", "--manifests", str(tmp_path), "--prometheus", url),
                *("--output", str(tmp_path / "report.md")),
                env={},
            )
            connection, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            _, err = process.communicate(timeout=30)
            connection.close()

        assert process.returncode == 143
        assert err.splitlines()[-1].startswith("Ended by SIGTERM.")
        assert [file.name for file in tmp_path.iterdir()] == ["x.yaml"]


class TestDiff:
    def test_two_snapshots_are_compared(self, tmp_path: Path) -> None:
        old = keep(tmp_path, 0, observed=[seen("web", "cart", rate=10)])
        new = keep(tmp_path, 1, observed=[seen("web", "cart", rate=40)])

        result = run("diff", str(old), str(new), "--format", "json")

        assert (result.exit_code, result.stderr) == (0, "")
        found = json.loads(result.stdout)
        assert found["changed"] is True
        assert [shift["figure"] for shift in found["figures"]] == ["rate_rps"]

    def test_a_snapshot_may_be_a_url(self, tmp_path: Path) -> None:
        old = keep(tmp_path, 0)

        result = run("diff", f"file://{old}", str(old))

        assert result.exit_code == 0
        assert "Nothing changed" in result.stdout

    def test_declared_answers_hold_for_both(self, tmp_path: Path) -> None:
        old, new = keep(tmp_path, 0), keep(tmp_path, 1)
        answers = tmp_path / "answers.yaml"
        answers.write_text("answers: {ops-owner: yes}")

        found = json.loads(
            run("diff", str(old), str(new), "--answers", str(answers), "--format", "json").stdout
        )

        assert found["changed"] is False

    def test_a_file_that_is_not_there_is_named(self) -> None:
        result = run("diff", "/nowhere/old.json", "/nowhere/new.json")

        assert result.exit_code == 4
        assert "/nowhere/old.json" in result.stderr


class TestHistory:
    def test_the_trend_of_a_folder(self, tmp_path: Path) -> None:
        for number in range(3):
            keep(tmp_path, number)
        (tmp_path / "report.json").write_text(run("demo", "--format", "json").stdout)
        (tmp_path / "broken.json").write_text("{")

        found = json.loads(run("history", str(tmp_path), "--format", "json").stdout)

        assert len(found["points"]) == 3
        assert [gap["subject"] for gap in found["unread"]] == ["broken.json"]

    def test_the_trend_of_one_file_has_one_point(self, tmp_path: Path) -> None:
        file = keep(tmp_path, 0)

        found = json.loads(run("history", str(file), "--format", "json").stdout)

        assert len(found["points"]) == 1

    def test_an_empty_place_has_no_trend(self, tmp_path: Path) -> None:
        result = run("history", str(tmp_path))

        assert result.exit_code == 0
        assert "There are no snapshots in it." in result.stdout

    def test_a_place_that_cannot_be_read_is_named(self) -> None:
        result = run("history", "nosuchthing://x")

        assert result.exit_code == 4
        assert "nosuchthing://x" in result.stderr


@pytest.fixture
def clusters(tmp_path: Path) -> Iterator[Path]:
    """A kubeconfig with two clusters that answer and one that is not there."""
    with KubeServer(OBJECTS) as one, KubeServer(OBJECTS) as other:
        merged: dict[str, Any] = {"contexts": [], "clusters": [], "users": []}
        for name, server in (("eu", one), ("us", other)):
            folder = tmp_path / name
            folder.mkdir()
            config = json.loads(server.kubeconfig(folder).read_text())
            entry = {"cluster": name, "user": name}
            merged["clusters"].append({**config["clusters"][0], "name": name})
            merged["users"].append({**config["users"][0], "name": name})
            merged["contexts"].append({"name": name, "context": entry})
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            gone = {"server": f"https://127.0.0.1:{nobody.getsockname()[1]}"}
            merged["clusters"].append({"name": "gone", "cluster": gone})
            context = {"cluster": "gone", "user": "eu"}
            merged["contexts"].append({"name": "gone", "context": context})
            file = tmp_path / "kubeconfig"
            file.write_text(json.dumps(merged))
            yield file


class TestFleet:
    @pytest.mark.parametrize("contexts", ["all", "eu,us,gone", "gone,eu,us,eu"])
    def test_a_broken_cluster_spoils_no_other(self, clusters: Path, contexts: str) -> None:
        options = ("--contexts", contexts, "--kubeconfig", str(clusters), "--prometheus", "none")
        result = run("fleet", *options, "--format", "json")

        assert (result.exit_code, result.stderr) == (0, "")
        found = json.loads(result.stdout)
        assert [(m["cluster"], m["problem"] is None) for m in found["members"]] == [
            ("eu", True),
            ("gone", False),
            ("us", True),
        ]
        assert "127.0.0.1" in found["members"][1]["problem"]["text"]

    def test_the_newest_snapshot_of_each_folder_counts(self, bucket: str, tmp_path: Path) -> None:
        for name, days in (("eu", 3), ("us", 1)):
            for number in range(days):
                file = keep(tmp_path / name, number, "web", name)
                url = f"s3://{bucket}/clusters/{name}"
                assert run("report", str(file), "--deliver", url).exit_code == 0

        result = run("fleet", f"s3://{bucket}/clusters", "--format", "json")

        members = json.loads(result.stdout)["members"]
        assert [(m["cluster"], m["taken_at"][:10]) for m in members] == [
            ("eu", "2026-03-16"),
            ("us", "2026-03-14"),
        ]

    def test_shards_on_an_object_store_merge_to_the_whole(
        self, bucket: str, tmp_path: Path
    ) -> None:
        for number in range(12):
            keep(tmp_path / f"cluster-{number}", number, "web", f"own-{number}")
        for index in range(4):
            result = run(
                *("fleet", str(tmp_path), "--shard", f"{index}/4", "--format", "json"),
                *("--output", "/dev/null", "--deliver", f"s3://{bucket}/shards/{index}.json"),
            )
            assert (result.exit_code, result.stderr) == (0, "")

        merged = run("fleet", f"s3://{bucket}/shards", "--format", "json").stdout

        assert merged == run("fleet", str(tmp_path), "--format", "json").stdout
        assert len(json.loads(merged)["members"]) == 12

    def test_a_missing_shard_is_told(self, tmp_path: Path) -> None:
        keep(tmp_path / "eu", 0)
        shard = tmp_path / "shard.json"
        options = ("--shard", "0/3", "--format", "json", "--output", str(shard))
        assert run("fleet", str(tmp_path / "eu"), *options).exit_code == 0

        assert "of 3 shards these are missing: 1, 2" in run("fleet", str(shard)).stdout

    def test_names_can_be_hidden(self, tmp_path: Path) -> None:
        keep(tmp_path / "top-secret", 0)
        (tmp_path / "other-secret.json").write_text("{")
        (tmp_path / "key").write_bytes(b"k" * 32)

        result = run("fleet", str(tmp_path), "--hide-names", str(tmp_path / "key"))

        assert result.exit_code == 0
        assert "secret" not in result.stdout
        assert "web" not in result.stdout

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("x.json", "--contexts", "all"),
            ("--contexts", "a", "--context", "b"),
            ("x.json", "--shard", "3/3"),
            ("x.json", "--shard", "one"),
            ("x.json", "--deliver", "https://hook.example"),
        ],
    )
    def test_options_that_do_not_fit_are_said(self, arguments: tuple[str, ...]) -> None:
        assert run("fleet", *arguments).exit_code == 2

    def test_the_outcome_of_any_cluster_can_be_the_exit_code(self, tmp_path: Path) -> None:
        (tmp_path / "demo").mkdir()
        run("demo", "--save", str(tmp_path / "demo/a.json.gz"))
        keep(tmp_path / "eu", 0)
        there = {"consider", judged(0).verdict.outcome}

        for outcome in OUTCOMES:
            code = run("fleet", str(tmp_path), "--fail-on", outcome).exit_code
            assert code == (10 if outcome in there else 0)

    def test_a_folder_without_snapshots_is_named(self, tmp_path: Path) -> None:
        result = run("fleet", str(tmp_path))

        assert result.exit_code == 4
        assert str(tmp_path) in result.stderr

    def test_what_is_neither_snapshot_nor_report_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text("{}")

        assert (
            "neither a snapshot nor a fleet report"
            in run("fleet", str(tmp_path / "a.json"), "--format", "json").stdout
        )


def test_no_thread_is_left_that_would_hold_up_the_end() -> None:
    with receiving() as receiver:
        run("demo", "--deliver", receiver.url)

    assert [t for t in threading.enumerate() if not t.daemon] == [threading.main_thread()]

"""Metrics, on a real Pushgateway and in a file that promtool reads."""

import json
import re
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from mesh_probe.deliver.prometheus import metrics
from mesh_probe.errors import UsageError
from mesh_probe.summary import summarize
from tests.deliver.parcels import parcel, send
from tests.deliver.receiver import receiving
from tests.formats.examples import rich

EXAMPLES = Path(__file__).parents[2] / "examples/prometheus"
PATIENCE_SECONDS = 30


def families(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """The values of each of our metrics by their labels, those of the Pushgateway left out."""
    others = ("job", "cluster", "instance")
    return {
        family.name: {
            tuple(
                value for label, value in sorted(s.labels.items()) if label not in others
            ): s.value
            for s in family.samples
        }
        for family in text_string_to_metric_families(text)
        if family.name.startswith("mesh_probe_")
    }


def exposed() -> dict[str, dict[tuple[str, ...], float]]:
    return families(generate_latest(metrics(summarize(rich()))).decode())


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path_factory.mktemp("gateway") / "log"
    with log.open("wb") as out:
        command = ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{port}"]
        process = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            end = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < end:
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).close()
                    break
                except OSError:
                    assert process.poll() is None, log.read_text()
                    time.sleep(0.05)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
        return text


def test_the_metrics_say_what_the_summary_says() -> None:
    summary = summarize(rich())
    found = exposed()

    assert found["mesh_probe_outcome"][summary.outcome,] == 1
    assert sum(found["mesh_probe_outcome"].values()) == 1
    assert found["mesh_probe_answers"] == {
        ("yes",): summary.yes,
        ("no",): summary.no,
        ("unknown",): summary.unknown,
    }
    assert found["mesh_probe_score"] == {("need",): summary.need, ("readiness",): summary.readiness}
    assert sum(found["mesh_probe_findings"].values()) == summary.findings_count
    assert found["mesh_probe_blockers"] == {("error",): 1, ("warning",): 5, ("info",): 0}
    assert len(found["mesh_probe_answer"]) == 14 * 3
    assert found["mesh_probe_last_snapshot_timestamp_seconds"][()] == summary.taken_at.timestamp()


def test_a_pushgateway_holds_the_last_run_of_each_cluster(gateway: str) -> None:
    url = f"pushgateway+{gateway}"
    for number in range(2):
        assert send([url, f"{url}#cluster=other&job=nightly"], parcel(number, "web", "pay")) == []

    pushed = read(f"{gateway}/metrics")
    groups = set(re.findall(r"mesh_probe_services\{(.*?)\}", pushed))
    assert groups == {
        'cluster="prod",instance="",job="mesh-probe"',
        'cluster="other",instance="",job="nightly"',
    }
    taken = families(pushed)["mesh_probe_last_snapshot_timestamp_seconds"]
    assert set(taken.values()) == {parcel(1).summary.taken_at.timestamp()}


def test_a_pushgateway_that_refuses_is_told() -> None:
    waits: list[float] = []
    with receiving(503, 400) as receiver:
        (failed,) = send([f"pushgateway+{receiver.url}"], parcel(), waits)

    assert failed.reason.parameters == {"status": 400}
    assert waits == [1]


def test_a_pushgateway_may_ask_for_credentials(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("Authorization: Basic abc\n")
    with receiving() as receiver:
        send([f"pushgateway+{receiver.url}#header-file={tmp_path / 'headers'}"], parcel())

    assert receiver.came[0].headers["Authorization"] == "Basic abc"
    assert receiver.came[0].path == "/metrics/job/mesh-probe/cluster/prod"


def test_a_pushgateway_that_is_not_there_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        (failed,) = send([f"pushgateway+http://127.0.0.1:{port}"], parcel())

    assert failed.reason.parameters == {"kind": "ConnectionRefusedError"}


def test_a_server_that_speaks_something_else_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            for _ in range(4):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"SSH-2.0-OpenSSH\r\n")

        thread = threading.Thread(target=talk)
        thread.start()
        (failed,) = send([f"pushgateway+http://127.0.0.1:{server.getsockname()[1]}"], parcel())
        thread.join()

    assert failed.reason.id == "undelivered.connection"


def test_promtool_finds_no_fault_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "mesh-probe.prom"

    assert send([f"textfile:{file}"], parcel()) == []

    check = ["promtool", "check", "metrics"]
    done = subprocess.run(check, input=file.read_bytes(), check=False, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert [each.name for each in tmp_path.iterdir()] == ["mesh-probe.prom"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    (failed,) = send([f"textfile:{tmp_path}/nowhere/mesh-probe.prom"], parcel())

    assert failed.reason.parameters == {"detail": "No such file or directory"}


@pytest.mark.parametrize("url", ["textfile:", "pushgateway+http://", "pushgateway+https:///x"])
def test_a_url_without_a_place_is_said_before_the_work(url: str) -> None:
    with pytest.raises(UsageError):
        send([url], parcel())


# --- the examples that read them ------------------------------------------------------------------


def expressions(document: object) -> Iterator[str]:
    """Every PromQL text in a rule file or dashboard."""
    match document:
        case dict():
            for key, under in document.items():
                if key == "expr" or (key == "query" and isinstance(under, str)):
                    yield under
                else:
                    yield from expressions(under)
        case list():
            for under in document:
                yield from expressions(under)


def example(name: str) -> Any:
    return yaml.safe_load((EXAMPLES / name).read_text("utf-8"))


@pytest.mark.parametrize("name", ["alerts.yaml", "dashboard.json"])
def test_the_examples_ask_for_metrics_that_there_are(name: str) -> None:
    asked = set(re.findall(r"mesh_probe_\w+", " ".join(expressions(example(name)))))

    assert asked
    assert asked <= set(exposed())


def test_promtool_finds_no_fault_with_the_alert_rules() -> None:
    for command in ("check", "test"):
        file = EXAMPLES / ("alerts.yaml" if command == "check" else "alerts.test.yaml")
        done = subprocess.run(
            ["promtool", command, "rules", str(file)], check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_has_a_panel_for_every_metric_and_none_overlaps() -> None:
    dashboard = json.loads((EXAMPLES / "dashboard.json").read_text("utf-8"))
    asked = set(re.findall(r"mesh_probe_\w+", " ".join(expressions(dashboard))))
    places = [
        (panel["gridPos"]["x"] + x, panel["gridPos"]["y"] + y)
        for panel in dashboard["panels"]
        for x in range(panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["h"])
    ]

    assert set(exposed()) - asked == set()
    assert len(places) == len(set(places))
    assert {panel["id"] for panel in dashboard["panels"]} == set(
        range(1, len(dashboard["panels"]) + 1)
    )

import json
from pathlib import Path

import pytest

from tests.cli.test_scan import run


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    file = tmp_path / "scan.json.gz"
    assert run("demo", "--save", str(file)).exit_code == 0
    return file


def test_a_file_is_written_filled_in_checked_and_used(tmp_path: Path, snapshot: Path) -> None:
    file = tmp_path / "answers.yaml"

    assert run("answers", "init", str(snapshot), "--output", str(file)).exit_code == 0
    text = file.read_text("utf-8")
    file.write_text(text.replace("    answer:", "    answer: no", 1), "utf-8")

    checked = run("answers", "check", str(file))
    assert (checked.exit_code, checked.stderr) == (0, "")
    assert "can be used: 1 answer, 0 thresholds" in checked.stdout
    assert "declared" in run("report", str(snapshot), "--answers", str(file)).stdout


def test_a_file_that_may_hold_answers_is_not_overwritten(tmp_path: Path, snapshot: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("answers: {ops-owner: yes}", "utf-8")

    result = run("answers", "init", str(snapshot), "--output", str(file))

    assert result.exit_code == 4
    assert file.read_text("utf-8") == "answers: {ops-owner: yes}"


def test_manifests_can_be_asked_about_too(tmp_path: Path) -> None:
    (tmp_path / "ns.yaml").write_text("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}")

    result = run("answers", "init", "--manifests", str(tmp_path))

    assert result.exit_code == 0
    assert "service-count:" in result.stdout


def test_all_problems_are_told_with_their_lines(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("answers:\n  ops-owner: perhaps\n  nobody: yes\n", "utf-8")

    result = run("answers", "check", str(file))

    assert result.exit_code == 4
    assert result.stdout == ""
    assert f"{file}, line 2: the answer of ops-owner is perhaps" in result.stderr
    assert f"{file}, line 3: answers has no place for nobody" in result.stderr
    assert "2 problems" in result.stderr


def test_an_expired_answer_is_told(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("answers: {ops-owner: {answer: yes, expires: 2020-01-01}}", "utf-8")

    result = run("answers", "check", str(file))

    assert result.exit_code == 0
    assert "ops-owner expired on 2020-01-01" in result.stdout


def test_the_check_speaks_korean(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("answers: {ops-owner: yes}", "utf-8")

    assert "사용할 수 있습니다" in run("answers", "check", str(file), "--lang", "ko").stdout


def test_what_is_left_out_is_a_fitting_in_the_graph_too(tmp_path: Path, snapshot: Path) -> None:
    answers, kept = tmp_path / "answers.yaml", tmp_path / "kept.json"
    answers.write_text("leave_out: [ordering/cart]", "utf-8")
    assert run("demo", "--answers", str(answers), "--save", str(kept)).exit_code == 0

    def role(file: Path) -> str:
        nodes = json.loads(run("graph", str(file)).stdout)["nodes"]
        found: str = next(node["role"] for node in nodes if node["id"] == "ordering/cart")
        return found

    assert (role(snapshot), role(kept)) == ("middle", "infrastructure")


MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {hostNetwork: true, containers: [{name: main, image: "registry.example/web:1"}]}
"""


def test_what_is_ignored_stays_in_the_snapshot_until_its_day(tmp_path: Path) -> None:
    file, answers, kept = (tmp_path / name for name in ("web.yaml", "answers.yaml", "kept.json"))
    file.write_text(MANIFEST, "utf-8")
    answers.write_text("ignore: [{blocker: host-network, until: 2026-03-14}]", "utf-8")

    def blocked(at: str) -> bool:
        """Whether what is on the network of the machine counts on that day."""
        scan = ("scan", "--manifests", str(file), "--at", at, "--save", str(kept))
        assert run(*scan, "--answers", str(answers)).exit_code == 0
        report = json.loads(run("report", str(kept), "--format", "json").stdout)
        (found,) = (b for b in report["blockers"] if b["id"] == "host-network")
        assert found["subject"] == "Deployment shop/web"
        return not found["ignored"]

    assert not blocked("2026-03-14T23:00:00Z")
    assert blocked("2026-03-15T00:00:00Z")
    checked = run("answers", "check", str(answers))
    assert "1 ignored." in checked.stdout
    assert "host-network expired on 2026-03-14" in checked.stdout

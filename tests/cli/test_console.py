"""The contract around the report: streams, colours, languages, exit codes, help."""

import json
import logging
import os
import pty
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from mesh_probe.cli import main
from mesh_probe.cli.console import language_from, use_color
from mesh_probe.cli.report import OUTCOMES, REPORT_FORMATS
from mesh_probe.errors import CollectError, ConditionMet, FileError, MeshProbeError, UsageError
from mesh_probe.formats import REPORT_FORMATS as WRITERS
from tests.cli.test_scan import run
from tests.kube import KubeServer

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).with_name("mesh-probe"))
ENVIRONMENT = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}


def test_the_formats_offered_are_those_there_are() -> None:
    assert tuple(WRITERS) == REPORT_FORMATS


def test_exit_codes_are_those_of_the_contract() -> None:
    errors = (MeshProbeError, UsageError, CollectError, FileError, ConditionMet)

    assert [error.exit_code for error in errors] == [1, 2, 3, 4, 10]


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_has_help_and_every_option_says_what_it_is_for(command: str) -> None:
    found = main.commands[command]

    assert found.help
    undocumented = [
        option.name
        for option in found.params
        if isinstance(option, click.Option)
        and not (option.help or isinstance(option.type, click.Choice))
    ]
    assert undocumented == []


def test_help_imports_no_heavy_library() -> None:
    program = (
        "import sys; from mesh_probe.cli import main; main(['--help'], standalone_mode=False);"
        "heavy = {'kubernetes', 'networkx', 'requests', 'yaml', 'tabulate'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert shown.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("demo",), 0),
        (("demo", "--format", "klingon"), 2),
        (("scan", "--window", "soon"), 2),
        (("scan", "--prometheus-header", "no colon"), 2),
        (("scan", "--manifests", "x", "--context", "y"), 2),
        (("scan", "--manifests", "x", "--prometheus", "auto"), 2),
        (("scan", "--manifests", "/nonexistent/folder"), 4),
        (("report", "/nonexistent/file"), 4),
        (("demo", "--output", "/nonexistent/folder/report"), 4),
        (("demo", "--save", "/nonexistent/folder/scan"), 4),
    ],
)
def test_each_way_to_fail_has_its_exit_code_and_keeps_stdout_clean(
    args: tuple[str, ...], code: int
) -> None:
    result = run(*args)

    assert result.exit_code == code
    assert bool(result.stdout) == (code == 0)
    assert bool(result.stderr) == (code != 0)


def test_a_file_that_is_no_snapshot_is_named(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("hello")

    result = run("report", str(file))

    assert result.exit_code == 4
    assert str(file) in result.stderr


def test_fail_on_exits_with_10_after_the_report_and_only_for_that_outcome() -> None:
    outcome = json.loads(run("demo", "--format", "json").stdout)["verdict"]["outcome"]
    other = next(name for name in OUTCOMES if name != outcome)

    met, unmet = run("demo", "--fail-on", outcome), run("demo", "--fail-on", other)

    assert (met.exit_code, unmet.exit_code) == (10, 0)
    assert met.stdout == unmet.stdout


ON_THE_HOST = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {hostNetwork: true, containers: [{name: main, image: "registry.example/web:1"}]}
"""


def test_fail_on_blocker_exits_with_10_when_no_kind_of_mesh_would_work(tmp_path: Path) -> None:
    (tmp_path / "web.yaml").write_text(ON_THE_HOST)
    answers = tmp_path / "answers.yaml"
    scan = ("scan", "--manifests", str(tmp_path / "web.yaml"), "--fail-on", "blocker")

    blocked = run(*scan)
    ids = {
        blocker["id"]
        for blocker in json.loads(run(*scan, "--format", "json").stdout)["blockers"]
        if blocker["severity"] == "error"
    }
    answers.write_text(json.dumps({"ignore": sorted(ids)}))
    ignored = run(*scan, "--answers", str(answers))

    assert (blocked.exit_code, ignored.exit_code) == (10, 0)
    assert "every kind of mesh" in blocked.stderr.lower()
    assert "In the way of a mesh" in blocked.stdout


def test_a_header_never_shows_its_value(tmp_path: Path) -> None:
    file = tmp_path / "headers"
    file.write_text("Authorization: Bearer s3cret\nnonsense s3cret\n")

    result = run("scan", "--manifests", str(tmp_path), "--prometheus-header-file", str(file))
    on_the_line = run("scan", "--manifests", str(tmp_path), "--prometheus-header", "Bearer s3cret")

    assert (result.exit_code, on_the_line.exit_code) == (4, 2)
    assert "line 2" in result.stderr
    assert "s3cret" not in result.stderr + on_the_line.stderr


def test_every_option_is_read_from_the_environment_too() -> None:
    result = run("demo", env={"MESH_PROBE_DEMO_FORMAT": "json", "MESH_PROBE_DEMO_LANG": "ko"})

    assert json.loads(result.stdout)["schema"] == "mesh-probe/report/v1"


def test_colours_are_used_on_request_only() -> None:
    assert "\x1b[" not in run("demo").stdout
    assert "\x1b[" in run("demo", "--color", "always").stdout


@pytest.mark.parametrize(
    ("environment", "to_terminal", "colored"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_colours_follow_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    to_terminal: bool,
    colored: bool,
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert use_color("auto", to_terminal=to_terminal) == colored
    assert use_color("always", to_terminal=to_terminal)
    assert not use_color("never", to_terminal=to_terminal)


def test_a_real_terminal_gets_colour_and_no_color_is_honoured() -> None:
    def on_a_terminal(**environment: str) -> bytes:
        master, slave = pty.openpty()
        process = subprocess.Popen(
            [PROGRAM, "demo"], stdout=slave, env=ENVIRONMENT | {"TERM": "xterm"} | environment
        )
        os.close(slave)
        shown = b""
        while chunk := _read(master):
            shown += chunk
        os.close(master)
        assert process.wait() == 0
        return shown

    assert b"\x1b[" in on_a_terminal()
    assert b"\x1b[" not in on_a_terminal(NO_COLOR="1")


@pytest.mark.parametrize(("terminal", "progress"), [("xterm", True), ("dumb", False)])
def test_progress_is_for_terminals_that_can_take_it_away_again(
    terminal: str, progress: bool, tmp_path: Path
) -> None:
    master, slave = pty.openpty()
    command = [PROGRAM, "scan", "--manifests", str(tmp_path)]
    environment = ENVIRONMENT | {"TERM": terminal}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, env=environment)
    os.close(slave)
    shown = b""
    while chunk := _read(master):
        shown += chunk
    os.close(master)

    assert process.wait() == 0
    assert (b"\x1b[K" in shown) == progress
    assert progress or shown == b""


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # Linux says so when the other end is closed
        return b""


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "MESH_PROBE_LANG": "ko"}, "ko"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
    ],
)
def test_the_language_follows_the_locale(environment: dict[str, str], language: str) -> None:
    assert language_from(environment) == language


def test_errors_speak_the_language_that_was_asked_for() -> None:
    assert run("report", "/nonexistent/file", "--lang", "ko").stderr.startswith("오류: ")


def test_a_reader_that_goes_away_ends_the_program_quietly() -> None:
    process = subprocess.Popen(
        [PROGRAM, "demo", "--format", "json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
    )
    assert process.stdout and process.stderr
    process.stdout.close()
    said = process.stderr.read()
    process.stderr.close()
    process.wait()

    assert said == b""


def test_ctrl_c_ends_at_once_and_writes_nothing(tmp_path: Path) -> None:
    report = tmp_path / "report.txt"
    with KubeServer() as server:
        server.fault("services", hang=True)
        process = subprocess.Popen(
            [
                PROGRAM,
                "scan",
                "-v",
                "--kubeconfig",
                str(server.kubeconfig(tmp_path)),
                "--output",
                str(report),
            ],
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        )
        assert process.stderr
        for line in process.stderr:
            if "/namespaces" in line:
                break
        process.send_signal(signal.SIGINT)
        said = process.stderr.read()
        process.stderr.close()
        assert process.wait(timeout=30) == 130

    assert "Interrupted. No report was made." in said
    assert "Traceback" not in said
    assert not report.exists()


def test_ctrl_c_while_the_program_is_still_loading_ends_it_without_a_word() -> None:
    interrupted = """
import sys
class CtrlC:
    def find_spec(self, name, path=None, target=None):
        if name == "click":
            raise KeyboardInterrupt
sys.meta_path.insert(0, CtrlC())
import mesh_probe.__main__
"""
    ended = subprocess.run(
        [sys.executable, "-c", interrupted], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_every_way_in_loads_the_program_with_that_care() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert project["scripts"] == dict.fromkeys(
        ("mesh-probe", "kubectl-mesh_probe"), "mesh_probe.__main__:run"
    )


def test_verbose_tells_of_requests_on_stderr(tmp_path: Path) -> None:
    with KubeServer() as server:
        options = ("--kubeconfig", str(server.kubeconfig(tmp_path)), "--prometheus", "none")
        result = run("scan", *options, "-v", "--log-format", "json")
    logging.getLogger("mesh_probe").handlers.clear()

    lines = [json.loads(line) for line in result.stderr.splitlines()]
    assert result.exit_code == 0
    assert {line["level"] for line in lines} == {"debug"}
    assert any("GET /api/v1/services" in line["message"] for line in lines)


def test_an_unexpected_option_says_which() -> None:
    result = CliRunner().invoke(main, ["scan", "--contxt", "prod"])

    assert result.exit_code == 2
    assert "--contxt" in result.stderr

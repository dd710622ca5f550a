"""Wrong usage is said like every other error, in the reader's language."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mesh_probe.cli import main
from tests.cli.test_scan import run


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ("scan", "--contxt", "prod"),
            "Error: There is no option --contxt\nHint: Did you mean --context, --output?\n",
        ),
        (("scn",), "Error: There is no command scn\nHint: Did you mean scan?\n"),
        (("--nope",), "Error: There is no option --nope\n"),
        (("scan", "prod"), "Error: mesh-probe scan does not take: prod\n"),
        (("scan", "--context"), "Error: --context needs 1 value\n"),
        (("scan", "--gentle=1"), "Error: --gentle takes no value\n"),
        (("graph", "--path", "a"), "Error: --path needs 2 values\n"),
        (("graph", "--depth", "-1"), "Error: --depth takes a whole number from 0 up\n"),
        (("report",), "Error: FILE is missing\n"),
        (("scan", "--output", "/"), "Error: --output takes a file, not a folder\n"),
        (("scan", "--lang", "xx"), "Error: --lang takes one of: en, ko\n"),
        (
            ("scan", "--window", "soon"),
            "Error: --window: soon is not a time such as 90s, 10m, 1h or 7d\n",
        ),
        (
            ("scan", "--at", "soon"),
            "Error: --at: soon is not a time such as 2026-01-31T12:00:00Z\n",
        ),
    ],
)
def test_what_is_wrong_with_the_usage_is_named(args: tuple[str, ...], said: str) -> None:
    result = run(*args)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(said)


@pytest.mark.parametrize(
    "args",
    [
        ("scan", "--contxt", "prod", "--lang", "ko"),
        ("scan", "--lang=ko", "prod"),
        ("scn", "--lang", "ko"),
        ("report", "--lang", "ko"),
        ("scan", "--window", "soon", "--lang", "ko"),
    ],
)
def test_it_is_said_in_the_language_that_was_asked_for(args: tuple[str, ...]) -> None:
    """Also where --lang stands behind what is wrong."""
    assert run(*args).stderr.startswith("오류: ")


def test_the_frame_of_a_help_page_is_in_that_language() -> None:
    page = run("scan", "--help", "--lang", "ko").stdout

    assert page.startswith("사용법: mesh-probe scan ")
    assert "\n옵션:\n" in page
    assert "\n명령:\n" in run("--help", env={"MESH_PROBE_LANG": "ko"}).stdout


def test_every_kind_of_value_that_can_be_wrong_has_words_of_ours() -> None:
    """Other types of click would bring its own English words with them."""
    worded = {"Choice", "IntRange", "Path", "String", "Bool"}
    types = {
        type(param.type).__name__
        for command in main.commands.values()
        for param in command.params
        if isinstance(param, click.Option) and not _is_ours(param.type)
    }

    assert types - {f"{name}ParamType" for name in worded} - worded == set()


def _is_ours(kind: click.ParamType[object]) -> bool:
    return type(kind).__module__.startswith("mesh_probe.")


@pytest.mark.parametrize("command", [["graph"], ["explain", "hype"], ["answers", "init"]])
def test_a_snapshot_and_another_input_are_one_too_many(command: list[str]) -> None:
    """One of them would be passed over in silence."""
    result = run(*command, "scan.json", "--manifests", "k8s")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: scan.json is a saved snapshot, and --manifests asks ")


def test_the_report_does_not_overwrite_the_snapshot(tmp_path: Path) -> None:
    file = str(tmp_path / "both")
    result = run("scan", "--manifests", "-", "--save", file, "--output", file)

    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])


@pytest.mark.parametrize("header", ["A:b\nC: d", "A:\ud55c", "A b:c", "secretive"])
def test_what_no_header_can_be_is_refused_without_its_value(header: str, tmp_path: Path) -> None:
    given = run("scan", "--manifests", "-", "--prometheus-header", header)
    file = tmp_path / "headers"
    file.write_text(header.replace("\n", "\x0b\x01"), encoding="utf-8")
    in_file = run("scan", "--manifests", "-", "--prometheus-header-file", str(file))

    assert (given.exit_code, in_file.exit_code) == (2, 4)
    assert header not in given.stderr + in_file.stderr


@pytest.mark.parametrize("encoding", ["latin-1", "euc-kr"])
def test_a_locale_that_lacks_our_characters_gets_them_spelt_out(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "mesh_probe", "demo", "--lang", "ko"]
    ended = subprocess.run(command, capture_output=True, env=environment, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")
    assert b"\\u2588" in ended.stdout

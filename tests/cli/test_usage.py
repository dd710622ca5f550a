"""Wrong usage is said like every other error, in the reader's language."""

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
    ours = {"Duration", "Moment", "Header"}
    worded = {"Choice", "IntRange", "Path", "String", "Bool"}
    types = {
        type(param.type).__name__
        for command in main.commands.values()
        for param in command.params
        if isinstance(param, click.Option)
    }

    assert types - ours - {f"{name}ParamType" for name in worded} - worded == set()

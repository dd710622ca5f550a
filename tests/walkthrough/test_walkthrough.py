"""A new user who follows the walkthrough, command by command."""

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from tests.cli.test_scan import run
from tests.example_shop import shop
from tests.example_shop.__main__ import live
from tests.kube import KubeServer
from tests.walkthrough.pictures import FOLDER, LANGUAGES, PAGE, drawn, lay_out

ROOT = Path(__file__).parents[2]
DOCUMENTS = {"en": ROOT / "docs/walkthrough.md", "ko": ROOT / "docs/walkthrough.ko.md"}
RENEW = "not as it is drawn now: make pictures"


def blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", document.read_text("utf-8"), re.DOTALL)


def commands(document: Path) -> list[list[str]]:
    return [
        shlex.split(line.removeprefix("$ "), comments=True)
        for block in blocks(document, "console")
        for line in block.splitlines()
    ]


@pytest.fixture
def prod(tmp_path: Path) -> Iterator[str]:
    """The kubeconfig of a cluster that is called so."""
    with KubeServer(shop.manifests()) as server:
        file = server.kubeconfig(tmp_path)
        content = json.loads(file.read_text())
        content["contexts"][0]["name"] = content["current-context"] = "prod"
        file.write_text(json.dumps(content))
        yield str(file)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_works_in_its_turn(
    language: str, prod: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (answers,) = blocks(DOCUMENTS[language], "yaml")
    for program, *arguments in commands(DOCUMENTS[language]):
        if program == "make":  # those are made once, by the test below
            lay_out(tmp_path)
            continue
        assert program == "mesh-probe"
        if arguments[:2] == ["answers", "check"]:
            assert set(yaml.safe_load(answers)["answers"]) <= set(
                yaml.safe_load(Path("answers.yaml").read_text("utf-8"))["answers"]
            )
            Path("answers.yaml").write_text(answers, "utf-8")

        result = run(*arguments, env={"KUBECONFIG": prod, "MESH_PROBE_LANG": language})

        assert result.exit_code == 0, (arguments, result.stderr)
    made = {"checkout.svg", "prod.json.gz", "report.html", "decision.md"}
    assert made <= {path.name for path in tmp_path.iterdir()}


def test_what_make_is_asked_for_is_what_the_live_shop_takes() -> None:
    asked = [words for words in commands(DOCUMENTS["en"]) if words[0] == "make"]
    assert len(asked) == 2

    for words in asked:
        shown = subprocess.run(
            [*words, "--dry-run", "--assume-old=prometheus"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        (line,) = (line for line in shown.splitlines() if "tests.example_shop" in line)
        _, _, arguments = line.partition("tests.example_shop")
        parsed = live.make_context("live", shlex.split(arguments)).params

        assert str(parsed["save"]) in {"monday.json.gz", "tuesday.json.gz"}


def test_the_live_shop_reports_and_keeps_its_snapshot(tmp_path: Path) -> None:
    kept = tmp_path / "monday.json.gz"
    options = ["slow-hop", "failing-edge", "--requests", "20", "--save", str(kept)]

    done = CliRunner().invoke(live, options, env={"MESH_PROBE_LANG": "en"})

    assert done.exit_code == 0, done.stderr
    assert "The nine questions" in done.stdout
    assert "slow-hop: The payment service takes a quarter of a second" in done.stderr
    assert run("report", str(kept)).exit_code == 0


def test_both_languages_tell_of_the_same_commands_and_pictures() -> None:
    english, korean = (DOCUMENTS[language].read_text("utf-8") for language in LANGUAGES)

    assert commands(DOCUMENTS["en"]) == commands(DOCUMENTS["ko"])
    assert shown(english) == [name.replace(".ko.", ".en.") for name in shown(korean)]
    assert english.count("\n## ") == korean.count("\n## ")


def shown(text: str) -> list[str]:
    return re.findall(r"!\[.+?\]\(walkthrough/(.+?)\)", text)


def test_every_picture_is_what_the_program_draws(tmp_path: Path) -> None:
    lay_out(tmp_path)
    pictures = dict(drawn(tmp_path))
    wanted = {name for file in DOCUMENTS.values() for name in shown(file.read_text("utf-8"))}

    assert wanted == {*pictures, f"{PAGE}.png"}
    stale = [n for n, content in pictures.items() if (FOLDER / n).read_text("utf-8") != content]
    assert stale == [], RENEW
    assert (FOLDER / f"{PAGE}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_turn_of_the_story_is_as_it_is_told(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the answers of people there are more that are yes, and yet it is not now."""
    monkeypatch.chdir(tmp_path)
    (answers,) = blocks(DOCUMENTS[language], "yaml")
    Path("answers.yaml").write_text(answers, "utf-8")
    before, after = (
        json.loads(run("demo", "--format", "json", *options).stdout)["verdict"]
        for options in ((), ("--answers", "answers.yaml"))
    )

    assert (before["outcome"], after["outcome"]) == ("consider", "not-now")
    assert after["yes"] > before["yes"]


def test_tuesday_is_what_monday_was_not(tmp_path: Path) -> None:
    lay_out(tmp_path)
    days = (str(tmp_path / f"{day}.json.gz") for day in ("monday", "tuesday"))

    told = json.loads(run("diff", *days, "--format", "json").stdout)

    gone = {(each["id"], each["subject"]) for each in told["findings"]["gone"]}
    assert gone == {
        ("failing-calls", "shop/orders -> shop/mailer"),
        ("seen-not-declared", "shop/recommendations -> shop/payments"),
    }
    assert told["findings"]["new"] == []

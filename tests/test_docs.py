"""What the documents say is what the program does."""

import re
import tomllib
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from mesh_probe import errors
from mesh_probe.cli import main
from mesh_probe.kinds import KINDS
from tests.cli.test_scan import run

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_sample_in_the_readme_is_what_the_demo_prints() -> None:
    (sample,) = blocks("text")

    assert run("demo").stdout.startswith(sample)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"mesh-probe {command}" in README


def test_every_option_in_the_readme_exists() -> None:
    known = {
        name
        for command in main.commands.values()
        for option in command.params
        for name in option.opts
    }
    shown = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - {"--help"}

    assert shown <= known


def test_the_answers_file_in_the_readme_is_accepted(tmp_path: Path) -> None:
    (answers,) = blocks("yaml")
    file = tmp_path / "answers.yaml"
    file.write_text(answers)

    assert run("demo", "--answers", str(file)).exit_code == 0


def test_exit_codes_in_the_readme_are_those_of_the_errors() -> None:
    codes = {
        e.exit_code
        for e in vars(errors).values()
        if isinstance(e, type) and hasattr(e, "exit_code")
    }

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)} == codes | {0}


def test_the_cluster_role_allows_what_is_read_and_nothing_else() -> None:
    role = yaml.safe_load((ROOT / "examples/rbac/clusterrole.yaml").read_text("utf-8"))
    allowed = {
        group: set(rule["resources"]) for rule in role["rules"] for group in rule["apiGroups"]
    }
    read: dict[str, set[str]] = defaultdict(set)
    for kind in KINDS:
        read[kind.group].add(kind.plural)

    assert allowed == read
    assert {verb for rule in role["rules"] for verb in rule["verbs"]} == {"get", "list"}


DOCUMENTS = [ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_inside_the_repository_leads_somewhere(file: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", file.read_text("utf-8"))
    inside = [link for link in links if "://" not in link]

    assert [link for link in inside if not (file.parent / link).exists()] == []


def test_the_changelog_names_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = [re.split("[>=<]", dependency)[0] for dependency in project["dependencies"]]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")

    assert [name for name in names if name not in changelog] == []
